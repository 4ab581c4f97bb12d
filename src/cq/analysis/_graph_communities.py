"""Communities in a graph of people, only where they are more than chance.

Any graph can be cut into pieces with a modularity above zero, and a talk among few people on one evening
looks like a community. So a division stands only if it is better than every division of graphs with the same
degrees, and if people who belong together in one half of the weeks also answer each other in the other half.
Nothing here knows a group or a message; the same graph gives the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis._graph import matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Matrix = NDArray[np.float32] | NDArray[np.float64]

NULLS = 19
"""Better than all of 19 means p ≤ .05."""
SHUFFLES = 199
_FIRST_SWAPS, _SWAPS = 20, 5
"""Rounds in which every edge is tried: many to forget the graph, a few to forget the last draw."""
_GAIN = 1e-9


class Half(NamedTuple):
    """Links between people in half of the weeks (symmetric, no diagonal), and what volume alone would make.

    ``chance`` is worked out week by week, so that people who were there at different times are no strangers.
    """

    weight: Floats
    chance: Floats


class Division(NamedTuple):
    """``label`` per node. ``modularity`` and that of graphs with the same degrees (``chance``, on average).

    ``held``: p of the other half of the weeks. ``real``: both tests are passed.
    """

    label: Ints
    modularity: float
    chance: float
    held: float | None
    real: bool


def division(one: Half, other: Half) -> Division | None:
    """The communities of the links of two halves of the weeks; ``None`` where nobody is tied to anybody."""
    ties = tied(Half(one.weight + other.weight, one.chance + other.chance))
    if not ties.any():
        return None
    label = louvain(ties)
    found = modularity(ties, label)
    dice = np.random.default_rng(0)
    drawn: list[float] = []
    random = rewired(ties, dice, _FIRST_SWAPS)
    for _ in range(NULLS):
        random = rewired(random, dice, _SWAPS)
        drawn.append(modularity(random, louvain(random)))
        # One as good settles it; three give the mean something to stand on.
        if len(drawn) >= 3 and max(drawn) >= found:
            break
    held = None
    if max(drawn) < found and label.max() > 0:
        held = max(_held(one, other, dice), _held(other, one, dice))
    real = held is not None and held <= 0.05
    return Division(label, found, float(np.mean(drawn)), held, real)


def by_volume(weight: Floats) -> Floats:
    """Links to be expected from how much everybody has to do with others at all: kᵢkⱼ / 2m, no diagonal."""
    degree = weight.sum(axis=0)
    found: Floats = np.outer(degree, degree) / max(float(degree.sum()), 1.0)
    np.fill_diagonal(found, 0)
    return found


def tied(links: Half) -> NDArray[np.float32]:
    """0/1: pairs with at least two links, and more than their volumes make by chance."""
    return ((links.weight >= 2) & (links.weight > links.chance)).astype(np.float32)


def modularity(weight: Matrix, label: Ints) -> float:
    """Q = Σ over communities of (links inside / all − (degree / 2m)²); Newman & Girvan 2004."""
    total = float(weight.sum())
    if not total:
        return 0.0
    inside = float(weight[label[:, None] == label].sum())
    degree = np.bincount(label, weight.sum(axis=1))
    return inside / total - float(((degree / total) ** 2).sum())


def louvain(weight: Matrix) -> Ints:
    """A division with high modularity, communities numbered by their first node. Blondel et al. 2008.

    Nodes are visited in their order, without dice.
    """
    label = np.arange(len(weight))
    coarse = weight.astype(np.float64)
    while True:
        moved = _moved(coarse)
        if moved.max(initial=-1) + 1 == len(coarse):
            return label
        label = moved[label]
        member = np.eye(int(moved.max()) + 1)[moved]
        coarse = member.T @ coarse @ member


def _moved(weight: Floats) -> Ints:
    """Every node where it fits best, until nobody wants to move."""
    nodes, degree = len(weight), weight.sum(axis=1)
    total = degree.sum()
    label = np.arange(nodes)
    towards, volume = weight.copy(), degree.copy()
    np.fill_diagonal(towards, 0)
    own = np.diag(weight)
    wants = True
    while wants and total:
        wants = False
        for node in range(nodes):
            here = label[node]
            volume[here] -= degree[node]
            gain = towards[node] - degree[node] / total * volume
            best = int(np.argmax(gain))
            if gain[best] <= gain[here] + _GAIN:
                best = here
            volume[best] += degree[node]
            if best != here:
                column = weight[:, node].copy()
                column[node] -= own[node]
                towards[:, here] -= column
                towards[:, best] += column
                label[node], wants = best, True
    first, inverse = np.unique(label, return_index=True)[1], np.unique(label, return_inverse=True)[1]
    order = np.empty(len(first), np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return order[inverse]


def rewired(ties: NDArray[np.float32], dice: np.random.Generator, rounds: int) -> NDArray[np.float32]:
    """The same degrees, other neighbours: edges a–b, c–d become a–d, c–b where no edge is there yet.

    Maslov & Sneppen 2002.
    """
    a, b = (side.copy() for side in np.nonzero(np.triu(ties)))
    nodes, there = len(ties), ties > 0
    half = len(a) // 2
    for _ in range(rounds if half else 0):
        order = dice.permutation(len(a))
        turned = dice.random(len(a)) < 0.5
        a, b = np.where(turned, b, a), np.where(turned, a, b)
        one, two = order[:half], order[half : 2 * half]
        new = [_key(a[one], b[two], nodes), _key(a[two], b[one], nodes)]
        good = (a[one] != b[two]) & (a[two] != b[one]) & (new[0] != new[1])
        good &= ~there[a[one], b[two]] & ~there[a[two], b[one]]
        _, place, times = np.unique(np.concatenate(new), return_inverse=True, return_counts=True)
        single = times[place] == 1
        good &= single[:half] & single[half:]
        one, two = one[good], two[good]
        there[a[one], b[one]] = there[b[one], a[one]] = there[a[two], b[two]] = there[b[two], a[two]] = False
        b[one], b[two] = b[two].copy(), b[one].copy()
        there[a[one], b[one]] = there[b[one], a[one]] = there[a[two], b[two]] = there[b[two], a[two]] = True
    return matrix(a, b, nodes)


def _key(a: Ints, b: Ints, nodes: int) -> Ints:
    return np.minimum(a, b) * nodes + np.maximum(a, b)


def _held(seen: Half, unseen: Half, dice: np.random.Generator) -> float:
    """p that a division of one half fits the links of the other so well by chance: labels are shuffled."""
    label = louvain(tied(seen))
    more = unseen.weight - unseen.chance

    def fit(label: Ints) -> float:
        return float(more[label[:, None] == label].sum())

    found = fit(label)
    return (sum(fit(dice.permutation(label)) >= found for _ in range(SHUFFLES)) + 1) / (SHUFFLES + 1)
