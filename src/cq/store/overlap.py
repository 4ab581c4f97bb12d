"""Where kinds of export overlap: in one log, or between a log and a store. Brings their rows to a meeting.

It finds the groups that need settling and streams their rows, from the spill and from stored files; most
logs have none, and pay nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.store import identity
from cq.store.groups import Heads
from cq.store.identity import Keys
from cq.store.meeting import Doubles, Meeting, Table
from cq.store.names import Names
from cq.store.rows import Rows
from cq.store.settled import Kin, Settled
from cq.store.spill import Spill

COLUMNS = (
    "message_id", "group_id", "sent_at", "sender_id", "sender_name", "kind", "text", "reply_to", "event",
)  # fmt: skip
"""What is looked at of a row."""


class Elsewhere(Protocol):
    """Rows that are kept elsewhere: those of a store."""

    @property
    def heads(self) -> Heads:
        """What its groups are called, and which kinds of export they come from."""
        ...

    @property
    def joined(self) -> dict[str, str]:
        """Its stand-ins for groups that were found to be native ones: that was decided."""
        ...

    def told(self, groups: set[str]) -> Iterator[tuple[str, str, pa.RecordBatch]]:
        """Group, kinds of export and :data:`COLUMNS` of the rows of some groups."""
        ...


def wanted(heads: Heads) -> tuple[dict[str, str], set[str]]:
    """Stand-ins that may be native groups, and all groups that have something to settle."""
    pairs = heads.namesakes()
    several = {group for group, formats in heads.formats.items() if len(formats) > 1}
    return pairs, several | set(pairs) | set(pairs.values())


def within(rows: Rows, spill: Spill, names: Names, heads: Heads) -> Settled:
    """Settle what kinds of export of one log have to do with each other; ``rows`` get more doubles."""
    pairs, groups = wanted(heads)
    if not groups:
        return Settled()
    kins = list(dict.fromkeys(rows.kins))
    witnesses = _witnesses(rows, kins)
    double = rows.double.copy()
    double[witnesses.rows] = False
    tables = (
        table._replace(known=rows.double[table.row]) for table in _own(rows, spill, groups, kins, double)
    )
    settled = Meeting(rows.ids, kins, names).settle(tables, pairs, rows.keys.take, doubles=witnesses)
    rows.double[settled.rows] = True
    place = {id_: i for i, id_ in enumerate(rows.ids)}
    for stand_in, native in settled.joined.items():
        rows.groups[rows.groups == place[stand_in]] = place[native]
    return settled


def with_stored(
    rows: Rows, spill: Spill, names: Names, heads: Heads, before: Settled, others: Elsewhere
) -> Settled:
    """Settle what the rows of a log have to do with stored ones, which stay whatever comes.

    ``before``: what was settled within the log. Its groups are not joined to each other any more: their
    rows have their order.
    """
    both = heads.with_others(others.heads)
    pairs, groups = wanted(both)
    here, there = set(heads.formats), set(others.heads.formats)
    pairs = {s: n for s, n in pairs.items() if not {s, n} <= here and {s, n} & here}
    decided = {s: n for s, n in others.joined.items() if s in here and n not in here}
    decided = {s: n for s, n in decided.items() if s not in before.joined and n in there}
    pairs |= decided
    groups = {g for g in groups if g in here and g in there} | set(pairs) | set(pairs.values())
    if not groups:
        return Settled()
    ids = list(dict.fromkeys([*rows.ids, *sorted(there)]))
    kins = list(dict.fromkeys(rows.kins))
    stored = _Stored(others, groups, ids, kins, first=len(rows.at))
    ours = np.sort(rows.keys.hi[~rows.double])

    def all_rows() -> Iterator[Table]:
        for table in stored.tables():
            names.learn(table.batch)
            yield table._replace(known=_among(stored.last, ours))
        theirs = np.sort(stored.keys().hi)
        for table in _own(rows, spill, groups, kins, rows.double):
            batch = before.applied(table.batch, rows.kins, rows.source(table.row))
            yield table._replace(batch=batch, known=_among(rows.keys.hi[table.row], theirs))

    def keys_of(some: NDArray[np.int64]) -> Keys:
        known, inside = stored.keys(), some < len(rows.at)
        found = Keys(np.zeros(len(some), np.uint64), np.zeros(len(some), np.uint32))
        found.hi[inside], found.lo[inside] = rows.keys.take(some[inside])
        found.hi[~inside], found.lo[~inside] = known.take(some[~inside] - len(rows.at))
        return found

    return Meeting(ids, kins, names).settle(all_rows(), pairs, keys_of, frozenset(decided))


class _Stored:
    """Stored rows, numbered after those of the log."""

    def __init__(
        self, others: Elsewhere, groups: set[str], ids: list[str], kins: list[Kin], first: int
    ) -> None:
        self._others, self._groups, self._kins, self._first = others, groups, kins, first
        self._place = {id_: i for i, id_ in enumerate(ids)}
        self._keys = [Keys(np.zeros(0, np.uint64), np.zeros(0, np.uint32))]

    def tables(self) -> Iterator[Table]:
        """The rows as the meeting takes them; new kinds of export are added to its list."""
        row = self._first
        for group, formats, batch in self._others.told(self._groups):
            kin = Kin(formats, stored=True)
            if kin not in self._kins:
                self._kins.append(kin)
            n = batch.num_rows
            group_code = np.full(n, self._place[group], np.uint32)
            kind = np.full(n, self._kins.index(kin), np.uint16)
            self._keys.append(identity.parse(batch.column("message_id")))
            yield Table(batch, np.arange(row, row + n), group_code, kind, np.zeros(n, np.bool_))
            row += n

    @property
    def last(self) -> NDArray[np.uint64]:
        """The identities (first 64 bits) of the last table."""
        return self._keys[-1].hi

    def keys(self) -> Keys:
        """The identities of all rows so far."""
        hi, lo = zip(*self._keys, strict=True)
        self._keys = [Keys(np.concatenate(hi), np.concatenate(lo))]
        return self._keys[0]


def _witnesses(rows: Rows, kins: list[Kin]) -> Doubles:
    """Doubles by their ids that another kind of export tells, one of each kind.

    Whatever they call the sender, they are one message: nothing says better who is who.
    """
    doubles = np.flatnonzero(rows.double)
    if len(kins) < 2 or not len(doubles):
        return Doubles(doubles[:0], doubles[:0])
    hi = rows.keys.hi[doubles]
    standing = np.flatnonzero(~rows.double & _among(rows.keys.hi, np.unique(hi)))
    standing = standing[np.argsort(rows.keys.hi[standing], kind="stable")]
    stands = standing[np.searchsorted(rows.keys.hi[standing], hi)]
    number = np.array([kins.index(kin) for kin in rows.kins], np.uint16)
    kind = number[rows.source(doubles)]
    other = np.flatnonzero(kind != number[rows.source(stands)])
    first = [
        some[np.unique(hi[some], return_index=True)[1]]
        for k in np.unique(kind[other])
        for some in [other[kind[other] == k]]
    ]
    found = np.sort(np.concatenate([*first, other[:0]]))
    return Doubles(doubles[found], stands[found])


def _own(
    rows: Rows, spill: Spill, groups: set[str], kins: list[Kin], double: NDArray[np.bool_]
) -> Iterator[Table]:
    """Rows of a log in some groups, without doubles."""
    some = np.array([id_ in groups for id_ in rows.ids], np.bool_)
    number = np.array([kins.index(kin) for kin in rows.kins], np.uint16)
    start = 0
    for batch in spill.read(COLUMNS):
        piece = np.arange(start, start + batch.num_rows)
        start += batch.num_rows
        keep = some[rows.groups[piece]] & ~double[piece]
        if keep.any():
            kind = number[rows.source(piece)]
            yield Table(batch, piece, rows.groups[piece], kind, double[piece]).where(keep)


def _among(values: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values are among the (sorted) known ones."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found
