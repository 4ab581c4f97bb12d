"""Who changed role: the labels of overlapping stretches of twelve weeks, four weeks apart.

A label counts where two stretches in a row agree and both are stable; a change is one such label after
another. A single stretch that says something else is noise and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.analysis import _role_scores as sc
from cq.analysis._role_counts import WEEK_MS
from cq.analysis._role_stability import LIKELY

STEP_MS = 4 * WEEK_MS
QUIET = {sc.LURKER, sc.ORDINARY}
"""Talking more or less, and nothing else, is no change of role: it comes and goes with the group."""
STRETCHES = 7
"""The last one and half a year of steps back."""


class Standing(NamedTuple):
    """What one stretch says about everybody who has a row, -1 and 0 for those who were not there."""

    end: int
    label: NDArray[np.int64]
    stability: NDArray[np.float64]


class Change(NamedTuple):
    """``seen``: UTC ms of the end of the first stretch with the new label. ``before`` and ``after``: the
    lower stability of the two that agree."""

    person: int
    old: int
    new: int
    seen: int
    before: float
    after: float


def ends(first: int, end: int, length: int) -> list[int]:
    """The ends of the whole stretches of a log that begins at ``first``, oldest first."""
    found = [end - step * STEP_MS for step in range(STRETCHES)]
    return [at for at in reversed(found) if at - length >= first]


def moving(stretches: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The people whose labels are not the same throughout, as far as there are any."""
    table = np.stack(stretches)
    known = (table >= 0) & (table != sc.UNKNOWN)
    low = np.where(known, table, sc.UNKNOWN).min(0)
    high = np.where(known, table, -1).max(0)
    return np.flatnonzero((high >= 0) & (low != high))


def changes(standings: Sequence[Standing], people: Sequence[int]) -> list[Change]:
    """The changes of some people, the latest first; of each the last one."""
    found = [change for person in people if (change := _last(standings, person)) is not None]
    return sorted(found, key=lambda c: (-c.seen, c.person))


def _last(standings: Sequence[Standing], person: int) -> Change | None:
    settled: tuple[int, float] | None = None
    change = None
    for one, two in pairwise(standings):
        label, sure = int(one.label[person]), min(one.stability[person], two.stability[person])
        if label < 0 or label == sc.UNKNOWN or label != two.label[person] or sure < LIKELY:
            continue
        if settled is not None and settled[0] != label and not {settled[0], label} <= QUIET:
            change = Change(person, settled[0], label, one.end, round(settled[1], 3), round(float(sure), 3))
        settled = label, float(sure)
    return change


Judge = Callable[[int, NDArray[np.bool_] | None], tuple[NDArray[np.int64], NDArray[np.float64]]]
"""From the end of a stretch to labels and, of the people chosen, stabilities; by index into the people."""


def changed(first: int, end: int, length: int, judge: Judge) -> list[Change]:
    """The changes up to ``end``. Only people whose labels move are drawn anew."""
    when = ends(first, end, length)
    if len(when) < 4:
        return []
    movers = moving([judge(at, None)[0] for at in when])
    if not len(movers):
        return []
    some = np.zeros(int(movers.max()) + 1, np.bool_)
    some[movers] = True
    return changes([Standing(at, *judge(at, some)) for at in when], movers.tolist())
