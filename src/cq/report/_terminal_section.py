"""A section of waist 2 as lines: title, metrics, tables and series, findings.

Any section prints: its words come from the locale, else its codes stand for themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from cq.report._terminal_findings import finding_lines
from cq.report._terminal_layout import (
    GUTTER,
    LABEL,
    STRONG,
    TITLE,
    Page,
    beside,
    cut,
    flow,
    pad,
    paragraph,
)
from cq.report._terminal_map import HEADED_BY, Layout, layout_of, left_out, quiet_codes
from cq.report._terminal_tables import WIDE_PAGE, series_lines
from cq.report.wording import is_number
from cq.section import Metric, Section, Table

SIDE_LEAST = 34
"""Columns a side block needs next to a picture; with fewer it stands below."""


def heading(title: str, page: Page, note: str = "") -> list[Text]:
    """An empty line and the title, with a rule to the edge where the page is ruled."""
    line = Text.assemble((cut(title, page.width, page.marks), TITLE))
    room = page.width - line.cell_len - 2
    if note and cell_len(note) <= room:
        line.append("  " + note, LABEL)
    if page.ruled and (rest := page.width - line.cell_len - 1) > 2:
        line.append(" " + page.marks.rule * rest, LABEL)
    return [Text(), line]


def section_lines(
    section: Section,
    page: Page,
    *,
    told: Sequence[str] = (),
    lead: str = "",
    above: Sequence[str] = (),
    brief: bool = False,
) -> list[Text]:
    """A section; ``told`` are metrics that the sentence ``lead`` says already, ``above`` findings that stand
    in full at the top. ``brief``: only what matters of a section with many numbers."""
    page = page.within(section.id)
    words = page.words
    lines = heading(words.name("sections", section.id, key="title"), page)
    some = [code for code, metric in section.metrics.items() if metric.value]
    without = left_out(section) if brief else set()
    hidden = set() if page.verbose else {*told, *_headed(section), *quiet_codes(section.id, some), *without}
    body = [
        *finding_lines(section.findings, page, above),
        *metric_lines(section.id, {c: m for c, m in section.metrics.items() if c not in hidden}, page),
        *(paragraph(lead, page, indent=2) if lead else []),
        *_blocks(section, page, without),
    ]
    if isinstance(caveat := words.table("sections", section.id, "caveat"), str) and section.metrics:
        body += [Text(), *paragraph(caveat, page, indent=2, style=LABEL)]
    if page.verbose and isinstance(cannot := words.table("sections", section.id, "cannot"), str):
        body += [Text(), *paragraph(cannot, page, indent=2, style=LABEL, label=words.say("section.cannot"))]
    return lines + (body or [Text("  " + words.say("section.empty"), LABEL)])


def _headed(section: Section) -> set[str]:
    """Metrics that stand in the heading of a table that is drawn; an unknown one keeps its reason."""
    filled = (f"{section.id}.{name}" for name, table in section.tables.items() if table.rows)
    heads = {HEADED_BY[table_id] for table_id in filled if table_id in HEADED_BY}
    return {code for code in heads if code not in section.metrics or section.metrics[code].value is not None}


# -- metrics -------------------------------------------------------------------------------------


def metric_lines(section_id: str, metrics: Mapping[str, Metric], page: Page) -> list[Text]:
    """Metrics in as many columns as fit, read downwards: name, value, then what belongs to it.

    Those that are not known stand together below, with the reason.
    """
    known = {code: metric for code, metric in metrics.items() if page.verbose or metric.value is not None}
    cells = [_metric_cells(f"{section_id}.{code}", metric, page) for code, metric in known.items()]
    unknown = [f"{section_id}.{code}" for code in metrics if code not in known]
    return [*_columns(cells, page), *_unknown(unknown, metrics, page)]


def _columns(cells: Sequence[tuple[str, str, str]], page: Page) -> list[Text]:
    if not cells:
        return []
    for count in (3, 2) if page.width >= WIDE_PAGE else (2,):
        height = -(-len(cells) // count)
        stacks = [cells[i : i + height] for i in range(0, len(cells), height)]
        if sum(sum(_cell_widths(stack)) + 4 for stack in stacks) + 4 * (len(stacks) - 1) <= page.width - 2:
            return _stacked(stacks, page)
    return _stacked([cells], page)


def _metric_cells(path: str, metric: Metric, page: Page) -> tuple[str, str, str]:
    words = page.words
    name = cut(words.name("metrics", path), max(10, page.width - 30), page.marks)
    ratio = metric.unit == "ratio" and is_number(metric.value)
    value = cut(words.value(metric.value, metric.unit), 24, page.marks)
    base = words.base(metric.value, metric.n) if ratio and is_number(metric.value) else ""
    reason = _reason(path, metric, page) if metric.value is None else ""
    notes = [note for note in (words.change(metric), base, reason) if note]
    return name, value, cut(" ".join(notes), max(0, page.width - 2 - cell_len(name + value) - 4), page.marks)


def _unknown(paths: Sequence[str], metrics: Mapping[str, Metric], page: Page) -> list[Text]:
    """The names of metrics that are not known, by the reason why."""
    words = page.words
    by_reason: dict[str, list[str]] = {}
    for path in paths:
        reason = _reason(path, metrics[path.partition(".")[2]], page)
        by_reason.setdefault(reason, []).append(words.name("metrics", path))
    items = [
        words.say("format.with_base", value=words.listing(names), base=reason)
        if reason
        else words.listing(names)
        for reason, names in by_reason.items()
    ]
    return flow(items, page, indent=2, style=LABEL, label=page.marks.dash) if items else []


def _reason(path: str, metric: Metric, page: Page) -> str:
    """Why a number is not known, where that can be told from the number alone."""
    words = page.words
    for family in ("nothing", "metrics") if metric.n == 0 else ("metrics",):
        known = words.table("terminal", "reasons", family, path)
        if isinstance(known, str):
            return known
    return words.say("reasons.none") if metric.n == 0 else ""


def _cell_widths(stack: Sequence[tuple[str, str, str]]) -> list[int]:
    return [max(cell_len(cell[i]) for cell in stack) for i in range(3)]


def _stacked(stacks: Sequence[Sequence[tuple[str, str, str]]], page: Page) -> list[Text]:
    lines = [Text("  ") for _ in stacks[0]]
    for index, stack in enumerate(stacks):
        label, value, note = _cell_widths(stack)
        label = min(label, page.width - 4 - value - (note + GUTTER if note else 0))
        for line, cell in zip(lines, stack, strict=False):
            if index:
                line.append(" " * 4)
            line.append(pad(cut(cell[0], label, page.marks), label) + " " * GUTTER)
            line.append(pad(cell[1], value, "right"), STRONG)
            line.append(" " * GUTTER + pad(cell[2], note), LABEL)
    for line in lines:
        line.rstrip()
    return lines


# -- tables and series ---------------------------------------------------------------------------


def _blocks(section: Section, page: Page, without: Collection[str]) -> list[Text]:
    """A picture with the side blocks next to it, then what needs the whole width."""
    placed = [
        (name, table, layout_of(f"{section.id}.{name}"))
        for name, table in section.tables.items()
        if name not in without
    ]
    pictures = [
        _block(section, *item, page) for item in placed if item[2].place == "picture" and item[1].rows
    ]
    left = [line for block in pictures for line in block]
    width = max((line.cell_len for line in left), default=0)
    room = page.width - width - 3
    narrow = page.narrowed(room) if left and room >= SIDE_LEAST else page
    hidden = set() if page.verbose else {*quiet_codes(section.id), *without}
    series = {name: one for name, one in section.series.items() if name not in hidden}
    right = series_lines(narrow, section.id, series)
    for item in placed:
        if item[2].place == "side" and item[1].rows:
            right += _block(section, *item, narrow)
    both = beside(left, right, width) if narrow is not page else [*left, *right]
    places = ("wide", "quiet") if page.verbose else ("wide",)
    wide = [_block(section, *item, page) for item in placed if item[2].place in places and item[1].rows]
    lines = [Text(), *both] if both else []
    for block in wide:
        lines += [Text(), *block]
    return lines


def _block(section: Section, name: str, table: Table, layout: Layout, page: Page) -> list[Text]:
    """A table under its title, with the number of rows that the whole list has."""
    words, table_id = page.words, f"{section.id}.{name}"
    title = Text("  " + cut(words.name("tables", table_id, key="title"), page.width - 12, page.marks))
    counted = section.metrics.get(HEADED_BY.get(table_id, ""))
    total = len(table.rows)
    if counted is not None and is_number(counted.value):
        total = max(total, int(counted.value))
        title.append(f" {words.value(counted.value, counted.unit)}", STRONG)
        if change := words.change(counted):
            title.append(f" {change}", LABEL)
    elif counted is not None:
        title.append(" " + words.say("section.at_least", n=words.number(total)), LABEL)
    return [title, *layout.draw(page, table_id, table, total)]
