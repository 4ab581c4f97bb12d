"""The group over time: how long it lives, how busy its weeks and hours are, who draws what.

Group-level draws only; people are drawn in ``people``, their talk in ``talk``. Local time is UTC+8 without
changes of the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .dice import Dice, cumulated
from .levels import MIXES, RATES, SIZES, STAGE_RATE, STAGES, Level

HOUR, DAY, WEEK = 3_600_000, 86_400_000, 604_800_000
OFFSET = 8 * HOUR
_FIRST_MONDAY = datetime(2025, 3, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a group is drawn with."""

    members: int
    start: int
    """UTC milliseconds of the first Monday, 0:00 local."""
    weeks: int
    weeks_before: int
    """Weeks of life before the export starts."""
    stages: tuple[int, ...]
    factors: tuple[float, ...]
    """Rate factor of each week: stage and holiday."""
    holidays: frozenset[int]
    mixes: dict[str, dict[str, float]]
    rates: dict[str, float]
    spread: float
    dispersion: float
    daily_shape: float
    weekend: float
    hours: tuple[float, ...]
    session_turns: float
    gap: float
    """Median seconds between turns of a session."""
    distances: tuple[float, float, float]
    """P(reply distance ≤ 1), ≤ 5, ≤ 20, in turns."""
    answered: float
    overload: bool


def draw_setting(dice: Dice, level: Level, weeks: int, members: int | None) -> Setting:
    """One group."""
    bracket = SIZES[dice.weighted((0.2, 0.6, 0.95, 1.0))]
    drawn = bracket[0] + dice.below(bracket[1] - bracket[0] + 1)
    start = int(_FIRST_MONDAY.timestamp() * 1000) + dice.below(40) * WEEK - OFFSET
    late = dice.random()
    before = 0
    if level.late_start:
        share = level.late_start[0] + late * (level.late_start[1] - level.late_start[0])
        before = round(weeks * share / (1 - share))
    stages = _stages(dice, weeks, before)
    holidays = _holidays(dice, level, weeks)
    calm = dice.between(0.2, 0.5)
    factors = tuple(STAGE_RATE[s] * (calm if w in holidays else 1.0) for w, s in enumerate(stages))
    return Setting(
        members or drawn,
        start,
        weeks,
        before,
        stages,
        factors,
        holidays,
        {role: _turned(dice, mix) for role, mix in MIXES.items()},
        {role: low * (high / low) ** dice.random() for role, (low, high) in RATES.items()},
        dice.between(0.4, 1.0) * (0.6 if level.name == "L1" else 1.0),
        dice.between(3, 10),
        dice.between(0.3, 1.5),
        dice.between(0.7, 1.4),
        _hours(dice),
        dice.between(8, 24),
        dice.between(15, 60),
        (dice.between(0.42, 0.62), dice.between(0.76, 0.9), dice.between(0.92, 0.96)),
        dice.between(0.45, 0.9),
        dice.chance(0.5),
    )


def _turned(dice: Dice, mix: Mapping[str, float]) -> dict[str, float]:
    changed = {act: share * dice.between(0.7, 1.3) for act, share in mix.items()}
    total = sum(changed.values())
    return {act: share / total for act, share in changed.items()}


def _stages(dice: Dice, weeks: int, before: int) -> tuple[int, ...]:
    """Stage of each exported week. Life goes on after the export, so that few groups die in it."""
    shares = dice.rng.dirichlet((2, 4, 8, 5, 5))
    life = before + weeks * dice.between(1.2, 3.0)
    first = before or life * dice.between(0.0, 0.35)
    ends = cumulated(list(shares))
    last = len(STAGES) - 1
    return tuple(
        next((s for s, end in enumerate(ends) if (first + w) / life < end), last) for w in range(weeks)
    )


def _holidays(dice: Dice, level: Level, weeks: int) -> frozenset[int]:
    held, at, length = dice.random() < level.holiday, dice.below(max(1, weeks - 1)), 1 + dice.below(2)
    return frozenset(range(at, min(weeks, at + length))) if held and weeks >= 4 else frozenset()


def _hours(dice: Dice) -> tuple[float, ...]:
    """Cumulative weights of the 24 hours: two or three peaks, little at night."""
    weights = [0.35 if 7 <= h <= 23 else 0.0 for h in range(24)]
    peaks = [(8, dice.between(0.4, 1.6)), (12, dice.between(0.5, 1.6)), (21, dice.between(1.5, 3.0))]
    for hour, height in peaks:
        for away, part in ((0, 1.0), (1, 0.6), (-1, 0.6)):
            weights[hour + away] += height * part
    night, day = dice.between(0.02, 0.08), sum(weights)
    return tuple(cumulated([weight or night * day / 7 for weight in weights]))


def session_starts(dice: Dice, setting: Setting, week: int, count: int) -> list[int]:
    """Sorted UTC milliseconds of the sessions of a week."""
    daily = dice.rng.gamma(setting.daily_shape, 1.0, 7) + 0.05
    daily[5:] *= setting.weekend
    days = cumulated(daily.tolist())
    monday = setting.start + week * WEEK
    return sorted(
        monday + dice.weighted(days) * DAY + dice.weighted(setting.hours) * HOUR + dice.below(HOUR)
        for _ in range(count)
    )


def local(ms: int) -> datetime:
    """The local wall clock, naive."""
    return datetime(1970, 1, 1) + timedelta(milliseconds=ms + OFFSET)


def week_of(setting: Setting, ms: int) -> int:
    """The week a time lies in, within the export."""
    return min(max(0, (ms - setting.start) // WEEK), setting.weeks - 1)
