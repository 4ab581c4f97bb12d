"""What identification looks at: a name, the head of the file, a view of its JSON structure.

Pure and cheap: no pyarrow, no second read. Formats ask it questions; it knows none of them.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from cq.formats._encoding import looks_gb18030

if TYPE_CHECKING:
    from cq.formats._sheet_view import View

# The last string may be cut off; looking for its end again at each quote inside would take for ever.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}\[\]:,]|[^\s{}\[\]:,"]++', re.DOTALL)
_BRACKET = re.compile(r'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+[{}\[\]]', re.DOTALL)
_LINE = re.compile(r"[^\r\n]*")
_MAX_TOKENS = 100_000
_BRACKETS = 20_000
_MAX_DEPTH = 16
_ENOUGH = 100
"""Elements of an array that have told what there is to tell."""
_TOO_DEEP = "…"
_IN_WORKBOOK = re.compile(rb"PK\x03\x04.{26}xl[/\\]", re.DOTALL)  # the name of a file stands at byte 30
_CONTROLS = bytes([*range(1, 9), *range(14, 27), *range(28, 32)])
"""Bytes no text holds. NUL is not among them (UTF-16, crashes), nor ESC (terminal colours in logs)."""


class Peek:
    """The first (at most 4 MiB) and last (at most 64 KiB) bytes of a source, and views of them."""

    def __init__(
        self,
        name: str,
        head: bytes,
        tail: bytes | Callable[[], bytes] = b"",
        *,
        complete: bool = True,
        opener: Callable[[], BinaryIO] | None = None,
    ) -> None:
        self.name = name
        self.head = head
        self.complete = complete
        self._tail = tail
        self._opener = opener

    @cached_property
    def tail(self) -> bytes:
        """The last bytes. Inside a zip they cost a pass over the file: look at the head first."""
        return self._tail if isinstance(self._tail, bytes) else self._tail()

    @cached_property
    def binary(self) -> bool:
        """Whether this is no text at all."""
        start = self.head[:4096]
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return False
        return len(start) - len(start.translate(None, _CONTROLS)) > len(start) // 20

    @cached_property
    def is_workbook(self) -> bool:
        """Whether this is an Excel workbook, readable or not."""
        return self.head.startswith(b"PK\x03\x04") and _IN_WORKBOOK.search(self.head) is not None

    @cached_property
    def workbook(self) -> View:
        """The sheets of an Excel workbook with their first rows; none for anything else.

        The only view that looks beyond head and tail, and only into what is a workbook.
        """
        from cq.formats import _sheet_view

        if self._opener is None or not self.is_workbook:
            return _sheet_view.View()
        return _sheet_view.view(self._opener)

    @cached_property
    def text(self) -> str:
        """The head decoded by the ladder of :mod:`_source`, without BOM and NULs; empty if binary."""
        head = self.head
        if self.binary:
            return ""
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
        return _LINE.match(self.start, 0, 65536)[0].rstrip()  # type: ignore[index]

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
        """The cells of the first record read as CSV."""
        try:
            lines = io.StringIO(self.start[:65536], newline="")
            return tuple(cell.strip() for cell in next(csv.reader(lines), []))
        except csv.Error:
            return ()


def _shape(text: str) -> dict[str, dict[str, str | None]]:
    out: dict[str, dict[str, str | None]] = {}
    stack: list[tuple[str, str]] = []
    seen: Counter[str] = Counter()
    key: str | None = None
    pending: str | None = None
    tokens, count = _TOKEN.finditer(text), 0
    while count <= _MAX_TOKENS and (match := next(tokens, None)) is not None:
        count += 1
        token = match.group()
        if token in "{[":
            if not stack:
                if out:  # a second document: JSON lines; the first line has said enough
                    break
                name = ""
            elif len(stack) < _MAX_DEPTH:
                bracket, parent = stack[-1]
                name = f"{parent}[]" if bracket == "[" else f"{parent}.{key}"
                seen[name] += bracket == "["
                if seen[name] > _ENOUGH:
                    tokens = _TOKEN.finditer(text, _end_of_array(text, match.start()))
                    continue
            else:
                name = _TOO_DEEP
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
    return out


def _end_of_array(text: str, at: int) -> int:
    """From one of its elements to the bracket that closes an array; if that is too far, to the end."""
    depth = 1
    for _ in range(_BRACKETS):
        if (match := _BRACKET.match(text, at)) is None:
            break
        at = match.end()
        depth += 1 if text[at - 1] in "{[" else -1
        if depth == 0:
            return at - 1
    return len(text)
