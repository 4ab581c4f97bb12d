"""The local calendar on whole columns: days, ISO weeks, months, and what a log covers of a window.

Days are whole numbers since 1970-01-01 of the local calendar. It computes no measure.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_EPOCH = date(1970, 1, 1).toordinal()
# 1970-01-01 was a Thursday: three days after the Monday its ISO week began with.
_THURSDAY = 3


def day_of(ms: int, zone: ZoneInfo) -> int:
    """The local calendar day a moment falls on."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return at.astimezone(zone).date().toordinal() - _EPOCH


def iso(day: int) -> str:
    """``2026-03-02`` of a day."""
    return date.fromordinal(day + _EPOCH).isoformat()


def weekday(day: Ints) -> Ints:
    """0 for Monday to 6 for Sunday."""
    return (day + _THURSDAY) % 7


def week_of(day: Ints) -> Ints:
    """ISO weeks counted from the one that holds 1970-01-01, which is 0."""
    return (day + _THURSDAY) // 7


def week_start(week: Ints) -> Ints:
    """The Monday of a week, as a day."""
    return week * 7 - _THURSDAY


def month_of(day: Ints) -> Ints:
    """Calendar months counted from January 1970, which is 0."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_start(month: Ints) -> Ints:
    """The first day of a month, as a day."""
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


class Span(NamedTuple):
    """The part of a window that the log covers: ``[start, end)`` in ms, and its days, both ends included."""

    start: int
    end: int
    first_day: int
    last_day: int

    @property
    def days(self) -> int:
        """Calendar days, the first and the last counted whole."""
        return self.last_day - self.first_day + 1


def covered(sent_at: Ints, start: int, end: int, zone: ZoneInfo) -> Span | None:
    """What a log covers of a window: from its first row to its last. ``None`` where they do not meet.

    Every row counts as coverage, a system notice too: it shows that the export was looking.
    """
    if len(sent_at) == 0:
        return None
    start, end = max(start, int(sent_at[0])), min(end, int(sent_at[-1]) + 1)
    if start >= end:
        return None
    return Span(start, end, day_of(start, zone), day_of(end - 1, zone))
