"""The rows of a merge as keys, a few bytes each, in the order in which they came. No texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cq.store.identity import Keys
from cq.store.merge import CHUNK, Scopes
from cq.store.settled import Kin


@dataclass(frozen=True, slots=True)
class Rows:
    """Per row, in file order: identity, time, rank of the group among ``ids``, whether a double.

    ``kins``: the kind of export of each source. ``order``: the kept rows in final order, None where that
    is file order.
    """

    keys: Keys
    at: NDArray[np.int64]
    groups: NDArray[np.unsignedinteger]
    double: NDArray[np.bool_]
    ids: list[str]
    scopes: Scopes
    kins: list[Kin]
    order: NDArray[np.int64] | None = None

    def source(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The source of each row."""
        return self.scopes.source(rows)

    def spans(self, lo: int, hi: int) -> Iterator[tuple[str, tuple[int, int, int]]]:
        """Rows, first and last time of each group that has any among the rows ``[lo, hi)``."""
        found: dict[int, tuple[int, int, int]] = {}
        for start in range(lo, hi, CHUNK):
            piece = slice(start, min(start + CHUNK, hi))
            keep = np.flatnonzero(~self.double[piece])
            if not len(keep):
                continue
            keep = keep[np.argsort(self.groups[piece][keep], kind="stable")]
            groups, at = self.groups[piece][keep], self.at[piece][keep]
            starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
            counts = np.diff(starts, append=len(groups))
            firsts, lasts = np.minimum.reduceat(at, starts), np.maximum.reduceat(at, starts)
            columns = (groups[starts], counts, firsts, lasts)
            for g, *span in zip(*(c.tolist() for c in columns), strict=True):
                n, first, last = found.get(g, (0, span[1], span[2]))
                found[g] = n + span[0], min(first, span[1]), max(last, span[2])
        for g in sorted(found):
            yield self.ids[g], found[g]

    def wanted(
        self,
        rows: slice | NDArray[np.int64],
        groups: NDArray[np.bool_] | None,
        since: int | None,
        until: int | None,
    ) -> NDArray[np.bool_]:
        """Which of some rows are kept and asked for."""
        keep = ~self.double[rows]
        if groups is not None:
            keep &= groups[self.groups[rows]]
        if since is not None:
            keep &= self.at[rows] >= since
        if until is not None:
            keep &= self.at[rows] < until
        return keep
