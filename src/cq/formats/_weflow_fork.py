"""The records of WeFlow's forks that look like ChatLab's and are not: other headers, contents left raw.

A record's type is ChatLab's, what it means :mod:`_chatlab_record` knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from cq.formats._chatlab_record import content_of_row, kinds_of, special, types_of
from cq.formats._json_values import identifier_column, identifiers, strings, whole
from cq.formats._wechat_content import Content, quoted_moment
from cq.formats._wechat_json import Columns, Dialect, Export, flags
from cq.formats._wechat_names import chat_kind, is_room
from cq.model import Kind, Member


class _Row(msgspec.Struct, gc=False, rename={"tag": "_type"}):
    tag: Any = None
    name: Any = None
    type: Any = None
    sessionId: Any = None
    groupId: Any = None
    sender: Any = None
    senderUsername: Any = None
    accountName: Any = None
    senderDisplayName: Any = None
    groupNickname: Any = None
    timestamp: Any = None
    createTime: Any = None
    content: Any = None
    isSend: Any = None
    platformMessageId: Any = None
    replyToMessageId: Any = None


def _meet(export: Export, name: Any, kind: Any, *ids: Any) -> str:
    found, _ = identifiers(list(ids))
    room = whole(next(filter(None, found), None))
    return export.meet(room, whole(strings([name])[0]), chat_kind(kind, room))


def _begin(export: Export) -> None:
    """``meta`` and ``members`` of the document."""
    meta = export.header.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    name = meta.get("name") or meta.get("displayName")
    id_ = _meet(export, name, meta.get("type"), meta.get("sessionId"), meta.get("groupId"))
    listed = export.header.get("members")
    for one in listed if isinstance(listed, list) else ():
        ids, _ = identifiers([one.get("username") if isinstance(one, dict) else None])
        if ids[0] is None or is_room(ids[0]):
            export.skipped["not_a_member"] += 1
            continue
        called = whole(strings([one.get("nickname")])[0]) or None
        export.member_records += 1
        export.members.append(Member(id_, whole(ids[0]) or "", called))
        export.known.add(ids[0])
        if called:
            export.names[ids[0]] = called


def _screen(
    rows: Sequence[_Row], numbers: Sequence[int], export: Export
) -> tuple[Sequence[_Row], Sequence[int]]:
    """The messages among the lines; what the others say of the chat."""
    kept = []
    for i, row in enumerate(rows):
        match row.tag:
            case "message" | None:
                kept.append(i)
            case "meta" | "chatlab" | "header":
                export.headers += 1
                if row.tag == "meta":
                    _meet(export, row.name, row.type, row.groupId, row.sessionId)
            case _:
                export.skipped["unknown_record"] += 1
    if len(kept) == len(rows):
        return rows, numbers
    return [rows[i] for i in kept], [numbers[i] for i in kept]


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.sender or row.senderUsername for row in rows])
    export.known.update(people)
    shown = strings([row.groupNickname or row.accountName or row.senderDisplayName or None for row in rows])
    names = [name or export.names.get(one or "") for name, one in zip(shown, people, strict=True)]
    texts = strings([row.content for row in rows])
    types = types_of([row.type for row in rows])
    contents: dict[int, Content] = {
        i: Content(Kind(kind), texts[i]) for i, kind in enumerate(kinds_of(types)) if kind != "text"
    }
    for i in special(types, texts):
        contents[i] = found = content_of_row(types[i], texts[i], people[i], export.known, "wechat")
        if found.reply_to and rows[i].platformMessageId is None:
            found.reply_to = quoted_moment(texts[i] or "") or found.reply_to
    native, lost = identifier_column([row.platformMessageId for row in rows])
    export.note("rounded_id", lost)
    replies, _ = identifiers([row.replyToMessageId for row in rows])
    more = {"native_id": native, "reply_to": replies}
    return Columns(people, names, texts, contents, flags([row.isSend for row in rows]), more=more)


FORK = Dialect(
    record=_Row,
    time=lambda row: row.createTime if row.timestamp is None else row.timestamp,
    columns=_columns,
    keys=("chatlab", "meta", "members"),
    first=("meta",),
    begin=_begin,
)
FORK_LINES = replace(FORK, array=None, keys=(), first=(), begin=None, screen=_screen)
