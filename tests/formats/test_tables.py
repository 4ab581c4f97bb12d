"""CSV exports of WeChat tools: cutting rows, spreadsheet damage, and what each tool's columns mean."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import date

import pytest
from raw import SHANGHAI, Read, format_of, read, source
from writers.tables import (
    CHATLOG_HEAD,
    MEMOTRACE2_HEAD,
    MEMOTRACE3_HEAD,
    PYWXDUMP_HEAD,
    PYWXDUMP_OLD_HEAD,
    WECLONE_HEAD,
    table,
)  # fmt: skip

from cq.errors import InputError
from cq.formats import ReadOptions, file_source, identify
from cq.formats._chatlog_content import chatlog_content, who
from cq.formats._memotrace_content import memotrace_content
from cq.formats._pywxdump_content import pywxdump_content
from cq.formats._table import Rows, csv_rows, head_of
from cq.model import Kind

ROOM = "20000000002@chatroom"


def rows_of(data: str | bytes, block: int | None = None) -> Rows:
    """All pieces of a table as one."""
    made = source(data.encode() if isinstance(data, str) else data, block=block)
    pieces = list(csv_rows(made))
    names = pieces[0].columns
    return Rows(
        [n for p in pieces for n in p.numbers],
        {name: [cell for p in pieces for cell in p.columns[name]] for name in names},
        [problem for p in pieces for problem in p.problems],
        sum(p.headers for p in pieces),
    )


# --- cutting -----------------------------------------------------------------------------------


def test_rows_are_numbered_by_the_line_where_they_begin() -> None:
    found = rows_of('a,b\n1,"x\ny\r\nz\r"\n\n2,"""q"", r"\n3,s\n')
    assert found.columns == {"a": ["1", "2", "3"], "b": ["x\ny\r\nz\r", '"q", r', "s"]}
    assert list(found.numbers) == [2, 6, 7]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_line_end_and_separator(end: str, delimiter: str) -> None:
    found = rows_of(end.join(["甲,乙", '1,"x,y"', "2,z", ""]).replace(",", delimiter))
    assert found.columns["甲"] == ["1", "2"]
    assert found.columns["乙"] == [f"x{delimiter}y", "z"]


def test_every_block_size_gives_the_same_rows() -> None:
    data = "a,b\n" + "".join(f'{i},"第{i}\n句 ""x"""\n' if i % 3 else f"{i},短\n" for i in range(60))
    data = data.replace("30,短", '30,"丢').replace("33,短", "33")
    wanted = rows_of(data)
    for block in (16, 17, 64, 333):
        assert rows_of(data, block) == wanted
    assert len(wanted.numbers) == 58
    assert [p.code for p in wanted.problems] == ["bad_csv"] * 2


def test_a_lost_quote_costs_one_row_wherever_it_is() -> None:
    lines = [f'{i},"句 {i}",x' for i in range(2000)]
    for at in (0, 1000, 1999):
        broken = list(lines)
        broken[at] = f'{at},"句 {at},x'
        found = rows_of("a,b,c\n" + "\n".join(broken) + "\n")
        assert len(found.numbers) == 1999
        assert [p.where for p in found.problems] == [f"x.txt:{at + 2}"]


def test_a_record_that_breaks_off_is_one_problem() -> None:
    found = rows_of('a,b\n1,x\n2,"eins\nzwei\ndrei')
    assert found.columns["a"] == ["1"]
    assert [(p.code, p.where) for p in found.problems] == [("truncated", "x.txt:3")]


def test_a_row_of_the_wrong_width_is_reported_and_never_shifted() -> None:
    found = rows_of("a,b\n1,2,3\n4\n,\n5,6\n")
    assert found.columns == {"a": ["5"], "b": ["6"]}
    assert [p.where for p in found.problems] == ["x.txt:2", "x.txt:3"]


def test_heads_of_joined_files_are_heads() -> None:
    found = rows_of("a,b\n1,2\n\ufeffa,b\n3,4\n")
    assert found.columns["a"] == ["1", "3"]
    assert found.headers == 2


def test_quotes_without_end_do_not_cost_time() -> None:
    for line in ('x",""",""\n', '"\n', 'x,"""\n', '"a""\n'):
        began = time.process_time()
        list(csv_rows(source(b"a,b\n" + line.encode() * 100_000)))
        assert time.process_time() - began < 15


def test_heads_that_a_spreadsheet_has_saved_are_known() -> None:
    head = ",".join(PYWXDUMP_HEAD)
    for saved in (
        f"{head}\n",
        f"\ufeff{head},,\r\n",
        head.replace(",", ";") + "\n",
        head.replace(",", "\t") + "\r\n",
        '"' + head.replace(",", '","') + '"\n',
        '"' + head.replace(",", '"\t"') + '"\n',
    ):
        assert head_of(source(saved.encode()).peek) == PYWXDUMP_HEAD
        assert identify(source(saved.encode())).format.id == "pywxdump-csv"
    assert identify(source(head.replace(",", "\t").encode("utf-16"))).format.id == "pywxdump-csv"


# --- spreadsheets ------------------------------------------------------------------------------


def dumped(*rows: tuple[object, ...]) -> bytes:
    """PyWxDump's table: id, type, own, talker, message, time."""
    full = [
        [i + 1, id_, word, own, talker, ROOM, text, "", at]
        for i, (id_, word, own, talker, text, at) in enumerate(rows)
    ]
    return table(PYWXDUMP_HEAD, full)


def test_ids_that_a_spreadsheet_has_rounded_are_dropped() -> None:
    at = "2024-03-01 20:00:05"
    for spoilt in ("7.43727E+18", "7.4E+18"):
        found = read(
            dumped(
                (spoilt, "文本", 0, "wxid_a00001", "好", at),
                ("7100000000000007919", "文本", 0, "wxid_a00001", "早", at),
            )
        )
        assert found.column("native_id") == [None, "7100000000000007919"]
        assert [(n.code, n.where, n.detail) for n in found.notices] == [("rounded_id", "x.txt:2", "1")]
    zeros = [(f"71000000000{i:04}0000", "文本", 0, "wxid_a00001", "好", at) for i in range(3)]
    found = read(dumped(*zeros))
    assert found.column("native_id") == [None] * 3
    assert [n.code for n in found.notices] == ["rounded_id"]


def test_times_that_lost_their_seconds_are_counted() -> None:
    rows = [
        ("1", "文本", 0, "wxid_a00001", "好", at)
        for at in ("2024/3/1 9:04", "2024/3/1 9:04:05", "2024-03-01 09:05:00")
    ]
    found = read(dumped(*rows))
    assert found.local_times == ["2024-03-01 09:04:00", "2024-03-01 09:04:05", "2024-03-01 09:05:00"]
    assert [(n.code, n.detail) for n in found.notices] == [("seconds_lost", "1")]


def test_texts_that_were_taken_for_formulas_are_counted() -> None:
    rows = [
        ("1", "文本", 0, "wxid_a00001", text, "2024-03-01 09:00:00") for text in ("#NAME?", "好", "x" * 32767)
    ]
    found = read(dumped(*rows))
    assert found.column("text")[:2] == [None, "好"]
    assert {n.code for n in found.notices} == {"formula_lost", "cell_cut"}


def test_a_bad_time_is_a_problem_of_its_row() -> None:
    found = read(
        dumped(
            ("1", "文本", 0, "wxid_a00001", "a", "#####"),
            ("2", "文本", 0, "wxid_a00001", "b", "2024-03-01 09:00:00"),
        )
    )
    assert found.column("text") == ["b"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:2")]


def test_a_table_without_rows_says_so() -> None:
    found = read(table(PYWXDUMP_HEAD, []))
    assert (found.headers, found.rows, found.codes) == (1, [], ["no_records"])


def test_a_wrong_table_is_refused_with_the_column_that_is_missing() -> None:
    with pytest.raises(InputError) as refused:
        read(table(CHATLOG_HEAD, []), "pywxdump-csv")
    assert refused.value.code == "column_missing"
    with pytest.raises(InputError) as refused:
        read("talker,type,text\n阿北,text,早\n".encode())
    assert refused.value.code == "table_without_times"


# --- chatlog -----------------------------------------------------------------------------------


def chatlog(*rows: tuple[str, str, str, str]) -> Read:
    full = [[at, name, sender, "读书会", ROOM, text] for at, name, sender, text in rows]
    return read(table(CHATLOG_HEAD, full, "\n"))


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("![图片](http://127.0.0.1:5030/image/a,b/c(1).dat)", Kind.IMAGE, "[图片]"),
        ("[动画表情]", Kind.STICKER, "[动画表情]"),
        ("[语音](http://127.0.0.1:5030/voice/1)", Kind.VOICE, "[语音]"),
        ("[链接|a](b) [c]](https://example.org/x(1)?y=2)", Kind.LINK, "a](b) [c]"),
        ("[文件|a b.xlsx](http://127.0.0.1:5030/file/0)", Kind.FILE, "a b.xlsx"),
        ("[合并转发|群聊的聊天记录]\n  甲 2026-01-01 00:00:00\n  [链接|x](y)\n", Kind.FORWARD, "群聊的聊天记录"),
        ("[笔记|买菜\n\n两斤]", Kind.LINK, "买菜\n\n两斤"),
        ("[笔记|买菜]\n  甲 2026-01-01 00:00:00\n  两斤", Kind.LINK, "买菜"),
        ("[位置||广州市|1|2]", Kind.LOCATION, "广州市"),
        ("[转账|发送 ￥5.00]给[猫]买粮", Kind.TRANSFER, "发送 ￥5.00 给[猫]买粮"),
        ("[群公告|@所有人\n明天]", Kind.ANNOUNCEMENT, "@所有人\n明天"),
        ("Type: 42 Content: <msg username=<...>", Kind.CONTACT_CARD, None),
        ("Type: 9999 Content: 看不懂", Kind.OTHER, "看不懂"),
        ("<msg><img aeskey='0'/></msg>", Kind.IMAGE, "[图片]"),
    ],
)  # fmt: skip
def test_what_chatlog_renders(text: str, kind: Kind, shown: str | None) -> None:
    content = chatlog_content(text)
    assert content is not None
    assert (content.kind, content.text) == (kind, shown)


@pytest.mark.parametrize(
    "text", ["[图片]", "[文件|a] 看看这个", "> 只是一句", "[链接|没写完", "!", "[", "Type: x", "<3"]
)
def test_what_people_type_stays_text(text: str) -> None:
    assert chatlog_content(text) is None


def test_a_system_record_that_chatlog_cannot_render_is_an_event() -> None:
    raw = '<sysmsg type="revokemsg"><revokemsg><replacemsg>"甲" 撤回了一条消息</replacemsg></revokemsg></sysmsg>'
    for rest, sentence in ((raw, '"甲" 撤回了一条消息'), ("<...>", None)):
        content = chatlog_content(f"Type: 10002 Content: {rest}")
        assert content is not None and content.event is not None
        assert content.text == sentence


def test_a_person_of_chatlog() -> None:
    assert who("西西 (夜骑)(wxid_b)") == ("wxid_b", "西西 (夜骑)")
    assert who("西西(我)") == ("self", "西西")
    assert who("我") == ("self", None)
    assert who("wxid_b") == ("wxid_b", None)


def test_a_quotation_of_last_year_is_found() -> None:
    found = chatlog(
        (
            "2026-01-01 00:01:00",
            "青柠",
            "wxid_q00001",
            "> 小满(wxid_x00001) 12-31 23:59:30\n> > 旧的(a) 12-30 00:00:00\n> > 引用\n> 新年\n好\n\n行",
        ),
    )
    [row] = found.rows
    assert row["text"] == "好\n\n行"
    assert row["reply_quote"] == "新年"
    assert row["reply_to"] == "at:1767196770000:wxid_x00001"


def test_names_in_system_sentences_are_ids_where_the_export_knows_them() -> None:
    found = chatlog(
        ("2026-03-01 20:00:00", "阿禾", "ahe_2020", "早"),
        (
            "2026-03-01 20:06:00",
            "",
            "系统消息",
            '"阿禾(ahe_2020)"邀请"默默(wxid_cccc0003)、小禾(room12)"加入了群聊',
        ),
    )
    assert found.rows[1]["event_actor"] == "ahe_2020"
    assert found.rows[1]["event_target"] == ["wxid_cccc0003", "room12"]
    assert found.rows[1]["sender_id"] is None
    [alone] = chatlog(("2026-03-01 20:06:00", "", "系统消息", '"小禾(room12)" 撤回了一条消息')).rows
    assert alone["event_actor"] == "name:小禾(room12)"


def test_several_chats_in_one_answer() -> None:
    data = table(CHATLOG_HEAD, [
        ["2026-03-01 20:00:00", "甲", "wxid_a00001", "群", ROOM, "一"],
        ["2026-03-01 20:00:01", "乙", "wxid_b00001", "", "wxid_b00001", "二"],
        ["2026-03-01 20:00:02", "甲", "wxid_a00001", "群", ROOM, "三"],
    ])  # fmt: skip
    found = read(data)
    assert {g.group_id: g.chat_kind for g in found.groups.values()} == {
        ROOM: "group",
        "wxid_b00001": "private",
    }
    assert sorted(row["origin_record"] for row in found.rows) == [2, 3, 4]


# --- PyWxDump ----------------------------------------------------------------------------------


def test_a_reply_of_pywxdump_names_time_and_author() -> None:
    content = pywxdump_content(
        "引用回复", "好\n\n[引用](2024-02-01 09:00:00)阿北 9:30:早\n\n[引用](x)甲:旧", None, {"阿北 9:30"}
    )
    assert content is not None
    assert content.text == "好"
    assert content.reply_to == "at:2024-02-01 09:00:00:name:阿北 9:30"
    assert content.reply_quote == "早\n\n[引用](x)甲:旧"


def test_cards_and_files_of_pywxdump() -> None:
    card = pywxdump_content(
        "(分享)卡片式链接",
        '标题\n描述\n\n<a href="https://example.org/?a=1&b=2" target="_blank">点击查看详情</a>',
        "",
    )
    assert card is not None
    assert (card.kind, card.text, card.card_title, card.url) == (
        Kind.LINK,
        "标题",
        "标题",
        "https://example.org/?a=1&b=2",
    )
    file = pywxdump_content("文件", "文件", "FileStorage\\File\\a.xlsx")
    assert file is not None
    assert (file.kind, file.card_title) == (Kind.FILE, "a.xlsx")
    raw = pywxdump_content(
        "未知",
        '<?xml version="1.0"?><msg><appmsg><title>课</title><type>5</type><url>u</url></appmsg></msg>',
        "",
    )
    assert raw is not None
    assert (raw.kind, raw.text) == (Kind.LINK, "课")


def test_a_title_may_stand_in_the_link_of_pywxdump() -> None:
    card = pywxdump_content(
        "(分享)卡片式链接", '<a href="https://example.org/?a=1&amp;b=2">十条建议</a>\n描述', ""
    )
    assert card is not None
    assert (card.text, card.card_title, card.url) == (
        "十条建议",
        "十条建议",
        "https://example.org/?a=1&b=2",
    )


def test_people_of_pywxdump_are_known_by_nickname_and_by_remark(tmp_path) -> None:  # type: ignore[no-untyped-def]
    user = {"wxid": "wxid_oak00001", "nickname": "老橡: 二号", "remark": "橡树叔"}
    (tmp_path / "users.json").write_text(json.dumps({"wxid_oak00001": user}), encoding="utf-8")
    path = tmp_path / "x.csv"
    path.write_bytes(dumped(
        ("1", "文本", 0, "wxid_oak00001", "早", "2024-02-01 09:00:00"),
        ("2", "引用回复", 0, "wxid_b00001", "好\n\n[引用](2024-02-01 09:00:00)老橡: 二号:早", "2024-02-01 09:00:05"),
        ("3", "拍一拍", 0, "系统", '"老橡: 二号" 拍了拍 "橡树叔"', "2024-02-01 09:00:09"),
    ))  # fmt: skip
    rows = [
        row
        for batch in format_of("pywxdump-csv").read(file_source(path), ReadOptions(SHANGHAI))
        if batch.messages is not None
        for row in batch.messages.to_pylist()
    ]
    assert rows[0]["sender_name"] == "橡树叔"
    assert (rows[1]["reply_to"], rows[1]["reply_quote"]) == ("at:1706749200000:wxid_oak00001", "早")
    assert (rows[2]["event_actor"], rows[2]["event_target"]) == ("wxid_oak00001", ["wxid_oak00001"])


def test_nobody_and_the_owner_of_pywxdump() -> None:
    at = "2024-02-01 09:00:00"
    found = read(dumped(
        ("1", "文本", 0, "未知", "a", at), ("2", "文本", 1, "我", "b", at), ("3", "文本", 1, "wxid_me00001", "c", at),
        ("4", "系统通知", 0, "系统", '"甲"邀请你加入了群聊', at),
    ))  # fmt: skip
    assert found.column("sender_id") == [None, "wxid_me00001", "wxid_me00001", None]
    assert found.column("is_self") == [False, True, True, None]
    assert found.rows[3]["event"] == "join"


def test_the_old_content_is_json_or_else_the_text() -> None:
    contents = [
        json.dumps({"src": "", "msg": "早\n安"}, ensure_ascii=False),
        '{"src": "", "ms',
        "[]",
        '{"msg": 5}',
    ]
    rows = [
        [i, i + 1, "文本", 0, "wxid_a00001", ROOM, c, "2024-02-01 09:00:00"] for i, c in enumerate(contents)
    ]
    assert read(table(PYWXDUMP_OLD_HEAD, rows)).column("text") == ["早\n安", '{"src": "", "ms', "[]", "5"]


def test_damaged_users_cost_names_only(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.csv"
    path.write_bytes(dumped(("1", "文本", 0, "wxid_a00001", "好", "2024-02-01 09:00:00")))
    (tmp_path / "users.json").write_bytes(b'{"wxid_a00001": {"nickname": "\xe7')
    fmt = format_of("pywxdump-csv")
    batches = list(fmt.read(file_source(path), ReadOptions(SHANGHAI)))
    assert sum(b.messages.num_rows for b in batches if b.messages is not None) == 1
    assert not [p for b in batches for p in b.problems]
    assert fmt.parts is not None
    assert [part.name for part in fmt.parts(file_source(path))] == ["users.json"]


# --- MemoTrace ---------------------------------------------------------------------------------


def test_a_quotation_of_memotrace() -> None:
    content = memotrace_content("引用消息", "好\n走\n引用：Λin 9:30: 早上: 见\n引用：旧: x")
    assert content is not None
    assert (content.text, content.reply_quote) == ("好\n走", "早上: 见\n引用：旧: x")
    picture = memotrace_content("引用消息", "好\n引用：甲: 【图片】")
    assert picture is not None
    assert picture.reply_quote == "[图片]"


def test_a_quoted_name_may_hold_colons_if_somebody_bears_it() -> None:
    text = "嗯\n引用：老王: 财务: 明天: 见"
    known = memotrace_content("引用消息", text, {"老王", "老王: 财务"})
    unknown = memotrace_content("引用消息", text)
    assert known is not None and unknown is not None
    assert (known.reply_quote, unknown.reply_quote) == ("明天: 见", "财务: 明天: 见")


@pytest.mark.parametrize(
    ("dump", "kind", "text"),
    [
        (
            "373662154801\n{'msg': {'appmsg': {'title': '群公告', 'textannouncement': '明天'}}}",
            Kind.ANNOUNCEMENT,
            "明天",
        ),
        (
            "227633266737\n{'msg': {'appmsg': {'title': \"it's #接龙\\n1. 甲\"}}}",
            Kind.TEXT,
            "it's #接龙\n1. 甲",
        ),
        ("34359738417\n{'msg': {}}", Kind.STICKER, None),
        ("34359738417\n{'title': '\\x4'}", Kind.STICKER, None),
    ],
)
def test_types_that_memotrace_does_not_know(dump: str, kind: Kind, text: str | None) -> None:
    content = memotrace_content("未知类型", dump)
    assert content is not None
    assert (content.kind, content.text) == (kind, text)


def test_system_rows_of_memotrace_3_have_no_sender_and_mostly_no_sentence() -> None:
    head = [["1", "系统消息", "", "2026-02-01 06:53:50", "", "", "", "more"],
            ["2", "系统消息", "甲", "2026-02-01 06:53:50", '"甲" 撤回了一条消息', "", "", "more"]]  # fmt: skip
    found = read(table(MEMOTRACE3_HEAD, head, bom=True))
    assert found.column("event") == ["other", "recall"]
    assert found.column("sender_id") == [None, None]


def test_the_folder_of_memotrace_3_says_the_group() -> None:
    row = ["1", "文本", "甲", "2026-02-01 06:53:50", "早", "甲", "甲", "more"]
    found = read(table(MEMOTRACE3_HEAD, [row]), name="聊天记录/骑行(10000000001@chatroom)/骑行.csv")
    assert [(g.group_id, g.group_name) for g in found.groups.values()] == [("10000000001@chatroom", "骑行")]


def memotrace2(*rows: tuple[object, ...]) -> Read:
    """Type, sub-type, own, epoch, text, sender."""
    full = [
        [i, 1, type_, sub, own, at, 2, text, "2024-02-01 09:00:00", "", "名", who_]
        for i, (type_, sub, own, at, text, who_) in enumerate(rows, 1)
    ]
    return read(table(MEMOTRACE2_HEAD, full, bom=True))


def test_stale_ids_of_system_rows_are_dropped() -> None:
    found = memotrace2(
        (10000, 0, 0, 1706749200, "你撤回了一条消息", "wxid_a00001"), (10000, 4, 0, 1706749200, "", "wxid_a00001"),
        (10000, 57, 0, 1706749200, "撤回了一条消息", "wxid_a00001"), (10002, 0, 0, 1706749200, "x", "wxid_a00001"),
    )  # fmt: skip
    assert found.column("sender_id") == [None] * 4
    assert found.column("event_actor") == ["self", None, None, None]
    assert found.column("event") == ["recall", "poke", "recall", "other"]


def test_raw_records_of_memotrace_2_show_no_xml() -> None:
    found = memotrace2(
        (50, 0, 0, 1706749200, "<voipinvitemsg><roomid>1</roomid></voipinvitemsg>", "wxid_a00001"),
        (66, 0, 0, 1706749200, '<msg nickname="张三" scene="1"/>', "wxid_a00001"),
        (37, 0, 0, 1706749200, '<msg fromnickname="x" content="我是x"/>', "wxid_a00001"),
    )
    assert found.column("kind") == ["call", "contact_card", "system"]
    assert found.column("text") == ["[通话]", "张三", None]


def test_what_memotrace_2_stores() -> None:
    found = memotrace2(
        (1, 0, 0, 1706749200, "wxid_a00001:\n早", "wxid_a00001"), (1, 0, 0, 1706749200, "Q:\n早", "wxid_a00001"),
        (49, 57, 0, 1706749200, "", "wxid_a00001"), (49, 2001, 0, 1706749200, "", "wxid_a00001"),
        (34, 0, 0, 1706749200, "<msg><voicemsg/></msg>", "wxid_a00001"), (777, 0, 0, 1706749200, "", "wxid_a00001"),
    )  # fmt: skip
    assert found.column("text")[:2] == ["早", "Q:\n早"]
    assert found.column("kind") == ["text", "text", "text", "red_packet", "voice", "other"]


def test_the_local_time_stands_in_for_a_spoilt_epoch() -> None:
    found = memotrace2((1, 0, 0, "1.7E+09x", "早", "wxid_a00001"))
    assert found.local_times == ["2024-02-01 09:00:00"]


def test_empty_cells_at_the_end_may_be_missing() -> None:
    data = table(
        MEMOTRACE2_HEAD, [[1, 1, 10000, 0, 0, 1706749200, 4, "你撤回了一条消息", "2024-02-01 09:00:00"]]
    )
    found = read(data + b"1,1,1,0,0,x,2,a,b\r\n1,1,1\r\n")
    assert found.column("event") == ["recall"]
    assert [n.code for n in found.notices] == ["mended_row"]
    assert found.codes == ["bad_csv", "bad_csv"]


def test_a_file_of_all_chats_is_kept_apart_by_talker() -> None:
    rows = [[i, talker, 1, 0, own, 1706749200 + i, 2, "x", "", "", "", who_]
            for i, (talker, own, who_) in enumerate([(3, 0, "爸"), (8, 1, "我"), (3, 0, "妈妈")])]  # fmt: skip
    found = read(table(MEMOTRACE2_HEAD, rows), name="messages.csv")
    assert set(found.groups) == {"name:messages 3", "name:messages 8"}
    assert {row["sender_id"] for row in found.rows} == {"name:爸", "self", "name:妈妈"}


# --- WeClone, WeLink ---------------------------------------------------------------------------


def test_weclone_times_are_utc() -> None:
    rows = [[1, "7300000000000000001", "text", 0, "甲", "[图片]", "", "2026-01-31T22:53:20.000Z"],
            [2, "7300000000000000002", "text", 0, "甲", "[转账] ￥5", "", "2026-01-31T22:53:21.500Z"]]  # fmt: skip
    found = read(table(WECLONE_HEAD, rows, bom=True))
    assert found.local_times == ["2026-02-01 06:53:20", "2026-02-01 06:53:21"]
    assert found.column("kind") == ["text", "transfer"]
    assert not found.notices


def test_system_rows_of_weclone_are_told_by_their_sender() -> None:
    at = "2026-01-31T22:53:20.000Z"
    rows = [[1, "7300000000000000001", "text", 0, "系统消息", '"甲"邀请"乙"加入了群聊', "", at],
            [2, "7300000000000000002", "text", 0, "骑行小队", '"甲" 撤回了一条消息', "", at],
            [3, "7300000000000000003", "text", 0, "骑行小队", "我是群主", "", at],
            [4, "7300000000000000004", "text", 0, "乙", '"甲" 撤回了一条消息', "", at]]  # fmt: skip
    found = read(table(WECLONE_HEAD, rows, bom=True), name="骑行小队.csv")
    assert found.column("event") == ["join", "recall", None, None]
    assert found.column("sender_name") == [None, None, "骑行小队", "乙"]
    assert found.column("event_actor")[:2] == ["name:甲", "name:甲"]
    assert [(n.code, n.detail) for n in found.notices] == [("guessed_system_rows", "1")]


def test_a_day_of_welink_needs_its_date() -> None:
    data = "时间,发言者,内容\n23:59,甲,早\n00:01,乙,晚\n".encode()
    assert read(data, date=date(2026, 2, 1)).local_times == ["2026-02-01 23:59:00", "2026-02-02 00:01:00"]
    assert read(data, name="2026-02-01.csv").local_times[0] == "2026-02-01 23:59:00"
    with pytest.raises(InputError) as refused:  # before anything is counted
        format_of("welink-csv").read(source(data), ReadOptions(SHANGHAI))
    assert refused.value.code == "date_needed"


def test_names_with_commas_in_private_chats_of_welink() -> None:
    data = '日期,时间,发送方,内容,类型\n2026-03-01,20:00,Oak, 老,橡,"a,b",文本\n2026-03-01,20:01,x,y,z,无\n'.encode()
    found = read(data)
    assert found.column("sender_name") == ["Oak, 老,橡"]
    assert [n.code for n in found.notices] == ["mended_row"]
    assert found.codes == ["bad_csv"]


# --- hostile text ------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", ["[", "]", "](", "[链接|", "> ", "【图片】", "\n引用：", "[引用](", "<a href=", "'title': '\\", "标题：", "a:\n", ": "])  # fmt: skip
def test_hostile_contents_do_not_cost_time(piece: str) -> None:
    began = time.process_time()
    for text in (piece * 60_000, f"[链接|{piece * 60_000}", f"> a(b) 01-01 00:00:00\n{piece * 60_000}",
                 f"373662154801\n{{'x': {piece * 60_000}", f"好\n引用：甲: {piece * 60_000}"):  # fmt: skip
        chatlog_content(text)
        for word in ("引用消息", "分享链接", "未知类型", None):
            memotrace_content(word, text)
        for word in ("引用回复", "(分享)卡片式链接", "位置", "语音"):
            pywxdump_content(word, text, text)
    assert time.process_time() - began < 8


def test_a_field_larger_than_csv_allows_by_default() -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(
        [CHATLOG_HEAD, ["2026-03-01 20:00:00", "甲", "wxid_a00001", "群", ROOM, "长" * 200_000]]
    )
    assert len(read(stream.getvalue().encode()).rows[0]["text"]) == 200_000
