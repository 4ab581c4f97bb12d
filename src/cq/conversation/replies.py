"""Replies: who answers whom, as messages say so and as a model expects.

Explicit links are what messages say themselves: a reply, an "@", a name at the beginning. Inferred links
are chances that a turn answers each of the turns shortly before it. **They are to be used as counts**, sums
over many turns: a single inferred link is too often wrong to be shown, and so are ratios such as "gives more
than receives". How often they are right, and what was measured, stands in ``benchmarks/replies``.

Nothing here knows a language: time, order, who spoke, names, question marks, lengths, rare shared pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cq.conversation._answered import answered
from cq.conversation._facts import REACH, Facts, Said, facts, said
from cq.conversation._model import judged, shipped
from cq.conversation._overlap import Overlap
from cq.conversation._talk import Floats, Ints, Persons, Talk
from cq.conversation.turns import Turns

__all__ = ["Explicit", "How", "Inferred", "Replies", "ReplySettings", "replies"]

NOBODY = -1


@dataclass(frozen=True, slots=True)
class ReplySettings:
    """``mention_minutes``: how long ago the turn may be that a mention answers; in IRC
    99 of 100 replies come within 28.

    ``least_chance``: pairs with less are not listed one by one; sums count them all the same.
    """

    mention_minutes: int = 60
    least_chance: float = 0.05


class How(IntEnum):
    """How a message says whom it answers."""

    REPLY = 0
    MENTION = 1
    NAME = 2


@dataclass(frozen=True)
class Explicit:
    """Links that messages state, one entry each, by answering row.

    ``row`` answers ``to_row`` of turn ``to_turn`` (-1 where that row is no human talk). A mention means the
    last turn of that person before, and its last row. ``how``: a :class:`How`.
    """

    row: Ints
    to_row: Ints
    to_turn: Ints
    how: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Inferred:
    """Chances, per turn; a turn that replies natively counts as certain.

    ``answers``: that the turn answers somebody else in reach. ``continues``: that it goes on with an earlier
    turn of the same person. ``opens``: that it does neither. The three sum to 1. ``drawn``: expected turns of
    others that answer this one. ``likeliest``: the turn answered (may be the speaker's own), -1 for none, and
    ``chance`` that it is. ``to_row``: the message of that turn that the turn's first message answers, -1 for
    none; where it replies natively, the row replied to.

    ``pair_turn``, ``pair_to``, ``pair_chance``: the pairs of different people, by answering turn.
    """

    answers: Floats
    continues: Floats
    opens: Floats
    drawn: Floats
    likeliest: Ints
    chance: Floats
    to_row: Ints
    pair_turn: Ints
    pair_to: Ints
    pair_chance: Floats


@dataclass(frozen=True)
class Replies:
    """``addressed_share``: turns that say whom they speak to; without them links are guesses."""

    explicit: Explicit
    inferred: Inferred
    addressed_share: float


def replies(talk: Talk, turns: Turns, settings: ReplySettings = ReplySettings()) -> Replies:
    """Explicit and inferred links of a log."""
    words = said(talk, turns)
    known = facts(talk, turns, words)
    return Replies(
        explicit=_explicit(talk, turns, words, settings),
        inferred=_inferred(talk, known, turns, words, settings),
        addressed_share=float(np.mean(known.address[REACH:] >= 0)) if len(turns) else 0.0,
    )


def _explicit(talk: Talk, turns: Turns, words: Said, settings: ReplySettings) -> Explicit:
    replied = np.flatnonzero((words.reply >= 0) & (turns.of_row >= 0))
    spoken = turns.of_row[talk.mention_row] >= 0
    named = np.flatnonzero(words.by_name)
    row = np.concatenate((talk.mention_row[spoken], named))
    who = np.concatenate((talk.mention_person[spoken], words.addressed[named]))
    how = np.repeat([How.MENTION, How.NAME], [int(spoken.sum()), len(named)])
    to = _last_turn(turns, row, who, talk.sent_at[row] - settings.mention_minutes * 60_000)
    good = (to >= 0) & (who != talk.person[row])
    rows = np.concatenate((replied, row[good]))
    to_row = np.concatenate((words.reply[replied], turns.last_row[to[good]]))
    hows = np.concatenate((np.full(len(replied), How.REPLY), how[good]))
    order = np.unique((rows << 34) | (to_row << 2) | hows)
    rows, to_row, hows = order >> 34, (order >> 2) & 0xFFFFFFFF, order & 3
    again = np.zeros(len(rows), np.bool_)
    again[1:] = (rows[1:] == rows[:-1]) & (to_row[1:] == to_row[:-1])
    once = ~again
    return Explicit(rows[once], to_row[once], turns.of_row[to_row[once]], hows[once].astype(np.int8))


def _last_turn(turns: Turns, row: Ints, who: Persons, since: Ints) -> Ints:
    """The last turn of each person that began before a row, -1 where it ended before ``since``."""
    keys = (turns.person.astype(np.int64) << 32) | turns.first_row
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], (who.astype(np.int64) << 32) | row) - 1
    if not len(order):
        return np.full(len(row), NOBODY, np.int64)
    turn = order[np.maximum(at, 0)]
    good = (at >= 0) & (turns.person[turn] == who) & (turns.end_ms[turn] >= since)
    return np.where(good, turn, NOBODY)


def _replied(turns: Turns, words: Said) -> tuple[Ints, Ints]:
    """Per turn the earlier turn that its first reply names, and its row there; -1 for none."""
    rows = np.flatnonzero((words.reply >= 0) & (turns.of_row >= 0))[::-1]
    turn, to = turns.of_row[rows], turns.of_row[words.reply[rows]]
    out, out_row = (np.full(len(turns), NOBODY, np.int64) for _ in range(2))
    earlier = (to >= 0) & (to < turn)
    out[turn[earlier]] = to[earlier]
    out_row[turn[earlier]] = words.reply[rows[earlier]]
    return out, out_row


def _inferred(talk: Talk, known: Facts, turns: Turns, words: Said, settings: ReplySettings) -> Inferred:
    replied, replied_row = _replied(turns, words)
    overlap, weights = Overlap(turns, words), shipped()
    certain = np.flatnonzero(replied >= 0)
    to = replied[certain]
    another = turns.person[certain] != turns.person[to]
    answers, continues, opens = (np.zeros(len(turns), np.float32) for _ in range(3))
    drawn, chance = np.zeros(len(turns), np.float32), np.ones(len(turns), np.float32)
    likeliest = replied.copy()
    answers[certain], continues[certain] = another, ~another
    np.add.at(drawn, to[another], np.float32(1))
    pairs = [(certain[another], to[another], np.ones(int(another.sum()), np.float32))]
    for piece in judged(known, overlap, replied, weights):
        span, free = slice(piece.low, piece.high), replied[piece.low : piece.high] < 0
        found = piece.chance * free
        others = np.where(piece.own, 0, found[:REACH])
        answers[span] += others.sum(axis=0)
        continues[span] += np.where(piece.own, found[:REACH], 0).sum(axis=0)
        opens[span] += found[REACH]
        best = np.argmax(found, axis=0)
        index = np.arange(span.start, span.stop)
        likeliest[span] = np.where(free, np.where(best < REACH, index - 1 - best, NOBODY), likeliest[span])
        chance[span] = np.where(free, found.max(axis=0), 1)
        for far in range(min(REACH, span.stop - 1)):
            skip = max(0, far + 1 - span.start)
            drawn[span.start + skip - far - 1 : span.stop - far - 1] += others[far, skip:]
        pairs.append(_listed(others, span.start, settings.least_chance))
    turn, whom, chances = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    order = np.lexsort((whom, turn))
    guessed = np.where(replied >= 0, NOBODY, likeliest)
    to_row = np.maximum(replied_row, answered(talk, turns, words, overlap, guessed, weights.message))
    listed = (turn[order], whom[order], chances[order])
    return Inferred(answers, continues, opens, drawn, likeliest, chance, to_row, *listed)


def _listed(others: Floats, start: int, least: float) -> tuple[Ints, Ints, Floats]:
    far, turn = np.nonzero(others >= least)
    return turn + start, turn + start - far - 1, others[far, turn]
