"""What MemoTrace (留痕) 3 writes as a message: ``【图片】``, ``【分享链接】`` with lines, quotations.

For its tables, whose types are words, and its texts, which have none. Who sent it, the formats know.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from cq.formats._wechat_content import SHOWN, Content, event_of, tidy, xml_of
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Kind

_TAGS = {
    "图片": Kind.IMAGE,
    "视频": Kind.VIDEO,
    "语音": Kind.VOICE,
    "表情包": Kind.STICKER,
    "动画表情": Kind.STICKER,
    "文件": Kind.FILE,
    "音视频通话": Kind.CALL,
    "语音通话": Kind.CALL,
    "视频通话": Kind.CALL,
    "位置": Kind.LOCATION,
    "位置分享": Kind.LOCATION,
    "分享链接": Kind.LINK,
    "链接": Kind.LINK,
    "音乐": Kind.LINK,
    "音乐分享": Kind.LINK,
    "视频号": Kind.LINK,
    "笔记": Kind.LINK,
    "收藏笔记": Kind.LINK,
    "小程序": Kind.MINI_PROGRAM,
    "名片": Kind.CONTACT_CARD,
    "个人名片": Kind.CONTACT_CARD,
    "公众号名片": Kind.CONTACT_CARD,
    "个人/公众号名片": Kind.CONTACT_CARD,
    "企业微信名片": Kind.CONTACT_CARD,
    "红包": Kind.RED_PACKET,
    "转账": Kind.TRANSFER,
    "发起转账": Kind.TRANSFER,
    "接收转账": Kind.TRANSFER,
    "合并转发的聊天记录": Kind.FORWARD,
    "聊天记录": Kind.FORWARD,
    "拍一拍": Kind.POKE,
}
_ALONE = frozenset({Kind.IMAGE, Kind.VIDEO})
"""Kinds behind whose tag nothing stands, but perhaps a path: with words there somebody has typed it."""
_WORDS = re.compile(r"\s{0,80}[^\s\\/][^\\/]{0,400}\Z")
_TAG = re.compile(rf"【({'|'.join(sorted(_TAGS, key=len, reverse=True))})】[:：]?[ \t]?")
_FIELD = re.compile(
    r"^[ \t]{0,8}(标题|描述|详情|地标|链接|地址|url|URL|网址|应用|名字|名称|昵称|视频号名称|视频号描述|备注)"
    r"[:：][ \t]?(.*)$",
    re.MULTILINE,
)
_QUOTED = re.compile(
    r"\n?引用[：:][ \t]?(?P<name>[^\n]{0,80}?)(?:: |[:：](?![^\n]{0,80}?: ))(?P<words>.*)\Z", re.DOTALL
)
_COLON = re.compile("[:：]")
_MAX_NAME = 80
_URL = re.compile(r"https?://[^\s\"'<>，。；、）】」》]+")
_DUMPED = re.compile(r"(-?\d{1,20})\n(?=[{\[<])")
_STRING = (
    r"('[^'\\\n]{0,2000}(?:\\.[^'\\\n]{0,2000}){0,50}'|\"[^\"\\\n]{0,2000}(?:\\.[^\"\\\n]{0,2000}){0,50}\")"
)
_IN_DICT = {
    name: re.compile(rf"['\"]{name}['\"]: ?{_STRING}") for name in ("textannouncement", "title", "des")
}
_TITLED = frozenset({Kind.LINK, Kind.MINI_PROGRAM, Kind.FILE, Kind.CONTACT_CARD, Kind.FORWARD})
_NAMES_OF_TITLES = ("标题", "视频号描述", "名字", "昵称", "名称", "视频号名称", "描述", "详情")


def tagged(text: str) -> Kind | None:
    """The kind that a leading ``【…】`` announces; people can type it, too."""
    tag = _TAG.match(text)
    kind = _TAGS[tag[1]] if tag else None
    typed = kind in _ALONE and tag is not None and _WORDS.match(text, tag.end())
    return None if typed else kind


def memotrace_content(
    word: str | None, text: str | None, names: Collection[str | None] = ()
) -> Content | None:
    """A message of the type ``word`` (``引用消息``), or by its text alone; None for plain text.

    ``names`` are those of people who have spoken.
    """
    text = tidy(text) if text else None
    if text and (dumped := _DUMPED.match(text)):
        return _unhandled(int(dumped[1]), text[dumped.end() :])
    if text and text[0] == "<" and (raw := xml_of(text)) is not None:
        return raw
    kind = kind_of(None, word, None) if word else (tagged(text) if text else None) or Kind.TEXT
    if kind in NON_SPEECH:
        return event_of(kind, text, "wechat")
    if kind is Kind.TEXT:
        if text and word in (None, "引用消息", "引用") and "引用" in text:
            return reply(text, names)
        return None if text else Content(kind)
    return _card(kind if kind is not Kind.OTHER else (text and tagged(text)) or kind, text)


def reply(text: str, names: Collection[str | None] = ()) -> Content | None:
    """``正文\\n引用：名: 原文``; None if there is no quotation in it. A quoted reply brings its own along.

    A name may hold colons, if it is one of ``names``.
    """
    begins = [at for at in (text.find("\n引用："), text.find("\n引用:")) if at >= 0]
    at = 0 if text.startswith(("引用：", "引用:")) else min(begins, default=-1)
    quoted = _QUOTED.match(text, at) if at >= 0 else None
    if quoted is None:
        return None
    begin = quoted.start("name")
    ends = (match.start() for match in _COLON.finditer(text, begin, begin + _MAX_NAME + 1))
    known = max((end for end in ends if text[begin:end].strip() in names), default=None)
    quote = (quoted["words"] if known is None else text[known + 1 :]).strip()
    if tag := _TAG.match(quote):  # what it shows of a picture
        kind = _TAGS[tag[1]]
        quote = SHOWN.get(kind) or _card(kind, quote).text or quote
    return Content(Kind.TEXT, text[:at].strip("\n") or None, reply_quote=quote or None)


def _card(kind: Kind, text: str | None) -> Content:
    if text is None:
        return Content(kind)
    tag = _TAG.match(text)
    rest = text[tag.end() :].strip() if tag else text
    if kind in SHOWN:
        if kind is Kind.STICKER and tag and rest and "\n" not in rest:
            return Content(kind, f"[表情包：{rest}]")
        return Content(kind, (rest if kind is Kind.VOICE and tag else "") or SHOWN[kind])
    if kind is Kind.FORWARD:
        rest = rest.partition("\n")[0].strip()
        return Content(kind, rest or text.strip(), card_title=rest or None)
    fields = {name: value.strip() for name, value in _FIELD.findall(rest[:20_000]) if value.strip()}
    if kind is Kind.LOCATION:
        return Content(
            kind, fields.get("标题") or fields.get("详情") or (rest if not fields else None) or text
        )
    title = next((fields[name] for name in _NAMES_OF_TITLES if name in fields), None)
    if title is None and not fields:
        title = rest.partition("\n")[0].strip() or None
    if kind is Kind.FILE and title:
        title = re.split(r"[\\/]", title)[-1] or title
    if kind not in _TITLED:
        return Content(kind, rest or text.strip())
    url = _URL.search(rest) if kind in (Kind.LINK, Kind.MINI_PROGRAM) else None
    return Content(kind, title or text.strip(), url[0] if url else None, title)


def _unhandled(number: int, rest: str) -> Content:
    """A type that MemoTrace does not know: its number, then the message as Python shows a dict."""
    kind = kind_of(number, None, None)
    if kind in NON_SPEECH:
        return event_of(kind, None, "wechat")
    found = (pattern.search(rest[:100_000]) for pattern in _IN_DICT.values())
    title = next(filter(None, (_string(match[1]) for match in found if match)), None)
    return Content(kind, title, card_title=title if kind in _TITLED else None)


def _string(literal: str) -> str | None:
    try:
        return str(ast.literal_eval(literal)).strip() or None
    except (ValueError, SyntaxError, MemoryError):  # an escape that is none
        return None
