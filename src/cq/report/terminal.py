"""Results as text, for a terminal and for a pipe.

On a terminal a page has rules, colours and up to 140 columns; piped, the same content stands plain
in at most 80. Every part is made as lines of a known width first and printed last. Text from a
chat is data: never markup, never an escape. Numbers and words are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rich.console import Console
from rich.text import Text

from cq.report import findings, summary
from cq.report._terminal_findings import unseen_lines, verdict_lines
from cq.report._terminal_layout import LABEL, STRONG, Column, Page, aligned, cut, flow, grid, paragraph
from cq.report._terminal_parts import (
    counting,
    footer,
    group_head,
    group_name,
    overview,
    pick_group,
    window_line,
)
from cq.report._terminal_section import heading, section_lines
from cq.report.marks import marks_for
from cq.report.wording import Words, clean
from cq.result import (
    Analysis,
    Explanation,
    FormatInfo,
    GroupResult,
    Identification,
    IdentifiedSource,
    SourceReport,
)

PIPED_WIDTH = 80
WIDEST = 140
NARROWEST = 40
DETAILED_GROUPS = 5
"""With more groups than this only their table is shown."""
FEW_SECTIONS = 4
"""Of more sections than these the long ones are told briefly."""
EXPLAINED = 3
"""So many codes are explained in full; more are listed."""


def render(
    result: Analysis, console: Console, *, lang: str = "zh", color: bool = True, verbose: bool = False
) -> None:
    """``cq analyze --format text``: print ``result`` to ``console``."""
    page = _page(console, lang, verbose)
    _print(_analysis(result, page), console, color)


def render_identify(
    result: Identification, console: Console, *, lang: str = "zh", color: bool = True, verbose: bool = False
) -> None:
    """``cq identify``: what each source is and why, and what reading it would give."""
    page = _page(console, lang, verbose)
    lines: list[Text] = []
    for source in result.sources:
        lines += [*([Text()] if lines else []), *_identified(source, page)]
    _print(lines or [Text(page.words.say("identify.nothing"))], console, color)


def render_formats(
    formats: Sequence[FormatInfo], console: Console, *, lang: str = "zh", color: bool = True
) -> None:
    """``cq formats``: the formats that can be read and what they carry."""
    page = _page(console, lang, False)
    words = page.words
    rows = [[words.say(f"formats.{key}") for key in ("id", "title", "platform", "carries")]]
    for fmt in formats:
        has = {"unique_ids": fmt.unique_ids, "replies": fmt.replies, "roster": fmt.roster}
        carries = [words.say(f"formats.{key}") for key, yes in has.items() if yes]
        rows.append(
            [
                clean(fmt.id),
                clean(fmt.title),
                words.code(fmt.platform),
                words.listing(carries) or page.marks.dash,
            ]
        )
    columns = [Column(style=STRONG), Column(shrinks=True, least=16), Column(), Column(style=LABEL)]
    lines = grid(rows, columns, page, head=True) if formats else [Text(words.say("formats.none"))]
    _print(lines, console, color)


def render_explain(
    explanations: Sequence[Explanation], console: Console, *, lang: str = "zh", color: bool = True
) -> None:
    """``cq explain``: what codes mean; a list when there are many."""
    page = _page(console, lang, False)
    words = page.words
    if len(explanations) <= EXPLAINED:
        pages = [[*([Text(), Text()] * (n > 0)), *_explained(e, page)] for n, e in enumerate(explanations)]
        _print([line for lines in pages for line in lines], console, color)
        return
    rows = [[clean(e.code), clean(e.name), words.say(f"explain_kinds.{e.kind}")] for e in explanations]
    _print(
        grid(rows, [Column(style=STRONG), Column(shrinks=True), Column(style=LABEL)], page), console, color
    )


def render_counting(
    sources: Sequence[SourceReport], console: Console, *, lang: str = "zh", color: bool = True
) -> None:
    """The counting law over what was read, where the result itself is no page."""
    _print(counting(sources, _page(console, lang, False)), console, color)


class Imported(Protocol):
    """What an import reports, as far as it is shown."""

    @property
    def store(self) -> str: ...
    @property
    def sources(self) -> Sequence[SourceReport]: ...
    @property
    def read(self) -> int: ...
    @property
    def added(self) -> int: ...
    @property
    def known(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def groups(self) -> int: ...


def render_import(report: Imported, console: Console, *, lang: str = "zh", color: bool = True) -> None:
    """``cq import``: what was new, and what the store holds now."""
    page = _page(console, lang, False)
    words = page.words
    counts = {key: words.number(getattr(report, key)) for key in ("added", "known")}
    counts["read"] = words.amount(report.read, "message")
    lines = [Text(cut(clean(report.store), page.width, page.marks), STRONG)]
    lines += paragraph(words.say("import.added", **counts), page, indent=2)
    groups, total = words.amount(report.groups, "group"), words.amount(report.total, "message")
    lines += paragraph(words.say("import.holds", groups=groups, messages=total), page, indent=2)
    _print([*lines, *counting(report.sources, page)], console, color)


# -- pages -------------------------------------------------------------------------------------------


def _analysis(result: Analysis, page: Page) -> list[Text]:
    lines = window_line(result, page)
    groups = result.groups
    many = len(groups) > 1
    if many:
        lines += overview(groups, page)
    if result.portfolio is not None:
        lines += section_lines(result.portfolio, page)
    if len(groups) > DETAILED_GROUPS and not page.verbose:
        lines += pick_group(groups, page)
    else:
        for number, group in enumerate(groups, 1):
            lines += [Text(), Text()] if many else []
            lines += _group(group, page, f"{number}/{len(groups)}  " if many else "")
    return lines + footer(result, page)


def _group(group: GroupResult, page: Page, number: str) -> list[Text]:
    lines = group_head(group, page, number)
    every = findings.findings(group)
    if verdict := verdict_lines(every, page, summary.stage(group, page.words)):
        lines += [*heading(page.words.say("verdict.heading"), page), *verdict]
    above = [finding.code for finding in findings.leading(every)]
    brief = not page.verbose and len(group.sections) > FEW_SECTIONS
    for section in group.sections.values():
        lead = summary.concentration(group, page.words) if section.id == "people" else ""
        said = summary.CONCENTRATION if lead else ()
        lines += section_lines(section, page, told=said, lead=lead, above=above, brief=brief)
    return [*lines, *(unseen_lines(page) if every else [])]


def _identified(source: IdentifiedSource, page: Page) -> list[Text]:
    words = page.words
    head = Text(cut(clean(source.path), page.width, page.marks), STRONG)
    labels = aligned({key: words.say(f"identify.{key}") for key in ("reason", "span", "groups")})
    lines = [head, *flow([clean(source.format), words.size(source.bytes)], page, indent=2)]
    lines += paragraph(clean(_reason(source, words)), page, indent=2, label=labels["reason"])
    if source.span is not None:
        first, last = words.moment(source.span.first), words.moment(source.span.last)
        span = words.say("format.span_dates", first=first, last=last)
        lines += paragraph(span, page, indent=2, label=labels["span"])
    groups = [
        words.say(
            "identify.group",
            name=group_name(group.name, group.id, words),
            chat=words.say(f"chats.{group.chat_kind}", platform=words.code(group.platform)),
            messages=words.amount(group.messages, "message"),
        )
        for group in source.groups
    ] or [words.say("identify.no_messages")]
    lines += flow(groups, page, indent=2, label=labels["groups"])
    return lines + counting([source], page)


def _reason(source: IdentifiedSource, words: Words) -> str:
    """What a file of this format is recognised by; an option if the user has named the format."""
    why = None if source.reason.startswith("--") else words.table("formats", source.format, "why")
    return why if isinstance(why, str) else source.reason


def _explained(explanation: Explanation, page: Page) -> list[Text]:
    words = page.words
    head = Text.assemble((clean(explanation.name), STRONG), "  ", (clean(explanation.code), LABEL))
    lines = [head, Text(words.say(f"explain_kinds.{explanation.kind}"), LABEL)]
    for key, text in explanation.paragraphs.items():
        title = words.table("terminal", "explain", key)
        lines += [Text(), Text(title if isinstance(title, str) else clean(key), LABEL)]
        lines += [line for part in text.splitlines() for line in paragraph(clean(part), page, indent=2)]
    if explanation.related:
        lines += [Text(), Text(words.say("explain.related"), LABEL)]
        lines += flow([clean(code) for code in explanation.related], page, indent=2)
    return lines


# -- printing ----------------------------------------------------------------------------------------


def _page(console: Console, lang: str, verbose: bool) -> Page:
    terminal = console.is_terminal
    width = min(console.width, WIDEST if terminal else PIPED_WIDTH)
    return Page(Words(lang, marks_for(console.encoding)), max(NARROWEST, width), verbose, ruled=terminal)


def _print(lines: Iterable[Text], console: Console, color: bool) -> None:
    """Write lines as they are: no wrapping, no markup, no highlighting; what cannot be encoded is ``?``."""
    styled = color and console.is_terminal
    for line in lines:
        text = _encodable(line, console.encoding)
        text.rstrip()
        console.print(
            text if styled else Text(text.plain), soft_wrap=True, markup=False, highlight=False, emoji=False
        )


def _encodable(line: Text, encoding: str) -> Text:
    try:
        line.plain.encode(encoding)
    except UnicodeEncodeError:
        plain = "".join(c.encode(encoding, "replace").decode(encoding) for c in line.plain)
        return Text(plain, spans=line.spans, end=line.end)
    except LookupError:
        pass
    return line
