"""The chat history in the text of a mail: its mails, days and records, and what WeChat prints as ``null``."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from cq.formats import ReadOptions
from cq.formats._head_vote import vote
from cq.formats._mail import (
    DATELINE,
    HEADER,
    MAX_MAIL,
    NO_HEAD,
    RECORD,
    Letter,
    envelope,
    is_mail,
    is_page,
    letter,
    mark,
    page,
    without_client,
)
from cq.formats._source import Source
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import Calendar, WallClock
from cq.formats._wechat_content import Content
from cq.formats._wechat_talk import (
    People,
    contents_of,
    doubts,
    group_named,
    group_of,
    marked,
    messages,
    stray,
    untyped,
)
from cq.model import Batch, Kind, Problem

_NULL = "null"
_BLANKS = " \t\n"
_DAY, _NAME, _TIME, _GROUP, _PAIR, _NAMED = range(6)
_LINES = 5
_WRITTEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_ATTACHED = r"(?:[(（]请在附件中查看[)）])?"
_MEDIA = re.compile(rf"\[(图片|视频|文件)[:：] ?([^\n]{{1,300}}?){_ATTACHED}\]")
_CARD = re.compile(r"\[名片[:：] ?([^\[\]\n]{1,200})\]")
_PLACE = re.compile(r"\[位置[:：]? ?([^\[\]\n]{0,300})\]")
_KINDS = {"图片": Kind.IMAGE, "视频": Kind.VIDEO, "文件": Kind.FILE}


def read_mail(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The history in a text, a mail or a page."""
    text, first = _opened(source)
    yield first
    yield from _History(text, options).batches(_pattern(text))
    if text is source:
        yield Batch(notices=source.notices())


def _opened(source: Source) -> tuple[Source, Batch]:
    """The text as a source of its own, and what its envelope says."""
    start, label = source.peek.start, source.label
    if is_page(start):
        markup, cut = _start_of(source.text())
        notices = source.notices()
        found = Letter(page(markup))
    elif is_mail(start) and not mark(start.replace("\r\n", "\n")):
        with source.open() as stream:
            data = stream.read(MAX_MAIL)
            cut = bool(stream.read(1))
        found = letter(data)
        notices = ()
        if found.replaced:
            notices = (Problem("undecodable_bytes", label, str(found.replaced)),)
        if found.defects:
            notices = (*notices, Problem("damaged_mail", label, found.defects))
    else:
        return source, Batch()
    if cut:
        notices = (*notices, Problem("truncated", label, str(MAX_MAIL)))
    data = found.text.encode("utf-8", "replace")
    skipped = {"attachment": found.attachments} if found.attachments else {}
    return Source(label, lambda: io.BytesIO(data), len(data)), Batch(notices=notices, skipped=skipped)


def _start_of(pieces: Iterator[str]) -> tuple[str, bool]:
    held: list[str] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length > MAX_MAIL:
            return "".join(held), True
    return "".join(held), False


def _pattern(source: Source) -> re.Pattern[str]:
    """The heads: day lines, records, headers. Blank lines around records count unless they are gone."""
    votes = vote(source.peek, re.compile(RECORD))
    before = r"(?<![^\n]\n)" if votes.separate else ""
    after = "" if votes.filled else r"(?=\n[ \t]*\n|\n?\Z)"
    dear = r"(?:Dear[:：][ \t]*\n{1,3})?"
    nulls = f"(?:{_NULL}){{0,20}}"
    return re.compile(rf"^(?:{nulls}{DATELINE}|{before}{RECORD}{after}|{dear}(?:{HEADER}))$", re.MULTILINE)


class _History:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self._source = source
        self._options = options
        self._group = group_of(source)
        self._clock = WallClock(options)
        self._calendar = Calendar(options, source.name)
        self._names: Counter[str] = Counter()
        self._dated = False
        self._day: tuple[int, int, int] | None = None
        self._lost_day = False
        self._last: int | None = None
        self._segment = 0
        self._began = False  # whether the segment has records
        self._found = False  # whether the file has
        self._rows: list[tuple[int, int, str | None, str]] = []
        self._problems: list[Problem] = []
        self._headers = 0
        self._skipped: Counter[str] = Counter()
        self._doubts: dict[str, list[int]] = {}

    def batches(self, pattern: re.Pattern[str]) -> Iterator[Batch]:
        for piece in records(self._source, pattern, lines_of_head=_LINES):
            self._names.update(name for head in piece.heads if (name := head[_NAME]))
            self._dated = self._dated or any(head[_DAY] for head in piece.heads)
        held: list[tuple[int, tuple[str | None, ...], str]] = []
        for piece in records(self._source, pattern, lines_of_head=_LINES):
            if piece.preamble and piece.preamble.strip():
                self._preamble(piece.preamble)
            held += zip(piece.lines, piece.heads, piece.bodies, strict=True)
            for row, following in pairwise(held):
                ends = following[1][_DAY] is None and following[1][_NAME] is None
                yield from self._take(*row, ends=ends)
            held = held[-1:]
            yield from self._flush()
            yield Batch(notices=piece.notices)
        for row in held:
            yield from self._take(*row, ends=True)
        yield from self._flush()
        yield self._end()

    def _preamble(self, text: str) -> None:
        if envelope(text):
            self._headers += 1
        else:
            self._problems += stray(text, self._source.label)

    def _take(self, line: int, head: tuple[str | None, ...], body: str, *, ends: bool) -> Iterator[Batch]:
        """One head with what stands below. ``ends``: it is the last of its mail."""
        body = body.replace(NO_HEAD, "")
        if ends:
            body = without_client(body)
            if body.endswith(f"\n\n{_NULL}"):  # a picture that failed, at the end
                body = body.removesuffix(_NULL).rstrip()
                self._doubt("glued_null", line)
        name, day = head[_NAME], head[_DAY]
        if name is not None:
            self._record(line, name, head[_TIME] or "", body.strip(_BLANKS))
            return
        if day is not None:
            yield from self._new_day(line, day)
        else:
            yield from self._flush()
            self._new_mail()
            self._day, self._headers = None, self._headers + 1
            chat = head[_GROUP] or head[_NAMED] or head[_PAIR]
            self._group = group_named(chat, None, "private" if head[_PAIR] else "group")
        if body.strip() == _NULL:
            self._skipped["unsupported"] += 1
        elif body.strip():
            self._problems.append(
                Problem("stray_text", f"{self._source.label}:{line + 1}", body.strip()[:80])
            )

    def _new_day(self, line: int, written: str) -> Iterator[Batch]:
        match = _WRITTEN.fullmatch(written.strip())
        found = (int(match[1]), int(match[2]), int(match[3])) if match else None
        if found is None or self._calendar.of_date(*found, 0) is None:
            self._problems.append(Problem("bad_time", f"{self._source.label}:{line}", written))
            self._lost_day = True
            return
        self._headers += 1
        if self._day is not None and found <= self._day and self._began:
            yield from self._flush()  # another mail, whose header is gone
            self._new_mail()
        self._day, self._lost_day = found, False
        self._last = None

    def _new_mail(self) -> None:
        if self._began:
            self._segment += 1
        self._began = False
        self._clock = WallClock(self._options)
        self._last = None

    def _record(self, line: int, name: str, time: str, body: str) -> None:
        name, glued = self._known(name)
        for _ in range(glued):
            self._doubt("glued_null", line)
        if body == _NULL:
            self._skipped["unsupported"] += 1
            return
        at = self._local(time, line)
        if at is None:
            self._problems.append(Problem("bad_time", f"{self._source.label}:{line}", f"{name}  {time}"))
            return
        self._began = self._found = True
        self._rows.append((line, at, None if name == _NULL else name, body))

    def _known(self, name: str) -> tuple[str, int]:
        """The name without the ``null`` of failed pictures that is glued to it, and how many they are."""
        rests = [name]
        while rests[-1].startswith(_NULL) and rests[-1] != _NULL:
            rests.append(rests[-1].removeprefix(_NULL))
        for glued in range(len(rests) - 1, 0, -1):
            if self._names[rests[glued]] >= self._names[name]:
                return rests[glued], glued
        return name, 0

    def _local(self, time: str, line: int) -> int | None:
        hour, minute = map(int, time.split(":"))
        if hour > 23 or minute > 59:
            return None
        seconds = hour * 3600 + minute * 60
        if not self._dated:
            return self._calendar.of_time(seconds, self._source.label)
        if self._day is None:
            return None
        at = self._calendar.of_date(*self._day, seconds)
        if self._lost_day:
            self._doubt("assumed_date", line)
        if at is not None and self._last is not None and at < self._last:
            self._doubt("out_of_order", line)
        self._last = at
        return at

    def _doubt(self, code: str, line: int) -> None:
        self._doubts.setdefault(code, []).append(line)

    def _flush(self) -> Iterator[Batch]:
        """The rows so far, which belong to one mail."""
        if not self._rows:
            return
        yield Batch(groups=(self._group,))
        lines, local, names, bodies = (list(column) for column in zip(*self._rows, strict=True))
        self._rows = []
        stamps = self._clock.utc(np.array(local, np.int64))
        contents = contents_of(bodies, marked(bodies), _content)
        piece = Records(lines, [], bodies)
        for rows in messages(self._source.label, self._group, piece, stamps, People(names), contents):
            yield Batch(rows, segment=self._segment)

    def _end(self) -> Batch:
        label = self._source.label
        if not self._dated and self._calendar.assumed and self._options.date is None:
            self._doubts["assumed_date"] = [1] * self._calendar.assumed
        notices = doubts(label, self._doubts)
        if not (self._found or self._problems or self._skipped):
            self._problems.append(Problem("no_records", f"{label}:1"))
        return Batch(
            problems=self._problems, notices=notices, headers=self._headers, skipped=dict(self._skipped)
        )


def _content(text: str) -> Content | None:
    """What a text of the mail stands for."""
    if media := _MEDIA.fullmatch(text):
        kind = _KINDS[media[1]]
        title = media[2] if kind is Kind.FILE else None
        return Content(kind, title or f"[{media[1]}]", card_title=title)
    if card := _CARD.fullmatch(text):
        return Content(Kind.CONTACT_CARD, card[1], card_title=card[1])
    if place := _PLACE.fullmatch(text):
        return Content(Kind.LOCATION, place[1].strip() or text)
    return untyped(text)
