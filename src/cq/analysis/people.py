"""Who speaks, who is new, came back, was lost or is silent, and on how few the talk rests.

It counts human messages of people with an identity of their own: no bots (they have a table apart), no
anonymous senders. It cannot see who reads, why somebody is silent, or who left where the export shows no
leaving (ordinary WeChat members do not see it). Silence is measured against the end of the window or of
the log, never against the clock. Two ids with one name stay two people: ``same_name`` lists them.

The window cuts what is counted; ``first_seen``, the silence before a return and the regulars of the
months before are looked up in the log before it.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.analysis import KINDS, Analyzer, GroupView, Person, Window
from cq.analysis import _measures as m
from cq.model import NON_SPEECH, Event
from cq.section import Metric, Scalar, Section, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.section import ColumnKind

    Ints = NDArray[np.int64]

_Found = dict[str, tuple[Scalar, int | None]]
_Rows = list[tuple[object, ...]]
_Part = tuple[_Found, dict[str, _Rows]]


class Settings(msgspec.Struct, frozen=True):
    """``history_days``: how far the log must reach back before the window to call somebody new without a
    join event. ``silence_days``: the silence that makes a return, and that makes a regular lost. Both 28:
    four whole weeks, so that weekdays weigh alike, longer than any public holiday, and the "now" of the
    other analyses (Savannah 30, dsc 90 days; a chat is faster than a forum).
    ``regular_posts`` in ``regular_days``: who counts as a regular; 4 in 90 as in dsc analytics.
    ``gini_min_messages``: fewer say nothing about inequality; a convention.
    """

    history_days: int = 28
    silence_days: int = 28
    regular_posts: int = 4
    regular_days: int = 90
    gini_min_messages: int = 100


METRICS: dict[str, Unit] = {
    "members": "count",
    "speakers": "count",
    "silent_members": "count",
    "silent_share": "ratio",
    "new_speakers": "count",
    "returned_speakers": "count",
    "lost_regulars": "count",
    "top1_share": "ratio",
    "top5_share": "ratio",
    "top10_share": "ratio",
    "absence_factor": "count",
    "gini": "number",
    "gini_equal": "number",
    "gini_excess": "number",
    "joins": "count",
    "leaves": "count",
    "removals": "count",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "ranking": {
        "member_id": "member_id", "name": "name", "role": "code", "messages": "count", "share": "ratio",
        "active_days": "days", "first_seen": "time", "last_seen": "time", "names_seen": "count",
    },
    "new": {
        "member_id": "member_id", "name": "name", "joined_at": "time", "first_seen": "time",
        "messages": "count",
    },
    "returned": {
        "member_id": "member_id", "name": "name", "last_before": "time", "returned_at": "time",
        "silent_days": "days", "messages": "count",
    },
    "lost": {
        "member_id": "member_id", "name": "name", "role": "code", "messages": "count", "last_seen": "time",
        "silent_days": "days", "left": "bool",
    },
    "silent": {
        "member_id": "member_id", "name": "name", "role": "code", "joined_at": "time", "last_spoken": "time",
    },
    "same_name": {"name": "name", "member_id": "member_id", "messages": "count", "last_seen": "time"},
    "many_names": {"member_id": "member_id", "name": "name", "current": "bool"},
    "joined": {
        "member_id": "member_id", "name": "name", "at": "time", "by": "member_id", "by_name": "name",
        "how": "code",
    },
    "left": {
        "member_id": "member_id", "name": "name", "at": "time", "event": "code", "by": "member_id",
        "by_name": "name",
    },
    "bots": {"member_id": "member_id", "name": "name", "messages": "count"},
}  # fmt: skip


class _Who(NamedTuple):
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


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``people``. Every code is there; what the log does not show is ``None``."""
    found: _Found = {}
    rows: dict[str, _Rows] = {}
    span = m.covered(view.sent_at, window.start, window.end, view.zone)
    if span:
        who = _who(view, view.rows(window))
        parts: tuple[_Part, ...] = (
            (_concentration(who, settings), {"ranking": _ranking(view, who)}),
            _new(view, window, who, settings),
            _returned(view, window, span, who, settings),
            _lost(view, span, who, settings),
            _silent(view, span, who),
            _moves(view, window, who),
            ({}, {"same_name": _same_name(view, who), "many_names": _many_names(who)}),
            ({}, {"bots": _bots(view, window)}),
        )
        for metrics, tables in parts:
            found |= metrics
            rows |= tables
    return Section(
        "people",
        {code: _metric(unit, *found.get(code, (None, None))) for code, unit in METRICS.items()},
        {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()},
    )


ANALYZER = Analyzer("people", 20, Settings(), run)


def _metric(unit: Unit, value: Scalar, n: int | None) -> Metric:
    return Metric(value, unit, n)


def _who(view: GroupView, inside: slice) -> _Who:
    people = len(view.people)
    rows = np.flatnonzero(view.human & view.somebody[view.person])
    ever = m.first_and_last(view.person[rows], rows, people)[1]
    rows = rows[: np.searchsorted(rows, inside.stop)]
    first, last = m.first_and_last(view.person[rows], rows, people)
    pairs = m.person_days(view.person[rows], view.local_day[rows])
    here = rows[np.searchsorted(rows, inside.start) :]
    days = m.person_days(view.person[here], view.local_day[here]) if len(here) < len(rows) else pairs
    return _Who(
        people=view.people,
        messages=np.bincount(view.person[here], minlength=people),
        active_days=np.bincount(days.person, minlength=people),
        first=first,
        last=last,
        ever=ever,
        pairs=pairs,
    )


def _time(view: GroupView, row: int) -> str | None:
    return view.time(row) if row >= 0 else None


def _iso(view: GroupView, ms: int | None) -> str | None:
    return None if ms is None else Window(ms, ms, view.zone).isoformat(ms)


def _ranking(view: GroupView, who: _Who) -> _Rows:
    total = int(who.messages.sum())
    rows: _Rows = []
    for i in np.lexsort((who.first, -who.messages))[: np.count_nonzero(who.messages)].tolist():
        person, messages = who.people[i], int(who.messages[i])
        seen = _time(view, who.first[i]), _time(view, who.last[i])
        counts = messages, messages / total, int(who.active_days[i])
        rows.append((*who.label(i), person.role, *counts, *seen, len(set(person.names))))
    return rows


def _concentration(who: _Who, settings: Settings) -> _Found:
    counts = who.messages[who.messages > 0]
    total, speakers = int(counts.sum()), len(counts)
    found: _Found = {"speakers": (speakers, None), "absence_factor": (m.absence_factor(counts), speakers)}
    for k in (1, 5, 10):
        found[f"top{k}_share"] = (m.top_share(counts, k), total)
    gini, equal = m.gini(counts), m.gini_of_equals(speakers, total)
    if gini is not None and equal is not None and speakers > 1 and total >= settings.gini_min_messages:
        found["gini"] = (gini, speakers)
        found["gini_equal"] = (equal, speakers)
        found["gini_excess"] = (gini - equal, speakers)
    return found


def _new(view: GroupView, window: Window, who: _Who, settings: Settings) -> _Part:
    """First message ever in the window, by history or by a join in the window.

    Without enough history only those whose joining shows are known: then the number is a lower bound.
    """
    if not window.bounded:
        return {}, {}
    joined = {i: p.joined_at for i, p in enumerate(who.people) if p.joined_at is not None}
    for event in view.events:
        if event.event is Event.JOIN:
            joined |= dict.fromkeys(event.targets, int(view.sent_at[event.row]))
    arrived = {i: at for i, at in joined.items() if window.start <= at < window.end}
    history = int(view.sent_at[0]) <= window.start - settings.history_days * m.DAY_MS
    if not (history or arrived):
        return {}, {}
    spoke_first = np.flatnonzero(who.first >= view.rows(window).start).tolist()
    new = sorted((i for i in spoke_first if history or i in arrived), key=lambda i: who.first[i])
    rows: _Rows = [
        (*who.label(i), _iso(view, arrived.get(i)), _time(view, who.first[i]), int(who.messages[i]))
        for i in new
    ]
    return {"new_speakers": (len(new), None)}, {"new": rows}


def _returned(view: GroupView, window: Window, span: m.Span, who: _Who, settings: Settings) -> _Part:
    """Spoke again in the window (of the whole log: in its last days) after a long silence.

    Known only where the log reaches back that silence before the first day that is looked at.
    """
    since = span.first_day if window.bounded else span.last_day - settings.silence_days + 1
    if int(view.local_day[0]) > since - settings.silence_days:
        return {}, {}
    rows: list[tuple[object, ...]] = []
    opening = view.rows(window).start
    found = m.returns(who.pairs, since, span.last_day, settings.silence_days)
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


def _lost(view: GroupView, span: m.Span, who: _Who, settings: Settings) -> _Part:
    """Regulars of the months before who said nothing in the last days of the window.

    Known only where the log reaches back at least as long before those days as they are long.
    """
    silence = settings.silence_days * m.DAY_MS
    cut = span.end - silence
    if int(view.sent_at[0]) > cut - silence:
        return {}, {}
    edges = [cut - settings.regular_days * m.DAY_MS, cut, span.end]
    low, middle, high = np.searchsorted(view.sent_at, edges).tolist()

    def messages(rows: slice) -> Ints:
        spoken = np.bincount(view.person[rows][view.human[rows]], minlength=len(who.people))
        return np.where(who.first >= 0, spoken, 0)

    before = messages(slice(low, middle))
    lost = m.lost_regulars(before, messages(slice(middle, high)), settings.regular_posts)
    gone = _gone(view, high)
    rows: _Rows = []
    for i in sorted(np.flatnonzero(lost).tolist(), key=lambda i: (-before[i], who.last[i])):
        last = int(who.last[i])
        silent_days = (span.end - 1 - int(view.sent_at[last])) // m.DAY_MS
        counts = int(before[i]), view.time(last), silent_days
        rows.append((*who.label(i), who.people[i].role, *counts, i in gone))
    n = int(m.regulars(before, settings.regular_posts).sum())
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


def _silent(view: GroupView, span: m.Span, who: _Who) -> _Part:
    """Members of the roster without a message in the window; never-spoken first, then the longest silent."""
    if view.member_basis != "roster":
        return {}, {}
    members = m.members(who.people, span.start, span.end)
    n, silent = len(members), [i for i in members if not who.messages[i]]
    rows: _Rows = []
    for i in sorted(silent, key=lambda i: who.ever[i]):
        times = _iso(view, who.people[i].joined_at), _time(view, who.ever[i])
        rows.append((*who.label(i), who.people[i].role, *times))
    return {
        "members": (n, None),
        "silent_members": (len(silent), n),
        "silent_share": (len(silent) / n if n else None, n),
    }, {"silent": rows}


def _same_name(view: GroupView, who: _Who) -> _Rows:
    """Names that several people bear or bore; they are told apart by id and never merged.

    Somebody whom only an event named, without an id, may be one of the others: not listed.
    """
    bearers: dict[str, list[int]] = {}
    for i, person in enumerate(who.people):
        if not (person.bot or person.anonymous) and (person.listed or who.ever[i] >= 0):
            for name in {*person.names, person.name} - {""}:
                bearers.setdefault(name, []).append(i)
    return [
        (name, who.people[i].id, int(who.messages[i]), _time(view, who.last[i]))
        for name, people in sorted(bearers.items())
        if len(people) > 1
        for i in sorted(people, key=lambda i: -who.messages[i])
    ]


def _many_names(who: _Who) -> _Rows:
    """Every name of people with several, oldest first."""
    return [
        (person.id, name, name == person.name)
        for person in who.people
        if not (person.bot or person.anonymous) and len(set(person.names)) > 1
        for name in dict.fromkeys(person.names)
    ]


def _bots(view: GroupView, window: Window) -> _Rows:
    inside = view.rows(window)
    speech = ~np.isin(view.kind[inside], [KINDS.index(kind) for kind in NON_SPEECH])
    sender = view.person[inside][speech]
    count = np.bincount(sender[sender >= 0], minlength=len(view.people))
    bots = [(int(count[i]), p.id, p.name) for i, p in enumerate(view.people) if p.bot and count[i]]
    return [(id_, name, messages) for messages, id_, name in sorted(bots, reverse=True)]


def _moves(view: GroupView, window: Window, who: _Who) -> _Part:
    """Joins, leaves and removals; a row per person concerned, bots left out.

    A kind of event that the whole log never shows is unknown, not zero: many exports hide leaving.
    """
    inside = view.rows(window)
    seen = {event.event for event in view.events}
    count = {event: 0 if event in seen else None for event in (Event.JOIN, Event.LEAVE, Event.REMOVE)}
    joined: _Rows = []
    left: _Rows = []
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
