"""The records of chatlog's JSON, those since April 2025 and those before.

A record carries WeChat's plain type codes; how chatlog renders a message as text is not needed here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow.compute as pc

from cq.formats._chatlog_content import with_ids
from cq.formats._json_values import identifier, identifier_column, identifiers, strings, whole
from cq.formats._system_text import SELF
from cq.formats._wall_clock import instant
from cq.formats._wechat_content import SHOWN, Content, quoted_moment, quoted_words
from cq.formats._wechat_json import Columns, Dialect, Export, first_of, flags, odd, typed
from cq.formats._wechat_names import is_room
from cq.formats._wechat_types import kind_of
from cq.model import ChatKind, Kind

_APP, _QUOTE = 49, 57
_TRANSFER = re.compile(r"\[转账\|([^\[\]]{0,200})\](?:\((.{0,500})\))?", re.DOTALL)
_FEW = 3


class _Row(msgspec.Struct, gc=False):
    seq: Any = None
    time: Any = None
    talker: Any = None
    talkerName: Any = None
    isChatRoom: Any = None
    sender: Any = None
    senderName: Any = None
    isSelf: Any = None
    type: Any = None
    subType: Any = None
    content: Any = None
    contents: Any = None


class _OldRow(msgspec.Struct, gc=False):
    sequence: Any = None
    createTime: Any = None
    talker: Any = None
    isSender: Any = None
    type: Any = None
    subType: Any = None
    content: Any = None
    compressContent: Any = None
    isChatRoom: Any = None
    chatRoomSender: Any = None


def kind(one: Any, sub: Any) -> Kind:
    """The kind by type and sub-type."""
    try:
        return _kind(one, sub)
    except TypeError:
        return Kind.OTHER


@lru_cache(1024, typed=True)
def _kind(one: Any, sub: Any) -> Kind:
    number = int(one) if isinstance(one, int | float) and abs(one) < 1 << 62 else None
    return kind_of(number, None, None, str(sub) if isinstance(sub, int) else None)


# -- since April 2025 ------------------------------------------------------------------------------


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.sender for row in rows])
    texts = strings([row.content for row in rows])
    export.known.update(people)
    contents = {i: _content(rows[i], texts[i], export) for i in odd([row.type for row in rows], texts, 1)}
    own = flags([row.isSelf for row in rows])
    if export.me != SELF:
        marked = [i for i, mine in enumerate(own) if mine and people[i] != export.me]
        export.note("unreliable_self", [i for i in marked if people[i] and not is_room(people[i] or "")])
        own = [person == export.me for person in people]
    return Columns(
        people,
        strings([row.senderName or None for row in rows]),
        texts,
        contents,
        own,
        _chats(rows, [row.talkerName for row in rows], export),
        {"native_id": _numbered([row.seq for row in rows])},
    )


def _chats(rows: Sequence[_Row | _OldRow], names: Sequence[Any], export: Export) -> list[str]:
    ids, _ = identifiers([row.talker for row in rows])
    last = dict(zip(ids, rows, strict=True))
    called = {id_: name for id_, name in zip(ids, names, strict=False) if name and isinstance(name, str)}
    kinds: dict[Any, ChatKind] = {True: "group", False: "private"}
    met = {}
    for id_, row in last.items():
        kind = kinds.get(row.isChatRoom, "unknown") if isinstance(row.isChatRoom, bool) else "unknown"
        met[id_] = export.meet(whole(id_), whole(called.get(id_)), kind)
    return [met[id_] for id_ in ids]


def _numbered(values: list[Any]) -> Any:
    """Sequence numbers: made of time and place, unique in a chat, and no id of WeChat's."""
    ids, _ = identifier_column(values)
    return pc.binary_join_element_wise("cl:", ids, "")


def _content(row: _Row, text: str | None, export: Export) -> Content:
    more = row.contents if isinstance(row.contents, dict) else {}
    what = kind(row.type, row.subType)
    if what is Kind.TRANSFER and text and (money := _TRANSFER.fullmatch(text)):
        text = " ".join(filter(None, money.groups())) or None
    title, url = first_of(more, "title", "desc"), first_of(more, "url", "cdnurl")
    if what is Kind.LOCATION:
        text, title = text or first_of(more, "label", "cityname"), None
    link = url if what in (Kind.LINK, Kind.MINI_PROGRAM) else None
    found = typed(what, text, export.known, title if row.type == _APP else None, link)
    if found.event is not None:
        found.event = with_ids(found.event, export.known)
    elif isinstance(quoted := more.get("refer"), dict):
        found.reply_to, found.reply_quote = _referred(quoted)
    return found


def _referred(quoted: dict[str, Any]) -> tuple[str | None, str | None]:
    """The quoted message: when and by whom it was written, which is all that identifies it; its words."""
    person = identifier(quoted.get("sender"))
    at = instant(quoted["time"]) if isinstance(quoted.get("time"), str) else None
    what = kind(quoted.get("type"), quoted.get("subType"))
    more = quoted.get("contents")
    words = first_of(quoted, "content") or first_of(more if isinstance(more, dict) else {}, "title", "desc")
    known = person is not None and at is not None
    return f"at:{at}:{person}" if known else None, quoted_words(words) or SHOWN.get(what)


def _owner(rows: Sequence[_Row]) -> str | None:
    """Whom ``isSelf`` marks most often (in WeChat 4 it marks others, too), best of all without a name."""
    marked = [row for row in rows if row.isSelf is True and isinstance(row.sender, str)]
    votes = Counter(row.sender for row in [row for row in marked if not row.senderName] or marked)
    for person, _ in votes.most_common(_FEW):
        if person and not is_room(person):
            return str(person)
    return None


CHATLOG = Dialect(
    record=_Row,
    time=attrgetter("time"),
    columns=_columns,
    array="",
    inside="messages",
    keys=("keyword", "lastTime", "length"),
    owner=_owner,
)


# -- before ------------------------------------------------------------------------------------------


def _old_columns(rows: Sequence[_OldRow], export: Export) -> Columns:
    people, _ = identifiers([row.chatRoomSender for row in rows])
    chats, _ = identifiers([row.talker for row in rows])
    own = flags([row.isSender for row in rows])
    for i, row in enumerate(rows):
        if row.isChatRoom is False and not people[i] and not own[i]:
            people[i] = chats[i]  # of two people, it was the other one
    texts = strings([row.content for row in rows])
    export.known.update(people)
    contents = {i: _old_content(rows[i], texts[i], export) for i in odd([row.type for row in rows], texts, 1)}
    native = _numbered([row.sequence for row in rows])
    return Columns(
        people, [None] * len(rows), texts, contents, own, _chats(rows, [], export), {"native_id": native}
    )


def _old_content(row: _OldRow, text: str | None, export: Export) -> Content:
    packed = strings([row.compressContent or None])[0]
    text = text or packed
    found = typed(kind(row.type, row.subType), text, export.known)
    if found.event is not None:
        found.event = with_ids(found.event, export.known)
    elif found.reply_to or found.reply_quote:
        found.reply_to = quoted_moment(text or "")
    return found


def _old_owner(rows: Sequence[_OldRow]) -> str | None:
    own = (row.chatRoomSender for row in rows if row.isSender == 1)
    return next((person for person in own if isinstance(person, str) and person), None)


OLD_CHATLOG = Dialect(
    record=_OldRow,
    time=attrgetter("createTime"),
    columns=_old_columns,
    array="",
    owner=_old_owner,
)
