"""Tests and trends on small samples, each with its source; what cannot be tested is ``None``.

Formulas on plain arrays. scipy has the same ones and is the reference in the tests; importing it would
take longer (0.8 s) than analysing a small group. Draws are seeded, so that a log always gives the same
figures. Nothing here knows a group.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

DRAWS = 999
_SEED = 20_261_124


class Trend(NamedTuple):
    """``slope``: Theil–Sen, per step. ``z`` and ``p``: Mann–Kendall with ties, two-sided, normal
    approximation with continuity correction. ``n``: steps."""

    slope: float
    z: float
    p: float
    n: int

    def falls(self, alpha: float = 0.05) -> bool:
        """Whether it falls, one-sided."""
        return self.z < 0 and self.p / 2 < alpha

    def rises(self, alpha: float = 0.05) -> bool:
        """Whether it rises, one-sided."""
        return self.z > 0 and self.p / 2 < alpha


def trend(values: Sequence[float] | Floats) -> Trend | None:
    """The trend of equally spaced values (NaN: no value there); None below four values.

    Mann 1945, Kendall 1975 with the tie correction of the variance; slope after Theil 1950, Sen 1968.
    """
    y = np.asarray(values, np.float64)
    x = np.flatnonzero(np.isfinite(y))
    y = y[x]
    n = len(y)
    if n < 4:
        return None
    low, high = np.triu_indices(n, 1)
    step = y[high] - y[low]
    s = float(np.sign(step).sum())
    _, ties = np.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    slope = float(np.median(step / (x[high] - x[low])))
    if variance <= 0:
        return Trend(slope, 0.0, 1.0, n)
    z = (s - math.copysign(1, s)) / math.sqrt(variance) if s else 0.0
    return Trend(slope, z, _two_sided(z), n)


def fisher_greater(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Chance of so many hits or more among ``n`` if both samples have one rate: Fisher's exact test."""
    total, drawn = n + other_n, hits + other_hits
    if not n or not other_n or not drawn:
        return 1.0
    log = [
        _log_choose(n, k) + _log_choose(other_n, drawn - k) - _log_choose(total, drawn)
        for k in range(hits, min(n, drawn) + 1)
        if drawn - k <= other_n
    ]
    return min(1.0, math.fsum(map(math.exp, log)))


def poisson_at_least(count: int, mean: float) -> float:
    """Chance of ``count`` or more events where ``mean`` are expected (Poisson)."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    below = math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count))
    return min(1.0, max(0.0, 1.0 - below))


def shuffled_drop(before: Sequence[float] | Floats, after: Sequence[float] | Floats) -> float | None:
    """Chance of so large a fall of the mean if it did not matter which weeks are after: permutation test.

    One-sided, (hits + 1) / (draws + 1). None where a side has fewer than four values: three against three
    can never reach .05 with power worth having.
    """
    a, b = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if min(len(a), len(b)) < 4:
        return None
    both = np.concatenate((a, b))
    seen = float(a.mean() - b.mean())
    rng = np.random.default_rng(_SEED)
    order = rng.permuted(np.tile(np.arange(len(both)), (DRAWS, 1)), axis=1)
    drawn = both[order]
    differences = drawn[:, : len(a)].mean(1) - drawn[:, len(a) :].mean(1)
    return float((np.count_nonzero(differences >= seen - 1e-12) + 1) / (DRAWS + 1))


def rank_correlation(
    x: Sequence[float] | Floats,
    y: Sequence[float] | Floats,
    strata: Sequence[int] | Ints | None = None,
) -> tuple[float, float, int] | None:
    """Spearman's ρ, its two-sided p, and n; where strata are given, ranks are taken and centred inside each.

    p by the normal approximation of the permutation distribution, ρ·√(n − k) with k strata. None below ten
    pairs or where nothing varies.
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    of = np.zeros(len(a), np.int64) if strata is None else np.asarray(strata, np.int64)
    good = np.isfinite(a) & np.isfinite(b)
    a, b, of = a[good], b[good], of[good]
    if len(a) < 10:
        return None
    u, v = np.empty(len(a)), np.empty(len(a))
    groups = np.unique(of)
    for one in groups.tolist():
        mine = of == one
        for out, values in ((u, a), (v, b)):
            ranked = ranks(values[mine])
            out[mine] = (ranked - ranked.mean()) / max(len(ranked), 1)
    length = math.sqrt(float(u @ u) * float(v @ v))
    free = len(a) - len(groups)
    if length == 0 or free < 3:
        return None
    rho = max(-1.0, min(1.0, float(u @ v) / length))
    return rho, _two_sided(rho * math.sqrt(free)), len(a)


def ranks(values: Floats) -> Floats:
    """Ranks from 1, ties share their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], np.float64)


def false_discovery(p: Sequence[float]) -> list[float]:
    """p adjusted so that at most that share of the findings is none (Benjamini & Hochberg 1995)."""
    n = len(p)
    order = sorted(range(n), key=lambda i: p[i], reverse=True)
    adjusted, least = [1.0] * n, 1.0
    for place, i in enumerate(order):
        least = min(least, p[i] * n / (n - place))
        adjusted[i] = least
    return adjusted


def divergence(p: Floats, q: Floats) -> float:
    """Jensen–Shannon divergence of two count vectors, in bits: 0 alike, 1 nothing in common (Lin 1991)."""
    a, b = p / max(p.sum(), 1e-12), q / max(q.sum(), 1e-12)
    middle = (a + b) / 2

    def apart(x: Floats) -> float:
        some = x > 0
        return float((x[some] * np.log2(x[some] / middle[some])).sum())

    return max(0.0, (apart(a) + apart(b)) / 2)


def effective_number(counts: Ints | Floats) -> float | None:
    """exp of the entropy of shares (Hill number of order 1): so many equally active people were as mixed."""
    shares = np.asarray(counts, np.float64)
    total = float(shares.sum())
    if total <= 0:
        return None
    some = shares[shares > 0] / total
    return float(math.exp(-(some * np.log(some)).sum()))


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
