"""Findings as lines: the two or three that matter first, and those of a section with what shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from cq.report import findings as told
from cq.report._terminal_layout import ALARM, CARE, LABEL, STRONG, Page, cut, flow, paragraph
from cq.report.wording import Words
from cq.section import Evidence, Finding, Severity

SEVERITY_STYLE: Mapping[Severity, str] = {"alert": ALARM, "warning": CARE, "info": LABEL}
SHOWN_EVIDENCE = 2
_QUIET = ("clear", "not_enough_data", "not_observable")


def verdict_lines(every: Sequence[Finding], page: Page, stage: str = "") -> list[Text]:
    """What matters in a group and what to do about it; and what was looked at besides. ``stage``: a sentence
    on where in its life the group is."""
    if not every:
        return []
    words = page.words
    lead = told.leading(every)
    lines = paragraph(stage, page, indent=2) if stage else []
    lines += [line for finding in lead for line in _leading(finding, page)]
    if not lead:
        clear = any(f.status == "clear" for f in every)
        lines += paragraph(words.say("verdict.nothing" if clear else "verdict.unknown"), page, indent=2)
    counts = {status: len(some) for status, some in told.by_status(every).items()}
    counts["finding"] = counts.get("finding", 0) - sum(f.status == "finding" for f in lead)
    counts["watch"] = counts.get("watch", 0) - sum(f.status == "watch" for f in lead)
    rest = [
        words.say("format.detail", name=words.say(f"findings.{status}"), value=words.number(counts[status]))
        for status in (*told.LOUD, *_QUIET)
        if counts.get(status)
    ]
    label = words.say("verdict.rest") + "  "
    return [*lines, *(flow(rest, page, indent=2, style=LABEL, label=label) if rest else [])]


def finding_lines(findings: Sequence[Finding], page: Page, lead: Sequence[str] = ()) -> list[Text]:
    """The findings of a section: the loud ones with what shows them, the others in a line for each status.

    ``lead``: codes whose sentence stands above already.
    """
    loud = [f for f in findings if page.verbose or f.status in told.LOUD]
    lines = [line for finding in loud for line in _finding(finding, page, finding.code in lead)]
    return lines + _quiet([f for f in findings if f not in loud], page)


def unseen_lines(page: Page) -> list[Text]:
    """What no log can show: in one sentence, in full with ``--verbose``."""
    words = page.words
    if not page.verbose:
        return [Text(), *paragraph(words.say("unseen.short"), page, indent=2, style=LABEL)]
    items: Sequence[str] = words.table("terminal", "unseen", "items") or ()
    lines = [Text(), Text("  " + words.say("unseen.heading"), STRONG)]
    for item in items:
        lines += paragraph(item, page, indent=4, style=LABEL)
    return lines


def _leading(finding: Finding, page: Page) -> list[Text]:
    lines = [_head(finding, page), *_said(told.sentence(finding, page.words), page)]
    if todo := told.action(finding, page.words):
        lines += paragraph(todo, page, indent=4, style=LABEL)
    return lines


def _head(finding: Finding, page: Page) -> Text:
    words = page.words
    loud = finding.status == "finding"
    status = words.say(f"findings.{finding.severity if loud else finding.status}")
    sure = words.say("findings.confidence", value=f"{finding.confidence:.0%}")
    sure = sure if finding.status in (*told.LOUD, "clear") else ""
    name = cut(words.name("findings", finding.code), page.width - cell_len(status + sure) - 10, page.marks)
    style = SEVERITY_STYLE[finding.severity] if loud else LABEL
    head = Text.assemble("  ", (page.marks.bullet, style), " ", (name, STRONG), "  ", (status, style))
    if sure:
        head.append("  " + sure, LABEL)
    return head


def _said(sentence: str, page: Page) -> list[Text]:
    return paragraph(sentence, page, indent=4) if sentence else []


def _finding(finding: Finding, page: Page, known: bool) -> list[Text]:
    words = page.words
    lines = [_head(finding, page)]
    if not known:
        lines += _said(told.sentence(finding, words), page)
    if page.verbose:
        if not known and (todo := told.action(finding, words)):
            lines += paragraph(todo, page, indent=4)
        lines += flow(_values(finding, words), page, indent=4, style=LABEL)
    lines += _evidence(finding.evidence, "findings.evidence", page)
    if page.verbose:
        lines += _evidence(finding.counter_evidence, "findings.counter_evidence", page)
        for limit in finding.thresholds:
            name = told.label(finding, "limits", limit.name, words)
            value, origin = words.number(limit.value), told.origin(limit.origin, words)
            said = words.say("findings.threshold", name=name, value=value, origin=origin)
            lines += paragraph(said, page, indent=4, style=LABEL)
    return lines


def _values(finding: Finding, words: Words) -> list[str]:
    return [
        words.say(
            "format.detail",
            name=told.label(finding, "values", name, words),
            value=told.value(finding, name, words),
        )
        for name in finding.values
        if name not in ("reason", "have", "need")
    ]


def _quiet(findings: Sequence[Finding], page: Page) -> list[Text]:
    """One line for each status; of what lacks data, why."""
    words, lines = page.words, []
    for status, some in told.by_status(findings).items():
        names = [words.name("findings", f.code) for f in some]
        if status != "clear":
            names = [
                words.say("verdict.because", name=n, why=told.sentence(f, words).rstrip("。."))
                for n, f in zip(names, some, strict=True)
            ]
        label = words.say(f"findings.{status}") + "  "
        lines += flow(names, page, indent=2, style=LABEL, label=label)
    return lines


def _evidence(items: Sequence[Evidence], key: str, page: Page) -> list[Text]:
    words = page.words
    shown = items if page.verbose else items[-SHOWN_EVIDENCE:]
    lines = []
    for item in shown:
        said = words.quote(item.excerpt) if item.excerpt else words.value(item.message_id, "code")
        text = f"{words.say(key)} {words.moment(item.sent_at)} {said}"
        lines.append(Text("    " + cut(text, page.width - 4, page.marks)))
    return lines
