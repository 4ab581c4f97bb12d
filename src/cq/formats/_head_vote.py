"""What text logs share that are head lines with bodies: how sure it is that a text is one of them.

Light, for sniffs. How such a text is cut is :mod:`_transcript`'s business, what a head means the format's.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cq.formats._peek import Peek

LOOKED_AT = 1 << 18
"""Characters of the head of a file that vote."""

_AFTER_BLANK = r"(?<![^\n]\n)"


class Vote(NamedTuple):
    """The head lines of the beginning of a text.

    ``first``: its first visible line is one. ``apart``: how many follow a blank line, or nothing.
    ``bodies``: how many are followed by a line that is neither blank nor a head. ``heads`` are the matches.
    """

    heads: list[re.Match[str]]
    apart: int
    bodies: int
    first: bool

    @property
    def separate(self) -> bool:
        """Do most heads stand after a blank line?"""
        return self.apart * 2 > len(self.heads)

    @property
    def filled(self) -> bool:
        """Has at least every other head a body below it?"""
        return self.bodies > 0 and self.bodies * 2 >= len(self.heads)


def vote(peek: Peek, head: re.Pattern[str]) -> Vote:
    """The votes for ``head``, which matches whole lines; a last line that may be cut off has none."""
    text = peek.start[:LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if len(peek.start) > LOOKED_AT or not peek.complete:
        lines = lines[:-1]
    found = [head.fullmatch(line) for line in lines]
    apart = bodies = 0
    for i, match in enumerate(found):
        if match:
            apart += i == 0 or not lines[i - 1]
            bodies += i + 1 < len(lines) and bool(lines[i + 1].strip()) and not found[i + 1]
    return Vote([m for m in found if m], apart, bodies, bool(found and found[0]))


def heads(peek: Peek, line: str) -> re.Pattern[str]:
    """The pattern of head lines for :func:`_transcript.records`: ``line`` says what a whole one is.

    A head follows a blank line, so that one inside a paragraph is talk about heads. Only where the
    blank lines of the file are gone (editors, mail programs) any line may be one.
    """
    separate = vote(peek, re.compile(line)).separate
    return re.compile(f"^{_AFTER_BLANK if separate else ''}{line}$", re.MULTILINE)
