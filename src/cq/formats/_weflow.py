"""The document ``{session, messages, …}`` that WeFlow (detailed and Arkme) and EchoTrace write.

What stands in a content (:mod:`_wechat_content`), the walk over the file and damage in it
(:mod:`_json`) are not known here, and what sets the three formats apart is theirs to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from cq.formats._json import MAX_ROWS, Items, Key, walk_ordered
from cq.formats._json_places import Lines
from cq.formats._json_values import as_written, identifier_column, identifiers, strings, timed, whole
from cq.formats._source import Source
from cq.formats._sparse import Sparse
from cq.formats._system_text import SELF
from cq.formats._wechat_content import tidy
from cq.formats._wechat_names import chat_kind, is_nobody, is_room
from cq.formats._weflow_message import Message, content_of_row, is_own, kind_by_type, mentioned, special
from cq.model import NON_SPEECH, Batch, Group, Kind, Member, Problem, record_batch, surrogate_group_id


class _Person(msgspec.Struct, gc=False):
    senderID: Any = None
    wxid: Any = None
    username: Any = None
    displayName: Any = None
    nickname: Any = None
    groupNickname: Any = None


_OWN = re.compile(r"(wxid_[0-9a-z]+)_[0-9a-f]{4}")
"""The folder of an account, which stands for the owner's id in some rows."""


def read_document(source: Source, *, ids: bool, table: bool = False) -> Iterator[Batch]:
    """The batches of a WeFlow or EchoTrace document.

    ``ids``: its message ids are WeChat's own. ``table``: the senders stand in a table of their own.
    """
    reader = _Reader(source, ids, table)
    arrays = {"messages": Message, "senders": _Person, "groupMembers": _Person}
    keys = {"weflow", "session"}
    first = {"session", "senders"} if table else {"session"}
    yield from reader.batches(walk_ordered(source.blocks, source.label, arrays, keys, "messages", first))


class _Reader:
    def __init__(self, source: Source, ids: bool, table: bool) -> None:
        self._source = source
        self._ids = ids
        self._table = table
        self._session: dict[str, Any] = {}
        self._group: Group | None = None
        self._senders: dict[str, tuple[str | None, str | None]] = {}
        self._members: list[Member] = []
        self._member_records = 0
        self._headers = 0
        self._skipped: dict[str, int] = {}
        self._problems: list[Problem] = []
        self._notices: list[Problem] = []
        self._rounded: list[str] = []
        self._unknown: list[str] = []
        again = Source(source.label, source.open, source.size)
        self._line_of = Lines(again.blocks, {"messages": Message}, "messages")
        self._known: set[str | None] = set()  # ids of senders and members, as exported
        self._me: str | None = None
        self._sought_me = False

    def batches(self, parts: Iterator[Any]) -> Iterator[Batch]:
        rows: list[Message] = []
        numbers: list[int] = []
        seen = 0
        for part in parts:
            match part:
                case Problem():
                    self._problems.append(part)
                case Key(name, value):
                    self._headers = 1
                    if name == "session" and isinstance(value, dict):
                        self._session = value
                case Items("messages", first, values):
                    seen = first + len(values) - 1
                    rows += values
                    numbers += range(first, first + len(values))
                    while len(rows) >= MAX_ROWS:
                        yield self._batch(rows[:MAX_ROWS], numbers[:MAX_ROWS])
                        del rows[:MAX_ROWS], numbers[:MAX_ROWS]
                case Items("senders", _, values):
                    self._member_records += len(values)
                    self._learn_senders(values)
                case Items(_, _, values):
                    self._learn_members(values)
        stated, _ = identifiers([self._session.get("messageCount")])
        if stated[0] is not None and stated[0] != str(seen):
            detail = f"messageCount={stated[0]} messages={seen}"
            self._notices.append(Problem("count_mismatch", self._source.label, detail))
        yield self._batch(rows, numbers, last=True)

    def _batch(self, rows: list[Message], numbers: list[int], *, last: bool = False) -> Batch:
        groups = () if self._group else (self._found_group(),)
        messages = self._messages(rows, numbers) if rows else None
        problems, self._problems = self._problems, []
        if not last:
            return Batch(messages, groups=groups, problems=problems)
        if self._rounded:
            self._notices.append(Problem("rounded_id", self._rounded[0], str(len(self._rounded))))
        if self._unknown:
            self._notices.append(Problem("unknown_sender", self._unknown[0], str(len(self._unknown))))
        return Batch(
            messages,
            groups=groups,
            members=self._members,
            problems=problems,
            notices=(*self._notices, *self._source.notices()),
            headers=self._headers,
            member_records=self._member_records,
            skipped=self._skipped,
        )

    def _found_group(self) -> Group:
        session = self._session
        ids, _ = identifiers([session.get("wxid")])
        names = strings([session.get(key) for key in ("displayName", "nickname")])
        room, name = whole(ids[0]), whole(next(filter(None, names), None))
        kind = chat_kind(session.get("type"), room)
        self._group = Group(room or surrogate_group_id(name), name, "wechat", kind)
        self._members = [msgspec.structs.replace(m, group_id=self._group.group_id) for m in self._members]
        return self._group

    def _learn_senders(self, people: list[_Person]) -> None:
        keys = [_table_key(p.senderID) for p in people]
        wxids, _ = identifiers([p.wxid for p in people])
        names = strings([p.groupNickname or p.displayName or p.nickname for p in people])
        self._senders.update(zip(keys, zip(wxids, names, strict=True), strict=True))

    def _learn_members(self, people: list[_Person]) -> None:
        wxids, _ = identifiers([p.wxid or p.username for p in people])
        names = strings([p.nickname or p.displayName or None for p in people])
        cards = strings([p.groupNickname or None for p in people])
        self._known.update(wxids)
        group_id = self._group.group_id if self._group else ""
        for wxid, name, card in zip(wxids, names, cards, strict=True):
            if wxid is None or is_room(wxid):
                self._skipped["not_a_member"] = self._skipped.get("not_a_member", 0) + 1
            else:
                self._member_records += 1
                self._members.append(Member(group_id, whole(wxid) or "", whole(name), whole(card)))

    # -- messages --------------------------------------------------------------------------------

    def _messages(self, rows: Sequence[Message], numbers: Sequence[int]) -> Any:
        times = [row.createTime for row in rows]
        label = self._source.label
        rows, numbers, stamps = timed(rows, numbers, times, label, self._problems, self._line_of)
        if not rows:
            return None
        assert self._group is not None
        own = [is_own(row) for row in rows]
        people, names = self._people(rows, own)
        texts = strings([row.content for row in rows])
        sparse = Sparse(len(rows))
        kinds, quiet = self._contents(rows, people, names, texts, sparse)
        senders = self._sent_by(people, names, own, quiet)
        for i in quiet:
            own[i] = None
        if self._table:
            unknown = (i for i, sender in enumerate(senders) if sender is None and i not in quiet)
            lost = [i for i in unknown if _table_key(rows[i].senderID) not in self._senders]
            self._note(self._unknown, lost, numbers)
        nobodies = set(filter(is_nobody, set(names)))
        if self._ids:
            native = self._ids_of([row.platformMessageId for row in rows], numbers)
            sparse.put_column("native_id", native)
            replies = self._ids_of([row.replyToMessageId or row.quotedSvrid for row in rows], numbers)
            sparse.put_column("reply_to", replies)
        for i, row in enumerate(rows):
            if row.source and i not in quiet:
                sparse.put("mentions", i, mentioned(row.source))
        return record_batch(
            {
                "platform": "wechat",
                "group_id": self._group.group_id,
                "group_name": self._group.group_name,
                "sent_at": stamps,
                "sender_id": senders,
                "sender_name": [
                    None if sender is None or name in nobodies else name
                    for sender, name in zip(senders, names, strict=True)
                ],
                "kind": kinds,
                "text": texts,
                "is_self": own,
                "origin_file": self._source.label,
                "origin_record": numbers,
                **sparse.columns,
            },
            len(rows),
        )

    def _ids_of(self, values: list[Any], numbers: Sequence[int]) -> Any:
        ids, lost = identifier_column(values)
        self._note(self._rounded, lost, numbers)
        return ids

    def _note(self, places: list[str], rows: Sequence[int], numbers: Sequence[int]) -> None:
        """Where doubtful rows are; only the first is shown, so only its line is looked up."""
        for i in rows:
            where = numbers[i] if places else self._line_of(numbers[i])
            places.append(f"{self._source.label}:{where}")

    def _people(
        self, rows: Sequence[Message], own: list[bool | None]
    ) -> tuple[list[str | None], list[str | None]]:
        """Id and name of each row's sender as the export has them; learns the owner's id."""
        if self._table:
            nobody = (None, None)
            pairs = [self._senders.get(_table_key(row.senderID), nobody) for row in rows]
            people, names = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        else:
            people, _ = identifiers([row.senderUsername for row in rows])
            names = strings([row.senderDisplayName or None for row in rows])
        self._known.update(people)
        for i in (i for i, mine in enumerate(own) if mine):
            person = people[i]
            if person and not is_room(person):
                whole = _OWN.fullmatch(person)
                people[i] = self._me = whole[1] if whole else person
        return people, names

    def _sent_by(
        self,
        people: list[str | None],
        names: list[str | None],
        own: list[bool | None],
        quiet: Collection[int],
    ) -> list[str | None]:
        """The sender of each row; nobody has sent the ``quiet`` ones."""
        persons = {person for person in set(people) if person and not is_room(person)}
        senders = [person if person in persons else None for person in people]
        for i in (i for i, sender in enumerate(senders) if sender is None):
            if own[i] and i not in quiet:
                senders[i] = self._owner()
            elif not people[i] and not is_nobody(names[i]):
                senders[i] = f"name:{names[i]}"
        for i in quiet:
            senders[i] = None
        return senders

    def _owner(self) -> str:
        """The owner's id, for 你 in system rows. Looked for ahead if no own message has come yet."""
        if self._me is None and not self._sought_me:
            self._sought_me = True
            ahead = _Reader(self._source, self._ids, self._table)
            arrays = {"messages": Message, "senders": _Person}
            first = {"senders"} if self._table else set()
            blocks = Source(self._source.label, self._source.open, self._source.size).blocks
            for part in walk_ordered(blocks, "", arrays, (), "messages", first):
                match part:
                    case Items("senders", _, people):
                        ahead._learn_senders(people)
                    case Items(_, _, rows):
                        own = [row for row in rows if is_own(row)]
                        ahead._people(own, [True] * len(own))
                if ahead._me:
                    break
            self._me = ahead._me
        return self._me or SELF

    def _contents(
        self,
        rows: Sequence[Message],
        people: list[str | None],
        names: list[str | None],
        texts: list[str | None],
        sparse: Sparse,
    ) -> tuple[list[Kind], set[int]]:
        """The kind of each row, and the rows that nobody has sent.

        ``texts`` and ``sparse`` get what the contents say.
        """
        kinds = [kind_by_type(row) for row in rows]
        quiet = set()
        for i in special(rows, texts):
            text, person = texts[i], people[i]
            content = content_of_row(rows[i], kinds[i], tidy(text, self._known) if text else None)
            kinds[i], texts[i] = content.kind, content.text
            said = content.event
            about_me = said is not None and SELF in (said.actor, *said.targets)
            sender = person if person and not is_room(person) else None
            sparse.put_content(i, content, sender, names[i], self._owner() if about_me else SELF)
            if content.kind in NON_SPEECH:
                quiet.add(i)
        return kinds, quiet


def _table_key(value: Any) -> str:
    """A ``senderID`` as written; unlike other ids it may be 0."""
    return value if isinstance(value, str) else as_written(value) or ""
