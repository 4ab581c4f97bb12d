"""Asking strangers for their contact: what of it shows in the group.

The requests themselves are private and never in a log; counted are words that announce or invite them, and
words of people who are fed up with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]

CODE = "habits/friend_adding"
SEVERITY: Severity = "info"
TRACES, COMPLAINTS = 3, 3
LEAST_WEEKS = 4
SOON_MS = 24 * m.HOUR_MS

_NAMED = ("加", "好友")
_FED_UP = (
    r"(?:别|不要|请勿|禁止|不许|少)[^，。！？\s]{0,8}加(?:我|人|好友|群友|陌生)|(?:乱|私自|私下|随便|到处)加(?:好友|人|群友|我)?"
    r"|(?:怎么|老是|老有人|总有人|一直有人|又有人|又是谁)[^，。！？\s]{0,10}加我|(?:一)?(?:进群|上来|入群)就加"
    r"|加我(?:好友)?(?:的|,|，)?[^，。！？]{0,8}(?:烦|别再|统统|一律|不通过|不会通过)"
    r"|(?:一堆|好多|一大堆|十几个|几十个|收到[^，。]{0,4}个?)[^，。]{0,6}(?:好友)?(?:申请|请求|验证)|(?:陌生人|不认识)[^，。]{0,8}加"
    r"|加(?:我|人|好友)[^，。]{0,8}(?:干嘛|干什么|有完没完|没完没了|受不了|骚扰|够了|行不行|礼貌|冒昧)|加好友的[^，。]{0,6}(?:不通过|烦|别|拒)"
    r"|(?:亂|隨便)加(?:好友|人)|(?:別|請勿)[^，。！？\s]{0,8}加(?:我|人|好友)|(?:進群|入群)就加"
)
"""Of people who want it to stop; "別"、"亂" and "進" also in traditional characters."""


def traces(room: Room) -> tuple[Ints, Ints]:
    """Turns that offer or announce friend requests, and turns that complain of them."""
    on, turns = room.on, room.on.found.turns
    fed_up = _fed_up(room)
    offers = room.inside & on.has(Act.ADD_ME)
    offers[fed_up] = False
    return np.flatnonzero(offers), fed_up[room.inside[fed_up] & (turns.characters[fed_up] <= 60)]


def _fed_up(room: Room) -> Ints:
    view, turns = room.view, room.on.found.turns
    # Two plain searches first: the expression itself takes ten times as long.
    some = pc.fill_null(pc.or_(*(pc.match_substring(view.text, word) for word in _NAMED)), False)
    rows = np.flatnonzero(np.asarray(some) & (turns.of_row >= 0))
    hits = pc.fill_null(pc.match_substring_regex(view.text.take(pa.array(rows)), _FED_UP), False)
    return m.distinct(turns.of_row[rows[np.asarray(hits)]])


def _joins(room: Room) -> tuple[Ints, Ints]:
    """Joins of the weeks looked at: when, in order, and who."""
    view, on = room.view, room.on
    found_ = sorted(
        (int(view.sent_at[e.row]), i)
        for e in view.events
        if e.event is Event.JOIN and on.end - room.weeks * 7 * m.DAY_MS <= view.sent_at[e.row] < on.end
        for i in e.targets
    )
    columns = np.array(found_, np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def conclude(room: Room, offers: Ints, fed_up: Ints) -> tuple[Finding, dict[str, Metric]]:
    """Whether adding friends shows in the group and bothers people."""
    on, turns = room.on, room.on.found.turns
    at, who = _joins(room)
    start, since = turns.start_ms[offers], turns.start_ms[offers] - SOON_MS
    near = np.searchsorted(at, start, "right") > np.searchsorted(at, since, "left")
    known = int(near.sum()) if len(at) else None
    near_joins = offers[near] if len(at) else offers
    fresh = [
        bool(((who == person) & (at <= now) & (at >= now - SOON_MS)).any())
        for person, now in zip(turns.person[offers].tolist(), start.tolist(), strict=True)
    ]
    of_newcomers = sum(fresh)
    metrics = {
        "add_me_traces": Metric(len(offers), "count"),
        "add_me_complaints": Metric(len(fed_up), "count"),
        "add_me_per_100_joins": Metric(
            round(100 * known / len(at), 1) if known is not None else None, "number", len(at)
        ),
    }
    missing = on.small(CODE, SEVERITY, LEAST_WEEKS)
    if missing is not None:
        return missing, metrics
    # Where joins are seen, only what is said within a day of one is about newcomers.
    status: Status = "clear"
    if len(near_joins) >= TRACES:
        some = len(fed_up) > 0 or of_newcomers >= TRACES
        status = "finding" if len(fed_up) >= COMPLAINTS else "watch" if some else "clear"
    values = {
        "weeks": Value(room.weeks, "count"), "traces": Value(len(offers), "count"),
        "people": Value(len(m.distinct(turns.person[offers])), "count"),
        "complaints": Value(len(fed_up), "count"), "after_joins": Value(known, "count"),
        "by_newcomers": Value(of_newcomers, "count"), "joins": Value(len(at), "count"),
    }  # fmt: skip
    limits = [Limit("traces", TRACES), Limit("complaints", COMPLAINTS)]
    sure = {"finding": 0.75, "watch": 0.5}.get(status, 0.7)
    rows = [*turns.first_row[near_joins[-6:]].tolist(), *turns.first_row[fed_up[-4:]].tolist()]
    began = room.view.time(int(turns.first_row[near_joins[0]])) if status == "finding" else None
    return found(CODE, status, SEVERITY, sure, values, limits, shown(room.view, rows), (), began), metrics
