"""The five elements on acts that are given: which traces are seen, which are not, and which cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq import locales
from cq.analysis import GroupView, elements
from cq.analysis._conversation import conversation
from cq.conversation.acts import BIT, Act, Acts
from cq.model import Event
from cq.section import Finding, Section

from .views import view, whole

START = datetime(2026, 3, 2, 9)
PEOPLE = tuple("abcdefghijkl")
NOUNS = ("相机", "镜头", "三脚架", "胶卷", "滤镜", "暗房", "构图", "光圈")


def given(group: GroupView, acts: Mapping[str, Act]) -> GroupView:
    """The group with acts by a word in a turn's first message, instead of those found by rules."""
    found = conversation(group)
    said = group.text.take(found.turns.first_row).to_pylist()
    mask = [sum(BIT[act] for word, act in acts.items() if word in (text or "")) for text in said]
    found.__dict__["acts"] = Acts(np.array(mask, np.uint32), np.zeros(len(mask), np.bool_), ())
    return group


ACTS = {
    "干货": Act.SUBSTANCE, "群规": Act.RULE, "通知": Act.NOTICE, "欢迎": Act.WELCOME, "活动": Act.EVENT,
    "求助": Act.HELP, "下单": Act.ORDER,
}  # fmt: skip


def talk(
    weeks: int = 12, *, authors: int = 3, organizers: int = 2, joins: int = 0, answered: bool = True
) -> GroupView:
    """Every day somebody posts something of substance that another answers, three chat; every Monday there are
    rules, on Wednesdays an activity with four people, every fourth day a newcomer is greeted."""
    log: list[tuple[datetime, str, str, int | None]] = []
    events: list[tuple[datetime, str, str]] = []

    def say(at: datetime, who: str, text: str, to: int | None = None) -> int:
        log.append((at, who, text, to))
        return len(log) - 1

    for day in range(7 * weeks):
        at = START + timedelta(days=day)
        author, noun = PEOPLE[day % authors], NOUNS[day % len(NOUNS)]
        post = say(at, author, f"干货 我用{noun}拍了{day}天的心得，{noun}要慢慢练")
        if answered:
            say(at + timedelta(minutes=5), PEOPLE[(day + 5) % 12], f"{noun}学到了第{day}课", post)
        for k in range(3):
            say(
                at + timedelta(hours=3, minutes=4 * k),
                PEOPLE[(day + 3 * k) % 12],
                f"干货 {NOUNS[(day + k) % 8]}第{k}种说法{day}",
            )
        host = PEOPLE[day // 7 % organizers]
        if day % 7 == 0:
            say(at + timedelta(hours=6), host, f"群规 第{day}天再说一次 进群先报名")
        if day % 7 == 2:
            call = say(at + timedelta(hours=8), host, f"活动 周三外拍{day}")
            for k in range(4):
                say(
                    at + timedelta(hours=8, minutes=10 + k * 5),
                    PEOPLE[(day + k + 2) % 12],
                    f"我来{k}{day}",
                    call,
                )
        if joins and day % 4 == 1 and day // 4 < joins:
            events.append((at + timedelta(hours=1), f"new{day}", host))
            say(at + timedelta(hours=2), host, f"欢迎第{day}位")
    return _view(log, events)


def _view(
    log: Sequence[tuple[datetime, str, str, int | None]], joins: Sequence[tuple[datetime, str, str]]
) -> GroupView:
    rows: list[tuple[datetime, int, tuple[Any, ...]]] = [
        (at, n, (at.isoformat(" "), who, text, to)) for n, (at, who, text, to) in enumerate(log)
    ]
    rows += [(at, -1 - n, (at.isoformat(" "), None, who, by)) for n, (at, who, by) in enumerate(joins)]
    rows.sort(key=lambda row: row[0])
    place = {n: i for i, (_, n, _) in enumerate(rows) if n >= 0}
    table: list[tuple[Any, ...]] = []
    events = []
    for i, (_, n, (at, who, text, to)) in enumerate(rows):
        if n < 0:
            events.append((i, Event.JOIN, to, [text], None))
            table.append((at, None, "加入群聊", {"kind": "system"}))
        else:
            table.append((at, who, text, {} if to is None else {"reply": place[to]}))
    return given(view(table, events=events), ACTS)


def run(group: GroupView) -> Section:
    return elements.run(group, whole(group), elements.Settings())


def finding(section: Section, name: str) -> Finding:
    return next(f for f in section.findings if f.code == f"elements/{name}")


def metric(section: Section, code: str) -> Any:
    return section.metrics[code].value


def seen(section: Section) -> dict[tuple[object, object], object]:
    return {(row[0], row[1]): row[2] for row in section.tables["traces"].rows}


FULL = run(talk(joins=15))


def test_a_group_with_everything() -> None:
    traces = seen(FULL)
    assert set(traces.values()) <= {"yes", "no", "unknown"}
    for item in ("organizers", "platform", "entry", "house_rules"):
        assert traces["structure", item] == "yes", item
    for item in ("ritual", "participation", "organization", "belonging"):
        assert traces["operation", item] == "yes", item
    assert finding(FULL, "structure").status == finding(FULL, "operation").status == "clear"
    assert finding(FULL, "output").status == "clear"
    assert metric(FULL, "structure_seen") == 4
    assert metric(FULL, "ritual_share") == 1
    assert metric(FULL, "activities") == 11  # whole weeks, counted back from the last message
    assert metric(FULL, "return_share") == 1
    assert finding(FULL, "structure").evidence


def test_no_element_is_ever_a_fault() -> None:
    bare = run(talk(authors=1, organizers=1, answered=False))
    assert {f.status for f in (*FULL.findings, *bare.findings)} <= {"clear", "watch", "not_enough_data"}


def test_output_of_one_person() -> None:
    def log() -> GroupView:
        rows = []
        for day in range(84):
            at = START + timedelta(days=day)
            rows.append((at, "a", f"干货 第{day}篇", None))
            rows += [
                (
                    at + timedelta(hours=2, minutes=4 * k),
                    PEOPLE[1 + (day + 3 * k) % 11],
                    f"今天{day}聊{k}",
                    None,
                )
                for k in range(4)
            ]
        return _view(rows, [])

    found = run(log())
    assert metric(found, "absence_factor") == 1
    assert metric(found, "output_authors") == pytest.approx(1)
    assert finding(found, "output").status == "watch"
    assert seen(found)["structure", "house_rules"] == "no"
    assert finding(found, "structure").status == "watch"


def test_weeks_with_answered_output_and_waiting_times() -> None:
    assert metric(FULL, "output_weeks_share") == 1
    assert 200 <= metric(FULL, "first_answer") <= 300
    silent = run(talk(answered=False))
    assert metric(silent, "never_answered_share") > metric(FULL, "never_answered_share")


def test_few_joins_cannot_be_told() -> None:
    few = run(talk(joins=3))
    assert metric(few, "ritual_share") is None
    assert seen(few)["operation", "ritual"] == "unknown"


def test_members_who_talk_about_the_same_are_alike() -> None:
    rng = np.random.default_rng(2)

    def log(own: bool) -> GroupView:
        rows = []
        for day in range(84):
            for k in range(6):
                who = (day + 2 * k) % 12
                noun = NOUNS[who % 8] if own else NOUNS[int(rng.integers(8))]
                at = START + timedelta(days=day, hours=k)
                rows.append((at, PEOPLE[who], f"干货 {noun}怎么选{noun}才好{day}{k}", None))
        return _view(rows, [])

    same, apart = run(log(own=False)), run(log(own=True))
    assert metric(same, "cohesion") > -3
    assert metric(apart, "cohesion") < -6
    assert seen(same)["same_interest", "alike"] == "yes"
    assert seen(apart)["same_interest", "alike"] == "no"
    assert metric(same, "crowded_threads") >= 8


def test_sessions_by_how_many_speak() -> None:
    rows = []
    for day in range(60):
        at = START + timedelta(days=day)
        speakers = 1 + day % 3
        rows += [
            (at + timedelta(minutes=3 * k), PEOPLE[(day + k) % 12], f"说{day}{k}", None)
            for k in range(speakers)
        ]
    found = run(_view(rows, []))
    shares = [metric(found, f"{kind}_share") for kind in ("broadcast", "dyad", "many")]
    assert shares == pytest.approx([1 / 3, 1 / 3, 1 / 3], abs=0.02)


def test_what_a_group_is_built_around() -> None:
    rows = []
    for day in range(60):
        at = START + timedelta(days=day)
        rows += [
            (at + timedelta(minutes=4 * k), PEOPLE[(day + k) % 12], f"下单 {k + day}份", None)
            for k in range(5)
        ]
    assert metric(run(_view(rows, [])), "path") == "goods"


def test_one_group_cannot_show_how_copies_do() -> None:
    assert metric(FULL, "replication_share") is None


def test_a_small_group_has_counts_only() -> None:
    rows = [
        (START + timedelta(days=d, minutes=5 * k), "ab"[k], f"干货{d}", None)
        for d in range(84)
        for k in range(2)
    ]
    found = run(_view(rows, []))
    assert {f.status for f in found.findings} == {"not_enough_data"}
    assert metric(found, "absence_factor") in (1, 2)


def test_an_empty_log_has_no_numbers() -> None:
    found = run(view([]))
    assert not found.findings
    assert all(m.value is None for m in found.metrics.values())


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_code_has_words(lang: str) -> None:
    words = locales.load(lang)
    for family in ("metrics", "tables"):
        own = {c for c in words[family] if c.startswith("elements.")}
        assert own == {f"elements.{c}" for c in getattr(FULL, family)}
    for one in (*FULL.findings, *run(talk(authors=1)).findings):
        assert set(one.values) <= set(words["findings"][one.code]["values"]) | {"reason", "have", "need"}
        assert {t.name for t in one.thresholds} <= set(words["findings"][one.code].get("limits", {}))
    for row in FULL.tables["traces"].rows:
        for code in row[:3]:
            assert code in words["elements"]["codes"], code
