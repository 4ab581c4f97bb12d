"""Finds the records of a QQ PC/TIM text export, block by block, with vectorised byte work.

The rule that makes it exact: QQ ends structural lines with CRLF and writes the line breaks *inside*
a message as a lone CR or LF. So a header is a CRLF line that begins with a date and a time and
whose previous CRLF line is empty; a pasted log can never be one. In files whose line ends were
changed by an editor (``strict=False``) every line break looks alike and only the empty line before
a header is left. It knows nothing of senders or messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cq.formats._source import Source

MAGIC = "消息记录（此消息记录为文本格式，不支持重新导入）".encode()

MAX_RECORD = 64 << 20
"""Bytes without a header after which a file is called damaged rather than read on."""

_BLOCK = re.compile(
    rb"={64}(\r?\n)\xe6\xb6\x88\xe6\x81\xaf\xe5\x88\x86\xe7\xbb\x84:([^\r\n]*)\1"  # 消息分组:
    rb"={64}\1\xe6\xb6\x88\xe6\x81\xaf\xe5\xaf\xb9\xe8\xb1\xa1:([^\r\n]*)\1={64}(?=\r?\n|\Z)"  # 消息对象:
)
_ODD_CLOCK = re.compile(
    r"(\d{4}-\d{2}-\d{2}) (上午|下午|凌晨|早上|中午|晚上) ?(\d{1,2}):(\d{2}):(\d{2})(?: (.*))?\Z", re.DOTALL
)
NO_MARK, AM, PM, NOON = 0, 1, 2, 3
_ODD_MARKS = {"上午": AM, "凌晨": AM, "早上": AM, "中午": NOON, "下午": PM, "晚上": PM}


@dataclass(frozen=True, slots=True)
class Block:
    """The head of a conversation: QQ's category, the name of the group or person."""

    category: str
    name: str


@dataclass(frozen=True, slots=True)
class Records:
    """Records that lie whole in ``data``, in order; all of one conversation.

    ``date``: days since 1970, ``clock``: seconds as written (12-hour clocks not yet applied),
    ``mark``: the clock's AM/PM word, ``valid``: the date and time exist. ``start`` is the header's
    offset; ``sender`` and ``body`` are [start, end) offsets into ``data``; ``marked_sender`` starts at the AM/PM word, for names
    that begin with one. ``line``: 1-based line of the header. ``stray``: line of text that belongs to
    no record, 0 if there is none.
    """

    block: Block | None
    data: bytes
    date: NDArray[np.int64]
    clock: NDArray[np.int64]
    mark: NDArray[np.int8]
    valid: NDArray[np.bool_]
    start: NDArray[np.int64]
    sender: NDArray[np.int64]
    marked_sender: NDArray[np.int64]
    body: NDArray[np.int64]
    line: NDArray[np.int64]
    stray: int = 0

    def __len__(self) -> int:
        return len(self.date)


def is_strict(source: Source) -> bool:
    """Does the first line end in CRLF, as QQ writes it?"""
    text = source.peek.text
    end = text.find("\n")
    return end > 0 and text[end - 1] == "\r"


def scan(source: Source, strict: bool) -> Iterator[Records]:
    """Every record of the file. A conversation's head yields an (often empty) piece of its own."""
    current: Block | None = None
    held, line, first = b"", 1, True
    for data, last in _pieces(source, strict):
        buffer = held + data if held else data
        if first and buffer.lstrip().startswith(MAGIC):
            buffer = buffer.replace(MAGIC, b"", 1)
        first = False
        marks = _marks(buffer, strict)
        ends_at = len(buffer) if last else int(marks[-1]) if len(marks) else 0
        if not last and len(buffer) - ends_at > MAX_RECORD:
            ends_at = len(buffer)
        if ends_at:
            for piece in _cut(buffer[:ends_at], marks[marks < ends_at], strict, current, line):
                current = piece.block
                yield piece
            line += buffer.count(b"\n", 0, ends_at)
        held = buffer[ends_at:]


def _pieces(source: Source, strict: bool) -> Iterator[tuple[bytes, bool]]:
    """Blocks of the file with a flag for the last one; all line ends LF unless strict."""
    previous: bytes | None = None
    carry = b""
    for block in source.blocks():
        if not strict:
            block = carry + block
            carry = b"\r" if block.endswith(b"\r") else b""
            block = block.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if previous is not None:
            yield previous, False
        previous = block
    yield (previous or b"") + (b"\n" if carry else b""), True


def _lines(data: bytes, strict: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end offsets of the lines, line ends excluded."""
    view = np.frombuffer(data, np.uint8)
    if strict:
        ends = np.flatnonzero(view == 13)
        ends = ends[(ends + 1 < len(view)) & (view[np.minimum(ends + 1, len(view) - 1)] == 10)]
        starts = np.concatenate([[0], ends + 2])
    else:
        ends = np.flatnonzero(view == 10)
        starts = np.concatenate([[0], ends + 1])
    return starts, np.concatenate([ends, [len(view)]])


def _marks(data: bytes, strict: bool) -> NDArray[np.int64]:
    """Offsets where a record or a conversation's head begins."""
    starts, ends = _lines(data, strict)
    heads = [m.start() for m in _BLOCK.finditer(data)]
    return np.union1d(starts[_header_lines(data, starts, ends)], np.array(heads, np.int64))


def _header_lines(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of lines that begin with a date and follow an empty line (or begin the data)."""
    view = np.frombuffer(data, np.uint8)
    after_empty = np.concatenate([[True], starts[:-1] == ends[:-1]])
    rows = np.flatnonzero(after_empty & (ends - starts >= 18))
    at = starts[rows]
    good = (view[at] == 49) | (view[at] == 50)  # "1" or "2"
    for offset, byte in ((4, 45), (7, 45), (10, 32)):  # yyyy-MM-dd, then a blank
        good &= view[at + offset] == byte
    for offset in (1, 2, 3, 5, 6, 8, 9):
        good &= _digits(view, at + offset) < 10
    rows, at = rows[good], at[good]
    plain = _plain_clock(view, at, ends[rows])[0] > 0
    odd = [i for i in np.flatnonzero(~plain) if _odd_clock(data, int(at[i]), int(ends[rows[i]]))]
    plain[odd] = True
    return rows[plain]


def _digits(view: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.int64]:
    return (view[np.minimum(at, len(view) - 1)] - np.uint8(48)).astype(np.int64)


def _plain_clock(
    view: NDArray[np.uint8], at: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Length of a ``H:mm:ss`` that is followed by a blank or the line's end (0: none), and seconds."""
    at = at + 11
    two = _digits(view, at + 1) < 10
    hour = np.where(two, _digits(view, at) * 10 + _digits(view, at + 1), _digits(view, at))
    rest = at + np.where(two, 2, 1)
    digits = [_digits(view, rest + i) for i in (1, 2, 4, 5)]
    after = rest + 6
    good = (_digits(view, at) < 10) & (after <= end)
    for d in digits:
        good &= d < 10
    for offset in (0, 3):
        good &= view[np.minimum(rest + offset, len(view) - 1)] == 58  # ":"
    good &= (after == end) | (view[np.minimum(after, len(view) - 1)] == 32)
    seconds = hour * 3600 + (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
    legal = (hour < 24) & (digits[0] < 6) & (digits[2] < 6)
    return np.where(good, after - at, 0), np.where(legal, seconds, -1)


def _odd_clock(data: bytes, start: int, end: int) -> tuple[int, int, int] | None:
    """Seconds, AM/PM mark and sender offset of a header with a Chinese clock word."""
    line = data[start:end]
    match = _ODD_CLOCK.match(line.decode("utf-8", "replace"))
    if not match:
        return None
    hour, minute, second = int(match[3]), int(match[4]), int(match[5])
    legal = hour < 24 and minute < 60 and second < 60
    rest = len(match[6].encode()) if match[6] else 0
    return (hour * 3600 + minute * 60 + second if legal else -1), _ODD_MARKS[match[2]], end - rest


def _cut(
    data: bytes, marks: NDArray[np.int64], strict: bool, current: Block | None, line: int
) -> Iterator[Records]:
    """The pieces of ``data``, one per conversation it touches."""
    heads = list(_BLOCK.finditer(data))
    edges = [0, *(h.start() for h in heads), len(data)]
    for i, (lo, hi) in enumerate(zip(edges, edges[1:], strict=False)):
        body_from = lo
        if i:
            head = heads[i - 1]
            current = Block(head[2].decode("utf-8", "replace"), head[3].decode("utf-8", "replace"))
            body_from = head.end()
        if lo == hi:
            continue
        piece = data[body_from:hi]
        yield _records(piece, strict, current, line + data.count(b"\n", 0, body_from))


def _records(data: bytes, strict: bool, block: Block | None, line: int) -> Records:
    starts, ends = _lines(data, strict)
    view = np.frombuffer(data, np.uint8)
    rows = _header_lines(data, starts, ends) if len(data) >= 18 else np.zeros(0, np.int64)
    at, end = starts[rows], ends[rows]
    length, clock = _plain_clock(view, at, end) if len(rows) else (rows, rows)
    sender = np.minimum(at + 11 + length + 1, end)
    mark, after_mark = _marked(view, sender, end)
    marked_sender = sender.copy()
    sender = np.where(mark > 0, after_mark, sender)
    for i in np.flatnonzero(length == 0):
        found = _odd_clock(data, int(at[i]), int(end[i]))
        if found:
            clock[i], mark[i], sender[i] = found
            marked_sender[i] = sender[i]
    date, exists = _dates(view, at)
    filled = np.maximum.accumulate(np.where(ends > starts, np.arange(len(starts)), -1))
    last = filled[np.concatenate([rows[1:] - 1, [len(starts) - 1]])] if len(rows) else rows
    body_end = np.where(last > rows, ends[last], end)
    body_start = np.where(last > rows, starts[np.minimum(rows + 1, len(starts) - 1)], end)
    before = int(rows[0]) - 1 if len(rows) else len(starts) - 1
    stray = int(filled[before]) if before >= 0 else -1
    breaks = np.flatnonzero(view == 10)
    return Records(
        block,
        data,
        date,
        clock,
        mark,
        exists & (clock >= 0),
        at,
        np.stack([sender, end], axis=1),
        np.stack([marked_sender, end], axis=1),
        np.stack([body_start, body_end], axis=1),
        line + np.searchsorted(breaks, at),
        line + int(np.searchsorted(breaks, starts[stray])) if stray >= 0 else 0,
    )


def _marked(
    view: NDArray[np.uint8], at: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """AM or PM at the sender's place, and where the sender then begins."""
    if not len(at):
        return np.zeros(0, np.int8), at
    top = len(view) - 1
    first = view[np.minimum(at, top)] | 32
    second = view[np.minimum(at + 1, top)] | 32
    found = (at + 2 <= end) & (second == 109) & ((first == 97) | (first == 112))
    found &= (at + 2 == end) | (view[np.minimum(at + 2, top)] == 32)
    mark = np.where(found, np.where(first == 97, AM, PM), NO_MARK).astype(np.int8)
    return mark, np.minimum(at + 3, end)


def _dates(view: NDArray[np.uint8], at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970 of ``yyyy-MM-dd``, and whether that date exists."""
    if not len(at):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    d = {i: _digits(view, at + i) for i in (0, 1, 2, 3, 5, 6, 8, 9)}
    year = d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3]
    month, day = d[5] * 10 + d[6], d[8] * 10 + d[9]
    legal = (month >= 1) & (month <= 12) & (day >= 1)
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[D]").astype(np.int64) - first
    return first + day - 1, legal & (day <= length)
