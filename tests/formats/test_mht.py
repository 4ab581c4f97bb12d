"""QQ's MHT export: rows, dates, damage, and pictures that are only passed over."""

from __future__ import annotations

import time
from datetime import date

import pytest
from invented import CONVERSATION
from raw import Read, read
from writers.qq_text import mht_date, mht_file, mht_row, mht_title, pc_mht, pc_txt

from cq.errors import InputError
from cq.formats import _mht_rows, _mht_scan

OTHER, OWN = "#006EFE", "#42B475"
HEAD = [
    mht_title("<br><b>消息记录</b>"),
    mht_title("消息分组:我的群聊"),
    mht_title("消息对象:周末羽毛球"),
    mht_title("&nbsp;"),
]
KUAN, HE = "球场阿宽(10086001)", "小禾(10086002)"


def row(sender: str, clock: str, html: str, colour: str = OTHER) -> str:
    return mht_row(colour, sender, clock, html)


def mht(*rows: str, **how: object) -> Read:
    return read(mht_file([*HEAD, *rows], **how), "qq-pc-mht")  # type: ignore[arg-type]


def test_the_text_export_of_the_same_log_gives_the_same_rows() -> None:
    found = read(next(iter(pc_mht()(CONVERSATION).values())))
    wanted = read(next(iter(pc_txt()(CONVERSATION).values())))
    own = {"is_self", "origin_record"}
    assert [{k: v for k, v in r.items() if k not in own} for r in found.rows] == [
        {k: v for k, v in r.items() if k not in own} for r in wanted.rows
    ]
    assert found.groups == wanted.groups and found.members == wanted.members


@pytest.mark.parametrize("block", [64, 100, 1000, 4096])
def test_block_boundaries_do_not_matter(block: int) -> None:
    data = next(iter(pc_mht("en", bom=True)(CONVERSATION).values()))
    whole, pieces = read(data), read(data, block=block)
    assert pieces.rows == whole.rows
    assert (pieces.headers, pieces.problems, pieces.notices) == (whole.headers, whole.problems, whole.notices)


def test_entities_breaks_fonts_and_pictures() -> None:
    found = mht(
        mht_date("2020-02-11"),
        row(
            KUAN,
            "4:36:46",
            "<font style=\"a:b\" color='000000'>周六&nbsp;两点<br>三号场<b>1 &lt; 2 &get; 0</b></font>",
        ),
        row(KUAN, "4:36:47", '<IMG src="{1}.dat">'),
        row(KUAN, "4:36:48", '<IMG src="{1}.dat"><font>看这个</font><IMG src="{2}.dat">'),
        row(KUAN, "4:36:49", "&amp;get; 和 &amp;lt;br&get; &copy=1 &#128512;"),
    )
    assert found.column("text") == [
        "周六 两点\n三号场1 < 2 > 0", "[图片]", "看这个", "&get; 和 &lt;br> &copy=1 😀",
    ]  # fmt: skip
    assert found.column("kind") == ["text", "image", "text", "text"]


def test_the_colour_tells_the_owner() -> None:
    found = mht(
        mht_date("2020-02-11"),
        row(KUAN, "4:00:00", "a"),
        row(HE, "4:00:01", "b", OWN),
        row(HE, "4:00:02", "c", "#ABCDEF"),
    )
    assert found.column("is_self") == [False, True, None]


def test_clocks_of_every_windows() -> None:
    found = mht(
        mht_date("2020/2/12"),
        row(KUAN, "12:01:00 AM", "a"), row(KUAN, "上午 9:00:00", "b"),
        row(KUAN, "1:00:00 PM", "c"), row(KUAN, "下午 2:00:00", "d"), row(KUAN, "23:59:59", "e"),
    )  # fmt: skip
    assert [t[9:] for t in (f"{x[2:]}" for x in found.local_times)] == [
        "00:01:00", "09:00:00", "13:00:00", "14:00:00", "23:59:59",
    ]  # fmt: skip


def test_a_year_at_the_end_is_a_doubt_and_a_first_number_above_12_a_day() -> None:
    rows = [mht_date("3/4/2020"), row(KUAN, "9:00:00", "a")]
    found = mht(*rows)
    assert found.local_times == ["2020-03-04 09:00:00"]
    assert [(n.code, n.detail) for n in found.notices] == [("date_order", "m/d/y (1)")]
    found = mht(*rows, mht_date("13/4/2020"), row(KUAN, "9:00:00", "b"))
    assert found.local_times == ["2020-04-03 09:00:00", "2020-04-13 09:00:00"]


def test_receipts_and_window_shakes_were_sent_by_nobody() -> None:
    rows = [mht_title("消息分组:我的好友"), mht_title("消息对象:小禾"), mht_date("2020-02-11")]
    rows += [row("小禾", "9:00:00", "在吗"), row("西西", "9:00:01", "在", OWN)]
    rows += [row("", "9:01:00", "对方已成功接收文件"), row(" ", "9:02:00", "不认识的抖动说法")]
    found = read(mht_file(rows))
    assert found.column("sender_id") == ["name:小禾", "name:西西", None, None]
    assert found.column("kind") == ["text", "text", "system", "poke"]
    assert found.column("event") == [None, None, "other", "poke"]
    assert [g.chat_kind for g in found.groups.values()] == ["private"]


def test_a_database_repeats_its_heads() -> None:
    rows = [mht_date("2020-02-11"), row(KUAN, "9:00:00", "a")]
    second = [
        mht_title("消息分组:我的群聊"),
        mht_title("消息对象:a&lt;b&get;&nbsp;c"),
        row(HE, "9:00:00", "没有日期"),
    ]
    found = mht(*rows, *second, mht_date("2020-02-12"), row(HE, "9:00:00", "b"))
    assert found.column("group_name") == ["周末羽毛球", "a<b> c"]
    assert found.codes == ["bad_time"]  # the day of the first conversation is not that of the second


def test_rows_of_a_conversation_whose_name_is_damaged_stay_apart() -> None:
    rows = [mht_date("2020-02-11"), row(KUAN, "9:00:00", "a"), mht_title("消息分组:我的群聊")]
    found = mht(*rows, mht_title("消息对X:别的群"), mht_date("2020-02-12"), row(HE, "9:00:00", "b"))
    assert found.column("group_name") == ["周末羽毛球", ""]
    assert found.codes == ["bad_row"]


def test_a_date_that_cannot_be_read_is_the_next_day_and_counted() -> None:
    rows = [
        mht_date("2020-02-11"),
        row(KUAN, "9:00:00", "a"),
        mht_date("2020-0?-12"),
        row(KUAN, "8:00:00", "b"),
    ]
    found = mht(*rows, mht_date("2020-02-15"), row(KUAN, "8:00:00", "c"))
    assert found.local_times == ["2020-02-11 09:00:00", "2020-02-12 08:00:00", "2020-02-15 08:00:00"]
    assert found.codes == ["bad_time"]
    assert [(n.code, n.detail) for n in found.notices] == [("assumed_date", "1")]


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("</td></tr>\n", "</td></tX>\n"),
        ("\n<tr><td><div style=color", "\n<tX><td><div style=color"),
        ("</div></td></tr>\n", "\n"),
    ],
    ids=["end of a row", "start of a row", "no end at all"],
)
def test_a_damaged_row_tag_costs_nothing(broken: str, mended: str) -> None:
    rows = [mht_date("2020-02-11"), *(row(KUAN, f"9:00:0{i}", f"第{i}句") for i in range(5))]
    data = mht_file([*HEAD, *rows], newline="\n").decode()
    at = data.index("第2句")
    at = data.index(broken, at)
    found = read((data[:at] + mended + data[at + len(broken) :]).encode(), "qq-pc-mht")
    assert found.column("text") == [f"第{i}句" for i in range(5)]
    assert found.column("origin_record") == [13, 14, 15, 16, 17]


def test_a_row_without_end_is_a_problem_and_reading_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mht_scan, "LONGEST_ROW", 5000)
    monkeypatch.setattr(_mht_rows, "LONGEST_ROW", 5000)
    rows = [
        mht_date("2020-02-11"),
        row(KUAN, "9:00:00", "a"),
        row(KUAN, "9:00:01", "x" * 200_000),
        row(KUAN, "9:00:02", "b"),
    ]
    for block in (None, 1000):
        found = read(mht_file([*HEAD, *rows]), block=block)
        assert found.column("text") == ["a", "b"]
        assert [(p.code, p.where) for p in found.problems] == [("bad_row", "x.txt:14")]


def test_pictures_are_passed_over_and_a_second_file_behind_them_is_read() -> None:
    first = mht_file([*HEAD, mht_date("2020-02-11"), row(KUAN, "9:00:00", "a")], pictures=50)
    other = [mht_title("消息分组:我的群聊"), mht_title("消息对象:另一个群"), mht_date("2020-02-12")]
    second = mht_file([*other, row(HE, "9:00:00", "b")], pictures=2, bom=True)
    for block in (None, 333, 5000):
        found = read(first + second, block=block)
        assert found.column("group_name") == ["周末羽毛球", "另一个群"]
        assert not found.problems and not found.notices
        assert found.rows[1]["origin_record"] == first.count(b"\n") + 13


def test_a_file_that_breaks_off_says_so() -> None:
    data = mht_file(
        [*HEAD, mht_date("2020-02-11"), row(KUAN, "9:00:00", "第一句"), row(KUAN, "9:00:01", "第二句")]
    )
    at = data.index("第二句".encode())
    for cut, rows, code in (
        (at + 6, 2, "truncated"),
        (at - 60, 1, "truncated"),
        (data.index(b"</table>"), 2, "truncated"),
    ):
        found = read(data[:cut], "qq-pc-mht")
        assert len(found.rows) == rows
        assert code in [p.code for p in (*found.problems, *found.notices)]


def test_a_piece_without_head_needs_a_date_for_its_first_rows() -> None:
    rows = "\n".join([row(KUAN, "9:00:00", "a"), mht_date("2020-02-12"), row(HE, "9:00:00", "b")]).encode()
    assert read(rows).codes == ["bad_time"]
    found = read(rows, date=date(2020, 2, 11))
    assert found.local_times == ["2020-02-11 09:00:00", "2020-02-12 09:00:00"]
    with pytest.raises(InputError) as refused:
        read(row(KUAN, "9:00:00", "a").encode())
    assert refused.value.code == "date_needed"


def test_a_piece_that_begins_in_the_middle_of_a_row_says_so() -> None:
    rows = [mht_date("2020-02-11"), *(row(KUAN, f"9:00:0{i}", f"第{i}句") for i in range(4))]
    data = "\n".join(rows)
    found = read(data[data.index("0句") :].encode(), date=date(2020, 2, 11))
    assert found.column("text") == ["第1句", "第2句", "第3句"]
    assert [(p.code, p.where, p.detail) for p in found.problems] == [("stray_text", "x.txt:1", "0句")]


def test_hostile_rows_take_linear_time() -> None:
    for hostile in (
        "<" * 300_000,
        "&" * 300_000,
        "<br" * 100_000,
        "<img " * 60_000,
        "<tr><td><div style=color:#006EFE;" * 9_000,
    ):
        began = time.process_time()
        mht(mht_date("2020-02-11"), row(KUAN, "9:00:00", "a") + f"<tr><td>{hostile}</td></tr>")
        mht(mht_date("2020-02-11")[:-5] + hostile)
        assert time.process_time() - began < 3
