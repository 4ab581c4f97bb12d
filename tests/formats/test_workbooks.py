"""Excel workbooks: what spreadsheets do to a table, and what a hostile file must not do to us."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from raw import SHANGHAI, Read, read, source
from writers.workbooks import Grid, resaved, workbook

from cq.errors import InputError
from cq.formats import file_source, identify
from cq.formats._sheet_pieces import pieces
from cq.formats._workbook import all_tables, sheet_rows
from cq.reading import ReadRequest
from cq.reading import read as merged

QCE = "序号 时间 发送者 发送者QQ号 消息类型 消息内容".split()  # noqa: SIM905
AT = "2026-03-01 09:13:20"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def row(text: str, at: Any = AT, n: int = 1) -> list[Any]:
    return [n, at, "青砖", "10086001", "text", text]


def qce(*rows: Sequence[Any]) -> bytes:
    return workbook({"聊天记录": [QCE, *map(list, rows)]})


def by_hand(
    sheet: str, strings: str = "", styles: str = "", book: str = "", folder: str = "xl", **more: str
) -> bytes:
    """A workbook of which every byte is chosen: ``sheet`` and ``strings`` are what stands inside."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        f"{folder}/workbook.xml": f'<workbook {NS} xmlns:r="{R}">{book}<sheets>'
        '<sheet name="聊天记录" sheetId="1" r:id="rId7"/></sheets></workbook>',
        f"{folder}/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
        f'Id="rId7" Type="{R}/worksheet" Target="/{folder}/worksheets/Sheet%201.xml"/></Relationships>'.replace(
            "%20", ""
        ),
        f"{folder}/worksheets/Sheet1.xml": f"<worksheet {NS}><sheetData>{sheet}</sheetData></worksheet>",
        **more,
    }
    if strings:
        parts[f"{folder}/sharedStrings.xml"] = f"<sst {NS}>{strings}</sst>"
    if styles:
        parts[f"{folder}/styles.xml"] = f"<styleSheet {NS}>{styles}</styleSheet>"
    return packed(parts)


def packed(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


def parts_of(data: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def cells(values: Sequence[str], number: int | None = None, first: str = "A") -> str:
    """A row of texts in the cells, with or without their places."""
    inside = ""
    for i, value in enumerate(values):
        place = "" if number is None else f' r="{chr(ord(first) + i)}{number}"'
        inside += f'<c{place} t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<row>{inside}</row>" if number is None else f'<row r="{number}">{inside}</row>'


HEAD = cells(QCE, 1)


def texts(found: Read) -> list[str | None]:
    return found.column("text")


# --- cells -------------------------------------------------------------------------------------


def test_dates_numbers_and_truths_read_as_a_csv_has_them() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(QCE)
    sheet.append([1, datetime(2026, 3, 1, 9, 13, 20), "青砖", 10086001, "text", 12345])
    sheet.append([2.0, datetime(2026, 3, 1, 23, 59, 59, 600_000), "青砖", 10086001.0, "text", True])
    sheet.append([3, date(2026, 3, 2), "青砖", 10086001, "text", 1.5])
    stream = io.BytesIO()
    book.save(stream)
    found = read(stream.getvalue())
    assert found.local_times == ["2026-03-01 09:13:20", "2026-03-02 00:00:00", "2026-03-02 00:00:00"]
    assert found.column("sender_id") == ["10086001"] * 3
    assert texts(found) == ["12345", "TRUE", "1.5"]
    assert not found.problems


def test_an_id_that_a_spreadsheet_took_for_a_number_is_lost_and_said() -> None:
    head = ["序号", "时间", "发送者", "消息类型", "内容", "本地 ID", "服务 ID"]
    data = workbook({"消息": [head, [1, AT, "甲", "text", "好", 1, 7000000000000000001], [2, AT, "甲", "text", "嗯", 2, "7000000000000000003"]]})  # fmt: skip
    found = read(data)
    assert found.column("native_id") == [None, "7000000000000000003"]
    assert [(n.code, n.where, n.detail) for n in found.notices] == [("rounded_id", "x.txt:2", "1")]


def test_shared_strings_may_be_rich_and_phonetic() -> None:
    strings = "".join(f"<si><t>{name}</t></si>" for name in QCE)
    strings += f"<si><t>{AT}</t></si><si><t>青砖</t></si><si><t>text</t></si>"
    strings += '<si><r><t>一半</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 粗体</t></r><rPh sb="0" eb="1"><t>イ</t></rPh></si>'
    strings += "<si><t>行一_x000D_\n行二</t></si>"
    head = '<row r="1">' + "".join(f'<c r="{"ABCDEF"[i]}1" t="s"><v>{i}</v></c>' for i in range(6)) + "</row>"

    def line(n: int, shared: int) -> str:
        return (
            f'<row r="{n}"><c r="B{n}" t="s"><v>6</v></c><c r="C{n}" t="s"><v>7</v></c><c r="D{n}"><v>10086001</v></c>'
            f'<c r="E{n}" t="s"><v>8</v></c><c r="F{n}" t="s"><v>{shared}</v></c></row>'
        )

    found = read(by_hand(head + line(2, 9) + line(3, 10), strings))
    assert texts(found) == ["一半 粗体", "行一\n行二"]
    assert found.column("origin_record") == [2, 3]


def test_what_a_formula_left_of_a_text_stays() -> None:
    broken = cells([AT, "青砖", "10086001", "text"], 2, "B").replace(
        "</row>", '<c r="F2" t="e"><v>#NAME?</v></c></row>'
    )
    assert texts(read(by_hand(HEAD + broken))) == ["#NAME?"]


def test_dates_of_old_macs_count_from_1904() -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    line = cells(["青砖", "10086001", "text", "好"], 2, "C").replace(
        '<row r="2">', '<row r="2"><c r="B2" s="1"><v>44619.384259259</v></c>'
    )
    found = read(by_hand(HEAD + line, styles=styles, book='<workbookPr date1904="1"/>'))
    assert found.local_times == ["2026-02-28 09:13:20"]


def test_rows_and_cells_may_lack_their_places() -> None:
    grid = cells(QCE) + "".join(cells([str(i), AT, "青砖", "10086001", "text", f"第{i}句"]) for i in range(5))
    data = by_hand(grid)
    assert texts(read(data)) == [f"第{i}句" for i in range(5)]
    made = source(data)
    tables, seen = all_tables(made, QCE)
    for size in (200, 700):
        got = [n for rows in sheet_rows(made, tables[0], seen, size) for n in rows.numbers]
        assert got == [2, 3, 4, 5, 6]


def test_a_prefix_before_every_tag_is_read_like_none() -> None:
    plain = by_hand(HEAD + cells(["1", AT, "青砖", "10086001", "text", "好"], 2))
    parts = parts_of(plain)
    sheet = parts["xl/worksheets/Sheet1.xml"].decode().replace("xmlns=", "xmlns:x=")
    for tag in ("worksheet", "sheetData", "row", "c", "is", "t"):
        sheet = (
            sheet.replace(f"<{tag} ", f"<x:{tag} ")
            .replace(f"<{tag}>", f"<x:{tag}>")
            .replace(f"</{tag}>", f"</x:{tag}>")
        )
    assert texts(read(packed({**parts, "xl/worksheets/Sheet1.xml": sheet}))) == ["好"]


def test_a_text_at_the_limit_of_a_cell_was_longer() -> None:
    found = read(qce(row("长" * 32_767), row("短", n=2)))
    assert [(n.code, n.where, n.detail) for n in found.notices] == [("full_cell", "x.txt:2", "1")]


# --- tables ------------------------------------------------------------------------------------


def test_a_copy_saved_again_reads_the_same() -> None:
    grid: Grid = [QCE, row("=1+1 也算"), row("[图片: a.jpg]", n=2), row("好\n的", "2026-03-01 09:14:00", 3)]
    plain, again = read(workbook({"聊天记录": grid})), read(resaved({"聊天记录": grid}))
    for column in ("sent_at", "sender_id", "sender_name", "kind", "text"):
        assert plain.column(column) == again.column(column)
    assert again.column("origin_record") == [3, 4, 5]


def test_columns_are_found_by_their_names_and_more_do_not_matter() -> None:
    head = ["我的备注", *reversed(QCE), "标签"]
    found = read(workbook({"x": [head, ["", *reversed(row("好")), "重要"]]}))
    assert texts(found) == ["好"] and found.column("sender_id") == ["10086001"]


def test_all_sheets_with_the_head_are_read_and_heads_that_repeat_are_headers() -> None:
    data = workbook(
        {"一月": [QCE, row("一"), QCE, row("二", n=2)], "二月": [QCE, row("三")], "统计": [["a"], [1]]}
    )
    found = read(data)
    assert texts(found) == ["一", "二", "三"]
    assert found.segments == [0, 0, 1]
    assert found.headers == 4  # three heads and the sheet with figures
    assert not found.problems


def test_rows_without_a_time_are_problems_at_their_row() -> None:
    found = read(qce(row("好"), row("坏", "昨天", 2), row("好", n=3)))
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:3")]
    assert len(found.rows) == 2


def test_lost_seconds_are_said() -> None:
    found = read(qce(row("好", "2026/3/1 9:13"), row("好", n=2)))
    assert [n.code for n in found.notices] == ["seconds_lost"]


def test_a_table_without_rows_is_said() -> None:
    assert read(qce()).codes == ["no_records"]


@pytest.mark.parametrize(
    ("uin", "id_", "kind"),
    [("80000000", "anon:80000000", "text"), ("10000", None, "recall"), ("u_a", "uid:u_a", "text")],
)
def test_numbers_of_nobody_in_qce(uin: str, id_: str | None, kind: str) -> None:
    line = row("小禾撤回了一条消息")
    line[3] = uin
    (found,) = read(qce(line), "qce-xlsx").rows
    assert (found["sender_id"], found["kind"]) == (id_, kind)


def test_midnight_as_some_versions_write_it() -> None:
    assert read(qce(row("好", "2026-01-01 24:00:30")), "qce-xlsx").local_times == ["2026-01-01 00:00:30"]


def test_nothing_but_pictures_is_a_picture() -> None:
    found = read(qce(row("[图片: a.jpg][图片: b.jpg]"), row("看[图片: a.jpg]")), "qce-xlsx").rows
    assert [(one["kind"], one["text"]) for one in found] == [
        ("image", "[图片: a.jpg][图片: b.jpg]"),
        ("text", "看"),
    ]


def test_times_in_utc_are_told_by_their_z() -> None:
    assert read(qce(row("好", "2026-03-01T01:13:20Z"))).local_times == [AT]


def test_weflow_and_echotrace_are_told_apart() -> None:
    full = "序号 时间 发送者昵称 发送者微信ID 发送者备注 发送者身份 消息类型 内容".split()  # noqa: SIM905
    said = [1, AT, "北北", "wxid_aaaa0001", "", "阿北", "文本消息", "好"]
    above: Grid = [["会话信息"], ["微信ID", "wxid_aaaa0001", "昵称", "北北"]]
    tool = ["导出工具", "WeFlow", "导出版本", "0.0.2"]
    found = {
        "echotrace-xlsx": workbook({"a": [*above, full, said]}),
        "weflow-xlsx": workbook({"a": [*above, tool, full, said]}),
    }
    for id_, data in found.items():
        assert identify(source(data)).format.id == id_
        assert read(data).column("sender_id") == ["wxid_aaaa0001"]


def test_members_of_memotrace_give_senders_their_ids() -> None:
    head = ["消息ID", "类型", "发送人", "时间", "内容", "备注", "昵称", "更多信息"]
    people = [
        ["wxid_a", "", "", "阿北", "北"],
        ["wxid_b", "", "", "同名", ""],
        ["wxid_c", "", "", "同名", ""],
        ["wxid_d", "", "", "", "默默"],
    ]
    rows = [
        [str(7 * 10**18 + i), "文本", who, AT, "好", who, who, "more"]
        for i, who in enumerate(("阿北", "同名", "默默"))
    ]
    data = workbook(
        {"聊天记录": [head, *rows], "成员信息": [["wxid", "微信号", "类型", "群昵称", "昵称"], *people]}
    )
    found = read(data, name="周末(1234567@chatroom).xlsx")
    assert found.column("sender_id") == ["wxid_a", "name:同名", "wxid_d"]
    assert set(found.members) == {"wxid_a", "wxid_b", "wxid_c", "wxid_d"}
    assert {m.group_id for m in found.members.values()} == {"1234567@chatroom"}
    assert found.member_records == 4


# --- pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [300, 1_000, 5_000, 100_000])
def test_where_a_sheet_is_cut_changes_nothing(size: int) -> None:
    data = qce(*(row(f'第{i}句 <row r="9999999"> & "引号"', n=i) for i in range(1, 61)))
    made = source(data)
    tables, seen = all_tables(made, QCE)
    blocks = list(sheet_rows(made, tables[0], seen, size))
    assert [n for rows in blocks for n in rows.numbers] == list(range(2, 62))
    assert [t for rows in blocks for t in rows.columns["消息内容"]] == [
        f'第{i}句 <row r="9999999"> & "引号"' for i in range(1, 61)
    ]
    assert not [p for rows in blocks for p in rows.problems]


def test_a_row_that_cannot_be_read_costs_itself() -> None:
    lines = [cells([str(n), AT, "青砖", "10086001", "text", f"第{n}句"], n) for n in range(2, 42)]
    lines[20] = '<row r="22"><c r="F22" t="s"><v>77</v></c></row>'
    found = read(by_hand(HEAD + "".join(lines)))
    assert texts(found) == [f"第{n}句" for n in range(2, 42) if n != 22]
    assert [(p.code, p.where) for p in found.problems] == [("unreadable", "x.txt:22")]


def test_a_sheet_that_breaks_off_keeps_its_whole_rows() -> None:
    sheet = (
        f'<worksheet><sheetData>{HEAD}{cells(["1", AT, "青砖", "1", "text", "好"], 2)}<row r="3"><c r="A3"'
    )
    got = []
    with pytest.raises(ValueError, match="breaks off"):
        for xml, _ in pieces(io.BytesIO(sheet.encode()), "x", 100_000):
            got.append(xml)
    assert b"</row></sheetData>" in got[0] and b'r="A3"' not in got[0]


# --- hostile and foreign -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "far",
    [
        '<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>',
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="3"><c s="0" r="ZZZ9999999"><v>1</v></c></row>',
        "<row r='3'><c r='ABCDEFG3'><v>1</v></c></row>",
        '<row r="99999999999999999999"/><row><c><v>1</v></c></row>',
    ],
)
def test_cells_strewn_over_more_room_than_memory_are_refused_or_said(far: str) -> None:
    began = time.monotonic()
    data = by_hand(HEAD + cells(["1", AT, "青砖", "10086001", "text", "好"], 2) + far)
    try:
        found = read(data)
        assert found.problems
    except InputError as error:
        assert error.code == "workbook_too_large"
    assert time.monotonic() - began < 5


def test_far_cells_that_are_only_coloured_take_no_room() -> None:
    line = cells(["1", AT, "青砖", "10086001", "text", "好"], 2).replace(
        "</row>", '<c r="XFD2" s="1"/></row>'
    )
    blank = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(3, 3000))
    assert texts(read(by_hand(HEAD + line + blank))) == ["好"]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    sheet = f"<worksheet {NS}><sheetData>{HEAD}".encode() + b" " * (300 << 20)
    base = by_hand(HEAD)
    parts = parts_of(base)
    with pytest.raises(InputError) as refused:
        read(packed({**parts, "xl/worksheets/Sheet1.xml": sheet}))
    assert refused.value.code == "workbook_too_large"


def test_a_count_in_the_file_makes_no_room() -> None:
    strings = "".join(f"<si><t>{name}</t></si>" for name in QCE)
    parts = parts_of(by_hand(HEAD + cells(["1", AT, "青砖", "10086001", "text", "好"], 2), strings))
    shared = bytes(parts["xl/sharedStrings.xml"]).replace(
        b"<sst", b"<sst count='9' uniqueCount=\"18446744073709551615\""
    )  # type: ignore[arg-type]
    assert texts(read(packed({**parts, "xl/sharedStrings.xml": shared}))) == ["好"]


def test_entities_are_not_resolved() -> None:
    lol = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    base = by_hand(HEAD)
    parts = parts_of(base)
    sheet = f"{lol}<worksheet {NS}><sheetData>{cells(['&b;'], 1)}</sheetData></worksheet>"
    with pytest.raises(InputError) as refused:
        identify(source(packed({**parts, "xl/worksheets/Sheet1.xml": sheet})))
    assert refused.value.code == "zip_damaged"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (workbook({"账目": [["日期", "金额"], ["2026-03-01", 5]]}), "unknown_workbook"),
        (packed({"[Content_Types].xml": "<x/>", "xl/workbook.bin": b"\x83\x01"}), "old_workbook"),
        (by_hand(HEAD)[:-30], "zip_damaged"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "workbook_locked",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le") + bytes(600),
            "old_workbook",
        ),
        (
            b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table><tr><td>1</td></tr></table></html>',
            "old_workbook",
        ),
    ],
)
def test_other_workbooks_get_their_own_advice(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        identify(source(data))
    assert refused.value.code == code


def test_a_workbook_is_not_read_as_something_else() -> None:
    with pytest.raises(InputError) as refused:
        identify(source(qce(row("好"))), "qq-pc-txt")
    assert refused.value.code == "unknown_workbook"


def test_what_is_no_workbook_is_not_called_one() -> None:
    with pytest.raises(InputError) as refused:
        read(b"{}", "qce-xlsx")
    assert refused.value.code == "not_that_format"


def test_a_workbook_in_a_zip_is_read(tmp_path: Path) -> None:
    path = tmp_path / "导出.zip"
    path.write_bytes(packed({"a/messages.xlsx": qce(row("好")), "a/meta.json": "{}"}, zipfile.ZIP_STORED))
    reading = merged(ReadRequest([str(path)], SHANGHAI))
    assert [(s.format, s.records.messages) for s in reading.sources] == [("qce-xlsx", 1)]
    reading.log.close()


def test_a_look_at_a_large_workbook_is_short(tmp_path: Path) -> None:
    lines = "".join(cells([str(n), AT, "青砖", "10086001", "text", "好" * 20], n) for n in range(2, 60_000))
    path = tmp_path / "x.xlsx"
    path.write_bytes(by_hand(HEAD + lines))
    began = time.monotonic()
    assert identify(file_source(path)).format.id == "qce-xlsx"
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    "info",
    [
        [["会话", "青砖书屋"], ["会话 ID", "1234567@chatroom"], ["账号", "wxid_me"]],
        [["会话", "青砖书屋 (1234567@chatroom)"], ["账号", "wxid_me"]],
        [["会话名称", "会话 ID", "账号"], ["青砖书屋", "1234567@chatroom", "wxid_me"]],
        [["项目", "值"], ["会话名称", "青砖书屋"], ["用户名", "1234567@chatroom"]],
    ],
)
def test_wda_says_which_chat_it_is_in_a_sheet_of_its_own(info: Grid) -> None:
    head = ["序号", "时间", "发送者", "消息类型", "内容", "本地 ID", "服务 ID"]
    found = read(workbook({"会话信息": info, "消息": [head, [1, AT, "甲", "text", "好", 1, "7"]]}))
    (group,) = found.groups.values()
    assert (group.group_id, group.group_name, group.chat_kind) == ("1234567@chatroom", "青砖书屋", "group")


def test_a_chat_without_a_nickname_goes_by_its_remark() -> None:
    head = ["序号", "时间", "发送者身份", "消息类型", "内容"]
    above: Grid = [["会话信息"], ["微信ID", "wxid_a", "昵称", "", "备注", "阿北"], ["导出工具", "WeFlow"]]
    (group,) = read(workbook({"a": [*above, head, [1, AT, "阿北", "文本消息", "好"]]})).groups.values()
    assert (group.group_id, group.group_name, group.chat_kind) == ("wxid_a", "阿北", "private")
