"""What a workbook shows at first sight: its sheets, and the first rows of each. For sniffs.

Nothing but zipfile and expat, and no more of each sheet than those rows: a workbook of a million rows
shows itself as fast as one of ten. The rows themselves are :mod:`_workbook`'s business.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

ROWS = 12
"""Rows with something in them that are shown of each sheet: people insert blank ones."""
_MAX_SHEETS = 64
_MAX_ENTRIES = 20_000
_MAX_HEAD = 4 << 20
"""Bytes of a sheet that may stand before its first rows end."""
_MAX_STRINGS = 32 << 20
"""Bytes of the shared strings that are looked through: those of the first rows come first."""
_CHUNK = 64 << 10
_COLUMN = re.compile(r"([A-Za-z]{1,3})\d*")

UNREADABLE = (
    OSError, EOFError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, expat.ExpatError,
)  # fmt: skip
"""What damaged, locked and forged workbooks raise while they are looked at."""


class Row(NamedTuple):
    """A row with something in it: its number in the sheet and its cells from column A on."""

    number: int
    cells: tuple[str, ...]


class Sheet(NamedTuple):
    """A sheet, the name of its file in the zip, and its first rows."""

    name: str
    entry: str
    rows: tuple[Row, ...]


class Table(NamedTuple):
    """A table in a sheet: the row of its head, and the rows above that."""

    sheet: Sheet
    head: Row
    above: tuple[Row, ...]


class View(NamedTuple):
    """The sheets in their order; ``since_1904``: dates count from there, as on old Macs.

    ``damaged``: there may be more in it, but it cannot be looked at.
    """

    sheets: tuple[Sheet, ...] = ()
    since_1904: bool = False
    damaged: bool = False

    def tables(self, names: Collection[str]) -> list[Table]:
        """The tables whose head has all these names, one of a sheet. More columns do not matter."""
        found = []
        for sheet in self.sheets:
            for i, row in enumerate(sheet.rows):
                if row.cells and set(names) <= set(row.cells):
                    found.append(Table(sheet, row, sheet.rows[:i]))
                    break
        return found


def view(opener: Callable[[], BinaryIO]) -> View:
    """The sheets of a workbook; none if it is no workbook, or one that cannot be read."""
    try:
        with opener() as stream, zipfile.ZipFile(stream) as archive:
            return _view(archive) if len(archive.filelist) <= _MAX_ENTRIES else View()
    except UNREADABLE:
        return View(damaged=True)


def entry_of(archive: zipfile.ZipFile, name: str) -> str | None:
    """The entry of that name in whatever case and with whatever slashes it was written."""
    for entry in archive.namelist():
        if entry.replace("\\", "/").lstrip("/").lower() == name.lower():
            return entry
    return None


def _view(archive: zipfile.ZipFile) -> View:
    book = entry_of(archive, "xl/workbook.xml")
    links = entry_of(archive, "xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        return View()
    named: list[tuple[str, str]] = []
    targets: dict[str, str] = {}
    epoch = {"0"}

    def of_book(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet" and len(named) < _MAX_SHEETS:
            link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            named.append((attributes.get("name", ""), link))
        elif tag == "workbookPr":
            epoch.add(attributes.get("date1904", "0"))

    def of_links(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _walk(archive, book, of_book, _MAX_HEAD)
    _walk(archive, links, of_links, _MAX_HEAD)
    heads = []
    for name, link in named:
        target = targets.get(link, "").lstrip("/")
        path = target if target.lower().startswith("xl/") else f"xl/{target}"
        if target and (entry := entry_of(archive, path)) is not None:
            head = _Head()
            head.read(archive, entry)
            heads.append((name, entry, head))
    strings = _strings(archive, {index for *_, head in heads for index in head.shared})
    sheets = tuple(Sheet(name, entry, head.rows(strings)) for name, entry, head in heads)
    return View(sheets, not epoch.isdisjoint({"1", "true"}))


class _Enough(Exception):
    pass


def _feed(archive: zipfile.ZipFile, entry: str, parser: expat.XMLParserType, limit: int) -> None:
    """Parse at most ``limit`` bytes of an entry. A document type (and so entities) is refused."""

    def refused(*_: object) -> None:
        raise ValueError("a document type")

    parser.StartDoctypeDeclHandler = refused
    parser.buffer_text = True
    try:
        with archive.open(entry) as stream:
            while limit > 0 and (data := stream.read(_CHUNK)):
                parser.Parse(data, False)
                limit -= len(data)
    except _Enough:
        pass


def _walk(
    archive: zipfile.ZipFile, entry: str, start: Callable[[str, dict[str, str]], None], limit: int
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    _feed(archive, entry, parser, limit)


class _Head:
    """The first rows of a sheet, with the shared strings still as numbers."""

    def __init__(self) -> None:
        self.shared: set[int] = set()
        self._rows: list[tuple[int, dict[int, str | int]]] = []
        self._row = self._column = -1
        self._cells: dict[int, str | int] = {}
        self._type = ""
        self._text: list[str] | None = None
        self._value = ""

    def read(self, archive: zipfile.ZipFile, entry: str) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        _feed(archive, entry, parser, _MAX_HEAD)

    def rows(self, strings: dict[int, str]) -> tuple[Row, ...]:
        return tuple(Row(number, tuple(_laid_out(cells, strings))) for number, cells in self._rows)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "row":
                number = attributes.get("r", "")
                self._row = int(number) - 1 if number.isdecimal() else self._row + 1
                self._column, self._cells = -1, {}
            case "c":
                found = _COLUMN.fullmatch(attributes.get("r", ""))
                self._column = _index(found[1]) if found else self._column + 1
                self._type, self._value = attributes.get("t", ""), ""
            case "v" | "t":
                self._text = []

    def _end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "v" | "t" if self._text is not None:
                self._value += "".join(self._text)
                self._text = None
            case "c" if self._value.strip():
                shared = self._type == "s" and self._value.strip().isdecimal()
                self._cells[self._column] = int(self._value) if shared else self._value
            case "row" if self._cells:
                self._rows.append((self._row + 1, self._cells))
                self.shared.update(cell for cell in self._cells.values() if isinstance(cell, int))
                if len(self._rows) == ROWS:
                    raise _Enough
            case "sheetData":
                raise _Enough

    def _said(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def _index(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _laid_out(cells: dict[int, str | int], strings: dict[int, str]) -> Iterator[str]:
    for i in range(max(cells) + 1):
        cell = cells.get(i, "")
        yield (strings.get(cell, "") if isinstance(cell, int) else cell).strip()


def _strings(archive: zipfile.ZipFile, wanted: set[int]) -> dict[int, str]:
    """Those of the shared strings. What stands over Japanese characters is no text of a cell."""
    entry = entry_of(archive, "xl/sharedStrings.xml")
    if not wanted or entry is None:
        return {}
    found: dict[int, str] = {}
    last, index = max(wanted), -1
    pieces: list[str] = []
    inside, above = False, 0

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal index, inside, above
        match tag.rpartition(":")[2]:
            case "si":
                index += 1
                pieces.clear()
            case "rPh":
                above += 1
            case "t":
                inside = not above

    def end(tag: str) -> None:
        nonlocal inside, above
        match tag.rpartition(":")[2]:
            case "si":
                if index in wanted:
                    found[index] = "".join(pieces)
                if index >= last:
                    raise _Enough
            case "rPh":
                above -= 1
            case "t":
                inside = False

    def said(text: str) -> None:
        if inside and index in wanted:
            pieces.append(text)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, said
    _feed(archive, entry, parser, _MAX_STRINGS)
    return found
