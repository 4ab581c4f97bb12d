"""Weeks of 168 hours counted back from the end of what is looked at: none is cut off, no zone moves them.

The same blocks as those of the roles. The oldest rest that makes no whole week is left out. A week that a
public holiday of two days or more takes is marked, because quiet there means little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._calendar import day_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView, Window

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEEK_MS = 7 * 86_400_000

_NEW_YEARS = (
    "2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 "
    "2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 "
    "2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08"
)
"""First days of the Chinese lunar year."""
_BEFORE, _AFTER = 7, 15
"""Days around the lunar new year in which groups are quiet, up to the lantern festival."""
_NATIONAL = range(1, 8)
_HOLIDAYS = 2
"""So many days of a week off make it a holiday week."""


@dataclass(frozen=True)
class Weeks:
    """``edges``: UTC ms, one more than weeks; week i is ``[edges[i], edges[i + 1])``, the oldest first.

    ``holiday``: per week, whether a long holiday takes part of it.
    """

    edges: Ints
    holiday: Flags

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def start(self) -> int:
        """When the first week begins, UTC ms."""
        return int(self.edges[0])

    @property
    def end(self) -> int:
        """When the last week ends, UTC ms."""
        return int(self.edges[-1])

    def of(self, at: Ints) -> Ints:
        """The week of each moment, -1 outside."""
        week = (at - self.edges[0]) // WEEK_MS
        return np.where((at >= self.edges[0]) & (at < self.edges[-1]), week, -1)

    def counts(self, at: Ints, chosen: Flags | None = None) -> Ints:
        """How many of the moments (of those chosen) lie in each week."""
        week = self.of(at if chosen is None else at[chosen])
        return np.bincount(week[week >= 0], minlength=len(self)).astype(np.int64)

    def distinct(self, at: Ints, what: Ints, chosen: Flags | None = None) -> Ints:
        """How many different ``what`` (persons) each week has among the chosen."""
        if chosen is not None:
            at, what = at[chosen], what[chosen]
        week = self.of(at)
        pairs = np.unique((week[week >= 0] << 32) | what[week >= 0].astype(np.int64))
        return np.bincount(pairs >> 32, minlength=len(self)).astype(np.int64)

    def last(self, n: int) -> Weeks:
        """The last ``n`` weeks, or all where there are fewer."""
        n = min(n, len(self))
        return Weeks(self.edges[len(self) - n :], self.holiday[len(self) - n :])


def weeks(view: GroupView, window: Window, most: int | None = None) -> Weeks:
    """The whole weeks of the log that end with the window or with the log, whichever is earlier.

    They may reach back before the window: a trend needs a past. ``most``: no more than so many.
    """
    if not len(view):
        return Weeks(np.zeros(1, np.int64), np.zeros(0, np.bool_))
    end = min(window.end, int(view.sent_at[-1]) + 1)
    n = max(0, (end - int(view.sent_at[0])) // WEEK_MS)
    n = n if most is None else min(n, most)
    edges = end - np.arange(n, -1, -1, dtype=np.int64) * WEEK_MS
    off = [
        sum(day_of(at + d * 86_400_000, view.zone) in _days_off() for d in range(7)) >= _HOLIDAYS
        for at in edges[:-1].tolist()
    ]
    return Weeks(edges, np.array(off, np.bool_))


@cache
def _days_off() -> frozenset[int]:
    """Days since 1970-01-01 around the lunar new year and the first week of October."""
    epoch = date(1970, 1, 1).toordinal()
    days = set()
    for text in _NEW_YEARS.split():
        first = date.fromisoformat(text)
        days |= set(range(first.toordinal() - _BEFORE - epoch, first.toordinal() + _AFTER - epoch))
        days |= {date(first.year, 10, d).toordinal() - epoch for d in _NATIONAL}
    return frozenset(days)
