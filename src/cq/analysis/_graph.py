"""Measures of a graph of people: reciprocity, influence, components, betweenness.

Plain arrays in, numbers out; nodes are 0 to n − 1. Nothing here knows a group or a message. Every draw
is seeded, so the same graph gives the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

DAMPING = 0.85
"""Brin & Page 1998, "The anatomy of a large-scale hypertextual Web search engine", section 2.1."""
_SETTLED = 1e-10


class Reciprocity(NamedTuple):
    """``both`` of ``dyads`` pairs that are linked at all are linked both ways.

    ``chance``: the mean share when answers are dealt out anew; ``low`` and ``high``: 95 of 100 deals.
    """

    both: int
    dyads: int
    chance: float
    low: float
    high: float


def dyads(who: Ints, whom: Ints, nodes: int) -> tuple[int, int]:
    """Pairs linked both ways, and pairs linked at all; links may repeat, links to oneself do not count."""
    low, high = np.minimum(who, whom), np.maximum(who, whom)
    key = np.sort(((low * nodes + high) * 2 + (who < whom))[who != whom])
    key = key[np.concatenate(([True], key[1:] != key[:-1]))] if len(key) else key
    pair = key >> 1
    both = int(np.count_nonzero(pair[1:] == pair[:-1]))
    return both, len(pair) - both


def reciprocity(who: Ints, whom: Ints, nodes: int) -> Reciprocity | None:
    """Dyadic reciprocity of links, against links dealt out anew among the same askers and answerers.

    Each deal keeps how often everybody answers and is answered (Molloy & Reed 1995) and breaks who with
    whom. Between 20 and 200 deals, fewer for more links. ``None`` without links.
    """
    both, pairs = dyads(who, whom, nodes)
    if not pairs:
        return None
    dice = np.random.default_rng(0)
    shares = []
    for _ in range(int(np.clip(2_000_000 // len(who), 20, 200))):
        again, linked = dyads(dice.permutation(who), whom, nodes)
        if linked:
            shares.append(again / linked)
    drawn = np.array(shares or [0.0])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Reciprocity(both, pairs, float(drawn.mean()), float(low), float(high))


def influence(who: Ints, whom: Ints, weight: Floats, nodes: int) -> Floats:
    """PageRank: whose turns draw answers, the more from people who themselves are answered. Sums to 1.

    An answer is a vote for the one answered. Who answers nobody votes for all alike. Damping 0.85.
    """
    given = np.bincount(who, weight, nodes)
    share = weight / given[who] if len(who) else weight
    silent = given == 0
    rank = np.full(nodes, 1 / nodes)
    for _ in range(200):
        flow = np.bincount(whom, rank[who] * share, nodes) + rank[silent].sum() / nodes
        after = (1 - DAMPING) / nodes + DAMPING * flow
        done = float(np.abs(after - rank).sum()) < _SETTLED
        rank = after
        if done:
            break
    return rank


def components(a: Ints, b: Ints, nodes: int) -> Ints:
    """Per node the smallest node it hangs together with. Labels spread and jump until nothing changes."""
    label = np.arange(nodes)
    while len(a):
        low = np.minimum(label[a], label[b])
        after = label.copy()
        np.minimum.at(after, a, low)
        np.minimum.at(after, b, low)
        after = after[after]
        if np.array_equal(after, label):
            break
        label = after
    return label


def matrix(a: Ints, b: Ints, nodes: int) -> NDArray[np.float32]:
    """The symmetric 0/1 matrix of undirected edges."""
    found = np.zeros((nodes, nodes), np.float32)
    found[a, b] = found[b, a] = 1
    return found


def betweenness(linked: NDArray[np.float32], sources: int) -> Floats:
    """Share of the shortest paths between others that lead over each node, 0..1.

    Brandes 2001, "A faster algorithm for betweenness centrality", for many sources at once. Above
    ``sources`` nodes that many are drawn as starting points (Brandes & Pich 2007) and the sum is scaled.
    """
    nodes = len(linked)
    if nodes < 3:
        return np.zeros(nodes)
    start = np.arange(nodes)
    if nodes > sources:
        start = np.sort(np.random.default_rng(0).choice(nodes, sources, replace=False))
    paths = np.zeros((len(start), nodes), np.float32)
    paths[np.arange(len(start)), start] = 1
    depth = np.where(paths > 0, 0, -1)
    front, level = paths.copy(), 0
    while front.any():
        level += 1
        front = (front @ linked) * (depth < 0)
        depth[front > 0] = level
        paths += front
    owed = np.zeros_like(paths)
    for far in range(level - 1, 0, -1):
        here = depth == far
        each = np.divide(1 + owed, paths, out=np.zeros_like(paths), where=here)
        owed += (each @ linked) * paths * (depth == far - 1)
    owed[np.arange(len(start)), start] = 0
    total = owed.sum(axis=0, dtype=np.float64) * (nodes / len(start))
    return np.asarray(np.minimum(total / ((nodes - 1) * (nodes - 2)), 1.0))


def cut_off(a: Ints, b: Ints, nodes: int, gone: int) -> int:
    """How many people would lose the rest of their component without ``gone``.

    The largest piece that is left counts as the rest.
    """
    label = components(a, b, nodes)
    near = label == label[gone]
    keep = (a != gone) & (b != gone) & near[a]
    near[gone] = False
    pieces = np.bincount(components(a[keep], b[keep], nodes)[near])
    return int(pieces.sum() - pieces.max(initial=0))
