"""``cq roles`` as text: who plays which part in a group, by what they did, with their own words.

How good the data are stands first. Named are roles that are firm or likely; what does not hold stands
under "not enough data" with the best guess. Whoever openly disagrees is shown with every message that
says so, never as a label. It judges nobody; scores and evidence are made elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cq.report._terminal_layout import LABEL, STRONG, Page, cut, flow, paragraph
from cq.report._terminal_parts import group_head
from cq.report._terminal_roles import (
    NAMED,
    capital,
    changed,
    composition,
    counted,
    grouped,
    member_name,
    say,
)
from cq.report._terminal_section import heading
from cq.report.terminal import _page as page_of
from cq.report.terminal import _print as print_lines
from cq.report.wording import clean, is_number
from cq.result import ROLES, Analysis, GroupResult, Role, RoleRow, WindowSpan, role_rows, role_window
from cq.section import Section

SHOWN = 10
"""So many members of a role are shown unless all are asked for; those who disagree always all."""
TENTATIVE_SHOWN = 12
NAMES_SHOWN = 20
EXCERPTS = 3
DISSENT_COLUMNS = 800
"""A disagreement is shown whole up to so many columns: the 400 characters that are kept of it."""
CAPPED_BELOW = 0.9
"""A cap on confidence is spoken of below this."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A message that shows a role."""

    sent_at: str
    text: str | None


@dataclass(frozen=True, slots=True)
class _Cast:
    """The roles of one group with what carries them, by member and role."""

    said: Mapping[str, _Said]
    numbers: Mapping[tuple[str, str], Mapping[str, object]]


def render(
    result: Analysis, console: Console, *, lang: str = "zh", color: bool = True, verbose: bool = False
) -> None:
    """``cq roles --format text``: print the groups one after the other."""
    page = page_of(console, lang, verbose)
    lines: list[Text] = []
    for group in result.groups:
        if "roles" in group.sections:
            lines += [*([Text(), Text()] if lines else []), *_group(group, result.window, page)]
    print_lines(lines, console, color)


def _group(group: GroupResult, asked: WindowSpan, page: Page) -> Iterator[Text]:
    section = group.sections["roles"]
    cast = _cast(section)
    by_role = grouped(role_rows(section.tables["members"]))
    yield from group_head(group, page)
    yield Text()
    yield from paragraph(_window(role_window(section, asked), page), page, indent=2)
    made_up = composition(by_role, page) or [say(page, "nothing")]
    yield from flow(made_up, page, indent=2, label=say(page, "composition"))
    for role in NAMED:
        if by_role[role]:
            yield from _titled(role, len(by_role[role]), page)
            yield from _members(by_role[role], role, cast, page)
    if by_role["challenger"]:
        yield from _titled("challenger", len(by_role["challenger"]), page)
        for row in by_role["challenger"]:
            yield from _member(row, "challenger", cast, page)
    for many in ("lurker", "ordinary"):
        if by_role[many]:
            yield from _titled(many, len(by_role[many]), page)
            yield from _names(by_role[many], page) if many == "ordinary" or page.verbose else ()
    if by_role["not_enough_data"]:
        yield from _titled("not_enough_data", len(by_role["not_enough_data"]), page)
        yield from _unsettled(by_role["not_enough_data"], cast, page)
    table = section.tables.get("changes")
    if table is not None and (moved := changed(table, page)):
        yield from heading(say(page, "changed"), page)
        for said in moved if page.verbose else moved[:SHOWN]:
            yield from paragraph(said, page, indent=2)
    yield from heading(say(page, "cannot"), page)
    for said in _unseen(group, section, page):
        yield from paragraph(said, page, indent=2, style=LABEL)
    example = next((r for r in ROLES if by_role[r]), "organizer")
    yield from paragraph(say(page, "explain", role=example), page, indent=2, style=LABEL)


def _titled(role: str, count: int, page: Page) -> Iterator[Text]:
    """What the role is, how many have it, and for those that only are counted that it is no reproach."""
    yield from heading(capital(counted(role, count, page)), page)
    does = page.words.table("roles", "names", role, "does")
    if isinstance(does, str):
        key = "only_count" if role == "lurker" and not page.verbose else ""
        text = say(page, key, does=does) if key else does + page.words.say("summary.stop").rstrip()
        yield from paragraph(text, page, indent=2, style=LABEL)


# -- members -----------------------------------------------------------------------------------------


def _members(rows: Sequence[RoleRow], role: Role, cast: _Cast, page: Page) -> Iterator[Text]:
    shown = rows if page.verbose else rows[:SHOWN]
    for row in shown:
        yield from _member(row, role, cast, page)
    if hidden := len(rows) - len(shown):
        n = page.words.number(hidden)
        yield from paragraph(say(page, "more_members", n=n), page, indent=2, style=LABEL)


def _member(row: RoleRow, role: Role, cast: _Cast, page: Page) -> Iterator[Text]:
    """Who, how sure, in which office; the numbers; the words."""
    yield _head(row, role, page)
    yield from flow(_numbers(row, role, cast, page), page, indent=4, style=LABEL)
    if role == "challenger":
        yield from _dissent(row, cast, page)
        return
    yield from _excerpts(row, role, cast, page)
    if "challenger" in row.also:
        yield from paragraph(say(page, "also_challenger"), page, indent=4, style=LABEL)
        yield from _dissent(row, cast, page)


def _head(row: RoleRow, role: str, page: Page) -> Text:
    facts = [str(page.words.table("roles", "certainty", row.certainty) or row.certainty)]
    if row.official_role in ("owner", "admin"):
        facts.append(page.words.code(row.official_role))
    # Who disagrees, too, is told with the words below, never here as a label.
    others = [page.words.code(r) for r in row.also if r not in (role, "challenger")]
    if others:
        facts.append(say(page, "also", role=page.words.listing(others)))
    rest = f" {page.marks.dot} ".join(facts)
    name = cut(_full_name(row, page), max(12, page.width - 4 - cell_len(rest)), page.marks)
    return Text.assemble("  ", (name, STRONG), "  ", cut(rest, page.width - 4 - cell_len(name), page.marks))


def _full_name(row: RoleRow, page: Page) -> str:
    name, id_ = member_name(row, page), clean(row.member_id)
    if row.member_id.startswith("name:") or name == id_:
        return name
    return say(page, "member", name=name, id=id_)


def _numbers(row: RoleRow, role: Role, cast: _Cast, page: Page) -> list[str]:
    words = page.words
    found: list[str] = []
    for column, value in cast.numbers.get((row.member_id, role), {}).items():
        template = words.table("roles", "columns", f"{role}_{column}") or words.table(
            "roles", "columns", column
        )
        if isinstance(template, str) and is_number(value) and value:
            shown = words.percent(value) if column == "share" else words.number(value)
            found.append(template.replace("{n}", shown))
    found.append(say(page, "turns", n=words.number(row.turns)))
    found.append(say(page, "days", n=words.number(row.active_days)))
    if (evidence := row.evidence.get(role)) and (row.member_id, role) not in cast.numbers:
        found.append(say(page, "evidence", n=words.number(len(evidence))))
    shares = {"confidence": row.confidence, **({"stability": row.stability} if page.verbose else {})}
    return found + [say(page, key, value=f"{v:.0%}") for key, v in shares.items() if v is not None]


def _excerpts(row: RoleRow, role: Role, cast: _Cast, page: Page) -> Iterator[Text]:
    """The first messages that show a role, a line each."""
    known = [cast.said[id_] for id_ in row.evidence.get(role, ()) if id_ in cast.said]
    shown = known if page.verbose else known[:EXCERPTS]
    for said in shown:
        head = "    " + page.words.moment(said.sent_at) + "  "
        room = page.width - cell_len(head)
        yield Text.assemble((head, LABEL), cut(_words(said, page), room, page.marks))
    if hidden := len(known) - len(shown):
        n = page.words.number(hidden)
        yield from paragraph(say(page, "more_evidence", n=n), page, indent=4, style=LABEL)


def _dissent(row: RoleRow, cast: _Cast, page: Page, *, indent: int = 4, style: str = "") -> Iterator[Text]:
    """Every message in which somebody disagreed, by time."""
    known = [cast.said[id_] for id_ in row.evidence.get("challenger", ()) if id_ in cast.said]
    for said in sorted(known, key=lambda s: s.sent_at):
        text = cut(_words(said, page), DISSENT_COLUMNS, page.marks)
        label = page.words.moment(said.sent_at)
        yield from paragraph(text, page, indent=indent, label=label, style=style)


def _words(said: _Said, page: Page) -> str:
    text = clean(said.text or "")
    return page.words.quote(text) if text else say(page, "no_text")


def _names(rows: Sequence[RoleRow], page: Page) -> list[Text]:
    borne = Counter(member_name(row, page) for row in rows)
    names = [
        member_name(row, page) if borne[member_name(row, page)] == 1 else _full_name(row, page)
        for row in (rows if page.verbose else rows[:NAMES_SHOWN])
    ]
    if hidden := len(rows) - len(names):
        names.append(say(page, "more_members", n=page.words.number(hidden)))
    return flow(names, page, indent=2)


def _unsettled(rows: Sequence[RoleRow], cast: _Cast, page: Page) -> Iterator[Text]:
    """The best guesses, in grey; those who said too little are counted."""
    guessed = [row for row in rows if row.role not in ("not_enough_data", "lurker")]
    guessed.sort(key=lambda row: -row.turns)
    if guessed:
        yield from paragraph(say(page, "tentative"), page, indent=2, style=LABEL)
    shown = guessed if page.verbose else guessed[:TENTATIVE_SHOWN]
    for row in shown:
        yield from _guess(row, cast, page)
    if hidden := len(guessed) - len(shown):
        n = page.words.number(hidden)
        yield from paragraph(say(page, "more_members", n=n), page, indent=2, style=LABEL)
    silent = [row for row in rows if row.role in ("not_enough_data", "lurker")]
    if silent:
        yield from paragraph(
            say(page, "silent", n=page.words.number(len(silent))), page, indent=2, style=LABEL
        )
        if page.verbose:
            yield from _names(silent, page)


def _guess(row: RoleRow, cast: _Cast, page: Page) -> Iterator[Text]:
    words = page.words
    dissents = row.role == "challenger"
    facts = [
        *([] if dissents else [say(page, "guess", role=words.code(row.role))]),
        *([words.code(row.official_role)] if row.official_role in ("owner", "admin") else []),
        say(page, "turns", n=words.number(row.turns)),
        say(page, "days", n=words.number(row.active_days)),
    ]
    name = cut(_full_name(row, page), page.width // 2, page.marks)
    rest = cut(f" {page.marks.dot} ".join(facts), page.width - 6 - cell_len(name), page.marks)
    yield Text.assemble("    ", name, "  ", (rest, LABEL))
    if dissents:
        yield from paragraph(say(page, "guess_challenger"), page, indent=6, style=LABEL)
        yield from _dissent(row, cast, page, indent=6, style=LABEL)


# -- what was looked at, and what cannot be told -----------------------------------------------------


def _cast(section: Section) -> _Cast:
    said: dict[str, _Said] = {}
    numbers: dict[tuple[str, str], Mapping[str, object]] = {}
    if (table := section.tables.get("evidence")) is not None:
        for row in table.rows:
            cell = dict(zip(table.columns, row, strict=True))
            text = cell["text"]
            said[str(cell["message_id"])] = _Said(str(cell["sent_at"]), None if text is None else str(text))
    if (table := section.tables.get("numbers")) is not None:
        for row in table.rows:
            cell = dict(zip(table.columns, row, strict=True))
            key = str(cell.pop("member_id")), str(cell.pop("role"))
            numbers[key] = cell
    return _Cast(said, numbers)


def _window(span: WindowSpan, page: Page) -> str:
    words = page.words
    start, end = datetime.fromisoformat(span.start), datetime.fromisoformat(span.end)
    last = datetime.fromtimestamp(end.timestamp() - 0.001, end.tzinfo)
    days = words.say("format.span_dates", first=words.day(span.start), last=words.day(last.isoformat()))
    return say(page, "window", span=days, length=words.span((end - start).total_seconds() / 86_400))


def _unseen(group: GroupResult, section: Section, page: Page) -> Iterator[str]:
    """What these data cannot tell about roles."""
    quality = group.quality
    coverage, cap = (section.metrics.get(code) for code in ("explicit_link_coverage", "reply_cap"))
    if quality["member_basis"] == "senders":
        yield say(page, "no_members")
    if coverage is None or not is_number(coverage.value) or not coverage.value:
        yield say(page, "no_links")
    elif cap is not None and is_number(cap.value) and cap.value < CAPPED_BELOW:
        percent = page.words.percent
        yield say(page, "cap", coverage=percent(coverage.value), cap=percent(cap.value))
    yield say(page, "words_only")
