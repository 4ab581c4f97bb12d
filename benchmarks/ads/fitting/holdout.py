"""How the model does on sources and families it was not built from. It measures and chooses nothing.

Public sources are measured on their held half, which nobody who wrote templates has looked at. The examples
of the specification were read by those who did, so they stand apart and prove little.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import split

from cq.ads.model import Model
from cq.ads.normalize import fold_all
from cq.ads.verdict import AD_KINDS
from fitting.examples import FILES, FOLDS, SOURCES, Example, examples, fold
from fitting.weights import ROUNDS, build

SHORTEST = 6
"""Skeletons below this are left to the rules, so they are not counted at thresholds."""
_LABELS = (200, 1_000)


class Figures(NamedTuple):
    """Average precision, the best F1, and at each threshold the recall and the false positives per 1,000."""

    average_precision: float | None
    best_f1: float | None
    recall: list[float]
    per_thousand: list[float]

    def __str__(self) -> str:
        ranked = (
            "AP  -    F1  -   "
            if self.average_precision is None
            else (f"AP {self.average_precision:.3f} F1 {self.best_f1:.3f}")
        )
        recall = " ".join(f"{value:.3f}" for value in self.recall)
        return f"{ranked}  R {recall:17}  FP/1000 {' '.join(f'{v:.1f}' for v in self.per_thousand)}"


def figures(
    scores: np.ndarray, ad: np.ndarray, long: np.ndarray, at: Iterable[Sequence[float] | np.ndarray]
) -> Figures:
    """The figures of scored texts; ``at`` holds for each threshold one value or one per text."""
    recall, per_thousand = [], []
    for threshold in at:
        above = (scores >= np.asarray(threshold)) & long
        recall.append(float(above[ad].mean()) if ad.any() else float("nan"))
        per_thousand.append(float(above[~ad].mean() * 1000) if (~ad).any() else float("nan"))
    if not ad.any() or ad.all():
        return Figures(None, None, recall, per_thousand)
    hits = ad[np.argsort(-scores, kind="stable")]
    right, rank = np.cumsum(hits), np.arange(1, len(hits) + 1)
    average = float((right / rank * hits).sum() / hits.sum())
    return Figures(average, float((2 * right / (rank + hits.sum())).max()), recall, per_thousand)


def _of(model: Model, texts: list[Example]) -> Figures:
    ad = np.array([one.ad for one in texts])
    long = np.array([len(one.skeleton) >= SHORTEST for one in texts])
    at = [[model.t_lo], [model.t_hi], [model.t_alone]]
    return figures(model.scores([one.skeleton for one in texts]), ad, long, at)


def _held(source: str) -> list[Example]:
    rows = [row for row in split.labelled() if row.source == source and split.half(row.text) == "held"]
    skeletons = fold_all([row.text for row in rows])[1]
    return [Example(s, row.ad, source, "", "") for row, s in zip(rows, skeletons, strict=True)]


def _built(sources: Collection[str], packs: bool = True) -> Model:
    return Model.from_bytes(build(examples(sources, "all", packs)))


def measure() -> None:
    """Print all figures; takes a few minutes."""
    for line in _files():
        print(line, flush=True)
    held = {source: _held(source) for source in SOURCES}
    for source in SOURCES:
        model = _built([s for s in SOURCES if s != source])
        print(f"without {source:6} on {source:6} {_of(model, held[source])}", flush=True)
        if source != "weibo":
            _print_refit(model, source, held[source])
    own = _built([])
    for source in SOURCES:
        print(f"own only       on {source:6} {_of(own, held[source])}")
    for line in (*_families(), *_specification(_built(SOURCES), "all"), *_specification(own, "own only")):
        print(line)


def _print_refit(model: Model, source: str, held: list[Example]) -> None:
    dev = examples([source], "dev", False)
    order = np.argsort([hash_of(one) for one in dev], kind="stable")
    for labels in _LABELS:
        chosen = [dev[i] for i in order[:labels]]
        after = model.refit([one.skeleton for one in chosen], [one.ad for one in chosen])
        print(f"   and {len(chosen):5} labels        {_of(after, held)}")


def hash_of(one: Example) -> int:
    """An order that has nothing to do with where a text stands."""
    return int.from_bytes(hashlib.sha256(one.skeleton.encode()).digest()[:6])


def _families() -> Iterator[str]:
    """Own packs, a fifth of the families left out at a time; thresholds come from the model without them."""
    chosen = examples(SOURCES, "all", True)
    ad, scores, at, kinds = [], [], [], []
    texts: list[Example] = []
    for i in range(FOLDS):
        kept = [one for one in chosen if one.source != "own" or fold(one) != i]
        test = [one for one in chosen if one.source == "own" and fold(one) == i]
        model = Model.from_bytes(build(kept, ROUNDS))
        skeletons = [one.skeleton for one in test]
        texts += test
        ad += [one.ad for one in test]
        scores += model.scores(skeletons).tolist()
        at += [[model.t_lo, model.t_hi, model.t_alone]] * len(test)
        kinds.append(model.kinds(skeletons))
    is_ad, long = np.array(ad), np.array([len(one.skeleton) >= SHORTEST for one in texts])
    values, thresholds = np.array(scores), np.array(at).T
    hard = np.array([one.group.startswith("ordinary_groups") for one in texts])
    yield f"families left out, ads against ordinary talk {figures(values, is_ad, long, thresholds)}"
    for name, part in (("everyday", ~is_ad & ~hard), ("hard", ~is_ad & hard)):
        some = figures(values[part], is_ad[part], long[part], thresholds[:, part])
        yield f"   {name:9} ({part.sum():5}) FP/1000 {' '.join(f'{v:.1f}' for v in some.per_thousand)}"
    yield f"   kind of unseen families: {_guessed(np.concatenate(kinds), texts)}"


def _files() -> Iterator[str]:
    """Files of written messages, one left out at a time; as many hard ordinary ones in them as ads."""
    written = examples((), "all", False)
    for name in FILES:
        rest = [file for file in FILES if file != name]
        model = Model.from_bytes(build(examples(SOURCES, "all", True, rest)))
        texts = [one for one in written if one.file == name]
        guessed = _guessed(model.kinds([one.skeleton for one in texts]), texts)
        yield f"without {name:10} on it {_of(model, texts)}  kind {guessed}"


def _guessed(kinds: np.ndarray, texts: list[Example]) -> str:
    """How often the kind of an ad is the first guess, and one of the first two."""
    order = np.argsort(-kinds[[one.ad for one in texts]], axis=1)
    names = [kind.value for kind in AD_KINDS]
    true = np.array([names.index(one.kind) for one in texts if one.ad])
    top = [(order[:, :n] == true[:, None]).any(axis=1).mean() for n in (1, 2)]
    return f"first {top[0]:.3f}, one of two {top[1]:.3f}"


def _specification(model: Model, name: str) -> Iterator[str]:
    lines = (split.DATA / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    skeletons = fold_all([row["text"] for row in rows])[1]
    texts = [Example(s, row["label"] == 1, "", "", "") for row, s in zip(rows, skeletons, strict=True)]
    yield f"examples of the specification ({len(texts)}), {name}: {_of(model, texts)}"
    ads = [i for i, row in enumerate(rows) if row["label"] == 1]
    first = model.kinds([skeletons[i] for i in ads]).argmax(axis=1)
    right = np.mean([AD_KINDS[k].value == rows[i]["kind"] for k, i in zip(first, ads, strict=True)])
    yield f"   kind of its {len(ads)} ads, by the model alone: {right:.3f}"
