"""Two kinds of export of one group: which senders are one person, which rows are one message.

Decisions over key columns of two sides; it sees neither texts nor names itself. The rules, none of which
was fitted to a case:

* Two rows *coincide* when nothing else on either side has their moment (at the coarser of the two
  precisions) and their words. A coincidence is a vote that their senders are one person.
* Equal ids are one person, and so are the senders of one message by its native id. Otherwise a pair of
  senders stands with ``VOTES`` votes of telling texts and ``SHARE`` of all votes of either; one vote, of
  any text, is enough where the names say the same. Where the names say otherwise, or two people have
  borne the name, no number of votes is.
* A row is a double of another with the same moment, person and words (or the same sort of thing, where a
  placeholder stands for it on either side; or, to the second, the same event): one for one, in order. So
  of a thing said twice in a second the larger of the two counts is kept.
* Rows with the same moment and words whose senders are not known to be one stay both, and are counted.
* Votes of unmistakable texts at one and the same distance, a multiple of a quarter of an hour, say that
  one of the two clocks was read in the wrong zone. That is told, never mended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.store.evidence import NOBODY, Sayings, mixed

VOTES = 3
"""By chance two rows coincide now and then; thrice, and hardly ever one without the other, they do not."""

SHARE = 0.9
"""Less than all: a clock that rolls over between two exports, a namesake's message, cost a vote."""

FEW = 0.1
"""Where more of the telling texts coincide than this, the clocks agree."""

CHUNK = 1 << 17
"""Rows compared at once."""

_FINE_MS = 1_000
"""Two people may well join in one minute."""

QUARTER_MS = 15 * 60_000
_LONGEST_OFFSET_MS = 26 * 3600_000
"""The zones of the world lie within 26 hours."""

Agree = Callable[[int, int], bool | None]
"""Whether the names say that two senders are one person: yes, no, or nothing."""


class Verdict(NamedTuple):
    """``same``: a sender of the second side → who that is on the first. ``first``, ``second``: places of
    the rows that are one message. ``uncertain``: how many may be one. ``offset``: ms, 0 if the clocks agree.
    """

    same: dict[int, int]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    uncertain: int
    offset: int


def compare(
    a: Sayings, b: Sayings, unit: int, agree: Agree, vague: int, certain: Mapping[int, int] | None = None
) -> Verdict:
    """What the rows of two kinds of export of one group have to do with one another.

    ``vague`` is a sender whose id means somebody else in every export (``self``). ``certain``: senders of
    the second side of whom it is known who they are on the first.
    """
    every, telling = _Votes(), _Votes()
    for some, others in _by_time(a, b, unit):
        one, other = a.take(some), b.take(others)
        every.count(one, other, unit)
        telling.count(one.take(one.telling), other.take(other.telling), unit)
    same = _same_people(a, b, every, telling, agree, vague, certain or {})
    uncertain, found = 0, [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for some, others in _by_time(a, b, unit):
        first, second, doubtful = _doubles(a.take(some), b.take(others), same, unit, vague)
        found.append((first + some.start, second + others.start))
        uncertain += doubtful
    first, second = (np.concatenate(side) for side in zip(*found, strict=True))
    rarely = telling.total < FEW * min(np.count_nonzero(a.telling), np.count_nonzero(b.telling))
    return Verdict(same, first, second, uncertain, offset(a, b, unit) if rarely else 0)


def _by_time(a: Sayings, b: Sayings, unit: int) -> Iterator[tuple[slice, slice]]:
    """Both sides (by time) in pieces that have no moment in common, so that none needs much room."""
    starts = [side.at[CHUNK::CHUNK] // unit * unit for side in (a, b)]
    edges = np.unique(np.concatenate(starts))
    cuts = [[0, *np.searchsorted(side.at, edges).tolist(), len(side.at)] for side in (a, b)]
    for (lo, hi), (first, end) in zip(pairwise(cuts[0]), pairwise(cuts[1]), strict=True):
        yield slice(lo, hi), slice(first, end)


def _doubles(
    a: Sayings, b: Sayings, same: dict[int, int], unit: int, vague: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Places of rows that are one message, and how many more may be."""
    people, of = np.unique(b.who, return_inverse=True)
    as_first = np.array([_as_first(who, same, vague) for who in people.tolist()], np.int32)[of]
    strange = np.array([who not in same for who in people.tolist()], np.bool_)[of]
    first, second = _pairs(a, b._replace(who=as_first), unit)
    left_a, left_b = a.spoken & ~a.known, b.spoken & ~b.known & strange
    left_a[first] = left_b[second] = False
    doubtful, _ = one_for_one(_moment(a.take(left_a), unit), _moment(b.take(left_b), unit))
    return first, second, len(doubtful)


def _as_first(who: int, same: dict[int, int], vague: int) -> int:
    """Who that is on the first side; a vague one who is nobody known must not meet the other vague one."""
    return same.get(who, who if who != vague else NOBODY - 1)


class _Votes:
    """How often rows of two senders coincide."""

    def __init__(self) -> None:
        self.of = Counter[tuple[int, int]]()
        self.total = 0
        self._of_first: dict[int, set[int]] = {}
        self._for_second = Counter[int]()

    def count(self, a: Sayings, b: Sayings, unit: int) -> None:
        """More votes."""
        a, b = (side.take(side.spoken & (side.who >= 0)) for side in (a, b))
        one, two = _met(_moment(a, unit), _moment(b, unit))
        self.total += len(one)
        for (mine, other), n in Counter(zip(a.who[one].tolist(), b.who[two].tolist(), strict=True)).items():
            self.of[mine, other] += n
            self._for_second[other] += n
            self._of_first.setdefault(mine, set()).add(other)

    def stand_for(self, one: int, other: int, enough: int, agree: Agree) -> bool:
        """Whether so many votes are for a pair, and so few against it.

        Another name of the same person is no vote against: people rename themselves.
        """
        votes = self.of[one, other]
        rivals = (b for b in self._of_first.get(one, ()) if b != other and not agree(one, b))
        against = sum(self.of[one, b] for b in rivals)
        return votes >= enough and votes >= SHARE * max(self._for_second[other], votes + against)


def _same_people(
    a: Sayings,
    b: Sayings,
    every: _Votes,
    telling: _Votes,
    agree: Agree,
    vague: int,
    certain: Mapping[int, int],
) -> dict[int, int]:
    here = set(np.unique(a.who).tolist()) - {NOBODY, vague}
    same = {who: who for who in np.unique(b.who).tolist() if who in here}
    same |= {other: one for other, one in certain.items() if other not in same}
    plain = frozenset(same)
    for one, other in every.of:
        if other in plain:
            continue
        match agree(one, other):
            case True:
                stands = every.stand_for(one, other, 1, agree)
            case None:
                stands = telling.stand_for(one, other, VOTES, agree)
            case _:
                stands = False
        if stands:
            same[other] = one
    return same


def _pairs(a: Sayings, b: Sayings, unit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of equal rows: by their words, then things without words by what they are."""
    free_a, free_b = ~a.known, ~b.known
    firsts, seconds = [], []
    rounds = [
        (a.has_words, b.has_words, True),
        (~a.has_words, ~b.has_words, False),
        (a.is_thing, ~b.has_words, False),
        (~a.has_words, b.is_thing, False),
    ]
    for some_a, some_b, by_words in rounds:
        one, two = np.flatnonzero(free_a & some_a), np.flatnonzero(free_b & some_b)
        first, second = one_for_one(*(_key(s.take(r), unit, by_words) for s, r in ((a, one), (b, two))))
        firsts.append(one[first])
        seconds.append(two[second])
        free_a[one[first]] = free_b[two[second]] = False
    if unit <= _FINE_MS:  # every tool words events in its own way
        one, two = np.flatnonzero(free_a & (a.event > 0)), np.flatnonzero(free_b & (b.event > 0))
        first, second = one_for_one(*(mixed(s.at[r] // unit, s.event[r]) for s, r in ((a, one), (b, two))))
        firsts.append(one[first])
        seconds.append(two[second])
    return np.concatenate(firsts), np.concatenate(seconds)


def _key(side: Sayings, unit: int, by_words: bool) -> NDArray[np.uint64]:
    return mixed(side.at // unit, side.who, side.words if by_words else side.sort)


def _moment(side: Sayings, unit: int) -> NDArray[np.uint64]:
    return mixed(side.at // unit, side.words)


def one_for_one(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of equal values: the first of one side with the first of the other, and so on."""
    _, one, two = np.intersect1d(mixed(a, _turn(a)), mixed(b, _turn(b)), True, return_indices=True)
    return one, two


def _turn(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How many equal values stand before each."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    new = np.append(True, ordered[1:] != ordered[:-1])[: len(values)]
    starts = np.flatnonzero(new)
    turn = np.empty(len(values), np.int64)
    turn[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.append(starts, len(values))))
    return turn


def _met(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the values that stand once on either side."""
    one, two = (np.unique(side, return_index=True, return_counts=True) for side in (a, b))
    single_a, single_b = one[2] == 1, two[2] == 1
    _, i, j = np.intersect1d(one[0][single_a], two[0][single_b], True, return_indices=True)
    return one[1][single_a][i], two[1][single_b][j]


def offset(a: Sayings, b: Sayings, unit: int) -> int:
    """By how much the clock of ``b`` is ahead; 0 unless most of the unmistakable texts say the same."""
    a, b = a.take(a.telling), b.take(b.telling)
    one, two = _met(a.words, b.words)
    apart = b.at[two] // unit * unit - a.at[one] // unit * unit
    if not len(apart):
        return 0
    distances, counts = np.unique(apart, return_counts=True)
    best = int(np.argmax(counts))
    distance, votes = int(distances[best]), int(counts[best])
    likely = distance % QUARTER_MS == 0 and abs(distance) <= _LONGEST_OFFSET_MS
    return distance if likely and votes >= VOTES and 2 * votes > len(apart) else 0


def coincide(a: Sayings, b: Sayings, unit: int) -> bool:
    """Whether two groups have said anything telling at one moment, by one clock or another."""
    for some, others in _by_time(a, b, unit):
        one, other = a.take(some), b.take(others)
        if len(_met(*(_moment(side.take(side.telling), unit) for side in (one, other)))[0]):
            return True
    return offset(a, b, unit) != 0
