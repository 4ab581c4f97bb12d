"""Who comes and goes: new faces, returns, lost regulars, silent members, joins and leaves.

Silence is measured against the end of the window or of the log. Where the log is too short to tell, a
part has no numbers and no rows. It does not know why anybody is silent.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m
from cq.analysis._who import Part, Rows, Who, iso, time_of
from cq.model import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def new(view: GroupView, window: Window, who: Who, history_days: int) -> Part:
    """First message ever in the window, by history or by a join in the window.

    Without enough history only those whose joining shows are known: they have rows, but no number.
    """
    if not window.bounded:
        return {}, {}
    joined = {i: p.joined_at for i, p in enumerate(who.people) if p.joined_at is not None}
    for event in view.events:
        if event.event is Event.JOIN:
            joined |= dict.fromkeys(event.targets, int(view.sent_at[event.row]))
    arrived = {i: at for i, at in joined.items() if window.start <= at < window.end}
    history = int(view.sent_at[0]) <= window.start - history_days * m.DAY_MS
    if not (history or arrived):
        return {}, {}
    spoke_first = np.flatnonzero(who.first >= view.rows(window).start).tolist()
    fresh = sorted((i for i in spoke_first if history or i in arrived), key=lambda i: who.first[i])
    rows: Rows = [
        (*who.label(i), iso(view, arrived.get(i)), time_of(view, who.first[i]), int(who.messages[i]))
        for i in fresh
    ]
    return {"new_speakers": (len(fresh) if history else None, None)}, {"new": rows}


def returned(view: GroupView, window: Window, span: cal.Span, who: Who, silence_days: int) -> Part:
    """Spoke again in the window (of the whole log: in its last days) after a long silence.

    Known only where the log reaches back that silence before the first day that is looked at.
    """
    since = span.first_day if window.bounded else span.last_day - silence_days + 1
    if int(view.local_day[0]) > since - silence_days:
        return {}, {}
    rows: list[tuple[object, ...]] = []
    opening = view.rows(window).start
    found = m.returns(who.pairs, since, span.last_day, silence_days)
    for person, before, after in sorted(
        zip(*(part.tolist() for part in found), strict=True), key=itemgetter(2)
    ):
        last, again = _on_day(view, person, before)[-1], _on_day(view, person, after)[0]
        if again >= opening:
            times = view.time(last), view.time(again)
            rows.append((*who.label(person), *times, after - before, int(who.messages[person])))
    return {"returned_speakers": (len(rows), None)}, {"returned": rows}


def _on_day(view: GroupView, person: int, day: int) -> list[int]:
    """The rows of a person's human messages on a local day."""
    # A local day lies within 14 hours of the same day in UTC.
    low, high = np.searchsorted(view.sent_at, [(day - 1) * m.DAY_MS, (day + 2) * m.DAY_MS]).tolist()
    near = slice(low, high)
    own = view.human[near] & (view.person[near] == person) & (view.local_day[near] == day)
    return [low + at for at in np.flatnonzero(own).tolist()]


def lost(view: GroupView, span: cal.Span, who: Who, *, silence_days: int, posts: int, days: int) -> Part:
    """Regulars of the months before who said nothing in the last days of the window.

    Known only where the log reaches back at least as long before those days as they are long.
    """
    silence = silence_days * m.DAY_MS
    cut = span.end - silence
    if int(view.sent_at[0]) > cut - silence:
        return {}, {}
    edges = [cut - days * m.DAY_MS, cut, span.end]
    low, middle, high = np.searchsorted(view.sent_at, edges).tolist()

    def messages(rows: slice) -> Ints:
        spoken = np.bincount(view.person[rows][view.human[rows]], minlength=len(who.people))
        return np.where(who.first >= 0, spoken, 0)

    before = messages(slice(low, middle))
    missing = m.lost_regulars(before, messages(slice(middle, high)), posts)
    gone = _gone(view, high)
    rows: Rows = []
    for i in sorted(np.flatnonzero(missing).tolist(), key=lambda i: (-before[i], who.last[i])):
        last = int(who.last[i])
        silent_days = (span.end - 1 - int(view.sent_at[last])) // m.DAY_MS
        counts = int(before[i]), view.time(last), silent_days
        rows.append((*who.label(i), who.people[i].role, *counts, i in gone))
    n = int(m.regulars(before, posts).sum())
    return {"lost_regulars": (len(rows), n)}, {"lost": rows}


def _gone(view: GroupView, stop: int) -> set[int]:
    """Who left or was removed before row ``stop`` and did not come back."""
    gone: set[int] = set()
    for event in view.events:
        if event.row < stop and event.event in (Event.LEAVE, Event.REMOVE):
            gone.update(event.targets)
        elif event.row < stop and event.event is Event.JOIN:
            gone.difference_update(event.targets)
    return gone


def silent(view: GroupView, span: cal.Span, who: Who) -> Part:
    """Members of the roster without a message in the window; never-spoken first, then the longest silent."""
    if view.member_basis != "roster":
        return {}, {}
    members = m.members(who.people, span.start, span.end)
    n, quiet = len(members), [i for i in members if not who.messages[i]]
    rows: Rows = []
    for i in sorted(quiet, key=lambda i: who.ever[i]):
        times = iso(view, who.people[i].joined_at), time_of(view, who.ever[i])
        rows.append((*who.label(i), who.people[i].role, *times))
    return {
        "members": (n, None),
        "silent_members": (len(quiet), n),
        "silent_share": (len(quiet) / n if n else None, n),
    }, {"silent": rows}


def moves(view: GroupView, window: Window, who: Who) -> Part:
    """Joins, leaves and removals; a row per person concerned, bots left out.

    A kind of event that the whole log never shows is unknown, not zero: many exports hide leaving.
    """
    inside = view.rows(window)
    seen = {event.event for event in view.events}
    count = {event: 0 if event in seen else None for event in (Event.JOIN, Event.LEAVE, Event.REMOVE)}
    joined: Rows = []
    left: Rows = []
    for event in view.events:
        total = count.get(event.event)
        if total is None or not inside.start <= event.row < inside.stop:
            continue
        targets = [i for i in event.targets or (-1,) if i < 0 or not who.people[i].bot]
        count[event.event] = total + len(targets)
        at, by = view.time(event.row), who.label(event.actor)
        if event.event is Event.JOIN:
            joined += [(*who.label(i), at, *by, event.detail) for i in targets]
        else:
            left += [(*who.label(i), at, event.event.value, *by) for i in targets]
    return {
        "joins": (count[Event.JOIN], None),
        "leaves": (count[Event.LEAVE], None),
        "removals": (count[Event.REMOVE], None),
    }, {"joined": joined, "left": left}
