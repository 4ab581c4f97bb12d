"""A column map (``--map FILE``): what the columns of a table, or the keys of JSON lines, mean.

TOML, as the pages of the formats ``csv`` and ``jsonl`` show it. A key nobody knows is refused, with the
nearest known one. What the columns hold is read elsewhere (:mod:`_mapped`).
"""

from __future__ import annotations

import codecs
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cq.errors import CqError
from cq.model import ChatKind, Kind


class Columns(msgspec.Struct, frozen=True):
    """The name of the column (in JSON lines: the key, with dots for keys inside) of each field."""

    time: str
    date: str | None = None
    sender: str | None = None
    sender_name: str | None = None
    sender_title: str | None = None
    text: str | None = None
    kind: str | None = None
    group: str | None = None
    group_name: str | None = None
    id: str | None = None
    reply_to: str | None = None
    reply_quote: str | None = None
    mentions: str | None = None
    url: str | None = None
    card_title: str | None = None
    is_self: str | None = None

    def used(self) -> dict[str, str]:
        """The columns that are named, by field."""
        return {
            name: column for name in self.__struct_fields__ if (column := getattr(self, name)) is not None
        }


class Time(msgspec.Struct, frozen=True):
    """How times are written: a ``format`` of strptime, or the ``unit`` of an epoch; else cq looks."""

    format: str | None = None
    unit: Literal["s", "ms", "us", "ns"] | None = None
    zone: str | None = None


class Constants(msgspec.Struct, frozen=True):
    """What holds for every row."""

    platform: str = "unknown"
    group: str | None = None
    group_name: str | None = None
    chat: ChatKind = "unknown"


class ColumnMap(msgspec.Struct, frozen=True):
    """A map; ``kinds`` translates what the column of kinds holds."""

    columns: Columns
    time: Time = Time()
    constants: Constants = Constants()
    kinds: Mapping[str, Kind] = {}
    encoding: str | None = None
    delimiter: str | None = None


_TABLES: dict[str, type[msgspec.Struct]] = {"columns": Columns, "time": Time, "constants": Constants}
_SAME = {
    "sent_at": "time",
    "sender_id": "sender",
    "group_id": "group",
    "native_id": "id",
    "message_id": "id",
    "title": "card_title",
}
"""The model's own names for the fields."""


def load(path: Path) -> ColumnMap:
    """The map in ``path``; :class:`CqError` says what is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise CqError("map_missing", path=path) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CqError("map_unreadable", path=path, reason=error) from error
    for key, value in raw.items():
        _known(path, key, ColumnMap.__struct_fields__)
        if key in _TABLES and isinstance(value, dict):
            raw[key] = _table(path, key, value)
    try:
        found = msgspec.convert(raw, ColumnMap)
    except msgspec.ValidationError as error:
        raise CqError("map_value", path=path, reason=_plain(error, raw)) from error
    _check(path, found)
    return found


def _table(path: Path, table: str, values: dict[str, Any]) -> dict[str, Any]:
    fields = _TABLES[table].__struct_fields__
    named: dict[str, Any] = {}
    for key, value in values.items():
        field = _SAME.get(key, key) if table != "time" else key
        _known(path, f"{table}.{key}", [f"{table}.{name}" for name in (*fields, *_SAME)], field in fields)
        named[field] = value
    return named


def _known(path: Path, key: str, known: Any, found: bool | None = None) -> None:
    if (key in known) if found is None else found:
        return
    near = difflib.get_close_matches(key, sorted(known), 1, 0.5)
    raise CqError("map_unknown_key", path=path, key=key, near=near[0] if near else ", ".join(known))


def _plain(error: msgspec.ValidationError, raw: Mapping[str, Any]) -> str:
    """The reason; a kind nobody knows with the nearest known one."""
    kinds = raw.get("kinds")
    for word, kind in kinds.items() if isinstance(kinds, dict) else ():
        if isinstance(kind, str) and kind not in set(Kind):
            near = difflib.get_close_matches(kind, list(map(str, Kind)), 1, 0.5)
            return f"kinds: {word} = {kind!r}; " + (near[0] if near else ", ".join(Kind)) + "?"
    return str(error)


def _check(path: Path, found: ColumnMap) -> None:
    """What types cannot say."""
    reason = None
    if found.time.zone:
        try:
            ZoneInfo(found.time.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            reason = f"time.zone = {found.time.zone!r}"
    if found.encoding:
        try:
            if not codecs.lookup(found.encoding)._is_text_encoding:
                reason = f"encoding = {found.encoding!r}"
        except (LookupError, ValueError):
            reason = f"encoding = {found.encoding!r}"
    if found.delimiter is not None and (len(found.delimiter) != 1 or found.delimiter in '"\r\n'):
        reason = f"delimiter = {found.delimiter!r}"
    if not found.constants.platform:
        reason = "constants.platform = ''"
    if reason:
        raise CqError("map_value", path=path, reason=reason)
