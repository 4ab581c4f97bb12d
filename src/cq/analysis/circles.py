"""Three circles: a core that gives, organizers who keep things going, and the others who carry it on.

The words are those of an article on communities (核心圈层 沉淀, 组织圈层 发酵, 扩散圈层 口碑和二次传播); how
each is measured stands in ``_circles`` and is a convention of ours. Looked at are the twelve weeks that end
with the window, whatever its length, and for movement the twelve weeks that end where the window before
ended. Links between circles are counted as messages state them; beside them, never added, stands what the
reply model expects, and what everybody's volume alone would make.

It cannot see standing outside the log, sharing into other groups, or private talk; a well-known person who
says nothing is in no circle. Where few turns say whom they answer there are sizes, but no links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._circles import CIRCLES, CORE, DIFFUSION, ORGANIZING, WEEK_MS, Ring, ring
from cq.analysis._conversation import conversation
from cq.model import Event
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation
    from cq.conversation.acts import Acts
    from cq.section import ColumnKind

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = list[tuple[object, ...]]
    Part = tuple[dict[str, Metric], dict[str, Rows]]


class Settings(msgspec.Struct, frozen=True):
    """``weeks``: looked back from the end of the window. ``least_people``, ``least_turns``: less is no basis.

    ``value_share``: the core makes this share of the value; ``most_core``: if it takes a larger share of the
    people, nobody stands out. ``core_evidence``: contributions, days and different responders each must have.
    ``organizing_acts`` on ``organizing_days``: the least for an organizer. ``lift``: core and organizers do
    what makes them so at least so many times as often as the others, at the lower end of the interval.
    ``least_share``: explicit links in so many of the turns, else no links are shown.
    ``relay_hours``: how soon an organizer takes up what the core said, and others take it up then.
    All are conventions.
    """

    weeks: int = 12
    least_people: int = 15
    least_turns: int = 300
    value_share: float = 0.5
    most_core: float = 0.34
    core_evidence: int = 3
    organizing_acts: int = 5
    organizing_days: int = 3
    lift: float = 1.5
    least_share: float = 0.05
    relay_hours: int = 24


METRICS: dict[str, Unit] = {
    "since": "date",
    "people": "count",
    "core": "count",
    "organizing": "count",
    "diffusion": "count",
    "core_and_organizing": "count",
    "core_value_share": "ratio",
    "core_turn_share": "ratio",
    "organizing_turn_share": "ratio",
    "diffusion_turn_share": "ratio",
    "active_diffusion": "count",
    "explicit_coverage": "ratio",
    "crossing_share": "ratio",
    "crossing_chance_share": "ratio",
    "relays": "count",
    "reached_by_relays": "count",
    "moved": "count",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "members": {
        "circle": "code", "member_id": "member_id", "name": "name", "role": "code", "also": "code",
        "turns": "count", "active_weeks": "count", "received": "count", "given": "count",
        "expected_received": "number", "expected_given": "number", "organizing_acts": "count",
        "value": "number",
    },
    "links": {
        "from": "code", "to": "code", "explicit": "count", "explicit_by_chance": "number",
        "expected": "number", "expected_by_chance": "number",
    },
    "moved": {"member_id": "member_id", "name": "name", "before": "code", "now": "code"},
    "relays": {
        "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name",
        "by": "member_id", "by_name": "name", "reached": "count", "text": "text",
    },
}  # fmt: skip

_REACHED = 2
"""One person who takes it up is a dialogue; from two on it spreads."""


class _Whole(NamedTuple):
    view: GroupView
    talk: Conversation
    now: Ring
    settings: Settings


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``circles``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    rows: dict[str, Rows] = {}
    span = cal.covered(view.sent_at, window.start, window.end, view.zone)
    if span:
        talk = conversation(view)
        acts = talk.acts
        start = span.end - settings.weeks * WEEK_MS
        now = ring(talk, acts, start, span.end, settings)
        if now is not None:
            whole = _Whole(view, talk, now, settings)
            metrics["since"] = Metric(
                cal.iso(cal.day_of(max(start, int(view.sent_at[0])), view.zone)), "date"
            )
            parts = _sizes(whole), _links(whole), _relays(whole, acts), _moved(whole, acts, window)
            for found, more in parts:
                metrics |= found
                rows |= more
    return Section(
        "circles",
        metrics,
        {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()},
    )


ANALYZER = Analyzer("circles", 55, Settings(), run)


def _ratio(hits: float, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(round(hits), n))


def _sizes(whole: _Whole) -> Part:
    now = whole.now
    kept, n = now.kept, len(now.people)
    rest = ~(now.core | now.organizing)
    turns = int(kept.turns.sum())
    value = float(kept.value.sum())

    def share(circle: Flags) -> Metric:
        # A circle of nobody has no share: 0 % would be said of somebody.
        return _ratio(int(kept.turns[circle].sum()), turns if circle.any() else 0)

    valued = float(kept.value[now.core].sum()) / value if value and now.core.any() else None
    found = {
        "people": Metric(n, "count"),
        "core": Metric(int(now.core.sum()), "count", n),
        "organizing": Metric(int(now.organizing.sum()), "count", n),
        "diffusion": Metric(int(rest.sum()), "count", n),
        "core_and_organizing": Metric(int((now.core & now.organizing).sum()), "count", n),
        "core_value_share": Metric(valued, "ratio"),
        "core_turn_share": share(now.core),
        "organizing_turn_share": share(now.organizing),
        "diffusion_turn_share": share(rest),
        "explicit_coverage": _ratio(now.covered, turns),
        "active_diffusion": Metric(int((rest & _carries(whole)).sum()), "count", int(rest.sum())),
    }
    return found, {"members": _members(whole)}


def _members(whole: _Whole) -> Rows:
    """Everybody who spoke, circle by circle, most valuable first."""
    view, now = whole.view, whole.now
    kept, circle = now.kept, now.circle
    told = len(links.explicit(whole.talk)) > 0
    rows: Rows = []
    order = np.lexsort((np.arange(len(circle)), -kept.turns, -kept.value, circle))
    for i in order.tolist():
        person, own = view.people[now.people[i]], int(circle[i])
        both = bool(now.core[i] and now.organizing[i])
        also = CIRCLES[CORE if own == ORGANIZING else ORGANIZING] if both else None
        answers = (int(kept.received[i]), int(kept.given[i])) if told else (None, None)
        expected = round(float(kept.expected_received[i]), 1), round(float(kept.expected_given[i]), 1)
        counts = int(kept.turns[i]), int(kept.weeks[i]), *answers, *expected, int(kept.organizing[i])
        names = CIRCLES[own], person.id, person.name, person.role, also
        rows.append((*names, *counts, round(float(kept.value[i]), 1)))
    return rows


def _carries(whole: _Whole) -> Flags:
    """Who invited somebody in these weeks, or answered what the core said, so that it shows."""
    view, now = whole.view, whole.now
    place = np.full(len(view.people) + 1, -1, np.int64)
    place[now.people] = np.arange(len(now.people))
    found = np.zeros(len(now.people) + 1, np.bool_)
    for event in view.events:
        if event.event is Event.JOIN and now.start <= view.sent_at[event.row] < now.end and event.targets:
            found[place[event.actor]] |= event.actor not in event.targets
    whom = place[now.stated.whom]
    found[place[now.stated.who[(whom >= 0) & now.core[whom]]]] = True
    return found[:-1]


def _links(whole: _Whole) -> Part:
    """How many links lead from circle to circle, stated and expected, with what volume alone would make."""
    now, view = whole.now, whole.view
    turns = whole.now.turns.stop - whole.now.turns.start
    if now.covered < whole.settings.least_share * turns or not (now.core | now.organizing).any():
        return {}, {}  # among one circle nothing can cross
    nodes, circle = len(now.people), now.circle
    place = np.full(len(view.people), -1, np.int64)
    place[now.people] = np.arange(nodes)
    table, chance = [], []
    for found in (now.stated, now.guessed):
        who, whom = place[found.who], place[found.whom]
        good = whom >= 0  # somebody who said nothing in these weeks has no circle
        who, whom, weight = who[good], whom[good], found.weight[good]
        table.append(np.bincount(circle[who] * 3 + circle[whom], weight, 9).reshape(3, 3))
        given = np.bincount(who, weight, nodes).astype(np.float64)
        chance.append(links.by_chance(given, now.kept.turns.astype(np.float64), circle, 3))
    there = np.flatnonzero(np.bincount(circle, minlength=3)).tolist()
    rows: Rows = [
        (
            CIRCLES[a], CIRCLES[b], int(table[0][a, b]), round(float(chance[0][a, b]), 1),
            round(float(table[1][a, b]), 1), round(float(chance[1][a, b]), 1),
        )
        for a in there
        for b in there
    ]  # fmt: skip
    total = float(table[0].sum())
    crossing = total - float(np.trace(table[0]))
    by_volume = float(chance[0].sum() - np.trace(chance[0]))
    return {
        "crossing_share": _ratio(crossing, int(total)),
        "crossing_chance_share": Metric(by_volume / total if total else None, "ratio", int(total)),
    }, {"links": rows}


def _relays(whole: _Whole, acts: Acts) -> Part:
    """Core says, an organizer takes it up, others take it up then: only as far as messages state it."""
    now, talk, view = whole.now, whole.talk, whole.view
    turns = now.turns.stop - now.turns.start
    if now.covered < whole.settings.least_share * turns or not (now.core.any() and now.organizing.any()):
        return {}, {}
    circle = np.full(len(view.people), -1, np.int64)
    circle[now.people] = now.circle
    core, running = (np.zeros(len(view.people), np.bool_) for _ in range(2))
    core[now.people[now.core]] = running[now.people[now.organizing]] = True
    start, limit = talk.turns.start_ms, whole.settings.relay_hours * m.HOUR_MS
    worth = np.zeros(len(talk.turns), np.bool_)
    worth[now.turns] = (now.value_of_turn > 0) & core[talk.turns.person[now.turns]]
    stated = now.stated
    taken = stated.where(
        worth[stated.to_turn] & running[stated.who] & (start[stated.turn] - start[stated.to_turn] <= limit)
    )
    rows: Rows = []
    everybody: set[int] = set()
    answered_at = start[stated.turn]
    for turn, to in zip(taken.turn.tolist(), taken.to_turn.tolist(), strict=True):
        low = np.searchsorted(stated.turn, turn + 1)
        near = slice(int(low), int(np.searchsorted(answered_at, start[turn] + limit, "right")))
        again = (stated.to_turn[near] == turn) | (stated.to_turn[near] == to)
        who = {w for w in stated.who[near][again].tolist() if circle[w] == DIFFUSION}
        if len(who) >= _REACHED:
            everybody |= who
            rows.append(_relay(whole, turn, to, len(who)))
    n = int(worth.sum())
    return {
        "relays": Metric(len(rows), "count", n),
        "reached_by_relays": Metric(len(everybody), "count", int((now.circle == DIFFUSION).sum())),
    }, {"relays": rows}


def _relay(whole: _Whole, turn: int, to: int, reached: int) -> tuple[object, ...]:
    view, turns = whole.view, whole.talk.turns
    row = links.answered_row(whole.talk, turn, to)
    author, by = view.people[turns.person[to]], view.people[turns.person[turn]]
    said = view.message_id[row].as_py(), view.time(row), author.id, author.name
    return (*said, by.id, by.name, reached, view.excerpt(row))


def _moved(whole: _Whole, acts: Acts, window: Window) -> Part:
    """Who stood in another circle before; only people who spoke in both stretches of weeks."""
    now, view, settings = whole.now, whole.view, whole.settings
    previous = window.predecessor()
    end = previous.end if previous is not None else now.start
    before = ring(whole.talk, acts, end - settings.weeks * WEEK_MS, end, settings)
    if before is None or int(view.sent_at[0]) > end - settings.weeks * WEEK_MS:
        return {}, {}
    was = dict(zip(before.people.tolist(), before.circle.tolist(), strict=True))
    rows: Rows = []
    for person, circle in zip(now.people.tolist(), now.circle.tolist(), strict=True):
        if was.get(person, circle) != circle:
            one = view.people[person]
            rows.append((one.id, one.name, CIRCLES[was[person]], CIRCLES[circle]))
    n = sum(person in was for person in now.people.tolist())
    return {"moved": Metric(len(rows), "count", n)}, {"moved": rows}
