"""Which row a reply answers, where the export does not name it by an exact, unique id.

Two such references exist: a native id that is unique only at its time (then the nearest earlier row of the
same source and group that bears it is meant), and ``at:<ms>:<sender>``, the moment and the sender of what is
quoted (then it is the one row of the group that fits, or none). It keeps keys of replies and of what they
may mean, never of all rows; logs without such replies are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

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
_FARTHEST, _STEP = np.int64(1 << 43), np.int64(1 << 45)
"""Milliseconds: more than 200 years either way; so there is room for 260,000 groups on one line of times."""


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
        self._exact = np.array([kin.unique_ids for kin in rows.kins], np.bool_)
        by_id, by_moment = [_none(2)], [_none(3)]
        for row, batch in self._pieces(("message_id", "reply_to")):
            named = batch.column("reply_to")
            asking = _mask(pc.and_(pc.is_valid(named), pc.is_null(batch.column("message_id"))))
            if asking.any():
                self._sort_out(row[asking], named.filter(pa.array(asking)), by_id, by_moment)
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
        own = ~moment & ~self._exact[self._rows.source(row)]
        by_id.append(np.stack([row[own], self._named(row[own], named.filter(pa.array(own)))]))
        if moment.any():
            row, parts = row[moment], parts.filter(pa.array(moment))
            at = pc.struct_field(parts, "at").cast(pa.int64()).to_numpy()
            by_moment.append(np.stack([row, at, self._persons(row, pc.struct_field(parts, "who"))]))

    def _named(self, row: NDArray[np.int64], ids: pa.Array) -> NDArray[np.int64]:
        """A number for source, group and native id."""
        return mixed(self._rows.source(row), self._rows.groups[row], _hashes(ids)).view(np.int64)

    def _persons(self, row: NDArray[np.int64], people: pa.Array, now: bool = True) -> NDArray[np.int64]:
        """A number for group and person, who has the id they are known by ``now``."""
        encoded = people.dictionary_encode()
        texts, indices = encoded.dictionary.to_pylist(), pc.fill_null(encoded.indices, 0).to_numpy()
        if not texts:
            return np.zeros(len(row), np.int64)
        found, source, group = (
            _hashes(encoded.dictionary)[indices],
            self._rows.source(row),
            self._rows.groups[row],
        )
        here = {self._rows.ids[g] for g in np.unique(group).tolist()}
        for (kin, id_), known in self._settled.people.items() if now else ():
            if id_ in here:
                sources = [i for i, k in enumerate(self._rows.kins) if k == kin]
                mine = np.isin(source, sources) & (group == self._rows.ids.index(id_))
                told = _hashes(pa.array([known.get(text, text) for text in texts]))
                found[mine] = told[indices[mine]]
        return mixed(group, found).view(np.int64)

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
                meant = _among(name, known)
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
        people = np.unique(who)
        person, row = self._speakers(np.sort(_line(self._rows.groups[reply], at)), people)
        line, wanted = _line(person, self._rows.at[row]), _line(np.searchsorted(people, who), at)
        order = np.argsort(line, kind="stable")
        line, row = line[order], row[order]
        first, end = (
            np.searchsorted(line, wanted - NEAR_MS),
            np.searchsorted(line, wanted + NEAR_MS, side="right"),
        )
        single = np.flatnonzero(end == first + 1)
        single = single[row[first[single]] != reply[single]]
        yield reply[single], row[first[single]]
        several = np.flatnonzero(end > first + 1).tolist()
        found = [(reply[i], self._only(row[first[i] : end[i]], at[i], reply[i])) for i in several]
        pairs = np.array([pair for pair in found if pair[1] is not None], np.int64).reshape(-1, 2)
        yield pairs[:, 0], pairs[:, 1]

    def _speakers(
        self, moments: NDArray[np.int64], people: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(place among ``people``, row): rows near the (sorted) moments, by all ids and names of senders."""
        found = [_none(2)]
        for row, batch in self._pieces(("sender_id", "sender_name")):
            line = _line(self._rows.groups[row], self._rows.at[row])
            next_moment = np.minimum(np.searchsorted(moments, line - NEAR_MS), len(moments) - 1)
            near = np.flatnonzero(np.abs(moments[next_moment] - line) <= NEAR_MS)
            row, batch = row[near], batch.take(pa.array(near))
            names = pc.binary_join_element_wise("name:", batch.column("sender_name"), "")
            for column, now in (
                (batch.column("sender_id"), True),
                (batch.column("sender_id"), False),
                (names, False),
            ):
                person = self._persons(row, column, now)
                meant = _among(person, people) & _mask(pc.is_valid(column))
                found.append(np.stack([np.searchsorted(people, person[meant]), row[meant]]))
        person, row = np.unique(np.concatenate(found, axis=1), axis=1)
        return person, row

    def _only(self, rows: NDArray[np.int64], at: np.int64, reply: np.int64) -> int | None:
        """The one message among rows that were sent about then; rather one that was sent exactly then."""
        rows = rows[rows != reply]
        exact = rows[self._rows.at[rows] == at]
        rows = exact if len(exact) else rows
        keys = self._settled.standing(self._rows.keys.take(rows))
        messages = set(zip(keys.hi.tolist(), keys.lo.tolist(), strict=True))
        return int(rows[0]) if len(messages) == 1 else None


def _line(of: NDArray[Any], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times of groups (or people) on one line, those of each far from those of the next."""
    return of.astype(np.int64) * _STEP + np.clip(at, -_FARTHEST, _FARTHEST)


def _hashes(texts: pa.Array) -> NDArray[np.uint64]:
    values = texts.cast(pa.binary()).to_numpy(zero_copy_only=False)
    return np.array([xxh3_64_intdigest(value) for value in values], np.uint64)


def _among(values: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which values are among the (sorted) known ones, of which there are some."""
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found


def _none(columns: int) -> NDArray[np.int64]:
    return np.zeros((columns, 0), np.int64)


def _mask(condition: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(condition.to_numpy(zero_copy_only=False), np.bool_)
