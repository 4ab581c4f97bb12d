"""Rows that cq wrote, from any of its own files, back into message columns.

They are final already: ids, answers and mentions stay as they are. The rows are checked, since other
programs may have been at the file; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cq.model import COLUMNS, Batch, BatchBuilder, Event, Group, Kind, Problem

_LISTS = ("mentions", "event_target")
_FLAGS = ("is_self", "recalled")
KINDS = frozenset(map(str, Kind))
EVENTS = frozenset(map(str, Event))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_INT64 = (1 << 63) - 1

YEARS = range(1970, 2200)
"""Others are no time of a chat, and calendars end somewhere."""


def _fits(name: str, value: Any) -> bool:
    """Whether a value is of its column's type; what is in it is another question."""
    if name in _LISTS:
        return value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))
    if name in _FLAGS:
        return value is None or isinstance(value, bool)
    if name == "origin_record":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_INT64
    return isinstance(value, str) or (value is None and name != "sent_at")


class OwnRows:
    """Collects rows of one piece of a file."""

    def __init__(self, label: str, zone: ZoneInfo) -> None:
        self._label = label
        self._zone = zone
        self._builder = BatchBuilder()
        self._groups: dict[str, Group] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """One row; ``ValueError`` or ``KeyError`` says what is wrong with it."""
        values = {name: row[name] for name in COLUMNS}
        for name, value in values.items():
            if not _fits(name, value):
                raise ValueError(f"{name}: {value!r}")
        values |= {name: values[name] or [] for name in _LISTS}
        if values["kind"] not in KINDS or (values["event"] or "other") not in EVENTS:
            raise ValueError(f"kind {values['kind']!r}, event {values['event']!r}")
        if not values["platform"] or not values["group_id"] or not values["origin_file"]:
            raise ValueError("platform, group_id or origin_file is empty")
        values["event"] = values["event"] or None
        values["sent_at"] = self._time(values["sent_at"])
        self._builder.add(**values)
        group = values["group_id"]
        if group not in self._groups:
            self._groups[group] = Group(group, values["group_name"], values["platform"], "unknown")

    def _time(self, text: Any) -> int:
        at = datetime.fromisoformat(text)
        if at.year not in YEARS:
            raise ValueError(f"sent_at: {text!r}")
        delta = (at if at.tzinfo else at.replace(tzinfo=self._zone)) - _EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000

    def batch(self, problems: Sequence[Problem] = ()) -> Batch:
        """What was collected, with the problems met on the way."""
        messages = self._builder.take() if len(self._builder) else None
        return Batch(messages, groups=tuple(self._groups.values()), problems=problems)
