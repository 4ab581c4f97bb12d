"""QQ's own text export, rule by rule, each expectation worked out by hand; and a writer that is read back."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw import SHANGHAI, Read, read, source

from cq.errors import InputError
from cq.formats import _qq_txt_scan, identify
from cq.formats._qq_names import SYSTEM_IDS, who
from cq.reading import ReadRequest
from cq.reading import read as merged
from exports import MAGIC, RULE, qq_txt

BOM = "\ufeff"
ID = "qq-pc-txt"


def head(name: str = "周末羽毛球", category: str = "我的群聊", end: str = "\r\n") -> str:
    return end.join([RULE, f"消息分组:{category}", RULE, f"消息对象:{name}", RULE, "", ""])


def record(header: str, body: str = "正文", end: str = "\r\n") -> str:
    return f"{header}{end}{body}{end}{end}"


def export(*records: str, name: str = "周末羽毛球", first: str = f"{BOM}{MAGIC}\r\n\r\n") -> bytes:
    return (first + head(name) + "".join(records)).encode()


def group(*rows: tuple[str, str], **more: str) -> Read:
    """Read a group of (header, body)."""
    return read(export(*(record(h, b) for h, b in rows), **more), ID)


def brief(found: Read) -> list[tuple[str, str | None, str | None, str | None]]:
    return [
        (at[11:], row["sender_id"], row["sender_name"], row["text"])
        for at, row in zip(found.local_times, found.rows, strict=True)
    ]


# --- the sample of the specification -----------------------------------------------------------

SPECIFIED = [
    ("2021-03-05 9:45:37 【管理员】球场阿宽(10086001)", "周六下午两点，三号场。\r\r要来的回复 1"),
    ("2021-03-05 9:45:40 小禾(室友)(10086002)", "1"),
    (
        "2021-03-05 12:00:01 【冒泡】【夜班】老周<zhou@example.com>",
        "[图片]贴一下上次的：\r2021-03-01 9:00:00 球场阿宽(10086001)\r三号场",
    ),
    ("2021-03-05 8:43:38 PM Λin<k>(10086003)", "[表情]"),
    ("2021-03-05 23:59:59 (10086004)", ""),
    ("2021-03-06 0:00:03 系统消息(10000)", "小禾(室友)撤回了一条消息"),
    ("2021-03-06 下午 1:02:03 (80000000)", "匿名的一句"),
    ("2021-03-06 10:00:00 2021-03-05 10:00:00 假头(10086005)", "名字像日期"),
]


def test_the_specified_sample() -> None:
    found = group(*SPECIFIED, name="周末羽毛球(东区)|新人先看公告")
    wanted = [
        # time, id, name, title, kind, text
        (
            "2021-03-05 09:45:37",
            "10086001",
            "球场阿宽",
            "管理员",
            "text",
            "周六下午两点，三号场。\n\n要来的回复 1",
        ),
        ("2021-03-05 09:45:40", "10086002", "小禾(室友)", None, "text", "1"),
        (
            "2021-03-05 12:00:01",
            "email:zhou@example.com",
            "【夜班】老周",
            "冒泡",
            "text",
            "贴一下上次的：\n2021-03-01 9:00:00 球场阿宽(10086001)\n三号场",
        ),
        ("2021-03-05 20:43:38", "10086003", "Λin<k>", None, "sticker", "[表情]"),
        ("2021-03-05 23:59:59", "10086004", "", None, "text", ""),
        ("2021-03-06 00:00:03", None, None, None, "recall", "小禾(室友)撤回了一条消息"),
        ("2021-03-06 13:02:03", "anon:80000000", "", None, "text", "匿名的一句"),
        ("2021-03-06 10:00:00", "10086005", "2021-03-05 10:00:00 假头", None, "text", "名字像日期"),
    ]
    names = ("sender_id", "sender_name", "sender_title", "kind", "text")
    got = [(at, *(row[n] for n in names)) for at, row in zip(found.local_times, found.rows, strict=True)]
    assert got == wanted
    assert found.problems == found.notices == []
    assert found.headers == 2
    assert {(r["platform"], r["group_id"], r["group_name"]) for r in found.rows} == {
        ("qq", "name:周末羽毛球(东区)|新人先看公告", "周末羽毛球(东区)|新人先看公告")
    }
    assert [g.chat_kind for g in found.groups.values()] == ["group"]
    assert {m.member_id: m.role for m in found.members.values()} == {"10086001": "admin"}
    # Lines count LF: 1 first line, 3–7 head, 9 header; lone CR is no line of an editor that counts LF.
    assert found.column("origin_record") == [9, 12, 15, 18, 21, 24, 27, 30]


# --- line breaks -------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", ["\r", "\n", "\r\n"])
def test_a_pasted_header_stays_in_its_message(inner: str) -> None:
    pasted = inner.join(
        ["看：", "2021-03-01 9:00:00 甲(10086009)", "旧话", "2021-03-01 9:01:00 乙(10086008)", "x"]
    )
    found = group(("2021-03-05 9:00:00 甲(10086001)", pasted), ("2021-03-05 9:00:01 乙(10086002)", "新话"))
    assert found.column("text") == [pasted.replace(inner, "\n"), "新话"]
    assert found.problems == found.notices == []


@pytest.mark.parametrize("inner", ["\r\r", "\n\n", "\r \r", "\n\r"])
def test_a_pasted_header_after_a_blank_line_of_the_message(inner: str) -> None:
    pasted = f"看：{inner}2021-03-01 9:00:00 甲(10086009){inner}旧话"
    found = group(("2021-03-05 9:00:00 甲(10086001)", pasted), ("2021-03-05 9:00:01 乙(10086002)", "新话"))
    assert found.column("text") == [re.sub("[\r\n]", "\n", pasted), "新话"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a\rb", "a\nb"),
        ("a\nb", "a\nb"),
        ("a\r\nb", "a\nb"),
        ("a\n\rb", "a\n\nb"),
        ("\r\r末尾", "\n\n末尾"),
        ("末尾\r", "末尾\n"),
        ("末尾\n", "末尾\n"),
        ("\r", "\n"),
        ("a\u2028b\x85c\x0bd\x0ce\x1cf", "a\u2028b\x85c\x0bd\x0ce\x1cf"),
        (" \u3000两头 ", " \u3000两头 "),
        ("\xa0", "\xa0"),
        (RULE, RULE),
        (
            f"{RULE}\r消息分组:我的群聊\r{RULE}\r消息对象:假\r{RULE}",
            f"{RULE}\n消息分组:我的群聊\n{RULE}\n消息对象:假\n{RULE}",
        ),
        ("消息对象:也是正文", "消息对象:也是正文"),
        (MAGIC, MAGIC),
        ("2021-03-05 9:00:00", "2021-03-05 9:00:00"),
        ("2021-03-05 9:00:00 甲(10086001)", "2021-03-05 9:00:00 甲(10086001)"),
    ],
)
def test_bodies_are_kept_to_the_character(body: str, text: str) -> None:
    found = group(("2021-03-05 9:00:00 甲(10086001)", body), ("2021-03-05 9:00:01 乙(10086002)", "后"))
    assert found.column("text") == [text, "后"]
    assert found.problems == []


def test_an_empty_body_and_a_last_record_without_an_end() -> None:
    found = read(
        export("2021-03-05 9:00:00 甲(10086001)\r\n\r\n\r\n2021-03-05 9:00:01 乙(10086002)\r\n末"), ID
    )
    assert found.column("text") == ["", "末"]
    found = read(export("2021-03-05 9:00:00 甲(10086001)"), ID)
    assert brief(found) == [("09:00:00", "10086001", "甲", "")]


# --- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "wanted"),
    [
        ("0:00:00", "00:00:00"),
        ("9:05:07", "09:05:07"),
        ("09:05:07", "09:05:07"),
        ("23:59:59", "23:59:59"),
        ("9:05:07 AM", "09:05:07"),
        ("9:05:07 PM", "21:05:07"),
        ("12:00:00 AM", "00:00:00"),
        ("12:30:00 PM", "12:30:00"),
        ("11:59:59 pm", "23:59:59"),
        ("上午 9:05:07", "09:05:07"),
        ("上午 08:00:00", "08:00:00"),
        ("上午9:05:07", "09:05:07"),
        ("上午 12:05:00", "00:05:00"),
        ("下午 12:05:00", "12:05:00"),
        ("下午 1:02:03", "13:02:03"),
        ("凌晨 12:30:00", "00:30:00"),
        ("凌晨 3:00:00", "03:00:00"),
        ("早上 7:00:00", "07:00:00"),
        ("中午 12:01:00", "12:01:00"),
        ("中午 11:59:00", "11:59:00"),
        ("中午 1:30:00", "13:30:00"),
        ("晚上 8:00:00", "20:00:00"),
    ],
)
def test_clocks(clock: str, wanted: str) -> None:
    found = group((f"2021-03-05 {clock} 甲(10086001)", "a"), (f"2021-03-05 {clock} (10086002)", "b"))
    assert brief(found) == [(wanted, "10086001", "甲", "a"), (wanted, "10086002", "", "b")]


def test_a_name_that_begins_with_am_in_a_24_hour_file() -> None:
    rows = [(f"2021-03-05 {h}:00:00 甲(10086001)", "a") for h in range(24)]
    rows.insert(9, ("2021-03-05 8:30:00 AM 调频台(10086003)", "b"))
    rows.insert(22, ("2021-03-05 20:30:00 PM(10086004)", "c"))
    found = group(*rows)
    assert brief(found)[9] == ("08:30:00", "10086003", "AM 调频台", "b")
    assert brief(found)[22] == ("20:30:00", "10086004", "PM", "c")


def test_a_name_that_begins_with_am_where_only_the_hour_tells() -> None:
    found = group(
        ("2021-03-05 8:30:00 AM 调频台(10086003)", "早"),
        ("2021-03-05 20:30:00 AM 调频台(10086003)", "晚"),
    )
    assert [(at, name) for at, _, name, _ in brief(found)] == [
        ("08:30:00", "AM 调频台"),
        ("20:30:00", "AM 调频台"),
    ]


def test_a_name_that_begins_with_am_in_a_12_hour_file() -> None:
    found = group(
        ("2021-03-05 8:30:00 PM AM 调频台(10086003)", "a"),
        ("2021-03-05 下午 8:30:00 AM 调频台(10086003)", "b"),
    )
    assert [(at, name) for at, _, name, _ in brief(found)] == [("20:30:00", "AM 调频台")] * 2


@pytest.mark.parametrize(
    "when",
    ["2021-02-29 9:00:00", "2021-13-01 9:00:00", "2021-00-10 9:00:00", "2021-03-32 9:00:00", "2021-03-05 24:00:00",
     "2021-03-05 9:60:00", "2021-03-05 9:00:61", "0000-01-01 9:00:00", "1890-01-01 9:00:00", "9999-12-31 9:00:00"],
)  # fmt: skip
def test_a_time_that_does_not_exist_is_a_problem_with_its_line(when: str) -> None:
    found = group(
        ("2021-03-05 9:00:00 甲(10086001)", "a"),
        (f"{when} 乙(10086002)", "丢了"),
        ("2021-03-05 9:00:01 甲(10086001)", "b"),
    )
    assert found.column("text") == ["a", "b"]
    [problem] = found.problems
    assert (problem.code, problem.where) == ("bad_time", "x.txt:12")
    assert problem.detail == f"{when} 乙(10086002)"


def test_all_times_impossible() -> None:
    found = group(("2021-02-30 9:00:00 甲(10086001)", "a"))
    assert (found.rows, found.codes) == ([], ["bad_time"])


@pytest.mark.parametrize(
    "header",
    [
        "2021-03x05 9:00:01 乙(10086002)",
        "20\ufffd1-03-05 9:00:01 乙<a@example.com>",
        "2021-03-05 9.00:01 乙(10086002)",
    ],
)
def test_a_damaged_header_is_a_problem_and_not_text_of_somebody_else(header: str) -> None:
    found = group(
        ("2021-03-05 9:00:00 甲(10086001)", "a"),
        (header, "丢了"),
        ("2021-03-05 9:00:02 丙(10086003)", "b"),
    )
    assert found.column("text") == ["a", "b"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:12")]


def test_local_times_of_a_zone_that_repeats_an_hour() -> None:
    rows = [
        (f"2021-11-07 {t} 甲(10086001)", t)
        for t in ("0:59:00", "1:10:00", "1:50:00", "1:20:00", "1:55:00", "2:01:00")
    ]
    data = export(*(record(h, b) for h, b in rows))
    found = read(data, ID, zone=ZoneInfo("America/New_York"))
    # 1:50 → 1:20 goes back inside the repeated hour: from there on it is standard time (UTC-5).
    assert [f"{t:%H:%M}" for t in found.column("sent_at")] == [
        "04:59",
        "05:10",
        "05:50",
        "06:20",
        "06:55",
        "07:01",
    ]


def test_the_repeated_hour_of_one_conversation_says_nothing_about_the_next() -> None:
    rows = ["2021-11-07 1:50:00 甲(10086001)", "2021-11-07 1:20:00 甲(10086001)"]
    data = database(
        ("我的群聊", "一", [(h, "x") for h in rows]),
        ("我的群聊", "二", [("2021-11-07 1:10:00 乙(10086002)", "x")]),
    )
    found = read(data, ID, zone=ZoneInfo("America/New_York"))
    assert [f"{t:%H:%M}" for t in found.column("sent_at")] == ["05:50", "06:20", "05:10"]


# --- senders -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "id_"),
    [
        ("小禾(10086002)", "小禾", "10086002"),
        ("小禾(室友)(10086002)", "小禾(室友)", "10086002"),
        ("(12345)(10086007)", "(12345)", "10086007"),
        ("()(10086006)", "()", "10086006"),
        ("(10086001)", "", "10086001"),
        ("", "", None),
        (" (10086003)", " ", "10086003"),
        ("\u3000(10086003)", "\u3000", "10086003"),
        ("两头 空格 (10086003)", "两头 空格 ", "10086003"),
        ("<zhou@example.com>", "", "email:zhou@example.com"),
        ("Λin<k><zhou@example.com>", "Λin<k>", "email:zhou@example.com"),
        ("老周<13800000000>", "老周", "phone:13800000000"),
        ("老周<abc_def>", "老周", "account:abc_def"),
        ("老周<两 个>", "老周<两 个>", None),
        ("Λin<k>(10086003)", "Λin<k>", "10086003"),
        ("a\tb\u202e(\u200d😀)(10086003)", "a\tb\u202e(\u200d😀)", "10086003"),
        ("(80000000)", "", "anon:80000000"),
        ("小禾(123)", "小禾(123)", None),
        ("小禾(1234567890123)", "小禾(1234567890123)", None),
        ("小禾(１２３４５)", "小禾(１２３４５)", None),
        ("小禾（10086001）", "小禾（10086001）", None),
        ("2021-03-05 10:00:00 假头(10086005)", "2021-03-05 10:00:00 假头", "10086005"),
    ],
)
def test_who(line: str, name: str, id_: str | None) -> None:
    assert who(line) == (name, id_)


def test_senders_of_a_group() -> None:
    found = group(
        ("2021-03-05 9:00:00 老周<zhou@example.com>", "a"),
        ("2021-03-05 9:00:01 老周<13800000000>", "b"),
        ("2021-03-05 9:00:02 老周(10086001)", "c"),
        ("2021-03-05 9:00:03 周先生(10086001)", "d"),
        ("2021-03-05 9:00:04 Q群管家(2854196310)", "e"),
    )
    assert found.column("sender_id") == [
        "email:zhou@example.com", "phone:13800000000", "10086001", "10086001", "2854196310",
    ]  # fmt: skip
    assert found.column("sender_name") == ["老周", "老周", "老周", "周先生", "Q群管家"]


def test_system_rows_are_events_and_the_same_words_of_a_member_are_not() -> None:
    found = group(
        ("2021-03-05 9:00:00 系统消息(10000)", "小禾(室友)撤回了一条消息"),
        ("2021-03-05 9:00:01 系统消息(1000000)", "阿宽邀请小禾加入了本群。"),
        ("2021-03-05 9:00:02 系统消息(10002)", "说不清的一句"),
        ("2021-03-05 9:00:03 小禾(10086002)", "阿宽撤回了一条消息"),
        ("2021-03-05 9:00:04 系统消息(10086004)", "阿宽撤回了一条消息"),
    )
    names = ("kind", "event", "event_actor", "event_target", "event_detail", "sender_id", "text")
    assert [tuple(row[n] for n in names) for row in found.rows[:3]] == [
        ("recall", "recall", "name:小禾(室友)", ["name:小禾(室友)"], None, None, "小禾(室友)撤回了一条消息"),
        ("system", "join", "name:阿宽", ["name:小禾"], "invite", None, "阿宽邀请小禾加入了本群。"),
        ("system", "other", None, [], None, None, "说不清的一句"),
    ]
    assert [(r["kind"], r["event"], r["sender_id"]) for r in found.rows[3:]] == [
        ("text", None, "10086002"),
        ("text", None, "10086004"),
    ]
    assert found.column("mentions") == [[], [], [], None, None]


def test_titles_known_shared_and_own() -> None:
    senders = [
        "【群主】甲(10086001)", "【管理员】乙(10086002)", "【潜水】丙(10086003)", "【传说】【夜班】丁(10086004)",
        "【夜班】丁(10086004)", "【老饕】戊(10086005)", "【老饕】己(10086006)", "【老饕】庚(10086007)",
        "【双】辛(10086008)", "【双】壬(10086009)", "【吐槽】(10086010)", "【】癸(10086011)",
        f"【{'长' * 33}】子(10086012)",
    ]  # fmt: skip
    found = group(*((f"2021-03-05 9:00:{i:02} {s}", "x") for i, s in enumerate(senders)))
    assert list(zip(found.column("sender_title"), found.column("sender_name"), strict=True)) == [
        ("群主", "甲"), ("管理员", "乙"), ("潜水", "丙"), ("传说", "【夜班】丁"),
        (None, "【夜班】丁"), ("老饕", "戊"), ("老饕", "己"), ("老饕", "庚"),
        (None, "【双】辛"), (None, "【双】壬"), ("吐槽", ""), (None, "【】癸"),
        (None, f"【{'长' * 33}】子"),
    ]  # fmt: skip
    assert {m.member_id: m.role for m in found.members.values()} == {"10086001": "owner", "10086002": "admin"}


def test_one_person_under_three_names_does_not_make_a_tag_a_title() -> None:
    found = group(*((f"2021-03-05 9:00:0{i} 【夜班】老周{i}(10086001)", "x") for i in range(3)))
    assert found.column("sender_title") == [None] * 3


def test_a_name_with_a_line_break() -> None:
    found = group(
        ("2021-03-05 9:00:00 甲(10086001)", "a"),
        ("2021-03-05 9:00:01 上半\r\n下半(10086002)", "正文\r第二行"),
        ("2021-03-05 9:00:02 乙(10086003)", "b"),
        ("2021-03-05 9:00:03 上\n下(10086004)", "c"),
        ("2021-03-05 9:00:04 没有号", "说到 2020 年(10086001)的事，" + "很" * 60 + "(10086001)"),
    )
    assert [(r["sender_id"], r["sender_name"], r["text"]) for r in found.rows[1:4]] == [
        ("10086002", "上半\n下半", "正文\n第二行"),
        ("10086003", "乙", "b"),
        ("10086004", "上\n下", "c"),
    ]
    assert found.rows[4]["sender_id"] == "name:没有号"
    assert found.rows[4]["text"].startswith("说到 2020 年")


# --- what kind of chat -------------------------------------------------------------------------


def test_a_private_chat_keeps_names_whole() -> None:
    found = group(
        ("2021-03-05 9:00:00 【群主】小禾(2019)", "a"),
        ("2021-03-05 9:00:01 我是阿宽", "b"),
        name="小禾(2019)",
    )
    assert [g.chat_kind for g in found.groups.values()] == ["private"]
    assert [(r["sender_id"], r["sender_name"], r["sender_title"]) for r in found.rows] == [
        ("name:【群主】小禾(2019)", "【群主】小禾(2019)", None),
        ("name:我是阿宽", "我是阿宽", None),
    ]
    assert found.members == {}


def test_a_discussion_group_has_no_ids() -> None:
    found = group(*((f"2021-03-05 9:00:0{i} {name}", "x") for i, name in enumerate(["甲", "乙", "丙", "甲"])))
    assert [g.chat_kind for g in found.groups.values()] == ["group"]
    assert found.column("sender_id") == ["name:甲", "name:乙", "name:丙", "name:甲"]


def test_a_conversation_with_system_rows_only_is_of_unknown_kind() -> None:
    found = group(("2021-03-05 9:00:00 系统消息(10000)", "你已是群成员"))
    assert [g.chat_kind for g in found.groups.values()] == ["unknown"]


def test_a_group_named_like_a_number_is_not_taken_at_its_word() -> None:
    found = group(("2021-03-05 9:00:00 甲(10086001)", "x"), name="拼车上班(10086999)")
    assert list(found.groups) == ["name:拼车上班(10086999)"]


# --- many conversations ------------------------------------------------------------------------


def database(*blocks: tuple[str, str, list[tuple[str, str]]]) -> bytes:
    text = f"{BOM}{MAGIC}\r\n\r\n"
    for category, name, rows in blocks:
        text += head(name, category) + "".join(record(h, b) for h, b in rows)
    return text.encode()


GROUP_ROWS = [("2021-03-05 9:00:00 甲(10086001)", "1"), ("2021-03-05 9:00:00 甲(10086001)", "1")]


def test_a_whole_database(tmp_path) -> None:
    data = database(
        ("我的群聊", "羽毛球", GROUP_ROWS),
        ("我的群聊", "空的", []),
        ("我的好友", "小禾", [("2021-03-05 9:10:00 小禾", "在吗"), ("2021-03-05 9:11:00 我", "在")]),
        ("我的群聊", "羽毛球", [("2021-03-06 9:00:00 乙(10086002)", "后来的")]),
        ("最近联系人", "羽毛球", GROUP_ROWS),
    )
    found = read(data, ID)
    assert found.headers == 6
    assert found.segments == [1, 1, 3, 3, 4, 5, 5]
    assert {g.group_id: g.chat_kind for g in found.groups.values()} == {
        "name:羽毛球": "group", "name:空的": "unknown", "name:小禾": "private",
    }  # fmt: skip
    path = tmp_path / "全部消息记录.txt"
    path.write_bytes(data)
    reading = merged(ReadRequest([str(path)], SHANGHAI))
    counts = {s.group.group_id: s.rows for s in reading.log.spans}
    records = reading.sources[0].records
    reading.log.close()
    # The text said twice in one second is two messages; the copy under 最近联系人 adds none.
    assert counts == {"name:羽毛球": 3, "name:小禾": 2}
    assert (records.messages, records.skipped, records.headers, records.problems) == (5, 2, 6, 0)


def test_a_friend_and_a_group_of_one_name_stay_apart() -> None:
    data = database(
        ("我的群聊", "小禾", GROUP_ROWS),
        ("我的好友", "小禾", [("2021-03-05 9:10:00 小禾", "在吗")]),
    )
    found = read(data, ID)
    assert {g.group_id: g.chat_kind for g in found.groups.values()} == {
        "name:小禾": "group", "name:小禾#private": "private",
    }  # fmt: skip
    assert found.column("group_id") == ["name:小禾", "name:小禾", "name:小禾#private"]


@pytest.mark.parametrize("block", [None, 64, 500])
def test_files_joined_with_cat(block: int | None) -> None:
    one = export(record("2021-03-05 9:00:00 甲(10086001)", "最后一句"), name="甲群")
    two = export(record("2021-03-05 9:00:01 乙(10086002)", "第一句"), name="乙群")
    found = read(one + two, ID, block=block)
    assert [(r["group_name"], r["text"]) for r in found.rows] == [("甲群", "最后一句"), ("乙群", "第一句")]
    assert (found.headers, found.problems) == (4, [])


def test_files_with_different_line_ends_joined_with_cat() -> None:
    one = export(record("2021-03-05 9:00:00 甲(10086001)", "最后一句"), name="甲群")
    two = export(record("2021-03-05 9:00:01 乙(10086002)", "第一句"), name="乙群").replace(b"\r\n", b"\n")
    for data in (one + two, two + one):
        found = read(data, ID)
        assert {(r["group_name"], r["text"]) for r in found.rows} == {
            ("甲群", "最后一句"),
            ("乙群", "第一句"),
        }
        assert [n.code for n in found.notices] == ["line_ends_changed"]


# --- line ends changed -------------------------------------------------------------------------

CHANGED = {
    "LF": ("\r\n", "\n"),
    "CRLF twice over": ("\r\n", "\r\r\n"),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_changed_line_ends(change: tuple[str, str]) -> None:
    data = export(*(record(h, b) for h, b in SPECIFIED)).decode().replace(*change).encode()
    found = read(data, ID)
    assert [(at, r["sender_id"]) for at, r in zip(found.local_times, found.rows, strict=True)] == [
        (at, r["sender_id"])
        for at, r in zip(group(*SPECIFIED).local_times, group(*SPECIFIED).rows, strict=True)
    ]
    assert found.column("text") == group(*SPECIFIED).column("text")
    assert [(n.code, n.where) for n in found.notices] == [("line_ends_changed", "x.txt:1")]
    assert found.problems == []
    assert [g.group_name for g in found.groups.values()] == ["周末羽毛球"]


def changed(*rows: tuple[str, str], block: int | None = None) -> Read:
    data = export(*(record(h, b) for h, b in rows)).decode()
    return read(re.sub("\r\n?", "\n", data).encode(), ID, block=block)


MEMBERS = [(f"2021-03-05 9:00:0{i} 成员{i}(1008600{i})", f"第{i}句") for i in range(6)]


@pytest.mark.parametrize("block", [None, 40, 64, 100, 300])
def test_a_pasted_header_without_id_belongs_to_the_message_before(block: int | None) -> None:
    pasted = "日程：\n\n2021-03-16 8:00:00 开始维修\n\n2021-03-17 8:00:00\n结束\n\n完"
    rows = [*MEMBERS, ("2021-03-05 9:30:00 甲(10086001)", pasted), ("2021-03-05 9:31:00 甲(10086001)", "好")]
    found = changed(*rows, block=block)
    assert found.column("text") == [b for _, b in MEMBERS] + [pasted, "好"]
    assert found.problems == []


@pytest.mark.parametrize("block", [None, 40, 64])
def test_a_pasted_header_at_the_very_start_of_a_message(block: int | None) -> None:
    rows = [*MEMBERS, ("2021-03-05 9:30:00 甲(10086001)", "\n2021-03-16 8:00:00 开始维修\n完")]
    found = changed(*rows, ("2021-03-05 9:31:00 甲(10086001)", ""), block=block)
    assert found.column("text")[6:] == ["\n2021-03-16 8:00:00 开始维修\n完", ""]


def test_a_pasted_log_with_ids_is_split_and_said_to_be_suspect() -> None:
    pasted = "记录：\n\n2021-03-01 8:00:00 甲(10086001)\n旧一\n\n2021-03-01 8:00:05 乙(10086002)\n旧二"
    found = changed(
        *MEMBERS, ("2021-03-05 9:30:00 甲(10086001)", pasted), ("2021-03-05 9:31:00 甲(10086001)", "好")
    )
    assert found.column("text")[6:] == ["记录：", "旧一", "旧二", "好"]
    lines = [found.rows[i]["origin_record"] for i in (7, 8)]
    assert [(n.code, n.where) for n in found.notices] == [
        *(("suspect_split", f"x.txt:{line}") for line in lines),
        ("line_ends_changed", "x.txt:1"),
    ]


def test_an_older_export_appended_is_not_suspect() -> None:
    older = [(f"2020-03-05 9:{i:02}:00 甲(10086001)", "旧") for i in range(60)]
    found = changed(*MEMBERS, *older, ("2021-03-06 9:00:00 乙(10086002)", "新"))
    assert [n.code for n in found.notices] == ["line_ends_changed"]
    assert len(found.rows) == len(MEMBERS) + 61


def test_strict_files_say_nothing_about_time_that_goes_back() -> None:
    found = group(
        *MEMBERS, ("2020-03-05 9:00:00 甲(10086001)", "旧"), ("2021-03-06 9:00:00 乙(10086002)", "新")
    )
    assert found.notices == []


# --- damaged and odd files ---------------------------------------------------------------------


def test_text_before_the_first_record_is_a_problem() -> None:
    found = read(export("谁写的？\r\n还有\r\n\r\n", record("2021-03-05 9:00:00 甲(10086001)", "a")), ID)
    assert found.column("text") == ["a"]
    assert [(p.code, p.where) for p in found.problems] == [("stray_text", "x.txt:9")]


def test_the_first_line_may_be_missing() -> None:
    found = read(export(record("2021-03-05 9:00:00 甲(10086001)", "a"), first=""))
    assert (found.column("text"), found.headers) == (["a"], 1)
    found = read(export(record("2021-03-05 9:00:00 甲(10086001)", "a"), first=f"\r\n \r\n{BOM}{MAGIC}  \r\n"))
    assert (found.column("text"), found.headers, found.problems) == (["a"], 2, [])


def test_records_without_a_head_are_read() -> None:
    found = read(f"{BOM}{MAGIC}\r\n\r\n{record('2021-03-05 9:00:00 甲(10086001)', 'a')}".encode())
    assert [(r["group_id"], r["group_name"], r["text"]) for r in found.rows] == [("name:", None, "a")]


@pytest.mark.parametrize("end", ["", "\r\n", "\n", "\r\n\r\n"])
def test_the_first_line_alone(end: str) -> None:
    found = read(f"{BOM}{MAGIC}{end}".encode())
    assert (found.rows, found.codes, found.headers) == ([], ["no_records"], 1)


def test_heads_without_records() -> None:
    found = read(f"{BOM}{MAGIC}\r\n\r\n{head('甲')}{head('乙')[:-4]}".encode())
    assert (found.rows, found.codes, found.headers) == ([], ["no_records"], 3)


CUT = [
    record("2024-01-01 9:00:00 甲(10086001)", "一"),
    record("2024-01-01 9:00:01 乙<a@example.com>", "二"),
]


@pytest.mark.parametrize("end", ["三", "三\r", "三\r\n", ""])
def test_a_file_that_breaks_off_in_a_body(end: str) -> None:
    found = read(export(*CUT, f"2024-01-01 9:00:02 丙(10086003)\r\n{end}"), ID)
    assert found.column("text") == ["一", "二", "三" if end else ""]
    assert (found.codes, [(n.code, n.where) for n in found.notices]) == ([], [("truncated", "x.txt:15")])


@pytest.mark.parametrize("end", ["阿\ufffd", "丙(10086", "丙<a@exa", "", "丙(10086003\r"])
def test_a_file_that_breaks_off_in_a_sender(end: str) -> None:
    for rows in (CUT, CUT[:1]):
        found = read(export(*rows, f"2024-01-01 9:00:02 {end}"), ID)
        assert found.column("sender_id") == ["10086001", "email:a@example.com"][: len(rows)]
        assert [(p.code, p.where) for p in found.problems] == [("truncated", f"x.txt:{9 + 3 * len(rows)}")]
        assert found.notices == []


@pytest.mark.parametrize("whole", ["2024-01-01 19:00:0", "2024-01-01 9:00:0", "2024-01-01 下午 9:00:0", RULE])
def test_a_file_that_breaks_off_in_a_time_or_a_head(whole: str) -> None:
    for end in range(1, len(whole) + 1):
        found = read(export(*CUT, whole[:end]), ID)
        assert found.column("text") == ["一", "二"]
        assert [(p.code, p.where) for p in found.problems] == [("truncated", "x.txt:15")], whole[:end]
        assert found.notices == []


def test_a_head_that_breaks_off() -> None:
    whole = head("又一个群")
    for end in range(1, len(whole)):
        found = read(export(*CUT, whole[:end]), ID)
        assert found.column("text") == ["一", "二"]
        cut = not whole[:end].rstrip("\r\n").endswith(f"又一个群\r\n{RULE}")
        assert found.codes == ["truncated"] * cut, whole[:end]


def test_a_sender_cut_where_nobody_has_an_id_is_a_name() -> None:
    found = read(export(record("2024-01-01 9:00:00 甲"), "2024-01-01 9:00:01 乙"), ID)
    assert found.column("sender_id") == ["name:甲", "name:乙"]
    assert [n.code for n in found.notices] == ["truncated"]


def test_a_file_cut_anywhere_is_read() -> None:
    data = qq_txt(("群", [(f"2021-03-05 9:00:{i:02}", f"成员{i}(1008600{i})", "正文\r二") for i in range(8)]))
    last = 0
    for end in range(len(data)):
        try:
            found = read(data[:end])
        except InputError:
            continue
        assert len(found.rows) >= last or found.problems
        last = len(found.rows)
    assert last == 8


def test_a_record_larger_than_the_limit_is_cut_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_qq_txt_scan, "MAX_RECORD", 4000)
    long = "\n\n".join(f"第{i}段" for i in range(1000))
    rows = [record("2021-03-05 9:00:00 甲(10086001)", long), record("2021-03-05 9:00:01 乙(10086002)", "后")]
    for end in ("\r\n", "\n"):
        data = export(*rows).decode().replace("\r\n", end).encode()
        found = read(data, ID, block=512)
        assert found.column("sender_id") == ["10086001", "10086002"]
        assert found.rows[1]["text"] == "后"
        assert long.startswith(found.rows[0]["text"].rstrip("\n"))
        assert set(found.codes) == {"stray_text"}


@pytest.mark.parametrize(
    "piece", ["(", "<", "【", "(1", "<a", "】", "2021-03-05 9:00:00 ", "1:00:00 ", "\u200d", "9" * 9]
)
def test_hostile_header_lines_take_no_time(piece: str) -> None:
    line = (piece * 200_000)[:200_000]
    rows = [(f"2021-03-05 9:00:00 {line}(10086001)", "a"), (f"2021-03-05 {line}", "b"), (line, "c")]
    begin = time.perf_counter()
    data = export(*(record(h, b) for h, b in rows))
    for found in (read(data, ID), read(data.replace(b"\r\n", b"\n"), ID)):
        assert found.rows[0]["sender_name"].startswith(line[:50])
    assert time.perf_counter() - begin < 5


def test_huge_names_are_names() -> None:
    found = group((f"2021-03-05 9:00:00 {'名' * 50_000}(10086001)", "a"), name="群" * 50_000)
    assert found.rows[0]["sender_name"] == "名" * 50_000
    assert found.rows[0]["group_name"] == "群" * 50_000


def test_encodings_of_saved_copies() -> None:
    text = export(*(record(h, b) for h, b in SPECIFIED)).decode().removeprefix(BOM)
    wanted = group(*SPECIFIED).rows
    for data in (
        text.encode(),
        text.encode("gb18030"),
        (BOM + text).encode("utf-16-le"),
        (BOM + text).encode("utf-16-be"),
    ):
        assert read(data).rows == wanted


@pytest.mark.parametrize(
    "first",
    [
        "Discuz! X 短消息记录(此消息记录为文本格式，不支持重新导入)",
        "消息记录(此消息记录为文本格式，不支持重新导入)",
        f"引用：{MAGIC}",
    ],
)
def test_look_alikes_are_not_recognised(first: str) -> None:
    text = f"{first}\r\n\r\n消息对象: user\r\n\r\n2021-03-05 9:00:00 甲(10086001)\r\na\r\n"
    with pytest.raises(InputError):
        identify(source(text.encode()))


# --- written and read back ---------------------------------------------------------------------

_ODD = ["(", ")", "<", ">", "【", "】", "[", "]", "\t", " ", "\u3000", "\xa0", "\u2028", "\x85", "\x0b", "\u202e", "\u200d", "\ufeff",
        "😀", "𠮷", "é", "=", ":", "@", "名", "字", "a", "1", "(1008)", "<a@b.c>", "2021-03-05 10:00:00 ", "【群主】", "【夜班】",
        "AM", "PM ", "上午", "9:00:00", RULE]  # fmt: skip
_names = (
    st.lists(st.sampled_from(_ODD), max_size=6)
    .map("".join)
    .filter(lambda n: not re.match("[AaPp][Mm]( |$)", n))
)
_pasted = [
    "2021-03-01 9:00:00 甲(10086001)", "2021-03-01 19:00:00", RULE, "消息分组:我的群聊", "消息对象:假", MAGIC,
    f"{RULE}\r消息分组:x\r{RULE}\r消息对象:y\r{RULE}\r", "\r", "\n", "\r\r", "\n\n", "\n\r", "正文", " ",
]  # fmt: skip
_bodies = st.lists(st.sampled_from(_pasted + _ODD), max_size=8).map(
    lambda parts: re.sub("\r+\n", "\n", "".join(parts))  # CRLF is the end of a line of the structure
)
_ids = st.integers(10_000, 99_999_999_999).map(str).filter(lambda i: i not in {*SYSTEM_IDS, "80000000"})
_accounts = st.sampled_from(["<zhou@example.com>", "<13800000000>", "<some_account>"])
_times = st.datetimes(datetime(1999, 1, 1), datetime(2035, 1, 1)).map(lambda t: t.replace(microsecond=0))
_clocks = st.sampled_from(["H", "HH", "AM", "上午", "上午 "])
_messages = st.tuples(_times, _names, _ids.map("({})".format) | _accounts, _bodies)


def written(when: datetime, clock: str, name: str, account: str, body: str) -> str:
    hour = when.hour
    twelve, late = hour % 12 or 12, hour >= 12
    rest = f"{when:%M:%S}"
    said = {
        "H": f"{hour}:{rest}",
        "HH": f"{hour:02}:{rest}",
        "AM": f"{twelve}:{rest} {'PM' if late else 'AM'}",
        "上午": f"{'下午' if late else '上午'}{twelve}:{rest}",
        "上午 ": f"{'下午' if late else '上午'} {twelve:02}:{rest}",
    }[clock]
    return record(f"{when:%Y-%m-%d} {said} {name}{account}", body)


@settings(max_examples=150, deadline=None)
@given(st.lists(_messages, min_size=1, max_size=8), _clocks, st.sampled_from([48, 64, 100, 333, None]))
def test_what_is_written_is_read(
    messages: list[tuple[datetime, str, str, str]], clock: str, block: int | None
) -> None:
    data = export(*(written(t, clock, name, account, body) for t, name, account, body in messages))
    found = read(data, ID, block=block)
    assert found.problems == found.notices == []
    got = []
    for row in found.rows:
        title = row["sender_title"]
        name = row["sender_name"] if title is None else f"【{title}】{row['sender_name']}"
        got.append(
            (row["sent_at"].astimezone(SHANGHAI).replace(tzinfo=None), name, row["sender_id"], row["text"])
        )
    assert got == [
        (t, name, who(account).id, re.sub("[\r\n]", "\n", body)) for t, name, account, body in messages
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(_messages, min_size=3, max_size=8), st.integers(16, 200))
def test_pieces_make_no_difference_where_line_ends_were_changed(
    messages: list[tuple[datetime, str, str, str]], block: int
) -> None:
    text = export(*(written(t, "H", n, a, body) for t, n, a, body in messages)).decode()
    data = re.sub("\r\n?", "\n", text).encode()
    whole, pieces = read(data, ID), read(data, ID, block=block)
    assert pieces.rows == whole.rows
    assert pieces.problems == whole.problems


def test_pieces_keep_line_numbers() -> None:
    rows = [(f"2021-03-05 9:00:{i:02} 甲(10086001)", "一\n二\r三") for i in range(30)]
    data = export(*(record(h, b) for h, b in rows))
    lines = [9 + 4 * i for i in range(30)]
    for block in (None, 50, 64, 1000):
        assert read(data, ID, block=block).column("origin_record") == lines


def test_times_are_local_to_the_zone() -> None:
    data = export(record("2021-03-05 9:00:00 甲(10086001)"))
    east, west = (read(data, ID, zone=ZoneInfo(z)).rows[0]["sent_at"] for z in ("Asia/Shanghai", "UTC"))
    assert west - east == timedelta(hours=8)
