"""WAIST 2: what an analysis hands over, and what every renderer draws.

Numbers, tables, series and findings with their evidence; never a sentence. The words for a code
stand in ``locales/``. Nothing here knows pandas, a terminal or a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Scalar = str | int | float | bool | None
Unit = Literal["count", "ratio", "days", "hours", "seconds", "per_day", "number", "date", "time", "code"]
ColumnKind = Literal[
    "member_id", "name", "text", "message_id", "time", "date", "count", "ratio", "seconds", "days",
    "number", "code", "bool", "object", "group_id",
]  # fmt: skip
ValueUnit = Unit | Literal["name", "text"]
Status = Literal["finding", "watch", "clear", "not_enough_data", "not_observable"]
Severity = Literal["info", "warning", "alert"]


class Metric(msgspec.Struct, frozen=True):
    """One number. ``n`` is the denominator (or the sample size); unknown is ``None``, never 0."""

    value: Scalar
    unit: Unit
    n: int | None = None
    previous: Scalar = None
    interval: tuple[float, float] | None = None


class Table(msgspec.Struct, frozen=True):
    """Rows under named columns. The kind of a column tells renderers how to print and mask it.

    An ``object`` is a dict or a list of plain values, for programs: pages say what is in it in words of
    their own, or leave it out.
    """

    columns: Mapping[str, ColumnKind]
    rows: Sequence[tuple[object, ...]]

    def __post_init__(self) -> None:
        width = len(self.columns)
        if any(len(row) != width for row in self.rows):
            raise ValueError("a row has another width than the columns")


class Series(msgspec.Struct, frozen=True):
    """Values over time; ``t`` is the local start of the step, ISO 8601."""

    unit: Unit
    step: Literal["hour", "day", "week", "month"]
    points: Sequence[tuple[str, float | int | None]]


class Evidence(msgspec.Struct, frozen=True):
    """A message that shows it. ``sent_at`` is RFC 3339 with the offset of the report's zone."""

    message_id: str
    sent_at: str
    sender_id: str | None
    excerpt: str | None


class Threshold(msgspec.Struct, frozen=True):
    """A limit that was applied, and where it comes from (own baseline, published, convention)."""

    name: str
    value: float
    origin: str


class Finding(msgspec.Struct, frozen=True):
    """A judgement: severity says how bad if true, confidence (0..1) how sure.

    ``units`` says how a renderer prints a value and whether it may hide it; one without a unit is a number
    or a code. ``since``: when it set in, RFC 3339, where that is known.
    """

    code: str
    status: Status
    severity: Severity
    confidence: float
    values: Mapping[str, Scalar] = {}
    evidence: Sequence[Evidence] = ()
    counter_evidence: Sequence[Evidence] = ()
    thresholds: Sequence[Threshold] = ()
    units: Mapping[str, ValueUnit] = {}
    since: str | None = None

    def __post_init__(self) -> None:
        if self.status == "finding" and not (self.evidence or self.values):
            raise ValueError(f"{self.code}: a finding needs evidence or named values")


class Section(msgspec.Struct, frozen=True):
    """The answer to one question about one group in one window."""

    id: str
    metrics: Mapping[str, Metric] = {}
    tables: Mapping[str, Table] = {}
    series: Mapping[str, Series] = {}
    findings: Sequence[Finding] = ()
