"""Habits of content: what recurs without talk, links put down and left, friend requests, events only, offers.

Patterns in what people do with the group over the last twelve weeks (events and offers: 26), with what speaks
for and against each. A habit is no fault: a shop may sell, a ritual may be liked, a trip group is made for
its trip. Reading, buying and what is said elsewhere are not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cq.analysis import (
    Analyzer,
    GroupView,
    Window,
    _habit_applause,
    _habit_context,
    _habit_events,
    _habit_friends,
    _habit_links,
    _habit_offers,
    _habit_series,
)
from cq.analysis._habit_ground import room
from cq.analysis._statistics import false_discovery
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cq.analysis._habit_ground import Room
    from cq.analysis._habit_links import Dumper
    from cq.analysis._habit_series import Daily
    from cq.section import ColumnKind


class Settings(msgspec.Struct, frozen=True):
    """``offers``: show the table of single promotions. The limits of the findings are not settings: they are
    part of what was measured."""

    offers: bool = True


METRICS: dict[str, Unit] = {
    "weeks": "count",
    "series": "count",
    "series_share": "ratio",
    "series_reaction_change": "number",
    "link_posts": "count",
    "link_dumps": "count",
    "unheard_share": "ratio",
    "unheard_streak": "count",
    "add_me_traces": "count",
    "add_me_complaints": "count",
    "add_me_per_100_joins": "number",
    "events": "count",
    "event_turn_share": "ratio",
    "event_day_share": "ratio",
    "turns_on_ordinary_days": "number",
    "staff_ads_at_events_share": "ratio",
    "sold_after_events": "count",
    "promotions": "count",
    "promotion_response": "number",
    "promotion_slope": "number",
    "promotion_response_change": "number",
    "promotion_copy_share": "ratio",
    "eager_share_before_offers": "ratio",
    "eager_share_otherwise": "ratio",
    "days_to_first_ad": "days",
    "ads_per_service_turn": "number",
    "orders": "count",
    "ordering_people": "count",
    "order_ratio": "ratio",
    "ordering_share": "ratio",
    "staff_turns": "count",
    "staff_service_share": "ratio",
    "staff_content_share": "ratio",
    "staff_response_share": "ratio",
    "owner_reply_share": "ratio",
    "silent_expert_share": "ratio",
    "top_opener_share": "ratio",
    "openers": "count",
    "cocreation_calls": "count",
    "cocreation_uptake_share": "ratio",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "series": {
        "member_id": "member_id", "name": "name", "form": "code", "clock": "text", "times": "count",
        "since": "time", "last": "time", "reaction": "number", "spillover": "number", "p": "number",
        "later": "number", "text": "text",
    },
    "dumpers": {
        "member_id": "member_id", "name": "name", "posts": "count", "dumps": "count", "unanswered": "count",
        "unanswered_share": "ratio", "streak": "count", "site": "text", "last": "time",
    },
    "promotions": {
        "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name",
        "taken_up": "count", "orders": "count", "near_event": "bool", "text": "text",
    },
    "events": {
        "message_id": "message_id", "at": "time", "member_id": "member_id", "name": "name", "people": "count",
        "signed_up": "count", "sold_after": "count", "talk_after": "number", "text": "text",
    },
    "intents": {"intent": "code", "turns": "count", "share": "ratio"},
}  # fmt: skip


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``habits``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    on = room(view, window)
    metrics["weeks"] = Metric(on.weeks, "count")
    every, links = _habit_series.series(on), _habit_links.dumpers(on)
    friends, happened = _habit_friends.traces(on), _habit_events.events(on)
    made, fast = _habit_offers.offers(on), _habit_applause.quick(on)
    # One family of tests: what is said of one habit must not come from having looked at many.
    fades = _habit_offers.test(made)
    raw = [*(one.p for one in every), *(one.p for one in fast), *([] if fades is None else [fades])]
    adjusted = false_discovery(raw)
    of_series, of_fast = adjusted[: len(every)], adjusted[len(every) : len(every) + len(fast)]
    traces, of_friends = _habit_friends.conclude(on, *friends)
    venue, of_events = _habit_events.conclude(on, happened)
    fatigue, of_offers = _habit_offers.conclude(on, made, None if fades is None else adjusted[-1])
    findings = [
        _habit_series.conclude(on, every, of_series),
        _habit_links.conclude(on, links),
        traces,
        venue,
        fatigue,
        _habit_applause.conclude(on, fast, of_fast),
    ]
    if on.weeks:
        metrics |= _recurring(on, every) | _posted(links) | of_friends | of_events | of_offers
        metrics |= _habit_context.metrics(on, window, made)
    near = happened.around(on.on.found.turns.start_ms[made.turns])
    rows = {
        "series": _habit_series.table(on, every, of_series),
        "dumpers": _habit_links.table(on, links),
        "promotions": _habit_offers.table(on, made, near) if settings.offers else [],
        "events": _habit_events.table(on, happened),
        "intents": _habit_context.intents(on),
    }
    tables = {name: Table(columns, rows[name]) for name, columns in TABLES.items()}
    return Section("habits", metrics, tables, {}, findings)


ANALYZER = Analyzer("habits", 62, Settings(), run)


def _recurring(on: Room, every: Sequence[Daily]) -> dict[str, Metric]:
    """How much of what the posters say recurs (F29: and whether it draws less)."""
    own = on.count(on.inside & np.isin(on.on.found.turns.person, _habit_series.posters(on)))
    posts = sum(len(one.turns) for one in every)
    changes = [one.later for one in every if one.later is not None]
    return {
        "series": Metric(len(every), "count"),
        "series_share": Metric(posts / own if own else None, "ratio", own),
        "series_reaction_change": Metric(round(float(np.median(changes)), 2) if changes else None, "number"),
    }


def _posted(links: Sequence[Dumper]) -> dict[str, Metric]:
    """Links and ads of everybody, and the one whose own posts met silence longest (F48)."""
    longest = max(links, key=lambda one: len(one.streak), default=None)
    posts = len(longest.posts) if longest else 0
    silent = longest.silent if longest else 0
    return {
        "link_posts": Metric(sum(len(one.posts) for one in links), "count"),
        "link_dumps": Metric(sum(len(one.dumps) for one in links), "count"),
        "unheard_share": Metric(silent / posts if posts else None, "ratio", posts),
        "unheard_streak": Metric(len(longest.streak) if longest else 0, "count", posts),
    }
