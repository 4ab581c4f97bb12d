"""What a first guess says about the course of the talk: who is in conversation with whom, what is answered.

Further looks at every pair use it. What one says about a turn rests on what the look before said about
earlier turns and the next ``REACH``, so a log may be walked through in stretches that overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cq.conversation._address import NOBODY
from cq.conversation._facts import REACH, stepped
from cq.conversation._pairs import ADDRESSES, FAR, FARS, RELATIONS, Places, Relation, Stretch
from cq.conversation._talk import Bools, Floats, Ints, Persons

_SURE = 0.6
_LOADS = (0.15, 0.6, 1.2)
"""Expected answers a turn has drawn so far."""

COURSE_TABLES = {
    "partner, spoken to since, relation": 3 * 2 * RELATIONS,
    "partner, my partner, returned, distance": 3 * 2 * 3 * FARS,
    "load, relation, question": 4 * RELATIONS * 2,
    "opens, load, own, distance": 2 * 4 * 2 * FARS,
    "my partner, relation, address": 2 * RELATIONS * ADDRESSES,
}


@dataclass(frozen=True)
class Course:
    """The first guess about every turn, filled stretch by stretch; indices count the empty turns in front.

    ``target``: the likeliest turn answered, -1 for none. ``partner``: its speaker, through up to two turns in
    which somebody goes on with their own, -1 for none. ``sure``: 1, or 2 above ``_SURE``.
    """

    target: Persons
    partner: Persons
    sure: NDArray[np.int8]

    @classmethod
    def of(cls, turns: int) -> Course:
        size = turns + REACH
        return cls(np.full(size, NOBODY, np.int32), np.full(size, NOBODY, np.int32), np.ones(size, np.int8))

    def add(self, view: Stretch, chance: Floats, replied: Ints) -> None:
        """Take in the chances of a stretch; ``replied``: the turn a reply names, -1 for none."""
        now, person = view.now, view.facts.person
        index = np.arange(now.start, now.stop)
        best = np.argmax(chance, axis=0)
        guess = np.where(best < REACH, index - 1 - best, NOBODY)
        self.target[now] = np.where(replied >= 0, replied + REACH, guess)
        self.sure[now] = 1 + (np.maximum(chance.max(axis=0), replied >= 0) > _SURE)
        end = index
        for _ in range(3):
            step = self.target[end]
            end = np.where((step >= 0) & ((end == index) | (person[end] == person[index])), step, end)
        other = (end != index) & (person[end] != person[index])
        self.partner[now] = np.where(other, person[end], NOBODY)


def loads(answers: Floats) -> Floats:
    """Expected answers each pair's candidate has drawn from others before the turn: ``[distance - 1, turn]``.

    ``answers``: chances that a turn answers another's so far back, with ``REACH`` earlier turns in front.
    """
    out = np.zeros_like(answers)
    for far in range(1, REACH):
        out[far, 1:] = out[far - 1, :-1] + answers[far - 1, :-1]
    return out[:, REACH:]


def course_places(
    view: Stretch, course: Course, distance: int, known: Relation, load: Floats, since: Bools
) -> list[Places]:
    """Per table of ``COURSE_TABLES`` the place of each turn with the one ``distance`` before.

    ``since``: whether a turn nearer than that seems to answer the speaker; brought up to date for the next.
    """
    facts, now, then, far = view.facts, view.now, view.then(distance), FAR[distance]
    who, whom = facts.person[now], facts.person[then]
    between, own, address, after = known
    partner = (course.partner[then] == who) * course.sure[then].astype(np.int32)
    last = facts.last[now]
    mine = ((last >= 0) & (course.partner[last] == whom)).astype(np.int32)
    weight = stepped(load, _LOADS).astype(np.int32)
    opens = course.target[then] < 0
    soon = after <= np.arange(now.start + REACH, now.stop + REACH)
    returned = (soon & (course.partner.take(after, mode="clip") == who)) * course.sure.take(
        after, mode="clip"
    )
    places = [
        (partner * 2 + since) * RELATIONS + between,
        ((partner * 2 + mine) * 3 + returned) * FARS + far,
        (weight * RELATIONS + between) * 2 + facts.asks[then],
        ((weight * 2 + opens) * 2 + own) * FARS + far,
        (mine * RELATIONS + between) * ADDRESSES + address,
    ]
    since |= partner > 0
    return places
