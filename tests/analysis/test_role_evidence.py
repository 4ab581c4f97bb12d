"""What others do with what somebody says, and which messages show a role."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq.analysis import _role_scores as sc
from cq.analysis import _role_stability as st
from cq.analysis._role_counts import _answerers
from cq.analysis._role_deeds import Echo

from .test_roles import ROLE, counts, section, seen
from .views import view

RULE = "我不同意这条群规，凭什么不让发别的路线"
OBJECTION = (
    "我不同意这条群规，凭什么不让发别的路线，去年大家投票的时候明明说好了谁都可以发，现在又说只能发领队的，"
    "我觉得这个规定不合理，要改也应该先问问大家的意见，不能一个人说了算，请管理员给个说法，也听听别人怎么想"
)
LONG = "昨天那条路沿着河一直往北走，过了桥风有点大"


def test_whoever_nobody_answers_is_no_talker() -> None:
    some = counts([[40] * 12] * 2 + [[4] * 12] * 4, {"talker": [[30] * 12] * 2 + [[1] * 12] * 4})
    heard = replace(some, heard=np.array([0.29, 0.31, 1, 1, 1, 1]))
    judged = st.judge(heard, 0.2, seen(heard))
    assert judged.scores[0, ROLE["talker"]] <= sc.UNPROVEN < judged.scores[1, ROLE["talker"]]
    assert sc.LABELS[judged.label[1]] == "talker" != sc.LABELS[judged.label[0]]


def test_a_thinker_nobody_responds_to_keeps_half_of_the_score() -> None:
    some = counts([[6] * 12] * 3, {"thinker": [[4] * 12] * 3})
    wide = replace(some, answerers=np.array([0.0, 1.0, 9.0]))
    scores = st.judge(wide, 0.2, seen(wide)).scores[:, ROLE["thinker"]]
    assert scores[0] == pytest.approx(scores[2] / 2) and scores[1] == pytest.approx(scores[2] * 0.75)


def test_different_people_who_answer_are_counted_as_expected() -> None:
    # Two answers of one person, 0.5 and 0.5: 1 − 0.25; one of another, 0.2; a later one is not looked at.
    echo = Echo(*map(np.array, ([0, 0, 5, 99], [1, 1, 1, 1], [2, 3, 2, 4], [0.5, 0.2, 0.5, 1.0])))
    found = _answerers(echo, 0, 50, 5)
    assert found.tolist() == pytest.approx([0, 0.95, 0, 0, 0])


def objections(first: str, second: str, weeks: int = 12) -> list[dict[str, Any]]:
    """Messages shown of somebody who disagrees every week, in the same turn with something else."""
    lines: list[tuple[Any, ...]] = []
    for n in range(weeks):
        day = (datetime(2026, 3, 2, 20) + timedelta(days=7 * n)).strftime("%Y-%m-%d %H:")
        lines += [
            (day + "00", "host", f"【通知】本周六早上七点桥头第{n}次集合"),
            (day + "01", "other", "收到"),
            (f"{day}02:00", "against", first),
            (f"{day}02:20", "against", second),
            (day + "04", "host", "规矩是大家定的"),
        ]
    table = section(view(lines)).tables["evidence"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [row for row in rows if row["member_id"] == "against" and row["role"] == "challenger"]


@pytest.mark.parametrize(("first", "second"), [(RULE, LONG), (LONG, RULE)])
def test_the_message_that_disagrees_is_shown_not_its_longer_neighbour(first: str, second: str) -> None:
    shown = objections(first, second)
    assert len(LONG) > len(RULE) and len(shown) == 12
    assert {row["text"] for row in shown} == {RULE}


def test_a_disagreement_is_shown_whole() -> None:
    assert 80 < len(OBJECTION) < 400
    assert {row["text"] for row in objections(OBJECTION, "就这样")} == {OBJECTION}


def test_without_links_no_role_that_lives_by_them_is_firm() -> None:
    some = counts([[8] * 12] * 2, {"thinker": [[6] * 12, [0] * 12], "organizer": [[0] * 12, [6] * 12]})
    for links, firm in ((0.2, [True, True]), (0.04, [False, True])):
        assert (st.judge(some, links, seen(some)).certainty == 2).tolist() == firm
