"""The rule book: what speaks for an ad and what speaks against it, as data with weights.

The rules stand in ``data/rules.toml``, their names and meanings in ``locales/``. A book finds the rules
that hit a folded text, and passes over in bulk the texts for which none speaks. It decides nothing:
adding weights up and comparing them with thresholds is the cascade's business.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from cq.ads import links, literals, triggers
from cq.ads._unwritten import urls, without_urls
from cq.ads.verdict import AdKind
from cq.errors import CqError

if TYPE_CHECKING:
    from cq.ads.normalize import Folded
    from cq.ads.policy import OwnRule

View = Literal["norm", "skeleton"]
VIEWS: tuple[View, ...] = ("norm", "skeleton")

Places = dict[int, tuple[int, int]]
"""Place of a rule in the book → where it hits its view."""

DISGUISE = "disguise"
DISGUISED_CONTACT = "disguised_contact"
OWN = "own:"
_NUMBERED = frozenset({"contact_id", "channel_id", "group_number", "contact_phone", "call_phone"})
"""Rules whose hit holds a number or a name to add."""


class Rule(msgspec.Struct, frozen=True):
    """``kind`` is None where a rule says nothing of the kind, as all rules against (``weight`` < 0) do.

    ``pattern`` is read on one view of the folded text; an empty one belongs to a rule about how a word was
    written (``disguise``). ``contact`` rules say how to be reached and not for what.
    """

    id: str
    kind: AdKind | None
    weight: float
    view: View
    pattern: str
    contact: bool = False


class Hit(NamedTuple):
    """Where a rule hit: a piece of that view of the folded text."""

    rule: Rule
    lo: int
    hi: int
    view: View


class RuleBook:
    """Rules with what it takes to try them quickly. Expressions are compiled when first needed."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in rules})
        self._list = tuple(self.rules.values())

    def find(self, folded: Folded) -> list[Hit]:
        """The first hit of every rule, for and against, in the order of the book, disguises behind them."""
        hits = self.read(folded.norm, folded.skeleton)
        return hits + self.disguised(hits, folded)

    def read(self, norm: str, skeleton: str) -> list[Hit]:
        """What :meth:`find` finds, but for disguises."""
        return self._hits(
            norm, next(_both(self._for, [norm], [skeleton])) | next(_both(self._against, [norm], [skeleton]))
        )

    def read_all(self, norms: Sequence[str], skeletons: Sequence[str]) -> Iterator[list[Hit]]:
        """The same for many texts, where anything speaks for an ad; the others are passed over."""
        spoke = _both(self._for, norms, skeletons)
        for norm, skeleton, places in zip(norms, skeletons, spoke, strict=True):
            if places:
                places |= next(_both(self._against, [norm], [skeleton]))
            yield self._hits(norm, places) if places else []

    def against_all(self, norms: Sequence[str], skeletons: Sequence[str]) -> Iterator[list[Hit]]:
        """Only what speaks against an ad, for many texts."""
        found = _both(self._against, norms, skeletons)
        return (self._hits(norm, places) if places else [] for norm, places in zip(norms, found, strict=True))

    def _hits(self, norm: str, places: Places) -> list[Hit]:
        hits = [Hit(self._list[at], *places[at], self._list[at].view) for at in sorted(places)]
        if links := urls(norm):
            hits = [hit for found in hits for hit in self._outside(found, norm, links)]
        return hits

    def _outside(self, hit: Hit, norm: str, links: Sequence[tuple[int, int]]) -> list[Hit]:
        """The hit, or the next one of its rule, outside any address: what stands in one is no contact."""
        if not hit.rule.contact or hit.view != "norm" or not any(lo <= hit.lo < hi for lo, hi in links):
            return [hit]
        found = re.search(hit.rule.pattern, without_urls(norm))
        return [Hit(hit.rule, *found.span(), hit.view)] if found and found.end() > found.start() else []

    def disguised(self, hits: Sequence[Hit], folded: Folded) -> list[Hit]:
        """Words that speak for an ad and were disguised; more so where it is a number or a name to add."""
        found: list[Hit] = []
        for id_ in (DISGUISE, DISGUISED_CONTACT) if folded.disguises else ():
            rule = self.rules.get(id_)
            near = [h for h in hits if h.rule.weight > 0 and (id_ == DISGUISE or h.rule.id in _NUMBERED)]
            touching = rule and _first_within(folded, near)
            if rule and touching:
                lo = bisect_right(folded.norm_at, touching[0]) - 1
                hi = max(bisect_left(folded.norm_at, touching[1]), lo + 1)
                found.append(Hit(rule, lo, min(hi, len(folded.norm)), "norm"))
        return found

    @cached_property
    def _for(self) -> dict[View, triggers.Triggers]:
        return self._triggers(1)

    @cached_property
    def _against(self) -> dict[View, triggers.Triggers]:
        return self._triggers(-1)

    def _triggers(self, sign: int) -> dict[View, triggers.Triggers]:
        written = [
            (at, rule) for at, rule in enumerate(self._list) if rule.pattern and rule.weight * sign > 0
        ]
        return {
            view: triggers.Triggers({at: rule.pattern for at, rule in written if rule.view == view})
            for view in VIEWS
        }


def _both(
    tries: Mapping[View, triggers.Triggers], norms: Iterable[str], skeletons: Iterable[str]
) -> Iterator[Places]:
    """Where rules hit, for each pair of views."""
    return map(or_, tries["norm"].hits(norms), tries["skeleton"].hits(skeletons))


def _first_within(folded: Folded, hits: Iterable[Hit]) -> tuple[int, int] | None:
    """The first disguised piece of the original text that lies within one of the hits."""
    spans = [folded.span(hit.lo, hit.hi, hit.view) for hit in hits]
    for lo, hi in folded.disguises:
        if any(lo < end and start < hi for start, end in spans):
            return lo, hi
    return None


@cache
def _built_in() -> RuleBook:
    page = tomllib.loads(files("cq.ads").joinpath("data", "rules.toml").read_text(encoding="utf-8"))
    return RuleBook(_read(page))


def _read(page: Mapping[str, Any]) -> Iterable[Rule]:
    fragments: dict[str, str] = {}

    def fill(pattern: str) -> str:
        return re.sub(r"<([A-Z][A-Z_]*)>", lambda m: fragments[m[1]], pattern)

    for name, pattern in page["fragments"].items():
        fragments[name] = fill(pattern)
    for id_, entry in page["rules"].items():
        written = entry.get("pattern", links.expression(id_[5:]) if id_.startswith("link_") else "")
        patterns = [written] if isinstance(written, str) else written
        kind = AdKind(entry["kind"]) if "kind" in entry else None
        joined = "|".join(map(fill, patterns))
        view = entry.get("view", "skeleton")
        yield Rule(id_, kind, float(entry["weight"]), view, joined, entry.get("contact", False))


def book(own: Sequence[Rule] = (), off: Collection[str] = ()) -> RuleBook:
    """The built-in rules without those named in ``off``, with the operator's own ones behind them.

    Raises :class:`CqError` ``unknown_rule`` where ``off`` names a rule that is not there.
    """
    base = _built_in()
    for id_ in off:
        if id_ not in base.rules:
            near = difflib.get_close_matches(id_, base.rules, 1, 0)
            raise CqError("unknown_rule", rule=id_, near=near[0])
    if not own and not off:
        return base
    return RuleBook([*(rule for rule in base.rules.values() if rule.id not in off), *own])


def own_rule(written: OwnRule) -> Rule:
    """A rule of the operator's as a :class:`Rule`: a pattern is read on the folded text with punctuation,
    words on the one without. Raises :class:`CqError` ``own_rule`` where the pattern cannot be used."""
    from cq.ads.normalize import fold

    kind = None if written.kind is AdKind.NONE else written.kind
    words = [word for word in (fold(w).skeleton for w in written.words) if word]
    if written.pattern is None and words:
        pattern = "|".join(map(re.escape, words))
        return Rule(OWN + written.name, kind, written.weight, "skeleton", pattern)
    if not written.pattern:
        raise CqError("own_rule", name=written.name, reason="empty")
    try:
        re.compile(written.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise CqError("own_rule", name=written.name, reason=str(error)) from error
    if literals.nested(written.pattern, strict=True):
        raise CqError("own_rule", name=written.name, reason="(a+)+")
    return Rule(OWN + written.name, kind, written.weight, "norm", f"(?i:{written.pattern})")
