"""Verdicts on texts with all their evidence, under one policy.

The columns of :mod:`cq.ads.words` decide; this module says why, applies what the operator settled
(allow-list, ignored kinds, labels), and judges bare texts. Senders and time are for ``group``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cq.ads import flood
from cq.ads.model import load
from cq.ads.normalize import Folded, fold_all
from cq.ads.policy import Label, Policy
from cq.ads.rules import Hit, book, own_rule
from cq.ads.verdict import AD_KINDS, KINDS, OUTCOMES, AdKind, Against, Evidence, Verdict
from cq.ads.words import CHUNK, Decided, Reader, Words, weigh

UNIT_FLOOD = 0.5
"""Weight of one message that is a repeated unit. Taste as much as behaviour, so at most suspected."""

Reason = Evidence | Against


class Judge:
    """A reader of words and the policy it serves."""

    def __init__(self, reader: Reader, policy: Policy) -> None:
        self.reader, self.policy = reader, policy
        self.labels = {label.text.strip(): label for label in policy.labels if label.text}

    def verdicts(self, texts: Sequence[str], first: int = 1) -> list[Verdict]:
        """The verdicts of bare texts, each by itself; ``message_id`` counts from ``first``."""
        found: list[Verdict] = []
        for at in range(0, len(texts), CHUNK):
            found += self._verdicts(texts[at : at + CHUNK], first + at)
        return found

    def _verdicts(self, texts: Sequence[str], first: int) -> list[Verdict]:
        words = self.reader.words(texts, keep=True)
        decided = self.reader.decide(words)
        floods = flood.unit_flood(texts)
        told = words.found | (decided.outcome > 0)
        if self.labels:
            told |= np.fromiter((t.strip() in self.labels for t in texts), np.bool_, len(texts))
        return [
            self.verdict(f"line:{first + i}", text, words, decided, i, unit=floods.get(i))
            if told[i] or i in floods
            else Verdict(f"line:{first + i}", None, None, text, "none", AdKind.NONE)
            for i, text in enumerate(texts)
        ]

    def verdict(
        self,
        message_id: str,
        text: str,
        words: Words,
        decided: Decided,
        i: int,
        *,
        context: Sequence[Reason] = (),
        unit: tuple[int, int] | None = None,
        flooding: str | None = None,
        label: Label | None = None,
        exempt: bool = False,
    ) -> Verdict:
        """The decision on entry ``i`` with all its evidence.

        ``words`` were read with ``keep``. ``context`` is evidence from outside the words, ``unit`` the span
        of a repeated unit, ``flooding`` why the message is part of its sender's flood.
        """
        outcome, kind = int(decided.outcome[i]), KINDS[decided.kind[i]]
        folded, hits = words.read.get(i, (None, []))
        weighed = weigh(hits)
        reasons = [*(_reason(hit, folded, text) for hit in hits if folded), *context]
        reasons += self._model(float(words.model[i]), outcome, kind)
        score = weighed.score + sum(reason.weight for reason in context)
        kinds = _kinds(weighed.kinds, context, kind, float(decided.chance[i]))
        if unit is not None:
            reasons.append(Evidence("flood_unit", AdKind.FLOOD, UNIT_FLOOD, unit, text[slice(*unit)]))
        label = label or self.labels.get(text.strip())
        outcome, kind, settled = self._settled(outcome, kind, score, label, exempt, bool(words.allowed[i]))
        reasons += settled
        if flooding and unit is None:
            reasons.append(Evidence(f"flood_{flooding}", AdKind.FLOOD, 1.0))
        if flooding or unit is not None:
            kinds[AdKind.FLOOD] = 1.0 if flooding else UNIT_FLOOD
            if outcome == 0 and label is None and not exempt:
                outcome, kind = 2 if flooding else 1, AdKind.FLOOD
        return Verdict(
            message_id,
            None,
            None,
            text,
            OUTCOMES[outcome],
            kind,
            sorted(((k, round(w, 3)) for k, w in kinds.items()), key=lambda pair: -pair[1]),
            round(score, 3),
            [r for r in reasons if isinstance(r, Evidence)],
            [r for r in reasons if isinstance(r, Against)],
        )

    def _model(self, logit: float, outcome: int, kind: AdKind) -> list[Reason]:
        model = self.reader.model
        if model is None or not np.isfinite(logit) or (not outcome and logit < model.t_lo):
            return []
        return [Evidence("model", kind, round(logit, 3))]

    def _settled(
        self, outcome: int, kind: AdKind, score: float, label: Label | None, exempt: bool, allowed: bool
    ) -> tuple[int, AdKind, list[Reason]]:
        """The decision after the operator: a label decides, then what is set aside by policy."""
        if label is not None:
            outcome, kind = labelled(label, kind)
            return outcome, kind, [Evidence("label", kind, 1.0) if outcome else Against("label", -1.0)]
        aside = "exempt_sender" if exempt else "allowed" if allowed else ""
        if kind in self.policy.ignore_kinds:
            aside = aside or "ignored_kind"
        if not (outcome and aside):
            return outcome, kind, []
        return 0, AdKind.NONE, [Against(aside, -round(max(score, 0.0), 3))]


def labelled(label: Label, kind: AdKind) -> tuple[int, AdKind]:
    """What a label made by hand says: index into ``OUTCOMES`` and kind; ``ad`` keeps the best guess."""
    if label.label == "none":
        return 0, AdKind.NONE
    if label.label != "ad":
        kind = AdKind(label.label)
        return (1 if kind == AdKind.CHAIN else 2), kind
    return 2, kind if kind in AD_KINDS and kind != AdKind.CHAIN else AdKind.TRAFFIC


def judge(policy: Policy | None = None, texts: Mapping[str, str] | None = None) -> Judge:
    """The judge of a policy: its rules, and the model, refitted where messages were labelled by hand.

    ``texts``: message id → text, for labels that give no text.
    """
    policy = policy or Policy()
    model = load() if policy.model else None
    marked = [(label.text or (texts or {}).get(label.message_id or ""), label) for label in policy.labels]
    known = [(text, label.label != "none") for text, label in marked if text]
    if model is not None and known:
        _, skeletons = fold_all([text for text, _ in known])
        model = model.refit(skeletons, [ad for _, ad in known])
    rules = book([own_rule(rule) for rule in policy.rules.add], policy.rules.off)
    return Judge(Reader(rules, model, policy.rules.allow), policy)


def _reason(hit: Hit, folded: Folded, text: str) -> Reason:
    """A hit with its span in the original text, its slice and what it was folded to; a hit in what stands
    behind the text (a card's title) has no place."""
    lo, hi = folded.span(hit.lo, hit.hi, hit.view)
    here = hi <= len(text)
    span, piece = ((lo, hi), text[lo:hi]) if here else (None, None)
    if hit.rule.weight < 0:
        return Against(hit.rule.id, hit.rule.weight, span, piece)
    view = folded.norm if hit.view == "norm" else folded.skeleton
    kind = hit.rule.kind or AdKind.NONE
    return Evidence(hit.rule.id, kind, hit.rule.weight, span, piece, view[hit.lo : hit.hi] if here else None)


def _kinds(
    by_rules: Sequence[float], context: Sequence[Reason], guess: AdKind, chance: float
) -> dict[AdKind, float]:
    """The evidence for each kind; the best guess with what the kind model adds to it."""
    kinds = {kind: weight for kind, weight in zip(AD_KINDS, by_rules, strict=True) if weight > 0}
    for reason in context:
        if isinstance(reason, Evidence) and reason.kind in AD_KINDS:
            kinds[reason.kind] = kinds.get(reason.kind, 0.0) + reason.weight
    if guess in AD_KINDS:
        kinds[guess] = kinds.get(guess, 0.0) + chance
    return kinds
