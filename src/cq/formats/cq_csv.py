"""cq's own messages as CSV (`cq messages -f csv`).

How to get it: `cq messages EXPORT -f csv -o messages.csv`.

What it looks like: UTF-8 with BOM, a head with the columns of a normalised message. Cells that a
spreadsheet would take for a formula carry a leading apostrophe, which is taken off again here.

What it lacks: an empty text and an unknown one look alike. A copy saved by a spreadsheet may have lost
seconds or long numbers; rows whose time cannot be read are reported, not guessed.
"""

from __future__ import annotations

import csv
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
    reader = csv.reader(_lines(source), strict=True)
    head = [cell.strip() for cell in next(reader)]
    yield Batch(headers=1)
    rows, problems, seen = OwnRows(source.label, options.zone), [], 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(Problem("bad_csv", f"{source.label}:{reader.line_num}", str(error)))
            continue
        if not cells:
            continue
        seen += 1
        try:
            if len(cells) != len(head):
                raise ValueError(f"{len(cells)} cells, {len(head)} columns")
            rows.add({name: _value(name, cell) for name, cell in zip(head, cells, strict=True)})
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem("bad_row", f"{source.label}:{reader.line_num}", str(error)[:120]))
        if seen % _ROWS == 0:
            yield rows.batch(problems)
            rows, problems = OwnRows(source.label, options.zone), []
    yield rows.batch(problems)
    yield Batch(notices=source.notices())


def _lines(source: Source) -> Iterator[str]:
    """Physical lines with their ends; the csv reader joins those inside quotes."""
    for block in source.lines():
        yield from _split(block.decode())


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
        return _FLAGS[cell.lower()]
    return cell if cell or name == "group_id" else None


def _list(cell: str) -> list[str]:
    if not cell.startswith("["):
        return cell.split()
    import msgspec

    try:
        return msgspec.json.decode(cell, type=list[str])
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


FORMAT = Format(id="cq-csv", title="cq messages, CSV", platform="any", sniff=_sniff, read=_read, replies=True)
