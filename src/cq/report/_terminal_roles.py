"""Roles on a page: how a group is made up, and who may be named.

A role is named only where it is firm or likely; whoever openly disagrees never without their words.
It counts and orders rows; it judges nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from cq import locales
from cq.report._terminal_layout import LABEL, Page, aligned, cut, flow
from cq.report.marks import UNICODE
from cq.report.wording import clean
from cq.result import ROLES, Role, RoleRow, role_rows
from cq.section import Table

NAMED: tuple[Role, ...] = ("organizer", "thinker", "talker", "asker")
"""Roles whose holders are listed by name; the others need their words, or are many."""
ORDER = (*NAMED, "challenger", "lurker", "ordinary", "not_enough_data")
NAMES_SHOWN = 8
NAME_WIDTH = 24
ARROW = {True: "→", False: "->"}
_CERTAIN = {"firm": 0, "likely": 1, "tentative": 2}


def members(page: Page, table_id: str, table: Table, total: int) -> list[Text]:
    """The table of members inside a report: how the group is made up, then names by role."""
    rows = role_rows(table)
    by_role = grouped(rows)
    lines = flow(composition(by_role, page), page, indent=4)
    shown = [role for role in NAMED if by_role[role]]
    labels = aligned({role: capital(role_names(role, page)) for role in shown})
    for role in shown:
        names = [_named(row, page) for row in by_role[role]]
        kept = names if page.verbose else names[:NAMES_SHOWN]
        if len(names) > len(kept):
            kept.append(page.words.more(len(names) - len(kept), "person"))
        lines += flow(kept, page, indent=4, label=labels[role])
    more = page.marks.more
    if by_role["challenger"]:
        amount = page.words.amount(len(by_role["challenger"]), "person")
        lines += flow([say(page, "see_dissent", amount=amount, more=more)], page, indent=4)
    return lines + flow([say(page, "see", more=more)], page, indent=4, style=LABEL)


def changed(table: Table, page: Page) -> list[str]:
    """Who changed from which role to which; not whoever disagrees or did, as their words are not here."""
    words, found = page.words, []
    for row in table.rows:
        cell = dict(zip(table.columns, row, strict=True))
        before, after = str(cell["before"]), str(cell["after"])
        if "challenger" not in (before, after):
            name = cut(clean(cell["name"] or cell["member_id"]), NAME_WIDTH, page.marks)
            told = {
                "before": words.code(before),
                "after": words.code(after),
                "at": words.day(str(cell["seen_at"])),
            }
            found.append(say(page, "change", name=name, to=ARROW[page.marks is UNICODE], **told))
    return found


def grouped(rows: Sequence[RoleRow]) -> dict[str, list[RoleRow]]:
    """Members by the role they may be named for, the surest first; all others under not enough data."""
    found: dict[str, list[RoleRow]] = {role: [] for role in ORDER}
    for row in sorted(rows, key=_surest):
        found[row.role if settled(row) else "not_enough_data"].append(row)
    return found


def settled(row: RoleRow) -> bool:
    """Whether the role of a member may be named."""
    return row.certainty != "tentative" and row.role != "not_enough_data"


def composition(by_role: dict[str, list[RoleRow]], page: Page) -> list[str]:
    """How many of each role."""
    return [counted(role, len(by_role[role]), page) for role in ORDER if by_role[role]]


def counted(role: str, count: int, page: Page) -> str:
    """A role and how many have it."""
    return say(page, "people", role=role_names(role, page), n=page.words.number(count))


def role_names(role: str, page: Page) -> str:
    """What those who have a role are called."""
    name = page.words.table("roles", "names", role, "many")
    return name if isinstance(name, str) else clean(role)


def capital(text: str) -> str:
    """A text that begins a line; Chinese stays as it is."""
    return text[:1].upper() + text[1:]


def say(page: Page, key: str, **values: object) -> str:
    """A sentence of the roles page."""
    template = page.words.table("roles", "say", key)
    return locales.fill(template, values) if isinstance(template, str) else key


def member_name(row: RoleRow, page: Page) -> str:
    """What a member is called, without anything that could break a page."""
    name = clean(row.name or "")
    return cut(name or clean(row.member_id.removeprefix("name:")), NAME_WIDTH, page.marks) or page.marks.dash


def _named(row: RoleRow, page: Page) -> str:
    name = member_name(row, page)
    if row.official_role in (None, "member"):
        return name
    official = page.words.code(str(row.official_role))
    said = page.words.say("format.with_base", value=name, base=official)
    return said if cell_len(said) <= page.width - 8 else name


def _surest(row: RoleRow) -> tuple[int, float, int, str]:
    score = getattr(row.scores, row.role) if row.role in ROLES else 0.0
    return _CERTAIN[row.certainty], -score, -row.turns, row.member_id
