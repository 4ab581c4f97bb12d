"""Times as exports write them, for whole columns: local wall clock or RFC 3339, spreadsheet-worn or not.

Epoch numbers are :mod:`_json_values`' business. Nothing is guessed here: a time without a date is
completed by a :class:`Calendar`, which says what it assumed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.errors import InputError
from cq.formats import ReadOptions
from cq.zones import LocalClock

DAY_MS = 86_400_000
_YEARS = range(1990, 2100)
"""A date outside is damage."""
_EPOCH = datetime(1970, 1, 1)
_TIME = re.compile(
    r"\s*(?P<y>\d{4})[-/.年](?P<mo>\d{1,2})[-/.月](?P<d>\d{1,2})日?(?:T|[ \u00a0\u3000]{0,3})"
    r"(?P<zh>上午|下午|凌晨|早上|中午|晚上)?\s?(?P<h>\d{1,2})[:：](?P<mi>\d{2})(?:[:：](?P<s>\d{2})(?P<f>\.\d{1,9})?)?"
    r"(?:\s?(?P<ap>[AaPp][Mm]))?(?P<z>Z|[+-]\d{2}:?\d{2})?\s*"
)
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_USUAL = len("2026-02-01 06:53:20")


class Stamps(NamedTuple):
    """UTC milliseconds of a column of times, which of them are sound, and how many lack seconds."""

    utc: NDArray[np.int64]
    sound: NDArray[np.bool_]
    to_the_minute: int


class WallClock:
    """The times of one export, in file order; an hour that its zone repeats is kept apart."""

    def __init__(self, options: ReadOptions) -> None:
        self._clock = LocalClock(options.zone)

    def column(self, values: Sequence[str | None]) -> Stamps:
        """``2026-02-01 06:53:20`` and whatever spreadsheets, locales and browsers make of it."""
        local = _usual(values)
        if local is not None:
            return Stamps(self._clock.utc(local), np.ones(len(local), np.bool_), 0)
        instants = _instants(values)
        if instants is not None:
            return Stamps(instants, np.ones(len(instants), np.bool_), 0)
        read = [_read(value) for value in values]
        sound = np.array([r is not None for r in read], np.bool_)
        local = np.array([r[0] if r else 0 for r in read], np.int64)
        offset = np.array([r[1] if r and r[1] is not None else 0 for r in read], np.int64)
        zoned = np.array([r is not None and r[1] is not None for r in read], np.bool_)
        utc = local - offset
        wall = sound & ~zoned
        utc[wall] = self._clock.utc(local[wall])
        return Stamps(utc, sound, sum(1 for r in read if r and r[2]))

    def utc(self, local_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """UTC milliseconds of local wall-clock milliseconds that were worked out already."""
        return self._clock.utc(local_ms)


def _usual(values: Sequence[str | None]) -> NDArray[np.int64] | None:
    """All values as ``YYYY-MM-DD HH:MM:SS`` in one go, as local milliseconds; None if one is not."""
    if not values or None in values or set(map(len, values)) != {_USUAL}:  # type: ignore[arg-type]
        return None
    try:
        stamps = pa.array(values, pa.string()).cast(pa.timestamp("ms"))
    except (pa.ArrowException, UnicodeEncodeError):
        return None
    local: NDArray[np.int64] = stamps.cast(pa.int64()).to_numpy()
    first, last = (_ms(datetime(y, 1, 1)) for y in (_YEARS.start, _YEARS.stop))
    return local if local.min() >= first and local.max() < last else None


def _instants(values: Sequence[str | None]) -> NDArray[np.int64] | None:
    """All values as ``2026-02-01T06:53:20+08:00`` in one go, as UTC milliseconds; None if one is not."""
    if not values or not _ZONED.fullmatch(values[0] or "") or None in values:
        return None
    try:
        stamps = pa.array(values, pa.string()).cast(pa.timestamp("ms", "UTC"))
    except (pa.ArrowException, UnicodeEncodeError):
        return None
    utc: NDArray[np.int64] = stamps.cast(pa.int64()).to_numpy()
    first, last = (_ms(datetime(y, 1, 2)) for y in (_YEARS.start, _YEARS.stop))
    return utc if utc.min() >= first and utc.max() < last - 2 * DAY_MS else None


def _read(value: str | None) -> tuple[int, int | None, bool] | None:
    """Local milliseconds, the zone's offset if it is written, and whether the seconds are missing."""
    match = _TIME.fullmatch(value) if value and len(value) < 64 else None
    if match is None:
        return None
    part = match.groupdict()
    hour = hour_of(int(part["h"]), part["zh"] or part["ap"])
    try:
        at = datetime(
            int(part["y"]), int(part["mo"]), int(part["d"]), hour, int(part["mi"]), int(part["s"] or 0)
        )
    except ValueError:
        return None
    if at.year not in _YEARS:
        return None
    ms = _ms(at) + round(float(part["f"] or 0) * 1000)
    return ms, _offset(part["z"]), part["s"] is None


def _offset(written: str | None) -> int | None:
    if not written:
        return None
    if written == "Z":
        return 0
    digits = written[1:].replace(":", "")
    ms = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000
    return -ms if written[0] == "-" else ms


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def hour_of(hour: int, word: str | None) -> int:
    """The hour of a 12-hour clock: 上午 下午 凌晨 早上 中午 晚上, AM or PM; as it is without a word."""
    match word:
        case "下午" | "晚上" | "PM" | "pm" | "Pm" | "pM":
            return hour + 12 if hour < 12 else hour
        case "上午" | "凌晨" | "早上" | "AM" | "am" | "Am" | "aM":
            return 0 if hour == 12 else hour
        case "中午":
            return hour + 12 if hour in (1, 2, 3) else hour
        case _:
            return hour


_DATE_IN_NAME = re.compile(r"(?<!\d)(20\d{2})[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])(?!\d)")
_BACK_MS = 6 * 3_600_000
"""A clock that goes back by more than this has passed midnight."""
_HALF_A_YEAR_MS = 180 * DAY_MS
"""A day that goes back by more than this belongs to the next year; by less, the file is out of order."""


class Calendar:
    """Completes times that lack the year or the whole date, in file order.

    What is missing comes from ``--date`` or ``--year``, else from a date in the file's name. Times
    are carried forward: where they go back by more than six hours, the next day has begun, where days
    go back by more than half a year, the next year. ``assumed`` counts the times that were completed.
    """

    def __init__(self, options: ReadOptions, name: str) -> None:
        dates = [date(*map(int, found)) for found in _DATE_IN_NAME.findall(name) if _exists(*map(int, found))]
        self._date = options.date or (dates[0] if dates else None)
        self._year = options.year or (self._date.year if self._date else None)
        self._last: int | None = None
        self.assumed = 0

    @property
    def known_day(self) -> date | None:
        """The day by ``--date`` or the file's name, later that of the last whole date."""
        return self._date

    def of_time(self, seconds: int, label: str) -> int:
        """Local milliseconds of a time of day. :class:`InputError` where no date is known."""
        if self._date is None:
            raise InputError("date_needed", path=label)
        at = _ms(datetime(self._date.year, self._date.month, self._date.day)) + seconds * 1000
        if self._last is not None:
            at += (self._last - at) // DAY_MS * DAY_MS if self._last > at else 0
            while at < self._last - _BACK_MS:
                at += DAY_MS
        return self._keep(at)

    def of_day(self, month: int, day: int, seconds: int, label: str) -> int | None:
        """Local milliseconds of a day without its year; None if there is no such day in that year."""
        if self._year is None:
            raise InputError("year_needed", path=label)
        years = [self._year]
        if self._last is not None:
            year = (_EPOCH + timedelta(milliseconds=self._last)).year
            years = [year - 1, year, year + 1]
        for year in years:
            if not _exists(year, month, day):
                continue
            at = _ms(datetime(year, month, day)) + seconds * 1000
            if self._last is None or at >= self._last - _HALF_A_YEAR_MS:
                return self._keep(at)
        return None

    def of_date(self, year: int, month: int, day: int, seconds: int) -> int | None:
        """Local milliseconds of a whole date, from which later times are carried on."""
        if year not in _YEARS or not _exists(year, month, day):
            return None
        self._date = date(year, month, day)
        self._last = _ms(datetime(year, month, day)) + seconds * 1000
        return self._last

    def _keep(self, at: int) -> int:
        self.assumed += 1
        self._last = at if self._last is None else max(at, self._last)
        return at


def _exists(year: int, month: int, day: int) -> bool:
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


def instant(text: str) -> int | None:
    """UTC milliseconds of an RFC 3339 text with a zone; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None or at.year not in _YEARS:
        return None
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
