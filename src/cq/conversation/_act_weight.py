"""How much a turn says: length in ideographs or words, clauses, repetition, and whether it is a copy.

Words of one's own cannot be told from a copied text that was never in this log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.conversation._act_letters import classed, plain, run_of
from cq.conversation._talk import Bools, Ints, Talk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.conversation.turns import Turns

LONG_HAN, LONG_WORDS = 40, 30
"""A substantial turn has 40 ideographs (roles table of the specification), or 30 words in another script."""
REASONED_HAN = 24
CLAUSE_HAN = 6
CLAUSES = 2
VARIED = 0.4
"""Least share of different characters, counted by 64 classes; below it a turn repeats itself."""
SHINGLE = 5
ALIKE = 10
"""Of 12 minima equal: an estimated Jaccard similarity of shingles from about 0.8 on (Broder 1997)."""
_MINIMA = 12
_FACTORS = np.array([2 * 0x9E3779B1 * n + 0x85EBCA6B for n in range(_MINIMA)], np.uint64).astype(
    np.uint32
) | np.uint32(1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LEAST = REASONED_HAN


def weighed(talk: Talk, turns: Turns, rows: Ints, starts: Ints) -> dict[str, Bools]:
    """``long``, ``reasoned`` and ``own_words`` of every turn."""
    import pyarrow as pa
    import pyarrow.compute as pc

    out = {name: np.zeros(len(turns), np.bool_) for name in ("long", "reasoned", "own_words")}
    some = np.flatnonzero(turns.characters >= _LEAST)
    if not len(some):
        return out
    sizes = np.append(starts[1:], len(rows))[some] - starts[some]
    first = np.cumsum(sizes) - sizes
    at = rows[np.arange(sizes.sum()) - np.repeat(first - starts[some], sizes)]
    said = run_of(plain(pc.fill_null(talk.text.take(pa.array(at)), ""), " ", " "))
    ends = np.cumsum(said.sizes)
    begins = np.zeros(len(said.points) + 1, np.bool_)
    begins[ends - said.sizes] = True
    edges = np.append((ends - said.sizes)[first], len(said.points))
    letter, han, word = classed(said.points, r"\p{L}", r"\p{Han}", r"[A-Za-z\x{c0}-\x{24f}']")
    ideographs = _counted(han, edges)
    words = _counted(_runs(word, begins, 2), edges)
    clauses = _counted(_runs(han, begins, CLAUSE_HAN), edges)
    out["long"][some] = (ideographs >= LONG_HAN) | (words >= LONG_WORDS)
    out["reasoned"][some] = (ideographs >= REASONED_HAN) & (clauses >= CLAUSES)
    heavy = out["long"][some] | out["reasoned"][some]
    lengths = _counted(letter, edges)[heavy]
    letter &= np.repeat(heavy, np.diff(edges))
    out["own_words"][some[heavy]] = _own(said.points[letter].astype(np.uint64), lengths)
    return out


def _counted(flags: Bools, edges: Ints) -> Ints:
    """How many are set from each edge to the next."""
    total = np.concatenate((np.zeros(1, np.int32), np.cumsum(flags, dtype=np.int32)))
    return np.diff(total[edges])


def _runs(flags: Bools, begins: Bools, least: int) -> Bools:
    """Where a run of at least so many begins; no run goes on into the next text."""
    inner = np.zeros(len(flags) + least, np.bool_)
    inner[1 : len(flags)] = flags[1:] & flags[:-1]
    inner[: len(begins)] &= ~begins
    out = flags & ~inner[: len(flags)]
    for n in range(1, least):
        out &= inner[n : n + len(flags)]
    return out


def _own(codes: NDArray[np.uint64], sizes: Ints) -> Bools:
    """Of the letters of turns: neither repeating itself nor much like an earlier one."""
    if not len(codes):
        return np.zeros(len(sizes), np.bool_)
    starts = np.cumsum(sizes) - sizes
    with np.errstate(over="ignore"):
        classes = np.uint64(1) << ((codes * _GOLDEN) >> np.uint64(58))
    different = np.bitwise_count(np.bitwise_or.reduceat(classes, starts))
    varied = different >= VARIED * np.minimum(sizes, LONG_HAN)
    return np.asarray(varied & ~_copies(codes, starts, sizes), np.bool_)


def _copies(codes: NDArray[np.uint64], starts: Ints, sizes: Ints) -> Bools:
    """Texts of which most shingles stood in one earlier text, by minima of hashes; none is shorter than
    one. Those alike have one of the first minima in common, so only such are looked at closer."""
    hashes = _hashed(codes, starts, sizes)
    first = _minima(hashes, starts, _FACTORS[: _MINIMA - ALIKE + 1])
    pairs = [_neighbours(row) for row in first]
    close = np.zeros(len(starts), np.bool_)
    for later, earlier in pairs:
        close[later] = close[earlier] = True
    place, which = np.cumsum(close) - 1, np.flatnonzero(close)
    within = np.repeat(close, sizes)
    minima = _minima(hashes[within], np.cumsum(sizes[which]) - sizes[which], _FACTORS)
    out = np.zeros(len(starts), np.bool_)
    for later, earlier in pairs:
        same = (minima[:, place[later]] == minima[:, place[earlier]]).sum(axis=0)
        out[later[same >= ALIKE]] = True
    return out


def _hashed(codes: NDArray[np.uint64], starts: Ints, sizes: Ints) -> NDArray[np.uint32]:
    """Per letter the hash of the shingle that begins there."""
    shingles = np.zeros(len(codes), np.uint64)
    padded = np.concatenate((codes, np.zeros(SHINGLE, np.uint64)))
    with np.errstate(over="ignore"):
        for n in range(SHINGLE):
            shingles = (shingles ^ padded[n : n + len(codes)]) * _GOLDEN
        hashes = (shingles >> np.uint64(32)).astype(np.uint32)
    for n in range(1, SHINGLE):  # those that reach into the next text say what the first one says
        hashes[starts + sizes - n] = hashes[starts]
    return hashes


def _minima(hashes: NDArray[np.uint32], starts: Ints, factors: NDArray[np.uint32]) -> NDArray[np.uint32]:
    if not len(starts):
        return np.zeros((len(factors), 0), np.uint32)
    with np.errstate(over="ignore"):
        return np.stack([np.minimum.reduceat(hashes * factor, starts) for factor in factors])


def _neighbours(row: NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Texts with the same minimum: each with the one before it."""
    order = np.argsort(row, kind="stable")
    same = np.flatnonzero(row[order[1:]] == row[order[:-1]])
    return order[same + 1], order[same]
