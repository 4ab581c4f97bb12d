"""Text copied out of QQ's windows: which of its shapes a file has, and its messages as columns.

Who a sender line names, and what a body is, the rooms of QQ's text export know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._peek import Peek
from cq.formats._qq_txt_rows import Conversation
from cq.formats._qq_txt_survey import Facts
from cq.formats._source import Source
from cq.formats._transcript import records
from cq.formats._wall_clock import Calendar, hour_of
from cq.model import Batch, Group, Problem, record_batch, surrogate_group_id
from cq.zones import LocalClock

_MAX_ROWS = 65_536
_LOOKED_AT = 1 << 18
_CLOCK = r"(?:(上午|下午|凌晨|早上|中午|晚上) ?)?(\d{1,2}:\d{2}:\d{2})(?: ?([AaPp][Mm]))?"
_YMD = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日"
_RULE = rf"[—─-][—─ -]{{0,8}}[ \t]{{1,3}}({_YMD})[ \t]{{1,3}}[—─ -]{{0,8}}[—─-]"
_NAMED = rf"([^\n]{{1,120}}?)[ \t]{{1,3}}(?:({_YMD}|\d{{1,2}}/\d{{1,2}}/\d{{4}}) {{1,2}})?{_CLOCK}"
_PLAIN = re.compile(rf"^(?:{_RULE}|{_NAMED})[ \t]{{0,3}}$", re.MULTILINE)
_NT = re.compile(
    r"^()([^\n]{1,120}?)[:：] {0,2}((?:\d{4}-)?\d{2}-\d{2}) ()(\d{1,2}:\d{2}:\d{2})()[ \t]{0,3}$",
    re.MULTILINE,
)
_STORY = re.compile(
    r"^()(\d{4}[-/]\d{1,2}[-/]\d{1,2}) ()(\d{1,2}:\d{2}:\d{2})()<([^\n]{1,120}?)>[:：]([^\n]*)$",
    re.MULTILINE,
)
_NUMBERS = re.compile(r"\d+")
_ROLLS = 6 * 3600
"""A clock that goes back by more than six hours has passed midnight."""


class _Head(NamedTuple):
    """A head line: who, the date as it is written (or none), the second of the day; or a day rule."""

    sender: str | None
    date: str | None
    second: int | None
    first_line: str | None = None


@dataclass(slots=True)
class _Overview:
    """What only a look at the whole text tells."""

    facts: Facts = field(default_factory=Facts)
    day_first: bool = False
    start: date | None = None  # the day of the first line, worked out from the first date that is written
    _last: int | None = None
    _rolls: int = 0

    def add(self, head: _Head) -> None:
        numbers = [int(n) for n in _NUMBERS.findall(head.date or "")]
        self.day_first |= len(numbers) == 3 and numbers[2] > 31 and numbers[0] > 12
        if self.start is None and head.second is not None:
            back = self._last is not None and head.second < self._last
            if head.date is None:
                self._rolls += back and (self._last or 0) - head.second > _ROLLS
            self._last = head.second
        if self.start is None and head.date and (day := whole_date(head.date, self.day_first)):
            back = head.second is not None and self._last is not None and head.second < self._last
            self.start = day - timedelta(days=self._rolls + back)


def shape_of(peek: Peek) -> re.Pattern[str]:
    """The pattern of heads that most lines fit. NT's own heads look like plain ones, too."""
    text = peek.start[:_LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n")
    plain, nt, story = (sum(1 for _ in shape.finditer(text)) for shape in (_PLAIN, _NT, _STORY))
    if story > max(plain, nt):
        return _STORY
    return _NT if nt and 2 * nt >= plain else _PLAIN


def whole_date(text: str, day_first: bool) -> date | None:
    """A date with its year; None where it has none or does not exist."""
    numbers = [int(n) for n in _NUMBERS.findall(text)]
    if len(numbers) != 3:
        return None
    year, month, day = numbers
    if day > 31:  # the year stands last
        year, month, day = (day, month, year) if day_first else (day, year, month)
    try:
        return date(year, month, day) if 1990 <= year < 2100 else None
    except ValueError:
        return None


def _head(shape: re.Pattern[str], groups: tuple[str | None, ...]) -> _Head:
    if shape is _STORY:
        _, day, zh, clock, ap, sender, first = groups
    else:
        rule, sender, day, zh, clock, ap = groups
        first = None
        if rule:
            return _Head(None, rule, None)
    hour, minute, second = (int(n) for n in (clock or "").split(":"))
    hour = hour_of(hour, zh or ap)
    exists = hour < 24 and minute < 60 and second < 60
    return _Head(sender, day, hour * 3600 + minute * 60 + second if exists else -1, first)


def read_text(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """All messages. :class:`~cq.errors.InputError` where no date is known."""
    shape = shape_of(source.peek)
    overview = _survey(source, shape)
    if options.date is None and overview.start is not None:
        options = replace(options, date=overview.start)
    name = group_in(source).name
    group = Group(surrogate_group_id(name), name, "qq", overview.facts.chat_kind)
    reader = _Reader(source, options, group, overview)
    for piece in records(source, shape):
        problems = []
        if piece.preamble and piece.preamble.strip():
            problems.append(Problem("stray_text", f"{source.label}:1", piece.preamble.strip()[:80]))
        yield Batch(groups=(group,), problems=problems, notices=piece.notices)
        heads = [_head(shape, groups) for groups in piece.heads]
        for first in range(0, len(heads), _MAX_ROWS):
            part = slice(first, first + _MAX_ROWS)
            yield reader.batch(piece.lines[part], heads[part], piece.bodies[part])
    yield reader.last()


def _survey(source: Source, shape: re.Pattern[str]) -> _Overview:
    found = _Overview()
    senders: Counter[str] = Counter()
    for piece in records(source, shape):
        for groups in piece.heads:
            head = _head(shape, groups)
            found.add(head)
            if head.sender is not None:
                senders[head.sender] += 1
    for sender, count in senders.items():
        found.facts.add(sender, count)
    return found


class _Reader:
    def __init__(self, source: Source, options: ReadOptions, group: Group, overview: _Overview) -> None:
        self._source = source
        self._overview = overview
        self._group = group
        self._conversation = Conversation(source.label, group, overview.facts, strict=True)
        self._calendar = Calendar(options, source.name)
        self._clock = LocalClock(options.zone)
        self._year_last = 0
        self._rows = 0

    def batch(self, lines: list[int], heads: list[_Head], bodies: list[str]) -> Batch:
        problems, headers, kept, at = [], 0, [], []
        for i, head in enumerate(heads):
            moment = self._moment(head)
            if moment is None:
                shown = f"{head.date or ''} {head.sender or ''}".strip()[:80]
                problems.append(Problem("bad_time", f"{self._source.label}:{lines[i]}", shown))
            elif head.second is None:
                headers += 1
                if bodies[i].strip():
                    problems.append(
                        Problem("stray_text", f"{self._source.label}:{lines[i] + 1}", bodies[i].strip()[:80])
                    )
            else:
                kept.append(i)
                at.append(moment)
        self._rows += len(kept)
        texts = [_text(heads[i], bodies[i]) for i in kept]
        senders = pa.array([heads[i].sender for i in kept], pa.string())
        columns, members = self._conversation.columns(senders, pa.array(texts, pa.string()))
        columns["sent_at"] = self._clock.utc(np.array(at, np.int64))
        columns["origin_record"] = [lines[i] for i in kept]
        return Batch(record_batch(columns, len(kept)), members, problems=problems, headers=headers)

    def last(self) -> Batch:
        label = self._source.label
        notices = list(self._source.notices())
        if self._calendar.assumed:
            notices.append(Problem("assumed_date", label, str(self._calendar.assumed)))
        if self._year_last:
            order = "d/m/y" if self._overview.day_first else "m/d/y"
            notices.append(Problem("date_order", label, f"{order} ({self._year_last})"))
        problems = () if self._rows else (Problem("no_records", f"{label}:1"),)
        return Batch(problems=problems, notices=notices)

    def _moment(self, head: _Head) -> int | None:
        """Local milliseconds; None for what does not exist."""
        label, second = self._source.label, head.second or 0
        if second < 0:
            return None
        if head.date is None:
            return self._calendar.of_time(second, label)
        numbers = [int(n) for n in _NUMBERS.findall(head.date)]
        if len(numbers) == 2:
            return self._calendar.of_day(numbers[0], numbers[1], second, label)
        day = whole_date(head.date, self._overview.day_first)
        self._year_last += numbers[2] > 31
        return self._calendar.of_date(day.year, day.month, day.day, second) if day else None


def _text(head: _Head, body: str) -> str:
    if head.first_line is None:
        return body
    return f"{head.first_line}\n{body}" if body else head.first_line
