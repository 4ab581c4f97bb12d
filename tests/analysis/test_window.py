"""Windows: whole local days, the log's own end, half-open, with a predecessor."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from cq.analysis._window import window
from cq.errors import InputError, UsageError

from .views import ms

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST, LAST = ms("2026-03-02T09:00:00"), ms("2026-03-20T23:59:59")


def _of(zone: ZoneInfo = SHANGHAI, **more: str | None) -> tuple[str, str]:
    found = window(FIRST, LAST, zone, **{"since": None, "until": None, "back": None, **more})
    return found.isoformat(found.start), found.isoformat(found.end)


@pytest.mark.parametrize(
    ("more", "start", "end"),
    [
        ({}, "2026-03-02T00:00:00+08:00", "2026-03-21T00:00:00+08:00"),
        ({"back": "1d"}, "2026-03-20T00:00:00+08:00", "2026-03-21T00:00:00+08:00"),
        ({"back": "2w"}, "2026-03-07T00:00:00+08:00", "2026-03-21T00:00:00+08:00"),
        ({"since": "2026-03-05"}, "2026-03-05T00:00:00+08:00", "2026-03-21T00:00:00+08:00"),
        ({"until": "2026-03-05"}, "2026-03-02T00:00:00+08:00", "2026-03-06T00:00:00+08:00"),
        ({"until": "2026-03-05T12:00"}, "2026-03-02T00:00:00+08:00", "2026-03-05T12:00:00+08:00"),
        ({"since": "2026-03-05T00:00:00Z"}, "2026-03-05T08:00:00+08:00", "2026-03-21T00:00:00+08:00"),
    ],
)
def test_bounds(more: dict[str, str], start: str, end: str) -> None:
    assert _of(**more) == (start, end)


def test_hours_end_with_the_last_message() -> None:
    found = window(FIRST, LAST, SHANGHAI, since=None, until=None, back="24h")
    assert (found.start, found.end) == (LAST + 1 - 86_400_000, LAST + 1)


def test_the_predecessor_has_as_many_local_days_across_a_clock_change() -> None:
    new_york = ZoneInfo("America/New_York")  # clocks go forward on 8 March 2026
    last = ms("2026-03-14T12:00:00", new_york)
    found = window(0, last, new_york, since=None, until=None, back="7d")
    before = found.predecessor()
    assert before is not None
    assert found.isoformat(found.start) == "2026-03-08T00:00:00-05:00"
    assert before.isoformat(before.start) == "2026-03-01T00:00:00-05:00"
    assert before.end == found.start
    assert window(FIRST, LAST, SHANGHAI, since=None, until=None, back=None).predecessor() is None


@pytest.mark.parametrize("value", ["7", "d", "0w", "-3d", "7y", "99999d", ""])
def test_nonsense_is_wrong_usage(value: str) -> None:
    with pytest.raises(UsageError):
        _of(back=value)


def test_an_empty_window_names_the_span_of_the_log() -> None:
    with pytest.raises(InputError) as caught:
        _of(since="2026-03-10", until="2026-03-01")
    assert caught.value.values["first"] == "2026-03-02 09:00"
