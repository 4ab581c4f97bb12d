"""Six scores from counts: how much somebody's doing stands out from ordinary chat, each for itself, 0 to 1.

The scores are no shares of a whole: somebody may run the group and talk much, or do neither. How sure they
are is worked out in ``_role_stability``. All functions take any number of axes before the person's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._role_deeds import ACTIVE
from cq.analysis._role_norms import NORMS, QUIET_TURNS, TURNS_A_WEEK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cq.analysis._role_norms import Norm

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ROLES = ("organizer", "thinker", "talker", "asker", "lurker", "challenger")
"""In the order of the contract."""
ORDINARY, UNKNOWN = len(ROLES), len(ROLES) + 1
LABELS = (*ROLES, "ordinary", "not_enough_data")
PLACE = np.array([ROLES.index(role) for role in ACTIVE])
LURKER = ROLES.index("lurker")

KAPPA = 8.0
"""Turns of ordinary chat everybody starts with."""
ENOUGH_KEYS = {"organizer": 5.0, "thinker": 5.0, "talker": 5.0, "asker": 3.0, "challenger": 3.0}
"""Key deeds that give a score two thirds of its strength. A role that three acts can name must be able to
reach a half with three."""
ABOVE_NORM = 1.5
"""A role is claimed only where the lower bound of its share lies so many times above the norm."""
Z = 1.645
"""Of a one-sided bound of 95 %."""
UNPROVEN = 0.49
"""What a score without that bound is cut to."""
HALF = 0.5
WIDE = 2.0
"""Different people expected to answer what somebody says of substance: three, as sure as inferred answers
are. With fewer a thinker's score shrinks, by half at most. A number and no rank: where many think, all do."""
HEARD = 0.3
"""Share of talk in company that somebody answers; below it, it is flooding."""
ENOUGH_TURNS = 5
ENOUGH_WEEKS = 3.0
"""Silent weeks: three without a turn say "less than one a week" (rule of three)."""
TALKING_GROUP = 50
"""Turns of the group; the silence of one is nothing beside the silence of all."""
_COUNTABLE = 60


def logit(p: Floats) -> Floats:
    """log odds."""
    return np.log(p) - np.log1p(-p)


def sigma(x: Floats) -> Floats:
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def distance(keys: Floats, turns: Floats, norm: float) -> Floats:
    """How far the share of key deeds lies above the norm, in logits, shrunk towards it."""
    share = (keys + KAPPA * norm) / (turns + KAPPA)
    return logit(np.clip(share, 1e-6, 1 - 1e-6)) - math.log(norm / (1 - norm))


def lower_bound(keys: Floats, turns: Floats) -> Floats:
    """The lower end of the Wilson interval of a share."""
    n = np.maximum(turns, 1.0)
    p, q = keys / n, Z * Z / n
    spread = Z * np.sqrt(np.clip(p * (1 - p), 0, None) / n + q / (4 * n))
    return np.asarray(np.clip((p + q / 2 - spread) / (1 + q), 0, 1), np.float64)


def volume(turns: Floats, weeks: Floats) -> Floats:
    """How many times more than an ordinary member somebody says, as a logarithm."""
    rate = (turns + TURNS_A_WEEK) / (weeks + 1.0)
    return np.log(rate / TURNS_A_WEEK)


def active_scores(
    turns: Floats,
    worded: Floats,
    keys: Floats,
    weeks: Floats,
    heard: Floats,
    answerers: Floats,
    norms: Mapping[str, Norm] | None = None,
    noise: Floats | None = None,
    *,
    proof: bool = True,
) -> Floats:
    """Scores of the active roles: ``turns``, ``worded``, ``weeks`` […, person], ``keys`` […, person, role],
    ``heard``, ``answerers`` [person].

    s = strength · σ(slope · (distance to the norm + volume − bias)). ``noise`` […, 1, role]: what the tagger
    may be wrong by in this group, in logits. ``proof``: cut what has no lower bound above the norm.
    """
    found = np.empty(keys.shape)
    for r, role in enumerate(ACTIVE):
        norm, k = (norms or NORMS)[role], keys[..., r]
        far = distance(k, worded, norm.share)
        if noise is not None:
            far = far + noise[..., r]
        proven = lower_bound(k, worded) > ABOVE_NORM * norm.share
        if norm.volume:
            said = volume(turns, weeks)
            far = far + norm.volume * said
            proven |= said > math.log(ABOVE_NORM)
        score = (1 - np.exp(-k / ENOUGH_KEYS[role])) * sigma(norm.slope * (far - norm.bias))
        if role == "thinker":
            score = score * (0.5 + 0.5 * np.minimum(1.0, answerers / WIDE))
        if role == "talker" and proof:
            proven &= heard >= HEARD
        found[..., r] = np.where(proven, score, np.minimum(score, UNPROVEN)) if proof else score
    return found


def lurker_score(turns: Floats, weeks: Floats) -> Floats:
    """P(fewer than so many turns a week), with a Gamma(½, ½) prior of the rate."""
    x = (0.5 + weeks) * QUIET_TURNS
    found = np.zeros(np.broadcast(turns, x).shape)
    near = turns < np.minimum(_COUNTABLE, 4 * x + 12)  # beyond it the chance is less than a thousandth
    if near.any():
        found[near] = _below(turns[near].astype(np.int64), x[near])
    return found


def _below(n: Ints, x: Floats) -> Floats:
    """P(Gamma(n + ½, 1) < x): erf(√x) less the terms of Γ(a + 1, x) = a Γ(a, x) + xᵃ e⁻ˣ."""
    found = _erf(np.sqrt(x))
    term = np.sqrt(x) * np.exp(-x) / math.gamma(1.5)
    for step in range(int(n.max(initial=0))):
        found = np.where(n > step, found - term, found)
        term = term * x / (step + 1.5)
    return np.clip(found, 0.0, 1.0)


def _erf(x: Floats) -> Floats:
    """The error function to 1.5e-7 (Abramowitz and Stegun 7.1.26), for x ≥ 0."""
    t = 1 / (1 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return 1 - poly * np.exp(-x * x)


def all_scores(
    turns: Floats,
    worded: Floats,
    keys: Floats,
    weeks: Floats,
    lively: Floats,
    heard: Floats,
    answerers: Floats,
    noise: Floats | None = None,
) -> Floats:
    """The six scores in the order of ``ROLES``. ``weeks``: of membership; ``lively``: the same weighted by
    how much the group talked, 0 where nothing is known of the membership."""
    found = np.zeros((*keys.shape[:-1], len(ROLES)))
    found[..., PLACE] = active_scores(turns, worded, keys, weeks, heard, answerers, noise=noise)
    silent = lurker_score(turns, lively)
    found[..., LURKER] = np.where(lively > 0, silent, 0.0)
    return found


def labels(scores: Floats) -> Ints:
    """The role with the highest score, ordinary where none reaches a half."""
    best = np.argmax(scores, axis=-1)
    return np.where(scores.max(axis=-1) >= HALF, best, ORDINARY)
