"""Traces of structure, output and upkeep, and of what it takes to repeat a group: counts with a message each.

A trace that is not seen may be there all the same: what is settled in private, in another group or by voice
leaves none. Feelings (ritual, taking part, belonging) are not observed; only what could come of them is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from cq.analysis import _measures as m
from cq.analysis import _staff as staff
from cq.analysis._statistics import effective_number
from cq.analysis._weeks import WEEK_MS
from cq.analysis._worth import standing, worth
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEEKS = 12
LEAST_JOINS, LEAST_ACTIVITIES, LEAST_WEEKS = 5, 3, 8
INVITED = 0.8
_RITUAL_MS, _WELCOME_MS = 48 * m.HOUR_MS, 24 * m.HOUR_MS
_ACTIVITY_MS, _CROWD = 90 * 60_000, 3
_HELPS = 3
_ENTRY = "审核|验证|入群|进群|报名|邀请|门槛|资格|申请"
_WE = "我们|咱们|咱群|本群|群里"
_READ = 20_000
"""Texts read for words of belonging, the latest of each stretch."""

Seen = Literal["yes", "no", "unknown"]


class Trace(NamedTuple):
    """One item of the checklist. ``row``: a message that shows it, -1 for none."""

    element: str
    item: str
    seen: Seen
    many: int | None = None
    row: int = -1


@dataclass(frozen=True)
class Traces:
    """What the last twelve weeks show."""

    ground: Ground
    recent: Flags = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recent", self.ground.since(WEEKS))

    def acts(self, *some: Act) -> Ints:
        """Turns of the last twelve weeks that do any of these."""
        return np.flatnonzero(self.recent & self.ground.found.acts.has(*some))

    def _last(self, turns: Ints) -> int:
        return int(self.ground.found.turns.first_row[turns[-1]]) if len(turns) else -1

    @cached_property
    def organizers(self) -> int:
        """People who ran the group in these weeks, or hold an office and spoke."""
        spoke = self.ground.found.turns.person[self.recent]
        office = set(staff.officers(self.ground.view)) & set(m.distinct(spoke).tolist())
        return len({*self.ground.runners(WEEKS), *office})

    # -- structure -----------------------------------------------------------------------------------

    def structure(self) -> list[Trace]:
        """Roles, platform, entry, rules: the four the article names."""
        ran = np.flatnonzero(self.recent & self.ground.organizes)
        rules = self.acts(Act.RULE)
        told = [
            e.row for e in self.ground.view.events if e.event is Event.ANNOUNCEMENT and self._inside(e.row)
        ]
        row = self._last(rules) if len(rules) else (told[-1] if told else -1)
        entry, at = self._entry()
        shows = self._last(ran) if self.organizers else -1
        return [
            Trace("structure", "organizers", _seen(self.organizers), self.organizers, shows),
            Trace("structure", "platform", "yes"),
            Trace("structure", "entry", entry, None, at),
            Trace("structure", "house_rules", _seen(len(rules) + len(told)), len(rules) + len(told), row),
        ]

    def _inside(self, row: int) -> bool:
        at = int(self.ground.view.sent_at[row])
        start = max(self.ground.end - WEEKS * WEEK_MS, self.ground.weeks.start)
        return start <= at < self.ground.end

    def _entry(self) -> tuple[Seen, int]:
        """Whether how one comes in shows: in rules and notices, or because nearly all were invited."""
        running = self.acts(Act.RULE, Act.NOTICE)
        rows = self.ground.found.turns.first_row[running]
        told = rows[_contains(self.ground, rows, _ENTRY)]
        if len(told):
            return "yes", int(told[-1])
        joins = [e for e in self.ground.view.events if e.event is Event.JOIN]
        by = sum(e.actor >= 0 and e.actor not in e.targets for e in joins)
        if len(joins) >= LEAST_JOINS and by >= INVITED * len(joins):
            return "yes", joins[-1].row
        return ("no" if len(running) or joins else "unknown"), -1

    # -- output --------------------------------------------------------------------------------------

    @cached_property
    def output(self) -> tuple[int, Ints, Ints]:
        """Weeks with substance that somebody answered; turns of substance by person; those answered."""
        ground = self.ground
        gave = self.recent & ground.found.acts.has(Act.SUBSTANCE)
        answered = np.flatnonzero(gave & ground.answered)
        by = np.bincount(ground.found.turns.person[gave], minlength=len(ground.view.people))
        return len(m.distinct(ground.week[answered])), by.astype(np.int64), answered

    # -- upkeep --------------------------------------------------------------------------------------

    @cached_property
    def ritual(self) -> tuple[int, int, int] | None:
        """Joins followed by an introduction within two days or a welcome within one; joins; a row of one."""
        view, turns = self.ground.view, self.ground.found.turns
        joins = [
            (int(view.sent_at[e.row]), t)
            for e in view.events
            if e.event is Event.JOIN and self._inside(e.row)
            for t in e.targets
        ]
        if len(joins) < LEAST_JOINS:
            return None
        hello = self.acts(Act.WELCOME)
        intro = self.acts(Act.INTRODUCTION)
        by = {(int(turns.person[i]), int(turns.start_ms[i])) for i in intro.tolist()}
        met, row = 0, -1
        for at, who in joins:
            low, high = np.searchsorted(turns.start_ms[hello], [at, at + _WELCOME_MS])
            own = any(p == who and at <= t <= at + _RITUAL_MS for p, t in by)
            if low < high or own:
                met += 1
                row = int(turns.first_row[hello[low]]) if low < high else row
        return met, len(joins), row

    @cached_property
    def activities(self) -> tuple[Ints, Ints]:
        """Turns that call for something and are followed by three people in ninety minutes, one a session;
        how many different people each drew."""
        turns, found = self.ground.found.turns, self.ground.found
        calls = self.acts(Act.EVENT)
        _, first = np.unique(found.sessions.of_turn[calls], return_index=True)
        drew, kept = [], []
        for call in calls[first].tolist():
            stop = int(np.searchsorted(turns.start_ms, turns.start_ms[call] + _ACTIVITY_MS))
            n = len(
                m.distinct(turns.person[call + 1 : stop][turns.person[call + 1 : stop] != turns.person[call]])
            )
            if n >= _CROWD:
                kept.append(call)
                drew.append(n)
        return np.array(kept, np.int64), np.array(drew, np.int64)

    @cached_property
    def helpers(self) -> tuple[int, float | None]:
        """People with three organizing acts, and over how many such acts are spread as if evenly."""
        did = self.recent & self.ground.organizes
        count = np.bincount(self.ground.found.turns.person[did], minlength=1)
        return int((count >= _HELPS).sum()), effective_number(count)

    @cached_property
    def returning(self) -> tuple[int, int]:
        """Of those who spoke in the four weeks before the last four, who spoke in these, and how many."""
        now, before = self.ground.since(4), self.ground.since(8) & ~self.ground.since(4)
        person = self.ground.found.turns.person
        was, here = m.distinct(person[before]), m.distinct(person[now])
        return int(np.isin(was, here).sum()), len(was)

    @cached_property
    def we(self) -> tuple[float, float] | None:
        """Turns in a hundred that speak of "us" in the last four weeks, and in the log's first four."""
        ground = self.ground
        first = ground.good & (ground.found.turns.start_ms < int(ground.view.sent_at[0]) + 4 * WEEK_MS)
        shares = []
        for chosen in (ground.since(4), first):
            rows = ground.rows(chosen)[-_READ:]
            if len(rows) < 50:
                return None
            shares.append(100 * float(_contains(ground, rows, _WE).mean()))
        return shares[0], shares[1]

    # -- path, intents, sessions, delays -------------------------------------------------------------

    @cached_property
    def value(self) -> tuple[float | None, int | None]:
        """Share of the value that the first carries, and how many carry half of it (twelve weeks)."""
        value = standing(self.ground.found, self.recent, self.ground.end)
        value = np.sort(value[self.ground.view.somebody[:-1]])[::-1]
        total = float(value.sum())
        if total < 3:
            return None, None
        return float(value[0] / total), int(np.searchsorted(np.cumsum(value), total / 2)) + 1

    def sessions(self) -> dict[str, Metric]:
        """Sessions of one who is not answered, of two, and of three and more."""
        found = self.ground.found.sessions
        speakers = found.speakers[self.recent[found.first_turn]]
        n = len(speakers)
        counts = (speakers == 1).sum(), (speakers == 2).sum(), (speakers > 2).sum()
        names = "broadcast_share", "dyad_share", "many_share"
        return {name: _share(int(k), n) for name, k in zip(names, counts, strict=True)}

    def delays(self) -> dict[str, Metric]:
        """How long contributions wait for a first answer, and how many get none in a day.

        A contribution is a turn of substance; the last day of the log is left out, it may still be answered.
        """
        from cq.analysis import _links as links

        ground, turns = self.ground, self.ground.found.turns
        gave = (
            self.recent
            & ground.found.acts.has(Act.SUBSTANCE)
            & (turns.start_ms < ground.end - 24 * m.HOUR_MS)
        )
        n = int(gave.sum())
        stated, pairs = links.explicit(ground.found), ground.found.replies.inferred
        sure = pairs.pair_chance > 0.5
        turn = np.concatenate((stated.turn, pairs.pair_turn[sure]))
        to = np.concatenate((stated.to_turn, pairs.pair_to[sure]))
        mine = gave[to]
        turn, to = turn[mine], to[mine]
        order = np.lexsort((turn, to))
        to, first = np.unique(to[order], return_index=True)
        wait = (turns.start_ms[turn[order][first]] - turns.end_ms[to]) / 1000
        missed = int((gave & ~ground.answered).sum())
        return {
            "first_answer": Metric(
                m.median(np.maximum(wait, 0)) if len(wait) else None, "seconds", len(wait)
            ),
            "never_answered_share": _share(missed, n),
        }

    def worthy(self) -> Ints:
        """The five turns of these weeks that were worth most."""
        chosen = np.flatnonzero(self.recent)
        best = chosen[np.argsort(-worth(self.ground.found)[chosen], kind="stable")[:5]]
        return self.ground.rows(best)


def _seen(count: int) -> Seen:
    return "yes" if count else "no"


def _share(hits: int, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(hits, n))


def _contains(ground: Ground, rows: Ints, pattern: str) -> Flags:
    """Which of some rows hold a word of a pattern."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(rows):
        return np.zeros(0, np.bool_)
    texts = ground.view.text.take(pa.array(rows))
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)
