"""Ids, times and words out of JSON scalars, column by column.

Exporters write the same thing as a number, as a string, or damaged by a float. What a column is
for, and which field it comes from, the formats know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.model import Problem
from cq.model import strings as string_array

_Row = TypeVar("_Row")

_LATEST = 4_102_444_800
"""Seconds. A message from 2100 on has a damaged time."""
_MILLISECONDS = 100_000_000_000
"""Times from here on are no seconds."""
_DECIMAL = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?")
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_MAX_DIGITS = 10**30
_NO_ID = frozenset({"", "0", "null"})
_STRING_OR_NULL = frozenset({str, type(None)})


# -- times -----------------------------------------------------------------------------------------


def timed(
    rows: Sequence[_Row],
    numbers: Sequence[int],
    values: Sequence[Any],
    label: str,
    problems: list[Problem],
    line_of: Callable[[int], int] | None = None,
) -> tuple[Sequence[_Row], Sequence[int], Sequence[int]]:
    """The rows that have a time in ``values``, with their times as UTC milliseconds.

    Times are epoch seconds or milliseconds, as numbers or strings. One problem ``bad_time`` per
    other row, at its number or, by ``line_of``, its line. What comes last can also be a numpy array.
    """
    if (usual := _whole_seconds(values)) is not None:
        return rows, numbers, usual
    stamps = [milli(value) for value in values]
    problems += [
        Problem("bad_time", f"{label}:{line_of(number) if line_of else number}", shown(value))
        for number, value, stamp in zip(numbers, values, stamps, strict=True)
        if stamp is None
    ]
    sound = [i for i, stamp in enumerate(stamps) if stamp is not None]
    if len(sound) < len(stamps):
        rows, numbers = [rows[i] for i in sound], [numbers[i] for i in sound]
    return rows, numbers, [stamp for stamp in stamps if stamp is not None]


def _whole_seconds(values: Sequence[Any]) -> Any:
    """Epoch seconds or milliseconds, all whole numbers in range, as milliseconds; None if they are not."""
    if set(map(type, values)) != {int}:
        return None
    try:
        seconds = np.array(values, np.int64)
    except OverflowError:
        return None
    first, last = seconds.min(), seconds.max()
    if first >= _MILLISECONDS and last < _LATEST * 1000:
        return seconds
    return seconds * 1000 if first > 0 and last < _LATEST else None


def milli(value: Any) -> int | None:
    """UTC milliseconds of epoch seconds or milliseconds, as a number or a string; None for no time."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    stamp = value if value >= _MILLISECONDS else value * 1000
    return round(stamp) if 0 < stamp < _LATEST * 1000 else None


# -- names and texts -------------------------------------------------------------------------------


def strings(values: list[Any]) -> list[str | None]:
    """Names and texts: numbers as they are written, anything with a structure as JSON."""
    if set(map(type, values)) <= _STRING_OR_NULL:
        return values
    return [v if v is None or isinstance(v, str) else _written(v) for v in values]


def _written(value: Any) -> str | None:
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, TypeError, RecursionError, msgspec.MsgspecError):
        return None  # half a surrogate pair deep inside, or a number of a thousand digits


def whole(text: str | None) -> str | None:
    """Without half surrogate pairs, which no encoding can hold (batches mend them by themselves)."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def shown(value: Any) -> str:
    """A scalar for a problem's detail; of anything else the type."""
    return (
        repr(value)[:60]
        if isinstance(value, str | float | None)
        else as_written(value) or type(value).__name__
    )


# -- ids -------------------------------------------------------------------------------------------


def identifiers(values: list[Any]) -> tuple[list[str | None], list[int]]:
    """Ids as strings, ``""``, ``"0"`` and ``"null"`` as None; and where a float has destroyed one."""
    lost: list[int] = []
    if not set(map(type, values)) <= _STRING_OR_NULL:
        lost = [i for i, v in enumerate(values) if isinstance(v, float) or _is_rounded(v)]
        values = [as_written(v) for v in values]
    distinct = set(values)  # of senders there are few
    joined = "".join(filter(None, distinct))
    if "E+" in joined or "e+" in joined:
        lost += [i for i, v in enumerate(values) if _is_rounded(v)]
        values = [None if _is_rounded(v) else v for v in values]
    if distinct.isdisjoint(_NO_ID):
        return values, lost
    return [None if v in _NO_ID else v for v in values], lost


def identifier(value: Any) -> str | None:
    """:func:`identifiers` for a single one."""
    id_ = as_written(value)
    return None if id_ in _NO_ID else id_


def identifier_column(values: list[Any]) -> tuple[pa.Array, list[int]]:
    """:func:`identifiers` as an Arrow column: faster for ids that stand once, as those of messages."""
    try:
        whole_numbers = set(map(type, values)) == {int}
        column = pa.array(values, pa.int64() if whole_numbers else pa.string()).cast(pa.string())
    except (pa.ArrowException, UnicodeEncodeError, OverflowError):  # other types, or half a surrogate pair
        return _slow_column(values)
    written = column.buffers()[2].to_pybytes()
    if b"E+" in written or b"e+" in written:
        return _slow_column(values)
    return pc.if_else(pc.is_in(column, pa.array(_NO_ID)), None, column), []


def _slow_column(values: list[Any]) -> tuple[pa.Array, list[int]]:
    ids, lost = identifiers(values)
    return string_array(ids), lost


def as_written(value: Any) -> str | None:
    """An id as its exporter wrote it, or None for what cannot be one."""
    if isinstance(value, str):
        return None if _ROUNDED.fullmatch(value) else value
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole and abs(value) < _MAX_DIGITS else None


def _is_rounded(value: Any) -> bool:
    return isinstance(value, str) and _ROUNDED.fullmatch(value) is not None
