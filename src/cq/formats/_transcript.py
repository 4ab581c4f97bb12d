"""Text logs of head lines with bodies: cuts a stream into records, for formats that say what a head is.

Knows lines; what a head means, and what a body holds, the format knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, repeat
from operator import add
from typing import NamedTuple

from cq.formats._source import Source
from cq.model import Problem

LONGEST_BODY = 8 << 20
"""Characters of one body: what is longer is no message."""

_BLOCK = 512 << 10
"""Bytes cut at a time: some thousand records, which stay in the caches of the processor."""

_LOOKS_BACK = 3
"""Line breaks before itself that a head looks at, at most: no head begins with one."""


class Records(NamedTuple):
    """Some consecutive records.

    ``heads`` holds the groups of the head's match, ``bodies`` the text from the head's line end to
    the next head (line breaks as LF, those at the end and NULs taken off), ``lines`` the 1-based line of
    each head. ``preamble`` is what stands before the first head of the file, given once.
    """

    lines: list[int]
    heads: list[tuple[str | None, ...]]
    bodies: list[str]
    preamble: str | None = None
    notices: tuple[Problem, ...] = ()


def records(source: Source, head: re.Pattern[str], *, lines_of_head: int = 1) -> Iterator[Records]:
    """The records of a text. ``head`` is compiled with ``re.MULTILINE`` and matches whole lines (``^…$``).

    It may look back at the three line breaks before (a blank line, say). ``lines_of_head``: how many lines
    it spans at most. Every piece has all records that end in it; the last record comes at the end.
    """
    cutter = _Cutter(source.label, head, lines_of_head)
    for block in source.lines(_BLOCK):
        yield cutter.cut(block.decode().replace("\0", "").replace("\r\n", "\n").replace("\r", "\n"))
    yield cutter.last()


class _Cutter:
    def __init__(self, label: str, head: re.Pattern[str], lines_of_head: int) -> None:
        self._label = label
        self._head = head
        self._keep = lines_of_head - 1
        whole = f"(?:{head.pattern})\\n?"  # as a group of its own only where its lines have to be counted
        self._apart = re.compile(f"({whole})" if self._keep else whole, head.flags)
        self._before = ""  # the three lines before, for heads that look back
        self._rest = ""  # the last lines: they may begin a head of several lines
        self._line = 1  # of the first character of what comes
        self._open: tuple[int, tuple[str | None, ...]] | None = None
        self._body: list[str] = []
        self._length = 0
        self._overlong = 0
        self._began = False

    def cut(self, text: str, *, final: bool = False) -> Records:
        """The records that end in ``text``."""
        whole = self._before + self._rest + text
        # A head that begins in the last lines may go on in the next block: those wait.
        end = len(whole) if final else len(_without_last_lines(whole, self._keep))
        found = Records([], [], [])
        at = len(self._before)
        first = self._head.search(whole, at)
        preamble = None
        if first and first.start() < end:
            preamble = self._end(found, whole[at : first.start()])
            self._line += whole.count("\n", at, first.start())
            at = self._all(found, whole, first.start(), end)
        end = max(at, end)
        self._more(whole[at:end])
        self._line += whole.count("\n", at, end)
        self._before, self._rest = _last_lines(whole[:end], 3), whole[end:]
        return found._replace(preamble=preamble)

    def _all(self, found: Records, whole: str, start: int, end: int) -> int:
        """Add the records between the heads; the last one stays open. Where its body begins."""
        # Heads, their groups and bodies in one list: that takes half the time of match objects.
        before = whole[max(start - _LOOKS_BACK, 0) : start]
        parts = self._apart.split(whole[start - len(before) + len(before.rstrip("\n")) :])
        size = self._apart.groups + 1
        at = len(whole) - len(parts[-1])
        while self._keep and at - len(parts[-size]) >= end:  # a head that waits
            at -= len(parts[-size]) + len(parts[-size - 1])
            del parts[-size:]
        written = parts[size:-1:size]
        groups = zip(*(parts[i::size] for i in range(2 if self._keep else 1, size)), strict=True)
        in_heads = map(str.count, parts[1::size], repeat("\n")) if self._keep else repeat(1)
        breaks = map(add, map(str.count, written, repeat("\n")), in_heads)
        lines = [*accumulate(breaks, initial=self._line)]
        bodies = [body.rstrip("\n") for body in written]
        if bodies and max(map(len, bodies)) > LONGEST_BODY:
            self._overlong += sum(len(body) > LONGEST_BODY for body in bodies)
            bodies = [body[:LONGEST_BODY] for body in bodies]
        found.lines.extend(lines[:-1])
        found.heads.extend(groups)
        found.bodies.extend(bodies)
        self._open = lines[-1], found.heads.pop()
        self._line = lines[-1] + (parts[-size].count("\n") if self._keep else 1)
        return at

    def last(self) -> Records:
        """What is left at the end of the text."""
        found = self.cut("", final=True)
        preamble = self._end(found, "")
        notices: tuple[Problem, ...] = ()
        if self._overlong:
            notices = (Problem("line_too_long", self._label, str(self._overlong)),)
        return found._replace(preamble=found.preamble or preamble, notices=notices)

    def _more(self, text: str) -> None:
        if self._length <= LONGEST_BODY:
            self._body.append(text)
            self._length += len(text)
            self._overlong += self._length > LONGEST_BODY

    def _end(self, found: Records, text: str) -> str | None:
        """Close the open record with ``text``; before the first record that is the preamble."""
        self._more(text)
        body = "".join(self._body)[:LONGEST_BODY].rstrip("\n")
        self._body, self._length = [], 0
        first, self._began = not self._began, True
        if self._open is None:
            return body if first else None
        found.lines.append(self._open[0])
        found.heads.append(self._open[1])
        found.bodies.append(body)
        self._open = None
        return None


def _without_last_lines(text: str, lines: int) -> str:
    cut = len(text)
    for _ in range(lines):
        cut = text.rfind("\n", 0, max(cut - 1, 0)) + 1
    return text[:cut]


def _last_lines(text: str, lines: int) -> str:
    return text[len(_without_last_lines(text, lines)) :]
