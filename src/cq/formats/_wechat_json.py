"""Exports that are an array of message objects, or lines of them: what a format of that kind has to say.

A :class:`Dialect` says what one tool's records hold, as columns; :mod:`_wechat_records` reads them. WeFlow's
and ChatLab's documents, which hold more than messages, have readers of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cq.formats import ReadOptions
from cq.formats._json import MAX_ROWS
from cq.formats._json_values import as_written
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._wechat_content import SHOWN, TITLED, Content, content_of, event_of, tidy, titled, xml_of
from cq.model import NON_SPEECH, ChatKind, Group, Kind, Member, Problem, surrogate_group_id

_FLAGS: Mapping[Any, bool] = {1: True, 0: False, "1": True, "0": False, "true": True, "false": False}
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
    the whole file, None for JSON lines; ``inside``: or it stands under that name in an object.
    ``keys`` are the other values wanted, of which those in ``first`` must be known before the messages.
    ``begin`` is told them and says what group this is; ``stated`` takes out of them how many messages there
    should be. ``owner``: the id under which the owner of the export wrote one of some rows. ``screen`` takes
    out what is no message, before anything is looked at. ``trailing``: something else may follow the JSON.
    ``rows``: how many make a batch.
    """

    record: Any
    time: Callable[[Any], Any]
    columns: Callable[[Sequence[Any], Export], Columns]
    array: str | None = "messages"
    inside: str | None = None
    keys: Collection[str] = ()
    first: Collection[str] = ()
    begin: Callable[[Export], None] | None = None
    stated: Callable[[Mapping[str, Any]], Any] | None = None
    owner: Callable[[Sequence[Any]], str | None] | None = None
    screen: Callable[[Sequence[Any], Sequence[int], Export], tuple[Sequence[Any], Sequence[int]]] | None = (
        None
    )
    platform: str = "wechat"
    trailing: bool = False
    rows: int = MAX_ROWS


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
        self.headers = 0
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


# -- what dialects have in common ----------------------------------------------------------------------


def odd(types: Sequence[Any], texts: Sequence[str | None], plain: Any) -> list[int]:
    """The rows whose content has to be looked at: all but plain texts of the type ``plain``."""
    return [
        i
        for i, (one, text) in enumerate(zip(types, texts, strict=True))
        if one != plain
        or not text
        or text[0] == "<"
        or (not text.isprintable() and ("\r" in text or "\0" in text or ":\n" in text or text[0] == "\n"))
    ]


def flags(values: list[Any]) -> list[bool | None]:
    """Marks written as true, 1 or "1"; None where nothing is said."""
    if set(map(type, values)) <= {bool, int}:
        return [value == 1 for value in values]
    return [_FLAGS.get(value) if isinstance(value, int | str) else None for value in values]


def number_of(value: Any) -> int | None:
    """A type number, perhaps written as a string."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return int(value) if isinstance(value, int | float) and abs(value) < 1 << 62 else None


def first_of(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of some values that is a text or a number, as text."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and (number := as_written(value)):
            return number
    return None


def typed(
    kind: Kind,
    text: str | None,
    known: Collection[str | None],
    title: str | None = None,
    url: str | None = None,
) -> Content:
    """A content whose kind the export names. ``title`` and ``url`` stand apart from it."""
    text = tidy(text, known) if text else None
    if kind in NON_SPEECH:
        return event_of(kind, text, "wechat")
    if text and (found := xml_of(text)):
        return found
    if kind is Kind.TEXT:
        return Content(kind, text or title)
    if kind not in TITLED and kind is not Kind.OTHER:
        text, title, url = text or title, None, None
    found = titled(content_of(kind, text), title, url)
    found.text = found.text or SHOWN.get(found.kind)
    return found
