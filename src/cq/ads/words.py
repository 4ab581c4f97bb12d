"""What the words of texts say, as columns: fold, trigger, rules, bigrams, decision.

The cheap steps run over whole chunks; rules, which know where they hit, run only where the trigger
saw something. The limits are those of the experiments behind them (``CONFIRMED`` and its neighbours);
the model's own thresholds come with its weights. It knows no sender, no time and no neighbours, and it
explains nothing: ``cascade`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.ads.model import Model
from cq.ads.normalize import Folded, Views, fold_all
from cq.ads.rules import Hit, RuleBook
from cq.ads.verdict import AD_KINDS, KINDS, AdKind

SUSPECTED = 0.3
"""Least rule evidence, where the model agrees at least a little (``t_lo``)."""
SUSPECTED_BY_RULES = 0.6
"""Rule evidence for a suspicion where the model says nothing."""
CONFIRMED_WITH_MODEL = 0.5
"""Rule evidence that the model may confirm (``t_hi``)."""
CONFIRMED = 0.85
"""Rule evidence for a confirmed ad, unless the model takes it for ordinary talk (below ``t_lo``). The rules
alone had precision .99 there on hand-checked messages of unseen sources; with the model not against it, the
false alarms of 9,129 held messages of personal chat fell from 6 to 1, at a loss of one ad in seventy."""
OVERWHELMING = 1.2
"""Rule evidence that is suspicious whatever the model says: an ad padded with small talk reads like talk."""
ALONE_CHARACTERS = 12
"""A skeleton as long as this may be suspected by the model alone, above its strictest threshold."""
RULES_ONLY_CHARACTERS = 6
"""A shorter skeleton holds too few bigrams: the model says nothing about it."""
WINDOW_CHARACTERS = 400
"""Evidence counts together only as far as it stands this close: a long article is no heap of hints."""
AROUND_CHARACTERS = 100
"""Counter-evidence counts this far around the window, too."""
CONTACT_SHARE = 0.25
"""A contact says how, not what: this much of its weight counts for the kind."""
CHUNK = 8192

_CHAIN = AD_KINDS.index(AdKind.CHAIN)
_PLACES: dict[AdKind | None, int] = {kind: place for place, kind in enumerate(AD_KINDS)}
NO_KIND = KINDS.index(AdKind.NONE)


class Weighed(NamedTuple):
    """The rule hits of one text added up: the sum, the sum without chain letters, and by kind."""

    score: float
    without_chain: float
    kinds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of texts say, one entry per text.

    ``score``: sum of rule weights; ``without_chain``: the same without chain letters; ``model``: logit,
    -inf where it was not asked; ``alone``: the model may speak without a rule; ``kinds``: [n, 7] evidence
    by ``AD_KINDS``; ``found``: any rule spoke for an ad; ``looked``: what speaks against was looked for,
    too; ``allowed``: the allow-list applies; ``skeletons``: the folded texts as Arrow strings; ``read``:
    by entry, what was found where, if that was to be kept.
    """

    score: NDArray[np.float32]
    without_chain: NDArray[np.float32]
    model: NDArray[np.float32]
    alone: NDArray[np.bool_]
    kinds: NDArray[np.float32]
    found: NDArray[np.bool_]
    looked: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    skeletons: pa.Array
    read: dict[int, tuple[Folded, list[Hit]]]

    @staticmethod
    def joined(parts: Sequence[Words]) -> Words:
        """The parts one behind the other."""
        arrays = {name: np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS}
        starts = accumulate((len(p.score) for p in parts), initial=0)
        read = {at + i: kept for at, p in zip(starts, parts, strict=False) for i, kept in p.read.items()}
        return Words(**arrays, skeletons=pa.concat_arrays([p.skeletons for p in parts]), read=read)

    def taken(self, index: Sequence[int]) -> Words:
        """The entries at ``index``, in that order, some of them several times."""
        at = np.asarray(index, np.int64)
        arrays = {name: getattr(self, name)[at] for name in _COLUMNS}
        read = {i: self.read[of] for i, of in enumerate(index) if of in self.read}
        return Words(**arrays, skeletons=self.skeletons.take(pa.array(at)), read=read)


_COLUMNS = ("score", "without_chain", "model", "alone", "kinds", "found", "looked", "allowed")


class Decided(NamedTuple):
    """Decisions: int8 index into ``OUTCOMES``, int8 index into ``KINDS``, and the probability that the kind
    model gives that kind (0 without it)."""

    outcome: NDArray[np.int8]
    kind: NDArray[np.int8]
    chance: NDArray[np.float32]


class Reader:
    """Rules, model and allow-list, ready to read texts."""

    def __init__(self, rules: RuleBook, model: Model | None, allow: Sequence[str] = ()) -> None:
        self.rules, self.model = rules, model
        folded = zip(*fold_all(list(allow)), strict=True)
        self._allow = [(norm.strip(), bare) for norm, bare in folded if norm.strip()]

    def words(self, texts: Sequence[str], *, keep: bool = False) -> Words:
        """What the words of ``texts`` say; any number of texts. ``keep``: also what was found where."""
        parts = [self._chunk(texts[at : at + CHUNK], keep) for at in range(0, len(texts), CHUNK)]
        return Words.joined(parts) if parts else self._chunk((), keep)

    def _chunk(self, texts: Sequence[str], keep: bool) -> Words:
        """Each different text is read once: talk repeats itself, and ads more so."""
        first: dict[str, int] = {}
        index = [first.setdefault(text, len(first)) for text in texts]
        words = self._distinct(list(first), keep)
        return words if len(first) == len(texts) else words.taken(index)

    def _distinct(self, texts: Sequence[str], keep: bool) -> Words:
        n = len(texts)
        views = Views(texts)
        score, without, kinds = np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros((n, 7), np.float32)
        found, against, looked = (np.zeros(n, np.bool_) for _ in range(3))
        read: dict[int, tuple[Folded, list[Hit]]] = {}

        def note(i: int, hits: list[Hit]) -> None:
            folded = views.of(i)
            hits += self.rules.disguised(hits, folded)
            if keep:
                read[i] = folded, hits
            score[i], without[i], kinds[i] = weigh(hits)
            found[i] = any(h.rule.weight > 0 for h in hits)
            against[i] = any(h.rule.weight < 0 for h in hits)
            looked[i] = True

        for i, hits in enumerate(self.rules.read_all(views.norms, views.skeletons)):
            if hits:
                note(i, hits)
        length = np.fromiter(map(len, views.skeletons), np.int64, n)
        alone = length >= ALONE_CHARACTERS
        model = np.full(n, -np.inf, np.float32)
        if self.model is not None:
            asked = np.flatnonzero((found & (length >= RULES_ONLY_CHARACTERS)) | alone)
            model[asked] = self.model.scores([views.skeletons[i] for i in asked.tolist()])
            # Where nothing speaks for an ad what speaks against it was not looked for: where the model would
            # speak alone, it still is to be.
            for i in np.flatnonzero(alone & ~looked & (model >= self.model.t_alone)).tolist():
                note(i, self.rules.read(views.norms[i], views.skeletons[i]))
        return Words(
            score,
            without,
            model,
            alone & ~against,
            kinds,
            found,
            looked,
            self._allowed(views.norms, views.skeletons),
            pa.array(views.skeletons, pa.large_string()),
            read,
        )

    def look_again(self, words: Words, at: NDArray[np.int64], texts: Sequence[str]) -> None:
        """Look for what speaks against entries ``at`` that the trigger passed over: evidence from outside the
        words is about to speak for them. ``texts`` are those of ``at``."""
        views = Views(texts)
        for place, (i, hits) in enumerate(
            zip(at.tolist(), self.rules.against_all(views.norms, views.skeletons), strict=True)
        ):
            if hits:
                words.read[i] = views.of(place), hits
                words.score[i] = words.without_chain[i] = weigh(hits).score
                words.alone[i] &= words.score[i] >= 0
        words.looked[at] = True

    def _allowed(self, norms: Sequence[str], skeletons: Sequence[str]) -> NDArray[np.bool_]:
        if not self._allow:
            return np.zeros(len(norms), np.bool_)
        pairs = zip(norms, skeletons, strict=True)
        return np.array(
            [
                any(w in norm or (bare and bare in skeleton) for w, bare in self._allow)
                for norm, skeleton in pairs
            ],
            np.bool_,
        )

    def decide(
        self, words: Words, more: NDArray[np.float32] | None = None, kinds: NDArray[np.float32] | None = None
    ) -> Decided:
        """The decision on each text; ``more`` ([n]) and ``kinds`` ([n, 7]) are evidence from outside.

        A chain letter is at most suspected, unless it is an ad as well; then it counts as that ad.
        Allow-list and policy are the caller's.
        """
        extra = np.zeros(len(words.score), np.float32) if more is None else more
        evidence = words.kinds if kinds is None else words.kinds + kinds
        whole = self._tier(words.score + extra, words)
        bare = self._tier(words.without_chain + extra, words)
        chances = self._chances(words.skeletons, whole)
        total = np.round(evidence + chances, 4)
        guess = total.argmax(1)
        chain = guess == _CHAIN
        # An ad that asks to be passed on as well.
        both = chain & (bare == 2)
        total[both, _CHAIN] = -1.0
        guess = np.where(both, total.argmax(1), guess)
        outcome = np.where(chain, np.minimum(whole, np.maximum(bare, 1)), whole).astype(np.int8)
        chance = chances[np.arange(len(guess)), guess]
        return Decided(outcome, np.where(outcome > 0, guess, NO_KIND).astype(np.int8), chance)

    def _tier(self, score: NDArray[np.float32], words: Words) -> NDArray[np.int8]:
        score = score + np.float32(1e-4)  # float32 sums of 0.85 must reach 0.85
        tier = np.zeros(len(score), np.int8)
        silent = np.isneginf(words.model)
        tier[(score >= SUSPECTED_BY_RULES) & silent | (score >= OVERWHELMING)] = 1
        if self.model is not None:
            tier[(score >= SUSPECTED) & (words.model >= self.model.t_lo)] = 1
            tier[words.alone & (words.model >= self.model.t_alone)] = 1
            tier[(score >= CONFIRMED_WITH_MODEL) & (words.model >= self.model.t_hi)] = 2
            silent |= words.model >= self.model.t_lo
        tier[(score >= CONFIRMED) & silent] = 2
        return tier

    def _chances(self, skeletons: pa.Array, tier: NDArray[np.int8]) -> NDArray[np.float32]:
        """Probabilities of the kinds by the kind model, [n, 7]; nothing where there is no verdict."""
        chances = np.zeros((len(tier), len(AD_KINDS)), np.float32)
        rows = np.flatnonzero(tier)
        if self.model is not None and len(rows):
            chances[rows] = self.model.kinds(skeletons.take(pa.array(rows)).to_pylist())
        return chances


def weigh(hits: Sequence[Hit]) -> Weighed:
    """The hits of one text added up; of the positive ones, those that stand close together."""
    start = _window(hits)
    end = start + WINDOW_CHARACTERS
    kinds = [0.0] * len(AD_KINDS)
    positive = chain = against = 0.0
    for rule, at in ((h.rule, h.lo) for h in hits):
        if rule.weight < 0:
            against += rule.weight if start - AROUND_CHARACTERS <= at < end + AROUND_CHARACTERS else 0.0
        elif start <= at < end:
            positive += rule.weight
            if (place := _PLACES.get(rule.kind)) is not None:
                kinds[place] += rule.weight * (CONTACT_SHARE if rule.contact else 1.0)
                chain += rule.weight if rule.kind == AdKind.CHAIN else 0.0
    return Weighed(positive + against, positive - chain + against, tuple(kinds))


def _window(hits: Sequence[Hit]) -> int:
    """Where the window with the most positive weight starts."""
    good = sorted((h.lo, h.rule.weight) for h in hits if h.rule.weight > 0)
    if not good or good[-1][0] - good[0][0] < WINDOW_CHARACTERS:
        return good[0][0] if good else 0
    starts = {at: sum(w for other, w in good if at <= other < at + WINDOW_CHARACTERS) for at, _ in good}
    return max(starts, key=lambda at: (starts[at], -at))
