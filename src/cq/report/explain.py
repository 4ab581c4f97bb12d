"""What a code means, from the words: the pages behind ``cq explain``.

The definitions stand in ``locales/<lang>/metrics.toml``, one per number; this module only finds them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from cq import locales
from cq.errors import UsageError
from cq.result import Explanation

_PARAGRAPHS = ("means", "formula", "source", "fails")


def explain(code: str | None, lang: str) -> list[Explanation]:
    """The page of one code, or all of them. A bare code is enough where one section has it."""
    every = list(_all(locales.load(lang)))
    if code is None:
        return every
    wanted = code.strip().lower()
    exact = [e for e in every if e.code == wanted]
    found = exact or [e for e in every if e.code.rpartition(".")[2] == wanted]
    if not found:
        known = [e.code for e in every]
        near = difflib.get_close_matches(wanted, known, 3, 0.4)
        raise UsageError("unknown_code", code=code, near=", ".join(near) or ", ".join(known[:3]))
    return found


def _all(words: dict[str, Any]) -> Iterator[Explanation]:
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
