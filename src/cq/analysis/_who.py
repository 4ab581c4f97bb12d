"""Every person of a group with what the log says of them, for the tables about people.

It counts messages and finds first and last rows; it decides nothing about anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import GroupView, Person, Window
from cq.analysis import _measures as m
from cq.section import Scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

Found = dict[str, tuple[Scalar, int | None]]
Rows = list[tuple[object, ...]]
Part = tuple[Found, dict[str, Rows]]


class Who(NamedTuple):
    """What the log says about every person, by index into ``people``.

    ``messages`` and ``active_days``: in the window. ``first``, ``last``: rows of the log up to the end of
    the window, -1 for none. ``ever``: the last row of the whole log. ``pairs``: (person, day) from the
    start of the log to the end of the window.
    """

    people: Sequence[Person]
    messages: Ints
    active_days: Ints
    first: Ints
    last: Ints
    ever: Ints
    pairs: m.PersonDays

    def label(self, index: int) -> tuple[str | None, str | None]:
        """Id and name; both unknown for -1."""
        return (self.people[index].id, self.people[index].name) if index >= 0 else (None, None)


def look(view: GroupView, inside: slice) -> Who:
    """What the log says about everybody, with ``inside`` as the window."""
    people = len(view.people)
    rows = np.flatnonzero(view.human & view.somebody[view.person])
    ever = m.first_and_last(view.person[rows], rows, people)[1]
    rows = rows[: np.searchsorted(rows, inside.stop)]
    first, last = m.first_and_last(view.person[rows], rows, people)
    pairs = m.person_days(view.person[rows], view.local_day[rows])
    here = rows[np.searchsorted(rows, inside.start) :]
    days = m.person_days(view.person[here], view.local_day[here]) if len(here) < len(rows) else pairs
    return Who(
        people=view.people,
        messages=np.bincount(view.person[here], minlength=people),
        active_days=np.bincount(days.person, minlength=people),
        first=first,
        last=last,
        ever=ever,
        pairs=pairs,
    )


def time_of(view: GroupView, row: int) -> str | None:
    """When a row was sent; unknown for -1."""
    return view.time(row) if row >= 0 else None


def iso(view: GroupView, ms: int | None) -> str | None:
    """RFC 3339 of a moment in the zone of the view."""
    return None if ms is None else Window(ms, ms, view.zone).isoformat(ms)
