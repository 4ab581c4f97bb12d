"""The checklist of the five elements, and what each of them says. Severity ``info`` throughout: no faults."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._element_topics import LEAST_MEMBERS, Common
from cq.analysis._element_traces import LEAST_WEEKS, Seen, Trace, Traces
from cq.analysis._findings import Limit, Value, found, shown, too_little

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cq.analysis._cause_ground import Ground
    from cq.analysis.elements import Settings
    from cq.section import Finding, Metric, Status

ELEMENTS = ("same_interest", "structure", "output", "operation", "replication")


@dataclass(frozen=True)
class Checklist:
    """Everything that was looked for, in the order of the article."""

    common: Common
    traces: Traces
    settings: Settings

    @cached_property
    def every(self) -> list[Trace]:
        """All items."""
        return [
            *self._interest(),
            *self.traces.structure(),
            *self._output(),
            *self._operation(),
            *self._replication(),
        ]

    def of(self, element: str) -> list[Trace]:
        """The items of one element."""
        return [trace for trace in self.every if trace.element == element]

    def _interest(self) -> list[Trace]:
        alike = self.common.cohesion
        words, uptake = self.common.shared_words, self.common.uptake_share.value
        return [
            Trace(
                "same_interest", "alike", _known(None if alike is None else alike[0] > -self.settings.apart)
            ),
            Trace("same_interest", "words", _known(None if words is None else words > 0), words),
            Trace("same_interest", "uptake", _known(_at_least(uptake, self.settings.uptake))),
        ]

    def _output(self) -> list[Trace]:
        weeks, by, answered = self.traces.output
        n = min(12, len(self.traces.ground.weeks))
        row = int(self.traces.ground.found.turns.first_row[answered[-1]]) if len(answered) else -1
        authors = int((by > 0).sum())
        return [
            Trace("output", "steady_output", _known(weeks >= self.settings.weeks_share * n), weeks, row),
            Trace("output", "together", _known(self._half(by) >= self.settings.authors), authors),
        ]

    def _half(self, by: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
        from cq.analysis._measures import absence_factor

        return absence_factor(by) or 0

    def _operation(self) -> list[Trace]:
        traces, settings = self.traces, self.settings
        calls, _ = traces.activities
        helpers, _ = traces.helpers
        back, was = traces.returning
        ritual = traces.ritual
        rows = traces.ground.found.turns.first_row
        return [
            Trace(
                "operation",
                "ritual",
                _known(None if ritual is None else ritual[0] >= settings.ritual * ritual[1]),
                ritual[0] if ritual else None,
                ritual[2] if ritual else -1,
            ),
            Trace(
                "operation",
                "participation",
                _known(len(calls) >= settings.activities),
                len(calls),
                int(rows[calls[-1]]) if len(calls) else -1,
            ),
            Trace("operation", "organization", _known(helpers >= settings.helpers), helpers),
            Trace("operation", "belonging", _known(back >= settings.back * was if was else None), back),
        ]

    def _replication(self) -> list[Trace]:
        settings, carriers = self.settings, self.traces.value[1]
        uptake = self.common.uptake_share.value
        return [
            Trace("replication", "carriers", _known(_at_least(carriers, settings.carriers)), carriers),
            Trace(
                "replication",
                "seed_organizers",
                _known(self.traces.organizers >= settings.organizers),
                self.traces.organizers,
            ),
            Trace("replication", "subculture", _known(_at_least(uptake, settings.uptake))),
        ]


def checklist(ground: Ground, settings: Settings) -> Checklist:
    """What is looked for in a group."""
    return Checklist(Common(ground), Traces(ground), settings)


def findings(seen: Checklist, metrics: Mapping[str, Metric]) -> list[Finding]:
    """Each element: traces there (clear), weak (watch), or too little to tell."""
    few = [seen.traces.ground.small(f"elements/{name}", "info", LEAST_WEEKS) for name in ELEMENTS]
    return [small or _element(seen, name, metrics) for small, name in zip(few, ELEMENTS, strict=True)]


_NEEDED = {"same_interest": 1, "structure": 3, "output": 2, "operation": 3, "replication": 3}
"""Items seen that make the traces of an element clear; of what cannot be seen none is asked."""
_TOLD: dict[str, tuple[str, ...]] = {
    "same_interest": ("cohesion", "shared_words", "uptake_share"),
    "structure": ("organizers",),
    "output": ("output_weeks_share", "absence_factor", "output_authors"),
    "operation": ("ritual_share", "activities", "activity_share", "helpers", "return_share"),
    "replication": ("carriers", "organizers", "uptake_share"),
}


def _element(seen: Checklist, name: str, metrics: Mapping[str, Metric]) -> Finding:
    code = f"elements/{name}"
    items = seen.of(name)
    known = [t for t in items if t.seen != "unknown"]
    if name == "same_interest" and seen.common.cohesion is None:
        members = seen.common.members
        return too_little(code, "info", "members_talking", members, LEAST_MEMBERS)
    if len(known) < 2:
        return too_little(code, "info", "traces", len(known), 2)
    there = [t for t in known if t.seen == "yes"]
    status: Status = "clear" if len(there) >= min(_NEEDED[name], len(known)) else "watch"
    values = {
        "seen": Value(len(there), "count"),
        "of": Value(len(known), "count"),
        "missing": Value(_missing(known), "code"),
    }
    values |= {key: _value(metrics[key]) for key in _TOLD[name]}
    if "output_weeks_share" in values:
        values["weeks"] = Value(metrics["output_weeks_share"].n, "count")
    evidence = shown(seen.traces.ground.view, [t.row for t in there if t.row >= 0])
    if name in ("output", "replication"):
        evidence = shown(seen.traces.ground.view, seen.traces.worthy())
    limits = [Limit("items", min(_NEEDED[name], len(known)))]
    sure = 0.7 * len(known) / len(items) + 0.1
    return found(code, status, "info", sure, values, limits, evidence)


def _value(metric: Metric) -> Value:
    return Value(metric.value, metric.unit)


def _missing(items: list[Trace]) -> str | None:
    """The first item that is not seen; its word stands for it."""
    return next((t.item for t in items if t.seen == "no"), None)


def _known(holds: bool | None) -> Seen:
    return "unknown" if holds is None else "yes" if holds else "no"


def _at_least(value: object, least: float) -> bool | None:
    return value >= least if isinstance(value, int | float) else None
