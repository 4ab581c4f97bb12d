"""A group used as a venue only: talk around activities, silence in between, and selling afterwards.

Activities are calls that others joined, or those the operator names; what happens offline is not seen. A
group made for events, a trip or a class is meant to be so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.conversation.acts import Act
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CODE = "habits/event_only"
SEVERITY: Severity = "info"
WEEKS = 26
EVENTS, LEAST_WEEKS = 4, 8
SHARE, COVERED, QUIET = 0.7, 0.35, 0.15
WATCHED = 0.6
BEFORE_MS, AFTER_MS = 48 * m.HOUR_MS, 24 * m.HOUR_MS
SELL_AFTER_MS = 48 * m.HOUR_MS
AROUND_MS = 14 * m.DAY_MS
PURPOSE = ("event", "trip", "class")
JOINED, SOON_MS = 3, 90 * 60_000
_CALLS = (
    r"活动|沙龙|分享会|茶话会|聚会|聚餐|体验[课营日]|工坊|工作坊|市集|大集|公开课|读书会|招志愿者|报名|接龙|集合|线下"
    r"|约起来|走起|开放\s*\d+\s*个|名额|专场|開課|報名|聚會|活動"
)
_SELLS = r"下单|原价|群友价|优惠|年卡|扫码|链接|清仓|包邮|https?://|\d\s*[元块折]|[￥¥]"
"""Of staff who call for something and do not sell it; what calls of others are is left to the acts."""
_MOST, _THINNED = 4000, 1000


@dataclass(frozen=True)
class Events:
    """``at``: UTC ms of each, calls within two days being one. ``row`` of its call, -1 where only the
    operator names it. ``people`` who joined in, -1 unknown. ``low``, ``high``: the stretches around them, no
    two overlapping. ``start``: since when they were looked for."""

    at: Ints
    row: Ints
    people: Ints
    low: Ints
    high: Ints
    start: int

    def around(self, ms: Ints) -> Flags:
        """Which moments lie in a stretch around an event."""
        place = np.searchsorted(self.low, ms, "right") - 1
        inside: Flags = (place >= 0) & (ms < self.high[np.maximum(place, 0)]) if len(self.low) else ms < 0
        return inside

    @property
    def covered(self) -> int:
        """How long the stretches are together, ms."""
        return int((self.high - self.low).sum())


def events(room: Room) -> Events:
    """The events of the last 26 weeks."""
    on = room.on
    start = on.end - min(WEEKS, len(on.weeks)) * 7 * m.DAY_MS
    at, row, people = _activities(room, start)
    # The call the day before and the gathering itself are one event.
    group = np.cumsum(np.diff(at, prepend=at[:1] if len(at) else 0) > BEFORE_MS)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    most = np.maximum.reduceat(people, first) if len(first) else people
    low, high = np.maximum(at - BEFORE_MS, start), np.minimum(at + AFTER_MS, on.end)
    if len(at):
        opens = np.concatenate(([True], low[1:] > np.maximum.accumulate(high)[:-1]))
        low, high = low[opens], np.maximum.reduceat(high, np.flatnonzero(opens))
    return Events(at[first], row[first], most, low, high, start)


def _activities(room: Room, start: int) -> tuple[Ints, Ints, Ints]:
    """Calls that three others joined in 90 minutes, and what the operator names: when, row, people."""
    on, turns, view = room.on, room.on.found.turns, room.view
    mine = np.flatnonzero(room.by_staff & (turns.start_ms >= start))[-_MOST:]
    texts = pc.fill_null(view.text.take(pa.array(turns.first_row[mine])), "")
    calls, sells = (np.asarray(pc.match_substring_regex(texts, words)) for words in (_CALLS, _SELLS))
    acts = np.flatnonzero(on.has(Act.EVENT) & ~on.ads & (turns.start_ms >= start))[-_MOST:]
    called = np.union1d(mine[calls & ~sells], acts)
    if len(called) > _THINNED:
        # A group that calls every few hours has something on all the time.
        _, first = np.unique(turns.start_ms[called] // (6 * m.HOUR_MS), return_index=True)
        called = called[first]
    stop = np.searchsorted(turns.start_ms, turns.start_ms[called] + SOON_MS, "right")
    joined = [
        len(np.setdiff1d(turns.person[one + 1 : end], turns.person[one]))
        for one, end in zip(called.tolist(), stop.tolist(), strict=True)
    ]
    people = np.array(joined, np.int64)
    good = people >= JOINED
    told = np.array(view.operator.activity_times(view.zone), np.int64)
    told = told[(told >= start) & (told < on.end)]
    at = np.concatenate((turns.start_ms[called[good]], told))
    row = np.concatenate((turns.first_row[called[good]], np.full(len(told), -1)))
    order = np.argsort(at, kind="stable")
    return at[order], row[order], np.concatenate((people[good], np.full(len(told), -1)))[order]


def conclude(room: Room, seen: Events) -> tuple[Finding, dict[str, Metric]]:
    """Whether nearly all talk sits around events."""
    on, n = room.on, len(seen.at)
    turns = on.found.turns
    real = room.real & (turns.start_ms >= seen.start)
    at = turns.start_ms[real]
    near, total = int(seen.around(at).sum()), len(at)
    span = on.end - seen.start
    rest = span - seen.covered
    share, covered = (near / total if total else 0.0), (seen.covered / span if span else 0.0)
    day_in = near / (seen.covered / m.DAY_MS) if seen.covered else 0.0
    day_out = (total - near) / (rest / m.DAY_MS) if rest > 0 else 0.0
    ads = on.has(Act.AD) & room.by_staff & (turns.start_ms >= seen.start)
    at_events = int(seen.around(turns.start_ms[ads]).sum())
    sold = _sold_after(room, seen)
    metrics = {
        "events": Metric(n, "count"),
        "event_turn_share": Metric(
            share if n and total else None, "ratio", total, interval=m.wilson(near, total)
        ),
        "event_day_share": Metric(covered if n else None, "ratio"),
        "turns_on_ordinary_days": Metric(round(day_out, 1) if n else None, "number"),
        "staff_ads_at_events_share": Metric(
            at_events / int(ads.sum()) if n and ads.any() else None, "ratio", int(ads.sum())
        ),
        "sold_after_events": Metric(int((sold > 0).sum()) if n else None, "count", n),
    }
    missing = on.small(CODE, SEVERITY, LEAST_WEEKS)
    if missing is None and n < EVENTS:
        missing = too_little(CODE, SEVERITY, "acts", n, EVENTS)
    if missing is not None:
        return missing, metrics
    meant = room.view.operator.kind in PURPOSE
    quiet = day_out / day_in if day_in else 1.0
    status: Status = "clear"
    if not meant and covered <= COVERED and quiet <= 2 * QUIET and share >= WATCHED:
        status = "finding" if share >= SHARE and quiet <= QUIET else "watch"
    values = {
        "weeks": Value(min(WEEKS, len(on.weeks)), "count"), "events": Value(n, "count"),
        "share": Value(share, "ratio"), "turns": Value(total, "count"), "covered": Value(covered, "ratio"),
        "ordinary": Value(round(day_out, 1)), "at_events": Value(round(day_in, 1)),
        "quiet": Value(quiet, "ratio"), "sold_after": Value(int((sold > 0).sum()), "count"),
        "meant": Value(meant),
    }  # fmt: skip
    limits = [
        Limit("events", EVENTS), Limit("share", SHARE), Limit("covered", COVERED), Limit("quiet", QUIET),
        Limit("watch", WATCHED),
    ]  # fmt: skip
    sure = {"finding": 0.6 + 0.3 * share, "watch": 0.5}.get(status, 0.7)
    view = room.view
    outside = np.flatnonzero(real)[~seen.around(at)]
    finding = found(
        CODE, status, SEVERITY, sure, values, limits, shown(view, seen.row[seen.row >= 0]),
        shown(view, turns.first_row[outside[-5:]]),
        on.window.isoformat(int(seen.at[0])) if status == "finding" else None,
    )  # fmt: skip
    return finding, metrics


def _sold_after(room: Room, seen: Events) -> Ints:
    """Per event the offers of the staff or its caller in the two days from it on."""
    turns = room.on.found.turns
    callers = room.view.person[seen.row[seen.row >= 0]]
    sells = room.on.has(Act.AD, Act.SELF_PROMOTION) & np.isin(turns.person, np.union1d(room.staff, callers))
    at = turns.start_ms[sells]
    return np.searchsorted(at, seen.at + SELL_AFTER_MS) - np.searchsorted(at, seen.at)


def table(room: Room, seen: Events) -> list[tuple[object, ...]]:
    """Events, the latest first: how many joined in and signed up, talk in the two weeks before and after."""
    view, turns, on = room.view, room.on.found.turns, room.on
    sold = _sold_after(room, seen)
    talk = turns.start_ms[room.real]
    orders = turns.start_ms[on.has(Act.ORDER)]
    rows: list[tuple[object, ...]] = []
    for i in reversed(range(len(seen.at))):
        at, row = int(seen.at[i]), int(seen.row[i])
        before, after = _between(talk, at - AROUND_MS, at), _between(talk, at, at + AROUND_MS)
        known = at + AROUND_MS <= on.end and at - AROUND_MS >= on.weeks.start
        signed = _between(orders, at - BEFORE_MS, at + AFTER_MS)
        who = view.people[view.person[row]] if row >= 0 else None
        said = (view.message_id[row].as_py(), who.id, who.name) if who else (None, None, None)
        counts = int(seen.people[i]) if seen.people[i] >= 0 else None, signed, int(sold[i])
        ratio = round(after / before, 2) if known and before else None
        rows.append(
            (said[0], on.window.isoformat(at), *said[1:], *counts, ratio, view.excerpt(row) if who else None)
        )
    return rows


def _between(at: Ints, low: int, high: int) -> int:
    return int(np.searchsorted(at, high) - np.searchsorted(at, low))
