"""The conversation as WeFlow, EchoTrace and what writes ChatLab's format have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invented import PEOPLE, Conversation, Told

from writers.wechat_json import (
    Json,
    codes,
    dump,
    is_mine,
    lines_of,
    local_type,
    one_line,
    quoted_by,
    session_of,
    source_of,
    words,
    xml,
)

# -- WeFlow, EchoTrace -------------------------------------------------------------------------------------

_WEFLOW_WORDS = {
    "text": "文本消息",
    "image": "图片消息",
    "sticker": "动画表情",
    "voice": "语音消息",
    "video": "视频消息",
    "location": "位置消息",
    "file": "文件消息",
    "link": "链接消息",
    "mini_program": "小程序消息",
    "forward": "聊天记录",
    "red_packet": "其他消息",
}


def _weflow_row(conversation: Conversation, told: Told) -> Json:
    quoted = quoted_by(conversation, told)
    content = words(told)
    if quoted and quoted.person:
        content = f"{told.text}[引用 {quoted.person.name}：{one_line(quoted.text)}]"
    row: Json = {
        "localId": told.n,
        "createTime": told.seconds,
        "formattedTime": told.local,
        "type": "引用消息" if quoted else _WEFLOW_WORDS.get(told.kind, "系统消息"),
        "localType": local_type(told),
        "content": content,
        "isSend": int(is_mine(told)),
        "senderUsername": told.person.wxid if told.person else conversation.wechat_room,
        "senderDisplayName": told.person.name if told.person else conversation.group_name,
        "source": source_of(told),
        "platformMessageId": told.server_id,
    }
    if quoted and quoted.person:
        row |= {"replyToMessageId": quoted.server_id, "appMsgType": "57", "appMsgKind": "quote"}
        row |= {"quotedSender": quoted.person.name, "quotedContent": one_line(quoted.text)}
    if told.kind == "link":
        row |= {"appMsgType": "5", "appMsgKind": "link", "linkTitle": told.title, "linkUrl": told.url}
    return row


def _weflow_head(conversation: Conversation, **more: str) -> Json:
    weflow = {"version": "1.0.3", "exportedAt": 1770000000, "generator": "WeFlow", **more}
    return {"weflow": weflow, "session": session_of(conversation)}


def weflow(conversation: Conversation) -> Mapping[str, bytes]:
    rows = [_weflow_row(conversation, told) for told in conversation.rows]
    return {"群聊.json": dump(_weflow_head(conversation) | {"messages": rows}, indent=2)}


def arkme(conversation: Conversation) -> Mapping[str, bytes]:
    numbers = {key: i for i, key in enumerate(PEOPLE, 1)}
    rows = []
    for told in conversation.rows:
        row = _weflow_row(conversation, told)
        for name in ("senderUsername", "senderDisplayName", "source"):
            del row[name]
        rows.append(row | {"senderID": numbers[told.sender] if told.sender else 99})
    senders = [
        {"senderID": numbers[key], "wxid": p.wxid, "displayName": p.name, "nickname": p.nickname}
        for key, p in PEOPLE.items()
    ]
    room = {"senderID": 99, "wxid": conversation.wechat_room, "displayName": conversation.group_name}
    members = [
        {"wxid": p.wxid, "displayName": p.name, "nickname": p.nickname, "groupNickname": p.name}
        for p in PEOPLE.values()
    ]
    head = _weflow_head(conversation, format="arkme-json")
    body = {"senders": [*senders, room], "messages": rows, "groupMembers": members}
    return {"群聊.json": dump(head | body, indent=2)}


def echotrace(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        row = _weflow_row(conversation, told)
        for name in ("platformMessageId", "replyToMessageId", "quotedSender", "quotedContent", "appMsgType"):
            row.pop(name, None)
        for name in ("appMsgKind", "linkTitle", "linkUrl"):
            row.pop(name, None)
        row |= {"content": told.text} if told.reply_to else {}
        if told.person is None:
            row |= {"senderDisplayName": "群成员", "isSend": None}
        if told.event == "poke":
            row |= {"content": "[拍一拍]", "type": "拍一拍消息"}
        rows.append(row)
    tail = {"groupMembers": [], "exportTime": "2026-02-02T10:00:00.000000"}
    return {"群聊.json": lines_of({"session": session_of(conversation)}, rows, tail)}


# -- ChatLab -------------------------------------------------------------------------------------------------

_CHATLAB = {
    "text": 0,
    "image": 1,
    "voice": 2,
    "video": 3,
    "file": 4,
    "sticker": 5,
    "link": 7,
    "location": 8,
    "mini_program": 24,
    "red_packet": 20,
    "forward": 26,
    "recall": 81,
    "system": 80,
    "poke": 22,
}
_WEFLOW_CHATLAB = {"red_packet": 7, "forward": 7, "recall": 80, "poke": 80}
"""WeFlow's habits."""


def _chatlab_row(conversation: Conversation, told: Told, types: Mapping[str, int]) -> Json:
    quoted = quoted_by(conversation, told)
    content = words(told)
    if told.kind == "link":
        content = f"[链接] {told.title} {told.url}"  # as converters do; WeFlow has the title only
    if quoted and quoted.person:
        content = f"{told.text}[引用 {quoted.person.name}：{one_line(quoted.text)}]"
    row: Json = {
        "sender": told.person.wxid if told.person else conversation.wechat_room,
        "accountName": told.person.nickname if told.person else conversation.group_name,
    }
    row |= {"groupNickname": told.person.name} if told.person else {}
    row |= {"timestamp": told.seconds, "type": 25 if quoted else types[told.kind], "content": content}
    row |= {"platformMessageId": told.server_id}
    return row | ({"replyToMessageId": quoted.server_id} if quoted else {})


def _chatlab(conversation: Conversation, generator: str) -> tuple[Json, list[Json], list[Json]]:
    types = _CHATLAB | (_WEFLOW_CHATLAB if generator == "WeFlow" else {})
    meta = {"name": conversation.group_name, "platform": "wechat", "type": "group"}
    meta |= {"groupId": conversation.wechat_room, "ownerId": PEOPLE["kuan"].wxid}
    chatlab = {"version": "0.0.2", "exportedAt": 1770000000, "generator": generator}
    members = [
        {"platformId": p.wxid, "accountName": p.nickname, "groupNickname": p.name} for p in PEOPLE.values()
    ]
    rows = [_chatlab_row(conversation, told, types) for told in conversation.rows]
    return {"chatlab": chatlab, "meta": meta}, members, rows


def chatlab(generator: str) -> Callable[[Conversation], Mapping[str, bytes]]:
    def write(conversation: Conversation) -> Mapping[str, bytes]:
        head, members, rows = _chatlab(conversation, generator)
        return {"chat.json": dump(head | {"members": members, "messages": rows}, indent=2)}

    return write


def chatlab_lines(conversation: Conversation) -> Mapping[str, bytes]:
    head, members, rows = _chatlab(conversation, "WeFlow")
    records = [{"_type": "header", **head}, *({"_type": "member", **m} for m in members)]
    records += [{"_type": "message", **row} for row in rows]
    return {"chat.jsonl": b"\n".join(map(dump, records))}


def fork(conversation: Conversation) -> Mapping[str, bytes]:
    """The fork of 334456777: other headers, no names in the rows."""
    _, _, rows = _chatlab(conversation, "CipherTalk")
    for row in rows:
        row.pop("accountName")
        row.pop("groupNickname", None)
    people = [{"username": p.wxid, "nickname": p.name} for p in PEOPLE.values()]
    meta = {"sessionId": conversation.wechat_room, "name": conversation.group_name, "messageCount": len(rows)}
    head = {"chatlab": {"version": "1.0", "generator": "WeFlow"}, "meta": meta, "members": people}
    return {"chat.json": dump(head | {"messages": rows}, indent=2)}


def fork_lines(conversation: Conversation) -> Mapping[str, bytes]:
    """The streaming fork: contents as WeChat stores them."""
    _, _, rows = _chatlab(conversation, "CipherTalk")
    for row, told in zip(rows, conversation.rows, strict=True):
        is_card = codes(told)[0] == 49 and not told.event
        content = xml(told, quoted_by(conversation, told)) if is_card else row["content"]
        row["content"] = f"{told.person.wxid}:\n{content}" if told.person else content
    meta = {"_type": "meta", "name": conversation.group_name, "platform": "wechat", "type": "group"}
    meta |= {"groupId": conversation.wechat_room}
    records = [{"_type": "chatlab", "version": "1.0", "generator": "WeFlow"}, meta]
    return {"chat.jsonl": b"\n".join(map(dump, [*records, *({"_type": "message"} | row for row in rows)]))}


WRITERS = {
    "chatlab-json": chatlab("WeFlow"),
    "chatlab-json:CipherTalk": chatlab("CipherTalk"),
    "chatlab-jsonl": chatlab_lines,
    "echotrace-json": echotrace,
    "weflow-arkme-json": arkme,
    "weflow-fork-json": fork,
    "weflow-fork-jsonl": fork_lines,
    "weflow-json": weflow,
}
