"""Takes the batches of many exports and makes them one log: without doubles, in order.

Per message it keeps at most 32 bytes of keys; the texts go to a :class:`~cq.store.spill.Spill`.
``finish`` decides which rows are doubles and where each row belongs. It reads no file.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.model import Batch, Group, Member
from cq.store import answers, identity, overlap
from cq.store.groups import Heads
from cq.store.identity import Keys
from cq.store.log import Log, merged_member
from cq.store.merge import Piece, Scopes, Steps, doubles, final_order, steps
from cq.store.names import Names
from cq.store.rows import Rows
from cq.store.settled import Kin, Settled
from cq.store.spill import Spill
from cq.store.tally import GroupSpan, Tally

_FIRST_ROOM = 1 << 16
_HEAD = ("group_id", "group_name", "platform")

_BACKWARD_SHARE = 0.005
"""More steps than this back by more than a minute: several exports glued together."""


class Column:
    """A growing array. Room that is not filled yet is never touched, so it costs no memory."""

    def __init__(self, kind: type[np.generic]) -> None:
        self._room: NDArray[Any] = np.empty(_FIRST_ROOM, kind)
        self._rows = 0

    def append(self, values: NDArray[Any]) -> None:
        """More values at the end; a wider type widens the column."""
        rows = self._rows + len(values)
        kind = np.promote_types(self._room.dtype, values.dtype)
        if rows > len(self._room) or kind != self._room.dtype:
            room = np.empty(max(rows, 2 * len(self._room)), kind)
            room[: self._rows] = self._room[: self._rows]
            self._room = room
        self._room[self._rows : rows] = values
        self._rows = rows

    def take(self) -> NDArray[Any]:
        """What was appended, in order; the spare room is given back without a copy."""
        self._room.resize(self._rows, refcheck=False)
        return self._room


class Collector:
    """Takes the batches of sources one after the other."""

    def __init__(self) -> None:
        self._spill = Spill()
        self._names = Names()
        self._heads = Heads()
        self._inexact_answers = False
        self._groups: dict[str, Group] = {}
        self._group_code: dict[str, int] = {}
        self._members: dict[tuple[str, str], Member] = {}
        self._tallies: list[Tally] = []
        self._scopes: list[tuple[int, int]] = []
        self._scope_starts: list[int] = []
        self._rows = 0
        self._parts: list[Piece] = []
        self._hi, self._lo = Column(np.uint64), Column(np.uint32)
        self._at, self._group_of = Column(np.int64), Column(np.uint16)

    def source(self, label: str, format_id: str, unique_ids: bool) -> Tally:
        """Begin a source; the batches that follow are its."""
        self._tallies.append(Tally(label, format_id, unique_ids))
        return self._tallies[-1]

    def add(self, batch: Batch) -> None:
        """One batch of the current source."""
        tally = self._tallies[-1]
        tally.add(batch)
        self._heads.learn_groups(batch.groups)
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
                rows.content if rows.native.any() else None,
                rows.given if rows.given.any() else None,
                rows.native if rows.native.any() else None,
            )
        )
        self._hi.append(rows.keys.hi)
        self._lo.append(rows.keys.lo)
        self._at.append(batch.messages.column("sent_at").cast(pa.int64()).to_numpy())
        codes = self._codes(batch.messages.column("group_id"))
        self._group_of.append(codes)
        self._learn_heads(batch.messages, codes, tally.format)
        self._inexact_answers |= answers.are_inexact(batch.messages, tally.unique_ids)
        self._names.learn(batch.messages)
        self._spill.append(batch.messages)

    def _learn_heads(self, rows: pa.RecordBatch, codes: NDArray[np.unsignedinteger], format_id: str) -> None:
        """What the first row of every group, and the last row of all, call it."""
        firsts = np.unique(codes, return_index=True)[1] if codes.any() or len(self._group_code) > 1 else [0]
        for row in (*firsts, rows.num_rows - 1):
            group, name, platform = (rows.column(c)[int(row)].as_py() for c in _HEAD)
            self._heads.learn(group, name, platform, format_id)

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
        rows = self._keyed()
        settled = overlap.within(rows, self._spill, self._names, self._heads)
        for (source, _), count in zip(
            self._scopes, rows.scopes.count(np.flatnonzero(rows.double)), strict=True
        ):
            self._tallies[source].skipped["duplicate"] += int(count)
        self._account(settled)
        runs = [steps(rows.groups, rows.at, lo, hi) for lo, hi in rows.scopes.runs()]
        self._warn_about_order(runs)
        falling = [s for s, step in enumerate(runs) if step.down > step.up]
        found = answers.NO_ANSWERS
        if self._inexact_answers:
            found = answers.resolve(self._spill, rows, settled, falling)
        order = final_order(rows.groups, rows.at, rows.scopes, rows.double, falling)
        rows = dataclasses.replace(rows, order=order)
        members = [self._members[k] for k in sorted(self._members)]
        return Log(
            self._spans(rows),
            members,
            self._tallies,
            rows,
            self._spill,
            self._names,
            self._heads,
            settled,
            found,
        )

    def _keyed(self) -> Rows:
        """The keys of all rows, and which are doubles by their identity."""
        ids = list(self._group_code)
        place = {id_: i for i, id_ in enumerate(sorted(ids))}
        rank = _codes([place[id_] for id_ in ids])
        keys = Keys(self._hi.take(), self._lo.take())
        at, groups = self._at.take(), rank[self._group_of.take()]
        self._group_of = Column(np.uint16)
        scopes = Scopes(self._scopes, [*self._scope_starts, self._rows])
        kins = [Kin(tally.format, tally.unique_ids) for tally in self._tallies]
        return Rows(keys, at, groups, doubles(keys, scopes, self._parts), sorted(ids), scopes, kins)

    def _account(self, settled: Settled) -> None:
        """Groups and members as they were settled; the doubts go to the last source of their kind."""
        for code_of, code, detail in settled.notices:
            tally = next(t for t in reversed(self._tallies) if t.format == code_of)
            tally.notice(code, tally.label, detail)
        for stand_in, native in settled.joined.items():
            known = self._groups[native]
            other = self._groups.pop(stand_in)
            self._groups[native] = known.joined(
                Group(native, other.group_name, other.platform, other.chat_kind)
            )
        if settled.joined or settled.people:
            members = settled.members(self._members.values())
            self._members = {}
            for member in members:
                key = member.group_id, member.member_id
                self._members[key] = merged_member(self._members.get(key), member)

    def close(self) -> None:
        """Remove temporary files, where the collecting ends before ``finish``."""
        self._spill.close()

    def _spans(self, rows: Rows) -> list[GroupSpan]:
        """How much there is of each group, in all and (in the tallies) per source."""
        total: dict[str, GroupSpan] = {}
        of_source: list[dict[str, GroupSpan]] = [{} for _ in self._tallies]
        for (source, _), (lo, hi) in zip(self._scopes, rows.scopes.runs(), strict=True):
            for id_, span in rows.spans(lo, hi):
                piece = GroupSpan(self._groups[id_], *span)
                for known in (total, of_source[source]):
                    known[id_] = piece.joined(known.get(id_))
        for tally, found in zip(self._tallies, of_source, strict=True):
            tally.spans = list(found.values())
        return [total[id_] for id_ in sorted(total)]

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
