"""The messages of CipherTalk's detailed JSON: ids that went through a float, contents raw and rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats._json_values import identifiers, strings, whole
from cq.formats._wechat_content import QUOTE, Content, reply_of, tidy, titled, xml_of
from cq.formats._wechat_json import Columns, Dialect, Export, flags, number_of, odd, typed
from cq.formats._wechat_names import chat_kind
from cq.formats._wechat_types import kind_of
from cq.formats._weflow_message import mentioned
from cq.model import NON_SPEECH, Kind, Member

_EXACT = 1 << 53


class _Row(msgspec.Struct, gc=False):
    platformMessageId: Any = None
    createTime: Any = None
    type: Any = None
    localType: Any = None
    content: Any = None
    rawContent: Any = None
    isSend: Any = None
    senderUsername: Any = None
    senderDisplayName: Any = None
    groupNickname: Any = None
    replyToMessageId: Any = None
    source: Any = None


def rounded(exact: str) -> str:
    """The digits that JavaScript prints of an id, once it is a number."""
    if not exact.isdecimal() or len(exact) > 20 or int(exact) <= _EXACT:
        return exact
    return str(int(Decimal(repr(float(exact)))))


def _begin(export: Export) -> None:
    session = export.header.get("session")
    session = session if isinstance(session, dict) else {}
    ids, _ = identifiers([session.get(key) for key in ("wxid", "groupId", "ownerId")])
    room, owner = whole(ids[0] or ids[1]), whole(ids[2])
    names = strings([session.get(key) for key in ("displayName", "nickname")])
    name = whole(next(filter(None, names), None))
    word = "group" if session.get("isGroup") is True else session.get("type")
    id_ = export.meet(room, name, chat_kind(word, room))
    if owner:
        export.members.append(Member(id_, owner, role="owner"))


def _stated(header: Mapping[str, Any]) -> Any:
    session = header.get("session")
    return session.get("messageCount") if isinstance(session, dict) else None


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.senderUsername for row in rows])
    export.known.update(people)
    names = strings([row.groupNickname or row.senderDisplayName or None for row in rows])
    texts = strings([row.content for row in rows])
    kinds = odd([row.localType for row in rows], texts, 1)
    contents = {i: _content(rows[i], texts[i], export) for i in kinds}
    more: dict[str, Any] = {"native_id": _ids([row.platformMessageId for row in rows])}
    exact = any(isinstance(row.platformMessageId, str) for row in rows)
    answers = [row.replyToMessageId or None for row in rows]
    if any(answers):
        named, _ = identifiers(answers)
        more["reply_to"] = [one if exact or one is None else rounded(one) for one in named]
    if any(row.source for row in rows):
        quiet = {i for i, content in contents.items() if content.kind in NON_SPEECH}
        more["mentions"] = [None if i in quiet else mentioned(row.source) for i, row in enumerate(rows)]
    return Columns(people, names, texts, contents, flags([row.isSend for row in rows]), more=more)


def _ids(values: list[Any]) -> list[str | None]:
    """Ids that are numbers with the digits that JavaScript prints; strings are exact."""
    if not any(isinstance(value, int | float) for value in values):
        return identifiers(values)[0]
    texts = [str(int(v)) if isinstance(v, float) and abs(v) < 1e30 else v for v in values]
    ids = identifiers(texts)[0]
    for i, one in enumerate(ids):
        if one and not isinstance(values[i], str) and not one.endswith("00"):
            ids[i] = rounded(one)
    return ids


def _content(row: _Row, text: str | None, export: Export) -> Content:
    kind = kind_of(number_of(row.localType), row.type if isinstance(row.type, str) else None, text)
    raw = row.rawContent if isinstance(row.rawContent, str) and "<" in row.rawContent[:200] else None
    card = xml_of(tidy(raw, export.known) or "") if raw and kind not in NON_SPEECH else None
    if kind is Kind.TEXT and number_of(row.localType) != 1:
        found = reply_of(tidy(text, export.known) if text else None)
        if QUOTE not in (text or ""):
            found = typed(kind, text, export.known)
        if card and card.kind is Kind.TEXT:
            found.text, found.reply_quote = found.text or card.text, card.reply_quote or found.reply_quote
        found.reply_to = None
        return found
    found = typed(kind, text, export.known)
    if card and card.kind is found.kind and found.event is None:
        titled(found, card.card_title, card.url)
    return found


def _owner(rows: Sequence[_Row]) -> str | None:
    own = (row.senderUsername for row in rows if row.isSend in (1, "1"))
    return next((person for person in own if isinstance(person, str) and person), None)


CIPHERTALK = Dialect(
    record=_Row,
    time=attrgetter("createTime"),
    columns=_columns,
    keys=("exportInfo", "session"),
    first=("session",),
    begin=_begin,
    stated=_stated,
    owner=_owner,
)
