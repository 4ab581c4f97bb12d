"""What counts towards a role: turns and happenings of a log as columns.

A *key deed* of a role is what makes the role: a notice, a request for help, a dissent. Which deeds are whose
key stands here; they are counted in ``_role_counts``, and how much of it makes a role is judged in
``_role_scores``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.conversation.acts import Act

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation
    from cq.conversation.acts import Acts

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

ACTIVE = ("organizer", "thinker", "talker", "asker", "challenger")
"""Roles that are made of deeds; a lurker is made of their absence."""

ORGANIZING = (Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT)
SELLING = (Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)
CROWD = 3
"""Speakers in a session from which on talk is talk in company."""
ANSWERED_OPENING = 2
"""Expected answers that make an opening turn the start of something."""
OPENS, DRAWS_AN_ANSWER = 0.3, 0.3
"""A question that starts something and draws answers is help sought in words nobody listed: chance that it
answers nothing, expected answers."""
SYSTEM_WEIGHT = 2
"""An event of the log (removal, announcement) needs no rule about words and counts double."""


class Echo(NamedTuple):
    """Answers to turns of substance, one entry each, by the time of what is answered (UTC ms): whose words,
    who answers, and the chance of it."""

    at: Ints
    author: Ints
    answerer: Ints
    chance: Floats


@dataclass(frozen=True)
class Deeds:
    """Turns and happenings in time order. ``row``: the row that shows it, of a turn its longest message;
    ``at``: UTC ms.

    ``turn``: which turn it is, -1 for happenings. ``key``: bool [deed, active role]. ``weight``: 1 for a
    turn, 2 for a happening. ``brief``: the turn is one message, which shows the deed alone. ``aimed``: a
    dissent that names what it is about. ``worded``: there are words in it; a picture or a lost text cannot
    show what it does. ``heard``: the chance that somebody else answers. ``echo``: who answers what is said
    of substance.
    """

    row: Ints
    turn: Ints
    at: Ints
    person: Ints
    key: Flags
    weight: Ints
    brief: Flags
    aimed: Flags
    worded: Flags
    heard: Floats
    session: Ints
    echo: Echo

    def __len__(self) -> int:
        return len(self.row)

    def between(self, start: int, end: int) -> slice:
        """The deeds of ``[start, end)``."""
        low, high = np.searchsorted(self.at, [start, end], side="left")
        return slice(int(low), int(high))


def deeds(found: Conversation) -> Deeds:
    """The deeds of a whole log."""
    turns, acts = found.turns, found.acts
    system = [s for s in acts.system if s.person >= 0 and found.view.somebody[s.person]]
    rows = np.array([s.row for s in system], np.int64)
    keys = _keys(found, acts)
    key = np.concatenate((keys, np.zeros((len(system), len(ACTIVE)), np.bool_)))
    key[len(turns) :, 0] = True
    row = np.concatenate((_longest(found), rows))
    at = np.concatenate((turns.start_ms, found.view.sent_at[rows]))
    order = np.lexsort((row, at))
    none = np.zeros(len(system), np.bool_)
    return Deeds(
        row=row[order],
        turn=np.where(order < len(turns), order, -1),
        at=at[order],
        person=np.concatenate((turns.person, [s.person for s in system])).astype(np.int64)[order],
        key=key[order],
        weight=np.where(order < len(turns), 1, SYSTEM_WEIGHT),
        brief=np.concatenate((turns.messages == 1, ~none))[order],
        aimed=np.concatenate((acts.targeted, none))[order],
        worded=np.concatenate((turns.characters > 0, ~none))[order],
        heard=np.concatenate((_heard(found), np.ones(len(system))))[order],
        session=np.concatenate((found.sessions.of_turn, np.full(len(system), -1, np.int64)))[order],
        echo=_echo(found, keys[:, ACTIVE.index("thinker")]),
    )


def _heard(found: Conversation) -> Floats:
    """Per turn the chance that somebody else answers it: 1 − Π(1 − p)."""
    pairs, size = found.replies.inferred, len(found.turns)
    none = np.bincount(pairs.pair_to, missed(pairs.pair_chance.astype(np.float64)), size)
    return np.asarray(1 - np.exp(none), np.float64)


def missed(chance: Floats) -> Floats:
    """The logarithm of the chance that something does not happen."""
    found: Floats = np.log1p(-np.minimum(chance, 1 - 1e-9))
    return found


def _echo(found: Conversation, told: Flags) -> Echo:
    pairs, turns = found.replies.inferred, found.turns
    some = np.flatnonzero(told[pairs.pair_to])
    some = some[np.argsort(pairs.pair_to[some], kind="stable")]
    to, turn = pairs.pair_to[some], pairs.pair_turn[some]
    author, answerer = (turns.person[some].astype(np.int64) for some in (to, turn))
    return Echo(turns.start_ms[to], author, answerer, pairs.pair_chance[some].astype(np.float64))


def _longest(found: Conversation) -> Ints:
    """Per turn its longest message, the first of equals."""
    import pyarrow.compute as pc

    turns = found.turns
    rows = np.flatnonzero(turns.of_row >= 0)
    if not len(rows):
        return rows
    of_row = turns.of_row[rows]
    length = pc.fill_null(pc.utf8_length(found.view.text), 0).to_numpy(zero_copy_only=False)[rows]
    starts = np.searchsorted(of_row, np.arange(len(turns)))
    best = np.flatnonzero(length == np.maximum.reduceat(length, starts)[of_row])[::-1]
    longest = np.empty(len(turns), np.int64)
    longest[of_row[best]] = rows[best]
    return longest


def _keys(found: Conversation, acts: Acts) -> Flags:
    """Per turn the active roles it is a key deed of. Selling is nobody's key deed."""
    crowd = found.sessions.speakers[found.sessions.of_turn] >= CROWD
    opened = acts.has(Act.OPENING) & (found.replies.inferred.drawn >= ANSWERED_OPENING)
    asked = acts.has(Act.QUESTION) & (found.replies.inferred.opens > OPENS)
    asked &= found.replies.inferred.drawn > DRAWS_AN_ANSWER
    columns = (
        acts.has(*ORGANIZING) | opened,
        acts.has(Act.SUBSTANCE, Act.ANSWER),
        acts.has(Act.CHAT) & crowd,
        acts.has(Act.HELP) | asked,
        acts.has(Act.DISSENT),
    )
    return np.stack(columns, axis=1) & ~acts.has(*SELLING)[:, None]
