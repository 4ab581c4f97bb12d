"""Who answers whom, person to person, for the sections about circles and the network.

Two kinds of links that are never added up: *explicit* ones, which messages state, one for each turn and
person answered; and *likely* ones, the chances of the reply model, to be used as sums over many turns
(a native reply is certain there, too). Nothing here judges anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.conversation.replies import How

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Links:
    """Parallel columns in the order of the answering turn; persons are indices into ``view.people``.

    ``weight``: 1 for explicit links, the chance for likely ones.
    """

    turn: Ints
    to_turn: Ints
    who: Ints
    whom: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.turn)

    def answering(self, turns: slice) -> Links:
        """The links whose answering turn is one of ``turns``."""
        low, high = np.searchsorted(self.turn, [turns.start, turns.stop])
        return self._part(slice(int(low), int(high)))

    def where(self, which: Flags) -> Links:
        """The links that are marked."""
        return self._part(which)

    def _part(self, which: slice | Flags) -> Links:
        return Links(
            self.turn[which], self.to_turn[which], self.who[which], self.whom[which], self.weight[which]
        )


_FEW_PAIRS = 1 << 23


class Edges(NamedTuple):
    """Ordered pairs, each once, by (``who``, ``whom``), with the sum of the weights of their links."""

    who: Ints
    whom: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.who)


def explicit(talk: Conversation) -> Links:
    """What messages state. A turn that quotes and mentions one person answers that person once."""
    memo, key = talk.view.memo, "explicit links"
    if key not in memo:
        memo[key] = _explicit(talk)
    found: Links = memo[key]
    return found


def _explicit(talk: Conversation) -> Links:
    found, turns, people = talk.replies.explicit, talk.turns, len(talk.view.people)
    good = found.to_turn >= 0
    turn, to_turn = turns.of_row[found.row[good]], found.to_turn[good]
    who, whom = turns.person[turn].astype(np.int64), turns.person[to_turn].astype(np.int64)
    other = (who != whom) & (to_turn < turn)
    turn, to_turn, who, whom = turn[other], to_turn[other], who[other], whom[other]
    _, once = np.unique(turn * people + whom, return_index=True)
    return Links(turn[once], to_turn[once], who[once], whom[once], np.ones(len(once)))


def likely(talk: Conversation, turns: slice) -> Links:
    """The chances of the reply model for answering turns among ``turns``, pair of turns by pair of turns."""
    found, person = talk.replies.inferred, talk.turns.person
    low, high = np.searchsorted(found.pair_turn, [turns.start, turns.stop])
    turn, to_turn = found.pair_turn[low:high], found.pair_to[low:high]
    who, whom = person[turn].astype(np.int64), person[to_turn].astype(np.int64)
    return Links(turn, to_turn, who, whom, found.pair_chance[low:high].astype(np.float64))


def edges(links: Links, people: int) -> Edges:
    """Links summed up by ordered pair of people."""
    key = links.who * people + links.whom
    if people * people <= _FEW_PAIRS:
        # Sorting millions of keys takes ten times as long as filling a table of all pairs.
        there = np.flatnonzero(np.bincount(key, minlength=people * people))
        weight = np.bincount(key, links.weight, people * people)[there]
        return Edges(there // people, there % people, np.asarray(weight, np.float64))
    pair, place = np.unique(key, return_inverse=True)
    return Edges(
        pair // people, pair % people, np.asarray(np.bincount(place, links.weight, len(pair)), np.float64)
    )


def coverage(stated: Links, turns: slice) -> tuple[int, int]:
    """How many of ``turns`` state whom they answer, and how many turns there are."""
    turn = stated.answering(turns).turn
    hits = int(np.count_nonzero(np.diff(turn))) + (len(turn) > 0)
    return hits, turns.stop - turns.start


def answered_row(talk: Conversation, turn: int, to_turn: int) -> int:
    """The row of ``to_turn`` that ``turn`` answers: the one a reply names, else the one that says most."""
    found, turns = talk.replies.explicit, talk.turns
    low, high = np.searchsorted(found.row, [turns.first_row[turn], turns.last_row[turn] + 1])
    replied = (found.how[low:high] == How.REPLY) & (found.to_turn[low:high] == to_turn)
    return int(found.to_row[low:high][replied][0]) if replied.any() else telling_row(talk, to_turn)


def telling_row(talk: Conversation, turn: int) -> int:
    """The row of a turn that says most: its longest text, the first of equals."""
    turns = talk.turns
    rows = np.arange(turns.first_row[turn], turns.last_row[turn] + 1)
    own: list[int] = rows[turns.of_row[rows] == turn].tolist()
    return max(own, key=lambda row: len(talk.view.text[row].as_py() or ""))


def responders(stated: Links, guessed: Links, turns: slice, people: int) -> Floats:
    """Per turn of ``turns``: different people that answer it, expected; one who states it counts 1.

    Of the chances of one person the largest counts: two guesses about one person are no two people.
    """
    parts = [
        part.where((part.to_turn >= turns.start) & (part.to_turn < turns.stop)) for part in (stated, guessed)
    ]
    key = np.concatenate([(part.to_turn - turns.start) * people + part.who for part in parts])
    weight = np.concatenate([part.weight for part in parts])
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    size = turns.stop - turns.start
    if not len(key):
        return np.zeros(size)
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    most = np.maximum.reduceat(weight[order], first)
    return np.asarray(np.bincount(ordered[first] // people, most, size), np.float64)


def by_chance(given: Floats, turns: Floats, label: Ints, labels: int) -> Floats:
    """Links to be expected between labels if people answered whatever was said, by volume alone.

    ``given``: links each person gives; ``turns``: turns of each. Whoever answers picks a turn of somebody
    else blindly: E[i, j] = given[i] · turns[j] / (Σ turns − turns[i]) for j ≠ i, summed up by label.
    """
    others = turns.sum() - turns
    each = np.divide(given, others, out=np.zeros(len(given)), where=others > 0)
    found = np.outer(np.bincount(label, each, labels), np.bincount(label, turns, labels))
    return np.asarray(found - np.diag(np.bincount(label, each * turns, labels)), np.float64)
