"""Deeds counted per person and week, and how long each person was there to do any.

Weeks are blocks of seven days counted back from the end of the time looked at, so that none is cut off and no
time zone moves them. What the counts amount to is judged in ``_role_scores``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._measures import distinct
from cq.analysis._role_deeds import ACTIVE, missed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cq.analysis import GroupView
    from cq.analysis._role_deeds import Deeds, Echo, Flags, Floats, Ints

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


@dataclass(frozen=True)
class Counts:
    """Per person (of ``people``, indices into the view's) and week, the latest week first.

    ``turns`` and ``worded``, those with words: [person, week]. ``keys``: [person, week, active role],
    weighted. ``days``: [person, active role], days with a key deed. ``active_days``: days with a turn.
    ``own``: turns, ``events``: happenings, ``sessions``: those in which help was asked for, ``aimed``:
    dissents that name their target, all [person]. ``heard``: the share of their talk in company that
    somebody answers, ``answerers``: how many different people answer what they say of substance, as
    expected. ``exposed``: [person, week], the share of the week the person was a member, as far as known.
    Days are of 24 hours, counted back from the end, so that no time zone moves them.
    """

    people: Ints
    turns: Floats
    worded: Floats
    keys: Floats
    days: Ints
    active_days: Ints
    own: Ints
    events: Ints
    sessions: Ints
    aimed: Ints
    heard: Floats
    answerers: Floats
    exposed: Floats

    def __len__(self) -> int:
        return len(self.people)


def counted(done: Deeds, people: Ints, exposed: Floats, start: int, end: int, everybody: int) -> Counts:
    """The deeds of ``[start, end)`` counted for some people; ``everybody`` is how many the view has."""
    inside = done.between(start, end)
    weeks = exposed.shape[1]
    place = np.full(everybody, -1, np.int64)
    place[people] = np.arange(len(people))
    person = place[done.person[inside]]
    kept = np.flatnonzero(person >= 0)
    person, rows = person[kept], kept + inside.start
    week = (end - 1 - done.at[rows]) // WEEK_MS
    cell = person * weeks + week
    size = len(people) * weeks
    weight = done.weight[rows].astype(np.float64)
    turns = np.bincount(cell, weight, size).reshape(len(people), weeks)
    worded = np.bincount(cell, weight * (done.worded[rows] | done.key[rows].any(1)), size)
    by_role = [np.bincount(cell, weight * done.key[rows, r], size) for r in range(len(ACTIVE))]
    day = (end - 1 - done.at[rows]) // DAY_MS
    return Counts(
        people=people,
        turns=np.asarray(turns, np.float64),
        worded=np.asarray(worded.reshape(len(people), weeks), np.float64),
        keys=np.asarray(np.stack(by_role, axis=1).reshape(len(people), weeks, len(ACTIVE)), np.float64),
        days=np.stack(
            [_distinct(person, day, done.key[rows, r], len(people)) for r in range(len(ACTIVE))], 1
        ),
        active_days=_distinct(person, day, done.weight[rows] == 1, len(people)),
        own=np.bincount(person, done.weight[rows] == 1, len(people)).astype(np.int64),
        events=np.bincount(person, done.weight[rows] > 1, len(people)).astype(np.int64),
        sessions=_distinct(person, done.session[rows], done.key[rows, ACTIVE.index("asker")], len(people)),
        aimed=np.bincount(person, done.aimed[rows], len(people)).astype(np.int64),
        heard=_share(done.heard[rows], person, done.key[rows, ACTIVE.index("talker")], len(people)),
        answerers=_answerers(done.echo, start, end, everybody)[people],
        exposed=exposed,
    )


def _share(chance: Floats, person: Ints, chosen: Flags, people: int) -> Floats:
    """Per person the mean of a chance over the chosen deeds, 0 without any."""
    total = np.bincount(person[chosen], chance[chosen], people)
    return np.asarray(total / np.maximum(np.bincount(person[chosen], minlength=people), 1), np.float64)


def _answerers(echo: Echo, start: int, end: int, people: int) -> Floats:
    """Per author of ``[start, end)`` how many different people are expected to answer: Σ 1 − Π(1 − p)."""
    low, high = np.searchsorted(echo.at, [start, end], side="left")
    pair = (echo.author[low:high] << 32) | echo.answerer[low:high]
    order = np.argsort(pair, kind="stable")
    pair, gone = pair[order], missed(echo.chance[low:high])[order]
    if not len(pair):
        return np.zeros(people)
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    some = np.bincount(pair[first] >> 32, 1 - np.exp(np.add.reduceat(gone, first)), people)
    return np.asarray(some, np.float64)


def _distinct(person: Ints, what: Ints, chosen: Flags, people: int) -> Ints:
    """Per person how many different values of ``what`` the chosen deeds have."""
    pairs = distinct((person[chosen] << 40) | (what[chosen] + 1))
    return np.bincount(pairs >> 40, minlength=people).astype(np.int64)


def exposure(view: GroupView, people: Sequence[int], start: int, end: int, weeks: int) -> Floats:
    """Per person and week the share of it they are known to have been a member; the latest week first.

    A members list says so from joining to leaving. Without one it is known from a join, or from the first
    message on: earlier the person may have been silent or not there.
    """
    edges = end - np.arange(weeks + 1) * WEEK_MS
    low, high = np.maximum(edges[1:], start), edges[:-1]
    came, went = _stays(view, people)
    inside = np.minimum(high, went[:, None]) - np.maximum(low, came[:, None])
    return np.asarray(np.clip(inside, 0, None) / WEEK_MS, np.float64)


def _stays(view: GroupView, people: Sequence[int]) -> tuple[Ints, Ints]:
    from cq.model import Event

    always = int(view.sent_at[0]) if len(view) else 0
    rostered = view.member_basis == "roster"
    joined: dict[int, int] = {}
    left: dict[int, int] = {}
    for event in view.events:
        at = int(view.sent_at[event.row])
        if event.event is Event.JOIN:
            joined |= dict.fromkeys(event.targets, at)
            for who in event.targets:
                left.pop(who, None)
        elif event.event in (Event.LEAVE, Event.REMOVE):
            left |= dict.fromkeys(event.targets, at)
    spoken = _first_spoken(view)
    came, went = [], []
    for i in people:
        person = view.people[i]
        listed = rostered and person.listed
        known = [at for at in (person.joined_at, joined.get(i)) if at is not None]
        first = spoken[i]
        if listed and not known:
            known = [always]
        come = min(max(known, default=first), first) if known else first
        came.append(come)
        ends = [at for at in (person.left_at, left.get(i)) if at is not None and at > come]
        went.append(min(ends, default=2**62))
    return np.array(came, np.int64), np.array(went, np.int64)


def _first_spoken(view: GroupView) -> list[int]:
    """Per person the time of the first human message, far in the future where there is none."""
    first = np.full(len(view.people), 2**62, np.int64)
    rows = np.flatnonzero(view.human)[::-1]
    first[view.person[rows]] = view.sent_at[rows]
    found: list[int] = first.tolist()
    return found
