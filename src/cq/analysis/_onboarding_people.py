"""Who came when, by whom, and who was a member at a moment: from events and from a list of members.

A join that the log shows twice within a day is one. Without events and without dates nobody is known to have
come; then nothing of this is observable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._habit_ground import Room
from cq.model import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEEK_MS = 7 * m.DAY_MS
OLD_MS = 8 * WEEK_MS
"""Members of eight weeks or more are old members."""
NOBODY = -1


@dataclass(frozen=True)
class Joins:
    """Parallel, by time: who came, when (UTC ms), invited by whom (:data:`NOBODY`: unknown, a code, oneself),
    and the row of the event (-1: only the list of members tells)."""

    person: Ints
    at: Ints
    by: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.at)

    def where(self, chosen: Flags) -> Joins:
        return Joins(self.person[chosen], self.at[chosen], self.by[chosen], self.row[chosen])


@dataclass(frozen=True)
class House:
    """The members of a group over time, up to the end of what is looked at."""

    room: Room

    @cached_property
    def joins(self) -> Joins:
        """Everybody who came within the log."""
        view, end = self.room.view, self.room.on.end
        found = [
            (int(view.sent_at[e.row]), i, e.actor if e.actor not in e.targets else NOBODY, e.row)
            for e in view.events
            if e.event is Event.JOIN and view.sent_at[e.row] < end
            for i in e.targets
            if view.somebody[i]
        ]
        told = {i for _, i, _, _ in found}
        begin = int(view.sent_at[0]) if len(view) else 0
        found += [
            (p.joined_at, i, NOBODY, -1)
            for i, p in enumerate(view.people)
            if p.joined_at is not None and begin < p.joined_at < end and i not in told and view.somebody[i]
        ]
        found.sort()
        last: dict[int, int] = {}
        once = []
        for one in found:
            if one[0] - last.get(one[1], -m.DAY_MS) >= m.DAY_MS:
                once.append(one)
            last[one[1]] = one[0]
        columns = np.array(once, np.int64).reshape(-1, 4)
        return Joins(columns[:, 1], columns[:, 0], columns[:, 2], columns[:, 3])

    @property
    def observable(self) -> bool:
        """Whether joins could be seen at all: an event of one, or a list of members with dates."""
        return len(self.joins) > 0 or any(p.joined_at is not None for p in self.room.view.people)

    @cached_property
    def since(self) -> Ints:
        """Per person since when they are a member, as far as known: the last join, the list, or the first
        thing they said; -1 where nothing is known."""
        view, turns = self.room.view, self.room.on.found.turns
        out = np.full(len(view.people), -1, np.int64)
        who, first = np.unique(turns.person, return_index=True)
        out[who] = turns.start_ms[first]
        for i, p in enumerate(view.people):
            if p.joined_at is not None:
                out[i] = p.joined_at
        out[self.joins.person] = self.joins.at
        return out

    @cached_property
    def gone(self) -> Ints:
        """Per person when they left, as the log or the list shows; far away where not."""
        view = self.room.view
        out = np.full(len(view.people), np.iinfo(np.int64).max, np.int64)
        for i, p in enumerate(view.people):
            if p.left_at is not None:
                out[i] = p.left_at
        for e in view.events:
            if e.event in (Event.LEAVE, Event.REMOVE):
                for i in e.targets or ((e.actor,) if e.actor >= 0 else ()):
                    out[i] = view.sent_at[e.row]
        out[out < self.since] = np.iinfo(np.int64).max  # came back
        return out

    def members(self, at: int) -> int:
        """How many of the known people were members at a moment; silent ones only with a list of members."""
        known = self.room.view.somebody[:-1]
        there = (self.since <= at) & (self.since >= 0) & (self.gone > at) & known
        listed = self.room.view.member_basis == "roster"
        if listed:
            # Somebody on the list without any date was there from the beginning.
            there |= np.array([p.listed for p in self.room.view.people]) & (self.since < 0) & known
        return int(there.sum())

    def old(self, turns: Ints) -> Flags:
        """Per turn whether its speaker had been a member for eight weeks. Who was there when the log begins
        is taken for an old member: nobody else was there longer."""
        every, view = self.room.on.found.turns, self.room.view
        since, at = self.since[every.person[turns]], every.start_ms[turns]
        joined = np.zeros(len(view.people), np.bool_)
        joined[self.joins.person] = True
        before = ~joined[every.person[turns]]
        early = since - int(view.sent_at[0]) < OLD_MS if len(view) else before
        return np.asarray((at - since >= OLD_MS) | (before & early))
