"""Chats found in the logs of bots: from what single log lines say to message columns.

How each bot writes a line, its format knows (:mod:`_bot_log_gocq`, :mod:`_bot_log_napcat`). A log holds
many chats, whose messages stay in the order of the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from cq.formats._qq_names import ANONYMOUS_ID
from cq.formats._qq_segments import content_of, string
from cq.formats._source import Source
from cq.formats._sparse import Sparse
from cq.formats._system_text import SELF
from cq.formats._wechat_content import Content
from cq.model import Batch, Group, Problem, record_batch, strings

Segment = tuple[str, dict[str, Any]]

_MAX_ROWS = 65_536
_REMEMBERED = 100_000
_ID = re.compile(r"\((\d{5,12})\)")
_ROOM_OF_ID = len("(123456789012)")


def person(number: str) -> str:
    """The member id of a QQ number."""
    return f"anon:{number}" if number == ANONYMOUS_ID else number


class Named(NamedTuple):
    """A name with its number, and where the text goes on behind both."""

    name: str
    id: str
    end: int


class Sender(NamedTuple):
    """Who writes where; nobody, where something happens."""

    chat: Group
    id: str | None = None
    name: str | None = None


class More(NamedTuple):
    """What a row is beyond its text.

    ``segments``: the message in parts; ``content``: what happened. ``cut``: the log shows only its beginning.
    """

    segments: Sequence[Segment] = ()
    content: Content | None = None
    quote: str | None = None
    cut: bool = False


class Rows:
    """Lines that are rows, as columns: no object for a plain message."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.times: list[Any] = []
        self.senders: list[Sender] = []
        self.texts: list[str] = []
        self.own: list[bool | None] = []
        self.native: list[str | None] = []
        self.more: dict[int, More] = {}

    def __len__(self) -> int:
        return len(self.lines)

    def add(
        self,
        line: int,
        time: Any,
        sender: Sender,
        text: str = "",
        own: bool | None = None,
        native: str | None = None,
        more: More | None = None,
    ) -> None:
        if more is not None:
            self.more[len(self.lines)] = more
        self.lines.append(line)
        self.times.append(time)
        self.senders.append(sender)
        self.texts.append(text)
        self.own.append(own)
        self.native.append(native)


def named(text: str, start: int, until: str) -> Named | None:
    """``NAME(12345)`` from ``start`` on, up to ``until`` behind the number: the first such place.

    Names may hold parentheses and the words of ``until``, so a number has to stand right before it.
    """
    at = text.find(until, start)
    while at >= 0:
        begin = max(start, at - _ROOM_OF_ID)
        id_ = _ID.fullmatch(text, text.rfind("(", begin, at), at) if "(" in text[begin:at] else None
        if id_:
            return Named(text[start : id_.start()], id_[1], at + len(until))
        at = text.find(until, at + 1)
    return None


class Log:
    """The rows of one log, and what was not used of it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.skipped: dict[str, int] = {}
        self.known: dict[str, Sender] = {}
        self._groups: dict[str, Group] = {}
        self._new: dict[str, Group] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._cut = 0
        self._first_cut = 0

    def problem(self, code: str, line: int, detail: str) -> None:
        self.problems.append(Problem(code, f"{self.source.label}:{line}", detail[:80]))

    def skip(self, reason: str, count: int = 1) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    def remember(self, prefix: str, sender: Sender) -> None:
        """What lines that begin so say of their sender."""
        if len(self.known) < _REMEMBERED:
            self.known[prefix] = sender

    def batches(self, rows: Rows, stamps: Any, sound: Any = None) -> Iterator[Batch]:
        """The rows (those that are ``sound``) as batches, with the problems so far."""
        if not len(rows):
            return
        batch = record_batch(self._columns(rows) | {"sent_at": stamps}, len(rows))
        if sound is not None and not sound.all():
            batch = batch.filter(pa.array(sound))
        for first in range(0, batch.num_rows, _MAX_ROWS):
            part = batch.slice(first, _MAX_ROWS)
            problems, self.problems = self.problems, []
            yield Batch(part, groups=self._news(), problems=problems)

    def _news(self) -> list[Group]:
        groups, self._new = list(self._new.values()), {}
        return groups

    def last(self, notices: Sequence[Problem], empty: bool) -> Batch:
        """The last batch. ``empty``: there was no row."""
        found = [*notices, *self.source.notices()]
        if self._cut:
            where = f"{self.source.label}:{self._first_cut}"
            found.append(Problem("text_cut_off", where, str(self._cut)))
        if empty:
            self.problems.append(Problem("no_records", f"{self.source.label}:1"))
        return Batch(groups=self._news(), problems=self.problems, notices=found, skipped=self.skipped)

    def chat(self, id_: str, name: str | None, *, private: bool = False) -> Group:
        """The group (or friend) of that number."""
        key = f"private:{id_}" if private else id_
        found = self._groups.get(key)
        if found is None or (name and found.group_name != name):
            found = self._groups[key] = self._new[key] = Group(
                id_, name or None, "qq", "private" if private else "group"
            )
        return found

    def _columns(self, rows: Rows) -> dict[str, Any]:
        sparse = Sparse(len(rows))
        kinds, texts = ["text"] * len(rows), rows.texts
        senders = list({id(sender): sender for sender in rows.senders}.values())
        codes = {id(sender): code for code, sender in enumerate(senders)}
        places = pa.array(np.fromiter(map(codes.__getitem__, map(id, rows.senders)), np.int32, len(rows)))
        for sender in senders:
            if sender.id and sender.name:
                self._names[sender.chat.group_id, sender.id] = sender.name
        for i, more in rows.more.items():
            if more.cut:
                self._cut += 1
                self._first_cut = self._first_cut or rows.lines[i]
            sender, content = rows.senders[i], more.content
            if content is None and more.segments:
                content = self._content(more.segments, sender.chat)
                sparse.put("mentions", i, _mentions(more.segments))
            if content is not None:
                kinds[i], texts[i] = content.kind.value, content.text or ""
                sparse.put_content(i, content, sender.id, sender.name, SELF)
            sparse.put("reply_quote", i, more.quote)
        return {
            "platform": "qq",
            "group_id": strings(sender.chat.group_id for sender in senders).take(places),
            "group_name": strings(sender.chat.group_name for sender in senders).take(places),
            "sender_id": strings(sender.id for sender in senders).take(places),
            "sender_name": strings(sender.name for sender in senders).take(places),
            "kind": kinds,
            "text": texts,
            "is_self": rows.own,
            "native_id": rows.native,
            "origin_file": self.source.label,
            "origin_record": rows.lines,
            **sparse.columns,
        }

    def _content(self, segments: Sequence[Segment], chat: Group) -> Content:
        def at_name(data: Any) -> str:
            who = string(data.get("qq"))
            known = "全体成员" if who == "all" else self._names.get((chat.group_id, who))
            name = string(data.get("name")).lstrip("@") or known or who
            return f"@{name}" if name else ""

        content = content_of(segments, at_name, lambda words: words)
        for kind, data in segments:
            if kind == "reply":
                content.reply_to = string(data.get("id")) or None
                break
        return content


def _mentions(segments: Sequence[Segment]) -> list[str] | None:
    found = [string(data.get("qq")) for kind, data in segments if kind == "at"]
    if not found:
        return None
    return (
        list(dict.fromkeys("@all" if who == "all" else who for who in found if who not in ("", "0"))) or None
    )
