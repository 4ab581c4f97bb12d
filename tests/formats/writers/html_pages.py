"""The conversation as web pages: those of WeChat's exporters, of QCE and of QQ-History-Backup."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from invented import Conversation, Told

from writers import wechat_json
from writers.wechat_json import TAGS, codes, is_mine, local_type, one_line, quoted_by, sentence, words, xml

HEAD = '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="UTF-8">\n<title>{}</title>\n{}</head>\n<body>\n'
END = "</body>\n</html>\n"


def page(conversation: Conversation, body: str, head: str = "", suffix: str = " - 聊天记录") -> bytes:
    return (HEAD.format(html.escape(conversation.group_name + suffix), head) + body + END).encode()


def script(conversation: Conversation, code: str, suffix: str = " - 聊天记录") -> bytes:
    return page(
        conversation, f'<div id="app"></div>\n<script>\n{code}\nrender();\n</script>\n', suffix=suffix
    )


def dump(value: Any) -> str:
    """As a careful tool puts JSON into a script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def escaped(text: str | None) -> str:
    return html.escape(text or "").replace("\n", "<br>")


def rows_of(name: str, items: list[str]) -> str:
    return f"{name} = [\n" + ",\n".join(items) + "\n];"


def untyped(conversation: Conversation) -> list[Told]:
    """Without the placeholder that somebody typed: pages without types cannot tell it."""
    return [told for told in conversation.rows if told.text != "[图片]"]


# -- WeFlow ----------------------------------------------------------------------------------------


def _weflow_body(conversation: Conversation, told: Told) -> str:
    def div(name: str, inside: str) -> str:
        return f'<div class="{name}">{inside}</div>'

    body = div("sender-name", escaped(told.person.name if told.person else "系统消息"))
    if quoted := quoted_by(conversation, told):
        assert quoted.person is not None
        body += div("quoted-message", escaped(f"{quoted.person.name}：{one_line(quoted.text)}"))
    if told.kind == "image":
        body += '<img class="message-media image" src="images/1.jpg" alt="">'
    else:
        body += div("message-text", escaped(words(told)))
    return body + div("message-time", f"{told.at:%H:%M}")


def _weflow(conversation: Conversation, *, ids: bool) -> Mapping[str, bytes]:
    items = []
    for i, told in enumerate(untyped(conversation), 1):
        item: dict[str, Any] = {"i": i, "t": told.seconds, "s": int(is_mine(told)), "a": "", "b": ""}
        item["b"] = _weflow_body(conversation, told)
        if ids:
            item["p"] = told.server_id
            if quoted := quoted_by(conversation, told):
                item["r"] = quoted.server_id
        items.append(dump(item))
    return {"群聊.html": script(conversation, rows_of("window.WEFLOW_DATA", items))}


def weflow(conversation: Conversation) -> Mapping[str, bytes]:
    return _weflow(conversation, ids=True)


# -- CipherTalk, EchoTrace, MemoTrace, PyWxDump --------------------------------------------------------


def ciphertalk(conversation: Conversation) -> Mapping[str, bytes]:
    messages = []
    for told in conversation.rows:
        quoted = quoted_by(conversation, told)
        packed = codes(told)[0] == 49 and not told.event
        messages.append(
            {
                "timestamp": told.seconds,
                "sender": told.person.wxid if told.person else conversation.wechat_room,
                "senderName": told.person.name if told.person else conversation.group_name,
                "type": local_type(told),
                "content": words(told),
                "rawContent": xml(told, quoted) if packed else words(told),
                "isSend": int(is_mine(told)),
                "chatRecords": [{"sourcename": "甲", "datadesc": "乙"}] if told.kind == "forward" else None,
            }
        )
    meta = {"sessionId": conversation.wechat_room, "sessionName": conversation.group_name, "isGroup": True}
    members = [{"id": p.wxid, "name": p.name} for p in conversation.people.values()]
    data = {"meta": meta, "members": members, "messages": messages}
    return {"index.html": script(conversation, f"window.CHAT_DATA = {dump(data)};")}


def ciphertalk_beside(conversation: Conversation) -> Mapping[str, bytes]:
    whole = ciphertalk(conversation)["index.html"].decode()
    start, end = whole.index("window.CHAT_DATA"), whole.index("\nrender();")
    shell = whole[:start] + "render(window.CHAT_DATA || {});" + whole[end:]
    return {"导出/data.js": whole[start:end].encode(), "导出/index.html": shell.encode()}


def echotrace(conversation: Conversation) -> Mapping[str, bytes]:
    items = []
    for told in untyped(conversation):
        shown = "[拍一拍]" if told.event == "poke" else words(told)
        media = told.kind in ("image", "sticker", "video")
        tag = {
            "image": '<img src="i.jpg">',
            "sticker": '<img class="emoji" src="e.gif">',
            "video": "<video src='v.mp4'></video>",
        }
        items.append(
            dump(
                {
                    "date": f"{told.at:%Y-%m-%d}",
                    "time": f"{told.at:%H:%M}",
                    "timeTooltip": told.local,
                    "isSend": is_mine(told),
                    "isMedia": media,
                    "content": tag[told.kind] if media else html.escape(shown),
                    "senderName": told.person.name if told.person else "群成员",
                    "timestamp": told.seconds,
                    "avatarKey": told.person.wxid if told.person else conversation.wechat_room,
                }
            )
        )
    return {"群聊.html": script(conversation, rows_of("const messagesData", items))}


def memotrace3(conversation: Conversation) -> Mapping[str, bytes]:
    data = next(iter(wechat_json.memotrace_escaped(conversation).values())).decode()
    code = f'const wxid = "{conversation.wechat_room}";\nconst chatMessages = {data}\n;'
    return {f"{conversation.group_name}.html": script(conversation, code, suffix="")}


def _quoted(text: str) -> str:
    """As MemoTrace 2 escapes for HTML and JavaScript."""
    for one, other in (
        ("\\", "\\\\"),
        ("'", "\\'"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
    ):
        text = text.replace(one, other)
    return f"'{html.escape(text, quote=False)}'"


def memotrace2(conversation: Conversation) -> Mapping[str, bytes]:
    items = []
    for told in conversation.rows:
        one, sub = codes(told)
        person, quoted = told.person, quoted_by(conversation, told)
        text = words(told) if told.event or told.kind in ("text", "location") else ""
        text = {
            "image": "./image/1.png",
            "sticker": "./emoji/1.gif",
            "voice": "./voice/1.mp3",
            "video": "./video/1.mp4",
        }.get(told.kind, text)
        more = f",sub_type:{sub}" if one == 49 and not told.event else ""
        if told.title and told.kind != "location":
            more += (
                f",title:{_quoted(told.title)}"
                if told.kind != "file"
                else f",file_name:{_quoted(told.title)}"
            )
        if told.url:
            more += f",url:{_quoted(told.url)}"
        if quoted and quoted.person:
            more += f",refer_text:{_quoted(f'{quoted.person.name}: {quoted.text}')}"
        avatar = f"./avatar/{person.wxid}.png" if person else ""
        items.append(
            f"{{ type:{0 if told.event else one}, text: {_quoted(text)},is_send:{int(is_mine(told))},avatar_path:'{avatar}',"
            f"timestamp:{told.seconds},is_chatroom:1,displayname:{_quoted(person.name if person else '')}{more}}},"
        )
    code = "const chatMessages = [\n" + "\n".join(items) + "\n];"
    return {f"{conversation.group_name}.html": script(conversation, code, suffix="")}


def pywxdump(conversation: Conversation) -> Mapping[str, bytes]:
    files = wechat_json.pywxdump(conversation)
    users = next(data for name, data in files.items() if name.endswith("users.json"))
    shards = (json.loads(data) for name, data in files.items() if not name.endswith("users.json"))
    rows = json.dumps([row for shard in shards for row in shard], ensure_ascii=False).encode()
    me = conversation.people["me"].wxid.encode()
    code = b'const local_msg_list = %b;\nconst local_user_list = %b;\nconst local_mywxid = "%b";\n' % (
        rows,
        users,
        me,
    )
    return {
        "导出/data.js": code,
        "导出/index.html": page(conversation, '<script src="./data.js"></script>\n'),
    }


# -- WechatExporter ------------------------------------------------------------------------------------


def _wechatexporter_block(conversation: Conversation, told: Told) -> str:
    if told.event:
        notice = html.escape(sentence(told), quote=False)
        return (
            f'<div class="msg chat-notice" msgid="{told.n}" msgtype="10000">\n<span class="time">{told.local}</span>\n'
            f'<div class="notice">{notice}</div>\n</div>\n'
        )
    assert told.person is not None
    side = "right" if is_mine(told) else "left"
    body = html.escape(told.text or "", quote=False)
    if quoted := quoted_by(conversation, told):
        assert quoted.person is not None
        said = html.escape(f"「{quoted.person.name}：{quoted.text}」", quote=False)
        body = f"{said}\n- - - - - - - - - - - - - - -\n{body}"
    if told.kind == "image":
        inside = '<img src="Files/Image/1.jpg">'
    elif told.kind == "link":
        inside = f'<a href="{html.escape(told.url or "")}"><div class="title">{html.escape(told.title or "")}</div></a>'
    elif told.kind == "text":
        inside = f"<pre>{body}</pre>"
    else:
        inside = f"<pre>{html.escape(TAGS[told.kind] + (told.title or ''), quote=False)}</pre>"
    return (
        f'<div class="msg chat {side}" msgid="{told.n}" msgtype="{codes(told)[0]}">\n'
        f'  <div class="avatar {side}"><img src="Files/Portrait/1.jpg"></div>\n'
        f'  <div class="nt"><span class="dspname {side}" wxId="{told.person.wxid}">'
        f"{html.escape(told.person.name, quote=False)}</span> {told.local}</div>\n"
        f'  <div class="bubble {side}">{inside}</div>\n</div>\n'
    )


def wechatexporter(conversation: Conversation) -> Mapping[str, bytes]:
    blocks = [_wechatexporter_block(conversation, told) for told in conversation.rows]
    return {"群聊.html": page(conversation, "".join(blocks), suffix=" - 微信聊天记录")}


def wechatexporter_lazy(conversation: Conversation) -> Mapping[str, bytes]:
    blocks = [_wechatexporter_block(conversation, told) for told in conversation.rows]
    loader = '<script>loadMore("./Files/Data/msg-", ["Files/Data/msg-1.js"]);</script>\n'
    files = {"群聊.html": page(conversation, "".join(blocks[:8]) + loader, suffix=" - 微信聊天记录")}
    for n, part in enumerate((blocks[8:16], blocks[16:]), 1):
        files[f"Files/Data/msg-{n}.js"] = f"append({json.dumps(part)});".encode()
    return files


# -- QQ ------------------------------------------------------------------------------------------------


def qq_sentence(told: Told, conversation: Conversation) -> str:
    actor = conversation.people[told.actor].name if told.actor else ""
    target = conversation.people[told.targets[0]].name if told.targets else ""
    return {
        "recall": f"{actor} 撤回了一条消息",
        "join": f"{actor}邀请{target}加入了群聊",
        "poke": f"{actor}戳了戳{target}",
        "rename_group": f"{actor}修改群名为{told.detail}",
    }[told.event or ""]


def _qce_content(conversation: Conversation, told: Told) -> str:
    title = html.escape(told.title or "")
    text = f'<span class="text-content">{escaped(told.text)}</span>'
    if quoted := quoted_by(conversation, told):
        assert quoted.person is not None
        text = (
            f'<div class="reply-content" onclick="scrollToMessage(\'msg-{quoted.server_id}\')">'
            f'<div class="reply-content-header"><strong>{html.escape(quoted.person.name)}</strong></div>'
            f'<div class="reply-content-text">{escaped(one_line(quoted.text))}</div></div>{text}'
        )
    return {
        "text": text,
        "image": '<div class="image-content"><img src="resources/images/1.jpg" alt="1.jpg" loading="lazy"></div>',
        "sticker": '<img class="market-face" src="m.png" alt="[打球]">',
        "voice": '<audio class="message-audio" src="1.amr" controls></audio>',
        "video": '<video class="message-video" src="1.mp4" controls></video>',
        "file": f'<a class="message-file" href="f" download="{title}"><div class="file-name">{title}</div><div class="file-size">2 KB</div></a>',
        "link": f'<div class="json-card"><a href="{html.escape(told.url or "")}"><div class="json-title">{title}</div></a></div>',
        "forward": f'<div class="forward-card"><div class="forward-title">{title}</div><div class="forward-preview">甲: 乙</div></div>',
        "location": f'<div class="location-content"><span class="location-title">{title}</span></div>',
        "red_packet": f'<div class="red-packet">{title}</div>',
    }[told.kind]


def _qce_block(conversation: Conversation, told: Told) -> str:
    at = f"{told.at:%Y/%m/%d %H:%M:%S}"
    if told.event:
        recalled = " recalled-message" if told.event == "recall" else ""
        inside = (
            f'<div class="system-message-container{recalled}" id="msg-{told.server_id}"><div class="system-message">'
            f'{html.escape(qq_sentence(told, conversation))}</div><span class="system-message-time">{at}</span></div>'
        )
    else:
        assert told.person is not None
        inside = (
            f'\n  <div class="message {"self" if is_mine(told) else "other"}" data-sender-uid="{told.person.uid}"'
            f' id="msg-{told.server_id}">\n    <div class="avatar"><img src="a.png" alt="x"></div>\n'
            f'    <div class="message-header"><span class="sender">{html.escape(told.person.name)}</span>'
            f'<span class="time">{at}</span></div>\n    <div class="message-bubble"><div class="content">\n      '
            f"{_qce_content(conversation, told)}\n    </div></div>\n  </div>\n"
        )
    return f'<div class="message-block" data-date="{told.at:%Y-%m-%d}">{inside}</div>\n'


def _metadata(conversation: Conversation) -> str:
    stated = {
        "chatName": conversation.group_name,
        "chatType": "group",
        "peerUid": conversation.qq_group,
        "peerUin": conversation.qq_group,
        "exportTime": "2026-01-04T00:00:00.000Z",
        "messageCount": len(conversation.rows),
    }
    return f"<!-- QCE_METADATA: {json.dumps(stated, ensure_ascii=False)} -->"


def _qce_shell(conversation: Conversation, head: str, body: str) -> bytes:
    made = page(conversation, body, head).decode()
    return made.replace("<head>", f"{_metadata(conversation)}\n<head>", 1).encode()


def _qce_rows(conversation: Conversation) -> list[Told]:
    """Without what is shown as an ordinary card."""
    return [told for told in conversation.rows if told.kind != "mini_program"]


def qce(conversation: Conversation) -> Mapping[str, bytes]:
    blocks = "".join(_qce_block(conversation, told) for told in _qce_rows(conversation))
    return {"群聊.html": _qce_shell(conversation, "", f'<div class="chat-content">\n{blocks}</div>\n')}


def _qce_record(conversation: Conversation, told: Told, *, bare: bool) -> str:
    text = words(told)
    record = {
        "id": f"msg-{told.server_id}",
        "ts": told.seconds * 1000,
        "date": f"{told.at:%Y-%m-%d}",
        "uid": told.person.uid if told.person else "",
        "name": told.person.name if told.person else "系统消息",
        "nameLower": told.person.name.lower() if told.person else "",
        "text": text.lower()[:4096],
        "textTruncated": len(text) > 4096,
        "html": _qce_block(conversation, told),
    }
    if not bare:
        return json.dumps(record, ensure_ascii=False)
    return (
        "{"
        + ",".join(f"{key}:{json.dumps(value, ensure_ascii=False)}" for key, value in record.items())
        + "}"
    )


def _qce_chunked(conversation: Conversation, *, bare: bool) -> Mapping[str, bytes]:
    files = {"导出/index.html": _qce_shell(conversation, '<script src="data/manifest.js"></script>\n', "")}
    listed = []
    told_rows = _qce_rows(conversation)
    for n, rows in enumerate((told_rows[:12], told_rows[12:]), 1):
        name = f"c{n:06d}"
        records = ",\n".join(_qce_record(conversation, told, bare=bare) for told in rows)
        files[f"导出/data/chunks/{name}.js"] = (
            f'window.__QCE_CHUNK__ && window.__QCE_CHUNK__({{id:"{name}",messages:[\n{records}\n]}});\n'
        ).encode()
        listed.append({"id": name, "file": f"data/chunks/{name}.js", "count": len(rows)})
    manifest = {"format": "qce-modern-html-chunked", "version": 1, "chunks": listed}
    files["导出/data/manifest.js"] = f"window.__QCE_MANIFEST__({json.dumps(manifest)});\n".encode()
    return files


def qce_chunked(conversation: Conversation) -> Mapping[str, bytes]:
    return _qce_chunked(conversation, bare=False)


def qce_chunked_bare(conversation: Conversation) -> Mapping[str, bytes]:
    return _qce_chunked(conversation, bare=True)


def qq_android(conversation: Conversation) -> Mapping[str, bytes]:
    """The tool does not escape anything."""
    shown = {"image": '<img src="images/1.jpg">', "sticker": "[表情]", "voice": "[语音]", "video": "[视频]"}
    paragraphs = []
    for told in untyped(conversation):
        if told.kind in ("link", "forward", "mini_program", "location"):
            continue  # cards come out as what QQ stores of them
        side = "right" if is_mine(told) else "left"
        if told.event:
            who, body = "系统消息(10000)", qq_sentence(told, conversation)
        else:
            assert told.person is not None
            who = "我" if is_mine(told) else f"{told.person.name}({told.person.qq})"
            body = shown.get(told.kind) or told.text or ""
            body = {"file": f"[文件]{told.title}", "red_packet": f"[QQ红包]{told.title}"}.get(told.kind, body)
        body = body.replace("\n", "</br>")
        paragraphs.append(
            f'<p align=\'{side}\'><font color="blue"><b>{who}</b></font>-----<font color="green">{told.local}</font>'
            f"</br>{body}</br></br></p>"
        )
    name = f"群聊-{conversation.group_name}-{conversation.qq_group}.html"
    return {name: "".join(paragraphs).encode()}


WRITERS = {
    "weflow-html": weflow,
    "ciphertalk-html": ciphertalk,
    "ciphertalk-html:script": ciphertalk_beside,
    "echotrace-html": echotrace,
    "memotrace3-html": memotrace3,
    "memotrace2-html": memotrace2,
    "pywxdump-html": pywxdump,
    "wechatexporter-html": wechatexporter,
    "wechatexporter-html:scripts": wechatexporter_lazy,
    "qce-html": qce,
    "qce-html:chunked": qce_chunked,
    "qce-html:bare-keys": qce_chunked_bare,
    "qq-android-html": qq_android,
}
