"""chatlog's plain text: its heads, its three ways to tell the time, its chats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
import numpy as np

from cq.formats import ReadOptions
from cq.formats._chatlog_content import chatlog_content, who, with_ids
from cq.formats._head_vote import heads
from cq.formats._quoted_at import place_answers
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import Calendar, Stamps, WallClock
from cq.formats._wechat_content import Content
from cq.formats._wechat_names import is_room
from cq.formats._wechat_talk import (
    ME,
    Pasted,
    People,
    contents_of,
    doubts,
    group_named,
    group_of,
    in_time,
    marked,
    messages,
    stray,
    told,
)
from cq.model import Batch, Group, Problem

_WHO, _NUMBER, _CHAT, _TIME = range(4)
_WHOLE = len("2026-02-01 06:53:20")
_BEGINS = "[<\n!>T"
"""What chatlog's renderings begin with."""


def read_log(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    reader = _Reader(source, options)
    yield Batch()
    for piece in records(source, heads(source.peek, head)):
        yield Batch(problems=stray(piece.preamble, source.label), notices=piece.notices)
        for chat, part in _chats(piece):
            yield from reader.batches(chat, part)
    yield reader.last()


def _chats(piece: Records) -> Iterator[tuple[str | None, Records]]:
    """The records of each chat."""
    chats = {head[_CHAT] for head in piece.heads}
    if len(chats) <= 1:
        yield from ((chat, piece) for chat in chats)
        return
    rows: dict[str | None, list[int]] = {}
    for i, head in enumerate(piece.heads):
        rows.setdefault(head[_CHAT], []).append(i)
    for chat, places in rows.items():
        yield (
            chat,
            Records(
                [piece.lines[i] for i in places],
                [piece.heads[i] for i in places],
                [piece.bodies[i] for i in places],
            ),
        )


class _Reader:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self._source = source
        self._options = options
        self._groups: dict[str | None, Group] = {}
        self._times: dict[str | None, _Times] = {}
        self._split: dict[str | None, Pasted] = defaultdict(Pasted)
        self._known: set[str | None] = set()
        self._nobody: set[str] = set()
        # of each way in which somebody is written
        self._names: dict[str, str | None] = {}
        self._ids: dict[str, str | None] = {}
        self._own: dict[str, bool | None] = {}

    def batches(self, chat: str | None, piece: Records) -> Iterator[Batch]:
        """The records of one chat."""
        group = self._groups.get(chat)
        if group is None:
            group = self._groups[chat] = self._group(chat)
            self._times[chat] = _Times(self._options, self._source)
            yield Batch(groups=(group,))
        label = self._source.label
        times = [head[_TIME] or "" for head in piece.heads]
        piece, stamps, problems = in_time(piece, self._times[chat].column(times), label, times)
        if problems:
            yield Batch(problems=problems)
        self._split[chat].look(piece, stamps)
        people, nobody = self._sent_by(piece)
        looked_at = marked(piece.bodies, _BEGINS)
        contents = contents_of(piece.bodies, looked_at, chatlog_content, nobody, self._event)
        place_answers(contents, stamps, self._options.zone)
        numbers = [head[_NUMBER] for head in piece.heads]
        columns = {"native_id": [f"cl:{n}" if n else None for n in numbers]} if any(numbers) else {}
        for rows in messages(label, group, piece, stamps, people, contents, **columns):
            yield Batch(rows)

    def last(self) -> Batch:
        """The doubts of the whole file."""
        split = sorted(line for chat in self._split.values() for line in chat.lines)
        notices = [*self._source.notices(), *doubts(self._source.label, {"suspect_split": split})]
        assumed = sum(times.assumed for times in self._times.values())
        if assumed and self._options.date is None and self._options.year is None:
            notices.append(Problem("assumed_date", self._source.label, str(assumed)))
        return Batch(notices=notices)

    def _group(self, chat: str | None) -> Group:
        if chat is None:
            return group_of(self._source)
        room, name = who(chat)
        if name is None and not is_room(chat):
            return group_named(chat)
        return group_named(name, room, "private")

    def _sent_by(self, piece: Records) -> tuple[People, list[int]]:
        """Who sent the rows, and which nobody has sent."""
        seen = [head[_WHO] or "" for head in piece.heads]
        for one in set(seen) - self._ids.keys():
            id_, name = who(one)
            self._known.add(id_)
            if id_ and is_room(id_):
                self._nobody.add(one)
            self._own[one] = id_ == SELF
            self._ids[one] = None if id_ == SELF or one in self._nobody else id_
            self._names[one] = None if name == ME else name
        nobody = [i for i, one in enumerate(seen) if one in self._nobody] if self._nobody else []
        names, ids = ([*map(column.__getitem__, seen)] for column in (self._names, self._ids))
        return People(names, ids, [*map(self._own.__getitem__, seen)]), nobody

    def _event(self, sentence: str | None) -> Content:
        content = told(sentence)
        if content.event is not None:
            content = msgspec.structs.replace(content, event=with_ids(content.event, self._known))
        return content


class _Times:
    """The times of one chat."""

    def __init__(self, options: ReadOptions, source: Source) -> None:
        self._clock = WallClock(options)
        self._calendar = Calendar(options, source.name)
        self._label = source.label
        self.assumed = 0

    def column(self, times: Sequence[str]) -> Stamps:
        if all(len(time) == _WHOLE for time in times):
            return self._clock.column(times)
        clocks = np.frombuffer("".join([time[-8:] for time in times]).encode(), np.uint8).reshape(-1, 8)
        digits = (clocks - ord("0")).astype(np.int64)
        hour, minute, second = (digits[:, i] * 10 + digits[:, i + 1] for i in (0, 3, 6))
        seconds = hour * 3600 + minute * 60 + second
        sound = (hour < 24) & (minute < 60) & (second < 60)
        local = np.zeros(len(times), np.int64)
        first = 0
        for day, run in groupby([time[:-9] for time in times]):
            end = first + sum(1 for _ in run)
            rows = first + np.flatnonzero(sound[first:end])
            first = end
            found = self._on(day, seconds[rows].tolist()) if len(rows) else None
            if found is None:
                sound[rows] = False
            else:
                local[rows] = found
        local[sound] = self._clock.utc(local[sound])
        return Stamps(local, sound, 0)

    def _on(self, day: str, seconds: list[int]) -> list[int] | None:
        """Local milliseconds of times of one day, None if there is no such day."""
        numbers = [int(part) for part in day.split("-") if part]
        if len(numbers) < 3:
            self.assumed += len(seconds)
        match numbers:
            case [year, month, number]:
                at = self._calendar.of_date(year, month, number, 0)
            case [month, number]:
                at = self._calendar.of_day(month, number, 0, self._label)
            case _:
                return [self._calendar.of_time(second, self._label) for second in seconds]
        return None if at is None else [at + second * 1000 for second in seconds]
