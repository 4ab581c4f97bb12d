"""Analyses: one file per question. Each is a pure function of a group, a window and its settings.

An analysis is a frozen value found by walking this package: a module whose name does not begin
with an underscore and that holds ``ANALYZER``. It returns numbers, tables and findings with their
evidence, never a sentence; the words stand in ``locales/``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from cq.analysis._view import EVENTS, KINDS, EventRow, GroupView, Person, Window
from cq.section import Section

__all__ = [
    "EVENTS",
    "KINDS",
    "Analyzer",
    "EventRow",
    "GroupView",
    "Person",
    "Window",
    "all_analyzers",
    "section_ids",
]


@dataclass(frozen=True, slots=True)
class Analyzer:
    """One analysis: its section id, its frozen settings (the defaults), its function.

    ``order`` is its place in a report; smaller comes first.
    """

    id: str
    order: int
    settings: Any
    run: Callable[[GroupView, Window, Any], Section]


def section_ids() -> tuple[str, ...]:
    """The ids of all sections: an analysis has the name of its module. Loads none of them."""
    return tuple(i.name for i in pkgutil.iter_modules(__path__) if not i.name.startswith("_"))


@cache
def all_analyzers() -> tuple[Analyzer, ...]:
    """Every analysis of this build, in report order."""
    modules = (import_module(f"{__name__}.{name}") for name in section_ids())
    return tuple(sorted((module.ANALYZER for module in modules), key=lambda a: (a.order, a.id)))
