"""The five elements an article sees in a community, as a checklist of traces: interest, structure, output,
upkeep, and what it takes to repeat it.

Unseen is not absent: much is settled in private, in other groups or offline. There is no total, and nothing
here is a fault: ``clear`` says that the traces are there, ``watch`` that they are weak. Looked at are the
last twelve weeks, for topics half a year. Feelings are not observed, nor whether people meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _measures as m
from cq.analysis._element_findings import Checklist, checklist, findings
from cq.analysis._life_people import born, shared
from cq.analysis._statistics import effective_number
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from cq.analysis._cause_ground import Ground
    from cq.analysis._element_topics import Common
    from cq.analysis._element_traces import Traces
    from cq.section import ColumnKind

    Rows = list[tuple[object, ...]]


class Settings(msgspec.Struct, frozen=True):
    """``apart``: so many standard deviations below chance, members have nothing in common to talk about.

    ``weeks_share`` and ``authors``: weeks with output, and people who give half of it, of a steady output.
    ``ritual``, ``back``: shares of joins that are greeted and of people who come back that count as seen.
    ``helpers``, ``activities``: the least of both. ``carriers``, ``organizers``, ``uptake``: what a group
    needs before it is repeated. All are conventions.
    """

    apart: float = 6.0
    weeks_share: float = 0.75
    authors: int = 2
    ritual: float = 0.5
    back: float = 0.5
    helpers: int = 2
    activities: int = 3
    carriers: int = 3
    organizers: int = 2
    uptake: float = 0.3


METRICS: dict[str, Unit] = {
    "cohesion": "number",
    "likeness": "number",
    "shared_words": "count",
    "uptake_share": "ratio",
    "on_goal_share": "ratio",
    "goal_statements": "count",
    "threads": "number",
    "crowded_threads": "count",
    "structure_seen": "count",
    "organizers": "count",
    "output_weeks_share": "ratio",
    "output_authors": "number",
    "absence_factor": "count",
    "first_answer": "seconds",
    "never_answered_share": "ratio",
    "ritual_share": "ratio",
    "activities": "count",
    "activity_share": "ratio",
    "helpers": "count",
    "helpers_even": "number",
    "return_share": "ratio",
    "we_in_100": "number",
    "we_in_100_first": "number",
    "carriers": "count",
    "replication_share": "ratio",
    "person_share": "ratio",
    "goods_share": "ratio",
    "soft_service_share": "ratio",
    "path": "code",
    "founding_intent": "code",
    "broadcast_share": "ratio",
    "dyad_share": "ratio",
    "many_share": "ratio",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "traces": {
        "element": "code", "item": "code", "seen": "code", "count": "count", "message_id": "message_id",
        "sent_at": "time", "text": "text",
    },
    "intents": {"intent": "code", "founding": "ratio", "now": "ratio"},
}  # fmt: skip

_INTENTS = {
    "selling": (Act.AD, Act.SELF_PROMOTION, Act.ORDER),
    "people": (Act.INTRODUCTION, Act.ADD_ME, Act.WELCOME),
    "growing": (Act.HELP, Act.ANSWER, Act.SUBSTANCE),
    "brand": (Act.NOTICE, Act.EVENT),
}
_FOUNDING_WEEKS, _FOUNDING_TURNS = 4, 50
_PATH, _MARGIN = 0.4, 0.15
"""A share that leads: so large, and by so much before the next."""


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``elements``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    rows: dict[str, Rows] = {}
    told = []
    if len(view) and len(shared(view, window).weeks):
        ground = shared(view, window)
        seen = checklist(ground, settings)
        metrics |= _topics(seen.common) | _traces(seen) | _paths(seen.traces)
        rows["traces"] = [_row(view, *trace) for trace in seen.every]
        rows["intents"] = _intents(ground)
        metrics["founding_intent"] = _founding(rows["intents"])
        told = findings(seen, metrics)
    return Section(
        "elements",
        metrics,
        {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()},
        findings=told,
    )


ANALYZER = Analyzer("elements", 58, Settings(), run)


def _topics(common: Common) -> dict[str, Metric]:
    ground, cohesion = common.ground, common.cohesion
    goal = common.goal()
    threads, crowded = common.threads()
    found = {
        "shared_words": Metric(common.shared_words, "count", int(common.own_words.sum())),
        "uptake_share": common.uptake_share,
        "on_goal_share": common.on_goal(),
        "threads": threads,
        "crowded_threads": crowded,
    }
    if cohesion is not None:
        found["cohesion"] = Metric(cohesion[0], "number", cohesion[2])
        found["likeness"] = Metric(cohesion[1], "number", cohesion[2])
    if goal:
        rows = ground.rows(ground.since(12) & ground.has(Act.RULE, Act.NOTICE))
        said = ground.view.text.take(_arrow(rows)).to_pylist()
        stated = sum(any(word in text.lower() for word in goal) for text in said if text)
        found["goal_statements"] = Metric(stated, "count", len(rows))
    return found


def _arrow(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> object:
    import pyarrow as pa

    return pa.array(rows)


def _traces(seen: Checklist) -> dict[str, Metric]:
    traces, ground = seen.traces, seen.traces.ground
    weeks, by, _ = traces.output
    n = min(12, len(ground.weeks))
    calls, drew = traces.activities
    active = ground.speakers(traces.recent)
    helpers, even = traces.helpers
    back, was = traces.returning
    found = {
        "structure_seen": Metric(sum(t.seen == "yes" for t in traces.structure()), "count", 4),
        "organizers": Metric(traces.organizers, "count", active),
        "output_weeks_share": _share(weeks, n),
        "output_authors": Metric(effective_number(by), "number", int((by > 0).sum())),
        "absence_factor": Metric(m.absence_factor(by), "count", int((by > 0).sum())),
        "activities": Metric(len(calls), "count"),
        "helpers": Metric(helpers, "count", active),
        "helpers_even": Metric(even, "number", helpers),
        "return_share": _share(back, was),
        "carriers": Metric(traces.value[1], "count"),
        **traces.delays(),
        **traces.sessions(),
    }
    if traces.ritual is not None:
        found["ritual_share"] = _share(*traces.ritual[:2])
    if len(calls) >= seen.settings.activities and active:
        found["activity_share"] = Metric(float(np.median(drew)) / active, "ratio", len(calls))
    if traces.we is not None:
        found["we_in_100"] = Metric(traces.we[0], "number")
        found["we_in_100_first"] = Metric(traces.we[1], "number")
    return found


def _paths(traces: Traces) -> dict[str, Metric]:
    """Person, product or service: what a group is built around, where one of them clearly leads."""
    ground = traces.ground
    recent, has = traces.recent, ground.found.acts.has
    asked = recent & has(Act.HELP)
    n, total = int(asked.sum()), int(recent.sum())
    shares = {
        "person": Metric(traces.value[0], "ratio"),
        "goods": _share(int((recent & has(Act.ORDER, Act.AD, Act.SELF_PROMOTION)).sum()), total),
        "soft_service": _share(int((asked & ground.answered).sum()), n),
    }
    service = shares["soft_service"]
    # One answered request in a thousand turns is no service: it weighs by how much of the talk it is.
    about_help = int((recent & has(Act.HELP, Act.ANSWER)).sum()) / total if total else 0.0
    weights = {
        "person": shares["person"].value,
        "goods": shares["goods"].value,
        "soft_service": about_help if isinstance(service.value, float) else None,
    }
    order = sorted(((w, name) for name, w in weights.items() if isinstance(w, float)), reverse=True)
    leads = len(order) > 1 and order[0][0] >= _PATH and order[0][0] - order[1][0] >= _MARGIN
    return {
        **{f"{name}_share": metric for name, metric in shares.items()},
        "path": Metric(order[0][1] if leads else "mixed" if order else None, "code", total),
    }


def _intents(ground: Ground) -> Rows:
    """What turns aimed at in the first four weeks of a group, and in the last twelve; one may aim at two."""
    found, start = ground.found, ground.found.turns.start_ms
    first = ground.good & (start < int(ground.view.sent_at[0]) + _FOUNDING_WEEKS * WEEK_MS)
    now = ground.since(12)
    early = born(ground.view) and int(first.sum()) >= _FOUNDING_TURNS
    rows: Rows = []
    for intent, acts in _INTENTS.items():
        has = found.acts.has(*acts)
        shares = [round(float(has[part].mean()), 4) if part.any() else None for part in (first, now)]
        rows.append((intent, shares[0] if early else None, shares[1]))
    return rows


def _founding(rows: Rows) -> Metric:
    known = [(row[1], row[0]) for row in rows if isinstance(row[1], float)]
    return Metric(str(max(known)[1]) if known else None, "code")


def _row(
    view: GroupView, element: str, item: str, seen: str, count: int | None, row: int
) -> tuple[object, ...]:
    shown = (view.message_id[row].as_py(), view.time(row), view.excerpt(row)) if row >= 0 else (None,) * 3
    return (element, item, seen, count, *shown)


def _share(hits: int, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(hits, n))
