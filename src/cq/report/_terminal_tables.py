"""The forms a table or a series can take in a terminal.

A form finds its columns by their kinds; what it cannot find it leaves to the plain grid. Which table
has which form stands in ``_terminal_map``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from cq.report._terminal_layout import (
    ACCENT,
    LABEL,
    STRONG,
    Column,
    Page,
    cut,
    flow,
    grid,
    pad,
    paragraph,
    widths,
)
from cq.report.marks import bar, shade, sparkline
from cq.report.wording import is_number
from cq.section import Series, Table

GRID_ROWS = 10
SPARK_WIDTH = 60
NAME_WIDTH = 24
SHOWN_RULES = 4
"""So many of the rules that speak for a verdict, the strongest, are named."""
WIDE_PAGE = 110
"""From here on a page has room for larger pictures and a third column of metrics."""
FEW_POINTS = 6
"""A series of fewer weeks shows its days instead."""
RIGHT = frozenset({"count", "ratio", "seconds", "days", "number"})
"""Kinds of columns that are numbers and stand at the right."""

SHRINKING = frozenset({"name", "text", "member_id", "message_id", "code"})
"""Kinds of columns that may be cut; half a number or a date says something else."""


def column_of(table: Table, *kinds: str) -> int | None:
    """The first column of the first of ``kinds`` that the table has."""
    own = list(table.columns.values())
    return next((own.index(kind) for kind in kinds if kind in own), None)


def limit(page: Page, rows: int) -> int:
    """How many rows are shown: all of them with ``--verbose``."""
    return 10**9 if page.verbose else rows


def more(page: Page, hidden: int, unit: str, indent: int = 0) -> list[Text]:
    """The line that says how many are not shown."""
    if hidden <= 0:
        return []
    return [Text(" " * indent + page.words.more(hidden, unit), LABEL)]


def plain(
    page: Page, table_id: str, table: Table, total: int, *, ids: bool = False, dates: bool = False
) -> list[Text]:
    """Any table as a grid; without ``ids`` where names stand beside them; with ``dates``, times as days."""
    kinds = ["date" if dates and kind == "time" else kind for kind in table.columns.values()]
    hidden = {"message_id"} | ({"member_id", "group_id"} if "name" in kinds else set())
    told = [i for i, kind in enumerate(kinds) if kind != "object"]
    shown = [i for i in told if ids or page.verbose or kinds[i] not in hidden] or [0]
    names = list(table.columns)
    body = table.rows[: limit(page, GRID_ROWS)]
    rows = [[page.words.column(table_id, names[i]) for i in shown]]
    rows += [[page.words.value(row[i], kinds[i]) for i in shown] for row in body]
    columns = [
        Column("right" if kinds[i] in RIGHT else "left", shrinks=kinds[i] in SHRINKING, least=8)
        for i in shown
    ]
    lines = grid(rows, columns, page, indent=4, head=True)
    left_out = len(shown) - len(widths(rows, columns, page.width - 4))
    return lines + more(page, total - len(body), "row", 4) + more(page, left_out, "column", 4)


def heat_map(page: Page, table_id: str, table: Table, total: int) -> list[Text]:
    """A week as 7 rows of 24 hours; two columns an hour where the page is wide."""
    names = list(table.columns)
    if not {"weekday", "hour", "count"} <= set(names):
        return plain(page, table_id, table, total)
    day, hour, count = (names.index(name) for name in ("weekday", "hour", "count"))
    cells: dict[tuple[int, int], int] = {}
    for row in table.rows:
        cells[_whole(row[day]), _whole(row[hour])] = _whole(row[count])
    top = max(cells.values(), default=0)
    step = 2 if page.width >= WIDE_PAGE else 1
    margin = max(cell_len(page.words.weekday(i)) for i in range(7)) + 1
    hours = "".join(pad(str(h), 6 * step) for h in range(0, 24, 6))
    lines = [Text("  " + " " * margin + hours.rstrip(), LABEL)]
    for number in range(7):
        blocks = "".join(shade(cells.get((number, h), 0), top, page.marks) * step for h in range(24))
        lines.append(Text.assemble("  ", (pad(page.words.weekday(number), margin), LABEL), (blocks, ACCENT)))
    note = page.words.say("section.heat_note", shades=page.marks.shades, count=page.words.number(top))
    return [*lines, Text("  " + " " * margin + note, LABEL)]


def _whole(value: object) -> int:
    return int(value) if is_number(value) else 0


def ranking(page: Page, table_id: str, table: Table, total: int, *, rows: int = 10) -> list[Text]:
    """Names with bars; the bar is the share of the first, the number is what it is."""
    name, count = column_of(table, "name", "member_id", "text"), column_of(table, "count", "number")
    if name is None or count is None:
        return plain(page, table_id, table, total)
    share = column_of(table, "ratio")
    shown = table.rows[: limit(page, rows)]
    top = max((_whole(row[count]) for row in table.rows), default=0)
    words = page.words
    numbers = [words.value(row[count], "count") for row in shown]
    shares = ["" if share is None else words.value(row[share], "ratio") for row in shown]
    wide = [max(map(cell_len, cells), default=0) for cells in (numbers, shares)]
    broad = page.width >= WIDE_PAGE
    length = 20 if broad else 8
    labels = [words.value(row[name], "name") or page.marks.dash for row in shown]
    room = min(max(map(cell_len, labels), default=0), 24 if broad else 14)
    lines = []
    for place, (row, label, number, part) in enumerate(zip(shown, labels, numbers, shares, strict=True), 1):
        line = Text.assemble((f"{place:>4}", LABEL), "  ")
        line.append(pad(cut(label, room, page.marks), room) + " ")
        line.append(pad(bar(_whole(row[count]) / top if top else 0, length, page.marks), length), ACCENT)
        line.append(" " + pad(number, wide[0], "right"), STRONG)
        if part:
            line.append("  " + pad(part, wide[1], "right"), LABEL)
        lines.append(line)
    return lines + more(page, total - len(shown), "person", 6)


def names(
    page: Page,
    table_id: str,
    table: Table,
    total: int,
    *,
    by: Sequence[str] = ("name", "member_id", "text"),
    value: str | None = None,
    rows: int = 15,
    unit: str = "person",
) -> list[Text]:
    """The first column of a kind in ``by``, row after row, each with the column ``value``.

    ``value`` is the name of a column, or a kind: then its first column.
    """
    column = column_of(table, *by)
    if column is None:
        return plain(page, table_id, table, total)
    own = list(table.columns)
    extra = None if value is None else own.index(value) if value in own else column_of(table, value)
    items = [_named(page, table, row, column, extra) for row in table.rows[: limit(page, rows)]]
    if (hidden := total - len(items)) > 0:
        items.append(page.words.more(hidden, unit))
    return flow(items, page, indent=4)


def _named(page: Page, table: Table, row: Sequence[Any], column: int, extra: int | None) -> str:
    words, kinds = page.words, list(table.columns.values())
    name = cut(words.value(row[column], kinds[column]), min(NAME_WIDTH, page.width - 4), page.marks)
    if extra is None or row[extra] is None:
        return name or page.marks.dash
    shown = words.value(row[extra], "date" if kinds[extra] == "time" else kinds[extra])
    return words.say("format.detail", name=name or page.marks.dash, value=shown)


def shares(page: Page, table_id: str, table: Table, total: int, *, rows: int = 6) -> list[Text]:
    """Codes with their share of the whole, in one line."""
    code, count = column_of(table, "code", "name", "text"), column_of(table, "count", "number")
    if code is None or count is None:
        return plain(page, table_id, table, total)
    whole = sum(_whole(row[count]) for row in table.rows)
    parts = sorted(table.rows, key=lambda row: -_whole(row[count]))
    shown = [row for row in parts if _whole(row[count]) > 0][: limit(page, rows)]
    words = page.words
    items = [
        words.say(
            "format.detail",
            name=words.value(row[code], "code"),
            value=words.percent(_whole(row[count]) / whole if whole else 0),
        )
        for row in shown
    ]
    return flow(items, page, indent=4)


def messages(
    page: Page, table_id: str, table: Table, total: int, *, rows: int = 8, unit: str = "message"
) -> list[Text]:
    """Messages, one a line: when, who, and the words as far as they fit."""
    at, who, text = (
        column_of(table, *kinds) for kinds in (("time", "date"), ("name", "member_id"), ("text",))
    )
    if text is None:
        return plain(page, table_id, table, total)
    words = page.words
    kinds = list(table.columns.values())
    shown = table.rows[: limit(page, rows)]
    cells = [
        [
            *([words.value(row[at], kinds[at])] if at is not None else []),
            *([words.value(row[who], "name")] if who is not None else []),
            words.value(row[text], "text"),
        ]
        for row in shown
    ]
    columns = [
        *([Column(style=LABEL)] if at is not None else []),
        *([Column(shrinks=True, least=min(14, page.width // 6))] if who is not None else []),
        Column(shrinks=True, least=10),
    ]
    lines = grid([[cut(c, 200, page.marks) for c in row] for row in cells], columns, page, indent=4)
    return lines + more(page, total - len(shown), unit, 4)


def reasons(page: Page, table_id: str, table: Table, total: int, *, rows: int = 5) -> list[Text]:
    """Judged messages: what each was taken for, whose, when and by which rules; below it the words."""
    own = list(table.columns)
    if not {"verdict", "kind", "name", "sent_at", "text", "why"} <= set(own):
        return plain(page, table_id, table, total)
    words, dot = page.words, f" {page.marks.dot} "
    lines: list[Text] = []
    shown = table.rows[: limit(page, rows)]
    for row in shown:
        cell = dict(zip(own, row, strict=True))
        name = cut(words.value(cell["name"], "name"), NAME_WIDTH, page.marks) or page.marks.dash
        head = dot.join([words.value(cell["kind"], "code"), name, words.value(cell["sent_at"], "date")])
        verdict = words.value(cell["verdict"], "code")
        rules = [_rule(page, rule) for rule in cell["why"] or ()]  # type: ignore[attr-defined]
        why = words.listing(rules[: limit(page, SHOWN_RULES)])
        why += page.marks.more if len(rules) > limit(page, SHOWN_RULES) else ""
        room = page.width - 6 - cell_len(verdict)
        line = Text.assemble("    ", (verdict, STRONG), "  ", cut(head, room, page.marks))
        lines += [line, Text(" " * 6 + cut(words.value(cell["text"], "text"), page.width - 6, page.marks))]
        if why and cell_len(head + dot + why) <= room:
            line.append(dot + why, LABEL)
        elif why:
            lines += paragraph(why, page, indent=6, style=LABEL)
    return lines + more(page, total - len(shown), "message", 4)


def _rule(page: Page, rule: str) -> str:
    """What a rule is called; its id where the words have no name for it."""
    for family in (("rules",), ("ads", "behaviour")):
        name = page.words.table(*family, rule, "name")
        if isinstance(name, str):
            return name
    return page.words.value(rule, "text")


def series_lines(page: Page, section_id: str, series: Mapping[str, Series]) -> list[Text]:
    """Every series as a sparkline with its range; of a pair by day and by week, the readable one."""
    chosen = {name: one for name, one in series.items() if one.points and not _doubled(name, series)}
    if not chosen:
        return []
    titles = [page.words.name("series", f"{section_id}.{name}", key="title") for name in chosen]
    ranges = [_range(page, one) for one in chosen.values()]
    left, right = min(max(map(cell_len, titles)), page.width // 2), max(map(cell_len, ranges))
    room = min(SPARK_WIDTH, page.width - left - right - 6)
    lines = []
    for title, one, low_high in zip(titles, chosen.values(), ranges, strict=True):
        spark = sparkline([value for _, value in one.points], room, page.marks)
        line = Text.assemble("  ", (pad(cut(title, left, page.marks), left), LABEL), "  ", (spark, ACCENT))
        line.append("  " + low_high, LABEL)
        lines.append(line)
    return lines


def _doubled(name: str, series: Mapping[str, Series]) -> bool:
    """Whether the same is told better by the other of a pair ``…_per_day`` and ``…_per_week``."""
    stem, _, step = name.rpartition("_per_")
    weeks, days = series.get(f"{stem}_per_week"), series.get(f"{stem}_per_day")
    if weeks is None or days is None:
        return False
    return step == ("day" if len(weeks.points) >= FEW_POINTS else "week")


def _range(page: Page, series: Series) -> str:
    values = [value for _, value in series.points if is_number(value)]
    if not values:
        return page.marks.dash
    low, high = page.words.value(min(values), series.unit), page.words.value(max(values), series.unit)
    return low if low == high else page.words.say("format.range", low=low, to=page.marks.to, high=high)
