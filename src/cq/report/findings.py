"""Findings as sentences, and which of them come first.

The sentence of a code and a status stands in ``locales/``; its numbers are filled in by their units. Nothing
here knows where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cq import locales
from cq.report.wording import Words, clean
from cq.result import GroupResult
from cq.section import Finding

LEADING = 3
"""So many come first."""
LOUD = ("finding", "watch")
_SEVERITIES = ("alert", "warning", "info")


def findings(group: GroupResult) -> list[Finding]:
    """All findings of a group, section by section."""
    return [finding for section in group.sections.values() for finding in section.findings]


def leading(every: Iterable[Finding]) -> list[Finding]:
    """The two or three that matter: what was found before what to watch, the worst and surest first.

    What would not be bad if true need not be watched from the first line.
    """
    loud = [f for f in every if f.status == "finding" or (f.status == "watch" and f.severity != "info")]
    order = sorted(
        loud, key=lambda f: (LOUD.index(f.status), _SEVERITIES.index(f.severity), -f.confidence, f.code)
    )
    return order[:LEADING]


def sentence(finding: Finding, words: Words) -> str:
    """What was found, in one sentence; where it could not be told, what is missing."""
    entry = _entry(finding, words)
    template = entry.get(finding.status)
    if isinstance(template, str):
        return filled(template, finding, words)
    reason = words.table("reasons", str(finding.values.get("reason")))
    return filled(reason, finding, words) if isinstance(reason, str) else ""


def action(finding: Finding, words: Words) -> str:
    """What to do this week, for what was found or is to be watched."""
    template = _entry(finding, words).get("action")
    return filled(template, finding, words) if isinstance(template, str) and finding.status in LOUD else ""


def value(finding: Finding, name: str, words: Words) -> str:
    """A value of a finding as its unit reads."""
    own = words.within(finding.code.partition("/")[0])
    return own.value(finding.values[name], finding.units.get(name, "number"))


def label(finding: Finding, family: str, name: str, words: Words) -> str:
    """What a value or a limit (``values``, ``limits``) of a finding is called."""
    entry = _entry(finding, words).get(family)
    word = entry.get(name) if isinstance(entry, Mapping) else None
    return word if isinstance(word, str) else clean(name)


def origin(code: str, words: Words) -> str:
    """Where a threshold comes from, in words."""
    word = words.table("origins", code)
    return word if isinstance(word, str) else clean(code)


def filled(template: str, finding: Finding, words: Words) -> str:
    """The template with the values of the finding; a code reads as its word."""
    return locales.fill(template, {name: value(finding, name, words) for name in finding.values})


def _entry(finding: Finding, words: Words) -> Mapping[str, object]:
    entry = words.table("findings", finding.code)
    return entry if isinstance(entry, Mapping) else {}


def by_status(every: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Findings grouped by status, in their order."""
    found: dict[str, list[Finding]] = {}
    for finding in every:
        found.setdefault(finding.status, []).append(finding)
    return found
