"""Whether a group hangs on one person: what they carry, weeks without them, and what followed when they left.

Only timing is compared: others may talk less in such weeks for another reason, and somebody may leave because
a group is dying. So the weeks before are looked at, too. What a person is worth outside the log is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._statistics import shuffled_drop, trend
from cq.analysis._weeks import WEEK_MS
from cq.analysis._worth import standing
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground
    from cq.analysis.size import Settings

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_GAP_DAYS = 10
_LEAST_VALUE = 3.0
_AROUND = 4


class Gone(NamedTuple):
    """Somebody who carried much and is silent since: ``at`` their last turn or exit (UTC ms)."""

    person: int
    at: int
    turn_share: float
    value_share: float


class Contrast(NamedTuple):
    """Weekly turns of the others with and without somebody. ``drop``: share by which the second are fewer."""

    person: int
    before: Floats
    after: Floats
    p: float | None

    @property
    def drop(self) -> float:
        """1 − the mean without by the mean with."""
        with_them = float(self.before.mean()) if len(self.before) else 0.0
        return 1 - float(self.after.mean()) / with_them if with_them and len(self.after) else 0.0


@dataclass(frozen=True)
class Reliance:
    """Weeks of 168 hours from the end; those of long holidays are left out of every comparison."""

    ground: Ground
    settings: Settings

    @cached_property
    def counts(self) -> Ints:
        """Turns by week and person."""
        ground, people = self.ground, len(self.ground.view.people)
        inside = ground.week >= 0
        key = ground.week[inside] * people + ground.found.turns.person[inside]
        return np.bincount(key, minlength=len(ground.weeks) * people).reshape(-1, people)

    @cached_property
    def value(self) -> Floats:
        """What each person's turns of the last twelve weeks are worth at the end."""
        return self._value(self.ground.since(self.settings.weeks), self.ground.end)

    def _value(self, chosen: Flags, end: int) -> Floats:
        worth = standing(self.ground.found, chosen, end)
        return np.where(self.ground.view.somebody[:-1], worth, 0.0)

    @cached_property
    def top(self) -> int | None:
        """Whose turns were worth most, if there is something to weigh."""
        return int(np.argmax(self.value)) if self.value.sum() >= _LEAST_VALUE else None

    def others(self, person: int) -> Floats:
        """Turns of the others per week."""
        return np.asarray(self.counts.sum(1) - self.counts[:, person], np.float64)

    def absences(self, person: int) -> Contrast | None:
        """Weeks in which somebody said nothing against those in which they spoke, between first and last.

        Turns of the others count as multiples of what is usual in the weeks around, or a group that declines
        would seem to miss whoever speaks less. An absence of a month is its own surroundings: see departures.
        """
        most = self.settings.absence_weeks
        own = self.counts[-most:, person]
        spoke = np.flatnonzero(own > 0)
        if not len(spoke):
            return None
        span = slice(int(spoke[0]), int(spoke[-1]) + 1)
        usual = ~self.ground.weeks.holiday[-most:][span]
        others, here = self.others(person)[-most:][span][usual], own[span][usual] > 0
        around = np.array(
            [np.median(others[max(0, i - _AROUND) : i + _AROUND + 1]) for i in range(len(others))]
        )
        level = np.divide(others, around, out=np.ones(len(others)), where=around > 0)
        before, after = level[here], level[~here]
        return Contrast(person, before, after, shuffled_drop(before, after))

    @cached_property
    def gone(self) -> list[Gone]:
        """Who carried a fifth of the value or a seventh of the turns in twelve weeks and fell silent in the
        last half year: they left, or are silent three times as long as they ever were."""
        ground, settings = self.ground, self.settings
        turns, people = ground.found.turns, len(ground.view.people)
        inside = np.flatnonzero(ground.good)
        person = turns.person[inside]
        first, last = m.first_and_last(person, inside, people)
        left = self._left()
        found = []
        start = max(int(ground.view.sent_at[0]), ground.end - settings.departed_weeks * WEEK_MS)
        for who in np.flatnonzero((first >= 0) & ground.view.somebody[:-1]).tolist():
            at = int(turns.end_ms[last[who]])
            quiet = ground.end - at
            if at < start or quiet < _GAP_DAYS * m.DAY_MS:
                continue
            if int(self.counts[:, who].sum()) < settings.least_departed:
                continue
            own = turns.start_ms[inside[person == who]]
            gaps = np.diff(own)
            longest = 3 * float(np.quantile(gaps, 0.9)) if len(gaps) else np.inf
            away = who in left and left[who] >= at
            if away or quiet >= max(longest, 2 * float(gaps.max(initial=0))):
                shares = self._shares(who, at)
                if shares[0] >= settings.departed_turns or shares[1] >= settings.departed_value:
                    found.append(Gone(who, at, *shares))
        return sorted(found, key=lambda g: -max(g.turn_share, g.value_share))[: settings.departures]

    def _left(self) -> dict[int, int]:
        view = self.ground.view
        return {
            target: int(view.sent_at[e.row])
            for e in view.events
            if e.event in (Event.LEAVE, Event.REMOVE) and view.sent_at[e.row] < self.ground.end
            for target in e.targets
        }

    def _shares(self, who: int, at: int) -> tuple[float, float]:
        """Share of turns and of value in the twelve weeks before somebody fell silent."""
        start = self.ground.found.turns.start_ms
        chosen = self.ground.good & (start <= at) & (start > at - self.settings.weeks * WEEK_MS)
        n = int(chosen.sum())
        own = int((self.ground.found.turns.person[chosen] == who).sum())
        value = self._value(chosen, at)
        total = float(value.sum())
        return own / n if n else 0.0, float(value[who] / total) if total >= _LEAST_VALUE else 0.0

    def departure(self, gone: Gone) -> tuple[Contrast, float, int]:
        """The others before and after; the step at the departure as a share of the fall (see ``_step``);
        whole weeks after. Weeks are counted from the last turn, not from the end."""
        ground, settings = self.ground, self.settings
        start = ground.found.turns.start_ms
        ours = ground.good & (ground.found.turns.person != gone.person)
        week = (start[ours] - gone.at) // WEEK_MS
        high = int(min(settings.weeks, (ground.end - gone.at) // WEEK_MS))
        low = -int(min(settings.weeks_before, (gone.at - int(ground.view.sent_at[0])) // WEEK_MS))
        some = week[(week >= low) & (week < high)]
        counts = np.bincount(some - low, minlength=high - low).astype(np.float64)
        place = np.arange(low, high)
        usual = ~self._holidays(gone.at + place * WEEK_MS)
        counts, place = counts[usual], place[usual]
        before, after = counts[place < 0], counts[place >= 0]
        both = Contrast(gone.person, before, after, shuffled_drop(before, after))
        return both, _step(place, counts) if both.p is not None else 0.0, high

    def _holidays(self, at: Ints) -> Flags:
        """Whether weeks that begin at these moments hold more than two days of holiday weeks."""
        weeks = self.ground.weeks
        middle = weeks.of(at + WEEK_MS // 2)
        return np.where(middle >= 0, weeks.holiday[np.maximum(middle, 0)], False)


def _step(place: Ints, counts: Floats) -> float:
    """What share of the fall is a step at week 0 and not the slope of all weeks: 1 where the weeks before do
    not fall, else by least squares of a line and a step, 0 where the step is not certain (one-sided 5 %)."""
    before = trend(counts[place < 0])
    if before is None or before.slope >= 0:
        return 1.0
    shape = np.stack((np.ones(len(place)), place, place >= 0), 1).astype(np.float64)
    found, *_ = np.linalg.lstsq(shape, counts, rcond=None)
    left = counts - shape @ found
    free = len(place) - 3
    error = float(np.sqrt((left @ left) / free * np.linalg.inv(shape.T @ shape)[2, 2]))
    fall = float(counts[place < 0].mean() - counts[place >= 0].mean())
    if fall <= 0 or (error and -found[2] / error < _CERTAIN):
        return 0.0
    return min(1.0, float(-found[2]) / fall)


_CERTAIN = 1.75
"""Student's t, one-sided 5 %, with about 16 degrees of freedom."""


def metrics(reliance: Reliance) -> dict[str, Metric]:
    """How much of the value one person carries, and how many carry half."""
    value = reliance.value
    total = float(value.sum())
    if total < _LEAST_VALUE:
        return {}
    some = np.sort(value[value > 0])[::-1]
    half = int(np.searchsorted(np.cumsum(some), total / 2)) + 1
    return {
        "top_value_share": Metric(float(some[0] / total), "ratio", len(some)),
        "value_absence_factor": Metric(half, "count", len(some)),
    }
