"""Sharing sessions: which of nine steps the log shows, and who took part.

Looked for in the last 26 weeks. A step that is not seen may have been done by voice, in private or in another
group. What a session leaves with people is not in a log; shown are how many took part and who stayed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._habit_ground import room
from cq.analysis._sharing_sessions import WEEKS, Session, sessions
from cq.analysis._sharing_steps import NOT_SEEN, SEEN, STEPS, UNNEEDED, Course, steps
from cq.model import Event
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import ColumnKind, Finding, Severity, Status

    Ints = NDArray[np.int64]


class Settings(msgspec.Struct, frozen=True):
    """``listed``: the latest sessions that are looked at step by step."""

    listed: int = 20


CODE = "sharing/missing_steps"
SEVERITY: Severity = "info"
OBSERVABLE = len(STEPS) - 1
MISSING, WATCHED = 4, 2
"""Of the eight steps a log can show."""

METRICS: dict[str, Unit] = {
    "sessions": "count",
    "sharers": "count",
    "steps_seen": "number",
    "participants": "number",
    "participants_lift": "number",
    "joiners": "count",
    "joiners_staying_share": "ratio",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "sessions": {
        "start": "time", "member_id": "member_id", "name": "name", "minutes": "count", "seen": "count",
        "participants": "count", "usual": "number", "joined": "count", "stayed": "count", "text": "text",
    },
    "steps": {"session": "time", "step": "code", "seen": "code", "message_id": "message_id", "text": "text"},
}  # fmt: skip

JOINS_BEFORE_MS, JOINS_AFTER_MS = 3 * m.DAY_MS, m.DAY_MS
STAYS_MS = 14 * m.DAY_MS
_WEEK_MS = 7 * m.DAY_MS
_COMPARED = 4


class Held(NamedTuple):
    """A session with what was seen of it. ``usual``: median speakers at that time in the weeks around."""

    session: Session
    steps: dict[str, tuple[str, Ints]]
    participants: int
    usual: float | None
    joined: int
    stayed: int | None

    @property
    def missing(self) -> list[str]:
        return [step for step, (what, _) in self.steps.items() if what == NOT_SEEN]

    @property
    def seen(self) -> int:
        return sum(what in (SEEN, UNNEEDED) for what, _ in self.steps.values())


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``sharing``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    on = room(view, window)
    every = sessions(on)
    held = [_held(on, session) for session in every[-settings.listed :]]
    if len(on.on.weeks):
        metrics |= _metrics(every, held)
    rows = {"sessions": _sessions(on, held), "steps": _steps(on, held)}
    tables = {name: Table(columns, rows[name]) for name, columns in TABLES.items()}
    return Section("sharing", metrics, tables, {}, [_finding(on, held)])


ANALYZER = Analyzer("sharing", 63, Settings(), run)


def _held(on: Room, session: Session) -> Held:
    course = Course(on, session)
    turns = on.on.found.turns
    people = len(m.distinct(turns.person[course.during]))
    length, usual = course.end - course.start, list[int]()
    for k in range(1, _COMPARED + 1):
        moments = (course.start - k * _WEEK_MS, course.start + k * _WEEK_MS)
        usual += [
            len(m.distinct(turns.person[course.between(at, at + length)]))
            for at in moments
            if at >= turns.start_ms[0] and at + length <= on.on.end
        ]
    joined, stayed = _joiners(on, course)
    return Held(session, steps(course), people, float(np.median(usual)) if usual else None, joined, stayed)


def _joiners(on: Room, course: Course) -> tuple[int, int | None]:
    """Who joined around a session, and how many of them were still there two weeks later: no exit seen."""
    view = on.view
    low, high = course.start - JOINS_BEFORE_MS, course.end + JOINS_AFTER_MS
    who = {
        i
        for e in view.events
        if e.event is Event.JOIN and low <= view.sent_at[e.row] < high
        for i in e.targets
    }
    if course.end + STAYS_MS > on.on.end:
        return len(who), None
    gone = {
        i
        for e in view.events
        if e.event in (Event.LEAVE, Event.REMOVE) and low <= view.sent_at[e.row] < course.end + STAYS_MS
        for i in (*e.targets, *([e.actor] if e.event is Event.LEAVE else []))
    }
    return len(who), len(who - gone)


def _metrics(every: list[Session], held: list[Held]) -> dict[str, Metric]:
    n = len(held)
    lifts = [one.participants / one.usual for one in held if one.usual]
    whole = [(one.joined, one.stayed) for one in held if one.stayed is not None]
    joined = sum(a for a, _ in whole)
    stayed = sum(b for _, b in whole)
    return {
        "sessions": Metric(len(every), "count"),
        "sharers": Metric(len({one.sharer for one in every}), "count", len(every)),
        "steps_seen": Metric(float(np.median([one.seen for one in held])) if n else None, "number", n),
        "participants": Metric(
            float(np.median([one.participants for one in held])) if n else None, "number", n
        ),
        "participants_lift": Metric(
            round(float(np.median(lifts)), 2) if lifts else None, "number", len(lifts)
        ),
        "joiners": Metric(sum(one.joined for one in held) if n else None, "count"),
        "joiners_staying_share": Metric(
            stayed / joined if joined else None, "ratio", joined, interval=m.wilson(stayed, joined)
        ),
    }


def _finding(on: Room, held: list[Held]) -> Finding:
    """How many of the eight observable steps the latest session lacks, the others beside it."""
    if not held:
        return too_little(CODE, SEVERITY, "sharing_sessions", 0, 1)
    last = held[-1]
    missing = [step for step in last.missing if step in STEPS]
    n = len(missing)
    status: Status = "finding" if n >= MISSING else "watch" if n >= WATCHED else "clear"
    start = int(on.on.found.turns.start_ms[last.session.first])
    values: dict[str, Value] = {
        "sessions": Value(len(held), "count"), "seen": Value(OBSERVABLE - n, "count"),
        "observable": Value(OBSERVABLE, "count"), "missing": Value(n, "count"),
        "usual_missing": Value(float(np.median([len(one.missing) for one in held]))),
        "name": Value(on.view.people[last.session.sharer].name, "name"),
        "date": Value(on.on.window.isoformat(start)[:10], "date"),
        "participants": Value(last.participants, "count"),
        "weeks": Value(min(WEEKS, len(on.on.weeks)), "count"),
    }  # fmt: skip
    for place, step in enumerate(missing, 1):
        values[f"missing_{place}"] = Value(step, "code")
    limits = [Limit("missing", MISSING), Limit("watch", WATCHED), Limit("steps", OBSERVABLE, "article")]
    sure = 0.75 if last.session.told or len(last.session.announced) > 1 else 0.6
    first = on.on.found.turns.first_row
    rows = [int(first[last.session.first])]
    against = [int(first[turns[-1]]) for _, turns in last.steps.values() if len(turns)]
    return found(CODE, status, SEVERITY, sure, values, limits, shown(on.view, rows), shown(on.view, against))


def _sessions(on: Room, held: list[Held]) -> list[tuple[object, ...]]:
    """The latest sessions first."""
    view, turns = on.view, on.on.found.turns
    rows: list[tuple[object, ...]] = []
    for one in reversed(held):
        first, last = one.session.first, one.session.last
        row, who = int(turns.first_row[first]), view.people[one.session.sharer]
        minutes = round(int(turns.end_ms[last] - turns.start_ms[first]) / 60_000)
        counts = minutes, one.seen, one.participants, one.usual, one.joined, one.stayed
        rows.append((view.time(row), who.id, who.name, *counts, view.excerpt(row)))
    return rows


def _steps(on: Room, held: list[Held]) -> list[tuple[object, ...]]:
    """Nine rows for each session, with the last message that shows the step."""
    view, turns = on.view, on.on.found.turns
    rows: list[tuple[object, ...]] = []
    for one in reversed(held):
        start = view.time(int(turns.first_row[one.session.first]))
        for step in STEPS:
            what, shows = one.steps[step]
            row = int(turns.first_row[shows[-1]]) if len(shows) else None
            said = (None, None) if row is None else (view.message_id[row].as_py(), view.excerpt(row))
            rows.append((start, step, what, *said))
    return rows
