"""The cases that the articles tell, as invented group logs with what has to be found in them.

Each scenario is drawn by seed; a control beside it differs in one thing. It proves only that an analysis sees
what the authors of these scenarios built; no real group was looked at.
"""

from __future__ import annotations

from importlib import import_module

from .case import Scenario

FAMILIES = (
    "reliance", "shops", "official", "sizes", "ads", "joining", "meetings", "power", "decay", "damage", "drift",
)  # fmt: skip


def scenarios() -> tuple[Scenario, ...]:
    """All of them, by name."""
    found = [s for family in FAMILIES for s in import_module(f"{__name__}.{family}").SCENARIOS]
    return tuple(sorted(found, key=lambda scenario: scenario.name))
