"""What is said of a group that may hang on one person: a key person, a departure, their tests held together.

Timing, not causes: ``watch`` where the weeks before explain what followed. Thresholds stand in the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._cause_ground import FEW_SPEAKERS
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._size_people import listed
from cq.analysis._statistics import false_discovery
from cq.analysis._worth import worth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._size_reliance import Contrast, Gone, Reliance
    from cq.analysis.size import Settings
    from cq.section import Evidence, Finding, Status

    Ints = NDArray[np.int64]
    Left = tuple[Gone, Contrast, float, int]

KEY_PERSON, DEPARTURE = "size/key_person", "size/departure"
POWER_WEEKS = 8
"""Eight weeks on both sides find a halving four times in five; with fewer, finding nothing says little."""
_STEP = 2 / 3
"""Where less of the fall is a step at the departure, it was falling anyway: which caused which is unclear."""


def findings(reliance: Reliance) -> list[Finding]:
    """Both questions, their tests held against each other (Benjamini–Hochberg)."""
    absent = reliance.absences(reliance.top) if reliance.top is not None else None
    left = [(gone, *reliance.departure(gone)) for gone in reliance.gone]
    tests = [c.p for c in (absent, *(entry[1] for entry in left)) if c is not None and c.p is not None]
    adjusted = iter(false_discovery(tests))
    absent_p = next(adjusted) if absent is not None and absent.p is not None else None
    left_p = [next(adjusted) if entry[1].p is not None else None for entry in left]
    return [_key_person(reliance, absent, absent_p), _departure(reliance, left, left_p)]


def _key_person(reliance: Reliance, absent: Contrast | None, p: float | None) -> Finding:
    """Severity ``warning``: what hangs on one person ends with them. ``watch`` where one person carries 40 %
    of the value or half of the turns; ``finding`` only where others really talk less without them.

    Few speakers are no reason to abstain where a list shows that the others are members and silent.
    """
    ground, settings = reliance.ground, reliance.settings
    recent = reliance.counts[-settings.weeks :].sum(0)
    total, speakers = int(recent.sum()), int((recent > 0).sum())
    if len(ground.weeks) < settings.least_weeks:
        return too_little(KEY_PERSON, "warning", "weeks", len(ground.weeks), settings.least_weeks)
    if speakers < FEW_SPEAKERS and len(listed(ground) or ()) < settings.least_members:
        return too_little(KEY_PERSON, "warning", "speakers", speakers, FEW_SPEAKERS)
    if total < settings.least_uneven:
        return too_little(KEY_PERSON, "warning", "turns", total, settings.least_uneven)
    most, top, whole = int(np.argmax(recent)), reliance.top, float(reliance.value.sum())
    share = float(reliance.value[top] / whole) if top is not None else 0.0
    drop = absent.drop if absent is not None else 0.0
    fell = p is not None and p < settings.alpha and drop >= settings.drop
    carries = share >= settings.value_share or int(recent[most]) * 2 >= total
    status: Status = "finding" if fell else "watch" if carries else "clear"
    who = top if top is not None and (fell or share >= settings.value_share) else most
    values = {
        "name": Value(ground.view.people[who].name, "name"),
        "value_share": Value(float(reliance.value[who] / whole) if top is not None else None, "ratio"),
        "turn_share": Value(float(recent[who] / total), "ratio"),
        "absence_factor": Value(m.absence_factor(recent), "count"),
        "turns": Value(total, "count"),
        "weeks_without": Value(len(absent.after) if absent is not None else 0, "count"),
        "drop": Value(drop if absent is not None and absent.p is not None else None, "ratio"),
        "p": Value(absent.p if absent is not None else None),
    }
    limits = [
        Limit("value_share", settings.value_share),
        Limit("drop", settings.drop),
        Limit("alpha", settings.alpha, "statistics"),
    ]
    evidence = _best(reliance, who) if status != "clear" else []
    return found(KEY_PERSON, status, "warning", 0.85 if fell else 0.7, values, limits, evidence)


def _best(reliance: Reliance, who: int) -> list[Evidence]:
    """The five turns of somebody in these weeks that were worth most."""
    ground = reliance.ground
    turns = np.flatnonzero((ground.found.turns.person == who) & ground.since(reliance.settings.weeks))
    value = worth(ground.found)[turns]
    return shown(ground.view, ground.rows(turns[np.argsort(-value, kind="stable")[:5]]))


def _departure(reliance: Reliance, left: list[Left], adjusted: list[float | None]) -> Finding:
    """Severity ``alert``: silence after somebody left. ``watch`` where the group was falling before."""
    ground, settings = reliance.ground, reliance.settings
    if len(ground.weeks) < 2 * settings.least_side:
        return too_little(DEPARTURE, "alert", "weeks", len(ground.weeks), 2 * settings.least_side)
    total = int(reliance.counts.sum())
    if total < settings.least_turns:
        return too_little(DEPARTURE, "alert", "turns", total, settings.least_turns)
    if not left:
        values = {"departed": Value(0, "count"), "weeks": Value(min(len(ground.weeks), 26), "count")}
        return found(DEPARTURE, "clear", "alert", 0.8, values)
    judged = [_outcome(settings, *entry, p) for entry, p in zip(left, adjusted, strict=True)]
    order = ("finding", "watch", "clear", "not_enough_data")
    place = min(range(len(judged)), key=lambda i: order.index(judged[i]))
    return _told(reliance, left[place], judged[place], len(left))


def _outcome(
    settings: Settings, _: Gone, contrast: Contrast, step: float, weeks: int, p: float | None
) -> str:
    if contrast.p is None or p is None:
        return "not_enough_data"
    if p < settings.alpha and contrast.drop >= settings.drop:
        return "watch" if step < _STEP else "finding"
    return "clear" if min(len(contrast.before), len(contrast.after)) >= POWER_WEEKS else "not_enough_data"


def _told(reliance: Reliance, entry: Left, status: str, departed: int) -> Finding:
    gone, contrast, step, weeks = entry
    ground, settings = reliance.ground, reliance.settings
    if status == "not_enough_data":
        sides = min(len(contrast.before), len(contrast.after))
        need = settings.least_side if contrast.p is None else POWER_WEEKS
        return too_little(DEPARTURE, "alert", "weeks_after", sides, need)
    values = {
        "name": Value(ground.view.people[gone.person].name, "name"),
        "when": Value(ground.window.isoformat(gone.at)[:10], "date"),
        "drop": Value(contrast.drop, "ratio"),
        "p": Value(contrast.p),
        "before": Value(float(contrast.before.mean())),
        "after": Value(float(contrast.after.mean())),
        "weeks_before": Value(len(contrast.before), "count"),
        "weeks_after": Value(weeks, "count"),
        "turn_share": Value(gone.turn_share, "ratio"),
        "value_share": Value(gone.value_share, "ratio"),
        "step": Value(step, "ratio"),
        "departed": Value(departed, "count"),
    }
    limits = [
        Limit("drop", settings.drop),
        Limit("alpha", settings.alpha, "statistics"),
        Limit("side", settings.least_side, "statistics"),
        Limit("step", _STEP),
    ]
    turns = ground.found.turns
    own = np.flatnonzero((turns.person == gone.person) & ground.good)[-3:]
    later = np.flatnonzero((turns.start_ms > gone.at) & ground.good)[:3]
    evidence = shown(ground.view, turns.first_row[own]) if status != "clear" else []
    against = shown(ground.view, turns.first_row[later]) if status != "clear" else []
    sure = 0.5 if status == "watch" else 0.95 - 4 * min(contrast.p or 0.1, 0.1)
    since = ground.window.isoformat(gone.at) if status != "clear" else None
    return found(DEPARTURE, status, "alert", sure, values, limits, evidence, against, since)  # type: ignore[arg-type]
