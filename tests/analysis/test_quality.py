"""The data-quality gate: what can be seen of exits, names, programs and the beginning of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cq.analysis._quality import exit_visibility, likely_bots, quality
from cq.model import Event, Kind

from .views import view, whole

Happening = tuple[int, Event, str | None, Sequence[str], str | None]
LISTED = {"listed": True}


def weeks(n: int, **kinds: Any) -> list[tuple[Any, ...]]:
    """A line by a at noon of each of some Mondays in 2026."""
    days = [(1 + (7 * i) // 28, 1 + (7 * i) % 28) for i in range(n)]
    return [
        (f"2026-{month:02}-{day:02} 12:00:07", "a", f"第{i}句", kinds) for i, (month, day) in enumerate(days)
    ]


def gone(who: str, row: int = 0) -> Happening:
    return (row, Event.LEAVE, None, [who], None)


@pytest.mark.parametrize(
    ("events", "people", "seen"),
    [
        ([gone("b")], {"a": LISTED, "b": {}}, "full"),
        ([gone("b"), (1, Event.JOIN, None, ["c"], None)], {"a": LISTED, "b": {}, "c": {}}, "partial"),
        ([(1, Event.JOIN, None, ["c"], None)], {"a": LISTED, "c": {}}, "none"),
        ([(1, Event.JOIN, None, ["c"], None)], {"a": LISTED, "c": LISTED}, None),
    ],
)
def test_exits_against_the_list(
    events: Sequence[Happening], people: Mapping[str, Mapping[str, Any]], seen: str | None
) -> None:
    assert exit_visibility(view(weeks(4), people, events=events, member_basis="roster")) == seen


def test_exits_without_a_list() -> None:
    join: Happening = (0, Event.JOIN, None, ["b"], None)
    assert exit_visibility(view(weeks(10), events=[join])) == "none"
    assert exit_visibility(view(weeks(3), events=[join])) is None
    assert exit_visibility(view(weeks(10), events=[join, gone("b", 2)])) == "partial"
    assert exit_visibility(view(weeks(10))) is None


def test_programs_are_reported_and_not_those_known() -> None:
    rows = sorted(
        [(f"2026-01-{day:02} 09:00:00", "b", "每日打卡提醒") for day in range(1, 29)]
        + [
            (f"2026-01-{day:02} {hour}:1{day % 10}:{17 + hour}", "a", f"{day}日{hour}点")
            for day in range(1, 29)
            for hour in (10, 11, 12, 13)
        ]
    )
    found = view(rows)
    assert [found.people[i].id for i in likely_bots(found)] == ["b"]
    assert quality(found, whole(found))["likely_bots"] == 1
    known = view(rows, {"b": {"bot": True}})
    assert quality(known, whole(known))["likely_bots"] == 0


def test_names_recalls_and_the_beginning() -> None:
    rows = [
        ("2026-01-01 09:00:07", None, "b 加入了群聊", {"kind": Kind.SYSTEM}),
        ("2026-01-01 09:01:07", "a", "早就来了"),
        ("2026-01-01 09:02:07", "b", "谢谢拉我"),
        ("2026-01-01 09:03:07", "b", None, {"kind": Kind.RECALL}),
        ("2026-01-01 09:04:07", "b", "撤的是这句", {"recalled": True}),
    ]
    people = {"a": {"name": "阿花", "names": ("小花", "阿花")}, "b": {"name": "阿花", "names": ("阿花",)}}
    found = view(rows, people, events=[(0, Event.JOIN, None, ["b"], None)])
    told = quality(found, whole(found))
    assert (told["shared_names"], told["renamed_senders"]) == (2, 1)
    assert (told["recalled"], told["starts_with_join"]) == (2, True)


def test_an_empty_log() -> None:
    found = view([])
    told = quality(found, whole(found))
    assert (told["recalled"], told["likely_bots"], told["starts_with_join"]) == (0, 0, None)
    assert told["exit_visibility"] is None
