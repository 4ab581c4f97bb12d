"""QCE's JSON and chunked JSON lines: shapes, names, replies, gray tips, folders, hostile input."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from raw import SHANGHAI, Read, read

from cq.reading import ReadRequest
from cq.reading import read as merged

Json = dict[str, Any]
T = 1767230000000
GROUP = {
    "name": "周末羽毛球",
    "type": "group",
    "selfUid": "u_me",
    "selfUin": "10086001",
    "peerUid": "700000001",
}
METADATA = {"name": "QQChatExporter", "version": "0.1.0"}
NOBODY = {"uid": "未知", "name": "系统消息"}


def element(kind: str, **data: Any) -> Json:
    return {"type": kind, "data": data}


def who(uin: str, name: str | None = None, **more: Any) -> Json:
    return {"uid": f"u_{uin}", "uin": uin, "name": name or f"甲{uin[-1]}", **more}


def message(n: int, text: str = "好", *elements: Json, sender: Json | None = None, **more: Any) -> Json:
    """The n-th record of shape D, n seconds after T. ``content`` in ``more`` is added to the content."""
    content = {
        "text": text,
        "elements": list(elements) or [element("text", text=text)],
        "resources": [],
        "mentions": [],
    }
    return {
        "id": str(7400000000000000000 + n), "seq": str(100 + n), "timestamp": T + n * 1000, "time": "x",
        "sender": who("10086002") if sender is None else sender, "type": "text",
        "content": content | more.pop("content", {}), "recalled": False, "system": False, **more,
    }  # fmt: skip


def document(*messages: Json, chat: Json | None = None, metadata: Json | None = None, **more: Any) -> bytes:
    head = {"metadata": METADATA | (metadata or {}), "chatInfo": GROUP if chat is None else chat}
    return json.dumps({**head, **more, "messages": messages}, ensure_ascii=False).encode()


def rows(*messages: Json, **more: Any) -> Read:
    return read(document(*messages, **more), "qce-json")


def one(*elements: Json, text: str = "", **more: Any) -> Json:
    """The row of a message with these elements."""
    return rows(message(1, text, *elements, **more)).rows[0]


def reply(of: str | None = None, **data: Any) -> Json:
    ids = {"messageId": of, "referencedMessageId": of}
    return element(
        "reply", **{**ids, "senderUin": "10086002", "content": "原话", "timestamp": T // 1000 + 1, **data}
    )


# -- who ---------------------------------------------------------------------------------------------


def test_a_number_is_no_name_and_names_come_from_other_messages() -> None:
    ex = who("10086003", "10086003")
    got = rows(
        message(1, sender=ex),
        message(2, sender=who("10086003", "老周")),
        message(3, sender=who("10086004", "10086004")),
        message(4, sender=who("10086005", "x", groupCard="卡", nickname="昵")),
        message(5, sender=who("10086006", "0", nickname="昵六")),
    )
    assert got.column("sender_name") == ["老周", "老周", None, "卡", "昵六"]
    assert got.column("sender_id") == ["10086003", "10086003", "10086004", "10086005", "10086006"]
    assert got.members["10086005"].card == "卡"


def test_senders_without_a_number() -> None:
    got = rows(
        message(1, sender={"uid": "u_abc", "uin": "0", "name": "只有uid"}),
        message(2, sender={"uid": "", "uin": "80000000", "name": "大象"}),
        message(3, "A加入了群聊", sender={"uid": "", "uin": "0", "name": "系统消息"}),
        message(4, "群聊更新", sender={"uid": "未知", "name": "未知"}),
        message(5, "管家", sender=who("10000", "系统")),
        message(6, "无", sender=None) | {"sender": None},
    )
    assert got.column("sender_id") == ["uid:u_abc", "anon:80000000", None, None, None, None]
    assert got.column("kind") == ["text", "text", *["system"] * 4]
    assert got.column("event") == [None, None, "join", "other", "other", "other"]


def test_own_messages_title_and_recalled() -> None:
    got = rows(
        message(1, sender=who("10086001", "我", title="馆长")),
        message(2, recalled=True),
        message(3, "撤", system=True),
    )
    assert got.column("is_self") == [True, False, None]
    assert got.column("sender_title") == ["馆长", None, None]
    assert got.column("recalled") == [False, True, False]


def test_the_owner_by_uid_and_one_who_is_silent() -> None:
    chat = {**GROUP, "selfUin": "0", "selfUid": "u_10086001"}
    assert rows(message(1, sender=who("10086001")), message(2), chat=chat).column("is_self") == [True, False]
    assert rows(message(2), chat=chat).column("is_self") == [False]
    assert rows(message(2), chat={"name": "群", "peerUid": "700000001"}).column("is_self") == [None]


def test_the_type_of_the_chat_is_corrected_by_those_who_speak() -> None:
    chat = {**GROUP, "type": "private"}
    two = rows(message(1, sender=who("10086001")), message(2), chat=chat)
    three = rows(
        message(1, sender=who("10086001")), message(2), message(3, sender=who("10086003")), chat=chat
    )
    assert two.groups["700000001"].chat_kind == "private"
    assert three.groups["700000001"].chat_kind == "group"
    late = rows(
        *(message(n, sender=who(f"1008600{1 if n < 9000 else n % 9 + 1}")) for n in range(1, 9010)), chat=chat
    )
    assert late.groups["700000001"].chat_kind == "group"


def test_a_private_chat_is_its_partner() -> None:
    chat = {"name": "小禾", "type": "private", "selfUin": "10086001", "peerUid": "u_x", "peerUin": "10086002"}
    got = rows(message(1), chat=chat)
    assert got.groups["10086002"].chat_kind == "private"
    unknown = rows(message(1), chat={"name": "小禾", "type": "friend", "peerUid": "u_x"})
    assert unknown.groups["u_x"].group_name == "小禾"


@pytest.mark.parametrize(
    ("name", "group", "shown"),
    [
        ("group_700000001_20251201_101500.json", "700000001", None),
        ("group_周末_羽毛球_700000001_20260102_101500123_2.json", "700000001", "周末_羽毛球"),
        ("周末羽毛球(700000001).json", "700000001", "周末羽毛球"),
        ("group_周末_700000001_20260102_101500123_chunked_jsonl/chunks/c000001.jsonl", "700000001", "周末"),
        ("x.json", "name:", None),
    ],
)
def test_the_group_by_the_name_of_the_file(name: str, group: str, shown: str | None) -> None:
    data = json.dumps(message(1), ensure_ascii=False).encode()
    got = read(data, "qce-jsonl", name=name)
    assert [(g.group_id, g.group_name) for g in got.groups.values()] == [(group, shown)]


# -- shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stamp", [1767230000000, 1767230000, "1767230000000", "2026-01-01T01:13:20.000Z", "2026-01-01T09:13:20+08:00", "2026-01-01T01:13:20"]
)  # fmt: skip
def test_times_in_every_shape(stamp: Any) -> None:
    got = rows(message(1) | {"timestamp": stamp, "time": "2020-01-01 24:00:00"})
    assert got.local_times == ["2026-01-01 09:13:20"]


def test_a_missing_time_is_a_problem() -> None:
    got = rows(message(1), message(2) | {"timestamp": None}, message(3) | {"timestamp": "gestern"})
    assert got.codes == ["bad_time", "bad_time"]
    assert len(got.rows) == 1


def shape_b(text: str, **content: Any) -> Json:
    return {
        "messageId": "7500000000000000001", "messageSeq": "201", "timestamp": "2026-01-01T01:13:20.000Z",
        "sender": who("10086002", "小禾", role="admin"), "receiver": {"uid": "700000009", "name": "羽毛球", "type": "group"},
        "messageType": 2, "isSystemMessage": False, "isRecalled": True, "content": {"text": text, **content},
    }  # fmt: skip


def test_shape_b() -> None:
    got = rows(
        shape_b("看 [图片: a.jpg]", resources=[{"type": "image", "fileName": "a.jpg"}]),
        shape_b("[图片: a.jpg]", resources=[{"type": "image", "fileName": "a.jpg"}]),
        shape_b("[语音 5s]"),
        shape_b("[卡片消息: 球]", card={"title": "球", "url": "https://example.org"}),
        shape_b("[位置: 三号场]", location={"name": "三号场"}),
        shape_b("[合并转发: 2条]", multiForward={"title": "记录", "messages": [shape_b("里面")]}),
        shape_b("笑/捂脸", emojis=[{"id": 264}]),
    )
    assert got.column("kind") == ["text", "image", "voice", "link", "location", "forward", "text"]
    assert got.column("text") == ["看", "[图片: a.jpg]", "[语音 5s]", "球", "三号场", "记录", "笑/捂脸"]
    assert set(got.column("recalled")) == {True}
    assert got.members["10086002"].role == "admin"


def test_shape_b_as_a_bare_chunk_knows_its_group() -> None:
    got = read(json.dumps(shape_b("好")).encode())
    assert [(g.group_id, g.group_name, g.chat_kind) for g in got.groups.values()] == [
        ("700000009", "羽毛球", "group")
    ]


def test_the_same_words_are_not_read_twice() -> None:
    whole = "@小禾 看[图片: a.jpg]"
    row = one(
        element("text", text=whole),
        element("at", uid="u_1", name="小禾"),
        element("image", filename="a.jpg"),
        text=whole,
    )
    assert (row["kind"], row["text"]) == ("text", "@小禾 看")


def test_typed_placeholders_stay() -> None:
    got = rows(message(1, "我打的[图片: x]"), message(2, "[图片]"))
    assert got.column("text") == ["我打的[图片: x]", "[图片]"]
    assert set(got.column("kind")) == {"text"}


@pytest.mark.parametrize(
    ("kind", "text", "row"),
    [
        ("type_6", "[语音 5s]", "voice"),
        ("type_8", "[文件: a.xlsx]", "file"),
        ("type_9", "[视频: a.mp4]", "video"),
        ("type_11", "[合并转发: 3条]", "forward"),
        ("type_17", "[位置: 三号场]", "location"),
        ("type_7", "[卡片消息: 球]", "link"),
        ("type_1", "[图片: a.jpg]", "image"),
        ("type_99", "就是文字", "text"),
    ],
)
def test_types_where_there_are_no_elements(kind: str, text: str, row: str) -> None:
    got = rows(message(1, text) | {"type": kind, "content": {"text": text, "elements": []}})
    assert got.column("kind") == [row]


# -- content -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "shown", "kind", "text"),
    [
        ([element("image", filename="a.jpg")], "[图片:a.jpg]", "image", "[图片:a.jpg]"),
        ([element("image", subType="sticker")], "[图片:a.gif]", "sticker", "[图片:a.gif]"),
        ([element("market_face", name="[汪汪]")], "[汪汪]", "sticker", "[汪汪]"),
        ([element("text", text="看"), element("image", filename="a.jpg")], "看[图片:a.jpg]", "text", "看"),
        ([element("text", text="哈"), element("face", name="/微笑")], "哈/微笑", "text", "哈"),
        ([element("face", name="/微笑")], "/微笑", "text", "/微笑"),
        ([element("wallet", title="新年快乐")], "[红包]", "red_packet", "新年快乐"),
        ([element("av_record")], "[通话]", "call", "[通话]"),
        ([element("markdown", content="**好**")], "[Markdown消息]", "text", "**好**"),
        ([element("file", filename="a.xlsx")], "[文件:a.xlsx]", "file", "a.xlsx"),
        ([element("live_gift")], "[礼物]", "red_packet", "[礼物]"),
        ([element("novelty")], "[新东西]", "other", "[新东西]"),
        ([element("text", text="话"), element("novelty")], "话", "text", "话"),
        ([element("text", text="a\r\nb\rc")], "a\r\nb\rc", "text", "a\nb\nc"),
        ([element("json", content='{"app":"com.tencent.contact.lua","meta":{"contact":{"nickname":"小林"}}}')],
         "[JSON消息]", "contact_card", "小林"),
        ([element("json", content="{坏")], "[JSON消息]", "other", "[JSON消息]"),
        ([element("json", content='{"app":"com.tencent.mannounce","meta":{"mannounce":{"encode":1,"title":"5YGc5Zy6","text":"5YGc5Zy6"}}}')],
         "[JSON消息]", "announcement", "停场"),
    ],
)  # fmt: skip
def test_kinds_come_from_the_elements(elements: list[Json], shown: str, kind: str, text: str) -> None:
    row = one(*elements, text=shown)
    assert (row["kind"], row["text"]) == (kind, text)


def test_a_forward_is_one_message() -> None:
    nested = message(5, "里面", element("forward", title="更里面", messages=[message(6)]))
    got = rows(
        message(
            1, "[转发消息: 1条]\n  甲: 里面", element("forward", title="群聊的聊天记录", messages=[nested])
        )
    )
    assert [(r["kind"], r["text"], r["card_title"]) for r in got.rows] == [
        ("forward", "群聊的聊天记录", "群聊的聊天记录")
    ]


def test_mentions_are_those_of_elements_and_of_the_list() -> None:
    got = rows(
        message(1, "x", element("at", uid="u_7", uin="10086007", name="@七"), element("text", text=" x"),
                content={"mentions": [{"uid": "u_7", "name": "七", "type": "user"}, {"uid": "u_8", "name": "八", "type": "user"}]}),
        message(2, "@全体成员 x", content={"mentions": [{"uid": "all", "name": "全体成员", "type": "all"}]}),
        message(3, sender=who("10086008", uid="u_8")),
        message(4, "@八", element("at", uid="u_8", name="八")),
        message(5, "@九", element("at", uid="", name="@九")),
    )  # fmt: skip
    assert got.column("mentions") == [["10086007", "10086008"], ["@all"], None, ["10086008"], ["name:九"]]
    assert got.column("text")[0] == "@七 x"


# -- replies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (reply("7400000000000000001"), "7400000000000000001"),
        (reply("0"), f"at:{T + 1000}:10086002"),
        (reply(""), f"at:{T + 1000}:10086002"),
        (reply(None), f"at:{T + 1000}:10086002"),
        (reply("0", messageId="7400000000000000001"), "7400000000000000001"),
        (reply("7499999999999999999"), f"at:{T + 1000}:10086002"),  # no message has that id
        (reply("7499999999999999999", timestamp=T // 1000 - 999), "7499999999999999999"),  # before the export
        (reply("7499999999999999999", timestamp=0), "7499999999999999999"),
        (reply("0", timestamp=None), None),
        (reply("0", senderUin="0"), None),
        (reply("0", timestamp=T + 1000), f"at:{T + 1000}:10086002"),
    ],
)
def test_what_a_reply_names(answer: Json, reference: str | None) -> None:
    got = rows(
        message(1),
        message(2),
        message(3, "[回复消息]对", answer, element("text", text="对")) | {"type": "reply"},
    )
    row = got.rows[2]
    assert (row["reply_to"], row["reply_quote"], row["text"], row["kind"]) == (
        reference,
        "原话",
        "对",
        "text",
    )


def test_replies_in_a_file_that_runs_backwards_keep_their_ids() -> None:
    answer = message(9000, "对", reply("7400000000000000001"), element("text", text="对"))
    got = rows(answer, *(message(n) for n in range(8999, 0, -1)))
    assert got.rows[0]["reply_to"] == "7400000000000000001"


def test_ids_are_remembered_beyond_a_batch() -> None:
    right, wrong = (reply(of, senderUin="10086002") for of in ("7400000000000000001", "7499999999999999999"))
    answers = (message(9000 + n, "对", a, element("text", text="对")) for n, a in enumerate((right, wrong)))
    got = rows(*(message(n) for n in range(1, 9000)), *answers)
    assert got.column("reply_to")[-2:] == ["7400000000000000001", f"at:{T + 1000}:10086002"]


def test_a_reply_beside_the_elements_and_in_the_raw_record() -> None:
    beside = {"messageId": "7400000000000000001", "senderName": "甲", "content": "原话"}
    raw = {
        "elements": [
            {
                "replyElement": {
                    "senderUid": "10086002",
                    "senderUidStr": "u_x",
                    "replyMsgTime": str(T // 1000 + 1),
                }
            }
        ]
    }
    got = rows(
        message(1),
        message(2, "[回复 甲: 原话]对", content={"reply": beside, "elements": []}),
        message(3, "[回复 甲: 原[图片]话]对", content={"reply": {**beside, "messageId": "0", "content": "原[图片]话"}, "elements": []},
                rawMessage=raw),
    )  # fmt: skip
    assert got.column("reply_to") == [None, "7400000000000000001", f"at:{T + 1000}:10086002"]
    assert got.column("text") == ["好", "对", "对"]


def test_replies_find_their_message(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(document(message(1, "问"), message(2, "对", reply("7499"), element("text", text="对"))))
    reading = merged(ReadRequest([str(path)], SHANGHAI))
    first, second = (row for batch in reading.log.batches() for row in batch.to_pylist())
    reading.log.close()
    assert second["reply_to"] == first["message_id"]


# -- gray tips ---------------------------------------------------------------------------------------


def test_a_reply_of_which_only_the_words_tell() -> None:
    words = "[回复 甲1: [图片: a.jpg]]也去"
    row = one(text=words, type="type_3")
    assert (row["text"], row["reply_quote"], row["reply_to"]) == ("也去", "[图片: a.jpg]", None)
    assert one(text=words, type="type_1")["text"] == words, "somebody has typed it"


def test_the_client_has_no_nickname() -> None:
    row = one(text="路过加入了群聊", sender=NOBODY, type="type_1", rawMessage={"sendNickName": "甲"})
    assert (row["sender_id"], row["event"]) == (None, "join")


def test_system_rows_by_their_elements() -> None:
    tip = element("system", subType=1, text="小禾 撤回了一条消息")
    got = rows(message(1, "小禾 撤回了一条消息", tip, system=False) | {"type": "type_1"})
    assert (got.rows[0]["kind"], got.rows[0]["event"], got.rows[0]["sender_id"]) == ("recall", "recall", None)


def test_gray_tips_name_people_by_id() -> None:
    people = {
        "operatorUid": "u_10086003",
        "operatorNick": "三",
        "origMsgSenderUid": "u_10086002",
        "origMsgSenderNick": "二",
    }
    xml = (
        '<gtip><qq uin="u_10086003" jp="10086003" nm="三"/><nor txt="邀请"/><qq uin="u_new" nm="新"/></gtip>'
    )
    got = rows(
        message(1, sender=who("10086002")),
        message(2, sender=who("10086003")),
        message(3, "三 撤回了 二 的消息", element("system", subType=1, originalData={"grayTipElement": {"subElementType": 1, "revokeElement": people}}), system=True),
        message(4, "（没有句子）", element("system", originalData={"grayTipElement": {"subElementType": 1, "revokeElement": people}}), system=True),
        message(5, "三邀请新加入了群聊", element("system", originalData={"grayTipElement": {"subElementType": 10, "xmlElement": {"content": xml}}}), system=True),
        message(6, "群聊更新", element("system", originalData={"grayTipElement": {"subElementType": 4, "groupElement": {"type": 1, "memberUid": "u_9", "memberNick": "九", "adminUid": "u_10086003"}}}), system=True),
    )  # fmt: skip
    assert got.column("event")[2:] == ["recall", "recall", "join", "join"]
    assert got.column("event_actor")[2:] == ["10086003"] * 4
    assert got.column("event_target")[2:] == [["10086002"], ["10086002"], ["uid:u_new"], ["uid:u_9"]]


# -- counts and doubts -------------------------------------------------------------------------------


def notices(found: Read) -> list[tuple[str, str]]:
    return [(n.code, n.detail) for n in found.notices]


def test_the_stated_count_is_checked() -> None:
    assert notices(rows(message(1), statistics={"totalMessages": 1})) == []
    got = rows(message(1), statistics={"totalMessages": 3})
    assert notices(got) == [("count_mismatch", "totalMessages=3 messages=1")]


def test_records_with_the_time_of_the_export_are_doubted() -> None:
    at = "2026-01-02T01:00:00.000Z"
    stamped = message(2) | {"timestamp": 1767315605000}
    assert notices(rows(message(1), stamped, message(3), metadata={"exportTime": at})) == [
        ("time_of_export", "1")
    ]
    last = message(4) | {"timestamp": 1767315605000}  # somebody who wrote while the export ran
    assert notices(rows(message(1), message(3), last, metadata={"exportTime": at})) == []
    by_name = read(
        document(message(1), stamped, message(3)),
        "qce-json",
        name="group_x_700000001_20260102_090000123.json",
    )
    assert notices(by_name) == [("time_of_export", "1")]


def test_avatars_before_the_messages_are_passed_over() -> None:
    got = rows(
        message(1),
        avatars={"u_1": "data:image/jpeg;base64," + "A" * 10_000_000},
        statistics={"totalMessages": 1},
    )
    assert got.column("text") == ["好"]
    assert got.notices == []


def test_the_chat_may_stand_behind_the_messages() -> None:
    data = json.dumps({"metadata": METADATA, "messages": [message(1)], "chatInfo": GROUP}).encode()
    got = read(data)
    assert (got.rows[0]["group_id"], got.headers, got.codes) == ("700000001", 1, [])


def test_long_ids_are_exact_and_rounded_ones_dropped() -> None:
    got = rows(message(1) | {"id": 7400000000000000123}, message(2) | {"id": 7.4e18})
    assert got.column("native_id") == ["7400000000000000123", None]
    assert [n.code for n in got.notices] == ["rounded_id"]


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_cuts_between_blocks_change_nothing(block: int) -> None:
    data = document(
        message(1, '"messages":['), message(2, "对", reply("0"), element("text", text="对")), message(3)
    )
    assert read(data, "qce-json", block=block).rows == read(data, "qce-json").rows


def test_a_cut_off_file_keeps_what_it_has() -> None:
    data = document(*(message(n, f"第{n}句") for n in range(1, 6)))
    got = read(data[: data.index("第4句".encode())], "qce-json")
    assert got.column("text") == ["第1句", "第2句", "第3句"]
    assert got.codes == ["truncated"]


# -- hostile input -----------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None,
    0,
    -1,
    1.5,
    1e400,
    True,
    "",
    "\ud83d",
    "x" * 300,
    [],
    {},
    [[]],
    {"a": []},
    10**25,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from paths(child, (*here, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    out = copy.deepcopy(value)
    inside = out
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = new
    return out


def test_any_value_anywhere_costs_a_record_at_most() -> None:
    raw = {
        "sendNickName": "甲",
        "peerUin": "1",
        "elements": [{"replyElement": {"senderUid": "1", "replyMsgTime": "2"}}],
    }
    tip = {
        "grayTipElement": {
            "subElementType": 1,
            "revokeElement": {"operatorUid": "u", "operatorNick": "n"},
            "j": '{"a":[]}',
        }
    }
    samples = [
        message(1, "x", reply("1"), element("at", uid="u", uin="1", name="@n"), element("image", filename="a", subType="s"),
                element("json", content="{}", title="t", url="u"), rawMessage=raw,
                content={"mentions": [{"uid": "u", "name": "n", "type": "user"}], "resources": [{"type": "image"}]}),
        message(1, "撤回了一条消息", element("system", subType=1, originalData=tip), system=True),
        shape_b("x", reply={"messageId": "1", "content": "c"}, card={"title": "t"}, location={"name": "n"},
                multiForward={"title": "t"}, emojis=[{}], mentions=[{"uid": "u"}]) | {"rawMessage": raw},
    ]  # fmt: skip
    for sample in samples:
        for path in paths(sample):
            for odd in ODD:
                changed = replaced(sample, path, odd)
                data = json.dumps([message(1), changed, message(3)])[1:-1]
                found = read(
                    f'{{"metadata":{json.dumps(METADATA)},"messages":[{data}]}}'.encode(), "qce-json"
                )
                assert len(found.rows) + len(found.problems) == 3, (path, odd)
                assert len(found.rows) >= 2, (path, odd)


def test_any_value_in_the_head_is_survived() -> None:
    top = {
        "metadata": {**METADATA, "exportTime": "2026"},
        "chatInfo": GROUP,
        "statistics": {"totalMessages": 1},
    }
    for path in paths(top):
        for odd in ODD:
            data = json.dumps(
                {**(replaced(top, path, odd) or {}), "messages": [message(1)]}
                if path
                else {"messages": [message(1)]}
            )
            assert len(read(data.encode(), "qce-json").rows) == 1


@pytest.mark.parametrize(
    "text",
    ["[图片: " * 60_000, "[" * 300_000, "[图片: a]" * 40_000, "@" * 300_000, "[回复 " + ": " * 150_000, "被移出了群聊" * 40_000],
)  # fmt: skip
def test_hostile_texts_take_no_time(text: str) -> None:
    start = time.monotonic()
    rows(
        message(1, text, reply("0", content=text[:1000]), element("text", text=text)),
        message(2, text, system=True),
    )
    assert time.monotonic() - start < 2
