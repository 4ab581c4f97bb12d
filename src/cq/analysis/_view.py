"""One group as columns, and the window an analysis looks at.

The view is the whole log of one group, in time order; an analysis cuts its window out of it. It
holds numbers and codes; texts stay in Arrow. Nothing here computes a measure.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from cq.model import Event, Group, Kind, MemberRole
from cq.operators import UNTOLD, Operator

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

KINDS: tuple[Kind, ...] = tuple(Kind)
EVENTS: tuple[Event, ...] = tuple(Event)

DAY_MS = 86_400_000
MINUTE_MS = 60_000

MemberBasis = Literal["roster", "events", "senders"]


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open ``[start, end)`` in UTC milliseconds, with the zone whose days it is made of.

    ``bounded`` is false for the default window, the whole log: it has no predecessor.
    """

    start: int
    end: int
    zone: ZoneInfo
    bounded: bool = True

    def predecessor(self) -> Window | None:
        """The window of the same length just before; in local days, so a DST change is no shift."""
        if not self.bounded:
            return None
        start, end = self._local(self.start), self._local(self.end)
        length = end.replace(tzinfo=None) - start.replace(tzinfo=None)
        before = (start.replace(tzinfo=None) - length).replace(tzinfo=self.zone)
        return Window(int(before.timestamp() * 1000), self.start, self.zone)

    @property
    def first_day(self) -> int:
        """Days since 1970-01-01 of the local date on which the window starts."""
        return (self._local(self.start).date() - date(1970, 1, 1)).days

    def isoformat(self, ms: int) -> str:
        """RFC 3339 of a time with the offset of the zone."""
        return self._local(ms).isoformat(timespec="seconds")

    def _local(self, ms: int) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who sent, was named by an event, or stands in the roster.

    ``id`` is the member id after ``--alias``; ``name`` the one shown last; ``names`` every name
    seen, oldest first; ``ids`` the member ids that were merged into this person.
    ``listed``: stands in the members of the export or in ``--roster``.
    """

    id: str
    name: str
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    bot: bool = False
    anonymous: bool = False
    listed: bool = False
    role: MemberRole | None = None
    title: str | None = None
    joined_at: int | None = None
    left_at: int | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event: the row it stands in, who did it and whom it concerns (indices into people)."""

    row: int
    event: Event
    actor: int
    targets: tuple[int, ...]
    detail: str | None


@dataclass(frozen=True)
class GroupView:
    """The whole log of one group, ordered by time. Arrays have one entry per row of the log.

    ``sent_at``: int64 UTC ms. ``local_ms``: int64, the same instants as local wall-clock ms.
    ``person``: int32 index into ``people``, -1 where there is no sender.
    ``kind``: int8 index into ``KINDS``. ``human``: bool, a *human message* of the contract (sender
    known, no bot, kind not system, recall or poke). Anonymous messages are human messages of nobody
    in particular: whoever counts people leaves them out through ``somebody``.
    ``reply_to``: int64 row answered, -1 for none. ``text``, ``url``, ``card_title`` and ``message_id``:
    Arrow strings. ``recalled``: bool, the export marks this row as recalled and keeps its words.
    ``mention_row``, ``mention_person``: parallel, one entry per resolved mention, by row.
    ``explicit_replies``: whether any row of this group says which message it answers.
    ``operator``: what only the operator knows of the group.
    ``memo``: what several sections need and is worked out once, by whoever did; never part of a result.
    """

    group: Group
    zone: ZoneInfo
    people: Sequence[Person]
    member_basis: MemberBasis
    sent_at: NDArray[np.int64]
    local_ms: NDArray[np.int64]
    person: NDArray[np.int32]
    kind: NDArray[np.int8]
    human: NDArray[np.bool_]
    reply_to: NDArray[np.int64]
    mention_row: NDArray[np.int64]
    mention_person: NDArray[np.int32]
    text: pa.Array
    url: pa.Array
    card_title: pa.Array
    recalled: NDArray[np.bool_]
    message_id: pa.Array
    events: Sequence[EventRow] = ()
    explicit_replies: bool = True
    operator: Operator = UNTOLD
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.sent_at)

    @cached_property
    def somebody(self) -> NDArray[np.bool_]:
        """Which people are one person each: no bots, no anonymous senders. Index -1 is nobody."""
        import numpy as np

        return np.array([not (p.bot or p.anonymous) for p in self.people] + [False], np.bool_)

    def rows(self, window: Window) -> slice:
        """The rows of the log inside ``window``."""
        import numpy as np

        lo, hi = np.searchsorted(self.sent_at, [window.start, window.end], side="left")
        return slice(int(lo), int(hi))

    @cached_property
    def local_day(self) -> NDArray[np.int64]:
        """Days since 1970-01-01 of the local calendar date, per row."""
        return self.local_ms // DAY_MS

    def time(self, row: int) -> str:
        """RFC 3339 of a row, with the offset of the zone."""
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(self.sent_at[row]))
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def excerpt(self, row: int, width: int = 80) -> str | None:
        """The text of a row on one line, cut to ``width`` characters."""
        text = self.text[row].as_py()
        if text is None:
            return None
        line = " ".join(text.split())
        return line if len(line) <= width else line[: width - 1] + "…"
