"""Circles: who belongs where, worked by hand on acts that are given, links between them, and who moved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from cq.analysis import GroupView, Window, _links, circles
from cq.analysis._conversation import conversation
from cq.conversation.acts import BIT, Act, Acts, SystemAct
from cq.section import Section

from .views import view, whole, window

FEW = circles.Settings(least_people=4, least_turns=20, most_core=0.5)
START = datetime(2026, 3, 2, 9)


def given(group: GroupView, acts: dict[str, Act], events: Iterable[SystemAct] = ()) -> GroupView:
    """The group with acts by the text of a turn's first message, instead of those found by rules."""
    talk = conversation(group)
    said = group.text.take(talk.turns.first_row).to_pylist()
    mask = np.array([BIT[acts[text]] if text in acts else 0 for text in said], np.uint32)
    talk.__dict__["acts"] = Acts(mask, np.zeros(len(mask), np.bool_), tuple(events))
    return group


def talk(days: Iterable[int], *, organizer: str = "o", thinker: str = "t", scheme: str = "{}") -> list[Any]:
    """Every day the organizer gives notice, the thinker says something, x and y answer; z chats with w."""
    log: list[Any] = []

    def say(day: int, minute: int, who: str, text: str, **extra: Any) -> None:
        at = (START + timedelta(days=day, minutes=minute)).isoformat(" ")
        log.append((at, scheme.format(who), text, extra))

    for day in days:
        say(day, 0, organizer, "通知")
        say(day, 90, thinker, "干货")
        said = len(log) - 1
        say(day, 91, "x", "学到了", reply=said)
        say(day, 92, "y", "有用", reply=said)
        say(day, 93, "z", "嗯", reply=said)
        say(day, 200, "w", "下雨了")
        say(day, 203, organizer, "带伞", reply=len(log) - 1)
    return log


WORDS = {"通知": Act.NOTICE, "干货": Act.SUBSTANCE, "下雨了": Act.CHAT}


def run(group: GroupView, at: Window | None = None, settings: circles.Settings = FEW) -> Section:
    return circles.run(group, at or whole(group), settings)


def value(section: Section, code: str) -> Any:
    return section.metrics[code].value


def rows(section: Section, name: str) -> list[dict[str, Any]]:
    table = section.tables[name]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def where(section: Section) -> dict[str, str]:
    return {row["member_id"]: row["circle"] for row in rows(section, "members")}


# --- who belongs where ------------------------------------------------------------------------------


def test_circles_by_hand() -> None:
    found = run(given(view(talk(range(10))), WORDS))
    assert where(found) == {
        "t": "core", "o": "organizing", "x": "diffusion", "y": "diffusion", "z": "diffusion",
        "w": "diffusion",
    }  # fmt: skip
    assert [value(found, code) for code in ("people", "core", "organizing", "diffusion")] == [6, 1, 1, 4]
    assert value(found, "since") == "2026-03-02"
    assert value(found, "core_turn_share") == pytest.approx(10 / 70)
    assert value(found, "organizing_turn_share") == pytest.approx(20 / 70)
    assert value(found, "explicit_coverage") == pytest.approx(40 / 70)
    first = rows(found, "members")[0]
    assert (first["member_id"], first["received"], first["given"], first["active_weeks"]) == ("t", 30, 0, 2)


def test_a_turn_is_worth_what_it_draws() -> None:
    found = rows(run(given(view(talk(range(10))), WORDS)), "members")[0]
    # Ten turns of substance that three people answered are worth 1 each, ten days ago at most: 0.9 ** (1/3).
    assert 10 * 0.9 ** (10 / 30.4375) <= found["value"] <= 10


def test_selling_is_worth_nothing_and_runs_nothing() -> None:
    group = given(view(talk(range(10))), {"通知": Act.AD, "干货": Act.SELF_PROMOTION})
    found = run(group)
    assert (value(found, "core"), value(found, "organizing")) == (0, 0)
    # A circle of nobody has no share.
    empty = ("core_value_share", "core_turn_share", "organizing_turn_share", "crossing_share", "relays")
    assert [value(found, code) for code in empty] == [None] * 5
    assert rows(found, "links") == []
    assert value(found, "diffusion_turn_share") == 1


def test_two_days_make_no_core_and_no_organizer() -> None:
    twice = [row for n in range(4) for row in talk(range(2))[:14]]
    log = [
        ((datetime.fromisoformat(row[0]) + timedelta(minutes=250 * (n // 14))).isoformat(" "), *row[1:3])
        for n, row in enumerate(twice)
    ]
    found = run(given(view(sorted(log)), WORDS))
    assert value(found, "people") == 6
    assert (value(found, "core"), value(found, "organizing")) == (0, 0)


def test_where_everybody_organizes_nobody_stands_out() -> None:
    words = dict.fromkeys(("通知", "干货", "学到了", "有用", "嗯", "下雨了", "带伞"), Act.WELCOME)
    assert value(run(given(view(talk(range(10))), words)), "organizing") == 0


def test_two_events_of_the_log_make_an_organizer() -> None:
    log = view(talk(range(10)))
    x = [person.id for person in log.people].index("x")
    events = [SystemAct(row, x, Act.MODERATION) for row in (7, 21)]
    found = run(given(log, {"干货": Act.SUBSTANCE}, events))
    assert where(found)["x"] == "organizing"


def test_who_is_in_both_circles_stands_in_one_and_is_named_in_the_other() -> None:
    found = run(given(view(talk(range(10), organizer="t")), WORDS))
    first = rows(found, "members")[0]
    assert value(found, "core_and_organizing") == 1
    assert {first["circle"], first["also"]} == {"core", "organizing"}


# --- links ------------------------------------------------------------------------------------------


def test_links_between_circles_and_by_chance() -> None:
    found = run(given(view(talk(range(10))), WORDS))
    table = {(row["from"], row["to"]): row for row in rows(found, "links")}
    assert table["diffusion", "core"]["explicit"] == 30
    assert table["organizing", "diffusion"]["explicit"] == 10
    assert sum(row["explicit"] for row in table.values()) == 40
    assert sum(row["explicit_by_chance"] for row in table.values()) == pytest.approx(40, abs=0.5)
    assert value(found, "crossing_share") == 1.0
    # o answers ten times: of the 50 turns of others 10 are the core's, 40 those of x, y, z and w.
    assert table["organizing", "core"]["explicit_by_chance"] == pytest.approx(2.0)
    assert table["organizing", "diffusion"]["explicit_by_chance"] == pytest.approx(8.0)


def test_by_chance_nobody_answers_themselves() -> None:
    # One link of a over turns 1 : 3 of b and c, two of c over turns 2 : 1 of a and b.
    given, turns = np.array([1.0, 0.0, 2.0]), np.array([2.0, 1.0, 3.0])
    found = _links.by_chance(given, turns, np.arange(3), 3)
    assert found == pytest.approx(np.array([[0, 0.25, 0.75], [0, 0, 0], [4 / 3, 2 / 3, 0]]))
    together = _links.by_chance(given, turns, np.array([0, 0, 1]), 2)
    assert together == pytest.approx(np.array([[0.25, 0.75], [2, 0]]))


def test_few_explicit_links_leave_sizes_only() -> None:
    log = [(at, who, text) for at, who, text, _ in talk(range(10))]
    found = run(given(view(log), WORDS))
    assert value(found, "people") == 6
    assert value(found, "diffusion") is not None
    assert value(found, "crossing_share") is None
    assert value(found, "relays") is None
    assert rows(found, "links") == []
    assert all(row["received"] is None for row in rows(found, "members"))


def test_a_relay_is_taken_up_by_an_organizer_and_then_by_others() -> None:
    log: list[Any] = []
    for at, who, text, extra in talk(range(10)):
        if text == "学到了":  # the organizer comes first, x and y answer the organizer
            log.append(
                ((datetime.fromisoformat(at) - timedelta(seconds=30)).isoformat(" "), "o", "大家看", extra)
            )
        if text in ("学到了", "有用", "嗯"):
            extra = {"reply": max(n for n, row in enumerate(log) if row[2] == "大家看")}
        elif "reply" in extra:
            extra = {"reply": len(log) - 1}
        log.append((at, who, text, extra))
    for n, row in enumerate(log):
        if row[2] == "大家看":
            log[n] = (*row[:3], {"reply": n - 1})
    alone = msgspec.structs.replace(FEW, core_evidence=1)  # only o answers the thinker
    found = run(given(view(log), WORDS), settings=alone)
    assert value(found, "relays") == 10
    assert value(found, "reached_by_relays") == 3
    assert rows(found, "relays")[0]["text"] == "干货"
    assert {row["by"] for row in rows(found, "relays")} == {"o"}


def test_a_relay_names_the_message_that_was_answered() -> None:
    log: list[Any] = []
    for day in range(10):
        at, said = START + timedelta(days=day), len(log) + 2
        for seconds, who, text, to in (
            (0, "o", "通知", None), (5400, "t", "我说一下", None), (5405, "t", "干货", None),
            (5410, "t", "以上，供参考，欢迎指正", None), (5430, "o", "大家看", said), (5460, "x", "学到了", said + 2),
            (5520, "y", "有用", said + 2), (5580, "z", "嗯", said + 2), (9000, "w", "下雨了", None),
        ):  # fmt: skip
            extra = {} if to is None else {"reply": to}
            log.append(((at + timedelta(seconds=seconds)).isoformat(" "), who, text, extra))
    words = {**WORDS, "我说一下": Act.SUBSTANCE}
    found = run(given(view(log), words), settings=msgspec.structs.replace(FEW, core_evidence=1))
    assert [row["text"] for row in rows(found, "relays")] == ["干货"] * 10


# --- time -------------------------------------------------------------------------------------------


def test_movement_between_two_stretches() -> None:
    # 14 weeks with o as organizer, then twelve weeks in which w gives notice and o does what w did.
    first, second = talk(range(98)), talk(range(98, 182), organizer="w")
    second = [(at, who if text != "下雨了" else "o", text, extra) for at, who, text, extra in second]
    shifted = [(*row[:3], {"reply": row[3]["reply"] + len(first)} if row[3] else {}) for row in second]
    found = run(given(view([*first, *shifted]), WORDS))
    moved = {row["member_id"]: (row["before"], row["now"]) for row in rows(found, "moved")}
    assert moved == {"o": ("organizing", "diffusion"), "w": ("diffusion", "organizing")}
    assert (value(found, "moved"), found.metrics["moved"].n) == (2, 6)


def test_a_short_window_looks_back_twelve_weeks() -> None:
    group = given(view(talk(range(100))), WORDS)
    found = run(group, window("2026-06-01 00:00", "2026-06-08 00:00"))
    assert value(found, "since") == "2026-03-16"
    assert value(found, "people") == 6
    assert value(found, "moved") == 0


def test_nobody_is_active_in_more_weeks_than_are_looked_at() -> None:
    # Twelve weeks back from a Friday touch thirteen weeks of the calendar.
    found = run(given(view(talk(range(100))), WORDS), window("2026-05-29 00:00", "2026-06-05 00:00"))
    assert {row["active_weeks"] for row in rows(found, "members")} == {12}


def test_movement_is_unknown_in_a_short_log() -> None:
    found = run(given(view(talk(range(10))), WORDS))
    assert value(found, "moved") is None


def test_names_and_the_order_of_people_change_nothing() -> None:
    one = run(given(view(talk(range(10))), WORDS))
    log = talk(range(10), scheme="q-{}")
    ids = list(dict.fromkeys(row[1] for row in log))
    again = run(given(view(log, {who: {} for who in reversed(ids)}), WORDS))
    assert one.metrics == again.metrics
    for name, table in one.tables.items():
        plain = [tuple(str(cell).removeprefix("q-") for cell in row) for row in again.tables[name].rows]
        assert plain == [tuple(map(str, row)) for row in table.rows], name


@pytest.mark.parametrize("log", [[], talk(range(2))])
def test_too_little_to_tell(log: list[Any]) -> None:
    found = circles.run(view(log), whole(view(log)), circles.Settings())
    assert set(found.metrics) == set(circles.METRICS)
    assert all(metric.value is None for metric in found.metrics.values())
    assert all(not table.rows for table in found.tables.values())
