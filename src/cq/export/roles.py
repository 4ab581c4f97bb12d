"""The roles of members as CSV: a row per member, flat, for reading in a spreadsheet.

Scores have a column each, message ids are joined, and a cell that would be taken for a formula gets a
leading apostrophe. Codes stay codes; it judges and counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from cq.export.verdicts import CELL_CHARACTERS, _cell, _sheet
from cq.result import ROLES, GroupInfo, RoleRow

COLUMNS = (
    "group_id", "group_name", "member_id", "name", "official_role", "role", "certainty", "stability",
    "confidence", "turns", "active_days", "also", *(f"score_{role}" for role in ROLES),
    *(f"evidence_{role}" for role in ROLES),
)  # fmt: skip


def write(groups: Iterable[tuple[GroupInfo, Iterable[RoleRow]]], stream: IO[bytes]) -> int:
    """Write the members of groups, one after the other; the number of rows."""
    rows = 0
    with _sheet(stream) as sheet:
        sheet.writerow(COLUMNS)
        for group, members in groups:
            for row in members:
                sheet.writerow(_row(group, row))
                rows += 1
    return rows


def _row(group: GroupInfo, row: RoleRow) -> list[str | float]:
    return [
        _cell(group.id),
        _cell(group.name or ""),
        _cell(row.member_id),
        _cell(row.name or ""),
        row.official_role or "",
        row.role,
        row.certainty,
        "" if row.stability is None else row.stability,
        "" if row.confidence is None else row.confidence,
        row.turns,
        row.active_days,
        "; ".join(row.also),
        *(getattr(row.scores, role) for role in ROLES),
        *(_cell("; ".join(row.evidence.get(role, ())))[:CELL_CHARACTERS] for role in ROLES),
    ]
