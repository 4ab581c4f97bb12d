"""Numbers, units and codes in words; the marks that draw; the words of both languages."""

from __future__ import annotations

import math
import tomllib
import unicodedata
from importlib.resources import files
from typing import Any

import pytest
from rich.cells import cell_len

from cq import locales
from cq.model import Event, Kind
from cq.report._terminal_layout import Column, Page, cut, flow, grid, pad, wrap
from cq.report.marks import ASCII, UNICODE, bar, marks_for, shade, sparkline
from cq.report.wording import Words, clean
from cq.section import Metric

ZH, EN = Words("zh"), Words("en")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (4812, "4,812"),
        (1.0, "1"),
        (55.81, "55.8"),
        (0.6123, "0.612"),
        (2.5, "2.5"),
        (1234.6, "1,235"),
    ],
)
def test_numbers_have_three_digits_and_separators(value: float, shown: str) -> None:
    assert ZH.number(value) == shown


@pytest.mark.parametrize(
    ("value", "n", "zh", "en"),
    [
        (37 / 301, 301, "12.3%（37/301）", "12.3% (37/301)"),
        (0.2781, 84, "27.8%（n=84）", "27.8% (n=84)"),  # a mean of ratios is no fraction of its days
        (0.5, None, "50.0%", "50.0%"),
        (1.0, 7, "100%（7/7）", "100% (7/7)"),
        (0.00001, None, "<0.1%", "<0.1%"),
        (0.99999, None, ">99.9%", ">99.9%"),
    ],
)
def test_ratios_show_their_denominator(value: float, n: int | None, zh: str, en: str) -> None:
    assert (ZH.ratio(value, n), EN.ratio(value, n)) == (zh, en)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.4, "0 秒", "0 s"),
        (45, "45 秒", "45 s"),
        (180, "3 分钟", "3 min"),
        (7200, "2 小时", "2 h"),
        (9000, "2.5 小时", "2.5 h"),
        (129_600, "1.5 天", "1.5 days"),
        (30 * 86_400, "30 天", "30 days"),
    ],
)
def test_durations_use_the_largest_unit_that_fits(seconds: float, zh: str, en: str) -> None:
    assert (ZH.duration(seconds), EN.duration(seconds)) == (zh, en)


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [
        (1, "1 天", "1 day"),
        (84, "12 周", "12 weeks"),
        (85, "85 天", "85 days"),
        (240, "约 8 个月", "about 8 months"),
        (913, "约 2.5 年", "about 2.5 years"),
    ],
)
def test_spans_are_told_as_one_would(days: float, zh: str, en: str) -> None:
    assert (ZH.span(days), EN.span(days)) == (zh, en)


def test_values_read_as_their_unit() -> None:
    assert ZH.value("2026-03-05T21:14:07+08:00", "time") == "2026-03-05 21:14"
    assert ZH.value("2026-03-05T21:14:07+08:00", "date") == "2026-03-05"
    assert ZH.value(38.5, "hours") == "1.6 天"
    assert ZH.value(True, "bool") == "是"
    assert ZH.value("image", "code") == "图片"
    assert ZH.value("no_such_code", "code") == "no_such_code"
    assert EN.value(["join", "leave"], "code") == "joined, left"
    assert (ZH.weekday(0), EN.weekday(6)) == ("周一", "Sun")


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_unknown_is_a_dash_never_zero(unknown: float | None) -> None:
    for unit in ("count", "ratio", "seconds", "days", "code", "text"):
        assert ZH.value(unknown, unit) == "—"


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        (Metric(112, "count", previous=100), "▲ 12%"),
        (Metric(88, "count", previous=100), "▼ 12%"),
        (Metric(100, "count", previous=100), "="),
        (Metric(0.278, "ratio", previous=0.31), "▼ 3.2 个点"),
        (Metric(5, "count", previous=0), "▲ 上期 0"),
        (Metric(4, "count", previous=1), "▲ 上期 1"),
        (Metric(28, "count", previous=29), "▼ 上期 29"),
        (Metric(15, "count", previous=30), "▼ 50%"),
        (Metric(1.5, "number", previous=0), "▲ 上期为 0"),
        (Metric(0, "count", previous=0), "="),
        (Metric(5, "count"), ""),
        (Metric(None, "count", previous=5), ""),
        (Metric("growth", "code", previous="decline"), ""),
        (Metric(True, "code", previous=False), ""),
    ],
)
def test_changes_have_a_direction(metric: Metric, shown: str) -> None:
    assert ZH.change(metric) == shown


def test_every_kind_and_event_has_a_word() -> None:
    for words in (ZH, EN):
        assert set(words.table("kinds")) == {str(kind) for kind in Kind}
        assert set(words.table("events")) == {str(event) for event in Event}


def test_unknown_codes_stand_for_themselves() -> None:
    assert ZH.name("metrics", "weather.rain") == "rain"
    assert ZH.column("weather.storms", "eye") == "eye"
    assert ZH.say("no.such.key") == "no.such.key"


# -- text from a chat --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m红\x1b[0m", "·[31m红·[0m"),
        ("a\u202eb\u2066c", "a·b·c"),
        ("一行\r\n两行\t三", "一行 两行 三"),
        ("👨‍👩‍👧❤️👍🏽", "👨👩👧❤👍"),
        ("z\u0301\u0302\u0303\u0304", "z\u0301\u0302"),
        (" \u3164\u2800 ", ""),
        ("half \ud83d", "half ?"),
        ("[red]x[/red] {name}", "[red]x[/red] {name}"),
    ],
)
def test_chat_text_is_one_printable_line(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_values_are_no_templates() -> None:
    assert ZH.say("format.detail", name="{value}", value="\x1b[2J") == "{value} ·[2J"


# -- marks -------------------------------------------------------------------------------------------


def test_sparkline_runs_from_zero_to_the_maximum() -> None:
    assert sparkline([0, 1, 4, 8], 10) == "▁▁▄█"
    assert sparkline([5, None, math.nan, 10], 10) == "▄  █"
    assert sparkline([0, 0], 10) == "▁▁"
    assert sparkline([], 10) == sparkline([1], 0) == ""


def test_sparkline_averages_what_does_not_fit() -> None:
    assert sparkline([0, 0, 8, 8, 4, 4], 3) == "▁█▄"
    assert len(sparkline(range(1000), 60)) == 60


def test_bars_are_shares_and_never_vanish() -> None:
    assert bar(1, 4) == bar(7, 4) == "████"
    assert bar(0.5, 4) == "██"
    assert bar(0.0001, 4) == "▏"
    assert bar(0, 4) == bar(math.nan, 4) == ""
    assert bar(0.0001, 4, ASCII) == "#"


def test_shades_tell_nothing_from_little() -> None:
    assert [shade(v, 100) for v in (0, 1, 100)] == ["·", "░", "█"]
    assert shade(3, 0) == "·"


@pytest.mark.parametrize(
    ("encoding", "marks"),
    [
        ("utf-8", UNICODE),
        ("UTF-16", UNICODE),
        (None, UNICODE),
        ("gbk", ASCII),
        ("cp936", ASCII),
        ("ascii", ASCII),
        ("?", ASCII),
    ],
)
def test_consoles_without_unicode_get_ascii(encoding: str | None, marks: object) -> None:
    assert marks_for(encoding) is marks


def test_ascii_marks_are_ascii() -> None:
    drawn = sparkline([1, 2, 3], 9, ASCII) + bar(0.4, 9, ASCII) + ASCII.shades + ASCII.up + ASCII.more
    assert drawn.isascii()


# -- width -------------------------------------------------------------------------------------------


def test_cut_and_pad_count_wide_characters_twice() -> None:
    assert cut("长名字的人", 7, UNICODE) == "长名字…"
    assert cut("长名字的人", 10, UNICODE) == "长名字的人"
    assert cut("长名字", 1, UNICODE) == "…"
    assert pad("长", 5) == "长   "
    assert pad("长", 5, "right") == "   长"


def test_wrap_keeps_punctuation_and_units_together() -> None:
    assert wrap("一二三四，五", 8) == ["一二三", "四，五"]
    assert wrap("一二 12 人说", 6) == ["一二", "12 人", "说"]
    assert wrap("word " * 4, 11) == ["word word", "word word"]
    assert wrap("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert all(cell_len(line) <= 9 for line in wrap("（" * 9 + "，" * 30 + "长" * 9, 9))


def test_flow_breaks_between_items() -> None:
    lines = flow(["甲乙", "丙丁", "戊己庚"], Page(ZH, 12))
    assert [line.plain for line in lines] == ["甲乙 · 丙丁", "戊己庚"]


def test_grid_shrinks_then_leaves_out() -> None:
    rows = [["name", "n", "more"], ["很长很长的名字", "1,234", "x" * 30]]
    columns = [Column(shrinks=True), Column("right"), Column()]
    lines = [line.plain for line in grid(rows, columns, Page(ZH, 20), head=True)]
    assert lines == ["name               n", "很长很长的名…  1,234"]


# -- the words ---------------------------------------------------------------------------------------


def _pages(lang: str) -> dict[str, dict[str, Any]]:
    folder = files(locales.__name__).joinpath(lang)
    return {page.name: tomllib.loads(page.read_text(encoding="utf-8")) for page in folder.iterdir()}


def _keys(table: dict[str, Any], above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for key, value in table.items():
        found |= _keys(value, (*above, key)) if isinstance(value, dict) else {(*above, key)}
    return found


def test_both_languages_have_the_same_files_and_keys() -> None:
    zh, en = _pages("zh"), _pages("en")
    assert set(zh) == set(en)
    for name, page in zh.items():
        assert _keys(page) ^ _keys(en[name]) == set(), name


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_no_entry_stands_in_two_files(lang: str) -> None:
    entries = [(table, key) for page in _pages(lang).values() for table in page for key in page[table]]
    assert len(entries) == len(set(entries))


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_words_of_the_page_are_printable(lang: str) -> None:
    for table in ("terminal", "kinds", "events"):
        for key in _keys({table: locales.load(lang)[table]}):
            word: Any = locales.load(lang)
            for part in key:
                word = word[part]
            for text in word if isinstance(word, list) else [word]:
                assert all(unicodedata.category(c) not in ("Cc", "Cf") for c in text), key
