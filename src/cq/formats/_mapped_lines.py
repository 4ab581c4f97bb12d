"""JSON lines as columns under the names of a map's fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cq.errors import InputError
from cq.formats._json_lines import json_lines
from cq.formats._json_values import strings
from cq.formats._mapped import ITEMS
from cq.formats._source import Source
from cq.formats._table import Rows
from cq.model import Problem

_EXPECTED = ("time", "sender", "text")
_BLOCK_ROWS = 1 << 16


def line_fields(source: Source, used: Mapping[str, str]) -> Iterator[Rows]:
    """The values of each field as strings, ``""`` where there is none.

    :class:`InputError` if the first records have no time, no sender or no text under the names of the map.
    """
    finders = {field: _finder(path) for field, path in used.items()}
    first = True
    comments = 0
    for piece in json_lines(source, Any):
        comments += piece.comments
        numbers, records, problems = [], [], list(piece.problems)
        for number, value in zip(piece.numbers, piece.values, strict=True):
            if isinstance(value, dict):
                numbers.append(number)
                records.append(value)
            else:
                problems.append(Problem("bad_row", f"{source.label}:{number}", "not an object"))
        if first and records:
            first = False
            _check(source.label, used, finders, records)
        for at in range(0, max(len(records), 1), _BLOCK_ROWS):
            some = records[at : at + _BLOCK_ROWS]
            columns = {field: _texts([find(r) for r in some]) for field, find in finders.items()}
            yield Rows(numbers[at : at + _BLOCK_ROWS], columns, problems if at == 0 else ())
    if comments:
        yield Rows((), {field: [] for field in used}, skipped={"comment": comments})


def _finder(path: str) -> Callable[[dict[str, Any]], Any]:
    """The value at a key, or else inside, along the dots."""
    first, *steps = path.split(".")
    if not steps:
        return lambda record: record.get(path)

    def find(record: dict[str, Any]) -> Any:
        if path in record:
            return record[path]
        value = record.get(first)
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return find


def _check(label: str, used: Mapping[str, str], finders: Mapping[str, Any], records: list[Any]) -> None:
    for field in _EXPECTED:
        if field in used and all(finders[field](record) is None for record in records):
            keys = ", ".join(dict.fromkeys(key for record in records[:20] for key in record))
            raise InputError("column_missing", path=label, column=used[field], columns=keys[:200] or "-")


def _texts(values: list[Any]) -> list[str]:
    types = set(map(type, values))
    if types == {str}:
        return values
    return list(map(str, values)) if types == {int} else [_text(value) for value in values]


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() if all(isinstance(v, str) for v in value):
            return ITEMS.join(value) + ITEMS if value else ""
        case _:
            return strings([value])[0] or ""
