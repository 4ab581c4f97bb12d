"""QQ's cards: the JSON of an "ark" (shared links, mini-programs, places, notices) and the older XML.

What a card shows, and which kind of message that makes it. Not who sent it, nor how an export holds it.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from cq.formats._wechat_content import Content
from cq.model import Kind

_MAX = 1 << 20
"""Characters of a card that are parsed."""

_APPS = (
    ("miniapp", Kind.MINI_PROGRAM),
    ("mannounce", Kind.ANNOUNCEMENT),
    ("multimsg", Kind.FORWARD),
    ("contact", Kind.CONTACT_CARD),
    ("troopsharecard", Kind.CONTACT_CARD),
    ("map", Kind.LOCATION),
)
"""Part of the app's name (``com.tencent.…``), and what it sends."""
_URLS = ("jumpUrl", "qqdocurl", "url", "musicUrl", "jump_url", "targetUrl", "pcJumpUrl")
_PROMPT = re.compile(r"\s{0,4}(?:\[[^\[\]]{1,20}\]|推荐(?:联系人|群聊)[:：]?)\s{0,4}")
_XML_TITLE = re.compile(r"<(?:title|summary)\b[^<>]{0,200}>([^<]{1,300})</")
_XML_BRIEF = re.compile(r'\bbrief="([^"]{1,300})"')
_XML_URL = re.compile(r'\burl="(https?://[^"\s]{1,2000})"')


def card_of(raw: Any) -> Content | None:
    """What an ark says; ``raw`` is its JSON text or the object. None if there is nothing to see in it."""
    card = _parsed(raw)
    if card is None:
        return None
    app = _word(card.get("app"))
    kind = next((kind for part, kind in _APPS if part in app), None)
    shown = _shown(card)
    prompt = _word(card.get("prompt"))
    title = _title(shown, kind) or _PROMPT.sub("", prompt, 1).strip() or _word(card.get("desc"))
    links = (_word(shown.get(name)) for name in _URLS)
    url = next((link for link in links if link.startswith(("http", "m.q.qq.com"))), None)
    if kind is Kind.ANNOUNCEMENT:
        return Content(kind, _announced(shown) or title or prompt or None)
    if kind is None and not title and url is None:
        return None
    return Content(kind or Kind.LINK, title or prompt or None, url, title or None)


def xml_card_of(raw: Any) -> Content | None:
    """What a card in QQ's old XML says; only its title and link are looked for."""
    if not isinstance(raw, str) or "<" not in raw or len(raw) > _MAX:
        return None
    name, brief, url = _XML_TITLE.search(raw), _XML_BRIEF.search(raw), _XML_URL.search(raw)
    if name is None and brief is None and url is None:
        return None
    shown = name[1] if name else _PROMPT.sub("", html.unescape(brief[1]), 1) if brief else ""
    title = html.unescape(shown).strip() or None
    kind = Kind.FORWARD if 'action="viewMultiMsg"' in raw else Kind.LINK
    return Content(kind, title, html.unescape(url[1]) if url else None, title)


def _parsed(raw: Any) -> Mapping[str, Any] | None:
    if isinstance(raw, str) and len(raw) <= _MAX:
        try:
            raw = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
    return raw if isinstance(raw, Mapping) else None


def _shown(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """The view that is shown: the first object under ``meta``, or the card itself."""
    meta = card.get("meta")
    views = meta.values() if isinstance(meta, Mapping) else ()
    return next((view for view in views if isinstance(view, Mapping)), card)


def _title(shown: Mapping[str, Any], kind: Kind | None) -> str:
    """A mini-program's ``title`` is the program's name, ``desc`` what is shared."""
    names = ("desc", "title") if kind is Kind.MINI_PROGRAM else ("title", "name", "nickname", "desc")
    if kind is Kind.FORWARD:
        names = ("source", "title")
    return next((word for name in names if (word := _word(shown.get(name)))), "")


def _announced(shown: Mapping[str, Any]) -> str | None:
    words = [_word(shown.get(name)) for name in ("title", "text")]
    if shown.get("encode") == 1:
        words = [_from_base64(word) for word in words]
    return "\n".join(dict.fromkeys(filter(None, words))) or None


def _from_base64(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode().replace("\r\n", "\n").replace("\r", "\n")
    except (binascii.Error, ValueError):
        return word


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
