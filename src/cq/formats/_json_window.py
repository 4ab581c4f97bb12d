"""JSON text under a window that moves over it: where values begin and end, by their brackets.

Not a parser: what a value means is not known here, and nothing is mended. But it is noticed where
the count of quotes and brackets must have gone astray.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from cq.model import Problem

BLANK = re.compile(rb"[ \t\r\n]*+")
SEPARATOR = re.compile(rb"[ \t\r\n,]*+")
BRACKET = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+[{}\[\]]', re.DOTALL)
"""From anywhere outside a string up to and with the next bracket outside a string."""
_STRINGS = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
"""From anywhere outside a string as far as there are whole strings and no brackets."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,:"{}\[\]]++')

NEAR = 1 << 16
"""Bytes looked at in one go where something may be wrong, so that damage is cheap."""
MAX_KEY = 1 << 12
_MAX_VALUE = 64 << 20
"""Bytes of one item. What is not closed by then is damage: no exporter embeds that much."""
_MAX_INDENT = 256

Search = Callable[[bytes, int], re.Match[bytes] | None]
"""``search`` of a pattern, or something that looks like it."""


class Window:
    """``data`` is the piece of the text that is held; everything before ``at`` is done with.

    ``base`` is the offset of ``data[0]`` in the text. Only :meth:`grow` moves the data.
    """

    def __init__(self, blocks: Iterable[bytes], label: str) -> None:
        self.data = b""
        self.at = 0
        self.base = 0
        self._blocks = iter(blocks)
        self._label = label
        self._line = 1  # the line of data[counted]
        self._counted = 0

    @property
    def left(self) -> int:
        """Bytes held that are not done with."""
        return len(self.data) - self.at

    def grow(self) -> bool:
        """Let go of what is done with and read on: at least as much as is held. False at the end."""
        done = max(self.at - _MAX_INDENT, 0)
        self._count_lines(max(done, self._counted))
        self._counted -= done
        self.base += done
        self.at -= done
        held = [self.data[done:]]
        want, got = max(len(held[0]) - self.at, 1), 0
        for block in self._blocks:
            held.append(block)
            got += len(block)
            if got >= want:
                break
        self.data = b"".join(held)
        return got > 0

    def search(self, search: Search) -> bool:
        """Move to what ``search`` finds from here on, or to the end of the text."""
        while (match := search(self.data, self.at)) is None:
            self.at = max(self.at, len(self.data) - MAX_KEY)
            if not self.grow():
                self.at = len(self.data)
                return False
        self.at = match.start()
        return True

    # -- where problems are ----------------------------------------------------------------------

    def where(self) -> str:
        """The window's place as ``label:line``."""
        return f"{self._label}:{self.line()}"

    def line(self) -> int:
        """The line of the window's place."""
        self._count_lines(self.at)
        return self._line

    def problem(self, code: str, detail: str) -> Problem:
        """A problem at the window's place."""
        return Problem(code, self.where(), detail)

    def _count_lines(self, at: int) -> None:
        if at >= self._counted:
            self._line += self.data.count(b"\n", self._counted, at)
        else:
            self._line -= self.data.count(b"\n", at, self._counted)
        self._counted = at

    # -- beside a place --------------------------------------------------------------------------

    def peek(self, blank: re.Pattern[bytes] = BLANK) -> bytes:
        """The next byte that is not ``blank``, moving there; empty at the end of the text."""
        while True:
            self.at = _skip(blank, self.data, self.at)
            if self.at < len(self.data) or not self.grow():
                return self.data[self.at : self.at + 1]

    def after(self, at: int) -> bytes:
        """The byte at or after ``at`` that is no white space, within the window."""
        at = _skip(BLANK, self.data, at)
        return self.data[at : at + 1]

    def before(self, at: int) -> bytes:
        """The byte before ``at`` that is no white space."""
        return self.data[max(at - _MAX_INDENT, 0) : at].rstrip(b" \t\r\n")[-1:]

    def indent_of(self, at: int) -> int | None:
        """Blanks before ``at`` if nothing else stands before it in its line."""
        begin = self.data.rfind(b"\n", max(at - _MAX_INDENT, 0), at) + 1
        return at - begin if begin and not self.data[begin:at].strip(b" \t") else None

    # -- values ----------------------------------------------------------------------------------

    def end(self, starts: re.Pattern[bytes], *, keep: bool = True) -> int | None:
        """The end of the value at the window's place, which stays in the window if ``keep``.

        None if the text ends before, if the value is too long, or if ``starts`` proves that the
        count has gone astray (:meth:`astray`).
        """
        if self.peek() not in (b"{", b"["):
            return self.scalar_end()
        at, depth = self.at, 0
        stop = at + NEAR
        while True:
            while match := BRACKET.match(self.data, at, stop):
                at = match.end()
                depth += 1 if self.data[at - 1] in b"{[" else -1
                if depth <= 0:
                    sound = keep or self.astray(self.at, starts, at) is None
                    return self._settle(at) if sound else None
            stop = min(stop, len(self.data))
            if self.astray(self.at, starts, stop) is not None:
                return None
            if stop == len(self.data):
                if not keep:
                    self.at = at = _skip(_STRINGS, self.data, at)
                base = self.base
                if self.left > _MAX_VALUE or not self.grow():
                    return None
                at, stop = at + base - self.base, stop + base - self.base
            stop += max(stop - self.at, NEAR)

    def scalar_end(self) -> int | None:
        """The end of the string, number or word at the window's place."""
        kind = _STRING if self.peek() == b'"' else _SCALAR
        while (match := kind.match(self.data, self.at)) is None or match.end() == len(self.data):
            broken = match is None and kind is _SCALAR
            if broken or self.left > _MAX_VALUE or not self.grow():
                break
        return self._settle(match.end()) if match else None

    def _settle(self, end: int) -> int:
        """``end``, once the byte after it that is no white space is in the window, too."""
        while _skip(BLANK, self.data, end) == len(self.data):
            base = self.base
            if not self.grow():
                break
            end -= self.base - base
        return end

    def depths(self, begin: int, stop: int) -> dict[int, int]:
        """The opening brackets outside strings from ``begin``, each with its depth."""
        depths = {}
        at, depth = begin, 0
        while match := BRACKET.match(self.data, at, stop):
            at = match.end()
            if self.data[at - 1] in b"{[":
                depths[at - 1] = depth
                depth += 1
            else:
                depth -= 1
        return depths

    def astray(self, begin: int, starts: re.Pattern[bytes], stop: int) -> int | None:
        """Where ``starts`` proves that the count of quotes and brackets from ``begin`` is wrong.

        ``starts`` matches what stands in no string; its groups ``item`` and ``array`` are the
        brackets. Proof is where the count says "inside a string", or where an item stands
        directly in an item. None if all agrees up to ``stop``.
        """
        if starts.search(self.data, begin + 1, stop) is None:
            return None
        depths = self.depths(begin, stop)
        for match in starts.finditer(self.data, begin + 1, stop):
            depth = depths.get(match.start(match.lastgroup or 0))
            if depth is None:
                return match.start()
            if depth == 1 and match.lastgroup == "item" and self.before(match.start()) == b",":
                return match.start()
        return None


def _skip(blank: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = blank.match(data, at)
    return match.end() if match else at
