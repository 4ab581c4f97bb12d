"""The pulse of a group, on logs small enough to count by hand. 2026-03-02 is a Monday."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pytest

from cq.analysis import GroupView, Window, activity
from cq.section import Section

from .views import SHANGHAI, view, whole, window


def run(group: GroupView, span: Window | None = None, **settings: Any) -> Section:
    section = activity.run(group, span or whole(group), activity.Settings(**settings))
    msgspec.json.encode(section)  # no numpy scalar may leave an analysis
    return section


def values(section: Section) -> dict[str, Any]:
    return {code: metric.value for code, metric in section.metrics.items()}


FIVE = [
    ("2026-03-02 09:00", "a", "早"),
    ("2026-03-02 09:10", "b", "早"),
    ("2026-03-02 09:10", "a", "[捂脸]"),
    ("2026-03-02 10:00", "a", None, {"kind": "image"}),
    ("2026-03-04 09:00", "c", "在"),
]


def test_five_messages() -> None:
    found = values(run(view(FIVE)))
    assert found["messages"] == 5
    assert found["speakers"] == 3
    # Monday to Wednesday, nobody on Tuesday.
    assert (found["span_days"], found["active_days"]) == (3, 2)
    assert found["messages_per_day"] == pytest.approx(5 / 3)
    # Monday a and b, Wednesday c.
    assert found["speakers_per_day"] == 1.0
    # 10:00 on Monday to 09:00 on Wednesday.
    assert found["longest_silence_hours"] == 47
    # 09:00–09:10, then a pause of 50 minutes, then two days.
    assert found["conversations"] == 3
    assert found["messages_per_conversation"] == pytest.approx(5 / 3)
    # {a, b}, {a}, {c}.
    assert found["speakers_per_conversation"] == pytest.approx(4 / 3)
    # 早, 早, 在; a placeholder and a picture are no words.
    assert found["own_words_share"] == 0.6
    assert found["media_share"] == 0.2


def test_what_three_days_cannot_show_is_unknown() -> None:
    section = run(view(FIVE))
    found = values(section)
    # No whole week or month, no thirty days of look-back, four gaps, no roster.
    unknown = {
        "speakers_per_week", "speakers_per_month", "stickiness", "burstiness", "speaker_share",
        "messages_per_member",
    }  # fmt: skip
    assert {code for code, value in found.items() if value is None} == unknown
    assert section.metrics["stickiness"].n == 0
    assert section.findings == ()


def test_tables() -> None:
    tables = run(view(FIVE)).tables
    assert tables["kinds"].rows == [("text", 4, 0.8), ("image", 1, 0.2)]
    hours = tables["hours"].rows
    assert len(hours) == 168
    assert [row for row in hours if row[2]] == [(0, 9, 3), (0, 10, 1), (2, 9, 1)]
    assert tables["busiest_days"].rows == [("2026-03-02", 4, 2), ("2026-03-04", 1, 1)]


def test_series_have_zeros_on_silent_days_and_none_for_what_is_not_covered() -> None:
    series = run(view(FIVE)).series
    assert series["messages_per_day"].points == [("2026-03-02", 4), ("2026-03-03", 0), ("2026-03-04", 1)]
    assert series["speakers_per_day"].points == [("2026-03-02", 2), ("2026-03-03", 0), ("2026-03-04", 1)]
    # The week has seven days; the log shows three of them.
    assert series["messages_per_week"].points == [("2026-03-02", None)]
    assert [value for _, value in series["speakers_7d"].points] == [None, None, None]


def test_whole_weeks_count_and_half_ones_do_not() -> None:
    # Sunday 1 March; Monday 2 to Sunday 8 with a and b; Monday 9.
    days = [
        ("2026-03-01", "a"),
        ("2026-03-02", "a"),
        ("2026-03-05", "b"),
        ("2026-03-08", "a"),
        ("2026-03-09", "c"),
    ]
    section = run(view([(f"{day} 12:00", who, "在") for day, who in days]))
    assert section.metrics["speakers_per_week"].value == 2
    assert section.metrics["speakers_per_week"].n == 1
    weeks = [("2026-02-23", None), ("2026-03-02", 3), ("2026-03-09", None)]
    assert section.series["messages_per_week"].points == weeks
    assert section.series["speakers_per_week"].points == [(t, v and 2) for t, v in weeks]
    # Seven days ending on the 7th: a on the 1st and 2nd, b on the 5th.
    assert dict(section.series["speakers_7d"].points)["2026-03-07"] == 2
    assert dict(section.series["speakers_7d"].points)["2026-03-06"] is None


def test_months_and_stickiness_look_at_thirty_days() -> None:
    # a every day of April, b on the 30th, both on 1 May.
    rows = [(f"2026-04-{day:02d} 08:00", "a", "早") for day in range(1, 31)]
    rows += [
        ("2026-04-30 09:00", "b", "早"),
        ("2026-05-01 08:00", "a", "早"),
        ("2026-05-01 09:00", "b", "早"),
    ]
    section = run(view(rows))
    assert section.metrics["speakers_per_month"].value == 2
    assert section.metrics["speakers_per_month"].n == 1
    # Two days reach back thirty days: 30 April (2 of 2) and 1 May (2 of 2).
    assert (section.metrics["stickiness"].value, section.metrics["stickiness"].n) == (1.0, 2)
    # In a window of 29 April to 1 May the look-back goes on before the window: 1/1 is not known
    # (the 29th reaches back to 31 March), so again two days.
    later = run(view(rows), window("2026-04-29", "2026-05-02"))
    assert (later.metrics["stickiness"].value, later.metrics["stickiness"].n) == (1.0, 2)


def test_the_window_is_half_open() -> None:
    rows = [("2026-03-02 23:59", "a", "晚"), ("2026-03-03 00:00", "b", "早"), ("2026-03-04 00:00", "c", "早")]
    found = values(run(view(rows), window("2026-03-03", "2026-03-04")))
    assert (found["messages"], found["speakers"], found["span_days"]) == (1, 1, 1)
    # Silent from one second past midnight to the end of the window: 24 hours less the last ms.
    assert found["longest_silence_hours"] == pytest.approx(24, abs=1e-6)


def test_a_silent_window_inside_the_log_has_zeros() -> None:
    rows = [("2026-03-01 12:00", "a", "早"), ("2026-03-09 12:00", "a", "早")]
    section = run(view(rows), window("2026-03-02", "2026-03-09"))
    found = values(section)
    assert (found["messages"], found["speakers"], found["active_days"], found["conversations"]) == (
        0,
        0,
        0,
        0,
    )
    assert (found["messages_per_day"], found["speakers_per_week"]) == (0, 0)
    assert found["media_share"] is None
    assert found["messages_per_conversation"] is None
    assert section.series["messages_per_week"].points == [("2026-03-02", 0)]
    assert section.tables["busiest_days"].rows == []
    assert len(section.tables["hours"].rows) == 168


@pytest.mark.parametrize("rows", [[], FIVE])
def test_outside_the_log_nothing_is_known(rows: list[tuple[Any, ...]]) -> None:
    section = run(view(rows), window("2027-01-01", "2027-01-08"))
    assert set(values(section).values()) == {None}
    assert all(table.rows == [] for table in section.tables.values())
    assert all(list(series.points) == [] for series in section.series.values())


def test_one_message() -> None:
    found = values(run(view([("2026-03-02 09:00", "a", "早")])))
    assert (found["messages"], found["span_days"], found["conversations"]) == (1, 1, 1)
    assert found["longest_silence_hours"] is None
    assert found["burstiness"] is None


def test_bots_and_notices_are_no_messages_and_anonymous_senders_no_speakers() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "早"),
        ("2026-03-02 09:01", "2854196310", "签到成功"),
        ("2026-03-02 09:02", "anon:1", "匿名"),
        ("2026-03-02 09:03", None, "b加入了群聊", {"kind": "system"}),
        ("2026-03-02 09:04", "a", "拍了拍 b", {"kind": "poke"}),
    ]
    people = {"2854196310": {"bot": True}, "anon:1": {"anonymous": True}}
    found = values(run(view(rows, people)))
    # the anonymous message is a human message of nobody in particular
    assert (found["messages"], found["speakers"]) == (2, 1)


def test_shares_of_members_need_a_roster() -> None:
    people = {who: {"listed": True} for who in "abd"}
    found = values(run(view(FIVE, people, member_basis="roster")))
    # a and b of a, b, d spoke; c is no member. a and b wrote four messages.
    assert found["speaker_share"] == pytest.approx(2 / 3)
    assert found["messages_per_member"] == pytest.approx(4 / 3)
    assert values(run(view(FIVE, people)))["speaker_share"] is None
    # A roster of nobody has no shares.
    assert values(run(view(FIVE, member_basis="roster")))["speaker_share"] is None


def test_burstiness_from_the_set_number_of_gaps_on() -> None:
    rows = [(f"2026-03-02 09:{minute:02d}", "a", "嗯") for minute in range(31)]
    assert run(view(rows)).metrics["burstiness"].value == -1
    assert run(view(rows[:-1])).metrics["burstiness"].value is None
    assert run(view(rows[:-1]), burstiness_min_gaps=29).metrics["burstiness"].value == -1


def test_days_and_hours_are_local_across_a_clock_change() -> None:
    # New York, 1 November 2026: 01:30 happens twice, one real hour apart; the day has 25 hours.
    zone = ZoneInfo("America/New_York")
    rows = [
        ("2026-11-01 00:00", "a", "x"),
        ("2026-11-01 01:30-04:00", "a", "x"),
        ("2026-11-01 01:30-05:00", "a", "x"),
        ("2026-11-01 23:59", "a", "x"),
    ]
    section = run(view(rows, zone=zone))
    assert values(section)["span_days"] == 1
    assert [row for row in section.tables["hours"].rows if row[2]] == [(6, 0, 1), (6, 1, 2), (6, 23, 1)]
    # 01:30 EST to 23:59 EST.
    assert values(section)["longest_silence_hours"] == pytest.approx(22 + 29 / 60)
    # The same instants in Shanghai lie on two days.
    assert (
        values(run(view([("2026-11-01 12:00", "a", "x"), ("2026-11-02 12:59", "a", "x")])))["span_days"] == 2
    )


def test_texts_may_be_large_strings() -> None:
    assert values(run(view(FIVE, text_type=pa.large_string())))["own_words_share"] == 0.6


def test_the_zone_of_the_view_rules() -> None:
    assert view(FIVE).zone is SHANGHAI
