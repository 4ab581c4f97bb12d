"""wx-cli, WeLink, WechatExporter, wechat-dump, WeFlow's Markdown and SQL: quirks, and what only looks like them."""

from __future__ import annotations

import time
from datetime import date

import pytest
from raw import Read, read, source

from cq.errors import InputError
from cq.formats import all_formats, identify

BLOCKS = (1, 7, 64, 1000)
ARCHIVES = (
    *("wxcli-txt", "wxcli-md", "welink-txt", "welink-md", "wechatexporter-txt", "wechat-dump-txt"),
    *("weflow-md", "weflow-sql"),
)


def recognised(text: str) -> list[str]:
    peek = source(text.encode()).peek
    return [f.id for f in all_formats() if f.sniff(peek) is not None]


def several(text: str, id_: str, **options: object) -> Read:
    """Read ``text``; reading it in small pieces must give the same."""
    whole = read(text.encode(), id_, **options)  # type: ignore[arg-type]
    for block in BLOCKS:
        assert read(text.encode(), id_, block=block, **options) == whole, block  # type: ignore[arg-type]
    return whole


# -- wx-cli ------------------------------------------------------------------------------------------


def cli(*lines: str, count: int | None = None, name: str = "骑行[群]") -> str:
    stated = sum(line.startswith("[2") for line in lines) if count is None else count
    return f"=== {name} ({stated} 条) ===\n\n" + "\n".join(lines) + "\n"


def test_a_row_of_wxcli_without_a_name_is_the_owners_or_the_systems() -> None:
    text = cli(
        "[2026-02-01 06:53] 阿北: 早: 都起了吗",
        "[2026-02-01 06:54] 起了",
        '[2026-02-01 06:54] [系统] "阿北"邀请"默默"加入了群聊',
        '[2026-02-01 06:55] "阿北"邀请"小林"加入了群聊',
        "[2026-02-01 06:56] [撤回] 你撤回了一条消息",
        "[2026-02-01 06:57] [系统消息]",
        "[2026-02-01 06:58] 默默: [系统] 我打的字",
    )
    found = several(text, "wxcli-txt")
    assert found.column("sender_id") == ["name:阿北", "self", None, None, None, None, "name:默默"]
    assert found.column("event") == [None, None, "join", "join", "recall", "other", None]
    assert found.column("text")[0] == "早: 都起了吗"
    assert found.column("is_self") == [None, True, *[None] * 5]
    assert [(g.group_name, g.chat_kind) for g in found.groups.values()] == [("骑行", "group")]
    assert (found.headers, found.problems, found.notices) == (1, [], [])


def test_words_of_the_owner_with_a_colon_are_no_name() -> None:
    text = cli(
        "[2026-02-01 06:53] 提醒大家，天冷: 多穿",
        "[2026-02-01 06:54] 好，知道: 一",
        "[2026-02-01 06:55] 好，知道: 二",  # somebody is called so: twice the same
    )
    found = several(text, "wxcli-txt")
    assert found.column("sender_id") == ["self", "name:好，知道", "name:好，知道"]
    assert found.column("text") == ["提醒大家，天冷: 多穿", "一", "二"]
    assert [(n.code, n.detail) for n in found.notices] == [("guessed_own_rows", "1")]


def test_wxcli_quotes_media_and_cut_sentences() -> None:
    people = "、".join(f"第{i}个骑友" for i in range(12))
    text = cli(
        "[2026-02-01 06:53] 西西: [引用] 好\n  ↳ 阿北: 一\n二",
        "[2026-02-01 06:53] 西西: [图片] local_id=5",
        f'[2026-02-01 06:54] [系统] "阿北"邀请"{people}'[:73],
        "[2026-02-01 06:55] 西西: [链接] 路线 https://example.org/1",
        "[2026-02-31 06:55] 西西: 没有这天",
    )
    found = several(text, "wxcli-txt")
    assert (found.rows[0]["text"], found.rows[0]["reply_quote"]) == ("好", "一\n二")
    assert found.column("kind") == ["text", "image", "system", "link"]
    assert found.rows[2]["event"] == "join" and found.rows[2]["event_target"][0] == "name:第0个骑友"
    assert found.rows[3]["url"] == "https://example.org/1"
    assert found.codes == ["bad_time"]
    assert [n.code for n in found.notices] == ["cut_sentence"]


def test_wxcli_says_how_many_there_are() -> None:
    found = read(cli("[2026-02-01 06:53] 阿北: 早", count=9).encode(), "wxcli-txt")
    assert [(n.code, n.detail) for n in found.notices] == [("count_mismatch", "1 / 9")]
    assert recognised("=== 骑行[群] (0 条) ===\n") == ["wxcli-txt"]


def test_lines_in_the_markdown_of_wxcli_are_no_headings() -> None:
    text = (
        "# 骑行（群聊）\n\n> 导出 3 条消息\n\n### 2026-02-01 06:53\n\n"
        "**阿 **北****: 一\n> ### 2026-02-01 06:00\n> \n> **西西**: 抄的\n> > 引\n\n"
        "**西西**: 同一个时间\n\n### 2026-02-01 06:54\n\n没有名字\n> 第二行\n\n"
    )
    found = several(text, "wxcli-md")
    assert found.column("text") == [
        "一\n### 2026-02-01 06:00\n\n**西西**: 抄的\n> 引", "同一个时间", "没有名字\n第二行"
    ]  # fmt: skip
    assert found.column("sender_id") == ["name:阿 **北**", "name:西西", "self"]
    assert found.local_times == ["2026-02-01 06:53:00"] * 2 + ["2026-02-01 06:54:00"]
    assert not found.problems and not found.notices


# -- WeLink ------------------------------------------------------------------------------------------


def test_welink_names_hold_brackets() -> None:
    text = "2026-02-01 06:53 [[夜] 小[林]]: 一\n\n2026-02-01 06:5\n二\n2026-02-01 06:54 [我]: [图片]\n"
    found = several(text, "welink-txt")
    assert found.column("sender_id") == ["name:[夜] 小[林]", "self"]
    assert found.column("text") == ["一\n\n2026-02-01 06:5\n二", "[图片]"]


def test_the_archive_of_welink() -> None:
    text = (
        "# 聊天归档 · 骑行\n\n- **阿北** `06:00` — 没有日子\n\n## 📅 2026-02-01\n\n"
        "- **阿北** `06:53` — 一\n  - **西西** `06:00` — 抄的\n\n  二\n- **西西** `25:00` — 三\n"
    )
    found = several(text, "welink-md")
    assert found.column("text") == ["一\n- **西西** `06:00` — 抄的\n\n二"]
    assert found.codes == ["bad_time", "bad_time"]
    assert found.headers == 2


# -- WechatExporter ------------------------------------------------------------------------------------


def iphone(*lines: str, name: str = "骑行") -> str:
    return f"{name} - 微信聊天记录\n\n" + "\n".join(lines) + "\n"


def test_what_stands_bare_in_wechatexporter() -> None:
    text = iphone(
        '"阿北"邀请"西西"加入了群聊',
        "阿北 (2022-02-01 09:00:00):明早七点",
        "老地方",
        "",
        "我拍了拍他",
        '"阿北" 拍了拍 "西西"',
        "以上是打招呼的内容",
        "「阿北：明早七点",
        "老地方」",
        "- - - - - - - - - - - - - - -",
        "好",
        "System Message: 你撤回了一条消息",
        "西西 (2022-02-01 09:03:00):「阿北：在」",
        "- - - - - - - - - - - - - - -",
        "也好",
    )
    found = several(text, "wechatexporter-txt")
    assert found.column("text") == [
        '"阿北"邀请"西西"加入了群聊', "明早七点\n老地方\n\n我拍了拍他", '"阿北" 拍了拍 "西西"',
        "以上是打招呼的内容", "好", "你撤回了一条消息", "也好",
    ]  # fmt: skip
    assert found.column("event") == ["join", None, "poke", "other", None, "recall", None]
    assert found.column("sender_id") == [None, "name:阿北", None, None, None, None, "name:西西"]
    assert found.column("reply_quote")[4] == "明早七点\n老地方" and found.column("reply_quote")[6] == "在"
    assert found.local_times == ["2022-02-01 09:00:00"] * 6 + ["2022-02-01 09:03:00"]
    assert found.column("origin_record") == [3, 4, 8, 9, 10, 14, 15]
    assert [(n.code, n.where, n.detail) for n in found.notices] == [("time_of_neighbour", "x.txt:3", "5")]


def test_nothing_ends_a_transfer() -> None:
    text = iphone(
        "西西 (2022-02-01 09:00:00):微信转账 ￥12.00默默 (2022-02-01 09:01:00):收到",
        "谢谢",
        "默默 (2022-02-01 09:02:00):微信转账 ￥3.50 买水西西 (2022-02-01 09:03:00):微信转账 ￥1.003号 (2022-02-01 09:04:00):好",
        '西西 (2022-02-01 09:05:00):微信转账 ￥2.00"默默" 撤回了一条消息',
        "西西 (2022-02-01 09:06:00):微信转账怎么用 (2022-02-01 那次)",
    )
    found = several(text, "wechatexporter-txt")
    assert list(zip(found.column("sender_name"), found.column("kind"), found.column("text"), strict=True)) == [
        ("西西", "transfer", "￥12.00"), ("默默", "text", "收到\n谢谢"), ("默默", "transfer", "￥3.50 买水"),
        ("西西", "transfer", "￥1.00"), ("3号", "text", "好"), ("西西", "transfer", "￥2.00"),
        (None, "recall", '"默默" 撤回了一条消息'), ("西西", "text", "微信转账怎么用 (2022-02-01 那次)"),
    ]  # fmt: skip
    assert found.column("origin_record") == [3, 3, 5, 5, 5, 6, 6, 7]
    assert {n.code: n.detail for n in found.notices} == {"glued_name": "1", "time_of_neighbour": "1"}


def test_wechatexporter_of_2026() -> None:
    text = iphone(
        "阿北 (wxid_aaaa0001) (2026-02-01 09:00:00):\x00\x08好\x1a",
        "System Message (2026-02-01 09:01:00):你撤回了一条消息",
        "（西） (2026-02-01 09:02:00 PM):",
        name="70000000001@chatroom",
    )
    found = several(text, "wechatexporter-txt")
    assert found.column("sender_id") == ["wxid_aaaa0001", None, "name:（西）"]
    assert found.column("text") == ["好", "你撤回了一条消息", None]
    assert found.local_times[2] == "2026-02-01 21:02:00"
    assert [(g.group_id, g.chat_kind) for g in found.groups.values()] == [("70000000001@chatroom", "group")]


def test_times_of_wechatexporter_without_a_date() -> None:
    text = iphone("阿北 (11:59:00 PM):一", "西西 (12:01:00 AM):二", "默默 (25:00:00):三")
    found = several(text, "wechatexporter-txt", date=date(2021, 5, 1))
    assert found.local_times == ["2021-05-01 23:59:00", "2021-05-02 00:01:00"]
    assert found.codes == ["bad_time"]
    with pytest.raises(InputError) as needed:
        read(text.encode(), "wechatexporter-txt")
    assert needed.value.code == "date_needed"


def test_a_bad_time_takes_nobody_elses_words() -> None:
    text = iphone(
        "阿北 (2022-02-01 09:00:00):一",
        "西西 (2022-02-31 09:01:00):二",
        '"默默" 撤回了一条消息',
        "默默 (2022-02-01 09:02:00):三",
    )
    found = several(text, "wechatexporter-txt")
    assert found.column("text") == ["一", '"默默" 撤回了一条消息', "三"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:4")]


# -- wechat-dump ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "body", "kind", "text", "url"),
    [
        ("1", "Image", "text", "Image", None),  # typed
        ("3", "Image|img:THUMBNAIL_DIRPATH://th_1", "image", "[图片]", None),
        ("436207665", "[RED ENVELOPE]\n买水", "red_packet", "买水", None),
        ("436207665", "[RED ENVELOPE]", "red_packet", "[红包]", None),
        ("419430449", "[Money Transfer]\n￥1.00", "transfer", "￥1.00", None),
        ("49", "URL:https://example.org/1", "link", "https://example.org/1", "https://example.org/1"),
        ("49", "FILE:表.xlsx", "file", "表.xlsx", None),
        ("16777265", "", "other", None, None),
        ("822083633", "同意", "text", "同意", None),
        ("48", "LOCATION:桥头 (121.5,31.2)", "location", "桥头", None),
        ("-1879048186", "LOCATION SHARING", "location", "LOCATION SHARING", None),
        ("50", "REQUEST VIDEO CHAT", "call", "REQUEST VIDEO CHAT", None),
        ("10000", "你撤回了一条消息", "recall", "你撤回了一条消息", None),
        ("5555", "新的", "other", "新的", None),
    ],
)
def test_androids_types(type_: str, body: str, kind: str, text: str | None, url: str | None) -> None:
    line = f"{type_}|甲: 乙:2022-02-01 09:00:00.123456:{body}\n1|me:2022-02-01 09:00:01:好|1\n"
    found = several(line, "wechat-dump-txt")
    row = found.rows[0]
    assert (row["kind"], row["text"], row["url"]) == (kind, text, url)
    assert row["sent_at"].microsecond == 123_000
    assert found.rows[1]["sender_id"] == "self" and found.rows[1]["text"] == "好|1"
    assert row["sender_name"] == ("甲: 乙" if kind != "recall" else None)


# -- WeFlow: Markdown and SQL ------------------------------------------------------------------------------


def test_backslashes_in_the_markdown_of_weflow() -> None:
    text = (
        "# 骑行\\(周末\\)\n\n## 2026-02-01 06:53:20 西\\_西\n\n\\[图片\\]\n\n## 2026-02-01 06:54:20 西\\_西\n\n"
        "\\#\\# 2026\\-02\\-01 06:00:00 抄的\n\n二\\\\\n\n## 2026-02-01 06:55:20 骑行\\(周末\\)\n\n"
        "你撤回了一条消息\n\n## 2026-02-01 06:56:20 默\n\n> 西\\_西：在\n\n好\n\n"
    )
    found = several(text, "weflow-md")
    assert found.column("text") == ["[图片]", "## 2026-02-01 06:00:00 抄的\n\n二\\", "你撤回了一条消息", "好"]
    assert found.column("kind") == ["image", "text", "recall", "text"]
    assert found.column("sender_name") == ["西_西", "西_西", None, "默"]
    assert found.column("reply_quote")[3] == "在"
    bare = "# 骑行\n\n## 2026-02-01 06:53:20 甲\n\n[图片]\n\n## 2026-02-01 06:54:20 乙\n\nC:\\_x [1] (2)\n\n"
    assert several(bare, "weflow-md").column("text") == ["[图片]", "C:\\_x [1] (2)"]


def test_a_private_chat_in_the_markdown_of_weflow() -> None:
    text = "# 阿北\n\n## 2026-02-01 06:53:20 阿北\n\n在\n\n## 2026-02-01 06:54:20 我\n\n在\n\n"
    found = several(text, "weflow-md")
    assert found.column("sender_id") == ["name:阿北", "self"]
    assert [g.chat_kind for g in found.groups.values()] == ["private"]


HEAD = "BEGIN;\nCREATE TABLE IF NOT EXISTS weflow_messages (session_id TEXT, create_time INTEGER, sender TEXT, content TEXT);\n"


def insert(at: int, content: str) -> str:
    quoted = content.replace("'", "''")
    return f"INSERT INTO weflow_messages VALUES ('1@chatroom', {at}, 'wxid_a', '{quoted}');\n"


def test_statements_are_read_and_never_run() -> None:
    said = [
        "'); DROP TABLE weflow_messages;--", "\nINSERT INTO weflow_messages VALUES (1,2,3,4);\n", "it's", "''", "逗号, (x)",
    ]  # fmt: skip
    text = HEAD + "".join(insert(1769900000 + i, one) for i, one in enumerate(said)) + "COMMIT;\n"
    found = several(text, "weflow-sql")
    assert found.column("text") == [*said[:1], said[1].lstrip("\n"), *said[2:]]
    assert (found.headers, found.problems) == (1, [])


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("INSERT INTO weflow_messages VALUES ('1@chatroom', 1769900000, 'wxid_a', 'no end);\n", "bad_row"),
        ("INSERT INTO weflow_messages VALUES ('1@chatroom', 1769900000);\n", "bad_row"),
        ("INSERT INTO weflow_messages VALUES ('1@chatroom', 'never', 'wxid_a', 'x');\n", "bad_time"),
        ("INSERT INTO other VALUES ('1@chatroom');\n", "bad_row"),
    ],
)
def test_a_damaged_statement_costs_itself(damage: str, code: str) -> None:
    text = HEAD + insert(1769900000, "一") + damage + insert(1769900001, "二") + insert(1769900002, "三")
    found = several(text, "weflow-sql")
    assert found.column("text") == ["一", "二", "三"]
    assert [(p.code, p.where) for p in found.problems] == [(code, "x.txt:4")]


# -- what only looks like them -------------------------------------------------------------------------------

LOOK_ALIKES = {
    "python": "2026-02-01 06:53 [INFO]: started\n2026-02-01 06:54 [main]: ready\n" * 5,
    "processes": "2026-02-01 06:53 [1234]: started\n2026-02-01 06:54 [77]: ready\n" * 5,
    "modules": "2026-02-01 06:53 [app.core.db]: started\n2026-02-01 06:54 [worker-1:5]: ready\n" * 5,
    "seconds": "[2026-02-01 06:53:20] 阿北: 早\n[2026-02-01 06:54:20] 西西: 早\n" * 5,
    "minutes": "[2026-02-01 06:53] 阿北: 早\n[2026-02-01 06:54] 西西: 早\n" * 5,
    "banner": "=== Build (3 条) ===\n\nmake: done\n",
    "talk-of-it": "昨天的\n=== 骑行[群] (3 条) ===\n\n[2026-02-01 06:53] 阿北: 早\n",
    "discord": "[01-Feb-26 06:53 AM] abei#1234\nhi\n\n[01-Feb-26 06:54 AM] xixi#1\nho\n",
    "telegram": "阿北, [01.02.2026 06:53]\n早\n\n西西, [01.02.2026 06:54]\n早\n",
    "diary": "# 日记\n\n## 2026-02-01\n\n晴\n\n## 2026-02-02\n\n雨\n",
    "changes": "# Changelog\n\n## 2026-02-01 06:53:20 v1.2.0\n\n- x\n\n## 2026-02-02 06:53:20 v1.3.0\n\n- y\n",
    "sections": "# Log\n\n## 2026-02-01 06:53:20 甲\n\nx\n\n## Notes\n\ny\n\n## More\n\nz\n",
    "quote-in-markdown": "# 说明\n\n> 导出 3 条消息\n\n这样用。\n\n### 2026-02-01 06:53\n\n**阿北**: 早\n",
    "front-matter": "---\nsource: Other\n---\n\n# 聊天归档 · 骑行\n\n- **阿北** `06:53` — 早\n",
    "title-only": "# 聊天归档 · 怎么做\n\n先导出，再归档。\n",
    "novel": "群聊 - 微信聊天记录\n\n第一章 春天\n今天天气很好。\n",
    "bars": "1|name:2022-02-01:x\n2|name:2022-02-02:y\n",
    "build": "99|main:2022-02-01 09:00:00:started\n98|main:2022-02-01 09:00:01:ready\n" * 5,
    "sql": "BEGIN;\nCREATE TABLE messages (a);\nINSERT INTO messages VALUES ('weflow_messages');\n",
    "sql-comment": "BEGIN;\n-- weflow_messages\nCREATE TABLE x (y);\n",
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_are_not_taken(name: str) -> None:
    for text in (LOOK_ALIKES[name], "\n\n" + LOOK_ALIKES[name].replace("\n", "\r\n")):
        assert recognised(text) == []


OWN = {
    "wxcli-txt": cli("[2026-02-01 06:53] 阿北: 早", "[2026-02-01 06:54] 西西: 好"),
    "wxcli-md": "# 骑行（群聊）\n\n> 导出 1 条消息\n\n### 2026-02-01 06:53\n\n**阿北**: 早\n\n",
    "welink-txt": "2026-02-01 06:53 [阿北]: 早\n2026-02-01 06:54 [西西]: 好\n",
    "welink-md": "# 聊天归档 · 骑行\n\n## 📅 2026-02-01\n\n- **阿北** `06:53` — 早\n",
    "wechatexporter-txt": iphone("阿北 (2022-02-01 09:00:00):早", "西西 (2022-02-01 09:01:00):好"),
    "wechat-dump-txt": "1|阿北:2022-02-01 09:00:00:早\n1|me:2022-02-01 09:01:00:好\n",
    "weflow-md": "# 骑行\n\n## 2026-02-01 06:53:20 阿北\n\n早\n\n## 2026-02-01 06:54:20 西西\n\n好\n\n",
    "weflow-sql": HEAD + insert(1769900000, "早") + insert(1769900001, "好") + "COMMIT;\n",
}


@pytest.mark.parametrize("id_", ARCHIVES)
def test_an_archive_is_recognised_but_not_what_quotes_it(id_: str) -> None:
    text = OWN[id_]
    assert recognised(text) == [id_]
    assert recognised("\ufeff\n" + text.replace("\n", "\r\n")) == [id_]
    assert recognised("他把记录发给我：\n\n" + text) == []
    assert recognised("# 记录\n\n```\n" + text + "```\n") == []
    assert recognised("\n".join("> " + line for line in text.split("\n"))) == []
    assert recognised(cli("[2026-02-01 06:53] 阿北: 你看：\n" + text)) == ["wxcli-txt"]
    assert recognised(iphone("阿北 (2022-02-01 09:00:00):你看：\n" + text)) == ["wechatexporter-txt"]


@pytest.mark.parametrize("id_", ARCHIVES)
def test_copies_in_other_encodings(id_: str) -> None:
    wanted = read(OWN[id_].encode(), id_).column("text")
    assert wanted in (["早"], ["早", "好"])
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        data = OWN[id_].replace("\n", "\r\n").encode(encoding)
        assert identify(source(data)).format.id == id_
        assert read(data, id_).column("text") == wanted


@pytest.mark.parametrize("id_", ARCHIVES)
@pytest.mark.parametrize(
    "line",
    [
        "「" * 60_000, "- " * 60_000, " (" * 60_000, "微信转账 ￥1.00" * 8_000, "[2026-02-01 06:53] " * 6_000,
        "1|" * 60_000, "**" * 60_000, "\\" * 100_000, "'" * 100_001, "INSERT INTO weflow_messages VALUES ('" * 4_000,
        "> " * 50_000, "「\n" * 50_000, "- - - - - -\n" * 20_000, "「」\n- - - - - -\n" * 10_000, "<sysmsg\n" * 20_000,
        "甲 (2022-02-01 09:00:00):微信转账 ￥1.00" * 4_000, "-- \n" * 30_000, "(" * 100_000,
    ],
    ids=range(18),
)  # fmt: skip
def test_hostile_lines_take_no_time(id_: str, line: str) -> None:
    heads = {
        "wxcli-txt": "=== x[群] (1 条) ===\n\n[2026-02-01 06:53] a: ",
        "wxcli-md": "# x\n\n> 导出 1 条消息\n\n### 2026-02-01 06:53\n\n**a**: ",
        "welink-txt": "2026-02-01 06:53 [a]: ",
        "welink-md": "# 聊天归档 · x\n\n## 📅 2026-02-01\n\n- **a** `06:53` — ",
        "wechatexporter-txt": "x - 微信聊天记录\n\na (2022-02-01 09:00:00):",
        "wechat-dump-txt": "49|a:2022-02-01 09:00:00:",
        "weflow-md": "# x\n\n## 2026-02-01 06:53:20 a\n\n",
        "weflow-sql": HEAD + "INSERT INTO weflow_messages VALUES ('",
    }
    begin = time.process_time()
    recognised(heads[id_] + line)
    found = read((heads[id_] + line + "\n").encode(), id_)
    assert found.rows or found.problems
    assert time.process_time() - begin < 3
