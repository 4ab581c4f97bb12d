"""The conversation as QQ for PC, QQ Chat Exporter's text, bots' logs and copied text show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from conversation import PEOPLE, Conversation, Person, Told

RULE = "=" * 64
PLACEHOLDERS = {"image": "[图片]", "sticker": "[表情]", "voice": "[语音]", "video": "[视频]"}


def rows_but(conversation: Conversation, *lost: str, typed: bool = False) -> Iterable[Told]:
    """Without what a tool drops, and (unless ``typed``) without the placeholder that somebody typed: most
    exports do not tell it from a picture."""
    for told in conversation.rows:
        if told.kind not in lost and (told.event or "") not in lost and (typed or told.text != "[图片]"):
            yield told


def sentence(told: Told) -> str:
    """QQ's system sentence."""
    actor = PEOPLE[told.actor].name if told.actor else ""
    targets = "、".join(PEOPLE[key].name for key in told.targets)
    match told.event:
        case "recall":
            return f"{actor}撤回了一条消息"
        case "join":
            return f"{actor}邀请{targets}加入了本群。"
        case "rename_group":
            return f"{actor}将群名称改为{told.detail}"
        case _:
            raise ValueError(told.event)


def body(told: Told) -> str:
    """What QQ for PC puts in a body."""
    match told.kind:
        case "file":
            return f"[文件]{told.title}"
        case "red_packet":
            return f"[QQ红包]{told.title}"
        case _:
            return sentence(told) if told.event else PLACEHOLDERS.get(told.kind) or told.text or ""


def sender_line(person: Person | None) -> str:
    if person is None:
        return "系统消息(10000)"
    title = {"owner": "【群主】", "admin": "【管理员】"}.get(person.role, "")
    return f"{title}{person.name}({person.qq})"


PC_LOST = ("link", "forward", "mini_program", "location", "poke")


def clock(at: datetime, twelve: str = "") -> str:
    """``9:45:37``; of a 12-hour clock with AM/PM behind (``en``) or 上午/下午 before (``zh``)."""
    if not twelve:
        return f"{at.hour}:{at:%M:%S}"
    time = f"{at.hour % 12 or 12}:{at:%M:%S}"
    late = at.hour >= 12
    return f"{time} {'PM' if late else 'AM'}" if twelve == "en" else f"{'下午' if late else '上午'} {time}"


def pc_txt(twelve: str = "") -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        head = ["消息记录（此消息记录为文本格式，不支持重新导入）", "", RULE, "消息分组:我的群聊", RULE]
        lines = [*head, f"消息对象:{conversation.group_name}", RULE, ""]
        for told in rows_but(conversation, *PC_LOST):
            lines += [f"{told.at:%Y-%m-%d} {clock(told.at, twelve)} {sender_line(told.person)}"]
            lines += [body(told).replace("\n", "\r"), ""]
        return {"全部消息记录.txt": b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode()}

    return write


BOUNDARY = "----=_NextPart_5D8F8C1E_7A21_4b0c_9C3B.0123456789AB"
FONT = "<font style=\"font-size:10pt;font-family:'微软雅黑','MS Sans Serif',sans-serif;\" color='000000'>"
PICTURE = "{2F8E0D11-3C5A-4b7e-9A55-0000000000%02d}.dat"


def escaped(text: str) -> str:
    """As QQ escapes: ``>`` is its own ``&get;``."""
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&get;"), (" ", "&nbsp;"), ("\n", "<br>")):
        text = text.replace(char, entity)
    return text


def mht_row(colour: str, sender: str, time: str, html: str) -> str:
    return (
        f"<tr><td><div style=color:{colour};padding-left:10px;><div style=float:left;margin-right:6px;>"
        f"{escaped(sender)}</div>{time.replace(' ', '&nbsp;')}</div><div style=padding-left:20px;>{html}</div></td></tr>"
    )


def mht_title(html: str) -> str:
    return f"<tr><td><div style=padding-left:10px;>{html}</div></td></tr>"


def mht_date(day: str) -> str:
    style = "border-bottom-width:1px;border-bottom-color:#8EC3EB;border-bottom-style:solid;color:#3568BB;"
    return f"<tr><td style={style}font-weight:bold;height:24px;line-height:24px;padding-left:10px;margin-bottom:5px;>日期: {day}</td></tr>"


def mht_file(rows: list[str], pictures: int = 0, bom: bool = False, newline: str = "\r\n") -> bytes:
    """A whole MHT: head, table, pictures. The first rows stand in the line of the HTML head."""
    head = ["From: <Save by Tencent MsgMgr>", "Subject: Tencent IM Message", "MIME-Version: 1.0"]
    head += ["Content-Type:multipart/related;", '\tcharset="utf-8"', '\ttype="text/html";']
    head += [f'\tboundary="{BOUNDARY}"', "", f"--{BOUNDARY}", "Content-Type: text/html"]
    head += ["Content-Transfer-Encoding:7bit", ""]
    html = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" /><title>QQ Message</title>'
        '<style type="text/css">body{font-size:12px; line-height:22px; margin:2px;}td{font-size:12px; line-height:22px;}'
        "</style></head><body><table width=100% cellspacing=0>"
    )
    first = next((i for i, row in enumerate(rows) if "color:#" in row[:40]), 0) + 1
    lines = [*head, html + "".join(rows[:first]), *rows[first:], "</table></body></html>", f"--{BOUNDARY}"]
    for n in range(pictures):
        lines += ["Content-Type:image/jpeg", "Content-Transfer-Encoding:base64"]
        lines += [
            f"Content-Location:{PICTURE % n}",
            "",
            "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQg" * 3,
            "",
        ]
        lines += [f"--{BOUNDARY}"]
    lines[-1] += "--"
    return b"\xef\xbb\xbf" * bom + newline.join([*lines, ""]).encode()


def pc_mht(
    twelve: str = "", bom: bool = False, date: str = "%Y-%m-%d"
) -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        rows = [mht_title("<br><b>消息记录</b>"), mht_title("消息分组:我的群聊")]
        rows += [mht_title(f"消息对象:{escaped(conversation.group_name)}"), mht_title("&nbsp;")]
        day, pictures = "", 0
        for told in rows_but(conversation, *PC_LOST):
            if day != (day := told.at.strftime(date)):
                rows.append(mht_date(day))
            html = f"{FONT}{escaped(body(told))}</font>"
            if told.kind == "image":
                html, pictures = f'<IMG src="{PICTURE % pictures}">', pictures + 1
            colour = "#42B475" if told.sender == "me" else "#006EFE"
            rows.append(mht_row(colour, sender_line(told.person), clock(told.at, twelve), html))
        return {"全部消息记录.mht": mht_file(rows, pictures, bom)}

    return write


QCE_LOST = ("link", "mini_program", "red_packet", "sticker")
QCE_SHOWN = {
    "v6": {
        "image": "[图片:AB12.jpg]",
        "voice": "[语音:4秒]",
        "video": "[视频:v.mp4]",
        "forward": "[转发消息: 3条]\n  阿宽: 周六",
    },
    "v5": {
        "image": "[图片: AB12.jpg]",
        "voice": "[语音 4s]",
        "video": "[视频: v.mp4]",
        "forward": "[合并转发: 3条]",
    },
}


def qce_text(told: Told, version: str) -> str:
    blank = "" if version == "v6" else " "
    match told.kind:
        case "file":
            return f"[文件:{blank}{told.title}]"
        case "location":
            return f"[位置: {told.title}]"
        case "poke":
            return f"{PEOPLE[told.actor or ''].name} 拍了拍 {PEOPLE[told.targets[0]].name}"
    if told.event == "rename_group":
        return f"{PEOPLE[told.actor or ''].name}修改群名为“{told.detail}”"
    if told.event:
        return sentence(told).replace("加入了本群。", "加入了群聊").replace("撤回", " 撤回")
    return QCE_SHOWN[version].get(told.kind) or told.text or ""


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


def stamp(at: datetime, shape: str) -> str:
    """As Windows in English, Windows in Chinese, and QQ NT write it."""
    match shape:
        case "en":
            return f"{at.month}/{at.day}/{at.year} {clock(at, 'en')}"
        case "nt":
            return f"{at:%m-%d %H:%M:%S}"
        case _:
            return f"{at.year}/{at.month}/{at.day} {clock(at)}"


def qq_clipboard(shape: str) -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        parts, day = [], ""
        for told in rows_but(conversation, *PC_LOST, "recall", "system"):
            if (person := told.person) is None:
                continue
            text = body(told)
            match shape:
                case "story":
                    head = f"{told.at:%Y/%m/%d %H:%M:%S}<{person.name}({person.qq})>:"
                    parts.append(f"{head}{text}\n")
                case "nt":
                    parts.append(f"{person.name}: {stamp(told.at, 'nt')}\n{text}\n\n")
                case "manager":
                    date = f"{told.at:%Y/%m/%d} " if day != (day := f"{told.at:%F}") else ""
                    parts.append(f"【冒泡】{person.name}({person.qq}) {date}{clock(told.at)}\n{text}\n\n")
                case "phone":
                    if day != (day := f"{told.at.year}-{told.at.month}-{told.at.day}"):
                        parts.append(f"— —  {day}  — —\n\n")
                    parts.append(f"{person.name}  {told.at:%H:%M:%S} \n{text}\n\n")
                case _:
                    parts.append(f"{person.name} {stamp(told.at, shape)}\n{text}\n\n")
        return {"周末羽毛球(东区) 2025-12-31.txt": "".join(parts).encode()}

    return write


WECHAT_TAGS = {
    "image": "[Photo]",
    "sticker": "[Sticker]",
    "voice": "[语音]",
    "video": "[Video]",
    "location": "[位置]",
}
WECHAT_TITLED = {
    "file": "[文件]",
    "link": "[Link]",
    "mini_program": "[小程序]",
    "red_packet": "[红包]",
    "forward": "[聊天记录]",
}


def wechat_clipboard(shape: str) -> Callable[[Conversation], dict[str, bytes]]:
    def write(conversation: Conversation) -> dict[str, bytes]:
        parts = []
        for told in rows_but(conversation):
            if (person := told.person) is None:
                continue
            if told.title:
                text = WECHAT_TITLED.get(told.kind, "[位置]") + told.title
            else:
                text = WECHAT_TAGS.get(told.kind) or told.text or ""
            at = told.at
            match shape:
                case "en":
                    time = f"{at:%Y/%m/%d} {at.hour % 12 or 12}:{at:%M} {'PM' if at.hour >= 12 else 'AM'}"
                    head = f"{person.name} {time}"
                case "zh":
                    head = f"{person.name} {at.year}年{at.month}月{at.day}日 {at:%H:%M}"
                case _:
                    head = f"{person.name}\n{at:%Y年%m月%d日 %H:%M}"
            parts.append(f"{head}\n{text}\n\n")
        return {"周末羽毛球(东区).txt": "".join(parts).encode()}

    return write


WRITERS = {
    "qq-pc-txt": pc_txt(),
    "qq-pc-txt:am-pm": pc_txt("en"),
    "qq-pc-txt:shangwu-xiawu": pc_txt("zh"),
    "qq-pc-mht": pc_mht(),
    "qq-pc-mht:am-pm-bom": pc_mht("en", bom=True),
    "qq-pc-mht:slashes-shangwu-xiawu": pc_mht("zh", date="%Y/%-m/%-d"),
    "qq-pc-mht:month-first": pc_mht(date="%-m/%-d/%Y"),
    "qce-txt": qce_txt("v6"),
    "qce-txt:v5": qce_txt("v5"),
    "qce-txt:numbered": qce_txt("v6", numbered=True),
    "gocq-log": gocq_log,
    "napcat-log": napcat_log,
    "qq-clipboard": qq_clipboard("zh"),
    "qq-clipboard:english": qq_clipboard("en"),
    "qq-clipboard:manager": qq_clipboard("manager"),
    "qq-clipboard:phone": qq_clipboard("phone"),
    "qq-clipboard:nt": qq_clipboard("nt"),
    "qq-clipboard:story-painter": qq_clipboard("story"),
    "wechat-clipboard": wechat_clipboard("en"),
    "wechat-clipboard:chinese": wechat_clipboard("zh"),
    "wechat-clipboard:three-lines": wechat_clipboard("three"),
}
