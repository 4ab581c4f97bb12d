"""Stages on constructed courses, with and without the top sender; what is a decline, and what only looks like it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from cq import locales
from cq.analysis import GroupView, Window, lifecycle
from cq.analysis import _life_stage as st
from cq.operators import Operator
from cq.section import Finding, Section

from .views import view, whole
from .weekly_talk import talk


def stage(
    values: list[float], joining: float | None = None, *, young: bool = False, talking: bool = True
) -> str:
    return st.stages(st.course(np.array(values)), joining, young=young, talking=talking)[0]


UPS = [1.0, 0.9, 1.1, 1.05, 0.95, 1.0, 1.1, 0.9]


def noisy(level: float, weeks: int) -> list[float]:
    return [level * UPS[i % 8] for i in range(weeks)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (noisy(50, 30), "active"),
        ([*noisy(10, 12), *(10 * 1.2**i for i in range(12))], "growth"),
        ([*noisy(80, 20), *(80 * 0.85**i for i in range(10))], "decline"),
        ([*noisy(80, 20), *noisy(24, 6)], "decline"),
        ([*noisy(80, 20), *noisy(1, 8)], "dormant"),
        ([*noisy(80, 20), *noisy(36, 30)], "active"),
        ([*noisy(50, 24), 20.0, 15.0, *noisy(50, 2)], "active"),
    ],
)
def test_constructed_courses(values: list[float], expected: str) -> None:
    assert stage(values) == expected


def test_without_its_beginning_the_first_two_stages_are_one() -> None:
    sprout = [1, 2, 3, 3, 4, 4, 4, 5, 5, 4]
    assert stage([*map(float, sprout)], young=True) in ("germination", "growth")
    quiet = [3.0, 4, 3, 4, 3, 4, 3, 4, 4, 3]
    assert stage(quiet, young=True) == "germination"
    assert stage(quiet) == "active"


def test_members_who_join_make_growth() -> None:
    assert stage(noisy(50, 30), 0.2) == "growth"
    assert stage(noisy(50, 30), 0.01) == "active"


def test_always_quiet_is_no_silence_as_long_as_people_talk() -> None:
    quiet = [2.0, 1, 2, 2, 1, 2] * 5
    assert stage(quiet) == "active"
    assert stage(quiet, talking=False) == "dormant"


def test_the_fall_is_dated_and_its_half_life_found() -> None:
    rng = np.random.default_rng(4)
    off = []
    for ramp in (0, 4, 8):
        level = 1 - 0.8 * np.clip((np.arange(30) - 13) / (ramp + 1), 0, 1)
        at = st.set_in(st.course(rng.poisson(150 * level).astype(float)))
        assert at is not None
        off.append(abs(at - 14))
    assert max(off) <= 2
    halving = st.course(np.array([*[200.0] * 12, *(200 * 0.5 ** (i / 4) for i in range(1, 17))]))
    since = st.set_in(halving)
    assert since is not None
    assert st.half_life(halving, since) == pytest.approx(4, rel=0.25)


def run(group: GroupView, at: Window | None = None) -> Section:
    return lifecycle.run(group, at or whole(group), lifecycle.Settings())


def finding(section: Section) -> Finding:
    return next(f for f in section.findings if f.code == "lifecycle/decline")


def metric(section: Section, code: str) -> object:
    return section.metrics[code].value


STEADY = [70, 63, 77, 70, 66, 74, 70, 63]


def test_a_steady_group_is_active_and_clear() -> None:
    found = run(talk(STEADY * 3))
    assert metric(found, "stage") == metric(found, "stage_without_top") == "active"
    assert finding(found).status == "clear"
    assert len(found.series["turns"].points) == 23  # the last message is not the end of a week


def test_a_decline_is_found_with_its_beginning() -> None:
    found = run(talk([*STEADY, *STEADY, 60, 50, 40, 30, 22, 16, 12, 9, 8, 8, 7, 7]))
    decline = finding(found)
    assert decline.status == "finding"
    assert decline.since is not None
    assert abs((datetime.fromisoformat(decline.since).date() - datetime(2025, 6, 30).date()).days) <= 14
    assert decline.values["p"] < 0.05  # type: ignore[operator]
    assert decline.evidence
    assert metric(found, "half_life") is not None


def test_the_owner_who_carries_it_alone() -> None:
    group = talk(STEADY * 3, who=lambda week, n: "owner" if n % 4 else "abcdefghijkl"[(n // 4) % 12])
    found = run(group)
    assert metric(found, "stage") == "active"
    assert metric(found, "stage_without_top") in ("decline", "dormant")
    assert metric(found, "top_share") == pytest.approx(0.75, abs=0.03)
    assert finding(found).status == "clear"


def test_a_spring_festival_is_no_decline() -> None:
    weeks = [*STEADY, *STEADY, 10, 8]
    found = run(talk(weeks, start=datetime(2025, 10, 20, 9)))  # the last two weeks are those of February 2026
    assert metric(found, "holiday_weeks") == 2
    assert metric(found, "stage") == "active"
    assert finding(found).status in ("clear", "not_enough_data")


def test_a_planned_end_is_completed() -> None:
    weeks = [*STEADY, *STEADY, 30, 12, 4, 2, 1, 1, 1, 1]
    dead = run(talk(weeks))
    assert metric(dead, "stage") in ("decline", "dormant")
    done = run(talk(weeks, operator=Operator(ends="2025-07-20")))
    assert metric(done, "stage") == "completed"
    assert finding(done).status == "clear"
    assert finding(done).values["planned"] is True
    trip = run(talk([20, 40, 90, 5], operator=Operator(kind="trip")))
    assert metric(trip, "stage") == "completed"


def test_a_family_that_says_little_has_not_declined() -> None:
    weeks = [3, 2, 4, 3, 2, 3, 4, 2] * 3
    found = run(talk(weeks, "abcd", operator=Operator(kind="family")))
    assert finding(found).status == "clear"
    assert finding(found).values["exempt"] is True
    assert finding(run(talk(weeks, "abcd"))).status == "not_enough_data"


def test_too_few_weeks_have_no_stage() -> None:
    found = run(talk(STEADY))
    assert metric(found, "stage") is None
    assert finding(found).status == "not_enough_data"
    nothing = run(view([]))
    assert not nothing.findings
    assert all(m.value is None for m in nothing.metrics.values())
    born = run(talk([*STEADY, 70, 66], operator=Operator(created="2025-03-10")))
    assert metric(born, "stage") == "active"
    assert metric(born, "age") == 70


def test_what_comes_after_the_window_does_not_matter() -> None:
    group = talk([*STEADY, *STEADY, *([5] * 10)])
    end = int(group.sent_at[0]) + 16 * 7 * 86_400_000
    early = run(group, Window(int(group.sent_at[0]), end, group.zone))
    assert metric(early, "stage") == "active"
    assert finding(run(group)).status == "finding"


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_code_has_words(lang: str) -> None:
    words = locales.load(lang)
    found = run(talk(STEADY * 3))
    for family in ("metrics", "tables", "series"):
        own = {c for c in words[family] if c.startswith("lifecycle.")}
        assert own == {f"lifecycle.{c}" for c in getattr(found, family)}
    declined = run(talk([*STEADY, *STEADY, *([5] * 10)]))
    for one in (*found.findings, *declined.findings):
        assert set(one.values) <= set(words["findings"][one.code]["values"]) | {"reason", "have", "need"}
        assert {t.name for t in one.thresholds} <= set(words["findings"][one.code]["limits"])
