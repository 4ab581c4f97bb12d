"""What a scenario is: groups, and what has to be found in them, must not be, or cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cq.operators import UNTOLD, Operator

from .kit import WEEK, Log

if TYPE_CHECKING:
    from cq.section import Finding

    Ask = Callable[[Any], bool]

ABSTAINS = ("not_enough_data", "not_observable")
QUIET = ("clear", "watch", *ABSTAINS)
"""Every status but ``finding``."""


@dataclass(frozen=True)
class Group:
    """One export. ``until``, ``since``: where it is cut (UTC ms); ``named``: it knows names only.

    ``roster``: a list of members comes with it (only where it is the only group).
    """

    log: Log
    operator: Operator = UNTOLD
    roster: bool = True
    until: int | None = None
    since: int | None = None
    named: bool = False


@dataclass(frozen=True)
class Expect:
    """A code with the statuses that are right. ``onset``: name of a true beginning, two weeks around it are right.

    ``value``: what else has to hold of the finding. ``group``: place among the groups (None: all of them).
    """

    code: str
    statuses: tuple[str, ...] = ("finding",)
    onset: str | None = None
    value: Callable[[Finding], bool] | None = None
    group: int | None = 0


@dataclass(frozen=True)
class Check:
    """A number of a concept (``F11``, or a metric ``section.code``) and what has to hold of it."""

    concept: str
    holds: Ask
    group: int | None = 0


@dataclass(frozen=True)
class Case:
    """One drawing of a scenario. ``truth``: true beginnings and numbers, by name. ``twin``: groups that have to get
    the same statuses for the codes ``alike``. ``other``: what is asked of the whole result."""

    groups: tuple[Group, ...]
    expects: Sequence[Expect] = ()
    forbids: Sequence[str] = ()
    abstains: Sequence[str] = ()
    checks: Sequence[Check] = ()
    truth: Mapping[str, int] = field(default_factory=dict)
    twin: tuple[Group, ...] = ()
    alike: Sequence[str] = ()
    other: Mapping[str, Callable[[Any], bool | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A story by name; ``build`` draws it. ``quick``: light enough for the test suite."""

    name: str
    build: Callable[[int], Case]
    quick: bool = True


def after(log: Log, week: float) -> int:
    """The moment a week of the log begins, UTC ms."""
    return log.start + int(week * WEEK)


CAUSES = tuple(
    f"health/{name}"
    for name in (
        "loss_of_focus", "leaderless", "tyranny", "harassment_ads", "harassment_flood", "boredom", "evaporation",
        "staleness",
    )
)  # fmt: skip


def causes_but(*names: str) -> tuple[str, ...]:
    """The causes of decline without those named."""
    return tuple(code for code in CAUSES if code.split("/")[1] not in names)
