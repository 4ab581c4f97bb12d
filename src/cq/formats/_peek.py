"""What identification looks at: a name, the head of the file, a view of its JSON structure.

Pure and cheap: no pyarrow, no second read. Formats ask it questions; it knows none of them.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping
from functools import cached_property

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_MAX_TOKENS = 100_000


class Peek:
    """The first (at most 4 MiB) and last (at most 64 KiB) bytes of a source, and views of them."""

    def __init__(self, name: str, head: bytes, tail: bytes = b"", *, complete: bool = True) -> None:
        self.name = name
        self.head = head
        self.tail = tail
        self.complete = complete

    @cached_property
    def text(self) -> str:
        """The head decoded by the ladder of :mod:`_source`, without BOM and NULs."""
        from cq.formats._source import looks_gb18030

        head = self.head
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = head[: len(head) & ~1].decode("utf-16", "replace")
        elif head.startswith(codecs.BOM_UTF8) or not looks_gb18030(head):
            text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
        else:
            text = head.decode("gb18030", "replace")
        return text.replace("\0", "").removeprefix("\ufeff")

    @cached_property
    def start(self) -> str:
        """The text from its first visible character."""
        return self.text.lstrip("\ufeff \t\r\n")

    @cached_property
    def first_line(self) -> str:
        """The first line that is not blank, without its line end and trailing blanks."""
        return self.start[:65536].split("\n", 1)[0].rstrip()

    @cached_property
    def json(self) -> Mapping[str, Mapping[str, str | None]]:
        """Keys (and the first scalar) per path of a JSON text that may be cut off.

        ``""`` is the top-level object, ``"[]"`` the elements of a top-level array,
        ``".messages[]"`` the elements of the array under ``messages``. Empty if it is no JSON.
        Lines that start with ``#`` before the first brace are passed over (JSONL comments).
        """
        body = self.start
        while body.startswith("#"):
            body = body.partition("\n")[2].lstrip(" \t\r\n")
        if body[:1] not in ("{", "["):
            return {}
        return _shape(body)

    @cached_property
    def csv_header(self) -> tuple[str, ...]:
        """The cells of the first line read as CSV."""
        try:
            return tuple(cell.strip() for cell in next(csv.reader([self.first_line]), []))
        except csv.Error:
            return ()


def _shape(text: str) -> dict[str, dict[str, str | None]]:
    out: dict[str, dict[str, str | None]] = {}
    stack: list[tuple[str, str]] = []
    key: str | None = None
    pending: str | None = None
    for count, match in enumerate(_TOKEN.finditer(text)):
        token = match.group()
        if token in "{[":
            if not stack:
                if out:  # a second document: JSON lines; the first line has said enough
                    break
                name = ""
            else:
                bracket, parent = stack[-1]
                name = f"{parent}[]" if bracket == "[" else f"{parent}.{key}"
            stack.append((token, name))
            out.setdefault(name, {})
            key = pending = None
        elif token in "}]":
            if stack:
                stack.pop()
            key = pending = None
        elif token == ":":
            key = pending
            if stack and key is not None:
                out[stack[-1][1]].setdefault(key, None)
        elif token == ",":
            key = pending = None
        elif stack and stack[-1][0] == "{" and key is None:
            pending = token.strip('"')
        elif stack and key is not None and out[stack[-1][1]].get(key) is None:
            out[stack[-1][1]][key] = token.strip('"')[:120]
        if count >= _MAX_TOKENS:
            break
    return out
