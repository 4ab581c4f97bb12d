"""ChatLab JSON and JSON lines: rows worked out by hand, the counting law, speed of growth."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cq.formats import (
    Format,
    Peek,
    ReadOptions,
    Source,
    chatlab_json,
    chatlab_jsonl,
    echotrace_json,
    file_source,
    weflow_arkme_json,
    weflow_json,
)
from cq.model import Group, Member, Problem

SAMPLES = Path(__file__).parents[2] / "sample_exports"
OURS = [m.FORMAT for m in (chatlab_json, chatlab_jsonl, echotrace_json, weflow_arkme_json, weflow_json)]
T = 1769900000
ROOM = "10000000001@chatroom"
META = {"name": "周末骑行小队", "platform": "wechat", "type": "group", "groupId": ROOM}
HEADER = {"_type": "header", "chatlab": {"version": "0.0.2", "generator": "WeFlow"}, "meta": META}
NAMES = {"wxid_aaaa0001": "阿北", "wxid_bbbb0002": "西西"}


@dataclass
class Read:
    """Everything a format handed over."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    headers: int = 0
    member_records: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        counted = len(self.rows) + self.member_records + self.headers + len(self.problems)
        return counted + sum(self.skipped.values())

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


def collect(fmt: Format, source: Source) -> Read:
    out = Read()
    for batch in fmt.read(source, ReadOptions(zone=ZoneInfo("Asia/Shanghai"))):
        if batch.messages is not None:
            assert 0 < batch.messages.num_rows <= 65_536
            out.rows += batch.messages.to_pylist()
            assert out.groups or batch.groups, "the group comes with its first messages"
        out.members += batch.members
        out.groups += batch.groups
        out.problems += batch.problems
        out.notices += batch.notices
        out.headers += batch.headers
        out.member_records += batch.member_records
        for reason, count in batch.skipped.items():
            out.skipped[reason] = out.skipped.get(reason, 0) + count
    return out


def of_bytes(fmt: Format, data: bytes, tmp_path: Path) -> Read:
    path = tmp_path / "export.bin"
    path.write_bytes(data)
    return collect(fmt, file_source(path, "-"))


def message(sender: Any, type_: Any, content: Any, **more: Any) -> dict[str, Any]:
    name = NAMES.get(sender, "周末骑行小队")
    return {
        "_type": "message", "sender": sender, "accountName": name, "timestamp": T, "type": type_,
        "content": content, **more,
    }  # fmt: skip


def lines(*records: Any) -> bytes:
    return "\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records).encode()


def read_lines(tmp_path: Path, *records: Any, header: Any = HEADER) -> Read:
    return of_bytes(chatlab_jsonl.FORMAT, lines(header, *records), tmp_path)


def one(
    tmp_path: Path, type_: Any, content: Any, sender: Any = "wxid_aaaa0001", **more: Any
) -> dict[str, Any]:
    """The row of one message, without what is the same in all rows and without nulls."""
    got = read_lines(tmp_path, message(sender, type_, content, **more))
    assert not got.problems
    constant = {"platform", "group_id", "group_name", "origin_file", "origin_record", "sent_at"}
    return {k: v for k, v in got.rows[0].items() if v is not None and k not in constant}


def document(*messages: dict[str, Any], meta: dict[str, Any] = META, **more: Any) -> dict[str, Any]:
    bare = [{k: v for k, v in m.items() if k != "_type"} for m in messages]
    return {"chatlab": {"version": "0.0.2"}, "meta": meta, "members": [], "messages": bare, **more}


# -- identification --------------------------------------------------------------------------------

ALIKE = {
    "weflow-fork-chatlab": '{"chatlab":{"version":"1.0"},"meta":{"sessionId":"1@chatroom","name":"群",'
    '"messageCount":1},"members":[{"username":"a","nickname":"b"}],"messages":[{"sender":"a"}]}',
    "weflow-fork-jsonl": '{"_type":"chatlab","version":"1.0","generator":"WeFlow"}\n'
    '{"_type":"meta","name":"群","platform":"wechat"}\n{"_type":"message","sender":"a","content":"a:\\nb"}',
    "ciphertalk": '{"exportInfo":{"generator":"CipherTalk"},"session":{"wxid":"1@chatroom"},'
    '"messages":[{"localId":1,"createTime":1,"senderDisplayName":"a"}]}',
    "wda": '{"schemaVersion":1,"conversation":{},"messages":[{"id":1}]}',
    "chatlog": '[{"seq":1,"time":"x","talker":"1@chatroom","isChatRoom":true,"senderName":"a"}]',
    "weflow-api": '{"success":true,"talker":"1@chatroom","messages":[{"localId":1,"senderUsername":"a"}]}',
    "qce": '{"metadata":{"name":"QQChatExporter"},"chatInfo":{},"messages":[]}',
    "contacts": '{"exportInfo":{"generator":"CipherTalk"},"contacts":[]}',
    "text": "chatlab weflow session messages",
    "array": '["chatlab","weflow"]',
    "broken": '{"chatlab"',
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_alike_is_refused(name: str) -> None:
    peek = Peek("x.json", ALIKE[name].encode())
    assert [f.id for f in OURS if f.sniff(peek)] == []


def samples() -> list[Path]:
    return sorted(
        p for f in OURS for p in (SAMPLES / f.id).glob("*.json*") if not p.name.endswith(".golden.jsonl")
    )


@pytest.mark.parametrize("path", samples(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_each_sample_is_recognised_by_its_own_format_only(path: Path) -> None:
    peek = file_source(path).peek
    assert [f.id for f in OURS if f.sniff(peek)] == [path.parent.name]


@pytest.mark.parametrize("path", samples(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_no_cut_of_a_sample_raises_or_loses_a_complete_message(path: Path, tmp_path: Path) -> None:
    fmt = next(f for f in OURS if f.id == path.parent.name)
    data = path.read_bytes()
    before = -1
    for stop in range(len(data) // 3, len(data) + 1, 97):
        got = of_bytes(fmt, data[:stop], tmp_path)
        assert len(got.rows) >= before
        before = len(got.rows)


# -- JSON lines ------------------------------------------------------------------------------------


def test_a_plain_message_by_hand(tmp_path: Path) -> None:
    got = read_lines(
        tmp_path,
        "# a comment",
        {"_type": "member", "platformId": "wxid_aaaa0001", "accountName": "阿北", "groupNickname": "队长"},
        "",
        message("wxid_aaaa0001", 0, "早\n安", groupNickname="队长", platformMessageId="7000000000000000001"),
    )
    assert got.rows == [
        {
            "message_id": None, "platform": "wechat", "group_id": ROOM, "group_name": "周末骑行小队",
            "sent_at": got.rows[0]["sent_at"], "sender_id": "wxid_aaaa0001", "sender_name": "队长",
            "sender_title": None, "kind": "text", "text": "早\n安", "url": None, "card_title": None,
            "reply_to": None, "reply_quote": None, "mentions": None, "event": None, "event_actor": None,
            "event_target": None, "event_detail": None, "is_self": None, "recalled": None,
            "native_id": "7000000000000000001", "origin_file": "-", "origin_record": 5,
        }
    ]  # fmt: skip
    assert got.rows[0]["sent_at"].timestamp() == T
    assert got.groups == [Group(ROOM, "周末骑行小队", "wechat", "group")]
    assert got.members == [Member(ROOM, "wxid_aaaa0001", "阿北", "队长")]
    # 1 header + 1 comment + 1 member + 1 message; the blank line is no record
    assert (got.seen, got.headers, got.member_records, got.skipped) == (4, 1, 1, {"comment": 1})


def test_values_of_the_wrong_type_are_understood(tmp_path: Path) -> None:
    got = read_lines(
        tmp_path,
        message(10086001, "25", 42, timestamp=str(T), platformMessageId=7456123456789012345),
        message("wxid_bbbb0002", 0.0, True, timestamp=T * 1000 + 123, platformMessageId=7.4e18),
        message("wxid_bbbb0002", 0, {"a": 1}, timestamp=T + 0.5, platformMessageId="7.43727E+18"),
        message("wxid_bbbb0002", 77, "新类型", timestamp=T, platformMessageId="0", replyToMessageId=""),
        message("wxid_bbbb0002", [1], None, timestamp=T, accountName={"x": []}, platformMessageId="null"),
        header={**HEADER, "meta": {**META, "platform": "qq", "groupId": 700000001}},
    )
    assert got.column("sender_id") == ["10086001", *["wxid_bbbb0002"] * 4]
    assert got.column("kind") == ["text", "text", "text", "other", "other"]
    assert got.column("text") == ["42", "true", '{"a":1}', "新类型", None]
    assert got.column("native_id") == ["7456123456789012345", None, None, None, None]
    assert got.column("reply_to") == [None] * 5
    assert [r["sent_at"].timestamp() for r in got.rows] == [T, T + 0.123, T + 0.5, T, T]
    assert got.groups[0].group_id == "700000001"
    # two ids went through a float: one notice with the first place and the count
    assert got.notices == [Problem("rounded_id", "-:3", "2")]


@pytest.mark.parametrize("bad", [None, 0, -5, "昨天", "", [], 4_200_000_000, 10**17, True, 10**40, "1e9"])
def test_a_bad_time_is_a_problem(tmp_path: Path, bad: Any) -> None:
    got = read_lines(
        tmp_path, message("wxid_aaaa0001", 0, "早", timestamp=bad), message("wxid_bbbb0002", 0, "安")
    )
    assert got.column("text") == ["安"]
    assert [(p.code, p.where) for p in got.problems] == [("bad_time", "-:2")]
    assert got.seen == 3


def test_damaged_lines_cost_themselves(tmp_path: Path) -> None:
    good = [message("wxid_aaaa0001", 0, f"第{i}句") for i in range(3)]
    got = read_lines(
        tmp_path, good[0], "{坏了", good[1], "[1]", '"x"', {"_type": "sync"}, "[" * 50_000, good[2],
        '{"_type":"message","content":"没写完',
    )  # fmt: skip
    assert got.column("text") == ["第0句", "第1句", "第2句"]
    assert got.column("origin_record") == [2, 4, 9]
    assert [(p.code, p.where) for p in got.problems] == [
        ("bad_json", "-:3"), ("bad_json", "-:5"), ("bad_json", "-:6"), ("bad_json", "-:8"), ("truncated", "-:10"),
    ]  # fmt: skip
    assert got.skipped == {"unknown_record": 1}
    assert got.seen == 10  # ten lines


def test_bom_crlf_gb18030_and_unicode_line_ends(tmp_path: Path) -> None:
    text = lines(HEADER, message("wxid_aaaa0001", 0, "一行\u2028还是一行"), "", "# 注释").decode()
    for data in (
        text.replace("\n", "\r\n").encode("utf-8-sig"),
        text.encode("gb18030"),
        text.encode("utf-16"),
    ):
        got = of_bytes(chatlab_jsonl.FORMAT, data, tmp_path)
        assert got.column("text") == ["一行\u2028还是一行"]
        assert got.column("origin_record") == [2]
        assert got.seen == 3


def test_half_a_surrogate_pair_becomes_the_replacement_character(tmp_path: Path) -> None:
    raw = json.dumps(message("wxid_aaaa0001", 0, "X")).replace('"X"', '"\\ud83d 半个 \\ud83d\\ude00"')
    assert read_lines(tmp_path, raw).column("text") == ["\ufffd 半个 😀"]


def test_two_files_pasted_together_are_two_groups(tmp_path: Path) -> None:
    second = {**HEADER, "meta": {"name": "夜跑", "platform": "weixin", "groupId": "2@chatroom"}}
    got = read_lines(
        tmp_path,
        message("wxid_aaaa0001", 0, "骑车"),
        second,
        {"_type": "member", "platformId": "wxid_bbbb0002", "accountName": "西西"},
        message("wxid_bbbb0002", 0, "跑步"),
    )
    assert got.column("group_id") == [ROOM, "2@chatroom"]
    assert [g.group_id for g in got.groups] == [ROOM, "2@chatroom"]
    assert got.groups[1] == Group("2@chatroom", "夜跑", "wechat", "group")
    assert [m.group_id for m in got.members] == ["2@chatroom"]
    assert got.seen == 5


def test_a_header_after_messages_still_holds(tmp_path: Path) -> None:
    got = of_bytes(chatlab_jsonl.FORMAT, lines(message("wxid_aaaa0001", 0, "早"), HEADER), tmp_path)
    assert got.column("group_id") == [ROOM]
    assert (len(got.groups), got.headers) == (1, 1)


def test_no_header_and_no_messages(tmp_path: Path) -> None:
    assert of_bytes(chatlab_jsonl.FORMAT, lines(HEADER), tmp_path).groups == [
        Group(ROOM, "周末骑行小队", "wechat", "group")
    ]
    got = of_bytes(chatlab_jsonl.FORMAT, lines(message("wxid_aaaa0001", 0, "早")), tmp_path)
    assert got.groups == [Group("name:", None, "unknown")]
    assert of_bytes(chatlab_jsonl.FORMAT, b"", tmp_path).seen == 0


@pytest.mark.parametrize(
    ("meta", "group"),
    [
        ({"name": "群", "platform": "mixed"}, Group("name:群", "群", "mixed", "unknown")),
        (
            {"name": "群", "sourceSessionId": "5@im.chatroom"},
            Group("5@im.chatroom", "群", "unknown", "group"),
        ),
        (
            {"name": "西西", "platform": "weixin", "type": "private", "sourceSessionId": "wxid_b"},
            Group("wxid_b", "西西", "wechat", "private"),
        ),
        ("不是对象", Group("name:", None, "unknown")),
    ],
)
def test_groups(tmp_path: Path, meta: Any, group: Group) -> None:
    got = read_lines(tmp_path, message("wxid_aaaa0001", 0, "早"), header={**HEADER, "meta": meta})
    assert got.groups == [group]


# -- senders and members -----------------------------------------------------------------------------


@pytest.mark.parametrize("nobody", ["SYSTEM", "系统消息", "系统", ROOM, "9@im.chatroom"])
def test_nobodies_are_no_senders(tmp_path: Path, nobody: str) -> None:
    row = one(tmp_path, 80, "群聊人数已达上限", sender=nobody)
    assert row == {
        "kind": "system", "text": "群聊人数已达上限", "event": "other", "event_target": [], "mentions": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "sender", "expected"),
    [
        ("wechat", "wxid_aaaa0001", "wxid_aaaa0001"),
        ("wechat", "zhangsan88", "zhangsan88"),
        ("wechat", "小南", "name:小南"),
        ("qq", "10086001", "10086001"),
        ("qq", "u_Kx3aB9qLm", "uid:u_Kx3aB9qLm"),
        ("qq", "someone@example.com", "email:someone@example.com"),
        ("qq", "10000", None),
        ("discord", "Käpt'n Blau", "Käpt'n Blau"),
    ],
)
def test_sender_ids(tmp_path: Path, platform: str, sender: str, expected: str | None) -> None:
    got = read_lines(
        tmp_path, message(sender, 0, "早"), header={**HEADER, "meta": {**META, "platform": platform}}
    )
    assert got.column("sender_id") == [expected]


def test_a_name_stands_in_for_a_missing_id(tmp_path: Path) -> None:
    got = read_lines(
        tmp_path, message("", 0, "早", accountName="小南"), message(None, 0, "安", accountName="系统")
    )
    assert got.column("sender_id") == ["name:小南", None]
    assert got.column("sender_name") == ["小南", None]


def test_members_roles_and_names_out_of_forwarded_chats(tmp_path: Path) -> None:
    def member(id_: Any, name: str, **more: Any) -> dict[str, Any]:
        return {"_type": "member", "platformId": id_, "accountName": name, **more}

    got = read_lines(
        tmp_path,
        member("wxid_aaaa0001", "阿北", groupNickname="队长", roles=[{"id": "admin"}, {"id": "owner"}]),
        member("wxid_bbbb0002", "西西", roles=[{"id": "admin", "name": "管理员"}, "x"]),
        member("wxid_cccc0003", "wxid_cccc0003"),  # silent and nameless, but an account
        member("小南", "小南"),  # out of a forwarded chat
        member("阿豪", "阿豪"),  # sends: a converter that had only names
        member(ROOM, "周末骑行小队"),
        member(None, "谁"),
        message("wxid_aaaa0001", 0, "早"),
        message("阿豪", 0, "早"),
        header={**HEADER, "meta": {**META, "ownerId": "wxid_zzzz0009"}},
    )
    assert got.members == [
        Member(ROOM, "wxid_aaaa0001", "阿北", "队长", "owner"),
        Member(ROOM, "wxid_bbbb0002", "西西", None, "admin"),
        Member(ROOM, "wxid_cccc0003", "wxid_cccc0003"),
        Member(ROOM, "name:阿豪", "阿豪"),
        Member(ROOM, "wxid_zzzz0009", role="owner"),
    ]
    assert (got.member_records, got.skipped) == (4, {"not_a_member": 3})
    assert got.seen == 10


# -- contents ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "content", "kind", "text"),
    [
        (0, "[红包] 手打的", "text", "[红包] 手打的"),
        (0, "  ", "text", "  "),
        (0, "\n早", "text", "早"),
        (0, "一\r\n二\r三", "text", "一\n二\n三"),
        (0, "", "text", None),
        (1, None, "image", None),
        (1, "images/2026-02/a b.jpg", "image", "[图片]"),
        (1, "[图片]", "image", "[图片]"),
        (2, "[语音消息] 我到了", "voice", "我到了"),
        (2, "voices/1.mp3", "voice", "[语音消息]"),
        (3, "videos\\1.mp4", "video", "[视频]"),
        (4, "files/价格.xlsx", "file", "价格.xlsx"),
        (4, "[文件] 价格.xlsx", "file", "价格.xlsx"),
        (5, "[表情包：辛苦了]", "sticker", "[表情包：辛苦了]"),
        (7, "[红包] 买水", "red_packet", "买水"),
        (7, "[红包]", "red_packet", "[红包]"),
        (7, "[群公告] 带头盔", "announcement", "带头盔"),
        (7, "[接龙] 名单\n1. 阿北", "text", "名单\n1. 阿北"),
        (7, "[转发的聊天记录]甲的聊天记录\n甲: 乙", "forward", "甲的聊天记录"),
        (7, "一个没有标签的标题", "link", "一个没有标签的标题"),
        (8, "[位置] 北桥 滨湖路1号(31.2,121.4)", "location", "北桥 滨湖路1号(31.2,121.4)"),
        (20, "恭喜发财", "red_packet", "恭喜发财"),
        (21, "[转账] ￥5.00", "transfer", "￥5.00"),
        (23, "[语音通话]", "call", "[语音通话]"),
        (24, "[小程序] 路书", "mini_program", "路书"),
        (26, "张三和李四的聊天记录\n张三: 在吗", "forward", "张三和李四的聊天记录"),
        (27, "[名片] 车店老李", "contact_card", "车店老李"),
        (99, "[转账] ￥36.00 午饭", "transfer", "￥36.00 午饭"),
        (99, "看不懂", "other", "看不懂"),
    ],
)
def test_kinds_and_texts(
    tmp_path: Path, type_: int, content: str | None, kind: str, text: str | None
) -> None:
    row = one(tmp_path, type_, content)
    assert (row["kind"], row.get("text")) == (kind, text)
    assert row["sender_id"] == "wxid_aaaa0001"


def test_titles_and_urls_of_cards(tmp_path: Path) -> None:
    row = one(tmp_path, 7, "[链接] 封路公告\nhttps://city.example.com/n/218")
    assert row["url"] == "https://city.example.com/n/218"
    assert one(tmp_path, 4, "files/价格.xlsx")["card_title"] == "价格.xlsx"
    assert one(tmp_path, 24, "[小程序] 路书")["card_title"] == "路书"


@pytest.mark.parametrize(
    ("content", "text", "quote"),
    [
        ("收到[引用 阿北：早\n安]", "收到", "早\n安"),
        ("收到[引用 早]", "收到", "早"),
        ("好[引用 西西：行[引用 阿北：去吗]]", "好", "行[引用 阿北：去吗]"),
        ("[引用 阿北：早]", None, "早"),
        ("没有引用的回复", "没有引用的回复", None),
        ("[图片][引用 阿北：早]", "[图片]", "早"),
    ],
)
def test_replies(tmp_path: Path, content: str, text: str | None, quote: str | None) -> None:
    row = one(tmp_path, 25, content, replyToMessageId="7000000000000000001")
    assert row["kind"] == ("image" if text == "[图片]" else "text")
    assert row.get("text") == text
    assert row.get("reply_quote") == quote
    assert row["reply_to"] == "7000000000000000001"


def test_a_title_with_its_address_below_it(tmp_path: Path) -> None:
    row = one(tmp_path, 7, "骑行路线\nhttps://example.org/a?b=1")
    assert (row["kind"], row["text"], row["card_title"]) == ("link", "骑行路线", "骑行路线")
    assert row["url"] == "https://example.org/a?b=1"


def event(row: dict[str, Any]) -> tuple[Any, ...]:
    assert row["mentions"] == []
    assert "sender_id" not in row
    return tuple(row.get(k) for k in ("kind", "event", "event_actor", "event_target", "event_detail"))


def test_events(tmp_path: Path) -> None:
    room = {"sender": ROOM}
    assert event(one(tmp_path, 80, '"阿北"邀请"默默、老周"加入了群聊', **room)) == (
        "system", "join", "name:阿北", ["name:默默", "name:老周"], "invite",
    )  # fmt: skip
    assert event(one(tmp_path, 80, '"西西" 撤回了一条消息', **room)) == (
        "recall", "recall", "name:西西", ["name:西西"], None,
    )  # fmt: skip
    assert event(one(tmp_path, 81, "你撤回了一条消息", sender="SYSTEM")) == (
        "recall", "recall", "self", ["self"], None,
    )  # fmt: skip
    # nobody is named: the sender acts
    assert event(one(tmp_path, 81, "撤回了一条消息", sender="wxid_bbbb0002")) == (
        "recall", "recall", "wxid_bbbb0002", ["wxid_bbbb0002"], None,
    )  # fmt: skip
    # the name in the sentence is the sender's
    assert event(one(tmp_path, 7, '"阿北" 拍了拍 "西西" 的头盔')) == (
        "poke", "poke", "wxid_aaaa0001", ["name:西西"], "的头盔",
    )  # fmt: skip
    assert event(one(tmp_path, 22, None, sender="wxid_bbbb0002")) == (
        "poke",
        "poke",
        "wxid_bbbb0002",
        [],
        None,
    )


def test_a_sentence_that_a_person_typed_is_no_event(tmp_path: Path) -> None:
    assert one(tmp_path, 0, '"西西" 撤回了一条消息')["kind"] == "text"


def test_prefixes_are_cut_off_only_if_they_are_somebodys_id(tmp_path: Path) -> None:
    got = read_lines(
        tmp_path,
        {"_type": "member", "platformId": "zhangsan88", "accountName": "老周"},
        message("wxid_aaaa0001", 0, "wxid_aaaa0001:\n早"),
        message("wxid_aaaa0001", 0, "zhangsan88:\n早"),
        message("wxid_aaaa0001", 0, "notice:\n早"),
        message("wxid_aaaa0001", 0, "wxid_aaaa0001: 早"),
    )
    assert got.column("text") == ["早", "早", "notice:\n早", "wxid_aaaa0001: 早"]


CARD = "<msg><appmsg><title>银杏大道</title><type>5</type><url>https://x.example.com/y?a=1&amp;b=2</url></appmsg></msg>"
QUOTING = (
    '<?xml version="1.0"?>\n<msg><appmsg><title>带相机</title><type>57</type><refermsg><svrid>7000000000000000051'
    "</svrid><content>去吗</content></refermsg></appmsg></msg>"
)


def test_raw_xml(tmp_path: Path) -> None:
    row = one(tmp_path, 99, f"wxid_aaaa0001:\n{CARD}")
    assert (row["kind"], row["text"], row["url"]) == ("link", "银杏大道", "https://x.example.com/y?a=1&b=2")
    row = one(tmp_path, 0, QUOTING)
    assert (row["kind"], row["text"], row["reply_to"], row["reply_quote"]) == (
        "text", "带相机", "7000000000000000051", "去吗",
    )  # fmt: skip
    assert one(tmp_path, 99, "<msg><img aeskey='x'/></msg>")["kind"] == "image"
    for left_alone in (
        "<msg>这是我打的</msg>",
        "<msg><appmsg><title>没有结尾",
        '<!DOCTYPE a [<!ENTITY b "c">]><msg><appmsg><title>&b;</title></appmsg></msg>',
        '<msg><!DOCTYPE a [<!ENTITY b "c">]><appmsg><title>&b;</title></appmsg></msg>',
    ):
        row = one(tmp_path, 0, left_alone)
        assert (row["kind"], row["text"]) == ("text", left_alone)


def test_other_platforms_keep_what_looks_like_wechat(tmp_path: Path) -> None:
    got = read_lines(
        tmp_path,
        message("10086001", 7, "\n[红包] 买水"),
        message("10086001", 0, CARD),
        header={**HEADER, "meta": {**META, "platform": "qq"}},
    )
    assert got.column("kind") == ["link", "text"]
    assert got.column("text") == ["\n[红包] 买水", CARD]


# -- the document ------------------------------------------------------------------------------------


def test_lines_and_document_give_the_same_rows(tmp_path: Path) -> None:
    messages = [
        message("wxid_aaaa0001", 0, "早", platformMessageId=7000000000000000001, groupNickname="队长"),
        message("wxid_bbbb0002", 25, "收到[引用 阿北：早]", replyToMessageId="7000000000000000001"),
        message(ROOM, 80, '"阿北"邀请"默默"加入了群聊'),
        message("wxid_bbbb0002", 7, "[红包] 买水"),
        message("wxid_bbbb0002", 0, None, timestamp=None),
    ]
    by_line = read_lines(tmp_path, *messages)
    for layout in ({"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": True}):
        data = json.dumps(document(*messages), **layout).encode()
        by_document = of_bytes(chatlab_json.FORMAT, data, tmp_path)
        for a, b in zip(by_line.rows, by_document.rows, strict=True):
            assert {**a, "origin_record": a["origin_record"] - 1} == b
        lines = data.decode().split("\n")
        bad = next(
            i for i, line in enumerate(lines) if '"timestamp": null' in line or '"timestamp":null' in line
        )
        line = next(i for i in range(bad, -1, -1) if "{" in lines[i]) + 1
        assert [(p.code, p.where) for p in by_document.problems] == [("bad_time", f"-:{line}")]
        assert by_document.seen == by_line.seen == 6


def test_meta_and_members_after_the_messages(tmp_path: Path) -> None:
    doc = document(message("wxid_aaaa0001", 0, "早"))
    doc["members"] = [{"platformId": "wxid_aaaa0001", "accountName": "阿北"}]
    reversed_doc = dict(reversed(doc.items()))
    got = of_bytes(chatlab_json.FORMAT, json.dumps(reversed_doc).encode(), tmp_path)
    assert got.groups == [Group(ROOM, "周末骑行小队", "wechat", "group")]
    assert got.column("group_id") == [ROOM]
    assert got.members == [Member(ROOM, "wxid_aaaa0001", "阿北")]
    assert got.seen == 3


def test_a_damaged_and_a_truncated_document(tmp_path: Path) -> None:
    messages = [message("wxid_aaaa0001", 0, f"第{i}句") for i in range(1, 6)]
    text = json.dumps(document(*messages), ensure_ascii=False, indent=2)
    got = of_bytes(chatlab_json.FORMAT, text.replace('"第3句"', '"第3句').encode(), tmp_path)
    assert got.column("text") == ["第1句", "第2句", "第4句", "第5句"]
    assert got.column("origin_record") == [1, 2, 4, 5]
    assert [p.code for p in got.problems] == ["bad_json"]
    line = text[: text.index("第3句")].count("\n") + 1
    assert abs(int(got.problems[0].where.removeprefix("-:")) - line) < 6
    got = of_bytes(chatlab_json.FORMAT, text[: text.index("第4句")].encode(), tmp_path)
    assert got.column("text") == ["第1句", "第2句", "第3句"]
    assert [p.code for p in got.problems] == ["truncated"]
    assert got.groups == [Group(ROOM, "周末骑行小队", "wechat", "group")]


def test_batches_hold_at_most_65536_messages(tmp_path: Path) -> None:
    count = 70_000
    records = [{"sender": "a1", "timestamp": T + i, "type": 0} for i in range(count)]
    data = json.dumps(document(meta=META) | {"messages": records}).encode()
    got = of_bytes(chatlab_json.FORMAT, data, tmp_path)
    assert got.column("origin_record") == [*range(1, count + 1)]
    raw = lines(HEADER, *({"_type": "message", **r} for r in records))
    got = of_bytes(chatlab_jsonl.FORMAT, raw, tmp_path)
    assert got.column("origin_record") == [*range(2, count + 2)]


def test_undecodable_bytes_are_a_notice(tmp_path: Path) -> None:
    data = lines(HEADER, message("wxid_aaaa0001", 0, "早安")).replace("早".encode(), b"\xe6\x97")
    got = of_bytes(chatlab_jsonl.FORMAT, data, tmp_path)
    assert got.column("text") == ["\ufffd安"]
    assert [n.code for n in got.notices] == ["undecodable_bytes"]


def test_nothing_of_a_hostile_line_raises(tmp_path: Path) -> None:
    hostile: Sequence[Any] = [
        None,
        True,
        -1,
        1.5,
        10**30,
        float("nan"),
        "",
        "\0",
        [],
        [[]],
        {},
        {"id": [1]},
        "\ud83d",
    ]
    fields = ["sender", "accountName", "groupNickname", "timestamp", "type", "content", "platformMessageId",
              "replyToMessageId", "platformId", "roles", "meta", "chatlab", "_type"]  # fmt: skip
    records = [message("wxid_aaaa0001", 0, "早") | {name: value} for name in fields for value in hostile]
    records += [
        {"_type": "member", "platformId": "a1", "accountName": "a"} | {n: v} for n in fields for v in hostile
    ]
    raw = "\n".join(json.dumps(r) for r in [HEADER, *records]).encode()
    got = of_bytes(chatlab_jsonl.FORMAT, raw, tmp_path)
    assert got.seen == 1 + len(records)
    for value in hostile:
        header = {**HEADER, "meta": dict.fromkeys(("name", "platform", "type", "groupId", "ownerId"), value)}
        member = {"_type": "member", "platformId": value, "accountName": value}
        got = of_bytes(
            chatlab_jsonl.FORMAT, json.dumps(header).encode() + b"\n" + json.dumps(member).encode(), tmp_path
        )
        for text in (got.groups[0].group_id, got.groups[0].group_name, *(m.member_id for m in got.members)):
            (text or "").encode()
    doc = document(*(r for r in records if r["_type"] == "message"))
    got = of_bytes(chatlab_json.FORMAT, json.dumps(doc).encode(), tmp_path)
    assert got.seen == 1 + len(doc["messages"])
