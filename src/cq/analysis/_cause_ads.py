"""Harassment by ads: how much of the talk sells, whether anybody wants it, whether anybody takes care of it.

The verdict on a message is that of the ads section; here only their share, their growth and the answers to
them count. In a shop the ads of the staff are the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._aftermath import handling
from cq.analysis._findings import Limit, Value, found, shown
from cq.analysis._statistics import fisher_greater
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground, Part
    from cq.section import Severity, Status

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

CODE = "health/harassment_ads"
SEVERITY: Severity = "warning"
WEEKS, BEFORE, LEAST_WEEKS = 4, 4, 4
ADS, SHARE = 10, 0.10
GROWTH, GROWN_SHARE = 2.0, 0.05
"""Twice as large as in the four weeks before, and a twentieth of the talk: fewer harass nobody."""
RESPONSE, OF_USUAL = 0.10, 0.5
"""A tenth was meant. On fit worlds one to two of ten ads are taken up although nobody wants them, four of ten
other turns are; how many are seen depends on how many quote. So half of what others draw will do, too."""
_SURE = 0.8
"""Chance from which an expected answer counts for an ad: it stands between the turns of others, and half of
what is more likely than not is meant for them."""
HANDLED = 0.8
_SOON = 30 * 60_000
_SHOPS = ("shop", "service")


def look(ground: Ground) -> Case:
    """Whether ads harass a group."""
    missing = ground.small(CODE, SEVERITY, LEAST_WEEKS)
    harass, staff_exempt = _harassing(ground)
    now = ground.since(WEEKS)
    before = ground.since(WEEKS + BEFORE) & ~now
    ads, talk = int((harass & now).sum()), int(now.sum())
    earlier, earlier_talk = int((harass & before).sum()), int(before.sum())
    metrics = {
        "ads": Metric(ads if talk else None, "count", talk),
        "ad_share": Metric(ads / talk if talk else None, "ratio", talk, interval=m.wilson(ads, talk)),
        "staff_ads": Metric(
            int((ground.ads & now & ground.staff[ground.found.turns.person]).sum()) if talk else None,
            "count",
            talk,
        ),
        **_silent_weeks(ground, harass),
    }
    weekly = ground.weekly(harass)
    share = np.divide(weekly, ground.turns, out=np.full(len(weekly), np.nan), where=ground.turns > 0)
    series = {"ad_share": gr.Weekly("ratio", share)}
    if missing is not None:
        return gr.Case(None, lambda _: gr.Part(missing, metrics, {}, series))
    # Growth is tested only where it could decide: everything else would pay for the test.
    grows = SHARE > ads / max(talk, 1) >= GROWN_SHARE and len(ground.weeks) >= WEEKS + BEFORE
    p = fisher_greater(ads, talk, earlier, earlier_talk) if grows and ads >= ADS else None

    def conclude(adjusted: float) -> Part:
        return _conclude(
            ground, harass & now, talk, earlier / max(earlier_talk, 1), None if p is None else adjusted,
            staff_exempt, share, metrics, series,
        )  # fmt: skip

    return gr.Case(p, conclude)


def _of_staff(ground: Ground, inside: Flags) -> int:
    return int((ground.ads & inside & ground.staff[ground.found.turns.person]).sum())


def _harassing(ground: Ground) -> tuple[Flags, bool]:
    """Ads that count: nobody had asked for them, and those of the staff only where no one responds; and
    whether those of the staff are the service and do not count."""
    turns = ground.found.turns
    stated = ground.found.replies.explicit
    asked = turns.of_row[stated.row]
    wanted = np.zeros(len(turns), np.bool_)
    wanted[asked[asked >= 0]] = True  # an answer to somebody is no broadcast
    ads = ground.ads & ~wanted
    of_staff = ads & ground.staff[turns.person]
    recent = of_staff & ground.since(WEEKS)
    exempt = not recent.any() or bool(_response(ground, recent) >= RESPONSE)
    return (ads & ~of_staff if exempt else ads), exempt and bool(of_staff.any())


def responded(ground: Ground) -> Flags:
    """Per turn whether somebody takes it up: says so within a day, in half an hour very likely means it, or
    orders within an hour. Whoever keeps order or complains does not take it up."""
    memo, key = ground.view.memo, ("responded", ground.end)
    if key not in memo:
        memo[key] = _responded(ground)
    found_: Flags = memo[key]
    return found_


def _responded(ground: Ground) -> Flags:
    turns, found_ = ground.found.turns, ground.found
    scolds = found_.acts.has(Act.MODERATION, Act.DISSENT, Act.RULE)
    pairs = found_.replies.inferred
    near = (turns.start_ms[pairs.pair_turn] - turns.end_ms[pairs.pair_to] <= _SOON) & ~scolds[pairs.pair_turn]
    out = np.zeros(len(turns), np.bool_)
    out[pairs.pair_to[near & (pairs.pair_chance > _SURE)]] = True
    stated = links.explicit(found_)
    soon = turns.start_ms[stated.turn] - turns.end_ms[stated.to_turn] <= 24 * m.HOUR_MS
    out[stated.to_turn[soon & ~scolds[stated.turn]]] = True
    sold, ordered = np.flatnonzero(ground.ads), np.flatnonzero(ground.has(Act.ORDER) & ~ground.ads)
    if len(sold) and len(ordered):
        last = np.searchsorted(sold, ordered) - 1
        near_by = (last >= 0) & (turns.start_ms[ordered] - turns.end_ms[sold[last]] <= m.HOUR_MS)
        near_by &= turns.person[ordered] != turns.person[sold[last]]
        out[sold[last[near_by]]] = True
    return out


def _response(ground: Ground, chosen: Flags) -> float:
    n = int(chosen.sum())
    return float((responded(ground) & chosen).sum() / n) if n else 0.0


def _conclude(
    ground: Ground,
    ads: Flags,
    talk: int,
    share_before: float,
    p: float | None,
    exempt: bool,
    weekly: Floats,
    metrics: dict[str, Metric],
    series: dict[str, gr.Weekly],
) -> Part:
    n = int(ads.sum())
    share, response = n / max(talk, 1), _response(ground, ads)
    others = ground.since(WEEKS) & ~ground.ads & ~ground.has(Act.FILLER)
    usual = _response(ground, others)
    unwanted = response < RESPONSE or response <= OF_USUAL * usual
    grown = p is not None and share >= GROWTH * share_before and p < gr.ALPHA
    large = n >= ADS and (share >= SHARE or grown)
    rows = ground.rows(ads)
    dealt = handling(ground.view, rows, 1)
    handled = float(dealt.done.mean()) if dealt is not None and n else 0.0
    status: Status = "clear"
    # Orders in a shop's own system do not show: there the ads of its staff are no more than worth a look.
    own = ground.view.operator.kind in _SHOPS and 2 * _of_staff(ground, ads) > n
    if large and unwanted and handled < HANDLED and not own:
        status = "finding"
    elif large and handled < HANDLED:
        status = "watch"
    values = {
        "weeks": Value(WEEKS, "count"), "ads": Value(n, "count"), "turns": Value(talk, "count"),
        "share": Value(share, "ratio"), "share_before": Value(share_before, "ratio"),
        "response": Value(response, "ratio"), "usual_response": Value(usual, "ratio"),
        "handled": Value(handled, "ratio"),
        "senders": Value(ground.speakers(ads), "count"), "p": Value(p),
        "staff_exempt": Value(exempt),
    }  # fmt: skip
    limits = [
        Limit("ads", ADS), Limit("share", SHARE), Limit("growth", GROWTH), Limit("grown_share", GROWN_SHARE),
        Limit("response", RESPONSE), Limit("of_usual", OF_USUAL, "simulated"), Limit("handled", HANDLED),
    ]  # fmt: skip
    since = gr.onset(weekly) if status == "finding" else None
    sure = {"finding": 0.65 + min(0.25, share), "watch": 0.5, "clear": 0.75}[status]
    liked = np.flatnonzero(ads & responded(ground))
    view = ground.view
    finding = found(
        CODE, status, SEVERITY, gr.capped(sure, ground), values, limits,
        shown(view, rows), shown(view, ground.rows(liked), 5), None if since is None else ground.at(since),
    )  # fmt: skip
    return gr.Part(
        finding,
        metrics
        | {
            "ad_response_share": Metric(response if n else None, "ratio", n),
            "ads_handled_share": Metric(handled if n and dealt is not None else None, "ratio", n),
        },
        {},
        series,
    )


def _silent_weeks(ground: Ground, ads: Flags) -> dict[str, Metric]:
    """Weeks in which a tenth of the talk sells and nobody's question is answered (F02)."""
    asked = ground.has(Act.HELP) & ~ground.ads
    answers = ground.weekly(asked & ground.answered)
    some = ground.turns > 0
    both = (ground.weekly(ads) >= SHARE * ground.turns) & (answers == 0) & some
    n = int(some.sum())
    return {"ads_and_silence_share": Metric(float(both.sum() / n) if n else None, "ratio", n)}


def exits_after_bursts(ground: Ground, ads: Flags) -> dict[str, Metric]:
    """People who leave within three days of the days with most ads, and within as many days chosen otherwise
    (F50): means a day. Not a cause, a coincidence in time."""
    view = ground.view
    left = np.array(
        [
            view.sent_at[e.row]
            for e in view.events
            if e.event is Event.LEAVE and view.sent_at[e.row] < ground.end
        ],
        np.int64,
    )
    start = ground.weeks.start
    days = len(ground.weeks) * 7
    if not days or not len(left):
        return {"exits_after_ads": Metric(None, "number"), "exits_otherwise": Metric(None, "number")}
    turns = ground.found.turns
    day = ((turns.start_ms[ads] - start) // gr.DAY_MS).clip(-1)
    count = np.bincount(day[(day >= 0) & (day < days)], minlength=days)
    limit = max(3.0, float(np.quantile(count, 0.9)))
    burst = count >= limit
    after = np.zeros(days, np.bool_)
    for shift in range(4):
        after[shift:] |= burst[: days - shift]
    gone = np.bincount(((left - start) // gr.DAY_MS)[(left >= start)].clip(0, days - 1), minlength=days)
    one = float(gone[after].mean()) if after.any() else None
    other = float(gone[~after].mean()) if (~after).any() else None
    return {
        "exits_after_ads": Metric(None if one is None else round(one, 3), "number", int(burst.sum())),
        "exits_otherwise": Metric(None if other is None else round(other, 3), "number", int((~after).sum())),
    }
