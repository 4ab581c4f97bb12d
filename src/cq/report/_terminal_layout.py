"""Lines of a known width: cut, pad, wrap, rows, columns, side by side.

Widths are terminal columns, East Asian wide characters count two. A line is a rich ``Text``; text
is never read as markup. Nothing here knows what a line says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from rich.cells import cell_len
from rich.text import Text

from cq.report.marks import Marks
from cq.report.wording import Words

LABEL = "dim"
STRONG = "bold"
ACCENT = "cyan"
TITLE = "bold cyan"
ALARM = "bold red"
CARE = "yellow"

LEAST_ROOM = 8
GUTTER = 2
"""Columns between two columns of a table."""

# No line begins with these.
_NO_START = "，。、；：！？）」』》】…·,.;:!?)]}%％"
_OPEN = re.compile(r"[（「『《【(\[{]\s*$")
_NUMBER_BEFORE = re.compile(r"\d\s$")
_TOKEN = re.compile(r"\s+|[!-~\u00a1-\u2e7f]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """What every part of a page must know about where it is drawn."""

    words: Words
    width: int
    verbose: bool = False
    ruled: bool = False

    @property
    def marks(self) -> Marks:
        """The alphabet of the console."""
        return self.words.marks

    def within(self, section: str) -> Page:
        """The same page for what belongs to a section."""
        return replace(self, words=self.words.within(section))

    def narrowed(self, width: int) -> Page:
        """The same page with other columns."""
        return Page(self.words, width, self.verbose, self.ruled)


def cut(text: str, width: int, marks: Marks) -> str:
    """``text`` in at most ``width`` columns; what is missing shows as an ellipsis."""
    if cell_len(text) <= width:
        return text
    room = width - cell_len(marks.more)
    if room < 0:
        return marks.more[: max(0, width)]
    used, kept = 0, 0
    for letter in text:
        used += cell_len(letter)
        if used > room:
            break
        kept += 1
    return text[:kept].rstrip() + marks.more


def pad(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """``text`` filled with blanks to ``width`` columns."""
    blanks = " " * max(0, width - cell_len(text))
    return blanks + text if align == "right" else text + blanks


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns.

    Breaks between words and between Chinese characters; never before closing punctuation, nor
    between a number and its unit.
    """
    lines: list[str] = []
    line = ""
    for token in _units(text):
        if line and cell_len(line) + cell_len(token.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += token if line else token.lstrip()
        while cell_len(line.rstrip()) > width:  # one word longer than a line
            head = _prefix(line, width)
            lines.append(head)
            line = line[len(head) :]
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _units(text: str) -> Iterable[str]:
    """Pieces that must not be broken, with the blanks that follow them."""
    unit = ""
    for token in _TOKEN.findall(text):
        glued = token.isspace() or token[0] in _NO_START or _NUMBER_BEFORE.search(unit) or _OPEN.search(unit)
        if unit and not glued:
            yield unit
            unit = ""
        unit += token
    if unit:
        yield unit


def _prefix(text: str, width: int) -> str:
    used = 0
    for index, letter in enumerate(text):
        used += cell_len(letter)
        if used > width:
            return text[: max(1, index)]
    return text


def paragraph(text: str, page: Page, *, indent: int = 0, style: str = "", label: str = "") -> list[Text]:
    """Wrapped text, indented; ``label`` stands before the first line, the rest hangs below it."""
    hang = _hang(indent, label)
    return _hung(wrap(text, max(LEAST_ROOM, page.width - hang)), indent, style, label)


def flow(
    items: Sequence[str], page: Page, *, indent: int = 0, style: str = "", label: str = ""
) -> list[Text]:
    """Items with a dot between them; a line breaks between two items, not inside one that fits."""
    room = max(LEAST_ROOM, page.width - _hang(indent, label))
    lines: list[str] = []
    for item in items:
        joined = f"{lines[-1]} {page.marks.dot} {item}" if lines else item
        if lines and cell_len(joined) <= room:
            lines[-1] = joined
        else:
            lines += wrap(item, room)
    return _hung(lines, indent, style, label) if lines else []


def aligned(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels that stand under each other, filled to the width of the widest."""
    width = max(map(cell_len, labels.values()), default=0)
    return {key: pad(label, width) for key, label in labels.items()}


def _hang(indent: int, label: str) -> int:
    return indent + (cell_len(label) + GUTTER if label else 0)


def _hung(lines: Sequence[str], indent: int, style: str, label: str) -> list[Text]:
    hang = " " * _hang(indent, label)
    texts = [Text.assemble(hang, (line, style)) for line in lines]
    if label:
        texts[0] = Text.assemble(" " * indent, (label, LABEL), " " * GUTTER, (lines[0], style))
    return texts


def beside(left: Sequence[Text], right: Sequence[Text], width: int, gap: int = 3) -> list[Text]:
    """Two blocks next to each other, the right one ``width`` columns plus a gap from the edge."""
    lines = []
    for one, two in zip_longest(left, right):
        line = one.copy() if one is not None else Text()
        if two is not None and two.plain:
            line.append(" " * (width + gap - line.cell_len))
            line.append_text(two)
        lines.append(line)
    return lines


@dataclass(frozen=True, slots=True)
class Column:
    """How a column of a grid is set. ``shrinks``: it gives way when the lines are too long."""

    align: Literal["left", "right"] = "left"
    style: str = ""
    shrinks: bool = False
    least: int = 6


def grid(
    rows: Sequence[Sequence[str]],
    columns: Sequence[Column],
    page: Page,
    *,
    indent: int = 0,
    head: bool = False,
) -> list[Text]:
    """Rows of cells under each other; ``head``: the first row is a heading."""
    room = widths(rows, columns, page.width - indent)
    lines = []
    for number, row in enumerate(rows):
        line = Text(" " * indent)
        for index, (cell, column, width) in enumerate(zip(row, columns, room, strict=False)):
            shown = pad(cut(cell, width, page.marks), width, column.align)
            line.append(shown, LABEL if head and number == 0 else column.style)
            if index < len(room) - 1:
                line.append(" " * GUTTER)
        line.rstrip()
        lines.append(line)
    return lines


def widths(rows: Sequence[Sequence[str]], columns: Sequence[Column], room: int) -> list[int]:
    """The widths of the columns that fit.

    The widest that may shrink gives way first; when none can, the last column is left out.
    """
    found = [max((cell_len(row[i]) for row in rows), default=0) for i in range(len(columns))]
    while (over := sum(found) + GUTTER * (len(found) - 1) - room) > 0:
        able = [i for i, width in enumerate(found) if columns[i].shrinks and width > columns[i].least]
        if not able:
            return widths(rows, columns[:-1], room) if len(columns) > 1 else [room]
        widest = max(able, key=lambda i: found[i])
        second = max((found[i] for i in able if i != widest), default=columns[widest].least)
        found[widest] -= min(over, max(1, found[widest] - max(second, columns[widest].least)))
    return found
