"""What a turn and one before it have to do with each other, as places in the table of weights.

Every feature is a class, every table a few features crossed; a pair picks one weight of each table,
and so does "answers nobody in reach". The tables named here are the model: ``benchmarks/replies/fit.py``
fills them. Distances run from 1, the turn before, to ``REACH``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.conversation._facts import GAPS, NEVER, REACH, SPAN_MS, Facts, Small, gap_class, stepped
from cq.conversation._overlap import CLASSES as SHARED
from cq.conversation._overlap import Overlap, by_person
from cq.conversation._talk import Bools, Persons

Places = NDArray[np.int32]

FAR = [int(n) for n in np.searchsorted([2, 3, 4, 5, 6, 8, 11, 15], np.arange(REACH + 1), "right")]
_CALLED, _ELSEWHERE, _NAMED = 4, 5, 6
FARS, RELATIONS, ADDRESSES, HISTORIES, LENGTHS, RECENCIES = 9, 15, 7, 6, 4, 4
_AGAIN = (2, 4, 7, 16)
"""Turns until somebody speaks again: people who talk to each other come back soon."""
AGAINS = len(_AGAIN) + 1

PAIR_TABLES = {
    "relation, gap, distance": RELATIONS * GAPS * FARS,
    "relation, history, address": RELATIONS * HISTORIES * ADDRESSES,
    "address, distance": ADDRESSES * FARS,
    "questions, answered, relation": 8 * RELATIONS,
    "shared, own, address": SHARED * 2 * ADDRESSES,
    "lengths, own": LENGTHS * LENGTHS * 2,
    "its recency, answered, question, own": RECENCIES * 8,
    "recency, relation, question": RECENCIES * RELATIONS * 2,
    "shared by person, relation": SHARED * RELATIONS,
    "shared by person, shared, most shared": 2 * SHARED * SHARED,
    "questions, distance": 4 * FARS,
    "again, relation, question": AGAINS * RELATIONS * 2,
    "again, its next, own": AGAINS * AGAINS * 2,
}
NEW_TABLES = {
    "new: address, recency, question": ADDRESSES * RECENCIES * 2,
    "new: pause, recency": GAPS * RECENCIES,
    "new: length, address, question": LENGTHS * ADDRESSES * 2,
    "new: again, next known, recency": AGAINS * RECENCIES * RECENCIES,
}


@dataclass(frozen=True)
class Stretch:
    """Turns ``low`` to ``high`` of a log, and what is worked out once for all their pairs."""

    facts: Facts
    low: int
    high: int
    shared: Small
    by_person: Small
    most: Small
    address: Places
    """Class of whom the turn addresses, with nobody's pair in view."""

    @property
    def now(self) -> slice:
        return slice(self.low + REACH, self.high + REACH)

    def then(self, distance: int) -> slice:
        return slice(self.low + REACH - distance, self.high + REACH - distance)

    def in_reach(self, distance: int) -> Bools:
        """Which turns have a turn that far back, not longer than an hour ago."""
        seconds = self.facts.start[self.now] - self.facts.end[self.then(distance)]
        there: Bools = seconds <= SPAN_MS // 1000
        return there


def stretch(facts: Facts, overlap: Overlap, low: int, high: int) -> Stretch:
    """Turns ``low`` to ``high`` (excluded) of a log."""
    now = slice(low + REACH, high + REACH)
    shared = overlap.classes(low, high)
    nobody = np.where(facts.named[now] >= 0, _NAMED, facts.rate)
    return Stretch(
        facts=facts,
        low=low,
        high=high,
        shared=shared,
        by_person=by_person(shared, facts.person[low : high + REACH]),
        most=shared.max(axis=0, initial=0),
        address=np.where(facts.address[now] >= 0, _ELSEWHERE, nobody).astype(np.int32),
    )


def new_places(view: Stretch) -> list[Places]:
    """Per table of ``NEW_TABLES`` the place of each turn."""
    facts, now = view.facts, view.now
    recency, asks = facts.recency[now], facts.asks[now]
    index = np.arange(now.start, now.stop, dtype=np.int32)
    again = stepped(facts.next[now] - index, _AGAIN).astype(np.int32)
    follows = facts.recency.take(index + 1, mode="clip").astype(np.int32)
    return [
        (view.address * RECENCIES + recency) * 2 + asks,
        facts.pause[now].astype(np.int32) * RECENCIES + recency,
        (facts.length[now].astype(np.int32) * ADDRESSES + view.address) * 2 + asks,
        (again * RECENCIES + follows) * RECENCIES + recency,
    ]


class Relation(NamedTuple):
    """Of each turn and the one a given distance before: class of who spoke in between, whether both are one
    person's, class of whom the turn addresses, and when the candidate's speaker speaks next."""

    between: Places
    own: Bools
    address: Places
    after: Persons


def relation(view: Stretch, distance: int) -> Relation:
    """Who of the two has spoken in between, and whether both turns are one person's.

    0 to 2: one person's, with as many of their turns in between. From 3 on: how often the candidate's
    speaker (0 to 2) and, times three, the answering one (0, 0 and spoke just before the candidate, 1, 2).
    """
    facts, now, then = view.facts, view.now, view.then(distance)
    index = np.arange(now.start, now.stop, dtype=np.int32)
    there = index - np.int32(distance)
    own = facts.person[now] == facts.person[then]
    theirs = (facts.next[then] < index).astype(np.int32) + (facts.next2[then] < index)
    mine = (facts.last[now] > there).astype(np.int32) + (facts.last2[now] > there)
    between = np.where(mine > 0, mine + np.int32(1), facts.last[now] == there - 1)
    address = address_class(facts, now, facts.person[then])
    return Relation(np.where(own, mine, 3 + between * 3 + theirs), own, address, _after(facts, then, index))


def _after(facts: Facts, then: slice, index: Persons) -> Persons:
    """When the speakers of some turns speak next after others, unless they spoke too often in between."""
    after = facts.next[then]
    for _ in range(3):
        after = np.where(after <= index, facts.next.take(after, mode="clip"), after)
    return np.where(after > index, after, NEVER)


def address_class(facts: Facts, now: slice, whom: Persons) -> Places:
    """Whom each turn addresses, seen from a candidate's speaker: them, another, or nobody in this log."""
    called = facts.address[now]
    nobody = np.where(facts.named[now] == whom, np.int32(_NAMED), np.int32(facts.rate))
    return np.where(called >= 0, np.int32(_ELSEWHERE) - (called == whom).astype(np.int32), nobody)


def pair_places(view: Stretch, distance: int, known: Relation) -> list[Places]:
    """Per table of ``PAIR_TABLES`` the place of each turn with the one ``distance`` before."""
    facts, now, then, far = view.facts, view.now, view.then(distance), FAR[distance]
    who, whom = facts.person[now], facts.person[then]
    heard = facts.address[then]
    between, own, address, _ = known
    history = (heard >= 0).astype(np.int32) + (heard == who)
    history = history * 2 + ((facts.last_address[now] == whom) & ~own)
    gap = gap_class(facts.start[now], facts.end[then]).astype(np.int32)
    answered = facts.spoken_to[then] < np.arange(now.start, now.stop, dtype=np.int32)
    asked = facts.asks[then].astype(np.int32)
    questions = asked * 2 + facts.asks[now]
    shared, most = view.shared[distance - 1].astype(np.int32), view.by_person[distance - 1]
    length, recency = facts.length[then].astype(np.int32), facts.recency[then].astype(np.int32)
    index = np.arange(now.start, now.stop, dtype=np.int32)
    again = stepped(known.after - index, _AGAIN).astype(np.int32)
    mine = stepped(facts.next[now] - index, _AGAIN).astype(np.int32)
    return [
        (between * GAPS + gap) * FARS + far,
        (between * HISTORIES + history) * ADDRESSES + address,
        address * FARS + far,
        (questions * 2 + answered) * RELATIONS + between,
        (shared * 2 + own) * ADDRESSES + address,
        (length * LENGTHS + facts.length[now]) * 2 + own,
        (recency * 2 + answered) * 4 + asked * 2 + own,
        (between * RECENCIES + facts.recency[now]) * 2 + asked,
        between * SHARED + most,
        (shared * SHARED + view.most) * 2 + (most == view.most),
        questions * FARS + far,
        (again * RELATIONS + between) * 2 + asked,
        (again * AGAINS + mine) * 2 + own,
    ]
