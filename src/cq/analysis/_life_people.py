"""How many members a group had when, whether the log begins with it, and the ground that sections share."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._calendar import day_of
from cq.analysis._cause_ground import MOST_WEEKS, Ground
from cq.analysis._conversation import conversation
from cq.analysis._weeks import weeks
from cq.model import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView, Window

    Ints = NDArray[np.int64]

_FOREVER = 1 << 62
_BEGINNING_DAYS = 7
_WELCOMED = 0.5
"""So many of those who spoke in the first fortnight joined in the first week where a group begins."""


def shared(view: GroupView, window: Window, most: int | None = MOST_WEEKS) -> Ground:
    """The ground of a window over at most so many weeks, the same object for all sections that ask."""
    some = weeks(view, window, most)
    key = "ground", window.start, window.end, len(some)
    if key not in view.memo:
        view.memo[key] = Ground(view, window, conversation(view), some)
    found: Ground = view.memo[key]
    return found


def stays(view: GroupView) -> tuple[Ints, Ints]:
    """Per person when they joined and left (UTC ms), as the list of members or events say; unknown joins lie
    before everything, unknown exits after it. The last join and the last exit count."""
    joined = np.array([-_FOREVER if p.joined_at is None else p.joined_at for p in view.people], np.int64)
    left = np.array([_FOREVER if p.left_at is None else p.left_at for p in view.people], np.int64)
    for event in view.events:
        if event.event in (Event.JOIN, Event.LEAVE, Event.REMOVE):
            at = int(view.sent_at[event.row])
            for target in event.targets:
                (joined if event.event is Event.JOIN else left)[target] = at
    left[left < joined] = _FOREVER  # came back
    return joined, left


def members(view: GroupView, at: Ints) -> Ints | None:
    """How many members there were at each moment; None without a list of members.

    Who is on no list but left in the log was one; who left unseen before the list was made is missing.
    """
    if view.member_basis != "roster":
        return None
    joined, left = stays(view)
    known = np.array([p.listed for p in view.people], np.bool_) | (left < _FOREVER)
    known &= view.somebody[:-1]
    order = np.sort(joined[known]), np.sort(left[known])
    return np.searchsorted(order[0], at, "right") - np.searchsorted(order[1], at, "right")


def born(view: GroupView) -> bool:
    """Whether the log begins with the group: the operator says so, or its first people join in it."""
    first = int(view.sent_at[0])
    created = view.operator.created_day()
    if created is not None:
        return abs((created - date(1970, 1, 1)).days - day_of(first, view.zone)) <= _BEGINNING_DAYS
    stop = int(np.searchsorted(view.sent_at, first + 14 * m.DAY_MS))
    spoke = set(np.unique(view.person[:stop][view.human[:stop]]).tolist()) - {-1}
    came = {
        t
        for e in view.events
        if e.event is Event.JOIN and view.sent_at[e.row] < first + _BEGINNING_DAYS * m.DAY_MS
        for t in e.targets
    }
    return bool(spoke) and len(spoke & came) >= _WELCOMED * len(spoke)
