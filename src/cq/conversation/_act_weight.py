"""How much a turn says: length in ideographs or words, clauses, repetition, and whether it is a copy.

Words of one's own cannot be told from a copied text that was never in this log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.conversation._talk import Bools, Ints, Talk

if TYPE_CHECKING:
    import pyarrow as pa
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
_FACTORS = np.array([2 * 0x9E3779B1 * n + 0x85EBCA6B for n in range(12)], np.uint64).astype(
    np.uint32
) | np.uint32(1)
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
    texts = pc.fill_null(talk.text.take(pa.array(at)), "")
    plain = pc.replace_substring_regex(texts, r"(?:https?://|www\.)[!-~]+|@[^\s\p{Z}@]+[\s\p{Z}]", " ")
    letters = pc.replace_substring_regex(plain, r"\P{L}+", "")
    han = _per_turn(pc.utf8_length(pc.replace_substring_regex(letters, r"\P{Han}+", "")), first)
    words = _per_turn(pc.count_substring_regex(plain, r"[A-Za-z\x{c0}-\x{24f}']{2,}"), first)
    clauses = _per_turn(pc.count_substring_regex(plain, rf"\p{{Han}}{{{CLAUSE_HAN},}}"), first)
    out["long"][some] = (han >= LONG_HAN) | (words >= LONG_WORDS)
    out["reasoned"][some] = (han >= REASONED_HAN) & (clauses >= CLAUSES)
    heavy = out["long"][some] | out["reasoned"][some]
    kept = np.repeat(heavy, sizes)
    lengths = _per_turn(pc.utf8_length(letters), first)[heavy]
    out["own_words"][some[heavy]] = _own("".join(letters.filter(pa.array(kept)).to_pylist()), lengths)
    return out


def _per_turn(counts: pa.Array, first: Ints) -> Ints:
    return np.add.reduceat(np.asarray(counts).astype(np.int64), first)


def _own(letters: str, sizes: Ints) -> Bools:
    """Of texts in one string: neither repeating itself nor much like an earlier one."""
    if not letters:
        return np.zeros(len(sizes), np.bool_)
    codes = np.frombuffer(letters.encode("utf-32-le"), np.uint32).astype(np.uint64)
    starts = np.cumsum(sizes) - sizes
    with np.errstate(over="ignore"):
        classes = np.uint64(1) << ((codes * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(58))
    different = np.bitwise_count(np.bitwise_or.reduceat(classes, starts))
    varied = different >= VARIED * np.minimum(sizes, LONG_HAN)
    return np.asarray(varied & ~_copies(codes, starts, sizes), np.bool_)


def _copies(codes: NDArray[np.uint64], starts: Ints, sizes: Ints) -> Bools:
    """Texts of which most shingles stood in one earlier text, by minima of hashes; none is shorter than
    one."""
    shingles = np.zeros(len(codes), np.uint64)
    padded = np.concatenate((codes, np.zeros(SHINGLE, np.uint64)))
    with np.errstate(over="ignore"):
        for n in range(SHINGLE):
            shingles = (shingles ^ padded[n : n + len(codes)]) * np.uint64(0x9E3779B97F4A7C15)
        hashes = (shingles >> np.uint64(32)).astype(np.uint32)
        for n in range(1, SHINGLE):  # those that reach into the next text say what the first one says
            hashes[starts + sizes - n] = hashes[starts]
        minima = np.stack([np.minimum.reduceat(hashes * factor, starts) for factor in _FACTORS])
    out = np.zeros(len(starts), np.bool_)
    for row in minima:
        order = np.argsort(row, kind="stable")
        same = np.flatnonzero(row[order[1:]] == row[order[:-1]])
        later, earlier = order[same + 1], order[same]
        out[later[(minima[:, later] == minima[:, earlier]).sum(axis=0) >= ALIKE]] = True
    return out
