"""Roles from conversations made by hand and from counts: formulas, limits, what a row holds, what is abstained from."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq.analysis import GroupView, roles
from cq.analysis import _role_scores as sc
from cq.analysis import _role_stability as st
from cq.analysis._role_changes import Standing, changes, ends, moving
from cq.analysis._role_counts import WEEK_MS, Counts
from cq.analysis._role_deeds import ACTIVE
from cq.analysis._role_norms import NORMS
from cq.result import role_rows
from cq.section import Section

from .views import view, whole

ROLE = {role: i for i, role in enumerate(sc.ROLES)}


def section(group: GroupView) -> Section:
    return roles.ANALYZER.run(group, whole(group), roles.ANALYZER.settings)


def rows(group: GroupView) -> dict[str, dict[str, Any]]:
    table = section(group).tables["members"]
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {row["member_id"]: row for row in found}


def counts(turns: Any, keys: Any, exposed: Any = None, days: int = 10) -> Counts:
    """Counts of people whose weeks are all alike but for what is given: [person][week]."""
    said = np.array(turns, float)
    done = np.zeros((*said.shape, len(ACTIVE)))
    for role, table in keys.items():
        done[:, :, ACTIVE.index(role)] = table
    people = len(said)
    many = np.full(people, days)
    return Counts(
        people=np.arange(people),
        turns=said,
        worded=said,
        keys=done,
        days=np.full((people, len(ACTIVE)), days),
        active_days=many,
        own=said.sum(1).astype(np.int64),
        events=np.zeros(people, np.int64),
        sessions=many,
        aimed=many,
        heard=np.ones(people),
        answerers=np.full(people, 10.0),
        exposed=np.ones(said.shape) if exposed is None else np.array(exposed, float),
    )


def seen(some: Counts) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.ones(len(some), np.bool_)


# --- formulas -------------------------------------------------------------------------------------


def test_the_distance_to_the_norm_is_worked_by_hand() -> None:
    # (12 + 8 · 0.1) / (40 + 8) = 0.2667; logit −1.0116, of the norm −2.1972.
    found = sc.distance(np.array([12.0]), np.array([40.0]), 0.1)
    assert found[0] == pytest.approx(1.1856, abs=1e-3)
    assert sc.distance(np.array([0.0]), np.array([0.0]), 0.1)[0] == pytest.approx(0)


def test_the_lower_bound_is_wilsons() -> None:
    # 8 of 20, z = 1.645: (0.4 + 0.0677 − 1.645 · √(0.012 + 0.00169)) / 1.1353
    assert sc.lower_bound(np.array([8.0]), np.array([20.0]))[0] == pytest.approx(0.2424, abs=1e-3)


def test_without_a_lower_bound_above_the_norm_nothing_is_claimed() -> None:
    norm = NORMS["asker"].share
    few, many = (
        sc.active_scores(*map(np.array, ([n], [n], [[0, 0, 0, k, 0.0]], [12.0], [1.0], [10.0])))
        for n, k in ((4000.0, 4000 * norm * 1.4), (40.0, 24.0))
    )
    assert few[0, ACTIVE.index("asker")] <= sc.UNPROVEN
    assert many[0, ACTIVE.index("asker")] > 0.9


@pytest.mark.parametrize(
    ("turns", "weeks", "value"),
    [(0, 12, 0.99999), (0, 1, 0.9167), (3, 3, 0.5398), (12, 12, 0.5)],
)
def test_the_lurker_score_is_the_chance_of_less_than_one_a_week(turns: int, weeks: int, value: float) -> None:
    found = sc.lurker_score(np.array([float(turns)]), np.array([float(weeks)]))[0]
    assert found == pytest.approx(_gamma_below(turns + 0.5, weeks + 0.5), abs=2e-3)
    assert found == pytest.approx(value, abs=0.06)


def _gamma_below(shape: float, x: float, steps: int = 200_000) -> float:
    """P(Gamma(shape, 1) < x), by substitution t = u² and the midpoint rule."""
    u = (np.arange(steps) + 0.5) / steps * math.sqrt(x)
    return float((2 * u ** (2 * shape - 1) * np.exp(-u * u)).mean() * math.sqrt(x) / math.gamma(shape))


def test_the_rate_bound_follows_the_rule_of_three() -> None:
    found = st.rate_bound(np.array([0.0, 0.0, 5.0]), np.array([3.0, 12.0, 12.0]))
    assert found.tolist() == pytest.approx([1.0, 0.25, 11.67 / 12], abs=0.01)  # exact for five: 11.67


def test_the_cap_grows_with_the_links() -> None:
    assert st.link_cap(None) == st.link_cap(0.0) == 0.76
    assert st.link_cap(0.48) == st.link_cap(0.9) == pytest.approx(0.9328)


# --- labels from counts -----------------------------------------------------------------------------


def test_everybody_who_asks_is_an_asker() -> None:
    some = counts([[6] * 12] * 8, {"asker": [[4] * 12] * 8})
    judged = st.judge(some, 0.3, seen(some))
    assert [sc.LABELS[i] for i in judged.label] == ["asker"] * 8
    assert (judged.certainty == 2).all() and (judged.stability > 0.95).all()


def test_one_wild_week_makes_no_firm_role() -> None:
    wild = [[0] * 11 + [30]]
    some = counts(wild + [[5] * 12] * 5, {"asker": [*wild, *[[0] * 12] * 5]})
    judged = st.judge(some, 0.3, seen(some))
    assert sc.LABELS[judged.label[0]] == "asker"
    assert st.CERTAINTIES[judged.certainty[0]] == "tentative"


def test_silence_needs_a_denominator_and_three_weeks() -> None:
    exposed = [[1] * 12, [1, 1] + [0] * 10, [1] * 12]
    some = counts([[0] * 12, [0] * 12, [9] * 12], {}, exposed)
    label = st.judge(some, None, seen(some)).label
    assert [sc.LABELS[i] for i in label[:2]] == ["lurker", "not_enough_data"]
    unseen = st.judge(some, None, np.zeros(3, np.bool_))
    assert sc.LABELS[unseen.label[0]] == "not_enough_data"
    assert unseen.scores[0, ROLE["lurker"]] == 0


def test_silence_in_a_silent_group_says_nothing() -> None:
    some = counts([[0] * 12, [1] * 12], {})
    assert sc.LABELS[st.judge(some, None, seen(some)).label[0]] == "not_enough_data"


def test_below_five_turns_nothing_is_said() -> None:
    some = counts([[1, 1, 1, 1] + [0] * 8, [10] * 12], {"asker": [[1, 1, 1, 1] + [0] * 8, [0] * 12]})
    assert sc.LABELS[st.judge(some, None, np.zeros(2, np.bool_)).label[0]] == "not_enough_data"


def test_links_cap_the_confidence_of_active_roles_only() -> None:
    some = counts([[6] * 12] * 3 + [[0] * 12], {"asker": [[4] * 12] * 3 + [[0] * 12]})
    for links in (0.0, 0.1, 0.5):
        judged = st.judge(some, links, seen(some))
        assert (judged.confidence[:3] <= st.link_cap(links) + 1e-9).all()
    assert judged.confidence[3] > 0.9


def test_the_same_people_in_another_order_get_the_same() -> None:
    rng = np.random.default_rng(3)
    said = rng.poisson(5, (20, 12))
    asked = rng.binomial(said, rng.uniform(0, 0.6, (20, 1)))
    order = rng.permutation(20)
    one = counts(said, {"asker": asked})
    two = counts(said[order], {"asker": asked[order]})
    a, b = st.judge(one, 0.1, seen(one)), st.judge(two, 0.1, seen(two))
    assert np.allclose(a.stability[order], b.stability) and np.allclose(a.scores[order], b.scores)


# --- changes ----------------------------------------------------------------------------------------


def _standings(*labels: str, sure: float = 0.9) -> list[Standing]:
    return [
        Standing(i, np.array([sc.LABELS.index(label)]), np.array([sure])) for i, label in enumerate(labels)
    ]


def test_a_change_needs_two_stretches_that_agree_on_both_sides() -> None:
    found = changes(_standings("asker", "asker", "thinker", "talker", "thinker", "thinker"), [0])
    assert [(sc.LABELS[c.old], sc.LABELS[c.new], c.seen) for c in found] == [("asker", "thinker", 4)]
    assert not changes(_standings("asker", "asker", "thinker", "asker", "asker"), [0])
    assert not changes(_standings("asker", "asker", "thinker", "thinker", sure=0.79), [0])


def test_talking_more_or_less_is_no_change_of_role() -> None:
    assert not changes(_standings("lurker", "lurker", "ordinary", "ordinary", "lurker", "lurker"), [0])
    assert changes(_standings("lurker", "lurker", "asker", "asker"), [0])
    assert changes(_standings("ordinary", "ordinary", "lurker", "lurker", "asker", "asker"), [0])


def test_only_whole_stretches_are_looked_at() -> None:
    twelve = 12 * WEEK_MS
    assert ends(0, 20 * WEEK_MS, twelve) == [12 * WEEK_MS, 16 * WEEK_MS, 20 * WEEK_MS]
    labels = [np.array([0, 1, -1, sc.UNKNOWN]), np.array([0, 2, 3, 3])]
    assert moving(labels).tolist() == [1]


# --- a conversation -----------------------------------------------------------------------------------


def talk(weeks: int = 13) -> GroupView:
    """Somebody gives notice, somebody asks, two answer; one member never speaks."""
    lines: list[tuple[Any, ...]] = []
    day = datetime(2026, 3, 2, 20, 0)
    for n in range(weeks * 3):
        at = day + timedelta(days=n * 7 // 3)
        said = [
            ("host", f"【通知】本周六第{n}次集合改到东门，请大家提前十分钟到"),
            ("host", "新来的朋友先看群公告，别在群里发广告"),
            ("ask", f"请问第{n}回的装备怎么选？有没有推荐的"),
            ("kind", "去店里试一下大小，别买太紧的"),
            ("ask", "我的车链子总掉，怎么办？求助"),
            ("chat", "哈哈我也掉过"),
            ("kind", "好的收到"),
        ]
        lines += [
            ((at + timedelta(minutes=3 * i)).strftime("%Y-%m-%d %H:%M"), who, text)
            for i, (who, text) in enumerate(said)
        ]
    people = {
        "host": {"listed": True, "role": "owner", "name": "领队"}, "ask": {"listed": True, "name": "小问"},
        "kind": {"listed": True, "name": "老好"}, "chat": {"listed": True, "name": "话多"},
        "still": {"listed": True, "name": "静静"}, "bot": {"listed": True, "bot": True},
    }  # fmt: skip
    return view(lines, people, member_basis="roster")


def test_a_group_made_by_hand() -> None:
    group = talk()
    found = rows(group)
    assert "bot" not in found
    assert found["host"]["role"] == "organizer" and found["host"]["official_role"] == "owner"
    assert found["ask"]["role"] == "asker"
    assert found["still"]["role"] == "lurker" and found["still"]["certainty"] == "firm"
    assert found["still"]["evidence"] == {} and found["still"]["turns"] == 0


def test_rows_are_those_of_the_contract() -> None:
    table = section(talk()).tables["members"]
    typed = role_rows(table)
    assert len(typed) == len(table.rows)
    for row in typed:
        assert (row.confidence is None) == (row.role == "not_enough_data") == (row.stability is None)
        assert row.role not in row.also
        assert all(getattr(row.scores, role) >= sc.HALF for role in row.also)
        assert set(row.evidence) <= {row.role, *row.also}


def test_evidence_is_of_the_person_and_in_the_window() -> None:
    group = talk(26)
    place = {id_: n for n, id_ in enumerate(group.message_id.to_pylist())}
    since = int(group.sent_at[-1]) - 12 * WEEK_MS
    for row in rows(group).values():
        for role, ids in row["evidence"].items():
            assert 1 <= len(ids) <= 10 or role == "challenger"
            for id_ in ids:
                assert group.people[group.person[place[id_]]].id == row["member_id"]
                assert group.sent_at[place[id_]] >= since


def test_an_official_role_alone_makes_no_organizer() -> None:
    found = rows(talk())
    group = talk()
    demoted = [p.__class__(p.id, p.name, p.names, p.ids, p.bot, listed=p.listed) for p in group.people]
    object.__setattr__(group, "people", demoted)
    again = rows(group)
    assert {k: v["role"] for k, v in found.items()} == {k: v["role"] for k, v in again.items()}
    assert again["host"]["official_role"] is None


def test_without_a_list_nobody_is_a_lurker() -> None:
    lines = [
        (f"2026-03-{d:02} 20:{m:02}", f"p{m % 4}", "今天跑了五公里") for d in range(1, 29) for m in range(8)
    ]
    lines.append(("2026-03-29 09:00", "once", "大家好"))
    found = rows(view(lines, member_basis="senders"))
    assert all(row["role"] != "lurker" and row["scores"]["lurker"] == 0 for row in found.values())
    assert found["once"]["role"] == "not_enough_data"


def test_metrics_add_up() -> None:
    result = section(talk())
    value = {code: metric.value for code, metric in result.metrics.items()}
    judged = [row for row in result.tables["members"].rows if row[3] != "not_enough_data"]
    assert value["members_judged"] == len(judged) == value["firm"] + value["likely"] + value["tentative"]
    shares = [v for code, v in value.items() if code.startswith("share_")]
    assert sum(shares) == pytest.approx(1)
    for code, metric in result.metrics.items():
        if code.startswith("share_"):
            assert metric.interval and metric.interval[0] <= metric.value + 1e-4
            assert metric.interval[1] >= metric.value - 1e-4
    assert sum(row[1] for row in result.tables["composition"].rows) == len(judged)


def test_an_empty_group_has_every_code_and_no_value() -> None:
    result = section(view([]))
    assert set(result.metrics) == set(roles.METRICS)
    assert all(metric.value is None for metric in result.metrics.values())
    assert not any(table.rows for table in result.tables.values())


def test_the_same_log_gives_the_same_section() -> None:
    assert section(talk()) == section(talk())
