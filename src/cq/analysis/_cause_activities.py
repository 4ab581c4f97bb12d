"""Boredom: nothing planned happens, and nothing comes up by itself.

An activity is a call for one that people take part in, or one the operator names. What happens offline, in
voice rooms or in live streams does not show. A group that talks by itself needs no activities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground
    from cq.section import Finding, Severity, Status

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CODE = "health/boredom"
SEVERITY: Severity = "warning"
WEEKS = 8
PER_FOUR_WEEKS, ORGANIC = 1.0, 1.0
CROWD = 5
PARTICIPANTS = 3
_SOON = 90 * 60_000
_SLOTS = 56
"""Weekdays by three hours."""
_DRAWS = 499
_MOST = 2000
_SEED = 20_261_124


class Activities(NamedTuple):
    """When each began (UTC ms), the row that calls for it (-1: named by the operator), how many took part."""

    at: Ints
    row: Ints
    people: Ints


class Slot(NamedTuple):
    """The weekday and three hours with activities in most weeks: which, in what share of them, and the share
    that chance alone reaches in one of twenty draws."""

    weekday: int
    hour: int
    share: float
    by_chance: float


def activities(ground: Ground) -> Activities:
    """Activities of the log, one for a session: calls that three others joined within 90 minutes."""
    turns, sessions = ground.found.turns, ground.found.sessions
    called = np.flatnonzero(ground.has(Act.EVENT) & ~ground.ads)[-_MOST:]
    high = np.searchsorted(turns.start_ms, turns.start_ms[called] + _SOON, "right")
    people = np.array(
        [
            len(np.setdiff1d(turns.person[one + 1 : stop], turns.person[one]))
            for one, stop in zip(called.tolist(), high.tolist(), strict=True)
        ],
        np.int64,
    )
    good = people >= PARTICIPANTS
    called, people = called[good], people[good]
    _, first = np.unique(sessions.of_turn[called], return_index=True)
    at = turns.start_ms[called[first]]
    named = np.array(ground.view.operator.activity_times(ground.view.zone), np.int64)
    named = named[(named < ground.end) & (named >= ground.weeks.start)]
    # One the operator names is often called for in the log, too: within a day it is the same.
    if len(named) and len(at):
        away = np.abs(at[:, None] - named[None, :]).min(1)
        first, at = first[away > gr.DAY_MS], at[away > gr.DAY_MS]
    order = np.argsort(np.concatenate((at, named)), kind="stable")
    rows = np.concatenate((ground.rows(called[first]), np.full(len(named), -1)))[order]
    count = np.concatenate((people[first], np.full(len(named), -1)))[order]
    return Activities(np.concatenate((at, named))[order], rows, count)


def look(ground: Ground) -> Case:
    """Whether nothing goes on in a group."""
    missing = ground.small(CODE, SEVERITY, WEEKS)
    seen = activities(ground)
    weekly = ground.weeks.counts(seen.at).astype(np.float64)
    n = min(WEEKS, len(ground.weeks))
    a4 = 4 * float(weekly[-n:].sum()) / n if n else None
    sessions = ground.found.sessions
    crowds = ground.weeks.counts(sessions.start_ms, sessions.speakers >= CROWD).astype(np.float64)
    organic = float(crowds[-n:].sum()) / n if n else None
    slot = _slot(ground, seen.at[seen.at >= ground.end - n * WEEK_MS], n) if n else None
    metrics = {
        "activities_per_four_weeks": Metric(None if a4 is None else round(a4, 2), "number", n),
        "regular_slot_share": Metric(None if slot is None else round(slot.share, 4), "ratio", n),
        "large_sessions_per_week": Metric(None if organic is None else round(organic, 2), "number", n),
        "activity_participants": Metric(_median(seen.people[seen.at >= ground.end - n * WEEK_MS]), "number"),
    }
    series = {"activities": gr.Weekly("count", weekly), "large_sessions": gr.Weekly("count", crowds)}
    tables = {"activities": _table(ground, seen)}
    if missing is not None or a4 is None or organic is None:
        none = missing or too_little(CODE, SEVERITY, "weeks", n, WEEKS)
        return gr.Case(None, lambda _: gr.Part(none, metrics, tables, series))
    finding = _finding(ground, seen, a4, organic, slot, weekly + crowds)
    return gr.Case(None, lambda _: gr.Part(finding, metrics, tables, series))


def _median(people: Ints) -> float | None:
    some = people[people >= 0]
    return float(np.median(some)) if len(some) else None


def _slot(ground: Ground, at: Ints, n: int) -> Slot | None:
    """The most regular slot; by chance activities fall where the turns of the group fall."""
    if not len(at):
        return None
    turns, view = ground.found.turns, ground.view
    shift = int(view.local_ms[-1] - view.sent_at[-1])
    week = (ground.end - 1 - at) // WEEK_MS

    def slots(ms: Ints) -> Ints:
        local = ms + shift
        return ((local // gr.DAY_MS + 3) % 7) * 8 + (local % gr.DAY_MS) // (3 * 3_600_000)

    def best(slot: Ints, draws: int) -> Ints:
        """Of each draw the most weeks that one slot has an activity in."""
        cell = np.zeros((draws, _SLOTS, n), np.bool_)
        cell[np.arange(draws)[:, None], slot.reshape(draws, -1), week[None, :]] = True
        most: Ints = cell.sum(2).max(1)
        return most

    own = slots(at)
    usual = slots(turns.start_ms[ground.since(n)])
    rng = np.random.default_rng(_SEED)
    drawn = best(usual[rng.integers(0, len(usual), (_DRAWS, len(at)))], _DRAWS)
    weeks_of = np.zeros((_SLOTS, n), np.bool_)
    weeks_of[own, week] = True
    top = int(np.argmax(weeks_of.sum(1)))
    return Slot(top // 8, top % 8 * 3, int(weeks_of[top].sum()) / n, float(np.quantile(drawn, 0.95)) / n)


def _finding(
    ground: Ground,
    seen: Activities,
    a4: float,
    organic: float,
    slot: Slot | None,
    lively: NDArray[np.float64],
) -> Finding:
    regular = slot is not None and slot.share > slot.by_chance
    status: Status = "clear"
    if a4 < PER_FOUR_WEEKS and not regular and organic < ORGANIC:
        status = "finding"
    elif a4 < 2 * PER_FOUR_WEEKS and not regular and organic < ORGANIC:
        status = "watch"
    values = {
        "weeks": Value(WEEKS, "count"), "activities": Value(round(a4 * WEEKS / 4), "count"),
        "per_four_weeks": Value(round(a4, 2)), "organic": Value(round(organic, 2)),
        "regular_share": Value(slot.share if slot else 0.0, "ratio"),
        "by_chance": Value(slot.by_chance if slot else None, "ratio"), "regular": Value(regular),
    }  # fmt: skip
    limits = [
        Limit("per_four_weeks", PER_FOUR_WEEKS), Limit("organic", ORGANIC), Limit("crowd", CROWD),
        Limit("participants", PARTICIPANTS), Limit("by_chance", 0.05, "statistics"),
    ]  # fmt: skip
    since = gr.onset(lively) if status == "finding" else None
    recent = seen.row[(seen.at >= ground.end - WEEKS * WEEK_MS) & (seen.row >= 0)]
    turns, sessions = ground.found.turns, ground.found.sessions
    opened = np.flatnonzero(ground.since(WEEKS))
    first = np.unique(sessions.of_turn[opened])
    few = first[np.argsort(-sessions.turns[first], kind="stable")][:5]
    many = first[sessions.speakers[first] >= CROWD][-5:]
    sure = {"finding": 0.7 + 0.2 * (1 - organic / ORGANIC), "watch": 0.5}.get(status, 0.75)
    view = ground.view
    for_it = turns.first_row[sessions.first_turn[few]]
    against = [*recent.tolist(), *turns.first_row[sessions.first_turn[many]].tolist()]
    return found(
        CODE, status, SEVERITY, gr.capped(sure, ground), values, limits,
        shown(view, for_it), shown(view, against, 5), None if since is None else ground.at(since),
    )  # fmt: skip


def _table(ground: Ground, seen: Activities) -> gr.Rows:
    """Activities of the last 26 weeks, the latest first."""
    view = ground.view
    rows: gr.Rows = []
    kept = np.flatnonzero(seen.at >= ground.end - 26 * WEEK_MS)[::-1]
    for i in kept.tolist():
        row, people = int(seen.row[i]), int(seen.people[i])
        if row < 0:
            rows.append((None, ground.window.isoformat(int(seen.at[i])), None, None, None, None))
            continue
        who = view.people[view.person[row]]
        said = view.message_id[row].as_py(), view.time(row), who.id, who.name
        rows.append((*said, people, view.excerpt(row)))
    return rows
