"""A finished log: final rows, group by group, by time, then source order; and what became of every record.

The rows of a merge stay where they were spilled; a :class:`Log` yields them in order and settles what
needs the whole log: ids, answered messages, names. Merging itself is the collector's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.model import Batch, Group, Member, Problem, message_schema
from cq.store import identity
from cq.store.identity import Keys
from cq.store.merge import CHUNK
from cq.store.names import Names, resolve_batch
from cq.store.spill import Spill, in_order

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
        self.notice_counts[code] += 1
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


class MessageLog(Protocol):
    """A finished log: what a merge of exports and a stored dataset have in common."""

    spans: list[GroupSpan]
    members: list[Member]
    tallies: list[Tally]

    def batches(
        self, groups: Collection[str] | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Final rows, group by group, by time; of some groups and of ``[since, until)`` only."""
        ...

    def know(self, rows: pa.RecordBatch) -> None:
        """Rows kept elsewhere, which rows of this log may answer, and whose senders they may name.

        Needed are ``message_id``, ``group_id``, ``sender_id`` and ``sender_name``.
        """
        ...

    def know_members(self, members: Iterable[Member]) -> None:
        """Members listed elsewhere, whom rows of this log may name."""
        ...

    def leave_answers_open(self) -> None:
        """Keep answers to messages that are not here: another import may still bring them."""
        ...

    def close(self) -> None:
        """Give back temporary files."""
        ...


def merged_member(old: Member | None, new: Member) -> Member:
    """What two sources tell of one member: the later one counts, as far as it tells anything."""
    if old is None:
        return new
    told = {f: value for f, value in msgspec.structs.asdict(new).items() if value is not None}
    return msgspec.structs.replace(old, **told)


def split_groups(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """A batch whose rows come group by group, cut where the group changes."""
    if not batch.num_rows:
        return
    ids = batch.column("group_id")
    edges = pc.indices_nonzero(pc.not_equal(ids[1:], ids[:-1])).to_pylist()
    starts = [0, *(e + 1 for e in edges)]
    for lo, hi in zip(starts, [*starts[1:], batch.num_rows], strict=True):
        yield ids[lo].as_py(), batch.slice(lo, hi - lo)


@dataclass(frozen=True, slots=True)
class Rows:
    """Per row, in file order: identity, time, rank of the group among ``ids``, whether a double.

    ``order``: the kept rows in final order, None where that is file order.
    """

    keys: Keys
    at: NDArray[np.int64]
    groups: NDArray[np.unsignedinteger]
    double: NDArray[np.bool_]
    order: NDArray[np.int64] | None
    ids: list[str]

    def spans(self, lo: int, hi: int) -> Iterator[tuple[str, tuple[int, int, int]]]:
        """Rows, first and last time of each group that has any among the rows ``[lo, hi)``."""
        found: dict[int, tuple[int, int, int]] = {}
        for start in range(lo, hi, CHUNK):
            piece = slice(start, min(start + CHUNK, hi))
            keep = np.flatnonzero(~self.double[piece])
            if not len(keep):
                continue
            keep = keep[np.argsort(self.groups[piece][keep], kind="stable")]
            groups, at = self.groups[piece][keep], self.at[piece][keep]
            starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
            counts = np.diff(starts, append=len(groups))
            firsts, lasts = np.minimum.reduceat(at, starts), np.maximum.reduceat(at, starts)
            columns = (groups[starts], counts, firsts, lasts)
            for g, *span in zip(*(c.tolist() for c in columns), strict=True):
                n, first, last = found.get(g, (0, span[1], span[2]))
                found[g] = n + span[0], min(first, span[1]), max(last, span[2])
        for g in sorted(found):
            yield self.ids[g], found[g]

    def wanted(
        self,
        rows: slice | NDArray[np.int64],
        groups: NDArray[np.bool_] | None,
        since: int | None,
        until: int | None,
    ) -> NDArray[np.bool_]:
        """Which of some rows are kept and asked for."""
        keep = ~self.double[rows]
        if groups is not None:
            keep &= groups[self.groups[rows]]
        if since is not None:
            keep &= self.at[rows] >= since
        if until is not None:
            keep &= self.at[rows] < until
        return keep


class Log:
    """A merged log. Its rows are final: ids, answered messages, names and mentions are settled."""

    def __init__(
        self,
        spans: list[GroupSpan],
        members: list[Member],
        tallies: list[Tally],
        rows: Rows,
        spill: Spill,
        names: Names,
    ) -> None:
        self.spans = spans
        self.members = members
        self.tallies = tallies
        self._rows = rows
        self._spill = spill
        self._names = names
        self._elsewhere: list[NDArray[np.uint64]] = []
        self._known: NDArray[np.uint64] | None = None
        self._open = False

    def leave_answers_open(self) -> None:
        """Keep answers to messages that are not here: another import may still bring them."""
        self._open = True

    def know(self, rows: pa.RecordBatch) -> None:
        """Rows kept elsewhere, which rows of this log may answer, and whose senders they may name."""
        self._names.learn(rows)
        self._elsewhere.append(identity.parse(rows.column("message_id")).hi)
        self._known = None

    def know_members(self, members: Iterable[Member]) -> None:
        """Members listed elsewhere, whom rows of this log may name."""
        self._names.learn_members(members)

    def batches(
        self, groups: Collection[str] | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Final rows, group by group, by time; of some groups and of ``[since, until)`` only."""
        rows = self._rows
        of_groups = None if groups is None else np.array([id_ in groups for id_ in rows.ids], np.bool_)
        if rows.order is None:
            start = 0
            for batch in self._spill.read():
                piece = slice(start, start + batch.num_rows)
                start += batch.num_rows
                keep = rows.wanted(piece, of_groups, since, until)
                if keep.any():
                    picked = batch if keep.all() else batch.filter(pa.array(keep))
                    yield self._final(picked, rows.keys.take(np.flatnonzero(keep) + piece.start))
            return
        wanted = rows.wanted(rows.order, of_groups, since, until)
        order = rows.order if wanted.all() else rows.order[wanted]
        position = np.full(len(rows.at), -1, np.int64)
        position[order] = np.arange(len(order))
        start = 0
        for batch in in_order(self._spill.read, position, message_schema()):
            yield self._final(batch, rows.keys.take(order[start : start + batch.num_rows]))
            start += batch.num_rows

    def _final(self, batch: pa.RecordBatch, keys: Keys) -> pa.RecordBatch:
        columns = {name: batch.column(name) for name in batch.schema.names}
        given = pc.is_valid(columns["message_id"])
        columns["message_id"] = identity.texts(keys)
        answers = pc.is_valid(columns["reply_to"])
        if pc.any(answers).as_py():
            answered, groups = columns["reply_to"].filter(answers), columns["group_id"].filter(answers)
            by_native = identity.texts(identity.native_keys(groups, answered))
            targets = pc.if_else(given.filter(answers), answered, by_native)
            if not self._open:
                targets = of_known(targets, self._ids())
            columns["reply_to"] = pc.replace_with_mask(columns["reply_to"], answers, targets)
        return resolve_batch(
            self._names, pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
        )

    def _ids(self) -> NDArray[np.uint64]:
        """The first 64 bits of every message id here and elsewhere, sorted."""
        if self._known is None:
            kept = self._rows.keys.hi[~self._rows.double]
            self._known = np.sort(np.concatenate([kept, *self._elsewhere]))
        return self._known

    def close(self) -> None:
        """Remove temporary files."""
        self._spill.close()


def of_known(targets: pa.Array, known: NDArray[np.uint64]) -> pa.Array:
    """Message ids, null where no such message is among the (sorted, first 64 bits of) ``known``."""
    whole = pc.fill_null(pc.match_substring_regex(targets, r"^[0-9a-f]{24}$"), False)
    wanted = identity.parse(pc.if_else(whole, targets, "0" * 24)).hi
    found = np.zeros(len(targets), np.bool_)
    if len(known):
        found = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
    return pc.if_else(pa.array(found), targets, pa.scalar(None, pa.string()))
