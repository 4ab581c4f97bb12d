"""Times in QCE's text export: whole ones by default, by option without the date or the time of day.

What says only how long ago something was (``3 天前``) cannot be read, and is refused with advice.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from cq.errors import InputError
from cq.formats import ReadOptions
from cq.formats._wall_clock import Calendar, WallClock
from cq.model import Problem

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2}) 24(:\d{2}:\d{2})")
_DAY = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_RELATIVE = re.compile(
    r"(?:刚刚|刚才|今天|昨天|前天|\d{1,5} ?(?:秒钟?|分钟|个?小时|天|周|个?月|年)前"
    r"|just now|yesterday|(?:\d{1,5}|an?) ?(?:second|minute|hour|day|week|month|year)s? ago)\b.{0,20}",
    re.IGNORECASE,
)


def midnight(time: str) -> str:
    """``2026-01-01 24:00:30`` as some versions write half a minute past the beginning of that day."""
    found = _MIDNIGHT.fullmatch(time) if " 24:" in time else None
    return f"{found[1]} 00{found[2]}" if found else time


class Times:
    """The times of one export, in file order."""

    def __init__(self, options: ReadOptions, label: str, name: str) -> None:
        self._clock = WallClock(options)
        self._calendar = Calendar(options, name)
        self._label = label
        self._days_only = 0

    def column(self, times: list[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """UTC milliseconds, and which times are sound. :class:`InputError` where none can ever be known."""
        stamps = self._clock.column(times)
        if stamps.sound.all():
            return stamps.utc, stamps.sound
        odd = np.flatnonzero(~stamps.sound).tolist()
        relative = sum(1 for i in odd if _RELATIVE.fullmatch(times[i].strip()))
        if relative == len(times):
            raise InputError("relative_times", path=self._label, time=times[0].strip()[:40])
        mended = [self._mended(time.strip()) for time in times]
        again = self._clock.column(mended)
        return again.utc, again.sound

    def _mended(self, time: str) -> str | None:
        """A time of day on the day the calendar says, midnight of a day, or the time as it is."""
        if " 24:" in time:
            return midnight(time)
        if _DAY.fullmatch(time):
            self._days_only += 1
            return f"{time} 00:00:00"
        if (found := _TIME.fullmatch(time)) and int(found[1]) < 24 and int(found[2]) < 60:
            seconds = int(found[1]) * 3600 + int(found[2]) * 60 + min(int(found[3] or 0), 59)
            at = self._calendar.of_time(seconds, self._label)
            return str(np.datetime64(at, "ms")).replace("T", " ")
        return time

    def notices(self) -> list[Problem]:
        """How many times were completed, and how."""
        counts = {"day_only": self._days_only, "assumed_date": self._calendar.assumed}
        return [Problem(code, self._label, str(count)) for code, count in counts.items() if count]
