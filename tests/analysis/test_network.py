"""The reply network: tiny groups worked by hand, planted structure that is found, and chance that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq.analysis import GroupView, _graph, network
from cq.analysis._graph_communities import Half, by_volume, division
from cq.model import Event
from cq.section import Section

from .views import view, whole, window

FEW = network.Settings(least_links=1, tie_links=1)
"""Settings under which a handful of links is a network."""

Link = tuple[str, str]


def run(group: GroupView, settings: network.Settings = FEW) -> Section:
    return network.run(group, whole(group), settings)


def value(section: Section, code: str) -> Any:
    return section.metrics[code].value


def rows(section: Section, name: str) -> list[dict[str, Any]]:
    table = section.tables[name]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def answered(links: Sequence[Link], days: int = 28) -> GroupView:
    """A log in which ``who`` quotes something of ``whom`` for every link, evenly spread over some days."""
    start, step = datetime(2026, 3, 2, 8), timedelta(days=days) / max(len(links), 1)
    log: list[tuple[Any, ...]] = []
    for n, (who, whom) in enumerate(links):
        at = start + n * step
        log.append((at.isoformat(" "), whom, f"第{n}件事"))
        log.append(((at + timedelta(seconds=40)).isoformat(" "), who, "好", {"reply": len(log) - 1}))
    return view(log)


def drawn(people: int, links: int, crossing: float, seed: int = 1) -> list[Link]:
    """Random links in a group of two halves; ``crossing`` is the share of them drawn among everybody."""
    dice = np.random.default_rng(seed)
    found: list[Link] = []
    while len(found) < links:
        a, b = dice.integers(0, people, 2).tolist()
        if a != b and (a % 2 == b % 2 or dice.random() < crossing):
            found.append((f"p{a}", f"p{b}"))
    return found


# --- by hand ----------------------------------------------------------------------------------------


def test_three_people_by_hand() -> None:
    # b answers a twice, a answers b once, c answers a once: three pairs, two dyads, one of them mutual.
    found = run(answered([("b", "a"), ("a", "b"), ("b", "a"), ("c", "a")]))
    assert value(found, "basis") == "explicit"
    assert (value(found, "people"), value(found, "explicit_links")) == (3, 4)
    assert value(found, "answering_pairs") == 3
    assert found.metrics["explicit_coverage"].n == 8
    assert value(found, "explicit_coverage") == 0.5
    assert (value(found, "reciprocal_share"), found.metrics["reciprocal_share"].n) == (0.5, 2)
    first = rows(found, "pairs")[0]
    assert (first["member_id"], first["to_id"], first["answers"], first["back"]) == ("b", "a", 2, 1)
    top = rows(found, "people")[0]
    assert (top["member_id"], top["received"], top["responders"], top["given"]) == ("a", 3, 2, 1)


def test_a_quote_with_a_mention_is_one_link_and_nobody_answers_themselves() -> None:
    log = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-02 09:01", "b", "八点", {"reply": 0, "mentions": ["a"]}),
        ("2026-03-02 09:09", "b", "说错了", {"reply": 1}),
    ]
    assert value(run(view(log)), "explicit_links") == 1


def test_influence_flows_to_whoever_is_answered() -> None:
    # b answers a: a gets 0.85 of b's rank; a answers nobody and spreads its own over both.
    who, whom = np.array([1]), np.array([0])
    rank = _graph.influence(who, whom, np.ones(1), 2)
    # x = 0.075 + 0.85 (y + x / 2), y = 0.075 + 0.425 x, x + y = 1.
    assert rank == pytest.approx([0.6491, 0.3509], abs=1e-4)


def test_betweenness_of_a_path_and_what_is_cut_off() -> None:
    # a - b - c - d: over b lead a-c and a-d, 2 of the 3 pairs of others.
    a, b = np.array([0, 1, 2]), np.array([1, 2, 3])
    assert _graph.betweenness(_graph.matrix(a, b, 4), 500) == pytest.approx([0, 2 / 3, 2 / 3, 0])
    assert [_graph.cut_off(a, b, 4, node) for node in range(4)] == [0, 1, 1, 0]
    assert _graph.components(np.array([0, 3]), np.array([1, 4]), 5).tolist() == [0, 0, 2, 3, 3]


def test_sampled_betweenness_is_near_the_exact_one() -> None:
    dice = np.random.default_rng(0)
    a, b = dice.integers(0, 300, (2, 900))
    linked = _graph.matrix(a[a != b], b[a != b], 300)
    exact, sampled = _graph.betweenness(linked, 500), _graph.betweenness(linked, 150)
    assert float(np.corrcoef(exact, sampled)[0, 1]) > 0.95


def test_a_bridge_holds_two_circles_together() -> None:
    left, right = ["a", "b", "c"], ["x", "y", "z"]
    links = [(p, q) for side in (left, right) for p in side for q in side if p != q]
    found = run(answered([*links, ("m", "a"), ("a", "m"), ("m", "x"), ("x", "m")]))
    top = rows(found, "bridges")[0]
    assert (top["member_id"], top["partners"], top["cut_off"]) == ("m", 2, 3)
    assert (value(found, "components"), value(found, "largest_component_share")) == (1, 1.0)
    assert value(found, "bridges") == 3  # m, and a and x, through whom it hangs on


# --- planted and random -----------------------------------------------------------------------------


def test_planted_communities_are_found_and_random_ones_are_not() -> None:
    planted = run(answered(drawn(24, 900, crossing=0.05), days=84), network.Settings())
    assert value(planted, "communities") == 2
    assert value(planted, "modularity") > value(planted, "modularity_chance")
    found = rows(planted, "communities")
    assert {row["community"] for row in found} == {1, 2}
    parity = {int(row["member_id"][1:]) % 2 for row in found if row["community"] == 1}
    assert len(found) == 24
    assert len(parity) == 1
    for seed in range(3):
        random = run(answered(drawn(24, 900, crossing=1.0, seed=seed), days=84), network.Settings())
        assert value(random, "communities") is None
        assert value(random, "modularity") is not None


def test_one_evening_among_few_is_no_community() -> None:
    # In the first half of the weeks two halves talk apart, in the second everybody with everybody.
    dice = np.random.default_rng(3)
    apart, mixed = np.zeros((20, 20)), dice.poisson(2, (20, 20)).astype(float)
    apart[:10, :10] = apart[10:, 10:] = 4.0
    for half in (apart, mixed):
        np.fill_diagonal(half, 0)
    mixed += mixed.T
    found = division(Half(apart, by_volume(apart)), Half(mixed, by_volume(mixed)))
    assert found is not None
    assert not found.real


def test_shuffled_senders_destroy_reciprocity() -> None:
    couples = [(f"p{2 * n}", f"p{2 * n + 1}") for n in range(10)]
    links = [pair for n in range(200) for pair in (couples[n % 10], couples[n % 10][::-1])]
    found = run(answered(links))
    high = found.metrics["reciprocal_chance_share"].interval
    assert value(found, "reciprocal_share") == 1.0
    assert high is not None
    assert high[1] < 0.9
    dice = np.random.default_rng(0)
    who = dice.permutation(np.arange(20).repeat(3))
    sparse = answered(
        [(f"p{a}", f"p{b}") for a, b in zip(who, np.arange(20).repeat(3), strict=True) if a != b]
    )
    shuffled = run(sparse)
    interval = shuffled.metrics["reciprocal_chance_share"].interval
    assert interval is not None
    assert interval[0] <= value(shuffled, "reciprocal_share") <= interval[1]


def test_names_ids_and_the_order_of_people_change_nothing() -> None:
    links = drawn(20, 400, crossing=0.05, seed=5)
    other: dict[str, str] = {f"p{n}": f"q{(n * 7) % 20:02}" for n in range(20)}
    one = run(answered(links, days=84), network.Settings())
    log = answered([(other[a], other[b]) for a, b in links], days=84)
    again = run(log, network.Settings())
    assert one.metrics == again.metrics
    for name, table in one.tables.items():
        renamed = [tuple(other.get(str(cell), cell) for cell in row) for row in table.rows]
        assert renamed == [tuple(row) for row in again.tables[name].rows], name
    shuffled = view(
        [
            (
                datetime.fromtimestamp(at / 1000, log.zone).isoformat(" "), log.people[p].id, text.as_py(),
                {"reply": int(reply)},
            )
            for at, p, text, reply in zip(
                log.sent_at.tolist(), log.person.tolist(), log.text, log.reply_to, strict=True
            )
        ],
        {person.id: {} for person in reversed(log.people)},
    )  # fmt: skip
    assert run(shuffled, network.Settings()) == again


# --- newcomers --------------------------------------------------------------------------------------


def _arrivals() -> GroupView:
    old = [(f"2026-03-{d:02} 09:0{n}", "ab"[n], "早") for d in range(2, 30) for n in range(2)]
    new: list[tuple[Any, ...]] = [
        ("2026-04-06 10:00", None, None, {"kind": "system"}),
        ("2026-04-06 10:01", "n1", "大家好"),
        ("2026-04-06 12:00", "n2", "请问怎么报名"),
        ("2026-04-06 12:00:30", "a", "点公告", {"reply": 58}),
        ("2026-04-07 12:00", "n3", "有人吗"),
        ("2026-04-08 12:00", "n5", "新人报到"),
        ("2026-04-08 15:00", "a", "欢迎", {"reply": 61}),
        ("2026-04-09 12:00", "a", "早"),
        ("2026-04-09 12:01", "n4", "我也来了"),
    ]
    return view([*old, *new], events=[(56, Event.JOIN, None, ["n1"], "qr")])


def test_newcomers_whom_nobody_answered() -> None:
    found = run(_arrivals())
    # n4 spoke in the last hours of the log and may still be answered; n2 was, and n5 after a long silence.
    assert value(found, "newcomers") == 4
    assert (value(found, "isolated_newcomers"), value(found, "met_silence")) == (2, 2)
    assert [(row["message_id"], row["member_id"], row["sure"]) for row in rows(found, "isolated")] == [
        ("m57", "n1", True),
        ("m60", "n3", True),
    ]
    assert found.metrics["isolated_newcomer_share"].n == 4


def test_a_turn_is_shown_by_its_longest_message() -> None:
    log = [(f"2026-03-{d:02} 09:0{n}", "ab"[n], "早") for d in range(2, 31) for n in range(2)]
    asked = [("2026-04-06 12:00", "n1", "在吗"), ("2026-04-06 12:00:20", "n1", "请问这周怎么报名")]
    found = run(view([*log, *asked, ("2026-04-09 09:00", "a", "早")]))
    assert [(row["message_id"], row["text"]) for row in rows(found, "isolated")] == [
        ("m59", "请问这周怎么报名")
    ]


def test_without_a_stated_link_only_silence_is_known() -> None:
    group = view([(*row[:3], {}) for row in _rows(_arrivals()) if row[1]])
    found = run(group)
    assert value(found, "explicit_links") is None
    assert value(found, "isolated_newcomers") is None
    assert value(found, "met_silence") == 3
    assert all(row["received"] is None for row in rows(found, "people"))


def test_a_short_log_without_joins_knows_no_newcomers() -> None:
    found = run(answered([("b", "a")] * 5, days=3))
    assert value(found, "newcomers") is None
    assert rows(found, "isolated") == []


def _rows(group: GroupView) -> list[tuple[Any, ...]]:
    times = [datetime.fromtimestamp(at / 1000, group.zone).isoformat(" ") for at in group.sent_at.tolist()]
    who = [group.people[p].id if p >= 0 else None for p in group.person.tolist()]
    return list(zip(times, who, group.text.to_pylist(), strict=True))


# --- windows and what cannot be told ----------------------------------------------------------------


def test_a_window_counts_its_own_turns() -> None:
    group = answered([("b", "a"), ("c", "a"), ("b", "c"), ("c", "b")], days=28)
    late = network.run(group, window("2026-03-16 00:00", "2026-03-30 00:00"), FEW)
    assert value(late, "explicit_links") == 2
    assert {row["member_id"] for row in rows(late, "people")} == {"b", "c"}
    early = network.run(group, window("2026-03-02 00:00", "2026-03-16 00:00"), FEW)
    assert {(row["member_id"], row["to_id"]) for row in rows(early, "pairs")} == {("b", "a"), ("c", "a")}


def test_few_explicit_links_leave_expected_counts_and_say_so() -> None:
    talk = [(f"2026-03-02 {8 + n // 60:02}:{n % 60:02}", "abcd"[n % 4], f"第{n}句") for n in range(300)]
    found = run(view(talk), network.Settings())
    assert value(found, "basis") == "inferred"
    assert value(found, "expected_links") > 0
    for code in ("reciprocal_share", "communities", "modularity", "explicit_coverage"):
        assert value(found, code) is None, code


@pytest.mark.parametrize("make", [lambda: view([]), lambda: view([("2026-03-02 09:00", "a", "喂")])])
def test_nothing_to_tell(make: Callable[[], GroupView]) -> None:
    found = run(make())
    assert set(found.metrics) == set(network.METRICS)
    assert value(found, "reciprocal_share") is None
    assert value(found, "top5_influence_share") is None
