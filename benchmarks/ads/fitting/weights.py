"""From examples to the file of the model: weights, kinds and thresholds, the same bytes on every machine.

Sums are of integers; where there are fractions at all (thresholds), they come of single IEEE operations in a
fixed order. No BLAS, no random numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

import numpy as np

from cq.ads._bigrams import bigrams
from cq.ads._descent import SHARE, TRUTH_BITS, Integers, Texts, Weights, descend
from cq.ads.model import FALSE_POSITIVES, FEATURES, Model, Table, features, places
from cq.ads.verdict import AD_KINDS
from fitting.examples import FOLDS, Example, fold, shares, truths

MOST_BIGRAMS, MOST_KIND_BIGRAMS = 15_000, 3_000
ROUNDS = 100
LEAST_TEXTS = 2
KIND_SHARE = {"written": 6 * SHARE}
"""What a text counts for its kind; of other sources it is `SHARE`."""
PULL, KIND_PULL = SHARE * 3 // 16, SHARE // 4
_INT8 = 127
_CALIBRATION = {"weibo": 0.75, "qq": 0.20, "talk": 0.02, "hard": 0.01, "written": 0.02, "clubs": 0.10}
"""The chat that thresholds are taken on, and what each part of it counts: nearly all of it written by people,
with some invented talk about ads (the pack ``ordinary_groups`` and half of what is written one by one), and a
tenth of groups that organise something: no public source has those, and they ask, collect and announce."""
_HARD = frozenset({"hard", "written", "clubs"})
"""Parts that keep their share where others are missing."""


class Seen(NamedTuple):
    """The distinct bigrams of all examples: their codes (`features`), and how many bigrams each has."""

    codes: Integers
    counts: Integers


class Fitted(NamedTuple):
    """Sorted codes with weights in units."""

    codes: Integers
    weights: Weights


def build(chosen: list[Example], rounds: int = ROUNDS) -> bytes:
    """The file of the model from these examples; ValueError where there is no chat for its thresholds."""
    if not any(_calibrates(one) for one in chosen) or not any(one.ad for one in chosen):
        raise ValueError("a model needs ads, and ordinary chat of qq, weibo or the packs")
    seen = _seen([one.skeleton for one in chosen])
    everything = np.ones(len(chosen), bool)
    folds = np.array([fold(one) for one in chosen])
    held = np.full(len(chosen), -np.inf)
    for i in range(FOLDS):
        part = _model(_fit(chosen, seen, folds != i, rounds))
        test = np.flatnonzero(folds == i)
        held[test] = part.scores([chosen[j].skeleton for j in test])
    model = _model(_fit(chosen, seen, everything, rounds))
    t_lo, t_hi, t_alone = thresholds(chosen, held)
    model = with_kinds(model, chosen, rounds)
    return Model(model.table, model.bias, model.kind_bias, t_lo, t_hi, t_alone).to_bytes()


def _seen(skeletons: Sequence[str]) -> Seen:
    found = bigrams(skeletons)
    return Seen(features(found), found.counts)


def _fit(chosen: list[Example], seen: Seen, used: np.ndarray, rounds: int) -> Fitted:
    """Weights of the most telling bigrams of the examples used: all are fitted, the best are fitted again."""
    share = np.zeros(len(chosen), np.int64)
    share[used] = shares([one for one, use in zip(chosen, used, strict=True) if use])
    truth = truths(chosen)
    rows = np.repeat(np.arange(len(chosen)), FEATURES * seen.counts)
    codes, texts = np.unique(seen.codes[(share > 0)[rows] & (seen.codes >= 0)], return_counts=True)
    often = texts >= LEAST_TEXTS
    codes, texts = codes[often], texts[often]
    weights = descend(_texts(seen, codes, truth, share), Weights(0, _none(codes)), pull=PULL, rounds=rounds)
    if len(codes) > MOST_BIGRAMS:
        codes = codes[_most_telling(np.abs(weights.columns), texts, MOST_BIGRAMS)]
        start = Weights(0, _none(codes))
        weights = descend(_texts(seen, codes, truth, share), start, pull=PULL, rounds=rounds)
    return Fitted(codes, weights)


def _none(codes: Integers) -> Integers:
    return np.zeros(len(codes), np.int64)


def _most_telling(size: Integers, texts: Integers, most: int) -> Integers:
    """The bigrams, in order, with the largest weight times root of texts; the earlier one of equals."""
    roots = np.array([isqrt(int(n) << 8) for n in texts], np.int64)
    return np.sort(np.argsort(-size * roots, kind="stable")[:most])


def _texts(seen: Seen, codes: Integers, truth: Integers, share: Integers) -> Texts:
    """The examples that count, over the bigrams in `codes`."""
    rows = np.repeat(np.arange(len(share)), FEATURES * seen.counts)
    at, known = places(codes, seen.codes)
    used = (share > 0) & (seen.counts > 0)
    known = known & used[rows]
    per_text = np.bincount(rows[known], minlength=len(share))
    return Texts(at[known], per_text[used], seen.counts[used], truth[used], share[used])


def _levels(weights: Integers) -> tuple[Integers, int]:
    """Weights rounded to one byte, and the step between two levels."""
    step = int(np.abs(weights).max(initial=0)) // _INT8 + 1
    return (2 * weights + step) // (2 * step), step


def _model(fitted: Fitted) -> Model:
    """A model without kinds, from the weights that are not rounded to nothing."""
    levels, step = _levels(fitted.weights.columns)
    kept = levels != 0
    no_kinds = np.zeros((0, len(AD_KINDS)), np.int8)
    table = Table(fitted.codes[kept], levels[kept].astype(np.int8), step, np.zeros(0, np.int64), no_kinds, 1)
    return Model(table, fitted.weights.bias, (0,) * len(AD_KINDS), 0.0, 0.0, 0.0)


def thresholds(chosen: Sequence[Example], held: np.ndarray) -> list[float]:
    """Scores that 10, 2 and 0.5 of 1,000 ordinary messages reach, which were scored by weights that had not
    seen them; parts of the mixture that are not there are made up for by the others."""
    ordinary = [i for i, one in enumerate(chosen) if _calibrates(one)]
    parts = np.array([_part(chosen[i]) for i in ordinary])
    there = {part: _CALIBRATION[part] for part in sorted(set(parts))}
    easy = sum(share for part, share in there.items() if part not in _HARD)
    hard = sum(share for part, share in there.items() if part in _HARD)
    weight = np.zeros(len(ordinary))
    for part, share in there.items():
        whole = share if part in _HARD or not easy else share / easy * (1 - hard)
        weight[parts == part] = whole / (parts == part).sum()
    order = np.argsort(-held[ordinary], kind="stable")
    above = np.cumsum(weight[order])
    places = np.searchsorted(above, [rate / 1000 for rate in FALSE_POSITIVES])
    # Halves of a unit of the file would round: thresholds are read back as they are written.
    return [float(np.floor(held[ordinary][order[place]] * 4096) / 4096) for place in places]


def _calibrates(one: Example) -> bool:
    # Label 0 of sms is no chat, and has pieces of ads in it.
    return not one.ad and one.source != "sms"


def _part(one: Example) -> str:
    if one.file == "clubs_dev":
        return "clubs"
    if one.source != "own":
        return one.source
    return "hard" if one.group.startswith("ordinary_groups") else "talk"


def with_kinds(model: Model, chosen: Sequence[Example], rounds: int) -> Model:
    """The model with weights of the kinds: one against the others, over invented ads only."""
    known = [kind.value for kind in AD_KINDS]
    ads = [one for one in chosen if one.kind in known]
    if not ads:
        return model
    kinds = np.array([known.index(one.kind) for one in ads])
    seen = _seen([one.skeleton for one in ads])
    share = np.array([KIND_SHARE.get(one.source, SHARE) for one in ads], np.int64)
    at, known = places(model.table.codes, seen.codes)
    kept, texts = np.unique(at[known], return_counts=True)
    fitted = _kind_weights(model.table.codes[kept], seen, kinds, share, rounds)
    size = np.max([np.abs(one.columns) for one in fitted], axis=0)
    kept = kept[_most_telling(size, texts, MOST_KIND_BIGRAMS)]
    fitted = _kind_weights(model.table.codes[kept], seen, kinds, share, rounds)
    levels, step = _levels(np.stack([one.columns for one in fitted], axis=1))
    table = model.table._replace(kind_at=kept, kind_levels=levels.astype(np.int8), kind_step=step)
    bias = tuple(one.bias for one in fitted)
    return Model(table, model.bias, bias, model.t_lo, model.t_hi, model.t_alone)


def _kind_weights(
    codes: Integers, seen: Seen, kinds: np.ndarray, share: Integers, rounds: int
) -> list[Weights]:
    of = [_texts(seen, codes, np.where(kinds == i, 1 << TRUTH_BITS, 0), share) for i in range(len(AD_KINDS))]
    return [descend(texts, Weights(0, _none(codes)), pull=KIND_PULL, rounds=rounds) for texts in of]
