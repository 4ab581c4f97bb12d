"""JSON lines as columns under the names of a map's fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
            _check(source.label, used, records)
        for at in range(0, max(len(records), 1), _BLOCK_ROWS):
            some = records[at : at + _BLOCK_ROWS]
            inside: dict[str, list[dict[str, Any]]] = {}
            columns = {field: _texts(_values(some, path, inside)) for field, path in used.items()}
            yield Rows(numbers[at : at + _BLOCK_ROWS], columns, problems if at == 0 else ())
    if comments:
        yield Rows((), {field: [] for field in used}, skipped={"comment": comments})


def _values(records: list[dict[str, Any]], path: str, inside: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """The values at a key, or else inside, along the dots; ``inside`` has the objects met on the way."""
    outer, dot, last = path.rpartition(".")
    if not dot:
        return [record.get(path) for record in records]
    if outer not in inside:
        found = _values(records, outer, inside)
        inside[outer] = [value if isinstance(value, dict) else {} for value in found]
    return [
        record[path] if path in record else inner.get(last)
        for record, inner in zip(records, inside[outer], strict=True)
    ]


def _check(label: str, used: Mapping[str, str], records: list[Any]) -> None:
    for field in _EXPECTED:
        if field in used and all(value is None for value in _values(records, used[field], {})):
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
