"""The seam for causes of decline: what a cause does to acts, rates and responses, and from when.

A cause is data: an effect that the talk consults week by week, scaled by its intensity and ramp. Which
effects make up an absent leader or a flood of ads is said by whoever injects them; nothing is built in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Effect:
    """Factors at full intensity, by role, act or both; 1 (or absent) means no effect.

    ``rate``: turns a week of a role. ``act``: share of an act in everybody's mix; ``add``: share of an act
    added to the mix of a role. ``response``: answers and reactions drawn by an act. ``exit_hazard`` and
    ``joins``: factors on leaving and joining.
    """

    rate: Mapping[str, float] = field(default_factory=dict)
    act: Mapping[str, float] = field(default_factory=dict)
    add: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    response: Mapping[str, float] = field(default_factory=dict)
    exit_hazard: float = 1.0
    joins: float = 1.0


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: its intensity in [0, 1], the week it sets in, how long it takes to, when it ends."""

    intensity: float
    onset: int
    effect: Effect = Effect()
    ramp: int = 0
    offset: int | None = None

    def at(self, week: int) -> float:
        """Intensity in a week."""
        if week < self.onset or (self.offset is not None and week >= self.offset):
            return 0.0
        return self.intensity * min(1.0, (week - self.onset + 1) / (self.ramp + 1))


class Causes:
    """All causes of one group, as the processes ask for them."""

    def __init__(self, causes: Mapping[str, Cause] | None = None) -> None:
        self.named = dict(causes or {})

    def intensities(self, week: int) -> dict[str, float]:
        """The truth of a week."""
        return {name: cause.at(week) for name, cause in self.named.items()}

    def rate(self, role: str, week: int) -> float:
        """Factor on the turns of a role."""
        return self._product(week, lambda e: e.rate.get(role, 1.0))

    def response(self, act: str, week: int) -> float:
        """Factor on the responses to an act."""
        return self._product(week, lambda e: e.response.get(act, 1.0))

    def exit_hazard(self, week: int) -> float:
        """Factor on the chance to leave."""
        return self._product(week, lambda e: e.exit_hazard)

    def joins(self, week: int) -> float:
        """Factor on the chance that a due join takes place."""
        return self._product(week, lambda e: e.joins)

    def mix(self, role: str, mix: list[float], acts: tuple[str, ...], week: int) -> list[float]:
        """An act mix as it is in a week; shares add up to 1. The same list where nothing is at work."""
        changed = mix
        for cause in self.named.values():
            level, effect = cause.at(week), cause.effect
            if level and (effect.act or effect.add):
                added = effect.add.get(role, {})
                changed = [
                    share * _scaled(effect.act.get(act, 1.0), level) + level * added.get(act, 0.0)
                    for act, share in zip(acts, changed, strict=True)
                ]
        if changed is mix:
            return mix
        total = sum(changed)
        return [share / total for share in changed]

    def _product(self, week: int, factor: Callable[[Effect], float]) -> float:
        product = 1.0
        for cause in self.named.values():
            level = cause.at(week)
            if level:
                product *= _scaled(factor(cause.effect), level)
        return product


def _scaled(factor: float, level: float) -> float:
    return 1.0 + (factor - 1.0) * level
