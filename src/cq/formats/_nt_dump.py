"""Rows of QQ NT's table as a JSON array, as DB Browser and similar programs write them out.

The rows mean what they mean in the database (:mod:`_nt_rows`); here they are only unpacked.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from cq.formats import ReadOptions, Source
from cq.formats._json import Items, walk
from cq.formats._nt_database import BATCH, Row
from cq.formats._nt_people import People
from cq.formats._nt_rows import COLUMNS, Reader
from cq.model import Batch, Problem

_HEX = re.compile(r"(?:0x|[xX]')?((?:[0-9A-Fa-f]{2})+)'?")
_NAMES = (*COLUMNS, "40010")


class _Entry(msgspec.Struct, gc=False, rename=lambda name: name.removeprefix("c")):
    c40001: Any = None
    c40010: Any = None
    c40011: Any = None
    c40013: Any = None
    c40020: Any = None
    c40021: Any = None
    c40027: Any = None
    c40030: Any = None
    c40033: Any = None
    c40050: Any = None
    c40090: Any = None
    c40093: Any = None
    c40800: Any = None


class _Dump:
    """The rows of the array in the order of our columns. Texts are strings already."""

    replaced = 0

    def __init__(self, source: Source) -> None:
        self._source = source

    def text(self, value: Any) -> Any:
        return value

    def place(self, column: str) -> int | None:
        return _NAMES.index(column) if column in _NAMES else None

    def batches(self) -> Iterator[list[Row] | Problem]:
        for part in walk(self._source.blocks(), self._source.label, {"": _Entry}):
            match part:
                case Problem():
                    yield part
                case Items(_, _, entries):
                    rows = map(_row, entries)
                    while batch := list(islice(rows, BATCH)):
                        yield batch


def read_dump(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The rows of a dump, which is that of one table: chat type 1 makes it the one of private chats."""
    dump = _Dump(source)
    reader = Reader(source, People(source, None), dump)
    private = source.peek.json.get("[]", {}).get("40010") == "1"
    yield from reader.read(dump, "private" if private else "group")
    yield reader.last()


def _row(entry: _Entry) -> Row:
    values = [getattr(entry, f"c{name}") for name in _NAMES]
    place = _NAMES.index("40800")
    if isinstance(values[place], str):
        values[place] = _unpacked(values[place])
    return tuple(value if isinstance(value, int | str | bytes) else None for value in values)


def _unpacked(written: str) -> bytes:
    """A blob as hexadecimal digits or Base64; anything else is no body, and said so."""
    written = written.strip()
    if match := _HEX.fullmatch(written):
        return bytes.fromhex(match[1])
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return b"\xff"
