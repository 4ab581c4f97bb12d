"""OneBot 11's events, the same in JSON lines and in one array: from structs to message columns.

No container is known here: who reads lines or an array hands over events with their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cq.formats import _cq_code
from cq.formats._json_values import as_written, timed, whole
from cq.formats._onebot_event import Event, Segment, Sender, notice, person, poke_in, unwrapped
from cq.formats._qq_names import ANONYMOUS_ID, SYSTEM_IDS
from cq.formats._qq_segments import content_of, string
from cq.formats._source import Source
from cq.formats._sparse import Sparse
from cq.formats._system_text import SELF
from cq.formats._wechat_content import Content
from cq.model import Batch, Group, Member, MemberRole, Problem, record_batch

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 16_384
_ROLES: Mapping[str, MemberRole] = {"owner": "owner", "admin": "admin", "member": "member"}
_SKIPPED = {"meta_event": "meta_event", "request": "request"}
_SENT = ("message", "message_sent")
_NO_SENDER = Sender()

_Person = tuple[str | None, str | None, str | None]
"""Id, name and title of a sender."""


class _Rows:
    """The columns of a batch while it is made."""

    def __init__(self, rows: int) -> None:
        self.sparse = Sparse(rows)
        self.senders: list[str | None] = [None] * rows
        self.names: list[str | None] = [None] * rows
        self.titles: list[str | None] = [None] * rows
        self.own: list[bool | None] = [None] * rows
        self.kinds = ["text"] * rows
        self.texts: list[str | None] = [None] * rows
        self.native: list[str | None] = [None] * rows

    def put(self, i: int, content: Content) -> None:
        """A content; nobody has sent one that is an event."""
        self.kinds[i], self.texts[i] = content.kind.value, content.text
        self.sparse.put_content(i, content, self.senders[i], self.names[i], SELF)
        if content.event is not None:
            self.senders[i] = self.names[i] = self.titles[i] = self.own[i] = None


class Reader:
    """Who is known so far; turns events into batches."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.skipped: dict[str, int] = {}
        self._ids: dict[Any, str] = {}  # of groups, by what stands in the events
        self._groups: dict[str, Group] = {}
        self._people: dict[tuple[str, Any], tuple[Any, _Person]] = {}
        self._news: dict[str, Group] = {}
        self._members: dict[tuple[str, str], Member] = {}
        self._names: dict[tuple[str, str], str] = {}

    def batch(self, messages: pa.RecordBatch | None) -> Batch:
        """``messages`` with what has turned up since."""
        problems, self.problems = self.problems, []
        groups, self._news = list(self._news.values()), {}
        return Batch(messages, groups=groups, problems=problems)

    def last(self) -> Batch:
        """The last batch: people, counts and doubts."""
        found = self.batch(None)
        return Batch(
            groups=found.groups,
            problems=found.problems,
            members=list(self._members.values()),
            notices=self.source.notices(),
            skipped=self.skipped,
        )

    def skip(self, reason: str, count: int = 1) -> None:
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def messages(
        self, events: Sequence[Event], numbers: Sequence[int], line_of: Callable[[int], int] | None = None
    ) -> pa.RecordBatch | None:
        """The columns of what is a row among ``events``; ``numbers`` are their lines or positions."""
        label = self.source.label
        rows: list[Event] = []
        kept: list[int] = []
        for row, number in zip(events, numbers, strict=True):
            if row.post_type is None:
                row = unwrapped(row)
            kind = row.post_type
            if kind in _SENT or kind == "notice":
                rows.append(row)
                kept.append(number)
            elif isinstance(kind, str):
                self.skip(_SKIPPED.get(kind, "unknown_record"))
            else:
                where = line_of(number) if line_of else number
                self.problems.append(Problem("bad_row", f"{label}:{where}", "post_type"))
        times = [row.time for row in rows]
        kept_rows, places, stamps = timed(rows, kept, times, label, self.problems, line_of)
        return self._columns(kept_rows, places, stamps) if len(kept_rows) else None

    def _columns(
        self, rows: Sequence[Event], numbers: Sequence[int], stamps: Sequence[int]
    ) -> pa.RecordBatch | None:
        made = _Rows(len(rows))
        chats = [self._chat(row) for row in rows]
        gone = []
        for i, row in enumerate(rows):
            if row.post_type != "notice":
                self._message(i, row, chats[i].group_id, made)
            elif isinstance(found := notice(row), str):
                self.skip(found)
                gone.append(i)
            else:
                made.put(i, found)
        columns = {
            "platform": "qq",
            "group_id": [chat.group_id for chat in chats],
            "group_name": [chat.group_name for chat in chats],
            "sent_at": stamps,
            "sender_id": made.senders,
            "sender_name": made.names,
            "sender_title": made.titles,
            "kind": made.kinds,
            "text": made.texts,
            "is_self": made.own,
            "native_id": made.native,
            "origin_file": self.source.label,
            "origin_record": numbers,
            **made.sparse.columns,
        }
        return _without(record_batch(columns, len(rows)), gone)

    def _message(self, i: int, row: Event, chat: str, made: _Rows) -> None:
        sender, name, title = self._sender(row, chat)
        made.native[i] = as_written(row.message_id)
        made.senders[i], made.names[i], made.titles[i] = sender, name, title
        made.own[i] = _is_own(row, sender)
        if (text := _plain(row.message)) is not None:
            made.texts[i] = text
        else:
            made.put(i, self._content(i, row, chat, made.sparse))

    # -- messages ----------------------------------------------------------------------------------

    def _content(self, i: int, row: Event, chat: str, sparse: Sparse) -> Content:
        segments = _segments(row)
        if poke := poke_in(row, segments):
            return poke
        content = content_of(segments, lambda data: self._at(data, chat), lambda words: words)
        answered = next((data for kind, data in segments if kind == "reply"), None)
        if answered is not None:
            content.reply_to = as_written(answered.get("id")) or as_written(answered.get("message_id"))
        mentions = [who for kind, data in segments if kind == "at" and (who := _mentioned(data))]
        sparse.put("mentions", i, list(dict.fromkeys(mentions)) or None)
        return content

    def _at(self, data: Mapping[str, Any], chat: str) -> str:
        """How a mention reads: as QQ shows it, if the name is known."""
        name = string(data.get("name")).lstrip("@")
        who = as_written(data.get("qq")) or ""
        name = name or ("全体成员" if who == "all" else self._names.get((chat, who), who))
        return f"@{name}" if name else ""

    # -- people and chats --------------------------------------------------------------------------

    def _chat(self, row: Event) -> Group:
        raw = row.group_id if isinstance(row.group_id, int | str) else None
        id_ = self._ids.get(raw)
        if id_ is None:
            id_ = whole(person(raw))
            if id_ is None:
                return self._private(row)
            self._ids[raw] = id_
        found = self._groups.get(id_)
        if found is None or row.group_name not in (None, "", found.group_name):
            name = whole(string(row.group_name)) or (found.group_name if found else None)
            found = self._groups[id_] = self._news[id_] = Group(id_, name, "qq", "group")
        return found

    def _private(self, row: Event) -> Group:
        partner, name = person(row.user_id), None
        if partner == person(row.self_id):
            partner = person(row.target_id) or partner
        elif row.sender is not None:
            name = whole(string(row.sender.nickname)) or None
        id_ = whole(partner) or "0"
        key = f"private:{id_}"
        found = self._groups.get(key)
        if found is None or (name and found.group_name is None):
            found = self._groups[key] = self._news[key] = Group(id_, name, "qq", "private")
        return found

    def _sender(self, row: Event, chat: str) -> _Person:
        if isinstance(row.anonymous, dict) and (mask := _mask(row.anonymous)):
            return mask
        user = row.user_id if isinstance(row.user_id, int | str) else None
        sender = row.sender or _NO_SENDER
        shown = (sender.card, sender.nickname, sender.title, sender.role)
        known = self._people.get((chat, user))
        if known is not None and (known[0] == shown or row.sender is None):
            return known[1]
        found = self._learned(user, sender, chat, member=row.group_id is not None)
        self._people[chat, user] = shown, found
        return found

    def _learned(self, user: int | str | None, sender: Sender, chat: str, *, member: bool) -> _Person:
        id_ = whole(person(user))
        if id_ is None or id_ in SYSTEM_IDS:
            return None, None, None
        if id_ == ANONYMOUS_ID:
            id_ = f"anon:{id_}"
        card, nickname, title = (
            whole(string(value)) or None for value in (sender.card, sender.nickname, sender.title)
        )
        role = _ROLES.get(sender.role) if isinstance(sender.role, str) else None
        if member and (card or nickname or role):
            self._members[chat, id_] = Member(chat, id_, nickname, card, role, title)
        name = card or nickname
        if name:
            self._names[chat, id_] = name
        return id_, name, title


def _segments(row: Event) -> list[_cq_code.Segment]:
    """A message in either form; the string that comes with it stands in where it is missing."""
    message = row.message or row.raw_message
    if isinstance(message, Segment):
        message = (message,)
    if isinstance(message, tuple):
        return [(string(one.type), one.data if isinstance(one.data, dict) else {}) for one in message]
    return _cq_code.segments(string(message))


def _mask(anonymous: Mapping[str, Any]) -> _Person | None:
    """An anonymous member; None if this says nothing: some programs give it with every message."""
    name = whole(string(anonymous.get("name"))) or None
    id_ = person(anonymous.get("id")) or string(anonymous.get("flag")) or name
    return (whole(f"anon:{id_}"), name, None) if id_ else None


def _plain(message: Any) -> str | None:
    """The words of a message that is nothing else, as most are; None if it takes a closer look."""
    if isinstance(message, tuple) and len(message) == 1 and message[0].type == "text":
        text = message[0].data.get("text") if isinstance(message[0].data, dict) else None
        return text if isinstance(text, str) and text and text.isprintable() else None
    if isinstance(message, str) and "[" not in message and "&" not in message and message.isprintable():
        return message or None
    return None


def _mentioned(data: Mapping[str, Any]) -> str | None:
    who = whole(as_written(data.get("qq")))
    return "@all" if who == "all" else who if who not in (None, "", "0") else None


def _is_own(row: Event, sender: str | None) -> bool | None:
    if row.post_type == "message_sent":
        return True
    if sender is None or row.self_id in (None, 0, "", "0"):
        return None
    return sender == (row.self_id if isinstance(row.self_id, str) else str(row.self_id))


def _without(batch: pa.RecordBatch, gone: list[int]) -> pa.RecordBatch | None:
    if not gone:
        return batch
    import numpy as np
    import pyarrow as pa

    kept = np.ones(batch.num_rows, np.bool_)
    kept[gone] = False
    return batch.filter(pa.array(kept)) if kept.any() else None
