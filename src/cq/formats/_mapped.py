"""Rows of somebody's own table or JSON lines, by a column map, to batches.

What the map says is :mod:`_map`'s business; here it is applied to values that are there already,
column by column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from cq.formats import ReadOptions, Source
from cq.formats._file_name import group_in
from cq.formats._map import ColumnMap
from cq.formats._placeholders import qq_txt, wechat_tag
from cq.formats._system_text import SELF
from cq.formats._table import Rows
from cq.formats._table_rows import Doubts, Told, epochs, timed_rows
from cq.formats._wall_clock import Stamps, WallClock
from cq.formats._wechat_content import Content, content_of, event_of, xml_of
from cq.formats._wechat_names import chat_kind, is_nobody, is_room
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Group, Kind, Problem, surrogate_group_id

_SINCE_1970 = datetime(1970, 1, 1)
_SINCE_1970_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1990, 2100)
_SCALE = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DIGITS = re.compile(r"\s*[0-9]{9,19}(?:\.[0-9]{1,9})?\s*")
_KINDS = frozenset(map(str, Kind))
_TRUE = frozenset({"1", "true", "yes", "y", "t", "是", "我", "self"})
_EVERYBODY = frozenset({"all", "所有人", "全体成员", "everyone"})
ITEMS = "\x1f"
"""Between the items of a list that is one value of a column."""
_BETWEEN = re.compile(r"[,;|，；、\s]+")


class _Chat(NamedTuple):
    id: str
    name: str


class Mapped:
    """The reader of one file by its map."""

    def __init__(self, source: Source, options: ReadOptions, map_: ColumnMap) -> None:
        self.doubts = Doubts(source.label)
        self._source = source
        self._map = map_
        zone = ZoneInfo(map_.time.zone) if map_.time.zone else options.zone
        self._clock = WallClock(ReadOptions(zone))
        self._chats: dict[str, _Chat] = {}

    def group(self, key: str) -> Group:
        """The group behind the key of a row."""
        constants = self._map.constants
        chat = self._chats.get(key, _Chat("", ""))
        name = chat.name or constants.group_name or None
        id_ = chat.id or constants.group or None
        if id_ is None and name is None:
            id_, name = group_in(self._source)
        kind = constants.chat if constants.chat != "unknown" else chat_kind(None, id_)
        return Group(id_ or surrogate_group_id(name), name, constants.platform, kind)

    def tell(self, fields: Rows, problems: list[Problem]) -> Told:
        """Rows whose columns bear the names of the map's fields."""
        shown = self._shown_times(fields.columns)
        stamps = self._stamps(shown)
        timed = timed_rows(fields, stamps, shown, self._source.label, problems, self.doubts)
        rows, columns = len(timed.numbers), timed.columns
        missing = [""] * rows

        def column(name: str) -> list[str]:
            return columns.get(name, missing)

        names = [name or None for name in column("sender_name")]
        people = [None if is_room(id_) else id_ or None for id_ in column("sender")]
        own = [_is_own(cell) for cell in column("is_self")] if "is_self" in columns else None
        texts = self.doubts.texts(column("text"), timed.numbers)
        nobody = [
            i
            for i, (id_, name) in enumerate(zip(people, names, strict=True))
            if id_ is None and is_nobody(name) and not (own and own[i])
        ] if columns.keys() & {"sender", "sender_name"} else []  # fmt: skip
        contents = self._contents(columns.get("kind"), texts, set(nobody))
        told = Told(
            timed.numbers, timed.stamps, people, names, texts, contents, own, self._keys(columns), SELF
        )
        for name, field in (("native_id", "id"), ("reply_to", "reply_to")):
            if field in columns:
                told.columns[name] = self.doubts.ids(columns[field], timed.numbers)
        for name in ("reply_quote", "url", "card_title", "sender_title"):
            if name in columns:
                told.columns[name] = [value or None for value in columns[name]]
        if "mentions" in columns:
            ids = "sender" in columns
            told.columns["mentions"] = [_mentions(cell, ids) for cell in columns["mentions"]]
        return told

    # -- times -----------------------------------------------------------------------------------

    def _shown_times(self, columns: Mapping[str, list[str]]) -> list[str]:
        if "date" not in columns:
            return columns["time"]
        return [f"{date} {time}".strip() for date, time in zip(columns["date"], columns["time"], strict=True)]

    def _stamps(self, shown: Sequence[str]) -> Stamps:
        time = self._map.time
        if time.format:
            return self._by_format(shown, time.format)
        if time.unit:
            return _by_unit(shown, time.unit)
        digits = [text if _DIGITS.fullmatch(text) else "" for text in shown]
        if not any(digits):
            return self._clock.column(shown)
        numbers = epochs(digits)
        if numbers.sound.all():
            return numbers
        stamps = self._clock.column(shown)
        both = np.where(stamps.sound, stamps.utc, numbers.utc)
        return Stamps(both, stamps.sound | numbers.sound, stamps.to_the_minute)

    def _by_format(self, shown: Sequence[str], pattern: str) -> Stamps:
        read = {text: _parsed(text.strip(), pattern) for text in set(shown)}
        found = [read[text] for text in shown]
        sound = np.array([at is not None for at in found], np.bool_)
        utc = np.zeros(len(found), np.int64)
        local = np.array([at is not None and at.tzinfo is None for at in found], np.bool_)
        wall = [_ms(at - _SINCE_1970) for at in found if at is not None and at.tzinfo is None]
        utc[local] = self._clock.utc(np.array(wall, np.int64))
        utc[sound & ~local] = [
            _ms(at - _SINCE_1970_UTC) for at in found if at is not None and at.tzinfo is not None
        ]
        return Stamps(utc, sound, 0)

    # -- groups and kinds ------------------------------------------------------------------------

    def _keys(self, columns: Mapping[str, list[str]]) -> list[str] | None:
        ids, names = columns.get("group"), columns.get("group_name")
        keys = ids or names
        if keys is None:
            return None
        for id_, name in set(zip(ids or [""] * len(keys), names or [""] * len(keys), strict=True)):
            self._chats.setdefault(id_ or name if ids is None else id_, _Chat(id_, name))
        return keys

    def _contents(
        self, words: Sequence[str] | None, texts: Sequence[str | None], nobody: Collection[int]
    ) -> dict[int, Content]:
        platform = self._map.constants.platform
        contents: dict[int, Content] = {}
        if words is None:
            for i in nobody:
                contents[i] = event_of(Kind.SYSTEM, texts[i], platform)
            for i, text in enumerate(texts):
                looked_at = text and text[0] in "[< " and i not in nobody
                if text and looked_at and (content := _untyped(text, platform)) is not None:
                    contents[i] = content
            return contents
        kinds = {word: self._kind(word) for word in set(words)}
        for i, (word, text) in enumerate(zip(words, texts, strict=True)):
            kind = Kind.SYSTEM if i in nobody and kinds[word] not in NON_SPEECH else kinds[word]
            if kind in NON_SPEECH:
                contents[i] = event_of(kind, text, platform)
            elif kind is not Kind.TEXT:
                contents[i] = content_of(kind, text)
        return contents

    def _kind(self, word: str) -> Kind:
        word = word.strip()
        if (kind := self._map.kinds.get(word)) is not None:
            return kind
        if word.lower() in _KINDS:
            return Kind(word.lower())
        return kind_of(None, word, None) if word else Kind.TEXT


def fields_of(rows: Rows, used: Mapping[str, str]) -> Rows:
    """A piece of a table with its columns under the names of the fields."""
    return rows._replace(columns={field: rows.columns[column] for field, column in used.items()})


def each_with_fields(tables: Iterator[Rows], used: Mapping[str, str]) -> Iterator[Rows]:
    """:func:`fields_of` for a whole table."""
    return (fields_of(rows, used) for rows in tables)


def _untyped(text: str, platform: str) -> Content | None:
    """What a text may be where nothing says its kind."""
    if platform == "qq":
        kind, words = qq_txt(text)
        return None if kind is Kind.TEXT and words == text else Content(kind, words)
    if text[0] == "<":
        return xml_of(text)
    tag = wechat_tag(text)
    if tag in NON_SPEECH:
        return event_of(Kind.SYSTEM, text, platform)
    return content_of(tag, text) if tag is not None else None


def _by_unit(shown: Sequence[str], unit: str) -> Stamps:
    read = [_micro(text, unit) for text in shown]
    sound = np.array([at is not None for at in read], np.bool_)
    utc = np.array([at // 1000 if at is not None else 0 for at in read], np.int64)
    return Stamps(utc, sound, 0)


def _micro(text: str, unit: str) -> int | None:
    """Epoch microseconds of a number in ``unit``; None for what is no time of a chat."""
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, part = text.strip().partition(".")
    at = int(whole) // 1000 if unit == "ns" else int(whole) * _SCALE[unit]
    if part and unit != "ns":
        at += int(float(f"0.{part}") * _SCALE[unit])
    return at if 0 < at < _LATEST else None


_NUMBER = re.compile(r"\s*[0-9]{1,20}(?:\.[0-9]{1,9})?\s*")
_LATEST = 4_102_444_800_000_000


@lru_cache(1 << 16)
def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        at = datetime.strptime(text, pattern)
    except (ValueError, OverflowError):
        return None
    return at if at.year in _YEARS else None


def _ms(delta: Any) -> int:
    return int((delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000)


def _is_own(cell: str) -> bool | None:
    word = cell.strip().lower()
    return word in _TRUE if word else None


def _mentions(cell: str, ids: bool) -> list[str]:
    """The people in a cell: ids, or names where the table has no ids."""
    if not cell:
        return []
    parts = cell.split(ITEMS) if ITEMS in cell else _BETWEEN.split(cell)
    people = [part.strip().removeprefix("@") for part in parts]
    return ["@all" if p.lower() in _EVERYBODY else p if ids else f"name:{p}" for p in people if p]
