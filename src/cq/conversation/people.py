"""People as the log shows them: programs among them, how long each could be watched, names that mislead.

Programs are found by how they behave, never by their name. Exposure is the time in which somebody was a
member and the log covers it. Nothing here merges people or leaves anybody out: that is for whoever counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from cq.conversation._talk import Bools, Floats, Ints, Talk
from cq.model import Event

if TYPE_CHECKING:
    from cq.conversation._act_facts import EventOf

MINUTE_MS, WEEK_MS = 60_000, 7 * 86_400_000
CLOCK_MS, CLOCK_SHARE = 2_000, 0.5
"""Half of the messages within 2 s of a full minute; by chance it is one in fifteen."""
REACTION_MS, TEMPLATE_SHARE = 2_000, 0.8
LEAST_MESSAGES = 10
REPEATED = 3
_COARSE = 0.9
"""Share of messages in the first second of a minute from which on a log has no seconds."""


def bots(talk: Talk) -> Bools:
    """Per person: behaves like a program. At least ten messages, and either half of them on full minutes of
    the clock, or templates that follow within two seconds of what somebody else did, or half of the one and
    the other.

    A template is a beginning and an end that the same sender repeats three times. Logs without seconds have
    no clock to go by. People known as bots are to be left out by the caller as well.
    """
    out = np.zeros(len(talk.names), np.bool_)
    rows = np.flatnonzero(talk.person >= 0)
    if not len(rows):
        return out
    person, size = talk.person[rows], len(talk.names)
    past = talk.sent_at[rows] % MINUTE_MS
    exact = np.mean(past < 1000) < _COARSE
    clock = exact & (np.minimum(past, MINUTE_MS - past) <= CLOCK_MS)
    before = np.maximum(rows - 1, 0)
    quick = (talk.sent_at[rows] - talk.sent_at[before] < REACTION_MS) & (talk.person[before] != person)
    quick &= exact & (rows > 0)
    total = np.bincount(person, minlength=size)
    many = total >= LEAST_MESSAGES
    by_clock = np.bincount(person, clock, size) >= CLOCK_SHARE * total
    timed = np.bincount(person, clock | quick, size) >= CLOCK_SHARE * total
    for who in np.flatnonzero(many & (by_clock | timed)).tolist():
        mine = rows[person == who]
        out[who] = by_clock[who] or _templates(talk.text.take(mine).to_pylist()) >= TEMPLATE_SHARE
    return out


def _templates(texts: Sequence[str | None]) -> float:
    """Share of texts whose first and last four characters come back."""
    keys = [(text[:4], text[-4:]) if text else None for text in texts]
    times = Counter(key for key in keys if key)
    return sum(n for n in times.values() if n >= REPEATED) / max(len(keys), 1)


class Basis(StrEnum):
    """How it is known from when on somebody was there, best first."""

    EVENTS = "events"
    LIST_TIME = "list_time"
    LISTED = "listed"
    FIRST_MESSAGE = "first_message"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Exposure:
    """Per person ``weeks`` of the window in which they could have spoken, and how that is known.

    By ``FIRST_MESSAGE`` it is a lower bound: somebody may have read long before.
    """

    weeks: Floats
    basis: Sequence[Basis]


def exposure(
    talk: Talk,
    events: Iterable[EventOf],
    *,
    start: int,
    end: int,
    listed: Bools,
    joined_at: Ints,
    left_at: Ints,
) -> Exposure:
    """Exposure within ``[start, end)`` (UTC ms), as far as the log covers it.

    ``listed``, ``joined_at`` and ``left_at`` come from the list of members, one entry per person; -1 where it
    does not tell. Joins and exits of the log are better known than the list; what contradicts a message
    (somebody speaks after having left) is put right by the message.
    """
    people = len(talk.names)
    begin, until = max(start, int(talk.sent_at[0])), min(end, int(talk.sent_at[-1]) + 1)
    first = _first_spoken(talk, people)
    moves = _moves(talk, events, people)
    weeks, basis = np.zeros(people, np.float32), []
    for who in range(people):
        known = moves[who]
        joined, left, spoke = int(joined_at[who]), int(left_at[who]), int(first[who])
        if known and known[0][1]:
            how, since = Basis.EVENTS, known[0][0] if spoke < 0 else min(known[0][0], spoke)
        elif joined >= 0:
            how, since = Basis.LIST_TIME, joined if spoke < 0 else min(joined, spoke)
        elif listed[who] or known:
            how, since = Basis.LISTED if listed[who] else Basis.EVENTS, begin
        elif spoke >= 0:
            how, since = Basis.FIRST_MESSAGE, spoke
        else:
            how, since = Basis.UNKNOWN, until
        last = left if left >= 0 and (joined < 0 or left > joined) else until
        basis.append(how)
        weeks[who] = _present(known, since, last, begin, until) / WEEK_MS
    return Exposure(weeks, basis)


def _first_spoken(talk: Talk, people: int) -> Ints:
    out = np.full(people, -1, np.int64)
    rows = np.flatnonzero(talk.person >= 0)[::-1]
    out[talk.person[rows]] = talk.sent_at[rows]
    return out


def _moves(talk: Talk, events: Iterable[EventOf], people: int) -> list[list[tuple[int, bool]]]:
    """Per person the times of joins (True) and exits (False), in order."""
    out: list[list[tuple[int, bool]]] = [[] for _ in range(people)]
    for row, event, _, targets, _ in events:
        if event in (Event.JOIN, Event.LEAVE, Event.REMOVE):
            for who in targets:
                out[who].append((int(talk.sent_at[row]), event is Event.JOIN))
    return out


def _present(moves: Sequence[tuple[int, bool]], since: int, last: int, begin: int, until: int) -> int:
    """Milliseconds of ``[begin, until)`` between joins and exits; there from ``since`` on, gone from
    ``last`` on."""
    total, there, at = 0, True, since
    for time, joins in [*(m for m in moves if m[0] >= since), (last, False)]:
        if there and not joins:
            total += max(0, min(time, until) - max(at, begin))
            there = False
        elif joins and not there:
            there, at = True, time
    return total + (max(0, until - max(at, begin)) if there else 0)


@dataclass(frozen=True)
class Named:
    """``shared``: per person, shows a name that another person showed too. ``renamed``: showed several."""

    shared: Bools
    renamed: Bools


def named(names: Sequence[Sequence[str]]) -> Named:
    """Names that mislead; ``names`` are those each person was shown by."""
    bearers: dict[str, set[int]] = {}
    for who, some in enumerate(names):
        for name in some:
            if name:
                bearers.setdefault(name, set()).add(who)
    shared, renamed = np.zeros(len(names), np.bool_), np.zeros(len(names), np.bool_)
    for people in bearers.values():
        if len(people) > 1:
            shared[list(people)] = True
    renamed[:] = [len({name for name in some if name}) > 1 for some in names]
    return Named(shared, renamed)
