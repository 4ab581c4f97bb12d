"""The messages that MemoTrace 3 writes beside its HTML: server ids, names without ids, texts perhaps HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from cq.formats._file_name import group_in
from cq.formats._json_values import identifier_column, identifiers, strings
from cq.formats._wechat_content import Content
from cq.formats._wechat_json import Columns, Dialect, Export, number_of, odd, typed
from cq.formats._wechat_names import chat_kind
from cq.formats._wechat_types import kind_of

_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,6});")
_BARE = re.compile(r"[<>]|&(?!(?:amp|lt|gt|quot|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,6});)")
_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_MAX_NAME = 60


class _Row(msgspec.Struct, gc=False):
    type: Any = None
    is_send: Any = None
    timestamp: Any = None
    server_id: Any = None
    display_name: Any = None
    text: Any = None
    title: Any = None
    url: Any = None
    link: Any = None
    file_name: Any = None
    quote_server_id: Any = None
    quote_text: Any = None


def _begin(export: Export) -> None:
    id_, name = group_in(export.source)
    export.meet(id_, name, chat_kind(None, id_))


def columns(rows: Sequence[_Row], export: Export, *, escaped: bool = False) -> Columns:
    """The records as columns. ``escaped``: texts are HTML for certain, as they are in the page."""
    texts = strings([row.text for row in rows])
    quotes = strings([row.quote_text or None for row in rows])
    names = strings([row.display_name or None for row in rows])
    escaped = escaped or _are_html([*texts, *quotes, *set(names)])
    if escaped:
        texts, quotes, names = ([_plain(text) for text in column] for column in (texts, quotes, names))
    types = [number_of(row.type) for row in rows]
    looked = {*odd(types, texts, 1), *(i for i, quote in enumerate(quotes) if quote)}
    contents = {
        i: _content(_Message(rows[i], types[i], texts[i], quotes[i], escaped), export) for i in sorted(looked)
    }
    native, lost = identifier_column([row.server_id for row in rows])
    export.note("rounded_id", lost)
    more: dict[str, Any] = {"native_id": native}
    if any(row.quote_server_id for row in rows):
        more["reply_to"], _ = identifiers([row.quote_server_id or None for row in rows])
    own = [number_of(row.is_send) == 1 if row.is_send is not None else None for row in rows]
    return Columns([None] * len(rows), names, texts, contents, own, more=more)


def _are_html(texts: Sequence[str | None]) -> bool:
    """Whether texts are escaped: some hold entities, and none what would have been escaped."""
    marked = [text for text in texts if text and ("&" in text or "<" in text or ">" in text)]
    return any(map(_ENTITY.search, marked)) and not any(_BARE.search(_BREAK.sub("", text)) for text in marked)


def _plain(text: str | None) -> str | None:
    return html.unescape(_BREAK.sub("\n", text)) if text and ("&" in text or "<" in text) else text


class _Message(NamedTuple):
    row: _Row
    type: int | None
    text: str | None
    quote: str | None
    escaped: bool


def _content(said: _Message, export: Export) -> Content:
    row = said.row
    beside = strings([row.title or None, row.url or None, row.link or None, row.file_name or None])
    title, url, link, file = map(_plain, beside) if said.escaped else beside
    found = typed(kind_of(said.type, None, said.text), said.text, export.known, title or file, url or link)
    found.reply_to = None
    if said.quote and found.event is None:
        name, colon, words = said.quote.partition(": ")
        found.reply_quote = words if colon and len(name) <= _MAX_NAME and "\n" not in name else said.quote
    return found


MEMOTRACE = Dialect(
    record=_Row,
    time=attrgetter("timestamp"),
    columns=columns,
    array="",
    begin=_begin,
)
