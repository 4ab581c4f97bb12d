"""Size: load and its symptoms, people who talk with each other, silence, unevenness, and hanging on one person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq import locales
from cq.analysis import GroupView, Window, size
from cq.analysis import _size_load as load
from cq.analysis import _size_reliance as reliance
from cq.analysis._life_people import shared
from cq.section import Finding, Section

from .views import view, whole
from .weekly_talk import MONDAY, PEOPLE, talk


def run(group: GroupView, at: Window | None = None) -> Section:
    return size.run(group, at or whole(group), size.Settings())


def finding(section: Section, name: str) -> Finding:
    return next(f for f in section.findings if f.code == f"size/{name}")


def metric(section: Section, code: str) -> Any:
    return section.metrics[code].value


STEADY = [70, 63, 77, 70, 66, 74, 70, 63]


# -- people -------------------------------------------------------------------------------------------


def test_partners_are_those_talked_with_three_times_both_ways() -> None:
    rows: list[tuple[Any, ...]] = []
    at = MONDAY
    for n in range(160):
        pair = ("a", "b") if n % 2 else ("c", "d")
        for k in range(2):
            rows.append((at.isoformat(" "), pair[k], f"第{n}件事{k}", {"reply": len(rows) - 1} if k else {}))
            at += timedelta(minutes=3)
        rows.append((at.isoformat(" "), pair[0], f"说到{n}", {"reply": len(rows) - 1}))
        at += timedelta(hours=9)
    found = run(view(rows))
    assert metric(found, "partners_median") == 1
    assert metric(found, "partners_max") == 1
    assert metric(found, "session_speakers") == 2


def test_few_turns_have_no_partners() -> None:
    assert metric(run(talk([10] * 8)), "partners_median") is None


def test_silent_members_with_interval() -> None:
    members = [*PEOPLE, *(f"silent{n}" for n in range(88))]
    found = run(talk(STEADY * 2, members=members))
    assert metric(found, "silent_share") == 0.88
    low, high = found.metrics["silent_share"].interval or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.802, 0.93)
    silent = finding(found, "silent_majority")
    assert silent.status == "watch"  # never a finding: it is common
    assert silent.values["members"] == 100


def test_silence_needs_a_list_members_and_time() -> None:
    assert finding(run(talk(STEADY * 2)), "silent_majority").status == "not_observable"
    assert finding(run(talk(STEADY * 2, members=PEOPLE)), "silent_majority").values["reason"] == "members"
    few_weeks = talk(STEADY, members=[*PEOPLE, *(f"s{n}" for n in range(88))])
    assert finding(run(few_weeks), "silent_majority").values["reason"] == "weeks"


def test_who_joined_lately_is_not_counted_as_silent() -> None:
    group = talk(
        STEADY * 2, members=[*PEOPLE, *(f"new{n}" for n in range(10)), *(f"old{n}" for n in range(20))]
    )
    late = int(group.sent_at[-1]) - 5 * 7 * 86_400_000
    people = [replace(p, joined_at=late) if p.id.startswith("new") else p for p in group.people]
    found = run(replace(group, people=people))
    assert finding(found, "silent_majority").values["members"] == 32


def test_the_silent_who_wake_up() -> None:
    def who(week: int, n: int) -> str:
        return "late" if week >= 15 and n % 10 == 0 else PEOPLE[(n + week) % 12]

    found = run(talk(STEADY * 2 + [70, 70], who=who, members=[*PEOPLE, "late", "never"]))
    assert (metric(found, "woken_share"), found.metrics["woken_share"].n) == (0.5, 2)


def test_equals_are_not_uneven() -> None:
    rng = np.random.default_rng(3)
    order = rng.integers(0, 12, 2000).tolist()
    found = run(talk(STEADY * 2, who=lambda week, n: PEOPLE[order[week * 80 + n]]))
    assert abs(metric(found, "inequality_senders")) < 0.05
    assert metric(found, "absence_factor") in (5, 6)
    assert metric(found, "effective_speakers") == pytest.approx(12, abs=0.3)
    with_silent = run(talk(STEADY * 2, members=[*PEOPLE, *(f"s{n}" for n in range(12))]))
    assert metric(with_silent, "inequality_members") > 0.3


def test_the_top_shares_do_not_rise_when_the_first_is_taken_away() -> None:
    """Whoever comes next may weigh more than before, but half of the talk takes no fewer people."""

    def heavy(week: int, n: int) -> str:
        return "a" if n % 3 == 0 else PEOPLE[1 + (n + week) % 11]

    with_top = run(talk(STEADY * 2, who=heavy))
    without = run(talk(STEADY * 2, PEOPLE[1:]))
    assert metric(without, "top1_share") <= metric(with_top, "top1_share")
    assert metric(without, "absence_factor") >= metric(with_top, "absence_factor")


# -- load ---------------------------------------------------------------------------------------------


def busy(swamped: bool, per_hour: tuple[int, int] = (20, 80)) -> GroupView:
    """Six weeks of eight hours a day; in every second hour four times as much is said. ``swamped``: then nobody
    answers, and people write little and the same."""
    rng = np.random.default_rng(5)
    rows: list[tuple[Any, ...]] = []
    for day in range(42):
        for hour in range(12, 20):
            heavy = (day + hour) % 2 == 1
            count = int(rng.poisson(per_hour[heavy]))
            step = 3500 / max(count, 1)
            for n in range(count):
                at = MONDAY.replace(hour=0) + timedelta(days=day, hours=hour, seconds=step * n)
                bad = swamped and heavy
                text = (
                    ("顶", "哈", "在")[n % 3]
                    if bad
                    else f"关于{day}日{hour}点第{n}件事我是这样看的，供大家参考"
                )
                extra = {} if bad or not rows else {"reply": len(rows) - 1}
                rows.append((at.isoformat(" "), PEOPLE[n % 12], text, extra))
    return view(rows)


def test_overload_needs_symptoms_and_load() -> None:
    swamped = run(busy(swamped=True))
    found = finding(swamped, "overload")
    assert found.status == "finding"
    assert found.values["symptoms"] >= 2  # type: ignore[operator]
    assert found.values["characters_busy"] < found.values["characters_calm"]  # type: ignore[operator]
    assert found.evidence
    calm = finding(run(busy(swamped=False)), "overload")
    assert calm.status == "clear"  # as many messages
    assert calm.values["busy_day"] >= 300  # type: ignore[operator]
    assert finding(run(busy(swamped=True, per_hour=(4, 16))), "overload").status == "clear"  # few messages


def test_few_hours_tell_nothing_of_load() -> None:
    found = finding(run(talk(STEADY * 2)), "overload")
    assert (found.status, found.values["reason"]) == ("not_enough_data", "hours")


def test_reading_time_and_crowds() -> None:
    rows: list[tuple[Any, ...]] = [
        ((MONDAY + timedelta(days=day, minutes=4 * n)).isoformat(" "), PEOPLE[n], "字" * 80, {})
        for day in range(20)
        for n in range(10)
    ]
    found = run(view(rows))
    assert metric(found, "reading_minutes") == 10 * 80 / load.READ_PER_MINUTE
    assert metric(found, "posters_20_minutes") == 5
    assert metric(found, "messages_per_day") == metric(found, "turns_per_day") == 10


# -- hanging on one person ----------------------------------------------------------------------------


def star(weekly: list[int], absent: Callable[[int], bool]) -> GroupView:
    """A third of the talk is by a star, unless they are absent."""

    def who(week: int, n: int) -> str:
        return "star" if n % 3 == 0 and not absent(week) else PEOPLE[(n + week) % 12]

    return talk(weekly, who=who)


def test_weeks_without_somebody() -> None:
    gaps = [week % 3 == 2 for week in range(26)]
    drop = [(30 if away else 90) + STEADY[w % 8] // 10 for w, away in enumerate(gaps)]
    one = reliance.Reliance(shared(star(drop, lambda w: gaps[w]), _whole(drop)), size.Settings())
    star_at = [p.id for p in one.ground.view.people].index("star")
    contrast = one.absences(star_at)
    assert contrast is not None
    assert contrast.p is not None
    assert contrast.p < 0.01
    assert contrast.drop > 0.3
    steady = [60 if away else 90 for away in gaps]  # the others say as much as ever
    other = reliance.Reliance(shared(star(steady, lambda w: gaps[w]), _whole(steady)), size.Settings())
    same = other.absences(star_at)
    assert same is not None
    assert abs(same.drop) < 0.1


def _whole(weekly: list[int]) -> Window:
    return whole(talk(weekly))


def test_one_person_with_half_of_the_talk_is_watched() -> None:
    found = run(talk(STEADY * 2, who=lambda week, n: "owner" if n % 5 < 3 else PEOPLE[(n + week) % 12]))
    key = finding(found, "key_person")
    assert (key.status, key.values["name"]) == ("watch", "owner")
    assert finding(run(talk(STEADY * 2)), "key_person").status == "clear"


def left(after: list[int], before: list[int] | None = None, last: int | None = None) -> Finding:
    weeks = [*(before or STEADY * 2), *after]
    gone = last if last is not None else len(weeks) - len(after)
    return finding(run(star(weeks, lambda week: week >= gone)), "departure")


def test_a_departure_followed_by_silence() -> None:
    found = left([20, 22, 18, 20, 21, 19, 22, 18, 20])
    assert found.status == "finding"
    assert found.values["name"] == "star"
    assert found.values["drop"] > 0.4  # type: ignore[operator]
    assert found.since is not None
    gone = MONDAY + timedelta(weeks=16)
    assert abs((datetime.fromisoformat(found.since).replace(tzinfo=None) - gone).days) <= 7


def test_too_early_to_tell() -> None:
    found = left([20, 20])
    assert (found.status, found.values["reason"]) == ("not_enough_data", "weeks_after")


def test_nobody_misses_them() -> None:
    found = left([47, 45, 48, 46, 47, 45, 47, 46, 46])  # the others as before
    assert found.status == "clear"


def test_a_group_that_was_falling_before_is_unclear() -> None:
    slide = [150 - 6 * w for w in range(24)]
    others = [*slide[:16], *(round(x * 2 / 3) for x in slide[16:])]
    found = left(others[16:], others[:16])
    assert found.status != "finding"


def test_shuffled_weeks_show_no_departure() -> None:
    """The same turns with the weeks in any order: nothing follows from a departure that is none."""
    rng = np.random.default_rng(9)
    hits = 0
    for _ in range(5):
        weeks = rng.permutation([*STEADY * 2, *([25] * 9)]).tolist()
        hits += finding(run(talk(weeks)), "departure").status == "finding"
    assert hits == 0


def test_an_empty_log_has_no_numbers() -> None:
    found = run(view([]))
    assert not found.findings
    assert all(m.value is None for m in found.metrics.values())


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_code_has_words(lang: str) -> None:
    words = locales.load(lang)
    seen = [run(busy(swamped=True)), run(talk(STEADY * 2, members=[*PEOPLE, *(f"s{n}" for n in range(30))]))]
    seen.append(run(star([*STEADY * 2, *([20] * 9)], lambda week: week >= 16)))
    for family in ("metrics", "tables"):
        own = {c for c in words[family] if c.startswith("size.")}
        assert own == {f"size.{c}" for c in getattr(seen[0], family)}
    for one in (f for section in seen for f in section.findings):
        assert set(one.values) <= set(words["findings"][one.code]["values"]) | {"reason", "have", "need"}
        assert {t.name for t in one.thresholds} <= set(words["findings"][one.code].get("limits", {}))
        if "reason" in one.values:
            assert one.values["reason"] in words["reasons"]
