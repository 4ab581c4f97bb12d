"""Excel workbooks as tables: the same :class:`~cq.formats._table.Rows` that a CSV file gives.

calamine reads the cells. What it gets is never the user's file but a small workbook of our own for
each piece of the sheet: memory stays bounded, and checksums are known before anything is parsed.
What a column means, the formats know; which sheets there are, :mod:`_sheet_view`.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from cq.errors import InputError
from cq.formats._sheet_pieces import PIECE, halves, pieces
from cq.formats._sheet_view import UNREADABLE, Table, View, entry_of
from cq.formats._source import Source, unreadable
from cq.formats._table import ROWS, Rows
from cq.model import Problem

_MAX_SHEET = 4 << 30
_MAX_STRINGS = 512 << 20
_MAX_STYLES = 32 << 20
"""Bytes of XML; zipfile never gives more than an entry says that it has."""
_BOMB_BYTES, _BOMB_RATIO = 256 << 20, 500
"""Sheets shrink to a twentieth, a million rows that are only coloured to a hundredth."""
_FULL_CELL = 32_767
"""Characters that a cell holds. A text of that length was longer."""
_PATIENCE = 100
"""How often a sheet is cut up to find a row that cannot be read."""
_WHOLE = 1 << 53
"""Numbers from here on have lost digits."""
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006"


def all_tables(source: Source, *heads: Sequence[str]) -> tuple[list[Table], View]:
    """The tables of a workbook that have such a head. :class:`InputError` if there is none."""
    seen = source.peek.workbook
    for head in heads:
        if tables := seen.tables(head):
            return tables, seen
    if not seen.sheets:
        if not source.peek.head.startswith(b"PK"):  # --input-format said so
            raise InputError("not_that_format", path=source.label)
        code = "zip_damaged" if seen.damaged else "unknown_workbook"
        raise InputError(code, path=source.label)
    wanted = heads[0]
    rows = [row.cells for sheet in seen.sheets for row in sheet.rows] or [()]
    nearest = max(rows, key=lambda cells: len(set(wanted) & set(cells)))
    missing = next(name for name in wanted if name not in nearest)
    shown = ", ".join(filter(None, nearest))[:200]
    raise InputError("column_missing", path=source.label, column=missing, columns=shown or "-")


def sheet_rows(source: Source, table: Table, seen: View, piece: int = 0) -> Iterator[Rows]:
    """The rows below the head of a table, by the numbers they have in the sheet.

    Cells are what a CSV file would have: times as ``YYYY-MM-DD HH:MM:SS``, whole numbers without a
    point, numbers too large for a spreadsheet as ``7.43727E+18``. Rows that are empty are none; the
    rows above the head and heads that are repeated are headers. Problem ``unreadable``: a piece that
    is damaged; notice ``full_cell``: a text that was cut off at Excel's limit.
    """
    reader = _Reader(source.label, table)
    yield reader.head()
    try:
        with (
            source.open_seekable() as stream,
            zipfile.ZipFile(stream) as archive,
            tempfile.TemporaryDirectory(prefix="cq-") as folder,
        ):
            book = _Book(archive, table.sheet.entry, source.label, Path(folder), since_1904=seen.since_1904)
            try:
                with archive.open(table.sheet.entry) as sheet:
                    size = piece or book.piece
                    for data, before in pieces(sheet, source.label, size):  # type: ignore[arg-type]
                        yield from reader.read(book, data, before)
            except UNREADABLE as error:
                where = f"{source.label}:{reader.last + 1}"
                yield reader.nothing([Problem("unreadable", where, str(error)[:200])])
            yield reader.nothing(notices=reader.notices())
    except UNREADABLE as error:
        raise unreadable(source.label, error) from error


class _Book:
    """Writes a piece of a sheet as a workbook of its own, and opens it."""

    def __init__(
        self, archive: zipfile.ZipFile, entry: str, label: str, folder: Path, *, since_1904: bool
    ) -> None:
        self._path = folder / "piece.xlsx"
        self._folder = folder
        self._label = label
        self._parts: list[tuple[Path, str]] = []
        self._book = (
            f'<workbook {_NS} xmlns:r="{_R}"><workbookPr date1904="{int(since_1904)}"/>'
            '<sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>'
        )
        self._check(archive.getinfo(entry), _MAX_SHEET)
        for name, limit in (("xl/sharedStrings.xml", _MAX_STRINGS), ("xl/styles.xml", _MAX_STYLES)):
            if (part := entry_of(archive, name)) is not None:
                self._check(archive.getinfo(part), limit)
                copy = folder / f"{len(self._parts)}.xml"
                with archive.open(part) as packed, copy.open("wb") as file:
                    file.write(_without_counts(packed.read(_CHUNK)))
                    shutil.copyfileobj(packed, file, _CHUNK)
                self._parts.append((copy, name))

    def _check(self, info: zipfile.ZipInfo, limit: int) -> None:
        if info.file_size > min(limit, max(_BOMB_BYTES, _BOMB_RATIO * info.compress_size)):
            raise InputError("workbook_too_large", path=self._label)

    @property
    def piece(self) -> int:
        """Bytes of a piece. All shared strings are parsed for each: where there are many, fewer pieces."""
        return max(PIECE, min(3 * PIECE, sum(copy.stat().st_size for copy, _ in self._parts)))

    def of(self, sheet: bytes) -> tuple[list[list[Any]], int, int]:
        """The cells of a piece, and the row and the column where they begin."""
        with zipfile.ZipFile(self._path, "w") as made:
            made.writestr("[Content_Types].xml", _TYPES)
            made.writestr("_rels/.rels", _links("officeDocument", "xl/workbook.xml"))
            made.writestr("xl/workbook.xml", self._book)
            made.writestr("xl/_rels/workbook.xml.rels", _links("worksheet", "worksheets/s.xml"))
            for copy, name in self._parts:
                made.write(copy, name)
            made.writestr("xl/worksheets/s.xml", sheet)
        try:
            with CalamineWorkbook.from_path(self._path) as book:
                cells = book.get_sheet_by_index(0)
                return cells.to_python(), *(cells.start or (0, 0))
        except MemoryError:
            raise
        except Exception as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # Rust's, which is no Exception
                raise
            raise ValueError("malformed cells") from error


_CHUNK = 1 << 20
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]{0,500}\?>)?\s*<(?:\w{1,20}:)?(?:sst|styleSheet)\b([^<>]*)>"
)
_COUNT = re.compile(rb"\s(?:unique)?[cC]ount\s*=\s*(?:\"[^\"]*\"|'[^']*')")


def _without_counts(head: bytes) -> bytes:
    """calamine makes room for as many strings as a file says that it has."""
    root = _ROOT.match(head)
    if root is None:
        raise ValueError("no root element")
    return head[: root.start(1)] + _COUNT.sub(b"", root[1]) + head[root.end(1) :]


def _links(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_P}/relationships">'
        f'<Relationship Id="rId1" Type="{_R}/{kind}" Target="{target}"/></Relationships>'
    )


_TYPES = f'<Types xmlns="{_P}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'


class _Reader:
    """Rows of cells to columns by their names in the head."""

    def __init__(self, label: str, table: Table) -> None:
        self._label = label
        self._head = table.head
        self._above = len(table.above)
        self._places = {name: i for i, name in reversed(list(enumerate(table.head.cells))) if name}
        self.last = table.head.number
        self._full: list[int] = []
        self._patience = _PATIENCE

    def head(self) -> Rows:
        return Rows((), {name: [] for name in self._places}, headers=1 + self._above)

    def nothing(self, problems: Sequence[Problem] = (), notices: Sequence[Problem] = ()) -> Rows:
        return Rows((), {name: [] for name in self._places}, problems, 0, notices)

    def notices(self) -> list[Problem]:
        if not self._full:
            return []
        return [Problem("full_cell", f"{self._label}:{self._full[0]}", str(len(self._full)))]

    def read(self, book: _Book, sheet: bytes, before: int) -> Iterator[Rows]:
        """The rows of a piece; one that calamine does not take is narrowed down to the row at fault."""
        try:
            cells = book.of(sheet)
        except ValueError as error:
            parts = halves(sheet, before) if self._patience > 0 else []
            self._patience -= 1
            if not parts:
                yield self.nothing(
                    [Problem("unreadable", f"{self._label}:{self.last + 1}", str(error)[:200])]
                )
        else:
            parts = []
            yield from self.rows(*cells, before)
        for part in parts:
            yield from self.read(book, *part)

    def rows(self, cells: list[list[Any]], row: int, column: int, before: int) -> Iterator[Rows]:
        """Blocks of rows out of one piece, ``before`` which that many rows stand."""
        row += before + 1
        for begin in range(0, len(cells), ROWS):
            block = cells[begin : begin + ROWS]
            numbers: Sequence[int] = range(row + begin, row + begin + len(block))
            if numbers[0] <= self._head.number or not all(map(any, block)):
                kept = [
                    i
                    for i, n in enumerate(numbers)
                    if n > self._head.number and any(v != "" for v in block[i])
                ]
                numbers, block = [numbers[i] for i in kept], [block[i] for i in kept]
            if block:
                yield self._block(numbers, block, column)

    def _block(self, numbers: Sequence[int], rows: list[list[Any]], first: int) -> Rows:
        self.last = max(self.last, numbers[-1])
        cells = list(zip(*rows, strict=True))
        columns = {name: _column(cells, place - first, len(rows)) for name, place in self._places.items()}
        again = _repeated(columns)
        if again:
            numbers = [n for i, n in enumerate(numbers) if i not in again]
            columns = {
                name: [v for i, v in enumerate(column) if i not in again] for name, column in columns.items()
            }
        for column in columns.values():
            if max(map(len, column), default=0) > _FULL_CELL // 2:
                self._full += [n for n, text in zip(numbers, column, strict=True) if _is_full(text)]
        return Rows(numbers, columns, headers=len(again))


def _repeated(columns: Mapping[str, list[str]]) -> set[int]:
    """Rows that are the head once more."""
    name, column = next(iter(columns.items()))
    if name not in column:
        return set()
    return {
        i
        for i, value in enumerate(column)
        if value == name and all(other[i].strip() == title for title, other in columns.items())
    }


def _is_full(text: str) -> bool:
    return len(text) > _FULL_CELL // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 == _FULL_CELL


def _column(cells: Sequence[Sequence[Any]], place: int, rows: int) -> list[str]:
    """A column as strings; one beyond the cells of this piece is empty."""
    if not 0 <= place < len(cells):
        return [""] * rows
    values = cells[place]
    if set(map(type, values)) == {str}:
        return list(values)
    return [value if isinstance(value, str) else _written(value) for value in values]


def _written(value: Any) -> str:
    """A cell as a CSV file would have it."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if abs(value) >= _WHOLE:
            return f"{value:.5E}"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():  # a day is a float with 10 digits after the point: half a second is nothing
            return f"{value + timedelta(microseconds=500_000):%Y-%m-%d %H:%M:%S}"
        case date():
            return f"{value:%Y-%m-%d} 00:00:00"
        case time():
            return f"{value:%H:%M:%S}"
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)
