"""The model: weights of both looks, and the chances they give every pair of a log.

A turn chooses among the turns in reach and "answers nobody in reach"; the logits are sums of one weight
a table, the chances their softmax. Two looks: the second one also sees the course of the talk that
the first one found, and is repeated with what it found itself. Weights are whole numbers of 1/256, so
sums do not depend on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray

from cq.conversation._answered import MESSAGE_TABLES
from cq.conversation._course import COURSE_TABLES, Course, course_places, loads
from cq.conversation._facts import REACH, Facts
from cq.conversation._overlap import Overlap
from cq.conversation._pairs import (
    NEW_TABLES,
    PAIR_TABLES,
    Places,
    Relation,
    Stretch,
    new_places,
    pair_places,
    relation,
    stretch,
)
from cq.conversation._talk import Bools, Floats, Ints

UNIT = 256
FIRST = {**PAIR_TABLES, **NEW_TABLES}
SECOND = {**FIRST, **COURSE_TABLES}

_AT_ONCE = 1 << 14
"""Turns of a stretch: what is looked at then stays in the cache of the processor."""
_NEVER = -1e9
_ROUNDS = 2
"""Second looks, each with the course found before; a third costs 0.8 s a million messages for half a point of
F1 without names."""


Pair = NDArray[np.complex64]


@dataclass(frozen=True)
class Weights:
    """Per table its weights: the real part is the first look's, the imaginary part the second look's.

    One number for both halves the time: looking up is what the model costs.
    """

    tables: Mapping[str, Pair]
    course: Mapping[str, Floats]
    """Of ``COURSE_TABLES``, which only the second look sees."""
    message: Mapping[str, Floats]
    """Of ``MESSAGE_TABLES``, which no look sees."""

    @classmethod
    def of(cls, looks: Mapping[str, Mapping[str, Sequence[int]]]) -> Weights:
        """From whole units; a table of another size is an error of the build."""
        for look, tables in (("first", FIRST), ("second", SECOND), ("message", MESSAGE_TABLES)):
            if {table: len(values) for table, values in looks[look].items()} != tables:
                raise ValueError(
                    f"weights of replies: the tables of the {look} look are not those of the model"
                )
        first, second = looks["first"], looks["second"]
        both = {table: np.array(first[table]) + 1j * np.array(second[table]) for table in FIRST}
        return cls(
            {table: (values / UNIT).astype(np.complex64) for table, values in both.items()},
            {table: np.array(second[table], np.float32) / np.float32(UNIT) for table in COURSE_TABLES},
            {table: np.array(looks["message"][table], np.float32) for table in MESSAGE_TABLES},
        )


@cache
def shipped() -> Weights:
    """The weights of the package; ``data/NOTICE.md`` says what they were fitted on."""
    raw = (resources.files("cq.conversation.data") / "replies.json").read_bytes()
    return Weights.of(msgspec.json.decode(raw, type=dict[str, dict[str, list[int]]]))


@dataclass(frozen=True)
class Judged:
    """Turns ``low`` to ``high`` (excluded): ``chance[distance - 1, turn]``, "answers nobody" last.

    ``own``: both turns are one speaker's.
    """

    low: int
    high: int
    chance: Floats
    own: Bools


def judged(facts: Facts, overlap: Overlap, replied: Ints, weights: Weights) -> Iterator[Judged]:
    """The chances of a whole log, stretch by stretch in order.

    ``replied``: per turn the turn its reply names, -1 for none. Such a turn is certain and its chances
    count for that turn, where it is in reach, or for nobody. Each look needs the next ``REACH`` turns of the
    one before, so a stretch is looked at together with the beginning of the next.
    """
    courses = [Course.of(len(facts)) for _ in range(_ROUNDS)]
    tails = [np.zeros((REACH, REACH), np.float32) for _ in range(_ROUNDS)]
    for low in range(0, len(facts), _AT_ONCE):
        high = min(low + _AT_ONCE, len(facts))
        view = stretch(facts, overlap, low, min(high + REACH * _ROUNDS, len(facts)))
        logits, between, own = _logits(view, weights)
        sure, second = replied[low : view.high], logits.imag.copy()
        chance = _certain(_softmax(logits.real.copy()), sure, view)
        for number, course in enumerate(courses):
            course.add(view, chance, sure)
            answers = np.concatenate((tails[number], np.where(own, 0, chance[:REACH])), axis=1)
            tails[number] = answers[:, high - low : high - low + REACH]
            with_course = second.copy()
            with_course[: len(between)] += _course(view, course, between, loads(answers), weights)
            chance = _certain(_softmax(with_course), sure, view)
        yield Judged(low, high, chance[:, : high - low], own[:, : high - low])


def _course(view: Stretch, course: Course, between: list[Relation], load: Floats, weights: Weights) -> Floats:
    """What the course of the talk adds to the logits of each distance."""
    out = np.zeros((len(between), view.high - view.low), np.float32)
    since = np.zeros(view.high - view.low, np.bool_)
    for far, known in enumerate(between):
        places = course_places(view, course, far + 1, known, load[far], since)
        for place, table in zip(places, weights.course.values(), strict=True):
            out[far] += table.take(place, mode="clip")
    return out


def _logits(view: Stretch, weights: Weights) -> tuple[Pair, list[Relation], Bools]:
    """Logits of both looks, the second still without the course; relations; pairs of one person."""
    logits = np.full((REACH + 1, view.high - view.low), _NEVER * (1 + 1j), np.complex64)
    owns = np.zeros((REACH, view.high - view.low), np.bool_)
    between: list[Relation] = []
    for far in range(REACH):
        there = view.in_reach(far + 1)
        if not np.any(there):
            break  # nor is anything farther back
        known = relation(view, far + 1)
        owns[far] = known.own
        places = pair_places(view, far + 1, known)
        logits[far] = np.where(there, _sum(places, weights, PAIR_TABLES), logits[far])
        between.append(known)
    logits[REACH] = _sum(new_places(view), weights, NEW_TABLES)
    return logits, between, owns


def _sum(places: Sequence[Places], weights: Weights, tables: Iterable[str]) -> Pair:
    total = np.zeros(len(places[0]), np.complex64)
    for place, table in zip(places, tables, strict=True):
        total += weights.tables[table].take(place, mode="clip")
    return total


def _softmax(logits: Floats) -> Floats:
    chance: Floats = np.exp(logits - logits.max(axis=0))
    chance /= chance.sum(axis=0)
    return chance


def _certain(chance: Floats, replied: Ints, view: Stretch) -> Floats:
    turns = np.flatnonzero(replied >= 0)
    distance = turns + view.low - replied[turns]
    chance[:, turns] = 0
    chance[np.where(distance <= REACH, distance - 1, REACH), turns] = 1
    return chance
