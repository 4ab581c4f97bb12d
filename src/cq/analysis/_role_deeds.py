"""What counts towards a role: turns and happenings of a log as columns, and their counts per person and week.

A *key deed* of a role is what makes the role: a notice, a request for help, a dissent. Which deeds are whose
key stands here; how much of it makes a role is judged in ``_role_scores``. Weeks are blocks of seven days
counted back from the end of the time looked at, so that none is cut off and no time zone moves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._measures import distinct
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis import GroupView
    from cq.analysis._conversation import Conversation
    from cq.conversation.acts import Acts

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

ACTIVE = ("organizer", "thinker", "talker", "asker", "challenger")
"""Roles that are made of deeds; a lurker is made of their absence."""

ORGANIZING = (Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT)
SELLING = (Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)
CROWD = 3
"""Speakers in a session from which on talk is talk in company."""
ANSWERED_OPENING = 2
"""Expected answers that make an opening turn the start of something."""
OPENS, DRAWS_AN_ANSWER = 0.3, 0.3
"""A question that starts something and draws answers is help sought in words nobody listed: chance that it
answers nothing, expected answers."""
SYSTEM_WEIGHT = 2
"""An event of the log (removal, announcement) needs no rule about words and counts double."""

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


@dataclass(frozen=True)
class Deeds:
    """Turns and happenings in time order. ``row``: the row that shows it, of a turn its longest message;
    ``at``: UTC ms.

    ``key``: bool [deed, active role]. ``weight``: 1 for a turn, 2 for a happening. ``brief``: the turn is one
    message, which shows the deed alone. ``aimed``: a dissent that names what it is about. ``worded``: there
    are words in it; a picture or a lost text cannot show what it does.
    """

    row: Ints
    at: Ints
    person: Ints
    key: Flags
    weight: Ints
    brief: Flags
    aimed: Flags
    worded: Flags
    session: Ints

    def __len__(self) -> int:
        return len(self.row)

    def between(self, start: int, end: int) -> slice:
        """The deeds of ``[start, end)``."""
        low, high = np.searchsorted(self.at, [start, end], side="left")
        return slice(int(low), int(high))


def deeds(found: Conversation) -> Deeds:
    """The deeds of a whole log."""
    turns, acts = found.turns, found.acts
    system = [s for s in acts.system if s.person >= 0 and found.view.somebody[s.person]]
    rows = np.array([s.row for s in system], np.int64)
    key = np.concatenate((_keys(found, acts), np.zeros((len(system), len(ACTIVE)), np.bool_)))
    key[len(turns) :, 0] = True
    row = np.concatenate((_longest(found), rows))
    at = np.concatenate((turns.start_ms, found.view.sent_at[rows]))
    order = np.lexsort((row, at))
    none = np.zeros(len(system), np.bool_)
    return Deeds(
        row=row[order],
        at=at[order],
        person=np.concatenate((turns.person, [s.person for s in system])).astype(np.int64)[order],
        key=key[order],
        weight=np.where(order < len(turns), 1, SYSTEM_WEIGHT),
        brief=np.concatenate((turns.messages == 1, ~none))[order],
        aimed=np.concatenate((acts.targeted, none))[order],
        worded=np.concatenate((turns.characters > 0, ~none))[order],
        session=np.concatenate((found.sessions.of_turn, np.full(len(system), -1, np.int64)))[order],
    )


def _longest(found: Conversation) -> Ints:
    """Per turn its longest message, the first of equals."""
    import pyarrow.compute as pc

    turns = found.turns
    rows = np.flatnonzero(turns.of_row >= 0)
    if not len(rows):
        return rows
    of_row = turns.of_row[rows]
    length = pc.fill_null(pc.utf8_length(found.view.text), 0).to_numpy(zero_copy_only=False)[rows]
    starts = np.searchsorted(of_row, np.arange(len(turns)))
    best = np.flatnonzero(length == np.maximum.reduceat(length, starts)[of_row])[::-1]
    longest = np.empty(len(turns), np.int64)
    longest[of_row[best]] = rows[best]
    return longest


def _keys(found: Conversation, acts: Acts) -> Flags:
    """Per turn the active roles it is a key deed of. Selling is nobody's key deed."""
    crowd = found.sessions.speakers[found.sessions.of_turn] >= CROWD
    opened = acts.has(Act.OPENING) & (found.replies.inferred.drawn >= ANSWERED_OPENING)
    asked = acts.has(Act.QUESTION) & (found.replies.inferred.opens > OPENS)
    asked &= found.replies.inferred.drawn > DRAWS_AN_ANSWER
    columns = (
        acts.has(*ORGANIZING) | opened,
        acts.has(Act.SUBSTANCE, Act.ANSWER),
        acts.has(Act.CHAT) & crowd,
        acts.has(Act.HELP) | asked,
        acts.has(Act.DISSENT),
    )
    return np.stack(columns, axis=1) & ~acts.has(*SELLING)[:, None]


@dataclass(frozen=True)
class Counts:
    """Per person (of ``people``, indices into the view's) and week, the latest week first.

    ``turns`` and ``worded``, those with words: [person, week]. ``keys``: [person, week, active role],
    weighted. ``days``: [person, active role], days with a key deed. ``active_days``: days with a turn.
    ``own``: turns, ``events``: happenings, ``sessions``: those in which help was asked for, ``aimed``:
    dissents that name their target, all [person]. ``exposed``: [person, week], the share of the week the
    person was a member, as far as known. Days are of 24 hours, counted back from the end, so that no time
    zone moves them.
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
        exposed=exposed,
    )


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
