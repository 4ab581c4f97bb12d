"""Turns: what one person says before somebody else speaks.

People cut a sentence into several messages; a turn puts them together again. It is a run of human
messages of one person with short gaps and no other human in between. Rows that are nobody's talk
(joins, recalls, bots) are looked through and belong to no turn. Nothing here reads what is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cq.conversation._talk import Ints, Persons, Talk


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """``gap_seconds``: the longest pause inside a turn. 120 s is a convention: no data tells it apart
    from 60 or 300 s, and a pause of two minutes still reads as one thought."""

    gap_seconds: int = 120


@dataclass(frozen=True)
class Turns:
    """``of_row``: per row of the log its turn, -1 where it is no human talk. All else per turn, in order.

    ``first_row``, ``last_row``: rows of the log, both included; rows between them may belong to nobody.
    ``person``: index into people. ``start_ms``, ``end_ms``: UTC ms of the first and the last message.
    ``messages``: how many. ``characters``: code points of their texts, 0 for a picture.
    """

    of_row: Ints
    first_row: Ints
    last_row: Ints
    person: Persons
    start_ms: Ints
    end_ms: Ints
    messages: Ints
    characters: Ints

    def __len__(self) -> int:
        return len(self.person)


def turns(talk: Talk, settings: TurnSettings = TurnSettings()) -> Turns:
    """The turns of a log. A row without a sender is no human talk, whatever ``human`` says."""
    import pyarrow.compute as pc

    rows = np.flatnonzero(talk.human & (talk.person >= 0))
    at, person = talk.sent_at[rows], talk.person[rows]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (person[1:] != person[:-1]) | (np.diff(at) > settings.gap_seconds * 1000)
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(rows))[: len(starts)] - 1
    of_row = np.full(len(talk.sent_at), -1, np.int64)
    of_row[rows] = np.cumsum(begins) - 1
    lengths = pc.fill_null(pc.utf8_length(talk.text), 0).to_numpy(zero_copy_only=False)
    written = np.concatenate(([0], np.cumsum(lengths[rows], dtype=np.int64)))
    return Turns(
        of_row=of_row,
        first_row=rows[starts],
        last_row=rows[ends],
        person=person[starts],
        start_ms=at[starts],
        end_ms=at[ends],
        messages=ends - starts + 1,
        characters=written[ends + 1] - written[starts],
    )
