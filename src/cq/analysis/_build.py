"""From normalised rows to a :class:`GroupView`: people, codes, links.

The one place where members of the log, the roster and the alias file meet. Names are attributes of
people, never their identity: nobody is merged here who was not merged by the alias file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.analysis._view import KINDS, EventRow, GroupView, MemberBasis, Person
from cq.model import BOT_IDS, NON_SPEECH, Event, Group, Member, MemberRole
from cq.operators import UNTOLD, Operator
from cq.sidefiles import RosterRow
from cq.zones import to_local

_SEPARATOR = "\x1e"
_LONG = ("text", "url", "card_title")
"""Columns whose texts together may pass two gigabytes."""
_SPEECH = np.array([kind not in NON_SPEECH for kind in KINDS])


@dataclass(slots=True)
class _Draft:
    """A person in the making."""

    id: str
    ids: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    last_name: str = ""
    listed: bool = False
    card: str | None = None
    role: MemberRole | None = None
    title: str | None = None
    joined_at: int | None = None
    left_at: int | None = None

    def finish(self) -> Person:
        name = self.last_name or self.card or next(iter(self.names), "")
        if not name and self.id.startswith("name:"):
            name = self.id.removeprefix("name:")
        return Person(
            self.id,
            name,
            tuple(self.names),
            tuple(self.ids) or (self.id,),
            bool(BOT_IDS & {self.id, *self.ids}),
            self.id.startswith("anon:"),
            self.listed,
            self.role,
            self.title,
            self.joined_at,
            self.left_at,
        )


class _People:
    """Member ids to indices, and what is known about each."""

    def __init__(self, alias: Mapping[str, str]) -> None:
        self._alias = alias
        self._index: dict[str, int] = {}
        self.drafts: list[_Draft] = []

    def index(self, member_id: str) -> int:
        """The index of the person behind a member id; a new person if need be."""
        person = self._alias.get(member_id, member_id)
        at = self._index.get(person)
        if at is None:
            at = self._index[person] = len(self.drafts)
            self.drafts.append(_Draft(person))
        self.drafts[at].ids.setdefault(member_id)
        return at

    def known(self, member_id: str) -> int:
        """The index of a person that is known, else -1."""
        return self._index.get(self._alias.get(member_id, member_id), -1)

    def by_name(self, name: str) -> str | None:
        """The one person's id who has borne a name."""
        found = [d.id for d in self.drafts if name in d.names or d.card == name]
        return found[0] if len(found) == 1 else None


def build(
    batches: Iterable[pa.RecordBatch],
    group: Group,
    members: Sequence[Member],
    *,
    zone: ZoneInfo,
    alias: Mapping[str, str] | None = None,
    roster: Sequence[RosterRow] | None = None,
    operator: Operator = UNTOLD,
) -> GroupView:
    """The view of one group from its final rows in time order.

    A list of members that holds nobody silent is taken for a list of speakers, which says nothing
    about the others, unless the group declares it complete.
    """
    people = _People(alias or {})
    columns = _Columns(people)
    for batch in batches:
        columns.add(batch)
    spoke = set(range(len(people.drafts)))
    for member in members:
        draft = people.drafts[people.index(member.member_id)]
        draft.listed = True
        _fill(draft, member.name, member.card, member.role, member.title, member.joined_at, member.left_at)
    listed_silent = any(d.listed for i, d in enumerate(people.drafts) if i not in spoke)
    events = columns.events()
    basis: MemberBasis = "events" if any(e.event in (Event.JOIN, Event.LEAVE) for e in events) else "senders"
    if roster is not None:
        _enlist(people, roster)
        basis = "roster"
    elif any(d.listed for d in people.drafts) and (group.complete_members or listed_silent):
        basis = "roster"
    if basis != "roster":
        for draft in people.drafts:
            draft.listed = False
    return columns.view(group, zone, basis, events, operator)


def _fill(draft: _Draft, name: str | None, card: str | None, *rest: Any) -> None:
    for known in (name, card):
        if known:
            draft.names.setdefault(known)
    draft.card = card or name or draft.card
    for key, value in zip(("role", "title", "joined_at", "left_at"), rest, strict=True):
        if value is not None:
            setattr(draft, key, value)


def _enlist(people: _People, roster: Sequence[RosterRow]) -> None:
    """Only the roster's people are members; a row without id is found by a name nobody shares."""
    for draft in people.drafts:
        draft.listed = False
    for row in roster:
        name = row.card or row.name
        id_ = row.member_id or (people.by_name(name) if name else None) or f"name:{name}"
        draft = people.drafts[people.index(id_)]
        draft.listed = True
        _fill(draft, row.name, row.card, row.role, row.title, row.joined_at, row.left_at)


class _Columns:
    """Rows of the log, collected batch by batch as numbers."""

    def __init__(self, people: _People) -> None:
        self._people = people
        self._at: list[NDArray[np.int64]] = []
        self._person: list[NDArray[np.int32]] = []
        self._kind: list[NDArray[np.int8]] = []
        self._arrow: dict[str, list[pa.Array]] = {name: [] for name in (*_LONG, "message_id", "reply_to")}
        self._recalled: list[NDArray[np.bool_]] = []
        self._mention_row: list[NDArray[np.int64]] = []
        self._mention_who: list[pa.Array] = []
        self._events: list[tuple[int, dict[str, Any]]] = []
        self._answers = False
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """The next rows in time order."""
        self._at.append(batch.column("sent_at").cast(pa.int64()).to_numpy())
        self._person.append(self._senders(batch))
        self._kind.append(_kinds(batch.column("kind")))
        for name, pieces in self._arrow.items():
            pieces.append(batch.column(name))
        self._recalled.append(_flags(batch.column("recalled")))
        mentions = batch.column("mentions")
        self._mention_row.append(pc.list_parent_indices(mentions).to_numpy().astype(np.int64) + self._rows)
        self._mention_who.append(mentions.flatten())
        for name in ("reply_to", "reply_quote"):
            self._answers |= batch.column(name).null_count < batch.num_rows
        happened = pc.is_valid(batch.column("event"))
        if pc.any(happened).as_py():
            rows = pc.indices_nonzero(happened).to_pylist()
            wanted = batch.select(["event", "event_actor", "event_target", "event_detail"])
            values = wanted.take(pa.array(rows)).to_pylist()
            self._events += [(self._rows + row, value) for row, value in zip(rows, values, strict=True)]
        self._rows += batch.num_rows

    def _senders(self, batch: pa.RecordBatch) -> NDArray[np.int32]:
        pairs = pc.binary_join_element_wise(
            batch.column("sender_id"), pc.fill_null(batch.column("sender_name"), ""), _SEPARATOR
        ).dictionary_encode()
        codes = pc.fill_null(pairs.indices, -1).to_numpy().astype(np.int64)
        last = np.zeros(len(pairs.dictionary) + 1, np.int64)
        last[codes] = np.arange(len(codes))
        table = np.full(len(pairs.dictionary) + 1, -1, np.int32)
        for code in np.argsort(last[:-1], kind="stable").tolist():
            id_, _, name = pairs.dictionary[code].as_py().partition(_SEPARATOR)
            index = self._people.index(id_)
            table[code] = index
            draft = self._people.drafts[index]
            if name.strip():
                draft.names.setdefault(name)
                draft.last_name = name
        return np.asarray(table[codes], np.int32)

    def events(self) -> list[EventRow]:
        """The events, with people instead of ids; who was only named becomes a person."""
        return [
            EventRow(
                row,
                Event(value["event"]),
                self._people.index(value["event_actor"]) if value["event_actor"] else -1,
                tuple(self._people.index(t) for t in value["event_target"] or ()),
                value["event_detail"],
            )
            for row, value in self._events
        ]

    def view(
        self,
        group: Group,
        zone: ZoneInfo,
        basis: MemberBasis,
        events: Sequence[EventRow],
        operator: Operator,
    ) -> GroupView:
        """The finished view."""
        people = [draft.finish() for draft in self._people.drafts]
        at, person, kind = (
            _joined(c, t) for c, t in ((self._at, np.int64), (self._person, np.int32), (self._kind, np.int8))
        )
        nobody = np.array([p.bot for p in people] + [True])
        ids = _chunked(self._arrow["message_id"], pa.string())
        who = _chunked(self._mention_who, pa.string())
        encoded = who.dictionary_encode()
        known = np.array([self._people.known(w) for w in encoded.dictionary.to_pylist()] + [-1], np.int32)
        mentioned = known[encoded.indices.to_numpy()] if len(who) else np.zeros(0, np.int32)
        rows = _joined(self._mention_row, np.int64)
        return GroupView(
            group=group,
            zone=zone,
            operator=operator,
            people=people,
            member_basis=basis,
            sent_at=at,
            local_ms=to_local(at, zone),
            person=person,
            kind=kind,
            human=~nobody[person] & _SPEECH[kind] if len(person) else np.zeros(0, np.bool_),
            reply_to=_reply_rows(_chunked(self._arrow["reply_to"], pa.string()), ids),
            mention_row=rows[mentioned >= 0],
            mention_person=mentioned[mentioned >= 0],
            recalled=_joined(self._recalled, np.bool_),
            message_id=ids,
            events=events,
            explicit_replies=self._answers,
            **{name: _long(self._arrow[name]) for name in _LONG},
        )


def _joined(pieces: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(pieces) if pieces else np.zeros(0, kind)


def _chunked(pieces: list[pa.Array], kind: pa.DataType) -> pa.Array:
    whole = pa.chunked_array(pieces, kind).combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _long(pieces: list[pa.Array]) -> pa.Array:
    whole = pa.chunked_array(pieces, pa.string())
    if whole.null_count == len(whole):
        return pa.nulls(len(whole), pa.large_string())
    return _chunked(whole.cast(pa.large_string()).chunks, pa.large_string())


def _kinds(column: pa.Array) -> NDArray[np.int8]:
    return np.asarray(pc.index_in(column, pa.array([str(k) for k in KINDS])), np.int8)


def _flags(column: pa.Array) -> NDArray[np.bool_]:
    """True where a column says so; what it does not say is no."""
    if column.null_count == len(column):
        return np.zeros(len(column), np.bool_)
    return np.asarray(pc.fill_null(column, False), np.bool_)


def _reply_rows(reply_to: pa.Array, ids: pa.Array) -> NDArray[np.int64]:
    if reply_to.null_count == len(reply_to):
        return np.full(len(reply_to), -1, np.int64)
    found = pc.index_in(reply_to, ids, skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1), np.int64)
