"""Web pages cut into one piece per message.

So what a message holds, or what is damaged in it, ends with it, and a page of any size needs little
memory. What a piece holds :mod:`_markup` reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_MAX_PIECE = 32 << 20
"""Bytes of one message: pictures may be embedded."""
_MAX_PREAMBLE = 1 << 20
_MAX_START = 1 << 13
"""Bytes of what a message begins with."""


class Piece(NamedTuple):
    """What stands from one start of a message to the next; ``start`` is None before the first one.

    ``line`` is the 1-based line of its beginning. ``cut``: it was too long, and has lost its end.
    """

    line: int
    data: bytes
    start: re.Match[bytes] | None
    cut: bool = False


def pieces(blocks: Iterable[bytes], start: re.Pattern[bytes]) -> Iterator[Piece]:
    """The pieces of a page. ``start`` matches at most 8 KiB, and begins with ``<`` or a backslash."""
    cutter = _Cutter(start)
    for block in blocks:
        yield from cutter.cut(block)
    yield from cutter.cut(b"", final=True)


class _Cutter:
    def __init__(self, start: re.Pattern[bytes]) -> None:
        self._start = start
        self._held = b""  # from the open piece's beginning, or what a start may be cut off in
        self._searched = 0
        self._line = 1
        self._open: re.Match[bytes] | None = None
        self._kept: bytes | None = None  # the first part of a piece that is too long

    def cut(self, block: bytes, *, final: bool = False) -> Iterator[Piece]:
        data = self._held + block
        at, line, searched = 0, self._line, self._searched
        stop = len(data) if final else max(len(data) - _MAX_START, searched)
        for match in self._start.finditer(data, searched):
            if match.start() > stop and not final:
                break
            yield self._piece(line, data[at : match.start()])
            line += data.count(b"\n", at, match.start())
            at, self._open = match.start(), match
            searched = match.end()
        if final:
            yield self._piece(line, data[at:])
            return
        self._searched = max(searched, stop) - at
        self._line = line
        self._held = data[at:]
        self._shorten()

    def _shorten(self) -> None:
        limit = _MAX_PIECE if self._open else _MAX_PREAMBLE
        if len(self._held) > limit + _MAX_START:
            done = len(self._held) - _MAX_START
            self._kept = self._kept if self._kept is not None else self._held[:limit]
            self._line += self._held.count(b"\n", 0, done)
            self._held = self._held[done:]
            self._searched = max(self._searched - done, 0)

    def _piece(self, line: int, data: bytes) -> Piece:
        kept, self._kept = self._kept, None
        if kept is None:
            return Piece(line, data, self._open)
        return Piece(line, kept, self._open, cut=True)
