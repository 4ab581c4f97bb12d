"""The JSON of WeChat's exporters: what each leaves out, rounds, marks wrongly or hides in a text."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from raw import SHANGHAI, Read, read

from cq.errors import InputError
from cq.reading import ReadRequest
from cq.reading import read as merged

Json = dict[str, Any]
ROOM = "30000000003@chatroom"


def dump(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value).encode()


def rows_of(path: Path) -> list[Json]:
    reading = merged(ReadRequest([str(path)], SHANGHAI))
    rows = [row for batch in reading.log.batches() for row in batch.to_pylist()]
    reading.log.close()
    return rows


# -- chatlog -----------------------------------------------------------------------------------------


def chatlog_row(n: int, sender: str = "wxid_a0000001", **more: Any) -> Json:
    row = {
        "seq": 1_775_736_000_000 + n,
        "time": f"2026-04-09T20:{n // 60:02d}:{n % 60:02d}+08:00",
        "talker": ROOM,
        "talkerName": "木工课",
        "isChatRoom": True,
        "sender": sender,
        "senderName": "",
        "isSelf": False,
        "type": 1,
        "subType": 0,
        "content": f"第{n}句",
    }
    return row | more


def test_null_is_an_export_without_messages(tmp_path: Path) -> None:
    found = read(b" null\n")
    assert (found.rows, found.problems, found.headers) == ([], [], 0)
    (tmp_path / "empty.json").write_bytes(b"null")
    reading = merged(ReadRequest([str(tmp_path / "empty.json")], SHANGHAI))
    assert reading.sources[0].format == "chatlog-json" and reading.sources[0].records.seen == 0
    reading.log.close()


def test_the_owner_is_whom_is_self_marks_most_often() -> None:
    rows = [
        chatlog_row(1, "wxid_me", isSelf=True),
        chatlog_row(2, isSelf=True),
        chatlog_row(3, "wxid_me", isSelf=True),
    ]
    rows.append(chatlog_row(4, "wxid_me"))
    found = read(dump(rows))
    assert found.column("is_self") == [True, False, True, True]
    assert [(n.code, n.detail) for n in found.notices] == [("unreliable_self", "1")]


def test_the_owner_has_no_name_in_chatlog() -> None:
    rows = [chatlog_row(i, isSelf=True, senderName="老白") for i in (1, 2, 3)]
    found = read(dump([*rows, chatlog_row(4, "wxid_me", isSelf=True)]))
    assert found.column("is_self") == [False, False, False, True]


def test_you_is_the_owner_even_before_their_first_message() -> None:
    said = chatlog_row(1, "系统消息", type=10000, content="你撤回了一条消息")
    found = read(dump([said, chatlog_row(2), chatlog_row(3, "wxid_me", isSelf=True)]))
    assert found.rows[0]["event_actor"] == "wxid_me"


def test_the_owner_is_looked_for_beyond_the_first_batch() -> None:
    rows = [chatlog_row(0, "系统消息", type=10000, content="你撤回了一条消息")]
    rows += [chatlog_row(i % 3000) for i in range(66_000)]
    found = read(dump([*rows, chatlog_row(2999, "wxid_me", isSelf=True)]))
    assert found.rows[0]["event_actor"] == "wxid_me"
    assert found.rows[-1]["is_self"] is True


def test_a_quoted_message_is_named_by_time_and_sender() -> None:
    quoted = {
        "seq": 0,
        "time": "2026-04-09T20:00:01+08:00",
        "sender": "wxid_a0000001",
        "type": 1,
        "content": "第1句",
    }
    unknown = quoted | {"sender": "", "time": "0001-01-01T00:00:00Z", "type": 3, "content": ""}
    answers = [
        chatlog_row(i, type=49, subType=57, contents={"refer": q}) for i, q in ((5, quoted), (6, unknown))
    ]
    found = read(dump([chatlog_row(1), *answers]))
    assert found.column("reply_to")[1:] == ["at:1775736001000:wxid_a0000001", None]
    assert found.column("reply_quote")[1:] == ["第1句", "[图片]"]


def test_one_file_of_chatlog_holds_several_chats() -> None:
    private = {"talker": "wxid_b0000002", "talkerName": "老白", "isChatRoom": False}
    found = read(dump([chatlog_row(1), chatlog_row(2) | private, chatlog_row(3)]))
    assert found.column("group_id") == [ROOM, "wxid_b0000002", ROOM]
    assert found.column("group_name") == ["木工课", "老白", "木工课"]
    assert [g.chat_kind for g in found.groups.values()] == ["group", "private"]


def test_a_time_without_sense_costs_its_row_and_says_the_line() -> None:
    rows = [
        chatlog_row(1),
        chatlog_row(2, time="0001-01-01T00:00:00Z"),
        chatlog_row(3, time=None),
        chatlog_row(4),
    ]
    data = b"[\n" + b",\n".join(map(dump, rows)) + b"\n]"
    found = read(data)
    assert found.column("text") == ["第1句", "第4句"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:3"), ("bad_time", "x.txt:4")]


def test_names_with_ids_behind_them_are_ids() -> None:
    text = '"老白(wxid_b0000002)"邀请"小丁(ding_ding)、阿(木)(wxid_c0000003)"加入了群聊'
    row = read(dump([chatlog_row(1, "系统消息", type=10000, content=text)])).rows[0]
    assert row["event_actor"] == "wxid_b0000002"
    assert row["event_target"] == ["ding_ding", "wxid_c0000003"]
    plain = chatlog_row(1, "系统消息", type=10000, content='"小丁(夜班)" 撤回了一条消息')
    assert read(dump([plain])).rows[0]["event_actor"] == "name:小丁(夜班)"


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_where_the_blocks_end_does_not_matter(block: int) -> None:
    rows = [chatlog_row(i, content=f"第{i}句 “引号”\\\n") for i in range(20)]
    found = read(dump(rows), block=block)
    assert found.column("text") == [f"第{i}句 “引号”\\\n" for i in range(20)]
    assert found.problems == []


def test_what_people_type_is_what_they_say() -> None:
    typed = [
        "[图片]",
        "null",
        "[转账|发送 ￥1.00]",
        "> 老白 20:00:00\n> 好",
        '"老白" 撤回了一条消息',
        "好的:\n两行",
    ]
    found = read(dump([chatlog_row(i, content=text) for i, text in enumerate(typed)]))
    assert found.column("text") == typed
    assert set(found.column("kind")) == {"text"}


def test_an_object_that_is_no_webhook_is_a_problem_under_force() -> None:
    assert read(b'{"a": 1}', "chatlog-json").codes == ["no_records"]


def quoting(content: str) -> str:
    inner = f"<refermsg><type>3</type><svrid>9</svrid><content>{escape(content)}</content></refermsg>"
    return f"<msg><appmsg><title>好</title><type>57</type>{inner}</appmsg></msg>"


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("早", "早"),
        ('<msg><img aeskey="0"/></msg>', "[图片]"),
        ("wxid_b0000002:\n<msg><appmsg><title>书单</title><type>5</type></appmsg></msg>", "书单"),
        (quoting("最早的"), "好"),
        ("<3 你", "<3 你"),
        ("<msg><img", "<msg><img"),
    ],
)
def test_quoted_xml_is_shown_as_what_it_is(quoted: str, shown: str) -> None:
    old = {
        "sequence": 1,
        "createTime": "2025-03-26T22:40:00+08:00",
        "talkerID": 1,
        "talker": ROOM,
        "isSender": 0,
    }
    old |= {"type": 49, "subType": 57, "content": "", "compressContent": quoting(quoted), "isChatRoom": True}
    row = read(dump([old | {"chatRoomSender": "wxid_a0000001"}])).rows[0]
    assert (row["text"], row["reply_quote"]) == ("好", shown)


def test_quotations_in_quotations_do_not_pile_up() -> None:
    text = "早"
    for _ in range(200):
        text = quoting(text)
        if len(text) > 1_000_000:
            break
    old = {
        "sequence": 1,
        "createTime": "2025-03-26T22:40:00+08:00",
        "talkerID": 1,
        "talker": ROOM,
        "isSender": 0,
    }
    old |= {"type": 49, "subType": 57, "content": "", "compressContent": text, "isChatRoom": True}
    begun = time.perf_counter()
    read(dump([old]))
    assert time.perf_counter() - begun < 3


@pytest.mark.parametrize("shape", ["%sZ", "%s+00:00", "%s.5Z", "%s.1234567Z", "%s+0000"])
def test_times_with_a_zone_are_the_same_in_one_go_and_one_by_one(shape: str) -> None:
    rows = [chatlog_row(1, time=shape % "2026-04-09T12:00:01"), chatlog_row(2)]
    found = read(dump(rows))
    assert found.local_times[0] == "2026-04-09 20:00:01"
    assert (
        found.local_times == read(dump([*rows, chatlog_row(3, time="2026-04-09 20:00:03")])).local_times[:2]
    )


# -- PyWxDump ------------------------------------------------------------------------------------------


def pywxdump_row(n: int, talker: str = "wxid_a0000001", **more: Any) -> Json:
    row = {"id": n, "MsgSvrID": str(7_000_000_000_000_000_000 + n), "type_name": "文本", "is_sender": 0}
    row |= {"talker": talker, "room_name": ROOM, "msg": f"第{n}句", "src": "", "extra": {}}
    return row | {"CreateTime": f"2024-02-01 09:{n:02d}:00"} | more


def test_shards_and_names_of_pywxdump_are_one_chat(tmp_path: Path) -> None:
    (tmp_path / f"{ROOM}_0_3.json").write_bytes(dump([pywxdump_row(i) for i in (1, 2, 3)]))
    answer = pywxdump_row(
        4, "我", type_name="引用回复", msg="好\n\n[引用](2024-02-01 09:01:00)老: 白:第1句", is_sender=1
    )
    (tmp_path / f"{ROOM}_3_5.json").write_bytes(dump([pywxdump_row(3), answer]))
    users = {"wxid_a0000001": {"wxid": "wxid_a0000001", "nickname": "老: 白"}, ROOM: {"nickname": "木工课"}}
    (tmp_path / "users.json").write_bytes(dump(users))
    reading = merged(ReadRequest([str(tmp_path)], SHANGHAI))
    assert not reading.passed_over
    reading.log.close()
    rows = rows_of(tmp_path)
    assert [row["text"] for row in rows] == ["第1句", "第2句", "第3句", "好"]
    assert rows[3]["reply_to"] == rows[0]["message_id"] and rows[3]["reply_quote"] == "第1句"
    assert (rows[0]["sender_name"], rows[0]["group_name"], rows[3]["sender_id"]) == (
        "老: 白",
        "木工课",
        "self",
    )


def test_nobody_sent_what_pywxdump_calls_unknown() -> None:
    rows = [
        pywxdump_row(1, "未知", type_name="图片", msg="图片"),
        pywxdump_row(2, "系统", type_name="消息撤回1", msg=""),
    ]
    found = read(dump(rows))
    assert found.column("sender_id") == [None, None]
    assert found.column("kind") == ["image", "recall"]
    assert found.rows[1]["event"] == "recall"


def test_times_without_seconds_are_read_and_counted() -> None:
    found = read(dump([pywxdump_row(1, CreateTime="2024/2/1 9:05"), pywxdump_row(2)]))
    assert found.local_times == ["2024-02-01 09:05:00", "2024-02-01 09:02:00"]
    assert [(n.code, n.detail) for n in found.notices] == [("seconds_lost", "1")]


# -- WeChatDataAnalysis ----------------------------------------------------------------------------------


def wda(*rows: Json, **more: Any) -> bytes:
    chat = {"username": ROOM, "displayName": "木工课", "isGroup": True}
    head = {"schemaVersion": 1, "account": "wxid_me", "conversation": chat} | more
    return dump(head | {"messages": list(rows)})


def wda_row(n: int, **more: Any) -> Json:
    row = {"serverId": 7_000_000_000_000_000_000 + n, "createTime": 1_785_500_000 + n, "type": 1}
    row |= {
        "renderType": "text",
        "isSent": False,
        "senderUsername": "wxid_a0000001",
        "senderDisplayName": "老白",
    }
    return row | {"content": f"第{n}句"} | more


def test_a_zip_of_wda_is_its_chats_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "导出.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr("report.json", "{}")
        for i in (1, 2):
            folder = f"conversations/000{i}_木工课_{i}_0a0b"
            chat = {"username": f"{i}{ROOM}", "displayName": "木工课", "isGroup": True}
            archive.writestr(f"{folder}/messages.json", wda(wda_row(i), conversation=chat))
            archive.writestr(f"{folder}/meta.json", dump({"schemaVersion": 1, "conversation": chat}))
    reading = merged(ReadRequest([str(path)], SHANGHAI))
    assert [s.format for s in reading.sources] == ["wda-json", "wda-json"]
    assert not reading.passed_over
    assert {span.group.group_id for span in reading.log.spans} == {f"1{ROOM}", f"2{ROOM}"}
    reading.log.close()


def test_the_account_is_the_owner_and_hidden_is_nobody() -> None:
    said = wda_row(
        1, type=10000, renderType="system", senderUsername="", content="你撤回了一条消息", serverId=0
    )
    assert read(wda(said)).rows[0]["event_actor"] == "wxid_me"
    hidden = {"username": "hidden", "displayName": "会话#1", "isGroup": True}
    found = read(wda(said, account="hidden", conversation=hidden))
    assert (found.rows[0]["event_actor"], found.rows[0]["group_id"]) == ("self", "name:会话#1")
    assert found.rows[0]["native_id"] is None


def test_the_folder_of_an_account_is_the_account() -> None:
    mine = wda_row(1, isSent=True, senderUsername="wxid_abc123_10e8", senderDisplayName="我")
    found = read(wda(mine, wda_row(2), account="wxid_abc123_10e8"))
    assert found.column("sender_id") == ["wxid_abc123", "wxid_a0000001"]


def test_ids_beyond_a_float_stay_whole() -> None:
    row = read(wda(wda_row(1, serverId=9_007_199_254_740_993, quoteServerId="7000000000000000007"))).rows[0]
    assert (row["native_id"], row["reply_to"]) == ("9007199254740993", "7000000000000000007")


def test_a_truncated_wda_keeps_its_messages() -> None:
    data = wda(*(wda_row(i) for i in range(5)))
    found = read(data[:-60], "wda-json")
    assert found.column("text") == [f"第{i}句" for i in range(4)]
    assert found.codes == ["truncated"]


# -- CipherTalk --------------------------------------------------------------------------------------------


def ciphertalk(*rows: Json, **session: Any) -> bytes:
    info = {"version": "0.0.2", "generator": "CipherTalk", "format": "detailed-json"}
    chat = {"wxid": ROOM, "displayName": "木工课", "isGroup": True, "ownerId": "wxid_a0000001"} | session
    return dump({"exportInfo": info, "session": chat, "messages": list(rows)})


def ciphertalk_row(n: int, id_: Any, **more: Any) -> Json:
    row = {
        "localId": 1,
        "platformMessageId": id_,
        "createTime": 1_770_000_000 + n,
        "localType": 1,
        "type": "文本消息",
    }
    row |= {
        "content": f"第{n}句",
        "isSend": 0,
        "senderUsername": "wxid_a0000001",
        "senderDisplayName": "老白",
    }
    return row | more


@pytest.mark.parametrize("id_", [7427331234567890000, 7.42733123456789e18, 7427331234567889920])
def test_a_reply_finds_the_nearest_earlier_message_under_a_rounded_id(id_: Any, tmp_path: Path) -> None:
    answer = {"replyToMessageId": "7427331234567890123", "localType": 244813135921, "type": "引用消息"}
    rows = [
        ciphertalk_row(1, id_),
        ciphertalk_row(2, id_),
        ciphertalk_row(3, 1_000, **answer),
        ciphertalk_row(4, id_),
    ]
    (tmp_path / "a.json").write_bytes(ciphertalk(*rows))
    found = rows_of(tmp_path / "a.json")
    assert found[2]["reply_to"] == found[1]["message_id"]
    assert len(found) == 4


def test_exact_ids_stay_exact(tmp_path: Path) -> None:
    answer = ciphertalk_row(3, "7427331234567890125", replyToMessageId="7427331234567890123")
    rows = [ciphertalk_row(1, "7427331234567890123"), ciphertalk_row(2, "7427331234567890124"), answer]
    (tmp_path / "a.json").write_bytes(ciphertalk(*rows))
    found = rows_of(tmp_path / "a.json")
    assert found[2]["reply_to"] == found[0]["message_id"]


def test_the_group_owner_is_a_member_and_the_count_is_compared() -> None:
    found = read(ciphertalk(ciphertalk_row(1, 5), messageCount=3))
    assert found.members["wxid_a0000001"].role == "owner"
    assert [n.code for n in found.notices] == ["count_mismatch"]


def test_a_list_of_contacts_is_refused() -> None:
    info = {"exportInfo": {"generator": "CipherTalk"}, "session": {}, "contacts": [{"wxid": "a"}]}
    with pytest.raises(InputError) as refused:
        read(dump(info))
    assert refused.value.code == "contacts_export"


# -- wx-cli ------------------------------------------------------------------------------------------------


def wxcli(*rows: Json) -> bytes:
    head = {"chat": "木工课", "chat_type": "group", "count": len(rows), "is_group": True}
    return dump(head | {"messages": list(rows), "username": ROOM})


def wxcli_row(n: int, **more: Any) -> Json:
    row = {"content": f"第{n}句", "local_id": n, "sender": "老白", "sender_username": "wxid_a0000001"}
    return row | {"time": "2026-02-01 06:54", "timestamp": 1_769_900_000 + n, "type": "文本"} | more


def test_the_epoch_counts_and_the_minute_only_where_it_is_alone() -> None:
    found = read(wxcli(wxcli_row(1), wxcli_row(2, timestamp=None)))
    assert found.local_times == ["2026-02-01 06:53:21", "2026-02-01 06:54:00"]
    assert [(n.code, n.detail) for n in found.notices] == [("seconds_lost", "1")]


def test_the_chat_is_known_though_its_id_comes_last() -> None:
    found = read(wxcli(wxcli_row(1)))
    assert found.column("group_id") == [ROOM]
    assert found.groups[ROOM].chat_kind == "group"


def test_tags_typed_by_hand_are_words() -> None:
    typed = ["[撤回] 别看", "[引用] 好\n  ↳ 老白: 早", "[图片]"]
    found = read(wxcli(*(wxcli_row(i, content=text) for i, text in enumerate(typed))))
    assert found.column("text") == typed and set(found.column("kind")) == {"text"}


def test_who_has_no_name_is_the_owner() -> None:
    mine = wxcli_row(1, sender="", sender_username=None)
    system = wxcli_row(
        2, sender="", sender_username=None, type="系统", content='[系统] "老白"邀请"小丁"加入了群聊'
    )
    found = read(wxcli(mine, system))
    assert found.column("sender_id") == ["self", None]
    assert found.rows[1]["event"] == "join"


def test_an_invitation_that_was_cut_keeps_those_who_are_whole() -> None:
    people = "、".join(f"新同学{i:02d}" for i in range(20))
    sentence = f'"老白"邀请"{people}"加入了群聊'[:50]
    row = read(
        wxcli(wxcli_row(1, sender="", sender_username=None, type="系统", content=f"[系统] {sentence}"))
    ).rows[0]
    assert (row["event"], row["event_actor"]) == ("join", "name:老白")
    assert row["event_target"] == [f"name:新同学{i:02d}" for i in range(len(row["event_target"]))]
    assert len(row["event_target"]) >= 5


def test_a_quotation_of_many_lines_is_no_trap() -> None:
    begun = time.perf_counter()
    read(wxcli(wxcli_row(1, type="链接/文件", content="[引用] " + "\n ↳" * 200_000), wxcli_row(2)))
    assert time.perf_counter() - begun < 3


# -- the others ----------------------------------------------------------------------------------------------


def test_weflow_answers_are_read_without_the_sender_before_them() -> None:
    row = {
        "localId": 1,
        "serverId": "7000000000000000001",
        "localType": 1,
        "createTime": 1_769_900_000,
        "isSend": 0,
    }
    row |= {"senderUsername": "wxid_a0000001", "content": "wxid_a0000001:\n早"}
    page = {"success": True, "talker": ROOM, "count": 2, "hasMore": False}
    found = read(dump(page | {"messages": [row, row | {"parsedContent": "早安", "serverId": "7"}]}))
    assert found.column("text") == ["早", "早安"]


def tweak_row(content: str, sender: str = ROOM, mine: bool = False) -> Json:
    other = ROOM if mine else "wxid_me"
    return {
        "content": content,
        "message": "",
        "createTime": 1,
        "fromUser": sender,
        "toUser": other,
        "isSentFromSelf": mine,
    }


def test_a_group_message_without_sender_is_a_sentence_of_the_system() -> None:
    rows = [
        tweak_row('"老白"邀请"小丁"加入了群聊'),
        tweak_row("wxid_a0000001:\n你好"),
        tweak_row("Q:\n行吗", "wxid_me", True),
    ]
    found = read(dump(rows))
    assert found.column("kind") == ["system", "text", "text"]
    assert found.column("sender_id") == [None, "wxid_a0000001", "wxid_me"]
    assert found.column("text")[1:] == ["你好", "Q:\n行吗"]
    assert set(found.column("group_id")) == {ROOM}


def memotrace(*texts: str) -> Read:
    rows = [
        {
            "type": "1",
            "is_send": 0,
            "timestamp": 1_769_900_000 + i,
            "server_id": str(i + 1),
            "display_name": "老白",
            "text": text,
        }
        for i, text in enumerate(texts)
    ]
    return read(dump(rows), name="木工课(30000000003@chatroom)/木工课.html.json")


def test_texts_are_unescaped_only_where_all_of_them_are_escaped() -> None:
    assert memotrace("a &lt; b &amp;&amp; c", "早").column("text") == ["a < b && c", "早"]
    assert memotrace("a &lt; b", "x & y").column("text") == ["a &lt; b", "x & y"]
    assert memotrace("&amp;", "<3").column("text") == ["&amp;", "<3"]


def test_the_folder_of_memotrace_names_the_group() -> None:
    found = memotrace("早")
    assert (found.rows[0]["group_id"], found.rows[0]["group_name"]) == (ROOM, "木工课")


def test_the_forks_of_weflow_are_no_chatlab() -> None:
    meta = {"sessionId": ROOM, "name": "木工课", "messageCount": 1}
    people = [{"username": "wxid_a0000001", "nickname": "老白"}, {"username": ROOM, "nickname": "木工课"}]
    rows = [{"sender": "wxid_a0000001", "timestamp": 1_769_900_000, "type": 0, "content": "早"}]
    found = read(dump({"chatlab": {"version": "1.0"}, "meta": meta, "members": people, "messages": rows}))
    assert found.rows[0]["sender_name"] == "老白"
    assert (found.member_records, found.skipped["not_a_member"]) == (1, 1)
    lines = [
        {"_type": "chatlab", "version": "1.0"},
        {"_type": "meta", "name": "木工课", "platform": "wechat"},
    ]
    lines += [{"_type": "message"} | rows[0] | {"content": "wxid_a0000001:\n早"}, {"_type": "odd"}]
    found = read(b"\n".join(map(dump, lines)))
    assert (found.column("text"), found.headers, found.skipped["unknown_record"]) == (["早"], 2, 1)
    assert found.rows[0]["group_id"] == "name:木工课"


def test_any_value_may_stand_anywhere() -> None:
    odd: list[Any] = [None, True, 1.5, "x", [], {}, [[]], {"a": {}}, -1, 10**40, "\ud800"]
    heads = {
        "chatlog-json": ("time", chatlog_row(1)),
        "pywxdump-json": ("CreateTime", pywxdump_row(1)),
        "wda-json": ("createTime", wda_row(1)),
        "ciphertalk-json": ("createTime", ciphertalk_row(1, 1)),
        "wxcli-json": ("timestamp", wxcli_row(1)),
        "wechattweak-json": ("createTime", tweak_row("a")),
    }
    wrap = {"wda-json": wda, "ciphertalk-json": ciphertalk, "wxcli-json": wxcli}
    for id_, (when, row) in heads.items():
        rows = [row | {key: value} for key in row if key != when for value in odd]
        found = read(wrap[id_](*rows) if id_ in wrap else dump(rows), id_)
        assert len(found.rows) == len(rows), id_
