"""Which message of the turn it answers a turn means, where that turn has several.

A choice among the messages of the one turn, apart from the chances of turns and without any part in them:
place in the turn, question marks, what the first answering message shares with each, length, address,
wait. One weight a table, summed; ``benchmarks/replies/fit.py`` fills the tables named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cq.conversation._facts import LENGTHS, Said, gap_class, stepped
from cq.conversation._overlap import CLASSES as SHARED
from cq.conversation._overlap import Overlap
from cq.conversation._pairs import Places
from cq.conversation._talk import Floats, Ints, Talk
from cq.conversation.turns import Turns

_FROM_END = (1, 2, 3)
_PLACES, _SIZES, _WAITS = len(_FROM_END) + 1, len(LENGTHS) + 1, 4

MESSAGE_TABLES = {
    "place from the end, first": _PLACES * 2,
    "question, any, own": 3 * 2 * 2,
    "shared, most shared": SHARED * SHARED,
    "length, longest": _SIZES * 2,
    "addressed, any": 2 * 2,
    "minutes before the last": _WAITS,
}


@dataclass(frozen=True)
class Choices:
    """Messages to choose from, one group after the other: ``row`` of each, ``begins`` where each group does,
    and per table of ``MESSAGE_TABLES`` the place of each message."""

    row: Ints
    begins: Ints
    places: list[Places]


def answered(
    talk: Talk, turns: Turns, words: Said, overlap: Overlap, likeliest: Ints, weights: Mapping[str, Floats]
) -> Ints:
    """Per turn the row of turn ``likeliest`` that it answers, -1 where that is none."""
    to = np.where(likeliest >= 0, turns.last_row[likeliest], likeliest)
    open_ = np.flatnonzero((likeliest >= 0) & (turns.messages[likeliest] > 1))
    if not len(open_):
        return to
    found = choices(talk, turns, words, overlap, turns.first_row[open_], likeliest[open_])
    score = sum(
        (weights[t].take(p) for t, p in zip(MESSAGE_TABLES, found.places, strict=True)), np.float32(0)
    )
    size = np.diff(found.begins, append=len(found.row))
    best = np.repeat(np.maximum.reduceat(score, found.begins), size)
    group = np.repeat(np.arange(len(open_)), size)
    top = np.flatnonzero(score == best)
    to[open_[group[top]]] = found.row[top]
    return to


def choices(talk: Talk, turns: Turns, words: Said, overlap: Overlap, row: Ints, turn: Ints) -> Choices:
    """The messages of each turn that the message ``row`` beside it may answer."""
    import pyarrow.compute as pc

    size = turns.messages[turn]
    begins = np.cumsum(size) - size
    group = np.repeat(np.arange(len(row)), size)
    place = np.arange(len(group)) - begins[group]
    spoken = np.flatnonzero(turns.of_row >= 0)
    message = spoken[np.searchsorted(spoken, turns.first_row[turn])[group] + place]
    back = size[group] - 1 - place
    asks = words.asks[message]
    lastly = np.maximum.reduceat(np.where(asks, place, -1), begins)[group]
    question = asks + (asks & (place == lastly)).astype(np.int32)
    shared = overlap.between(row, message, group).astype(np.int32)
    texts = talk.text.take(message)
    length = stepped(pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False), LENGTHS)
    called = words.addressed[message] == talk.person[row][group]
    seconds = (turns.end_ms[turn][group] - talk.sent_at[message]) // 1000
    wait = np.minimum(gap_class(seconds, np.zeros_like(seconds)), _WAITS - 1)

    def most(values: NDArray[Any]) -> NDArray[Any]:
        whole: NDArray[Any] = np.maximum.reduceat(values, begins)[group]
        return whole

    columns = [
        stepped(back, _FROM_END).astype(np.int32) * 2 + (place == 0),
        (question * 2 + (lastly >= 0)) * 2 + words.asks[row][group],
        shared * SHARED + most(shared),
        length.astype(np.int32) * 2 + (length == most(length)),
        called.astype(np.int32) * 2 + most(called),
        wait,
    ]
    return Choices(message, begins, [column.astype(np.int32) for column in columns])
