"""What only the operator knows of a group: what it is for, who runs it, when something was on.

Frozen values from ``cq.toml`` (``[group]`` for every group, ``[groups."name"]`` for one). A log cannot
tell these things; where one is missing, the questions that need it say so. Nothing here reads a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

GroupKind = Literal["interest", "shop", "service", "official", "event", "trip", "class", "family", "work"]
CLOSED_KINDS = frozenset({"class", "family", "trip", "work"})
"""Kinds whose members do not change by design: no new faces is no fault there."""


class Operator(msgspec.Struct, frozen=True):
    """``kind``: what the group is. ``purpose``: words its talk should be about. ``experts`` and ``staff``:
    ids or names. ``activities``: local dates, ``2026-10-03`` or ``2026-10-03 20:00``. ``created``, ``ends``:
    local dates of the group's beginning and planned end. ``orders``: all orders of the time looked at, where
    those in the group are to be compared with them."""

    kind: GroupKind | None = None
    purpose: tuple[str, ...] = ()
    experts: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    created: str | None = None
    ends: str | None = None
    orders: int | None = None

    @property
    def closed(self) -> bool:
        """Whether the members are not meant to change."""
        return self.kind in CLOSED_KINDS

    def bad_date(self) -> str | None:
        """The first date that is none, or None."""
        for text in (*self.activities, *filter(None, (self.created, self.ends))):
            try:
                datetime.fromisoformat(text)
            except ValueError:
                return text
        return None

    def activity_times(self, zone: ZoneInfo) -> list[int]:
        """Beginnings of the activities, UTC ms in order; one without a time of day begins at 12:00."""
        at = []
        for text in self.activities:
            moment = datetime.fromisoformat(text)
            if len(text) <= len("2026-10-03"):
                moment = moment.replace(hour=12)
            at.append(int(moment.replace(tzinfo=moment.tzinfo or zone).timestamp() * 1000))
        return sorted(at)

    def end_day(self) -> date | None:
        """The local day of the planned end."""
        return datetime.fromisoformat(self.ends).date() if self.ends else None

    def created_day(self) -> date | None:
        """The local day the group was made."""
        return datetime.fromisoformat(self.created).date() if self.created else None


UNTOLD = Operator()


class Operators(msgspec.Struct, frozen=True):
    """What was settled for every group, and for single ones by name or id."""

    all: Operator = UNTOLD
    named: Mapping[str, Operator] = {}

    def of(self, *names: str | None) -> Operator:
        """What holds for the group of these names: what its own table says, else what is said of all."""
        for name in names:
            if name and name in self.named:
                own = self.named[name]
                fields = own.__struct_fields__
                said = {f: getattr(own, f) for f in fields if getattr(own, f) != getattr(UNTOLD, f)}
                return msgspec.structs.replace(self.all, **said)
        return self.all


NOTHING_TOLD = Operators()
