"""Who speaks, who is new, came back, was lost or is silent, and on how few the talk rests.

It counts human messages of people with an identity of their own: no bots (they have a table apart), no
anonymous senders. It cannot see who reads, why somebody is silent, or who left where the export shows no
leaving (ordinary WeChat members do not see it). Silence is measured against the end of the window or of
the log, never against the clock. Two ids with one name stay two people: ``same_name`` lists them.

The window cuts what is counted; ``first_seen``, the silence before a return and the regulars of the
months before are looked up in the log before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cq.analysis import KINDS, Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _flow as flow
from cq.analysis import _measures as m
from cq.analysis._who import Found, Part, Rows, Who, look, time_of
from cq.model import NON_SPEECH
from cq.section import Metric, Scalar, Section, Table, Unit

if TYPE_CHECKING:
    from cq.section import ColumnKind


class Settings(msgspec.Struct, frozen=True):
    """``history_days``: how far the log must reach back before the window to call somebody new without a
    join event. ``silence_days``: the silence that makes a return, and that makes a regular lost. Both 28:
    four whole weeks, so that weekdays weigh alike, longer than any public holiday, and the "now" of the
    other analyses (Savannah 30, dsc 90 days; a chat is faster than a forum).
    ``regular_posts`` in ``regular_days``: who counts as a regular; 4 in 90 as in dsc analytics.
    ``gini_min_messages``: fewer say nothing about inequality; a convention.
    """

    history_days: int = 28
    silence_days: int = 28
    regular_posts: int = 4
    regular_days: int = 90
    gini_min_messages: int = 100


METRICS: dict[str, Unit] = {
    "members": "count",
    "speakers": "count",
    "silent_members": "count",
    "silent_share": "ratio",
    "new_speakers": "count",
    "returned_speakers": "count",
    "lost_regulars": "count",
    "top1_share": "ratio",
    "top5_share": "ratio",
    "top10_share": "ratio",
    "absence_factor": "count",
    "gini": "number",
    "gini_equal": "number",
    "gini_excess": "number",
    "joins": "count",
    "leaves": "count",
    "removals": "count",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "ranking": {
        "member_id": "member_id", "name": "name", "role": "code", "messages": "count", "share": "ratio",
        "active_days": "days", "first_seen": "time", "last_seen": "time", "names_seen": "count",
    },
    "new": {
        "member_id": "member_id", "name": "name", "joined_at": "time", "first_seen": "time",
        "messages": "count",
    },
    "returned": {
        "member_id": "member_id", "name": "name", "last_before": "time", "returned_at": "time",
        "silent_days": "days", "messages": "count",
    },
    "lost": {
        "member_id": "member_id", "name": "name", "role": "code", "messages": "count", "last_seen": "time",
        "silent_days": "days", "left": "bool",
    },
    "silent": {
        "member_id": "member_id", "name": "name", "role": "code", "joined_at": "time", "last_spoken": "time",
    },
    "same_name": {"name": "name", "member_id": "member_id", "messages": "count", "last_seen": "time"},
    "many_names": {"member_id": "member_id", "name": "name", "current": "bool"},
    "joined": {
        "member_id": "member_id", "name": "name", "at": "time", "by": "member_id", "by_name": "name",
        "how": "code",
    },
    "left": {
        "member_id": "member_id", "name": "name", "at": "time", "event": "code", "by": "member_id",
        "by_name": "name",
    },
    "bots": {"member_id": "member_id", "name": "name", "messages": "count"},
}  # fmt: skip


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``people``. Every code is there; what the log does not show is ``None``."""
    found: Found = {}
    rows: dict[str, Rows] = {}
    span = cal.covered(view.sent_at, window.start, window.end, view.zone)
    if span:
        who = look(view, view.rows(window))
        parts: tuple[Part, ...] = (
            (_concentration(who, settings), {"ranking": _ranking(view, who)}),
            flow.new(view, window, who, settings.history_days),
            flow.returned(view, window, span, who, settings.silence_days),
            flow.lost(
                view,
                span,
                who,
                silence_days=settings.silence_days,
                posts=settings.regular_posts,
                days=settings.regular_days,
            ),
            flow.silent(view, span, who),
            flow.moves(view, window, who),
            ({}, {"same_name": _same_name(view, who), "many_names": _many_names(who)}),
            ({}, {"bots": _bots(view, window)}),
        )
        for metrics, tables in parts:
            found |= metrics
            rows |= tables
    return Section(
        "people",
        {code: _metric(unit, *found.get(code, (None, None))) for code, unit in METRICS.items()},
        {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()},
    )


ANALYZER = Analyzer("people", 20, Settings(), run)


def _metric(unit: Unit, value: Scalar, n: int | None) -> Metric:
    return Metric(value, unit, n)


def _ranking(view: GroupView, who: Who) -> Rows:
    total = int(who.messages.sum())
    rows: Rows = []
    for i in np.lexsort((who.first, -who.messages))[: np.count_nonzero(who.messages)].tolist():
        person, messages = who.people[i], int(who.messages[i])
        seen = time_of(view, who.first[i]), time_of(view, who.last[i])
        counts = messages, messages / total, int(who.active_days[i])
        rows.append((*who.label(i), person.role, *counts, *seen, len(set(person.names))))
    return rows


def _concentration(who: Who, settings: Settings) -> Found:
    counts = who.messages[who.messages > 0]
    total, speakers = int(counts.sum()), len(counts)
    found: Found = {"speakers": (speakers, None), "absence_factor": (m.absence_factor(counts), speakers)}
    for k in (1, 5, 10):
        found[f"top{k}_share"] = (m.top_share(counts, k), total)
    gini, equal = m.gini(counts), m.gini_of_equals(speakers, total)
    if gini is not None and equal is not None and speakers > 1 and total >= settings.gini_min_messages:
        found["gini"] = (gini, speakers)
        found["gini_equal"] = (equal, speakers)
        found["gini_excess"] = (gini - equal, speakers)
    return found


def _same_name(view: GroupView, who: Who) -> Rows:
    """Names that several people bear or bore; they are told apart by id and never merged.

    Somebody whom only an event named, without an id, may be one of the others: not listed.
    """
    bearers: dict[str, list[int]] = {}
    for i, person in enumerate(who.people):
        if not (person.bot or person.anonymous) and (person.listed or who.ever[i] >= 0):
            for name in {*person.names, person.name} - {""}:
                bearers.setdefault(name, []).append(i)
    return [
        (name, who.people[i].id, int(who.messages[i]), time_of(view, who.last[i]))
        for name, people in sorted(bearers.items())
        if len(people) > 1
        for i in sorted(people, key=lambda i: -who.messages[i])
    ]


def _many_names(who: Who) -> Rows:
    """Every name of people with several, oldest first."""
    return [
        (person.id, name, name == person.name)
        for person in who.people
        if not (person.bot or person.anonymous) and len(set(person.names)) > 1
        for name in dict.fromkeys(person.names)
    ]


def _bots(view: GroupView, window: Window) -> Rows:
    inside = view.rows(window)
    speech = ~np.isin(view.kind[inside], [KINDS.index(kind) for kind in NON_SPEECH])
    sender = view.person[inside][speech]
    count = np.bincount(sender[sender >= 0], minlength=len(view.people))
    bots = [(int(count[i]), p.id, p.name) for i, p in enumerate(view.people) if p.bot and count[i]]
    return [(id_, name, messages) for messages, id_, name in sorted(bots, reverse=True)]
