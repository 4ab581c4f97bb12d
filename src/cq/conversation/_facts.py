"""Facts of each turn that the model of replies looks at, for a whole log at once.

A fact is about one turn and the log around it; what two turns have to do with each other is worked
out in ``_pairs``. No fact depends on a language, on who somebody is, or on a time of day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cq.conversation._address import NOBODY, by_mention, by_reply, named, names
from cq.conversation._talk import Bools, Ints, Persons, Talk
from cq.conversation._tokens import PIECE_BITS, tokens
from cq.conversation.turns import Turns

Small = NDArray[np.int8]

REACH = 20
"""Turns looked back: 94 to 95 of 100 replies in IRC lie within 20 messages."""
SPAN_MS = 3_600_000
"""And no longer ago than an hour."""
NEVER = 2**31 - 1

_ROWS_AT_ONCE = 1 << 15
ADDRESS_RATES = (0.03, 0.12, 0.3)
"""Where the share of turns that say whom they speak to changes what it means to say nobody."""
LENGTHS = (12, 40, 100)
"""Bytes of UTF-8: an ideograph says about as much as three letters."""
_GAP_MINUTES = (1, 2, 3, 5, 10, 30)
_GAP_CLASS = np.searchsorted(_GAP_MINUTES, (np.arange(3602) + 30) // 60, "right").astype(np.int8)
GAPS = len(_GAP_MINUTES) + 1


@dataclass(frozen=True)
class Said:
    """Per row: who is addressed, who merely named (-1 nobody), whether a question mark stands in it.

    ``reply``: the row answered, -1 for none. ``by_name``: the address is a name, not a reply or a mention.
    ``pieces``: ``row << PIECE_BITS | piece`` in reading order, names left out.
    """

    addressed: Persons
    named: Persons
    by_name: Bools
    reply: Ints
    asks: Bools
    pieces: Sequence[Ints]
    """In blocks."""


def said(talk: Talk, turns: Turns) -> Said:
    """What the rows of a log that are talk say about whom they answer."""
    rows = np.flatnonzero(turns.of_row >= 0).astype(np.int64)
    total = len(talk.sent_at)
    addressed, merely = np.full(total, NOBODY, np.int32), np.full(total, NOBODY, np.int32)
    asks = np.zeros(total, np.bool_)
    pieces: list[Ints] = []
    known = names(talk)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        found = tokens(talk.text.take(some), known.longest, known.first)
        told = named(found, known, len(some), talk.person[some])
        addressed[some], merely[some], asks[some] = told.addressed, told.named, found.asks
        keys = (some[found.row] << PIECE_BITS)[found.piece_token] | found.piece
        pieces.append(keys[~told.is_name[found.piece_token]] if told.is_name.any() else keys)
    by_name = addressed >= 0
    reply, mention = by_reply(talk), by_mention(talk)
    for better in (mention, np.where(reply >= 0, talk.person[reply], NOBODY)):
        by_name &= better < 0
        addressed = np.where(better >= 0, better, addressed).astype(np.int32)
    return Said(addressed, merely, by_name, reply, asks, pieces)


@dataclass(frozen=True)
class Facts:
    """Per turn, with ``REACH`` empty turns in front so that looking back needs no border.

    ``start`` and ``end``: seconds since the log began. ``address`` and ``named``: persons, -1 for nobody.
    ``last``, ``last2``: the speaker's turns before this one; ``next``, ``next2``: those after it;
    ``spoken_to``: the first later turn that addresses the speaker; indices count the empty turns.
    ``rate``: class of the log by ``ADDRESS_RATES``.
    """

    person: Persons
    start: Persons
    end: Persons
    address: Persons
    named: Persons
    last_address: Persons
    last: Persons
    last2: Persons
    next: Persons
    next2: Persons
    spoken_to: Persons
    asks: Small
    length: Small
    recency: Small
    pause: Small
    rate: int

    def __len__(self) -> int:
        return len(self.person) - REACH


def facts(talk: Talk, turns: Turns, words: Said) -> Facts:
    """The facts of every turn of a log."""
    rows = np.flatnonzero(turns.of_row >= 0)
    of_row, person = turns.of_row[rows], turns.person
    address = _first(words.addressed[rows], of_row, len(turns))
    last, after = _neighbours(person)
    start, end = _seconds(turns)
    before = np.concatenate((np.full(1, -2 * SPAN_MS, np.int32), end[:-1]))[: len(turns)]
    single = Facts(
        person=person,
        start=start,
        end=end,
        address=address,
        named=_first(words.named[rows], of_row, len(turns)),
        last_address=_through(last, address, NOBODY),
        last=last,
        last2=_through(last, last, NOBODY),
        next=after,
        next2=_through(after, after, NEVER),
        spoken_to=_spoken_to(person, address),
        asks=(np.bincount(of_row, words.asks[rows], len(turns)) > 0).astype(np.int8),
        length=_length_class(talk, turns, rows),
        recency=_recency(last, start, end),
        pause=gap_class(start, before),
        rate=0,
    )
    share = float(np.mean(address >= 0)) if len(turns) else 0.0
    return _padded(single, int(np.searchsorted(ADDRESS_RATES, share, "right")))


def stepped(values: NDArray[Any], steps: Sequence[float]) -> Small:
    """How many of a few ascending steps each value reaches."""
    out = np.zeros(values.shape, np.int8)
    for step in steps:
        out += values >= step
    return out


def gap_class(start: Persons, end: Persons) -> Small:
    """Class of the time from ``end`` to ``start``, to the nearest minute: some exports have no seconds."""
    minutes: Small = _GAP_CLASS[np.clip(start - end, 0, len(_GAP_CLASS) - 1)]
    return minutes


def _first(values: Persons, of_row: Ints, turns: int) -> Persons:
    """Per turn the first value of its rows that is somebody."""
    out = np.full(turns, NOBODY, np.int32)
    some = np.flatnonzero(values >= 0)[::-1]
    out[of_row[some]] = values[some]
    return out


def _neighbours(person: Persons) -> tuple[Persons, Persons]:
    """Per turn the one before and the one after by the same person; -1 and ``NEVER`` for none."""
    order = np.argsort(person, kind="stable").astype(np.int32)
    same = person[order[1:]] == person[order[:-1]]
    last, after = np.full(len(person), NOBODY, np.int32), np.full(len(person), NEVER, np.int32)
    last[order[1:][same]] = order[:-1][same]
    after[order[:-1][same]] = order[1:][same]
    return last, after


def _through(index: Persons, values: Persons, otherwise: int) -> Persons:
    there = (index >= 0) & (index < len(values))
    return (
        np.where(there, values[np.where(there, index, 0)], otherwise).astype(np.int32)
        if len(values)
        else values
    )


def _spoken_to(person: Persons, address: Persons) -> Persons:
    """Per turn the first later turn that addresses its speaker."""
    out = np.full(len(person), NEVER, np.int32)
    talks = np.flatnonzero(address >= 0)
    if len(talks):
        keys = np.sort((address[talks].astype(np.int64) << 32) | talks)
        at = np.searchsorted(keys, (person.astype(np.int64) << 32) | np.arange(len(person)), "right")
        found = keys[np.minimum(at, len(keys) - 1)]
        hit = (at < len(keys)) & (found >> 32 == person)
        out[hit] = (found[hit] & 0xFFFFFFFF).astype(np.int32)
    return out


def _seconds(turns: Turns) -> tuple[Persons, Persons]:
    origin = turns.start_ms[0] if len(turns) else np.int64(0)
    return ((turns.start_ms - origin) // 1000).astype(np.int32), ((turns.end_ms - origin) // 1000).astype(
        np.int32
    )


def _length_class(talk: Talk, turns: Turns, rows: Ints) -> Small:
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.binary_length(talk.text), 0).to_numpy(zero_copy_only=False)[rows]
    total = np.bincount(turns.of_row[rows], lengths, len(turns))
    return np.searchsorted(LENGTHS, total, "right").astype(np.int8)


def _recency(last: Persons, start: Persons, end: Persons) -> Small:
    """When the speaker spoke before: 0 within 4 turns, 1 within ``REACH``, 2 within the hour, 3 not."""
    back = np.arange(len(last)) - last
    since = start - _through(last, end, 0)
    away = (last < 0) | (since > SPAN_MS // 1000)
    return np.where(away, 3, np.where(back > REACH, 2, np.where(back > 4, 1, 0))).astype(np.int8)


_EMPTY = {"person": -2, "start": -2 * SPAN_MS, "end": -2 * SPAN_MS, "last": -1, "last2": -1}


def _padded(single: Facts, rate: int) -> Facts:
    """The same facts behind ``REACH`` empty turns that are out of reach of everybody."""

    def pad(name: str) -> NDArray[Any]:
        values = getattr(single, name)
        if name in ("last", "last2", "next", "next2", "spoken_to"):
            values = np.where((values >= 0) & (values < NEVER), values + REACH, values)
        return np.concatenate((np.full(REACH, _EMPTY.get(name, 0)), values)).astype(values.dtype)

    return replace(single, rate=rate, **{f.name: pad(f.name) for f in fields(single) if f.name != "rate"})
