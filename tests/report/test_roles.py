"""``cq roles`` as text, JSON and CSV from a section made by hand: who may be named, and with which words."""

from __future__ import annotations

import csv
import io
import json as plain_json
import re
from collections.abc import Sequence
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results import HOSTILE
from rich.console import Console
from test_terminal import columns, piped

from cq import locales
from cq.analysis import roles
from cq.analysis._role_deeds import ACTIVE
from cq.export.roles import COLUMNS, write
from cq.report import json, terminal
from cq.report.explain import explain
from cq.report.roles import render
from cq.result import (
    ROLES,
    Analysis,
    GroupInfo,
    GroupResult,
    Quality,
    RoleRow,
    WindowSpan,
    role_rows,
)
from cq.section import ColumnKind, Metric, Section, Table

KINDS: dict[str, ColumnKind] = {
    "member_id": "member_id", "name": "name", "official_role": "code", "role": "code", "scores": "object",
    "certainty": "code", "stability": "ratio", "confidence": "ratio", "turns": "count",
    "active_days": "count", "evidence": "object", "also": "object",
}  # fmt: skip
EVIDENCE: dict[str, ColumnKind] = {
    "message_id": "message_id", "member_id": "member_id", "name": "name", "role": "code",
    "sent_at": "time", "text": "text",
}  # fmt: skip
NUMBERS: dict[str, ColumnKind] = {
    "member_id": "member_id", "role": "code", "acts": "count", "act_days": "count", "people": "count",
    "share": "ratio",
}  # fmt: skip
CHANGES: dict[str, ColumnKind] = {
    "member_id": "member_id", "name": "name", "before": "code", "after": "code", "seen_at": "time",
    "stability_before": "ratio", "stability_after": "ratio",
}  # fmt: skip


def member(
    name: str,
    role: str,
    certainty: str = "firm",
    *,
    id_: str = "",
    official: str | None = None,
    evidence: dict[str, list[str]] | None = None,
    also: Sequence[str] = (),
    turns: int = 40,
    score: float = 0.8,
) -> dict[str, Any]:
    """A row of the contract as the section holds it."""
    scores = {r: score if r == role else 0.1 for r in ROLES}
    stable = {"firm": 0.97, "likely": 0.84, "tentative": 0.55}[certainty]
    return dict(
        zip(
            KINDS,
            (id_ or f"id-{name}", name, official, role, scores, certainty, stable, 0.8, turns, 12,
             evidence or {}, list(also)),
            strict=True,
        )
    )  # fmt: skip


def result(
    *members: dict[str, Any],
    texts: dict[str, str | None] | None = None,
    numbers: Sequence[tuple[object, ...]] = (),
    basis: str = "roster",
    coverage: float | None = 0.2,
    cap: float = 0.83,
    changes: Sequence[tuple[object, ...]] = (),
) -> Analysis:
    """An analysis with a roles section and nothing else."""
    owners = {m: (row, role) for row in members for role, ids in row["evidence"].items() for m in ids}
    told = [
        (m, owners[m][0]["member_id"], owners[m][0]["name"], owners[m][1],
         f"2026-03-{1 + n % 28:02}T21:14:00+08:00", text)
        for n, (m, text) in enumerate((texts or {}).items())
    ]  # fmt: skip
    section = Section(
        "roles",
        {
            "window_start": Metric("2026-03-02T00:00:00+08:00", "time"),
            "window_end": Metric("2026-05-25T00:00:00+08:00", "time"),
            "reply_cap": Metric(cap, "ratio"),
            "explicit_link_coverage": Metric(coverage, "ratio"),
        },
        {
            "members": Table(KINDS, [tuple(row.values()) for row in members]),
            "evidence": Table(EVIDENCE, told),
            "numbers": Table(NUMBERS, numbers),
            "changes": Table(CHANGES, changes),
        },
    )
    quality = Quality(
        messages=800, span_days=84, member_basis=basis, explicit_reply_coverage=coverage,  # type: ignore[typeddict-item]
        human_messages=790, first="2026-03-02T08:00:00+08:00", last="2026-05-24T22:00:00+08:00", members=42,
    )  # fmt: skip
    info = GroupInfo("42", "周末骑行", "qq", "group")
    span = WindowSpan("2026-01-01T00:00:00+08:00", "2026-05-25T00:00:00+08:00", "Asia/Shanghai")
    return Analysis("0", span, None, [], [GroupResult(info, quality, {"roles": section})])


FULL = result(
    member("阿宽", "organizer", official="owner", evidence={"organizer": ["o1", "o2", "o3", "o4"]},
           also=["thinker"]),
    member("小禾", "thinker", "likely", evidence={"thinker": ["t1"]}),
    member("老周", "challenger", evidence={"challenger": ["c2", "c1", "c3"]}, official="admin"),
    member("阿明", "asker", "tentative", turns=9),
    member("Lily", "challenger", "tentative", evidence={"challenger": ["c4"]}, turns=8),
    member("南风", "lurker", turns=2),
    member("石头", "lurker", "likely", turns=0),
    member("青禾", "ordinary"),
    member("周周", "not_enough_data", "tentative", turns=1),
    texts={
        "o1": "本周日早上七点桥头集合，接龙", "o2": "欢迎新朋友", "o3": "群里不发广告", "o4": "路线改了",
        "t1": "链条异响先看后拨的限位，再看张力", "c1": "凭什么不让发别的路线？", "c2": "群规是谁定的",
        "c3": "我不同意，" + "每次都是一个人说了算" * 12, "c4": "这公告太水了",
    },
    numbers=[("id-阿宽", "organizer", 23, 12, None, 0.31)],
)  # fmt: skip


def shown(made: Analysis, lang: str = "zh", width: int = 80, **more: bool) -> str:
    return piped(lambda console: render(made, console, lang=lang, **more), width)


def one_line(page: str) -> str:
    return " ".join(page.split())


# -- the page ----------------------------------------------------------------------------------------


def test_the_data_come_first_then_who_there_is_then_role_by_role() -> None:
    page = shown(FULL)
    order = ["周末骑行", "名单上 42 人", "看的是 2026-03-02 至 2026-05-24（12 周）", "构成", "\n\n组织者 1 人\n",
             "\n\n思想者 1 人\n", "\n\n公开提出不同意见 1 人\n", "\n\n围观者 2 人\n", "\n\n普通成员 1 人\n", "\n\n资料不足 3 人\n",
             "看不出"]  # fmt: skip
    places = [page.index(word) for word in order]
    assert places == sorted(places)
    line = one_line(page[page.index("构成") : page.index("\n\n组织者 1 人\n")])
    assert "组织者 1 人 · 思想者 1 人" in line and "资料不足 3 人" in line


def test_a_member_has_certainty_office_numbers_and_three_excerpts() -> None:
    page = shown(FULL)
    assert "阿宽（id-阿宽）  较确定 · 群主 · 也有思想者的表现" in page
    assert "23 次群务 · 分在 12 天 · 占全群这类事的 31.0% · 40 轮发言 · 12 天有发言" in one_line(page)
    assert "2026-03-01 21:14  「本周日早上七点桥头集合，接龙」" in page
    assert "路线改了" not in page and "另有 1 条依据" in page
    assert "路线改了" in shown(FULL, verbose=True)


def test_whoever_disagrees_is_shown_with_every_word_by_time() -> None:
    page = shown(FULL)
    part = page[page.index("\n\n公开提出不同意见 1 人\n") : page.index("\n\n围观者 2 人\n")]
    assert "健康的群需要这种人" in part and "老周（id-老周）  较确定 · 管理员" in part
    first, second, third = (part.index(w) for w in ("凭什么不让发别的路线", "群规是谁定的", "我不同意"))
    assert first < second < third
    assert part.count("说了算") + part.count("说了\n") >= 11, "not cut to a line"
    assert "挑战者" not in page and "挑战者" not in shown(FULL, verbose=True)


def test_what_does_not_hold_is_a_guess_under_not_enough_data() -> None:
    page = shown(FULL)
    part = page[page.index("\n\n资料不足 3 人\n") :]
    assert "阿明（id-阿明）  最像求教者 · 9 轮发言 · 12 天有发言" in part
    assert "公开提出过不同意见，原文：" in part and "这公告太水了" in part
    assert "另外 1 人话太少" in part and "周周" not in part
    assert "阿明" not in page[: page.index("\n\n资料不足 3 人\n")]
    assert "周周" in shown(FULL, verbose=True)


def test_those_who_look_on_are_counted_and_named_only_on_request() -> None:
    assert "南风" not in shown(FULL) and "石头" not in shown(FULL)
    assert "不说明没在看" in shown(FULL)
    assert "南风 · 石头" in shown(FULL, verbose=True)


def test_a_second_role_of_disagreeing_is_told_with_its_words() -> None:
    made = result(
        member("阿宽", "organizer", evidence={"challenger": ["c1"]}, also=["challenger"]),
        texts={"c1": "不同意再加群规"},
    )
    page = shown(made)
    assert "也公开提出过不同意见（原文在下）" in page and "「不同意再加群规」" in page


def test_a_changed_role_is_told_but_not_one_of_disagreeing() -> None:
    at = "2026-05-01T00:00:00+08:00"
    changes = [
        ("1", "甲", "asker", "organizer", at, 0.9, 0.9),
        ("2", "乙", "talker", "challenger", at, 0.9, 0.9),
    ]
    page = shown(result(member("丙", "ordinary"), changes=changes))
    assert "甲：求教者 → 组织者，2026-05-01 看出来" in page and "乙" not in page
    assert "换了角色" not in shown(FULL)


def test_it_says_what_cannot_be_told() -> None:
    assert "围观者无从说起" in shown(result(basis="senders"))
    assert "只能推断" in shown(result(coverage=0.0))
    page = one_line(shown(FULL))
    assert "只有 20.0%" in page and "把握最高 83.0%" in page and "cq explain organizer" in page
    assert "无从说起" not in page.replace("话太少，无从说起", "")


def test_long_lists_are_cut_and_say_so_but_not_those_who_disagree() -> None:
    talkers = [member(f"说{i}", "talker", id_=f"{i}") for i in range(30)]
    critics = [member(f"议{i}", "challenger", id_=f"c{i}") for i in range(30)]
    page = shown(result(*talkers, *critics))
    assert "还有 20 人；加 -v 看全部" in page and all(f"议{i}" in page for i in range(30))
    assert "还有" not in shown(result(*talkers, *critics), verbose=True)


def test_the_surest_come_first() -> None:
    made = result(
        member("甲", "asker", "likely", score=0.9),
        member("乙", "asker", score=0.6),
        member("丙", "asker", score=0.7),
    )
    page = shown(made)
    assert page.index("丙（") < page.index("乙（") < page.index("甲（")


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_hostile_names_and_words_break_no_page(lang: str, width: int) -> None:
    ids = [f"m{i}" for i in range(len(HOSTILE))]
    made = result(
        *(
            member(name, role, certainty, id_=f"{n}{name}", official="owner", also=["talker", "challenger"],
                   evidence={role if role in ROLES else "asker": ids, "challenger": ids})
            for n, name in enumerate(HOSTILE)
            for role, certainty in (("organizer", "firm"), ("challenger", "likely"), ("challenger", "tentative"),
                                    ("ordinary", "firm"), ("lurker", "firm"), ("asker", "tentative"))
        ),
        texts=dict(zip(ids, [*HOSTILE[:-1], None], strict=True)),
    )  # fmt: skip
    for verbose in (False, True):
        page = shown(made, lang, width, verbose=verbose)
        assert "[red]x[/red]" in page and "\x1b" not in page
    report = piped(lambda console: terminal.render(made, console, lang=lang), width)
    assert "\u202e" not in report


# Of code points that are no characters (Cn) terminals and libraries disagree how wide they are.
_ANY = st.characters(exclude_categories=["Cs", "Cn"])


@given(st.text(_ANY, max_size=60), st.text(_ANY, max_size=200))
def test_any_name_and_any_text_stay_within_the_page(name: str, text: str) -> None:
    made = result(
        member(name, "organizer", id_=name or "x", evidence={"organizer": ["a"]}),
        member(name, "challenger", id_="y", evidence={"challenger": ["b"]}),
        texts={"a": text, "b": text},
    )
    page = io.StringIO()
    render(made, Console(file=page, width=80), lang="zh")
    assert all(columns(line) <= 80 for line in page.getvalue().splitlines())


def test_the_page_is_the_same_in_english_with_its_own_words() -> None:
    page = shown(FULL, "en")
    assert "Organizers 1\n" in page and "fairly certain · owner · also: thinker" in page
    assert "Openly disagreeing 1\n" in page and "challenger" not in page
    assert not re.search(r"\{\w+\}", page)


def test_a_terminal_page_has_rules_and_colour_and_the_same_words() -> None:
    page = io.StringIO()
    console = Console(
        file=page, width=100, force_terminal=True, color_system="standard", legacy_windows=False
    )
    render(FULL, console, lang="zh")
    bare = re.sub(r"\x1b\[[0-9;]*m", "", page.getvalue())
    assert "\x1b[" in page.getvalue() and "──" in bare and "阿宽（id-阿宽）" in bare
    assert all(columns(line) <= 100 for line in bare.splitlines())


def test_a_report_names_only_the_sure_and_nobody_who_disagrees() -> None:
    page = piped(lambda console: terminal.render(FULL, console, lang="zh"))
    part = page[page.index("组织者 1 人") :]
    assert "阿宽（群主）" in part and "小禾" in part
    assert "老周" not in part and "阿明" not in part and "原文见 cq roles" in part


# -- JSON and CSV ------------------------------------------------------------------------------------


def test_json_rows_are_those_of_the_contract() -> None:
    found = plain_json.loads(json.dumps(json.roles(FULL)))
    jsonschema.validate(found, json.schema("roles"))
    assert list(found) == ["schema", "groups"] and found["schema"] == "cq.roles/1"
    (group,) = found["groups"]
    assert list(group) == ["group", "window", "members"]
    assert group["group"]["name"] == "周末骑行"
    assert group["window"] == {
        "start": "2026-03-02T00:00:00+08:00",
        "end": "2026-05-25T00:00:00+08:00",
        "tz": "Asia/Shanghai",
    }
    assert [list(row) for row in group["members"]] == [list(KINDS)] * 9
    first = group["members"][0]
    assert list(first["scores"]) == list(ROLES) and first["evidence"]["organizer"] == ["o1", "o2", "o3", "o4"]
    assert first["also"] == ["thinker"] and group["members"][1]["official_role"] is None


def test_the_rows_of_analyze_are_the_same_objects() -> None:
    analysis = plain_json.loads(json.dumps(FULL))
    jsonschema.validate(analysis, json.schema("analysis"))
    rows = analysis["groups"][0]["sections"]["roles"]["tables"]["members"]
    assert rows == plain_json.loads(json.dumps(json.roles(FULL)))["groups"][0]["members"]


def test_a_row_that_breaks_the_contract_is_refused() -> None:
    broken = result(member("甲", "king"))
    with pytest.raises(msgspec.ValidationError):
        role_rows(broken.groups[0].sections["roles"].tables["members"])


def test_csv_is_flat_and_safe_in_a_spreadsheet() -> None:
    rows: list[RoleRow] = role_rows(FULL.groups[0].sections["roles"].tables["members"])
    evil = msgspec.structs.replace(
        rows[0], name="=cmd|'/c calc'!A0", member_id="+1", evidence={"asker": ["-x"]}
    )
    stream = io.BytesIO()
    count = write([(GroupInfo("@7", None, "qq", "group"), [evil, *rows])], stream)
    assert count == 10 and stream.getvalue().startswith(b"\xef\xbb\xbf")
    head, first, second, *_ = csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig")))
    assert head == list(COLUMNS)
    cells = dict(zip(head, first, strict=True))
    assert (cells["group_id"], cells["member_id"], cells["evidence_asker"]) == ("'@7", "'+1", "'-x")
    assert cells["name"].startswith("'=") and cells["group_name"] == ""
    cells = dict(zip(head, second, strict=True))
    assert cells["evidence_organizer"] == "o1; o2; o3; o4" and cells["score_organizer"] == "0.8"
    assert cells["also"] == "thinker" and cells["stability"] == "0.97"


# -- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_code_of_the_section_has_words(lang: str) -> None:
    words = locales.load(lang)
    made = {"metrics": roles.METRICS, "tables": roles.TABLES}
    for family, codes in made.items():
        assert {c for c in words[family] if c.startswith("roles.")} == {f"roles.{c}" for c in codes}
    for name, columns_ in roles.TABLES.items():
        assert set(words["tables"][f"roles.{name}"]["columns"]) == set(columns_)
    for code in roles.METRICS:
        assert set(words["metrics"][f"roles.{code}"]) == {"name", "means", "formula", "source", "fails"}
    assert list(roles.TABLES["members"]) == list(KINDS)


# -- explanations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_role_is_explained_by_its_bare_name(lang: str) -> None:
    for role in (*ROLES, "ordinary", "not_enough_data"):
        page = next(e for e in explain(role, lang) if e.kind == "role")
        assert page.code == f"role.{role}" and page.kind == "role"
        acts = {"acts"} if role in ACTIVE else set()
        assert set(page.paragraphs) == {"means", "formula", "threshold", "source", "fails"} | acts
        assert explain(f"role.{role}", lang) == [page]


@pytest.mark.parametrize("asked", ["organizer", "role.organizer", "roles.organizer", "组织者"])
def test_a_role_is_found_by_what_people_would_type(asked: str) -> None:
    assert "role.organizer" in [e.code for e in explain(asked, "zh")]
    assert "role.challenger" in [e.code for e in explain("挑战者", "zh")]
