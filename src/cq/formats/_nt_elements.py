"""The body of a message in QQ NT's database (column 40800): elements in protobuf, by their numbers.

What they say, as the segments that :mod:`_qq_segments` reads; gray tips as events. Who is who in the
group is not known here: ``id_of`` says it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cq.formats._protobuf import Fields, fields, number, text
from cq.formats._qq_card import xml_card_of
from cq.formats._qq_segments import content_of
from cq.formats._system_text import SystemText, parse
from cq.formats._wechat_content import Content
from cq.model import Event, Kind

_ELEMENT, _TYPE = 40800, 45002
_TEXT, _PICTURE, _FILE, _VOICE, _VIDEO, _FACE, _REPLY, _TIP, _PACKET, _ARK, _MARKET_FACE = range(1, 12)
_MARKDOWN, _FORWARD, _CALL = 14, 16, 21
_MAX_XML = 1 << 16
_MAX_DEPTH = 3
_XML_PART = re.compile(r"<(qq|nor|url|img)\b([^<>]{0,2000})>")
_ATTRIBUTE = re.compile(r'\b(\w{1,16})="([^"]{0,2000})"')
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{1,300})</title>")
_TOKEN = re.compile("\ue000(\\d{1,3})\ue001")


def _key(number: int, kind: int) -> bytes:
    key = number << 3 | kind
    return re.escape(bytes([key & 0x7F | 0x80, key >> 7 & 0x7F | 0x80, key >> 14]))


_SIZE = rb"([\x80-\xff]{0,4}[\x00-\x7f])"
_NUMBER_KEYS = re.escape(bytes(range(0x80, 0x100, 8)))
_NUMBERS = rb"(?:[" + _NUMBER_KEYS + rb"][\x80-\xff][\x00-\x7f][\x80-\xff]{0,9}[\x00-\x7f])"
_PLAIN = re.compile(
    _key(_ELEMENT, 2) + _SIZE + _NUMBERS + b"{0,3}?" + _key(_TYPE, 0) + rb"\x01"
    + _NUMBERS + b"{0,9}" + _key(45101, 2) + _SIZE,
    re.DOTALL,
)  # fmt: skip
"""A body of one element: fields that are numbers, among them the type 1, and then the words."""

IdOf = Callable[[str], str]
"""The sender id for a number or a uid."""


class Reply(NamedTuple):
    """What is answered: its sender's number, its time in seconds and what it says, as far as it is told."""

    sender: int | None
    at: int | None
    quote: str | None


class Body(NamedTuple):
    """A body taken apart. ``whole``: nothing of it is damaged."""

    elements: list[Fields]
    whole: bool


def body(raw: Any) -> Body:
    """The elements of a body. A body that holds no list is one element itself."""
    if not isinstance(raw, bytes):
        return Body([], raw is None)
    outer, whole = fields(raw)
    if _ELEMENT not in outer:
        return Body([outer] if _TYPE in outer else [], whole and (not raw or _TYPE in outer))
    found = []
    for value in outer[_ELEMENT]:
        inner, sound = fields(value) if isinstance(value, bytes) else ({}, False)
        whole = whole and sound
        if inner:
            found.append(inner)
    return Body(found, whole)


def only_text(raw: Any) -> str | None:
    """The words of a body that is one element of text; nine of ten are, and need no closer look."""
    match = _PLAIN.match(raw) if isinstance(raw, bytes) else None
    if match is None:
        return None
    begin = match.end()
    end = begin + _size(match[2])
    if match.end(1) + _size(match[1]) != len(raw) or end > len(raw):
        return None
    try:
        words = raw[begin:end].decode()
    except UnicodeDecodeError:
        return None
    return words if words and "\r" not in words and "\0" not in words else None


def _size(varint: bytes) -> int:
    size = 0
    for shift, byte in enumerate(varint):
        size |= (byte & 0x7F) << 7 * shift
    return size


def spoken(elements: list[Fields]) -> Content:
    """What somebody has written or sent."""
    segments = [segment for element in elements for segment in [_segment(element)] if segment]
    content = content_of(segments, lambda data: "", str)
    if content.kind is Kind.LOCATION:  # a place has a name, which is its text, but no title
        content.card_title = None
    return content


def reply_of(elements: list[Fields]) -> Reply | None:
    """What a message answers; None if it is no answer."""
    for element in elements:
        if number(element, _TYPE) == _REPLY:
            quote = text(element, 47413) or _quoted(element)
            return Reply(number(element, 47403), number(element, 47404), quote or None)
    return None


def _quoted(element: Fields, depth: int = 0) -> str:
    words = []
    for value in element.get(47423, ())[:200]:
        inner, _ = fields(value) if isinstance(value, bytes) else ({}, False)
        words.append(text(inner, 45101) or text(inner, 45815) or text(inner, 45402))
        if 47423 in inner and depth < _MAX_DEPTH:
            words.append(_quoted(inner, depth + 1))
    return "".join(words).strip()


def _segment(element: Fields) -> tuple[str, Mapping[str, Any]] | None:
    match number(element, _TYPE):
        case 1:
            return "text", {"text": text(element, 45101)}
        case 2:
            return "image", {"summary": text(element, 45815)}
        case 3:
            return "file", {"filename": text(element, 45402)}
        case 4:
            return "voice", {}
        case 5:
            return "video", {}
        case 6:
            return "face", {"summary": text(element, 47602)}
        case 7 | 8:
            return None
        case 9:
            return "wallet", {"title": text(element, 48443)}
        case 10:
            return "ark", {"data": text(element, 47901)}
        case 11:
            return "market_face", {"summary": text(element, 45815)}
        case 14:
            return "markdown", {"content": text(element, 45101) or _words_in(element)}
        case 16:
            return _forward(element)
        case 21:
            return "av_record", {}
        case _:
            return "unknown", {}


def _words_in(element: Fields) -> str:
    """The longest text of an element whose fields are not known."""
    found = [value for values in element.values() for value in values if isinstance(value, bytes) and value]
    sound = []
    for value in found[:50]:
        try:
            words = value.decode()
        except UnicodeDecodeError:
            continue
        if all(c.isprintable() or c in "\n\r\t" for c in words):
            sound.append(words)
    return max(sound, key=len, default="")


def _forward(element: Fields) -> tuple[str, Mapping[str, Any]]:
    words = _words_in(element)
    card = xml_card_of(words) if words.lstrip().startswith("<") else None
    if card is not None and card.kind is Kind.LINK:
        return "xml", {"data": words}
    title = _TITLE.search(words) if card is not None else None
    return "forward", {"title": html.unescape(title[1]).strip() if title else card.card_title if card else ""}


# -- gray tips -------------------------------------------------------------------------------------


def is_tip(elements: list[Fields]) -> bool:
    """Does nobody say this?"""
    return any(number(element, _TYPE) == _TIP for element in elements)


def event(elements: list[Fields], author: str | None, author_name: str | None, id_of: IdOf) -> Content:
    """A gray tip. The row of a recalled message keeps its ``author``."""
    tip = next(element for element in elements if number(element, _TYPE) == _TIP)
    parts = _parts_of_xml(text(tip, 48214)) or _parts_of_json(text(tip, 48271))
    if parts:
        return _said(parts, id_of)
    if 47705 in tip or 47713 in tip:
        return _recall(tip, author, author_name, id_of)
    words = text(tip, 45101) or _words_in(tip)
    said = parse(words, "qq")
    return Content(said.kind, words or None, event=said)


def _recall(tip: Fields, author: str | None, author_name: str | None, id_of: IdOf) -> Content:
    who = text(tip, 47705).strip()
    is_id = who.isdecimal() or who.startswith("u_")
    actor = id_of(who) if is_id else f"name:{who}" if who and who != author_name else author
    targets = (author,) if author else (actor,) if actor else ()
    if is_id and author and actor != author:
        words = f"撤回了{author_name or author}的一条消息{text(tip, 47713)}"
    else:
        words = f"{(who if who and not is_id else author_name) or ''}撤回了一条消息{text(tip, 47713)}"
    said = SystemText(Event.RECALL, Kind.RECALL, actor, targets)
    return Content(Kind.RECALL, words, event=said)


_Part = tuple[str, str | None]
"""Words, and the number or uid of the person they name."""


def _parts_of_xml(xml: str) -> list[_Part]:
    parts: list[_Part] = []
    for tag, inside in _XML_PART.findall(xml[:_MAX_XML]):
        said = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(inside)}
        parts += _part(tag, said)
    return parts


def _parts_of_json(raw: str) -> list[_Part]:
    try:
        tip = msgspec.json.decode(raw[:_MAX_XML]) if raw else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
    items = tip.get("items") if isinstance(tip, dict) else None
    parts: list[_Part] = []
    for item in items[:500] if isinstance(items, list) else ():
        if isinstance(item, dict):
            said = {name: value for name, value in item.items() if isinstance(value, str)}
            parts += _part(said.get("type", ""), said)
    return parts


def _part(tag: str, said: Mapping[str, str]) -> list[_Part]:
    if tag != "qq":
        return [(said["txt"], None)] if said.get("txt") else []
    ids = [id_ for id_ in (said.get("jp"), said.get("uin"), said.get("uid")) if id_ not in (None, "", "0")]
    numbers = [id_ for id_ in ids if id_ and id_.isdecimal()]
    uids = [id_ for id_ in ids if id_ and id_.startswith("u_")]
    best = next(iter(numbers + uids), None)
    name = said.get("nm") or said.get("name") or ""
    return [(name or (best or ""), best)] if name or best else []


def _said(parts: list[_Part], id_of: IdOf) -> Content:
    """The sentence of a tip; names in it are marked, so that none can be mistaken for its words."""
    marked = "".join(
        f"\ue000{i}\ue001" if person else words.replace("\ue000", "")
        for i, (words, person) in enumerate(parts[:999])
    ).strip()
    shown = "".join(words for words, _ in parts).strip()
    said = parse(marked, "qq")
    actor, _ = _person(said.actor, parts, id_of)
    targets = [_person(target, parts, id_of) for target in said.targets]
    suffix = next((rest for _, rest in targets if rest), None)
    detail = said.detail or suffix
    if detail:
        detail = _TOKEN.sub(lambda match: parts[int(match[1])][0], detail)
    people = tuple(person for person, _ in targets if person)
    return Content(said.kind, shown or None, event=SystemText(said.event, said.kind, actor, people, detail))


def _person(marked: str | None, parts: list[_Part], id_of: IdOf) -> tuple[str | None, str | None]:
    """Whom a mark means, and what stands behind it (the suffix of a poke)."""
    token = _TOKEN.search(marked) if marked else None
    if marked is None or token is None:
        return marked, None
    person = parts[int(token[1])][1] if int(token[1]) < len(parts) else None
    return id_of(person) if person else None, marked[token.end() :].strip() or None
