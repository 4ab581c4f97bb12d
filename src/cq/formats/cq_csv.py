"""cq's own messages as CSV (`cq messages -f csv`).

How to get it: `cq messages EXPORT -f csv -o messages.csv`.

What it looks like: UTF-8 with BOM, a head with the columns of a normalised message. Cells that a
spreadsheet would take for a formula carry a leading apostrophe, which is taken off again here.

What it lacks: an empty text and an unknown one look alike. A copy saved by a spreadsheet may have lost
seconds or long numbers; rows whose time cannot be read are reported, not guessed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from cq.formats import Format, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import COLUMNS, Batch, Problem

_ESCAPED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_LISTS = frozenset({"mentions", "event_target"})
_FLAGS = {"": None, "true": True, "false": False, "1": True, "0": False}


def _sniff(peek: Peek) -> str | None:
    return "head with cq's message columns" if set(COLUMNS) <= set(head_of(peek)) else None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._own import OwnRows

    for table in csv_rows(source, COLUMNS):
        rows, problems = OwnRows(source.label, options.zone), list(table.problems)
        known = [table.columns[name] for name in COLUMNS]
        for number, *cells in zip(table.numbers, *known, strict=True):
            try:
                rows.add({name: _value(name, cell) for name, cell in zip(COLUMNS, cells, strict=True)})
            except (KeyError, TypeError, ValueError) as error:
                problems.append(Problem("bad_row", f"{source.label}:{number}", str(error)[:120]))
        yield dataclasses.replace(rows.batch(problems), headers=table.headers)
    yield Batch(notices=source.notices())


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
