"""QQ Chat Exporter's text export: fields behind the text, times by option, replies by minute and sender."""

from __future__ import annotations

import time
from datetime import date

import pytest
from raw import Read, read

from cq.errors import InputError

BAR = "=" * 47


def export(*records: str, total: int | None = None, footer: bool = True, name: str = "周末羽毛球") -> bytes:
    count = len(records) if total is None else total
    lines = [
        "[QQChatExporter V5 / https://github.com/shuakami/qq-chat-exporter]",
        "[本软件是免费的开源项目~]",
        "",
    ]
    lines += [BAR, " " * 11 + "QQ聊天记录导出文件", BAR, "", f"聊天名称: {name}", "聊天类型: 群聊"]
    lines += ["导出时间: 2026-01-02 08:00:00", f"消息总数: {count}", "", "", "\n\n\n".join(records), ""]
    if footer:
        lines += [
            BAR,
            " " * 14 + "导出完成",
            BAR,
            f"总计导出 {count} 条消息",
            "导出时间: 2026-01-02 08:00:00",
            "",
        ]
    return "\n".join(lines).encode()


def record(who: str, when: str, text: str, *fields: str) -> str:
    stamp = when[1:] if when.startswith("@") else f"2026-01-01 {when}"
    return "\n".join([f"{who}:", f"时间: {stamp}", f"内容: {text}", *fields])


def qce(*records: str) -> Read:
    return read(export(*records), "qce-txt")


def test_fields_are_read_from_the_end() -> None:
    found = qce(
        record("阿宽", "09:00:00", "一\n回复: 01-01 08:00 谁 - 什么\n提及: @你\n二"),
        record(
            "小禾",
            "09:00:01",
            "[文件:表.xlsx]",
            "资源: 1 个文件",
            "  - file: 表.xlsx",
            "提及: @阿宽, @老周, 先生",
        ),
        record("小禾", "09:00:02", "资源: 2 个文件\n  - image: 只有一个"),
    )
    assert found.column("text") == [
        "一\n回复: 01-01 08:00 谁 - 什么\n提及: @你\n二", "表.xlsx", "资源: 2 个文件\n  - image: 只有一个",
    ]  # fmt: skip
    assert found.column("kind") == ["text", "file", "text"]
    assert found.rows[1]["mentions"] == ["name:阿宽", "name:老周, 先生"]


def test_a_record_begins_below_two_empty_lines_only() -> None:
    found = qce(
        record("阿宽", "09:00:00", "格式是\n\n老周:\n时间: 2026-01-01 08:00:00\n内容: 好"),
        record("小禾", "09:00:01", "哦"),
    )
    assert found.column("sender_name") == ["阿宽", "小禾"]


def test_titles_end_with_a_bracket_and_a_blank() -> None:
    found = qce(
        record("[馆长] 阿宽", "09:00:00", "a"),
        record("[夜班]老周", "09:00:01", "b"),
        record("[x] [y] z", "09:00:02", "c"),
    )
    assert found.column("sender_title") == ["馆长", None, "x"]
    assert found.column("sender_name") == ["阿宽", "[夜班]老周", "[y] z"]


def test_a_reply_finds_the_message_by_minute_sender_and_words() -> None:
    rows = [
        record("阿宽", "09:00:00", "几点"),
        record("阿宽", "09:00:30", "在哪"),
        record("小禾", "09:01:00", "三号场"),
    ]
    found = qce(
        *rows,
        record("老周", "09:02:00", "两点", "回复: 01-01 09:00 阿宽 - 几点"),
        record("老周", "09:02:01", "好", "回复: 01-01 09:01 小禾 - 三号…"),
        record("老周", "09:02:02", "?", "回复: 01-01 09:00 阿宽 - 没有这句"),
        record("老周", "09:02:03", "!", "回复: 阿宽 - 几点"),
    )
    first, third = (int(found.rows[i]["sent_at"].timestamp() * 1000) for i in (0, 2))
    assert found.column("reply_to")[3:] == [f"at:{first}:name:阿宽", f"at:{third}:name:小禾", None, None]
    assert found.column("reply_quote")[3:] == ["几点", "三号…", "没有这句", "几点"]


def test_a_quotation_may_have_several_lines_if_somebody_has_said_that() -> None:
    rows = [
        record("阿宽", "09:00:00", "几点\n在哪"),
        record("老周", "09:01:00", "两点", "回复: 01-01 09:00 阿宽 - 几点\n在哪"),
    ]
    typed = record("老周", "09:02:00", "他写：\n回复: 01-01 09:00 阿宽 - 别的\n完")
    found = qce(*rows, typed)
    assert found.column("text")[1:] == ["两点", "他写：\n回复: 01-01 09:00 阿宽 - 别的\n完"]
    assert found.column("reply_quote") == [None, "几点\n在哪", None]


@pytest.mark.parametrize("block", [64, 200, 1000])
def test_block_boundaries_do_not_matter(block: int) -> None:
    data = export(
        *(
            record(
                "阿宽",
                f"09:00:{i:02}",
                f"第{i}句\n\n下一段" * (i % 3 + 1),
                "提及: @小禾" if i % 2 else "资源: 0 个文件",
            )
            for i in range(40)
        )
    )
    whole, pieces = read(data), read(data, block=block)
    assert len(whole.rows) == 40
    assert pieces.rows == whole.rows and pieces.notices == whole.notices == []


def test_numbers_in_head_and_footer_are_compared() -> None:
    data = export(record("阿宽", "09:00:00", "a"), total=3)
    assert [(n.code, n.detail) for n in read(data).notices] == [("count_mismatch", "1 / 3")]
    cut = read(export(record("阿宽", "09:00:00", "a"), footer=False))
    assert [n.code for n in cut.notices] == ["truncated"]


def test_joined_exports_are_two_groups() -> None:
    found = read(
        export(record("阿宽", "09:00:00", "a"))
        + b"\n"
        + export(record("小禾", "09:00:00", "b"), name="读书会")
    )
    assert [(r["group_name"], r["text"]) for r in found.rows] == [("周末羽毛球", "a"), ("读书会", "b")]
    assert found.headers == 2 and not found.problems and not found.notices


def test_days_without_a_time_are_counted() -> None:
    found = qce(record("阿宽", "@2026-01-01", "a"), record("阿宽", "@2026/1/2", "b"))
    assert found.local_times == ["2026-01-01 00:00:00", "2026-01-02 00:00:00"]
    assert [(n.code, n.detail) for n in found.notices] == [("day_only", "2")]


def test_times_without_a_day_need_one_and_roll_over() -> None:
    data = export(record("阿宽", "@23:59", "a"), record("阿宽", "@00:01", "b"))
    with pytest.raises(InputError) as refused:
        read(data, name="x.txt")
    assert refused.value.code == "date_needed"
    found = read(data, date=date(2026, 1, 1))
    assert found.local_times == ["2026-01-01 23:59:00", "2026-01-02 00:01:00"]
    assert [(n.code, n.detail) for n in found.notices] == [("assumed_date", "2")]


@pytest.mark.parametrize("when", ["3 天前", "刚刚", "5分钟前", "2 days ago"])
def test_relative_times_are_refused_with_advice(when: str) -> None:
    with pytest.raises(InputError) as refused:
        qce(record("阿宽", f"@{when}", "a"), record("小禾", f"@{when}", "b"))
    assert refused.value.code == "relative_times"


def test_a_damaged_record_costs_itself() -> None:
    found = qce(
        record("阿宽", "09:00:00", "a"),
        record("阿宽", "@2026-13-01 09:00:00", "b"),
        "小禾:\n时间: 2026-01-01 09:00:02",
        record("小禾", "@2026-01-02 24:00:03", "d"),
    )
    assert found.local_times == ["2026-01-01 09:00:00", "2026-01-02 00:00:03"]
    assert sorted(found.codes) == ["bad_row", "bad_time"]


def test_hostile_bodies_take_linear_time() -> None:
    for hostile in (
        "\n回复: " * 60_000,
        "[" * 200_000,
        "\n提及: @" * 60_000,
        "\n资源: 1 个文件\n  - " * 30_000,
        "=" * 300_000,
        "\n\n\n" * 80_000,
    ):
        began = time.process_time()
        qce(record("阿宽", "09:00:00", f"x{hostile}"), record("[" * 50_000, "09:00:01", "y"))
        assert time.process_time() - began < 3
