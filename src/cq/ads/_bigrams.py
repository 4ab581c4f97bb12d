"""The pairs of neighbouring characters of many texts at once, each counted once per text.

Where a text begins and ends, `EDGE` is the neighbour: how people start and stop says much.
A skeleton is read with its numbers levelled: every digit is ``0``, from five digits on ``9`` (a telephone
or account number, not a price), and so is a run of ``x``, which masks digits. Nothing is weighed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 18
"""Characters read at once: what works on them stays in the cache of a core."""
LONG_NUMBER = 5
_ZERO, _NINE, _X = ord("0"), ord("9"), ord("x")
EDGE = ord("\n")
"""No skeleton holds a line break."""
_CODE_POINT_BITS = 21
_SLOT_BITS = 19
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Bigrams(NamedTuple):
    """Distinct bigrams text by text: both characters, where the second first stands (in all texts, with one
    place between two), and how many each text has."""

    first: NDArray[np.uint32]
    second: NDArray[np.uint32]
    at: NDArray[np.int64]
    counts: NDArray[np.int64]


def bigrams(skeletons: Sequence[str]) -> Bigrams:
    """The distinct bigrams of each text, in order of appearance; none of a text below two characters."""
    lengths = np.fromiter(map(len, skeletons), np.int64, len(skeletons))
    joined = chr(EDGE).join(["", *skeletons, ""]).encode("utf-32-le", "surrogatepass")
    points = _levelled(np.frombuffer(joined, "<u4"))
    row = np.repeat(np.arange(len(skeletons)), lengths + 1)
    at = np.flatnonzero(lengths[row] > 1)
    row, first, second = row[at], points[at], points[at + 1]
    kept = _first_of_each(row, first, second)
    return Bigrams(first[kept], second[kept], at[kept], np.bincount(row[kept], minlength=len(skeletons)))


def _levelled(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Code points with numbers and runs of ``x`` levelled."""
    digit = points - _ZERO < 10  # unsigned: what is below "0" wraps to something large
    masked = points == _X
    run = np.zeros(len(points) + LONG_NUMBER - 1, bool)
    digit[1:] |= masked[1:] & masked[:-1]
    digit[:-1] |= masked[1:] & masked[:-1]
    if not digit.any():
        return points
    long = np.ones(max(len(points) - LONG_NUMBER + 1, 0), bool)
    for i in range(LONG_NUMBER):
        long &= digit[i : i + len(long)]
    for i in range(LONG_NUMBER):
        run[i : i + len(long)] |= long
    return np.where(run[: len(points)], _NINE, np.where(digit, _ZERO, points)).astype(np.uint32)


def _first_of_each(
    row: NDArray[np.int64], first: NDArray[np.uint32], second: NDArray[np.uint32]
) -> NDArray[np.int64]:
    """Places of the bigrams that stand in their text for the first time.

    All write their place into a small table; whoever finds another one there is a repetition or collided
    by chance, and only those few are sorted out.
    """
    key = row.astype(np.uint64) << np.uint64(2 * _CODE_POINT_BITS)
    key |= first.astype(np.uint64) << np.uint64(_CODE_POINT_BITS)
    key |= second.astype(np.uint64)
    slot = (key * _GOLDEN) >> np.uint64(64 - _SLOT_BITS)
    backwards = np.arange(len(key) - 1, -1, -1)
    table = np.empty(1 << _SLOT_BITS, np.int64)
    table[slot[::-1]] = backwards  # the last to write is the first of the text
    winner = table[slot]
    places = np.arange(len(key))
    collided = places[key != key[winner]]
    kept = winner == places
    if len(collided):
        kept[collided[np.unique(key[collided], return_index=True)[1]]] = True
    return np.flatnonzero(kept)


def blocks(skeletons: Sequence[str]) -> Iterator[slice]:
    """Slices of texts of about `BLOCK` characters."""
    start = size = 0
    for i, skeleton in enumerate(skeletons):
        size += len(skeleton) + 1
        if size >= BLOCK:
            yield slice(start, i + 1)
            start, size = i + 1, 0
    if start < len(skeletons):
        yield slice(start, len(skeletons))
