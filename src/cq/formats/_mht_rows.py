"""Rows of a QQ MHT export as message columns, in the rooms of the text export: one log, the same rows.

Where the rows stand, :mod:`_mht_scan` knows.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.formats._mht_scan import LONGEST_ROW, Dates, Rows, scan, too_long
from cq.formats._mht_text import plain, unescaped
from cq.formats._qq_txt_rows import Conversation
from cq.formats._qq_txt_survey import Facts, Survey
from cq.formats._source import Source
from cq.formats._wall_clock import hour_of
from cq.model import Batch, Event, Group, Kind, Member, Problem, record_batch
from cq.zones import LocalClock

_OWN = {"#006EFE": False, "#42B475": True}
"""The colours of the others and of the owner."""

_SYSTEM = "(10000)"
"""Stands for the empty sender of receipts and window shakes: the sender line of QQ's system rows."""

_DAY = 86_400

_SMALL = 48 << 20
"""Bytes of a file whose rows are kept from the first pass: they take twice as much."""

_WORD = "上午|下午|凌晨|早上|中午|晚上|[AaPp][Mm]"
_CLOCK = re.compile(rf"(?:({_WORD})\s*)?(\d{{1,2}}):(\d{{2}}):(\d{{2}})(?:\s*({_WORD}))?")


@dataclass(slots=True)
class Overview:
    """What only a look at the whole file tells. ``tables``: up to which there is anything.

    ``kept``: all rows, where the file is small; None where it has to be read again.
    """

    facts: Survey = field(default_factory=Survey)
    dates: Dates = field(default_factory=Dates)
    dated: bool = False
    tables: int = 0
    kept: list[Rows] | None = None


def survey(source: Source, day: int | None) -> Overview:
    """The first pass over a file. ``day`` is that of rows in front of the first date row, if known."""
    found, ended = Overview(kept=[] if source.size <= _SMALL else None), 0
    for rows in scan(source, found.dates, day):
        found.facts.records += len(rows.lines)
        found.facts.heads += rows.heads
        if rows.lines or rows.heads or rows.problems:
            found.tables = ended + 1
            if found.kept is not None:
                found.kept.append(rows)
        ended += rows.ended
        found.dated = found.dated or any(d is not None for d in rows.days)
        if rows.block is None and not rows.lines:
            continue
        facts = found.facts.conversations.setdefault(rows.block, Facts())
        for sender, count in Counter(rows.senders).items():
            facts.add(unescaped(sender), count)
    if found.dates.day_first:  # which the dates before the first telling one were not read by
        found.kept = None
    return found


class MhtConversation:
    """Turns the rows of one conversation into message batches."""

    def __init__(self, label: str, group: Group, facts: Facts, zone: ZoneInfo) -> None:
        self._label = label
        self._group = group
        self._conversation = Conversation(label, group, facts, strict=True)
        self._clock = LocalClock(zone)
        self._seconds: dict[str, int] = {}

    def batch(self, rows: Rows, segment: int) -> Batch:
        """All of ``rows``; those without a date or a time are problems."""
        seconds = _usual(rows.clocks)
        if seconds is None:
            seconds = np.array([self._second(clock) for clock in rows.clocks], np.int64)
        days = np.array([-1 if day is None else day for day in rows.days], np.int64)
        sound = (seconds >= 0) & (days >= 0)
        bad = [
            Problem("bad_time", f"{self._label}:{rows.lines[i]}", unescaped(rows.clocks[i]))
            for i in np.flatnonzero(~sound)
        ]
        if max(map(len, rows.bodies), default=0) > LONGEST_ROW:
            long = np.array([len(body) > LONGEST_ROW for body in rows.bodies], np.bool_)
            bad += [too_long(self._label, rows.lines[i]) for i in np.flatnonzero(long & sound)]
            sound &= ~long
        notices = [Problem("truncated", f"{self._label}:{line}") for line in rows.lines[-1:] if rows.broken]
        at = self._clock.utc((days * 86_400 + seconds)[sound] * 1000)
        columns, members = self._columns(rows, np.flatnonzero(sound).tolist())
        columns["sent_at"] = pa.array(at, pa.timestamp("ms", tz="UTC"))
        return Batch(
            record_batch(columns, len(at)),
            members,
            (self._group,),
            [*rows.problems, *bad],
            notices,
            headers=rows.heads,
            segment=segment,
        )

    def _columns(self, rows: Rows, kept: list[int]) -> tuple[dict[str, Any], list[Member]]:
        people = {sender: unescaped(sender) for sender in set(rows.senders)}
        senders = [people[rows.senders[i]] for i in kept]
        texts = plain([rows.bodies[i] for i in kept])
        lines = [_SYSTEM if not s or s.isspace() else s for s in senders]
        found, members = self._conversation.columns(
            pa.array(lines, pa.string()), pa.array(texts, pa.string())
        )
        columns: dict[str, Any] = dict(found)
        columns["origin_record"] = [rows.lines[i] for i in kept]
        owns = {colour: _OWN.get(colour.upper()) for colour in set(rows.colours)}
        own = [owns[rows.colours[i]] for i in kept]
        events = columns.get("event")
        if events is not None:
            own = [None if event else mine for event, mine in zip(events, own, strict=True)]
            shakes = [i for i, s in enumerate(senders) if s.isspace() and events[i] is Event.OTHER]
            if shakes:
                _shaken(columns, shakes)
        columns["is_self"] = own
        return columns, members

    def _second(self, clock: str) -> int:
        """Seconds of the day; -1 for what is no time."""
        if (found := self._seconds.get(clock)) is None:
            match = _CLOCK.fullmatch(unescaped(clock).strip())
            found = -1
            if match:
                before, hour, minute, second, behind = match.groups()
                h, m, s = hour_of(int(hour), before or behind), int(minute), int(second)
                found = h * 3600 + m * 60 + s if h < 24 and m < 60 and s < 60 else -1
            if len(self._seconds) < _DAY:
                self._seconds[clock] = found
        return found


def _usual(clocks: list[str]) -> NDArray[np.int64] | None:
    """Seconds of the day of ``H:mm:ss`` in one go; None if one is written otherwise."""
    text = "".join([clock.rjust(8, "0") for clock in clocks])
    if len(text) != 8 * len(clocks) or not text.isascii():
        return None
    digits = np.frombuffer(text.encode(), np.uint8).reshape(-1, 8) - np.uint8(48)
    hour, minute, second = (digits[:, at].astype(np.int64) * 10 + digits[:, at + 1] for at in (0, 3, 6))
    written = (digits[:, (2, 5)] == 10).all() and (digits[:, (0, 1, 3, 4, 6, 7)] < 10).all()
    exists = (hour < 24) & (minute < 60) & (second < 60)
    return np.where(exists, hour * 3600 + minute * 60 + second, -1) if written else None


def _shaken(columns: dict[str, Any], shakes: list[int]) -> None:
    """Window shakes whose sentence is not known."""
    kinds = columns["kind"].to_pylist()
    for i in shakes:
        kinds[i], columns["event"][i] = Kind.POKE.value, Event.POKE
    columns["kind"] = pa.array(kinds, pa.string())
