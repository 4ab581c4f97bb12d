"""Batches in file order kept aside, and read back in another order, with bounded memory.

Small logs stay in memory; larger ones go to a private temporary folder that is removed when the
spill is closed. Reordering is an external bucket sort: what must stay in memory is one position
per row, not one text.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.streams import unwritable

KEEP_IN_MEMORY = 48 << 20
"""Bytes of rows beyond which they go to a file."""

BUCKET_ROWS = 1 << 17
"""Rows that are put in order at once."""


class Spill:
    """A list of record batches of one schema: first all are appended, then they are read."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = KEEP_IN_MEMORY if limit is None else limit
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._schema: pa.Schema = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._writer: pa.RecordBatchFileWriter | None = None

    def append(self, batch: pa.RecordBatch) -> None:
        """Keep a batch."""
        try:
            if self._writer is not None:
                self._writer.write_batch(batch)
                return
            self._held.append(batch)
            self._held_bytes += batch.nbytes
            if self._held_bytes > self._limit:
                self._open(batch.schema)
        except OSError as error:
            raise unwritable(tempfile.gettempdir(), error) from error

    def _open(self, schema: pa.Schema) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cq-", ignore_cleanup_errors=True)
        self._schema = schema
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self._writer = pa.ipc.new_file(Path(self._folder.name) / "rows.arrow", schema, options=options)
        for held in self._held:
            self._writer.write_batch(held)
        self._held = []

    def read(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The batches in the order in which they came, or some columns; can be read again and again."""
        if self._folder is None:
            for held in list(self._held):
                yield held if columns is None else held.select(columns)
            return
        if self._writer is not None:
            try:
                self._writer.close()
            except OSError as error:
                raise unwritable(tempfile.gettempdir(), error) from error
            self._writer = None
        with pa.OSFile(str(Path(self._folder.name) / "rows.arrow"), "rb") as stream:
            options = pa.ipc.IpcReadOptions()
            if columns is not None:  # what is not asked for is not unpacked
                options.included_fields = [self._schema.get_field_index(name) for name in columns]
            reader = pa.ipc.open_file(stream, options=options)
            for i in range(reader.num_record_batches):
                batch = reader.get_batch(i)
                yield batch if columns is None else batch.select(columns)

    def close(self) -> None:
        """Forget the batches and remove the temporary folder."""
        if self._writer is not None:
            with contextlib.suppress(OSError):  # of a full disk; the file goes anyway
                self._writer.close()
            self._writer = None
        self._held = []
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def in_order(
    read: Callable[[], Iterable[pa.RecordBatch]], position: NDArray[np.int64], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Rows of ``read()`` by ``position`` (-1: left out), whose other values are 0 … k-1, each once."""
    if _rising(position):
        yield from _filtered(read(), position)
    else:
        yield from _sorted(read(), position, schema)


def _rising(position: NDArray[np.int64]) -> bool:
    """Whether the rows come in that order already."""
    last = -1
    for start in range(0, len(position), BUCKET_ROWS):
        here = position[start : start + BUCKET_ROWS]
        here = here[here >= 0]
        if len(here):
            if here[0] < last or (here[1:] < here[:-1]).any():
                return False
            last = int(here[-1])
    return True


def _filtered(batches: Iterable[pa.RecordBatch], position: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in batches:
        keep = position[start : start + batch.num_rows] >= 0
        start += batch.num_rows
        if keep.all():
            yield batch
        elif keep.any():
            yield batch.filter(pa.array(keep))


def _sorted(
    batches: Iterable[pa.RecordBatch], position: NDArray[np.int64], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    buckets = -(-(int(position.max()) + 1) // BUCKET_ROWS)
    share = [Spill(KEEP_IN_MEMORY // buckets) for _ in range(buckets)]
    places: list[list[NDArray[np.uint32]]] = [[] for _ in range(buckets)]
    try:
        start = 0
        for batch in batches:
            here = position[start : start + batch.num_rows]
            start += batch.num_rows
            bucket_of = np.where(here >= 0, here // BUCKET_ROWS, -1)
            for b in np.unique(bucket_of[bucket_of >= 0]):
                rows = np.flatnonzero(bucket_of == b)
                share[b].append(batch.take(pa.array(rows)))
                places[b].append((here[rows] % BUCKET_ROWS).astype(np.uint32))
        for spill, place in zip(share, places, strict=True):
            table = pa.Table.from_batches(list(spill.read()), schema)
            order = np.argsort(np.concatenate(place))
            place.clear()
            yield from table.take(pa.array(order)).combine_chunks().to_batches()
            spill.close()
    finally:
        for spill in share:
            spill.close()
