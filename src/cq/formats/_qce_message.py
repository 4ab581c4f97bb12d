"""One record of QCE (qq-chat-exporter) in any of its shapes A0, A1, B, C, D: its fields, and what it says.

The shapes are told apart by their keys, never by a version. Not who sent it or when: that takes the
whole export (:mod:`_qce`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from cq.formats import _qce_gray
from cq.formats._json_values import as_written
from cq.formats._qce_record import Message, Said
from cq.formats._qq_segments import content_of, string
from cq.formats._system_text import SELF, SystemText, parse
from cq.formats._wechat_content import Content
from cq.model import Event, Kind


class Reply(NamedTuple):
    """What a reply says of the message it answers: each part may be missing or wrong."""

    id: str | None
    at: int | None
    sender: str | None
    quote: str | None


Segments = list[tuple[str, Mapping[str, Any]]]

_PLAIN_TYPES = ("text", "type_1")
_INLINE = frozenset({"text", "at", "reply"})
_WORDS = _INLINE | {"face", "markdown", "long_message"}
_ONLY_WORDS = frozenset({"text", "at"})
_NOTHING = Said()
_SYSTEM = frozenset({"system", "gray_tip", "graytip", "grayTip"})
_TYPES = {
    "audio": "audio", "type_6": "audio", "video": "video", "type_9": "video", "file": "file",
    "type_8": "file", "json": "json", "type_7": "json", "forward": "forward",
    "type_11": "forward", "type_17": "location",
    "location": "location",
}  # fmt: skip
"""Types that tell more than the elements do, where there are none."""
_TAGS = {
    "图片": "image", "视频": "video", "语音": "audio", "文件": "file", "卡片消息": "json",
    "合并转发": "forward", "转发消息": "forward", "位置": "location",
}  # fmt: skip
_PLACEHOLDER = re.compile(
    r"\[(?:图片|视频|语音|文件|回复|卡片消息|合并转发|转发消息|位置)[:： ][^\[\]]{0,300}\]"
)
_ONLY_PLACEHOLDER = re.compile(rf"\s*\[({'|'.join(_TAGS)})[:： ]\s?([^\[\]]{{0,300}})\]\s*")
_ONLY_PLACEHOLDERS = re.compile(rf"(?:\s*+\[({'|'.join(_TAGS)})[:： ][^\[\]]{{0,300}}\])++\s*")
_REPLY_TAG = re.compile(r"\A\s*\[回复消息\]")
_INLINE_REPLY = re.compile(r"\[回复 [^:：\[\]\n]{1,80}: ((?:[^\[\]]|\[[^\[\]]{0,300}\]){0,500})\]")
"""``[回复 name: quoted]``; the quotation may hold placeholders."""
_REPLY_TYPES = ("reply", "type_3")
_NO_ID = frozenset({None, "", "0"})


def is_plain(row: Message) -> bool:
    """Is this nothing but words? Nine of ten rows are, and need no further look."""
    said = row.content
    if said is None or row.type not in _PLAIN_TYPES or row.system is True or said.mentions or said.resources:
        return False
    elements, text = said.elements, said.text
    return (
        elements is not None
        and len(elements) == 1
        and elements[0].type == "text"
        and said.reply is None
        and isinstance(text, str)
        and (text.isprintable() or not ("\r" in text or "\0" in text))
        and text != ""
    )


def segments_of(row: Message) -> Segments:
    """The elements; where they hold words only, what else the record has beside them."""
    said = row.content or _NOTHING
    found: Segments = [
        (e.type if isinstance(e.type, str) else "", e.data if isinstance(e.data, dict) else {})
        for e in said.elements or ()
    ]
    if _only_words(found):
        found += _beside(said)
        if _only_words(found):
            found += _by_type(row, string(said.text))
    return found


def _only_words(segments: Segments) -> bool:
    return {kind for kind, _ in segments} <= _INLINE


def _beside(said: Said) -> Segments:
    """Shape B has these instead of elements."""
    found: Segments = [(string(r.get("type")), r) for r in said.resources or () if isinstance(r, dict)]
    for kind, data in (("location", said.location), ("json", said.card), ("forward", said.multiForward)):
        if isinstance(data, dict):
            found.append((kind, data))
    if not found and isinstance(said.emojis, list):
        found += [("face", e if isinstance(e, dict) else {}) for e in said.emojis]
    return found


def _by_type(row: Message, text: str) -> Segments:
    only = _ONLY_PLACEHOLDER.fullmatch(text)
    kind = _TYPES.get(string(row.type))
    has_elements = row.content is not None and row.content.elements
    if kind is None and not has_elements and (several := only or _ONLY_PLACEHOLDERS.fullmatch(text)):
        kind = _TAGS[several[1]]
    if kind is None:
        return []
    titled = only is not None and kind in ("file", "json", "location")
    return [(kind, {"title": only[2], "name": only[2]} if titled and only else {})]


def is_event(row: Message, segments: Segments) -> bool:
    """Does nobody say this, by any of the marks? (In A1 and C ``system`` is often wrong.)"""
    if row.system is True or row.isSystemMessage is True or row.type in ("system", "type_system"):
        return True
    return any(kind in _SYSTEM for kind, _ in segments)


def spoken(row: Message, segments: Segments, reply: Reply | None, name_of: Callable[[Any], str]) -> Content:
    """What somebody has written or sent."""
    text = string(row.content.text) if row.content else ""
    kinds = {kind for kind, _ in segments}
    wordless = kinds <= _WORDS or row.content is None or not row.content.elements
    beside = reply is not None or not kinds <= _ONLY_WORDS
    if len(segments) > 1 and text and ("text", {"text": text}) in segments:
        segments = [("text", {"text": text}), *(s for s in segments if s[0] not in _ONLY_WORDS)]

    def clean(words: str) -> str:
        if wordless and not words.strip():
            return _without_placeholders(text, reply)
        return _without_placeholders(words, reply) if beside else words

    shown = _REPLY_TAG.sub("", _without_reply(text, reply))
    if "forward" in kinds:
        shown = shown.partition("\n")[0]
    return content_of(segments, lambda data: _at(name_of(data)), clean, _tidy(shown))


def _at(name: str) -> str:
    return name if name.startswith("@") or not name else f"@{name}"


def _without_placeholders(text: str, reply: Reply | None) -> str:
    if "[" not in text:
        return text
    text = _without_reply(text, reply)
    shorter = _PLACEHOLDER.sub("", _REPLY_TAG.sub("", text))
    if shorter == text:
        return text
    shorter = shorter.lstrip() if text.startswith("[") else shorter
    return shorter.rstrip() if text.endswith("]") else shorter


def _without_reply(text: str, reply: Reply | None) -> str:
    """Without ``[回复 name: quoted]``, whose quotation may hold brackets itself."""
    if reply is None or not text.startswith("[回复 "):
        return text
    quoted = f": {reply.quote or ''}]"
    at = text.find(quoted, 0, len(quoted) + 200)
    return text[at + len(quoted) :].lstrip() if at >= 0 else text


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


# -- events ----------------------------------------------------------------------------------------


def event(row: Message, segments: Segments, id_of: Callable[[str], str]) -> Content:
    """A gray tip. ``id_of``: the sender id for a number or uid in it."""
    tips = [data for kind, data in segments if kind in _SYSTEM]
    words = [string(tip.get("text")) or string(tip.get("summary")) for tip in tips]
    text = string(row.content.text) if row.content else ""
    text = _tidy(text or next(filter(None, words), "")).strip("\n")
    said = parse(text, "qq")
    if tips:
        said = _from_tip(said, tips[0], id_of)
    return Content(said.kind, text or None, event=said)


def _from_tip(said: SystemText, tip: Mapping[str, Any], id_of: Callable[[str], str]) -> SystemText:
    found = _qce_gray.read(tip)
    if said.event is Event.OTHER and found.event is Event.RECALL:
        said = SystemText(Event.RECALL, Kind.RECALL, found.actor, found.targets)
    elif said.event is Event.OTHER and found.event is not None:
        said = SystemText(found.event, Kind.SYSTEM, found.actor, found.targets)

    def known(person: str) -> str:
        if person == SELF:
            return person
        id_ = found.people.get(person.removeprefix("name:"), person.removeprefix("id:"))
        return id_of(id_) if id_ != person else person

    actor = known(said.actor) if said.actor else None
    return msgspec.structs.replace(said, actor=actor, targets=tuple(map(known, said.targets)))


# -- replies ---------------------------------------------------------------------------------------


def reply_of(row: Message, segments: Segments) -> Reply | None:
    """What the element ``reply`` says, else ``content.reply``; NT's own record fills what they leave open."""
    data: Mapping[str, Any] | None = None
    for kind, found in segments:
        if kind == "reply":
            data = found
            break
    if data is None and row.content is not None and isinstance(row.content.reply, dict):
        data = row.content.reply
    raw = _raw_reply(row) if row.rawMessage is not None else {}
    if data is None and not raw:
        return _inline_reply(row)
    data = data or {}
    ids = (as_written(data.get(name)) for name in ("referencedMessageId", "messageId"))
    id_ = next((one for one in ids if one not in _NO_ID and one != "null"), None)
    senders = (as_written(v) for v in (data.get("senderUin"), raw.get("senderUid"), data.get("senderUid")))
    sender = next((one for one in senders if one not in _NO_ID), None)
    at = _milliseconds(data.get("timestamp")) or _milliseconds(raw.get("replyMsgTime"))
    return Reply(id_, at, sender, _tidy(string(data.get("content"))).strip() or None)


def _inline_reply(row: Message) -> Reply | None:
    """A1 and C may have the whole text in one element: then only its words tell of the reply."""
    text = string(row.content.text) if row.content and row.type in _REPLY_TYPES else ""
    quoted = _INLINE_REPLY.match(text) if text.startswith("[回复 ") else None
    return Reply(None, None, None, _tidy(quoted[1]).strip() or None) if quoted else None


def _raw_reply(row: Message) -> Mapping[str, Any]:
    elements = row.rawMessage.elements if row.rawMessage else None
    for element in elements if isinstance(elements, list) else ():
        if isinstance(element, dict) and isinstance(element.get("replyElement"), dict):
            return dict(element["replyElement"])
    return {}


def _milliseconds(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e14:
        return None
    return round(value if value >= 1e11 else value * 1000)
