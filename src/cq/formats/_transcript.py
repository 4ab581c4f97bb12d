"""Text logs of head lines with bodies: cuts a stream into records, for formats that say what a head is.

Knows lines; what a head means, and what a body holds, the format knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cq.formats._source import Source
from cq.model import Problem

LONGEST_BODY = 8 << 20
"""Characters of one body: what is longer is no message."""


class Records(NamedTuple):
    """Some consecutive records.

    ``heads`` holds the groups of the head's match, ``bodies`` the text from the head's line end to
    the next head (line breaks as LF, those at the end taken off), ``lines`` the 1-based line of
    each head. ``preamble`` is what stands before the first head of the file, given once.
    """

    lines: list[int]
    heads: list[tuple[str | None, ...]]
    bodies: list[str]
    preamble: str | None = None
    notices: tuple[Problem, ...] = ()


def records(source: Source, head: re.Pattern[str], *, lines_of_head: int = 1) -> Iterator[Records]:
    """The records of a text. ``head`` is compiled with ``re.MULTILINE`` and matches whole lines (``^…$``).

    It may look back at the two lines before (a blank line, say). ``lines_of_head``: how many lines
    it spans at most. Every piece has all records that end in it; the last record comes at the end.
    """
    cutter = _Cutter(source.label, head, lines_of_head)
    for block in source.lines():
        yield cutter.cut(block.decode().replace("\r\n", "\n").replace("\r", "\n"))
    yield cutter.last()


class _Cutter:
    def __init__(self, label: str, head: re.Pattern[str], lines_of_head: int) -> None:
        self._label = label
        self._head = head
        self._keep = lines_of_head - 1
        self._before = ""  # the two lines before, for heads that look back
        self._rest = ""  # lines that may begin a head of several lines
        self._line = 1  # of the first character of what comes
        self._open: tuple[int, tuple[str | None, ...]] | None = None
        self._body: list[str] = []
        self._length = 0
        self._overlong = 0
        self._began = False

    def cut(self, text: str, *, final: bool = False) -> Records:
        """The records that end in ``text``."""
        text = self._rest + text
        self._rest = ""
        if self._keep and not final:
            text, self._rest = _without_last_lines(text, self._keep)
        whole = self._before + text
        found = Records([], [], [])
        at = line_at = len(self._before)
        line, preamble = self._line, None
        for match in self._head.finditer(whole, at):
            if match.start() < at:
                continue
            preamble = self._end(found, whole[at : match.start()], preamble)
            line += whole.count("\n", line_at, match.start())
            line_at = match.start()
            self._open = line, match.groups()
            at = min(match.end() + 1, len(whole))
        if at < len(whole):
            self._more(whole[at:])
        self._line = line + whole.count("\n", line_at)
        self._before = _last_lines(whole, 2)
        return found._replace(preamble=preamble)

    def last(self) -> Records:
        """What is left at the end of the text."""
        found = self.cut("", final=True)
        preamble = self._end(found, "", found.preamble)
        notices: tuple[Problem, ...] = ()
        if self._overlong:
            notices = (Problem("line_too_long", self._label, str(self._overlong)),)
        return found._replace(preamble=preamble, notices=notices)

    def _more(self, text: str) -> None:
        if self._length <= LONGEST_BODY:
            self._body.append(text)
            self._length += len(text)
            self._overlong += self._length > LONGEST_BODY

    def _end(self, found: Records, text: str, preamble: str | None) -> str | None:
        """Close the open record (or the preamble) with ``text``."""
        self._more(text)
        body = "".join(self._body)[:LONGEST_BODY].rstrip("\n")
        self._body, self._length = [], 0
        if self._open is not None:
            found.lines.append(self._open[0])
            found.heads.append(self._open[1])
            found.bodies.append(body)
            self._open = None
        elif not self._began:
            preamble = body
        self._began = True
        return preamble


def _without_last_lines(text: str, lines: int) -> tuple[str, str]:
    cut = len(text)
    for _ in range(lines):
        cut = text.rfind("\n", 0, max(cut - 1, 0)) + 1
    return text[:cut], text[cut:]


def _last_lines(text: str, lines: int) -> str:
    return _without_last_lines(text, lines)[1]
