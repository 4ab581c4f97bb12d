"""Sharing sessions and their nine steps, worked by hand; the words of the tests are their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq.analysis import GroupView, sharing
from cq.analysis._conversation import conversation
from cq.conversation.acts import BIT, Act, Acts
from cq.model import Event
from cq.operators import Operator
from cq.section import Section

from .views import view, whole

TALK = datetime(2026, 5, 14, 20)
ALL = frozenset({"notify", "rules", "warm_up", "introduce", "interact", "control", "summary", "benefits"})
PEOPLE: dict[str, dict[str, Any]] = {
    "h": {"role": "owner", "listed": True, "name": "老秦", "names": ("老秦",)},
    "s": {"name": "白露", "names": ("白露",)},
}
ACTS = {
    "干货": Act.SUBSTANCE, "请问": Act.QUESTION, "大家怎么看": Act.QUESTION, "聊": Act.CHAT, "今晚": Act.NOTICE,
    "规则": Act.RULE, "别跑题": Act.MODERATION,
}  # fmt: skip


def rows(done: Iterable[str], *, before: float = 0.0) -> list[tuple[Any, ...]]:
    """Eight weeks of evening chat, and a talk of fifty minutes with the steps that were done."""
    out: list[tuple[Any, ...]] = []

    def say(minutes: float, who: str, text: str, **extra: Any) -> None:
        out.append((TALK + timedelta(minutes=minutes), who, text, extra))

    for day in range(-55, 6):
        for n in range(4):
            say(1440 * day + 83 + 11 * n + day % 7, f"p{(day + n) % 12}", f"聊 {day} {n}")
    if "notify" in done:
        say(-1500, "h", "今晚预告：明晚八点白露的分享，讲修表")
        say(-400, "h", "今晚八点白露分享，记得来")
    if "rules" in done:
        say(-12, "h", "规则说一遍：讲的时候不要插话")
    if "warm_up" in done:
        for n in range(6):
            say(-25 + 2 * n, f"p{n % 4}", f"聊 等着呢 {n}")
    if "introduce" in done:
        say(-4, "h", "下面有请白露，修表二十年")
    for n in range(10):
        say(5 * n, "s", f"干货 第{n}段，" + "先拆后盖再看游丝，" * 4)
    if "interact" in done:
        for n in range(3):
            say(16 + 10 * n, "h", f"大家怎么看这一步？ {n}")
            say(18 + 10 * n, f"p{5 + n}", f"请问新手用什么起子？ {n}")
    if "control" in done:
        say(22, "h", "别跑题，听白露讲完")
    else:
        for n in range(12):
            say(31 + n / 4, f"p{n % 5}", f"聊 题外 {n}")
    if "summary" in done:
        say(
            60,
            "h",
            "总结一下今天的要点：先断电，再拆后盖，最后看游丝，谢谢白露，笔记稍后放到文件里，没听到的可以看回放",
        )
    if "benefits" in done:
        say(70, "h", "红包来了", kind="red_packet")
    out.sort(key=lambda row: row[0])
    return [(at.isoformat(" "), *rest) for at, *rest in out]


def run(done: Iterable[str], operator: Operator | None = None) -> Section:
    return section(view(rows(done), PEOPLE), operator)


def section(group: GroupView, operator: Operator | None = None) -> Section:
    if operator:
        group = dataclasses.replace(group, operator=operator)
    talk = conversation(group)
    said = group.text.take(talk.turns.first_row).to_pylist()
    mask = [sum(BIT[act] for start, act in ACTS.items() if (text or "").startswith(start)) for text in said]
    talk.__dict__["acts"] = Acts(np.array(mask, np.uint32), np.zeros(len(mask), np.bool_), ())
    return sharing.run(group, whole(group), sharing.Settings())


def steps(found: Section) -> dict[str, str]:
    return {str(row[1]): str(row[2]) for row in found.tables["steps"].rows}


def test_all_eight_steps_are_seen() -> None:
    found = run(ALL)
    assert steps(found) == {**dict.fromkeys(ALL, "seen"), "prepare": "not_observable"}
    one = found.findings[0]
    assert (one.code, one.status, one.values["seen"], one.values["missing"]) == (
        "sharing/missing_steps", "clear", 8, 0,
    )  # fmt: skip
    row = dict(zip(found.tables["sessions"].columns, found.tables["sessions"].rows[0], strict=True))
    assert (row["member_id"], row["start"], row["seen"]) == ("s", "2026-05-14T20:00:00+08:00", 8)
    assert row["participants"] == 5 and found.metrics["sessions"].value == 1


@pytest.mark.parametrize("missing", sorted(ALL - {"notify"}))
def test_each_step_is_missed_by_itself(missing: str) -> None:
    seen = steps(run(ALL - {missing}))
    assert {step for step, what in seen.items() if what == "not_seen"} == {missing}


def test_half_of_the_steps_are_reported_with_those_that_miss() -> None:
    one = run({"notify", "introduce", "interact", "benefits"}).findings[0]
    assert (one.status, one.values["missing"]) == ("finding", 4)
    assert [one.values[f"missing_{n}"] for n in range(1, 5)] == ["rules", "warm_up", "control", "summary"]
    assert run(ALL - {"rules", "summary"}).findings[0].status == "watch"


def test_a_talk_nobody_announced_takes_the_operators_word() -> None:
    silent = run(())
    assert silent.metrics["sessions"].value == 0
    assert (silent.findings[0].status, silent.findings[0].values["reason"]) == (
        "not_enough_data", "sharing_sessions",
    )  # fmt: skip
    told = run((), Operator(activities=("2026-05-14 20:10",)))
    assert (told.findings[0].status, told.findings[0].values["seen"]) == ("finding", 0)


def test_a_notice_about_something_else_announces_nothing() -> None:
    table = [row for row in rows(ALL) if "白露" not in row[2] or row[1] != "h"]
    table.append(((TALK - timedelta(minutes=300)).isoformat(" "), "h", "今晚七点有讲座，在社区中心", {}))
    assert section(view(sorted(table, key=lambda row: row[0]), PEOPLE)).metrics["sessions"].value == 0


def test_no_control_is_needed_where_nobody_strays() -> None:
    table = [row for row in rows(ALL - {"control"}) if "题外" not in row[2]]
    found = section(view(table, PEOPLE))
    assert steps(found)["control"] == "unneeded" and found.findings[0].values["missing"] == 0


def test_who_joined_around_it_and_stayed() -> None:
    table = rows(ALL)
    more: list[tuple[Any, ...]] = []
    for who, minutes in (("n1", -60), ("n2", -50)):
        more.append(
            ((TALK + timedelta(minutes=minutes)).isoformat(" "), None, f"{who} 进群", {"kind": "system"})
        )
    more.append(((TALK + timedelta(days=3)).isoformat(" "), None, "n2 退群", {"kind": "system"}))
    later = ((TALK + timedelta(days=day, minutes=90), f"p{day % 12}") for day in range(6, 20))
    more += [(at.isoformat(" "), who, "聊 后来", {}) for at, who in later]
    table = sorted([*table, *more], key=lambda row: row[0])
    place = {row[2]: n for n, row in enumerate(table) if row[1] is None}
    events = [
        (place["n1 进群"], Event.JOIN, None, ["n1"], None),
        (place["n2 进群"], Event.JOIN, None, ["n2"], None),
        (place["n2 退群"], Event.LEAVE, None, ["n2"], None),
    ]
    found = section(view(table, PEOPLE, events=events)).metrics
    assert (found["joiners"].value, found["joiners_staying_share"].value) == (2, 0.5)


def test_an_empty_group_has_no_sessions() -> None:
    found = sharing.run(view([]), whole(view([])), sharing.Settings())
    assert found.findings[0].status == "not_enough_data"
    assert all(metric.value is None for metric in found.metrics.values())
