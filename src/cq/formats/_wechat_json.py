"""Exports that are an array of message objects, or lines of them: the loop that these formats share.

A :class:`Dialect` says what one tool's records hold, as columns; here they are walked over, timed and
put together. WeFlow's and ChatLab's documents, which hold more than messages, have readers of their own.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cq.formats import ReadOptions
from cq.formats._assembly import assemble
from cq.formats._json import MAX_ROWS, Items, Key, walk_ordered
from cq.formats._json_lines import json_lines
from cq.formats._json_places import Lines
from cq.formats._json_values import milli, shown, strings, timed
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import SHOWN, Content, content_of, event_of, tidy, titled, xml_of
from cq.formats._wechat_names import is_nobody, is_room
from cq.model import NON_SPEECH, Batch, ChatKind, Group, Kind, Member, Problem, surrogate_group_id


_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


@dataclass(slots=True)
class Columns:
    """Some records as columns, as :func:`~cq.formats._assembly.assemble` takes them.

    ``chats``: the group id of each row, where one file holds several chats.
    """

    people: list[str | None]
    names: list[str | None]
    texts: list[str | None]
    contents: dict[int, Content]
    own: list[bool | None] | None = None
    chats: list[str] | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one tool writes.

    ``record`` is a Struct whose fields are all ``Any``. ``array`` is the name of the array, ``""`` if it is
    the whole file, None for JSON lines; with ``either``, the file may also be an object with ``messages``.
    ``keys`` are the other values wanted, of which those in ``first`` must be known before the messages.
    ``begin`` is told them and says what group this is, ``finish`` how many records there were. ``owner``: the id under which the owner of the
    export wrote one of some rows. ``trailing``: something else may follow the JSON. ``screen`` takes out what is no message, before anything is looked at.
    """

    record: Any
    time: Callable[[Any], Any]
    columns: Callable[[Sequence[Any], Export], Columns]
    array: str | None = "messages"
    inside: str | None = None
    keys: Collection[str] = ()
    first: Collection[str] = ()
    begin: Callable[[Export], None] | None = None
    finish: Callable[[Export, int], None] | None = None
    owner: Callable[[Sequence[Any]], str | None] | None = None
    screen: Callable[[Sequence[Any], Sequence[int], Export], tuple[Sequence[Any], Sequence[int]]] | None = None
    platform: str = "wechat"
    trailing: bool = False


class Export:
    """What is known so far of one export. ``header`` has the values that stand beside the messages."""

    def __init__(self, source: Source, options: ReadOptions, platform: str) -> None:
        self.source = source
        self.options = options
        self.header: dict[str, Any] = {}
        self.group: Group | None = None
        self.me = SELF
        self.known: set[str | None] = set()  # ids as exported, which may stand before a content
        self.names: dict[str, str] = {}  # of a list beside the messages, by id
        self.members: list[Member] = []
        self.member_records = 0
        self.skipped: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.notices: list[Problem] = []
        self.numbers: Sequence[int] = ()  # of the rows that are being looked at
        self.stamps: Any = ()  # their times, UTC milliseconds
        self.last: Any = None  # what a dialect keeps of the rows before
        self._platform = platform
        self._groups: dict[str, Group] = {}
        self._new_groups: list[Group] = []
        self._noted: dict[str, tuple[int, int]] = {}

    def meet(self, group_id: str | None, name: str | None, kind: ChatKind = "unknown") -> str:
        """A chat of this export: its id, or the stand-in that its name makes."""
        id_ = group_id or surrogate_group_id(name)
        known = self._groups.get(id_)
        if known is None or (name and not known.group_name):
            self._groups[id_] = Group(id_, name or None, self._platform, kind)
            self._new_groups.append(self._groups[id_])
        self.group = self.group or self._groups[id_]
        return id_

    def chat(self, id_: str) -> Group:
        """A chat that was met."""
        return self._groups[id_]

    def take_groups(self) -> list[Group]:
        """The chats met since the last time."""
        groups, self._new_groups = self._new_groups, []
        return groups

    def note(self, code: str, rows: Sequence[int]) -> None:
        """A doubt about some of the rows that are being looked at."""
        if rows:
            first, count = self._noted.get(code, (self.numbers[rows[0]], 0))
            self._noted[code] = first, count + len(rows)

    def doubts(self, line_of: Callable[[int], int]) -> Iterator[Problem]:
        """The notices for the last batch."""
        yield from self.notices
        for code, (first, count) in sorted(self._noted.items(), key=lambda item: item[1]):
            yield Problem(code, f"{self.source.label}:{line_of(first)}", str(count))
        yield from self.source.notices()


def read_records(source: Source, options: ReadOptions, dialect: Dialect) -> Iterator[Batch]:
    """The batches of an export in that dialect."""
    return _Reader(source, options, dialect).batches()


class _Reader:
    def __init__(self, source: Source, options: ReadOptions, dialect: Dialect) -> None:
        self._export = Export(source, options, dialect.platform)
        self._dialect = dialect
        self._clock = WallClock(options)
        self._headers = 0
        self._began = self._sought = False
        self._seen = 0
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
            while len(rows) >= MAX_ROWS:
                yield self._batch(rows[:MAX_ROWS], numbers[:MAX_ROWS])
                del rows[:MAX_ROWS], numbers[:MAX_ROWS]
        batch = self._batch(rows, numbers)
        export = self._export
        if self._dialect.finish:
            self._dialect.finish(export, self._seen)
        if not self._seen and not self._headers and not batch.problems:
            batch = Batch(problems=[Problem("no_records", export.source.label)])
        yield Batch(
            batch.messages,
            groups=batch.groups,
            problems=batch.problems,
            members=export.members,
            notices=list(export.doubts(self._line_of)),
            headers=self._headers,
            member_records=export.member_records,
            skipped=export.skipped,
        )

    def _pieces(self) -> Iterator[tuple[Sequence[int], Sequence[Any]]]:
        """Records with their numbers; problems and header values go to the export."""
        dialect, export, source = self._dialect, self._export, self._export.source
        if dialect.array is None:
            for piece in json_lines(source, dialect.record):
                export.problems += piece.problems
                export.skipped["comment"] += piece.comments
                yield piece.numbers, piece.values
            return
        arrays, main = self._arrays(), dialect.inside or dialect.array
        for part in walk_ordered(source.blocks, source.label, arrays, dialect.keys, main, dialect.first):
            match part:
                case Problem():
                    export.problems.append(part)
                case Key(name, value):
                    self._headers = 1
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
            me=export.me,
            **more,
        )

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

    def _timed(
        self, rows: Sequence[Any], numbers: Sequence[int]
    ) -> tuple[Sequence[Any], Sequence[int], Any]:
        """The rows that have a time, with it: an epoch number or text of a local or zoned clock."""
        values = [self._dialect.time(row) for row in rows]
        label, problems = self._export.source.label, self._export.problems
        if not any(isinstance(value, str) for value in values):
            return timed(rows, numbers, values, label, problems, self._line_of)
        found = self._clock.column([value if isinstance(value, str) else None for value in values])
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


# -- what dialects have in common ----------------------------------------------------------------------


def odd(types: Sequence[Any], texts: Sequence[str | None], plain: Any) -> list[int]:
    """The rows whose content has to be looked at: all but texts of the type ``plain`` without anything odd."""
    return [
        i
        for i, (one, text) in enumerate(zip(types, texts, strict=True))
        if one != plain
        or not text
        or text[0] == "<"
        or (not text.isprintable() and ("\r" in text or "\0" in text or ":\n" in text or text[0] == "\n"))
    ]


def number_of(value: Any) -> int | None:
    """A type number, perhaps written as a string."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return int(value) if isinstance(value, int | float) and abs(value) < 1 << 62 else None


def first_of(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of some values that is a text or a number, as text."""
    found = strings([values.get(name) if isinstance(values.get(name), str | int) else None for name in names])
    return next(filter(None, found), None)


def typed(
    kind: Kind, text: str | None, known: Collection[str | None], title: str | None = None, url: str | None = None
) -> Content:
    """A content whose kind the export names. ``title`` and ``url`` stand apart from it."""
    text = tidy(text, known) if text else None
    if kind in NON_SPEECH:
        return event_of(kind, text, "wechat")
    if text and (found := xml_of(text)):
        return found
    if kind is Kind.TEXT:
        return Content(kind, text or title)
    found = titled(content_of(kind, text), title, url)
    found.text = found.text or SHOWN.get(found.kind)
    return found
