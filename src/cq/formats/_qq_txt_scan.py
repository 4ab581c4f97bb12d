"""Finds the records of a QQ PC/TIM text export, block by block, with vectorised byte work.

The rule that makes it exact: QQ ends structural lines with CRLF and writes the line breaks *inside*
a message as a lone CR or LF. So a header is a CRLF line that begins with a date and a time and
whose previous CRLF line is empty; a pasted log can never be one. In files whose line ends were
changed by an editor (``strict=False``) every line break looks alike and only the empty line before
a header is left. It knows nothing of senders or messages.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cq.formats._qq_txt_clock import NO_MARK, clock_times, clock_words, dates, digits, marked
from cq.formats._source import Source

MAGIC = "消息记录（此消息记录为文本格式，不支持重新导入）".encode()

MAX_RECORD = 64 << 20
"""Bytes without a header after which a file is called damaged rather than read on."""

_RULE = b"=" * 64
_HEAD = _RULE + b"%s" + "消息分组:".encode()
_BLOCK = re.compile(
    rb"={64}(\r?\n)\xe6\xb6\x88\xe6\x81\xaf\xe5\x88\x86\xe7\xbb\x84:([^\r\n]*)\1"  # 消息分组:
    rb"={64}\1\xe6\xb6\x88\xe6\x81\xaf\xe5\xaf\xb9\xe8\xb1\xa1:([^\r\n]*)\1={64}(?=\r?\n|\Z)"  # 消息对象:
)
_FIRST = re.compile(rb"((?:\s|\xef\xbb\xbf)*)" + MAGIC + rb"[ \t]*")
_AGAIN, _AGAIN_CHANGED = (
    re.compile(empty_line + rb"(?:\xef\xbb\xbf)?" + MAGIC + rb"\s*\Z")
    for empty_line in (rb"(?<=\r\n\r\n)", rb"(?<=\n\n)")
)
"""The first line of a file behind another file: a body of these words stands right below its header."""
_BROKEN = re.compile(
    rb"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} |[^\r\n]{10,16}[0-9]:[0-9]{2}:[0-9]{2} )[^\r\n]{0,300}"
    rb"(?:\([0-9]{4,12}\)|<[^<>\s]{1,128}>)\Z"
)
"""A header whose date or time is damaged, the other is not, and there is an id."""
_ALL_IS_SENDER = -len("2021-03-05  ")
"""Length of the time in such a header: its sender begins with the line, which nothing cuts in two."""
_HALF_HEADER = re.compile(
    rb"(?:[12]|(?:19|20)(?:[0-9]{0,2}|[0-9]{2}-(?:[0-9]{0,2}|[0-9]{2}-(?:[0-9]{0,2}|[0-9]{2} "
    rb"[\x80-\xff]{0,6} ?(?:[0-9]{0,2}|[0-9]{1,2}:(?:[0-9]{0,2}|[0-9]{2}:[0-9]?))))))\Z"
)
"""A header that breaks off before its time is complete."""
_ROOM_OF_FIRST = 4096
_SHORTEST_HEADER = len("2021-03-05 9:45:37")


@dataclass(frozen=True, slots=True)
class Block:
    """The head of a conversation: QQ's category, the name of the group or person."""

    category: str
    name: str


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one conversation that lie whole in ``data``, in order.

    ``clock``: seconds as written (a 12-hour clock is not yet applied; -1: no such time). ``mark``:
    the clock's AM/PM word. ``start`` is the header's offset; ``sender`` and ``body`` are [start, end)
    offsets into ``data``; ``marked_sender`` starts at the AM/PM word, for names that begin with one.
    ``stray``: offset of the first text before the first record that belongs to none, plus one; or 0.
    ``heads``: heads of conversations in front of the piece, first lines of a file behind it.
    ``open_end``: the file breaks off in the last record. ``half``: it breaks off behind it, in a
    header or a head, at this offset plus one; or 0.
    """

    block: Block | None
    data: bytes
    lines: _Text
    clock: NDArray[np.int64]
    mark: NDArray[np.int8]
    start: NDArray[np.int64]
    sender: NDArray[np.int64]
    marked_sender: NDArray[np.int64]
    body: NDArray[np.int64]
    stray: int = 0
    heads: int = 0
    open_end: bool = False
    half: int = 0

    @property
    def in_header(self) -> bool:
        """Does the file break off in the last header, or right behind it?"""
        return self.open_end and len(self) > 0 and bool(self.sender[-1, 1] == len(self.data))

    def __len__(self) -> int:
        return len(self.start)

    def dates(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Days since 1970, and whether that date and the time exist."""
        date, exists = dates(self.lines.view, self.start)
        return date, exists & (self.clock >= 0)

    def line(self) -> NDArray[np.int64]:
        """The 1-based line of each header."""
        lines: NDArray[np.int64] = self.lines.line_at(self.start)
        return lines


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
        if first:
            if len(buffer) < _ROOM_OF_FIRST and not last:
                held = buffer
                continue
            first = False
            if match := _FIRST.match(buffer):
                buffer = match[1].translate(None, b" \t\xef\xbb\xbf") + buffer[match.end() :]
        if last and strict:
            buffer = buffer.removesuffix(b"\r")  # half a line end
        text = _Text(buffer, strict, line)
        end = text.end(last)
        if end:
            for piece in text.pieces(end, current, last):
                current = piece.block
                yield piece
            line = text.line_at(end)
        held = buffer[end:]


def _pieces(source: Source, strict: bool) -> Iterator[tuple[bytes, bool]]:
    """Blocks of the file with a flag for the last one; all line ends LF unless strict."""
    previous: bytes | None = None
    carry = b""
    for block in source.blocks():
        if not strict:
            whole = carry + block
            block = whole.rstrip(b"\r")
            carry = whole[len(block) :]
            for line_end in (b"\r\r\n", b"\r\n", b"\r"):  # the first: CRLF written in text mode
                block = block.replace(line_end, b"\n")
        if previous is not None:
            yield previous, False
        previous = block
    yield (previous or b"") + carry.replace(b"\r", b"\n"), True


def _heads(data: bytes, strict: bool) -> Iterator[re.Match[bytes]]:
    """Where conversations begin. The plain search makes it ten times as fast as the expression alone."""
    line_end = b"\r\n" if strict else b"\n"
    needle = _HEAD % line_end
    at = data.find(needle)
    while at >= 0:
        if (at == 0 or data.endswith(line_end, 0, at)) and (match := _BLOCK.match(data, at)):
            yield match
        at = data.find(needle, at + 1)


class _Text:
    """A stretch of the file that begins at a record, a head or the start of the file; its lines.

    ``mixed``: a conversation begins in there with line ends that are not those of this reading.
    """

    def __init__(self, data: bytes, strict: bool, line: int) -> None:
        self.data = data
        self.view = np.frombuffer(data, np.uint8)
        self._strict = strict
        self._line = line
        self._breaks: NDArray[np.int64] | None = None
        ends = np.flatnonzero(self.view == (13 if strict else 10))
        if strict:
            ends = ends[self.view[np.minimum(ends + 1, len(data) - 1)] == 10]
        self.starts = np.concatenate([[0], ends + (2 if strict else 1)])
        self.ends = np.concatenate([ends, [len(data)]])
        self.heads = list(_heads(data, strict))
        self.mixed = strict and _HEAD % b"\n" in data
        self.rows, self._length, self._clock, self._mark = self._headers()

    def _headers(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
        """Lines that begin with a date and a time and follow an empty line (or begin the stretch).

        Also the length of the time, its seconds, and the mark of a Chinese clock word before it.
        Where line ends are as QQ wrote them, only a header follows an empty line: one that is damaged
        is a record without a time, and not text of the message before it.
        """
        view, starts, ends = self.view, self.starts, self.ends
        after_empty = np.concatenate([[True], starts[:-1] == ends[:-1]])
        rows = np.flatnonzero(after_empty & (ends - starts >= _SHORTEST_HEADER))
        at = starts[rows]
        good = view[at + 10] == 32  # yyyy-MM-dd, then a blank
        for offset in (4, 7):
            good &= view[at + offset] == 45
        for offset in (0, 1, 2, 3, 5, 6, 8, 9):
            good &= digits(view, at + offset) < 10
        mark, word = clock_words(view, at + 11)
        length, clock = clock_times(view, at + 11 + word, ends[rows])
        good &= length > 0
        length += word
        if self._strict and not good.all():
            odd = np.flatnonzero(~good)
            broken = [i for i in odd if _BROKEN.match(self.data, int(at[i]), int(ends[rows[i]]))]
            good[broken], clock[broken], mark[broken], length[broken] = True, -1, NO_MARK, _ALL_IS_SENDER
        return rows[good], length[good], clock[good], mark[good]

    def end(self, last: bool) -> int:
        """Up to where the records are whole: to the last thing that begins here, or the end of the file.

        What the last line is, nobody knows before its end is there. A pasted header has to stay with
        the message it was pasted into, so where line ends were changed, one with an id is preferred.
        """
        size = len(self.data)
        if last:
            return size
        rows = self.rows[: np.searchsorted(self.rows, len(self.starts) - 1)]
        head = max((h.start() for h in self.heads if h.end() < size), default=0)
        rows = rows[np.searchsorted(self.starts[rows], head) :]
        if not self._strict and len(rows):
            final = self.view[self.ends[rows] - 1]
            with_id = rows[(final == ord(")")) | (final == ord(">"))]
            rows = with_id if len(with_id) else rows
        begins = max(int(self.starts[rows[-1]]) if len(rows) else 0, head)
        return begins if size - begins <= MAX_RECORD else self._forced_end(begins)

    def _forced_end(self, begins: int) -> int:
        """Where to cut what has grown too large: before an empty line if possible, else before a line."""
        starts, ends = self.starts[:-1], self.ends[:-1]
        for edges in (starts[starts == ends], starts):
            if len(edges) and edges[-1] > begins:
                return int(edges[-1])
        return len(self.data)

    def line_at(self, offset: NDArray[np.int64] | int) -> Any:
        """The 1-based line of the file at an offset (or several)."""
        if self._breaks is None:
            self._breaks = np.flatnonzero(self.view == 10)
        return self._line + np.searchsorted(self._breaks, offset)

    def _half(self) -> int | None:
        """Where the file breaks off in a header or a head: only these follow an empty line."""
        empty = self.data.rfind(b"\r\n\r\n")
        at = empty + 4
        if empty < 0 or len(self.data) - at > _ROOM_OF_FIRST or any(h.start() >= at for h in self.heads):
            return None
        rest = self.data[at:]
        half = _HALF_HEADER.match(rest) or (rest and rest.startswith(_RULE[: len(rest)]))
        return at if half else None

    def pieces(self, end: int, current: Block | None, last: bool) -> Iterator[Records]:
        """The records before ``end``, one piece per conversation; ``last``: the file ends there."""
        half = self._half() if last and self._strict else None
        end = end if half is None else half
        heads = [h for h in self.heads if h.start() < end]
        joints = {len(self.data), *(h.start() for h in self.heads)}
        edges = [0, *(h.start() for h in heads), end]
        for i, (lo, hi) in enumerate(itertools.pairwise(edges)):
            if i:
                head = heads[i - 1]
                current = Block(head[2].decode("utf-8", "replace"), head[3].decode("utf-8", "replace"))
                lo = head.end()
            elif lo == hi:
                continue
            # Where files were joined, the first line of the next one ends the last record of this one.
            first_line = _AGAIN if self._strict else _AGAIN_CHANGED
            again = first_line.search(self.data, max(lo, hi - _ROOM_OF_FIRST), hi) if hi in joints else None
            found = self._records(lo, again.start() if again else hi, current, bool(i) + bool(again))
            if last and self._strict and i == len(heads):
                broken = half is None and not again and not self.data.endswith(b"\r\n\r\n", lo, hi)
                found = dataclasses.replace(found, open_end=broken, half=0 if half is None else half + 1)
            yield found

    def _records(self, lo: int, hi: int, block: Block | None, heads: int) -> Records:
        starts, ends = self.starts, self.ends
        first, last = (int(np.searchsorted(starts, edge)) for edge in (lo, hi))
        mine = slice(*(int(np.searchsorted(self.rows, edge)) for edge in (first, last)))
        rows = self.rows[mine]
        at, end = starts[rows], ends[rows]
        sender, marked_sender, mark, clock = self._senders(mine, at, end)
        # Lines from ``first`` on, counted from there: which line up to each one last held text?
        held = ends[first:last] > starts[first:last]
        filled = np.maximum.accumulate(np.where(held, np.arange(first, last), -1))
        if len(rows):
            final = filled[np.append(rows[1:], last) - 1 - first]
            full = final > rows
            body_end = np.where(full, np.minimum(ends[final], hi), end)
            body_start = np.where(full, starts[np.minimum(rows + 1, len(starts) - 1)], end)
        else:
            body_start = body_end = rows
        before = np.flatnonzero(held[: (int(rows[0]) if len(rows) else last) - first])
        stray = int(starts[first + before[0]]) + 1 if len(before) else 0
        return Records(
            block, self.data, self, clock, mark, at,
            np.stack([sender, end], axis=1),
            np.stack([marked_sender, end], axis=1),
            np.stack([body_start, body_end], axis=1),
            stray, heads,
        )  # fmt: skip

    def _senders(
        self, mine: slice, at: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
        """Where senders begin, behind and before an AM/PM word, that word, and the seconds."""
        marked_sender = np.minimum(at + 11 + self._length[mine] + 1, end)
        before = self._mark[mine]
        behind, after_mark = marked(self.view, marked_sender, end)
        sender = np.where((behind > 0) & (before == NO_MARK), after_mark, marked_sender)
        return sender, marked_sender, np.where(before > 0, before, behind), self._clock[mine]


def slices(data: bytes, spans: NDArray[np.int64]) -> Any:
    """The strings at rising, disjoint [start, end) offsets of UTF-8 text."""
    import pyarrow as pa

    if not len(spans):
        return pa.array([], pa.string())
    offsets = pa.py_buffer(np.ascontiguousarray(spans).reshape(-1))
    pieces = pa.Array.from_buffers(pa.large_string(), 2 * len(spans) - 1, [None, offsets, pa.py_buffer(data)])
    return pieces.take(pa.array(np.arange(0, 2 * len(spans), 2))).cast(pa.string())
