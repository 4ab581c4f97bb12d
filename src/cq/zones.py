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
_FIRST_DAY, _LAST_DAY = -719_160, 2_932_890
"""Days since 1970 near the ends of the calendar Python knows; beyond them offsets stay the same."""


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; an unknown one is wrong usage."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError("unknown_zone", zone=name) from error


def to_local(utc_ms: NDArray[np.int64], tz: ZoneInfo) -> NDArray[np.int64]:
    """Instants as local wall-clock milliseconds (what a clock on the wall showed, as if UTC)."""
    import numpy as np

    present, where = _runs(utc_ms // DAY_MS)
    edges = {day + i for day in set(present.tolist()) for i in (0, 1)}
    offset = {day: _offset_at(day * DAY_MS, tz) for day in edges}
    first = np.array([offset[int(day)] for day in present], np.int64)
    last = np.array([offset[int(day) + 1] for day in present], np.int64)
    out = utc_ms + first[where]
    for row in np.flatnonzero((first != last)[where]):
        out[row] = utc_ms[row] + _offset_at(int(utc_ms[row]), tz)
    return out


def _runs(days: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The days of consecutive equal ones, and for each row which of them it is in."""
    import numpy as np

    new = np.ones(len(days), np.bool_)
    new[1:] = days[1:] != days[:-1]
    return days[new], np.cumsum(new) - 1


def _offset_at(utc_ms: int, tz: ZoneInfo) -> int:
    utc_ms = min(max(utc_ms, _FIRST_DAY * DAY_MS), _LAST_DAY * DAY_MS)
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

        days = local_ms // DAY_MS
        present, where = _runs(days)
        offsets = [self._offset_of_day(int(day)) for day in present]
        simple = np.array([o is not None for o in offsets], np.bool_)
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
            midnight = _EPOCH + timedelta(days=min(max(day, _FIRST_DAY), _LAST_DAY))
            seen = {
                self._tz.utcoffset((midnight + timedelta(hours=h)).replace(fold=fold))
                for h in (-1, 0, 12, 24, 25)
                for fold in (0, 1)
            }
            one = seen.pop()
            self._days[day] = None if seen or one is None else round(one.total_seconds() * 1000)
        return self._days[day]

    def _one(self, local_ms: int, before: int | None) -> int:
        at = _EPOCH + timedelta(milliseconds=local_ms)
        first, second = (self._tz.utcoffset(at.replace(fold=f)) or timedelta() for f in (0, 1))
        repeated = first > second  # an hour the clock skipped is read with the old offset
        if not repeated or before is None or abs(local_ms - before) > _HOUR_MS:
            self._second_pass = False  # that of another night is over
        elif local_ms < before:
            self._second_pass = True
        offset = second if self._second_pass else first
        return local_ms - round(offset.total_seconds() * 1000)
