"""A log that was read: the groups chosen from it, its owner, its rows group by group.

It opens no export. Here a log of the store meets what the user said about it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from cq.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from cq.model import Group, Member
    from cq.store.log import GroupSpan, MessageLog
    from cq.store.overlap import Elsewhere
    from cq.store.settled import Settled


def chosen(log: MessageLog, wanted: str | None) -> list[GroupSpan]:
    """The groups ``--group`` means: by id, else by name, else by a part of the name; most talk first."""
    spans = sorted(log.spans, key=lambda s: (-s.rows, s.group.group_id))
    if not spans:
        raise InputError("no_messages", path=", ".join(t.label for t in log.tallies))
    if wanted is None:
        return spans
    name = wanted.casefold()
    tests: tuple[Callable[[GroupSpan], bool], ...] = (
        lambda s: s.group.group_id == wanted,
        lambda s: (s.group.group_name or "") == wanted,
        lambda s: name in (s.group.group_name or "").casefold(),
    )
    for test in tests:
        found = [s for s in spans if test(s)]
        if found:
            return found
    names = "、".join((s.group.group_name or s.group.group_id) for s in spans[:5])
    raise InputError("group_not_found", group=wanted, names=names)


class _ChangedLog:
    """A log whose rows are changed on their way out."""

    def __init__(self, log: MessageLog, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
        self.spans, self.members, self.tallies = log.spans, log.members, log.tallies
        self._log = log
        self._change = change

    def leave_answers_open(self) -> None:
        """See :class:`~cq.store.log.MessageLog`."""
        self._log.leave_answers_open()

    def meet(self, others: Elsewhere | None) -> Settled:
        """See :class:`~cq.store.log.MessageLog`; what it settles of groups and members shows here, too."""
        settled = self._log.meet(others)
        self.spans, self.members = self._log.spans, self._log.members
        return settled

    def know(self, rows: pa.RecordBatch) -> None:
        """See :class:`~cq.store.log.MessageLog`."""
        self._log.know(rows)

    def know_members(self, members: Iterable[Member]) -> None:
        """See :class:`~cq.store.log.MessageLog`."""
        self._log.know_members(members)

    def batches(
        self, groups: Collection[str] | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the log, changed."""
        return map(self._change, self._log.batches(groups, since, until))

    def close(self) -> None:
        """Give back temporary files."""
        self._log.close()


class OwnedLog(_ChangedLog):
    """A log whose owner is known (``--me``): ``self`` has an id, ``is_self`` marks their rows."""

    def __init__(self, log: MessageLog, me: str) -> None:
        def owned(batch: pa.RecordBatch) -> pa.RecordBatch:
            from cq.store.names import with_owner

            return with_owner(batch, me)

        super().__init__(log, owned)


def by_group(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """Rows that come group by group, as one stream of batches per group, to be read in this order."""
    from cq.store.log import split_groups

    pieces = itertools.chain.from_iterable(map(split_groups, batches))
    for group_id, piece in itertools.groupby(pieces, key=lambda pair: pair[0]):
        yield group_id, (rows for _, rows in piece)


def frame_log(frame: pd.DataFrame) -> MessageLog:
    """The log behind a frame of normalised messages, as :func:`cq.read` returns them.

    A frame made by hand has message ids of its own (``m1``): its replies mean them, and findings name them.
    """
    import pyarrow as pa

    from cq.model import Batch, message_schema
    from cq.store.collector import Collector

    try:
        table = pa.Table.from_pandas(frame, message_schema(), preserve_index=False)
    except (KeyError, pa.ArrowException) as error:
        raise InputError("bad_frame", reason=error) from error
    named, own = _own_ids(table)
    collector = Collector()
    collector.source("frame", "cq-frame", unique_ids=own is not None)
    for batch in named.combine_chunks().to_batches():
        collector.add(Batch(batch, groups=_groups_of(batch)))
    log = collector.finish()
    return log if own is None else _ChangedLog(log, own)


def _own_ids(table: pa.Table) -> tuple[pa.Table, Callable[[pa.RecordBatch], pa.RecordBatch] | None]:
    """Ids that are not cq's as the native ids they are, and what puts them back into finished rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from cq.store import identity

    ids = table["message_id"]
    own = pc.fill_null(pc.invert(pc.match_substring_regex(ids, r"^[0-9a-f]{24}$")), False)
    if not pc.any(own).as_py():
        return table, None
    nothing = pa.scalar(None, pa.string())
    for name, column in (
        ("native_id", pc.if_else(own, ids, nothing)),
        ("message_id", pc.if_else(own, nothing, ids)),
    ):
        table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    mine = table.filter(own).select(["group_id", "native_id"]).combine_chunks()
    groups, names = (column.combine_chunks() for column in mine.columns)
    derived = identity.texts(identity.native_keys(groups, names))

    def restored(batch: pa.RecordBatch) -> pa.RecordBatch:
        for name in ("message_id", "reply_to"):
            column = batch.column(name)
            known = names.take(pc.index_in(column, derived))
            batch = batch.set_column(
                batch.schema.get_field_index(name), batch.schema.field(name), pc.coalesce(known, column)
            )
        return batch

    return table, restored


def _groups_of(batch: pa.RecordBatch) -> list[Group]:
    import pyarrow as pa

    from cq.model import Group

    columns = ["group_id", "group_name", "platform"]
    heads = pa.Table.from_batches([batch.select(columns)]).group_by(columns).aggregate([]).to_pylist()
    return [Group(h["group_id"], h["group_name"], h["platform"], "unknown") for h in heads]
