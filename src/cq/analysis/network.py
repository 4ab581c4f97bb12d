"""Who answers whom: the reply network of a group, with what holds it together and who stands outside.

Counts come from explicit links: a reply, an "@", a name at the beginning of a message. Beside them, never
added to them, stand the links that the reply model expects; those are sums of chances, good as counts and
not as ratios. ``basis`` says what the measures of the graph rest on: explicit links where enough turns carry
one, else expected ones, and then reciprocity and communities are not given: they would show who talks at the
same time, not who answers whom.

It cannot see private talk, reading, or why nobody answered. It names who stands between others or got no
answer, never who is to blame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _graph as graph
from cq.analysis import _graph_tables as tables
from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._conversation import conversation
from cq.analysis._graph_communities import Division, Half, by_volume, division
from cq.analysis._newcomers import COLUMNS, newcomers
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from cq.analysis._conversation import Conversation
    from cq.analysis._graph_tables import Ints, Rows


class Settings(msgspec.Struct, frozen=True):
    """``least_share``: from this share of turns with an explicit link on, the graph rests on them; 5 %,
    a convention: below it reply evidence was seen to add next to nothing. ``least_links``: and from so many.

    ``tie_links``: two people are tied from so many explicit links on, to either side: once is chance.
    ``tie_expected``: in the expected network they need so many to each side, as for Dunbar's partners.
    ``exact_people``: up to so many, betweenness is exact; above, as many starting points are drawn.
    ``community_people``, ``community_links``: the least to look for communities, a convention.
    ``history_days``, ``pending_hours``: as for new people and for questions.
    ``unanswered_below``: fewer expected answers than this, and none stated, is no answer: below even odds.
    ``silence_minutes``: nobody else speaks for so long after each turn: then surely nobody answered. On
    simulated groups this was right in 45 of 45 cases, the expected number alone in 52 to 76 of 100.
    """

    least_share: float = 0.05
    least_links: int = 30
    tie_links: int = 2
    tie_expected: float = 3.0
    exact_people: int = 500
    community_people: int = 8
    community_links: int = 100
    history_days: int = 28
    pending_hours: int = 24
    unanswered_below: float = 0.5
    silence_minutes: int = 10


METRICS: dict[str, Unit] = {
    "basis": "code",
    "people": "count",
    "explicit_links": "count",
    "explicit_coverage": "ratio",
    "expected_links": "number",
    "answering_pairs": "count",
    "median_partners": "number",
    "most_partners": "count",
    "reciprocal_share": "ratio",
    "reciprocal_chance_share": "ratio",
    "top5_influence_share": "ratio",
    "unconnected": "count",
    "components": "count",
    "largest_component_share": "ratio",
    "bridges": "count",
    "communities": "count",
    "modularity": "number",
    "modularity_chance": "number",
    "newcomers": "count",
    "isolated_newcomers": "count",
    "isolated_newcomer_share": "ratio",
    "met_silence": "count",
}

TABLES = {**tables.TABLES, "isolated": COLUMNS}

_COMMUNITY = 3
"""Two people are a pair, not a community."""
_COMMUNITY_NODES = 300
"""Communities are looked for among the most linked so many; more would take seconds."""
_MOST_NODES = 4_000
"""A dense matrix of more people than the largest groups hold would not fit the memory."""


class _Whole(NamedTuple):
    """What the numbers of a window are made of."""

    view: GroupView
    talk: Conversation
    turns: slice
    settings: Settings
    net: tables.Net


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``network``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    rows: dict[str, Rows] = {}
    if cal.covered(view.sent_at, window.start, window.end, view.zone):
        talk = conversation(view)
        whole = _look(talk, window, settings)
        metrics |= _amounts(whole)
        rows |= {"people": tables.people(whole.net), "pairs": tables.pairs(whole.net, settings.tie_expected)}
        alone = newcomers(talk, window, whole.turns, whole.net.told, settings)
        for found, more in (_answers(whole), _ties(whole), alone):
            metrics |= found
            rows |= more
    return Section(
        "network",
        metrics,
        {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()},
    )


ANALYZER = Analyzer("network", 60, Settings(), run)

Part = tuple[dict[str, Metric], dict[str, "Rows"]]


def _look(talk: Conversation, window: Window, settings: Settings) -> _Whole:
    view, turns = talk.view, talk.inside(window)
    every = links.explicit(talk)
    stated, guessed = every.answering(turns), links.likely(talk, turns)
    person = talk.turns.person[turns].astype(np.int64)
    everybody = np.concatenate((person, stated.whom, guessed.whom))
    first, _ = m.first_and_last(everybody, np.arange(len(everybody)), len(view.people))
    # Nodes in the order in which people appear, so that no id has a say.
    people = np.flatnonzero(first >= 0)
    people = people[np.argsort(first[people])]
    node = np.full(len(view.people), -1, np.int64)
    node[people] = np.arange(len(people))
    hits, n = links.coverage(stated, turns)
    enough = n > 0 and hits >= settings.least_share * n and len(stated) >= settings.least_links
    net = tables.Net(
        view=view,
        people=people,
        turns=np.bincount(node[person], minlength=len(people)),
        stated=_edges(stated, node, len(people)),
        guessed=_edges(guessed, node, len(people)),
        told=len(every) > 0,
        basis="explicit" if enough else "inferred" if len(guessed) else "none",
    )
    return _Whole(view, talk, turns, settings, net)


def _edges(found: links.Links, node: Ints, nodes: int) -> links.Edges:
    own = links.Links(found.turn, found.to_turn, node[found.who], node[found.whom], found.weight)
    return links.edges(own, nodes)


def _ratio(hits: int, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(hits, n))


def _amounts(whole: _Whole) -> dict[str, Metric]:
    net, n = whole.net, whole.turns.stop - whole.turns.start
    hits, _ = links.coverage(links.explicit(whole.talk), whole.turns)
    answers = whole.talk.replies.inferred.answers[whole.turns]
    found = {
        "basis": Metric(net.basis, "code"),
        "people": Metric(int(np.count_nonzero(net.turns)), "count"),
        "expected_links": Metric(round(float(answers.sum(dtype=np.float64)), 1), "number", n),
    }
    if net.told:
        found["explicit_links"] = Metric(int(net.stated.weight.sum()), "count", n)
        found["explicit_coverage"] = _ratio(hits, n)
        found["answering_pairs"] = Metric(len(net.stated), "count")
    return found


def _answers(whole: _Whole) -> Part:
    """Reciprocity and influence."""
    net = whole.net
    found: dict[str, Metric] = {}
    if net.basis == "none":
        return found, {}
    rank = np.sort(net.influence)[::-1]
    found["top5_influence_share"] = Metric(float(rank[:5].sum()), "ratio", len(rank))
    if net.basis == "explicit":
        times = net.stated.weight.astype(np.int64)
        who, whom = np.repeat(net.stated.who, times), np.repeat(net.stated.whom, times)
        shown = graph.reciprocity(who, whom, len(net.people))
        if shown is not None:
            found["reciprocal_share"] = _ratio(shown.both, shown.dyads)
            found["reciprocal_chance_share"] = Metric(
                shown.chance, "ratio", shown.dyads, interval=(shown.low, shown.high)
            )
    return found, {}


def _ties(whole: _Whole) -> Part:
    """Who hangs together: partners, components, bridges, communities."""
    net, settings = whole.net, whole.settings
    if net.basis == "none":
        return {}, {}
    nodes = len(net.people)
    a, b = net.ties(settings.tie_links, settings.tie_expected)
    partners = np.bincount(np.concatenate((a, b)), minlength=nodes)
    tied = np.flatnonzero(partners)
    sizes = np.bincount(graph.components(a, b, nodes)[tied])
    largest = int(sizes.max(initial=0))
    found = {
        "median_partners": Metric(m.median(partners), "number", nodes),
        "most_partners": Metric(int(partners.max()), "count", nodes),
        "unconnected": Metric(nodes - len(tied), "count", nodes),
        "components": Metric(int(np.count_nonzero(sizes)), "count", len(tied)),
        "largest_component_share": _ratio(largest, nodes),
    }
    rows: dict[str, Rows] = {}
    if len(tied) <= _MOST_NODES:
        place = np.full(nodes, -1)
        place[tied] = np.arange(len(tied))
        between = np.zeros(nodes)
        linked = graph.matrix(place[a], place[b], len(tied))
        between[tied] = graph.betweenness(linked, settings.exact_people)
        rows["bridges"] = tables.bridges(net, (a, b), partners, between)
        cutting = sum(row[-1] >= 2 for row in rows["bridges"])  # type: ignore[operator]
        found["bridges"] = Metric(cutting, "count", len(tied))
    more, own = _communities(whole)
    return found | more, rows | own


def _communities(whole: _Whole) -> Part:
    """Communities among the most linked, where both tests let them stand."""
    net, settings = whole.net, whole.settings
    stated = net.stated
    if net.basis != "explicit" or stated.weight.sum() < settings.community_links:
        return {}, {}
    strength = np.bincount(stated.who, stated.weight, len(net.people))
    strength += np.bincount(stated.whom, stated.weight, len(net.people))
    chosen = np.sort(np.argsort(-strength, kind="stable")[:_COMMUNITY_NODES])
    chosen = chosen[strength[chosen] > 0]
    if len(chosen) < settings.community_people:
        return {}, {}
    found = division(*_halves(whole, chosen))
    if found is None:
        return {}, {}
    metrics = {
        "modularity": Metric(found.modularity, "number", len(chosen)),
        "modularity_chance": Metric(found.chance, "number", len(chosen)),
    }
    label = _of_some(found)
    if label is None:
        return metrics, {}
    metrics["communities"] = Metric(int(label.max()) + 1, "count", len(chosen))
    return metrics, {"communities": tables.communities(net, chosen, label)}


def _of_some(found: Division) -> Ints | None:
    """Labels of communities of three or more, the largest first, -1 for people in none; None if not real."""
    size = np.bincount(found.label)
    order = np.argsort(-size, kind="stable")
    order = order[size[order] >= _COMMUNITY]
    if not found.real or len(order) < 2:
        return None
    number = np.full(len(size), -1, np.int64)
    number[order] = np.arange(len(order))
    return number[found.label]


def _halves(whole: _Whole, chosen: Ints) -> tuple[Half, Half]:
    """Links between the chosen people in even and in odd weeks, both directions summed."""
    stated = links.explicit(whole.talk).answering(whole.turns)
    node = np.full(len(whole.view.people), -1, np.int64)
    node[whole.net.people[chosen]] = np.arange(len(chosen))
    a, b = node[stated.who], node[stated.whom]
    both = (a >= 0) & (b >= 0)
    week = cal.week_of(whole.view.local_day[whole.talk.turns.first_row[stated.turn]])[both]
    key, nodes = (a * len(chosen) + b)[both], len(chosen)
    halves = [Half(np.zeros((nodes, nodes)), np.zeros((nodes, nodes))) for _ in range(2)]
    cuts = np.flatnonzero(np.diff(week)) + 1
    for number, part in zip(week[np.append(0, cuts)].tolist(), np.split(key, cuts), strict=True):
        one = np.bincount(part, minlength=nodes**2).reshape(nodes, nodes).astype(np.float64)
        half = halves[number % 2]
        half.weight[:] += one + one.T
        half.chance[:] += by_volume(one + one.T)
    return halves[0], halves[1]
