"""Build the model of `cq.conversation.acts`, byte for byte.

    python benchmarks/acts/fit.py              # writes src/cq/conversation/data/acts.bin
    python benchmarks/acts/fit.py --cross      # only what is found when kinds of groups are left out
    python benchmarks/acts/fit.py --out x

One logistic regression an act, in whole numbers (`cq.ads._descent`), over letters, pairs of letters, the sets
of words of ``acts.toml``, the length, and whether it asks; the most telling codes are kept and fitted again.
Limits of readings are taken where texts of kinds of groups that a fold was fitted without are read falsely
as often as ``acts.toml`` allows; how many of each sort of text stand for ordinary talk is ``ORDINARY``.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from math import fsum, isqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src")]

from lessons import DIALOGUE, WRITTEN, Lesson, lessons  # noqa: E402

from cq.ads._descent import SHARE, TRUTH_BITS, Integers, Texts, descend  # noqa: E402
from cq.ads._descent import Weights as Start  # noqa: E402
from cq.conversation import _act_rules  # noqa: E402
from cq.conversation._act_model import SIZES, Model, Reading, codes_of, size_class, spelled, sums  # noqa: E402
from cq.conversation.acts import Act  # noqa: E402
from cq.text.questions import is_question  # noqa: E402

SHIPPED = Path(_act_rules.__file__).parent / "data" / "acts.bin"
MOST_CODES = 7_000
LEAST_TEXTS = 2
PULL = 2 * SHARE
ROUNDS = 60
FOLDS = 5
_INT8 = 127
_LEVELS = 16
"""Levels of one unit of the logit at least; a common step for all acts keeps sums comparable."""

LEAST_SUM = -2 * _LEVELS
"""No limit below a logit of -2: what lessons do not show may be read wrongly."""

ORDINARY = {
    Act.CHAT: 500, Act.FILLER: 200, Act.QUESTION: 120, Act.ANSWER: 70, Act.HELP: 60, Act.EVENT: 15,
    Act.NOTICE: 15, Act.DISSENT: 10, Act.ORDER: 10, Act.RULE: 5, Act.MODERATION: 5, Act.WELCOME: 8,
    Act.SELF_PROMOTION: 5, Act.ADD_ME: 4, Act.INTRODUCTION: 3,
}  # fmt: skip
"""Of 1,000 texts of a group, guessed; the sources that have such texts share alike."""


class Seen(NamedTuple):
    """Lessons as columns: which stand in which text, what is true by act, and how much it counts."""

    columns: Integers
    rows: Integers
    truth: NDArray[np.bool_]
    share: Integers
    cues: list[str]


class Read(NamedTuple):
    """What the model is asked: texts, sets of words in them, questions."""

    texts: pa.Array
    words: NDArray[np.uint64]
    asks: NDArray[np.bool_]


def acts_read() -> list[Act]:
    """The acts that have readings, in the order of the model."""
    return [Act(name) for name in dict.fromkeys(r.act for r in _act_rules.shipped().readings.values())]


def prepared(chosen: list[Lesson]) -> Read:
    """The texts as the rules see them."""
    texts = pa.array([one.text for one in chosen], pa.large_string())
    return Read(texts, _act_rules.bits(texts, _act_rules.shipped()), is_question(texts))


def seen(chosen: list[Lesson], read: Read) -> Seen:
    """Codes keep their number; sets of words, asking and classes of length follow after them."""
    acts = acts_read()
    codes, of_codes, sizes = codes_of(read.texts)
    columns, rows = [codes[codes != 0]], [of_codes[codes != 0]]
    cues = [*_act_rules.shipped().words, "asks"]
    flags = [(read.words & np.uint64(_act_rules.shipped().bit(n))) != 0 for n in cues[:-1]] + [read.asks]
    for n, flag in enumerate(flags):
        rows.append(np.flatnonzero(flag))
        columns.append(np.full(len(rows[-1]), CUE + n))
    rows.append(np.arange(len(chosen)))
    columns.append(CUE + len(cues) + size_class(sizes))
    texts = [round(one.texts * SHARE) for one in chosen]
    return Seen(
        np.concatenate(columns),
        np.concatenate(rows),
        np.array([[act in one.acts for act in acts] for one in chosen], np.bool_),
        np.array([[n * (act in one.known) for act in acts] for n, one in zip(texts, chosen, strict=True)]),
        cues,
    )


CUE = 1 << 20
"""Columns from here on are no codes."""


def build(of: Seen, used: NDArray[np.bool_], most: int = MOST_CODES) -> Model:
    """The weights from the lessons that are used, without readings."""
    width = len(of.cues) + SIZES
    known, often = np.unique(of.columns[used[of.rows] & (of.columns < CUE)], return_counts=True)
    known, often = known[often >= LEAST_TEXTS], often[often >= LEAST_TEXTS]
    rest = np.arange(CUE, CUE + width)
    if len(known) > most:
        fitted, _ = _fit(of, np.append(known, rest), used)
        telling = np.abs(fitted[: len(known)]).sum(axis=1)
        telling *= np.array([isqrt(int(n) << 8) for n in often], np.int64)
        known = np.sort(known[np.argsort(-telling, kind="stable")[:most]])
    fitted, bias = _fit(of, np.append(known, rest), used)
    fitted[len(known) + len(of.cues) :] += bias  # every text has one length
    step = (1 << 20) // _LEVELS
    levels = np.clip((2 * fitted + step) // (2 * step), -_INT8, _INT8).astype(np.int8)
    codes, cues, sizes = np.split(levels, [len(known), len(known) + len(of.cues)])
    kept = (codes != 0).any(axis=1)
    acts = tuple(str(act) for act in acts_read())
    return Model(
        acts, known[kept].astype(np.uint32), codes[kept], dict(zip(of.cues, cues, strict=True)), sizes, ()
    )


def _fit(of: Seen, known: Integers, used: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Weights by column and act, and the intercepts."""
    place = np.minimum(np.searchsorted(known, of.columns), len(known) - 1)
    there = known[place] == of.columns
    order = np.argsort(of.rows[there], kind="stable")
    place, rows = place[there][order], of.rows[there][order]
    found, bias = [], []
    for act in range(of.truth.shape[1]):
        share = of.share[:, act] * used
        some = share > 0
        texts = Texts(
            columns=place[some[rows]],
            known=np.bincount(rows, minlength=len(share))[some],
            distinct=np.ones(int(some.sum()), np.int64),
            truth=np.where(of.truth[some, act], 1 << TRUTH_BITS, 0),
            share=share[some],
        )
        fitted = descend(texts, Start(0, np.zeros(len(known), np.int64)), pull=PULL, rounds=ROUNDS)
        found.append(fitted.columns)
        bias.append(fitted.bias)
    return np.stack(found, axis=1), np.array(bias, np.int64)


def folds(chosen: list[Lesson]) -> Integers:
    """Kinds of groups, templates, series and families of small talk stay together."""
    groups = sorted({one.group for one in chosen if one.source == "written"})

    def fold(one: Lesson) -> int:
        if one.source == "written":
            return groups.index(one.group) % FOLDS
        return hashlib.sha256(one.group.encode()).digest()[0] % FOLDS

    return np.array([fold(one) for one in chosen])


def crossed(chosen: list[Lesson], read: Read, of: Seen) -> Integers:
    """Per lesson and act the sum of the model that was fitted without its group."""
    where = folds(chosen)
    out = np.full(of.truth.shape, np.iinfo(np.int64).min, np.int64)
    for fold in range(FOLDS):
        held = np.flatnonzero(where == fold)
        model = build(of, where != fold)
        some = read.texts.take(pa.array(held))
        bits = _act_rules.shipped().bits
        out[held] = np.stack(
            sums(spelled(some, model), read.words[held], read.asks[held], bits, model), axis=1
        )
    return out


def ordinary(chosen: list[Lesson], act: Act) -> NDArray[np.float64]:
    """How much each lesson counts as one of the texts of a group that do not do this; together 1."""
    sorts = [_sort(one) if act in one.known and act not in one.acts else None for one in chosen]
    count = Counter(sort for sort in sorts if sort)
    sources = Counter(act for _, act in count)
    weights = np.array([ORDINARY[s[1]] / sources[s[1]] / count[s] if s else 0.0 for s in sorts])
    return weights / fsum(weights)  # exact, so alike everywhere


def _sort(one: Lesson) -> tuple[str, Act] | None:
    """Where a text is from, and the rarest thing it does; templates that mislead stand for nothing."""
    if one.source in ("small_talk", "dialogue"):
        return one.source, Act.CHAT
    if one.source == "shared":
        return one.source, Act.SELF_PROMOTION
    some = [act for act in one.acts if act in ORDINARY and one.source != "hostile"]
    return (one.source, min(some, key=lambda act: ORDINARY[act])) if some else None


def readings(chosen: list[Lesson], found: Integers, show: bool = False) -> tuple[Reading, ...]:
    """The limits: the least sum that no more ordinary texts than allowed reach."""
    out, acts = [], acts_read()
    for name, wanted in _act_rules.shipped().readings.items():
        act = acts.index(Act(wanted.act))
        weights = ordinary(chosen, acts[act])
        order = np.argsort(-found[:, act], kind="stable")
        within = np.cumsum(weights[order]) <= wanted.per_mille / 1000
        least = max(int(found[order[np.argmin(within)], act]) + 1, LEAST_SUM)
        out.append(Reading(name, act, least))
        if show:
            held = found[:, act] >= least
            hits = [
                held[[acts[act] in one.acts and one.source == source for one in chosen]].mean()
                for source in ("written", "templates")
            ]
            rate = 1000 * weights[held].sum()
            print(
                f"{name:20} least {least / _LEVELS:6.2f}  false per mille {rate:4.1f}  "
                f"recall written {hits[0]:.2f}  templates {hits[1]:.2f}"
            )
    return tuple(out)


def main() -> int:
    """Build and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--cross", action="store_true")
    options = parser.parse_args()
    if missing := [path for path in (WRITTEN, DIALOGUE) if not path.is_file()]:
        print(f"fit.py: {', '.join(map(str, missing))} not there; nothing was built", file=sys.stderr)
        return 1
    chosen = lessons()
    read = prepared(chosen)
    of = seen(chosen, read)
    limits = readings(chosen, crossed(chosen, read, of), show=True)
    if options.cross:
        return 0
    model = build(of, np.ones(len(chosen), np.bool_))
    data = Model(model.acts, model.codes, model.levels, model.cues, model.sizes, limits).to_bytes()
    options.out.write_bytes(data)
    print(f"{options.out}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
