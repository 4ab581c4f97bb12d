"""Tyranny: removals, mutings and reprimands after which others speak less, or that answer open disagreement.

Acts against people who had just posted ads are no coercion. What was deleted before the export is not there:
a group in which disagreement was wiped out looks calm. The wording is about acts, never about a character.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little, unseen
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground, Part
    from cq.section import Severity, Status

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CODE = "health/tyranny"
SEVERITY: Severity = "alert"
WEEKS, LEAST_WEEKS = 12, 8
ACTS, PER_HUNDRED, TARGETS = 5, 2.0, 3
"""So many acts, so many to a hundred turns of whoever did them, against so many people. The share is of their
own turns: of all turns it would be the smaller the more the others talk."""
TOP_SHARE, DIRECTIVES = 0.4, 1.0
DROP = 0.7
COERCED, DISSENTS = 0.5, 4
DAY = 24 * m.HOUR_MS
_AD_BEFORE = DAY
"""An hour was meant; whoever manages a group sleeps, too."""
_MATCHED, _REACH = 6, 8
_DRAWS = 999
_MOST = 80
_SEED = 20_261_124
_HARD = (Event.REMOVE, Event.MUTE, Event.MUTE_ALL, Event.RECALL)
_DIALOGUE = (Act.CHAT, Act.ANSWER, Act.HELP, Act.QUESTION, Act.SUBSTANCE)
_DIRECTIVE = (Act.NOTICE, Act.RULE, Act.MODERATION)


@dataclass(frozen=True)
class _Acts:
    """Coercive acts in time order: when, the row, who did it (-1 unknown), against whom (-1 everybody)."""

    at: Ints
    row: Ints
    by: Ints
    whom: Ints

    def __len__(self) -> int:
        return len(self.at)

    def since(self, start: int) -> _Acts:
        kept = self.at >= start
        return _Acts(self.at[kept], self.row[kept], self.by[kept], self.whom[kept])


def look(ground: Ground) -> Case:
    """Whether coercive acts silence a group."""
    missing = ground.small(CODE, SEVERITY, LEAST_WEEKS)
    every = _coercive(ground)
    recent = every.since(ground.end - WEEKS * WEEK_MS)
    metrics = {
        "coercive_acts": Metric(len(recent) if len(ground.weeks) else None, "count"),
        "coerced_people": Metric(_people(recent) if len(ground.weeks) else None, "count", len(recent)),
        "dissents": Metric(
            int((ground.has(Act.DISSENT) & ground.since(WEEKS)).sum()) if len(ground.weeks) else None, "count"
        ),
    }
    series = {"coercive_acts": gr.Weekly("count", ground.weeks.counts(every.at).astype(np.float64))}
    if missing is None and not ground.view.events:
        missing = unseen(CODE, SEVERITY, "no_events")
    if missing is not None:
        return gr.Case(None, lambda _: gr.Part(missing, metrics, {}, series))
    silence = _silencing(ground, recent, every)
    # Tested only where it could decide, so that nothing else pays for it.
    decides = silence is not None and silence[0] <= DROP and _people(recent) >= TARGETS
    raw = silence[1] if silence is not None else 1.0
    return gr.Case(
        raw if decides else None,
        lambda p: _conclude(ground, recent, silence, p if decides else raw, metrics, series, every),
    )


def _people(acts: _Acts) -> int:
    return len(m.distinct(acts.whom[acts.whom >= 0]))


def _coercive(ground: Ground) -> _Acts:
    """Events and reprimands, those against people left out who had posted ads in the day before."""
    view = ground.view
    found_: list[tuple[int, int, int, int]] = []
    for event in view.events:
        at = int(view.sent_at[event.row])
        if event.event not in _HARD or at >= ground.end:
            continue
        doer = event.actor
        if event.event is Event.RECALL and doer < 0:
            continue  # mostly of one's own message
        whom = [t for t in event.targets if t != doer] if event.targets else []
        if event.event is Event.MUTE_ALL:
            whom = [-1]
        found_ += [(at, event.row, doer, t) for t in whom]
    found_ += _reprimands(ground)
    columns = np.array(sorted(set(found_)), np.int64).reshape(-1, 4).T
    acts = _Acts(*columns)
    fair = _sold_before(ground, acts)
    return _Acts(acts.at[~fair], acts.row[~fair], acts.by[~fair], acts.whom[~fair])


def _reprimands(ground: Ground) -> list[tuple[int, int, int, int]]:
    """Turns of the staff that call somebody to order by name or quote."""
    turns, stated = ground.found.turns, links.explicit(ground.found)
    told = ground.has(Act.MODERATION) & ground.staff[turns.person]
    some = stated.where(told[stated.turn])
    return list(
        zip(
            turns.start_ms[some.turn].tolist(), turns.first_row[some.turn].tolist(), some.who.tolist(),
            some.whom.tolist(), strict=True,
        )
    )  # fmt: skip


def _sold_before(ground: Ground, acts: _Acts) -> Flags:
    """Which acts are against somebody who posted an ad or asked to be added shortly before."""
    turns = ground.found.turns
    sold = np.flatnonzero(ground.found.acts.has(Act.AD, Act.SELF_PROMOTION, Act.ADD_ME))
    key = np.sort((turns.person[sold].astype(np.int64) << 44) | turns.start_ms[sold])
    low = np.searchsorted(key, (acts.whom << 44) | np.maximum(acts.at - _AD_BEFORE, 0))
    high = np.searchsorted(key, (acts.whom << 44) | acts.at, "right")
    found_: Flags = (high > low) & (acts.whom >= 0)
    return found_


def _silencing(ground: Ground, recent: _Acts, every: _Acts) -> tuple[float, float] | None:
    """Median ratio of speakers in the day after an act to days at the same hour of other weeks without one,
    and the chance of so small ratios if the day made no difference (drawn among the matched days). The chance
    is that of the mean of their logarithms: the median of a dozen acts hardly moves where a few of them had
    no effect."""
    if len(recent) < ACTS:
        return None
    turns = ground.found.turns
    quiet = np.zeros(len(ground.view.people) + 1, np.bool_)
    quiet[every.by] = True
    others = np.flatnonzero(ground.good & ~quiet[turns.person])
    start, person = turns.start_ms[others], turns.person[others]
    sets: list[list[int]] = []
    for at in np.unique(recent.at)[-_MOST:].tolist():
        days = _matched(ground, at, every.at)
        if days:
            sets.append([_speakers(start, person, t) for t in (at, *days)])
    if len(sets) < ACTS:
        return None
    ratios = [np.array([_ratio(one, j) for j in range(len(one))]) for one in sets]
    rng = np.random.default_rng(_SEED)
    drawn = np.zeros(_DRAWS)
    for one in ratios:
        drawn += np.log(one)[rng.integers(0, len(one), _DRAWS)]
    low = np.count_nonzero(drawn <= sum(float(np.log(one[0])) for one in ratios) + 1e-9)
    return float(np.median([one[0] for one in ratios])), float((low + 1) / (_DRAWS + 1))


def _matched(ground: Ground, at: int, acts: Ints) -> list[int]:
    """The same hour of other weeks, the nearest first, without an act in the day after and, if there are two
    such, in the week before: fear may last longer than a day."""
    first, days = int(ground.weeks.start), []
    for away in range(1, _REACH + 1):
        for t in (at - away * WEEK_MS, at + away * WEEK_MS):
            week = int(ground.weeks.of(np.array([t]))[0])
            if t >= first and t + DAY <= ground.end and week >= 0 and not ground.weeks.holiday[week]:
                days.append(t)

    def free(t: int, before: int) -> bool:
        low, high = np.searchsorted(acts, [t - before, t + DAY])
        return bool(low == high)

    calm = [t for t in days if free(t, WEEK_MS)]
    return (calm if len(calm) > 1 else [t for t in days if free(t, 0)])[:_MATCHED]


def _speakers(start: Ints, person: NDArray[np.int32], at: int) -> int:
    low, high = np.searchsorted(start, [at + 1, at + DAY])
    return len(np.unique(person[low:high]))


def _ratio(counts: list[int], which: int) -> float:
    """One day's speakers to the mean of the others; half a speaker is added so that empty days count."""
    rest = [n for i, n in enumerate(counts) if i != which]
    return (counts[which] + 0.5) / (sum(rest) / len(rest) + 0.5)


def _nearly(silence: tuple[float, float] | None, strong: bool, p: float) -> bool:
    """Nothing open was said against somebody who gives orders, perhaps because it was deleted, and others may
    have fallen silent: too weak for a finding, too much for all-clear."""
    return silence is not None and strong and silence[0] <= DROP and p < 2 * gr.ALPHA


@dataclass(frozen=True)
class _Manner:
    """How whoever coerces most behaves otherwise."""

    share: float
    directives: float
    per_hundred: float


def _manner(ground: Ground, acts: _Acts) -> _Manner:
    turns, inside = ground.found.turns, ground.since(WEEKS)
    doers = acts.by[acts.by >= 0]
    if not len(doers):
        return _Manner(0.0, 0.0, 100.0 * len(acts) / max(1, int(inside.sum())))
    top = int(np.argmax(np.bincount(doers)))
    mine = inside & (turns.person == top)
    said = int((mine & ground.has(*_DIALOGUE)).sum())
    told = int((mine & ground.has(*_DIRECTIVE)).sum()) + int((doers == top).sum())
    own = int((inside & np.isin(turns.person, np.unique(doers))).sum())
    return _Manner(
        float(mine.sum() / max(1, int(inside.sum()))), told / max(1, said), 100.0 * len(acts) / max(1, own)
    )


def _dissent(ground: Ground, acts: _Acts) -> tuple[int, int, Ints]:
    """Dissents of the last weeks that were followed by coercion of who said it within a day; those that the
    staff reacted to at all; and the turns that were coerced."""
    turns = ground.found.turns
    said = np.flatnonzero(ground.has(Act.DISSENT) & ground.since(WEEKS) & ~ground.staff[turns.person])
    key = np.sort((acts.whom[acts.whom >= 0] << 44) | acts.at[acts.whom >= 0])
    who = turns.person[said].astype(np.int64)
    low = np.searchsorted(key, (who << 44) | turns.start_ms[said])
    high = np.searchsorted(key, (who << 44) | (turns.end_ms[said] + DAY), "right")
    coerced = high > low
    stated = links.explicit(ground.found)
    by_staff = stated.where(ground.staff[stated.who])
    argued = np.isin(said, by_staff.to_turn) & ~coerced
    return int(coerced.sum()), int((coerced | argued).sum()), said[coerced]


def _conclude(
    ground: Ground,
    acts: _Acts,
    silence: tuple[float, float] | None,
    p: float,
    metrics: dict[str, Metric],
    series: dict[str, gr.Weekly],
    every: _Acts,
) -> Part:
    if silence is None and len(acts) >= ACTS:
        return gr.Part(too_little(CODE, SEVERITY, "comparable_days", 0, 1), metrics, {}, series)
    manner, people = _manner(ground, acts), _people(acts)
    coerced, reacted, shut = _dissent(ground, acts)
    often = len(acts) >= ACTS and manner.per_hundred >= PER_HUNDRED
    quieter = silence is not None and silence[0] <= DROP and p < gr.ALPHA
    strong = manner.share >= TOP_SHARE or manner.directives >= DIRECTIVES
    no_argument = reacted >= DISSENTS and coerced >= max(COERCED * reacted, TARGETS)
    met = [often, quieter, strong or no_argument, people >= TARGETS]
    status: Status = "clear"
    if all(met):
        status = "finding"
    elif often and people >= TARGETS and (quieter or no_argument or _nearly(silence, strong, p)):
        status = "watch"
    values = {
        "weeks": Value(WEEKS, "count"), "acts": Value(len(acts), "count"), "people": Value(people, "count"),
        "per_hundred": Value(round(manner.per_hundred, 2)),
        "drop": Value(None if silence is None else 1 - silence[0], "ratio"),
        "p": Value(p if silence else None),
        "top_share": Value(manner.share, "ratio"), "directives": Value(round(manner.directives, 2)),
        "coerced_dissents": Value(coerced, "count"), "answered_dissents": Value(reacted, "count"),
    }  # fmt: skip
    limits = [
        Limit("acts", ACTS), Limit("per_hundred", PER_HUNDRED), Limit("people", TARGETS),
        Limit("drop", round(1 - DROP, 2)), Limit("p", gr.ALPHA, "statistics"), Limit("top_share", TOP_SHARE),
        Limit("directives", DIRECTIVES), Limit("coerced_share", COERCED),
    ]  # fmt: skip
    view = ground.view
    since = gr.onset(ground.weeks.counts(every.at)) if status == "finding" else None
    sure = {"finding": 0.6 + 0.3 * (1 - p), "watch": 0.5, "clear": 0.7}[status]
    argued = np.flatnonzero(ground.has(Act.DISSENT) & ground.since(WEEKS))
    calm = np.setdiff1d(argued, shut)
    finding = found(
        CODE, status, SEVERITY, gr.capped(sure, ground), values, limits,
        shown(view, [*acts.row.tolist(), *ground.rows(shut).tolist()]), shown(view, ground.rows(calm), 5),
        None if since is None else ground.at(since),
    )  # fmt: skip
    return gr.Part(finding, metrics, {}, series)
