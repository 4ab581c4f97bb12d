"""Numbers about habits that judge nothing: what staff do, who begins, what members want, what is ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import _measures as m
from cq.analysis._staff import named
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis import Window
    from cq.analysis._habit_ground import Room
    from cq.analysis._habit_offers import Offers

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

EXPERT_WEEKS, OPENING_WEEKS = 8, 8
LEAST_OPENINGS = 10
LATE_DAYS = 7
"""A log that begins later than this after the group says nothing about its first days."""
INTENTS: dict[str, tuple[Act, ...]] = {
    "service": (Act.HELP, Act.ORDER),
    "learning": (Act.SUBSTANCE, Act.ANSWER),
    "company": (Act.CHAT, Act.INTRODUCTION, Act.WELCOME),
    "publicity": (Act.AD, Act.SELF_PROMOTION, Act.ADD_ME),
}
"""What a turn seems to be after, as far as acts tell; the first that holds counts."""
_CREATED = r"创建了群|建立了群|發起了群|发起了群聊|created (?:the|this) group"
_CALLS = (
    r"征集|徵集|投稿|共创|共建|众筹|体验官|內測|内测|试用|试吃|试听|试驾|招募"
    r"|大家(?:来|一起)(?:定|想|写|做|出|起名|完成)|出出主意|想听听大家|你们(?:想要|希望)"
)
_EAGER = r"[!！]|[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}]|\[[^\[\]]{1,4}\]"
_BEFORE_MS = 2 * m.HOUR_MS
_MOST = 4000
_TAKEN_UP_BY = 3


def metrics(room: Room, window: Window, made: Offers) -> dict[str, Metric]:
    """All of them."""
    return {
        **_staff(room),
        **_openers(room),
        **_first_offer(room),
        **_orders(room, window),
        **_calls(room),
        **_eager(room, made),
    }


def _share(hits: int, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(hits, n))


def _staff(room: Room) -> dict[str, Metric]:
    """F03, F10, F45, F04: what staff say, and whether anybody takes it up."""
    on, found = room.on, room.on.found
    mine = room.inside & room.by_staff
    n = room.count(mine)
    # A turn that replies to somebody's question is an answer, whatever its words.
    asked = found.acts.has(Act.QUESTION, Act.HELP)
    turn, to = room.answers
    serving = on.has(Act.NOTICE, Act.RULE, Act.ANSWER, Act.MODERATION, Act.WELCOME, Act.ORDER)
    serving[turn[asked[to]]] = True
    own = room.owner
    by_owner = room.inside & (found.turns.person == own) if own is not None else np.zeros(len(mine), np.bool_)
    told = named(room.view, room.view.operator.experts)
    deep = on.since(EXPERT_WEEKS) & on.has(Act.SUBSTANCE)
    loud = set(m.distinct(found.turns.person[deep]).tolist())
    quiet = sum(i not in loud for i in told)
    weeks = min(EXPERT_WEEKS, len(on.weeks))
    return {
        "staff_turns": Metric(n if len(room.staff) else None, "count"),
        "staff_service_share": _share(room.count(mine & serving), n),
        "staff_content_share": _share(room.count(mine & on.has(Act.SUBSTANCE)), n),
        "staff_response_share": _share(
            room.count(mine & room.real & (room.taken_up > 0)), room.count(mine & room.real)
        ),
        "owner_reply_share": _share(room.count(by_owner & room.replying), room.count(by_owner)),
        "silent_expert_share": _share(quiet, len(told))
        if weeks == EXPERT_WEEKS
        else Metric(None, "ratio", len(told)),
    }


def _openers(room: Room) -> dict[str, Metric]:
    """F08: who speaks first after three quiet hours."""
    on = room.on
    opens = on.found.turns.person[on.since(OPENING_WEEKS) & on.has(Act.OPENING)]
    n = len(opens)
    count = np.bincount(opens, minlength=1)
    enough = n >= LEAST_OPENINGS
    top = int(count.max()) if enough else 0
    return {
        "top_opener_share": _share(top, n) if enough else Metric(None, "ratio", n),
        "openers": Metric(int((count > 0).sum()) if enough else None, "count", n),
    }


def _first_offer(room: Room) -> dict[str, Metric]:
    """F12: days from the beginning of the group to the first offer of its staff."""
    view, on = room.view, room.on
    born = view.operator.created_day()
    begun = None if born is None else born.toordinal() - 719_163
    if begun is None:
        row = _created(room)
        begun = None if row is None else int(view.local_day[row])
    if begun is None or not len(view) or int(view.local_day[0]) - begun > LATE_DAYS:
        return {"days_to_first_ad": Metric(None, "days"), "ads_per_service_turn": _balance(room)}
    sells = np.flatnonzero(on.has(Act.AD, Act.SELF_PROMOTION) & room.by_staff)
    day = int(view.local_day[on.found.turns.first_row[sells[0]]]) if len(sells) else None
    return {
        "days_to_first_ad": Metric(None if day is None else max(0, day - begun), "days"),
        "ads_per_service_turn": _balance(room),
    }


def _created(room: Room) -> int | None:
    """The row in which the group is made."""
    view = room.view
    for event in view.events[:20]:
        text = view.text[event.row].as_py() or ""
        if event.event is Event.OTHER and pc.match_substring_regex(pa.scalar(text), _CREATED).as_py():
            return event.row
    return None


def _balance(room: Room) -> Metric:
    """Offers of the staff for each answer or welcome of theirs."""
    mine = room.inside & room.by_staff
    sells = room.count(mine & room.on.has(Act.AD, Act.SELF_PROMOTION))
    serves = room.count(mine & room.on.has(Act.ANSWER, Act.WELCOME))
    return Metric(round(sells / serves, 2) if serves else None, "number", serves)


def _orders(room: Room, window: Window) -> dict[str, Metric]:
    """F38, F51: orders told in the group between the bounds of the window; what was sold is not in a log."""
    on, turns, view = room.on, room.on.found.turns, room.view
    chosen = on.has(Act.ORDER) & (turns.start_ms >= window.start) & (turns.start_ms < window.end)
    # A list that is passed on counts once for each who adds a line on a day.
    row = turns.first_row[chosen]
    n = len(m.distinct((turns.person[chosen].astype(np.int64) << 32) | view.local_day[row]))
    people = len(m.distinct(turns.person[chosen]))
    total = view.operator.orders
    everybody = int(view.somebody[:-1].sum()) if view.member_basis == "roster" else None
    return {
        "orders": Metric(n, "count"),
        "ordering_people": Metric(people, "count"),
        "order_ratio": Metric(min(1.0, n / total) if total else None, "ratio", total),
        "ordering_share": _share(people, everybody) if everybody else Metric(None, "ratio"),
    }


def _calls(room: Room) -> dict[str, Metric]:
    """F46, F15: calls to make or try something together, and how often three people or more take them up."""
    turns = room.on.found.turns
    some = np.flatnonzero(room.inside & room.by_staff)[-_MOST:]
    texts = room.view.text.take(pa.array(turns.first_row[some]))
    calls = some[np.asarray(pc.fill_null(pc.match_substring_regex(texts, _CALLS), False))]
    joined = int((room.taken_up[calls] >= _TAKEN_UP_BY).sum())
    return {
        "cocreation_calls": Metric(len(calls) if len(room.staff) else None, "count"),
        "cocreation_uptake_share": _share(joined, len(calls)),
    }


def _eager(room: Room, made: Offers) -> dict[str, Metric]:
    """F28: turns with exclamation marks or emoji in the two hours before offers, and otherwise."""
    turns, view = room.on.found.turns, room.view
    at = turns.start_ms[made.turns[-200:]]
    if not len(at):
        nothing = Metric(None, "ratio")
        return {"eager_share_before_offers": nothing, "eager_share_otherwise": nothing}
    others = np.flatnonzero(room.inside & room.real)
    following = np.searchsorted(at, turns.start_ms[others], "right")
    wait = at[np.minimum(following, len(at) - 1)] - turns.start_ms[others]
    before = (following < len(at)) & (wait <= _BEFORE_MS)

    def share(chosen: Ints) -> Metric:
        texts = view.text.take(pa.array(turns.first_row[chosen[-_MOST:]]))
        hits = np.asarray(pc.fill_null(pc.match_substring_regex(texts, _EAGER), False))
        return _share(int(hits.sum()), len(hits))

    return {
        "eager_share_before_offers": share(others[before]),
        "eager_share_otherwise": share(others[~before]),
    }


def intents(room: Room) -> list[tuple[object, ...]]:
    """F47: what the turns of the others than staff seem to be after."""
    on = room.on
    mine = room.inside & ~room.by_staff
    n, left, rows = room.count(mine), mine.copy(), list[tuple[object, ...]]()
    for intent, what in INTENTS.items():
        hits = left & on.has(*what)
        left &= ~hits
        count = room.count(hits)
        rows.append((intent, count, round(count / n, 4) if n else None))
    rows.append(("other", room.count(left), round(room.count(left) / n, 4) if n else None))
    return rows if n else []
