"""Which rows are doubles, and in which order the others belong.

Decisions over key columns, a few bytes per row, in the order in which the rows came; it sees no
texts and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.store import identity
from cq.store.identity import Keys

CHUNK = 1 << 20
"""Rows looked at together where a whole column's worth of scratch space would count."""

_VALUES = 1 << 18
"""Repeated identities looked at together: exports that overlap wholly must not cost much more."""

FAR_MS = 60_000
"""A step of time by more than this is a jump."""


class Piece:
    """What only the rows of some batches carry, and of how many rows a batch is."""

    __slots__ = ("content", "given", "native", "rows")

    def __init__(
        self,
        rows: int,
        content: NDArray[np.uint64] | None,
        given: NDArray[np.bool_] | None,
        native: NDArray[np.bool_] | None,
    ) -> None:
        self.rows = rows
        self.content, self.given, self.native = content, given, native


class Scopes:
    """Which part of which source a row came from: runs of rows, each of one (source, segment)."""

    def __init__(self, parts: list[tuple[int, int]], edges: list[int]) -> None:
        self.edges = np.array(edges, np.int64)
        code = {part: i for i, part in enumerate(dict.fromkeys(parts))}
        self._codes = np.array([code[part] for part in parts], np.int64)
        self._sources = np.array([source for source, _ in parts], np.int64)

    def run(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The run that each row lies in."""
        return np.searchsorted(self.edges, rows, side="right") - 1

    def of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """A number for the (source, segment) of each row."""
        return self._codes[self.run(rows)]

    def source(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The source of each row."""
        return self._sources[self.run(rows)]

    def count(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of the (sorted) rows lie in each run."""
        return np.diff(np.searchsorted(rows, self.edges))

    def runs(self) -> Iterator[tuple[int, int]]:
        """First row and end of each run."""
        return pairwise(self.edges.tolist())


def doubles(keys: Keys, scopes: Scopes, parts: list[Piece]) -> NDArray[np.bool_]:
    """Which rows an earlier row already stands for. Repetitions get their own identity in ``keys``."""
    double = np.zeros(len(keys.hi), np.bool_)
    repeated = False
    for rows in _repeated(keys.hi):
        repeated = True
        n = _repetitions(rows, keys, scopes, parts)
        again = rows[n > 0]
        keys.hi[again], keys.lo[again] = identity.repeated(keys.take(again), n[n > 0])
    if not repeated:
        return double
    for rows in _repeated(keys.hi):  # anew: a repetition may have met an identity that was given
        hi, lo = keys.take(rows)
        order = np.lexsort((lo, hi))
        hi, lo = hi[order], lo[order]
        double[rows[order[1:]]] = (hi[1:] == hi[:-1]) & (lo[1:] == lo[:-1])
    return double


def _repetitions(
    rows: NDArray[np.int64], keys: Keys, scopes: Scopes, parts: list[Piece]
) -> NDArray[np.int64]:
    """The place of each row, 0 1 2 …, among the equal ones in its own part of its own source."""
    content, given, native = (_gather(parts, rows, name) for name in ("content", "given", "native"))
    hi, lo = keys.take(rows)
    where = scopes.of(rows)
    n = np.zeros(len(rows), np.int64)
    order = np.lexsort((given, where, lo, hi))
    places = _place_in_run(hi[order], lo[order], where[order], given[order])
    n[order] = places
    n[given] = 0  # normalised before: one id is one message
    if native.any():
        several = places > 0
        several[:-1] |= places[1:] > 0
        _number_contents(n, order[several & native[order]], hi, lo, where, content)
    return n


def _repeated(hi: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """Rows whose first 64 bits occur more than once, all rows of one value together.

    Needs one sorted copy but no index of all rows, and goes by ranges of values where much repeats.
    """
    ordered = np.sort(hi)
    values = ordered[1:][ordered[1:] == ordered[:-1]]
    del ordered
    values = values[np.append(True, values[1:] != values[:-1])[: len(values)]]
    for first in range(0, len(values), _VALUES):
        some = values[first : first + _VALUES]
        found = []
        for start in range(0, len(hi), CHUNK):
            piece = hi[start : start + CHUNK]
            near = np.flatnonzero((piece >= some[0]) & (piece <= some[-1]))
            found.append(near[some[np.searchsorted(some, piece[near])] == piece[near]] + start)
        yield np.concatenate(found)


def _place_in_run(*columns: NDArray[np.generic]) -> NDArray[np.int64]:
    """0, 1, 2 … within each run of rows that are equal in all columns."""
    rows = len(columns[0])
    new = np.ones(rows, np.bool_)
    new[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    starts = np.flatnonzero(new)
    return np.arange(rows) - np.repeat(starts, np.diff(np.append(starts, rows)))


def _number_contents(
    n: NDArray[np.int64],
    order: NDArray[np.int64],
    hi: NDArray[np.uint64],
    lo: NDArray[np.uint32],
    where: NDArray[np.int64],
    content: NDArray[np.uint64],
) -> None:
    """Messages under one native id in one source: one number per distinct content."""
    seen: dict[int, int] = {}
    last: tuple[int, int, int] | None = None
    for i in order:
        run = int(hi[i]), int(lo[i]), int(where[i])
        if run != last:
            seen, last = {}, run
        n[i] = seen.setdefault(int(content[i]), len(seen))


def _gather(parts: list[Piece], rows: NDArray[np.int64], name: str) -> NDArray[Any]:
    """A key column that only some batches carry, at some (sorted) rows."""
    out: NDArray[Any] = np.zeros(len(rows), np.uint64 if name == "content" else np.bool_)
    start = 0
    edges = np.searchsorted(rows, np.cumsum([0, *(p.rows for p in parts)]))
    for part, lo, hi in zip(parts, edges, edges[1:], strict=False):
        values = getattr(part, name)
        if values is not None and hi > lo:
            out[lo:hi] = values[rows[lo:hi] - start]
        start += part.rows
    return out


class Steps(NamedTuple):
    """How often time rises and falls between neighbours of one group, and by more than a minute."""

    rows: int
    up: int
    down: int
    far_up: int
    far_down: int


def steps(groups: NDArray[np.unsignedinteger], at: NDArray[np.int64], lo: int, hi: int) -> Steps:
    counts = np.zeros(4, np.int64)
    for start in range(lo, hi, CHUNK):
        piece = slice(start, min(start + CHUNK + 1, hi))
        g, t = groups[piece], at[piece]
        if (g == g[0]).all():
            step = np.diff(t)
        else:
            order = np.argsort(g, kind="stable")
            g, t = g[order], t[order]
            step = np.diff(t)[g[1:] == g[:-1]]
        tests = (step > 0, step < 0, step > FAR_MS, step < -FAR_MS)
        counts += [np.count_nonzero(test) for test in tests]
    return Steps(hi - lo, *counts.tolist())


def final_order(
    groups: NDArray[np.unsignedinteger],
    at: NDArray[np.int64],
    scopes: Scopes,
    double: NDArray[np.bool_],
    falling: list[int],
) -> NDArray[np.int64] | None:
    """The kept rows in final order, or None where that is the order they came in.

    ``falling`` runs are newest-first: turned round before the sort, so that equal seconds are, too.
    """
    if not falling:
        if _in_order(groups, at, double):
            return None
        if not double.any():
            return np.lexsort((at, groups))
    kept = np.flatnonzero(~double)
    edges = np.searchsorted(kept, scopes.edges)
    for run in falling:
        turned = kept[edges[run] : edges[run + 1]]
        turned[:] = turned[::-1].copy()
    return kept[np.lexsort((at[kept], groups[kept]))]


def _in_order(groups: NDArray[np.unsignedinteger], at: NDArray[np.int64], double: NDArray[np.bool_]) -> bool:
    last: tuple[int, int] | None = None
    for start in range(0, len(at), CHUNK):
        keep = ~double[start : start + CHUNK]
        g, t = groups[start : start + CHUNK][keep].astype(np.int64), at[start : start + CHUNK][keep]
        if not len(t):
            continue
        rises = (g[1:] > g[:-1]) | ((g[1:] == g[:-1]) & (t[1:] >= t[:-1]))
        if not rises.all() or (last is not None and (int(g[0]), int(t[0])) < last):
            return False
        last = int(g[-1]), int(t[-1])
    return True
