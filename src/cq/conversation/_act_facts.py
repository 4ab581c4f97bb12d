"""Facts about turns that are no words: kinds, lengths, joins, silence, links, what came shortly before.

Each fact is a bool per turn and is worked out when a rule first asks for it. Facts may look at acts that were
found before; the order of the rules takes care of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cq.conversation._talk import Bools, Floats, Ints, Persons, Talk
from cq.model import Event, Kind

if TYPE_CHECKING:
    from cq.conversation.replies import Replies
    from cq.conversation.sessions import Sessions
    from cq.conversation.turns import Turns

EventOf = tuple[int, Event, int, Sequence[int], str | None]

KINDS = tuple(Kind)
MINUTE_MS = 60_000
JOIN_MINUTES = 10
"""A welcome comes soon."""
NEW_DAYS, NEW_TURNS = 7, 3
SILENCE_HOURS = 3
BEFORE = 10
"""Turns back in which somebody ran the group."""
HELP_BEFORE = 10
"""Turns back in which somebody asked for help."""
SHORT = 40
"""Code points: one or two clauses."""
LIKELY, POSSIBLE = 0.5, 0.2
_SAME_NAME = 2
"""Shortest name that is looked for in a text."""


@dataclass
class Given:
    """What facts are made from. ``found``: masks of acts by name, filled as rules are tried."""

    talk: Talk
    turns: Turns
    sessions: Sessions
    replies: Replies
    kind: NDArray[np.int8]
    ad: Bools
    events: Sequence[EventOf]
    rows: Ints
    starts: Ints
    asks: Bools
    filler: Bools
    found: dict[str, Bools] = field(default_factory=dict)
    known: dict[str, Bools] = field(default_factory=dict)

    def fact(self, name: str) -> Bools:
        """A fact by name."""
        if name not in self.known:
            self.known[name] = FACTS[name](self)
        return self.known[name]

    def act(self, name: str) -> Bools:
        """Which turns do something, as far as rules were tried."""
        return self.found.get(name, np.zeros(len(self.turns), np.bool_))

    def some(self, rows: Bools) -> Bools:
        """Turns of which some row is so; ``rows`` are flags of the rows that are talk."""
        return np.logical_or.reduceat(rows, self.starts) if len(self.starts) else np.zeros(0, np.bool_)


def _of_kind(*kinds: Kind) -> Callable[[Given], Bools]:
    codes = [KINDS.index(kind) for kind in kinds]
    return lambda given: given.some(np.isin(given.kind[given.rows], codes))


def _opening(given: Given) -> Bools:
    out = np.zeros(len(given.turns), np.bool_)
    gaps = given.turns.start_ms[1:] - given.turns.end_ms[:-1]
    out[1:] = gaps >= SILENCE_HOURS * 60 * MINUTE_MS
    return out


def joins(given: Given) -> list[tuple[int, int, tuple[int, ...]]]:
    """Time, row and persons of every join."""
    return [
        (int(given.talk.sent_at[row]), row, tuple(targets))
        for row, event, _, targets, _ in given.events
        if event is Event.JOIN and targets
    ]


def _after_join(given: Given) -> Bools:
    out = np.zeros(len(given.turns), np.bool_)
    for at, row, who in joins(given):
        lo = int(np.searchsorted(given.turns.first_row, row))
        hi = int(np.searchsorted(given.turns.start_ms, at + JOIN_MINUTES * MINUTE_MS, "right"))
        out[lo:hi] |= ~np.isin(given.turns.person[lo:hi], who)
    return out


def _names_newcomer(given: Given) -> Bools:
    """Turns after a join that mention the newcomer or say the name."""
    turns, talk = given.turns, given.talk
    out = np.zeros(len(turns), np.bool_)
    for at, row, who in joins(given):
        lo = int(np.searchsorted(turns.first_row, row))
        hi = int(np.searchsorted(turns.start_ms, at + JOIN_MINUTES * MINUTE_MS, "right"))
        if lo >= hi:
            continue
        first, last = int(turns.first_row[lo]), int(turns.last_row[hi - 1])
        near = slice(*np.searchsorted(talk.mention_row, [first, last + 1]))
        named = set(talk.mention_row[near][np.isin(talk.mention_person[near], who)].tolist())
        said = [
            n for i in who for full in talk.names[i] for n in (full, _called(full)) if len(n) >= _SAME_NAME
        ]
        texts = talk.text.slice(first, last - first + 1).to_pylist()
        named |= {first + n for n, text in enumerate(texts) if text and any(name in text for name in said)}
        mine = turns.of_row[np.array(sorted(named), np.int64)]
        mine = mine[(mine >= lo) & (mine < hi)]
        out[mine[~np.isin(turns.person[mine], who)]] = True
    return out


def _called(name: str) -> str:
    """A name without what stands in brackets or behind a mark."""
    for n, char in enumerate(name):
        if n and char in "-（(_·【[ 丨|":
            return name[:n]
    return name


def _newcomer(given: Given) -> Bools:
    """The speaker joined not long ago and has hardly spoken since."""
    turns, out = given.turns, np.zeros(len(given.turns), np.bool_)
    order = np.argsort(turns.person, kind="stable")
    people = turns.person[order]
    for at, _, who in joins(given):
        for one in who:
            lo, hi = np.searchsorted(people, [one, one + 1])
            own = order[lo:hi]
            since = own[
                (turns.start_ms[own] >= at) & (turns.start_ms[own] <= at + NEW_DAYS * 1440 * MINUTE_MS)
            ]
            out[since[:NEW_TURNS]] = True
    return out


def _helped(given: Given) -> Floats:
    """Per turn the chance that it answers a help turn of somebody else; 1 where it says so."""
    helps = given.act("help")
    linked, explicit = given.replies.inferred, given.replies.explicit
    chance = np.bincount(
        linked.pair_turn, linked.pair_chance * helps[linked.pair_to], minlength=len(given.turns)
    ).astype(np.float32)
    turn, to = given.turns.of_row[explicit.row], explicit.to_turn
    said = (turn >= 0) & (to >= 0)
    turn, to = turn[said], to[said]
    good = helps[to] & (given.turns.person[turn] != given.turns.person[to])
    chance[turn[good]] = 1
    return chance


def _help_before(given: Given) -> Bools:
    """Somebody else asked for help in the session, no more than some turns before."""
    helps, person, session = given.act("help"), given.turns.person, given.sessions.of_turn
    return _lately(helps, person, session, HELP_BEFORE)


def _lately(done: Bools, person: Persons, session: Ints, reach: int) -> Bools:
    """Turns that follow what somebody else did within ``reach`` turns of one session."""
    out = np.zeros(len(person), np.bool_)
    for lag in range(1, min(reach, len(person) - 1) + 1):
        out[lag:] |= done[:-lag] & (person[lag:] != person[:-lag]) & (session[lag:] == session[:-lag])
    return out


def _linked(given: Given) -> Bools:
    """Answers somebody or is answered, by what messages say or by what is expected."""
    inferred, explicit = given.replies.inferred, given.replies.explicit
    out = (inferred.answers >= LIKELY) | (inferred.drawn >= LIKELY)
    turn = given.turns.of_row[explicit.row]
    out[turn[turn >= 0]] = True
    out[explicit.to_turn[explicit.to_turn >= 0]] = True
    return out


def _running(given: Given) -> Bools:
    """Turns that run the group."""
    return given.act("notice") | given.act("rule") | given.act("moderation") | given.act("event")


def _after_running(given: Given) -> Bools:
    return _lately(_running(given), given.turns.person, given.sessions.of_turn, BEFORE)


def _replies_running(given: Given) -> Bools:
    explicit, running = given.replies.explicit, _running(given)
    turn, to = given.turns.of_row[explicit.row], explicit.to_turn
    good = (turn >= 0) & (to >= 0)
    out = np.zeros(len(given.turns), np.bool_)
    turn, to = turn[good], to[good]
    out[turn[running[to] & (given.turns.person[turn] != given.turns.person[to])]] = True
    return out


def _weighed(name: str) -> Callable[[Given], Bools]:
    def fact(given: Given) -> Bools:
        from cq.conversation._act_weight import weighed

        given.known |= weighed(given.talk, given.turns, given.rows, given.starts)
        return given.known[name]

    return fact


FACTS: dict[str, Callable[[Given], Bools]] = {
    "question": lambda given: given.some(given.asks),
    "ad": lambda given: given.some(given.ad[given.rows]),
    "announcement": _of_kind(Kind.ANNOUNCEMENT),
    "forward": _of_kind(Kind.FORWARD),
    "link": _of_kind(Kind.LINK, Kind.MINI_PROGRAM),
    "red_packet": _of_kind(Kind.RED_PACKET),
    "short": lambda given: (given.turns.characters > 0) & (given.turns.characters <= SHORT),
    "content": lambda given: ~given.filler & (given.turns.characters >= 4),
    "opening": _opening,
    "after_join": _after_join,
    "newcomer": _newcomer,
    "names_newcomer": _names_newcomer,
    "answers_help": lambda given: _helped(given) >= LIKELY,
    "answers_maybe": lambda given: _helped(given) >= POSSIBLE,
    "help_before": _help_before,
    "linked": _linked,
    "after_running": _after_running,
    "replies_running": _replies_running,
    "long": _weighed("long"),
    "reasoned": _weighed("reasoned"),
    "own_words": _weighed("own_words"),
}
"""Every fact a rule may name."""
