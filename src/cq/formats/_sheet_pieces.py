"""The XML of a sheet in pieces of whole rows, each a sheet of its own.

calamine holds all cells of a sheet at once, from the first to the last that has something in it,
and takes what is missing between them as empty. So a sheet is cut before it is parsed, and a piece
whose cells are strewn over more room than memory has is refused. It parses no cells itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from cq.errors import InputError

PIECE = 8 << 20
"""Bytes of XML: some 15,000 rows with their texts, 35,000 where texts are shared."""
_CHUNK = 1 << 20
_MOST_CELLS = 12_000_000
"""Cells of the rectangle around a piece; calamine takes 24 bytes for each, empty or not."""
_MAX_ROWS = 1 << 20
_ORDINARY = 26

_DATA = re.compile(rb"<(?:\w{1,20}:)?sheetData\s*(/?)>")
_END = re.compile(rb"</(?:\w{1,20}:)?sheetData\s*>")
_ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s/>]")
_ROW_NUMBER = re.compile(rb"<(?:\w{1,20}:)?row\s(?:[^<>]*?\s)?r\s*=\s*[\"'](\d++)[\"']")
_ODD_CELL = re.compile(rb"<(?:\w{1,20}:c[\s/>]|c(?! r=\"[A-Z]{1,3}\d{1,7}\")[\s/>])")
_LETTERS = re.compile(rb'<c r="([A-Z]{1,3})')
_NUMBER = re.compile(rb'<c r="[A-Z]{1,3}(\d{1,7})"')
_WITH_VALUE = re.compile(rb'<c r="([A-Z]{2,3})\d{1,7}"[^<>]*(?<!/)>(?!</c>)')
_CELL = re.compile(rb"<(?:\w{1,20}:)?c(?:\s(?:[^<>]*?\s)?r\s*=\s*[\"']([A-Za-z]*+)(\d*+)[\"'])?[^<>]*>")
_ERROR = re.compile(rb"(<(?:\w{1,20}:)?c\s[^<>]{0,200}?\bt=)\"e\"")

_HEAD = b'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_TAIL = b"</sheetData></worksheet>"


def pieces(stream: BinaryIO, label: str, size: int = PIECE) -> Iterator[tuple[bytes, int]]:
    """Whole sheets of at most about ``size`` bytes.

    With each comes how many rows stand before it, where rows do not tell their own numbers.
    :class:`InputError` for a sheet that no memory holds. A sheet that breaks off gives the rows that
    are whole and then raises ``ValueError``.
    """
    before, numbered = 0, True
    for i, rows in enumerate(_cut(stream, label, size)):
        yield _sheet(rows, label), before
        numbered = numbered and (i > 0 or _ROW_NUMBER.search(rows) is not None)
        before += 0 if numbered else len(_ROW.findall(rows))


def halves(sheet: bytes, before: int) -> list[tuple[bytes, int]]:
    """A piece in two, to find the row that cannot be read; nothing if it is one row."""
    rows = sheet[len(_HEAD) : -len(_TAIL)]
    begins = [match.start() for match in _ROW.finditer(rows)]
    if len(begins) < 2:
        return []
    cut = begins[len(begins) // 2]
    after = before if _ROW_NUMBER.search(rows) else before + len(begins) // 2
    return [(_HEAD + rows[:cut] + _TAIL, before), (_HEAD + rows[cut:] + _TAIL, after)]


def _cut(stream: BinaryIO, label: str, size: int) -> Iterator[bytes]:
    held = _begin(stream, size)
    while held is not None:
        if end := _end(held):
            yield held[: end.start()]
            break
        chunk = stream.read(size)
        held += chunk
        if _end(held):
            continue
        cut = _last_row(held)
        if cut:
            yield held[:cut]
        if not chunk:
            raise ValueError("the sheet breaks off")
        if not cut and len(held) > 2 * size:
            raise InputError("workbook_too_large", path=label)
        held = held[cut:]
    while stream.read(_CHUNK):  # to the end: only then is its checksum known
        pass


def _end(data: bytes) -> re.Match[bytes] | None:
    return _END.search(data) if b"sheetData" in data else None


def _begin(stream: BinaryIO, size: int) -> bytes | None:
    """What follows ``<sheetData>``; None if nothing does."""
    held = b""
    while not (begin := _DATA.search(held)):
        chunk = stream.read(_CHUNK)
        if not chunk or len(held) > size:
            raise ValueError("no sheetData")
        held += chunk
    return None if begin[1] else held[begin.end() :]


def _last_row(data: bytes) -> int:
    """Where the last row begins; all before it are whole."""
    plain = data.rfind(b"<row")
    if plain > 0:
        return plain
    return max((match.start() for match in _ROW.finditer(data)), default=0)


def _sheet(rows: bytes, label: str) -> bytes:
    columns, height = _room(rows)
    if columns * height > _MOST_CELLS or height > _MAX_ROWS:
        raise InputError("workbook_too_large", path=label)
    if b't="e"' in rows:  # calamine drops #NAME?, which is all that is left of a text
        rows = _ERROR.sub(rb'\1"str"', rows)
    return b"".join((_HEAD, rows, _TAIL))


def _room(rows: bytes) -> tuple[int, int]:
    """Columns from A on and rows that the cells span, rather too many than too few."""
    numbers = [int(n) for n in _ROW_NUMBER.findall(rows)]
    if _ODD_CELL.search(rows):
        return _odd_room(rows, numbers)
    numbers += {int(n) for n in set(_NUMBER.findall(rows))}
    columns = max(map(_index, set(_LETTERS.findall(rows))), default=0)
    if columns > _ORDINARY:  # far cells that are only coloured take no room
        columns = max(map(_index, set(_WITH_VALUE.findall(rows))), default=_ORDINARY)
    return columns, max(numbers, default=1) - min(numbers, default=1) + 1


def _odd_room(rows: bytes, numbers: list[int]) -> tuple[int, int]:
    """The same where cells are written in another way, or without their place."""
    columns = 1
    for row in _ROW.split(rows):
        cells = _CELL.findall(row)
        numbers += [int(number) for _, number in cells if number]
        columns = max(columns, len(cells), *(_index(letters) for letters, _ in cells), 1)
    spread = max(numbers, default=1) - min(numbers, default=1) + 1
    return columns, spread + (rows.count(b"row") if len(numbers) < rows.count(b"row") else 0)


def _index(letters: bytes) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index
