"""The messages of WeChatDataAnalysis: WeChat's type numbers, its own render types, quoted server ids."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats._json_values import identifier_column, identifiers, strings, whole
from cq.formats._system_text import SELF
from cq.formats._wechat_content import Content, quoted_words
from cq.formats._wechat_json import Columns, Dialect, Export, flags, number_of, odd, typed
from cq.formats._wechat_names import chat_kind
from cq.formats._wechat_types import kind_of
from cq.model import Kind

_HIDDEN = "hidden"
_OWN_NAME = "我"


class _Row(msgspec.Struct, gc=False):
    serverId: Any = None
    createTime: Any = None
    type: Any = None
    renderType: Any = None
    isSent: Any = None
    senderUsername: Any = None
    senderDisplayName: Any = None
    content: Any = None
    title: Any = None
    url: Any = None
    amount: Any = None
    locationPoiname: Any = None
    locationLabel: Any = None
    voiceTranscript: Any = None
    quoteServerId: Any = None
    quoteTitle: Any = None
    quoteContent: Any = None


def _begin(export: Export) -> None:
    chat = export.header.get("conversation")
    chat = chat if isinstance(chat, dict) else {}
    ids, _ = identifiers([chat.get("username"), export.header.get("account")])
    room, account = (None if id_ == _HIDDEN else whole(id_) for id_ in ids)
    name = whole(strings([chat.get("displayName")])[0])
    kinds: dict[Any, str] = {True: "group", False: "private"}
    word = kinds[chat["isGroup"]] if isinstance(chat.get("isGroup"), bool) else None
    export.meet(room, name, chat_kind(word, room))
    export.me = account or SELF


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.senderUsername for row in rows])
    export.known.update(people)
    own = flags([row.isSent for row in rows])
    names = strings([row.senderDisplayName or None for row in rows])
    texts = strings([row.content for row in rows])
    contents = {i: _content(rows[i], texts[i], export) for i in odd([r.type for r in rows], texts, 1)}
    native, lost = identifier_column([row.serverId for row in rows])
    export.note("rounded_id", lost)
    more: dict[str, Any] = {"native_id": native}
    if any(row.quoteServerId for row in rows):
        more["reply_to"], lost = identifiers([row.quoteServerId or None for row in rows])
        export.note("rounded_id", lost)
    shown = [None if mine and name == _OWN_NAME else name for mine, name in zip(own, names, strict=True)]
    return Columns(people, shown, texts, contents, own, more=more)


def _content(row: _Row, text: str | None, export: Export) -> Content:
    kind = kind_of(number_of(row.type), row.renderType if isinstance(row.renderType, str) else None, text)
    fields = (row.title, row.url, row.quoteContent, row.locationPoiname, row.locationLabel)
    title, url, quote, place, label = strings([field or None for field in fields])
    spoken, amount = strings([row.voiceTranscript or None, row.amount or None])
    match kind:
        case Kind.VOICE:
            text = spoken or text
        case Kind.LOCATION:
            text, title, url = " ".join(filter(None, (place, label))) or text or title, None, None
        case Kind.FORWARD:
            text = title or text
        case Kind.TRANSFER | Kind.RED_PACKET:
            text, title = " ".join(filter(None, (text or title, amount))) or None, None
    if kind not in (Kind.LINK, Kind.MINI_PROGRAM):
        url = None
    found = typed(kind, text, export.known, title, url)
    if found.event is None:
        found.reply_quote = quoted_words(quote) or found.reply_quote
        found.reply_to = None  # it stands in a column of its own
    return found


def _owner(rows: Sequence[_Row]) -> str | None:
    own = (row.senderUsername for row in rows if row.isSent is True)
    return next((person for person in own if isinstance(person, str) and person), None)


WDA = Dialect(
    record=_Row,
    time=attrgetter("createTime"),
    columns=_columns,
    keys=("account", "conversation", "schemaVersion"),
    first=("conversation",),
    begin=_begin,
    owner=_owner,
)
