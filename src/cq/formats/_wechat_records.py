"""Reads exports that are an array of message objects, or lines of them: walked over, timed, put together.

What the records of one tool hold, its :class:`~cq.formats._wechat_json.Dialect` says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cq.formats import ReadOptions
from cq.formats._assembly import assemble
from cq.formats._json import Items, Key, walk, walk_ordered
from cq.formats._json_lines import json_lines
from cq.formats._json_places import Lines
from cq.formats._json_values import as_written, milli, shown, timed
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_json import Columns, Dialect, Export
from cq.formats._wechat_names import is_nobody, is_room
from cq.model import Batch, Problem

_FOLDER = re.compile(r"(wxid_[0-9a-z]+)_[0-9a-f]{4}")


def read_records(source: Source, options: ReadOptions, dialect: Dialect) -> Iterator[Batch]:
    """The batches of an export in that dialect."""
    return _Reader(source, options, dialect).batches()


class _Reader:
    def __init__(self, source: Source, options: ReadOptions, dialect: Dialect) -> None:
        self._export = Export(source, options, dialect.platform)
        self._dialect = dialect
        self._clock = WallClock(options)
        self._began = self._sought = False
        self._seen = self._last = self._to_the_minute = 0  # rows, the number of the last, without seconds
        arrays = self._arrays()
        again = Source(source.label, source.open, source.size)
        places = [Lines(again.blocks, arrays, name) for name in arrays]
        if dialect.inside:  # which of the two it is shows where the first item stands
            array = source.peek.start.startswith("[")
            places = places[:1] if array else places[1:]
        self._line_of: Callable[[int], int] = places[0] if places else lambda number: number

    def _arrays(self) -> dict[str, Any]:
        names = (self._dialect.array, self._dialect.inside)
        return {name: self._dialect.record for name in names if name is not None}

    def batches(self) -> Iterator[Batch]:
        """All of them; the last one has the members and the doubts."""
        rows: list[Any] = []
        numbers: list[int] = []
        for more, values in self._pieces():
            rows += values
            numbers += more
            at, many = 0, self._dialect.rows
            while len(rows) >= at + many:
                yield self._batch(rows[at : at + many], numbers[at : at + many])
                at += many
            del rows[:at], numbers[:at]
        batch = self._batch(rows, numbers)
        export = self._export
        self._doubt()
        if not self._seen and not export.headers and not batch.problems:
            batch = Batch(problems=[Problem("no_records", export.source.label)])
        yield Batch(
            batch.messages,
            groups=batch.groups,
            problems=batch.problems,
            members=export.members,
            notices=list(export.doubts(self._line_of)),
            headers=export.headers,
            member_records=export.member_records,
            skipped=export.skipped,
        )

    def _doubt(self) -> None:
        """What is to be said of the whole export."""
        export, stated = self._export, self._dialect.stated
        if self._to_the_minute:
            export.notices.append(Problem("seconds_lost", export.source.label, str(self._to_the_minute)))
        count = as_written(stated(export.header)) if stated else None
        if count is not None and count != str(self._last):
            detail = f"stated={count} messages={self._last}"
            export.notices.append(Problem("count_mismatch", export.source.label, detail))

    def _pieces(self) -> Iterator[tuple[Sequence[int], Sequence[Any]]]:
        """Records with their numbers; problems and header values go to the export."""
        dialect, export, source = self._dialect, self._export, self._export.source
        if dialect.array is None:
            for piece in json_lines(source, dialect.record):
                export.problems += piece.problems
                export.skipped["comment"] += piece.comments
                yield piece.numbers, piece.values
            return
        arrays = self._arrays()
        blocks, label, keys, trailing = source.blocks, source.label, dialect.keys, dialect.trailing
        if dialect.first:
            parts = walk_ordered(blocks, label, arrays, keys, dialect.array, dialect.first, trailing=trailing)
        else:  # nothing to wait for: walk_ordered would hold what is no item of its main array
            parts = walk(blocks(), label, arrays, keys, trailing=trailing)
        for part in parts:
            match part:
                case Problem():
                    export.problems.append(part)
                case Key(name, value):
                    export.headers = 1
                    export.header[name] = value
                case Items(_, first, values):
                    yield range(first, first + len(values)), values

    def _batch(self, rows: Sequence[Any], numbers: Sequence[int]) -> Batch:
        export = self._export
        if not self._began:
            self._began = True
            if self._dialect.begin:
                self._dialect.begin(export)
        self._seen += len(rows)
        self._last = numbers[-1] if rows else self._last
        messages = self._messages(rows, numbers) if rows else None
        problems, export.problems = export.problems, []
        return Batch(messages, groups=export.take_groups(), problems=problems)

    def _messages(self, rows: Sequence[Any], numbers: Sequence[int]) -> Any:
        export, dialect = self._export, self._dialect
        if dialect.screen:
            rows, numbers = dialect.screen(rows, numbers, export)
        rows, numbers, stamps = self._timed(rows, numbers)
        if not rows:
            return None
        export.numbers, export.stamps = numbers, stamps
        if export.me == SELF and dialect.owner:
            export.me = dialect.owner(rows) or SELF
        columns = dialect.columns(rows, export)
        if export.me == SELF and dialect.owner and _tells_of_owner(columns):
            export.me = self._owner_ahead() or SELF
        me = self._account(columns)
        _drop_nobodies(columns)
        more = columns.more
        group = export.group
        if columns.chats is not None and len(chats := set(columns.chats)) > 1:
            called = {id_: export.chat(id_).group_name for id_ in chats}
            more = {**more, "group_id": columns.chats, "group_name": [called[c] for c in columns.chats]}
        elif columns.chats:
            group = export.chat(columns.chats[0])
        if group is None:
            group = export.chat(export.meet(None, None))
        return assemble(
            export.source.label,
            group,
            numbers=numbers,
            stamps=stamps,
            people=columns.people,
            names=columns.names,
            texts=columns.texts,
            contents=columns.contents,
            own=columns.own,
            me=me,
            **more,
        )

    def _account(self, columns: Columns) -> str:
        """The owner's id: in some rows the folder of the account, ``wxid_…_10e8``, stands for it."""
        folder = self._export.me
        match = _FOLDER.fullmatch(folder)
        if match is None:
            return folder
        columns.people = [match[1] if person == folder else person for person in columns.people]
        return match[1]

    def _owner_ahead(self) -> str | None:
        """The owner's id from what is still to come; the file is walked over once for it."""
        if self._sought:
            return None
        self._sought = True
        source, dialect = self._export.source, self._dialect
        again = Source(source.label, source.open, source.size)
        found = (dialect.owner(rows) for _, rows in _Reader(again, self._export.options, dialect)._pieces()
                 if dialect.owner)  # fmt: skip
        return next(filter(None, found), None)

    def _timed(self, rows: Sequence[Any], numbers: Sequence[int]) -> tuple[Sequence[Any], Sequence[int], Any]:
        """The rows that have a time, with it: an epoch number or text of a local or zoned clock."""
        values = [self._dialect.time(row) for row in rows]
        label, problems = self._export.source.label, self._export.problems
        kinds = set(map(type, values))
        if str not in kinds:
            return timed(rows, numbers, values, label, problems, self._line_of)
        texts = values if kinds == {str} else [v if isinstance(v, str) else None for v in values]
        found = self._clock.column(texts)
        self._to_the_minute += found.to_the_minute
        if found.sound.all():
            return rows, numbers, found.utc
        utc, sound = found.utc.copy(), found.sound.copy()
        for i in np.flatnonzero(~sound).tolist():
            stamp = milli(values[i])
            if stamp is not None:
                utc[i], sound[i] = stamp, True
            else:
                where = f"{label}:{self._line_of(numbers[i])}"
                problems.append(Problem("bad_time", where, shown(values[i])))
        kept = list(itertools.compress(rows, sound)), list(itertools.compress(numbers, sound))
        return *kept, utc[sound]


def _tells_of_owner(columns: Columns) -> bool:
    said = [content.event for content in columns.contents.values() if content.event]
    return any(SELF in (event.actor, *event.targets) for event in said) or any(
        mine and not person for mine, person in zip(columns.own or (), columns.people, strict=False)
    )


def _drop_nobodies(columns: Columns) -> None:
    """A chat is no person, and its name is not that of one: exporters put both before system rows."""
    rooms = {person for person in set(columns.people) if person and is_room(person)}
    if rooms:
        for i, person in enumerate(columns.people):
            if person in rooms:
                columns.people[i] = columns.names[i] = None
    nobodies = {name for name in set(columns.names) if name and is_nobody(name)}
    if nobodies:
        columns.names = [None if name in nobodies else name for name in columns.names]
