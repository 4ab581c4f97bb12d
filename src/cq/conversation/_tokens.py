"""Texts as tokens, for whole columns: which names stand in them, and which rare pieces they share.

A token is a run of characters without blanks or sentence marks. Its pieces are the beginnings of
alphabetic words and the pairs of ideographs. No piece is ever looked up in a list of words: a piece is
a number, and how rare it is in this log is all that counts. Only the beginning of a long text is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cq.conversation._talk import Bools, Ints, Persons

if TYPE_CHECKING:
    import pyarrow as pa

READ = 160
"""Characters read of a text."""
STEM = 6
"""Characters of an alphabetic word that make its piece, so that endings matter less."""
PIECE_BITS = 20

_BREAKS = " \t\r\n\u00a0\u2005\u3000\u200b\ufeff,.:;!?\"'()<>@=/，。：；！？（）《》“”‘’、…~～"
_BREAK, _LETTER, _IDEOGRAPH = 0, 1, 2
_TABLE = 0x10000

Hashes = NDArray[np.uint64]


def _classes() -> NDArray[np.int8]:
    kinds = np.full(_TABLE, _LETTER, np.int8)
    kinds[0x2E80:0x3000] = kinds[0x3040:0xA000] = kinds[0xF900:0xFB00] = _IDEOGRAPH
    kinds[:0x21] = _BREAK
    kinds[[ord(mark) for mark in _BREAKS]] = _BREAK
    return kinds


_CLASS = _classes()
_FACTORS = np.random.Generator(np.random.PCG64(7)).integers(1 << 62, size=READ, dtype=np.uint64) * np.uint64(
    2
) + np.uint64(1)


@dataclass(frozen=True)
class Tokens:
    """The tokens of some rows; arrays of tokens and of pieces are in reading order.

    ``row``: of each token, 0 is the first row given. ``hash``: see :func:`hashed`, 0 where it was not
    wanted. ``leads``: it begins
    its text. ``called``: it follows an "@". ``piece``: numbers below ``2 ** PIECE_BITS``, each
    of its ``piece_token``. ``asks``: per row, whether a question mark stands in it.
    """

    row: Ints
    hash: Hashes
    leads: Bools
    called: Bools
    piece: Persons
    piece_token: Persons
    asks: Bools


def tokens(text: pa.Array, longest: int, first: Bools) -> Tokens:
    """The tokens of a column of strings; letters A to Z count as a to z.

    Wanted are the hashes of tokens with at most ``longest`` characters that begin with one of ``first``, a
    table by code point (the last entry stands for all that are larger).
    """
    points, row, rows = _code_points(text)
    kind = _CLASS[np.minimum(points, _TABLE - 1)]
    solid = kind != _BREAK
    opens = _changes(row) & solid
    opens[1:] |= solid[1:] & ~solid[:-1]
    starts = np.flatnonzero(opens)
    token = np.cumsum(opens, dtype=np.int32) - 1
    before = np.where(starts > 0, points[starts - 1], 0) if len(starts) else starts
    called = (before == ord("@")) & ~_changes(row)[starts]
    leads = _changes(row[starts])
    asked = row[(points == ord("?")) | (points == ord("？"))]
    asks = np.zeros(rows, np.bool_)
    asks[asked] = True
    piece, at = _pieces(points, kind, opens)
    hashes = np.zeros(len(starts), np.uint64)
    wanted = np.flatnonzero(first[np.minimum(points[starts], _TABLE - 1)])
    inside = solid & ~opens
    short = _ends(inside, starts[wanted], longest + 1) <= longest
    wanted = wanted[short]
    hashes[wanted] = _sums(points, inside, starts[wanted], longest)
    return Tokens(row[starts].astype(np.int64), hashes, leads, called, piece, token[at], asks)


def hashed(names: Sequence[str]) -> Hashes:
    """The hash of each name as a token, whatever stands in it; 0 for an empty one."""
    out = np.zeros(len(names), np.uint64)
    for index, name in enumerate(names):
        points = np.array([ord(c) + 32 if "A" <= c <= "Z" else ord(c) for c in name[:READ]], np.uint64)
        out[index] = np.sum((points + np.uint64(1)) * _FACTORS[: len(points)])
    return out


def _code_points(text: pa.Array) -> tuple[NDArray[np.uint32], Persons, int]:
    """Code points of all texts in one array, the row of each, and the number of rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cut = pc.fill_null(pc.utf8_slice_codeunits(text.cast(pa.large_string()), 0, READ), "")
    lengths = pc.utf8_length(cut).to_numpy(zero_copy_only=False)
    offsets = np.frombuffer(cut.buffers()[1], np.int64)[cut.offset : cut.offset + len(cut) + 1]
    data = cut.buffers()[2]
    whole = data[offsets[0] : offsets[-1]].to_pybytes().decode() if data else ""
    points = np.frombuffer(whole.encode("utf-32-le"), np.uint32)
    upper = (points >= ord("A")) & (points <= ord("Z"))
    return points + np.uint32(32) * upper, np.repeat(np.arange(len(cut), dtype=np.int32), lengths), len(cut)


def _changes(values: Persons) -> Bools:
    out = np.ones(len(values), np.bool_)
    out[1:] = values[1:] != values[:-1]
    return out


def _ends(inside: Bools, starts: Ints, most: int) -> Ints:
    """How many characters each run has, at most ``most``: its first and those marked that follow it."""
    length = np.ones(len(starts), np.int64)
    on = np.arange(len(starts))
    for place in range(1, most):
        on = on[starts[on] + place < len(inside)]
        on = on[inside[starts[on] + place]]
        if not len(on):
            break
        length[on] += 1
    return length


def _sums(points: NDArray[np.uint32], inside: Bools, starts: Ints, most: int) -> Hashes:
    """Per run a number of its characters and their places, of no more than ``most`` of them."""
    out: Hashes = (points[starts].astype(np.uint64) + np.uint64(1)) * _FACTORS[0]
    on = np.arange(len(starts))
    for place in range(1, most):
        on = on[starts[on] + place < len(inside)]
        on = on[inside[starts[on] + place]]
        if not len(on):
            break
        out[on] += (points[starts[on] + place].astype(np.uint64) + np.uint64(1)) * _FACTORS[place]
    return out


def _pieces(points: NDArray[np.uint32], kind: NDArray[np.int8], opens: Bools) -> tuple[Persons, Ints]:
    """Pieces, and the place where each begins: beginnings of words, and pairs of ideographs."""
    word = kind == _LETTER
    begins = word & opens
    begins[1:] |= word[1:] & (kind[:-1] != _LETTER)
    starts = np.flatnonzero(begins)
    words = _sums(points, word & ~begins, starts, STEM)
    pair = np.flatnonzero((kind[:-1] == _IDEOGRAPH) & (kind[1:] == _IDEOGRAPH) & ~opens[1:])
    pairs = points[pair].astype(np.uint64) * _FACTORS[0] + points[pair + 1].astype(np.uint64) * _FACTORS[1]
    numbers, begin = np.zeros(len(points), np.uint64), np.zeros(len(points), np.bool_)
    numbers[starts], numbers[pair] = words, pairs
    begin[starts] = begin[pair] = True
    numbers = numbers[begin]
    numbers = (numbers ^ (numbers >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
    return (numbers >> np.uint64(64 - PIECE_BITS)).astype(np.int32), np.flatnonzero(begin)
