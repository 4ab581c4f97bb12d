"""cq's own messages as CSV (`cq messages -f csv`).

How to get it: `cq messages EXPORT -f csv -o messages.csv`.

What it looks like: UTF-8 with BOM, a head with the columns of a normalised message. Cells that a
spreadsheet would take for a formula carry a leading apostrophe, which is taken off again here.

What it lacks: an empty text and an unknown one look alike. A copy saved by a spreadsheet may have lost
seconds or long numbers; rows whose time cannot be read are reported, not guessed.
"""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

from cq.formats import Format, Peek, ReadOptions, Source
from cq.model import COLUMNS, Batch, Problem

_ROWS = 1 << 16
_LONGEST_FIELD = 64 << 20
_ESCAPED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_LISTS = frozenset({"mentions", "event_target"})
_FLAGS = {"": None, "true": True, "false": False, "1": True, "0": False}


def _sniff(peek: Peek) -> str | None:
    return "head with cq's message columns" if set(COLUMNS) <= set(peek.csv_header) else None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._own import OwnRows

    csv.field_size_limit(_LONGEST_FIELD)
    lines = _Lines(source)
    reader = csv.reader(lines, strict=True)
    try:
        head = [cell.strip() for cell in _next(reader)]
    except csv.Error as error:
        yield Batch(problems=[Problem("bad_csv", f"{source.label}:1", str(error))])
        return
    yield Batch(headers=1)
    rows, problems, seen = OwnRows(source.label, options.zone), [], 0
    while lines.begin_record():
        try:
            cells = _next(reader)
            if not cells:
                continue
            if len(cells) != len(head):
                raise ValueError(f"{len(cells)} cells, {len(head)} columns")
        except (csv.Error, ValueError) as error:
            problems.append(Problem("bad_csv", f"{source.label}:{lines.first}", str(error)))
            lines.give_back()
            continue
        seen += 1
        try:
            rows.add({name: _value(name, cell) for name, cell in zip(head, cells, strict=True)})
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem("bad_row", f"{source.label}:{lines.first}", str(error)[:120]))
        if seen % _ROWS == 0:
            yield rows.batch(problems)
            rows, problems = OwnRows(source.label, options.zone), []
    yield rows.batch(problems)
    yield Batch(notices=source.notices())


def _next(reader: Iterator[list[str]]) -> list[str]:
    return next(reader, [])


class _Lines:
    """Physical lines with their ends, for a csv reader that joins those inside quotes.

    A lost quote makes the reader take in line after line: all but the first are given back.
    ``first`` is the number of the line at which the record began.
    """

    def __init__(self, source: Source) -> None:
        self._more = (line for block in source.lines() for line in _split(block.decode()))
        self._back: deque[str] = deque()
        self._record: list[str] = []
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._more)
        self._record.append(line)
        return line

    def begin_record(self) -> bool:
        """Whether there is another line."""
        self.first += len(self._record)
        self._record = []
        if not self._back:
            self._back.extend(itertools.islice(self._more, 1))
        return bool(self._back)

    def give_back(self) -> None:
        """Have the lines of the record but its first read again."""
        self._back.extendleft(reversed(self._record[1:]))
        del self._record[1:]


def _split(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    if start < len(text):
        yield text[start:]


def _value(name: str, cell: str) -> Any:
    """What a cell stood for, before it was made safe."""
    if cell.startswith("'") and cell[1:].startswith(_ESCAPED):
        cell = cell[1:]
    if name in _LISTS:
        return _list(cell)
    if name in ("is_self", "recalled"):
        return _FLAGS.get(cell.lower(), cell)
    if name == "origin_record":
        return int(cell)
    return cell if cell or name == "group_id" else None


def _list(cell: str) -> list[str]:
    if not cell.startswith("["):
        return cell.split(" ") if cell else []  # other blanks may be part of a name
    import msgspec

    try:
        return msgspec.json.decode(cell, type=list[str])
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


FORMAT = Format(id="cq-csv", platform="any", sniff=_sniff, read=_read, replies=True)
