"""What the readers of workbooks share: all sheets with one head as one export, counted row by row.

No tool's columns are known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cq.formats import ReadOptions, Source
from cq.formats._sheet_view import Row
from cq.formats._table import Rows
from cq.formats._wall_clock import Stamps, WallClock
from cq.formats._workbook import all_tables, sheet_rows
from cq.model import Batch, Group, Member, Problem


class Sheets:
    """The tables of one workbook, and what has been noted about them so far."""

    def __init__(self, source: Source, options: ReadOptions, *heads: Sequence[str]) -> None:
        self.source = source
        self.label = source.label
        self.clock = WallClock(options)
        self.problems: list[Problem] = []
        self.notices: list[Problem] = []
        self.members: list[Member] = []
        self.member_records = 0
        self.tables, self._seen = all_tables(source, *heads)
        self.above: Sequence[Row] = ()
        self._groups: dict[str, Group] = {}
        self._headers = self._read = 0
        self._segment = 0
        self._minutes: list[int] = []
        self._noted: dict[str, list[int]] = {}
        self._rows = 0

    def rows(self) -> Iterator[Rows]:
        """The rows of all tables; ``above`` are the rows above the head of the present one."""
        for i, table in enumerate(self.tables):
            self._segment, self.above = i, table.above
            for rows in sheet_rows(self.source, table, self._seen):
                self.problems += rows.problems
                self.notices += rows.notices
                self._headers += rows.headers
                self._rows += len(rows.numbers)
                yield rows

    def other(self, name: str, *names: str) -> Iterator[Rows]:
        """The rows of another sheet, if there is one of that name with these columns."""
        for table in self._seen.tables(names):
            if table.sheet.name == name:
                self._read += 1
                for rows in sheet_rows(self.source, table, self._seen):
                    self._headers += rows.headers
                    self.problems += rows.problems
                    yield rows

    def shown(self, name: str) -> Sequence[Row]:
        """The first rows of the sheet of that name; none if there is none."""
        return next((sheet.rows for sheet in self._seen.sheets if sheet.name == name), ())

    def sound(self, rows: Rows, times: Stamps) -> tuple[Sequence[int], Mapping[str, list[str]], Any]:
        """Numbers, columns and times of the rows that have a time."""
        if times.to_the_minute and len(rows.numbers):
            self._minutes += [rows.numbers[0]] + [0] * (times.to_the_minute - 1)
        if times.sound.all():
            return rows.numbers, rows.columns, times.utc
        kept = times.sound.nonzero()[0].tolist()
        columns = {name: [column[i] for i in kept] for name, column in rows.columns.items()}
        return [rows.numbers[i] for i in kept], columns, times.utc[times.sound]

    def note(self, code: str, numbers: Sequence[int]) -> None:
        """A doubt about the rows of those numbers."""
        if numbers:
            self._noted.setdefault(code, []).extend(numbers)

    def batch(self, rows: Rows, group: Group, messages: Any) -> Batch:
        """``messages`` with the problems met so far; what is said of the group goes along once."""
        problems, self.problems = self.problems, []
        groups = () if self._groups.get(group.group_id) == group else (group,)
        self._groups[group.group_id] = group
        return Batch(messages, groups=groups, problems=problems, segment=self._segment)

    def others(self) -> Batch:
        """What the reader of the rows of a CSV file does not count: the sheets beside them."""
        return Batch(headers=len(self._seen.sheets) - len(self.tables) - self._read, segment=self._segment)

    def last(self) -> Batch:
        """What is left to say after the rows."""
        if self._minutes:
            self._noted["seconds_lost"] = self._minutes
        notices = [
            Problem(code, f"{self.label}:{numbers[0]}", str(len(numbers)))
            for code, numbers in self._noted.items()
        ]
        if not self._rows and not self.problems:
            self.problems.append(Problem("no_records", self.label))
        return Batch(
            problems=self.problems,
            notices=[*self.notices, *notices],
            members=self.members,
            member_records=self.member_records,
            headers=self._headers + len(self._seen.sheets) - len(self.tables) - self._read,
            segment=self._segment,
        )


def bad_times(label: str, rows: Rows, name: str, sound: Any) -> list[Problem]:
    """One problem for each row whose time is none."""
    if sound.all():
        return []
    times = rows.columns[name]
    return [
        Problem("bad_time", f"{label}:{rows.numbers[i]}", repr(times[i])[:60])
        for i in (~sound).nonzero()[0].tolist()
    ]


def value_of(rows: Sequence[Row], names: Sequence[str], labels: Collection[str]) -> str | None:
    """The value of the first of ``names`` that has one, in the cell to its right.

    Where that is another label, the row is a head, and the value stands below.
    """
    for name in names:
        for i, row in enumerate(rows):
            if name not in row.cells:
                continue
            place = row.cells.index(name)
            value = row.cells[place + 1] if place + 1 < len(row.cells) else ""
            if value in labels:
                below = rows[i + 1].cells if i + 1 < len(rows) else ()
                value = below[place] if place < len(below) else ""
            if value and value not in labels:
                return value
    return None
