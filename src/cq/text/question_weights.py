"""Weights of characters: how much a text reads like a question, from its runs of one to three characters.

A logistic model in whole numbers, so that every machine decides alike: the sum of one level per run that has
a weight, and one more where the rules found a question. Where a text begins and ends counts as a character.
The weights come from television dialogue and invented chat (``NOTICE.md``): beyond short talk they know
nothing, so ask them about short texts only. Nothing is fitted here: ``benchmarks/questions`` does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Codes = NDArray[np.uint32]

CODE_BITS = 21
"""A run is known by so many bits of its hash; of 260 foreign runs one is taken for a known one of 8,000."""
RULE = 1 << CODE_BITS
"""The code of what the rules said."""
EDGE = 0x0A
UNIT_BITS = 20
"""Scores are whole numbers of ``2 ** -UNIT_BITS``; 0 is an even chance."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_POINT = np.uint64(21)
_MAGIC = b"cqq1"
_HEAD = struct.Struct("<4sIii")
_AT_ONCE = 1 << 14
"""Texts of a block: what is worked out for them stays in the cache of a core."""


@dataclass(frozen=True)
class Weights:
    """``codes``: sorted. ``levels``: int8, one per code; a weight is ``level * step`` units."""

    codes: Codes
    levels: NDArray[np.int8]
    step: int
    bias: int

    @cached_property
    def table(self) -> NDArray[np.int8]:
        """The level of every code, 0 of those without weight."""
        levels = np.zeros(RULE + 2, np.int8)  # the last one is of an edge alone
        levels[self.codes] = self.levels
        return levels

    def to_bytes(self) -> bytes:
        """The file: a head, the codes, the levels."""
        head = _HEAD.pack(_MAGIC, len(self.codes), self.step, self.bias)
        return head + self.codes.astype("<u4").tobytes() + self.levels.tobytes()

    @classmethod
    def of(cls, raw: bytes) -> Weights:
        """From a file; ValueError where it is none."""
        magic, n, step, bias = _HEAD.unpack_from(raw)
        if magic != _MAGIC or len(raw) != _HEAD.size + 5 * n:
            raise ValueError("weights of questions: no such file")
        codes = np.frombuffer(raw, "<u4", n, _HEAD.size)
        return cls(codes, np.frombuffer(raw, np.int8, n, _HEAD.size + 4 * n), step, bias)


@cache
def shipped() -> Weights:
    """The weights of the package."""
    return Weights.of(files("cq.text").joinpath("questions.bin").read_bytes())


def scores(texts: pa.Array, ruled: NDArray[np.bool_], weights: Weights) -> Integers:
    """Per text its score in units. ``texts``: cleaned, no nulls; ``ruled``: which are questions by rule."""
    summed = np.zeros(len(texts), np.int64)
    for first, count, runs in _blocks(texts):
        levels = weights.table[runs.one].astype(np.int16)
        levels += weights.table[runs.two]
        levels += np.where(runs.whole, weights.table[runs.three], np.int8(0))
        summed[first : first + count] = np.add.reduceat(levels, runs.start, dtype=np.int64)
    summed += ruled * np.int64(weights.table[RULE])
    return summed * weights.step + weights.bias


def codes_of(texts: pa.Array) -> tuple[Integers, Integers]:
    """The code of every run of every text, as often as it stands there, and the text it stands in."""
    found: list[tuple[Integers, Integers]] = []
    for first, count, runs in _blocks(texts):
        text = np.repeat(np.arange(first, first + count), np.diff(np.append(runs.start, len(runs.one))))
        inner = np.ones(len(text), np.bool_)
        inner[runs.start] = False
        for codes, kept in ((runs.one, inner), (runs.two, None), (runs.three, runs.whole)):
            found.append((codes, text) if kept is None else (codes[kept], text[kept]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    codes, rows = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(rows, kind="stable")
    return codes[order].astype(np.int64), rows[order].astype(np.int64)


@dataclass(frozen=True)
class _Runs:
    """Codes of the runs that begin at each place; ``start``: the place before each text.

    ``whole``: where a run of three lies inside one text.
    """

    one: Integers
    two: Integers
    three: Integers
    whole: NDArray[np.bool_]
    start: Integers


def _blocks(texts: pa.Array) -> Iterator[tuple[int, int, _Runs]]:
    for first in range(0, len(texts), _AT_ONCE):
        block = texts.slice(first, _AT_ONCE).cast(pa.string())
        offsets = pa.array([0, len(block)], pa.int32())
        joined = pc.binary_join(pa.ListArray.from_arrays(offsets, block), chr(EDGE))[0].as_py()
        yield first, len(block), _runs(f"\n{joined}\n\n")


def _runs(joined: str) -> _Runs:
    """Of texts with an edge before each, one at the end and one more to look ahead to."""
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    here, following, after = points[:-2], points[1:-1], points[2:]
    pair = here | (following << _POINT)
    edge = here == EDGE
    one = _code(here)
    one[edge] = RULE + 1  # an edge alone is no run
    return _Runs(
        one=one,
        two=_code(pair),
        three=_code(pair | (after << (_POINT + _POINT))),
        whole=following != EDGE,
        start=np.flatnonzero(edge),
    )


def _code(runs: NDArray[np.uint64]) -> Integers:
    return ((runs * _GOLDEN) >> np.uint64(64 - CODE_BITS)).view(np.int64)
