"""What the model learns from: texts with their source, how far a label is believed and how much it counts.

Sources are weighed as blocks, so that none drowns the others, and near-duplicates share their weight. The
examples of the specification are in none of them: they only measure.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from math import isqrt
from typing import Literal, NamedTuple

import numpy as np
import split

import fitting
from cq.ads._descent import SHARE, TRUTH_BITS
from cq.ads.normalize import fold_all

SOURCES = ("qq", "sms", "weibo")
FILES = ("players", "neighbours", "business", "clubs_dev")
"""Messages written one by one, not from templates; each file by another hand."""
FOLDS = 5


class Example(NamedTuple):
    """A text as the model sees it. ``group`` is what stays together in folds: a family, near-duplicates."""

    skeleton: str
    ad: bool
    source: str
    group: str
    kind: str
    asks: bool = False
    file: str = ""


class Block(NamedTuple):
    """The texts of a source with one label: what they count together, in texts, and how true the label is."""

    texts: int
    truth: float


# Found by leaving sources out. The ads of qq are in part people who ask for the product, label 0 of sms holds
# pieces of ads; a target short of certainty keeps such texts from pulling without end.
BLOCKS = {
    ("written", True): Block(20_000, 0.97),
    ("written", False): Block(20_000, 0.02),
    ("own", True): Block(10_000, 0.97),
    ("own", False): Block(14_000, 0.02),
    ("sms", True): Block(5_000, 0.9),
    ("sms", False): Block(4_000, 0.08),
    ("qq", True): Block(2_000, 0.8),
    ("qq", False): Block(3_000, 0.02),
    ("weibo", False): Block(10_000, 0.02),
}
_ASKING = re.compile("吗|谁|有没有|有人|求|收")
_ASKING_LENGTH = 25
_SHORT_SMS, _SHORT_QQ = 12, 6
"""Shorter ads of these sources are mostly pieces cut off: a greeting, a name, the number of an account."""
_FINE = 1 << 20


def examples(
    sources: Collection[str],
    half: Literal["dev", "all"],
    packs: bool | Collection[str],
    files: Collection[str] = FILES,
) -> list[Example]:
    """All texts to learn from: public, of packs (of all kinds, of some, of none), and written one by one."""
    own = _own(None if packs is True else packs) if packs else ()
    return [*_public(sources, half), *own, *_written(files)]


def _public(sources: Collection[str], half: str) -> Iterator[Example]:
    if not sources:
        return
    rows = [
        row
        for row in split.labelled()
        if row.source in sources and (half == "all" or split.half(row.text) == half)
    ]
    for row, skeleton in zip(rows, fold_all([row.text for row in rows])[1], strict=True):
        asks = bool(_ASKING.search(row.text)) and len(skeleton) < _ASKING_LENGTH
        yield Example(skeleton, row.ad, row.source, split.key(row.text), "", asks)


def _own(kinds: Collection[str] | None) -> Iterator[Example]:
    made = list(fitting.messages(kinds))
    for one, skeleton in zip(made, fold_all([one.text for one in made])[1], strict=True):
        yield Example(skeleton, one.kind != "none", "own", one.family, one.kind)


def _written(files: Collection[str]) -> Iterator[Example]:
    for name in files:
        with (fitting.PACKS / "written" / f"{name}.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        skeletons = fold_all([row["text"] for row in rows])[1]
        for row, skeleton in zip(rows, skeletons, strict=True):
            group = split.key(row["text"])
            yield Example(skeleton, row["label"] == 1, "written", group, row.get("kind", ""), file=name)


def fold(example: Example) -> int:
    """The fold of an example: by its file, or by its source and group."""
    if example.file:
        return FILES.index(example.file)
    return hashlib.sha256(f"{example.source} {example.group}".encode()).digest()[0] % FOLDS


def shares(chosen: list[Example]) -> np.ndarray:
    """How much each example counts, in `SHARE` s."""
    alike = Counter((one.source, one.group) for one in chosen if one.source != "own")
    raw = [_FINE // isqrt(alike.get((one.source, one.group), 1)) * _believed(one) // 100 for one in chosen]
    total: Counter[tuple[str, bool]] = Counter()
    for one, weight in zip(chosen, raw, strict=True):
        total[one.source, one.ad] += weight
    counts = (
        BLOCKS[one.source, one.ad].texts * SHARE * weight // total[one.source, one.ad] if weight else 0
        for one, weight in zip(chosen, raw, strict=True)
    )
    return np.fromiter(counts, np.int64, len(chosen))


def _believed(one: Example) -> int:
    """Percent of its weight that an example keeps."""
    if not one.ad or one.source in ("own", "written"):
        return 100
    if one.source == "sms":
        return 10 if len(one.skeleton) < _SHORT_SMS else 100
    return (10 if one.asks else 100) * (30 if len(one.skeleton) < _SHORT_QQ else 100) // 100


def truths(chosen: list[Example]) -> np.ndarray:
    """The targets of the examples, in truth units."""
    by_block = {block: int(of.truth * (1 << TRUTH_BITS)) for block, of in BLOCKS.items()}
    return np.array([by_block[one.source, one.ad] for one in chosen], np.int64)
