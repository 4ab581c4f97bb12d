"""The people and groups of QQ NT's databases: names of groups, members, and which number a uid has.

They stand in tables beside the messages and in ``group_info.db`` and ``profile_info.db`` beside the file.
None of them has to be there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cq.errors import InputError
from cq.formats._nt_database import Database, Row, database
from cq.formats._source import Source
from cq.model import ChatKind, Group, Member, MemberRole, surrogate_group_id

BESIDE = ("group_info.db", "profile_info.db")
_MOST_PEOPLE = 500_000
_MOST_MEMBERS = 200_000
_ROLES: Mapping[Any, MemberRole] = {0: "member", 1: "admin", 3: "admin", 4: "owner"}
_EARLIEST = 1_000_000_000


class People:
    """What is known of uids, groups and members; uids are learnt from the messages, too."""

    def __init__(self, source: Source, base: Database | None) -> None:
        self._uins: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._members: list[tuple[str, Mapping[str, Any]]] = []
        if base is not None:
            self._read(base)
        for name in BESIDE:
            other = source.beside(name)
            if other is not None and other.label != source.label:
                with contextlib.suppress(InputError), database(other) as beside:
                    self._read(beside)

    def learn(self, uid: str, number: str) -> None:
        if len(self._uins) < _MOST_PEOPLE:
            self._uins[uid] = number

    def id_of(self, person: str) -> str:
        """The sender id for a number or a uid."""
        if not person.startswith("u_"):
            return person
        return self._uins.get(person, f"uid:{person}")

    def group(self, id_: str, kind: ChatKind) -> Group:
        return Group(id_ or surrogate_group_id(None), self._names.get(id_), "qq", kind)

    def members(self, groups: Mapping[str, Group]) -> tuple[Sequence[Member], int]:
        """The members of those groups, and how many have left them."""
        found: dict[tuple[str, str], Member] = {}
        left = 0
        for group_id, row in self._members:
            if group_id not in groups:
                continue
            if row["64016"]:
                left += 1
            elif (member := self._member(group_id, row)) is not None:
                found[group_id, member.member_id] = member
        return list(found.values()), left

    def _member(self, group_id: str, row: Mapping[str, Any]) -> Member | None:
        uin, uid = _number(row["1002"]), _word(row["1000"])
        id_ = uin or (self.id_of(uid) if uid and uid.startswith("u_") else None)
        if id_ is None:
            return None
        joined = row["64007"] if isinstance(row["64007"], int) and row["64007"] > _EARLIEST else None
        return Member(
            group_id,
            id_,
            _word(row["20002"]),
            _word(row["64003"]),
            _ROLES.get(row["64010"]),
            _word(row["64023"]),
            joined * 1000 if joined else None,
        )

    def _read(self, base: Database) -> None:
        for uid, uin in _rows(base, "nt_uid_mapping_table", ("48902", "1002"), _MOST_PEOPLE):
            if (number := _number(uin)) is not None and isinstance(uid, str):
                self.learn(uid, number)
        for id_, name in _rows(base, "group_list", ("60001", "60007"), _MOST_PEOPLE):
            if (number := _number(id_)) is not None and (word := _word(name)) is not None:
                self._names[number] = word
        columns = ("60001", "1000", "1002", "20002", "64003", "64007", "64010", "64016", "64023")
        for row in _rows(base, "group_member3", columns, _MOST_MEMBERS):
            group_id = _number(row[0])
            if group_id is not None:
                self._members.append((group_id, dict(zip(columns, row, strict=True))))


def _rows(base: Database, name: str, columns: Sequence[str], most: int) -> Iterator[Row]:
    """At most so many rows of a table, with None for columns that it lacks."""
    table = base.table(name, columns)
    if table is None:
        return
    places = [table.place(column) for column in columns]
    for rows in table.batches():
        for row in rows if isinstance(rows, list) else ():
            if most == 0:
                return
            most -= 1
            yield tuple(None if place is None else base.text(row[place]) for place in places)


def _number(value: Any) -> str | None:
    written = str(value) if isinstance(value, int | str) else ""
    return written if written.isdecimal() and written.strip("0") else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
