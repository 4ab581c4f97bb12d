"""Which window the user asked for. "Now" is the last message of the log, never the clock.

An export of last month must answer ``--last 7d`` with its own last seven days.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cq.analysis._view import Window
from cq.errors import InputError, UsageError

_LAST = re.compile(r"(\d{1,4})([dwh])")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def window(
    first: int, last: int, zone: ZoneInfo, *, since: str | None, until: str | None, back: str | None
) -> Window:
    """The window over a log whose messages lie between ``first`` and ``last`` (UTC ms).

    Without bounds: whole local days around the whole log. ``back`` (``--last 7d``, ``4w``) counts
    whole local days and ends with the day of the last message; ``36h`` counts hours. A date-only
    ``until`` includes that day.
    """
    if back is not None and (since is not None or until is not None):
        raise UsageError("last_and_since")
    whole = Window(
        _midnight(_day(first, zone), zone), _midnight(_day(last, zone) + timedelta(1), zone), zone, False
    )
    if since is None and until is None and back is None:
        return whole
    start, end = whole.start, whole.end
    if back is not None:
        match = _LAST.fullmatch(back.strip().lower())
        if not match or int(match[1]) == 0:
            raise UsageError("bad_last", value=back)
        if match[2] == "h":
            start, end = last + 1 - int(match[1]) * 3_600_000, last + 1
        else:
            days = int(match[1]) * (7 if match[2] == "w" else 1)
            start = _midnight(_day(last, zone) - timedelta(days - 1), zone)
    if since is not None:
        start = _instant(since, zone, next_day=False)
    if until is not None:
        end = _instant(until, zone, next_day=True)
    if start >= end:
        raise empty(Window(start, end, zone), first, last)
    return Window(start, end, zone)


def empty(window: Window, first: int, last: int) -> InputError:
    """The error for a window that holds no message."""
    zone = window.zone
    return InputError(
        "empty_window",
        since=_text(window.start, zone),
        until=_text(window.end, zone),
        first=_text(first, zone),
        last=_text(last, zone),
    )


def _day(ms: int, zone: ZoneInfo) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def _instant(text: str, zone: ZoneInfo, *, next_day: bool) -> int:
    try:
        if _DATE.fullmatch(text.strip()):
            return _midnight(date.fromisoformat(text.strip()) + timedelta(int(next_day)), zone)
        at = datetime.fromisoformat(text.strip())
        return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise UsageError("bad_time", value=text) from error


def _text(ms: int, zone: ZoneInfo) -> str:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone)
    return at.strftime("%Y-%m-%d %H:%M")
