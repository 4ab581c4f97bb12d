"""The records of PyWxDump's JSON: what its tables have, as objects.

What ``msg`` says is :mod:`_pywxdump_content`'s business, the names beside it :mod:`_pywxdump_rows`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats._json_values import identifier_column, identifiers, strings
from cq.formats._pywxdump_content import pywxdump_content
from cq.formats._pywxdump_rows import user_names
from cq.formats._quoted_at import place_answers
from cq.formats._wechat_content import Content, tidy
from cq.formats._wechat_json import Columns, Dialect, Export, flags, odd
from cq.formats._wechat_names import chat_kind
from cq.model import Kind

_NOBODY = frozenset({"未知", "系统", "None"})
_ME = "我"
_PLAIN = "文本"


class _Row(msgspec.Struct, gc=False):
    MsgSvrID: Any = None
    type_name: Any = None
    is_sender: Any = None
    talker: Any = None
    room_name: Any = None
    msg: Any = None
    src: Any = None
    CreateTime: Any = None


def _begin(export: Export) -> None:
    users = export.source.beside("users.json")
    export.names = user_names(users) if users else {}


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    talkers, _ = identifiers([row.talker for row in rows])
    people = [None if one == _ME or one in _NOBODY else one for one in talkers]
    own = flags([row.is_sender for row in rows])
    for i in (i for i, talker in enumerate(talkers) if talker == _ME):
        own[i] = True
    export.known.update(people)
    native, lost = identifier_column([row.MsgSvrID for row in rows])
    export.note("rounded_id", lost)
    rooms, _ = identifiers([row.room_name for row in rows])
    met = {room: _meet(room, export) for room in dict.fromkeys(rooms)}
    texts = strings([row.msg for row in rows])
    contents = _contents(rows, texts, export)
    names = [export.names.get(person) if person else None for person in people]
    if export.me in export.names:
        mine = export.names[export.me]
        names = [
            mine if owned and not person else name
            for owned, person, name in zip(own, people, names, strict=True)
        ]
    chats = [met[room] for room in rooms]
    return Columns(people, names, texts, contents, own, chats, {"native_id": native})


def _meet(room: str | None, export: Export) -> str:
    kind = chat_kind("private" if room else None, room)
    return export.meet(room, export.names.get(room or ""), kind)


def _contents(rows: Sequence[_Row], texts: list[str | None], export: Export) -> dict[int, Content]:
    """What the rows say that are not plain words."""
    words = strings([row.type_name for row in rows])
    files = strings([row.src for row in rows])
    contents: dict[int, Content] = {}
    colons = [name for name in export.names.values() if ":" in name or "：" in name]
    for i in odd(words, texts, _PLAIN):
        word, text = words[i], texts[i]
        text = tidy(text, export.known) if text else None
        plain = word == _PLAIN and text and text[0] != "<"
        found = None if plain else pywxdump_content(word or "", text or "", files[i] or "", colons)
        contents[i] = found or Content(Kind.TEXT, text)
    place_answers(contents, export.stamps, export.options.zone)
    return contents


def _owner(rows: Sequence[_Row]) -> str | None:
    own = (row.talker for row in rows if row.is_sender in (1, "1"))
    return next((p for p in own if isinstance(p, str) and p and p != _ME and p not in _NOBODY), None)


PYWXDUMP = Dialect(
    record=_Row,
    time=attrgetter("CreateTime"),
    columns=_columns,
    array="",
    begin=_begin,
    owner=_owner,
)
