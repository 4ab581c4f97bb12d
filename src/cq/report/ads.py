"""``cq ads`` as text: which messages are ads, by kind and sender, with the evidence marked in them.

Verdicts come a piece at a time and only those that are shown are kept. A message is text from a chat: one
cleaned line, cut around its evidence. It judges nothing, and the ratios of a report are made elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cq import locales
from cq.ads.verdict import AD_KINDS, AdKind, Verdict
from cq.report._ad_excerpt import excerpt, fitted, harmless, styled
from cq.report._terminal_layout import LABEL, STRONG, TITLE, Page, cut, flow, paragraph
from cq.report._terminal_parts import group_name
from cq.report._terminal_section import heading
from cq.report.terminal import _page as page_of
from cq.report.terminal import _print as print_lines
from cq.report.wording import clean
from cq.result import GroupInfo

KEPT = 5_000
"""Distinct messages kept of a kind; what is beyond them is counted."""
PLACES = ("confirmed", "suspected", "chain", "flood")
"""The parts of a page, in order."""
SHOWN = 20
"""So many suspected messages are shown unless all are asked for."""
RULES_SHOWN = 6
EXCERPT_COLUMNS = 240
LABEL_COLUMNS = 16
LEAST_TEXT = 24


class Listed(Protocol):
    """The verdicts of one group, or of bare texts; see :class:`cq.judging.Listing`."""

    @property
    def group(self) -> GroupInfo | None: ...
    @property
    def pieces(self) -> Iterator[tuple[int, list[Verdict]]]: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def unseen(self) -> int: ...
    @property
    def set_aside(self) -> Mapping[str, int]: ...


@dataclass(slots=True)
class _Item:
    """Messages of one sender that say the same: the first of them, and how many there are."""

    verdict: Verdict
    times: int = 1


@dataclass(slots=True)
class _Kept:
    """What of a listing is shown, by place on the page; the rest is counted."""

    looked_at: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    items: dict[tuple[str, str], dict[tuple[str, str], _Item]] = field(default_factory=dict)
    beyond: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        place = _place(verdict)
        self.counts[place] += 1
        family = (place, verdict.kind)
        items = self.items.setdefault(family, {})
        key = (verdict.sender_id or "", verdict.text if place != "flood" else "")
        if key in items:
            items[key].times += 1
        elif len(items) < KEPT:
            items[key] = _Item(verdict)
        else:
            self.beyond[family] += 1


def render(
    listings: Iterable[Listed],
    console: Console,
    *,
    lang: str = "zh",
    color: bool = True,
    verbose: bool = False,
    every: bool = False,
) -> None:
    """``cq ads --format text``: print the listings one after the other; ``every``: what is no ad, too."""
    page = page_of(console, lang, verbose)
    for number, listing in enumerate(listings):
        kept = _Kept()
        for looked_at, verdicts in listing.pieces:
            kept.looked_at += looked_at
            for verdict in verdicts:
                kept.add(verdict)
        lines = list(_listing(listing, kept, page, every))
        while not lines[0].plain:
            lines.pop(0)
        print_lines([*([Text()] if number else []), *lines], console, color)


def _place(verdict: Verdict) -> str:
    if verdict.verdict == "none":
        return "others"
    return verdict.kind if verdict.kind in (AdKind.CHAIN, AdKind.FLOOD) else verdict.verdict


def _listing(listing: Listed, kept: _Kept, page: Page, every: bool) -> Iterator[Text]:
    if listing.group is not None:
        name = group_name(listing.group.name, listing.group.id, page.words)
        yield Text(cut(name, page.width, page.marks), STRONG)
    shown = [place for place in PLACES if kept.counts[place]]
    for place in [*shown, *(["others"] if every and kept.counts["others"] else [])]:
        yield from heading(_say(page, place), page)
        if place == "confirmed":
            yield from _by_kind(listing, kept, page)
        else:
            yield from _short(place, listing, kept, page)
    if shown or every:
        yield from heading(_say(page, "total"), page)
    yield from _totals(listing, kept, page, bare=not shown)


# -- confirmed: by kind and sender -------------------------------------------------------------------


def _by_kind(listing: Listed, kept: _Kept, page: Page) -> Iterator[Text]:
    families = [(("confirmed", kind), kept.items.get(("confirmed", kind), {})) for kind in AD_KINDS]
    families.sort(key=lambda pair: -sum(item.times for item in pair[1].values()))
    first = True
    for family, items in families:
        if not items:
            continue
        total = sum(item.times for item in items.values()) + kept.beyond[family]
        yield from [] if first else [Text()]
        first = False
        yield Text(
            "  " + _say(page, "kind", kind=kind_name(family[1], page), amount=_amount(listing, total, page)),
            TITLE,
        )
        if listing.group is None:
            for item in items.values():
                yield from _full(item, page, 4)
        else:
            yield from _by_sender(listing, items.values(), page)
        if kept.beyond[family]:
            yield Text("    " + _say(page, "kept", amount=_amount(listing, kept.beyond[family], page)), LABEL)


def _by_sender(listing: Listed, items: Iterable[_Item], page: Page) -> Iterator[Text]:
    senders: dict[str | None, list[_Item]] = {}
    for item in items:
        senders.setdefault(item.verdict.sender_id, []).append(item)
    for sender, theirs in sorted(senders.items(), key=lambda pair: -sum(i.times for i in pair[1])):
        total = sum(item.times for item in theirs)
        name = cut(_sender(listing, sender, page), page.width - LABEL_COLUMNS, page.marks)
        yield Text.assemble("    ", (name, STRONG), ("  " + _amount(listing, total, page), LABEL))
        for item in theirs:
            yield from _full(item, page, 6)


def _full(item: _Item, page: Page, indent: int) -> Iterator[Text]:
    """When, what with the evidence marked, and which rules saw it."""
    label = _when(item, page)
    said = excerpt(item.verdict, EXCERPT_COLUMNS, page.marks)
    yield from styled(paragraph(said, page, indent=indent, label=label), page.marks)
    rules = _rules(item.verdict, page)
    if rules:
        yield from flow(rules, page, indent=indent + 2, style=LABEL)


def _rules(verdict: Verdict, page: Page) -> list[str]:
    # The model's weight is on a scale of its own, so it does not stand before the rules.
    heavy = sorted(
        (e for e in verdict.evidence if e.weight > 0), key=lambda e: (e.rule == "model", -e.weight)
    )
    names = list(dict.fromkeys(rule_name(e.rule, page) for e in heavy))
    names += [f"{page.marks.dash} {rule_name(a.rule, page)}" for a in verdict.against]
    return names[:RULES_SHOWN]


# -- the others: one line each -----------------------------------------------------------------------


def _short(place: str, listing: Listed, kept: _Kept, page: Page) -> Iterator[Text]:
    families = [(family, items) for family, items in kept.items.items() if family[0] == place]
    items = [item for _, items in families for item in items.values()]
    if place != "flood":
        items.sort(key=lambda i: (i.verdict.sent_at or "", _line(i.verdict)))
    limit = len(items) if page.verbose or place == "others" else SHOWN
    for item in items[:limit]:
        yield from _one_line(place, item, listing, page)
    hidden = sum(item.times for item in items[limit:])
    if hidden:
        yield Text("  " + _say(page, "more", amount=_amount(listing, hidden, page)), LABEL)
    if beyond := sum(kept.beyond[family] for family, _ in families):
        yield Text("  " + _say(page, "kept", amount=_amount(listing, beyond, page)), LABEL)


def _one_line(place: str, item: _Item, listing: Listed, page: Page) -> Iterator[Text]:
    verdict = item.verdict
    who = "" if listing.group is None else _short_name(listing, verdict.sender_id, page)
    if place == "flood" and listing.group is not None:
        first = page.words.moment(verdict.sent_at or "")
        facts = [
            _sender(listing, verdict.sender_id, page),
            _amount(listing, item.times, page),
            _say(page, "since", first=first),
        ]
        facts += [rule_name(e.rule, page) for e in verdict.evidence if e.kind == AdKind.FLOOD][:1]
        yield Text(cut("  " + f" {page.marks.dot} ".join(facts), page.width, page.marks))
        return
    kind = kind_name(verdict.kind, page) if place == "suspected" else ""
    head = cut("  " + "  ".join(filter(None, (_when(item, page), who, kind))), page.width, page.marks)
    room = page.width - cell_len(head) - 2
    if room < LEAST_TEXT:  # a narrow page: the text on a line of its own
        yield Text(head, LABEL)
        head, room = "  ", page.width - 4
    said = excerpt(verdict, room, page.marks)
    if not any(e.span for e in verdict.evidence):  # nothing to mark: say what it was
        said = page.words.say("format.with_base", value=said, base=page.words.listing(_rules(verdict, page)))
    said = fitted(said, room, page.marks)
    yield from styled([Text.assemble((head + "  ", LABEL), said)], page.marks)


# -- totals ------------------------------------------------------------------------------------------


def _totals(listing: Listed, kept: _Kept, page: Page, *, bare: bool) -> Iterator[Text]:
    words = page.words
    amount = _amount(listing, kept.looked_at, page)
    parts = [_say(page, "looked_at" if listing.group is not None else "looked_at_lines", amount=amount)]
    if bare:
        parts.insert(0, _say(page, "nothing"))
    for place in PLACES if not bare else ():
        count, n = kept.counts[place], kept.looked_at
        if place in ("confirmed", "suspected") or count:
            value = words.ratio(count / n, n) if n else words.number(count)
            parts.append(_say(page, "share", what=_say(page, f"{place}_short"), value=value))
    yield from flow(parts, page, indent=2)
    if listing.set_aside:
        aside = [_say(page, reason, n=words.number(n)) for reason, n in listing.set_aside.items()]
        yield from paragraph(_say(page, "aside", list=words.listing(aside)), page, indent=2)
    yield from paragraph(_say(page, "measured"), page, indent=2, style=LABEL)
    if listing.group is None:
        yield from paragraph(_say(page, "unseen_lines"), page, indent=2, style=LABEL)
    elif listing.unseen:
        unseen = words.amount(listing.unseen, "message")
        yield from paragraph(_say(page, "unseen", amount=unseen), page, indent=2, style=LABEL)
    evidence = (e for items in kept.items.values() for i in items.values() for e in i.verdict.evidence)
    rule = next((e.rule for e in evidence if not e.rule.startswith("own:")), None)
    if rule:
        yield from paragraph(_say(page, "explain", rule=rule), page, indent=2, style=LABEL)


# -- words -------------------------------------------------------------------------------------------


def _say(page: Page, key: str, **values: object) -> str:
    entry: Any = page.words.table("ads", "say", key)
    return locales.fill(entry, values) if isinstance(entry, str) else key


def kind_name(kind: str, page: Page) -> str:
    """What a kind is called."""
    name: Any = page.words.table("ads", "kinds", kind, "name")
    return name if isinstance(name, str) else clean(kind)


def rule_name(rule: str, page: Page) -> str:
    """What a rule is called; the operator's own by the name it was given."""
    for table in (("ads", "behaviour"), ("rules",)):
        name: Any = page.words.table(*table, rule, "name")
        if isinstance(name, str):
            return name
    return clean(rule.removeprefix("own:"))


def _amount(listing: Listed, n: int, page: Page) -> str:
    return page.words.amount(n, "message" if listing.group is not None else "row")


def _when(item: _Item, page: Page) -> str:
    at = item.verdict.sent_at
    when = page.words.moment(at) if at else _say(page, "line", n=f"{_line(item.verdict):,}")
    return f"{when} {_say(page, 'times', n=item.times)}" if item.times > 1 else when


def _line(verdict: Verdict) -> int:
    number = verdict.message_id.removeprefix("line:")
    return int(number) if number.isdecimal() else 0


def _sender(listing: Listed, sender: str | None, page: Page) -> str:
    if sender is None:
        return _say(page, "nobody")
    name = clean(listing.names.get(sender, ""))
    shown = clean(sender.removeprefix("name:"))
    return _say(page, "sender", name=name, id=shown) if name and name != shown else shown


def _short_name(listing: Listed, sender: str | None, page: Page) -> str:
    if sender is None:
        return _say(page, "nobody")
    name = harmless(listing.names.get(sender, "")) or harmless(sender.removeprefix("name:"))
    return cut(name, LABEL_COLUMNS, page.marks)
