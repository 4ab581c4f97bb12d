"""What all habits are read from: who takes up a turn, which turns are real talk, who speaks for the group.

Sets of turns and counts per turn, on the turns of the last weeks before the end of the window. It decides
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._cause_ground import LIKELY, Ground, ground
from cq.analysis._conversation import conversation
from cq.analysis._staff import named, officers
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView, Window

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEEKS = 12
"""Habits are looked for in so many weeks, those of roles and circles."""
MINUTE_MS = 60_000
SHOPS = ("shop", "service")


@dataclass(frozen=True)
class Room:
    """A group on its ground. ``on.good`` marks the turns that count; all columns are per turn of the log."""

    on: Ground

    @property
    def view(self) -> GroupView:
        return self.on.view

    @cached_property
    def inside(self) -> Flags:
        """Turns of the last twelve weeks, or of the log where it is shorter."""
        return self.on.since(WEEKS)

    @property
    def weeks(self) -> int:
        """How many weeks are looked at."""
        return min(WEEKS, len(self.on.weeks))

    @cached_property
    def answers(self) -> tuple[Ints, Ints]:
        """Pairs (answering turn, turn answered) of different people, each person once per turn answered:
        what messages state, and what is more likely than not."""
        found, person = self.on.found, self.on.found.turns.person
        stated, pairs = links.explicit(found), found.replies.inferred
        likely = np.flatnonzero(pairs.pair_chance > LIKELY)
        turn = np.concatenate((stated.turn, pairs.pair_turn[likely]))
        to = np.concatenate((stated.to_turn, pairs.pair_to[likely]))
        good = self.on.good[turn]
        turn, to = turn[good], to[good]
        order = np.lexsort((turn, person[turn], to))
        turn, to = turn[order], to[order]
        first = np.ones(len(turn), np.bool_)
        first[1:] = (to[1:] != to[:-1]) | (person[turn[1:]] != person[turn[:-1]])
        return turn[first], to[first]

    def drawn(self, limit: int, by: Flags | None = None) -> Ints:
        """Per turn how many different people take it up within ``limit`` ms, with turns among ``by``."""
        turn, to = self.answers
        turns = self.on.found.turns
        good = turns.start_ms[turn] - turns.end_ms[to] <= limit
        if by is not None:
            good &= by[turn]
        return np.bincount(to[good], minlength=len(turns)).astype(np.int64)

    @cached_property
    def taken_up(self) -> Ints:
        """Per turn the different people who take it up within a day."""
        return self.drawn(24 * m.HOUR_MS)

    @cached_property
    def replying(self) -> Flags:
        """Turns that answer somebody: stated, or more likely than not."""
        found = self.on.found
        out = np.asarray(found.replies.inferred.answers > LIKELY)
        out[links.explicit(found).turn] = True
        return out

    @cached_property
    def real(self) -> Flags:
        """Turns that are talk: no greetings, receipts and stickers, no red packets, no offers."""
        on = self.on
        idle = (Act.FILLER, Act.RED_PACKET, Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)
        return on.good & ~on.found.acts.has(*idle)

    @cached_property
    def staff(self) -> Ints:
        """Who speaks for the group: offices, the operator's word, and who clearly runs it."""
        return np.flatnonzero(self.on.staff[:-1] & self.view.somebody[:-1])

    @cached_property
    def by_staff(self) -> Flags:
        """Turns of the staff."""
        return self.on.good & np.isin(self.on.found.turns.person, self.staff)

    @cached_property
    def owner(self) -> int | None:
        """The owner, where a list of members names one; else the only one the operator named."""
        owners = [i for i in officers(self.view) if self.view.people[i].role == "owner"]
        told = named(self.view, self.view.operator.staff)
        known = owners or told
        return known[0] if len(known) == 1 else None

    @property
    def shop(self) -> bool:
        """Whether selling is what the operator made the group for."""
        return self.view.operator.kind in SHOPS

    def count(self, chosen: Flags) -> int:
        return int(np.count_nonzero(chosen))


def room(view: GroupView, window: Window) -> Room:
    """The room of a group for a window."""
    return Room(ground(view, window, conversation(view)))
