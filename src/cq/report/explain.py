"""What a code means, from the words: the pages behind ``cq explain``.

The definitions stand in ``locales/<lang>/metrics.toml``, one per number, in ``rules.toml`` and
``ads.toml`` for what makes an ad, in ``roles.toml`` for the roles; weights come from where they are
applied. This module only finds them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from cq import locales
from cq.errors import UsageError
from cq.result import Explanation

_PARAGRAPHS = ("means", "formula", "source", "fails")


def explain(code: str | None, lang: str) -> list[Explanation]:
    """The page of one code, or all of them. A bare code or a name is enough where it is the only one."""
    every = list(_all(locales.load(lang)))
    if code is None:
        return every
    wanted = code.strip().lower()
    exact = [e for e in every if wanted in (e.code, e.code.replace(".", "s.", 1))]
    found = exact or [e for e in every if wanted in _short(e)]
    if not found:
        known = [e.code for e in every]
        near = difflib.get_close_matches(wanted, known, 3, 0.4)
        raise UsageError("unknown_code", code=code, near=", ".join(near) or ", ".join(known[:3]))
    return found


def _short(explanation: Explanation) -> tuple[str, ...]:
    """What a code may be called for short: its last part, or its name."""
    return re.split(r"[./]", explanation.code)[-1], explanation.name.partition("（")[0].lower()


def rules(lang: str) -> list[Explanation]:
    """The pages of the rules that speak for or against an ad, those about behaviour last."""
    return [e for e in _ads(locales.load(lang)) if e.kind == "rule"]


def weight(rule: str) -> float | None:
    """The weight of a rule; none for the model, whose weight depends on the words, and for decisions."""
    from cq.ads.rules import book

    found = book().rules.get(rule)
    return found.weight if found else _behaviour().get(rule)


def _all(words: dict[str, Any]) -> Iterator[Explanation]:
    yield from _analyses(words)
    yield from _findings(words)
    yield from _roles(words)
    yield from _ads(words)


def _analyses(words: dict[str, Any]) -> Iterator[Explanation]:
    metrics, sections = words.get("metrics", {}), words.get("sections", {})
    for id_, section in sections.items():
        paragraphs = {k: section[k] for k in ("question", "cannot") if k in section}
        yield Explanation(
            id_,
            "section",
            section["title"],
            paragraphs,
            sorted(c for c in metrics if c.startswith(f"{id_}.")),
        )
    for code, metric in metrics.items():
        paragraphs = {k: metric[k] for k in _PARAGRAPHS if metric.get(k)}
        yield Explanation(code, "metric", metric["name"], paragraphs, [code.partition(".")[0]])
    for family, kind in (("tables", "table"), ("series", "series")):
        for code, entry in words.get(family, {}).items():
            paragraphs = {k: entry[k] for k in _PARAGRAPHS if entry.get(k)}
            yield Explanation(code, kind, entry["title"], paragraphs, [code.partition(".")[0]])


def _findings(words: dict[str, Any]) -> Iterator[Explanation]:
    """What can be found, with the limits that decide."""
    for code, entry in words.get("findings", {}).items():
        keys = ("means", "formula", "threshold", "source", "fails", "action")
        paragraphs = {k: entry[k] for k in keys if entry.get(k)}
        yield Explanation(code, "finding", entry["name"], paragraphs, [code.partition("/")[0]])


def _roles(words: dict[str, Any]) -> Iterator[Explanation]:
    """The parts members play, and what is said of those who play none."""
    names = words["roles"]["names"]
    for role, entry in names.items():
        kept = ("means", "formula", "acts", "threshold", "source", "fails")
        paragraphs = {k: entry[k] for k in kept if k in entry}
        yield Explanation(f"role.{role}", "role", entry["name"], paragraphs, ["roles"])


def _ads(words: dict[str, Any]) -> Iterator[Explanation]:
    """Ad kinds, verdicts, rules of the book and rules about behaviour."""
    from cq.ads.rules import book

    ads, pages = words["ads"], words["rules"]
    for kind, entry in ads["kinds"].items():
        used = sorted(rule.id for rule in book().rules.values() if rule.kind == kind)
        yield Explanation(f"kind.{kind}", "ad_kind", entry["name"], _paragraphs(entry), used)
    for verdict, entry in ads["verdicts"].items():
        yield Explanation(f"verdict.{verdict}", "verdict", entry["name"], _paragraphs(entry), ["model"])
    for rule in book().rules.values():
        entry = {"source": ads["explain"]["source"], "fails": ads["explain"]["fails"], **pages[rule.id]}
        related = [f"kind.{rule.kind}"] if rule.kind else []
        yield _rule(rule.id, entry, related, ads)
    for id_, entry in ads["behaviour"].items():
        fails = entry.get("fails", ads["explain"]["behaviour"])
        yield _rule(id_, {**entry, "fails": fails}, [], ads)


def _rule(id_: str, entry: dict[str, str], related: list[str], ads: dict[str, Any]) -> Explanation:
    paragraphs = _paragraphs(entry)
    heavy = weight(id_)
    if heavy is not None:
        side = ads["explain"]["against" if heavy < 0 else "for"]
        said = locales.fill(ads["explain"]["weight"], {"weight": f"{heavy:g}", "side": side})
        paragraphs = {k: v for k, v in paragraphs.items() if k == "means"} | {"threshold": said} | paragraphs
    return Explanation(id_, "rule", entry["name"], paragraphs, related)


def _behaviour() -> dict[str, float]:
    """The weights of the rules about behaviour and about the kind of a message."""
    from cq.ads.cascade import UNIT_FLOOD
    from cq.ads.context import RULES
    from cq.ads.group import STRUCTURE

    structure = {id_: weight for id_, (_, _, weight) in STRUCTURE.items()}
    return {rule.id: rule.weight for rule in RULES} | structure | {"flood_unit": UNIT_FLOOD}


def _paragraphs(entry: dict[str, str]) -> dict[str, str]:
    return {k: entry[k] for k in _PARAGRAPHS if entry.get(k)}
