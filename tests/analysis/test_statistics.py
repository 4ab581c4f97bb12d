"""The small tests and trends against scipy, and by hand where scipy has none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cq.analysis import _statistics as st
from cq.analysis._cause_ground import onset

stats = pytest.importorskip("scipy.stats", reason="scipy is the reference; it comes with the dev extra")

DICE = np.random.default_rng(7)


@pytest.mark.parametrize("n", [4, 8, 13, 40])
def test_the_slope_is_theil_and_sen_s(n: int) -> None:
    values = DICE.normal(0, 1, n) + 0.1 * np.arange(n)
    found = st.trend(values)
    assert found is not None
    assert found.slope == pytest.approx(stats.theilslopes(values).slope)


@pytest.mark.parametrize("seed", range(5))
def test_the_trend_is_kendall_s_tau_with_time(seed: int) -> None:
    """Mann–Kendall's S has the sign and nearly the p of tau-b against time, ties included."""
    values = np.random.default_rng(seed).integers(0, 6, 30) - 0.1 * np.arange(30).round()
    found = st.trend(values)
    tau = stats.kendalltau(np.arange(30), values, method="asymptotic")
    assert found is not None
    assert math.copysign(1, found.z) == math.copysign(1, tau.statistic)
    # The continuity correction of Mann–Kendall makes p a little larger.
    assert tau.pvalue <= found.p <= tau.pvalue + 0.03


def test_gaps_in_a_trend_keep_their_place() -> None:
    found = st.trend([0.0, 1.0, math.nan, 3.0, 4.0, math.nan, 6.0])
    assert found is not None and (found.slope, found.n) == (1.0, 5)
    assert st.trend([1.0, 2.0, math.nan, 3.0]) is None


def test_what_stands_still_has_no_trend() -> None:
    found = st.trend([2.0] * 9)
    assert found is not None and (found.slope, found.p) == (0.0, 1.0)
    assert not found.falls() and not found.rises()


@pytest.mark.parametrize("table", [(3, 5, 4, 45), (0, 5, 4, 45), (10, 10, 0, 9), (7, 20, 9, 180)])
def test_fisher(table: tuple[int, int, int, int]) -> None:
    hits, n, other, m = table
    wanted = stats.fisher_exact([[hits, n - hits], [other, m - other]], alternative="greater").pvalue
    assert st.fisher_greater(*table) == pytest.approx(wanted)


def test_nothing_drawn_proves_nothing() -> None:
    assert st.fisher_greater(0, 5, 0, 5) == 1.0
    assert st.fisher_greater(3, 3, 0, 0) == 1.0


@pytest.mark.parametrize(("count", "mean"), [(0, 2.0), (1, 0.3), (9, 4.0), (40, 22.5)])
def test_poisson(count: int, mean: float) -> None:
    assert st.poisson_at_least(count, mean) == pytest.approx(float(stats.poisson.sf(count - 1, mean)))


def test_a_fall_by_drawing_weeks_anew() -> None:
    before, after = [9.0, 8, 10, 9, 11, 9], [4.0, 5, 3, 6, 4, 5]
    exact = stats.permutation_test(
        (before, after), lambda a, b: np.mean(a) - np.mean(b), alternative="greater", n_resamples=10_000
    ).pvalue
    found = st.shuffled_drop(before, after)
    assert found is not None and found == pytest.approx(exact, abs=0.003)
    assert found == st.shuffled_drop(before, after), "seeded"
    same = st.shuffled_drop(before, before)
    assert same is not None and same > 0.4
    assert st.shuffled_drop(before, after[:3]) is None


def test_ranks_share_ties() -> None:
    values = DICE.integers(0, 9, 50).astype(float)
    assert st.ranks(values) == pytest.approx(stats.rankdata(values))


def test_rank_correlation() -> None:
    x = DICE.normal(0, 1, 60)
    y = 0.5 * x + DICE.normal(0, 1, 60)
    found = st.rank_correlation(x, y)
    wanted = stats.spearmanr(x, y)
    assert found is not None
    assert found[0] == pytest.approx(wanted.statistic)
    assert found[1] == pytest.approx(wanted.pvalue, abs=0.01)


def test_rank_correlation_within_strata() -> None:
    """Between two strata x and y rise together, inside each they do not: only strata show it."""
    x = np.concatenate((DICE.normal(0, 1, 40), DICE.normal(9, 1, 40)))
    y = np.concatenate((DICE.normal(0, 1, 40), DICE.normal(9, 1, 40)))
    plain, inside = st.rank_correlation(x, y), st.rank_correlation(x, y, np.repeat([0, 1], 40))
    assert plain is not None and inside is not None
    assert plain[0] > 0.6 and abs(inside[0]) < 0.3
    assert st.rank_correlation(x[:9], y[:9]) is None
    assert st.rank_correlation(np.ones(20), x[:20]) is None


def test_false_discovery() -> None:
    p = [0.04, 0.001, 0.03, 0.6, 0.01]
    assert st.false_discovery(p) == pytest.approx(stats.false_discovery_control(p).tolist())
    assert st.false_discovery([]) == []


def test_divergence() -> None:
    from scipy.spatial.distance import jensenshannon

    p, q = DICE.integers(0, 9, 30).astype(float), DICE.integers(0, 9, 30).astype(float)
    assert st.divergence(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2)
    assert st.divergence(np.array([1.0, 0]), np.array([0, 2.0])) == pytest.approx(1.0)
    assert st.divergence(p, p) == pytest.approx(0.0)


def test_effective_number() -> None:
    counts = DICE.integers(1, 40, 12)
    assert st.effective_number(counts) == pytest.approx(math.exp(stats.entropy(counts)))
    assert st.effective_number(np.array([5, 5, 5, 5, 0])) == pytest.approx(4.0)
    assert st.effective_number(np.zeros(3)) is None


@pytest.mark.parametrize("ramp", [0, 4])
def test_an_onset_is_where_the_way_begins(ramp: int) -> None:
    way = np.clip((np.arange(40) - 22 + 1) / (ramp + 1), 0, 1)
    noisy = 10 - 6 * way + np.random.default_rng(3).normal(0, 0.5, 40)
    found = onset(noisy)
    assert found is not None and abs(found - 22) <= 2


def test_no_onset_where_nothing_moves() -> None:
    assert onset([3.0] * 20) is None
    assert onset([1.0, 2, 3, 4, 5, 6, 7]) is None
