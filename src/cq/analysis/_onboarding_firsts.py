"""What newcomers met: their first post, who answered it, whether they spoke again, what they could read.

A first post is the first turn after joining that is more than a greeting. "Answered" is stated by a message
or expected by the reply model; expected answers count as sums only, and "nobody answered" needs the chance of
any answer to be small. Old members are those of eight weeks or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import KINDS
from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._cause_ground import UNLIKELY
from cq.analysis._onboarding_people import NOBODY, House, Joins
from cq.conversation.acts import Act
from cq.model import Event, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

EXPOSED_MS = 14 * m.DAY_MS
ANSWER_MS, QUIET_MS = 60 * 60_000, 10 * 60_000
INVITER_MS = 48 * m.HOUR_MS
RULES_MS = 24 * m.HOUR_MS
BREACH_MS = 7 * m.DAY_MS
_ANNOUNCEMENT = KINDS.index(Kind.ANNOUNCEMENT)


@dataclass(frozen=True)
class Firsts:
    """One entry per join looked at. ``exposed``: had fourteen days in the log. ``first``: turn of the
    first post within them, -1 for none. ``soon``: there is one. ``heard``: chance that an old member
    answered it within the hour. ``quiet``: nobody else spoke for ten minutes after it. ``posted``: its
    hour is in the log. ``ignored``: nobody at all answered within the hour. ``again``: spoke once more
    within fourteen days of it. ``inviter``: the inviter spoke to them within 48 hours (False where
    unknown). ``rules``: rules or an announcement could be read within a day. ``breach``: an ad, a friend
    request, or being dealt with within a week. ``asked``: the first post asks or introduces.

    ``old_posts`` and ``old_ignored``: what old members said in the same weeks, of the same kind."""

    joins: Joins
    exposed: Flags
    first: Ints
    heard: Floats
    quiet: Flags
    posted: Flags
    ignored: Flags
    again: Flags
    inviter: Flags
    rules: Flags
    breach: Flags
    asked: Flags
    old_posts: int
    old_ignored: int

    @property
    def soon(self) -> Flags:
        found: Flags = (self.first >= 0) & self.exposed
        return found


def firsts(house: House, joins: Joins) -> Firsts:
    """What the people of some joins met."""
    room = house.room
    on, turns = room.on, room.on.found.turns
    exposed = joins.at + EXPOSED_MS <= on.end
    first = _first(house, joins, room.real, joins.at)
    late = first >= 0
    late[late] = turns.start_ms[first[late]] - joins.at[late] > EXPOSED_MS
    first[late] = -1
    spoke = first >= 0
    own = np.maximum(first, 0)
    posted = spoke & (turns.end_ms[own] + ANSWER_MS <= on.end) if len(turns) else spoke
    by_old, by_any = answered(house)
    heard = np.where(posted, by_old[own], 0.0) if len(turns) else np.zeros(len(joins))
    quiet = posted & _silence(house, own) if len(turns) else posted
    ignored = posted & (by_any[own] < UNLIKELY) if len(turns) else posted
    after = np.where(spoke, turns.end_ms[own], 0) if len(turns) else joins.at
    second = _first(house, joins, on.good, after)
    again = spoke & (second >= 0)
    again[again] = turns.start_ms[second[again]] - after[again] <= EXPOSED_MS
    asked = np.zeros(len(joins), np.bool_)
    asked[spoke] = on.found.acts.has(Act.QUESTION, Act.HELP, Act.INTRODUCTION)[first[spoke]]
    old_posts, old_ignored = _old_posts(house, first[spoke], by_any)
    return Firsts(
        joins, exposed, first, heard, quiet, posted, ignored, again, _spoken_to(house, joins),
        _ruled(house, joins), _breached(house, joins), asked, old_posts, old_ignored,
    )  # fmt: skip


def _silence(house: House, own: Ints) -> Flags:
    """Per turn whether nobody else speaks in the ten minutes after it."""
    turns = house.room.on.found.turns
    after = np.minimum(own + 1, len(turns) - 1)
    soon = (after > own) & (turns.start_ms[after] - turns.end_ms[own] <= QUIET_MS)
    return np.asarray(~soon | (turns.person[after] == turns.person[own]))


def _first(house: House, joins: Joins, chosen: Flags, after: Ints) -> Ints:
    """Per join the first chosen turn of that person that begins after a moment; -1 for none."""
    turns = house.room.on.found.turns
    some = np.flatnonzero(chosen & np.isin(turns.person, joins.person))
    if not len(some):
        return np.full(len(joins), -1, np.int64)
    width = int(turns.end_ms[-1]) + 1
    order = some[np.lexsort((some, turns.person[some]))]
    key = turns.person[order].astype(np.int64) * width + turns.start_ms[order]
    at = np.searchsorted(key, joins.person * width + np.minimum(after, width - 1), "right")
    found = order[np.minimum(at, len(order) - 1)]
    return np.where((at < len(order)) & (turns.person[found] == joins.person), found, -1)


def answered(house: House) -> tuple[Floats, Floats]:
    """Per turn the chance that an old member, and that anybody answers it in an hour; 1 where stated."""
    memo, key = house.room.view.memo, ("answered within the hour", id(house.room.on.found), house.room.on.end)
    if key not in memo:
        memo[key] = _answered(house)
    found: tuple[Floats, Floats] = memo[key]
    return found


def _answered(house: House) -> tuple[Floats, Floats]:
    on, found = house.room.on, house.room.on.found
    turns, pairs, stated = found.turns, found.replies.inferred, links.explicit(found)
    near = np.flatnonzero(turns.start_ms[pairs.pair_turn] - turns.end_ms[pairs.pair_to] <= ANSWER_MS)
    near = near[on.good[pairs.pair_turn[near]]]
    missed = np.log1p(-np.minimum(pairs.pair_chance[near].astype(np.float64), 1 - 1e-9))
    soon = turns.start_ms[stated.turn] - turns.end_ms[stated.to_turn] <= ANSWER_MS
    said, turn, to = stated.to_turn[soon], stated.turn[soon], pairs.pair_to[near]
    out = []
    old = house.old(np.arange(len(turns)))
    for by in (old, np.ones(len(turns), np.bool_)):
        mine = by[pairs.pair_turn[near]]
        chance = 1 - np.exp(np.bincount(to[mine], missed[mine], len(turns)))
        chance[said[by[turn]]] = 1.0
        out.append(np.asarray(chance, np.float64))
    return out[0], out[1]


def _old_posts(house: House, firsts_: Ints, by_any: Floats) -> tuple[int, int]:
    """Real turns of old members in the weeks of the first posts that answer nobody, and those left alone."""
    room = house.room
    on, turns = room.on, room.on.found.turns
    weeks = m.distinct(on.week[firsts_])
    mine = np.flatnonzero(room.real & ~room.replying & np.isin(on.week, weeks[weeks >= 0]))
    mine = mine[house.old(mine)]
    mine = mine[turns.end_ms[mine] + ANSWER_MS <= on.end]
    return len(mine), int((by_any[mine] < UNLIKELY).sum())


def _spoken_to(house: House, joins: Joins) -> Flags:
    """Whether the inviter named, quoted or mentioned the newcomer within 48 hours."""
    found, turns = house.room.on.found, house.room.on.found.turns
    view = house.room.view
    out = np.zeros(len(joins), np.bool_)
    stated = links.explicit(found)
    row, whom = view.mention_row, view.mention_person.astype(np.int64)
    at = np.concatenate((turns.start_ms[stated.turn], view.sent_at[row]))
    pair = np.concatenate((stated.who, view.person[row])), np.concatenate((stated.whom, whom))
    for i in np.flatnonzero(joins.by != NOBODY).tolist():
        mine = (pair[0] == joins.by[i]) & (pair[1] == joins.person[i])
        out[i] = bool(((at[mine] >= joins.at[i]) & (at[mine] <= joins.at[i] + INVITER_MS)).any())
    return out


def _ruled(house: House, joins: Joins) -> Flags:
    """Whether rules stood in the group within a day, or an announcement had been put up before."""
    room, view = house.room, house.room.view
    turns = room.on.found.turns
    told = turns.start_ms[room.on.has(Act.RULE) | _announcing(house)]
    within = np.searchsorted(told, joins.at + RULES_MS, "right") > np.searchsorted(told, joins.at, "left")
    put_up = [int(view.sent_at[e.row]) for e in view.events if e.event in (Event.ANNOUNCEMENT, Event.PIN)]
    put_up += view.sent_at[view.kind == _ANNOUNCEMENT].tolist()
    return np.asarray(within | (joins.at >= min(put_up, default=np.iinfo(np.int64).max)))


def _announcing(house: House) -> Flags:
    turns = house.room.on.found.turns
    turn = turns.of_row[house.room.view.kind == _ANNOUNCEMENT]
    out = np.zeros(len(turns), np.bool_)
    out[turn[turn >= 0]] = True
    return out


def _breached(house: House, joins: Joins) -> Flags:
    """Whether a newcomer sold, asked for contacts, or was dealt with within a week."""
    room, view = house.room, house.room.view
    turns = room.on.found.turns
    first = _first(house, joins, room.on.has(Act.AD, Act.ADD_ME), joins.at)
    out = first >= 0
    out[out] = turns.start_ms[first[out]] - joins.at[out] <= BREACH_MS
    dealt = [
        (i, int(view.sent_at[e.row]))
        for e in view.events
        if e.event in (Event.REMOVE, Event.MUTE)
        for i in e.targets
    ]
    for person, at in dealt:
        out |= (joins.person == person) & (at >= joins.at) & (at <= joins.at + BREACH_MS)
    return out
