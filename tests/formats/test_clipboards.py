"""Text copied out of the windows of QQ and WeChat: shapes, dates that are missing, words that look like heads."""

from __future__ import annotations

import time
from datetime import date

import pytest
from raw import Read, read

from cq.errors import InputError
from cq.formats import all_formats, only_when_asked_for


def qq(text: str, **options: object) -> Read:
    return read(text.encode(), "qq-clipboard", **options)  # type: ignore[arg-type]


def wechat(text: str, **options: object) -> Read:
    return read(text.encode(), "wechat-clipboard", **options)  # type: ignore[arg-type]


def test_they_are_read_only_when_asked_for() -> None:
    sniffs = {f.id: f.sniff for f in all_formats()}
    assert sniffs["qq-clipboard"] is sniffs["wechat-clipboard"] is only_when_asked_for


# --- QQ ----------------------------------------------------------------------------------------


def test_titles_numbers_and_accounts_as_in_the_text_export() -> None:
    found = qq(
        "【管理员】阿宽(10086001) 2016/4/15 10:35:01\n[图片]看\n\n【夜班】老周<z@example.com> 2016/4/15 10:35:02\n1\n"
        "(10086004) 2016/4/15 10:35:03\n\n系统消息(10000) 2016/4/15 10:36:00\n阿宽撤回了一条消息\n"
    )
    assert found.column("sender_id") == ["10086001", "email:z@example.com", "10086004", None]
    assert found.column("sender_title") == ["管理员", None, None, None]
    assert found.column("text") == ["看", "1", "", "阿宽撤回了一条消息"]
    assert found.column("event") == [None, None, None, "recall"]


def test_the_year_may_stand_last() -> None:
    found = qq("a 2/14/2020 9:16:13 PM\nx\n\nb 2/15/2020 12:00:01 AM\ny\n")
    assert found.local_times == ["2020-02-14 21:16:13", "2020-02-15 00:00:01"]
    assert [(n.code, n.detail) for n in found.notices] == [("date_order", "m/d/y (2)")]
    found = qq("a 2/3/2020 9:00:00\nx\n\nb 14/3/2020 9:00:00\ny\n")
    assert found.local_times == ["2020-03-02 09:00:00", "2020-03-14 09:00:00"]


def test_missing_dates_are_carried_on_and_back() -> None:
    found = qq(
        "a 22:00:00\n1\nb 0:10:00\n2\na 2020/2/22 9:00:00\n3\nb 8:00:00\n4\na 23:59:00\n5\nb 0:01:00\n6\n"
    )
    assert found.local_times == [
        "2020-02-21 22:00:00", "2020-02-22 00:10:00", "2020-02-22 09:00:00",
        "2020-02-22 08:00:00", "2020-02-22 23:59:00", "2020-02-23 00:01:00",
    ]  # fmt: skip
    assert [(n.code, n.detail) for n in found.notices] == [("assumed_date", "5")]


def test_without_any_date_one_is_needed() -> None:
    text = "a 22:00:00\n1\nb 0:10:00\n2\n"
    with pytest.raises(InputError) as refused:
        qq(text)
    assert refused.value.code == "date_needed"
    assert qq(text, date=date(2020, 2, 21)).local_times[1] == "2020-02-22 00:10:00"
    assert qq(text, name="群聊2020-02-21.txt").local_times[0] == "2020-02-21 22:00:00"


def test_phones_put_a_rule_before_each_day() -> None:
    found = qq("— —  2020-2-21  — —\n\na  23:50:12 \nx\n\n— —  2020-2-22  — —\nb  08:00:00\ny — — z\n")
    assert found.local_times == ["2020-02-21 23:50:12", "2020-02-22 08:00:00"]
    assert (found.headers, found.column("text")) == (2, ["x", "y — — z"])


def test_nt_heads_have_no_year() -> None:
    text = "昵称: 12-31 23:59:59\n新年: 好\n\n名 字：01-01 00:00:01\n好\n"
    found = qq(text, year=2025)
    assert found.column("sender_name") == ["昵称", "名 字"]
    assert found.local_times == ["2025-12-31 23:59:59", "2026-01-01 00:00:01"]
    with pytest.raises(InputError) as refused:
        qq(text)
    assert refused.value.code == "year_needed"


def test_story_painter_writes_whole_lines() -> None:
    found = qq("2022/08/18 19:43:21<名>字(10086001)>:a\nb\n2022/08/18 19:43:22<骰(10086002)>:a 9:00:00\n")
    assert found.column("sender_name") == ["名>字", "骰"]
    assert found.column("text") == ["a\nb", "a 9:00:00"]


def test_a_time_that_does_not_exist_is_a_problem() -> None:
    found = qq("前言\na 2020/2/30 9:00:00\n1\nb 2020/2/28 25:00:00\n2\nc 2020/2/28 9:00:00\n3\n")
    assert found.codes == ["stray_text", "bad_time", "bad_time"]
    assert found.column("text") == ["3"]


# --- WeChat ------------------------------------------------------------------------------------


def test_english_and_chinese_dates_on_the_line_of_the_name() -> None:
    found = wechat(
        "阿 北 2026/02/01 12:53 AM\n早\n\n西西 2026年2月1日 下午 3:54\n[Photo]\n\n阿 北 2026-2-1 15:55:10\n[图片] [图片]\n"
    )
    assert found.local_times == ["2026-02-01 00:53:00", "2026-02-01 15:54:00", "2026-02-01 15:55:10"]
    assert found.column("sender_id") == ["name:阿 北", "name:西西", "name:阿 北"]
    assert found.column("kind")[:2] == ["text", "image"]


def test_three_lines() -> None:
    found = wechat("阿北\n2026年09月20日 15:51\n一\n二\n西西\n2026年09月20日 15:52\n好\n")
    assert found.column("sender_name") == ["阿北", "西西"]
    assert found.column("text") == ["一\n二", "好"]
    assert found.column("origin_record") == [1, 5]


def test_days_count_from_the_day_of_copying() -> None:
    text = "a 昨天 15:45\n1\n\nb 星期四 上午 9:00\n2\n\nc 周三 9:00\n3\n\na 8:00\n4\n\nb Yesterday 3:45 PM\n5\n\nc 12月30日 9:00\n6\n"
    found = wechat(text, date=date(2026, 2, 5))  # a Thursday
    assert found.local_times == [
        "2026-02-04 15:45:00", "2026-01-29 09:00:00", "2026-02-04 09:00:00",
        "2026-02-05 08:00:00", "2026-02-04 15:45:00", "2025-12-30 09:00:00",
    ]  # fmt: skip
    assert [(n.code, n.detail) for n in found.notices] == [("assumed_date", "6")]
    with pytest.raises(InputError) as refused:
        wechat(text)
    assert refused.value.code == "date_needed"


def test_a_bare_time_is_a_head_below_an_empty_line_only() -> None:
    found = wechat("a 2026/02/01 9:00\n几点\n明天 15:45\n集合 9:30\n\nb 9:31\n好\n", date=date(2026, 2, 1))
    assert found.column("text") == ["几点\n明天 15:45\n集合 9:30", "好"]


def test_old_copies_have_no_times_at_all() -> None:
    text = "阿北:\n早\n他说: 好\n\n西西:\n[图片]\n"
    found = wechat(text, date=date(2019, 3, 1))
    assert found.local_times == ["2019-03-01 00:00:00"] * 2
    assert found.column("text") == ["早\n他说: 好", "[图片]"]
    assert "day_only" in [n.code for n in found.notices]
    with pytest.raises(InputError) as refused:
        wechat(text)
    assert refused.value.code == "date_needed"


def test_hostile_lines_take_linear_time() -> None:
    for hostile in (
        "9:00:00 " * 40_000,
        " " * 300_000,
        "— — " * 80_000,
        "\n\n" * 100_000,
        "星期" * 100_000,
        "<" * 300_000,
        "1/" * 150_000,
    ):
        began = time.process_time()
        qq(f"a 2020/2/22 9:00:00\n{hostile}\n")
        wechat(f"a 2020/2/22 9:00\n{hostile}\n")
        assert time.process_time() - began < 3
