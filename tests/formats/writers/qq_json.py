"""The conversation in the JSON of QQ's tools: QCE, recorders of OneBot 11 events, QQNT_Export."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from invented import ME, PEOPLE, Conversation, Person, Told, Writer

Json = dict[str, Any]
Written = Callable[[Conversation], dict[str, bytes]]


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sentence(told: Told) -> str:
    """QQ NT's gray tip."""
    actor, *targets = (PEOPLE[key].name for key in (told.actor or "", *told.targets))
    match told.event:
        case "recall":
            return f"{actor} 撤回了一条消息"
        case "join":
            return f"{actor}邀请{targets[0]}加入了群聊"
        case "poke":
            return f"{actor} 戳了戳 {targets[0]}"
        case "rename_group":
            return f"{actor}修改群名为“{told.detail}”"
        case _:
            raise ValueError(told.event)


def ark(told: Told) -> str:
    """A card's own JSON."""
    if told.kind == "mini_program":
        view = {"title": "QQ小程序", "desc": told.title}
        return compact({"app": "com.tencent.miniapp_01", "prompt": "[QQ小程序]", "meta": {"detail_1": view}})
    if told.kind == "forward":
        view = {
            "source": told.title,
            "summary": "查看1条转发消息",
            "resid": "abc",
            "news": [{"text": "小禾: 1"}],
        }
        return compact({"app": "com.tencent.multimsg", "prompt": "[聊天记录]", "meta": {"detail": view}})
    view = {"title": told.title, "desc": "图解", "jumpUrl": told.url}
    return compact({"app": "com.tencent.structmsg", "prompt": f"[分享]{told.title}", "meta": {"news": view}})


def mentioned(told: Told) -> tuple[str, str, str]:
    """A text that begins with a mention: who, the name after the ``@``, the rest."""
    name, _, rest = (told.text or "").removeprefix("@").partition("\u2005")
    return told.mentions[0], name, f"\u2005{rest}"


# -- QCE -----------------------------------------------------------------------------------------

TYPES = {"file": "file", "video": "video", "voice": "audio", "forward": "forward", "location": "location",
         "link": "json", "mini_program": "json"}  # fmt: skip
CODES = {"text": "type_1", "reply": "type_3", "audio": "type_6", "json": "type_7", "file": "type_8", "video": "type_9",
         "forward": "type_11", "location": "type_17", "system": "type_1"}  # fmt: skip


def element(kind: str, **data: Any) -> Json:
    return {"type": kind, "data": data}


def quoted(answered: Told) -> Json:
    sender = answered.person
    assert sender is not None
    ids = {"messageId": answered.server_id, "referencedMessageId": answered.server_id}
    words = " ".join((answered.text or "").split())
    return element(
        "reply", **ids, senderUin=sender.qq, senderName=sender.name, content=words, timestamp=answered.seconds
    )


def elements(told: Told, conversation: Conversation) -> tuple[str, list[Json]]:
    """``content.text`` and the elements of a message, as v6 writes them."""
    match told.kind:
        case "image":
            return "[图片:AB.jpg]", [element("image", filename="AB.jpg", subType="photo")]
        case "sticker":
            return "[图片:CD.gif]", [element("image", filename="CD.gif", subType="sticker")]
        case "voice":
            return "[语音:3秒]", [element("audio", filename="x.amr", duration=3)]
        case "video":
            return "[视频:v.mp4]", [element("video", filename="v.mp4")]
        case "file":
            return f"[文件:{told.title}]", [element("file", filename=told.title, size=1)]
        case "link" | "mini_program":
            return "[JSON消息]", [element("json", content=ark(told))]
        case "forward":
            copies = [message(conversation.row(2), conversation)]
            text = "[转发消息: 1条]\n  小禾(室友): 1"
            return text, [element("forward", title=told.title, messageCount=1, messages=copies)]
        case "location":
            return "[位置消息]", [element("location", title=told.title, address="东区")]
        case "red_packet":
            return "[红包]", [element("wallet", title=told.title)]
    if told.event:
        return sentence(told), [element("system", text=sentence(told))]
    return words_of(told, conversation)


def words_of(told: Told, conversation: Conversation) -> tuple[str, list[Json]]:
    text, shown = told.text or "", ""
    found = [element("text", text=text)]
    if told.mentions:
        who, name, rest = mentioned(told)
        person = PEOPLE.get(who)
        ids = {"uid": person.uid, "uin": person.qq} if person else {"uid": "all"}
        found = [element("at", **ids, name=f"@{name}"), element("text", text=rest)]
    if told.reply_to:
        shown, found = "[回复消息]", [quoted(conversation.row(told.reply_to)), *found]
    return shown + text, found


def sender_of(person: Person | None) -> Json:
    if person is None:
        return {"uid": "未知", "name": "系统消息"}
    return {"uid": person.uid, "uin": person.qq, "name": person.name, "nickname": person.nickname}


def message(told: Told, conversation: Conversation, coded: bool = False) -> Json:
    """A record of shape D, or (``coded``) of shape C."""
    text, found = elements(told, conversation)
    kind = "system" if told.event else "reply" if told.reply_to else TYPES.get(told.kind, "text")
    if coded:
        text = text.replace("图片:", "图片: ").replace("文件:", "文件: ").replace("视频:", "视频: ")
    return {
        "id": told.server_id, "seq": str(100 + told.n), "timestamp": told.seconds * 1000,
        "time": told.local if coded else f"{told.local.replace(' ', 'T')}Z", "sender": sender_of(told.person),
        "type": CODES.get(kind, kind) if coded else kind,
        "content": {"text": text, "elements": found, "resources": [], "mentions": []},
        "recalled": False, "system": told.event is not None and not coded,
    }  # fmt: skip


def head(conversation: Conversation, version: str = "0.1.0") -> Json:
    return {
        "metadata": {"name": "QQChatExporter", "copyright": "https://github.com/shuakami/qq-chat-exporter",
                     "version": version},
        "chatInfo": {"name": conversation.group_name, "type": "group", "selfUid": ME.uid, "selfUin": ME.qq,
                     "peerUid": conversation.qq_group},
    }  # fmt: skip


def qce_json(conversation: Conversation) -> dict[str, bytes]:
    lines = ",\n".join(f"    {compact(message(told, conversation))}" for told in conversation.rows)
    top = {**head(conversation), "statistics": {"totalMessages": len(conversation.rows)}}
    parts = [f'  "{key}": {compact(value)}' for key, value in top.items()]
    text = "{\n" + ",\n".join([*parts, f'  "messages": [\n{lines}\n  ]', '  "exportOptions": {}']) + "\n}\n"
    return {"group_周末羽毛球_700000001_20260104_090000123.json": text.encode()}


def qce_json_c(conversation: Conversation) -> dict[str, bytes]:
    """v4.10 and v5 put the avatars before all that matters."""
    top = head(conversation, "4.0.0")
    top["avatars"] = {p.uid: "data:image/jpeg;base64,/9j/4AAQ" for p in PEOPLE.values()}
    top["messages"] = [message(told, conversation, coded=True) for told in conversation.rows]
    return {"group_700000001_20260104_090000.json": json.dumps(top, ensure_ascii=False, indent=2).encode()}


def chunked(names: str, entry: Callable[[str, int], Json], *, newest_first: bool = False) -> Written:
    def write(conversation: Conversation) -> dict[str, bytes]:
        records = [compact(message(told, conversation)) for told in conversation.rows]
        records = records[::-1] if newest_first else records
        many = 9 if len(records) < 1000 else 50_000  # QCE's own; a short talk has to fill several, too
        starts = range(0, len(records), many)
        pieces = {names.format(n + 1): records[at : at + many] for n, at in enumerate(starts)}
        files = {
            f"chunks/{name}": "".join(f"{r}\n" for r in piece).encode() for name, piece in pieces.items()
        }
        listed = [entry(name, len(piece)) for name, piece in pieces.items()]
        manifest = {
            **head(conversation),
            "chunked": {"format": "jsonl", "chunksDir": "chunks", "chunks": listed},
        }
        if newest_first:
            manifest["metadata"]["format"] = "chunked-jsonl"
        return {
            **files,
            "avatars.json": b'{"u_heAAAA": "data:image/jpeg;base64,/9j/4AAQ"}',
            "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=2).encode(),
        }

    return write


def form_1(name: str, count: int) -> Json:
    return {"fileName": name, "relativePath": f"chunks/{name}", "count": count, "bytes": 1}


def form_2(name: str, count: int) -> Json:
    return {"file": name, "messages": count, "bytes": 1}


# -- OneBot 11 -----------------------------------------------------------------------------------


def segments(told: Told, conversation: Conversation) -> list[Json]:
    found = []
    if told.reply_to:
        found.append(element("reply", id=str(-told.reply_to)))
    match told.kind:
        case "image":
            return [element("image", file="AB.jpg", sub_type=0)]
        case "sticker":
            return [element("image", file="CD.gif", sub_type=1, summary="[动画表情]")]
        case "voice":
            return [element("record", file="x.amr")]
        case "video":
            return [element("video", file="v.mp4")]
        case "file":
            return [element("file", file=told.title, file_id="/1")]
        case "link":
            return [element("share", url=told.url, title=told.title)]
        case "mini_program" | "forward":  # a forward that comes as [CQ:forward,id=…] has no title
            return [element("json", data=ark(told))]
        case "location":
            return [element("location", lat="31.2", lon="121.5", title=told.title)]
        case "red_packet":
            return [element("redbag", title=told.title)]
    if told.mentions:
        who, name, rest = mentioned(told)
        qq = PEOPLE[who].qq if who in PEOPLE else "all"
        return [*found, element("at", qq=qq, name=name), element("text", text=rest)]
    return [*found, element("text", text=told.text)]


def escaped(text: str, *, value: bool = False) -> str:
    text = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
    return text.replace(",", "&#44;") if value else text


def cq_string(found: list[Json]) -> str:
    out = ""
    for one in found:
        data = one["data"]
        pairs = "".join(f",{key}={escaped(str(value), value=True)}" for key, value in data.items())
        out += escaped(data["text"]) if one["type"] == "text" else f"[CQ:{one['type']}{pairs}]"
    return out


def notice(told: Told) -> Json:
    actor = PEOPLE[told.actor].qq if told.actor else "0"
    target = PEOPLE[told.targets[0]].qq if told.targets else "0"
    match told.event:
        case "recall":
            return {
                "notice_type": "group_recall",
                "user_id": int(target),
                "operator_id": int(actor),
                "message_id": 5,
            }
        case "join":
            return {
                "notice_type": "group_increase",
                "sub_type": "invite",
                "user_id": int(target),
                "operator_id": int(actor),
            }
        case "poke":
            return {
                "notice_type": "notify",
                "sub_type": "poke",
                "user_id": int(actor),
                "target_id": int(target),
            }
        case _:
            return {
                "notice_type": "notify",
                "sub_type": "group_name",
                "user_id": int(actor),
                "name_new": told.detail,
            }


def events(conversation: Conversation, as_string: Callable[[Told], bool]) -> list[Json]:
    out: list[Json] = []
    for told in conversation.rows:
        event: Json = {"time": told.seconds, "self_id": int(ME.qq), "group_id": int(conversation.qq_group)}
        if told.event:
            out.append(
                {**event, "post_type": "notice", "group_name": conversation.group_name, **notice(told)}
            )
            continue
        person, found = told.person, segments(told, conversation)
        assert person is not None
        sender = {
            "user_id": int(person.qq),
            "nickname": person.nickname,
            "card": person.name,
            "role": person.role,
        }
        out.append(
            event
            | {"post_type": "message_sent" if told.sender == "me" else "message", "message_type": "group"}
            | {"message_id": -told.n, "user_id": int(person.qq), "group_name": conversation.group_name}
            | {"message": cq_string(found) if as_string(told) else found, "raw_message": cq_string(found)}
            | {"sender": sender}
        )
        out.append(event | {"post_type": "meta_event", "meta_event_type": "heartbeat"})
    return out


def lines(as_string: Callable[[Told], bool], shape: str = "{}") -> Written:
    def write(conversation: Conversation) -> dict[str, bytes]:
        found = events(conversation, as_string)
        return {"events.jsonl": "".join(shape.replace("{}", compact(e)) + "\n" for e in found).encode()}

    return write


def array(conversation: Conversation) -> dict[str, bytes]:
    return {"events.json": json.dumps(events(conversation, lambda told: False), ensure_ascii=False).encode()}


# -- QQNT_Export ---------------------------------------------------------------------------------

TAGS = {"image": "[图片]", "sticker": "[表情]", "voice": "[语音]", "video": "[视频]", "file": "[文件]"}


def qqnt_export(conversation: Conversation) -> dict[str, bytes]:
    out = []
    for told in conversation.rows:
        person = told.person
        if person is None or told.kind not in ("text", *TAGS):
            continue
        contents = [[TAGS.get(told.kind, "[文本]"), told.title or told.text or "x.bin"]]
        if told.reply_to:
            contents.insert(0, ["[被引用的消息][文本]", conversation.row(told.reply_to).text or ""])
        out.append(
            {"time": told.local, "sender": person.name, "sender_qq": int(person.qq), "contents": contents}
        )
    return {f"{conversation.group_name}.json": json.dumps(out, ensure_ascii=False, indent=4).encode()}


WRITERS: dict[str, Writer] = {
    "qce-json": qce_json,
    "qce-json:type-codes": qce_json_c,
    "qce-jsonl": chunked("c{:06}.jsonl", form_1),
    "qce-jsonl:newest-first": chunked("chunk_{:04}.jsonl", form_2, newest_first=True),
    "onebot11-jsonl": lines(lambda told: False),
    "onebot11-jsonl:cq-codes": lines(lambda told: True),
    "onebot11-jsonl:both": lines(
        lambda told: told.n % 2 == 0, '2026-01-01 00:00:00 [event] {"n":1,"data":{}}'
    ),
    "onebot11-json": array,
    "qqnt-export-json": qqnt_export,
}
