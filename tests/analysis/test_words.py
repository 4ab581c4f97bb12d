"""Every code an analysis emits has its words in every language, and no word is left without a code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cq import locales
from cq.analysis import Analyzer, all_analyzers
from cq.section import Section

from .views import view, whole

ANALYZERS = all_analyzers()
SECTIONS = tuple(analyzer.id for analyzer in ANALYZERS)
GROUP = view([("2026-03-02 09:00", "a", "几点集合"), ("2026-03-02 09:05", "b", "八点", {"reply": 0})])


def section(analyzer: Analyzer) -> Section:
    return analyzer.run(GROUP, whole(GROUP), analyzer.settings)


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("family", ["metrics", "tables", "series"])
def test_codes_and_words_are_the_same(lang: str, family: str) -> None:
    emitted = {f"{a.id}.{code}" for a in ANALYZERS for code in getattr(section(a), family)}
    words = {code for code in locales.load(lang)[family] if code.partition(".")[0] in SECTIONS}
    assert words == emitted


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_column_has_a_heading(lang: str) -> None:
    words = locales.load(lang)["tables"]
    for analyzer in ANALYZERS:
        for name, table in section(analyzer).tables.items():
            assert set(words[f"{analyzer.id}.{name}"]["columns"]) == set(table.columns), name


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_definitions_are_whole(lang: str) -> None:
    words = locales.load(lang)
    for id_ in SECTIONS:
        assert set(words["sections"][id_]) - {"caveat"} == {"title", "question", "cannot"}
        for code, entry in words["metrics"].items():
            if code.startswith(f"{id_}."):
                assert set(entry) == {"name", "means", "formula", "source", "fails"}, code
                assert all(entry.values()), code


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_table_and_series_says_what_it_is(lang: str) -> None:
    words = locales.load(lang)
    for family in ("tables", "series"):
        for code, entry in words[family].items():
            assert entry.get("means"), code


def test_chinese_names_are_short() -> None:
    names: dict[str, Any] = locales.load("zh")["metrics"]
    long = [code for code, entry in names.items() if len(re.findall(r"[\u4e00-\u9fff]", entry["name"])) > 12]
    assert long == []


OTHER_RATIOS = {"stickiness", "level", "trend", "member_growth"}
"""Ratios of two amounts or of an amount to itself before: no part of a whole."""


def test_ratios_say_so_in_their_name() -> None:
    for analyzer in ANALYZERS:
        for code, metric in section(analyzer).metrics.items():
            named = (
                bool(re.search(r"(?:^|_)(?:ratio|share|coverage|cap)(?:_|$)", code)) or code in OTHER_RATIOS
            )
            assert (metric.unit == "ratio") == named, code
