"""The bigram model: a table of small weights that says how much a text reads like an ad, and of which kind.

A score is ``b + sum(w) / sqrt(n)`` over the distinct bigrams of a skeleton, where ``w`` is the weight of the
bigram, if it has one, plus that of its second character. It may promote what rules have
noticed and is never a reason that a person could check; what it was built from, how, and how well it does
stands in ``data/MODEL_CARD.md``. Labels of one's own move the weights (`Model.refit`); nothing else is
learnt here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.ads._bigrams import Bigrams, bigrams, blocks
from cq.ads._descent import SHARE, TRUTH_BITS, UNIT_BITS, Integers, Texts, Weights, descend, sums
from cq.ads.verdict import AD_KINDS

UNIT = 1 << UNIT_BITS
FALSE_POSITIVES = (10.0, 2.0, 0.5)
"""Per 1,000 ordinary messages, at ``t_lo``, ``t_hi`` and ``t_alone``."""

_MAGIC = b"cqb2"
_HEAD = struct.Struct(f"<4s3H2x5i{1 + len(AD_KINDS)}i")
Levels = NDArray[np.int8] | NDArray[np.int16]
"""One byte as shipped, two after refitting."""

_HIGHEST = 0xFFFE
"""Only characters up to here have weights; a pair with another counts as unknown."""
ANY = 0xFFFF
"""As the first of a pair: whatever stands before the second. So a bigram never seen says something, too."""

# Refitting; measured with labels of a source that the model was built without (fit.py --measure).
_LABEL_SHARE = 4 * SHARE
_PULL = SHARE
_ROUNDS = 60
_LABELLED_AD, _LABELLED_ORDINARY = int(0.97 * (1 << TRUTH_BITS)), int(0.03 * (1 << TRUTH_BITS))
_NEW_BIGRAM_TEXTS = 2
_ENOUGH_ORDINARY = 200
_FOLDS = 4


class Table(NamedTuple):
    """Bigrams as ``first * 2 ** 16 + second``, sorted, and a level each; a weight is ``level * step`` units.

    The last two are the same for the kinds of ads: where in ``codes`` a row of ``kind_levels`` belongs.
    """

    codes: Integers
    levels: Levels
    step: int
    kind_at: Integers
    kind_levels: NDArray[np.int8]
    kind_step: int


@dataclass(frozen=True, eq=False)
class Model:
    """Weights and thresholds; ``t_lo``, ``t_hi`` and ``t_alone`` are scores that 10, 2 and 0.5 of 1,000
    ordinary messages reach. ``bias`` and ``kind_bias`` are in units."""

    table: Table
    bias: int
    kind_bias: tuple[int, ...]
    t_lo: float
    t_hi: float
    t_alone: float

    @classmethod
    def from_bytes(cls, data: bytes) -> Model:
        """The model in a file written by `to_bytes`; raises ValueError where it is none."""
        if data[: len(_MAGIC)] != _MAGIC or len(data) < _HEAD.size:
            raise ValueError("not a bigram model")
        _, characters, size, kinds, bias, step, *rest = _HEAD.unpack_from(data)
        at = _HEAD.size

        def taken(dtype: str, count: int) -> NDArray[Any]:
            nonlocal at
            part = np.frombuffer(data, dtype, count, at)
            at += part.nbytes
            return part

        points, per_first = taken("<u2", characters), taken("<u2", characters)
        second, levels = taken("<u2", size), taken("i1", size)
        kind_at = taken("<u2", kinds).astype(np.int64)
        kind_levels = taken("i1", kinds * len(AD_KINDS)).reshape(kinds, len(AD_KINDS))
        first = np.repeat(points.astype(np.int64), per_first)
        codes = first << 16 | points[second]
        table = Table(codes, levels, step, kind_at, kind_levels, rest[3])
        lo, hi, alone = (t / (1 << TRUTH_BITS) for t in rest[:3])
        return cls(table, bias, tuple(rest[4:]), lo, hi, alone)

    def to_bytes(self) -> bytes:
        """The file: no compression, so that the bytes depend on no library. Only for models as built."""
        table = self.table
        first, second = table.codes >> 16, table.codes & 0xFFFF
        points = np.unique(np.concatenate([first, second]))
        at = [int(t * (1 << TRUTH_BITS)) for t in (self.t_lo, self.t_hi, self.t_alone)]
        sizes = len(points), len(table.codes), len(table.kind_at)
        head = _HEAD.pack(_MAGIC, *sizes, self.bias, table.step, *at, table.kind_step, *self.kind_bias)
        per_first = np.bincount(np.searchsorted(points, first), minlength=len(points))
        parts = [
            *(part.astype("<u2") for part in (points, per_first, np.searchsorted(points, second))),
            table.levels.astype("i1"),
            table.kind_at.astype("<u2"),
            table.kind_levels,
        ]
        return b"".join([head, *(part.tobytes() for part in parts)])

    def scores(self, skeletons: Sequence[str]) -> NDArray[np.float32]:
        """How much each text reads like an ad, ``[n]`` in logits; ``-inf`` for less than two characters."""
        found = np.empty(len(skeletons), np.float32)
        for block in blocks(skeletons):
            seen = bigrams(skeletons[block])
            total = sums(self._dense.look_up(seen), seen.counts)
            with np.errstate(divide="ignore", invalid="ignore"):
                logit = (self.bias + total * self.table.step / np.sqrt(seen.counts)) / UNIT
            found[block] = np.where(seen.counts > 0, logit, -np.inf)
        return found

    def kinds(self, skeletons: Sequence[str]) -> NDArray[np.float32]:
        """The probabilities of `AD_KINDS`, ``[n, 7]``, given that each text is an ad."""
        found = np.empty((len(skeletons), len(AD_KINDS)), np.float32)
        codes = self.table.codes[self.table.kind_at]
        for block in blocks(skeletons):
            seen = bigrams(skeletons[block])
            at, known = places(codes, features(seen))
            levels = np.zeros((len(at), len(AD_KINDS)), np.int8)
            levels[known] = self.table.kind_levels[at[known]]
            total = np.stack([sums(each, FEATURES * seen.counts) for each in levels.T], axis=1)
            scale = self.table.kind_step / np.sqrt(np.maximum(seen.counts, 1))
            logit = (np.array(self.kind_bias) + total * scale[:, None]) / UNIT
            likely = np.exp(logit - logit.max(axis=1, keepdims=True))
            found[block] = likely / likely.sum(axis=1, keepdims=True)
        return found

    def top(self, skeleton: str, n: int = 3) -> list[str]:
        """The bigrams, as they stand in the skeleton, that spoke loudest for an ad; the loudest first."""
        seen = bigrams([skeleton])
        levels = self._dense.look_up(seen)
        inside = np.flatnonzero((seen.at > 0) & (seen.at < len(skeleton)) & (levels > 0))
        loudest = inside[np.argsort(-levels[inside].astype(np.int64), kind="stable")[:n]]
        return [skeleton[at - 1 : at + 1] for at in seen.at[loudest].tolist()]

    def refit(self, skeletons: Sequence[str], is_ad: Sequence[bool]) -> Model:
        """A model moved towards these labels: the most probable weights when the present ones are the prior.

        Bigrams that are new and in two labelled texts are added. Thresholds stay unless 200 ordinary
        messages are labelled; then each that can be seen in so many is taken from scores out of four folds.
        Deterministic: integers, and no order but that of the labels.
        """
        if len(skeletons) != len(is_ad):
            raise ValueError("as many labels as texts")
        moved = self._moved(skeletons, is_ad)
        ordinary = [i for i, ad in enumerate(is_ad) if not ad]
        if len(ordinary) < _ENOUGH_ORDINARY:
            return moved
        held: list[float] = []
        for fold in range(_FOLDS):
            kept = [i for i in range(len(skeletons)) if i % _FOLDS != fold]
            model = self._moved([skeletons[i] for i in kept], [is_ad[i] for i in kept])
            held += model.scores([skeletons[i] for i in ordinary if i % _FOLDS == fold]).tolist()
        lo, hi, alone = _recalibrated((self.t_lo, self.t_hi, self.t_alone), held)
        return replace(moved, t_lo=lo, t_hi=hi, t_alone=alone)

    def _moved(self, skeletons: Sequence[str], is_ad: Sequence[bool]) -> Model:
        table, seen = self.table, bigrams(skeletons)
        codes = features(seen)
        often, texts = np.unique(codes[codes >= 0], return_counts=True)
        union = np.union1d(table.codes, often[texts >= _NEW_BIGRAM_TEXTS])
        before = np.zeros(len(union), np.int64)
        old = np.searchsorted(union, table.codes)
        before[old] = table.levels.astype(np.int64) * table.step
        at, known = places(union, codes)
        truth = np.where(np.asarray(is_ad, bool), _LABELLED_AD, _LABELLED_ORDINARY)
        labelled = Texts(
            columns=at[known],
            known=sums(known, FEATURES * seen.counts),
            distinct=seen.counts,
            truth=truth,
            share=np.where(seen.counts > 0, _LABEL_SHARE, 0),
        )
        start = Weights(self.bias, before)
        # The intercept stays: what people label is no sample, so how many of it are ads says nothing.
        weights = descend(labelled, start, pull=_PULL, rounds=_ROUNDS, keep_bias=True).columns
        step = int(np.abs(weights).max(initial=0)) // np.iinfo(np.int16).max + 1
        # Rounded to whole steps, which are far finer than those of the file.
        levels = ((2 * weights + step) // (2 * step)).astype(np.int16)
        moved = table._replace(codes=union, levels=levels, step=step, kind_at=old[table.kind_at])
        return replace(self, table=moved)

    @cached_property
    def _dense(self) -> _Dense:
        return _Dense.of(self.table)


class _Dense(NamedTuple):
    """Levels by the number of the first and of the second character, that of the second by itself added;
    number 0 is any other character."""

    numbers: NDArray[np.uint16]
    levels: NDArray[np.int16] | NDArray[np.int32]
    width: int

    @classmethod
    def of(cls, table: Table) -> _Dense:
        first, second = table.codes >> 16, table.codes & 0xFFFF
        used = np.zeros(ANY + 1, bool)
        used[first] = used[second] = True
        used[ANY] = False
        numbers = np.where(used, np.cumsum(used), 0).astype(np.uint16)
        width = int(used.sum()) + 1
        levels = np.zeros((width, width), np.int16 if table.levels.dtype == np.int8 else np.int32)
        alone = first == ANY
        levels[:, numbers[second[alone]]] = table.levels[alone]
        levels[numbers[first[~alone]], numbers[second[~alone]]] += table.levels[~alone]
        return cls(numbers, levels.ravel(), width)

    def look_up(self, seen: Bigrams) -> NDArray[np.int16] | NDArray[np.int32]:
        first, second = (
            np.where(points <= _HIGHEST, self.numbers[points & ANY], 0)
            for points in (seen.first, seen.second)
        )
        return self.levels[first.astype(np.int64) * self.width + second]


FEATURES = 2
"""Codes of a bigram: its own, and that of its second character."""


def features(seen: Bigrams) -> Integers:
    """Codes as in a table, `FEATURES` for each bigram one behind the other, -1 for what no table has."""
    high = seen.second > _HIGHEST
    own = np.where(high | (seen.first > _HIGHEST), -1, seen.first.astype(np.int64) << 16 | seen.second)
    alone = np.where(high, -1, ANY << 16 | seen.second.astype(np.int64))
    return np.stack([own, alone], axis=1).ravel()


def places(table: Integers, codes: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Where codes stand in a sorted table, and whether they do."""
    if not len(table):
        return np.zeros(len(codes), np.int64), np.zeros(len(codes), bool)
    at = np.minimum(np.searchsorted(table, codes), len(table) - 1)
    return at, table[at] == codes


def _recalibrated(before: tuple[float, ...], held: Sequence[float]) -> list[float]:
    """Thresholds from scores of ordinary messages: of each rate that leaves at least one message above."""
    ordered = sorted(held, reverse=True)
    after: list[float] = []
    for old, rate in zip(before, FALSE_POSITIVES, strict=True):
        above = int(len(ordered) * rate / 1000)
        new = max(ordered[above], -1e9) if above else old
        after.append(max(new, *after) if after else new)
    return after


@cache
def load() -> Model:
    """The model that is shipped."""
    return Model.from_bytes(resources.files("cq.ads").joinpath("data", "bigrams.bin").read_bytes())
