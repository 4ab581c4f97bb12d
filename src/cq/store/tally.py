"""How much there is of each group, and what became of every record of a source. It decides nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from cq.model import Batch, Group, Problem

SHOWN_PROBLEMS = 20


class GroupSpan(msgspec.Struct, frozen=True):
    """How much there is of one group: rows, and the first and last time (UTC ms)."""

    group: Group
    rows: int
    first: int
    last: int

    def joined(self, other: GroupSpan | None) -> GroupSpan:
        """The two of one group together."""
        if other is None:
            return self
        rows, first, last = self.rows + other.rows, min(self.first, other.first), max(self.last, other.last)
        return GroupSpan(self.group, rows, first, last)


_NO_COUNT = frozenset({"group_by_name", "wal_not_read", "truncated"})
"""Notices whose number is an id or a size."""


def times(code: str, detail: str) -> int:
    """How many records a notice is about: a detail that is a plain number says it."""
    return int(detail) if detail.isdecimal() and code not in _NO_COUNT else 1


@dataclass(slots=True)
class Tally:
    """What became of the records of one source. The counting law is :attr:`seen`."""

    label: str
    format: str
    unique_ids: bool = False
    rows: int = 0
    members: int = 0
    headers: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    problem_counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    notice_counts: Counter[str] = field(default_factory=Counter)
    notices: list[Problem] = field(default_factory=list)
    spans: list[GroupSpan] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """Messages kept from this source."""
        return self.rows - self.skipped["duplicate"]

    @property
    def seen(self) -> int:
        """Every record of the source: messages + members + headers + problems + skipped."""
        lost = self.problem_counts.total() + self.skipped.total()
        return self.messages + self.members + self.headers + lost

    def notice(self, code: str, where: str, detail: str = "") -> None:
        """Note a doubt; the first few are kept whole, all are counted."""
        self.notice_counts[code] += times(code, detail)
        if len(self.notices) < SHOWN_PROBLEMS:
            self.notices.append(Problem(code, where, detail))

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.rows += batch.messages.num_rows if batch.messages is not None else 0
        self.members += batch.member_records
        self.headers += batch.headers
        self.skipped.update(batch.skipped)
        self.problem_counts.update(p.code for p in batch.problems)
        self.problems += batch.problems[: max(SHOWN_PROBLEMS - len(self.problems), 0)]
        for notice in batch.notices:
            self.notice(notice.code, notice.where, notice.detail)
