"""Tables: CSV as columns, whatever a spreadsheet has done to it since it was written.

The csv module does the work, a piece of the file at a time; what goes wrong costs the record it goes
wrong in. Knows nothing of chats: what a column means, the formats know. Light enough for a sniff.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from cq.errors import InputError
from cq.formats._peek import Peek
from cq.formats._source import Source
from cq.model import Problem

ROWS = 1 << 16
"""Rows of one piece at most."""
_PIECE = 1 << 19
_LONGEST_FIELD = 64 << 20
_DELIMITERS = ",;\t"
_AROUND = " \t\r\n\ufeff\u00a0\u3000"

_PATIENT, _IMPATIENT = 50_000, 64
"""Lines that a record may span: as long as little has been read in vain, and afterwards."""
_VAIN = 500_000
_WINDOW = 64
"""Lines read at first after damage."""

_FIRST, _LAST = itemgetter(0), itemgetter(-1)

Repair = Callable[[list[str]], list[str] | None]
"""Makes a row of the wrong width whole, or says None."""


class Rows(NamedTuple):
    """Some rows of a table: the line (or row of the sheet) where each begins, and their cells by column.

    All columns are as long as ``numbers``. ``problems`` are rows that could not be cut, ``notices``
    such as were mended. ``headers`` counts heads: the first, and those of files that were joined.
    """

    numbers: Sequence[int]
    columns: Mapping[str, list[str]]
    problems: Sequence[Problem] = ()
    headers: int = 0
    notices: Sequence[Problem] = ()
    skipped: Mapping[str, int] = MappingProxyType({})


def head_cells(cells: Sequence[str]) -> tuple[str, ...]:
    """The names in a head, without blanks, a BOM inside, and the empty cells at its end."""
    names = [cell.strip(_AROUND) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def head_of(peek: Peek) -> tuple[str, ...]:
    """The head of a table for a sniff: separated by commas, semicolons or tabs."""
    cells = peek.csv_header
    line = peek.first_line
    if len(cells) != 1 or not (";" in line or "\t" in line):
        return head_cells(cells)
    try:
        return head_cells(next(csv.reader([line], delimiter=delimiter_of(line)), []))
    except csv.Error:
        return ()


def delimiter_of(line: str) -> str:
    """What separates the names of a head."""
    return max(_DELIMITERS, key=line.count)


def csv_rows(
    source: Source,
    required: Collection[str] | None = None,
    *,
    repair: Repair | None = None,
    delimiter: str | None = None,
) -> Iterator[Rows]:
    """The rows of a CSV file whose first record is its head.

    :class:`InputError` if one of the ``required`` columns is not there. Problem ``bad_csv``: a row
    that is not cut as the head is, a quote that is never closed. Blank lines are no rows.
    """
    csv.field_size_limit(max(_LONGEST_FIELD, csv.field_size_limit()))
    pieces = _pieces(source)
    lines: list[str] = []
    first = 0
    for lines in pieces:
        first = next((i for i, line in enumerate(lines) if line.strip(_AROUND)), len(lines))
        if first < len(lines):
            break
    delimiter = delimiter or delimiter_of(lines[first] if first < len(lines) else "")
    head, used = _head(lines[first:], delimiter)
    _check(source.label, head, required)
    cutter = _Cutter(source.label, head, delimiter, repair, 1 + first + used)
    yield Rows((), {name: [] for name in head if name}, headers=1 if head else 0)
    lines = lines[first + used :]
    for more in pieces:
        yield cutter.cut(lines, final=False)
        lines = more
    yield cutter.cut(lines, final=True)


def _check(label: str, head: Sequence[str], required: Collection[str] | None) -> None:
    for name in required or ():
        if name not in head:
            shown = ", ".join(head)
            raise InputError("column_missing", path=label, column=name, columns=shown[:200] or "-")


def _pieces(source: Source) -> Iterator[list[str]]:
    """Lines with their ends, cut at LF only. A file by an old Mac ends its lines with CR."""
    old_mac: bool | None = None
    for block in source.lines(_PIECE):
        text = block.decode()
        if old_mac is None:
            end = text.find("\r")
            old_mac = end >= 0 and text[end + 1 : end + 2] != "\n" and "\n" not in text[:end]
        if old_mac:
            text = text.replace("\r", "\n")
        yield io.StringIO(text, newline="\n").readlines()


def _head(lines: list[str], delimiter: str) -> tuple[tuple[str, ...], int]:
    """The names of the columns, and how many lines they take."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        cells = next(reader, [])
    except csv.Error:
        return (), 0
    if len(lines) == reader.line_num > 1 and '"' in lines[0]:  # a lost quote took everything
        cells = next(csv.reader(lines[:1], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
        return tuple(cell.strip(_AROUND + '"') for cell in cells), 1
    return tuple(cell.strip(_AROUND) for cell in cells), reader.line_num


class _Parsed(NamedTuple):
    rows: list[list[str]]
    ends: list[int]  # lines read when each row was complete
    error: str | None = None  # what is wrong with the record after them
    read: int = 0  # lines read by then


class _Cutter:
    """Lines to rows. What a lost quote took in is given back, but for the first of its lines."""

    def __init__(
        self, label: str, head: Sequence[str], delimiter: str, repair: Repair | None, line: int
    ) -> None:
        self._label = label
        self._names = head
        self._width = len(head)
        self._delimiter = delimiter
        self._repair = repair
        self._line = line  # the number of the next line
        self._held: list[str] = []
        self._vain = 0

    def cut(self, lines: list[str], *, final: bool) -> Rows:
        """The rows that end in ``lines``."""
        lines = self._held + lines if self._held else lines
        out = _Cut(self._label, self._names, self._mended)
        at, window = 0, len(lines)
        while at < len(lines):
            part = lines[at : at + window] if at or window < len(lines) else lines
            found = self._parse(part)
            out.take(found, self._line + at)
            done = found.ends[-1] if found.ends else 0
            at += done
            if found.error is None:
                window = max(window * 4, _WINDOW)
                continue
            opened = found.read - done
            patience = _PATIENT if self._vain < _VAIN else _IMPATIENT
            if found.read == len(part) and opened < patience:  # it may go on
                if at + opened < len(lines):
                    window = max(opened * 4, _WINDOW)
                    continue
                if not final:
                    break
                if not any(map(self._is_whole, lines[at + 1 :])):  # the file ends here
                    out.problem("truncated" if opened > 1 else "bad_csv", self._line + at, found.error)
                    at = len(lines)
                    continue
            out.problem("bad_csv", self._line + at, found.error)
            self._vain += opened
            at, window = at + 1, _WINDOW
        self._held = lines[at:]
        self._line += at
        return out.rows()

    def _parse(self, lines: list[str]) -> _Parsed:
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        rows: list[list[str]] = []
        ends: list[int] = []
        error = None
        try:
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
        except csv.Error as problem:
            error = str(problem)
        widths = set(map(len, rows))
        if widths <= {self._width, 0} or ends[-1] == len(rows):
            return _Parsed(rows, ends, error, reader.line_num)
        for i, row in enumerate(rows):  # a quote that is lost can also end in a longer row
            begin = ends[i - 1] if i else 0
            if len(row) != self._width and ends[i] > begin + 1 and not self._mended(row):
                wrong = f"{len(row)} cells, {self._width} columns"
                return _Parsed(rows[:i], ends[:i], wrong, ends[i])
        return _Parsed(rows, ends, error, reader.line_num)

    def _mended(self, row: list[str]) -> list[str] | None:
        mended = self._repair(row) if self._repair else None
        return mended if mended is not None and len(mended) == self._width else None

    def _is_whole(self, line: str) -> bool:
        try:
            return len(next(csv.reader([line], delimiter=self._delimiter, strict=True), [])) == self._width
        except csv.Error:
            return False


class _Cut:
    """The rows of one piece."""

    def __init__(self, label: str, names: Sequence[str], repair: Repair) -> None:
        self._label = label
        self._names = names
        self._head = list(names)
        self._repair = repair
        self._rows: list[list[str]] = []
        self._numbers: list[int] = []
        self._problems: list[Problem] = []
        self._mended: list[Problem] = []
        self._headers = 0

    def problem(self, code: str, line: int, detail: str) -> None:
        self._problems.append(Problem(code, f"{self._label}:{line}", detail))

    def take(self, found: _Parsed, line: int) -> None:
        """Rows whose first line has the number ``line``."""
        begins = [line, *(end + line for end in found.ends[:-1])]
        rows = found.rows
        whole = set(map(len, rows)) == {len(self._names)}
        if whole and "" not in map(_FIRST, rows) and self._head[-1] not in map(_LAST, rows):
            self._rows += rows
            self._numbers += begins[: len(rows)]
            return
        for begin, row in zip(begins, rows, strict=False):
            self._take(row, begin)

    def _take(self, row: list[str], line: int) -> None:
        if not any(cell.strip(_AROUND) for cell in row):  # a blank line, or what Excel makes of one
            return
        if len(row) != len(self._names):
            mended = self._repair(row)
            if mended is None:
                self.problem("bad_csv", line, f"{len(row)} cells, {len(self._names)} columns")
                return
            self._mended.append(Problem("mended_row", f"{self._label}:{line}", f"{len(row)} cells"))
            row = mended
        if [cell.strip(_AROUND) for cell in row] == self._head:
            self._headers += 1
            return
        self._rows.append(row)
        self._numbers.append(line)

    def rows(self) -> Rows:
        cells = zip(*self._rows, strict=True) if self._rows else iter([()] * len(self._names))
        columns = {name: list(column) for name, column in zip(self._names, cells, strict=True) if name}
        numbers: Sequence[int] = self._numbers
        if numbers and numbers[-1] - numbers[0] == len(numbers) - 1:
            numbers = range(numbers[0], numbers[-1] + 1)
        return Rows(numbers, columns, self._problems, self._headers, self._mended)
