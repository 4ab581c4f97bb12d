"""OneBot 11's events, the same in JSON lines and in one array: from structs to message columns.

No container is known here: who reads lines or an array hands over events with their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cq.formats import _cq_code
from cq.formats._cq_code import Segment
from cq.formats._json_values import as_written, timed, whole
from cq.formats._onebot_event import Event, notice, person, poke_in, unwrapped
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


class Reader:
    """Who is known so far; turns events into batches."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.skipped: dict[str, int] = {}
        self._groups: dict[str, Group] = {}
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
        sparse = Sparse(len(rows))
        chats = [self._chat(row) for row in rows]
        senders: list[str | None] = [None] * len(rows)
        names: list[str | None] = [None] * len(rows)
        titles: list[str | None] = [None] * len(rows)
        own: list[bool | None] = [None] * len(rows)
        kinds, texts = ["text"] * len(rows), [None] * len(rows)
        native: list[str | None] = [None] * len(rows)
        gone: list[int] = []
        for i, row in enumerate(rows):
            if row.post_type == "notice":
                found = notice(row)
                if isinstance(found, str):
                    self.skip(found)
                    gone.append(i)
                    continue
                self._put(i, found, None, sparse, kinds, texts)
                continue
            native[i] = as_written(row.message_id)
            senders[i], names[i], titles[i] = self._sender(row, chats[i].group_id)
            own[i] = _is_own(row, senders[i])
            text = row.message
            if isinstance(text, str) and "[" not in text and "&" not in text and text.isprintable() and text:
                texts[i] = text
                continue
            content = self._content(i, row, chats[i].group_id, sparse)
            self._put(i, content, senders[i], sparse, kinds, texts)
            if content.event is not None:
                senders[i] = names[i] = titles[i] = own[i] = None
        columns = {
            "platform": "qq",
            "group_id": [chat.group_id for chat in chats],
            "group_name": [chat.group_name for chat in chats],
            "sent_at": stamps,
            "sender_id": senders,
            "sender_name": names,
            "sender_title": titles,
            "kind": kinds,
            "text": texts,
            "is_self": own,
            "native_id": native,
            "origin_file": self.source.label,
            "origin_record": numbers,
            **sparse.columns,
        }
        return _without(record_batch(columns, len(rows)), gone)

    def _put(
        self, i: int, content: Content, sender: str | None, sparse: Sparse, kinds: list[str], texts: list[Any]
    ) -> None:
        kinds[i], texts[i] = content.kind.value, content.text
        sparse.put_content(i, content, sender, None, SELF)

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
        id_ = person(row.group_id)
        if id_ is not None:
            found = self._groups.get(id_)
            name = string(row.group_name) or None
            if found is None or (name and name != found.group_name):
                found = self._groups[id_] = self._news[id_] = Group(
                    whole(id_) or "", whole(name) or (found.group_name if found else None), "qq", "group"
                )
            return found
        partner = person(row.user_id)
        if partner == person(row.self_id):
            partner = person(row.target_id) or partner
        id_ = partner or "0"
        name = None
        if row.post_type == "message" and row.sender is not None and partner == person(row.user_id):
            name = string(row.sender.nickname) or None
        key = f"private:{id_}"
        found = self._groups.get(key)
        if found is None or (name and found.group_name is None):
            found = self._groups[key] = self._news[key] = Group(whole(id_) or "", whole(name), "qq", "private")
        return found

    def _sender(self, row: Event, chat: str) -> tuple[str | None, str | None, str | None]:
        if isinstance(row.anonymous, dict):
            name = whole(string(row.anonymous.get("name"))) or None
            id_ = person(row.anonymous.get("id")) or string(row.anonymous.get("flag")) or name or ANONYMOUS_ID
            return whole(f"anon:{id_}"), name, None
        id_ = whole(person(row.user_id))
        sender = row.sender
        if id_ is None or id_ in SYSTEM_IDS:
            return None, None, None
        if id_ == ANONYMOUS_ID:
            id_ = f"anon:{id_}"
        if sender is None:
            return id_, self._names.get((chat, id_)), None
        card, nickname = whole(string(sender.card)) or None, whole(string(sender.nickname)) or None
        title = whole(string(sender.title)) or None
        role = _ROLES.get(sender.role) if isinstance(sender.role, str) else None
        known = self._members.get((chat, id_))
        if row.group_id is not None and (
            known is None or (known.name, known.card, known.role, known.title) != (nickname, card, role, title)
        ):
            self._members[chat, id_] = Member(chat, id_, nickname, card, role, title)
        name = card or nickname
        if name:
            self._names[chat, id_] = name
        return id_, name, title


def _segments(row: Event) -> list[Segment]:
    """A message in either form; the string that comes with it stands in where it is missing."""
    message = row.message if row.message not in (None, "", []) else row.raw_message
    if isinstance(message, dict):
        message = [message]
    if isinstance(message, list):
        return [
            (string(one.get("type")), one["data"] if isinstance(one.get("data"), dict) else {})
            for one in message
            if isinstance(one, dict)
        ]
    return _cq_code.segments(string(message))


def _mentioned(data: Mapping[str, Any]) -> str | None:
    who = whole(as_written(data.get("qq")))
    return "@all" if who == "all" else who if who not in (None, "", "0") else None


def _is_own(row: Event, sender: str | None) -> bool | None:
    if row.post_type == "message_sent":
        return True
    me = person(row.self_id)
    return None if me is None or sender is None else sender == me


def _without(batch: pa.RecordBatch, gone: list[int]) -> pa.RecordBatch | None:
    if not gone:
        return batch
    import numpy as np
    import pyarrow as pa

    kept = np.ones(batch.num_rows, np.bool_)
    kept[gone] = False
    return batch.filter(pa.array(kept)) if kept.any() else None
