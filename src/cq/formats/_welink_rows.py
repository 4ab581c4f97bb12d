"""The rows of WeLink's tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from cq.errors import InputError
from cq.formats import ReadOptions, Source
from cq.formats._placeholders import wechat_tag
from cq.formats._table import Rows, head_of
from cq.formats._table_rows import Doubts, Told, group_of, timed_rows, told_batches
from cq.formats._wall_clock import Calendar, Stamps, WallClock
from cq.formats._wechat_content import QUOTE, Content, content_of, event_of, reply_of, xml_of
from cq.formats._wechat_names import is_nobody
from cq.model import NON_SPEECH, Batch, Kind, Problem

COLUMNS = ("时间", "内容")
_TYPES = frozenset({"文本", "其他"})
_TIME = re.compile(r"\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*", re.ASCII)


def whole_row(cells: list[str]) -> list[str] | None:
    """A row whose name has commas and no quotes around them."""
    if len(cells) > 5 and cells[-1].strip() in _TYPES and _TIME.fullmatch(cells[1]):
        return [*cells[:2], ",".join(cells[2:-2]), *cells[-2:]]
    return None


def welink_rows(tables: Iterable[Rows], source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of the rows. :class:`InputError` where nothing says of which day they are."""
    rows = _Rows(source, options)
    if rows.calendar.known_day is None and "日期" not in head_of(source.peek):
        raise InputError("date_needed", path=source.label)
    return told_batches(source, tables, rows.tell, group_of(source), rows.doubts)


class _Rows:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.doubts = Doubts(source.label)
        self._label = source.label
        self._clock = WallClock(options)
        self.calendar = Calendar(options, source.name)

    def tell(self, rows: Rows, problems: list[Problem]) -> Told:
        stamps, shown = self._times(rows.columns)
        timed = timed_rows(rows, stamps, shown, self._label, problems, None)
        columns, numbers = timed.columns, timed.numbers
        missing = [""] * len(numbers)
        names = columns.get("发言者") or columns.get("发送方") or missing
        texts = self.doubts.texts(columns["内容"], numbers)
        contents: dict[int, Content] = {}
        types = columns.get("类型") or missing
        for i, (type_, text, name) in enumerate(zip(types, texts, names, strict=True)):
            if type_ == "文本" and name and text and text[-1] != "]":
                continue
            if (content := _content(type_, text, name)) is not None:
                contents[i] = content
        own = [True if name == "我" else None for name in names]
        shown_names = [None if name == "我" else name or None for name in names]
        return Told(numbers, timed.stamps, [None] * len(numbers), shown_names, texts, contents, own)

    def _times(self, columns: Mapping[str, list[str]]) -> tuple[Stamps, Sequence[str]]:
        times = columns["时间"]
        if "日期" in columns:
            pairs = zip(columns["日期"], times, strict=True)
            both = [f"{day} {time}:00" if len(time) == 5 else f"{day} {time}" for day, time in pairs]
            return self._clock.column(both), both
        local = np.zeros(len(times), np.int64)
        sound = np.zeros(len(times), np.bool_)
        for i, time in enumerate(times):
            match = _TIME.fullmatch(time) if len(time) < 32 else None
            if match and int(match[1]) < 24 and int(match[2]) < 60 and int(match[3] or 0) < 60:
                seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
                local[i], sound[i] = self.calendar.of_time(seconds, self._label), True
        utc = np.zeros(len(times), np.int64)
        utc[sound] = self._clock.utc(local[sound])
        return Stamps(utc, sound, 0), times


def _content(type_: str, text: str | None, name: str) -> Content | None:
    """By its placeholder; ``文本`` are words whatever they look like."""
    if is_nobody(name):
        return event_of(Kind.SYSTEM, text, "wechat")
    if text is None:
        return Content(Kind.TEXT if type_ == "文本" else Kind.OTHER)
    if text[-1] == "]" and QUOTE in text:
        return reply_of(text)
    if type_ == "文本":
        return None
    if text[0] == "<" and (raw := xml_of(text)) is not None:
        return raw
    tag = wechat_tag(text)
    if tag in NON_SPEECH:
        return event_of(tag, text, "wechat")
    if tag is not None:
        return content_of(tag, text)
    return content_of(Kind.OTHER, text) if type_ == "其他" else None
