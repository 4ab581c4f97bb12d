"""Boredom: nothing planned happens, and nothing comes up by itself.

An activity is a call for one that people take part in, or one the operator names. What happens offline, in
voice rooms or in live streams does not show. A group that talks by itself needs no activities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _links as links
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
GATHERING = 10
_SHORTEST = 6
_WHEN = (
    r"[0-9一二两三四五六七八九十]+(?:点|时|号|日|月|[:：./][0-9])|(?:周|星期|礼拜)[一二三四五六日天末]|今[晚天]|明[天晚早]|后天"
    r"|[本这下每]个?[周月]|月底|见"
)
_SIGN_UP = (
    r"报名|接龙|参加|报上|名额|位子|集合|招.{0,4}志愿者|预告|活动|约起|回复?[1一]"
    r"|[要想][来去]的|谁来|有人(?:吗|愿意)"
)
_COMES = (
    r"报名|接龙|参加|\+1|^\s*[1一]\s*$|算[我上]|[加报]我|报上|带上|要去|留个?位|名额|^到了|集合"
    r"|我也?[要想]?[去来](?:$|[，,。！!~～吧])"
)
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
    called = _calls(ground)
    high = np.searchsorted(turns.start_ms, turns.start_ms[called] + _SOON, "right")
    people = np.array(
        [
            len(np.setdiff1d(turns.person[one + 1 : stop], turns.person[one]))
            for one, stop in zip(called.tolist(), high.tolist(), strict=True)
        ],
        np.int64,
    )
    good = (people >= PARTICIPANTS) & _joined(ground, called, high)
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


def _calls(ground: Ground) -> Ints:
    """Turns that call for something: to everybody, with a time or how to sign up."""
    turns = ground.found.turns
    called = np.flatnonzero(ground.has(Act.EVENT) & ~ground.ads & (turns.characters >= _SHORTEST))[-_MOST:]
    called = called[~np.isin(called, links.explicit(ground.found).turn)]
    return called[_says(ground, called, f"{_WHEN}|{_SIGN_UP}")]


def _joined(ground: Ground, called: Ints, until: Ints) -> Flags:
    """Which calls ask for names, or are followed by words of people who come: a day of the week alone calls
    for nothing."""
    out = _says(ground, called, _SIGN_UP)
    person = ground.found.turns.person
    rest = [i for i in range(len(called)) if not out[i]]
    after = [np.arange(called[i] + 1, until[i]) for i in rest]
    if not rest:
        return out
    of = np.repeat(rest, [len(one) for one in after])
    turn = np.concatenate(after)
    other = person[turn] != person[called[of]]
    coming = _says(ground, turn[other], _COMES)
    out[of[other][coming]] = True
    return out


def _says(ground: Ground, turns: Ints, words: str) -> Flags:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = ground.view.text.take(pa.array(ground.rows(turns)))
    hits: Flags = np.array(pc.fill_null(pc.match_substring_regex(text, words), False), np.bool_)
    return hits


def gatherings(ground: Ground, seen: Activities) -> Ints:
    """Begins of conversations of ten people or more with no activity within a day: what so many come together
    for is going on, even if the words that called for it were not recognised."""
    sessions = ground.found.sessions
    at = sessions.start_ms[(sessions.speakers >= GATHERING) & (sessions.start_ms < ground.end)]
    if len(at) and len(seen.at):
        at = at[np.abs(at[:, None] - seen.at[None, :]).min(1) > gr.DAY_MS]
    return at


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
    more = gatherings(ground, seen)
    also = int((more >= ground.end - n * WEEK_MS).sum())
    finding = _finding(ground, seen, a4, also, organic, slot, weekly + crowds)
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
    also: int,
    organic: float,
    slot: Slot | None,
    lively: NDArray[np.float64],
) -> Finding:
    regular = slot is not None and slot.share > slot.by_chance
    status: Status = "clear"
    goings_on = a4 + 4 * also / WEEKS
    if goings_on < PER_FOUR_WEEKS and not regular and organic < ORGANIC:
        status = "finding"
    elif goings_on < 2 * PER_FOUR_WEEKS and not regular and organic < ORGANIC:
        status = "watch"
    values = {
        "weeks": Value(WEEKS, "count"), "activities": Value(round(a4 * WEEKS / 4), "count"),
        "per_four_weeks": Value(round(a4, 2)), "gatherings": Value(also, "count"),
        "organic": Value(round(organic, 2)),
        "regular_share": Value(slot.share if slot else 0.0, "ratio"),
        "by_chance": Value(slot.by_chance if slot else None, "ratio"), "regular": Value(regular),
    }  # fmt: skip
    limits = [
        Limit("per_four_weeks", PER_FOUR_WEEKS), Limit("organic", ORGANIC), Limit("crowd", CROWD),
        Limit("participants", PARTICIPANTS), Limit("gathering", GATHERING),
        Limit("by_chance", 0.05, "statistics"),
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
