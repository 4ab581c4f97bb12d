"""Sessions: stretches of talk with a silence before and after.

How long a silence parts two sessions differs from group to group: gaps inside a session and gaps
between sessions make two hills in the histogram of the logarithms of gaps, and the valley between
them is this group's own limit. Where there is no valley, or too little talk to see one, it is 30
minutes. A session is no topic: several may run side by side in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cq.conversation._talk import Ints
from cq.conversation.turns import Turns

MINUTE_MS = 60_000

_BINS_PER_DECADE = 10
_SMOOTH = np.array([1, 2, 3, 2, 1]) / 9
_DEPTH = 1.2
"""A valley has hills of at least this many times its height on both sides, else it is chance."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """``usual_minutes``: the limit without a valley; 30 min in ChatLab and chat-analytics.

    A valley counts from ``enough_turns`` turns on and between ``least_minutes`` and ``most_minutes``.
    """

    usual_minutes: int = 30
    least_minutes: int = 10
    most_minutes: int = 120
    enough_turns: int = 500


@dataclass(frozen=True)
class Sessions:
    """``of_turn``: per turn its session. ``gap_ms``: the longest pause inside a session.

    ``measured``: the limit is this log's own valley, not the convention. All else per session:
    ``first_turn``, ``last_turn`` (included), ``start_ms``, ``end_ms`` (UTC ms), ``turns``, and
    ``speakers``, the number of different people.
    """

    of_turn: Ints
    gap_ms: int
    measured: bool
    first_turn: Ints
    last_turn: Ints
    start_ms: Ints
    end_ms: Ints
    turns: Ints
    speakers: Ints

    def __len__(self) -> int:
        return len(self.turns)


def sessions(turns: Turns, settings: SessionSettings = SessionSettings()) -> Sessions:
    """The sessions of a log: turns whose gaps are at most the limit."""
    gaps = turns.start_ms[1:] - turns.end_ms[:-1]
    found = valley(gaps, settings) if len(turns) >= settings.enough_turns else None
    limit = settings.usual_minutes * MINUTE_MS if found is None else found
    begins = np.ones(len(turns), np.bool_)
    begins[1:] = gaps > limit
    of_turn = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(turns))[: len(first)] - 1
    pairs = np.unique((of_turn << 32) | turns.person)
    return Sessions(
        of_turn=of_turn,
        gap_ms=limit,
        measured=found is not None,
        first_turn=first,
        last_turn=last,
        start_ms=turns.start_ms[first],
        end_ms=turns.end_ms[last],
        turns=last - first + 1,
        speakers=np.bincount(pairs >> 32, minlength=len(first)).astype(np.int64),
    )


def valley(gaps: Ints, settings: SessionSettings) -> int | None:
    """The lowest place of the smoothed histogram of log gaps between the bounds, in ms; None without one.

    Both sides must rise to more than its height, so that a slope is no valley. The answer is the
    middle of a bin: it does not hang on single gaps.
    """
    low, high = settings.least_minutes * MINUTE_MS, settings.most_minutes * MINUTE_MS
    steps = np.floor(np.log10(np.maximum(gaps, 1)) * _BINS_PER_DECADE + 1e-9).astype(np.int64)
    smooth = np.convolve(np.bincount(steps, minlength=len(_SMOOTH)), _SMOOTH, mode="same")
    middles = 10 ** ((np.arange(len(smooth)) + 0.5) / _BINS_PER_DECADE)
    inside = np.flatnonzero((middles >= low) & (middles <= high))
    if not len(inside):
        return None
    at = int(inside[np.argmin(smooth[inside])])
    floor = max(float(smooth[at]), 1.0) * _DEPTH
    if at + 1 == len(smooth) or min(smooth[:at].max(initial=0), smooth[at + 1 :].max()) < floor:
        return None
    return round(float(middles[at]))
