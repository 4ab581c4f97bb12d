"""The page in a terminal and in a pipe: width, escapes, both languages, and everything missing."""

from __future__ import annotations

import io
import re
import shlex
import unicodedata
from collections.abc import Callable

import msgspec
import pytest
from results import (
    HOSTILE,
    PEOPLE,
    activity,
    analysis,
    group,
    metrics_activity,
    people,
    questions,
    unheard_of,
)
from rich.console import Console

from cq import locales
from cq.model import Problem
from cq.report import summary
from cq.report.terminal import (
    render,
    render_counting,
    render_explain,
    render_formats,
    render_identify,
    render_import,
)
from cq.report.wording import Words
from cq.result import (
    Analysis,
    Explanation,
    FormatInfo,
    GroupCount,
    GroupResult,
    Identification,
    IdentifiedSource,
    Records,
    Span,
)
from cq.section import ColumnKind, Metric, Section, Table

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def columns(line: str) -> int:
    """Terminal columns: East Asian wide two, marks that combine none."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in line
    )


def piped(draw: Callable[[Console], None], width: int = 80) -> str:
    """What reaches a pipe; checked for escapes, control characters, width and trailing blanks."""
    page = io.StringIO()
    draw(Console(file=page, width=width, highlight=False))
    text = page.getvalue()
    assert not CONTROL.search(text)
    for line in text.splitlines():
        assert columns(line) <= min(width, 80), line
        assert line == line.rstrip()
    return text


def shown(result: Analysis, lang: str = "zh", width: int = 80, verbose: bool = False) -> str:
    return piped(lambda console: render(result, console, lang=lang, verbose=verbose), width)


def in_terminal(result: Analysis, width: int, color: bool = True) -> str:
    page = io.StringIO()
    console = Console(
        file=page, width=width, force_terminal=True, color_system="standard", legacy_windows=False
    )
    render(result, console, color=color)
    return page.getvalue()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("verbose", [False, True])
def test_a_group_fits_a_pipe(lang: str, verbose: bool) -> None:
    text = shown(analysis(), lang, verbose=verbose)
    for part in (
        "城南读书会",
        "小鱼",
        "明天读书会几点开始",
        "▇",
        "█",
        "4,688",
        "27.8%",
        "12.3%",
        "cq explain activity.stickiness",
    ):
        assert part in text


def test_the_page_tells_what_the_group_did() -> None:
    text = " ".join(shown(analysis()).split())
    assert "这 12 周里 30 人说了 4,688 条，平均每天 55.8 条。比上一期多 12%。一半发言来自 6 人。" in text
    assert "2026-03-05 至 2026-05-27" in text
    assert "5,012 条记录 = 4,812 消息 + 42 成员 + 120 表头 + 2 有问题 + 36 跳过" in text
    assert "没有时间，或时间不存在 2（城南读书会.txt:133）" in text
    assert "对比上一期 2025-12-11 至 2026-03-04" in text


def test_english_counts_one_as_one() -> None:
    text = " ".join(shown(analysis(), "en").split())
    assert "In 12 weeks 30 people wrote 4,688 messages, 55.8 a day on average." in text
    assert "1 person came back" in text


def test_lists_say_how_many_more_there_are() -> None:
    text = shown(analysis())
    assert "还有 6 人" in text  # 21 silent members, 15 shown
    assert "还有 39 个问题" in text  # 47 unanswered, 8 shown
    assert "还有 6 人" not in shown(analysis(), verbose=True)


def test_numbers_that_head_a_table_stand_once() -> None:
    assert " silent_members" not in shown(analysis(group("x", people())))
    assert "还有" in shown(analysis(group("x", people())))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_stays_text(lang: str) -> None:
    bad = group(HOSTILE[0] + "群", activity(), people(HOSTILE), questions(HOSTILE), id_="\x1b]0;x\x07")
    odd = group(HOSTILE[3], unheard_of(), id_=HOSTILE[1])
    text = shown(analysis(bad, odd), lang, verbose=True)
    assert "[red]x[/red]" in text
    assert ":smile:" in text
    assert "{name}" in text
    assert "·[31m红·[0m" in text
    for width in (40, 57, 100):
        shown(analysis(bad, odd), lang, width)


def test_hostile_text_stays_text_in_a_terminal() -> None:
    bad = group(HOSTILE[0], people(HOSTILE), questions(HOSTILE))
    escapes = set(re.findall(r"\x1b[^m]*m", in_terminal(analysis(bad), 120)))
    assert escapes <= {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[1;36m"}
    assert "\x1b[31m" not in escapes


def test_without_colour_nothing_is_escaped() -> None:
    assert "\x1b" not in in_terminal(analysis(), 80, color=False)


@pytest.mark.parametrize("width", [60, 80, 100, 130, 200])
def test_a_terminal_is_filled_but_never_exceeded(width: int) -> None:
    lines = in_terminal(analysis(), width, color=False).splitlines()
    assert max(map(columns, lines)) <= min(width, 140)
    assert any("─" in line for line in lines)
    assert "─" not in shown(analysis())


def test_wide_pages_set_blocks_side_by_side() -> None:
    narrow, wide = (in_terminal(analysis(), width, color=False).splitlines() for width in (80, 130))
    assert len(wide) < len(narrow)
    assert any(re.search(r"小鱼 .*%\s{3,}\S", line) for line in narrow)


def test_many_groups_are_a_table_then_each() -> None:
    groups = [group(f"读书会{i}", id_=f"g{i}") for i in range(3)]
    text = shown(analysis(*groups))
    assert text.splitlines()[2] == "3 个群"
    assert all(f"{i + 1}/3  读书会{i}" in text for i in range(3))


def test_very_many_groups_are_only_a_table() -> None:
    groups = [group(f"读书 会{i}'$(x)", id_=f"g{i}") for i in range(7)]
    text = shown(analysis(*groups))
    lines = [line for line in text.splitlines() if "--group" in line]
    assert lines == ["    cq analyze … --group " + shlex.quote("读书 会0'$(x)")]
    long = [group("长" * 60, id_=f"g{i}") for i in range(7)]
    assert "    cq analyze … --group g0" in shown(analysis(*long)).splitlines()
    assert "人发过言" not in text
    assert "人发过言" in shown(analysis(*groups), verbose=True)


def nothing_known() -> GroupResult:
    """Every metric unknown, every table empty."""
    sections = [
        Section(
            s.id,
            {code: Metric(None, m.unit, 0) for code, m in s.metrics.items()},
            {name: Table(t.columns, []) for name, t in s.tables.items()},
            {
                name: msgspec.structs.replace(one, points=[(t, None) for t, _ in one.points])
                for name, one in s.series.items()
            },
        )
        for s in (activity(), people(), questions(), unheard_of())
    ]
    unknown = dict.fromkeys(
        (
            "human_messages",
            "first",
            "last",
            "members",
            "bots",
            "anonymous_messages",
            "media_share",
            "name_only_senders",
        )
    )
    return group(
        None,
        *sections,
        id_="",
        messages=0,
        span_days=None,
        member_basis="senders",
        explicit_reply_coverage=None,
        gaps=[],
        **unknown,
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("verbose", [False, True])
def test_unknown_everywhere_prints_dashes_and_reasons(lang: str, verbose: bool) -> None:
    text = shown(analysis(nothing_known(), previous=False), lang, verbose=verbose)
    assert "—" in text
    assert {"zh": "没有名单", "en": "no member list"}[lang] in text
    assert not re.search(r"None|\bnan\b", text)
    assert "0%" not in text


def test_rows_with_nothing_in_them_print() -> None:
    empty = [tuple(None for _ in t.columns) for t in people().tables.values()]
    tables = {
        n: Table(t.columns, [row] * 3) for (n, t), row in zip(people().tables.items(), empty, strict=True)
    }
    assert "—" in shown(analysis(group("x", Section("people", {}, tables))), verbose=True)


def test_empty_results_print() -> None:
    shown(analysis(GroupResult(group().group, group().quality, {})))
    text = shown(analysis(group("x", Section("activity"))))
    assert "这一部分没有内容。" in text
    shown(msgspec.structs.replace(analysis(), groups=[], sources=[]))


def test_sections_no_renderer_knows_are_printed_whole() -> None:
    text = shown(analysis(group("x", unheard_of())))
    for part in (
        "weather",
        "sunny_days",
        "3 天",
        "odd",
        "storms",
        "[bold]雷",
        "还有 4 行",
        "还有 2 列",
        "rain",
        "weather/storm",
        "把握 83%",
        "正常 1",
    ):
        assert part in text
    assert "weather/fog" in shown(analysis(group("x", unheard_of())), verbose=True)


def test_a_portfolio_is_a_section() -> None:
    assert "storms" in shown(msgspec.structs.replace(analysis(), portfolio=unheard_of()))


def test_tables_with_other_columns_than_expected_fall_back_to_the_grid() -> None:
    odd = Table({"x": "number"}, [(7.25,)])
    sections = [
        Section(s, {}, dict.fromkeys(("hours", "ranking", "kinds", "new", "unanswered"), odd))
        for s in ("activity", "people", "questions")
    ]
    assert shown(analysis(group("x", *sections))).count("7.25") == 15


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1"])
def test_consoles_that_know_less_get_what_they_know(encoding: str) -> None:
    buffer = io.BytesIO()
    console = Console(
        file=io.TextIOWrapper(buffer, encoding=encoding, newline="\n", write_through=True), width=80
    )
    render(analysis(group("👻读书会\u0e01", activity(), people(("👻", *PEOPLE)))), console, lang="en")
    text = buffer.getvalue().decode(encoding)
    assert "?" in text
    assert not set("▁▂▃▄▅▆▇█░▒▓▲▼…") & set(text)
    assert all(columns(line) <= 80 for line in text.splitlines())


def test_many_sources_and_problems_are_counted_not_listed() -> None:
    source = analysis().sources[0]
    many = [
        msgspec.structs.replace(
            source, path=f"{i}" + "长" * 60, problem_counts={f"p{j}": 1 for j in range(9)}
        )
        for i in range(5)
    ]
    text = shown(msgspec.structs.replace(analysis(), sources=many))
    assert "还有 2 个文件" in text
    assert "25,060 条记录 = 24,060 消息" in text
    assert "还有 4 种" in text


def test_the_place_of_a_problem_is_its_first() -> None:
    source = analysis().sources[0]
    places = [Problem("bad_time", f"a.txt:{line}") for line in (3, 70, 900)]
    first = msgspec.structs.replace(source, problems=places, problem_counts={"bad_time": 3})
    text = shown(msgspec.structs.replace(analysis(), sources=[first, source]))
    assert "没有时间，或时间不存在 5（a.txt:3）" in text


def test_a_broken_counting_law_is_confessed() -> None:
    source = msgspec.structs.replace(analysis().sources[0], records=Records(seen=5, messages=4))
    assert "这是 cq 的错" in shown(msgspec.structs.replace(analysis(), sources=[source]))


def test_gaps_and_bases_are_named() -> None:
    gap = {"start": "2026-04-02", "end": "2026-04-10", "days": 8.0}
    text = "".join(shown(analysis(group("x", activity(), gaps=[gap, {**gap, "days": 9.0}]))).split())
    assert "有2段空白可能漏导，最长的从2026-04-02起9天" in text
    text = shown(analysis(group("x", activity(), member_basis="senders", explicit_reply_coverage=0.0)))
    assert "没有成员名单" in text
    assert "没有引用和 @" in text


# -- summary -----------------------------------------------------------------------------------------


def test_sentences_need_their_numbers() -> None:
    assert summary.sentences(nothing_known(), Words("zh")) == []
    few = {**metrics_activity(previous=False), "span_days": Metric(1, "days")}
    assert summary.sentences(group("x", Section("activity", few)), Words("zh")) == ["30 人说了 4,688 条。"]


@pytest.mark.parametrize(
    ("share", "speakers", "said"),
    [
        (0.51, 2, ["More than half of it came from a single person."]),
        (0.5, 3, ["Half of it came from a single person."]),
        (0.5, 2, []),  # true of both
        (1.0, 1, []),
        (None, None, ["Half of it came from a single person."]),
    ],
)
def test_half_by_one_is_told_exactly(share: float | None, speakers: int | None, said: list[str]) -> None:
    one = Section(
        "people",
        {
            "absence_factor": Metric(1, "count"),
            "top1_share": Metric(share, "ratio"),
            "speakers": Metric(speakers, "count"),
        },
    )
    assert summary.sentences(group("x", one), Words("en")) == said


def test_few_messages_before_are_told_not_compared_in_percent() -> None:
    counts = {"messages": Metric(8, "count", previous=2), "speakers": Metric(3, "count")}
    said = summary.sentences(group("x", Section("activity", counts)), Words("zh"))
    assert said == ["3 人说了 8 条。上一期是 2 条。"]


def test_no_answers_are_told_once() -> None:
    counts = {
        "questions": Metric(5, "count"),
        "answered_ratio": Metric(0.0, "ratio", 5),
        "unanswered": Metric(5, "count", 5),
        "median_answer_seconds": Metric(None, "seconds", 0),
    }
    asked = group("x", Section("questions", counts))
    assert summary.sentences(asked, Words("zh")) == ["5 个问题里 0% 看得到回复。"]
    assert "回复时间中位数（没有提问得到回复）" in shown(analysis(asked))


def test_who_is_seen_to_be_new_without_history_is_a_lower_bound() -> None:
    named: dict[str, ColumnKind] = {"member_id": "member_id", "name": "name"}
    new = Section("people", {"new_speakers": Metric(None, "count")}, {"new": Table(named, [("b", "小鱼")])})
    text = shown(analysis(group("x", new)))
    assert "新开口的人 至少 1" in text
    assert "新开口的人（之前的记录不够长）" in text
    assert "第一次开口" not in text


# -- the other pages ---------------------------------------------------------------------------------


def identification(path: str = "a.txt") -> Identification:
    problem = Problem("bad_time", f"{path}:3", HOSTILE[0])
    known = IdentifiedSource(
        path,
        "qq-pc-txt",
        "0" * 64,
        2048,
        Records(seen=3, messages=2, problems=1),
        "first line 消息记录",
        [GroupCount("g", HOSTILE[1], "qq", "group", 2)],
        Span("2026-03-05T08:00:00+08:00", "2026-03-06T08:00:00+08:00"),
        problems=[problem],
        problem_counts={"bad_time": 1},
    )
    others = [
        IdentifiedSource("b.json", "ours", "", 0, Records(), "its keys " + HOSTILE[3]),
        IdentifiedSource("c.json", "weflow-json", "", 0, Records(), "--input-format"),
    ]
    return Identification([known, *others])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_identify_tells_format_reason_and_content(lang: str) -> None:
    text = piped(lambda console: render_identify(identification("\x1b[2J" + "长" * 99), console, lang=lang))
    said = locales.load(lang)["problems"]["bad_time"]["name"][:10]
    why = {"zh": "固定的首行", "en": "fixed first line"}[lang]
    for part in ("qq-pc-txt", why, "its keys", "--input-format", "2026-03-05 08:00", said):
        assert part in text
    assert "first line 消息记录" not in text, "the reason of the sniff is for programs"
    assert piped(lambda console: render_identify(Identification([]), console, lang=lang)).strip()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_formats_are_a_table(lang: str) -> None:
    found = [
        FormatInfo("qq-pc-txt", "QQ PC text export " + "x" * 99, "qq"),
        FormatInfo("ours", "cq", "any", True, True, True),
    ]
    text = piped(lambda console: render_formats(found, console, lang=lang))
    assert "qq-pc-txt" in text
    assert {"zh": "名单", "en": "members"}[lang] in text
    assert piped(lambda console: render_formats([], console, lang=lang)).strip()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explain_prints_paragraphs_or_a_list(lang: str) -> None:
    one = Explanation(
        "activity.stickiness",
        "metric",
        "粘性",
        {"means": "长" * 90, "formula": "a\n\nb", "own": "[red]x"},
        ["activity.speakers"],
    )
    text = piped(lambda console: render_explain([one], console, lang=lang))
    for part in ("activity.stickiness", "[red]x", "own", "activity.speakers"):
        assert part in text
    for many in (2, 9):
        text = piped(lambda console, n=many: render_explain([one] * n, console, lang=lang))
        assert text.count("activity.stickiness") == many
        assert ("[red]x" in text) == (many == 2)


def test_counting_and_import_print() -> None:
    class Report:
        store, sources, read, added, known, total, groups = "存档", analysis().sources, 9, 4, 5, 1200, 2

    text = piped(lambda console: render_import(Report(), console))
    assert "读入 9 条，新增 4 条，5 条早已有了。" in text
    assert "现在存着 2 个群，一共 1,200 条。" in text
    assert "5,012 条记录" in piped(lambda console: render_counting(analysis().sources, console))
