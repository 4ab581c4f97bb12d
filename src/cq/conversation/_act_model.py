"""What a text reads like: one small linear model an act, over letters, pairs of letters and sets of words.

It adds to the rules where wording is new to them; it is never the only thing that counts, since a rule of
``acts.toml`` says where a reading is believed. Sums of whole levels, so every machine decides alike. The
weights were fitted by ``benchmarks/acts/fit.py`` (``data/ACTS_CARD.md``); nothing is fitted here.

Four sums of 16 bits share one number of 64, so one addition serves four acts: a level is at most 127, and a
text has at most ``LONGEST`` letters, so no sum leaves its part.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.conversation._act_letters import POINTS, blocks, plain
from cq.conversation._act_rules import forms
from cq.conversation._talk import Bools, Ints

if TYPE_CHECKING:
    import pyarrow as pa

    Levels = NDArray[np.int8]

LONGEST = 100
"""Letters of a text that are read: 200 levels and those of sets, at most 127 each, stay within 16 bits."""
CODE_BITS = 20
EDGE = "\x02"
ADDRESS = "\x01"
"""What stands for an address of the net; mentions are left out."""
SIZES = 8
"""Classes of length: whole binary logarithms."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_POINT = np.uint64(21)
_LANES, _LANE = 4, 16
_AT_ONCE = 1 << 14
_MAGIC = b"cqa1"
_HEAD = struct.Struct("<4s4H")


@dataclass(frozen=True)
class Reading:
    """Texts whose sum for the act in column ``act`` is at least ``least`` levels."""

    name: str
    act: int
    least: int


@dataclass(frozen=True)
class Model:
    """``codes``: sorted; ``levels``: a row each, a column an act. ``cues``: levels of sets of words and of
    ``asks``, by name; ``sizes``: levels of classes of length. ``readings`` are what texts are asked for."""

    acts: tuple[str, ...]
    codes: NDArray[np.uint32]
    levels: Levels
    cues: Mapping[str, Levels]
    sizes: Levels
    readings: tuple[Reading, ...]

    def to_bytes(self) -> bytes:
        """The file: a head, the codes, the levels, then names and levels of cues, sizes, readings."""
        cues = list(self.cues)
        words = "\n".join((*self.acts, *cues, *(r.name for r in self.readings))).encode()
        head = _HEAD.pack(_MAGIC, len(self.codes), len(self.acts), len(cues), len(self.readings))
        parts = [self.codes.astype("<u4"), self.levels, np.array([self.cues[name] for name in cues], "i1")]
        limits = np.array([(r.act, r.least) for r in self.readings], "<i4").reshape(-1, 2)
        return head + b"".join(part.tobytes() for part in (*parts, self.sizes, limits)) + words

    @classmethod
    def of(cls, raw: bytes) -> Model:
        """From a file; ValueError where it is none."""
        magic, n, acts, cues, readings = _HEAD.unpack_from(raw)
        if magic != _MAGIC:
            raise ValueError("no model of acts")
        at = _HEAD.size
        found = []
        for dtype, rows, width in (
            ("<u4", n, 1),
            ("i1", n, acts),
            ("i1", cues, acts),
            ("i1", SIZES, acts),
            ("<i4", readings, 2),
        ):
            found.append(np.frombuffer(raw, dtype, rows * width, at).reshape(rows, width))
            at += found[-1].nbytes
        codes, levels, of_cues, sizes, limits = found
        names = raw[at:].decode().split("\n")
        return cls(
            tuple(names[:acts]),
            codes.ravel(),
            levels,
            dict(zip(names[acts : acts + cues], of_cues, strict=True)),
            sizes,
            tuple(
                Reading(name, int(act), int(least))
                for name, (act, least) in zip(names[acts + cues :], limits, strict=True)
            ),
        )

    @cached_property
    def places(self) -> NDArray[np.uint16]:
        """The row of ``packed`` of every code; 0 has no levels."""
        table = np.zeros(1 << CODE_BITS, np.uint16)
        table[self.codes] = np.arange(1, len(self.codes) + 1, dtype=np.uint16)
        return table

    @cached_property
    def packed(self) -> list[Ints]:
        """The levels of all codes, four acts a number."""
        none = np.zeros((1, len(self.acts)), np.int8)
        return _packed(np.concatenate((none, self.levels)))


def _packed(levels: NDArray[np.int8]) -> list[Ints]:
    out = []
    for first in range(0, levels.shape[1], _LANES):
        some = levels[:, first : first + _LANES].astype(np.int64)
        out.append(np.sum(some << (_LANE * np.arange(some.shape[1])), axis=1))
    return out


def _lanes(packed: Ints) -> list[NDArray[np.int32]]:
    """The sums that share a number: one below zero borrows one from its neighbour."""
    parts = packed.astype("<i8").view("<i2").reshape(-1, _LANES)
    lanes = [parts[:, 0].astype(np.int32)]
    lanes += [parts[:, n].astype(np.int32) + (parts[:, n - 1] < 0) for n in range(1, _LANES)]
    return lanes


@cache
def shipped() -> Model:
    """The model of the package."""
    return Model.of(files("cq.conversation.data").joinpath("acts.bin").read_bytes())


class Letters(NamedTuple):
    """Per text what its letters say, four acts a number, and how many it has. Texts can be added up."""

    totals: list[Ints]
    sizes: Ints

    def of(self, places: Ints) -> Letters:
        """Those at some places."""
        return Letters([total[places] for total in self.totals], self.sizes[places])

    def added(self, starts: Ints) -> Letters:
        """Neighbours as one text, from each start to the next."""
        return Letters([np.add.reduceat(t, starts) for t in self.totals], np.add.reduceat(self.sizes, starts))


def spelled(texts: pa.Array, model: Model) -> Letters:
    """What the letters of each text say."""
    totals = [np.zeros(len(texts), np.int64) for _ in model.packed]
    sizes = np.zeros(len(texts), np.int64)
    for where, count, one, two, starts in _grams(texts):
        sizes[where] = count
        first, second = model.places.take(one), model.places.take(two)
        for total, levels in zip(totals, model.packed, strict=True):
            each = levels.take(first)
            each += levels.take(second)
            total[where] = np.add.reduceat(each, starts)
    return Letters(totals, sizes)


def sums(
    said: Letters, words: NDArray[np.uint64], asks: Bools, bits: Mapping[str, int], model: Model
) -> list[NDArray[np.int32]]:
    """Per act the level of every text. ``words``: sets found in it, by ``bits``; ``asks``: a question."""
    totals = [total.copy() for total in said.totals]
    for column, table in _tables(words, asks, said.sizes, bits, model):
        for total, levels in zip(totals, _packed(table), strict=True):
            total += levels.take(column)
    return [lane for total in totals for lane in _lanes(total)][: len(model.acts)]


def read(
    said: Letters, words: NDArray[np.uint64], asks: Bools, bits: Mapping[str, int], model: Model
) -> NDArray[np.uint64]:
    """The bits of the readings that hold; a text without letters reads like nothing."""
    out = np.zeros(len(words), np.uint64)
    for at in range(0, len(words), _AT_ONCE):
        block = slice(at, at + _AT_ONCE)
        some = Letters([total[block] for total in said.totals], said.sizes[block])
        found = sums(some, words[block], asks[block], bits, model)
        for reading in model.readings:
            out[block][found[reading.act] >= reading.least] |= np.uint64(bits[reading.name])
    out[said.sizes == 0] = 0
    return out


def _tables(
    words: NDArray[np.uint64], asks: Bools, sizes: Ints, bits: Mapping[str, int], model: Model
) -> Iterator[tuple[Ints, NDArray[np.int8]]]:
    """What is not in the letters, as columns and the levels of each value."""
    none = np.zeros(len(model.acts), np.int8)
    yield asks.astype(np.int64), np.array([none, model.cues.get("asks", none)])
    yield size_class(sizes), model.sizes
    named = {bit: model.cues.get(name, none) for name, bit in bits.items()}
    for n in range(0, 64, 4):
        few = [named.get(1 << bit, none).astype(np.int64) for bit in range(n, n + 4)]
        if any(level.any() for level in few):
            chosen = np.arange(16)[:, None] >> np.arange(4) & 1
            yield ((words >> np.uint64(n)) & np.uint64(15)).view(np.int64), chosen @ np.array(few)


def size_class(sizes: Ints) -> Ints:
    """The class of a length."""
    classes = np.frexp(np.minimum(sizes, LONGEST) + 1.0)[1] - 1
    found: Ints = np.minimum(classes, SIZES - 1).astype(np.int64)
    return found


def codes_of(texts: pa.Array) -> tuple[Ints, Ints, Ints]:
    """All codes of all texts, the text of each, and the length of every text: what fitting works on."""
    codes, rows, sizes = [], [], np.zeros(len(texts), np.int64)
    for where, count, one, two, starts in _grams(texts):
        sizes[where] = count
        text = np.repeat(np.arange(where.start, where.stop), np.diff(np.append(starts, len(one))))
        codes += [one, two]
        rows += [text, text]
    return np.concatenate(codes), np.concatenate(rows), sizes


def _grams(texts: pa.Array) -> Iterator[tuple[slice, Ints, Ints, Ints, Ints]]:
    """By blocks: lengths, codes of letters and of pairs, where each text begins. A code that repeats the one
    before it is 0, as is what is no letter."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_slice_codeunits(plain(texts, ADDRESS, ""), 0, LONGEST)
    edge, none = pa.scalar(EDGE, pa.large_string()), pa.scalar("", pa.large_string())
    edged = pc.binary_join_element_wise(edge, texts.cast(pa.large_string()), none)
    for where, run in blocks(edged):
        points = letters().take(run.points).astype(np.uint64)
        following = np.append(points[1:], np.uint64(ord(EDGE)))
        one, two = _code(points), _code(points | (following << _POINT))
        for codes in (one, two):
            codes[1:][codes[1:] == codes[:-1]] = 0
        starts = np.cumsum(run.sizes) - run.sizes
        one[starts] = 0
        yield where, run.sizes - 1, one, two, starts


def _code(runs: NDArray[np.uint64]) -> Ints:
    return ((runs * _GOLDEN) >> np.uint64(64 - CODE_BITS)).view(np.int64)


@cache
def letters() -> NDArray[np.uint32]:
    """What every code point is read as: lower case, simplified, digits and marks levelled."""
    table = np.arange(POINTS, dtype=np.uint32)
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    for simple, others in forms().items():
        table[[ord(other) for other in others]] = ord(simple)
    upper = (table >= ord("A")) & (table <= ord("Z"))
    table[upper] += 32
    table[(table >= ord("0")) & (table <= ord("9"))] = ord("0")
    for marks, as_one in ((" \t\r\n\u3000\xa0\u2005,，;；:：、", " "), ("。.!！~～…", "."), ("?？", "?")):
        table[np.isin(table, [ord(mark) for mark in marks])] = ord(as_one)
    return table
