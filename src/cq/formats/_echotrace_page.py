"""The messages of EchoTrace's web page: who sent them, under the key of their picture, and what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats import ReadOptions
from cq.formats._embedded import assigned, name_in_title, read_script
from cq.formats._file_name import group_in
from cq.formats._json_values import identifiers, strings
from cq.formats._markup import Trees, plain
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._wechat_content import SHOWN, Content, event_of, tidy, xml_of
from cq.formats._wechat_json import Columns, Dialect, Export, number_of
from cq.formats._wechat_names import chat_kind, is_nobody, is_room
from cq.formats._wechat_talk import untyped
from cq.model import Batch, Event, Kind

_ROOM = re.compile(r"\"avatarKey\"\s{0,4}:\s{0,4}\"(\d{5,20}@(?:im\.)?chatroom)\"")
_MEDIA = (("<video", Kind.VIDEO), ("<audio", Kind.VOICE), ("<img", Kind.IMAGE))
_STICKER = re.compile(r"<img\b[^<>]{0,2000}(?:sticker|emoji|表情)")


class _Row(msgspec.Struct, gc=False):
    isSend: Any = None
    isMedia: Any = None
    content: Any = None
    senderName: Any = None
    timestamp: Any = None
    avatarKey: Any = None


def read_page(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page."""
    dialect = Dialect(
        _Row,
        attrgetter("timestamp"),
        partial(_columns, Trees()),
        array="",
        begin=partial(_begin, source),
        owner=_owner,
        trailing=True,
    )
    return read_script(source, options, dialect, assigned("const messagesData", "["))


def _begin(source: Source, export: Export) -> None:
    named = group_in(source)
    of_system = _ROOM.search(source.peek.text)
    room = named.id or (of_system[1] if of_system else None)
    export.meet(room, name_in_title(source) or named.name, chat_kind(None, room))


def _columns(trees: Trees, rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.avatarKey for row in rows])
    names = [plain(name) if name else None for name in strings([row.senderName for row in rows])]
    raw = strings([row.content for row in rows])
    export.known.update(people)
    texts: list[str | None] = []
    contents: dict[int, Content] = {}
    for i, (row, text) in enumerate(zip(rows, raw, strict=True)):
        found = _content(trees, row, people[i], names[i], text, export)
        if isinstance(found, Content):
            contents[i] = found
        texts.append(found if isinstance(found, str) else None)
    return Columns(people, names, texts, contents, [_own(row.isSend) for row in rows])


def _content(
    trees: Trees, row: _Row, person: str | None, name: str | None, raw: str | None, export: Export
) -> Content | str:
    """A text as it is, or what else the row is."""
    if not raw:
        return Content(Kind.TEXT, None)
    if row.isMedia is True and "<" in raw:
        kind = next((kind for tag, kind in _MEDIA if tag in raw), Kind.OTHER)
        kind = Kind.STICKER if kind is Kind.IMAGE and _STICKER.search(raw) else kind
        if kind is not Kind.OTHER:
            return Content(kind, SHOWN[kind])
        raw = trees.of(raw.encode("utf-8", "replace")).words()
    text = tidy(plain(raw), export.known)
    if not text:
        return Content(Kind.TEXT, None)
    of_chat = person is not None and is_room(person)
    if of_chat or (not person and is_nobody(name) and parse(text, "wechat").event is not Event.OTHER):
        return event_of(Kind.SYSTEM, text, "wechat")
    found = None
    if text[0] == "<":
        found = xml_of(text)
    elif text[0] == "[" or text[-1] == "]":
        found = untyped(text)
    return found or text


def _own(value: Any) -> bool | None:
    return value if isinstance(value, bool) else number_of(value) == 1 if value is not None else None


def _owner(rows: Sequence[_Row]) -> str | None:
    ids, _ = identifiers([row.avatarKey for row in rows if _own(row.isSend)])
    return next((one for one in ids if one and not is_room(one)), None)
