"""What size does to a group: how many talk with each other, how much there is to read, on whom it all hangs.

Looked at are the twelve weeks that end with the window, for departures half a year. Numbers of people and of
messages are context, never a fault: overload is told by what goes with it, reliance by weeks without
somebody. It cannot see readers, ties outside the log, nor why somebody left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _size_load as load_
from cq.analysis import _size_people as people
from cq.analysis import _size_reliance as reliance_
from cq.analysis import _size_reliance_findings as stars
from cq.analysis._life_people import shared
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from cq.section import ColumnKind


class Settings(msgspec.Struct, frozen=True):
    """``weeks``: looked at; twelve as Nonnecke and Preece 2000. ``weeks_before``: a departure, at most.
    ``absence_weeks``, ``departed_weeks``: for weeks without somebody, and for departures.

    ``least_*``: less is no basis (turns for partners and reliance, turns for unevenness, hours with three
    turns for load, members for silence, weeks on each side of a departure, turns of whoever departed).
    ``band_small``, ``band_large``: messages of a busy day that are much in groups below ``small`` members and
    in larger ones (article). ``alpha_load``: of a symptom; ``alpha``, ``drop``: of a fall.
    ``value_share``: one person carries much. ``departed_turns``, ``departed_value``: shares that make a
    departure one worth a test; ``departures``: at most so many are tested.
    """

    weeks: int = 12
    weeks_before: int = 16
    absence_weeks: int = 26
    departed_weeks: int = 26
    least_weeks: int = 8
    load_weeks: int = 4
    least_turns: int = 300
    least_uneven: int = 100
    least_hours: int = 200
    least_members: int = 20
    least_side: int = 4
    least_departed: int = 20
    small: int = 100
    band_small: int = 300
    band_large: int = 500
    alpha_load: float = 0.01
    alpha: float = 0.05
    drop: float = 0.3
    value_share: float = 0.4
    departed_turns: float = 0.15
    departed_value: float = 0.2
    departures: int = 3


METRICS: dict[str, Unit] = {
    "members": "count",
    "speakers": "count",
    "active_28d": "count",
    "partners_median": "number",
    "partners_p90": "count",
    "partners_max": "count",
    "session_speakers": "number",
    "turns_per_day": "per_day",
    "messages_per_day": "per_day",
    "messages_busy_day": "per_day",
    "reading_minutes": "number",
    "reading_minutes_busy_day": "number",
    "posters_20_minutes": "count",
    "load_answers": "number",
    "load_characters": "number",
    "load_repeats": "number",
    "silent_share": "ratio",
    "nearly_silent_share": "ratio",
    "only_filler_share": "ratio",
    "woken_share": "ratio",
    "contributor_share": "ratio",
    "steady_share": "ratio",
    "top1_share": "ratio",
    "top5_share": "ratio",
    "top10_share": "ratio",
    "absence_factor": "count",
    "effective_speakers": "number",
    "inequality_senders": "number",
    "inequality_members": "number",
    "top_value_share": "ratio",
    "value_absence_factor": "count",
    "size_answer_correlation": "number",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "departures": {
        "member_id": "member_id", "name": "name", "last_seen": "time", "turn_share": "ratio",
        "value_share": "ratio", "before": "number", "after": "number", "weeks": "count",
    },
}  # fmt: skip


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``size``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    findings, rows = [], []
    if len(view):
        ground = shared(view, window)
        load = load_.Load(ground, settings)
        reliance = reliance_.Reliance(ground, settings)
        silence, silent = people.silence(ground, settings)
        metrics |= people.sizes(ground, settings) | load_.metrics(load) | silence
        metrics |= people.unevenness(ground, settings) | people.lasting(ground, settings)
        metrics |= reliance_.metrics(reliance)
        known = metrics["members"].value
        members = known if isinstance(known, int) else None
        findings = [load_.overload(load, members), *stars.findings(reliance), silent]
        rows = _departures(view, window, reliance)
    return Section(
        "size",
        metrics,
        {name: Table(columns, rows) for name, columns in TABLES.items()},
        findings=findings,
    )


ANALYZER = Analyzer("size", 57, Settings(), run)


def _departures(view: GroupView, window: Window, reliance: reliance_.Reliance) -> list[tuple[object, ...]]:
    """People who carried much and are silent since, with the others' weekly turns before and after."""
    rows: list[tuple[object, ...]] = []
    for gone in reliance.gone:
        contrast, _, weeks = reliance.departure(gone)
        who = view.people[gone.person]
        means = (
            round(float(side.mean()), 1) if len(side) else None for side in (contrast.before, contrast.after)
        )
        shares = round(gone.turn_share, 4), round(gone.value_share, 4)
        rows.append((who.id, who.name, window.isoformat(gone.at), *shares, *means, weeks))
    return rows
