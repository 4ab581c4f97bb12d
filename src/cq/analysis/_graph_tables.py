"""The tables of the reply network, and the network itself as columns over the people of a window.

It counts and sorts; it decides nothing about anybody. Where two people have the same numbers, who spoke
first comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from cq.analysis import _graph as graph
from cq.analysis import _measures as m
from cq.analysis._links import Edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import GroupView
    from cq.section import ColumnKind

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Rows = list[tuple[object, ...]]

TABLES: dict[str, dict[str, ColumnKind]] = {
    "people": {
        "member_id": "member_id", "name": "name", "turns": "count", "received": "count",
        "responders": "count", "given": "count", "answered_people": "count", "expected_received": "number",
        "expected_given": "number", "influence": "ratio",
    },
    "pairs": {
        "member_id": "member_id", "name": "name", "to_id": "member_id", "to_name": "name", "answers": "count",
        "back": "count", "expected": "number",
    },
    "bridges": {
        "member_id": "member_id", "name": "name", "betweenness": "ratio", "partners": "count",
        "cut_off": "count",
    },
    "communities": {
        "community": "count", "member_id": "member_id", "name": "name", "inside": "count", "outside": "count",
    },
}  # fmt: skip

PAIRS = 30
BRIDGES = 20


@dataclass(frozen=True)
class Net:
    """``people``: indices into ``view.people``, in the order in which they appear; a node is a place in it.

    ``turns`` per node. ``stated``: explicit links by pair of nodes; ``guessed``: expected ones. ``told``:
    somebody in the whole log states whom they answer.
    """

    view: GroupView
    people: Ints
    turns: Ints
    stated: Edges
    guessed: Edges
    told: bool
    basis: Literal["explicit", "inferred", "none"]

    @property
    def used(self) -> Edges:
        """The edges that the measures of the graph rest on."""
        return self.stated if self.basis == "explicit" else self.guessed

    @cached_property
    def influence(self) -> Floats:
        """PageRank of every node."""
        return graph.influence(*self.used, len(self.people))

    def ties(self, enough: int, expected: float) -> tuple[Ints, Ints]:
        """Pairs a < b that really have to do with each other: by explicit links to either side, or by
        expected ones to both."""
        who, whom, weight = self.used
        nodes = len(self.people)
        back = _both_ways(self.used, nodes)
        good = (
            weight + back >= enough if self.basis == "explicit" else (weight >= expected) & (back >= expected)
        )
        low, high = np.minimum(who[good], whom[good]), np.maximum(who[good], whom[good])
        key = m.distinct(low * nodes + high)
        return key // nodes, key % nodes

    def label(self, node: int) -> tuple[str, str]:
        """Id and name."""
        person = self.view.people[self.people[node]]
        return person.id, person.name


def _both_ways(edges: Edges, nodes: int) -> Floats:
    """Per edge the weight of the edge back; 0 without one."""
    return weight_of(edges, edges.whom, edges.who, nodes)


def weight_of(edges: Edges, who: Ints, whom: Ints, nodes: int) -> Floats:
    """The weights of some ordered pairs; 0 where they have no link."""
    if not len(edges):
        return np.zeros(len(who))
    keys, wanted = edges.who * nodes + edges.whom, who * nodes + whom
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, edges.weight[at], 0.0)


def people(net: Net) -> Rows:
    """Everybody, the most influential first. What the export cannot tell is ``None``."""
    nodes = len(net.people)

    def sums(node: Ints, weight: Floats | None) -> Floats:
        return np.bincount(node, weight, nodes).astype(np.float64)

    stated, guessed = net.stated, net.guessed
    counts = (
        sums(stated.whom, stated.weight), sums(stated.whom, None), sums(stated.who, stated.weight),
        sums(stated.who, None),
    )  # fmt: skip
    received, given = sums(guessed.whom, guessed.weight), sums(guessed.who, guessed.weight)
    rank = None if net.basis == "none" else net.influence
    rows: Rows = []
    for i in np.lexsort((np.arange(nodes), -net.turns, -received if rank is None else -rank)).tolist():
        told = [int(count[i]) if net.told else None for count in counts]
        expected = round(float(received[i]), 1), round(float(given[i]), 1)
        rows.append(
            (*net.label(i), int(net.turns[i]), *told, *expected, None if rank is None else float(rank[i]))
        )
    return rows


def pairs(net: Net, least: float) -> Rows:
    """Who answers whom most. Without enough explicit links only pairs with ``least`` expected ones."""
    nodes, used = len(net.people), net.used
    expected = weight_of(net.guessed, used.who, used.whom, nodes)
    explicit = weight_of(net.stated, used.who, used.whom, nodes)
    back = weight_of(net.stated, used.whom, used.who, nodes)
    order = np.lexsort((used.whom, used.who, -expected, -explicit if net.basis == "explicit" else -expected))
    rows: Rows = []
    for i in order[:PAIRS].tolist():
        if net.basis != "explicit" and expected[i] < least:
            break
        counts = (int(explicit[i]), int(back[i])) if net.told else (None, None)
        rows.append(
            (*net.label(used.who[i]), *net.label(used.whom[i]), *counts, round(float(expected[i]), 1))
        )
    return rows


def bridges(net: Net, ties: tuple[Ints, Ints], partners: Ints, between: Floats) -> Rows:
    """Through whom the shortest ways between others lead, and how many would be cut off without them."""
    rows: Rows = []
    for i in np.argsort(-between, kind="stable")[:BRIDGES].tolist():
        if between[i] > 0:
            apart = graph.cut_off(*ties, len(net.people), i)
            rows.append((*net.label(i), round(float(between[i]), 6), int(partners[i]), apart))
    return rows


def communities(net: Net, chosen: Ints, label: Ints) -> Rows:
    """The members of each community with their links inside and outside it, the most linked first."""
    nodes = len(net.people)
    of = np.full(nodes, -1, np.int64)
    of[chosen] = label
    who, whom, weight = net.stated
    same = (of[who] == of[whom]) & (of[who] >= 0)
    inside, outside = (
        np.bincount(who[part], weight[part], nodes) + np.bincount(whom[part], weight[part], nodes)
        for part in (same, ~same)
    )
    order = np.lexsort((np.arange(nodes), -inside, of))
    return [
        (int(of[i]) + 1, *net.label(i), int(inside[i]), int(outside[i])) for i in order.tolist() if of[i] >= 0
    ]
