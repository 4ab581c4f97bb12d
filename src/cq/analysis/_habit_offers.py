"""Promotions of those who run a group, one after the other: do they draw less and less?

An offer is a turn of the staff that sells and answers nobody. What it drew are the different people who take
it up, and those who order in the hour after. Sales are not in a log. Whether the whole group talks less is
shown beside it, because then promotions are not the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import Trend, trend
from cq.conversation.acts import Act
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

CODE = "habits/promotion_fatigue"
SEVERITY: Severity = "warning"
WEEKS = 26
LEAST, LEAST_WEEKS = 20, 4
DRAWN = 10
"""Fewer responses in the first quarter cannot be seen to fade."""
LEFT, WATCHED = 0.5, 0.7
WITH_GROUP = 0.7
"""Responses have to fall clearly more than the talk of the others."""
ALPHA = 0.05
_BLOCKS = 24
_ORDER_MS = m.HOUR_MS
_LISTED = 50
_OFFERS = (
    r"团购|拼团|接龙|到货|上新|新品|预订|预定|下单|优惠|特价|促销|秒杀|清仓|清货|包邮|满减|打[\d一二三四五六七八九]折|买一送一|會員價|团价"
    r"|(?:\d|[元块])\s*(?:元|块钱?|￥)?\s*(?:/|一|每|[两二三四五六七八九十])?\s*(?:斤|箱|盒|份|瓶|件|袋|套|包|只|个)|￥\s*\d"
)
"""What an offer is made of, for shops, whose offers are no ads."""


class Offers(NamedTuple):
    """``turns`` of the offers in order, ``drawn``: people who took each up, ``ordered``: who ordered."""

    turns: Ints
    drawn: Ints
    ordered: Ints
    copies: int

    @property
    def response(self) -> Ints:
        return self.drawn + self.ordered


def offers(room: Room) -> Offers:
    """The offers of the staff in the last 26 weeks."""
    on = room.on
    mine = on.since(WEEKS) & room.by_staff & ~room.replying
    sells = mine & on.has(Act.AD, Act.SELF_PROMOTION)
    if room.shop:
        sells |= mine & _priced(room, np.flatnonzero(mine)) & ~on.has(Act.ORDER)
    chosen = np.flatnonzero(sells)
    orders = np.flatnonzero(on.has(Act.ORDER) & ~room.by_staff)
    return Offers(chosen, room.taken_up[chosen], _ordered(room, chosen, orders), _copies(room, chosen))


def _priced(room: Room, chosen: Ints) -> NDArray[np.bool_]:
    turns = room.on.found.turns
    out = np.zeros(len(turns), np.bool_)
    texts = room.view.text.take(pa.array(turns.first_row[chosen]))
    out[chosen[np.asarray(pc.fill_null(pc.match_substring_regex(texts, _OFFERS), False))]] = True
    return out


def _ordered(room: Room, offered: Ints, orders: Ints) -> Ints:
    """Per offer the different people who order within an hour and before the next offer; those who take it up
    otherwise are counted already."""
    turns = room.on.found.turns
    if not len(offered) or not len(orders):
        return np.zeros(len(offered), np.int64)
    at = np.searchsorted(offered, orders) - 1
    good = (at >= 0) & (turns.start_ms[orders] - turns.end_ms[offered[np.maximum(at, 0)]] <= _ORDER_MS)
    turn, to = room.answers
    of_offers = np.zeros(len(turns), np.bool_)
    of_offers[offered] = True
    turn, to = turn[of_offers[to]], to[of_offers[to]]
    said = m.distinct(to * len(room.view.people) + turns.person[turn])
    who = turns.person[orders].astype(np.int64)
    key = offered[np.maximum(at, 0)] * len(room.view.people) + who
    good &= ~np.isin(key, said)
    pairs = m.distinct((at[good] << 32) | who[good])
    return np.bincount(pairs >> 32, minlength=len(offered)).astype(np.int64)


def _copies(room: Room, chosen: Ints) -> int:
    """How many offers say again what one before said, but for figures."""
    texts = room.view.text.take(pa.array(room.on.found.turns.first_row[chosen]))
    plain = pc.replace_substring_regex(pc.fill_null(texts, ""), r"[\d\s\p{P}\p{S}]", "")
    return len(plain) - len(plain.unique()) if len(plain) else 0


def blocks(made: Offers) -> Floats:
    """Mean log(1 + response) of equal runs of successive offers, two dozen at most."""
    y = np.log1p(made.response.astype(np.float64))
    return np.array([part.mean() for part in np.array_split(y, min(_BLOCKS, len(y)))]) if len(y) else y


def fading(made: Offers) -> Trend | None:
    """The trend of the response over successive offers; None where there are too few."""
    return trend(blocks(made)) if len(made.turns) >= LEAST else None


def _p(found_: Trend) -> float:
    return found_.p / 2 if found_.z < 0 else 1 - found_.p / 2


def test(made: Offers) -> float | None:
    """One-sided p that the response falls; None where it is not tested."""
    seen = fading(made)
    return None if seen is None else _p(seen)


def conclude(room: Room, made: Offers, p: float | None) -> tuple[Finding, dict[str, Metric]]:
    """Whether later offers draw less than earlier ones; ``p`` adjusted for all tests of the section."""
    on, turns, n = room.on, room.on.found.turns, len(made.turns)
    seen, quarter = fading(made), max(1, n // 4)
    first, last = float(made.response[:quarter].sum()), float(made.response[-quarter:].sum())
    left = last / first if first and n >= LEAST else None
    talk = _talk_left(room, made, quarter)
    metrics = {
        "promotions": Metric(n, "count"),
        "promotion_response": Metric(float(made.response.mean()) if n else None, "number", n),
        "promotion_slope": Metric(round(seen.slope, 4) if seen else None, "number", n),
        "promotion_response_change": Metric(
            None if left is None else round(left, 2), "number", quarter if left is not None else None
        ),
        "promotion_copy_share": Metric(made.copies / n if n else None, "ratio", n),
    }
    missing = on.small(CODE, SEVERITY, LEAST_WEEKS)
    if missing is None and n < LEAST:
        missing = too_little(CODE, SEVERITY, "promotions", n, LEAST)
    if missing is None and first < DRAWN:
        missing = too_little(CODE, SEVERITY, "responses", first, DRAWN)
    if missing is not None:
        return missing, metrics
    status: Status = "clear"
    if seen is not None and p is not None and left is not None and p < ALPHA and left <= WATCHED:
        own = talk is None or left <= WITH_GROUP * talk
        status = "finding" if left <= LEFT and own else "watch"
    values = {
        "promotions": Value(n, "count"), "left": Value(left, "ratio"),
        "first": Value(round(first / quarter, 2)), "last": Value(round(last / quarter, 2)),
        "quarter": Value(quarter, "count"), "slope": Value(seen.slope if seen else None),
        "talk_left": Value(talk, "ratio"), "copies": Value(made.copies, "count"), "p": Value(p),
    }  # fmt: skip
    limits = [
        Limit("left", LEFT), Limit("watch", WATCHED), Limit("promotions", LEAST),
        Limit("first_responses", DRAWN), Limit("alpha", ALPHA, "statistics"), Limit("with_group", WITH_GROUP),
    ]  # fmt: skip
    margin = 1 - (left or 0.0)
    sure = {"finding": 0.55 + 0.3 * margin, "watch": 0.5}.get(status, 0.7)
    sure = min(sure, 0.76 + 0.36 * min(on.links_stated, 0.48))
    rows, view = turns.first_row[made.turns], room.view
    late = made.turns[-quarter:]
    liked = late[made.response[-quarter:] > 0]
    return found(
        CODE, status, SEVERITY, sure, values, limits,
        shown(view, [*rows[:3].tolist(), *rows[-5:].tolist()]), shown(view, turns.first_row[liked[-5:]]),
    ), metrics  # fmt: skip


def _talk_left(room: Room, made: Offers, quarter: int) -> float | None:
    """Turns of the others per day in the time of the last quarter over that of the first."""
    if len(made.turns) < LEAST:
        return None
    turns = room.on.found.turns
    others = turns.start_ms[room.real & ~room.by_staff]
    rates = []
    for a, b in ((0, quarter - 1), (len(made.turns) - quarter, len(made.turns) - 1)):
        low, high = int(turns.start_ms[made.turns[a]]), int(turns.end_ms[made.turns[b]]) + _ORDER_MS
        rates.append((np.searchsorted(others, high) - np.searchsorted(others, low)) / (high - low))
    return float(rates[1] / rates[0]) if rates[0] else None


def table(room: Room, made: Offers, near: NDArray[np.bool_]) -> list[tuple[object, ...]]:
    """The latest offers; ``near``: which lie around an event."""
    view, first = room.view, room.on.found.turns.first_row
    rows: list[tuple[object, ...]] = []
    for i in range(len(made.turns) - 1, max(-1, len(made.turns) - 1 - _LISTED), -1):
        row = int(first[made.turns[i]])
        who = view.people[view.person[row]]
        said = view.message_id[row].as_py(), view.time(row), who.id, who.name
        rows.append((*said, int(made.drawn[i]), int(made.ordered[i]), bool(near[i]), view.excerpt(row)))
    return rows
