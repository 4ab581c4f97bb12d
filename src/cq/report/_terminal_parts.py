"""The parts of a page around the sections: who the group is, how good its data are, what was read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len
from rich.text import Text

from cq.model import Problem
from cq.report import summary
from cq.report._terminal_layout import (
    ACCENT,
    ALARM,
    LABEL,
    STRONG,
    Column,
    Page,
    aligned,
    cut,
    flow,
    grid,
    paragraph,
)
from cq.report._terminal_section import heading
from cq.report.marks import sparkline
from cq.report.wording import Words, clean
from cq.result import Analysis, GroupResult, IdentifiedSource, Records, SourceReport

SHOWN_SOURCES = 3
SHOWN_CODES = 5
OVERVIEW: Sequence[tuple[str, str]] = (
    ("messages", "activity.messages"),
    ("speakers", "activity.speakers"),
    ("per_day", "activity.messages_per_day"),
    ("half", "people.absence_factor"),
    ("answered", "questions.answered_ratio"),
)
"""Columns of the table of groups: their heading and their metric; one nobody has is left out."""
TREND = "messages_per_week"
TREND_WIDTH = 12

Source = SourceReport | IdentifiedSource


# -- a group ---------------------------------------------------------------------------------------


def group_name(name: str | None, group_id: str, words: Words) -> str:
    """What a group is called; an unnamed one by its id."""
    return clean(name or "") or f"{words.say('group.unnamed')} {clean(group_id)}".strip()


def group_head(group: GroupResult, page: Page, number: str = "") -> list[Text]:
    """Who it is, when, how much, how many; then a few sentences, then how good the data are."""
    words, quality, who = page.words, group.quality, group.group
    name = cut(number + group_name(who.name, who.id, words), page.width, page.marks)
    chat = words.say(f"chats.{who.chat_kind}", platform=words.code(who.platform))
    facts = [chat, *_span(quality.get("first"), quality.get("last"), words)]
    facts.append(words.say("group.sent", messages=words.amount(quality["messages"], "message")))
    if people := summary.people(group, words):
        facts.append(words.say("group.speaking", people=people))
    line = f" {page.marks.dot} ".join(facts)
    if cell_len(name) + 2 + cell_len(line) <= page.width:
        lines = [Text.assemble((name, STRONG), ("  " + line, LABEL))]
    else:
        lines = [Text(name, STRONG), *flow(facts, page, indent=2, style=LABEL)]
    said = words.say("summary.space").join(summary.sentences(group, words))
    if said:
        lines += [Text(), *paragraph(said, page, indent=2)]
    return [*lines, Text(), *_quality(group, page)]


def _span(first: str | None, last: str | None, words: Words) -> list[str]:
    if not (first and last):
        return []
    days = words.day(first), words.day(last)
    return [days[0] if days[0] == days[1] else words.say("format.span_dates", first=days[0], last=days[1])]


def _quality(group: GroupResult, page: Page) -> list[Text]:
    words = page.words
    known, limits = list(_known(group, words)), list(_limits(group, words))
    labels = aligned({key: words.say(f"quality.{key}") for key in ("label", "limits")})
    lines = flow(known, page, indent=2, style=LABEL, label=labels["label"])
    if limits:
        said = words.say("format.clause").join(limits)
        lines += paragraph(said, page, indent=2, style=LABEL, label=labels["limits"])
    return lines


def _known(group: GroupResult, words: Words) -> Iterator[str]:
    quality = group.quality
    total, human = quality["messages"], quality.get("human_messages")
    if (members := quality.get("members")) is not None:
        yield words.say(f"quality.{quality['member_basis']}", people=words.amount(members, "person"))
    if human is not None and total:
        yield words.say("quality.human", value=words.ratio(human / total, total))
    if coverage := quality["explicit_reply_coverage"]:
        yield words.say("quality.replies", value=words.percent(coverage))
    if (media := quality.get("media_share")) is not None:
        yield words.say("quality.media", value=words.percent(media))
    if bots := quality.get("bots"):
        yield words.say("quality.bots", bots=words.amount(bots, "bot"))
    if anonymous := quality.get("anonymous_messages"):
        yield words.say("quality.anonymous", messages=words.amount(anonymous, "message"))
    if recalled := quality.get("recalled"):
        yield words.say("quality.recalled", messages=words.amount(recalled, "message"))
    if quality.get("exit_visibility") == "full":
        yield words.say("quality.exits_full")


def _limits(group: GroupResult, words: Words) -> Iterator[str]:
    """What these data cannot tell, in words."""
    quality = group.quality
    if quality["member_basis"] != "roster":
        yield words.say("quality.no_roster")
    if not quality["explicit_reply_coverage"]:
        yield words.say("quality.no_replies")
    if named := quality.get("name_only_senders"):
        yield words.say("quality.names_merge", people=words.amount(named, "person"))
    if shared := quality.get("shared_names"):
        yield words.say("quality.shared_names", people=words.amount(shared, "person"))
    if bots := quality.get("likely_bots"):
        yield words.say("quality.likely_bots", people=words.amount(bots, "person"))
    if (exits := quality.get("exit_visibility")) in ("partial", "none"):
        yield words.say(f"quality.exits_{exits}")
    if quality.get("starts_with_join"):
        yield words.say("quality.starts_with_join")
    if gaps := quality.get("gaps"):
        longest = max(gaps, key=lambda gap: gap["days"])
        length = words.amount(round(longest["days"], 1), "day")
        key = "gap_at" if len(gaps) == 1 else "gaps_at"
        yield words.say(f"quality.{key}", n=len(gaps), start=words.day(longest["start"]), length=length)


# -- several groups, and the window ----------------------------------------------------------------


def window_line(result: Analysis, page: Page) -> list[Text]:
    """Which days were asked for and what they are compared with; nothing for the whole log."""
    if result.previous is None:
        return []
    words = page.words
    now = [_last_day(result.window.end, words), words.day(result.window.start)]
    before = [_last_day(result.previous.end, words), words.day(result.previous.start)]
    spans = [words.say("format.span_dates", first=first, last=last) for last, first in (now, before)]
    label = words.say("group.period")
    against = "group.versus" if result.compared else "group.versus_nothing"
    return [*flow([spans[0], words.say(against, span=spans[1])], page, label=label), Text()]


def _last_day(end: str, words: Words) -> str:
    """The last day of a window: its end is exclusive."""
    try:
        moment = datetime.fromisoformat(end)
    except ValueError:
        return words.day(end)
    return words.day((moment - timedelta(milliseconds=1)).isoformat())


def overview(groups: Sequence[GroupResult], page: Page) -> list[Text]:
    """The groups under each other, with the numbers one compares them by."""
    words = page.words
    found = {head: [summary.metric(group, path) for group in groups] for head, path in OVERVIEW}
    shown = {head: column for head, column in found.items() if any(column)}
    trends = [_trend(group, page) for group in groups]
    heads = ["name", *shown, *(["trend"] if any(trends) else [])]
    rows = [[words.say(f"overview.{head}") for head in heads]]
    for index, group in enumerate(groups):
        row = [group_name(group.group.name, group.group.id, words)]
        for column in shown.values():
            metric = column[index]
            row.append(words.value(metric.value, metric.unit) if metric else page.marks.dash)
        rows.append([*row, trends[index]] if any(trends) else row)
    columns = [Column(shrinks=True, least=12), *[Column("right")] * len(shown), Column(style=ACCENT)]
    title = words.say("overview.heading", groups=words.amount(len(groups), "group"))
    lines = grid(rows, columns[: len(heads)], page, indent=2, head=True)
    return [*heading(title, page)[1:], *lines]


def _trend(group: GroupResult, page: Page) -> str:
    section = group.sections.get("activity")
    series = section.series.get(TREND) if section else None
    return sparkline([value for _, value in series.points], TREND_WIDTH, page.marks) if series else ""


# -- what was read -----------------------------------------------------------------------------------


def footer(result: Analysis, page: Page) -> list[Text]:
    """Files, the counting law, the zone, and what to run next."""
    words = page.words
    lines = heading(words.say("footer.heading"), page)
    many = len(result.sources) > SHOWN_SOURCES and not page.verbose
    shown = result.sources[:SHOWN_SOURCES] if many else result.sources
    rows = [[clean(s.path), clean(s.format), words.size(s.bytes)] for s in shown]
    lines += grid(rows, [Column(shrinks=True, least=16), Column(), Column("right")], page, indent=2)
    if many:
        lines.append(Text("  " + words.more(len(result.sources) - len(shown), "file"), LABEL))
    lines += counting(result.sources, page)
    zone = words.say(
        "footer.zone", tz=result.window.tz, end=words.moment(result.window.end), version=result.cq
    )
    lines += paragraph(zone, page, indent=2, style=LABEL)
    return lines + _next(result, page)


def counting(sources: Sequence[Source], page: Page) -> list[Text]:
    """The counting law over ``sources``, with the reasons of what was left out."""
    words = page.words
    total = _sum([source.records for source in sources])
    counts = {k: words.amount(getattr(total, k), f"law_{k}") for k in Records.__struct_fields__}
    law = words.say("footer.law", **counts)
    lines = paragraph(law, page, indent=2, style=LABEL)
    if not total.balanced:
        lines += paragraph(words.say("footer.unbalanced"), page, indent=2, style=ALARM)
    labels = aligned({key: words.say(f"footer.{key}") for key in ("skipped", "problems", "notices")})
    problems = _merged([source.problem_counts for source in sources])
    notices = _merged([source.notice_counts for source in sources])
    for key, family, found, where in (
        ("skipped", "skips", _merged([source.skipped_by for source in sources]), {}),
        ("problems", "problems", problems, _first_places([p for s in sources for p in s.problems])),
        ("notices", "problems", notices, _first_places([p for s in sources for p in s.notices])),
    ):
        items = [_counted(code, n, family, where, words) for code, n in found.items()]
        if not page.verbose and len(items) > SHOWN_CODES:
            items = [*items[:SHOWN_CODES], words.more(len(items) - SHOWN_CODES, "code")]
        lines += flow(items, page, indent=2, style=LABEL, label=labels[key])
    return lines


def _first_places(problems: Sequence[Problem]) -> dict[str, str]:
    """Where each kind of problem shows first."""
    where: dict[str, str] = {}
    for problem in problems:
        where.setdefault(problem.code, problem.where)
    return where


def _counted(code: str, n: int, family: str, where: Mapping[str, str], words: Words) -> str:
    said = words.say("format.detail", name=words.name(family, code), value=f"{n:,}")
    at = where.get(code)
    return words.say("format.with_base", value=said, base=clean(at)) if at else said


def _sum(records: Sequence[Records]) -> Records:
    return Records(*(sum(getattr(r, field) for r in records) for field in Records.__struct_fields__))


def _merged(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Counts by code over several sources, the most frequent first."""
    total: dict[str, int] = {}
    for one in counts:
        for code, n in one.items():
            total[code] = total.get(code, 0) + n
    return dict(sorted(((c, n) for c, n in total.items() if n), key=lambda item: (-item[1], item[0])))


def _next(result: Analysis, page: Page) -> list[Text]:
    """Commands that lead on from here."""
    words = page.words
    more = page.marks.more
    code = next((f"{s.id}.{c}" for g in result.groups for s in g.sections.values() for c in s.metrics), None)
    if any(summary.metric(group, "activity.stickiness") for group in result.groups):
        code = "activity.stickiness"
    rows = [[f"cq explain {code}", words.say("footer.explain")]] if code else []
    rows.append([f"cq analyze {more} --format json", words.say("footer.json")])
    label = words.say("footer.next")
    lines = grid(
        [["  " + command, said] for command, said in rows],
        [Column(), Column(style=LABEL, shrinks=True)],
        page,
    )
    return [Text(), Text(label, LABEL), *lines]


def pick_group(groups: Sequence[GroupResult], page: Page) -> list[Text]:
    """How to see one of many groups in detail."""
    who = groups[0].group
    names = [name for name in (clean(who.name or ""), clean(who.id)) if name]
    commands = [f"    cq analyze {page.marks.more} --group {shlex.quote(name)}" for name in names]
    # A command that wraps cannot be copied: where the name is too long for a line, the id stands in.
    fitting = [command for command in commands if cell_len(command) <= page.width] or commands[-1:]
    return [
        Text(),
        *paragraph(page.words.say("overview.pick"), page, indent=2),
        *map(Text, fitting[:1]),
    ]
