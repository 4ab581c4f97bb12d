"""The data of CipherTalk's web page: what it says of the chat and its members, and the messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats import ReadOptions
from cq.formats._embedded import assigned, name_in_title, read_script
from cq.formats._file_name import group_in
from cq.formats._json_values import identifiers, strings, whole
from cq.formats._source import Source
from cq.formats._wechat_content import QUOTE, Content, reply_of, tidy, xml_of
from cq.formats._wechat_json import Columns, Dialect, Export, first_of, number_of, odd, typed
from cq.formats._wechat_names import chat_kind, is_room
from cq.formats._wechat_types import kind_of
from cq.model import Batch, Kind, Member

_IDS = ("sessionId", "groupId", "wxid", "username", "talker", "id", "platformId")
_NAMES = ("sessionName", "groupName", "displayName", "accountName", "nickname", "name", "title")


class _Row(msgspec.Struct, gc=False):
    timestamp: Any = None
    sender: Any = None
    senderName: Any = None
    type: Any = None
    content: Any = None
    rawContent: Any = None
    isSend: Any = None
    chatRecords: Any = None


def read_page(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page, or of the script beside it that holds its data."""
    dialect = Dialect(
        _Row,
        attrgetter("timestamp"),
        _columns,
        keys=("meta", "members"),
        first=("meta", "members"),
        begin=partial(_begin, source),
        stated=_stated,
        owner=_owner,
        trailing=True,
    )
    return read_script(source, options, dialect, assigned("window.CHAT_DATA", "{"))


def _stated(header: Mapping[str, Any]) -> Any:
    """How many messages there should be."""
    meta = header.get("meta")
    return meta.get("messageCount") if isinstance(meta, dict) else None


def _begin(source: Source, export: Export) -> None:
    meta = export.header.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    named = group_in(source)
    room = whole(first_of(meta, *_IDS)) or named.id
    name = whole(first_of(meta, *_NAMES)) or name_in_title(source) or named.name
    is_group = meta.get("isGroup")
    word = meta.get("type") if not isinstance(is_group, bool) else "group" if is_group else "private"
    group_id = export.meet(room, name, chat_kind(word, room))
    members = export.header.get("members")
    people = list(members.values()) if isinstance(members, dict) else members
    for one in people if isinstance(people, list) else ():
        _learn(one if isinstance(one, dict) else {}, group_id, export)


def _learn(one: Mapping[str, Any], group_id: str, export: Export) -> None:
    person = whole(first_of(one, "wxid", "id", "platformId", "username"))
    if person is None or is_room(person):
        export.skipped["not_a_member"] += 1
        return
    name, card = whole(first_of(one, *_NAMES)), whole(first_of(one, "groupNickname"))
    export.member_records += 1
    export.known.add(person)
    export.names[person] = card or name or ""
    export.members.append(Member(group_id, person, name, card))


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.sender for row in rows])
    names = strings([row.senderName or None for row in rows])
    names = [
        name or export.names.get(person or "") or None for name, person in zip(names, people, strict=True)
    ]
    texts = strings([row.content for row in rows])
    export.known.update(people)
    types = [number_of(row.type) for row in rows]
    looked = {*odd(types, texts, 1), *(i for i, row in enumerate(rows) if row.chatRecords)}
    contents = {i: _content(rows[i], types[i], texts[i], export) for i in sorted(looked)}
    return Columns(people, names, texts, contents, [_own(row.isSend) for row in rows])


def _content(row: _Row, one: int | None, text: str | None, export: Export) -> Content:
    if row.chatRecords:
        return typed(Kind.FORWARD, text, export.known)
    word = row.type if isinstance(row.type, str) and one is None else None
    kind = kind_of(one, word, text)
    raw = tidy(row.rawContent, export.known) if isinstance(row.rawContent, str) else None
    if kind is Kind.TEXT and one != 1 and text:
        quoted = xml_of(raw) if raw and "<refermsg" in raw else None
        if quoted is None and QUOTE not in text:
            return typed(kind, text, export.known)
        found = reply_of(tidy(text, export.known), quoted.reply_quote if quoted else None)
        found.reply_to = quoted.reply_to if quoted else None
        return found
    found = typed(kind, text, export.known)
    card = xml_of(raw) if raw and raw.startswith("<") and kind not in (Kind.SYSTEM, Kind.TEXT) else None
    if card is not None and card.kind is found.kind:
        found.url, found.card_title = found.url or card.url, card.card_title or found.card_title
    return found


def _own(value: Any) -> bool | None:
    return value if isinstance(value, bool) else number_of(value) == 1 if value is not None else None


def _owner(rows: Sequence[_Row]) -> str | None:
    ids, _ = identifiers([row.sender for row in rows if _own(row.isSend)])
    return next((one for one in ids if one and not is_room(one)), None)
