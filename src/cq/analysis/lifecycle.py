"""Where a group stands in its life, from its beginning to silence; and where without its top sender.

Counted are turns that say something, week by week: no filler, no red packets, no ads. The rules stand in
``_life_stage``; the stage next to the one that holds is always given, because borders between stages are
conventions. Weeks of long public holidays are left out. A group whose planned end has come is completed, not
dead, and a family that was always quiet has not declined. It says nothing about why, and nothing about what
will be: the spans the articles name (weeks to two years) are experience, not a forecast.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _life_stage as st
from cq.analysis import _measures as m
from cq.analysis._life_findings import decline
from cq.analysis._life_people import shared
from cq.analysis._life_weeks import Life
from cq.model import Event
from cq.section import Metric, Section, Series, Table, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.section import ColumnKind

    Floats = NDArray[np.float64]


class Settings(msgspec.Struct, frozen=True):
    """``weeks_born``, ``weeks``: least weeks where the log begins with the group, and where it does not.

    ``drop``: a fall of the weekly mean is one from this share on, eight weeks against those before (at most
    ``back``). ``alpha``: of the permutation test. ``joining_weeks``: over which growth of members is taken.
    """

    weeks_born: int = 8
    weeks: int = 16
    drop: float = 0.3
    alpha: float = 0.05
    back: int = 52
    joining_weeks: int = 5


METRICS: dict[str, Unit] = {
    "stage": "code",
    "runner_up": "code",
    "stage_without_top": "code",
    "runner_up_without_top": "code",
    "top_share": "ratio",
    "turns_now": "number",
    "turns_at_peak": "number",
    "peak": "date",
    "level": "ratio",
    "trend": "ratio",
    "half_life": "days",
    "tended_share": "ratio",
    "age": "days",
    "member_growth": "ratio",
    "exits_per_year": "number",
    "own_ties": "code",
    "peak_order": "code",
    "holiday_weeks": "count",
}

TABLES: dict[str, dict[str, ColumnKind]] = {"peaks": {"what": "code", "week": "date", "count": "count"}}
SERIES: tuple[str, ...] = ("turns", "turns_without_top")

COMPLETED = "completed"


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``lifecycle``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    series: dict[str, list[tuple[str, float | int | None]]] = {}
    findings, rows = [], []
    if len(view):
        life = Life(shared(view, window, None), settings)
        metrics |= _stages(life) | _context(life)
        if len(life.ground.weeks):
            series = {name: _points(life, values) for name, values in _lines(life).items()}
            rows = _peaks(life)
            metrics["peak_order"] = Metric(
                "_".join(str(row[0]) for row in rows) if len(rows) > 1 else None, "code"
            )
        findings = [decline(life)]
    return Section(
        "lifecycle",
        metrics,
        {name: Table(columns, rows) for name, columns in TABLES.items()},
        {name: Series("count", _STEP, series.get(name, [])) for name in SERIES},
        findings,
    )


_STEP: Literal["week"] = "week"
ANALYZER = Analyzer("lifecycle", 56, Settings(), run)


def _stages(life: Life) -> dict[str, Metric]:
    done = {"stage": Metric(COMPLETED, "code")} if life.completed else {}
    if not life.enough:
        return done
    seen, weeks = life.course, len(life.kept)
    stage, second = life.stages(seen)
    alone = st.course(st.without(life.weekly[life.kept], life.others[life.kept]))
    without = life.stages(alone, alone=True)
    since = st.set_in(seen) if stage in (st.DECLINE, st.DORMANT) else None
    half = st.half_life(seen, since) if since is not None else None
    recent = slice(-st.RECENT, None)
    total = float(life.weekly[life.kept][recent].sum())
    own = total - float(life.others[life.kept][recent].sum())
    return {
        "stage": Metric(stage, "code", weeks),
        "runner_up": Metric(second, "code", weeks),
        "stage_without_top": Metric(without[0], "code", weeks),
        "runner_up_without_top": Metric(without[1], "code", weeks),
        "top_share": Metric(own / total if total else None, "ratio", int(total)),
        "turns_now": Metric(seen.now, "number", st.SMOOTHED),
        "turns_at_peak": Metric(seen.highest, "number", weeks),
        "peak": Metric(_week(life, int(life.kept[seen.peak])), "date"),
        "level": Metric(seen.level, "ratio", weeks),
        "trend": Metric(math.expm1(seen.trend.slope) if seen.trend else None, "ratio", st.RECENT),
        "half_life": Metric(None if half is None else 7 * half, "days"),
        **({"tended_share": _tended(life, since)} if since is not None else {}),
        **(done | {"runner_up": Metric(stage, "code", weeks)} if done else {}),
    }


def _tended(life: Life, since: int) -> Metric:
    """In how many of the weeks since the fall somebody ran the group."""
    weeks = life.ground.tended[int(life.kept[since]) :]
    n = len(weeks)
    hits = int(weeks.sum())
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(hits, n))


def _context(life: Life) -> dict[str, Metric]:
    view, ground = life.ground.view, life.ground
    created = view.operator.created_day()
    first = cal.day_of(int(view.sent_at[0]), view.zone)
    last = cal.day_of(ground.end - 1, view.zone)
    known = created is not None or life.born
    start = (created.toordinal() - _EPOCH) if created else first
    years = max((ground.end - int(view.sent_at[0])) / (365.25 * m.DAY_MS), 1e-9)
    seen = any(e.event is Event.LEAVE for e in view.events)
    found = {
        "age": Metric(last - start + 1 if known else None, "days"),
        "exits_per_year": Metric(
            life.exits / years if seen and years >= 0.25 else None, "number", life.exits
        ),
        "own_ties": Metric(life.own_ties, "code"),
        "holiday_weeks": Metric(int(ground.weeks.holiday.sum()), "count", len(ground.weeks)),
    }
    if life.joining:
        found["member_growth"] = Metric(life.joining[0], "ratio", life.joining[1])
    return found


_EPOCH = 719163
"""Ordinal of 1970-01-01."""


def _week(life: Life, week: int) -> str:
    return cal.iso(cal.day_of(int(life.ground.weeks.edges[week]), life.ground.view.zone))


def _lines(life: Life) -> dict[str, Floats]:
    return {"turns": life.weekly, "turns_without_top": life.others}


def _points(life: Life, values: Floats) -> list[tuple[str, float | int | None]]:
    return [(_week(life, i), int(value)) for i, value in enumerate(values.tolist())]


def _peaks(life: Life) -> list[tuple[object, ...]]:
    """When joins, talk and ads were most, four weeks each, in order: what an article sees rise one after
    another."""
    ground, view = life.ground, life.ground.view
    joins = np.array(
        [int(view.sent_at[e.row]) for e in view.events if e.event is Event.JOIN for _ in e.targets], np.int64
    )
    lines = {
        "joins": ground.weeks.counts(joins).astype(np.float64),
        "talk": ground.weekly(life.said & ~ground.ads),
        "ads": ground.weekly(ground.ads),
    }
    rows = []
    for what, values in lines.items():
        if values.sum() >= _SOME:
            total = np.convolve(values, np.ones(min(st.SMOOTHED, len(values))), "valid")
            rows.append((int(np.argmax(total)), what, int(total.max())))
    return [(what, _week(life, week), count) for week, what, count in sorted(rows)]


_SOME = 10
"""Fewer joins or ads have no peak."""
