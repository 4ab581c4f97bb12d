"""Is this group healthy: seven causes of decline, each by itself, with what speaks for and against it.

No single score: what is good for one group is bad for another. Looked at are the last weeks before the end of
the window, against the group's own past. A cause is a pattern of behaviour in the log, not a reason; what
happens elsewhere is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cq.analysis import (
    Analyzer,
    GroupView,
    Window,
    _cause_activities,
    _cause_ads,
    _cause_coercion,
    _cause_exits,
    _cause_faces,
    _cause_flood,
    _cause_focus,
    _cause_needs,
)
from cq.analysis import _calendar as cal
from cq.analysis._cause_ground import ground
from cq.analysis._cause_peaks import peaks
from cq.analysis._conversation import conversation
from cq.analysis._statistics import false_discovery
from cq.section import Metric, Section, Series, Table, Unit

if TYPE_CHECKING:
    from cq.analysis._cause_ground import Ground, Part, Rows, Weekly
    from cq.section import ColumnKind


class Settings(msgspec.Struct, frozen=True):
    """``series_weeks``: how many weeks the series show. The limits of the causes are no settings: they are
    part of what was measured."""

    series_weeks: int = 52


CAUSES = (
    _cause_focus, _cause_needs, _cause_coercion, _cause_ads, _cause_flood, _cause_activities, _cause_exits,
    _cause_faces,
)  # fmt: skip
"""Each has ``CODE``, ``SEVERITY`` and ``look``; in the order of the article."""

METRICS: dict[str, Unit] = {
    "weeks": "count",
    "on_topic_share": "ratio",
    "on_topic_share_at_first": "ratio",
    "topic_drift": "number",
    "days_since_rules": "days",
    "purpose_questions": "count",
    "run_weeks": "count",
    "runners": "count",
    "needs": "count",
    "unmet_needs": "count",
    "unanswered_help": "count",
    "unhandled_ads": "count",
    "unwelcomed_joins": "count",
    "answer_share": "ratio",
    "answer_share_before": "ratio",
    "untended_quiet_weeks": "count",
    "coercive_acts": "count",
    "coerced_people": "count",
    "dissents": "count",
    "ads": "count",
    "ad_share": "ratio",
    "staff_ads": "count",
    "ad_response_share": "ratio",
    "ads_handled_share": "ratio",
    "ads_and_silence_share": "ratio",
    "exits_after_ads": "number",
    "exits_otherwise": "number",
    "idle_share": "ratio",
    "filler_share": "ratio",
    "content_share": "ratio",
    "complaints": "count",
    "activities_per_four_weeks": "number",
    "regular_slot_share": "ratio",
    "large_sessions_per_week": "number",
    "activity_participants": "number",
    "valued_members": "count",
    "valued_exits": "count",
    "other_exits": "count",
    "new_voice_share": "ratio",
    "top_five_share": "ratio",
    "same_faces_share": "ratio",
    "effective_speakers": "number",
    "topic_change": "number",
    "peak_of_joins": "date",
    "peak_of_chat": "date",
    "peak_of_ads": "date",
    "order_of_peaks": "code",
}

SERIES: dict[str, Unit] = {
    "on_topic": "ratio",
    "organizing_acts": "count",
    "coercive_acts": "count",
    "ad_share": "ratio",
    "idle_share": "ratio",
    "activities": "count",
    "large_sessions": "count",
    "valued_speaking": "count",
    "new_voice_share": "ratio",
    "effective_speakers": "number",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "unmet_needs": {
        "need": "code", "message_id": "message_id", "sent_at": "time", "member_id": "member_id",
        "name": "name", "text": "text",
    },
    "activities": {
        "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name",
        "people": "count", "text": "text",
    },
    "valued_members": {
        "member_id": "member_id", "name": "name", "value": "number", "now": "code", "last_turn": "time",
    },
    "topic_words": {"word": "text", "before": "ratio", "now": "ratio"},
}  # fmt: skip


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``health``: one finding for each cause, and the numbers behind them."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    rows: dict[str, Rows] = {}
    series: dict[str, Weekly] = {}
    on = ground(view, window, conversation(view))
    parts = _parts(on)
    for part in parts:
        metrics |= part.metrics
        rows |= part.tables
        series |= part.series
    metrics |= peaks(on)
    metrics["weeks"] = Metric(len(on.weeks), "count")
    return Section(
        "health",
        metrics,
        {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()},
        {
            name: Series(unit, "week", _points(on, series.get(name), settings))
            for name, unit in SERIES.items()
        },
        [part.finding for part in parts],
    )


ANALYZER = Analyzer("health", 5, Settings(), run)


def _parts(on: Ground) -> list[Part]:
    """Every cause looked into, then concluded with p adjusted for all tests that were made."""
    cases = [cause.look(on) for cause in CAUSES]
    raw = [case.p for case in cases if case.p is not None]
    adjusted = iter(false_discovery(raw))
    return [case.conclude(1.0 if case.p is None else next(adjusted)) for case in cases]


def _points(on: Ground, weekly: Weekly | None, settings: Settings) -> list[tuple[str, float | int | None]]:
    """The last weeks of a series by the local day each begins on."""
    if weekly is None:
        return []
    start = max(0, len(on.weeks) - settings.series_weeks)
    days = [cal.iso(cal.day_of(int(at), on.view.zone)) for at in on.weeks.edges[start:-1].tolist()]
    whole = weekly.unit == "count"
    values = [
        None if not np.isfinite(v) else int(v) if whole else round(float(v), 4) for v in weekly.values[start:]
    ]
    return list(zip(days, values, strict=True))
