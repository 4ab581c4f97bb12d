"""Programs, exposure and names on tiny logs."""

from __future__ import annotations

import numpy as np
import pytest

from cq.conversation.people import Basis, bots, exposure, named
from cq.model import Event

from .rows import ADA, BEN, CLEO, DAN, NOBODY, START, log

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 7 * 86_400
FULL = 60 - (START // 1000) % 60
"""Seconds after the start at which the clock is on a full minute."""


def talk_of_people(n: int) -> list[tuple[float, int, str | None]]:
    return [(n_ * 977.0 + 13, ADA, f"第{n_}句") for n_ in range(n)]


def test_a_clockwork_is_a_bot() -> None:
    rows = talk_of_people(60) + [(FULL + n * HOUR + 1, BEN, f"现在{n}点") for n in range(12)]
    assert bots(log(sorted(rows))).tolist() == [False, True, False, False]


def test_nine_messages_are_too_few() -> None:
    rows = talk_of_people(60) + [(FULL + n * HOUR + 1, BEN, f"现在{n}点") for n in range(9)]
    assert not bots(log(sorted(rows))).any()


def test_templates_that_follow_at_once_are_a_bot() -> None:
    asked = [(n * 1000.0 + 20, CLEO, f"查天气 {n}") for n in range(12)]
    told = [(at + 1, BEN, f"天气预报：{n} 度，请带伞出门") for n, (at, _, _) in enumerate(asked)]
    assert bots(log(sorted(asked + told))).tolist() == [False, True, False, False]


def test_quick_people_without_templates_are_none() -> None:
    texts = "一二三四五六七八九十甲乙"
    asked = [(n * 1000.0 + 20, CLEO, f"{c}说了什么") for n, c in enumerate(texts)]
    told = [
        (at + 1, BEN, f"{c}是{n}回头再讲吧{c}")
        for (at, _, _), (n, c) in zip(asked, enumerate(texts), strict=True)
    ]
    assert not bots(log(sorted(asked + told))).any()


def test_a_log_without_seconds_has_no_clock() -> None:
    rows = [(FULL + n * HOUR, n % 2, f"话{n}") for n in range(60)]
    assert not bots(log(rows)).any()


def test_the_zone_does_not_matter() -> None:
    rows = sorted(talk_of_people(60) + [(FULL + n * HOUR + 1, BEN, f"现在{n}点") for n in range(12)])
    assert bots(log(rows)).tolist() == bots(log(rows, start=START + 5 * HOUR * 1000 + 1_800_000)).tolist()


def exposed(rows, events=(), *, listed=(), joined=None, left=None, start=0, end=10):  # type: ignore[no-untyped-def]
    talk = log(rows)
    times = dict(joined or {})
    gone = dict(left or {})
    return exposure(
        talk,
        events,
        start=START + start * WEEK * 1000,
        end=START + end * WEEK * 1000,
        listed=np.array([who in listed for who in range(4)]),
        joined_at=np.array([START + times[w] * 1000 if w in times else -1 for w in range(4)], np.int64),
        left_at=np.array([START + gone[w] * 1000 if w in gone else -1 for w in range(4)], np.int64),
    )


ROWS = [
    (0, ADA, "头"),
    (4 * WEEK, NOBODY, None),
    (6 * WEEK, BEN, "中"),
    (8 * WEEK, NOBODY, None),
    (10 * WEEK, ADA, "尾"),
]


def test_how_long_and_how_known() -> None:
    events = [(1, Event.JOIN, -1, [CLEO], None), (3, Event.LEAVE, -1, [CLEO], None)]
    found = exposed(ROWS, events, listed=(DAN,))
    assert found.weeks.tolist() == pytest.approx([10, 4, 4, 10])
    assert found.basis == [Basis.FIRST_MESSAGE, Basis.FIRST_MESSAGE, Basis.EVENTS, Basis.LISTED]


def test_a_window_cuts() -> None:
    events = [(1, Event.JOIN, -1, [CLEO], None), (3, Event.LEAVE, -1, [CLEO], None)]
    assert exposed(ROWS, events, listed=(DAN,), start=5, end=7).weeks.tolist() == pytest.approx([2, 1, 2, 2])


def test_the_list_tells_times() -> None:
    found = exposed(ROWS, listed=(CLEO, DAN), joined={CLEO: 9 * WEEK, DAN: -50 * WEEK}, left={DAN: WEEK})
    assert found.weeks.tolist() == pytest.approx([10, 4, 1, 1])
    assert found.basis[CLEO] is Basis.LIST_TIME


def test_whoever_spoke_was_there() -> None:
    found = exposed(ROWS, listed=(BEN,), joined={BEN: 9 * WEEK})
    assert found.weeks[BEN] == pytest.approx(4)


def test_somebody_who_came_back() -> None:
    rows = [(n * WEEK, ADA, "话") for n in range(11)]
    events = [
        (2, Event.LEAVE, -1, [BEN], None),
        (5, Event.JOIN, -1, [BEN], None),
        (9, Event.REMOVE, ADA, [BEN], None),
    ]
    assert exposed(rows, events).weeks[BEN] == pytest.approx(6)


def test_nothing_known() -> None:
    found = exposed(ROWS)
    assert (found.weeks[DAN], found.basis[DAN]) == (0, Basis.UNKNOWN)


def test_names_that_mislead() -> None:
    found = named([("Ada", "阿达"), ("Ben", "Ben"), ("阿达",), ("",)])
    assert found.shared.tolist() == [True, False, True, False]
    assert found.renamed.tolist() == [True, False, False, False]
