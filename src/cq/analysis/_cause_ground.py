"""What all causes of decline are judged on: turns before the end of a window, week by week.

One :class:`Ground` for a group and a window; columns are worked out when first asked for. Turns of programs
that behave like programs are left out. Nothing here decides that a cause is at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis import _staff as st
from cq.analysis._findings import too_little, unseen
from cq.analysis._quality import likely_bots
from cq.analysis._weeks import WEEK_MS, Weeks, weeks
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView, Window
    from cq.analysis._conversation import Conversation
    from cq.section import Finding, Metric, Severity, Unit

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = list[tuple[object, ...]]

DAY_MS = m.DAY_MS
ALPHA = 0.05
LIKELY, UNLIKELY = 0.5, 0.2
"""Chance from which an expected answer counts as one, and below which there is none: without quotes half of
the answered requests of simulated groups (L3) stay below the first."""
FEW_SPEAKERS, FEW_TURNS, FEW_WEEKS = 10, 50, 4
"""Below this many speakers, or turns in four weeks, there are only counts."""
MOST_WEEKS = 104
_SHARE_OF_RUNNER = 0.05
"""People who run a group do so in a quarter of their turns or more; the rules about words find running in one
to three of a hundred turns of people who do not (fit worlds without organizers). Between the two."""
MISTAKEN = 0.03
"""That share of turns is taken for running the group by mistake, at most."""


class Part(NamedTuple):
    """What a cause adds to the section."""

    finding: Finding
    metrics: Mapping[str, Metric]
    tables: Mapping[str, Rows] = {}
    series: Mapping[str, Weekly] = {}


class Weekly(NamedTuple):
    """A weekly series: values of the last weeks of the ground, NaN where there is none."""

    unit: Unit
    values: Floats


@dataclass(frozen=True)
class Case:
    """A cause that was looked into. ``p``: of its own test, None where no test decides; ``conclude`` gets p
    adjusted for all the tests of the section (:func:`cq.analysis._statistics.false_discovery`)."""

    p: float | None
    conclude: Callable[[float], Part] = field(repr=False)


@dataclass(frozen=True)
class Ground:
    """``weeks``: whole weeks of 168 hours that end with the window or the log, the last of them is now.

    Columns per turn are of the whole log; ``good`` marks the turns that are looked at: before the end, by
    people. ``week``: per turn its week, -1 outside.
    """

    view: GroupView
    window: Window
    found: Conversation
    weeks: Weeks

    @property
    def end(self) -> int:
        """Where the last week ends, UTC ms."""
        return self.weeks.end

    @cached_property
    def good(self) -> Flags:
        """Turns before the end that no program made."""
        turns = self.found.turns
        some: Flags = turns.start_ms < self.end
        programs = likely_bots(self.view)
        return some & ~np.isin(turns.person, programs) if programs else some

    @cached_property
    def week(self) -> Ints:
        """Per turn its week, -1 for those not looked at."""
        return np.where(self.good, self.weeks.of(self.found.turns.start_ms), -1)

    def has(self, *acts: Act) -> Flags:
        """Turns looked at that do any of these."""
        return self.found.acts.has(*acts) & self.good

    def since(self, n: int) -> Flags:
        """Turns of the last ``n`` weeks."""
        low = max(0, len(self.weeks) - n)
        return self.week >= low

    def weekly(self, chosen: Flags | Floats) -> Floats:
        """Per week how many of the turns are chosen, or the sum of weights."""
        inside = self.week >= 0
        weight = np.asarray(chosen, np.float64)[inside]
        return np.bincount(self.week[inside], weight, len(self.weeks)).astype(np.float64)

    @cached_property
    def turns(self) -> Floats:
        """Turns per week."""
        return self.weekly(self.good)

    def speakers(self, chosen: Flags) -> int:
        """Different people among the chosen turns."""
        return len(m.distinct(self.found.turns.person[chosen]))

    @cached_property
    def ads(self) -> Flags:
        """Turns that sell: ads, own content with a link."""
        return self.has(Act.AD, Act.SELF_PROMOTION)

    @cached_property
    def content(self) -> Flags:
        """Turns of substance and requests for help, ads left out."""
        return self.has(Act.SUBSTANCE, Act.HELP) & ~self.ads

    @cached_property
    def organizes(self) -> Flags:
        """Turns that run the group."""
        return st.organizes(self.found) & self.good

    @cached_property
    def system(self) -> Ints:
        """Rows of events that run the group, done by people, before the end."""
        bots = set(likely_bots(self.view))
        sent = self.view.sent_at
        rows = [a.row for a in self.found.acts.system if a.person >= 0 and a.person not in bots]
        return np.array([row for row in rows if sent[row] < self.end], np.int64)

    @cached_property
    def staff(self) -> Flags:
        """Per person: holds an office, was named by the operator, or runs the group (last twelve weeks)."""
        out = np.zeros(len(self.view.people) + 1, np.bool_)
        known = [*st.officers(self.view), *st.named(self.view, self.view.operator.staff)]
        out[[*known, *self.runners(12)]] = True
        out[-1] = False
        return out

    def runners(self, n: int) -> list[int]:
        """Who ran the group in the last ``n`` weeks by what they did: five acts on three days, clearly more
        of their own turns than the rules take for running by mistake; or two events of the log."""
        view, turns, people = self.view, self.found.turns, len(self.view.people)
        inside = self.since(n)
        did = np.flatnonzero(inside & self.organizes)
        count = np.bincount(turns.person[did], minlength=people)
        own = np.bincount(turns.person[inside], minlength=people)
        day = view.local_day[turns.first_row[did]]
        pairs = m.distinct((turns.person[did].astype(np.int64) << 32) | day)
        days = np.bincount(pairs >> 32, minlength=people)
        rows = self.system[view.sent_at[self.system] >= self.end - n * WEEK_MS]
        doer = {a.row: a.person for a in self.found.acts.system}
        events = np.bincount([doer[row] for row in rows.tolist()], minlength=people)
        some = np.flatnonzero((count >= 5) & (days >= 3)).tolist()
        clear = [
            i for i in some if (m.wilson(int(count[i]), int(own[i])) or (0.0, 1.0))[0] > _SHARE_OF_RUNNER
        ]
        known = {*clear, *np.flatnonzero(events >= 2).tolist()}
        return sorted((i for i in known if view.somebody[i]), key=lambda i: -count[i] - 2 * events[i])

    @cached_property
    def tended(self) -> Flags:
        """Per week: whether somebody ran the group.

        A turn of somebody who runs it or holds an office does, an event of the log does, and so do more acts
        than the rules find by mistake (two or more, Poisson with 3 % of the turns, p < .05).
        """
        from cq.analysis._statistics import poisson_at_least

        mine = np.zeros(len(self.view.people) + 1, np.bool_)
        known = [*st.officers(self.view), *st.named(self.view, self.view.operator.staff)]
        mine[[*known, *self.runners(len(self.weeks)), *self.runners(12)]] = True
        acts = self.weekly(self.organizes)
        by_them = self.weekly(self.organizes & mine[self.found.turns.person])
        events = self.weeks.counts(self.view.sent_at[self.system])
        expected = MISTAKEN * self.turns
        many = [
            count >= 2 and poisson_at_least(int(count), mean) < ALPHA
            for count, mean in zip(acts.tolist(), expected.tolist(), strict=True)
        ]
        return (by_them > 0) | (events > 0) | np.array(many, np.bool_)

    @cached_property
    def heard(self) -> Floats:
        """Per turn the chance that somebody else answers it within a day; 1 where a message says so."""
        return self.heard_within(24 * m.HOUR_MS)

    @property
    def answered(self) -> Flags:
        """Turns that somebody else answers within a day, stated or more likely than not."""
        return self.heard > LIKELY

    @property
    def ignored(self) -> Flags:
        """Turns that nobody answers within a day, as far as can be told: four to one that nobody does."""
        return self.heard < UNLIKELY

    def heard_within(self, limit: int) -> Floats:
        """The chance for other times: 1 − Π(1 − p) over the turns of others that begin in ``limit`` ms."""
        turns, pairs = self.found.turns, self.found.replies.inferred
        near = turns.start_ms[pairs.pair_turn] - turns.end_ms[pairs.pair_to] <= limit
        missed = np.log1p(-np.minimum(pairs.pair_chance[near].astype(np.float64), 1 - 1e-9))
        out = 1 - np.exp(np.bincount(pairs.pair_to[near], missed, len(turns)))
        stated = links.explicit(self.found)
        soon = turns.start_ms[stated.turn] - turns.end_ms[stated.to_turn] <= limit
        out[stated.to_turn[soon]] = 1.0
        return np.asarray(out, np.float64)

    @cached_property
    def links_stated(self) -> float:
        """The share of turns that say whom they answer: what confidence in answers rests on."""
        turn = links.explicit(self.found).turn
        n = int(self.good.sum())
        return float(self.good[m.distinct(turn)].sum() / n) if n else 0.0

    def small(self, code: str, severity: Severity, need_weeks: int) -> Finding | None:
        """What is missing where the group is too small or the log too short for anything but counts."""
        if self.view.group.chat_kind == "private":
            return unseen(code, severity, "private_chat")
        if len(self.weeks) < need_weeks:
            return too_little(code, severity, "weeks", len(self.weeks), need_weeks)
        people = self.speakers(self.since(need_weeks))
        if people < FEW_SPEAKERS:
            return too_little(code, severity, "speakers", people, FEW_SPEAKERS)
        turns = int(self.since(FEW_WEEKS).sum())
        return too_little(code, severity, "turns", turns, FEW_TURNS) if turns < FEW_TURNS else None

    def at(self, week: int) -> str:
        """When a week begins, RFC 3339."""
        return self.window.isoformat(int(self.weeks.edges[week]))

    def rows(self, turns: Ints | Flags) -> Ints:
        """The first rows of turns (places or flags)."""
        return self.found.turns.first_row[turns]


def ground(view: GroupView, window: Window, found: Conversation) -> Ground:
    """What the causes of a group are judged on."""
    return Ground(view, window, found, weeks(view, window, MOST_WEEKS))


def onset(values: Sequence[float] | Floats | Ints, longest_ramp: int = 8) -> int | None:
    """The step at which values begin to move from one level to another: least squares over every beginning
    and every length of the way there. None below eight values or where nothing changes.

    A ramp, because causes rarely set in overnight: a plain step would lie in the middle of the way.
    """
    y = np.asarray(values, np.float64)
    there = np.flatnonzero(np.isfinite(y))
    y = y[there]
    n = len(y)
    if n < 8 or np.ptp(y) == 0:
        return None
    begin, length = (
        a.ravel() for a in np.meshgrid(np.arange(2, n - 1), np.arange(longest_ramp + 1), indexing="ij")
    )
    shape = np.clip((np.arange(n)[None, :] - begin[:, None] + 1) / (length[:, None] + 1), 0, 1)
    shape -= shape.mean(1, keepdims=True)
    spread = (shape**2).sum(1)
    explained = np.divide((shape @ (y - y.mean())) ** 2, spread, out=np.zeros(len(begin)), where=spread > 0)
    # A longer way explains a little more by chance. With more of a handicap ramps were dated too late, with
    # none steps were dated worse (drawn series of 44 weeks).
    worth = explained - 0.003 * length * explained.max()
    return int(there[begin[int(np.argmax(worth))]])


def capped(sure: float, ground: Ground, *, links_matter: bool = False) -> float:
    """How sure a finding may be: answers are only as sure as messages say whom they answer (0.76 at 0 %, 0.93
    at 48 %, measured on IRC)."""
    cap = 0.76 + 0.36 * min(ground.links_stated, 0.48) if links_matter else 0.95
    return max(0.0, min(sure, cap))


def unstable(code: str, severity: Severity) -> Finding:
    """Most people have no more than a nickname: who is who cannot be told."""
    return unseen(code, severity, "unstable_ids")
