"""What PyWxDump puts into ``msg``, by ``type_name``: sentences of its own for cards, places, transfers.

Which column or field that is, and who sent it, the formats know.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from functools import lru_cache

from cq.formats._quoted_at import when_and_who
from cq.formats._wechat_content import SHOWN, Content, content_of, event_of, tidy, xml_of
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Kind

QUOTE_WORD = "引用回复"
_QUOTE = "[引用]("
_QUOTED = re.compile(r"\[引用\]\((?P<at>[^()\n]{0,40})\)(?P<said>.*)", re.DOTALL)
_COLON = re.compile("[:：]")
_MAX_NAME = 80
_HREF = re.compile(r"<a\s{1,4}[^<>]{0,40}?href=[\"']?([^\"'<>\s]{1,2000})[\"']?[^<>]{0,80}>")
_LINK = re.compile(r"<a\s[^<>]{0,2200}>(?P<shown>[^<>]{0,500})(?:</a>|\Z)|<a\s.*?(?:</a>|\Z)", re.DOTALL)
_BUTTON = re.compile(r"(?:点击)?(?:查看|打开|跳转|阅读)(?:详情|原文|链接|全文)?|https?://\S*")
_TRANSCRIPT = re.compile(r"语音时长[：:][^\n]{0,40}(?:\n翻译结果[：:](?P<said>.*))?", re.DOTALL)
_PLACE = re.compile(r"^位置[：:]\s{0,4}(.{1,300})$", re.MULTILINE)
_TITLED = frozenset({Kind.LINK, Kind.MINI_PROGRAM, Kind.FILE, Kind.CONTACT_CARD, Kind.FORWARD})


def pywxdump_content(
    word: str, text: str | None, src: str | None, names: Collection[str] = ()
) -> Content | None:
    """A message of that ``type_name``; None for plain text. ``names`` are those that people bear."""
    kind = _kind(word)
    if kind is Kind.OTHER:
        kind = kind_of(None, word, text)
    text = tidy(text) if text else None
    if kind in NON_SPEECH:
        return event_of(kind, text, "wechat")
    if text and text.startswith("<") and (raw := xml_of(text)) is not None:
        return raw
    if kind is Kind.TEXT:
        if text and _QUOTE in text and word == QUOTE_WORD:
            return _reply(text, names)
        return None if text else Content(kind)
    if kind in SHOWN:
        said = _TRANSCRIPT.fullmatch(text) if text and kind is Kind.VOICE else None
        return Content(kind, ((said["said"] or "").strip() if said else "") or SHOWN[kind])
    if kind is Kind.LOCATION and text and (place := _PLACE.search(text)):
        return Content(kind, place[1].strip() or None)
    if kind in _TITLED:
        return _card(kind, word, text, src)
    return content_of(kind, text)


@lru_cache(256)
def _kind(word: str) -> Kind:
    return kind_of(None, word, None)


def _reply(text: str, names: Collection[str]) -> Content:
    """``回复\\n\\n[引用](时间)名:原文``. What is quoted may quote in turn: the first counts."""
    at = text.find(_QUOTE)
    words = text[:at].strip("\n") or None
    quoted = _QUOTED.match(text, at)
    if quoted is None:
        return Content(Kind.TEXT, words, reply_quote=text[at:])
    name, quote = _named(quoted["said"], names)
    reference = when_and_who(quoted["at"].strip(), f"name:{name}") if name else None
    return Content(Kind.TEXT, words, reply_to=reference, reply_quote=quote.strip() or None)


def _named(said: str, names: Collection[str]) -> tuple[str, str]:
    """``名:原文`` taken apart: a name may hold colons, if somebody bears it."""
    ends = [match.start() for match in _COLON.finditer(said, 0, _MAX_NAME + 1)]
    end = next((i for i in ends if said[:i].strip() in names), ends[0] if ends else None)
    return ("", said) if end is None else (said[:end].strip(), said[end + 1 :])


def _card(kind: Kind, word: str, text: str | None, src: str | None) -> Content:
    """Title, description and ``<a href>`` below each other; of a file at least its path."""
    link = _HREF.search(text) if text else None
    lines = [line.strip() for line in _LINK.sub(_linked, text or "").split("\n") if line.strip()]
    title = lines[0] if lines else None
    if title in (word, word.rstrip("0123456789"), kind.value, "文件"):
        title = None
    if kind is Kind.FILE:
        title = re.split(r"[\\/]", title or src or "")[-1] or None
    elif kind is Kind.LINK and title and title.startswith(("http://", "https://")) and link is None:
        return Content(kind, title, title)
    return Content(kind, title or f"[{word}]", html.unescape(link[1]) if link else None, title)


def _linked(link: re.Match[str]) -> str:
    """What a link shows, unless that is a button: titles may stand in it."""
    shown = html.unescape(link["shown"] or "").strip()
    return "" if _BUTTON.fullmatch(shown) else shown
