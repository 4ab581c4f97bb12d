"""Which row a reply answers, where the export does not name it by an exact, unique id.

Two such references exist: a native id that is unique only at its time (then the nearest earlier row of the
same source and group that bears it is meant), and ``at:<ms>:<sender>``, the moment and the sender of what is
quoted (then it is the one row of the group that fits, or none). It keeps keys of replies and of what they
may mean, never of all rows; logs without such replies are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from cq.store.evidence import mixed
from cq.store.identity import Keys
from cq.store.rows import Rows
from cq.store.settled import Settled
from cq.store.spill import Spill

NEAR_MS = 1000
"""Times in quotations are cut or rounded to seconds."""

_MOMENT = r"(?s)^at:(?P<at>-?[0-9]{1,14}):(?P<who>.+)$"
_COLUMNS = ("message_id", "reply_to")
_GROUP_STEP = np.int64(1) << np.int64(47)
"""Groups lie so far apart on one line of times: farther than any time that 14 digits tell."""


class Answers(NamedTuple):
    """The replies that were resolved (their rows, sorted), and the identities of what they answer."""

    rows: NDArray[np.int64]
    keys: Keys

    def of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Keys]:
        """Which of some rows answer something known here, and (for those) what."""
        if not len(self.rows):
            return np.zeros(len(rows), np.bool_), self.keys.take(np.zeros(0, np.int64))
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        found = self.rows[at] == rows
        return found, self.keys.take(at[found])


NO_ANSWERS = Answers(np.zeros(0, np.int64), Keys(np.zeros(0, np.uint64), np.zeros(0, np.uint32)))


def are_inexact(batch: pa.RecordBatch, unique_ids: bool) -> bool:
    """Whether a batch has replies that must be looked for."""
    answers = batch.column("reply_to")
    if answers.null_count == len(answers) or not batch.column("message_id").null_count:
        return False
    return not unique_ids or pc.any(pc.starts_with(answers, "at:")).as_py() is True


def resolve(spill: Spill, rows: Rows, settled: Settled, falling: list[int]) -> Answers:
    """Look for what the replies answer. ``falling``: runs of rows that are newest-first."""
    turned = np.zeros(len(rows.scopes.edges), np.bool_)
    turned[falling] = True
    search = _Search(spill, rows, settled, turned)
    asked = [*search.by_id(), *search.by_moment()]
    if not asked:
        return NO_ANSWERS
    reply, target = (np.concatenate(side) for side in zip(*asked, strict=True))
    order = np.argsort(reply)
    return Answers(reply[order], rows.keys.take(target[order]))


class _Search:
    """Replies of a log, by what they name, and the rows that may be meant."""

    def __init__(self, spill: Spill, rows: Rows, settled: Settled, turned: NDArray[np.bool_]) -> None:
        self._spill, self._rows, self._settled, self._turned = spill, rows, settled, turned
        self._codes: dict[str, int] = {}
        by_id, by_moment = [_none(2)], [_none(3)]
        for row, batch in self._pieces(_COLUMNS):
            asking = _mask(pc.and_(pc.is_valid(batch.column("reply_to")), pc.is_null(batch.column("message_id"))))
            if asking.any():
                self._sort_out(row[asking], batch.column("reply_to").filter(pa.array(asking)), by_id, by_moment)
        self._by_id = np.concatenate(by_id, axis=1)
        self._by_moment = np.concatenate(by_moment, axis=1)

    def _pieces(self, columns: tuple[str, ...]) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
        start = 0
        for batch in self._spill.read(columns):
            yield np.arange(start, start + batch.num_rows), batch
            start += batch.num_rows

    def _sort_out(
        self,
        row: NDArray[np.int64],
        named: pa.Array,
        by_id: list[NDArray[np.int64]],
        by_moment: list[NDArray[np.int64]],
    ) -> None:
        parts = pc.extract_regex(named, _MOMENT)
        moment = _mask(pc.is_valid(parts))
        exact = np.array([kin.unique_ids for kin in self._rows.kins], np.bool_)[self._rows.source(row)]
        own = ~moment & ~exact
        by_id.append(np.stack([row[own], self._named(row[own], named.filter(pa.array(own)))]))
        if moment.any():
            parts = parts.filter(pa.array(moment))
            at = pc.struct_field(parts, "at").cast(pa.int64()).to_numpy()
            who = [self._person(int(r), w) for r, w in zip(row[moment], pc.struct_field(parts, "who").to_pylist(), strict=True)]
            by_moment.append(np.stack([row[moment], at, np.array(who, np.int64)]))

    def _named(self, row: NDArray[np.int64], ids: pa.Array) -> NDArray[np.int64]:
        """A number for source, group and native id."""
        values = ids.cast(pa.binary()).to_numpy(zero_copy_only=False)
        hashes = np.array([xxh3_64_intdigest(value) for value in values], np.uint64)
        return mixed(self._rows.source(row), self._rows.groups[row], hashes).view(np.int64)

    def _person(self, row: int, who: str) -> int:
        """The number of a sender as a row names them, under the id they are known by now."""
        one = np.array([row])
        group = self._rows.ids[int(self._rows.groups[row])]
        ids = self._settled.people.get((self._rows.kins[int(self._rows.source(one)[0])], group), {})
        who = ids.get(who, who)
        return self._codes.setdefault(who, len(self._codes))

    def by_id(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """(reply, answered) rows of references by native id."""
        reply, wanted = self._by_id
        if not len(reply):
            return
        sources, known = np.unique(self._rows.source(reply)), np.unique(wanted)
        rows, names = [reply[:0]], [wanted[:0]]
        for row, batch in self._pieces(("native_id",)):
            named = np.isin(self._rows.source(row), sources) & _mask(pc.is_valid(batch.column("native_id")))
            if named.any():
                row = row[named]
                name = self._named(row, batch.column("native_id").filter(pa.array(named)))
                meant = known[np.minimum(np.searchsorted(known, name), len(known) - 1)] == name
                rows.append(row[meant])
                names.append(name[meant])
        yield self._nearest_earlier(reply, wanted, np.concatenate(rows), np.concatenate(names))

    def _nearest_earlier(
        self,
        reply: NDArray[np.int64],
        wanted: NDArray[np.int64],
        row: NDArray[np.int64],
        name: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of the rows that bear an id, the last one before the reply, by time and by order."""
        both = np.concatenate([reply, row])
        names = np.concatenate([wanted, name])
        answer = np.arange(len(both)) < len(reply)
        place = np.where(self._turned[self._rows.scopes.run(both)], -both, both)
        order = np.lexsort((~answer, place, self._rows.at[both], names))  # a reply before itself
        last = np.maximum.accumulate(np.where(answer[order], -1, np.arange(len(both))))
        at = np.flatnonzero(answer[order] & (last >= 0))
        at = at[names[order[last[at]]] == names[order[at]]]
        return both[order[at]], both[order[last[at]]]

    def by_moment(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """(reply, answered) rows of references by time and sender."""
        reply, at, who = self._by_moment
        if not len(reply):
            return
        bearers, row = self._bearers(np.sort(self._line(reply, at)))
        order = np.lexsort((self._rows.at[row], bearers))
        bearers, row = bearers[order], row[order]
        wanted = mixed(self._rows.groups[reply], who)
        first, end = np.searchsorted(bearers, wanted), np.searchsorted(bearers, wanted, side="right")
        found = []
        for i in np.flatnonzero(end > first).tolist():
            target = self._only(row[first[i] : end[i]], int(at[i]), int(reply[i]))
            if target is not None:
                found.append((int(reply[i]), target))
        yield (np.array([f[0] for f in found], np.int64), np.array([f[1] for f in found], np.int64))

    def _line(self, row: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._rows.groups[row].astype(np.int64) * _GROUP_STEP + at

    def _bearers(self, moments: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Rows near the (sorted) moments, once for each id and name of their sender that is asked for."""
        rows, bearers = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        for row, batch in self._pieces(("sender_id", "sender_name")):
            line = self._line(row, self._rows.at[row])
            next_moment = np.minimum(np.searchsorted(moments, line - NEAR_MS), len(moments) - 1)
            near = np.flatnonzero(np.abs(moments[next_moment] - line) <= NEAR_MS)
            few = batch.take(pa.array(near))
            for r, id_, name in zip(row[near].tolist(), *(few.column(c).to_pylist() for c in (0, 1)), strict=True):
                codes = self._known_as(r, id_, name)
                rows.append(np.full(len(codes), r, np.int64))
                bearers.append(mixed(np.full(len(codes), self._rows.groups[r]), np.array(codes, np.int64)))
        return np.concatenate(bearers), np.concatenate(rows)

    def _known_as(self, row: int, id_: str | None, name: str | None) -> list[int]:
        names = {id_, f"name:{name}" if name else None} - {None}
        if id_ is not None:
            kin = self._rows.kins[int(self._rows.source(np.array([row]))[0])]
            group = self._rows.ids[int(self._rows.groups[row])]
            names.add(self._settled.people.get((kin, group), {}).get(id_, id_))
        return sorted(self._codes[n] for n in names if n in self._codes)

    def _only(self, rows: NDArray[np.int64], at: int, reply: int) -> int | None:
        """The one message among rows (by time) that was sent then; rather exactly then."""
        times = self._rows.at[rows]
        lo, hi = np.searchsorted(times, at - NEAR_MS), np.searchsorted(times, at + NEAR_MS, side="right")
        rows = rows[lo:hi]
        rows = rows[rows != reply]
        exact = rows[self._rows.at[rows] == at]
        rows = exact if len(exact) else rows
        keys = self._settled.standing(self._rows.keys.take(rows))
        messages = set(zip(keys.hi.tolist(), keys.lo.tolist(), strict=True))
        return int(rows[0]) if len(messages) == 1 else None


def _none(columns: int) -> NDArray[np.int64]:
    return np.zeros((columns, 0), np.int64)


def _mask(condition: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(condition.to_numpy(zero_copy_only=False), np.bool_)
