"""WeChat text logs as WeFlow, chatlog, MemoTrace, WeChatDataAnalysis and WeChat itself write them."""

from __future__ import annotations

import base64
import html
import quopri
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from invented import PEOPLE, Conversation, Told

from writers.wechat_json import one_line, quoted_by, sentence

Files = Mapping[str, bytes]


def rows(conversation: Conversation, *lost: str, typed_tag: bool = False) -> list[Told]:
    """The rows but those of the ``lost`` kinds and events, and the ``[图片]`` that somebody typed."""
    return [
        told
        for told in conversation.rows
        if told.kind not in lost and told.event not in lost and (typed_tag or told.text != "[图片]")
    ]


# -- WeFlow ------------------------------------------------------------------------------------------

_WEFLOW = {
    "image": "[图片]", "sticker": "[表情包]", "voice": "[语音消息]", "video": "[视频]", "location": "[位置]",
    "file": "[文件]", "link": "[链接]", "mini_program": "[小程序]", "red_packet": "[红包]",
    "forward": "[转发的聊天记录]",
}  # fmt: skip


def weflow(conversation: Conversation) -> Files:
    def record(told: Told) -> str:
        if told.event:
            return f"{told.local} '{conversation.group_name}'\n{sentence(told)}\n\n"
        assert told.person
        body = told.text or "" if told.kind == "text" else _WEFLOW[told.kind] + (told.title or "")
        if told.kind == "forward":
            body += "\n阿宽: 在吗\n  小禾: 在"
        if (quoted := quoted_by(conversation, told)) and quoted.person:
            body += f"[引用 {quoted.person.name}：{one_line(quoted.text)}]"
        return f"{told.local} '{told.person.name}'\n{body}\n\n"

    text = "".join(record(told) for told in rows(conversation))
    return {f"{conversation.group_name}_20251231-20260104.txt": text.encode()}


# -- chatlog -----------------------------------------------------------------------------------------


def _with_id(key: str) -> str:
    return f"{PEOPLE[key].name}({PEOPLE[key].wxid})"


def _chatlog_body(conversation: Conversation, told: Told, quoted_time: str) -> str:
    match told.kind:
        case "image":
            return "![图片](http://127.0.0.1:5030/image/00ff,msg/attach/00ff)"
        case "video":
            return "![视频](http://127.0.0.1:5030/video/00ff)"
        case "sticker":
            return "![动画表情](https://example.org/emoji/1)"
        case "voice":
            return "[语音](http://127.0.0.1:5030/voice/7000)"
        case "file":
            return f"[文件|{told.title}](http://127.0.0.1:5030/file/00ff)"
        case "link":
            return f"[链接|{told.title}]({told.url})"
        case "mini_program":
            return f"[小程序|{told.title}]()"
        case "forward":
            return f"[合并转发|{told.title}]\n  球场阿宽 2025-12-30 22:00:00\n  带灯\n\n  小禾 2025-12-30 22:01:00\n  好"
        case "location":
            return f"[位置|{told.title}|上海|31.2|121.5]"
        case "red_packet":
            return "[红包]"
    if told.event:
        return sentence(told, _with_id)
    quoted = quoted_by(conversation, told)
    if quoted is None or quoted.sender is None:
        return told.text or ""
    lines = [f"{_with_id(quoted.sender)} {quoted.at:{quoted_time}}", *(quoted.text or "").split("\n")]
    return "\n".join([*(f"> {line}" for line in lines), told.text or ""])


def chatlog(*, alpha: bool = False, several: bool = False) -> Callable[[Conversation], Files]:
    def write(conversation: Conversation) -> Files:
        text = ""
        for told in rows(conversation, "poke", typed_tag=True):
            who = _with_id(told.sender) if told.sender else "系统消息"
            who = who.replace(PEOPLE["me"].wxid, "我")
            number = f"[{told.seconds * 1_000_000 + told.n}] " if alpha else ""
            room = f"[{conversation.group_name}({conversation.wechat_room})] " if several else ""
            body = _chatlog_body(conversation, told, "%m-%d %H:%M:%S")
            text += f"{who} {number}{room}{told.local}\n{body}\n\n"
        return {f"{conversation.group_name}.txt": text.encode()}

    return write


# -- MemoTrace ---------------------------------------------------------------------------------------

_MEMOTRACE = {
    "image": "【图片】", "sticker": "【表情包】 赞", "voice": "【语音】", "video": "【视频】",
    "file": "【文件】{title}", "link": "【分享链接】\n标题：{title}\n描述：\n链接：{url}",
    "mini_program": "【小程序】\n标题：{title}", "red_packet": "【红包】: {title}",
    "forward": "【合并转发的聊天记录】\n标题：{title}", "location": "【位置分享】\n标题：{title}",
}  # fmt: skip


def _memotrace_body(conversation: Conversation, told: Told) -> str:
    if told.event:
        return sentence(told)
    if told.kind == "forward":
        return f"【合并转发的聊天记录】{told.title}"
    if told.kind != "text":
        return _MEMOTRACE[told.kind].format(title=told.title, url=told.url)
    quoted = quoted_by(conversation, told)
    ends = f"\n引用：{quoted.person.name}: {one_line(quoted.text)}" if quoted and quoted.person else ""
    return f"{told.text}{ends}"


def memotrace3(conversation: Conversation) -> Files:
    def record(told: Told) -> str:
        name = f" {told.person.name}" if told.person else ""
        return f"{told.local}{name}\n{_memotrace_body(conversation, told)}"

    return {_memotrace_name(conversation): "\n\n".join(map(record, rows(conversation))).encode()}


def memotrace2(conversation: Conversation) -> Files:
    def record(told: Told) -> str:
        body = _memotrace_body(conversation, told)
        return f"{told.local} {told.person.name}\n{body}\n\n" if told.person else f"{told.local} {body}\n\n"

    return {f"{conversation.group_name}.txt": "".join(map(record, rows(conversation))).encode()}


def _memotrace_name(conversation: Conversation) -> str:
    return f"聊天记录/{conversation.group_name}({conversation.wechat_room})/{conversation.group_name}.txt"


def memotrace_ai(conversation: Conversation) -> Files:
    text, last = "", ""
    lost = [told.event for told in conversation.rows if told.event]
    for day, told_today in groupby(rows(conversation, *lost), lambda told: f"{told.at:%Y-%m-%d}"):
        text += f"\n\n{'*' * 20}{day}{'*' * 20}\n"
        for told in told_today:
            assert told.person
            head = "" if told.person.name == last else f"\n{told.person.name}:"
            last = told.person.name
            text += f"{head}{_memotrace_body(conversation, told)}\n"
    return {f"{conversation.group_name}_chat.txt": text.encode()}


# -- WeChatDataAnalysis ------------------------------------------------------------------------------

_WDA = {
    "image": "[图片]", "sticker": "[表情]", "voice": "[语音] 转写=", "video": "[视频] media/videos/1.mp4",
    "file": "{title} {title} size=1024", "link": "{title} {title} {url}",
    "red_packet": "[红包] {title} 金额= 状态=", "forward": "[聊天记录] {title}",
    "location": "[位置] 地点={title} 地址=某路 1 号 坐标=121.5,31.2",
}  # fmt: skip


def wda(*, avatars: bool = False) -> Callable[[Conversation], Files]:
    def write(conversation: Conversation) -> Files:
        me = PEOPLE["me"]
        lines = [f"会话: {conversation.group_name} ({conversation.wechat_room})", f"账号: {me.wxid}"]
        lines += ["会话头像: media/avatars/1.jpg", "时间范围: 2025-12-31 ~ 2026-01-04"] if avatars else []
        lines += ["导出时间: 2026-01-05T10:00:00", ""]
        for told in rows(conversation, "mini_program"):
            if told.event or told.person is None:
                lines.append(f"[{told.local}] [系统] {sentence(told)}")
                continue
            name = "我" if told.sender == "me" else told.person.name
            shown = " [avatar=media/avatars/2.jpg]" if avatars else ""
            body = (
                told.text if told.kind == "text" else _WDA[told.kind].format(title=told.title, url=told.url)
            )
            lines.append(f"[{told.local}] {name}({told.person.wxid}){shown}: {body}")
        folder = f"conversations/0001_{conversation.group_name}_{conversation.wechat_room}_00ff00ff"
        return {f"{folder}/messages.txt": ("\n".join(lines) + "\n").encode()}

    return write


# -- WeChat's own mail -------------------------------------------------------------------------------

_MAIL = {
    "image": "[图片: 0f0f.jpg(请在附件中查看)]", "video": "[视频: 0f0f.mp4(请在附件中查看)]", "voice": "[语音]",
    "file": "[文件: {title}(请在附件中查看)]", "sticker": "[动画表情]", "location": "[位置: {title}]",
}  # fmt: skip
MAIL_LOST = ("link", "red_packet", "forward", "mini_program")


def _mail_body(told: Told) -> str:
    if told.kind == "text":
        return (told.text or "").strip()
    return _MAIL.get(told.kind, "null").format(title=told.title) if told.person else "null"


def _mail_days(conversation: Conversation) -> Iterable[tuple[str, list[Told]]]:
    for day, told in groupby(rows(conversation), lambda told: f"{told.at:%Y-%m-%d}"):
        yield f"—————  {day}  —————", list(told)


def mail_text(conversation: Conversation) -> str:
    text = f"{conversation.group_name} 微信群上的聊天记录如下，请查收。\n\n"
    for day, today in _mail_days(conversation):
        text += f"{day}\n\n\n"
        for told in today:
            text += (
                f"{told.person.name if told.person else 'null'}  {told.at:%H:%M}\n\n{_mail_body(told)}\n\n"
            )
    return text


def mail(conversation: Conversation) -> Files:
    return {"聊天记录.txt": mail_text(conversation).encode()}


def mail_page(conversation: Conversation) -> str:
    lines = [
        '<div id="history">', "<p>Dear:</p>",
        f"<p>微信群“{html.escape(conversation.group_name)}”的聊天记录如下:</p>",
    ]  # fmt: skip
    for day, today in _mail_days(conversation):
        dashes = day.replace("—", "&mdash;")
        lines.append(f'<p style="text-align:center;"><span style="color:#b8b8b8;">{dashes}</span></p>')
        for told in today:
            name = html.escape(told.person.name) if told.person else "null"
            body = "<br>".join(html.escape(line) for line in _mail_body(told).split("\n"))
            lines.append(f"<p><b>{name}  {told.at:%H:%M}</b></p><p>{body}</p>")
    return "\n".join([*lines, "</div>", ""])


def mail_html(conversation: Conversation) -> Files:
    page = f"<html><head><title>聊天记录</title></head><body>\n{mail_page(conversation)}<p>广告</p></body></html>"
    return {"聊天记录.html": page.encode()}


def eml(kind: str, charset: str, encoding: str) -> Callable[[Conversation], Files]:
    """One text or page and a picture, as a phone's mail program packs them."""

    def write(conversation: Conversation) -> Files:
        text = mail_text(conversation) if kind == "plain" else mail_page(conversation)
        crlf = text.replace("\n", "\r\n").encode(charset)
        packed = (
            base64.encodebytes(crlf) if encoding == "base64" else quopri.encodestring(text.encode(charset))
        )
        lines = [
            "Received: from phone (unknown)", "From: =?utf-8?B?6KW/6KW/?= <a@example.org>",
            "To: <b@example.org>", "Subject: =?utf-8?B?6IGK5aSp6K6w5b2V?=", "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="=_edge"', "",
            "--=_edge", f'Content-Type: text/{kind}; charset="{charset}"',
            f"Content-Transfer-Encoding: {encoding}", "", packed.decode().replace("\n", "\r\n"),
            "--=_edge", 'Content-Type: image/jpeg; name="0f0f.jpg"', "Content-Transfer-Encoding: base64",
            'Content-Disposition: attachment; filename="0f0f.jpg"', "", "/9j/4AAQ", "--=_edge--", "",
        ]  # fmt: skip
        return {"聊天记录.eml": "\r\n".join(lines).encode()}

    return write


WRITERS = {
    "weflow-txt": weflow,
    "chatlog-txt": chatlog(),
    "chatlog-txt:alpha": chatlog(alpha=True),
    "chatlog-txt:several": chatlog(alpha=True, several=True),
    "memotrace-txt": memotrace3,
    "memotrace-txt:v2": memotrace2,
    "memotrace-ai-txt": memotrace_ai,
    "wda-txt": wda(),
    "wda-txt:avatars": wda(avatars=True),
    "wechat-mail-txt": mail,
    "wechat-mail-txt:html": mail_html,
    "wechat-mail-txt:eml": eml("plain", "utf-8", "base64"),
    "wechat-mail-txt:eml-gb18030": eml("plain", "gb18030", "quoted-printable"),
    "wechat-mail-txt:eml-html": eml("html", "utf-8", "base64"),
}
