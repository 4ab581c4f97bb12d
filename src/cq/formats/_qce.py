"""QCE's records, the same in its JSON and its JSON lines: from structs to message columns.

What one record says is :mod:`_qce_message`'s business. No container is known here: who reads a
document or chunks hands over records with their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from cq.formats import ReadOptions
from cq.formats._json_values import as_written, identifier_column, timed, whole
from cq.formats._qce_chat import Chat
from cq.formats._qce_doubts import ExportTimes, Met
from cq.formats._qce_message import (
    Segments,
    event,
    is_event,
    is_plain,
    reply_of,
    segments_of,
    spoken,
)
from cq.formats._qce_record import Message, Sender
from cq.formats._qq_names import ANONYMOUS_ID, SYSTEM_IDS
from cq.formats._qq_segments import string
from cq.formats._source import Source
from cq.formats._sparse import Sparse
from cq.formats._system_text import SELF
from cq.formats._wall_clock import instant
from cq.model import Batch, Member, Problem, record_batch

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 8_192
"""Records put into one batch: they hold ten times what other formats' do."""

_NOBODY = frozenset({"", "0", "未知", "系统消息", "系统", "system", "null"})
_CLIENT = frozenset({"系统消息", "系统", "system"})
"""What the client is called where it speaks itself, whatever else a record names."""
_NO_NAME = frozenset({"", "0", "未知", "系统消息", "null"})
_ROLES = {"owner": "owner", "admin": "admin", "member": "member", "群主": "owner", "管理员": "admin"}
_ALL = frozenset({"all", "全体成员", "所有人"})

_Person = tuple[str | None, str | None, str | None]
"""Id, name and title of a sender."""
_NO_PERSON: _Person = (None, None, None)


class Reader:
    """What is known so far of one export; turns records into the pieces of batches."""

    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.source = source
        self.headers = 0
        self.notices: list[Problem] = []
        self.problems: list[Problem] = []
        self.chat = Chat(source)
        self.times = ExportTimes(source, options)
        self._people: dict[tuple[Any, ...], _Person] = {}
        self._uins: dict[str, str] = {}  # uid → sender id
        self._names: dict[str, str] = {}
        self._members: dict[str, Member] = {}
        self._met = Met()
        self._rounded: list[str] = []

    # -- batches -----------------------------------------------------------------------------------

    def batch(self, messages: pa.RecordBatch | None) -> Batch:
        """``messages`` with what has turned up since."""
        problems, self.problems = self.problems, []
        return Batch(messages, groups=self.chat.news(), problems=problems)

    def last(self, messages: pa.RecordBatch | None = None) -> Batch:
        """The last batch: people, counts and doubts."""
        if self._rounded:
            self.notices.append(Problem("rounded_id", self._rounded[0], str(len(self._rounded))))
        if found := self.times.doubtful():
            self.notices.append(Problem("time_of_export", self.source.label, str(found)))
        batch = self.batch(messages)
        members = [msgspec.structs.replace(m, group_id=self.chat.group_id) for m in self._members.values()]
        return replace(batch, members=members, notices=self.notices, headers=self.headers)

    # -- messages ----------------------------------------------------------------------------------

    def messages(
        self,
        rows: Sequence[Message],
        numbers: Sequence[int],
        label: str,
        line_of: Callable[[int], int] | None = None,
    ) -> pa.RecordBatch | None:
        """The columns of ``rows``; ``numbers`` are their lines or positions. None if no row is left."""
        return self.columns(*self.timed(rows, numbers, label, line_of), label, line_of)

    def timed(
        self,
        rows: Sequence[Message],
        numbers: Sequence[int],
        label: str,
        line_of: Callable[[int], int] | None = None,
    ) -> tuple[Sequence[Message], Sequence[int], Any]:
        """Those of ``rows`` that have a time, with it."""
        times = [row.timestamp for row in rows]
        if not set(map(type, times)) <= {int}:
            times = [_from_iso(value) for value in times]
        return timed(rows, numbers, times, label, self.problems, line_of)

    def columns(
        self,
        rows: Sequence[Message],
        numbers: Sequence[int],
        stamps: Any,
        label: str | Sequence[str],
        line_of: Callable[[int], int] | None = None,
    ) -> pa.RecordBatch | None:
        """The columns of rows that have times; ``label`` may be one for each. None if there is no row."""
        if not rows:
            return None
        self.chat.look_into(rows)
        native = self._ids(rows, numbers, label, line_of)
        self.times.look_at(rows, stamps)
        self._met.add(native, stamps)
        columns = {
            "platform": "qq",
            "group_id": self.chat.group.group_id,
            "group_name": self.chat.group.group_name,
            "sent_at": stamps,
            "recalled": [_flag(row.isRecalled if row.recalled is None else row.recalled) for row in rows],
            "native_id": native,
            "origin_file": label,
            "origin_record": numbers,
        }
        return record_batch(columns | self._said(rows), len(rows))

    def _ids(
        self,
        rows: Sequence[Message],
        numbers: Sequence[int],
        label: str | Sequence[str],
        line_of: Callable[[int], int] | None,
    ) -> pa.Array:
        native, lost = identifier_column([row.messageId if row.id is None else row.id for row in rows])
        if lost:
            first = line_of if not self._rounded else None  # only the first is shown
            where = first(numbers[lost[0]]) if first else numbers[lost[0]]
            file = label if isinstance(label, str) else label[lost[0]]
            self._rounded += [f"{file}:{where}"] * len(lost)
        return native

    def _said(self, rows: Sequence[Message]) -> dict[str, Any]:
        """Who has said what: the columns that come out of senders and contents."""
        people = [self._person(row) for row in rows]
        senders: list[str | None] = [person[0] for person in people]
        names: list[str | None] = [person[1] or self._names.get(person[0] or "") for person in people]
        titles: list[str | None] = [person[2] for person in people]
        sparse = Sparse(len(rows))
        me = self._me() or (f"uid:{self.chat.my_uid}" if self.chat.my_uid else None)
        own: list[bool | None] = [None if me is None or s is None else s == me for s in senders]
        kinds = ["text"] * len(rows)
        texts = [row.content.text if row.content else None for row in rows]
        for i, row in enumerate(rows):
            if senders[i] is None or not is_plain(row):
                kinds[i], texts[i] = self._content(i, row, senders, names, sparse)
                if senders[i] is None:
                    names[i] = titles[i] = own[i] = None
        self.chat.meet(senders)
        return {
            "sender_id": senders,
            "sender_name": names,
            "sender_title": titles,
            "kind": kinds,
            "text": texts,
            "is_self": own,
            **sparse.columns,
        }

    def _content(
        self,
        i: int,
        row: Message,
        senders: list[str | None],
        names: list[str | None],
        sparse: Sparse,
    ) -> tuple[str, str | None]:
        """Kind and text of a row that is more than words; ``sparse`` and ``senders`` get the rest."""
        segments = segments_of(row)
        if senders[i] is None or is_event(row, segments):
            content = event(row, segments, self._id_of)
            sparse.put_content(i, content, senders[i], names[i], self._me() or SELF)
            senders[i] = None
            return content.kind.value, content.text
        reply = reply_of(row, segments)
        content = spoken(row, segments, reply, self._shown)
        if reply is not None:
            sender = self._id_of(reply.sender) if reply.sender else None
            content.reply_to = self._met.reference(reply.id, reply.at, sender)
            content.reply_quote = reply.quote
        sparse.put_content(i, content, senders[i], names[i], SELF)
        sparse.put("mentions", i, self._mentions(row, segments) or None)
        return content.kind.value, content.text

    # -- people ------------------------------------------------------------------------------------

    def _person(self, row: Message) -> _Person:
        sender = row.sender
        if sender is None:
            return _NO_PERSON
        key = (sender.uin, sender.uid, sender.groupCard, sender.name, sender.nickname, sender.title)
        try:
            found = self._people.get(key)
        except TypeError:  # a list or an object, which no table holds
            return self._learned(sender, row)
        if found is None or (found[1] is None and row.rawMessage is not None):
            found = self._people[key] = self._learned(sender, row)
        return found

    def _learned(self, sender: Sender, row: Message) -> _Person:
        id_, uid = _sender_id(sender), string(sender.uid)
        if id_ is not None and uid not in _NOBODY:
            self._uins[uid] = id_
        raw = row.rawMessage
        cards = [sender.groupCard, sender.name, sender.nickname]
        cards += [raw.sendMemberName, raw.sendNickName] if raw else []
        shown = [whole(string(one)) or "" for one in cards]
        missing = _NO_NAME | {id_, string(sender.uin)}
        name = next((one for one in shown if one not in missing), None)
        if id_ is None:
            nobody = not name or not _CLIENT.isdisjoint((name, string(sender.name)))
            nobody = nobody or not SYSTEM_IDS.isdisjoint(map(string, (sender.uin, uid)))
            return _NO_PERSON if nobody else (f"name:{name}", name, None)
        if name:
            self._names[id_] = name
        nickname = whole(string(sender.nickname)) or None
        card = whole(string(sender.groupCard)) or None
        role, title = _ROLES.get(string(sender.role)), whole(string(sender.title)) or None
        if nickname or card or role or title:
            self._members[id_] = Member("", id_, nickname or name, card, role, title)  # type: ignore[arg-type]
        return id_, name, title

    def _me(self) -> str | None:
        return self.chat.me or self._uins.get(self.chat.my_uid or "")

    def _id_of(self, raw: str) -> str:
        """The sender id for a number or a uid."""
        if raw.isdecimal():
            return f"anon:{raw}" if raw == ANONYMOUS_ID else raw
        return self._uins.get(raw) or (self.chat.me if raw == self.chat.my_uid else None) or f"uid:{raw}"

    def _shown(self, at: Mapping[str, Any]) -> str:
        """How a mention reads."""
        uid, uin, name = (string(at.get(key)) for key in ("uid", "uin", "name"))
        return name or ("全体成员" if uid in _ALL else uin)

    def _mentions(self, row: Message, segments: Segments) -> list[str]:
        """Who is mentioned, by the elements and by ``content.mentions``: each may lack some."""
        listed = row.content.mentions if row.content else None
        ats = [data for kind, data in segments if kind == "at"]
        if not ats and not listed:
            return []
        found = [self._mentioned(data) for data in ats]
        named = {f"name:{_bare(data)}" for data, who in zip(ats, found, strict=True) if who}
        for one in listed or ():
            who = self._mentioned(one) if isinstance(one, dict) else None
            if who not in named:
                found.append(who)
        return list(dict.fromkeys(who for who in found if who))

    def _mentioned(self, data: Mapping[str, Any]) -> str | None:
        uid, uin = string(data.get("uid")), string(data.get("uin"))
        if data.get("type") == "all" or data.get("atType") == 1 or not _ALL.isdisjoint((uid, uin)):
            return "@all"
        if uin not in _NOBODY:
            if uid.startswith("u_"):
                self._uins.setdefault(uid, uin)
            return self._id_of(uin)
        if uid not in _NOBODY:
            return self._id_of(uid)
        bare = _bare(data)
        return "@all" if bare in _ALL else f"name:{bare}" if bare else None


def _sender_id(sender: Sender) -> str | None:
    uin, uid = as_written(sender.uin) or "", as_written(sender.uid) or ""
    if uin in SYSTEM_IDS or uid in SYSTEM_IDS:
        return None
    if uin not in _NOBODY:
        return f"anon:{uin}" if uin == ANONYMOUS_ID else whole(uin)
    if uid in _NOBODY:
        return None
    return whole(uid) if uid.isdecimal() else f"uid:{whole(uid)}"


def _from_iso(value: Any) -> Any:
    """Shape B's times are texts in UTC."""
    if isinstance(value, str) and "T" in value[:11] and len(value) < 40:
        zoned = value.endswith("Z") or "+" in value or "-" in value[11:]
        return instant(value if zoned else f"{value}Z") or value
    return value


def _bare(at: Mapping[str, Any]) -> str:
    """The name in a mention, without its ``@``."""
    return string(at.get("name")).lstrip("@").rstrip("\u2005 ")


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
