"""Questions of a group and what the log shows to be their answers; and how many answers there may be besides.

Explicit answers are replies, or where the export has none, mentions of the asker. Expected answers come from
the inferred links of :mod:`cq.conversation`: chances, which mean something only as a sum. The two are never
added up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from cq.analysis import _measures as m
from cq.analysis._view import KINDS
from cq.model import Kind
from cq.text.questions import is_question

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView
    from cq.analysis._conversation import Conversation

    Ints = NDArray[np.int64]


class Answers(NamedTuple):
    """Questions and messages that answer them: rows of the log, parallel, by answer."""

    question: Ints
    answer: Ints


def questions(view: GroupView, rows: slice) -> tuple[Ints, int]:
    """The rows among ``rows`` that ask, and the number of human text messages they were found in."""
    said = signed(view)[rows] & (view.kind[rows] == KINDS.index(Kind.TEXT))
    at = np.flatnonzero(said) + rows.start
    return at[is_question(view.text.take(pa.array(at)))], len(at)


def signed(view: GroupView) -> NDArray[np.bool_]:
    """Human messages that are not anonymous: of an anonymous answer nobody knows whose it is."""
    return view.human & view.somebody[view.person]


def answers(view: GroupView, asked: Ints, reply_days: int, mention_hours: int) -> tuple[str, Answers | None]:
    """What answers rest on (``reply``, ``mention``, ``none``), and every answer to each question."""
    if view.explicit_replies:
        replies = np.flatnonzero(signed(view) & (view.reply_to >= 0))
        found = _by_reply(view, asked, replies, reply_days * m.DAY_MS) if len(replies) else None
        return ("none", None) if found is None else ("reply", found)
    by_people = signed(view)[view.mention_row]
    if not by_people.any():
        return "none", None
    return "mention", _by_mention(view, asked, by_people, mention_hours * m.HOUR_MS)


def _by_reply(view: GroupView, asked: Ints, replies: Ints, limit: int) -> Answers:
    target = view.reply_to[replies]
    wait = view.sent_at[replies] - view.sent_at[target]
    good = np.isin(target, asked) & (view.person[replies] != view.person[target])
    good &= (wait >= 0) & (wait <= limit)
    return Answers(target[good], replies[good])


def _by_mention(view: GroupView, asked: Ints, by_people: NDArray[np.bool_], limit: int) -> Answers:
    """A mention answers the latest question that the mentioned person asked in the hours before."""
    if not len(asked):
        return Answers(asked, asked)
    # Questions asked after the window take mentions away from those in it.
    until = int(np.searchsorted(view.sent_at, view.sent_at[asked[-1]] + limit, side="right"))
    later, _ = questions(view, slice(int(asked[-1]) + 1, until))
    every = np.concatenate((asked, later))
    near = by_people & (view.mention_row > asked[0]) & (view.mention_row < until)
    row, who = view.mention_row[near], view.mention_person[near]
    # Questions in the order (asker, row); the one before (mentioned, row of the mention) is the latest.
    order = np.lexsort((every, view.person[every]))
    key = view.person[every[order]].astype(np.int64) * len(view) + every[order]
    place = np.searchsorted(key, who.astype(np.int64) * len(view) + row) - 1
    question = every[order][np.maximum(place, 0)]
    good = (place >= 0) & (view.person[question] == who) & (view.person[row] != who)
    good &= (view.sent_at[row] - view.sent_at[question] <= limit) & np.isin(question, asked)
    return Answers(question[good], row[good])


def firsts(found: Answers) -> Answers:
    """The earliest answer of every question, by question."""
    order = np.argsort(found.answer, kind="stable")
    which, at = np.unique(found.question[order], return_index=True)
    return Answers(which, found.answer[order][at])


def pairs(view: GroupView, found: Answers) -> list[tuple[int, int, int]]:
    """Asker, answerer, and how many questions of the one the other answered; most first."""
    width = len(view.people)
    once = m.distinct(found.question * width + view.person[found.answer])
    key, count = np.unique(
        view.person[once // width].astype(np.int64) * width + once % width, return_counts=True
    )
    rows = zip((key // width).tolist(), (key % width).tolist(), count.tolist(), strict=True)
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def expected(talk: Conversation, asked: Ints, hours: int) -> tuple[float, int]:
    """How many of the asking turns somebody else is expected to answer within the time, and how many ask.

    The sum over turns of 1 − Π (1 − p) over the turns of others that may answer them; a reply counts 1.
    """
    turns, inferred = talk.turns, talk.replies.inferred
    asking = m.distinct(turns.of_row[asked])
    wait = turns.start_ms[inferred.pair_turn] - turns.start_ms[inferred.pair_to]
    near = (wait <= hours * m.HOUR_MS) & np.isin(inferred.pair_to, asking)
    place = np.searchsorted(asking, inferred.pair_to[near])
    with np.errstate(divide="ignore"):  # of a reply that is certain
        missed = np.log1p(-np.minimum(inferred.pair_chance[near], 1).astype(np.float64))
    nobody = np.exp(np.bincount(place, missed, len(asking)))
    return round(float(np.sum(1 - nobody)), 1), len(asking)
