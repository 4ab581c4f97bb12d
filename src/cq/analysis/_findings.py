"""Findings put together: values with their units, limits with their origin, messages that show it.

A finding says ``finding``, ``watch`` or ``clear``; where the data could not have shown it, what is missing;
where no log can show it, that. Which of them holds is the business of whoever asks. It writes no
sentence: the words of a code stand in ``locales/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cq.section import Evidence, Finding, Scalar, Severity, Status, Threshold, ValueUnit

if TYPE_CHECKING:
    from cq.analysis import GroupView

LISTED = 10
"""Messages at most that stand beside a finding."""
WIDTH = 120


class Value(NamedTuple):
    """A value and how it reads."""

    value: Scalar
    unit: ValueUnit = "number"


class Limit(NamedTuple):
    """A threshold: ``origin`` is a code, one of ``article``, ``published``, ``simulated``, ``statistics``,
    ``own_baseline``, ``convention``, ``operator``."""

    name: str
    value: float
    origin: str = "convention"


def shown(view: GroupView, rows: Iterable[int], most: int = LISTED) -> list[Evidence]:
    """Rows of the log as evidence, in time order, the latest ``most``."""
    kept = sorted({int(row) for row in rows})[-most:]
    return [
        Evidence(
            str(view.message_id[row].as_py()),
            view.time(row),
            view.people[view.person[row]].id if view.person[row] >= 0 else None,
            view.excerpt(row, WIDTH),
        )
        for row in kept
    ]


def found(
    code: str,
    status: Status,
    severity: Severity,
    confidence: float,
    values: Mapping[str, Value],
    limits: Sequence[Limit] = (),
    evidence: Sequence[Evidence] = (),
    against: Sequence[Evidence] = (),
    since: str | None = None,
) -> Finding:
    """A finding that was looked for with enough data."""
    return Finding(
        code,
        status,
        severity,
        round(confidence, 2),
        {name: _plain(value.value) for name, value in values.items()},
        evidence,
        against,
        [Threshold(*limit) for limit in limits],
        {name: value.unit for name, value in values.items()},
        since,
    )


def too_little(code: str, severity: Severity, reason: str, have: float | None, need: float) -> Finding:
    """The data could not have shown it. ``reason`` is a code of what is missing (``weeks``, ``turns``,
    ``joins`` …, words under ``[reasons]``), with how much there is and how much it takes."""
    values = {"reason": Value(reason, "code"), "have": Value(have), "need": Value(need)}
    return found(code, "not_enough_data", severity, 0.0, values)


def unseen(code: str, severity: Severity, reason: str) -> Finding:
    """No such log can show it; ``reason`` is a code (``no_member_list``, ``one_group`` …)."""
    return found(code, "not_observable", severity, 0.0, {"reason": Value(reason, "code")})


def _plain(value: Scalar) -> Scalar:
    """Numbers as Python's own, floats to four places."""
    value = getattr(value, "item", lambda: value)()
    return round(value, 4) if isinstance(value, float) else value
