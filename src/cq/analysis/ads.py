"""How much of a group is advertising, of which kind, by whom, and what becomes of it.

The verdicts come from :mod:`cq.ads`; this module counts them over the human messages of a window, each
beside its denominator. *Confirmed* ads make the ratios; *suspected* ones stand apart. A chain letter and
a flood are no ads and have numbers of their own; ``spam_ratio`` is the one number that holds all three,
each message once.

It reads words: advertising in pictures, codes to scan, voice and files is not seen, so every ratio is a
lower bound (``unseen_share`` says how much was out of sight). Whether an ad is welcome here is the
operator's to say (:class:`cq.ads.policy.Policy`), and whether the ads do harm is asked elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.ads.policy import Policy
from cq.ads.verdict import AD_KINDS, AdKind
from cq.ads.verdict import KINDS as CODES
from cq.analysis import KINDS, Analyzer, GroupView, Window
from cq.analysis import _ad_tables as tables
from cq.analysis import _ads as bridge
from cq.analysis import _aftermath as aftermath
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m
from cq.model import Kind
from cq.section import Metric, Section, Series, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from numpy.typing import NDArray

    from cq.ads.group import GroupAds

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Points = list[tuple[str, float | int | None]]

METRICS: dict[str, Unit] = {
    "ad_ratio": "ratio",
    "ad_ratio_suspected": "ratio",
    "flood_ratio": "ratio",
    "spam_ratio": "ratio",
    "confirmed": "count",
    "suspected": "count",
    **{f"count_{kind}": "count" for kind in CODES if kind is not AdKind.NONE},
    "ad_senders": "count",
    "remaining_ad_senders": "count",
    "top_ad_sender_share": "ratio",
    "repeated_share": "ratio",
    "newcomer_ad_share": "ratio",
    "handled_ratio": "ratio",
    "median_handling_seconds": "seconds",
    "response_ratio": "ratio",
    "ordinary_response_ratio": "ratio",
    "echo_messages": "count",
    "unseen_share": "ratio",
    "exempted": "count",
    "allowed": "count",
    "ignored": "count",
}

SERIES: dict[str, Unit] = {"ad_ratio": "ratio", "flood_ratio": "ratio", "ads_per_week": "count"}

UNSEEN = (Kind.IMAGE, Kind.STICKER, Kind.VOICE, Kind.VIDEO, Kind.FILE)
NEWCOMER_HOURS = 24
"""So long after joining a sender is a newcomer; the same hours that the verdicts look at."""


class _Whole(NamedTuple):
    """A window of a group with everything that its numbers are made of."""

    view: GroupView
    window: Window
    found: GroupAds
    said: bridge.Marked
    flood_known: bool
    handling: aftermath.Handling | None
    settings: Policy

    @property
    def ads(self) -> Ints:
        """Rows of the confirmed ads."""
        return self.said.row[self.said.confirmed]


def run(view: GroupView, window: Window, settings: Policy) -> Section:
    """The section ``ads``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    rows: Mapping[str, tables.Rows] = {}
    points: dict[str, Points] = {}
    span = cal.covered(view.sent_at, window.start, window.end, view.zone)
    if span:
        whole = _look(view, window, settings)
        metrics |= _amounts(whole) | _senders(whole) | _handled(whole) | _responses(whole) | _left_out(whole)
        points = _weekly(whole, span)
        rows = tables.every(view, whole.found, whole.said, whole.handling, settings.excerpt_characters)
    steps: Literal["week"] = "week"
    return Section(
        "ads",
        metrics,
        {name: Table(columns, rows.get(name, [])) for name, columns in tables.TABLES.items()},
        {code: Series(unit, steps, points.get(code, [])) for code, unit in SERIES.items()},
    )


ANALYZER = Analyzer("ads", 40, Policy(), run)


def _look(view: GroupView, window: Window, settings: Policy) -> _Whole:
    found = bridge.judged(view, settings)
    said = bridge.marked(view, found, view.rows(window))
    # With times to the minute no burst shows: none seen says nothing then.
    known = bool(found.seconds_known or said.flood.any())
    handling = aftermath.handling(view, said.row[said.confirmed], settings.handled_within_days)
    return _Whole(view, window, found, said, known, handling, settings)


def _ratio(hits: int | np.integer | None, n: int) -> Metric:
    """A share with its denominator and Wilson's interval; unknown where there is nothing to divide by."""
    if hits is None or n == 0:
        return Metric(None, "ratio", n)
    return Metric(int(hits) / n, "ratio", n, interval=m.wilson(int(hits), n))


def _amounts(whole: _Whole) -> dict[str, Metric]:
    said, n = whole.said, len(whole.said)
    flood = int(said.flood.sum()) if whole.flood_known else None
    spam = said.confirmed | said.chain | said.flood
    confirmed, suspected = int(said.confirmed.sum()), int(said.suspected.sum())
    per_kind = np.bincount(said.kind[said.confirmed], minlength=len(CODES)).tolist()
    counts = dict(zip(CODES, per_kind, strict=True)) | {AdKind.CHAIN: int(said.chain.sum())}
    metrics = {
        "ad_ratio": _ratio(confirmed, n),
        "ad_ratio_suspected": _ratio(suspected, n),
        "flood_ratio": _ratio(flood, n),
        "spam_ratio": _ratio(spam.sum(), n),
        "confirmed": Metric(confirmed, "count", n),
        "suspected": Metric(suspected, "count", n),
        "count_flood": Metric(flood, "count", n),
        "echo_messages": Metric(int(said.echo.sum()), "count", n),
    }
    return metrics | {f"count_{kind}": Metric(counts[kind], "count", n) for kind in AD_KINDS}


def _senders(whole: _Whole) -> dict[str, Metric]:
    view, said = whole.view, whole.said
    speakers = len(m.distinct(said.person[said.signed]))
    signed = said.person[said.confirmed & said.signed]
    count = np.bincount(signed, minlength=len(view.people))
    senders = np.flatnonzero(count).tolist()
    gone = aftermath.gone(view)
    here = None if gone is None else sum(i not in gone for i in senders)
    ads = whole.ads
    joined = bridge.joined_at(view, ads)
    new = (joined >= 0) & (view.sent_at[ads] - joined <= NEWCOMER_HOURS * m.HOUR_MS)
    repeated = int((said.campaign[said.confirmed] >= 0).sum())
    return {
        "ad_senders": Metric(len(senders), "count", speakers),
        "remaining_ad_senders": Metric(here, "count", len(senders)),
        "top_ad_sender_share": _ratio(count.max(initial=0), len(signed)),
        "repeated_share": _ratio(repeated, len(ads)),
        "newcomer_ad_share": _ratio(new.sum(), int((joined >= 0).sum())),
    }


def _handled(whole: _Whole) -> dict[str, Metric]:
    n = len(whole.ads)
    if whole.handling is None:
        return {
            "handled_ratio": Metric(None, "ratio", n),
            "median_handling_seconds": Metric(None, "seconds"),
        }
    done, after = whole.handling
    known = after[after != aftermath.UNKNOWN]
    return {
        "handled_ratio": _ratio(done.sum(), n),
        "median_handling_seconds": Metric(m.median(known / m.SECOND_MS), "seconds", len(known)),
    }


def _responses(whole: _Whole) -> dict[str, Metric]:
    """How often ads and ordinary messages are answered: the second says what is usual here."""
    view, said = whole.view, whole.said
    if not view.explicit_replies:
        return {}
    answered = aftermath.responded(view, whole.settings.response_hours)[said.row]
    ads = said.confirmed & said.signed
    odd = said.confirmed | said.suspected | said.chain | said.flood
    ordinary = said.signed & ~odd
    return {
        "response_ratio": _ratio(answered[ads].sum(), int(ads.sum())),
        "ordinary_response_ratio": _ratio(answered[ordinary].sum(), int(ordinary.sum())),
    }


def _left_out(whole: _Whole) -> dict[str, Metric]:
    """What was not looked at, and what would have counted but for the operator's policy."""
    view, found, said = whole.view, whole.found, whole.said
    unseen = np.isin(view.kind[said.row], [KINDS.index(kind) for kind in UNSEEN])
    policy = {"exempted": found.exempted, "allowed": found.allowed, "ignored": found.ignored}
    return {"unseen_share": _ratio(unseen.sum(), len(said))} | {
        code: Metric(int(flags[said.row].sum()), "count", len(said)) for code, flags in policy.items()
    }


def _weekly(whole: _Whole, span: cal.Span) -> dict[str, Points]:
    """Ratios of every week with a message; counts only of weeks that are covered with all their days."""
    first, last = cal.week_of(np.array([span.first_day, span.last_day])).tolist()
    week = cal.week_of(whole.view.local_day[whole.said.row])
    mondays = cal.week_start(np.arange(first, last + 2))
    covered = (mondays[:-1] >= span.first_day) & (mondays[1:] - 1 <= span.last_day)
    labels = [cal.iso(day) for day in mondays[:-1].tolist()]
    n, ads, floods = (
        m.messages_per(week[flags], first, last).tolist()
        for flags in (slice(None), whole.said.confirmed, whole.said.flood)
    )

    def ratios(hits: list[int], known: bool = True) -> Points:
        return [(t, h / k if k and known else None) for t, h, k in zip(labels, hits, n, strict=True)]

    return {
        "ad_ratio": ratios(ads),
        "flood_ratio": ratios(floods, whole.flood_known),
        "ads_per_week": [(t, a if c else None) for t, a, c in zip(labels, ads, covered, strict=True)],
    }
