"""Newcomers, worked by hand: how they come, who answers them, what they could read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq.analysis import GroupView, onboarding
from cq.analysis._conversation import conversation
from cq.conversation.acts import BIT, Act, Acts
from cq.model import Event
from cq.section import Finding, Section

from .views import ms, view, whole

START = datetime(2026, 1, 5)
WEEKS = 16
OLD = tuple(f"p{n}" for n in range(20))
ACTS = {"请问": Act.QUESTION, "聊": Act.CHAT, "群规": Act.RULE, "特价": Act.AD, "早": Act.FILLER}


class Group:
    """Twenty old members with a list of members, chat every day, and newcomers."""

    def __init__(self, *, listed: bool = True) -> None:
        self.listed = listed
        self.rows: list[tuple[Any, ...]] = []
        self.people: dict[str, dict[str, Any]] = {
            who: {"listed": listed, "joined_at": ms("2025-06-01 12:00") if listed else None} for who in OLD
        }
        self.people["p0"]["role"] = "owner"
        self.joins: dict[str, str | None] = {}
        for day in range(7 * WEEKS):
            for n in range(4):
                self.say(day, 20, 11 * n + day % 7, OLD[(day + 3 * n) % 20], f"聊 {day} {n}")

    def say(self, day: float, hour: int, minute: float, who: str | None, text: str, **extra: Any) -> int:
        late = day % 1 + int(day) * 37 % 53 / 86_400
        at = START + timedelta(days=int(day) + late, hours=hour, minutes=minute)
        self.rows.append((at, who, text, extra))
        return len(self.rows) - 1

    def join(self, day: float, who: str, by: str | None = None) -> None:
        self.people[who] = {"listed": self.listed}
        self.joins[who] = by
        self.say(day, 9, 0, None, f"{who} 进群", kind="system")

    def newcomer(
        self, day: int, who: str, *, answered: bool, asks: str = "请问", by: str | None = None
    ) -> None:
        self.join(day, who, by)
        asked = self.say(day, 9, 30, who, f"{asks} {who}")
        if answered:
            self.say(day, 9, 35, OLD[1 + day % 19], f"聊 答 {who}", to=asked)
            self.say(day, 9, 50, who, f"聊 谢谢 {who}")

    def view(self) -> GroupView:
        order = sorted(range(len(self.rows)), key=lambda n: (self.rows[n][0], n))
        place = {n: k for k, n in enumerate(order)}
        table, events = [], []
        for n in order:
            at, who, text, extra = self.rows[n]
            more = {k: v for k, v in extra.items() if k != "to"}
            if "to" in extra:
                more["reply"] = place[extra["to"]]
            if who is None:
                name = text.split()[0]
                events.append((place[n], Event.JOIN, self.joins[name], [name], None))
            table.append((at.isoformat(" "), who, text, more))
        basis = "roster" if self.listed else "senders"
        return view(table, self.people, events=events, member_basis=basis)  # type: ignore[arg-type]


def run(group: Group) -> Section:
    built = group.view()
    talk = conversation(built)
    said = built.text.take(talk.turns.first_row).to_pylist()
    mask = [sum(BIT[act] for start, act in ACTS.items() if (text or "").startswith(start)) for text in said]
    talk.__dict__["acts"] = Acts(np.array(mask, np.uint32), np.zeros(len(mask), np.bool_), ())
    return onboarding.run(built, whole(built), onboarding.Settings())


def finding(section: Section, name: str) -> Finding:
    return next(f for f in section.findings if f.code == f"onboarding/{name}")


def paced(*, answered: bool = True, count: int = 20, **more: Any) -> Group:
    group = Group()
    for n in range(count):
        group.newcomer(32 + 3 * n, f"n{n}", answered=answered, **more)
    return group


# --- rhythm ------------------------------------------------------------------------------------------


def burst(*, answered: bool) -> Group:
    """One a week at first, all answered; in the eleventh week twenty on two days."""
    group = Group()
    for n in range(9):
        group.newcomer(7 * n + 3, f"n{n}", answered=True)
    for n in range(20):
        group.newcomer(72 + n % 2, f"b{n}", answered=answered)
    return group


def test_a_burst_that_nobody_takes_in_is_found() -> None:
    found = run(burst(answered=False))
    one = finding(found, "dilution")
    assert one.status == "finding"
    assert (one.values["bursts"], one.values["largest"], one.values["members"]) == (1, 20, 29)
    assert one.values["share"] == pytest.approx(20 / 29, abs=1e-3)
    assert one.values["unanswered_now"] == pytest.approx(1.0, abs=0.2)
    assert one.since is not None and one.since.startswith("2026-03-1")
    assert [row[1] for row in found.tables["bursts"].rows] == [20]


def test_a_burst_that_is_taken_in_is_only_watched() -> None:
    one = finding(run(burst(answered=True)), "dilution")
    assert one.status == "watch" and one.values["bursts"] == 1


def test_a_steady_pace_is_clear_and_no_joins_say_so() -> None:
    assert finding(run(paced()), "dilution").status == "clear"
    none = finding(run(paced(count=2)), "dilution")
    assert (none.status, none.values["reason"], none.values["have"]) == ("not_enough_data", "joins", 2)


# --- answers -----------------------------------------------------------------------------------------


def test_newcomers_whom_nobody_answers_are_found() -> None:
    found = run(paced(answered=False))
    one = finding(found, "unanswered_newcomers")
    assert one.status == "finding"
    assert (one.values["asked"], one.values["joins"]) == (20, 20)
    assert one.values["asked_share"] == found.metrics["unanswered_share"].value
    assert one.values["asked_unanswered"] >= 16  # type: ignore[operator]
    assert found.metrics["second_post_share"].value == 0


def test_newcomers_who_are_answered_are_clear() -> None:
    found = run(paced())
    one = finding(found, "unanswered_newcomers")
    assert (one.status, one.values["unanswered"], one.values["answered_by_old"]) == ("clear", 0, 1.0)
    assert found.metrics["second_post_share_answered"].value == 1
    assert found.metrics["first_post_share"].interval is not None


def test_silence_after_remarks_is_no_more_than_a_watch() -> None:
    assert finding(run(paced(answered=False, asks="聊")), "unanswered_newcomers").status == "watch"


def test_few_joins_and_hidden_joins_say_so() -> None:
    few = finding(run(paced(count=12)), "unanswered_newcomers")
    assert (few.status, few.values["have"], few.values["need"]) == ("not_enough_data", 12, 15)
    hidden = run(Group(listed=False))
    assert {f.status for f in hidden.findings} == {"not_observable"}
    assert {f.values["reason"] for f in hidden.findings} == {"joins_hidden"}
    assert hidden.metrics["joins"].value is None


def test_newcomers_without_two_weeks_do_not_count() -> None:
    group = Group()
    for n in range(20):
        group.newcomer(7 * WEEKS - 10, f"n{n}", answered=False)
    assert run(group).metrics["exposed"].value == 0


# --- rules and inviters ------------------------------------------------------------------------------


def breaking(*, ruled: bool) -> Group:
    group = paced()
    for n in range(4):
        group.say(33 + 3 * n, 15, 0, f"n{n}", f"特价 手表 {n}")
    if ruled:
        for n in range(20):
            group.say(32 + 3 * n, 10, 30, "p0", f"群规：不发广告 {n}")
    return group


def test_unseen_rules_that_are_broken_are_found() -> None:
    one = finding(run(breaking(ruled=False)), "rules_unseen")
    assert (one.status, one.values["unseen"], one.values["breaches"]) == ("finding", 20, 4)


def test_rules_that_are_seen_or_kept_are_clear() -> None:
    seen = run(breaking(ruled=True))
    assert finding(seen, "rules_unseen").status == "clear"
    assert seen.metrics["rules_seen_share"].value == 1
    assert finding(run(paced()), "rules_unseen").status == "clear"


def test_who_invited_whom() -> None:
    group = Group()
    for n, by in enumerate(("p0", "p0", "p5", "n2", None)):
        group.newcomer(40 + n, f"n{n}", answered=True, by=by)
    found = run(group)
    shares = {
        code: found.metrics[f"{code}_share"].value for code in ("invited", "member_invited", "staff_invited")
    }
    assert shares == {"invited": 0.8, "member_invited": 0.4, "staff_invited": 0.4}
    assert (found.metrics["inviters"].value, found.metrics["longest_chain"].value) == (3, 2)
    assert found.tables["inviters"].rows[0] == ("p0", "p0", "staff", 2, 2)


def test_an_empty_group_shows_no_joins() -> None:
    found = onboarding.run(view([]), whole(view([])), onboarding.Settings())
    assert {f.status for f in found.findings} == {"not_observable"}
