"""The circles of a group at one time: what people did in the weeks before, and who belongs where.

*Core*: the fewest people whose contributions make half of all that drew an answer. *Organizing*: people who
keep doing what runs a group, clearly more than others do. Somebody may be both. *Diffusion*: everybody else
who spoke. These are descriptions of some weeks, not ranks; standing outside the log is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._worth import MONTH_MS, MONTHLY, OPENING, worth
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation
    from cq.analysis.circles import Settings
    from cq.conversation.acts import Acts

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CORE, ORGANIZING, DIFFUSION = range(3)
CIRCLES = ("core", "organizing", "diffusion")

_RUNNING = (Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT)
_SELLING = (Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)
_SYSTEM_WEIGHT = 2
"""An event of the log (a removal, an announcement) needs no rule about words and counts double."""
WEEK_MS = 7 * m.DAY_MS
_CAP = 30
"""Turns a person counts with in the norm of the group: a heavy poster must not define it."""


class Kept(NamedTuple):
    """Per node, in the order in which people appear: what they did in the weeks looked at."""

    turns: Ints
    weeks: Ints
    received: Floats
    responders: Ints
    given: Floats
    expected_received: Floats
    expected_given: Floats
    organizing: Ints
    value: Floats


@dataclass(frozen=True)
class Ring:
    """``people``: indices into ``view.people``. ``core`` and ``organizing`` may overlap.

    ``value_of_turn``: per turn of ``turns``, 0..1, before it fades. ``stated``, ``guessed``: their links.
    ``covered``: how many turns state whom they answer.
    """

    start: int
    end: int
    turns: slice
    people: Ints
    kept: Kept
    core: Flags
    organizing: Flags
    value_of_turn: Floats
    stated: links.Links
    guessed: links.Links
    covered: int

    @property
    def circle(self) -> Ints:
        """One circle each: who is both belongs where they did more."""
        ran = self.organizing & (~self.core | (self.kept.organizing > self.kept.value))
        return np.where(ran, ORGANIZING, np.where(self.core, CORE, DIFFUSION))


def ring(talk: Conversation, acts: Acts, start: int, end: int, settings: Settings) -> Ring | None:
    """The circles of ``[start, end)`` (UTC ms); ``None`` where too little was said to tell."""
    at = talk.turns.start_ms
    low, high = np.searchsorted(at, [start, end], side="left")
    turns = slice(int(low), int(high))
    person = talk.turns.person[turns].astype(np.int64)
    first, _ = m.first_and_last(person, np.arange(len(person)), len(talk.view.people))
    people = np.flatnonzero(first >= 0)
    people = people[np.argsort(first[people])]
    if len(people) < settings.least_people or len(person) < settings.least_turns:
        return None
    node = np.full(len(talk.view.people) + 1, -1, np.int64)
    node[people] = np.arange(len(people))
    every = links.explicit(talk)
    stated, guessed = every.answering(turns), links.likely(talk, turns)
    value = worth(talk)[turns]
    age = (end - at[turns]) / MONTH_MS
    nodes = node[person]
    kept = _kept(talk, turns, end, node, stated, guessed)._replace(
        organizing=_organizing(talk, acts, turns, node),
        value=np.asarray(np.bincount(nodes, value * MONTHLY**age, len(people)), np.float64),
    )
    day = talk.view.local_day[talk.turns.first_row[turns]]
    did = _running(acts)[turns]
    days = np.bincount(m.person_days(nodes[did], day[did]).person, minlength=len(people))
    return Ring(
        start=start,
        end=end,
        turns=turns,
        people=people,
        kept=kept,
        core=_core(kept, nodes, day, value, settings),
        organizing=_runs(kept, days, _events(talk, acts, turns, node), settings),
        value_of_turn=value,
        stated=stated,
        guessed=guessed,
        covered=links.coverage(every, turns)[0],
    )


def _kept(
    talk: Conversation, turns: slice, end: int, node: Ints, stated: links.Links, guessed: links.Links
) -> Kept:
    person = node[talk.turns.person[turns]]
    nodes = int(node.max()) + 1
    # Weeks back from the end: twelve weeks that begin on a Thursday touch thirteen of the calendar.
    week = (end - 1 - talk.turns.start_ms[turns]) // WEEK_MS

    def sums(who: Ints, weight: Floats) -> Floats:
        good = node[who] >= 0
        return np.bincount(node[who][good], weight[good], nodes).astype(np.float64)

    pairs = links.edges(stated, len(talk.view.people))
    likely = links.edges(guessed, len(talk.view.people))
    sure = likely.weight >= 1
    both = m.distinct(
        np.concatenate((pairs.whom, likely.whom[sure])) * len(node)
        + np.concatenate((pairs.who, likely.who[sure]))
    )
    return Kept(
        turns=np.bincount(person, minlength=nodes),
        weeks=np.bincount(m.person_days(person, week).person, minlength=nodes),
        received=sums(stated.whom, stated.weight),
        responders=sums(both // len(node), np.ones(len(both))).astype(np.int64),
        given=sums(stated.who, stated.weight),
        expected_received=sums(guessed.whom, guessed.weight),
        expected_given=sums(guessed.who, guessed.weight),
        organizing=np.zeros(nodes, np.int64),
        value=np.zeros(nodes),
    )


def _running(acts: Acts) -> Flags:
    found: Flags = acts.has(*_RUNNING) & ~acts.has(*_SELLING)
    return found


def _events(talk: Conversation, acts: Acts, turns: slice, node: Ints) -> Ints:
    """Per node the events of these weeks that run a group."""
    rows, nodes = talk.turns.first_row, int(node.max()) + 1
    low, high = int(rows[turns.start]), int(rows[turns.stop]) if turns.stop < len(rows) else len(talk.view)
    who = node[np.array([s.person for s in acts.system if low <= s.row < high], np.int64)]
    return np.bincount(who[who >= 0], minlength=nodes)


def _organizing(talk: Conversation, acts: Acts, turns: slice, node: Ints) -> Ints:
    """Per node what it did to run the group; events count double."""
    did = node[talk.turns.person[turns][_running(acts)[turns]]]
    events = _events(talk, acts, turns, node)
    return np.bincount(did, minlength=len(events)) + _SYSTEM_WEIGHT * events


def _runs(kept: Kept, days: Ints, events: Ints, settings: Settings) -> Flags:
    """Enough organizing acts on enough days, and clearly more than the others; or two events."""
    enough = (kept.organizing >= settings.organizing_acts) & (days >= settings.organizing_days)
    found: Flags = (enough & _stands_out(kept.organizing, kept.turns, settings.lift)) | (events >= 2)
    return found


def _core(kept: Kept, person: Ints, day: Ints, value: Floats, settings: Settings) -> Flags:
    """The fewest people with half of the value, as far as each shows enough and more than by talking much.

    Nobody if it takes too many people.
    """
    nodes = len(kept.turns)
    given = value >= OPENING
    times = np.bincount(person[given], minlength=nodes)
    days = np.bincount(m.person_days(person[given], day[given]).person, minlength=nodes)
    core = np.zeros(nodes, np.bool_)
    total = float(kept.value.sum())
    if not total:
        return core
    order = np.argsort(-kept.value, kind="stable")
    half = np.searchsorted(np.cumsum(kept.value[order]), settings.value_share * total) + 1
    if half <= settings.most_core * nodes:
        core[order[:half]] = True
    least = settings.core_evidence
    core &= (times >= least) & (days >= least) & (kept.responders >= least)
    return core & _stands_out(times, kept.turns, settings.lift)


def _stands_out(times: Ints, turns: Ints, lift: float) -> Flags:
    """Whether even the lower end of a person's interval exceeds ``lift`` times the share of the others.

    So neither many turns nor a lucky few make anybody stand out. In the norm of the others nobody weighs more
    than thirty turns.
    """
    share, weight = np.minimum(times / turns, 1), np.minimum(turns, _CAP)
    others = (np.dot(share, weight) - share * weight) / (weight.sum() - weight)
    low = [
        interval[0] if (interval := m.wilson(min(hits, n), n)) else 0.0
        for hits, n in zip(times.tolist(), turns.tolist(), strict=True)
    ]
    return np.asarray(low > lift * others)
