"""What the comparison of several groups leads to: overlap, copied posts, questions asked twice, silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cq.analysis._findings import Limit, Value, found, too_little, unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cq.analysis._portfolio import Settings
    from cq.section import Finding, Metric, Status

LEAST_GROUPS = 3
"""Groups with four weeks of log, below which a share of them says nothing."""
DORMANT_TURNS = 2
"""Real turns a week at most of a group in which nothing goes on."""


def findings(metrics: Mapping[str, Metric], steady: float, settings: Settings) -> list[Finding]:
    return [
        _overlap(metrics, steady, settings),
        _copied_posts(metrics, settings),
        _questions(metrics, settings),
        _dormant(metrics, settings),
    ]


def _overlap(metrics: Mapping[str, Metric], steady: float, settings: Settings) -> Finding:
    code = "portfolio/overlap"
    share = metrics["seat_repeat_share"].value
    if steady < settings.steady or not isinstance(share, float):
        return unseen(code, "info", "unstable_ids")
    people = metrics["member_repeat_share"]
    values = {
        "seats": Value(share, "ratio"),
        "people": Value(people.value, "ratio"),
        "four": Value(metrics["in_four_share"].value, "ratio"),
        "members": Value(people.n, "count"),
        "groups": Value(metrics["groups"].value, "count"),
    }
    status: Status = "finding" if share >= settings.overlap else "clear"
    return found(code, status, "info", min(1.0, steady), values, [Limit("seats", settings.overlap)])


def _copied_posts(metrics: Mapping[str, Metric], settings: Settings) -> Finding:
    code, metric = "portfolio/copied_posts", metrics["copied_share"]
    if (metric.n or 0) < settings.least_notices or not isinstance(metric.value, float):
        return too_little(code, "info", "notices", metric.n, settings.least_notices)
    values = {"share": Value(metric.value, "ratio"), "notices": Value(metric.n, "count")}
    high, middle = settings.copied, settings.copied / 2
    status: Status = "finding" if metric.value >= high else "watch" if metric.value >= middle else "clear"
    return found(code, status, "warning", 0.9, values, [Limit("share", high), Limit("watch", middle)])


def _questions(metrics: Mapping[str, Metric], settings: Settings) -> Finding:
    metric = metrics["cross_posted_questions"]
    count = int(metric.value) if isinstance(metric.value, int) else 0
    values = {"questions": Value(count, "count"), "asked": Value(metric.n, "count")}
    status: Status = "finding" if count >= settings.cross_posts else "watch" if count else "clear"
    limits = [Limit("questions", settings.cross_posts)]
    return found("portfolio/cross_posted_questions", status, "info", 0.8, values, limits)


def _dormant(metrics: Mapping[str, Metric], settings: Settings) -> Finding:
    metric = metrics["dormant_share"]
    share = metric.value
    if (metric.n or 0) < LEAST_GROUPS or not isinstance(share, float):
        return too_little("portfolio/dormant", "warning", "groups", metric.n, LEAST_GROUPS)
    values = {"share": Value(share, "ratio"), "groups": Value(metric.n, "count")}
    high, middle = settings.dormant, settings.dormant / 2
    status: Status = "finding" if share >= high else "watch" if share >= middle else "clear"
    limits = [Limit("share", high), Limit("turns", DORMANT_TURNS)]
    return found("portfolio/dormant", status, "warning", 0.9, values, limits)
