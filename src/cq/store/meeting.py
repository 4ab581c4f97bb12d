"""Where different kinds of export tell of one group: gathers what they share, and settles who is who.

Runs only where a group has rows of two kinds (formats), or a group known by its name may be a native one;
then it reads the rows of those groups once more. The decisions are those of ``kinds`` and ``groups``; here
is the order in which they are made, and what follows from them. It changes no row that is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.store.evidence import NOBODY, Gatherer, Sayings, unit_of
from cq.store.groups import STAND_IN, near
from cq.store.identity import Keys
from cq.store.kinds import SHARE, coincide, compare
from cq.store.names import SELF, Names
from cq.store.settled import Kin, Settled

STRANGERS = 20
"""So many rows of either in the time they share, and no word in common: two groups of one name."""


class Table(NamedTuple):
    """Rows that take part: a batch, the numbers of its rows, their groups and their kinds.

    ``known``: rows whose double is known already. They tell who is who, as they did when that was new.
    """

    batch: pa.RecordBatch
    row: NDArray[np.int64]
    group: NDArray[np.unsignedinteger]
    kind: NDArray[np.uint16]
    known: NDArray[np.bool_]

    def where(self, keep: NDArray[np.bool_]) -> Table:
        """Some of the rows."""
        if keep.all():
            return self
        columns = (column[keep] for column in self[1:])
        return Table._make([self.batch.filter(pa.array(keep)), *columns])


class Doubles(NamedTuple):
    """Numbers of rows that are doubles by their ids, and of those that stand for them."""

    rows: NDArray[np.int64]
    stands: NDArray[np.int64]


class Meeting:
    """The rows of some groups, told by several kinds of export."""

    def __init__(self, ids: Sequence[str], kins: Sequence[Kin], names: Names) -> None:
        self._ids, self._kins, self._names = ids, kins, names
        self._gatherer = Gatherer()
        self._vague = self._gatherer.code(SELF)
        self._doubles: Doubles | None = None

    def settle(
        self,
        tables: Iterable[Table],
        pairs: dict[str, str],
        keys_of: Callable[[NDArray[np.int64]], Keys],
        decided: frozenset[str] = frozenset(),
        doubles: Doubles | None = None,
    ) -> Settled:
        """Decide about groups, then people, then rows.

        ``pairs``: stand-ins that may be native groups; of those ``decided`` it is known. ``doubles``: rows
        among those of the tables that are one message by their ids.
        """
        self._doubles = doubles
        for table in tables:
            self._gatherer.add(*table)
        rows = self._gatherer.take()
        self._units = {k: unit_of(rows.at[rows.kind == k]) for k in np.unique(rows.kind).tolist()}
        settled = Settled()
        self._join(rows, pairs, decided, settled)
        dropped: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        told: Counter[tuple[int, str]] = Counter()
        for group, part in self._by_group(rows):
            dropped += self._group(group, part, settled, told)
        settled.notices += [
            (self._kins[k].format, code, str(n)) for (k, code), n in sorted(told.items()) if n
        ]
        if dropped:
            gone, stand = (np.concatenate(side) for side in zip(*dropped, strict=True))
            keys = keys_of(gone)
            order = np.argsort(keys.hi, kind="stable")
            settled.rows, settled.gone = gone, keys.hi[order]
            settled.stand = keys_of(stand).take(order)
            settled.stand = settled.standing(settled.stand)
        return settled

    def _by_group(self, rows: Sayings) -> Iterator[tuple[int, Sayings]]:
        groups, starts = np.unique(rows.group, return_index=True)
        edges = [*starts.tolist(), len(rows.row)]
        for group, lo, hi in zip(groups.tolist(), edges, edges[1:], strict=False):
            yield group, rows.take(slice(lo, hi))

    def _join(self, rows: Sayings, pairs: dict[str, str], decided: frozenset[str], settled: Settled) -> None:
        """Make stand-ins the native groups they are; ``rows`` come group by group again."""
        place = {id_: i for i, id_ in enumerate(self._ids)}
        parts = dict(self._by_group(rows))
        for stand_in, native in pairs.items():
            one, other = parts.get(place[stand_in]), parts.get(place[native])
            if one is None or other is None:
                continue
            if stand_in not in decided and not self._one_group(one, other):
                continue
            settled.joined[stand_in] = native
            self._names.join(stand_in, native)
            rows.group[rows.group == place[stand_in]] = place[native]
            latest = int(one.kind.max())
            settled.notices.append((self._kins[latest].format, "group_by_name", native))
        order = np.lexsort((rows.row, rows.at, rows.group))
        for column in rows:
            column[:] = column[order]

    def _one_group(self, one: Sayings, other: Sayings) -> bool:
        """Near in time; and where both spoke much in the same time, they said something in common."""
        spans = [(int(side.at.min()), int(side.at.max())) for side in (one, other)]
        first, last = max(s[0] for s in spans), min(s[1] for s in spans)
        edges = [np.searchsorted(side.at, [first, last + 1]) for side in (one, other)]
        shared = [side.take(slice(*edge.tolist())) for side, edge in zip((one, other), edges, strict=True)]
        if any(np.count_nonzero(side.telling) < STRANGERS for side in shared):
            return near(*spans)
        kinds = [np.unique(side.kind).tolist() for side in (one, other)]  # apart: a double is no lone moment
        return any(
            coincide(
                one.take(one.kind == a), other.take(other.kind == b), max(self._units[a], self._units[b])
            )
            for a, b in product(*kinds)
        )

    def _group(
        self, group: int, rows: Sayings, settled: Settled, told: Counter[tuple[int, str]]
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Compare every kind with those of better evidence; the (dropped, standing) rows."""
        order = sorted(np.unique(rows.kind).tolist(), key=lambda k: self._worth(rows, k))
        left = {k: rows.take(rows.kind == k) for k in order}
        person: dict[int, dict[int, int]] = {k: {} for k in order}
        dropped = []
        for n, k in enumerate(order):
            for better in order[:n]:
                if not self._comparable(better, k):
                    continue
                a, b = self._apart(left[better], left[k]), self._apart(left[k], left[better])
                unit = max(self._units[better], self._units[k])
                agree = partial(self._agree, group, person)
                verdict = compare(a, b, unit, agree, self._vague, self._told_by_doubles(a, b))
                dropped.append((b.row[verdict.second], a.row[verdict.first]))
                told[k, "maybe_double"] += verdict.uncertain
                if verdict.offset:
                    settled.notices.append((self._kins[k].format, "clock_offset", _hours(verdict.offset)))
                stays = np.ones(len(b.row), np.bool_)
                stays[verdict.second] = False
                left[k] = left[k].take(stays)
                self._introduce(person, better, k, verdict.same)
                if any(one != other for one, other in verdict.same.items()):
                    left = {i: s._replace(who=_renamed(s.who, person[i])) for i, s in left.items()}
        self._remember(group, person, settled, told)
        return dropped

    def _apart(self, rows: Sayings, others: Sayings) -> Sayings:
        """``rows``, those known whose double is among ``others`` by its id: no other row there is."""
        if self._doubles is None:
            return rows
        stands = self._doubles.stands[np.isin(self._doubles.rows, others.row)]
        return rows._replace(known=rows.known | np.isin(rows.row, stands))

    def _told_by_doubles(self, a: Sayings, b: Sayings) -> dict[int, int]:
        """Senders of ``b`` and who they are in ``a``, by rows that are one message by their ids."""
        if self._doubles is None:
            return {}
        rows, stands = self._doubles
        met = np.isin(rows, b.row) & np.isin(stands, a.row)
        pairs = zip(_at(a, stands[met]).tolist(), _at(b, rows[met]).tolist(), strict=True)
        votes = Counter((one, other) for one, other in pairs if min(one, other) >= 0)
        ones, others = Counter[int](), Counter[int]()
        for (one, other), n in votes.items():
            ones[one] += n
            others[other] += n
        vague = (self._vague, NOBODY)
        return {
            other: one
            for (one, other), n in votes.items()
            if n >= SHARE * max(ones[one], others[other]) and one not in vague and other not in vague
        }

    def _comparable(self, a: int, b: int) -> bool:
        one, other = self._kins[a], self._kins[b]
        return one.format != other.format and not (one.stored and other.stored)

    def _worth(self, rows: Sayings, kind: int) -> tuple[bool, bool, bool, bool, int, str]:
        """The smaller, the better the evidence. Stored rows stay whatever comes."""
        kin, mine = self._kins[kind], rows.who[rows.kind == kind]
        known = np.array([_rank(self._gatherer.people[w]) == 0 for w in np.unique(mine[mine >= 0])], np.bool_)
        return (
            not kin.stored,
            not kin.unique_ids,
            2 * int(known.sum()) <= len(known),
            kind not in self._gatherer.replies,
            self._units[kind],
            kin.format,
        )

    def _agree(self, group: int, person: dict[int, dict[int, int]], one: int, other: int) -> bool | None:
        """Whether the names of two senders say that they are one; a name of two people says they are not.

        Two ids that are one person by now are not two people.
        """
        if one == other:
            return True
        a, b = self._gatherer.people[one], self._gatherer.people[other]
        if {_rank(a), _rank(b)} == {0, 1}:  # a number and a uid, an address: nobody has two numbers
            names = self._names.borne(self._ids[group], a) & self._names.borne(self._ids[group], b)
            theirs = (self._names.bearers(self._ids[group], name) for name in names)
            return any({self._by_now(x, person) for x in some} <= {a, b} for some in theirs) or None
        found = None
        for stand_in, id_ in ((a, b), (b, a)):
            if stand_in.startswith(STAND_IN):
                bearers = self._names.bearers(self._ids[group], stand_in.removeprefix(STAND_IN))
                bearers = {self._by_now(bearer, person) for bearer in bearers}
                if bearers and bearers != {id_}:
                    return False
                found = bool(bearers) or found
        return found

    def _by_now(self, bearer: str, person: dict[int, dict[int, int]]) -> str:
        code = self._gatherer.code(bearer)
        found = next((ids[code] for ids in person.values() if code in ids), code)
        return self._gatherer.people[found]

    def _introduce(
        self, person: dict[int, dict[int, int]], better: int, kind: int, same: dict[int, int]
    ) -> None:
        """Note who is who, under the id that says more."""
        for b, a in same.items():
            best = b if self._says_more(b, a) else a
            person[better].setdefault(a, a)
            person[kind].setdefault(b, b)
            for ids, was in [*((ids, a) for ids in person.values()), (person[kind], b)]:
                ids |= {old: best for old, new in ids.items() if new == was}

    def _says_more(self, one: int, other: int) -> bool:
        return _rank(self._gatherer.people[one]) < _rank(self._gatherer.people[other])

    def _remember(
        self,
        group: int,
        person: dict[int, dict[int, int]],
        settled: Settled,
        told: Counter[tuple[int, str]],
    ) -> None:
        people = self._gatherer.people
        for kind, ids in person.items():
            found = {people[old]: people[new] for old, new in ids.items() if old != new}
            if found:
                settled.people[self._kins[kind], self._ids[group]] = found
                told[kind, "mapped_senders"] += len(found)
                for old, new in found.items():
                    self._names.identify(self._ids[group], old, new)


def _at(side: Sayings, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """The senders of rows, which are among those of a side."""
    order = np.argsort(side.row)
    found: NDArray[np.int32] = side.who[order[np.searchsorted(side.row[order], rows)]]
    return found


def _renamed(who: NDArray[np.int32], ids: dict[int, int]) -> NDArray[np.int32]:
    people, of = np.unique(who, return_inverse=True)
    return np.array([ids.get(w, w) for w in people.tolist()], np.int32)[of]


def _rank(person: str) -> int:
    """How much an id says: one of the platform, one of an export or an address, a name, ``self``."""
    if person.startswith(STAND_IN):
        return 2
    if person == SELF:
        return 3
    return int(person.startswith(("uid:", "email:", "phone:", "account:", "anon:")))


def _hours(offset: int) -> str:
    minutes = abs(offset) // 60_000
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
