"""Newcomers whom nobody answers, and rules that newcomers cannot see and then break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _measures as m
from cq.analysis import _onboarding_rhythm as rhythm
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from cq.analysis._onboarding_firsts import Firsts
    from cq.analysis._onboarding_people import House
    from cq.section import Finding, Severity, Status

UNANSWERED, RULES = "onboarding/unanswered_newcomers", "onboarding/rules_unseen"
CODES: dict[str, Severity] = {rhythm.CODE: rhythm.SEVERITY, UNANSWERED: "warning", RULES: "info"}
LEAST_JOINS, LEAST_POSTS, LEAST_WEEKS = 15, 10, 4
ANSWERED = 0.61
"""So many of 2,777 newcomers of Usenet groups got an answer (Joyce & Kraut 2006)."""
UNSEEN = 0.5
BREACHES = 3
STATED = 0.1


def unanswered(house: House, met: Firsts) -> Finding:
    """Whether more newcomers are left without any answer than elsewhere.

    A finding rests on first posts that ask or introduce: without quotes a remark that nobody took up looks
    like one that needed no answer (in fit worlds half of what old members say does).
    """
    severity = CODES[UNANSWERED]
    missing = _missing(house, met, UNANSWERED, severity)
    n, alone = int(met.posted.sum()), int(met.ignored.sum())
    asking = met.posted & met.asked
    asked, left = int(asking.sum()), int((asking & met.ignored).sum())
    if house.room.on.links_stated < STATED:
        # Where hardly anybody says whom they answer, only silence shows that nobody did: in a fit world (L3)
        # four of five were answered, and the model expected it for one of five.
        left = min(left, int((asking & met.ignored & met.quiet).sum()))
    if missing is None and n < LEAST_POSTS:
        missing = too_little(UNANSWERED, severity, "first_posts", n, LEAST_POSTS)
    if missing is not None:
        return missing
    low, high = m.wilson(left, asked) or (0.0, 1.0)
    heard = float(met.heard[met.posted].sum())
    limit = 1 - ANSWERED
    status: Status = "clear"
    if asked >= LEAST_POSTS and low > limit:
        status = "finding"
    elif (m.wilson(alone, n) or (0.0, 1.0))[0] > limit or (asked >= LEAST_POSTS and left / asked > limit):
        status = "watch"
    exposed = int(met.exposed.sum())
    values = {
        "joins": Value(exposed, "count"), "spoke": Value(int(met.soon.sum()), "count"),
        "spoke_share": Value(int(met.soon.sum()) / exposed, "ratio"), "posts": Value(n, "count"),
        "unanswered": Value(alone, "count"), "unanswered_share": Value(alone / n, "ratio"),
        "low": Value(low, "ratio"), "high": Value(high, "ratio"),
        "answered_by_old": Value(heard / n, "ratio"),
        "asked": Value(asked, "count"), "asked_unanswered": Value(left, "count"),
        "asked_share": Value(left / asked if asked else None, "ratio"),
        "old_unanswered_share": Value(met.old_ignored / met.old_posts if met.old_posts else None, "ratio"),
    }  # fmt: skip
    limits = [
        Limit("unanswered", limit, "published"), Limit("joins", LEAST_JOINS), Limit("posts", LEAST_POSTS),
    ]  # fmt: skip
    sure = {"finding": 0.6 + 0.3 * (low - limit) / (1 - limit), "watch": 0.5}.get(status, 0.7)
    sure = min(sure, 0.76 + 0.36 * min(house.room.on.links_stated, 0.48))
    first, view = house.room.on.found.turns.first_row, house.room.view
    lonely = first[met.first[met.ignored]]
    welcome = first[met.first[met.posted & (met.heard > 0.5)]]
    return found(
        UNANSWERED, status, severity, sure, values, limits, shown(view, lonely), shown(view, welcome[-5:])
    )


def rules(house: House, met: Firsts) -> Finding:
    """Whether most newcomers met no rules, and some of them broke some."""
    severity = CODES[RULES]
    missing = _missing(house, met, RULES, severity)
    if missing is not None:
        return missing
    n, unseen_ = len(met.joins), int((~met.rules).sum())
    breaches = int((met.breach & ~met.rules).sum())
    low, _ = m.wilson(unseen_, n) or (0.0, 1.0)
    status: Status = "clear"
    if low > UNSEEN and breaches:
        status = "finding" if breaches >= BREACHES else "watch"
    values = {
        "joins": Value(n, "count"), "unseen": Value(unseen_, "count"),
        "unseen_share": Value(unseen_ / n, "ratio"), "low": Value(low, "ratio"),
        "breaches": Value(breaches, "count"),
        "all_breaches": Value(int(met.breach.sum()), "count"),
    }  # fmt: skip
    limits = [Limit("unseen", UNSEEN), Limit("breaches", BREACHES), Limit("joins", LEAST_JOINS)]
    sure = {"finding": 0.65, "watch": 0.5}.get(status, 0.75)
    view = house.room.view
    joined = met.joins.row[(met.breach & ~met.rules) & (met.joins.row >= 0)]
    told = np.flatnonzero(house.room.on.has(Act.RULE) & house.room.inside)
    return found(
        RULES, status, severity, sure, values, limits, shown(view, joined),
        shown(view, house.room.on.rows(told[-5:])),
    )  # fmt: skip


def _missing(house: House, met: Firsts, code: str, severity: Severity) -> Finding | None:
    missing = house.room.on.small(code, severity, LEAST_WEEKS)
    exposed = int(met.exposed.sum())
    if missing is None and exposed < LEAST_JOINS:
        missing = too_little(code, severity, "joins", exposed, LEAST_JOINS)
    return missing
