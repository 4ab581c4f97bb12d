"""A finished log: final rows, group by group, by time, then source order; and what became of every record.

The rows of a merge stay where they were spilled; a :class:`Log` yields them in order and settles what
needs the whole log: ids, answered messages, names. Merging itself is the collector's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.model import Group, Member, message_schema
from cq.store import identity
from cq.store.answers import Answers
from cq.store.groups import Heads
from cq.store.names import Names, resolve_batch
from cq.store.overlap import Elsewhere, with_stored
from cq.store.rows import Rows
from cq.store.settled import Settled
from cq.store.spill import Spill, in_order
from cq.store.tally import GroupSpan, Tally

__all__ = ["GroupSpan", "Log", "MessageLog", "Tally", "merged_member", "of_known", "split_groups"]


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

    def meet(self, others: Elsewhere | None) -> Settled:
        """Settle what rows of this log have to do with rows of other kinds of export, kept elsewhere."""
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
        heads: Heads,
        settled: Settled,
        answers: Answers,
    ) -> None:
        self.spans = spans
        self.members = members
        self.tallies = tallies
        self._rows = rows
        self._spill = spill
        self._names = names
        self._heads = heads
        self._settled = settled
        self._answers = answers
        self._elsewhere: list[NDArray[np.uint64]] = []
        self._known: NDArray[np.uint64] | None = None
        self._open = False

    def leave_answers_open(self) -> None:
        """Keep answers to messages that are not here: another import may still bring them."""
        self._open = True

    def meet(self, others: Elsewhere | None) -> Settled:
        """Settle what rows of this log have to do with rows of other kinds of export, kept elsewhere.

        All that was settled; rows of this log for which others stand are ``gone``, but left in its batches.
        """
        if others is None:
            return self._settled
        found = with_stored(self._rows, self._spill, self._names, self._heads, self._settled, others)
        self._settled = self._settled.then(found)
        self.members = found.members(self.members)
        spans: dict[str, GroupSpan] = {}
        for span in self.spans:
            group = span.group
            if group.group_id in found.joined:
                group = Group(found.joined[group.group_id], None, group.platform, group.chat_kind)
            span = msgspec.structs.replace(span, group=group)
            spans[group.group_id] = span.joined(spans.get(group.group_id))
        self.spans = [spans[id_] for id_ in sorted(spans)]
        return self._settled

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
                    yield self._final(picked, np.flatnonzero(keep) + piece.start)
            return
        wanted = rows.wanted(rows.order, of_groups, since, until)
        order = rows.order if wanted.all() else rows.order[wanted]
        position = np.full(len(rows.at), -1, np.int64)
        position[order] = np.arange(len(order))
        start = 0
        for batch in in_order(self._spill.read, position, message_schema()):
            yield self._final(batch, order[start : start + batch.num_rows])
            start += batch.num_rows

    def _final(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.RecordBatch:
        columns = {name: batch.column(name) for name in batch.schema.names}
        answers = pc.is_valid(columns["reply_to"])
        if pc.any(answers).as_py():
            some = np.asarray(answers.to_numpy(zero_copy_only=False), np.bool_)
            targets = self._targets(batch.filter(answers), rows[some])
            if not self._open:
                targets = of_known(targets, self._ids())
            columns["reply_to"] = pc.replace_with_mask(columns["reply_to"], answers, targets)
        columns["message_id"] = identity.texts(self._rows.keys.take(rows))
        final = pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
        return resolve_batch(
            self._names, self._settled.applied(final, self._rows.kins, self._rows.source(rows))
        )

    def _targets(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.Array:
        """What some replies answer, as message ids."""
        named = batch.column("reply_to")
        exact = np.array([kin.unique_ids for kin in self._rows.kins], np.bool_)[self._rows.source(rows)]
        keys = identity.native_keys(batch.column("group_id"), named)
        found, answered = self._answers.of(rows)
        keys.hi[found], keys.lo[found] = answered
        by_id = pc.and_(pa.array(exact), pc.invert(pc.starts_with(named, "at:")))
        told = pc.if_else(pc.or_(pa.array(found), by_id), identity.texts(keys), pa.scalar(None, pa.string()))
        return self._settled.redirected(pc.if_else(pc.is_valid(batch.column("message_id")), named, told))

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
    wanted = identity.parse(identity.whole(targets)).hi
    found = np.zeros(len(targets), np.bool_)
    if len(known):
        found = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
    return pc.if_else(pa.array(found), targets, pa.scalar(None, pa.string()))
