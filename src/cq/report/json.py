"""The JSON documents of the contract, and the JSON Schemas that describe them.

A document is a struct whose fields *are* the contract: the projection fills it, the schema is
derived from it, so the two cannot drift. Unknown is ``null``; NaN and infinity are unknown.
Nothing here formats a number or knows a language.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec

from cq.ads.verdict import Verdict
from cq.errors import UsageError
from cq.model import SCHEMA_VERSION, Event, Kind, message_schema
from cq.result import (
    Analysis,
    GroupInfo,
    GroupResult,
    Identification,
    IdentifiedSource,
    PreviousSpan,
    Quality,
    RoleRow,
    SourceReport,
    WindowSpan,
    role_rows,
    role_window,
)
from cq.section import Finding, Metric, Scalar, Section, Series, Severity, Status, Table, Threshold, Unit

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Step = Literal["hour", "day", "week", "month"]


class MetricDocument(msgspec.Struct, frozen=True):
    """``interval`` is absent where none was computed."""

    value: Scalar
    previous: Scalar
    unit: Unit
    n: int | None
    interval: tuple[float, float] | msgspec.UnsetType = msgspec.UNSET


class PointDocument(msgspec.Struct, frozen=True):
    """One value of a series."""

    t: str
    value: float | int | None


class SeriesDocument(msgspec.Struct, frozen=True):
    """Values over time."""

    unit: Unit
    step: Step
    points: Sequence[PointDocument]


class EvidenceDocument(msgspec.Struct, frozen=True):
    """A message that shows a finding, or speaks against it."""

    message_id: str
    sent_at: str
    sender_id: str | None
    excerpt: str | None


class ThresholdDocument(msgspec.Struct, frozen=True):
    """A limit that was applied, and where it comes from."""

    name: str
    value: float | None
    origin: str


class FindingDocument(msgspec.Struct, frozen=True):
    """A judgement; all keys are always there."""

    code: str
    status: Status
    severity: Severity
    confidence: Fraction
    values: Mapping[str, Scalar]
    evidence: Sequence[EvidenceDocument]
    counter_evidence: Sequence[EvidenceDocument]
    thresholds: Sequence[ThresholdDocument]
    since: str | None


class SectionDocument(msgspec.Struct, frozen=True):
    """One section; the rows of a table are objects with equal keys."""

    metrics: Mapping[str, MetricDocument]
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    series: Mapping[str, SeriesDocument]
    findings: Sequence[FindingDocument]


class GroupDocument(msgspec.Struct, frozen=True):
    """One group."""

    group: GroupInfo
    quality: Quality
    sections: Mapping[str, SectionDocument]


class AnalysisDocument(msgspec.Struct, frozen=True):
    """``cq analyze --format json``."""

    schema: Literal["cq.analysis/1"]
    cq: str
    window: WindowSpan
    previous: PreviousSpan | None
    sources: Sequence[SourceReport]
    groups: Sequence[GroupDocument]
    portfolio: SectionDocument | None


class IdentifyDocument(msgspec.Struct, frozen=True):
    """``cq identify --format json``."""

    schema: Literal["cq.identify/1"]
    sources: Sequence[IdentifiedSource]


class RolesGroupDocument(msgspec.Struct, frozen=True):
    """One group; ``window`` is the stretch that its roles were read from."""

    group: GroupInfo
    window: WindowSpan
    members: Sequence[RoleRow]


class RolesDocument(msgspec.Struct, frozen=True):
    """``cq roles --format json``."""

    schema: Literal["cq.roles/1"]
    groups: Sequence[RolesGroupDocument]


def roles(result: Analysis) -> RolesDocument:
    """The members of every group that has a roles section."""
    groups = [
        RolesGroupDocument(
            group.group, role_window(section, result.window), role_rows(section.tables["members"])
        )
        for group in result.groups
        if (section := group.sections.get("roles")) is not None
    ]
    return RolesDocument("cq.roles/1", groups)


def document(result: Analysis | Identification) -> AnalysisDocument | IdentifyDocument:
    """The document of a result, still as typed objects."""
    if isinstance(result, Identification):
        return IdentifyDocument("cq.identify/1", result.sources)
    return AnalysisDocument(
        schema="cq.analysis/1",
        cq=result.cq,
        window=result.window,
        previous=result.previous,
        sources=result.sources,
        groups=[_group(group) for group in result.groups],
        portfolio=None if result.portfolio is None else _section(result.portfolio),
    )


def dumps(result: object) -> str:
    """The indented JSON text of a result, or of plain structs and lists, without a final newline."""
    value = document(result) if isinstance(result, Analysis | Identification) else result
    try:
        encoded = msgspec.json.encode(value, enc_hook=_plain)
    except UnicodeEncodeError:  # a file name that is no UTF-8, half a surrogate pair
        encoded = msgspec.json.encode(_whole(msgspec.to_builtins(value, enc_hook=_plain)))
    return msgspec.json.format(encoded, indent=2).decode("utf-8")


def _group(result: GroupResult) -> GroupDocument:
    sections = {name: _section(section) for name, section in result.sections.items()}
    return GroupDocument(result.group, result.quality, sections)


def _section(section: Section) -> SectionDocument:
    return SectionDocument(
        metrics={code: _metric(metric) for code, metric in section.metrics.items()},
        tables={name: _table(table) for name, table in section.tables.items()},
        series={name: _series(series) for name, series in section.series.items()},
        findings=[_finding(finding) for finding in section.findings],
    )


def _metric(metric: Metric) -> MetricDocument:
    interval = metric.interval
    if interval is None or not all(math.isfinite(bound) for bound in interval):
        return MetricDocument(metric.value, metric.previous, metric.unit, metric.n)
    return MetricDocument(metric.value, metric.previous, metric.unit, metric.n, interval)


def _table(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _series(series: Series) -> SeriesDocument:
    return SeriesDocument(series.unit, series.step, [PointDocument(t, value) for t, value in series.points])


def _finding(finding: Finding) -> FindingDocument:
    def evidence(items: Sequence[Any]) -> list[EvidenceDocument]:
        return [EvidenceDocument(e.message_id, e.sent_at, e.sender_id, e.excerpt) for e in items]

    def threshold(item: Threshold) -> ThresholdDocument:
        return ThresholdDocument(item.name, item.value, item.origin)

    return FindingDocument(
        code=finding.code,
        status=finding.status,
        severity=finding.severity,
        confidence=finding.confidence,
        values=finding.values,
        evidence=evidence(finding.evidence),
        counter_evidence=evidence(finding.counter_evidence),
        thresholds=[threshold(t) for t in finding.thresholds],
        since=finding.since,
    )


def _plain(value: Any) -> Any:
    """A number that is not Python's own (NumPy, Arrow) as one that is."""
    for convert in ("item", "as_py"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _whole(value: Any) -> Any:
    """``value`` with what no encoding can write replaced by ``?``."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case dict():
            return {_whole(key): _whole(item) for key, item in value.items()}
        case list() | tuple():
            return [_whole(item) for item in value]
        case _:
            return value


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document ``name``. Raises :class:`UsageError` if unknown."""
    if name not in SCHEMAS:
        raise UsageError("unknown_schema", name=name, known=" ".join(SCHEMAS))
    return {"$schema": DIALECT, **SCHEMAS[name]()}


def _struct_schema(shape: type[msgspec.Struct], title: str) -> dict[str, Any]:
    """The schema of a document. A default is a matter of Python: its key is always written."""
    schema = msgspec.json.schema(shape)
    for part in schema["$defs"].values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
        if "properties" not in part:  # a closed list of words
            continue
        defaults = [name for name, field in part["properties"].items() if "default" in field]
        for name in defaults:
            del part["properties"][name]["default"]
        part["required"] = [n for n in part["properties"] if n in defaults or n in part.get("required", ())]
    return {"title": title, **schema}


def _messages_schema() -> dict[str, Any]:
    """One line of ``cq messages --format jsonl``; what the Arrow schema says, as JSON says it."""
    properties = {spec.name: _column_schema(spec) for spec in message_schema()}
    return {
        "title": f"cq.messages/{SCHEMA_VERSION}",
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _column_schema(spec: Any) -> dict[str, Any]:
    """The JSON of an Arrow field. Every stored message has an id: only batches of waist 1 lack it."""
    closed: Mapping[str, list[str]] = {"kind": [*Kind], "event": [*Event]}
    nullable = spec.nullable and spec.name != "message_id"
    if spec.name in closed:
        values = [str(value) for value in closed[spec.name]]
        return {"enum": [*values, None] if nullable else values}
    shapes: dict[str, dict[str, Any]] = {
        "string": {"type": "string"},
        "bool": {"type": "boolean"},
        "int64": {"type": "integer"},
        "timestamp[ms, tz=UTC]": {"type": "string", "format": "date-time"},
    }
    kind = str(spec.type)
    shape = {"type": "array", "items": {"type": "string"}} if kind.startswith("list<") else dict(shapes[kind])
    return {**shape, "type": [shape["type"], "null"]} if nullable else shape


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "analysis": partial(_struct_schema, AnalysisDocument, "cq.analysis/1"),
    "messages": _messages_schema,
    "ads": partial(_struct_schema, Verdict, "cq.ads/1"),
    "roles": partial(_struct_schema, RolesDocument, "cq.roles/1"),
    "identify": partial(_struct_schema, IdentifyDocument, "cq.identify/1"),
}
"""The documents that have a schema, and what makes it."""
