"""MemoTrace's web pages: literals of version 2, JSON of version 3 (see :mod:`_memotrace_html_json`)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats import ReadOptions
from cq.formats._embedded import assigned, name_in_title, read_script
from cq.formats._file_name import group_in
from cq.formats._json_values import strings
from cq.formats._markup import plain
from cq.formats._memotrace_html_json import MEMOTRACE, columns
from cq.formats._quoted_name import without_name
from cq.formats._source import Source
from cq.formats._wechat_content import Content, reply_of, tidy
from cq.formats._wechat_json import Columns, Dialect, Export, number_of, odd, typed
from cq.formats._wechat_names import chat_kind
from cq.formats._wechat_types import kind_of
from cq.model import Batch, Kind

_MARK = assigned("const chatMessages", "[")
_ROOM = re.compile(r"\bwxid\s{0,4}=\s{0,4}[\"']([\w.@-]{3,60})[\"']")
_AVATAR = re.compile(r"(?!\w{1,9}://)(?:[^?#]{0,300}[\\/])?([^\\/?#]{3,60})\.(?:png|jpe?g|gif|webp|bmp)")
_ACCOUNT = re.compile(
    r"wxid_[\w-]{1,40}|gh_\w{1,40}|[A-Za-z][\w-]{5,19}|[\w.-]{1,60}@(?:openim|stranger)", re.ASCII
)
_NO_ACCOUNT = re.compile(r"(?:default|avatar|unknown|system|icon|portrait|no[-_])", re.IGNORECASE)
_SYSTEM = 0


class _Row(msgspec.Struct, gc=False):
    type: Any = None
    sub_type: Any = None
    text: Any = None
    is_send: Any = None
    avatar_path: Any = None
    timestamp: Any = None
    displayname: Any = None
    refer_text: Any = None
    title: Any = None
    url: Any = None
    link_url: Any = None
    link: Any = None
    file_name: Any = None
    voice_to_text: Any = None


def read_v3(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page of version 3: texts in it are escaped."""
    dialect = dataclasses.replace(
        MEMOTRACE, columns=partial(columns, escaped=True), begin=partial(_begin, source), trailing=True
    )
    return read_script(source, options, dialect, _MARK)


def read_v2(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page of version 2."""
    dialect = Dialect(
        _Row,
        attrgetter("timestamp"),
        _columns,
        array="",
        begin=partial(_begin, source),
        owner=_owner,
        trailing=True,
    )
    return read_script(source, options, dialect, _MARK)


def _begin(source: Source, export: Export) -> None:
    named = group_in(source)
    stated = _ROOM.search(source.peek.text)
    room = stated[1] if stated and chat_kind(None, stated[1]) == "group" else named.id
    export.meet(room, name_in_title(source) or named.name, chat_kind(None, room))


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    texts = [plain(text) if text else text for text in strings([row.text for row in rows])]
    people = [account_of(row.avatar_path) for row in rows]
    names = [plain(name) if name else None for name in strings([row.displayname for row in rows])]
    types = [number_of(row.type) for row in rows]
    export.known.update(people)
    export.names |= {name: "" for name in names if name}
    looked = {*odd(types, texts, 1), *(i for i, row in enumerate(rows) if row.refer_text)}
    contents = {i: _content(rows[i], types[i], texts[i], export) for i in sorted(looked)}
    for i in contents:
        if types[i] == _SYSTEM:
            people[i] = names[i] = None
    own = [number_of(row.is_send) == 1 if row.is_send is not None else None for row in rows]
    return Columns(people, names, texts, contents, own)


def _content(row: _Row, one: int | None, text: str | None, export: Export) -> Content:
    if one == _SYSTEM:
        return typed(Kind.SYSTEM, text, export.known)
    quote, title, file, spoken, *links = [
        plain(value) if value else None
        for value in strings(
            [row.refer_text, row.title, row.file_name, row.voice_to_text, row.url, row.link_url, row.link]
        )
    ]
    if quote:
        return reply_of(tidy(text, export.known) if text else None, without_name(quote, export.names.keys()))
    sub = number_of(row.sub_type)
    kind = kind_of(one, None, None if one else text, str(sub) if sub is not None else None)
    url = next(filter(None, links), None)
    if kind is Kind.OTHER and (title or url):
        kind = Kind.LINK
    if kind is Kind.VOICE and spoken:
        text = spoken
    return typed(kind, text, export.known, title or file, url)


def _owner(rows: Sequence[_Row]) -> str | None:
    return next(filter(None, (account_of(r.avatar_path) for r in rows if number_of(r.is_send) == 1)), None)


def account_of(avatar: Any) -> str | None:
    """The account whose picture is called ``<wxid>.png``; None where the name says nothing."""
    found = _AVATAR.fullmatch(avatar) if isinstance(avatar, str) else None
    if found is None or not _ACCOUNT.fullmatch(found[1]) or _NO_ACCOUNT.match(found[1]):
        return None
    return found[1]
