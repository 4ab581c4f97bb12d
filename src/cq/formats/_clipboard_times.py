"""Times as WeChat's windows show them: whole ones, without a year, or relative to the day of copying.

Nothing is carried from line to line: each time stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from cq.errors import InputError
from cq.formats import ReadOptions
from cq.formats._source import Source
from cq.formats._wall_clock import Calendar, Stamps, hour_of
from cq.model import Problem
from cq.zones import LocalClock

_WEEKDAYS = {
    **{f"{word}{day}": i for word in ("星期", "周") for i, day in enumerate("一二三四五六日")},
    **{f"{word}天": 6 for word in ("星期", "周")},
    **{
        day: i
        for i, day in enumerate(
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        )
    },
}
_DAYS_AGO = {"今天": 0, "Today": 0, "昨天": 1, "Yesterday": 1, "前天": 2}
_DATE = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}月\d{1,2}日"
_WORDS = "|".join([*_DAYS_AGO, *_WEEKDAYS])
_CLOCK = r"(上午|下午|凌晨|早上|中午|晚上)? ?(\d{1,2}:\d{2}(?::\d{2})?)(?: ?([AaPp][Mm]))?"
DATED = rf"({_DATE}|{_WORDS})[ ,，\u3000]{{0,2}}{_CLOCK}"
"""A time with its day: four groups (day, 上午 or 下午, clock, AM or PM)."""
BARE = rf"(){_CLOCK}"
"""A time without one, in the same groups."""
_NUMBERS = re.compile(r"\d+")

Written = tuple[str, str | None, str, str | None]
"""Day, 上午 or 下午, clock, AM or PM."""


class Times:
    """The times of one text. The day of copying is ``--date``, or a date in the file's name."""

    def __init__(self, options: ReadOptions, source: Source) -> None:
        self._today = Calendar(options, source.name).known_day
        self._year = options.year or (self._today.year if self._today else None)
        self._label = source.label
        self._clock = LocalClock(options.zone)
        self.assumed = 0
        self.year_last = 0

    def column(self, times: Sequence[Written | None]) -> Stamps:
        """UTC milliseconds; None is a message without any time. :class:`InputError` without a day."""
        local = [self._local(time) for time in times]
        sound = np.array([ms is not None for ms in local], np.bool_)
        at = self._clock.utc(np.array([ms or 0 for ms in local], np.int64))
        return Stamps(at, sound, sum(1 for time in times if time and time[2].count(":") == 1))

    def notices(self) -> list[Problem]:
        found = [("assumed_date", str(self.assumed))] if self.assumed else []
        if self.year_last:
            found.append(("date_order", f"m/d/y ({self.year_last})"))
        return [Problem(code, self._label, detail) for code, detail in found]

    def _local(self, time: Written | None) -> int | None:
        day, word, clock, ap = time or ("", None, "0:00", None)
        hour, minute, second = [*(int(n) for n in clock.split(":")), 0][:3]
        hour = hour_of(hour, word or ap)
        found = self._day(day)
        if found is None or hour > 23 or minute > 59 or second > 59:
            return None
        days = found.toordinal() - date(1970, 1, 1).toordinal()
        return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000

    def _day(self, written: str) -> date | None:
        numbers = [int(n) for n in _NUMBERS.findall(written)]
        try:
            match numbers:
                case [month, day, year] if year > 31:
                    self.year_last += 1
                    return date(year, month, day) if 1990 <= year < 2100 else None
                case [year, month, day]:
                    return date(year, month, day) if 1990 <= year < 2100 else None
                case [month, day]:
                    return self._without_year(month, day)
        except ValueError:
            return None
        if self._today is None:
            raise InputError("date_needed", path=self._label)
        self.assumed += 1
        if written in _WEEKDAYS:  # the last such day: today's own name means a week ago
            return self._today - timedelta(days=(self._today.weekday() - _WEEKDAYS[written] - 1) % 7 + 1)
        return self._today - timedelta(days=_DAYS_AGO.get(written, 0))

    def _without_year(self, month: int, day: int) -> date:
        if self._year is None:
            raise InputError("year_needed", path=self._label)
        self.assumed += 1
        found = date(self._year, month, day)
        if self._today is not None and found > self._today:
            found = date(self._year - 1, month, day)
        return found
