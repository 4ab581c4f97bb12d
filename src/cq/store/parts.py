"""The Parquet files of a store: written whole, synced, and only then given their names.

It knows single files; which of them make up a store is the manifest's business.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cq.model import Group, Member

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet

PIECE_ROWS = 1 << 16
"""Rows read or written at once."""

PART_NAME = re.compile(r"[0-9a-f]{32}\.parquet|\.[0-9a-f]{32}\.part")
"""Names of files of messages: published, and not yet."""


class PartFile(msgspec.Struct, frozen=True):
    """One Parquet file of messages; times are UTC milliseconds, inclusive.

    ``formats``: the formats its rows may come from. ``senders``: ids in it that are known to be another
    one's by now; a reader replaces them.
    """

    path: str
    group_id: str
    rows: int
    first: int
    last: int
    bytes: int
    sha256: str
    formats: tuple[str, ...] = ()
    senders: dict[str, str] = {}


class PartWriter:
    """Writes the rows of one group to a file that nobody knows until it is published."""

    def __init__(self, folder: Path, group_id: str, stamp: str) -> None:
        self.group_id = group_id
        self._path = f"messages/group={slug(group_id)}/{stamp}.parquet"
        self._target = _unpublished(folder / self._path)
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._writer = _parquet_writer(self._target)
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._rows = 0
        self._first = self._last = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows, by time."""
        import pyarrow as pa

        at = batch.column("sent_at").cast(pa.int64())
        self._first = self._first if self._rows else at[0].as_py()
        self._last = at[-1].as_py()
        self._rows += batch.num_rows
        self._held.append(batch)
        self._held_rows += batch.num_rows
        if self._held_rows >= PIECE_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_batches(self._held))
        self._held, self._held_rows = [], 0

    def close(self) -> PartFile:
        """Finish the file."""
        if self._held:
            self._flush()
        self._writer.close()
        size, digest = _sync(self._target)
        return PartFile(self._path, self.group_id, self._rows, self._first, self._last, size, digest)

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        with contextlib.suppress(OSError):
            self._writer.close()
        self._writer.is_open = False  # or its finaliser tries again


def _parquet_writer(target: Path) -> pa.parquet.ParquetWriter:
    import pyarrow.parquet as pq

    from cq.model import PARQUET, message_schema

    return pq.ParquetWriter(target, message_schema(), **PARQUET, write_page_checksum=True)


def write_table(folder: Path, name: str, rows: list[Group] | list[Member], stamp: str) -> str:
    """Write the groups or the members; the name of the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = Group if name == "groups" else Member
    kinds = {"joined_at": pa.int64(), "left_at": pa.int64(), "complete_members": pa.bool_()}
    schema = pa.schema([(f, kinds.get(f, pa.string())) for f in kind.__struct_fields__])
    table = pa.Table.from_pylist([msgspec.structs.asdict(r) for r in rows], schema)
    path = f"{name}-{stamp}.parquet"
    pq.write_table(table, folder / path, compression="zstd", write_page_checksum=True)
    _sync(folder / path)
    return path


def _sync(path: Path) -> tuple[int, str]:
    """Make a file last; its size and digest."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return stream.tell(), digest


def _unpublished(target: Path) -> Path:
    """Where a file stands until it is published: hidden from readers who just take all files."""
    return target.with_name(f".{target.stem}.part")


def publish(folder: Path, parts: list[PartFile]) -> None:
    """Give new files their lasting names, so that a reader without a manifest finds them."""
    for part in parts:
        target = folder / part.path
        _unpublished(target).replace(target)
    for path in sorted({(folder / part.path).parent for part in parts}):
        sync_folder(path)
    if parts:
        sync_folder(folder / "messages")


def sync_folder(path: Path) -> None:
    """Make the names in a folder last; a file that is synced may still be lost with its name."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def slug(group_id: str) -> str:
    """A folder name for a group id: readable where it is plain ASCII, unique always."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", group_id).strip("-")[:40]
    digest = hashlib.sha256(group_id.encode()).hexdigest()[:12]
    return f"{plain}-{digest}" if plain else digest
