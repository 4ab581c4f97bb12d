"""Finds the rows of a QQ MHT export: messages, dates and heads of conversations, in bounded memory.

An MHT is one HTML table, then pictures in base64, perhaps tens of gigabytes of them. Only the table
is taken apart; the rest is passed over as blocks. It knows how rows are written, nothing of senders.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from cq.formats._mht_text import unescaped
from cq.formats._qq_txt_scan import Block
from cq.formats._source import Source
from cq.model import Problem

LONGEST_ROW = 8 << 20
"""Bytes of one row: what is longer has lost its end."""

FROM = b"<Save by Tencent MsgMgr>"
_ROW = b"<tr>"
_PART = b"------=_NextPart"
_BLOCK = 4 << 20
_ROW_END = "</div></td></tr>"

_MESSAGE = re.compile(
    r"<td><div style=color:(#[0-9A-Fa-f]{6});padding-left:10px;><div style=float:left;margin-right:6px;>"
    r"((?:[^<]++|<(?!/div>)){0,64}+)</div>([^<]{4,32}+)</div><div style=padding-left:20px;>"
)
_MESSAGES = re.compile(
    rf"<tr>{_MESSAGE.pattern}((?:[^<]++|<(?!/div></td></tr>|tr>))*+){_ROW_END}([\r\n]{{0,4}}+)"
)
"""Whole messages, as nearly all are: what stands between them is looked at row by row."""
_TITLE = re.compile(r"<td[^<>]*+><div[^<>]*+>(消息分组|消息对象):([^<]*+)</div>")
_DATE = re.compile(
    r"<td[^<>]*+>[^<>\d]{0,12}(\d{1,4})(?:([-/.])(\d{1,2})\2(\d{1,4})|年(\d{1,2})月(\d{1,2})日?)\s*</td>"
)
_DECORATION = re.compile(r"<td[^<>]*+><div[^<>]*+>(?:\s|&nbsp;|<br\s*/?>|</?b>|消息记录)*+</div></td>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*+>")
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS = range(1990, 2100)


class Stretch(NamedTuple):
    """Whole rows as they follow one another.

    ``heads``: heads of a file in front of them. ``ended``: the table does, behind them. ``broken``: the
    file breaks off there. ``overlong``: instead of rows, the line of one that is too long.
    """

    text: str
    line: int
    heads: int = 0
    ended: bool = False
    broken: bool = False
    overlong: bool = False


@dataclass(slots=True)
class Rows:
    """Messages of one conversation, still in HTML, with what else was met on the way.

    ``days`` since 1970, None where no date row was there to tell. ``ended``: the
    table does, behind them; ``broken``: the file breaks off there.
    """

    block: Block | None
    lines: list[int] = field(default_factory=list)
    days: list[int | None] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    clocks: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    heads: int = 0
    ended: bool = False
    broken: bool = False


@dataclass(slots=True)
class Dates:
    """How the file's date rows are written, and which of its dates are guesses."""

    day_first: bool = False
    year_last: int = 0
    guessed: int = 0

    def read(self, row: re.Match[str]) -> int | None:
        """Days since 1970; None where there is no such day."""
        first, _, second, third, month, day = row.groups()
        if month is not None:
            return _day(int(first), int(month), int(day))
        if len(first) == 4:
            return _day(int(first), int(second), int(third))
        if len(third) != 4:
            return None
        self.year_last += 1
        self.day_first |= int(first) > 12
        month, day = (second, first) if self.day_first else (first, second)
        return _day(int(third), int(month), int(day))


def _day(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal() - _EPOCH if year in _YEARS else None
    except ValueError:
        return None


def stretches(source: Source) -> Iterator[Stretch]:
    """The rows of the tables in a file, a block at a time; the pictures behind them are passed over."""
    held, line, inside, headed = b"", 1, True, False
    for block in source.blocks(_BLOCK):
        data = held + block
        while data:
            if not inside:  # in the pictures, behind which there may be another file
                at = data.find(FROM)
                inside = at >= 0
                at = at if inside else max(0, len(data) - len(FROM))
                line += data.count(b"\n", 0, at)
                held = data = data[at:]
                if not inside:
                    break
            is_row = data.startswith(_ROW)
            end = _end_of_table(data)
            if end < 0 and (end := data.rfind(_ROW)) <= 0:
                if len(data) > LONGEST_ROW:
                    yield Stretch("", line, overlong=is_row)
                    line += data.count(b"\n", 0, len(data) - len(_PART))
                    data = data[-len(_PART) :]
                held = data
                break
            heads = int(not is_row and FROM in data[:1024])
            inside, headed = data.startswith(_ROW, end), headed or heads > 0
            yield Stretch(data[:end].decode(), line, heads, not inside)
            line += data.count(b"\n", 0, end)
            held = data = data[end if inside else end + 1 :]
            if inside:
                break
    if inside:
        text = held.decode("utf-8", "replace")
        heads = int(not headed and FROM in held[:1024])
        yield Stretch(text, line, heads, broken=headed or not text.rstrip().endswith("</tr>"))


def _end_of_table(data: bytes) -> int:
    """Where the table ends: at its end, or (should that be damaged) at the next part. -1: not in here."""
    ends = (data.find(b"</table>"), data.find(_PART, max(0, data.find(_ROW))) if _ROW in data else -1)
    return min((end for end in ends if end >= 0), default=-1)


def too_long(label: str, line: int) -> Problem:
    """What a row is that has lost its end."""
    return Problem("bad_row", f"{label}:{line}", f"> {LONGEST_ROW} bytes")


def scan(source: Source, dates: Dates, day: int | None, tables: int = 0) -> Iterator[Rows]:
    """All messages, in file order. ``day``: that of the rows in front of the first date row.

    ``tables``: as many are read, if it is known that nothing but pictures follows; 0: all.
    """
    scanner, ended = _Scanner(source.label, dates, day), 0
    for stretch in stretches(source):
        yield from scanner.take(stretch)
        ended += stretch.ended
        if stretch.ended and ended == tables:
            return


class _Scanner:
    def __init__(self, label: str, dates: Dates, day: int | None) -> None:
        self._label = label
        self._dates = dates
        self._day = day
        self._guessing = False
        self._broken = self._overlong = False
        self._category: str | None = None  # of a conversation whose name is still to come
        self._rows = Rows(None)

    def take(self, stretch: Stretch) -> Iterator[Rows]:
        """The rows of a stretch, by conversation; the last piece may be empty."""
        line = stretch.line
        self._broken = stretch.broken
        self._rows.heads += stretch.heads
        overlong = self._overlong
        self._overlong = stretch.overlong or (overlong and not stretch.text)
        if stretch.overlong:
            self._rows.problems.append(too_long(self._label, line))
        parts = _MESSAGES.split(stretch.text)
        between, *columns = (parts[i::6] for i in range(6))
        last, first = len(between) - 1, 0
        for at in [i for i, text in enumerate(between) if text or i == last]:
            if at > first:
                yield from self._named()
                line = self._messages([column[first:at] for column in columns], line)
            first = at
            for i, piece in enumerate(between[at].split("<tr>")):
                if i or at or _MESSAGE.search(piece):
                    yield from self._row(piece, line)
                else:
                    self._before(piece, line, stretch.heads > 0 or overlong)
                line += piece.count("\n")
        self._rows.ended, self._rows.broken = stretch.ended, stretch.broken
        yield self._next(self._rows.block)

    def _before(self, piece: str, line: int, known: bool) -> None:
        """What stands before the first row: the head of a page, or half a row of a file cut in pieces."""
        if not known and "<table" not in piece and _visible(piece):
            self._problem("stray_text", line, piece)

    def _messages(self, columns: list[list[str]], line: int) -> int:
        """Messages that follow one another; the line behind them."""
        rows = self._rows
        colours, senders, clocks, bodies, ends = columns
        rows.colours += colours
        rows.senders += senders
        rows.clocks += clocks
        rows.bodies += bodies
        rows.days += [self._day] * len(bodies)
        self._dates.guessed += self._guessing * len(bodies)
        breaks = [
            end.count("\n") + (body.count("\n") if "\n" in body else 0)
            for body, end in zip(bodies, ends, strict=True)
        ]
        *lines, line = itertools.accumulate(breaks, initial=line)
        rows.lines += lines
        return line

    def _row(self, piece: str, line: int) -> Iterator[Rows]:
        """What stands between two ``<tr>``: a date or a head, a message that lost its end, or two rows."""
        row = _MESSAGE.search(piece)
        if row is None:
            yield from self._other(piece, line)
            return
        while row is not None:
            body, end, rest = piece[row.end() :].partition(_ROW_END)
            body = body if end else body.rstrip()
            yield from self._named()
            line += piece.count("\n", 0, row.start())
            self._messages([*([text] for text in row.groups()), [body], [""]], line)
            line += piece.count("\n", row.start(), len(piece) - len(rest))
            piece = rest
            row = _MESSAGE.search(piece) if piece else None
        if _visible(piece):
            self._problem("bad_row", line, piece)

    def _named(self) -> Iterator[Rows]:
        """The messages so far, if a conversation has begun whose name is damaged."""
        if self._category is not None:
            yield self._next(Block(unescaped(self._category), ""))

    def _other(self, piece: str, line: int) -> Iterator[Rows]:
        """A row that is no message; the messages so far, where another conversation begins."""
        if title := _TITLE.search(piece):
            yield from self._title(*title.groups())
        elif found := _DATE.search(piece):
            self._rows.heads += 1
            self._new_day(self._dates.read(found), piece, line)
        elif _visible(piece) and not _DECORATION.search(piece):
            if "<td" in piece and "<div" not in piece:
                self._new_day(None, piece, line)  # a date that cannot be read
            else:
                self._problem("bad_row", line, piece)

    def _title(self, what: str, name: str) -> Iterator[Rows]:
        if what == "消息分组":
            self._rows.heads += 1
            self._category = name
            return
        self._rows.heads += self._category is None
        self._day, self._guessing = (self._day if self._rows.block is None else None), False
        yield self._next(Block(unescaped(self._category or ""), unescaped(name)))

    def _new_day(self, day: int | None, piece: str, line: int) -> None:
        if day is not None:
            self._day, self._guessing = day, False
            return
        self._problem("bad_time", line, piece)
        if self._day is not None:  # some later day: the next one is as good a guess as any
            self._day, self._guessing = self._day + 1, True

    def _problem(self, code: str, line: int, detail: str) -> None:
        text = _visible(detail)
        code = "truncated" if self._broken and "</tr>" not in detail else code
        self._rows.problems.append(Problem(code, f"{self._label}:{line}", text))

    def _next(self, block: Block | None) -> Rows:
        done, self._rows = self._rows, Rows(block)
        self._category = None if block is not done.block else self._category
        return done


def _visible(piece: str) -> str:
    """The beginning of what a row shows."""
    return _TAG.sub("", piece[:2000]).strip()[:80]
