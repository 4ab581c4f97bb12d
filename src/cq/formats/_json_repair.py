"""Where the next item of an array begins, once one is damaged.

In well-formed JSON ``{"key":`` with a bare quote can only be the start of an object. So the first
key of the earlier items is looked for; where the count of quotes and brackets disagrees with it,
the count has gone astray at the damage. Decodes nothing and reports nothing: the walker does.
"""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from cq.formats._json_window import MAX_KEY, NEAR, Window

_FIRST_KEY = re.compile(rb'\{\s*+("[^"\\]*+")\s*+:')
_NEXT_KEY = re.compile(rb'\}\s*+,\s*+\{\s*+("[^"\\]*+")\s*+:')
_AFTER_ARRAY = re.compile(
    rb"\]\s*+(?:\Z|\}\s*+(?:\Z|[{;)<])"
    rb'|,\s*+(?:\Z|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:\\?\Z|"\s*+(?:\Z|:))))',
    re.DOTALL,
)
"""The end of an array and what stands after it in the top-level object (or script), perhaps cut off."""

_AHEAD = 8 << 20
"""Bytes in which the usual first key is looked for."""
_MANY = 1000
"""More objects than that in one item are no forwarded chat: a bracket was lost."""


class ItemFinder:
    """What the items of one array look like, and where they begin.

    ``first_key`` is that of the last good item. ``unsure``: damage has made us search, so brackets
    may be those of an item that was cut in two.
    """

    def __init__(self, window: Window, array_start: re.Pattern[bytes], *, outermost: bool = False) -> None:
        self.first_key: bytes | None = None
        self.unsure = False
        self.outermost = outermost  # is the array the whole text?
        self._window = window
        self._array_start = array_start
        self._indent: int | None = None  # of the last good item, if it began a line

    def learn(self) -> None:
        """Remember what the start of the item at the window's place looks like."""
        if match := _FIRST_KEY.match(self._window.data, self._window.at):
            self.first_key = match[1]
            self._indent = self._window.indent_of(self._window.at)

    def starts(self) -> re.Pattern[bytes]:
        """The start of an item, or of another array asked for."""
        key = self.first_key
        if key is None:
            data, at = self._window.data, self._window.at
            usual = Counter(_NEXT_KEY.findall(data, at, at + _AHEAD)).most_common(1)
            first = _FIRST_KEY.match(data, at)
            key = usual[0][0] if usual else first[1] if first else None
        any_key = rb'"[^"\\]*+"'
        item = rb"(?P<item>\{)\s*+%b\s*+:" % (re.escape(key) if key else any_key)
        return re.compile(item + b"|" + self._array_start.pattern)

    def closes(self) -> bool:
        """Is the ``]`` at the window's place the end of the array?"""
        window = self._window
        if self.outermost:  # anything may follow, but another item
            while window.left < MAX_KEY and window.grow():
                pass
            followed = window.after(window.at + 1) in (b",", b"{", b'"')
            return not followed and not (self.unsure and self._items_follow())
        while not (match := _AFTER_ARRAY.match(window.data, window.at)) or match.end() == len(window.data):
            if window.left > MAX_KEY or not window.grow():
                break
        if match is None or (match[0].endswith(b"{") and self.starts().match(window.data, match.end() - 1)):
            return False
        if not self.unsure:
            return True
        return not self._items_follow()

    def _items_follow(self) -> bool:
        window = self._window
        return any(map(self._is_item, self.starts().finditer(window.data, window.at)))

    def find(self, end: int | None) -> bool:
        """Go from the damaged item at the window's place to the next one.

        ``end`` is where the damaged item ends by the count of its brackets. False if there was
        nothing more before the end of the text.
        """
        self.unsure = True
        window, starts = self._window, self.starts()
        begin = window.at
        if end is not None:
            astray = window.astray(begin, starts, end)
            if astray is not None or window.after(end) in (b",", b"]"):
                window.at = end if astray is None else astray
                return True
        refused: set[int] = set()
        for stop in (begin + NEAR, len(window.data)):
            at = self._next(begin, min(stop, len(window.data)), starts, refused)
            if at is not None:
                window.at = at
                return True

        def search(data: bytes, at: int) -> re.Match[bytes] | None:
            fresh = (m for m in starts.finditer(data, at) if window.base + m.start() not in refused)
            return next(filter(self._is_item, fresh), None)

        window.at = begin + 1
        return window.search(search)

    def _next(self, begin: int, stop: int, starts: re.Pattern[bytes], refused: set[int]) -> int | None:
        """The first place before ``stop`` that is the start of an item for certain.

        By its indentation, or because the count of quotes says "inside a string" there, or by its
        depth: our items are those least deep. But if the text breaks off in the middle of an item
        that is sound so far, whatever is inside belongs to that item. Others are ``refused``.
        """
        window = self._window
        depths = window.depths(begin, stop)
        certain, likely = None, []
        for match in starts.finditer(window.data, begin + 1, stop):
            if match.start(match.lastgroup or 0) not in depths or match.lastgroup == "array":
                certain = match
                break
            if self._is_item(match):
                likely.append(match.start())
            else:
                refused.add(window.base + match.start())
        limit = min((depths[at] for at in likely), default=0)
        unproved = stop < len(window.data) or (certain is not None and certain.lastgroup == "item")
        if unproved or (limit > 1 and len(likely) < _MANY and _is_cut_off(window.data[begin:])):
            limit = 1
        for at in likely:
            if self._indent or depths[at] <= max(limit, 1):
                return at
        refused.update(window.base + at for at in likely)
        return certain.start() if certain else None

    def _is_item(self, match: re.Match[bytes]) -> bool:
        """Is this start of an object one of ours, not one that is nested in an item?"""
        if match.lastgroup == "array":
            return True
        indent = self._window.indent_of(match.start())
        if indent is not None and self._indent:
            return indent <= self._indent
        return self._window.before(match.start()) not in (b":", b"[")


def _is_cut_off(raw: bytes) -> bool:
    """Is this the beginning of a JSON value, and no more than that?"""
    try:
        msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    except (ValueError, RecursionError):
        pass
    return False
