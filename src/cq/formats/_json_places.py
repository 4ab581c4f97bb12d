"""Where the items of a JSON array begin, for the few that something is wrong with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cq.formats._json import Items, Part, Walker
from cq.formats._json_window import BRACKET, Window


class Lines:
    """The lines at which the items of an array begin, for the few that something is wrong with.

    Walks over the file again, as far as the last item asked about: ask in rising order.
    """

    def __init__(self, blocks: Callable[[], Iterable[bytes]], arrays: Mapping[str, Any], main: str) -> None:
        self._blocks = blocks
        self._arrays = arrays
        self._main = main
        self._walker: Walker | None = None
        self._parts: Iterator[Part] = iter(())
        self._first = 1  # the position of the item that begins at lines[0]
        self._lines: list[int] = []

    def __call__(self, number: int) -> int:
        """The 1-based line of the item at the 1-based position ``number``."""
        if self._walker is None or number < self._first:
            self._walker = Walker(Window(self._blocks(), ""), self._arrays, ())
            self._walker.placing = True
            self._parts = self._walker.run()
            self._first, self._lines = 1, []
        while number >= self._first + len(self._lines):
            part = next(self._parts, None)
            if part is None:
                return number
            if isinstance(part, Items) and part.name == self._main and part.values:
                line, raw = self._walker.place
                self._first = part.first
                if number < part.first + len(part.values):
                    self._lines = _lines_in(raw, line)
                else:
                    self._lines = [line] * len(part.values)
        return self._lines[number - self._first] if number >= self._first else number


def _lines_in(raw: bytes, line: int) -> list[int]:
    """The line of each object in a run of them that begins at ``line``."""
    lines = []
    at = counted = depth = 0
    while match := BRACKET.match(raw, at):
        at = match.end()
        if raw[at - 1] not in b"{[":
            depth -= 1
            continue
        if depth == 0:
            line += raw.count(b"\n", counted, at)
            counted = at
            lines.append(line)
        depth += 1
    return lines
