"""The messages of WeChatTweak and wechat-exporter (macOS): contents as WeChat stores them, without a type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats._json_values import identifiers, strings
from cq.formats._wechat_content import Content, event_of, quoted_moment, tidy, xml_of
from cq.formats._wechat_json import Columns, Dialect, Export, flags
from cq.formats._wechat_names import is_room
from cq.model import Kind

_PREFIX = re.compile(r"(?P<who>[\w@.-]{3,64}):[ \t]{0,4}\n", re.ASCII)


class _Row(msgspec.Struct, gc=False):
    content: Any = None
    message: Any = None
    createTime: Any = None
    fromUser: Any = None
    toUser: Any = None
    isSentFromSelf: Any = None


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    writers, _ = identifiers([row.fromUser for row in rows])
    readers, _ = identifiers([row.toUser for row in rows])
    own = flags([row.isSentFromSelf for row in rows])
    stored = strings([row.content for row in rows])
    shown = strings([row.message for row in rows])
    people: list[str | None] = []
    texts: list[str | None] = []
    contents: dict[int, Content] = {}
    chats: list[str] = []
    for i, (writer, reader, mine, text) in enumerate(zip(writers, readers, own, stored, strict=True)):
        chat = next((id_ for id_ in (writer, reader) if id_ and is_room(id_)), reader if mine else writer)
        prefix = _PREFIX.match(text) if text and not mine and chat and is_room(chat) else None
        person = prefix["who"] if prefix else None if writer == chat and chat and is_room(chat) else writer
        words = text[prefix.end() :] if text and prefix else text or shown[i]
        chats.append(export.meet(chat, None, "group" if chat and is_room(chat) else "private"))
        people.append(person)
        texts.append(words)
        sent = bool(person) or bool(mine)
        if not sent or not words or words[0] in "<\n" or "\r" in words or "\0" in words:
            contents[i] = _content(words, sent, export)
    return Columns(people, [None] * len(rows), texts, contents, own, chats)


def _content(text: str | None, sent: bool, export: Export) -> Content:
    """What a content says; one that nobody has sent is a sentence of the system."""
    text = tidy(text, export.known) if text else None
    if text and (found := xml_of(text)):
        if found.reply_to or found.reply_quote:
            found.reply_to = quoted_moment(text)
        return found
    return Content(Kind.TEXT, text) if sent else event_of(Kind.SYSTEM, text, "wechat")


def _owner(rows: Sequence[_Row]) -> str | None:
    own = (row.fromUser if row.isSentFromSelf else row.toUser for row in rows)
    return next((p for p in own if isinstance(p, str) and p and not is_room(p)), None)


WECHATTWEAK = Dialect(
    record=_Row,
    time=attrgetter("createTime"),
    columns=_columns,
    array="",
    owner=_owner,
)
