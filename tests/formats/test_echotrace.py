"""EchoTrace JSON: rows worked out by hand, a crash of the exporter, the counting law."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_chatlab import Read, of_bytes

from cq.formats import Peek, echotrace_json
from cq.model import Group, Member

T = 1769900000
ROOM = "10000000001@chatroom"
SESSION = {"wxid": ROOM, "displayName": "周末骑行小队", "type": "群聊", "messageCount": 0}


def message(
    content: str, local_type: int = 1, who: str | None = "wxid_aaaa0001", **more: Any
) -> dict[str, Any]:
    return {
        "localId": 17, "createTime": T, "type": "", "localType": local_type, "content": content, "isSend": 0,
        "senderUsername": who, "senderDisplayName": "阿北", "source": "", **more,
    }  # fmt: skip


def document(*messages: dict[str, Any], **more: Any) -> bytes:
    """As the streaming writer lays it out: one message on a line."""
    out = '{\n  "session": ' + json.dumps({**SESSION, "messageCount": len(messages)}, ensure_ascii=False)
    out += (
        ',\n  "messages": [\n    '
        + ",\n    ".join(json.dumps(m, ensure_ascii=False) for m in messages)
        + "\n  ]"
    )
    out += "".join(f',\n  "{key}": {json.dumps(value)}' for key, value in more.items())
    return (out + ',\n  "exportTime": "2026-02-02T10:00:00.000000"\n}\n').encode()


def read(tmp_path: Path, *messages: dict[str, Any], **more: Any) -> Read:
    return of_bytes(echotrace_json.FORMAT, document(*messages, **more), tmp_path)


def test_rows_by_hand(tmp_path: Path) -> None:
    got = read(
        tmp_path,
        message("早 & 安", source="<msgsource><atuserlist>wxid_bbbb0002</atuserlist></msgsource>"),
        message("[拍一拍]", 266287972401, ROOM, senderDisplayName="群成员", isSend=None, type="拍一拍消息"),
        message("[未知消息类型(822083633)]", 822083633, None, senderDisplayName="群成员"),
        message("好", 244813135921, type="引用消息", platformMessageId="7000000000000000001"),
        message("名字查不到", senderDisplayName="群成员"),
        message("\n我的", who="wxid_me000000", isSend=1, senderDisplayName="我"),
        message('你将"卖车架的"移出了群聊', 10000, ROOM, senderDisplayName="群成员"),
        groupMembers=[{"wxid": "wxid_aaaa0001", "displayName": "阿北"}, {"username": "wxid_cccc0003"}, {}],
    )
    empty = dict.fromkeys(got.rows[0])
    common = {
        **empty, "platform": "wechat", "group_id": ROOM, "group_name": "周末骑行小队", "origin_file": "-",
        "sent_at": got.rows[0]["sent_at"], "is_self": False, "kind": "text",
    }  # fmt: skip
    sent = {**common, "sender_id": "wxid_aaaa0001", "sender_name": "阿北"}
    assert got.rows == [
        {**sent, "text": "早 & 安", "mentions": ["wxid_bbbb0002"], "origin_record": 1},
        {
            **common, "kind": "poke", "text": "[拍一拍]", "event": "poke", "event_target": [], "mentions": [],
            "is_self": None, "origin_record": 2,
        },
        {**common, "kind": "other", "text": "[未知消息类型(822083633)]", "origin_record": 3},
        {**sent, "text": "好", "origin_record": 4},
        {**sent, "sender_name": None, "text": "名字查不到", "origin_record": 5},
        {**sent, "sender_id": "wxid_me000000", "sender_name": "我", "text": "我的", "is_self": True, "origin_record": 6},
        {
            **common, "kind": "system", "text": '你将"卖车架的"移出了群聊', "event": "remove",
            "event_actor": "wxid_me000000", "event_target": ["name:卖车架的"], "mentions": [],
            "is_self": None, "origin_record": 7,
        },
    ]  # fmt: skip
    assert got.rows[0]["sent_at"].timestamp() == T
    assert got.groups == [Group(ROOM, "周末骑行小队", "wechat", "group")]
    assert got.members == [Member(ROOM, "wxid_aaaa0001", "阿北"), Member(ROOM, "wxid_cccc0003")]
    # 1 header + 7 messages + 2 members + 1 that is none
    assert (got.seen, got.notices, got.skipped) == (11, [], {"not_a_member": 1})


def test_a_crash_keeps_every_complete_line(tmp_path: Path) -> None:
    data = document(*(message(f"第{i}句") for i in range(1, 6)))
    for stop in range(data.index(b"messages"), len(data), 7):
        whole = data[:stop].decode("utf-8", "ignore")
        got = of_bytes(echotrace_json.FORMAT, data[:stop], tmp_path)
        complete = sum(line.rstrip(",").endswith("}") for line in whole.split("\n")[3:8])
        assert len(got.rows) == complete
        if stop < len(data) - 2:
            assert [p.code for p in got.problems] == ["truncated"]


def test_one_damaged_line_costs_itself(tmp_path: Path) -> None:
    data = document(*(message(f"第{i}句") for i in range(1, 6)))
    for bad in (b'"localId": 17x', b"localId: 17", b'"localId: 17'):
        parts = data.split(b'"localId": 17')
        hit = b'"localId": 17'.join(parts[:3]) + bad + b'"localId": 17'.join(parts[3:])
        got = of_bytes(echotrace_json.FORMAT, hit, tmp_path)
        assert got.column("text") == ["第1句", "第2句", "第4句", "第5句"]
        assert [(p.code, p.where) for p in got.problems] == [("bad_json", "-:6")]


def test_avatars_before_the_messages_are_passed_over(tmp_path: Path) -> None:
    doc = {"session": SESSION, "avatars": {"a": {"base64": "A" * 10_000_000}}, "messages": [message("早")]}
    got = of_bytes(echotrace_json.FORMAT, json.dumps(doc).encode(), tmp_path)
    assert got.column("text") == ["早"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (document(message("早")).decode(), True),
        (document().decode(), True),
        (json.dumps({"session": SESSION, "messages": [message("早")]}), True),
        (json.dumps({"weflow": {}, "session": SESSION, "messages": [message("早")]}), False),
        (json.dumps({"exportInfo": {}, "session": SESSION, "messages": [message("早")]}), False),
        (json.dumps({"session": SESSION, "messages": [{"id": 1}]}), False),
        (json.dumps({"session": "abc", "messages": []}), False),
        (json.dumps([SESSION]), False),
    ],
)
def test_sniff(text: str, found: bool) -> None:
    assert (echotrace_json.FORMAT.sniff(Peek("x.json", text.encode())) is not None) == found
