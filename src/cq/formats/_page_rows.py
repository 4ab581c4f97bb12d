"""Messages found in a page one by one, each with a written time, to batches.

How a page shows a message its format knows; where one begins and ends, :mod:`_page_pieces`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from cq.formats import ReadOptions
from cq.formats._assembly import assemble
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.model import Batch, Group, Problem

MAX_ROWS = 65_536
_MAX_TEXT = 80


@dataclass(slots=True)
class Told:
    """A message as a page shows it. ``line`` (or number) is where; ``time`` is local, or None.

    ``person`` is an id, ``name`` what is shown; nobody has sent a row whose content is an event.
    """

    line: int
    time: str | None
    content: Content
    person: str | None = None
    name: str | None = None
    title: str | None = None
    own: bool | None = None
    native_id: str | None = None
    mentions: list[str] | None = None
    recalled: bool | None = None


def read_told(
    source: Source,
    options: ReadOptions,
    group: Group,
    found: Iterable[Told | Problem],
    *,
    carried: bool = False,
) -> Iterator[Batch]:
    """The batches of a page. ``carried``: rows may lack a time, and were sent when the row before was."""
    reader = _Reader(source, options, group, carried)
    rows: list[Told] = []
    first = True
    for one in found:
        if isinstance(one, Problem):
            reader.problems.append(one)
            continue
        rows.append(one)
        if len(rows) == MAX_ROWS:
            yield reader.batch(rows, first=first)
            rows, first = [], False
    if not reader.seen and not rows and not reader.problems:
        reader.problems.append(Problem("no_records", source.label))
    yield reader.batch(rows, first=first, last=True)


class _Reader:
    def __init__(self, source: Source, options: ReadOptions, group: Group, carried: bool) -> None:
        self.problems: list[Problem] = []
        self.seen = 0
        self._source = source
        self._group = group
        self._carried = carried
        self._clock = WallClock(options)
        self._last: int | None = None
        self._me = SELF
        self._guessed: list[int] = []

    def batch(self, rows: list[Told], *, first: bool, last: bool = False) -> Batch:
        self.seen += len(rows)
        messages = self._messages(rows) if rows else None
        problems, self.problems = self.problems, []
        notices = (*self._doubts(), *self._source.notices()) if last else ()
        return Batch(messages, groups=(self._group,) if first else (), problems=problems, notices=notices)

    def _doubts(self) -> Iterator[Problem]:
        if self._guessed:
            where = f"{self._source.label}:{self._guessed[0]}"
            yield Problem("time_of_neighbour", where, str(len(self._guessed)))

    def _messages(self, rows: list[Told]) -> object:
        rows, stamps = self._timed(rows)
        if not rows:
            return None
        if self._me == SELF:
            self._me = next((row.person for row in rows if row.own and row.person), SELF)
        more = {
            name: column
            for name, column in (
                ("native_id", [row.native_id for row in rows]),
                ("sender_title", [None if row.content.event else row.title for row in rows]),
                ("mentions", [row.mentions for row in rows]),
                ("recalled", [row.recalled for row in rows]),
            )
            if any(value is not None for value in column)
        }
        return assemble(
            self._source.label,
            self._group,
            numbers=[row.line for row in rows],
            stamps=stamps,
            people=[row.person for row in rows],
            names=[row.name for row in rows],
            texts=[row.content.text for row in rows],
            contents={i: row.content for i, row in enumerate(rows) if _is_more(row.content)},
            own=[row.own for row in rows],
            me=self._me,
            **more,
        )

    def _timed(self, rows: list[Told]) -> tuple[list[Told], np.ndarray]:
        times = [row.time for row in rows]
        found = self._clock.column(times)
        if found.sound.all():
            self._last = int(found.utc[-1])
            return rows, found.utc
        stamps: list[int | None] = []
        for row, at, sound in zip(rows, found.utc.tolist(), found.sound.tolist(), strict=True):
            if sound:
                self._last = at
                stamps.append(at)
            elif self._carried and row.time is None and self._last is not None:
                self._guessed.append(row.line)
                stamps.append(self._last)
            else:
                where = f"{self._source.label}:{row.line}"
                self.problems.append(Problem("bad_time", where, (row.time or "")[:_MAX_TEXT]))
                stamps.append(None)
        kept = [row for row, at in zip(rows, stamps, strict=True) if at is not None]
        return kept, np.array([at for at in stamps if at is not None], np.int64)


def _is_more(content: Content) -> bool:
    return (
        content.kind != "text"
        or content.event is not None
        or content.reply_to is not None
        or content.reply_quote is not None
    )
