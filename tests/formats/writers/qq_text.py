"""The conversation as QQ for PC exports it (text, MHT), and as text archives of database tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from invented import PEOPLE, Conversation, Person, Told

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


def qqroot_txt(conversation: Conversation) -> dict[str, bytes]:
    lines = [f"{conversation.group_name} - QQ 聊天记录归档", "导出时间: 2026-01-05 08:00:00", "-" * 40]
    for told in rows_but(conversation, *PC_LOST):
        who = f"{told.person.name}:" if told.person else "[系统提示]"
        lines.append(f"[{told.local}] {who} {body(told).replace(chr(10), ' ')}")
    return {"archive.txt": b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode()}


WRITERS = {
    "qq-pc-txt": pc_txt(),
    "qq-pc-txt:am-pm": pc_txt("en"),
    "qq-pc-txt:shangwu-xiawu": pc_txt("zh"),
    "qq-pc-mht": pc_mht(),
    "qq-pc-mht:am-pm-bom": pc_mht("en", bom=True),
    "qq-pc-mht:slashes-shangwu-xiawu": pc_mht("zh", date="%Y/%-m/%-d"),
    "qq-pc-mht:month-first": pc_mht(date="%-m/%-d/%Y"),
    "qqroot-txt": qqroot_txt,
}
