"""Evaporation: those whose contributions carry the group leave or fall silent more often than the others.

Looked at are the people who were there some weeks ago, by what they had given until then. Nobody knows why
somebody goes; who moved to another group looks the same. Who was removed is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little, unseen
from cq.analysis._quality import exit_visibility
from cq.analysis._statistics import fisher_greater
from cq.analysis._weeks import WEEK_MS
from cq.analysis._worth import MONTH_MS, MONTHLY, standing, worth
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground, Part
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CODE = "health/evaporation"
SEVERITY: Severity = "alert"
LEAST_WEEKS, MOST_BACK = 16, 16
TOP, VALUE, EXITS = 0.20, 3.0, 3
_THERE = 8 * WEEK_MS
_SILENT_DAYS, _GAPS = 28, 3
_MEMORY = 12 * WEEK_MS
_EFFECT = 0.7
"""``clear`` needs a chance of eight in ten to notice that seven of ten valued people leave."""
_LEFT, _SILENT, _STAYED = "left", "silent", "there"


@dataclass(frozen=True)
class _Cohort:
    """Who was there at ``at`` (UTC ms): people, value until then, whether valued; gone since, and whether an
    exit shows or only silence."""

    at: int
    person: Ints
    value: Floats
    valued: Flags
    left: Flags
    silent: Flags
    last: Ints

    @property
    def gone(self) -> Flags:
        return self.left | self.silent


def look(ground: Ground) -> Case:
    """Whether valued people leave."""
    size = len(ground.weeks)
    if size < LEAST_WEEKS:
        missing = too_little(CODE, SEVERITY, "weeks", size, LEAST_WEEKS)
        return gr.Case(None, lambda _: gr.Part(missing, {}))
    seen = _cohort(ground, min(MOST_BACK, size // 2))
    few = _unknown(ground, seen) or _too_few(seen)
    v, gone = seen.valued, seen.gone
    p = fisher_greater(int((gone & v).sum()), int(v.sum()), int((gone & ~v).sum()), int((~v).sum()))
    metrics = {
        "valued_members": Metric(int(v.sum()), "count", len(seen.person)),
        "valued_exits": Metric(int((gone & v).sum()), "count", int(v.sum())),
        "other_exits": Metric(int((gone & ~v).sum()), "count", int((~v).sum())),
    }
    series = {"valued_speaking": gr.Weekly("count", _speaking(ground, seen))}
    tables = {"valued_members": _table(ground, seen)}
    if few is not None:
        return gr.Case(None, lambda _: gr.Part(few, metrics, tables, series))
    # Tested only where it could decide, so that nothing else pays for it.
    decides = _more(seen)

    def conclude(adjusted: float) -> Part:
        return _conclude(ground, seen, adjusted if decides else p, metrics, tables, series)

    return gr.Case(p if decides else None, conclude)


def _more(seen: _Cohort) -> bool:
    """Whether enough of the valued are gone, and a larger share of them than of the others."""
    v, gone = seen.valued, seen.gone
    exits, n, others = int((gone & v).sum()), int(v.sum()), int((~v).sum())
    return exits >= EXITS and exits / max(n, 1) > int((gone & ~v).sum()) / max(others, 1)


def _unknown(ground: Ground, seen: _Cohort) -> Finding | None:
    """Where most have no more than a nickname and no list or event says who left, a new nickname looks like
    somebody who went."""
    view = ground.view
    named = sum(view.people[i].id.startswith("name:") for i in seen.person.tolist())
    if 2 * named <= len(seen.person) or view.member_basis == "roster" or exit_visibility(view) == "full":
        return None
    return unseen(CODE, SEVERITY, "exits_hidden")


def _cohort(ground: Ground, back: int) -> _Cohort:
    turns, view = ground.found.turns, ground.view
    at = ground.end - back * WEEK_MS
    until = ground.good & (turns.start_ms < at)
    people = len(view.people)
    value = standing(ground.found, until, at)
    last_before = np.full(people, -1, np.int64)
    last_before[turns.person[until]] = turns.start_ms[until]
    last = np.full(people, -1, np.int64)
    last[turns.person[ground.good]] = turns.start_ms[ground.good]
    left_at, removed = _exits(ground)
    there = (last_before >= at - _THERE) & ~((left_at >= 0) & (left_at < at)) & ~removed
    person = np.flatnonzero(there & view.somebody[:-1])
    own = value[person]
    top = max(1, round(TOP * len(person))) if len(person) else 0
    line = np.sort(own)[::-1][top - 1] if top else 0.0
    valued = (own >= max(VALUE, line)) if top else np.zeros(0, np.bool_)
    left = left_at[person] >= at
    patience = _patience(ground, person)
    silent = (last[person] < ground.end - patience) & ~left
    return _Cohort(at, person, own, valued, left, silent, last[person])


def _exits(ground: Ground) -> tuple[Ints, Flags]:
    """Per person when they left for good (-1: they did not), and whether they were removed."""
    view = ground.view
    left = np.full(len(view.people), -1, np.int64)
    removed = np.zeros(len(view.people), np.bool_)
    for event in view.events:
        at = int(view.sent_at[event.row])
        if at >= ground.end:
            continue
        for who in event.targets:
            if event.event is Event.JOIN:
                left[who], removed[who] = -1, False
            elif event.event is Event.LEAVE:
                left[who] = at
            elif event.event is Event.REMOVE:
                removed[who] = True
    for i, person in enumerate(view.people):
        if left[i] < 0 and person.left_at is not None and person.left_at < ground.end:
            left[i] = person.left_at
    return left, removed


def _patience(ground: Ground, person: Ints) -> Ints:
    """How long each may be silent before it counts: 28 days, or three times nine tenths of their own gaps."""
    turns = ground.found.turns
    place = np.full(len(ground.view.people), -1, np.int64)
    place[person] = np.arange(len(person))
    mine = np.flatnonzero(ground.good & (place[turns.person] >= 0))
    order = mine[np.argsort(place[turns.person[mine]], kind="stable")]
    who = place[turns.person[order]]
    out = np.full(len(person), _SILENT_DAYS * gr.DAY_MS, np.int64)
    if len(order) < 2:
        return out
    gap = np.diff(turns.start_ms[order])
    same = who[1:] == who[:-1]
    gap, whose = gap[same], who[1:][same]
    by = np.lexsort((gap, whose))
    gap, whose = gap[by], whose[by]
    start = np.searchsorted(whose, np.arange(len(person)))
    n = np.diff(np.append(start, len(whose)))
    some = n > 0
    rank = start[some] + np.maximum(np.ceil(0.9 * n[some] - 1e-9).astype(np.int64) - 1, 0)
    out[some] = np.maximum(out[some], _GAPS * gap[rank])
    return out


def _too_few(seen: _Cohort) -> Finding | None:
    """What is missing for the test to have power (0.8 for seven of ten valued people gone)."""
    people, n = len(seen.person), int(seen.valued.sum())
    if people < gr.FEW_SPEAKERS:
        return too_little(CODE, SEVERITY, "speakers", people, gr.FEW_SPEAKERS)
    others, gone = people - n, int((seen.gone & ~seen.valued).sum())
    if (seen.gone & seen.valued).sum() >= EXITS:
        return None
    need = next((k for k in range(EXITS, n + 1) if fisher_greater(k, n, gone, others) < gr.ALPHA), None)
    if need is None or _at_least(need, n) < 0.8:
        return too_little(CODE, SEVERITY, "valued", n, max(n + 1, 5))
    return None


def _at_least(k: int, n: int) -> float:
    from math import comb

    return sum(comb(n, i) * _EFFECT**i * (1 - _EFFECT) ** (n - i) for i in range(k, n + 1))


def _mean_value(ground: Ground, at: int) -> float:
    """Mean value of those who spoke in the four weeks before, over the last twelve weeks only: otherwise it
    would rise as long as the log does."""
    turns = ground.found.turns
    inside = ground.good & (turns.start_ms >= at - _MEMORY) & (turns.start_ms < at)
    age = (at - turns.start_ms[inside]) / MONTH_MS
    weight = worth(ground.found)[inside] * MONTHLY**age
    value = np.bincount(turns.person[inside], weight, len(ground.view.people))
    active = m.distinct(turns.person[inside & (turns.start_ms >= at - 4 * WEEK_MS)])
    return float(value[active].mean()) if len(active) else 0.0


def _speaking(ground: Ground, seen: _Cohort) -> Floats:
    """Per week how many of the valued speak."""
    valued = np.zeros(len(ground.view.people), np.bool_)
    valued[seen.person[seen.valued]] = True
    turns = ground.found.turns
    chosen = ground.good & valued[turns.person]
    return ground.weeks.distinct(turns.start_ms, turns.person.astype(np.int64), chosen).astype(np.float64)


def _conclude(
    ground: Ground,
    seen: _Cohort,
    p: float,
    metrics: dict[str, Metric],
    tables: dict[str, gr.Rows],
    series: dict[str, gr.Weekly],
) -> Part:
    v, gone = seen.valued, seen.gone
    n, others = int(v.sum()), int((~v).sum())
    exits, other_exits = int((gone & v).sum()), int((gone & ~v).sum())
    before, now = _mean_value(ground, seen.at), _mean_value(ground, ground.end)
    falls = now < before
    more = _more(seen)
    status: Status = "clear"
    if more and p < gr.ALPHA and falls:
        status = "finding"
    elif more and p < 2 * gr.ALPHA:
        status = "watch"
    values = {
        "weeks": Value(round((ground.end - seen.at) / WEEK_MS), "count"), "valued": Value(n, "count"),
        "valued_exits": Value(exits, "count"), "left": Value(int((seen.left & v).sum()), "count"),
        "silent": Value(int((seen.silent & v).sum()), "count"), "others": Value(others, "count"),
        "other_exits": Value(other_exits, "count"),
        "other_share": Value(other_exits / others if others else None, "ratio"), "p": Value(p),
        "value_before": Value(round(before, 2)), "value_now": Value(round(now, 2)),
        "exits_shown": Value(exit_visibility(ground.view) or "unknown", "code"),
    }  # fmt: skip
    limits = [
        Limit("top", TOP), Limit("value", VALUE), Limit("exits", EXITS), Limit("p", gr.ALPHA, "statistics"),
        Limit("silent_days", _SILENT_DAYS),
    ]  # fmt: skip
    since = gr.onset(series["valued_speaking"].values) if status == "finding" else None
    trust = 0.9 if exit_visibility(ground.view) == "full" else 0.75
    sure = {"finding": trust * (1 - p), "watch": 0.5, "clear": 0.7}[status]
    view = ground.view
    finding = found(
        CODE, status, SEVERITY, gr.capped(sure, ground, links_matter=True), values, limits,
        shown(view, _best(ground, seen.person[v & gone])),
        shown(view, _best(ground, seen.person[v & ~gone]), 5),
        None if since is None else ground.at(since),
    )  # fmt: skip
    return gr.Part(finding, metrics, tables, series)


def _best(ground: Ground, people: Ints) -> list[int]:
    """The latest turn of most worth of each."""
    turns, value = ground.found.turns, worth(ground.found)
    rows = []
    for who in people.tolist():
        mine = np.flatnonzero(ground.good & (turns.person == who))
        if len(mine):
            rows.append(int(turns.first_row[mine[len(mine) - 1 - int(np.argmax(value[mine][::-1]))]]))
    return rows


def _table(ground: Ground, seen: _Cohort) -> gr.Rows:
    """Valued people, the most valuable first, and what became of them."""
    view = ground.view
    rows: gr.Rows = []
    mine = np.flatnonzero(seen.valued)
    for i in mine[np.argsort(-seen.value[mine], kind="stable")].tolist():
        person = view.people[seen.person[i]]
        state = _LEFT if seen.left[i] else _SILENT if seen.silent[i] else _STAYED
        last = ground.window.isoformat(int(seen.last[i])) if seen.last[i] >= 0 else None
        rows.append((person.id, person.name, round(float(seen.value[i]), 1), state, last))
    return rows
