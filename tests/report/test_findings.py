"""Findings as sentences and lines: which come first, what is filled in, and that chat text stays text."""

from __future__ import annotations

import pytest

from cq import locales
from cq.report import findings
from cq.report._terminal_findings import finding_lines, unseen_lines, verdict_lines
from cq.report._terminal_layout import Page
from cq.report.marks import UNICODE
from cq.report.wording import Words
from cq.section import Evidence, Finding, Severity, Status, Threshold

OVERLAP = "portfolio/overlap"


def finding(
    status: Status = "finding",
    severity: Severity = "warning",
    confidence: float = 0.8,
    code: str = OVERLAP,
    **values: object,
) -> Finding:
    known = {"people": 0.42, "seats": 0.5, "four": None, "members": 31, "groups": 7, **values}
    units = {"people": "ratio", "seats": "ratio", "four": "ratio", "members": "count", "groups": "count"}
    return Finding(
        code,
        status,
        severity,
        confidence,
        known,  # type: ignore[arg-type]
        [Evidence("m1", "2026-03-02T09:00:00+08:00", "a", "今天几点\x1b[31m集合")],
        [Evidence("m2", "2026-03-03T09:00:00+08:00", "b", "不是这样的")],
        [Threshold("seats", 0.3, "convention")],
        units,  # type: ignore[arg-type]
    )


def page(*, verbose: bool = False, lang: str = "zh", width: int = 80) -> Page:
    return Page(Words(lang, UNICODE), width, verbose, ruled=False)


def text(lines: list[object]) -> str:
    return "\n".join(str(line) for line in lines)


def test_the_worst_and_surest_come_first_and_watches_after_findings() -> None:
    every = [
        finding("watch", "alert", 0.9, "a/watch"),
        finding("finding", "info", 0.9, "a/info"),
        finding("finding", "alert", 0.3, "a/alert"),
        finding("finding", "warning", 0.5, "a/unsure"),
        finding("finding", "warning", 0.9, "a/sure"),
        finding("clear", "alert", 0.9, "a/clear"),
    ]
    assert [f.code for f in findings.leading(every)] == ["a/alert", "a/sure", "a/unsure"]
    assert [f.code for f in findings.leading([every[0], every[1]])] == ["a/info", "a/watch"]
    assert findings.leading([finding("watch", "info", 0.9)]) == []


@pytest.mark.parametrize(("lang", "share"), [("zh", "42.0%"), ("en", "42.0%")])
def test_sentences_are_filled_by_unit(lang: str, share: str) -> None:
    words = Words(lang, UNICODE)
    said = findings.sentence(finding(), words)
    assert share in said and "50.0%" in said and "{" not in said
    assert findings.action(finding(), words)
    assert findings.action(finding("clear"), words) == ""


def test_what_lacks_data_says_what_is_missing() -> None:
    short = Finding("health/x", "not_enough_data", "info", 0.0, {"reason": "weeks", "have": 5, "need": 8})
    assert findings.sentence(short, Words("zh", UNICODE)) == "记录只有 5 周，至少要 8 周"
    unknown = Finding("health/x", "not_observable", "info", 0.0, {"reason": "nobody_knows"})
    assert findings.sentence(unknown, Words("zh", UNICODE)) == ""


def test_the_verdict_tells_what_matters_and_counts_the_rest() -> None:
    every = [finding(), finding("clear", code="a/one"), finding("clear", code="a/two")]
    lines = text([*verdict_lines(every, page())])
    assert "同一批人在好几个群" in lines and "42.0%" in lines and "本周" in lines
    assert "正常 2" in lines
    assert verdict_lines([], page()) == []


def test_nothing_found_is_no_praise() -> None:
    clear = text([*verdict_lines([finding("clear")], page())])
    assert "没有发现要紧的问题" in clear and "资料不足" in clear
    unknown = Finding(OVERLAP, "not_observable", "info", 0.0, {"reason": "one_group"})
    assert "资料还不够" in text([*verdict_lines([unknown], page())])


def test_a_section_shows_evidence_and_with_verbose_everything() -> None:
    brief = text([*finding_lines([finding()], page(), lead=[OVERLAP])])
    assert "42.0%" not in brief, "the sentence stands above"
    assert "今天几点·[31m集合" in brief and "\x1b" not in brief
    assert "不是这样的" not in brief
    full = text([*finding_lines([finding()], page(verbose=True))])
    assert "不是这样的" in full and "本工具的约定" in full and "重复席位占比" in full


def test_quiet_findings_share_a_line_per_status() -> None:
    some = [
        finding("clear", code="portfolio/overlap"),
        finding("clear", code="portfolio/dormant"),
        Finding(
            "portfolio/copied_posts", "not_enough_data", "info", 0, {"reason": "weeks", "have": 1, "need": 4}
        ),
    ]
    lines = [str(line) for line in finding_lines(some, page())]
    assert len(lines) == 2
    assert "同一批人在好几个群 · 沉寂的群多" in lines[0]
    assert "各群照发同样的话（记录只有 1 周，至少要 4 周）" in lines[1]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("width", [40, 80])
def test_lines_keep_the_width(lang: str, width: int) -> None:
    one = page(lang=lang, width=width, verbose=True)
    for line in [*verdict_lines([finding()], one), *finding_lines([finding()], one), *unseen_lines(one)]:
        assert line.cell_len <= width


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_finding_has_all_its_words(lang: str) -> None:
    for code, entry in locales.load(lang)["findings"].items():
        for key in ("name", "finding", "action", "means", "formula", "threshold", "source", "fails"):
            assert entry.get(key) or key == "finding", f"{code}: {key}"
        assert "watch" in entry or "finding" in entry, code
