"""Groups that talk so and so much every week, for tests of sections that look at weeks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cq.analysis import GroupView
from cq.operators import UNTOLD, Operator

from .views import view

MONDAY = datetime(2025, 3, 10, 9)
PEOPLE = tuple("abcdefghijkl")


def talk(
    weekly: Sequence[int],
    people: Sequence[str] = PEOPLE,
    *,
    who: Callable[[int, int], str] | None = None,
    start: datetime = MONDAY,
    operator: Operator = UNTOLD,
    members: Sequence[str] = (),
    **more: Any,
) -> GroupView:
    """So many turns in each week, every day a talk in which people take turns three minutes apart, each answering
    the one before. ``who(week, number)`` chooses who speaks. ``members``: a list of members comes with it."""
    choose = who or (lambda week, number: people[(number + week) % len(people)])
    rows: list[tuple[Any, ...]] = []
    for week, count in enumerate(weekly):
        for number in range(count):
            day, place = number % 7, number // 7
            at = start + timedelta(days=7 * week + day, minutes=3 * place)
            rows.append((at, choose(week, number), f"第{week}周的第{number}件事大家怎么看"))
    rows.sort(key=lambda row: row[0])
    table = [
        (
            at.isoformat(" "),
            person,
            text,
            {"reply": i - 1} if i and at - rows[i - 1][0] < timedelta(hours=1) else {},
        )
        for i, (at, person, text) in enumerate(rows)
    ]
    listed = {who: {"listed": True} for who in members}
    basis: Any = {"member_basis": "roster"} if members else {}
    return replace(view(table, listed, **basis, **more), operator=operator)
