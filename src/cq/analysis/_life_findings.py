"""Whether a group declines: its stage, and a test that the fall is more than the ups and downs of weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _calendar as cal
from cq.analysis import _life_stage as st
from cq.analysis._cause_ground import FEW_SPEAKERS, FEW_TURNS
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import shuffled_drop

if TYPE_CHECKING:
    from cq.analysis._life_weeks import Life
    from cq.section import Evidence, Finding, Severity, Status

CODE = "lifecycle/decline"


def decline(life: Life) -> Finding:
    """Severity ``alert`` where nothing goes on any more, else ``warning``."""
    ground, settings = life.ground, life.settings
    if life.completed:
        values = {"planned": Value(value=True), "weeks": Value(len(ground.weeks), "count")}
        return found(CODE, "clear", "info", 0.9, values)
    if not life.enough:
        need = settings.weeks_born if life.born else settings.weeks
        return too_little(CODE, "warning", "weeks", len(ground.weeks), need)
    seen = life.course
    stage, second = life.stages(seen)
    if life.own_ties and not seen.fades:
        return found(
            CODE, "clear", "info", 0.8, {**_values(life, stage, second), "exempt": Value(value=True)}
        )
    speakers = ground.speakers(life.said)
    if speakers < FEW_SPEAKERS:
        return too_little(CODE, "warning", "speakers", speakers, FEW_SPEAKERS)
    best = int(4 * seen.highest)
    if best < FEW_TURNS:
        return too_little(CODE, "warning", "turns", best, FEW_TURNS)
    return _judged(life, stage, second)


def _judged(life: Life, stage: str, second: str) -> Finding:
    settings, values = life.settings, life.course.values
    before, now = values[-settings.back - st.RECENT : -st.RECENT], values[-st.RECENT :]
    p = shuffled_drop(before, now)
    mean = float(before.mean()) if len(before) else 0.0
    drop = 1 - float(now.mean()) / mean if mean else 0.0
    fell = p is not None and p < settings.alpha and drop >= settings.drop
    ended = stage in (st.DECLINE, st.DORMANT)
    if not ended and not fell and len(values) < settings.weeks:
        return too_little(CODE, "warning", "weeks", len(values), settings.weeks)
    status: Status = "finding" if ended and fell else "watch" if ended or fell else "clear"
    severity: Severity = "alert" if stage == st.DORMANT else "warning"
    told = _values(life, stage, second) | {
        "drop": Value(drop, "ratio"),
        "p": Value(p),
        "before": Value(mean),
        "recent": Value(float(now.mean())),
    }
    limits = [
        Limit("drop", settings.drop),
        Limit("alpha", settings.alpha, "statistics"),
        Limit("level", st.FALLEN),
    ]
    sure = 0.9 if status == "clear" or p is None else 0.95 - 4 * min(p, 0.1)
    if status == "watch":
        sure = min(sure, 0.6)
    showing, against = _messages(life) if ended or fell else ([], [])
    return found(
        CODE, status, severity, sure, told, limits, showing, against, _since(life) if ended or fell else None
    )


def _values(life: Life, stage: str, second: str) -> dict[str, Value]:
    seen, ground = life.course, life.ground
    week = int(ground.weeks.edges[life.kept[seen.peak]])
    return {
        "planned": Value(value=False),
        "stage": Value(stage, "code"),
        "runner_up": Value(second, "code"),
        "level": Value(seen.level, "ratio"),
        "peak": Value(cal.iso(cal.day_of(week, ground.view.zone)), "date"),
        "weeks": Value(len(life.kept), "count"),
        "now": Value(seen.now),
    }


def _since(life: Life) -> str | None:
    at = st.set_in(life.course)
    return None if at is None else life.ground.at(int(life.kept[at]))


def _messages(life: Life) -> tuple[list[Evidence], list[Evidence]]:
    """What was said last; against it, openings of talk among three and more in the last four weeks."""
    ground = life.ground
    turns, sessions = ground.found.turns, ground.found.sessions
    last = np.flatnonzero(life.said)[-5:]
    recent = np.flatnonzero((sessions.speakers >= 3) & ground.since(4)[sessions.first_turn])
    opened = sessions.first_turn[recent[-5:]]
    return shown(ground.view, turns.first_row[last]), shown(ground.view, turns.first_row[opened])
