"""Counting verdicts against labels: precision, recall, false positives, kinds. No text is kept or shown."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cq.ads.verdict import Verdict

CONFIRMED, SUSPECTED = "confirmed", "suspected or better"
LEVELS = (CONFIRMED, SUSPECTED)


class Case(NamedTuple):
    """A message with its label; ``kind`` of an ad is empty where it was not decided."""

    text: str
    ad: bool
    kind: str = ""
    family: str = ""


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; (0, 1) of nothing."""
    if not n:
        return 0.0, 1.0
    share, square = hits / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Tally:
    """Ads found and missed, other messages flagged and left alone."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def precision(self) -> float | None:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None

    @property
    def f1(self) -> float | None:
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else None

    @property
    def fp_per_1000(self) -> float | None:
        return 1000 * self.fp / (self.fp + self.tn) if self.fp + self.tn else None

    @property
    def fp_interval(self) -> tuple[float, float]:
        """The 95 % interval of the false positives per 1,000."""
        low, high = wilson(self.fp, self.fp + self.tn)
        return 1000 * low, 1000 * high

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.tp + other.tp, self.fn + other.fn, self.fp + other.fp, self.tn + other.tn)


def flagged(verdict: Verdict, level: str) -> bool:
    """Whether a message is called an ad; flooding is behaviour and none."""
    if verdict.kind == "flood":
        return False
    return verdict.verdict == "confirmed" or (level == SUSPECTED and verdict.verdict == "suspected")


def tally(cases: Sequence[Case], verdicts: Sequence[Verdict], level: str) -> Tally:
    """Chain letters can be no more than suspected, so they are left out of what could be confirmed."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for case, verdict in zip(cases, verdicts, strict=True):
        if not (level == CONFIRMED and case.kind == "chain"):
            counts[case.ad, flagged(verdict, level)] += 1
    return Tally(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


@dataclass(slots=True)
class Kinds:
    """Kinds of the ads that were found: by true kind how many, how many with the right kind first, and among
    the first two; ``confusion`` counts pairs of true and given kind; ``missed`` ads of a kind."""

    found: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    two: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def share(self, right: Counter[str]) -> float | None:
        return right.total() / self.found.total() if self.found.total() else None


def kinds(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> Kinds:
    """The kinds of ads whose kind was decided."""
    result = Kinds()
    for case, verdict in zip(cases, verdicts, strict=True):
        if not (case.ad and case.kind):
            continue
        if not flagged(verdict, SUSPECTED):
            result.missed[case.kind] += 1
            continue
        others = [str(kind) for kind, _ in verdict.kinds if kind != verdict.kind]
        result.found[case.kind] += 1
        result.first[case.kind] += verdict.kind == case.kind
        result.two[case.kind] += case.kind in (str(verdict.kind), *others[:1])
        result.confusion[case.kind, str(verdict.kind)] += 1
    return result


def unfounded(verdicts: Iterable[Verdict]) -> int:
    """Verdicts without evidence, or with evidence that is not where it says it is."""
    wrong = 0
    for verdict in verdicts:
        spans = [(reason.span, reason.text) for reason in verdict.evidence]
        spans += [(reason.span, reason.text) for reason in verdict.against]
        misplaced = any(span is not None and verdict.text[slice(*span)] != text for span, text in spans)
        empty = any(span is not None and span[0] >= span[1] for span, _ in spans)
        wrong += misplaced or empty or (verdict.verdict != "none" and not verdict.evidence)
    return wrong
