"""The rows of WeFlow's WeClone table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cq.formats import ReadOptions, Source
from cq.formats._placeholders import wechat_tag
from cq.formats._system_text import parse
from cq.formats._table import Rows
from cq.formats._table_rows import Doubts, Told, group_of, timed_rows, told_batches
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import QUOTE, Content, content_of, event_of, reply_of, tidy, xml_of
from cq.formats._wechat_names import is_nobody
from cq.formats._wechat_types import kind_of
from cq.model import Batch, Event, Kind, Problem

COLUMNS = ("MsgSvrID", "type_name", "is_sender", "talker", "msg", "CreateTime")
_HAS_TYPE = frozenset({Kind.IMAGE, Kind.STICKER, Kind.VIDEO, Kind.VOICE, Kind.FILE, Kind.LOCATION})
"""Kinds for which the table has a word: as ``text``, their tags were typed."""


def weclone_rows(tables: Iterable[Rows], source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of the rows."""
    rows = _Rows(source, options)
    return told_batches(source, tables, rows.tell, group_of(source), rows.doubts)


class _Rows:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.doubts = Doubts(source.label)
        self._label = source.label
        self._clock = WallClock(options)
        self._group = group_of(source)("").group_name

    def tell(self, rows: Rows, problems: list[Problem]) -> Told:
        times = rows.columns["CreateTime"]
        timed = timed_rows(rows, self._clock.column(times), times, self._label, problems, self.doubts)
        columns, numbers = timed.columns, timed.numbers
        names = columns["talker"]
        quiet = {name for name in set(names) if name and is_nobody(name)}
        texts = self.doubts.texts(columns["msg"], numbers)
        contents: dict[int, Content] = {}
        for i, (word, text, name) in enumerate(zip(columns["type_name"], texts, names, strict=True)):
            if name == self._group and word == "text" and _is_told(text):  # WeFlow's name for the system
                self.doubts.note("guessed_system_rows", numbers[i])
                contents[i] = event_of(Kind.SYSTEM, text, "wechat")
                continue
            plain = word == "text" and text and text[0] not in "[<\n" and text[-1] != "]"
            if plain and name and name not in quiet:
                continue
            if (content := _content(word, text, name)) is not None:
                contents[i] = content
        own = [mine == "1" for mine in columns["is_sender"]]
        ids = self.doubts.ids(columns["MsgSvrID"], numbers)
        people = [None] * len(numbers)
        shown = [None if i in contents and contents[i].event is not None else n for i, n in enumerate(names)]
        return Told(numbers, timed.stamps, people, shown, texts, contents, own, columns={"native_id": ids})


def _is_told(text: str | None) -> bool:
    return text is not None and parse(text, "wechat").event is not Event.OTHER


def _content(word: str, text: str | None, name: str) -> Content | None:
    text = tidy(text) if text else None
    if is_nobody(name) and name:
        return event_of(Kind.SYSTEM, text, "wechat")
    if text and text[0] == "<" and (raw := xml_of(text)) is not None:
        return raw
    kind = kind_of(None, word, None)
    if kind is not Kind.TEXT:
        return content_of(kind, text)
    if text is None:
        return Content(Kind.TEXT)
    if text.endswith("]") and QUOTE in text:
        return reply_of(text)
    tag = wechat_tag(text)
    if tag is Kind.SYSTEM or tag is Kind.POKE:
        return event_of(tag, text, "wechat")
    return content_of(tag, text) if tag is not None and tag not in _HAS_TYPE else Content(Kind.TEXT, text)
