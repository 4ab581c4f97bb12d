"""The messages of QQ NT's database to columns: who, when, in which group.

What a body says is :mod:`_nt_elements`' business, how the file is read :mod:`_nt_database`'s, and who the
people and groups are that are known beforehand, :mod:`_nt_people`'s.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from cq.formats import ReadOptions, Source
from cq.formats._assembly import assemble
from cq.formats._json_values import timed
from cq.formats._nt_database import Row, database
from cq.formats._nt_elements import body, event, is_tip, only_text, reply_of, spoken
from cq.formats._nt_people import People
from cq.formats._qq_names import ANONYMOUS_ID, SYSTEM_IDS, who
from cq.formats._wechat_content import Content
from cq.model import Batch, ChatKind, Group, Kind, Problem

TABLES: Sequence[tuple[str, ChatKind]] = (("group_msg_table", "group"), ("c2c_msg_table", "private"))
_ID, _TYPE, _SENT, _UID, _UIN, _TIME, _CARD, _NICK = (
    "40001",
    "40011",
    "40013",
    "40020",
    "40033",
    "40050",
    "40090",
    "40093",
)
_PEERS = ("40027", "40021", "40030")
_PEERS_PRIVATE = ("40030", "40027", "40021")
_BODY = "40800"
COLUMNS = (_ID, _TYPE, _SENT, _UID, *_PEERS, _UIN, _TIME, _CARD, _NICK, _BODY)
_NULL_TYPES = frozenset({0, 1})
"""What is left of a message that was deleted."""
_REMEMBERED = 200_000
"""Senders as rows show them: a person has as many as cards."""
_OWN = {0: False, 1: True, 2: True}


def read_database(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The groups' messages, then the private ones."""
    with database(source) as base:
        tables = [(base.table(name, COLUMNS), kind) for name, kind in TABLES]
        people = People(source, base)
        reader = Reader(source, people, base)
        if (fault := base.fault()) is not None:
            reader.notices.append(Problem("damaged_database", source.label, fault))
        for table, kind in tables:
            if table is not None:
                yield from reader.read(table, kind)
        yield reader.last()


class Texts(Protocol):
    """Makes strings of the texts in rows. ``replaced`` counts those that were no UTF-8."""

    @property
    def replaced(self) -> int: ...

    def text(self, value: Any) -> Any: ...


class Rowed(Protocol):
    """Rows in some order, by column; what stands among them is damage."""

    def place(self, column: str) -> int | None: ...

    def batches(self) -> Iterator[list[Row] | sqlite3.Error | Problem]: ...


class Reader:
    """What is known so far of one database, or of a copy of its rows."""

    def __init__(self, source: Source, people: People, base: Texts) -> None:
        self.notices: list[Problem] = []
        self._source = source
        self._people = people
        self._base = base
        self._senders: dict[tuple[Any, ...], tuple[str | None, str | None]] = {}
        self._peers: dict[tuple[Any, ...], str] = {}
        self._seen = 0
        self._skipped: Counter[str] = Counter()
        self._problems: list[Problem] = []
        self._damaged: list[int] = []
        self._groups: dict[str, Group] = {}

    def read(self, table: Rowed, kind: ChatKind) -> Iterator[Batch]:
        for rows in table.batches():
            if isinstance(rows, Problem):
                self._problems.append(rows)
                continue
            if not isinstance(rows, list):
                where = f"{self._source.label}:{self._seen + 1}"
                self._problems.append(Problem("unreadable", where, str(rows)[:200]))
                continue
            numbers = range(self._seen + 1, self._seen + 1 + len(rows))
            self._seen += len(rows)
            for group, kept, at in self._by_group(table, rows, numbers, kind):
                messages = self._messages(table, group, kept, at)
                problems, self._problems = self._problems, []
                yield Batch(messages, groups=self._news(group), problems=problems)

    def last(self) -> Batch:
        label, notices, replaced = self._source.label, self.notices, self._base.replaced
        if self._damaged:
            notices.append(Problem("bad_body", f"{label}:{self._damaged[0]}", str(len(self._damaged))))
        if replaced:
            notices.append(Problem("undecodable_bytes", label, str(replaced)))
        if (log := self._source.beside(f"{self._source.name}-wal")) is not None and log.size > 0:
            notices.append(Problem("wal_not_read", log.label, str(log.size)))
        if not self._seen and not self._problems:
            self._problems.append(Problem("no_records", label))
        members, left = self._people.members(self._groups)
        if left:
            self._skipped["not_a_member"] += left
        return Batch(
            problems=self._problems,
            notices=notices,
            members=members,
            member_records=len(members),
            skipped=self._skipped,
        )

    def _news(self, group: Group) -> Sequence[Group]:
        new = group.group_id not in self._groups
        self._groups[group.group_id] = group
        return (group,) if new else ()

    # -- messages --------------------------------------------------------------------------------------

    def _by_group(
        self, table: Rowed, rows: list[Row], numbers: Sequence[int], kind: ChatKind
    ) -> Iterator[tuple[Group, list[Row], list[int]]]:
        """The rows of each group, in the order in which the groups come up. Deleted ones are counted."""
        type_, body_at = table.place(_TYPE), table.place(_BODY)
        names = _PEERS if kind == "group" else _PEERS_PRIVATE
        peers = [place for name in names if (place := table.place(name)) is not None]
        found: dict[str, tuple[list[Row], list[int]]] = {}
        for row, number in zip(rows, numbers, strict=True):
            if type_ is not None and row[type_] in _NULL_TYPES and (body_at is None or not row[body_at]):
                self._skipped["not_a_message"] += 1
                continue
            kept, at = found.setdefault(self._peer(tuple([row[place] for place in peers])), ([], []))
            kept.append(row)
            at.append(number)
        for id_, (kept, at) in found.items():
            yield self._people.group(id_, kind), kept, at

    def _messages(self, table: Rowed, group: Group, rows: Sequence[Row], numbers: Sequence[int]) -> Any:
        times = _column(table, rows, _TIME)
        rows, numbers, stamps = timed(rows, numbers, times, self._source.label, self._problems)
        if not rows:
            return None
        columns = (_column(table, rows, name) for name in (_UID, _UIN, _CARD, _NICK))
        senders = [self._sender(row) for row in zip(*columns, strict=True)]
        people = [sender[0] for sender in senders]
        names = [sender[1] for sender in senders]
        texts: list[str | None] = []
        contents: dict[int, Content] = {}
        for i, raw in enumerate(_column(table, rows, _BODY)):
            words = only_text(raw)
            texts.append(words)
            if words is None:
                elements, whole = body(raw)
                contents[i] = self._content(elements, people[i], names[i])
                if not whole:
                    self._damaged.append(numbers[i])
        return assemble(
            self._source.label,
            group,
            numbers=numbers,
            stamps=stamps,
            people=people,
            names=names,
            texts=texts,
            contents=contents,
            own=[_OWN.get(value) for value in _column(table, rows, _SENT)],
            native_id=[
                str(id_) if isinstance(id_, int | str) and id_ else None for id_ in _column(table, rows, _ID)
            ],
        )

    def _content(self, elements: list[Any], person: str | None, name: str | None) -> Content:
        if is_tip(elements):
            return event(elements, person, name, self._people.id_of)
        if not elements:
            return Content(Kind.OTHER)
        content = spoken(elements)
        if (reply := reply_of(elements)) is not None:
            if reply.sender and reply.at:
                content.reply_to = f"at:{reply.at * 1000}:{_person(str(reply.sender))}"
            content.reply_quote = reply.quote
        return content

    def _peer(self, values: tuple[Any, ...]) -> str:
        """The group's or partner's number; their uid where there is no number."""
        known = self._peers.get(values)
        if known is None:
            words = [str(word) for value in values if isinstance(word := self._base.text(value), int | str)]
            numbers = (word for word in words if word.isdecimal() and word.strip("0"))
            known = next(numbers, None) or next((word for word in words if word.strip("0")), "")
            _remember(self._peers, values, known)
        return known

    def _sender(self, values: tuple[Any, ...]) -> tuple[str | None, str | None]:
        """Id and name. Uid, number, card and nickname say them, in every row the same."""
        known = self._senders.get(values)
        if known is None:
            uid, uin, card, nick = (self._base.text(value) for value in values)
            known = self._found(uid, uin, card if isinstance(card, str) else "", nick)
            if known[0] is None or not known[0].startswith("uid:"):  # a number may turn up later
                _remember(self._senders, values, known)
        return known

    def _found(self, uid: Any, uin: Any, card: str, nick: Any) -> tuple[str | None, str | None]:
        """Rows of old clients hold name and id in the card: ``name(12345)`` or ``name<mail>``."""
        number = (
            str(uin) if isinstance(uin, int | str) and str(uin).isdecimal() and str(uin).strip("0") else ""
        )
        uid = uid if isinstance(uid, str) and uid.startswith("u_") else ""
        old = who(card)
        if old.id is not None and number in ("", old.id):
            card, number = old.name, old.id
        elif old.id is not None and old.id.startswith(("email:", "phone:")):  # <…> may be part of a name
            card = old.name
        if number in SYSTEM_IDS:
            return None, None
        if number and uid:
            self._people.learn(uid, number)
        id_ = _person(number) if number else self._people.id_of(uid) if uid else None
        return id_, card or (nick if isinstance(nick, str) else "") or None


def _remember(known: dict[Any, Any], key: Any, value: Any) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value


def _person(number: str) -> str:
    return f"anon:{number}" if number == ANONYMOUS_ID else number


def _column(table: Rowed, rows: Sequence[Row], name: str) -> list[Any]:
    place = table.place(name)
    return [None] * len(rows) if place is None else [row[place] for row in rows]
