"""The conversation as QQ Chat Exporter's text and the logs of bots hold it."""

from __future__ import annotations

import json
from collections.abc import Callable

from invented import PEOPLE, Conversation, Told

from writers.qq_text import qce_text, rows_but

QCE_LOST = ("link", "mini_program", "red_packet", "sticker")


def qce_record(told: Told, conversation: Conversation, version: str) -> str:
    person = told.person
    title = "[馆长] " if person and person.role == "owner" else ""
    lines = [f"{title}{person.name if person else '系统消息'}:", f"时间: {told.local}"]
    text = qce_text(told, version)
    if version == "v6" and told.reply_to:
        text = f"[回复消息]{text}"
    lines.append(f"内容: {text}")
    if told.kind in ("image", "voice", "video", "file"):
        lines += ["资源: 1 个文件", f"  - {told.kind.replace('voice', 'audio')}: {told.title or 'AB12.jpg'}"]
    if told.mentions:
        named = ("@全体成员" if m == "@all" else f"@{PEOPLE[m].name}" for m in told.mentions)
        lines.append(f"提及: {', '.join(named)}")
    if told.reply_to:
        answered = conversation.row(told.reply_to)
        sender = answered.person.name if answered.person else ""
        lines.append(f"回复: {answered.at:%m-%d %H:%M} {sender} - {answered.text}")
    return "\n".join(lines)


def qce_txt(version: str, numbered: bool = False) -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        rows = list(rows_but(conversation, *QCE_LOST))
        bar, now = "=" * 47, "2026-01-05 08:00:00"
        lines = [f"[QQChatExporter V{version[1]} / https://github.com/shuakami/qq-chat-exporter]"]
        lines += [
            "[本软件是免费的开源项目~ 如果您是买来的，请立即退款！如果有帮助到您，欢迎给我点个Star~]",
            "",
        ]
        lines += [bar, " " * 11 + "QQ聊天记录导出文件", bar, ""]
        lines += [f"聊天名称: {conversation.group_name}", "聊天类型: 群聊", "参与人数: 6", f"导出时间: {now}"]
        lines += [f"消息总数: {len(rows)}", f"时间范围: {rows[0].local} - {rows[-1].local}", "", ""]
        records = [
            (f"[{n}]\n" if numbered else "") + qce_record(told, conversation, version)
            for n, told in enumerate(rows, 1)
        ]
        lines += ["\n\n\n".join(records), "", bar, " " * 14 + "导出完成", bar]
        lines += [f"总计导出 {len(rows)} 条消息", f"导出时间: {now}", ""]
        return {"周末羽毛球.txt": "\n".join(lines).encode()}

    return write


def cq_escaped(text: str, value: bool = False) -> str:
    for char, entity in (
        ("&", "&amp;"),
        ("[", "&#91;"),
        ("]", "&#93;"),
        *([(",", "&#44;")] if value else []),
    ):
        text = text.replace(char, entity)
    return text


def cq(kind: str, **data: str) -> str:
    return f"[CQ:{kind}{''.join(f',{name}={cq_escaped(value, True)}' for name, value in data.items())}]"


def card(app: str, prompt: str, **meta: str) -> str:
    return cq(
        "json", data=json.dumps({"app": app, "prompt": prompt, "meta": {"m": meta}}, ensure_ascii=False)
    )


def cq_string(told: Told) -> str:
    title = told.title or ""
    match told.kind:
        case "image":
            return cq("image", file="ab12.image", subType="0", url="https://example.org/a?b=1&c=2")
        case "sticker":
            return cq("image", file="cd34.image", subType="1", summary="[动画表情]")
        case "voice":
            return cq("record", file="ef56.amr")
        case "video":
            return cq("video", file="gh78.video")
        case "link":
            return card("com.tencent.structmsg", f"[分享]{title}", title=title, jumpUrl=told.url or "")
        case "mini_program":
            return card("com.tencent.miniapp_01", f"[QQ小程序]{title}", title=title)
        case "location":
            return cq("location", title=title, lat="30.1", lon="120.1")
        case "red_packet":
            return cq("redbag", title=title)
    text = cq_escaped(told.text or "")
    for key in told.mentions:
        name, id_ = ("所有人", "all") if key == "@all" else (PEOPLE[key].name, PEOPLE[key].qq)
        text = text.replace(f"@{name}", f"[CQ:at,qq={id_}]")
    return (cq("reply", id=str(told.reply_to * 31)) if told.reply_to else "") + text


def gocq_log(conversation: Conversation) -> dict[str, bytes]:
    """The days in one file: message ids answer one another within a file only."""
    group = f"{conversation.group_name}({conversation.qq_group})"
    lines = ["[2025-12-31 23:57:00] [INFO]: 当前版本:v1.0.0-rc3"]
    for told in rows_but(conversation, "file", "forward", "join", "rename_group", typed=True):
        actor, target = (
            f"{p.name}({p.qq})" if (p := PEOPLE.get(key or "")) else ""
            for key in (told.actor, (*told.targets, "")[0])
        )
        person, id_ = told.person, told.n * 31
        if told.event == "recall":
            line = f"群 {group} 内 {actor} 撤回了 {target} 的消息: {id_}."
        elif told.event == "poke":
            line = f"群 {group} 内 {actor} 戳了戳 {target}"
        elif person is None or told.sender == "me":
            text = cq_string(told)
            line = f"发送群 {group} 的消息: {text[:10]}{' ...' if len(text) > 10 else ''} ({id_})"
        else:
            line = f"收到群 {group} 内 {person.name}({person.qq}) 的消息: {cq_string(told)} ({id_})"
        lines.append(f"[{told.local}] [INFO]: {line}")
    return {"logs/2025-12-31.log": "".join(f"{line} \n" for line in lines).encode()}


NAPCAT = {
    "image": "[图片]",
    "voice": "[语音 4s]",
    "video": "[视频]",
    "forward": "[转发消息]",
    "location": "[位置]",
    "red_packet": "[红包]",
}


def napcat_text(told: Told, conversation: Conversation) -> str:
    text = NAPCAT.get(told.kind) or (f"[文件 {told.title}]" if told.kind == "file" else told.text or "")
    first, *more = text.split("\n")
    text = f"{first} ..." if more else first
    for key in told.mentions:
        if key != "@all":
            text = text.replace(f"@{PEOPLE[key].name}", f"@{PEOPLE[key].name} ({PEOPLE[key].qq})")
    if told.reply_to:
        answered = conversation.row(told.reply_to)
        who = answered.person
        text = (
            f"[回复消息 [{who.name}({who.qq})] {napcat_text(answered, conversation)}] {text}" if who else text
        )
    return text


def napcat_log(conversation: Conversation) -> dict[str, bytes]:
    me = f"{PEOPLE['me'].nickname}({PEOPLE['me'].qq})"
    lines = ["12-31 23:57:00 [info] [NapCat] [WebUi] WebUi is running"]
    for told in rows_but(conversation, "sticker", "link", "mini_program", "recall", "poke", "system"):
        person = told.person
        text = napcat_text(told, conversation)
        group = f"群聊 [{conversation.group_name}({conversation.qq_group})]"
        if person is None or told.sender == "me":
            line = f"发送 -> {group} {text}"
        else:
            line = f"接收 <- {group} [{person.name}({person.qq})] {text}"
        lines.append(f"{told.at:%m-%d %H:%M:%S} [info] {me} | {line}")
    return {"2025-12-31T23-57-00.log": "".join(f"{line}\n" for line in lines).encode()}


WRITERS = {
    "qce-txt": qce_txt("v6"),
    "qce-txt:v5": qce_txt("v5"),
    "qce-txt:numbered": qce_txt("v6", numbered=True),
    "gocq-log": gocq_log,
    "napcat-log": napcat_log,
}
