"""Local time and UTC, both ways, for whole columns.

The only place where an export's wall clock becomes an instant, and an instant a calendar day.
Days without a change of offset, which are nearly all, cost one look each; rows of the other days
are worked out one by one. Times are int64 milliseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cq.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_EPOCH = datetime(1970, 1, 1)


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; an unknown one is wrong usage."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError("unknown_zone", zone=name) from error


def to_local(utc_ms: NDArray[np.int64], tz: ZoneInfo) -> NDArray[np.int64]:
    """Instants as local wall-clock milliseconds (what a clock on the wall showed, as if UTC)."""
    import numpy as np

    out = np.empty_like(utc_ms)
    days = utc_ms // DAY_MS
    for day in np.unique(days):
        rows = days == day if len(days) > 1 else slice(None)
        first, last = (_offset_at(int(day + i) * DAY_MS, tz) for i in (0, 1))
        if first == last:
            out[rows] = utc_ms[rows] + first
        else:
            out[rows] = [ms + _offset_at(int(ms), tz) for ms in utc_ms[rows]]
    return out


def _offset_at(utc_ms: int, tz: ZoneInfo) -> int:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms)
    offset = tz.utcoffset(at.astimezone(tz))
    return round(offset.total_seconds() * 1000) if offset is not None else 0


class LocalClock:
    """Wall-clock times of one export, in file order, to instants.

    In an hour that a zone repeats (the clock goes back), the first pass is assumed until the time
    steps back by at most an hour inside it. The state is kept from call to call.
    """

    def __init__(self, tz: ZoneInfo) -> None:
        self._tz = tz
        self._previous: int | None = None
        self._second_pass = False
        self._days: dict[int, int | None] = {}

    def utc(self, local_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """UTC milliseconds of local wall-clock milliseconds."""
        import numpy as np

        out = np.empty_like(local_ms)
        days = local_ms // DAY_MS
        present, where = np.unique(days, return_inverse=True)
        offsets = [self._offset_of_day(int(day)) for day in present]
        simple = np.array([o is not None for o in offsets])
        table = np.array([o or 0 for o in offsets], dtype=np.int64)
        out = local_ms - table[where]
        for row in np.flatnonzero(~simple[where]):
            before = int(local_ms[row - 1]) if row else self._previous
            out[row] = self._one(int(local_ms[row]), before)
        if len(local_ms):
            self._previous = int(local_ms[-1])
        return out

    def _offset_of_day(self, day: int) -> int | None:
        """The offset of a local day, None if it changes within the day or near its edges."""
        if day not in self._days:
            noon = _EPOCH + timedelta(days=day)
            seen = {
                self._tz.utcoffset((noon + timedelta(hours=h)).replace(fold=fold))
                for h in (-1, 0, 12, 24, 25)
                for fold in (0, 1)
            }
            one = seen.pop()
            self._days[day] = None if seen or one is None else round(one.total_seconds() * 1000)
        return self._days[day]

    def _one(self, local_ms: int, before: int | None) -> int:
        at = _EPOCH + timedelta(milliseconds=local_ms)
        first, second = (self._tz.utcoffset(at.replace(fold=f)) or timedelta() for f in (0, 1))
        if first <= second:  # not repeated (or skipped by the clock: the old offset serves)
            self._second_pass = False
        elif before is not None and 0 < before - local_ms <= _HOUR_MS:
            self._second_pass = True
        offset = second if self._second_pass else first
        return local_ms - round(offset.total_seconds() * 1000)
