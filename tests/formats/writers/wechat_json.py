"""The conversation as WeChat's exporters write it in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from invented import ME, PEOPLE, Conversation, Told

Json = dict[str, Any]

# Type and sub-type of WeChat's database.
CODES = {
    "text": (1, 0),
    "image": (3, 0),
    "sticker": (47, 0),
    "voice": (34, 0),
    "video": (43, 0),
    "location": (48, 0),
    "file": (49, 6),
    "link": (49, 5),
    "mini_program": (49, 33),
    "forward": (49, 19),
    "red_packet": (49, 2001),
    "recall": (10000, 0),
    "system": (10000, 0),
    "poke": (49, 62),
}
TAGS = {
    "image": "[图片]",
    "sticker": "[表情包]",
    "voice": "[语音消息]",
    "video": "[视频]",
    "location": "[位置] ",
    "file": "[文件] ",
    "link": "[链接] ",
    "mini_program": "[小程序] ",
    "forward": "[转发的聊天记录]",
    "red_packet": "[红包] ",
}


def codes(told: Told) -> tuple[int, int]:
    return (49, 57) if told.reply_to else CODES[told.kind]


def local_type(told: Told) -> int:
    """Both in one number, as WeChat 4 has it."""
    one, sub = codes(told)
    return sub << 32 | one if one == 49 else one


def sentence(told: Told, shown: Callable[[str], str] = lambda key: PEOPLE[key].name) -> str:
    """WeChat's system sentence."""
    actor = shown(told.actor) if told.actor else ""
    target = shown(told.targets[0]) if told.targets else ""
    return {
        "recall": f'"{actor}" 撤回了一条消息',
        "join": f'"{actor}"邀请"{target}"加入了群聊',
        "poke": f'"{actor}" 拍了拍 "{target}"',
        "rename_group": f'"{actor}"修改群名为“{told.detail}”',
    }[told.event or ""]


def words(told: Told) -> str:
    """What a tool shows of a message that has a tag for everything."""
    if told.event:
        return sentence(told)
    return (told.text or "") if told.kind == "text" else TAGS[told.kind] + (told.title or "")


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def xml(told: Told, quoted: Told | None) -> str:
    """WeChat's own XML of a card or an answer."""
    _, sub = codes(told)
    title = escape(told.title or told.text or "")
    body = f"<title>{title}</title><type>{sub}</type><url>{escape(told.url or '')}</url>"
    if quoted and quoted.person:
        body += (
            f"<refermsg><type>1</type><svrid>{quoted.server_id}</svrid><fromusr>10000000001@chatroom</fromusr>"
            f"<chatusr>{quoted.person.wxid}</chatusr><displayname>{escape(quoted.person.name)}</displayname>"
            f"<content>{escape(quoted.text or '')}</content><createtime>{quoted.seconds}</createtime></refermsg>"
        )
    return f'<?xml version="1.0"?><msg><appmsg appid="" sdkver="0">{body}</appmsg></msg>'


def quoted_by(conversation: Conversation, told: Told) -> Told | None:
    return conversation.row(told.reply_to) if told.reply_to else None


def is_mine(told: Told) -> bool:
    return told.sender == "me"


def dump(value: Any, **how: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **how).encode()


def lines_of(head: Json, rows: list[Json], tail: Json | None = None) -> bytes:
    """One message per line, in an indented object."""
    pieces = [f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in head.items()]
    listed = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
    pieces.append(f'  "messages": [\n{listed}\n  ]')
    pieces += [f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in (tail or {}).items()]
    return ("{\n" + ",\n".join(pieces) + "\n}").encode()


# -- chatlog ---------------------------------------------------------------------------------------


def _go(value: Any) -> bytes:
    """As Go's encoder writes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for one in "<>&\u2028\u2029":
        text = text.replace(one, f"\\u{ord(one):04x}")
    return text.encode()


def _rfc(told: Told) -> str:
    return told.at.isoformat(timespec="seconds")


def _named(key: str) -> str:
    return f"{PEOPLE[key].name}({PEOPLE[key].wxid})"


def _chatlog_row(conversation: Conversation, told: Told) -> Json:
    one, sub = codes(told)
    person = told.person
    row: Json = {
        "seq": told.seconds * 1000 + told.n,
        "time": _rfc(told),
        "talker": conversation.wechat_room,
        "talkerName": conversation.group_name,
        "isChatRoom": True,
        "sender": person.wxid if person else "系统消息",
        "senderName": person.name if person and not is_mine(told) else "",
        "isSelf": is_mine(told),
        "type": one,
        "subType": sub,
        "content": (told.text or "") if told.kind == "text" else "",
    }
    if told.event == "poke":
        row["content"] = sentence(told, lambda key: f"${{{PEOPLE[key].wxid}}}")
    elif told.event:
        row["content"] = sentence(told, _named)
    elif told.kind == "location":
        row["contents"] = {"label": told.title, "cityname": "", "x": "31.2", "y": "121.4"}
    elif told.title and told.kind != "red_packet":
        row["contents"] = {"title": told.title} | ({"url": told.url} if told.url else {})
    elif quoted := quoted_by(conversation, told):
        refer = _chatlog_row(conversation, quoted)
        row["contents"] = {"refer": refer | {"seq": 0, "talker": "", "talkerName": "", "isChatRoom": False}}
    return row


def chatlog(conversation: Conversation) -> Mapping[str, bytes]:
    return {"chatlog.json": _go([_chatlog_row(conversation, told) for told in conversation.rows])}


def chatlog_webhook(conversation: Conversation) -> Mapping[str, bytes]:
    rows = [_chatlog_row(conversation, told) for told in conversation.rows]
    head = {"keyword": "", "lastTime": "2026-01-03 23:58:00", "length": len(rows), "messages": rows}
    return {"body.json": _go(head | {"sender": "", "talker": conversation.wechat_room})}


def old_chatlog(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        one, sub = codes(told)
        packed = one == 49 and not told.event
        poke = sentence(told, lambda key: f"${{{PEOPLE[key].wxid}}}") if told.event == "poke" else None
        rows.append(
            {
                "sequence": told.seconds * 1000 + told.n,
                "createTime": _rfc(told),
                "talkerID": 3,
                "talker": conversation.wechat_room,
                "isSender": int(is_mine(told)),
                "type": one,
                "subType": sub,
                "content": "" if packed else poke or _old_content(told),
                "compressContent": xml(told, quoted_by(conversation, told)) if packed else "",
                "isChatRoom": True,
                "chatRoomSender": told.person.wxid if told.person else "",
            }
        )
    return {"old.json": _go(rows)}


def _old_content(told: Told) -> str:
    if told.event:
        return sentence(told, _named)
    if told.kind == "location":
        return f'<?xml version="1.0"?>\n<msg>\n\t<location x="1" y="2" poiname="{told.title}" label="" />\n</msg>'
    tag = {"image": "img", "sticker": "emoji", "voice": "voicemsg", "video": "videomsg"}.get(told.kind)
    return f'<msg><{tag} md5="00" /></msg>' if tag else told.text or ""


# -- PyWxDump ----------------------------------------------------------------------------------------

_PY_WORDS = {
    "text": "文本",
    "image": "图片",
    "sticker": "动画表情",
    "voice": "语音",
    "video": "视频",
    "location": "位置",
    "file": "文件",
    "link": "(分享)卡片式链接",
    "mini_program": "(分享)小程序",
    "forward": "合并转发的聊天记录",
    "recall": "系统通知",
    "system": "系统通知",
    "poke": "拍一拍",
}


def _pywxdump_row(conversation: Conversation, told: Told) -> Json:
    msg, src = told.text or told.title or "", ""
    if told.event:
        msg = sentence(told)
    elif told.kind in ("image", "sticker", "voice", "video"):
        msg, src = _PY_WORDS[told.kind], f"FileStorage\\{told.n}.dat"
    elif told.kind == "link":
        msg = f'{told.title}\n\n<a href="{told.url}" target="_blank">点击查看详情</a>'
    elif told.kind == "location":
        msg = f"纬度:【31.2】 经度:【121.4】\n位置：{told.title}"
    elif (quoted := quoted_by(conversation, told)) and quoted.person:
        msg = f"{told.text}\n\n[引用]({quoted.local}){quoted.person.name}:{quoted.text}"
    return {
        "id": told.n,
        "MsgSvrID": told.server_id,
        "type_name": "引用回复" if told.reply_to else _PY_WORDS.get(told.kind, "未知"),
        "is_sender": int(is_mine(told)),
        "talker": "系统" if told.person is None else told.person.wxid,
        "room_name": conversation.wechat_room,
        "msg": msg,
        "src": src,
        "extra": {},
        "CreateTime": told.local,
    }


def _users(conversation: Conversation) -> bytes:
    people = {
        p.wxid: {"wxid": p.wxid, "nickname": p.name, "remark": "", "account": ""} for p in PEOPLE.values()
    }
    return dump(people, indent=4)


def pywxdump(conversation: Conversation) -> Mapping[str, bytes]:
    """Two shards that overlap by a row, and the names."""
    rows = [_pywxdump_row(conversation, told) for told in conversation.rows if told.kind != "red_packet"]
    room = conversation.wechat_room
    return {
        f"{room}/{room}_0_12.json": dump(rows[:12], indent=4),
        f"{room}/{room}_12_24.json": dump(rows[12:], indent=4),
        f"{room}/users.json": _users(conversation),
    }


# -- WeChatDataAnalysis ------------------------------------------------------------------------------

_RENDER = {
    "sticker": "emoji",
    "mini_program": "link",
    "forward": "chatHistory",
    "red_packet": "redPacket",
    "recall": "system",
    "poke": "system",
}


def wda(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        quoted = quoted_by(conversation, told)
        name = told.person.name if told.person else ""
        row: Json = {
            "id": f"message_0:Msg_00:{told.n}",
            "localId": told.n,
            "serverId": int(told.server_id),
            "createTime": told.seconds,
            "createTimeText": told.local,
            "sortSeq": told.seconds * 1000,
            "type": local_type(told),
            "renderType": "quote" if quoted else _RENDER.get(told.kind, told.kind),
            "isSent": is_mine(told),
            "senderUsername": told.person.wxid if told.person else "",
            "senderDisplayName": "我" if is_mine(told) else name,
            "content": words(told) if told.kind in ("text", "system", "recall", "poke") else told.title or "",
        }
        row |= {"title": told.title} if told.title and told.kind != "location" else {}
        row |= {"url": told.url} if told.url else {}
        if told.kind == "location":
            row |= {"content": "", "locationPoiname": told.title, "locationLabel": ""}
        if quoted and quoted.person:
            row |= {"quoteServerId": quoted.server_id, "quoteTitle": quoted.person.name}
            row |= {"quoteContent": one_line(quoted.text), "quoteUsername": quoted.person.wxid}
        rows.append(row)
    head = {
        "schemaVersion": 1,
        "exportedAt": "2026-08-01T10:00:00",
        "account": ME.wxid,
        "conversation": {
            "username": conversation.wechat_room,
            "displayName": conversation.group_name,
            "avatarPath": "",
            "isGroup": True,
        },
        "filters": {"startTime": None, "endTime": None, "messageTypes": None},
    }
    folder = f"conversations/0001_周末_{conversation.wechat_room}_0a0b0c0d"
    return {
        "manifest.json": dump({"schemaVersion": 1, "account": ME.wxid, "format": "json"}),
        "report.json": dump({"schemaVersion": 1, "errors": []}),
        f"{folder}/messages.json": lines_of(head, rows),
        f"{folder}/meta.json": dump({"schemaVersion": 1, "conversation": head["conversation"]}),
    }


# -- CipherTalk ------------------------------------------------------------------------------------------


def ciphertalk(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        quoted = quoted_by(conversation, told)
        is_card = codes(told)[0] == 49 and not told.event
        person = told.person.wxid if told.person else conversation.wechat_room
        row: Json = {
            "localId": told.n % 7,
            "platformMessageId": javascript(told.server_id),
            "createTime": told.seconds,
            "formattedTime": told.local,
            "type": "引用消息" if quoted else "其他消息" if is_card else "文本消息",
            "localType": local_type(told),
            "chatLabType": 0,
            "content": words(told),
            "rawContent": f"{person}:\n{xml(told, quoted) if is_card else words(told)}",
            "isSend": int(is_mine(told)),
            "senderUsername": person,
            "senderDisplayName": told.person.nickname if told.person else conversation.group_name,
            "source": source_of(told),
        }
        row |= {"groupNickname": told.person.name} if told.person else {}
        row |= {"replyToMessageId": quoted.server_id} if quoted else {}
        rows.append(row)
    session = session_of(conversation) | {
        "platform": "wechat",
        "isGroup": True,
        "ownerId": PEOPLE["kuan"].wxid,
    }
    info = {
        "version": "0.0.2",
        "exportedAt": 1770000000,
        "generator": "CipherTalk",
        "format": "detailed-json",
    }
    return {"chat.json": dump({"exportInfo": info, "session": session, "messages": rows}, indent=2)}


def session_of(conversation: Conversation) -> Json:
    return {
        "wxid": conversation.wechat_room,
        "nickname": conversation.group_name,
        "remark": "",
        "displayName": conversation.group_name,
        "type": "群聊",
        "lastTimestamp": conversation.rows[-1].seconds,
        "messageCount": len(conversation.rows),
    }


def source_of(told: Told) -> str:
    if told.event:
        return ""
    ids = ",".join("notify@all" if key == "@all" else PEOPLE[key].wxid for key in told.mentions)
    at = f"<atuserlist>{ids}</atuserlist>" if ids else ""
    return f"<msgsource>{at}<silence>0</silence></msgsource>"


# -- wx-cli ------------------------------------------------------------------------------------------------

_CLI_WORDS = {
    "text": "文本",
    "image": "图片",
    "sticker": "表情",
    "voice": "语音",
    "video": "视频",
    "location": "位置",
    "recall": "撤回",
    "system": "系统",
    "poke": "系统",
}


def wxcli(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        quoted = quoted_by(conversation, told)
        content = words(told)
        if quoted and quoted.person:
            content = f"[引用] {told.text}\n  ↳ {quoted.person.name}: {quoted.text}"
        elif told.event:
            content = ("[撤回] " if told.event == "recall" else "[系统] ") + sentence(told)
        row: Json = {
            "content": content,
            "local_id": told.n,
            "sender": told.person.name if told.person else "",
            "time": told.local[:16],
            "timestamp": told.seconds,
            "type": "链接/文件" if quoted else _CLI_WORDS.get(told.kind, "链接/文件"),
        }
        row |= {"sender_username": told.person.wxid} if told.person else {}
        row |= {"url": told.url} if told.url else {}
        rows.append(row)
    head = {"chat": conversation.group_name, "chat_type": "group", "count": len(rows), "is_group": True}
    return {"wx.json": dump(head | {"messages": rows, "username": conversation.wechat_room}, indent=2)}


# -- WeChatTweak, MemoTrace, WeFlow's interface ------------------------------------------------------------


def wechattweak(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        if told.event:
            content = sentence(told)
        elif codes(told)[0] == 49:
            content = xml(told, quoted_by(conversation, told))
        else:
            content = _old_content(told)
        mine, room = is_mine(told), conversation.wechat_room
        rows.append(
            {
                "content": f"{told.person.wxid}:\n{content}" if told.person and not mine else content,
                "message": told.text or "",
                "createTime": told.seconds,
                "fromUser": ME.wxid if mine else room,
                "toUser": room if mine else ME.wxid,
                "isSentFromSelf": mine,
            }
        )
    return {"tweak.json": dump(rows)}


def javascript(exact: str) -> int:
    """An id that was a number of JavaScript: its shortest digits, then zeros."""
    return int(Decimal(repr(float(exact))))


def _memotrace(conversation: Conversation, clean: Callable[[str], str]) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        quoted = quoted_by(conversation, told)
        text = sentence(told) if told.event == "recall" else "" if told.event else told.text or ""
        row: Json = {
            "type": str(local_type(told)),
            "is_send": int(is_mine(told)),
            "timestamp": told.seconds,
            "server_id": told.server_id,
            "display_name": clean(told.person.name) if told.person else "",
            "avatar_src": "./avatar/a.png",
            "text": clean(text),
        }
        if told.title:
            row |= {"title": clean(told.title), "url": clean(told.url or ""), "xml_dict": {}}
        if quoted and quoted.person:
            row |= {"quote_server_id": quoted.server_id, "quote_type": "1"}
            row |= {"quote_text": clean(f"{quoted.person.name}: {quoted.text}")}
        rows.append(row)
    name = conversation.group_name
    return {f"{name}({conversation.wechat_room})/{name}.html.json": dump(rows)}


def memotrace(conversation: Conversation) -> Mapping[str, bytes]:
    return _memotrace(conversation, lambda text: text)


def memotrace_escaped(conversation: Conversation) -> Mapping[str, bytes]:
    return _memotrace(conversation, lambda text: escape(text, {'"': "&quot;", "'": "&#39;"}))


def weflow_api(conversation: Conversation) -> Mapping[str, bytes]:
    rows = []
    for told in conversation.rows:
        quoted = quoted_by(conversation, told)
        person = told.person.wxid if told.person else conversation.wechat_room
        parsed = words(told) if told.kind != "link" else f"[链接] {told.title}"
        row: Json = {
            "localId": told.n,
            "serverId": told.server_id,
            "localType": local_type(told),
            "createTime": told.seconds,
            "isSend": int(is_mine(told)),
            "senderUsername": person,
            "content": f"{person}:\n{parsed}",
            "rawContent": f"{person}:\n{xml(told, quoted) if told.title else parsed}",
            "parsedContent": parsed,
        }
        if quoted and quoted.person:
            row |= {"replyToMessageId": quoted.server_id}
            row["quote"] = {
                "platformMessageId": quoted.server_id,
                "sender": quoted.person.wxid,
                "accountName": quoted.person.name,
                "content": quoted.text,
                "type": 1,
            }
        rows.append(row)
    head = {
        "success": True,
        "talker": conversation.wechat_room,
        "count": len(rows),
        "hasMore": False,
        "media": {},
    }
    return {"page.json": dump(head | {"messages": rows}, indent=2)}


WRITERS = {
    "chatlog-json": chatlog,
    "chatlog-json:webhook": chatlog_webhook,
    "chatlog-old-json": old_chatlog,
    "ciphertalk-json": ciphertalk,
    "memotrace3-html-json": memotrace,
    "memotrace3-html-json:escaped": memotrace_escaped,
    "pywxdump-json": pywxdump,
    "wda-json": wda,
    "wechattweak-json": wechattweak,
    "weflow-api-json": weflow_api,
    "wxcli-json": wxcli,
}
