"""One record of ChatLab: its fields, its type, and what its content says.

Not who sent it or which group it belongs to: that takes the whole export (:mod:`_chatlab`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from cq.formats._placeholders import wechat_tag
from cq.formats._wechat_content import Content, content_of, event_of, reply_of, tidy, xml_of
from cq.formats._wechat_names import is_room
from cq.model import NON_SPEECH, Event, Kind


class Record(msgspec.Struct, gc=False, rename={"tag": "_type"}):
    """A header, a member or a message. Anything may stand anywhere: values are checked by column."""

    tag: Any = None
    sender: Any = None
    accountName: Any = None
    groupNickname: Any = None
    timestamp: Any = None
    type: Any = None
    content: Any = None
    platformMessageId: Any = None
    replyToMessageId: Any = None
    platformId: Any = None
    roles: Any = None
    meta: Any = None


_TEXT, _REPLY = 0, 25
_KINDS = {
    _TEXT: Kind.TEXT,
    1: Kind.IMAGE,
    2: Kind.VOICE,
    3: Kind.VIDEO,
    4: Kind.FILE,
    5: Kind.STICKER,
    7: Kind.LINK,
    8: Kind.LOCATION,
    20: Kind.RED_PACKET,
    21: Kind.TRANSFER,
    22: Kind.POKE,
    23: Kind.CALL,
    24: Kind.LINK,
    _REPLY: Kind.TEXT,
    26: Kind.FORWARD,
    27: Kind.CONTACT_CARD,
    80: Kind.SYSTEM,
    81: Kind.RECALL,
    99: Kind.OTHER,
}
_NAMES = {one: kind.value for one, kind in _KINDS.items()}
_AS_IT_IS = frozenset(
    {(1, "[图片]"), (2, "[语音]"), (2, "[语音消息]"), (3, "[视频]"), (5, "[表情包]"), (5, "[动画表情]")}
)
"""Types with contents that say nothing more: every third row that is no text."""
_LOOSE = frozenset({7, 24, 99})
"""Types that WeFlow uses for what ChatLab has other types for: the content tells."""


def types_of(values: list[Any]) -> list[Any]:
    """Types as numbers; -1 for what is none."""
    if set(map(type, values)) <= {int}:
        return values
    return [
        int(v) if isinstance(v, str) and re.fullmatch("[0-9]{1,4}", v) else v if _is_number(v) else -1
        for v in values
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def kinds_of(types: Sequence[Any]) -> list[str]:
    """The kinds that the types name, before a content has been looked at."""
    return [_NAMES.get(one, "other") for one in types]


def special(types: Sequence[Any], texts: Sequence[str | None]) -> list[int]:
    """The rows whose content has to be looked at: one of ten."""
    return [
        i
        for i, (one, text) in enumerate(zip(types, texts, strict=True))
        # Nearly all rows are printable text: that alone is one call instead of four.
        if (one or not text or text[0] == "<" or not text.isprintable()) and not _is_plain(one, text)
    ]


def _is_plain(one: Any, text: str | None) -> bool:
    if one != _TEXT:
        return (one, text) in _AS_IT_IS
    if not text:
        return False
    return text[0] not in "<\n" and not (":\n" in text or "\r" in text or "\0" in text)


def content_of_row(
    one: Any, text: str | None, person: str | None, people: Collection[str | None], platform: str
) -> Content:
    """What the content of a record of type ``one`` says.

    ``person`` is the sender as exported, ``people`` are all that are known.
    """
    kind = _KINDS.get(one, Kind.OTHER)
    wechat = platform == "wechat"
    if text and wechat:
        text = tidy(text, people)
    elif text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "") or None
    text = text or None
    if kind in NON_SPEECH:
        return _event(kind, text, person, platform)
    if text and wechat:
        if found := xml_of(text):
            return found
        if one in _LOOSE:
            return _loose(kind, text)
    if one == _TEXT:
        return Content(kind, text)
    return reply_of(text) if one == _REPLY else content_of(kind, text)


def _event(kind: Kind, text: str | None, person: str | None, platform: str) -> Content:
    row = event_of(kind, text, platform)
    tag = wechat_tag(text) if text else None
    sent = tag is not None and tag not in NON_SPEECH and person is not None and not is_room(person)
    if sent and row.event is not None and row.event.event is Event.OTHER:
        return _loose(Kind.OTHER, text or "")  # a person's red packet under a system type
    return row


def _loose(kind: Kind, text: str) -> Content:
    tag = wechat_tag(text)
    if tag is None and "拍了拍" in text:
        row = event_of(Kind.SYSTEM, text, "wechat")
        if row.kind is Kind.POKE:
            return row
    if tag in NON_SPEECH:
        return event_of(tag, text, "wechat")
    return content_of(tag or kind, text)
