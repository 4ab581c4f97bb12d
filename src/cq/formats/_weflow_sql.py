"""WeFlow's SQL export: the rows of its statements, which are read and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cq.formats import ReadOptions
from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._json_values import identifier_column, identifiers, timed
from cq.formats._source import Source
from cq.formats._wechat_content import Content, tidy
from cq.formats._wechat_names import chat_kind, is_room
from cq.formats._weflow_message import Message, content_of_row, kind_by_type
from cq.model import Batch, Group, Problem, surrogate_group_id

_COLUMNS = [
    *("session_id", "local_id", "message_id", "create_time", "sender"),
    *("is_send", "local_type", "media_type", "content", "media_path"),
]
_NEEDED = frozenset({"create_time", "content"})
_STRING = r"'[^']*+(?:''[^']*+)*+'"
_VALUE = re.compile(rf"{_STRING}|[^\s,()';]++")
_OTHER = re.compile(rf"(?:--[^\n]*\n|{_STRING}|[^';-]++|-)*?;")
_NEXT = re.compile(r"^[ \t]*INSERT\s", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"[\"`\[]?(\w{1,40})")
_BLOCK = 2 << 20
_LONGEST = 4 << 20
"""Characters of one statement: what does not end by then is damaged."""


class _Row(NamedTuple):
    line: int
    values: dict[str, str | None]


def read_dump(source: Source, options: ReadOptions, table: str) -> Iterator[Batch]:
    dump = _Dump(source, table)
    groups: dict[str | None, Group] = {}
    seen = 0
    for rows, problems, headers in dump.blocks():
        yield Batch(problems=problems, headers=headers)
        seen += len(rows) + len(problems)
        chats: dict[str | None, list[_Row]] = {}
        for row in rows:
            chats.setdefault(row.values.get("session_id") or None, []).append(row)
        for chat, part in chats.items():
            new = chat not in groups
            group = groups.setdefault(chat, _group(source, chat))
            yield _batch(source.label, group, part, new)
    if not seen:
        yield Batch(problems=[Problem("no_records", source.label)])
    yield Batch(notices=source.notices())


def _group(source: Source, chat: str | None) -> Group:
    named = group_in(source)
    id_ = chat or named.id
    return Group(
        id_ or surrogate_group_id(named.name),
        named.name,
        "wechat",
        "private" if id_ and not is_room(id_) else chat_kind(None, id_),
    )


class _Dump:
    """The statements of the file, block by block."""

    def __init__(self, source: Source, table: str) -> None:
        self._source = source
        self._insert = re.compile(
            rf"INSERT (?:OR \w{{1,9}} )?INTO {table}\s*+(\([^()']{{0,1000}}\))?\s*+VALUES\s*+"
            rf"\(\s*+((?:{_VALUE.pattern})(?:\s*+,\s*+(?:{_VALUE.pattern}))*+)\s*+\)\s*+;",
            re.IGNORECASE,
        )
        self._create = re.compile(
            rf"CREATE TABLE(?: IF NOT EXISTS)? {table}\s*\(([^;']*)\)\s*;", re.IGNORECASE
        )
        self._columns: Sequence[str] = _COLUMNS
        self._named: dict[str, Sequence[str]] = {}
        self._line = 1

    def blocks(self) -> Iterator[tuple[list[_Row], list[Problem], int]]:
        """Rows, problems, and how many statements were headers."""
        rest = ""
        for block in self._source.blocks(_BLOCK):
            rest, rows, problems, headers = self._cut(rest + block.decode(), final=False)
            yield rows, problems, headers
        _, rows, problems, headers = self._cut(rest, final=True)
        yield rows, problems, headers

    def _cut(self, text: str, *, final: bool) -> tuple[str, list[_Row], list[Problem], int]:
        rows: list[_Row] = []
        problems: list[Problem] = []
        headers = at = 0
        while (begin := _visible(text, at)) < len(text):
            self._line += text.count("\n", at, begin)
            at = begin
            if insert := self._insert.match(text, at):
                self._take(insert, rows, problems)
                end = insert.end()
            elif not _NEXT.match(text, at) and (other := _OTHER.match(text, at, at + _LONGEST)):
                headers += self._meet(other[0])
                end = other.end()
            elif not final and len(text) - at < _LONGEST:
                return text[at:], rows, problems, headers
            else:
                next_ = _NEXT.search(text, at + 1)
                end = next_.start() if next_ else len(text)
                code = "bad_row" if next_ or not final else "truncated"
                problems.append(Problem(code, f"{self._source.label}:{self._line}", text[at : at + 80]))
            self._line += text.count("\n", at, end)
            at = end
        self._line += text.count("\n", at)
        return "", rows, problems, headers

    def _meet(self, statement: str) -> int:
        """Another statement than an INSERT; 1 if it is the header of the table."""
        create = self._create.match(statement)
        if create is None:
            return 0
        names = [m[1].lower() for part in create[1].split(",") if (m := _NAME.match(part.strip()))]
        if set(names) >= _NEEDED:
            self._columns = names
        return 1

    def _take(self, insert: re.Match[str], rows: list[_Row], problems: list[Problem]) -> None:
        written = insert[1]
        columns = self._columns
        if written:
            if written not in self._named:
                self._named[written] = [n.strip(' \t\r\n"`[]').lower() for n in written[1:-1].split(",")]
            columns = self._named[written]
        values = [_value(one) for one in _VALUE.findall(insert[2])]
        if len(values) != len(columns) or not set(columns) >= _NEEDED:
            problems.append(Problem("bad_row", f"{self._source.label}:{self._line}", insert[0][:80]))
        else:
            rows.append(_Row(self._line, dict(zip(columns, values, strict=True))))


def _visible(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _value(written: str) -> str | None:
    if written[0] == "'":
        return written[1:-1].replace("''", "'")
    return None if written.upper() == "NULL" else written


def _batch(label: str, group: Group, rows: Sequence[_Row], new: bool) -> Batch:
    problems: list[Problem] = []
    times = [row.values["create_time"] for row in rows]
    whole = [int(time) if time and time.isascii() and time.isdigit() else time for time in times]
    kept, numbers, stamps = timed(rows, [row.line for row in rows], whole, label, problems)
    groups = (group,) if new else ()
    if not kept:
        return Batch(groups=groups, problems=problems)
    columns = {name: [row.values.get(name) for row in kept] for name in _COLUMNS}
    people, _ = identifiers(columns["sender"])
    native, _ = identifier_column(columns["message_id"])
    own = [{"1": True, "0": False}.get(flag or "") for flag in columns["is_send"]]
    me = next((one for one, mine in zip(people, own, strict=True) if mine and one), "self")
    known = set(people)
    texts = [tidy(text, known) if text else None for text in columns["content"]]
    contents: dict[int, Content] = {}
    for i, (type_, text) in enumerate(zip(columns["local_type"], texts, strict=True)):
        if type_ != "1" or not text or text[0] == "<":
            row = Message(localType=type_, type=columns["media_type"][i])
            contents[i] = content_of_row(row, kind_by_type(row), text)
    people = [None if one and is_room(one) else one for one in people]
    batch = assemble(
        label,
        group,
        numbers=numbers,
        stamps=np.asarray(stamps, np.int64),
        people=people,
        names=[None] * len(kept),
        texts=texts,
        contents=contents,
        own=own,
        me=me,
        native_id=native,
    )
    return Batch(batch, groups=groups, problems=problems)
