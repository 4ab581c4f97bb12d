"""What a QQ message made of segments says: QCE's ``elements`` and OneBot's ``message`` are such lists.

Words and kind of one message. Who is mentioned and what is answered the formats know, since they
name people differently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cq.formats._qq_card import card_of, xml_card_of
from cq.formats._wechat_content import Content
from cq.model import Kind

_KINDS: Mapping[str, Kind] = {
    "image": Kind.IMAGE,
    "flash": Kind.IMAGE,
    "market_face": Kind.STICKER,
    "marketface": Kind.STICKER,
    "mface": Kind.STICKER,
    "bface": Kind.STICKER,
    "giphy": Kind.STICKER,
    "face": Kind.STICKER,
    "dice": Kind.STICKER,
    "rps": Kind.STICKER,
    "video": Kind.VIDEO,
    "audio": Kind.VOICE,
    "voice": Kind.VOICE,
    "record": Kind.VOICE,
    "ptt": Kind.VOICE,
    "file": Kind.FILE,
    "onlinefile": Kind.FILE,
    "forward": Kind.FORWARD,
    "node": Kind.FORWARD,
    "location": Kind.LOCATION,
    "wallet": Kind.RED_PACKET,
    "redbag": Kind.RED_PACKET,
    "live_gift": Kind.RED_PACKET,
    "gift": Kind.RED_PACKET,
    "av_record": Kind.CALL,
    "share": Kind.LINK,
    "music": Kind.LINK,
    "contact": Kind.CONTACT_CARD,
}
_AMONG_WORDS = frozenset({Kind.IMAGE, Kind.STICKER, Kind.OTHER})
"""Kinds that stand in a line with words (or, unknown, behind them); all others are a message of their own."""
_SILENT = frozenset(
    {"text", "at", "markdown", "long_message", "reply", "anonymous", "system", "poke", "keyboard"}
)
"""Segments that say nothing here: words, or a matter of the format's own."""
_TITLED = frozenset({Kind.FILE, Kind.LINK, Kind.CONTACT_CARD, Kind.FORWARD})
_TITLES: Mapping[Kind, tuple[str, ...]] = {
    Kind.FILE: ("filename", "fileName", "file_name", "name", "file"),
    Kind.FORWARD: ("title", "summary"),
    Kind.LOCATION: ("title", "name", "address", "content"),
    Kind.RED_PACKET: ("title", "wishing", "name"),
}
_ANY_TITLE = ("title", "name", "nickname")

SHOWN: Mapping[Kind, str] = {
    Kind.IMAGE: "[图片]",
    Kind.STICKER: "[表情]",
    Kind.VOICE: "[语音]",
    Kind.VIDEO: "[视频]",
    Kind.FILE: "[文件]",
    Kind.FORWARD: "[合并转发]",
    Kind.LOCATION: "[位置]",
    Kind.RED_PACKET: "[QQ红包]",
    Kind.CALL: "[通话]",
    Kind.CONTACT_CARD: "[名片]",
    Kind.LINK: "[链接]",
    Kind.MINI_PROGRAM: "[小程序]",
    Kind.ANNOUNCEMENT: "[群公告]",
    Kind.OTHER: "[其他消息]",
}
"""What stands in a text where there is nothing else."""


def content_of(
    segments: Sequence[tuple[str, Mapping[str, Any]]],
    at_name: Callable[[Mapping[str, Any]], str],
    clean: Callable[[str], str],
    shown: str | None = None,
) -> Content:
    """Kind, words and title of a message.

    ``at_name``: how a mention reads; ``clean``: the words without what an exporter put among them;
    ``shown``: how the export shows a message without words.
    """
    words = clean("".join([_words(kind, data, at_name) for kind, data in segments]))
    found = [_other(kind, data) for kind, data in segments if kind not in _SILENT]
    if len(found) == 1 and not words.strip():
        whole: Content | None = found[0]
    else:
        whole = next((one for one in found if one.kind not in _AMONG_WORDS), None)
    if whole is None:
        if words.strip() or not found:
            return Content(Kind.TEXT, _tidy(words) or shown or None)
        whole = min(found, key=lambda one: (one.kind is Kind.OTHER, one.text == SHOWN[Kind.STICKER]))
    own = whole.kind not in (Kind.FORWARD, Kind.ANNOUNCEMENT) and _tidy(words).strip()
    whole.text = own or whole.text
    if not whole.text or whole.text == SHOWN.get(whole.kind):
        whole.text = (shown or "").strip() or SHOWN.get(whole.kind)
    return whole


def _words(kind: str, data: Mapping[str, Any], at_name: Callable[[Mapping[str, Any]], str]) -> str:
    match kind:
        case "text":
            return string(data.get("text"))
        case "at":
            return at_name(data)
        case "markdown" | "long_message":
            return string(data.get("content")) or string(data.get("text"))
        case _:
            return ""


def _other(kind: str, data: Mapping[str, Any]) -> Content:
    if kind in ("json", "ark", "xml", "arkShare"):
        return _card(data)
    found = Content(_KINDS.get(kind, Kind.OTHER))
    if found.kind is Kind.IMAGE and is_sticker(data):
        found.kind = Kind.STICKER
    if found.kind in (Kind.IMAGE, Kind.STICKER):
        found.text = string(data.get("summary")) or SHOWN[found.kind]
        return found
    names = _TITLES.get(found.kind, _ANY_TITLE)
    title = next((word for name in names if (word := string(data.get(name)).strip())), None)
    if found.kind is Kind.LINK:
        found.url = string(data.get("url")) or string(data.get("jumpUrl")) or None
    if found.kind in _TITLED:
        found.card_title = title
    found.text = title if found.kind in _TITLED | _TITLES.keys() else None
    return found


def _card(data: Mapping[str, Any]) -> Content:
    raw = next((data[name] for name in ("content", "data", "jsonStr", "xml") if data.get(name)), None)
    found = card_of(raw) or xml_card_of(raw) or card_of(data)
    title, url = string(data.get("title")).strip(), string(data.get("url"))
    if found is None:
        return Content(Kind.LINK if title or url else Kind.OTHER, title or None, url or None, title or None)
    found.url = found.url or url or None
    if title and not found.card_title and found.kind is not Kind.ANNOUNCEMENT:
        found.text = found.card_title = title
    return found


def is_sticker(data: Mapping[str, Any]) -> bool:
    """QCE says ``subType: sticker``, OneBot ``sub_type: 1`` or a summary."""
    kind = data.get("subType", data.get("sub_type"))
    return kind in ("sticker", 1, "1") or string(data.get("summary")) in ("[动画表情]", "[表情]")


def string(value: Any) -> str:
    """A string or a number as a string; anything else is nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
