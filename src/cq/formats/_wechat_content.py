"""What the content of a WeChat message says: titles, quotations, placeholders, media paths, raw XML.

For exports that give a message as one string, as WeFlow, EchoTrace and most ChatLab files do. The
kind of a message is decided elsewhere (:mod:`_wechat_types`), what a system sentence means, too
(:mod:`_system_text`); no file layout is known here.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection

import msgspec

from cq.formats._json_values import identifier
from cq.formats._placeholders import wechat, wechat_tag
from cq.formats._system_text import SystemText, clean, parse
from cq.formats._system_xml import is_raw, shown
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Event, Kind


class Content(msgspec.Struct):
    """A message that is not plain text, worked out. ``event`` makes it a row of the log."""

    kind: Kind
    text: str | None = None
    url: str | None = None
    card_title: str | None = None
    reply_to: str | None = None
    reply_quote: str | None = None
    event: SystemText | None = None


SHOWN = {Kind.IMAGE: "[图片]", Kind.VOICE: "[语音消息]", Kind.VIDEO: "[视频]", Kind.STICKER: "[表情包]"}
"""What stands for media without a word."""
_MEDIA = re.compile(
    r"(?:[^\n\"<>|*?]{1,300}[\\/])?[^\n\\/\"<>|*?]{1,200}\."
    r"(?:jpe?g|png|gif|webp|bmp|heic|avif|tiff?|dat|mp4|mov|m4v|avi|mkv|3gp|mp3|wav|amr|silk|slk|ogg|opus|m4a|aac)"
    r"|https?://\S+",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s\"'<>，。；、）】」》]+")
TITLED = frozenset({Kind.LINK, Kind.MINI_PROGRAM, Kind.FILE, Kind.CONTACT_CARD, Kind.FORWARD})
_PREFIX = re.compile(r"([\w@.-]{3,64}):[ \t]*\n", re.ASCII)
QUOTE = "[引用 "
_MAX_SENTENCE = 4_000
_MAX_NAME = 40


def tidy(text: str, people: Collection[str | None] = ()) -> str | None:
    """``text`` with LF line ends, without NUL, the line breaks that WeFlow leaves at the start,
    and the ``wxid:`` of one of ``people`` that WeChat stores before it. None if nothing is left."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\0", "")
    if ":" in text and (prefix := _PREFIX.match(text)) and prefix[1] in people:
        text = text[prefix.end() :]
    return text.lstrip("\n") or None


def content_of(kind: Kind, text: str | None) -> Content:
    """What a content of a known kind says: title of a card, transcript of a recording, …"""
    if not text:
        return Content(kind, None)
    tag = wechat_tag(text)
    if tag is not None and (tag is kind or kind is Kind.OTHER):
        kind, own, title = wechat(text)
        url = _first_url(kind, text)
        if url and title and title.endswith(url) and title != url:  # [链接] 标题 https://…
            own = title = title.removesuffix(url).strip()
        return Content(kind, own, url, title)
    if kind in SHOWN:
        return Content(kind, SHOWN[kind] if _MEDIA.fullmatch(text) else text)
    if kind is Kind.FORWARD:
        text = text.partition("\n")[0]
    elif kind is Kind.FILE and "\n" not in text:
        text = re.split(r"[\\/]", text)[-1] or text
    url = _first_url(kind, text)
    if url and text.endswith(f"\n{url}"):  # a title, and its address below it
        text = text.removesuffix(url).rstrip()
    return Content(kind, text, url, text if kind in TITLED and "\n" not in text else None)


def titled(content: Content, title: str | None, url: str | None) -> Content:
    """``content`` with the title and address that the export has apart from it."""
    content.url = url or content.url
    content.card_title = title or content.card_title
    if title and (not content.text or content.text == content.card_title or wechat_tag(content.text)):
        content.text = title
    return content


def _first_url(kind: Kind, text: str) -> str | None:
    found = _URL.search(text) if kind in (Kind.LINK, Kind.MINI_PROGRAM) else None
    return found[0] if found else None


def event_of(kind: Kind, text: str | None, platform: str) -> Content:
    """A row that the export types as system, recall or poke, by its sentence."""
    said = parse(text, platform)
    if said.event is Event.OTHER and kind is not Kind.SYSTEM:
        event = Event.RECALL if kind is Kind.RECALL else Event.POKE
        said = SystemText(event, kind)
    if text and is_raw(text[:1_000]):
        text = clean(shown(text)) or text
    elif text and _XML.match(text):  # a friend request, of which nothing is shown
        text = None
    elif text and len(text) <= _MAX_SENTENCE:
        text = clean(text) or text
    return Content(said.kind, text, event=said)


def reply_of(text: str | None, quote: str | None = None) -> Content:
    """A reply: its own words without the ``[引用 名：预览]`` at the end, and the quotation.

    A quoted reply brings its own quotation along, so the first ``[引用`` begins it; where the export has
    the quoted words apart, they tell which one does.
    """
    at = -1
    if text and quote and text.endswith(f"{quote}]"):
        at = text.rfind(QUOTE, 0, -len(quote) - 1)
    if text and at < 0:
        at = text.find(QUOTE)
    if text and at >= 0 and text.endswith("]"):
        shown = text[at + len(QUOTE) : -1]
        name, colon, words = shown.partition("：")
        if quote is None:
            quote = words if colon and len(name) <= _MAX_NAME and "\n" not in name else shown
        text = text[:at].rstrip() or None
    kind = Kind.TEXT
    if text and (tag := wechat_tag(text)):
        kind, text, _ = wechat(text)
        kind = Kind.TEXT if tag in NON_SPEECH else kind
    return Content(kind, text, reply_quote=quote or None)


_XML = re.compile(r"\s{0,8}(?:<\?xml[^<>]{0,200}\?>\s{0,8})?<(?:msg|appmsg|voip\w{0,20})[\s>]")
_QUOTED_WHO = re.compile(r"<chatusr>([^<>]{1,80})</chatusr>")
_QUOTED_TIME = re.compile(r"<createtime>([0-9]{9,10})</createtime>", re.ASCII)
_MAX_XML = 1 << 20
_PARTS = {"img": Kind.IMAGE, "voicemsg": Kind.VOICE, "videomsg": Kind.VIDEO, "emoji": Kind.STICKER}


def xml_of(text: str, *, quoted: bool = False) -> Content | None:
    """A content that is still WeChat's own XML; None if it is not, or must not be parsed.

    ``quoted``: it stands in a quotation, and what it quotes itself is left as it is.
    """
    if "<" not in text:
        return None
    if is_raw(text[:1_000]):
        return event_of(Kind.SYSTEM, text, "wechat")
    if not _XML.match(text) or len(text) > _MAX_XML or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ET.fromstring(text.strip())
    except (ET.ParseError, ValueError):  # ValueError: half a surrogate pair
        return None
    card = root if root.tag == "appmsg" else root.find("appmsg")
    if card is not None:
        return _card(card, quoted=quoted)
    for tag, kind in _PARTS.items():
        if root.find(tag) is not None:
            return Content(kind, SHOWN[kind])
    place = root.find("location")
    if place is not None:
        words = (place.get(name, "").strip() for name in ("poiname", "label"))
        return Content(Kind.LOCATION, " ".join(filter(None, words)) or None)
    if root.tag.startswith("voip"):
        return Content(Kind.CALL, "[通话]")
    if root.tag == "msg" and root.get("nickname"):
        return Content(Kind.CONTACT_CARD, root.get("nickname"), card_title=root.get("nickname"))
    return None


def quoted_words(quote: str | None) -> str | None:
    """A quotation without the ``wxid:`` before it; of raw XML its title, or what it is."""
    if not quote or "<" not in quote:
        return quote or None
    prefix = _PREFIX.match(quote)
    words = quote[prefix.end() :] if prefix else quote
    found = xml_of(words, quoted=True) if words.startswith("<") else None
    return found.text or SHOWN.get(found.kind) if found else quote


def quoted_moment(xml: str) -> str | None:
    """When and by whom the message was written that a raw reply quotes, as the store looks it up.

    For exports that do not carry WeChat's own message ids, which the reply names as well.
    """
    inside = xml[xml.find("<refermsg>") :] if "<refermsg>" in xml else ""
    who, at = _QUOTED_WHO.search(inside), _QUOTED_TIME.search(inside)
    return f"at:{at[1]}000:{who[1].strip()}" if who and at else None


def _card(card: ET.Element, *, quoted: bool) -> Content:
    def of(path: str) -> str | None:
        return (card.findtext(path) or "").strip() or None

    kind = kind_of(49, None, None, of("type"))
    text = of("title") or of("des")
    match kind:
        case Kind.TEXT:
            quote = of("refermsg/content")
            return Content(
                kind,
                text,
                reply_to=identifier(of("refermsg/svrid")),
                reply_quote=quote if quoted else quoted_words(quote),
            )
        case Kind.RED_PACKET:
            text = of("wcpayinfo/sendertitle") or text
        case Kind.ANNOUNCEMENT:
            text = of("textannouncement") or text
        case Kind.OTHER:
            kind = Kind.LINK if of("url") else kind
    return Content(kind, text, of("url"), text if kind in TITLED else None)
