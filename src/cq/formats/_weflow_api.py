"""The messages of WeFlow's HTTP interface: WeFlow's own fields, under other names, with less beside them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats._json_values import identifier_column, identifiers, strings, whole
from cq.formats._wechat_content import TITLED, Content, quoted_words, tidy, titled, xml_of
from cq.formats._wechat_json import Columns, Dialect, Export, flags, odd
from cq.formats._wechat_names import chat_kind
from cq.formats._weflow_message import Message, content_of_row, kind_by_type
from cq.model import NON_SPEECH


class _Row(msgspec.Struct, gc=False):
    serverId: Any = None
    localType: Any = None
    createTime: Any = None
    isSend: Any = None
    senderUsername: Any = None
    content: Any = None
    rawContent: Any = None
    parsedContent: Any = None
    replyToMessageId: Any = None
    quote: Any = None


def _begin(export: Export) -> None:
    ids, _ = identifiers([export.header.get("talker")])
    export.meet(whole(ids[0]), None, chat_kind(None, ids[0]))


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.senderUsername for row in rows])
    export.known.update(people)
    texts = strings([row.parsedContent or row.content or row.rawContent for row in rows])
    contents = {
        i: _content(rows[i], texts[i], export) for i in odd([row.localType for row in rows], texts, 1)
    }
    native, lost = identifier_column([row.serverId for row in rows])
    export.note("rounded_id", lost)
    answered = [row.replyToMessageId or _of(row.quote, "platformMessageId") for row in rows]
    replies, _ = identifiers(answered)
    own = flags([row.isSend for row in rows])
    return Columns(
        people, [None] * len(rows), texts, contents, own, more={"native_id": native, "reply_to": replies}
    )


def _of(quote: Any, name: str) -> Any:
    return quote.get(name) or None if isinstance(quote, dict) else None


def _content(row: _Row, text: str | None, export: Export) -> Content:
    quote = quoted_words(strings([_of(row.quote, "content")])[0])
    twin = Message(
        localType=row.localType, replyToMessageId=row.replyToMessageId or quote, quotedContent=quote
    )
    found = content_of_row(twin, kind_by_type(twin), tidy(text, export.known) if text else None)
    if found.kind not in NON_SPEECH:
        found.reply_quote = quote or found.reply_quote
        raw = row.rawContent if found.kind in TITLED and isinstance(row.rawContent, str) else ""
        card = xml_of(tidy(raw, export.known) or "") if "<" in raw else None
        if card and card.kind is found.kind:
            titled(found, card.card_title, card.url)
    return found


def _owner(rows: Sequence[_Row]) -> str | None:
    own = (row.senderUsername for row in rows if row.isSend in (1, "1"))
    return next((person for person in own if isinstance(person, str) and person), None)


WEFLOW_API = Dialect(
    record=_Row,
    time=attrgetter("createTime"),
    columns=_columns,
    keys=("success", "talker", "count"),
    first=("talker",),
    begin=_begin,
    stated=lambda header: header.get("count"),
    owner=_owner,
)
