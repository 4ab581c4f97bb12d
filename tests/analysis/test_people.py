"""Who speaks, comes, goes and is silent, on logs small enough to count by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cq.analysis import GroupView, Window, people
from cq.model import Event
from cq.section import Section

from .views import ms, view, whole, window


def run(group: GroupView, span: Window | None = None, **settings: Any) -> Section:
    section = people.run(group, span or whole(group), people.Settings(**settings))
    msgspec.json.encode(section)  # no numpy scalar may leave an analysis
    return section


def values(section: Section) -> dict[str, Any]:
    return {code: metric.value for code, metric in section.metrics.items()}


def column(section: Section, table: str, name: str = "member_id") -> list[Any]:
    at = list(section.tables[table].columns).index(name)
    return [row[at] for row in section.tables[table].rows]


FIVE = [
    ("2026-03-02 09:00", "a", "早"),
    ("2026-03-02 09:10", "b", "早"),
    ("2026-03-02 09:20", "a", "早"),
    ("2026-03-03 10:00", "a", "早"),
    ("2026-03-04 09:00", "c", "早"),
]


def test_ranking() -> None:
    members = {"a": {"name": "阿甲", "names": ("旧名", "阿甲"), "role": "owner"}}
    ranking = run(view(FIVE, members)).tables["ranking"]
    first, last = "2026-03-02T09:00:00+08:00", "2026-03-03T10:00:00+08:00"
    assert ranking.rows[0] == ("a", "阿甲", "owner", 3, 0.6, 2, first, last, 2)
    # b and c have one each; who spoke first stands first.
    assert [row[0] for row in ranking.rows] == ["a", "b", "c"]
    assert [row[4] for row in ranking.rows] == [0.6, 0.2, 0.2]


def test_ranking_counts_the_window_and_dates_the_log() -> None:
    ranking = run(view(FIVE), window("2026-03-03", "2026-03-04")).tables["ranking"]
    first, last = "2026-03-02T09:00:00+08:00", "2026-03-03T10:00:00+08:00"
    assert ranking.rows == [("a", "a", None, 1, 1.0, 1, first, last, 1)]


def test_concentration() -> None:
    section = run(view(FIVE))
    found = values(section)
    assert (found["speakers"], found["top1_share"], found["top5_share"]) == (3, 0.6, 1.0)
    assert found["absence_factor"] == 1
    assert section.metrics["top10_share"].n == 5
    # Five messages say nothing about inequality.
    assert (found["gini"], found["gini_equal"], found["gini_excess"]) == (None, None, None)


def test_gini_is_compared_with_chance() -> None:
    section = run(view(FIVE), gini_min_messages=5)
    found = values(section)
    # 1, 1, 3: Σᵢⱼ|xᵢ − xⱼ| = 2·(0 + 2 + 2) = 8, over 2·3·5 = 30.
    assert found["gini"] == pytest.approx(8 / 30)
    assert found["gini_excess"] == pytest.approx(8 / 30 - found["gini_equal"])
    assert section.metrics["gini"].n == 3
    # One speaker: no inequality to speak of.
    assert values(run(view(FIVE[:1]), gini_min_messages=1))["gini"] is None


def test_silent_members_need_a_roster() -> None:
    members = {
        "a": {"listed": True},
        "c": {"listed": True, "role": "admin"},
        "d": {"listed": True, "joined_at": ms("2026-01-01 00:00")},
        "bot": {"listed": True, "bot": True},
    }
    section = run(view(FIVE, members, member_basis="roster"), window("2026-03-02", "2026-03-04"))
    found = values(section)
    assert (found["members"], found["silent_members"]) == (3, 2)
    assert found["silent_share"] == pytest.approx(2 / 3)
    assert section.metrics["silent_share"].n == 3
    # d never spoke; c spoke only after the window.
    assert section.tables["silent"].rows == [
        ("d", "d", None, "2026-01-01T00:00:00+08:00", None),
        ("c", "c", "admin", None, "2026-03-04T09:00:00+08:00"),
    ]
    unknown = run(view(FIVE, members))
    assert [values(unknown)[code] for code in ("members", "silent_members", "silent_share")] == [None] * 3
    assert unknown.tables["silent"].rows == []


def test_new_by_history() -> None:
    rows = [("2026-02-01 09:00", "a", "早"), ("2026-03-02 09:00", "a", "早"), ("2026-03-03 09:00", "b", "早")]
    span = window("2026-03-02", "2026-03-09")
    section = run(view(rows), span)
    assert values(section)["new_speakers"] == 1
    assert section.tables["new"].rows == [("b", "b", None, "2026-03-03T09:00:00+08:00", 1)]
    # The log begins less than 28 days before the window: nobody can be called new.
    assert values(run(view([("2026-02-03 09:00", "a", "早"), *rows[1:]]), span))["new_speakers"] is None
    # Exactly 28 days are enough.
    assert values(run(view([("2026-02-02 00:00", "a", "早"), *rows[1:]]), span))["new_speakers"] == 1


def test_new_by_a_join_in_the_window() -> None:
    rows = [
        ("2026-03-02 09:00", None, "b加入了群聊", {"kind": "system"}),
        ("2026-03-03 09:00", "b", "早"),
        ("2026-03-03 09:01", "c", "早"),
    ]
    events = [(0, Event.JOIN, None, ["b"], "invite")]
    section = run(view(rows, events=events), window("2026-03-02", "2026-03-09"))
    # c may have been there for years.
    assert column(section, "new") == ["b"]
    assert column(section, "new", "joined_at") == ["2026-03-02T09:00:00+08:00"]
    # The number would be a lower bound.
    assert values(section)["new_speakers"] is None
    # The roster's date of joining shows it as well.
    listed = {"c": {"listed": True, "joined_at": ms("2026-03-02 08:00")}}
    section = run(view(rows[1:], listed, member_basis="roster"), window("2026-03-02", "2026-03-09"))
    assert column(section, "new") == ["c"]


def test_nobody_is_new_to_the_whole_log() -> None:
    section = run(view(FIVE))
    assert values(section)["new_speakers"] is None
    assert section.tables["new"].rows == []


def test_returned() -> None:
    rows = [
        ("2026-01-01 09:00", "a", "早"),
        ("2026-02-04 09:00", "b", "早"),
        ("2026-03-03 09:00", "a", "回来了"),
        ("2026-03-03 10:00", "b", "早"),
        ("2026-03-03 11:00", "a", "对"),
    ]
    section = run(view(rows), window("2026-03-02", "2026-03-09"))
    # a: 1 January to 3 March are 61 days; b: 4 February to 3 March are 27.
    times = "2026-01-01T09:00:00+08:00", "2026-03-03T09:00:00+08:00"
    assert section.tables["returned"].rows == [("a", "a", *times, 61, 2)]
    assert values(section)["returned_speakers"] == 1
    # In the whole log it counts because it ended in its last 28 days.
    assert column(run(view(rows)), "returned") == ["a"]


def test_returns_need_history() -> None:
    rows = [("2026-02-10 09:00", "a", "早"), ("2026-03-03 09:00", "a", "早")]
    assert values(run(view(rows), window("2026-03-02", "2026-03-09")))["returned_speakers"] is None
    assert values(run(view(FIVE)))["returned_speakers"] is None


def test_a_return_before_the_window_is_none_in_it() -> None:
    rows = [
        ("2026-01-01 09:00", "a", "早"),
        ("2026-03-03 09:00", "a", "回来了"),
        ("2026-03-03 15:00", "a", "早"),
    ]
    assert column(run(view(rows), window("2026-03-03 12:00", "2026-03-09")), "returned") == []


def lost_rows() -> list[tuple[Any, ...]]:
    # The log ends on 31 March at noon; the last 28 days begin on 3 March at noon.
    spoken = [(f"2026-02-{day:02d} 09:00", who, "早") for day in (1, 2, 3, 4) for who in "ab"]
    spoken += [(f"2026-02-{day:02d} 10:00", "c", "早") for day in (1, 2, 3)]
    return [*sorted(spoken), ("2026-03-03 13:00", "b", "早"), ("2026-03-31 12:00", "d", "早")]


def test_lost_regulars() -> None:
    members = {"a": {"role": "admin"}}
    section = run(view(lost_rows(), members))
    # a: four posts, then nothing. b spoke in the last 28 days. c had three posts only.
    # 4 February 09:00 to 31 March 12:00 are 55 whole days.
    assert section.tables["lost"].rows == [("a", "a", "admin", 4, "2026-02-04T09:00:00+08:00", 55, False)]
    assert values(section)["lost_regulars"] == 1
    assert section.metrics["lost_regulars"].n == 2


def test_lost_regulars_who_left_are_marked() -> None:
    rows = lost_rows()
    rows.insert(-2, ("2026-02-10 09:00", None, "a退出了群聊", {"kind": "system"}))
    section = run(view(rows, events=[(len(rows) - 3, Event.LEAVE, None, ["a"], None)]))
    assert column(section, "lost", "left") == [True]


def test_lost_regulars_need_eight_weeks() -> None:
    # 28 days of silence and as many before: the log must begin by 3 February noon.
    rows = [row for row in lost_rows() if row[0] > "2026-02-04"]
    assert values(run(view(rows)))["lost_regulars"] is None


def test_silence_is_measured_to_the_end_of_the_window() -> None:
    rows = [*lost_rows(), ("2026-06-01 09:00", "a", "我还在")]
    # The window ends with 30 March: 54 whole days after 4 February 09:00; a's return comes later.
    section = run(view(rows), window("2026-03-24", "2026-03-31"))
    assert column(section, "lost") == ["a"]
    assert column(section, "lost", "silent_days") == [54]


def test_one_name_of_several_people_is_never_merged() -> None:
    rows = [("2026-03-02 09:00", "a", "早"), ("2026-03-02 09:01", "b", "早"), ("2026-03-02 09:02", "b", "早")]
    members = {"a": {"name": "小明", "names": ("小明",)}, "b": {"name": "大明", "names": ("小明", "大明")}}
    section = run(view(rows, members))
    assert section.tables["same_name"].rows == [
        ("小明", "b", 2, "2026-03-02T09:02:00+08:00"),
        ("小明", "a", 1, "2026-03-02T09:00:00+08:00"),
    ]
    assert section.tables["many_names"].rows == [("b", "小明", False), ("b", "大明", True)]
    assert values(section)["speakers"] == 2


def test_who_only_an_event_named_is_no_namesake() -> None:
    rows = [("2026-03-02 09:00", None, "小明加入了群聊", {"kind": "system"}), ("2026-03-02 09:01", "a", "早")]
    members = {"a": {"name": "小明", "names": ("小明",)}, "name:小明": {"name": "小明", "names": ()}}
    section = run(view(rows, members, events=[(0, Event.JOIN, None, ["name:小明"], None)]))
    assert section.tables["same_name"].rows == []


def test_an_alias_is_one_person() -> None:
    members = {"a": {"ids": ("a", "a2"), "names": ("甲", "甲小号"), "name": "甲小号"}}
    section = run(view(FIVE, members))
    assert column(section, "ranking", "names_seen") == [2, 1, 1]
    assert column(section, "many_names", "name") == ["甲", "甲小号"]


MOVES = [
    ("2026-03-02 09:00", None, "a邀请b、c加入了群聊", {"kind": "system"}),
    ("2026-03-02 09:01", "a", "欢迎"),
    ("2026-03-03 09:00", None, "a将c移出了群聊", {"kind": "system"}),
    ("2026-03-04 09:00", None, "有人加入了群聊", {"kind": "system"}),
    ("2026-03-05 09:00", "a", "早"),
]


def test_joins_and_leaves_count_people() -> None:
    events = [
        (0, Event.JOIN, "a", ["b", "c"], "invite"),
        (2, Event.REMOVE, "a", ["c"], None),
        (3, Event.JOIN, None, [], "qr"),
    ]
    section = run(view(MOVES, events=events, member_basis="events"))
    found = values(section)
    # Nobody was ever seen leaving by themselves: perhaps the export hides it.
    assert (found["joins"], found["leaves"], found["removals"]) == (3, None, 1)
    at = "2026-03-02T09:00:00+08:00"
    assert section.tables["joined"].rows == [
        ("b", "b", at, "a", "a", "invite"),
        ("c", "c", at, "a", "a", "invite"),
        (None, None, "2026-03-04T09:00:00+08:00", None, None, "qr"),
    ]
    assert section.tables["left"].rows == [("c", "c", "2026-03-03T09:00:00+08:00", "remove", "a", "a")]
    # Outside the window they are known not to have happened.
    later = run(view(MOVES, events=events), window("2026-03-05", "2026-03-06"))
    assert (values(later)["joins"], values(later)["removals"]) == (0, 0)
    assert values(run(view(MOVES)))["joins"] is None


def test_bots_and_anonymous_are_apart() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "早"),
        ("2026-03-02 09:01", "bot", "签到成功"),
        ("2026-03-02 09:02", "bot", "拍了拍", {"kind": "poke"}),
        ("2026-03-02 09:03", "anon:1", "匿名"),
        ("2026-03-02 09:04", None, "b被邀请", {"kind": "system"}),
    ]
    members = {
        "bot": {"bot": True, "names": ("机", "器")},
        "anon:1": {"anonymous": True, "names": ("x", "y")},
    }
    section = run(view(rows, members, events=[(4, Event.JOIN, None, ["bot"], None)]))
    assert column(section, "ranking") == ["a"]
    assert section.tables["bots"].rows == [("bot", "bot", 1)]
    assert section.tables["many_names"].rows == []
    assert values(section)["joins"] == 0


def test_a_silent_window() -> None:
    rows = [("2026-03-01 09:00", "a", "早"), ("2026-03-09 09:00", "a", "早")]
    section = run(view(rows), window("2026-03-02", "2026-03-09"))
    found = values(section)
    assert found["speakers"] == 0
    assert (found["top1_share"], found["absence_factor"], found["gini"]) == (None, None, None)
    assert section.tables["ranking"].rows == []


@pytest.mark.parametrize("rows", [[], FIVE])
def test_outside_the_log_nothing_is_known(rows: list[tuple[Any, ...]]) -> None:
    section = run(view(rows), window("2027-01-01", "2027-01-08"))
    assert set(values(section).values()) == {None}
    assert all(table.rows == [] for table in section.tables.values())


def test_one_message() -> None:
    section = run(view(FIVE[:1]))
    assert values(section)["top1_share"] == 1
    assert values(section)["absence_factor"] == 1
    assert column(section, "ranking", "share") == [1.0]
