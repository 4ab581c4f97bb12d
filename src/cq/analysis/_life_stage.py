"""Stages of a group's life from weekly counts: five rules, and which of them comes next to holding.

Values on plain arrays, oldest week first; weeks of public holidays are left out by the caller. A rule that
holds has a distance of nothing or less to its limit; distances of levels are in doublings, those of trends
in standard deviations. Nothing here knows what was counted, and none of it is a forecast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._statistics import Trend, trend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GERMINATION, GROWTH, ACTIVE, DECLINE, DORMANT = "germination", "growth", "active", "decline", "dormant"
SMOOTHED, RECENT, BEFORE = 4, 8, 16
"""Weeks of the median, of the trend, and how far back the weeks reach that the present is held against."""
DORMANT_LEVEL, DORMANT_TURNS = 0.08, 2.0
FALLEN, HALF, SLIPPED = 0.6, 0.5, 0.85
SLOPE, CLEAR_Z, WEAK_Z = 0.08, 1.96, 1.2
JOINING = 0.08
CHANCE_Z = 1.64
"""One-sided 5 %: counts of four weeks that chance alone would make so low are no decline."""
YOUNG_WEEKS, YOUNG_PEAK = 12, 15.0


@dataclass(frozen=True)
class Course:
    """``smooth``: median of four weeks up to each. ``level``: the last of them by the highest so far (0..1).

    ``now``: mean of the last four weeks. ``trend``: of log(1 + values) over the last eight weeks. ``usual``:
    median of the weeks before the last four, up to the sixteenth. ``fades``: now is less than half of the
    median of all weeks.
    """

    values: Floats
    smooth: Floats
    peak: int
    level: float
    now: float
    usual: float
    trend: Trend | None

    @property
    def highest(self) -> float:
        """The highest of the smoothed values."""
        return float(self.smooth[self.peak])

    @property
    def fades(self) -> bool:
        """Whether it was ever clearly more than now."""
        return self.now < HALF * float(np.median(self.values)) or self.level < HALF


def course(values: Floats) -> Course:
    """What the rules look at; there must be a value."""
    smooth = np.array([np.median(values[max(0, i + 1 - SMOOTHED) : i + 1]) for i in range(len(values))])
    peak = int(np.argmax(smooth))
    top = float(smooth[peak])
    before = values[-BEFORE:-SMOOTHED]
    return Course(
        values,
        smooth,
        peak,
        float(smooth[-1]) / top if top else 0.0,
        float(values[-SMOOTHED:].mean()),
        float(np.median(before)) if len(before) else top,
        trend(np.log1p(values[-RECENT:])),
    )


def stages(seen: Course, joining: float | None, *, young: bool, talking: bool) -> tuple[str, str]:
    """The stage, and the one that comes next to it.

    ``joining``: growth of the members over five weeks, where known. ``young``: the beginning of the group is
    in the log, twelve weeks ago at most; without that the first two stages cannot be told apart and are one.
    ``talking``: people answer each other, so that few turns are no silence as long as they never were more.
    """
    far = _distances(seen, joining, young=young, talking=talking)
    order = [DORMANT, DECLINE, GROWTH, GERMINATION, ACTIVE]
    holds = [stage for stage in order if far.get(stage, 1.0) <= 0]
    stage = holds[0] if holds else min((ACTIVE, DECLINE), key=far.__getitem__)
    rest = sorted((s for s in far if s != stage), key=lambda s: (max(far[s], 0.0), order.index(s)))
    return stage, rest[0]


def _distances(seen: Course, joining: float | None, *, young: bool, talking: bool) -> dict[str, float]:
    z, slope = (seen.trend.z, seen.trend.slope) if seen.trend else (0.0, 0.0)
    floor = DORMANT_TURNS if seen.fades or not talking else 0.0
    limit = max(DORMANT_LEVEL * seen.highest, floor)
    fallen = max(
        _doublings(seen.level, FALLEN), min(z + WEAK_Z, _doublings(seen.smooth[-1], HALF * seen.usual))
    )
    falling = max(z + CLEAR_Z, (slope + SLOPE) / SLOPE, _doublings(seen.level, SLIPPED))
    rising = max(CLEAR_Z - z, (SLOPE - slope) / SLOPE)
    more = math.inf if joining is None else (JOINING - joining) / JOINING
    found = {
        DORMANT: _doublings(seen.now, limit),
        DECLINE: max(min(fallen, falling), CHANCE_Z - _short(seen)),
        GROWTH: min(rising, more),
        ACTIVE: -_doublings(seen.level, HALF),
    }
    return {**found, GERMINATION: _doublings(seen.highest, YOUNG_PEAK)} if young else found


def _short(seen: Course) -> float:
    """By how many standard deviations of a Poisson count the last four weeks are short of what was usual."""
    usual = SMOOTHED * max(seen.usual, float(np.median(seen.values)))
    return (usual - SMOOTHED * seen.now) / math.sqrt(usual) if usual else 0.0


def _doublings(value: float, limit: float) -> float:
    """How far a value is above its limit, in doublings; small counts differ little."""
    small = 0.05
    return math.log2((value + small) / (limit + small))


def without(values: Floats, others: Floats) -> Floats:
    """The same weeks as if one person had been silent in the last eight: those are the others' own."""
    return np.concatenate((values[:-RECENT], others[-RECENT:]))


def set_in(seen: Course) -> int | None:
    """The week in which the fall began, from sixteen weeks before the peak on; None where there is none.

    Least squares on square roots (counts then vary alike) over every beginning and every length of the way
    down, at most sixteen weeks. On simulated falls the median is right for steps and ways of up to nine
    weeks, and two weeks late for one of fifteen.
    """
    low = max(0, seen.peak - BEFORE)
    y = np.sqrt(seen.values[low:])
    n = len(y)
    if n < RECENT or np.ptp(y) == 0:
        return None
    begin, length = (
        a.ravel() for a in np.meshgrid(np.arange(2, n - 1), np.arange(BEFORE + 1), indexing="ij")
    )
    shape = np.clip((np.arange(n)[None, :] - begin[:, None] + 1) / (length[:, None] + 1), 0, 1)
    shape -= shape.mean(1, keepdims=True)
    along = np.minimum(shape @ (y - y.mean()), 0.0)
    explained = along**2 / (shape**2).sum(1)
    return low + int(begin[int(np.argmax(explained))]) if explained.any() else None


def half_life(seen: Course, since: int) -> float | None:
    """Weeks in which half is lost: exponential decline from the week before ``since`` to the lowest of the
    smoothed weeks after it, Theil–Sen slope of logarithms. None where it does not fall or is too short."""
    low = max(0, since - 1)
    fall = seen.smooth[low:]
    stop = int(np.argmin(fall)) + 1
    found = trend(np.log(fall[: max(stop, 4)] + 0.5))
    return math.log(2) / -found.slope if found and found.slope < -0.005 else None
