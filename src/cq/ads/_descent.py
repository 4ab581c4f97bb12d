"""Logistic regression over distinct bigrams, in integers only: the same bits on every machine.

The logit of a text is ``b + sum(w) / sqrt(n)`` over its ``n`` distinct bigrams, known or not. Every round
takes all texts and moves each weight by its own step, the inverse of an upper bound of its curvature, with
Nesterov's momentum (Beck & Teboulle 2009, with a diagonal majoriser in place of one Lipschitz constant).
Nothing here knows what a text is or which weights are worth keeping.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import cache
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

UNIT_BITS = 20
"""Weights and logits are whole numbers of ``2 ** -UNIT_BITS``."""
TRUTH_BITS = 16
"""Probabilities and targets are whole numbers of ``2 ** -TRUTH_BITS``."""
SHARE = 64
"""The weight of one ordinary text; the penalty counts in the same measure."""
_ROOT_BITS = 12
_STEP_BITS = 6
_FARTHEST = 16 << _STEP_BITS
"""The table of the logistic function: steps of 1/64 up to a logit of 16."""


class Texts(NamedTuple):
    """What is learnt from: text by text the columns of its known bigrams (``known`` of them), how many it
    has in all, what is true of it and how much it counts (in `SHARE` s)."""

    columns: Integers
    known: Integers
    distinct: Integers
    truth: Integers
    share: Integers


class Weights(NamedTuple):
    """The intercept and one weight per column, in units."""

    bias: int
    columns: Integers


def descend(texts: Texts, start: Weights, *, pull: int, rounds: int, keep_bias: bool = False) -> Weights:
    """The weights after so many rounds from ``start``, towards which ``pull`` (in `SHARE` s) draws them."""
    rows = np.repeat(np.arange(len(texts.known)), texts.known)
    by_column = np.argsort(texts.columns, kind="stable")
    rows_by_column = rows[by_column]
    root = inverse_roots(texts.distinct)
    per_column = np.bincount(texts.columns, minlength=len(start.columns))
    bound, bias_bound = _curvature(texts, root, rows_by_column, per_column, pull)
    bias = ahead_bias = start.bias
    weights = ahead = start.columns.astype(np.int64)
    for turn in range(rounds):
        logits = ahead_bias + (sums(ahead[texts.columns], texts.known) * root >> _ROOT_BITS)
        amiss = (texts.truth - probability(logits)) * texts.share
        slope = sums((amiss * root)[rows_by_column], per_column) >> _ROOT_BITS
        slope = (slope << UNIT_BITS - TRUTH_BITS) - (ahead - start.columns) * pull
        new = ahead + slope // bound
        lift = 0 if keep_bias else (int(amiss.sum()) << UNIT_BITS - TRUTH_BITS) // bias_bound
        new_bias = ahead_bias + lift
        ahead = new + (new - weights) * turn // (turn + 3)
        ahead_bias = new_bias + (new_bias - bias) * turn // (turn + 3)
        weights, bias = new, new_bias
    return Weights(bias, weights)


def _curvature(
    texts: Texts, root: Integers, rows_by_column: Integers, per_column: Integers, pull: int
) -> tuple[Integers, int]:
    """Upper bounds: the row sums of the absolute Hessian, with a quarter for the slope of the logistic."""
    # What a text has in all: 1/sqrt(n) for each of its columns, and 1 for the intercept.
    whole = texts.share * ((1 << _ROOT_BITS) + texts.known * root)
    each = (whole >> _ROOT_BITS) * root >> _ROOT_BITS + 2
    bias_bound = int((whole >> _ROOT_BITS + 2).sum()) + 1
    return sums(each[rows_by_column], per_column) + pull + 1, bias_bound


def inverse_roots(distinct: Integers) -> Integers:
    """1/sqrt(n) in fixed point, 0 for nothing."""
    found, which = np.unique(distinct, return_inverse=True)
    roots = [isqrt((1 << 2 * _ROOT_BITS) // int(n)) if n else 0 for n in found]
    return np.array(roots, np.int64)[which]


def probability(logits: Integers) -> Integers:
    """The logistic function, in units in and truth out."""
    near = logits + (1 << UNIT_BITS - _STEP_BITS - 1) >> UNIT_BITS - _STEP_BITS
    likely: Integers = _logistic()[np.clip(near, -_FARTHEST, _FARTHEST) + _FARTHEST]
    return likely


@cache
def _logistic() -> Integers:
    exact = Context(prec=12)  # decimals are exact to the last digit everywhere, `math.exp` is not
    steps = (Decimal(i) / (1 << _STEP_BITS) for i in range(-_FARTHEST, _FARTHEST + 1))
    return np.array([int((1 << TRUTH_BITS) / (1 + (-x).exp(exact))) for x in steps], np.int64)


def sums(values: NDArray[Any], counts: Integers) -> Integers:
    """The sums of consecutive runs of so many values."""
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
    ends = np.cumsum(counts)
    summed: Integers = totals[ends] - totals[ends - counts]
    return summed
