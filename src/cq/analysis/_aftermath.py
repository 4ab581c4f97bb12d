"""What became of messages: whether somebody reacted, whether they were handled, whether a sender is gone.

It sees what the log shows. Private words, deletions on a phone and removals that an export hides do not
show; so where a log shows nothing of the sort at all, nothing is known. It knows no ads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _measures as m
from cq.model import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import EventRow, GroupView

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_HANDLING = (Event.RECALL, Event.REMOVE, Event.MUTE)
UNKNOWN = -1


class Handling(NamedTuple):
    """Per message: whether it was handled, and after how many ms (``UNKNOWN`` where that does not show)."""

    done: Flags
    after: Ints


def handling(view: GroupView, rows: Ints, within_days: int) -> Handling | None:
    """Which of ``rows`` (ascending) were recalled, or their sender removed or muted, within some days.

    A recall that does not say which message it means is that of the sender's latest one marked as
    recalled, else, if somebody else recalled it, of the sender's latest one. ``None`` where the whole log
    shows no recall, removal or mute: then nobody can say.
    """
    acts = [event for event in view.events if event.event in _HANDLING]
    if not (acts or view.recalled.any()):
        return None
    after = np.full(len(rows), UNKNOWN, np.int64)
    recalled, person = view.recalled[rows].tolist(), view.person[rows].tolist()
    waiting: dict[int, _Waiting] = {}
    place = 0
    for act in acts:
        while place < len(rows) and rows[place] < act.row:
            mine = waiting.setdefault(person[place], _Waiting([], []))
            (mine.marked if recalled[place] else mine.others).append(place)
            place += 1
        for dealt_with in _dealt_with(view, rows, act, waiting, after):
            late = int(view.sent_at[act.row] - view.sent_at[rows[dealt_with]])
            if late <= within_days * m.DAY_MS:
                after[dealt_with] = late
    return Handling((after != UNKNOWN) | view.recalled[rows], after)


class _Waiting(NamedTuple):
    """Messages of one sender that nothing has dealt with yet, oldest first."""

    marked: list[int]
    others: list[int]


def _dealt_with(
    view: GroupView, rows: Ints, act: EventRow, waiting: dict[int, _Waiting], after: Ints
) -> list[int]:
    """The places in ``rows`` that an event deals with; they wait no longer."""
    meant = int(view.reply_to[act.row]) if act.event is Event.RECALL else -1
    if meant >= 0:
        place = int(np.searchsorted(rows, meant))
        known = place < len(rows) and rows[place] == meant and after[place] == UNKNOWN
        return [place] if known else []
    found: list[int] = []
    for target in act.targets:
        mine = waiting.get(target, _Waiting([], []))
        if act.event is not Event.RECALL:
            found += [place for stack in mine for place in stack if after[place] == UNKNOWN]
            mine.marked.clear()
            mine.others.clear()
            continue
        by_another = act.actor not in (-1, target)
        for stack in (mine.marked, mine.others if by_another else []):
            while stack and after[stack[-1]] != UNKNOWN:
                stack.pop()
            if stack:
                found.append(stack.pop())
                break
    return found


def responded(view: GroupView, within_hours: int) -> Flags:
    """Per row of the log: whether somebody else answered it explicitly, or mentioned its sender, in time.

    A mention is counted for the latest human message of who is mentioned. Anonymous messages neither
    respond nor are responded to; of them nobody knows whose they are.
    """
    said = view.human & view.somebody[view.person]
    reply = np.flatnonzero((view.reply_to >= 0) & said)
    answered, by = view.reply_to[reply], reply
    if len(view.mention_row):
        first = _mentions(view, said)
        answered, by = np.concatenate((answered, first[0])), np.concatenate((by, first[1]))
    late = view.sent_at[by] - view.sent_at[answered]
    counts = (
        said[answered]
        & (view.person[by] != view.person[answered])
        & (late >= 0)
        & (late <= within_hours * m.HOUR_MS)
    )
    found = np.zeros(len(view), np.bool_)
    found[answered[counts]] = True
    return found


def _mentions(view: GroupView, said: Flags) -> tuple[Ints, Ints]:
    """The latest message of each person mentioned, and the row that mentions them."""
    width = len(view)
    rows = np.flatnonzero(said)
    keys = np.sort(view.person[rows].astype(np.int64) * width + rows)
    counts = said[view.mention_row]
    by, whom = view.mention_row[counts], view.mention_person[counts].astype(np.int64)
    last = np.searchsorted(keys, whom * width + by) - 1
    known = (last >= 0) & (keys[last] // width == whom) if len(keys) else np.zeros(len(by), np.bool_)
    return keys[last[known]] % width, by[known]


def gone(view: GroupView) -> set[int] | None:
    """Who is no longer there at the end of the log; ``None`` where the log shows neither list nor leaving."""
    away: set[int] = set()
    shown = False
    for event in view.events:
        if event.event in (Event.LEAVE, Event.REMOVE):
            away.update(event.targets)
            shown = True
        elif event.event is Event.JOIN:
            away.difference_update(event.targets)
    if view.member_basis == "roster":
        return {i for i, p in enumerate(view.people) if not p.listed or p.left_at is not None or i in away}
    return away if shown else None
