"""Tables as they are printed, figures as they are stored, floors as they are checked. It measures nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Floor(NamedTuple):
    """What has to be reached; ``most`` where the figure may not be larger."""

    name: str
    figure: float | None
    limit: float
    most: bool = False

    @property
    def kept(self) -> bool:
        if self.figure is None:
            return False
        return self.figure <= self.limit if self.most else self.figure >= self.limit


class Report:
    """Tables as they are printed, figures as they are stored, floors as they are checked."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.floors: list[Floor] = []

    def title(self, text: str) -> None:
        print(f"\n## {text}\n")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        print("| " + " | ".join(head) + " |")
        print("|" + "|".join("---" if i == 0 else "---:" for i in range(len(head))) + "|")
        for row in rows:
            print("| " + " | ".join(shown(cell) for cell in row) + " |", flush=True)

    def skip(self, what: str, why: str) -> None:
        print(f"SKIPPED: {what}: {why}", file=sys.stderr)
        self.figures.setdefault("skipped", {})[what] = why


def shown(cell: object) -> str:
    return "–" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell)
