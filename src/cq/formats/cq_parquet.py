"""cq's own messages as Parquet (`cq messages -f parquet`, or a file of a store).

How to get it: `cq messages EXPORT -f parquet -o messages.parquet`.

What it looks like: one table with the columns of a normalised message, times in UTC; any tool that
reads Parquet can read it. Lossless. A copy that another tool has rewritten is read as long as the
columns have kept their names.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cq.formats import Format, Peek, ReadOptions, Source
from cq.model import COLUMNS, Batch, Group, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 16


def _sniff(peek: Peek) -> str | None:
    if peek.head.startswith(b"PAR1") and all(name.encode() in peek.tail for name in COLUMNS):
        return "Parquet with cq's message columns"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = 1
    try:
        with source.open_seekable() as stream, pq.ParquetFile(pa.PythonFile(stream, mode="r")) as file:
            for raw in file.iter_batches(_ROWS, columns=list(COLUMNS)):
                yield _batch(raw, source.label, first)
                first += raw.num_rows
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        yield Batch(problems=(Problem("bad_parquet", f"{source.label}:{first}", str(error)[:120]),))


def _batch(raw: pa.RecordBatch, label: str, first: int) -> Batch:
    import pyarrow as pa

    from cq.model import message_schema

    columns: list[Any] = [raw.column(name).cast(message_schema().field(name).type) for name in COLUMNS]
    batch = pa.RecordBatch.from_arrays(columns, schema=message_schema())
    batch.validate(full=True)
    usable = _usable(batch)
    problems = [
        Problem("bad_row", f"{label}:{first + i}") for i, good in enumerate(usable.to_pylist()) if not good
    ]
    if problems:
        batch = batch.filter(usable)
    heads = pa.Table.from_batches([batch.select(["group_id", "group_name", "platform"])])
    distinct = heads.group_by(["group_id", "group_name", "platform"]).aggregate([]).to_pylist()
    groups = [Group(g["group_id"], g["group_name"], g["platform"], "unknown") for g in distinct]
    return Batch(batch, groups=groups, problems=problems)


def _usable(batch: pa.RecordBatch) -> pa.BooleanArray:
    """Which rows have what every message has: the same checks as for rows of text files."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from cq.formats._own import EVENTS, KINDS, YEARS

    known = [
        pc.is_in(batch.column("kind"), pa.array(sorted(KINDS))),
        pc.is_in(batch.column("event"), pa.array([None, *sorted(EVENTS)])),
        pc.is_in(pc.year(batch.column("sent_at")), pa.array(YEARS)),
        pc.is_valid(batch.column("origin_record")),
        *(pc.greater(pc.binary_length(batch.column(c)), 0) for c in ("platform", "group_id", "origin_file")),
    ]
    return pc.fill_null(functools.reduce(pc.and_, known), False)


FORMAT = Format(
    id="cq-parquet",
    platform="any",
    sniff=_sniff,
    read=_read,
    replies=True,
)
