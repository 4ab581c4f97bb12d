"""WeFlow's detailed and Arkme JSON: rows worked out by hand, the counting law."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_chatlab import Read, of_bytes

from cq.formats import weflow_arkme_json, weflow_json
from cq.model import Group, Member, Problem

T = 1769900000
ROOM = "10000000001@chatroom"
WEFLOW = {"version": "1.0.3", "exportedAt": 1770000000, "generator": "WeFlow"}
GROUP = Group(ROOM, "周末骑行小队", "wechat", "group")
QUOTE = 57 << 32 | 49


def session(count: int, **more: Any) -> dict[str, Any]:
    return {"wxid": ROOM, "displayName": "周末骑行小队", "type": "群聊", "messageCount": count, **more}


def message(content: Any, local_type: Any = 1, who: Any = "wxid_aaaa0001", **more: Any) -> dict[str, Any]:
    return {
        "localId": 1, "createTime": T, "type": "", "localType": local_type, "content": content, "isSend": 0,
        "senderUsername": who, "senderDisplayName": "阿北" if who == "wxid_aaaa0001" else "西西",
        "source": "", **more,
    }  # fmt: skip


def detailed(tmp_path: Path, *messages: dict[str, Any], **more: Any) -> Read:
    doc = {"weflow": WEFLOW, "session": session(len(messages)), "messages": list(messages), **more}
    return of_bytes(weflow_json.FORMAT, json.dumps(doc, ensure_ascii=False, indent=2).encode(), tmp_path)


def line_of(content: str, tmp_path: Path) -> int:
    """The line of the brace that opens the message of that content, in what was read last."""
    lines = (tmp_path / "export.bin").read_text("utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if f'"{content}"' in line)
    return next(i for i in range(at, 0, -1) if lines[i].strip() == "{") + 1


def one(tmp_path: Path, *args: Any, **more: Any) -> dict[str, Any]:
    got = detailed(tmp_path, message(*args, **more))
    assert not got.problems
    constant = {"platform", "group_id", "group_name", "origin_file", "origin_record", "sent_at"}
    return {k: v for k, v in got.rows[0].items() if v is not None and k not in constant}


def test_a_reply_by_hand(tmp_path: Path) -> None:
    got = detailed(
        tmp_path,
        message(
            "好[引用 阿北：@西西  明早七点]", QUOTE, "wxid_bbbb0002", type="引用消息",
            platformMessageId="7000000000000000003", replyToMessageId="7000000000000000001", appMsgType="57",
            quotedSender="阿北", quotedContent="@西西  明早七点",
        ),
    )  # fmt: skip
    assert got.rows == [
        {
            "message_id": None, "platform": "wechat", "group_id": ROOM, "group_name": "周末骑行小队",
            "sent_at": got.rows[0]["sent_at"], "sender_id": "wxid_bbbb0002", "sender_name": "西西",
            "sender_title": None, "kind": "text", "text": "好", "url": None, "card_title": None,
            "reply_to": "7000000000000000001", "reply_quote": "@西西  明早七点", "mentions": None, "event": None,
            "event_actor": None, "event_target": None, "event_detail": None, "is_self": False, "recalled": None,
            "native_id": "7000000000000000003", "origin_file": "-", "origin_record": 1,
        }
    ]  # fmt: skip
    assert got.rows[0]["sent_at"].timestamp() == T
    assert got.groups == [GROUP]
    assert (got.seen, got.headers, got.members, got.notices) == (2, 1, [], [])


def test_quoted_words_tell_where_a_quotation_begins(tmp_path: Path) -> None:
    typed = "别写[引用 x]啊"
    row = one(
        tmp_path, f"{typed}[引用 阿北：早]", QUOTE, "wxid_bbbb0002", type="引用消息", quotedContent="早"
    )
    assert (row["text"], row["reply_quote"]) == (typed, "早")
    nested = "行[引用 阿北：去吗]"
    row = one(tmp_path, f"好[引用 西西：{nested}]", QUOTE, "wxid_a", type="引用消息", quotedContent=nested)
    assert (row["text"], row["reply_quote"]) == ("好", nested)


@pytest.mark.parametrize(
    ("source", "mentions"),
    [
        ("<msgsource><atuserlist>wxid_b,wxid_c</atuserlist></msgsource>", ["wxid_b", "wxid_c"]),
        (
            "<msgsource><atuserlist><![CDATA[,wxid_b; @wxid_c|wxid_b]]></atuserlist></msgsource>",
            ["wxid_b", "wxid_c"],
        ),
        ("<msgsource><atuserlist>notify@all</atuserlist></msgsource>", ["@all"]),
        ("<msgsource><atuserlist>announcement@all,wxid_b</atuserlist></msgsource>", ["@all", "wxid_b"]),
        ("<msgsource><atuserlist></atuserlist></msgsource>", []),
        ("<msgsource><silence>1</silence></msgsource>", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_mentions(tmp_path: Path, source: Any, mentions: list[str] | None) -> None:
    assert one(tmp_path, "@西西\u2005 早", source=source).get("mentions") == mentions


@pytest.mark.parametrize(
    ("content", "text", "quote", "more"),
    [
        ("好[引用 阿北：早]", "好", "早", {}),
        ("好[引用 [消息]]", "好", "[消息]", {}),
        ("好[引用 通知：八点：开会]", "好", "通知：八点：开会", {"quotedContent": "通知：八点：开会"}),
        ("[引用 阿北：早]", None, "早", {}),
        ("只有标题", "只有标题", "早", {"quotedContent": "早"}),
        ("[引用消息]", "[引用消息]", None, {}),
        ("\n好", "好", None, {}),
    ],
)
def test_quotations(
    tmp_path: Path, content: str, text: str | None, quote: str | None, more: dict[str, str]
) -> None:
    row = one(tmp_path, content, QUOTE, **more)
    assert (row["kind"], row.get("text"), row.get("reply_quote")) == ("text", text, quote)


def test_a_typed_quotation_mark_stays_in_plain_text(tmp_path: Path) -> None:
    assert one(tmp_path, "早[引用 阿北：x]")["text"] == "早[引用 阿北：x]"


@pytest.mark.parametrize(
    ("content", "local_type", "more", "expected"),
    [
        ("images/a.jpg", 3, {}, ("image", "[图片]", None, None)),
        ("[语音消息] 我到了", 34, {}, ("voice", "我到了", None, None)),
        ("[表情包]", 8 << 32 | 49, {"type": "文件消息", "appMsgType": "8"}, ("sticker", "[表情包]", None, None)),
        ("files/路线.gpx", 6 << 32 | 49, {}, ("file", "路线.gpx", None, "路线.gpx")),
        (
            "[链接] 封路公告", 5 << 32 | 49,
            {"linkTitle": "封路公告", "linkUrl": "https://x.example.com"},
            ("link", "封路公告", "https://x.example.com", "封路公告"),
        ),
        ("[链接]", 5 << 32 | 49, {"linkTitle": "封路公告"}, ("link", "封路公告", None, "封路公告")),
        ("[音乐] 慢车", 3 << 32 | 49, {"musicUrl": "https://m.example.com"}, ("link", "慢车", "https://m.example.com", "慢车")),
        ("[名片]", 42, {"contactCardNickname": "老李"}, ("contact_card", "老李", None, "老李")),
        ("[红包] 早到奖", 2001 << 32 | 49, {"type": "其他消息"}, ("red_packet", "早到奖", None, None)),
        ("[转账] ￥5", 2000 << 32 | 49, {}, ("transfer", "￥5", None, None)),
        ("[群公告] 带头盔", 87 << 32 | 49, {}, ("announcement", "带头盔", None, None)),
        ("[接龙] 明早\n1. 阿北", 53 << 32 | 49, {"type": "其他消息"}, ("text", "明早\n1. 阿北", None, None)),
        ("[转发的聊天记录]甲的\n甲: 乙", 19 << 32 | 49, {}, ("forward", "甲的", None, "甲的")),
        ("[小程序] 路书", 33 << 32 | 49, {}, ("mini_program", "路书", None, "路书")),
        ("[语音通话]", 50, {}, ("call", "[语音通话]", None, None)),
        ("[图片]", None, {"type": "图片消息"}, ("image", "[图片]", None, None)),
        ("[红包] 早到奖", "x", {}, ("red_packet", "早到奖", None, None)),
        ("早", "1", {}, ("text", "早", None, None)),
        ("[红包] 手打的", 1, {}, ("text", "[红包] 手打的", None, None)),
        ("wxid_aaaa0001:\n早", 1, {}, ("text", "早", None, None)),
        (None, 1, {}, ("text", None, None, None)),
        (
            "wxid_aaaa0001:\n<msg><appmsg><title>保险</title><type>5</type><url>https://b.example.com</url></appmsg></msg>",
            1, {}, ("link", "保险", "https://b.example.com", "保险"),
        ),
    ],
)  # fmt: skip
def test_kinds_and_texts(
    tmp_path: Path, content: Any, local_type: Any, more: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    row = one(tmp_path, content, local_type, **more)
    assert (row["kind"], row.get("text"), row.get("url"), row.get("card_title")) == expected
    assert row["sender_id"] == "wxid_aaaa0001"


def test_system_rows(tmp_path: Path) -> None:
    row = one(tmp_path, '" 小满"通过扫描"阿北"分享的二维码加入群聊  ', 10000, ROOM)
    assert row == {
        "kind": "system", "text": '" 小满"通过扫描"阿北"分享的二维码加入群聊', "event": "join",
        "event_actor": "name:阿北", "event_target": ["name:小满"], "event_detail": "qr", "mentions": [],
    }  # fmt: skip
    row = one(tmp_path, '"阿北" 拍了拍 "小满"', 62 << 32 | 49, type="系统消息")
    assert (row["kind"], row["event_actor"], row["event_target"]) == ("poke", "wxid_aaaa0001", ["name:小满"])
    assert "sender_id" not in row
    row = one(tmp_path, '"$username$"邀请"$names$"加入了群聊', 10000, ROOM)
    assert (row["event"], row.get("event_actor"), row["event_target"]) == ("join", None, [])


def test_the_owner_is_known_before_the_first_own_message(tmp_path: Path) -> None:
    got = detailed(
        tmp_path,
        message('你邀请"默默"加入了群聊', 10000, ROOM),
        message("早"),
        message("撤回这句", who="wxid_me000000_10e8", isSend=1),
        message("你撤回了一条消息", 10000, ROOM),
        message("没有账号的自己", who=None, isSend=1),
    )
    me = "wxid_me000000"
    assert got.column("event_actor") == [me, None, None, me, None]
    assert got.column("event_target") == [["name:默默"], None, None, [me], None]
    assert got.column("sender_id") == [None, "wxid_aaaa0001", me, None, me]
    assert got.column("is_self") == [None, False, True, None, True]
    assert got.seen == 6


def test_an_unknown_owner_is_self(tmp_path: Path) -> None:
    got = detailed(tmp_path, message("你撤回了一条消息", 10000, ROOM), message("早", isSend=None, who=""))
    assert got.column("event_actor") == ["self", None]
    assert got.column("is_self") == [None, None]
    assert got.column("sender_id") == [None, "name:西西"]


def test_ids_stay_exact(tmp_path: Path) -> None:
    got = detailed(
        tmp_path,
        message("一", platformMessageId=7000000000000000001, replyToMessageId="0"),
        message("二", platformMessageId=7.0e18),
        message("三", platformMessageId=""),
        message("四", quotedSvrid=7000000000000000001),
    )
    assert got.column("native_id") == ["7000000000000000001", None, None, None]
    assert got.column("reply_to") == [None, None, None, "7000000000000000001"]
    assert got.notices == [Problem("rounded_id", f"-:{line_of('二', tmp_path)}", "1")]


def test_times(tmp_path: Path) -> None:
    got = detailed(
        tmp_path,
        message("一", createTime=T * 1000 + 5),
        message("二", createTime=None),
        message("三", createTime="x"),
    )
    assert [r["sent_at"].timestamp() for r in got.rows] == [T + 0.005]
    assert [(p.code, p.where, p.detail) for p in got.problems] == [
        ("bad_time", f"-:{line_of('二', tmp_path)}", "None"),
        ("bad_time", f"-:{line_of('三', tmp_path)}", "'x'"),
    ]
    assert got.seen == 4


def test_a_count_that_does_not_match_is_a_notice(tmp_path: Path) -> None:
    got = detailed(tmp_path, message("早"), session=session(5))
    assert got.notices == [Problem("count_mismatch", "-", "messageCount=5 messages=1")]
    assert detailed(tmp_path, message("早"), session=session(0, messageCount="1")).notices == []


def test_groups_and_private_chats(tmp_path: Path) -> None:
    def group(value: Any) -> Group:
        return detailed(tmp_path, message("早"), session=value).groups[0]

    assert group({"wxid": "wxid_b", "displayName": "西西", "type": "私聊"}) == Group(
        "wxid_b", "西西", "wechat", "private"
    )
    assert group({"nickname": "群", "displayName": ""}) == Group("name:群", "群", "wechat")
    assert group(None) == Group("name:", None, "wechat")


def test_damage_and_truncation(tmp_path: Path) -> None:
    doc = {"weflow": WEFLOW, "session": session(5), "messages": [message(f"第{i}句") for i in range(1, 6)]}
    for layout in ({"indent": 2}, {"separators": (",", ":")}):
        text = json.dumps(doc, ensure_ascii=False, **layout)
        got = of_bytes(weflow_json.FORMAT, text.replace('"第3句"', '"第3句').encode(), tmp_path)
        assert got.column("text") == ["第1句", "第2句", "第4句", "第5句"]
        assert got.column("origin_record") == [1, 2, 4, 5]
        assert ([p.code for p in got.problems], got.notices, got.seen) == (["bad_json"], [], 6)
        got = of_bytes(weflow_json.FORMAT, text[: text.index("第4句") + 2].encode(), tmp_path)
        assert got.column("text") == ["第1句", "第2句", "第3句"]
        assert [p.code for p in got.problems] == ["truncated"]
        assert [n.detail for n in got.notices] == ["messageCount=5 messages=3"]
        assert got.groups == [GROUP]


# -- Arkme -------------------------------------------------------------------------------------------

SENDERS = [
    {"senderID": 0, "wxid": "wxid_me000000", "displayName": "我"},
    {"senderID": 1, "wxid": "wxid_aaaa0001", "displayName": "阿北", "groupNickname": "队长"},
    {"senderID": 2, "wxid": ROOM, "displayName": "周末骑行小队"},
]
MEMBERS = [
    {"wxid": "wxid_aaaa0001", "displayName": "备注名", "nickname": "阿北", "groupNickname": "队长"},
    {"wxid": "wxid_cccc0003", "displayName": "默默", "nickname": "", "messageCount": 0},
    {"wxid": "", "displayName": "没有账号"},
]


def arkme(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    bare = [{k: v for k, v in m.items() if not k.startswith("sender") or k == "senderID"} for m in messages]
    weflow = {**WEFLOW, "format": "arkme-json"}
    return {
        "weflow": weflow,
        "session": session(len(bare)),
        "senders": SENDERS,
        "messages": bare,
        "groupMembers": MEMBERS,
        **more,
    }


@pytest.mark.parametrize("backwards", [False, True])
def test_arkme(tmp_path: Path, backwards: bool) -> None:
    doc = arkme(
        message("早", senderID=1),
        message("安", senderID=0, isSend=1),
        message('你邀请"默默"加入了群聊', 10000, senderID=2),
        message("谁", senderID=9),
        message("[群公告] 带头盔", 87 << 32 | 49, senderID="1", appMsgType="87"),
    )
    if backwards:
        doc = dict(reversed(doc.items()))
    got = of_bytes(weflow_arkme_json.FORMAT, json.dumps(doc).encode(), tmp_path)
    assert got.column("sender_id") == ["wxid_aaaa0001", "wxid_me000000", None, None, "wxid_aaaa0001"]
    assert got.column("sender_name") == ["队长", "我", None, None, "队长"]
    assert got.column("event_actor")[2] == "wxid_me000000"
    assert got.column("kind") == ["text", "text", "system", "text", "announcement"]
    assert got.groups == [GROUP]
    assert got.members == [
        Member(ROOM, "wxid_aaaa0001", "阿北", "队长"),
        Member(ROOM, "wxid_cccc0003", "默默"),
    ]
    # 1 header + 5 messages + 3 senders + 2 members + 1 that is none
    assert (got.seen, got.member_records, got.skipped) == (12, 5, {"not_a_member": 1})


def test_an_arkme_sender_who_is_not_in_the_table(tmp_path: Path) -> None:
    doc = arkme(
        message("谁", senderID=77),
        message("早", senderID=1),
        message('"阿北"修改群名为“x”', 10000, senderID=78),
        message("又是谁", senderID=77),
    )
    got = of_bytes(weflow_arkme_json.FORMAT, json.dumps(doc, ensure_ascii=False).encode(), tmp_path)
    assert got.column("sender_id") == [None, "wxid_aaaa0001", None, None]
    assert got.notices == [Problem("unknown_sender", "-:1", "2")]


def test_arkme_and_detailed_are_told_apart() -> None:
    from cq.formats import Peek

    def found(doc: dict[str, Any]) -> list[str]:
        peek = Peek("x.json", json.dumps(doc).encode())
        return [f.id for f in (weflow_json.FORMAT, weflow_arkme_json.FORMAT) if f.sniff(peek)]

    doc = arkme(message("早", senderID=1))
    assert found(doc) == ["weflow-arkme-json"]
    assert found({k: v for k, v in doc.items() if k != "senders"}) == ["weflow-arkme-json"]
    assert found({**doc, "weflow": WEFLOW, "senders": []}) == ["weflow-arkme-json"]
    assert found({"weflow": WEFLOW, "session": session(1), "messages": [message("早")]}) == ["weflow-json"]
    assert found({"weflow": WEFLOW, "messages": [message("早")]}) == []


def test_nothing_of_a_hostile_message_raises(tmp_path: Path) -> None:
    hostile: list[Any] = [
        None,
        True,
        -1,
        1.5,
        10**30,
        float("nan"),
        "",
        "\0",
        "x",
        [],
        [[]],
        {},
        {"a": [1]},
        "\ud83d",
    ]
    fields = [*message(""), "senderID", "platformMessageId", "replyToMessageId", "quotedContent", "quotedSvrid",
              "appMsgType", "linkTitle", "linkUrl", "contactCardNickname"]  # fmt: skip
    for local_type in (1, QUOTE, 10000, 5 << 32 | 49):
        messages = [message("早", local_type) | {name: value} for name in fields for value in hostile]
        doc = {"weflow": WEFLOW, "session": session(len(messages)), "messages": messages}
        got = of_bytes(weflow_json.FORMAT, json.dumps(doc).encode(), tmp_path)
        assert got.seen == 1 + len(messages)
        got = of_bytes(weflow_arkme_json.FORMAT, json.dumps(doc | {"senders": messages}).encode(), tmp_path)
        assert got.seen == 1 + 2 * len(messages)
    for value in hostile:
        broken = {"weflow": value, "session": {"wxid": value, "displayName": value, "type": value, "messageCount": value},
                  "messages": [message("早")], "groupMembers": [{"wxid": value, "nickname": value}]}  # fmt: skip
        assert len(of_bytes(weflow_json.FORMAT, json.dumps(broken).encode(), tmp_path).rows) == 1
