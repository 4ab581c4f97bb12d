"""One message of a WeFlow or EchoTrace document: its fields, and what its content says.

Not who sent it or when: that takes the whole document (:mod:`_weflow`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from cq.formats._json_values import strings
from cq.formats._placeholders import wechat, wechat_tag
from cq.formats._wechat_content import QUOTE, Content, content_of, event_of, reply_of, titled, xml_of
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Kind


class Message(msgspec.Struct, gc=False):
    """The fields that are read. Anything may stand in each: values are checked by column."""

    createTime: Any = None
    type: Any = None
    localType: Any = None
    content: Any = None
    isSend: Any = None
    senderUsername: Any = None
    senderDisplayName: Any = None
    senderID: Any = None
    source: Any = None
    platformMessageId: Any = None
    replyToMessageId: Any = None
    quotedContent: Any = None
    quotedSvrid: Any = None
    appMsgType: Any = None
    linkTitle: Any = None
    linkUrl: Any = None
    musicTitle: Any = None
    musicUrl: Any = None
    finderTitle: Any = None
    finderDesc: Any = None
    contactCardNickname: Any = None


_AT_LIST = re.compile(r"<atuserlist>(.*?)</atuserlist>", re.DOTALL)
_AT_ALL = frozenset({"notify@all", "announcement@all"})
_IS_SEND: Mapping[Any, bool] = {1: True, 0: False, "1": True, "0": False}


def kind_by_type(row: Message) -> Kind:
    """The kind by type and words; ``other`` where the content has to tell."""
    try:
        return _known_kind(row.localType, row.type, row.appMsgType)
    except TypeError:  # a list or an object, which no cache holds
        return kind_of(_number(row.localType), _word(row.type), None, _word(row.appMsgType))


@lru_cache(4096, typed=True)
def _known_kind(local_type: Any, word: Any, app_type: Any) -> Kind:
    return kind_of(_number(local_type), _word(word), None, _word(app_type))


def special(rows: Sequence[Message], texts: Sequence[str | None]) -> list[int]:
    """The rows whose content has to be looked at: all but plain texts with nothing special in them."""
    return [
        i
        for i, (row, text) in enumerate(zip(rows, texts, strict=True))
        if row.localType != 1 or not text or text[0] in "<\n" or ":" in text or "\r" in text or "\0" in text
    ]


def content_of_row(row: Message, kind: Kind, text: str | None) -> Content:
    """What a content of that kind says; ``text`` is tidy."""
    if kind is Kind.OTHER and text:
        kind = kind_of(_number(row.localType), _word(row.type), text, _word(row.appMsgType))
    if kind in NON_SPEECH:
        return event_of(kind, text, "wechat")
    if text and (found := xml_of(text)):
        return found
    if kind is Kind.TEXT:
        return Content(kind, text) if _number(row.localType) == 1 else _odd_text(row, text)
    title = _first(row.linkTitle, row.musicTitle, row.finderTitle, row.finderDesc, row.contactCardNickname)
    return titled(content_of(kind, text), title, _first(row.linkUrl, row.musicUrl))


def _odd_text(row: Message, text: str | None) -> Content:
    """Text that is not of WeChat's type 1: a reply, a solitaire, or unknown after all."""
    quote = strings([row.quotedContent])[0]
    if quote or row.replyToMessageId or (text and QUOTE in text):
        return reply_of(text, quote or None)
    if text and wechat_tag(text):
        kind, text, _ = wechat(text)
        return Content(Kind.OTHER if kind in NON_SPEECH else kind, text)
    return Content(Kind.TEXT, text)


def mentioned(source: Any) -> list[str] | None:
    """Whom a ``<msgsource>`` lists; None if it has no list, so that the text has to tell."""
    if not source or not isinstance(source, str) or "<atuserlist" not in source:
        return None
    found = _AT_LIST.search(source)
    inside = found[1].replace("<![CDATA[", "").replace("]]>", "") if found else ""
    people = (one.strip().lstrip("@") for one in re.split(r"[,\s;|]+", inside))
    return list(dict.fromkeys("@all" if one in _AT_ALL else one for one in people if one))


def is_own(row: Message) -> bool | None:
    """Has the owner of the export sent this? None if the row does not tell."""
    return _IS_SEND.get(row.isSend) if isinstance(row.isSend, (int, str)) else None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        return int(value)
    return int(value) if isinstance(value, int | float) and abs(value) < 1 << 63 else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else None


def _first(*values: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)
