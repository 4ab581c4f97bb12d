"""What was settled between kinds of export, and how it shows in the rows that stay.

Which groups, people and rows are one is decided elsewhere (``meeting``); here it is kept, and applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.model import Member
from cq.store import identity
from cq.store.identity import Keys
from cq.store.names import renamed_lists


class Kin(NamedTuple):
    """A kind of export: its format (of stored rows, all of them), what may be said for its rows."""

    format: str
    unique_ids: bool = False
    stored: bool = False


@dataclass
class Settled:
    """What became of it.

    ``joined``: stand-in → native group. ``people``: kind of export, group → id → whose that is.
    ``gone``: identities of dropped rows (first 64 bits, sorted), ``stand`` of those that stand for them;
    ``rows``: the numbers of the dropped rows. ``notices``: format, code, detail.
    """

    joined: dict[str, str] = field(default_factory=dict)
    people: dict[tuple[Kin, str], dict[str, str]] = field(default_factory=dict)
    gone: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    stand: Keys = field(default_factory=lambda: Keys(np.zeros(0, np.uint64), np.zeros(0, np.uint32)))
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    notices: list[tuple[str, str, str]] = field(default_factory=list)

    def standing(self, keys: Keys) -> Keys:
        """Identities, those of dropped rows replaced."""
        if not len(self.gone):
            return keys
        at = np.minimum(np.searchsorted(self.gone, keys.hi), len(self.gone) - 1)
        hit = self.gone[at] == keys.hi
        return Keys(np.where(hit, self.stand.hi[at], keys.hi), np.where(hit, self.stand.lo[at], keys.lo))

    def then(self, later: Settled) -> Settled:
        """This, and what was settled after it."""
        people = {key: dict(ids) for key, ids in self.people.items()}
        for key, ids in later.people.items():
            mine = people.setdefault(key, {})
            mine |= {old: ids.get(new, new) for old, new in mine.items()}
            mine |= {old: new for old, new in ids.items() if old not in mine}
        stand = later.standing(self.stand)
        gone = np.concatenate([self.gone, later.gone])
        order = np.argsort(gone, kind="stable")
        both = Keys(np.concatenate([stand.hi, later.stand.hi]), np.concatenate([stand.lo, later.stand.lo]))
        joined = self.joined | later.joined
        return Settled(joined, people, gone[order], both.take(order), notices=later.notices)

    def redirected(self, targets: pa.Array) -> pa.Array:
        """Message ids, those of dropped rows replaced; what is none stays."""
        if not len(self.gone):
            return targets
        keys = identity.parse(identity.whole(targets))
        moved = self.standing(keys)
        return pc.if_else(pa.array(moved.hi != keys.hi), identity.texts(moved), targets)

    def applied(
        self, batch: pa.RecordBatch, kins: list[Kin], kind: NDArray[np.int64] | None = None
    ) -> pa.RecordBatch:
        """Rows under the groups and people they are known to be of by now.

        ``kind``: the places of their kinds of export in ``kins``; None where there is but one.
        """
        if self.joined:
            groups = _replaced(batch.column("group_id"), self.joined)
            batch = batch.set_column(
                batch.schema.get_field_index("group_id"), batch.schema.field("group_id"), groups
            )
        if not self.people:
            return batch
        groups = batch.column("group_id").dictionary_encode()
        of, columns = groups.indices.to_numpy(), {n: batch.column(n) for n in batch.schema.names}
        kind = np.zeros(batch.num_rows, np.int64) if kind is None else kind
        for k in np.unique(kind).tolist():
            for g, group in enumerate(groups.dictionary.to_pylist()):
                ids = self.people.get((kins[k], group))
                mine = (kind == k) & (of == g) if ids else None
                if ids and mine is not None and mine.any():
                    _rename(columns, ids, mine)
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)

    def members(self, members: Iterable[Member]) -> list[Member]:
        """Members under their groups and, where all kinds of export say the same, as the people they are."""
        known: dict[tuple[str, str], set[str]] = {}
        for (_, group), ids in self.people.items():
            for id_, person in ids.items():
                known.setdefault((group, id_), set()).add(person)
        found = []
        for member in members:
            group = self.joined.get(member.group_id, member.group_id)
            people = known.get((group, member.member_id), {member.member_id})
            id_ = next(iter(people)) if len(people) == 1 else member.member_id
            found.append(msgspec.structs.replace(member, group_id=group, member_id=id_))
        return found


def _rename(columns: dict[str, pa.Array], ids: dict[str, str], mine: NDArray[np.bool_]) -> None:
    some = pa.array(mine)
    for name in {"sender_id", "event_actor"} & set(columns):
        columns[name] = pc.if_else(some, _replaced(columns[name], ids), columns[name])
    for name in {"mentions", "event_target"} & set(columns):
        columns[name] = renamed_lists(columns[name], ids, mine)


def _replaced(column: pa.Array, values: dict[str, str]) -> pa.Array:
    encoded = column.dictionary_encode()
    texts = [values.get(text, text) for text in encoded.dictionary.to_pylist()]
    return pa.array(texts, column.type).take(encoded.indices)
