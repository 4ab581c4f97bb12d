"""Many exports become one log: merged, without doubles, in order, every record accounted for.

A :class:`Collector` takes batches in file order and keeps, per message, 32 bytes of keys; the texts
go to a :class:`~cq.store.spill.Spill`. ``finish`` decides which rows are doubles and where each row
belongs; the :class:`Log` then yields final rows, group by group, by time, then source order.
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
from cq.store.merge import CHUNK, Piece, Scopes, Steps, doubles, final_order, steps
from cq.store.names import Names, resolve_batch
from cq.store.spill import Spill, in_order

SHOWN_PROBLEMS = 20

_BACKWARD_SHARE = 0.005
"""More steps than this back by more than a minute: several exports glued together."""


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


class Collector:
    """Takes the batches of sources one after the other."""

    def __init__(self) -> None:
        self._spill = Spill()
        self._names = Names()
        self._groups: dict[str, Group] = {}
        self._group_code: dict[str, int] = {}
        self._members: dict[tuple[str, str], Member] = {}
        self._tallies: list[Tally] = []
        self._scopes: list[tuple[int, int]] = []
        self._scope_starts: list[int] = []
        self._rows = 0
        self._parts: list[Piece] = []

    def source(self, label: str, format_id: str, unique_ids: bool) -> Tally:
        """Begin a source; the batches that follow are its."""
        self._tallies.append(Tally(label, format_id, unique_ids))
        return self._tallies[-1]

    def add(self, batch: Batch) -> None:
        """One batch of the current source."""
        tally = self._tallies[-1]
        tally.add(batch)
        for group in batch.groups:
            self._groups[group.group_id] = group.joined(self._groups.get(group.group_id))
        for member in batch.members:
            key = member.group_id, member.member_id
            self._members[key] = merged_member(self._members.get(key), member)
        if batch.messages is None or not batch.messages.num_rows:
            return
        rows = identity.identify_rows(batch.messages, tally.unique_ids)
        scope = (len(self._tallies) - 1, batch.segment)
        if not self._scopes or self._scopes[-1] != scope:
            self._scopes.append(scope)
            self._scope_starts.append(self._rows)
        self._rows += batch.messages.num_rows
        self._parts.append(
            Piece(
                batch.messages.num_rows,
                rows.keys,
                batch.messages.column("sent_at").cast(pa.int64()).to_numpy(),
                self._codes(batch.messages.column("group_id")),
                rows.content if rows.native.any() else None,
                rows.given if rows.given.any() else None,
                rows.native if rows.native.any() else None,
            )
        )
        self._names.learn(batch.messages)
        self._spill.append(batch.messages)

    def _codes(self, ids: pa.Array) -> NDArray[np.unsignedinteger]:
        encoded = ids.dictionary_encode()
        codes = [
            self._group_code.setdefault(g, len(self._group_code)) for g in encoded.dictionary.to_pylist()
        ]
        indices: NDArray[np.int32] = encoded.indices.to_numpy()
        return _codes(codes)[indices]

    def finish(self) -> Log:
        """Decide about doubles and order."""
        self._names.learn_members(self._members.values())
        for id_ in self._group_code:
            self._groups.setdefault(id_, Group(id_, None, "unknown"))
        ids = list(self._group_code)
        place = {id_: i for i, id_ in enumerate(sorted(ids))}
        rank = _codes([place[id_] for id_ in ids])
        keys, at, groups = self._columns(rank)
        scopes = Scopes(self._scopes, [*self._scope_starts, self._rows])
        double = doubles(keys, scopes, self._parts)
        for (source, _), count in zip(self._scopes, scopes.count(np.flatnonzero(double)), strict=True):
            self._tallies[source].skipped["duplicate"] += int(count)
        runs = [steps(groups, at, lo, hi) for lo, hi in scopes.runs()]
        self._warn_about_order(runs)
        falling = [s for s, step in enumerate(runs) if step.down > step.up]
        order = final_order(groups, at, scopes, double, falling)
        rows = _Rows(keys, at, groups, double, order, sorted(ids))
        spans = self._spans(rows, scopes)
        members = [self._members[k] for k in sorted(self._members)]
        return Log(spans, members, self._tallies, rows, self._spill, self._names)

    def close(self) -> None:
        """Remove temporary files, where the collecting ends before ``finish``."""
        self._spill.close()

    def _spans(self, rows: _Rows, scopes: Scopes) -> list[GroupSpan]:
        """How much there is of each group, in all and (in the tallies) per source."""
        total: dict[str, GroupSpan] = {}
        of_source: list[dict[str, GroupSpan]] = [{} for _ in self._tallies]
        for (source, _), (lo, hi) in zip(self._scopes, scopes.runs(), strict=True):
            for id_, span in rows.spans(lo, hi):
                piece = GroupSpan(self._groups[id_], *span)
                for known in (total, of_source[source]):
                    known[id_] = piece.joined(known.get(id_))
        for tally, found in zip(self._tallies, of_source, strict=True):
            tally.spans = list(found.values())
        return [total[id_] for id_ in sorted(total)]

    def _columns(
        self, rank: NDArray[np.unsignedinteger]
    ) -> tuple[Keys, NDArray[np.int64], NDArray[np.unsignedinteger]]:
        """The keys of all rows as whole columns; the pieces are given up on the way."""
        parts = self._parts
        columns = []
        for name, empty in (("hi", np.uint64), ("lo", np.uint32), ("at", np.int64), ("groups", rank.dtype)):
            pieces = [getattr(p, name) for p in parts]
            columns.append(np.concatenate(pieces) if pieces else np.zeros(0, empty))
            for part in parts:
                setattr(part, name, None)
        hi, lo, at, groups = columns
        return Keys(hi, lo), at, rank[groups]

    def _warn_about_order(self, runs: list[Steps]) -> None:
        """Several exports glued together show as time that jumps back again and again.

        In an export that is newest-first as a whole, it is the jumps forward that tell.
        """
        jumps, rows = Counter[int](), Counter[int]()
        for (source, _), step in zip(self._scopes, runs, strict=True):
            jumps[source] += min(step.far_up, step.far_down)
            rows[source] += step.rows
        for source, count in jumps.items():
            if count > max(_BACKWARD_SHARE * rows[source], 1):
                tally = self._tallies[source]
                tally.notice("out_of_order", tally.label, f"{count}/{rows[source]}")


def _codes(values: list[int]) -> NDArray[np.unsignedinteger]:
    """Numbers of groups; two bytes each will do for any but the oddest export."""
    small = max(values, default=0) < 1 << 16
    return np.array(values, np.uint16) if small else np.array(values, np.uint32)


@dataclass(frozen=True, slots=True)
class _Rows:
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
        rows: _Rows,
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
            found = pc.if_else(pa.array(self._exists(targets)), targets, pa.scalar(None, pa.string()))
            columns["reply_to"] = pc.replace_with_mask(columns["reply_to"], answers, found)
        return resolve_batch(
            self._names, pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
        )

    def _exists(self, targets: pa.Array) -> NDArray[np.bool_]:
        """Which message ids are rows of this log or known elsewhere (by their first 64 bits)."""
        if self._known is None:
            kept = self._rows.keys.hi[~self._rows.double]
            self._known = np.sort(np.concatenate([kept, *self._elsewhere]))
        whole = pc.fill_null(pc.match_substring_regex(targets, r"^[0-9a-f]{24}$"), False)
        wanted = identity.parse(pc.if_else(whole, targets, "0" * 24)).hi
        if not len(self._known):
            return np.zeros(len(targets), np.bool_)
        at = np.minimum(np.searchsorted(self._known, wanted), len(self._known) - 1)
        return np.asarray(self._known[at] == wanted, np.bool_)

    def close(self) -> None:
        """Remove temporary files."""
        self._spill.close()
