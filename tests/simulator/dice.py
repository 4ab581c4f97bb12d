"""Chance: one seed, a stream for every layer, draws in blocks.

Layers draw from streams of their own, so that toggling one thing (a pack, a cause, a level of damage)
leaves the draws of the others alone. Single draws from numpy cost a microsecond each; blocks do not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BLOCK = 4096


class Dice:
    """Scalar draws from a numpy generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._uniform: list[float] = []
        self._normal: list[float] = []

    def random(self) -> float:
        """Uniform in [0, 1)."""
        if not self._uniform:
            self._uniform = self.rng.random(BLOCK).tolist()
        return self._uniform.pop()

    def normal(self) -> float:
        """Standard normal."""
        if not self._normal:
            self._normal = self.rng.standard_normal(BLOCK).tolist()
        return self._normal.pop()

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.random()

    def below(self, n: int) -> int:
        """A whole number in [0, n)."""
        return int(self.random() * n)

    def chance(self, p: float) -> bool:
        """True with probability ``p``."""
        return self.random() < p

    def pick(self, items: Sequence[T]) -> T:
        """One item, all alike."""
        return items[int(self.random() * len(items))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """An index by cumulative weights (:func:`cumulated`)."""
        return min(bisect_right(cumulative, self.random() * cumulative[-1]), len(cumulative) - 1)

    def poisson(self, mean: float) -> int:
        """A count; for small means."""
        limit, product, count = float(np.exp(-mean)), self.random(), 0
        while product > limit:
            product *= self.random()
            count += 1
        return count

    def shuffle(self, items: list[T]) -> None:
        """In place."""
        for i in range(len(items) - 1, 0, -1):
            j = int(self.random() * (i + 1))
            items[i], items[j] = items[j], items[i]


def cumulated(weights: Sequence[float]) -> list[float]:
    """Cumulative weights for :meth:`Dice.weighted`."""
    return list(accumulate(weights))


def streams(seed: int, count: int) -> list[Dice]:
    """Independent dice from one seed (PCG64), always the same."""
    children = np.random.SeedSequence(seed).spawn(count)
    return [Dice(np.random.Generator(np.random.PCG64(child))) for child in children]
