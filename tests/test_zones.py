"""Local time and UTC, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq import zones
from cq.errors import UsageError
from cq.zones import LocalClock, to_local

EPOCH = datetime(1970, 1, 1)
ZONES = [
    "Asia/Shanghai",  # summer time from 1986 to 1991
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour
    "America/Havana",  # changes at midnight
    "America/Sao_Paulo",  # had days that began at 1 o'clock
    "Pacific/Apia",  # left out a whole day
    "Asia/Kathmandu",  # +05:45
    "UTC",
]
TIMES = st.integers(-(10**12), 2 * 10**12)


def wall(text: str) -> int:
    """Wall-clock milliseconds of ``2024-11-03 01:30``."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def instant(text: str) -> int:
    """UTC milliseconds of a time with its offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def utc(zone: str, *walls: str) -> list[str]:
    """What a clock reads as instants, as UTC times."""
    found = LocalClock(ZoneInfo(zone)).utc(np.array([wall(w) for w in walls], np.int64))
    return [f"{EPOCH + timedelta(milliseconds=int(ms)):%m-%d %H:%M}" for ms in found]


@pytest.mark.parametrize("name", ZONES)
@settings(deadline=None, max_examples=60)
@given(times=st.lists(TIMES, max_size=30))
def test_to_local_agrees_with_datetime(name: str, times: list[int]) -> None:
    zone = ZoneInfo(name)
    aware = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=t) for t in times]
    expected = [(a.astimezone(zone).replace(tzinfo=None) - EPOCH) // timedelta(milliseconds=1) for a in aware]
    assert to_local(np.array(times, np.int64), zone).tolist() == expected


@pytest.mark.parametrize("name", ZONES)
@settings(deadline=None, max_examples=60)
@given(times=st.lists(TIMES, max_size=30))
def test_there_and_back(name: str, times: list[int]) -> None:
    zone = ZoneInfo(name)
    local = to_local(np.array(times, np.int64), zone)
    back = LocalClock(zone).utc(local)
    assert to_local(back, zone).tolist() == local.tolist()  # of a repeated hour one of the two
    assert (np.abs(back - times) <= 3_600_000).all()


@pytest.mark.parametrize("name", ZONES)
def test_a_year_of_quarter_hours_in_order_comes_back_whole(name: str) -> None:
    zone = ZoneInfo(name)
    start = instant("2010-12-25T00:00+00:00") if name == "Pacific/Apia" else instant("2017-01-01T00:00+00:00")
    times = start + np.arange(0, 366 * 96) * 900_000
    clock = LocalClock(zone)
    local = to_local(times, zone)
    pieces = [clock.utc(local[i : i + 777]) for i in range(0, len(local), 777)]
    assert np.concatenate(pieces).tolist() == times.tolist()


class TestRepeatedHour:
    """The clock goes back: the first pass until the time steps back inside the hour."""

    def test_new_york(self) -> None:
        walls = [f"2024-11-03 {h}" for h in ("00:50", "01:10", "01:50", "01:05", "01:40", "02:10")]
        assert utc("America/New_York", *walls) == [
            f"11-03 {h}" for h in ("04:50", "05:10", "05:50", "06:05", "06:40", "07:10")
        ]

    def test_half_an_hour_on_lord_howe(self) -> None:
        walls = [f"2024-04-07 {h}" for h in ("01:20", "01:40", "01:55", "01:35", "01:50", "02:05")]
        assert utc("Australia/Lord_Howe", *walls) == [
            f"04-06 {h}" for h in ("14:20", "14:40", "14:55", "15:05", "15:20", "15:35")
        ]

    def test_of_one_night_says_nothing_of_the_next(self) -> None:
        walls = ["2023-11-05 01:50", "2023-11-05 01:10", "2024-11-03 01:30", "2024-11-03 01:50"]
        assert utc("America/New_York", *walls)[1:] == ["11-05 06:10", "11-03 05:30", "11-03 05:50"]

    def test_a_step_back_of_more_than_an_hour_is_no_second_pass(self) -> None:
        walls = ["2024-11-03 03:00", "2024-11-03 01:30", "2024-11-04 12:00", "2024-11-03 01:30"]
        assert utc("America/New_York", *walls) == ["11-03 08:00", "11-03 05:30", "11-04 17:00", "11-03 05:30"]

    def test_a_step_back_over_the_edge_of_two_pieces(self) -> None:
        clock = LocalClock(ZoneInfo("America/New_York"))
        first = clock.utc(np.array([wall("2024-11-03 01:50")]))
        second = clock.utc(np.array([wall("2024-11-03 01:05"), wall("2024-11-03 01:06")]))
        assert [*first, *second] == [
            instant(f"2024-11-03T{t}") for t in ("01:50-04:00", "01:05-05:00", "01:06-05:00")
        ]


def test_a_time_the_clock_skipped() -> None:
    assert utc("Europe/Berlin", "2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00") == [
        "03-31 00:59",
        "03-31 01:30",
        "03-31 01:00",
    ]


def test_china_had_summer_time() -> None:
    assert utc("Asia/Shanghai", "1988-03-01 12:00", "1988-07-01 12:00", "1991-12-01 12:00") == [
        "03-01 04:00",
        "07-01 03:00",
        "12-01 04:00",
    ]
    times = np.array([instant("1988-07-01T03:00+00:00"), instant("2024-07-01T04:00+00:00")])
    assert to_local(times, ZoneInfo("Asia/Shanghai")).tolist() == [
        wall("1988-07-01 12:00"),
        wall("2024-07-01 12:00"),
    ]


def test_no_rows() -> None:
    empty = np.zeros(0, np.int64)
    clock = LocalClock(ZoneInfo("Europe/Berlin"))
    for found in (to_local(empty, ZoneInfo("Europe/Berlin")), clock.utc(empty)):
        assert found.dtype == np.int64
        assert len(found) == 0


@pytest.mark.parametrize("name", ["Asia/Shanghai", "America/New_York"])
def test_the_ends_of_the_calendar(name: str) -> None:
    zone = ZoneInfo(name)
    ends = np.array([wall("0001-01-01 00:00"), wall("9999-12-31 23:59")])
    there = LocalClock(zone).utc(ends)
    assert to_local(there, zone).tolist() == ends.tolist()
    far = np.array([-(10**17), 10**17])
    assert (np.abs(to_local(far, zone) - far) < zones.DAY_MS).all()


def test_input_is_left_alone() -> None:
    local = np.array([wall("2024-11-03 01:10"), wall("2024-06-01 12:00")])
    before = local.copy()
    LocalClock(ZoneInfo("America/New_York")).utc(local)
    to_local(local, ZoneInfo("America/New_York"))
    assert local.tolist() == before.tolist()


@pytest.mark.parametrize("name", ["", "Nowhere/Atlantis", "../../etc/passwd", "a\0b", "x" * 5000, "/etc"])
def test_an_unknown_zone_is_wrong_usage(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        zones.zone(name)
    assert (refused.value.code, refused.value.exit_code) == ("unknown_zone", 2)


def test_a_million_rows_take_no_time() -> None:
    import time

    times = instant("2015-01-01T00:00+00:00") + np.arange(1_000_000) * 300_000
    started = time.perf_counter()
    LocalClock(ZoneInfo("Europe/Berlin")).utc(to_local(times, ZoneInfo("Europe/Berlin")))
    assert time.perf_counter() - started < 5  # 0.3 s on two cores
