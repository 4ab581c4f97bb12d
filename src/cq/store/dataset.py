"""The Parquet store: many imports, one log on disk that any tool can read.

Layout of a store folder::

    manifest.json                       schema version, files with their rows, sources imported
    messages/group=<slug>/<id>.parquet  rows of one group by time; one file per import that added any
    groups-<id>.parquet  members-<id>.parquet

A commit writes new files under names nobody knows yet, syncs them, and then replaces
``manifest.json`` in one step: a crash before that leaves the old state, a crash after it the new
one. Files no manifest names are removed by the next import. One import at a time holds the lock.
Importing computes nothing but the merge; an import never rewrites what is there.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cq.errors import CqError, InputError
from cq.model import SCHEMA_VERSION, Group, Member
from cq.result import Records, SourceReport
from cq.streams import unwritable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet
    from numpy.typing import NDArray

    from cq.store.log import GroupSpan, MessageLog, Tally

MANIFEST = "manifest.json"
_SCHEMA = f"cq.store/{SCHEMA_VERSION}"
_LOCK_SECONDS = 600
_T = TypeVar("_T")


class PartFile(msgspec.Struct, frozen=True):
    """One Parquet file of messages; times are UTC milliseconds, inclusive."""

    path: str
    group_id: str
    rows: int
    first: int
    last: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a store holds."""

    schema: str = _SCHEMA
    parts: tuple[PartFile, ...] = ()
    groups: str | None = None
    members: str | None = None
    sources: tuple[SourceReport, ...] = ()


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did: rows read, rows that were new, and what the store holds now."""

    store: str
    sources: tuple[SourceReport, ...]
    read: int
    added: int
    known: int
    total: int
    groups: int


def is_store(path: str) -> bool:
    """Whether a path is a store folder."""
    manifest = Path(path, MANIFEST)
    try:
        with manifest.open("rb") as stream:
            return b'"cq.store/' in stream.read(64)
    except OSError:
        return False


def load(folder: Path) -> Manifest:
    """The manifest of a store; an error for a version this build does not know."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError("store_unreadable", path=folder, reason=error) from error
    if manifest.schema != _SCHEMA:
        raise InputError("store_version", path=folder, found=manifest.schema, known=_SCHEMA)
    return manifest


def describe(folder: Path, log: MessageLog) -> SourceReport:
    """A store as a source of an analysis."""
    raw = (folder / MANIFEST).read_bytes()
    rows = sum(s.rows for s in log.spans)
    size = len(raw) + sum(p.bytes for p in load(folder).parts)
    records = Records(rows, rows)
    return SourceReport(str(folder), "cq-store", hashlib.sha256(raw).hexdigest(), size, records)


class StoredLog:
    """A store as a log: the same interface as a fresh merge, without merging again."""

    def __init__(self, folder: Path) -> None:
        from cq.store.log import GroupSpan, Tally

        self._folder = folder
        self._manifest = load(folder)
        groups = {g.group_id: g for g in self._table(self._manifest.groups, Group)}
        self.members: list[Member] = self._table(self._manifest.members, Member)
        found: dict[str, GroupSpan] = {}
        for part in self._manifest.parts:
            group = groups.get(part.group_id) or Group(part.group_id, None, "unknown")
            found[part.group_id] = GroupSpan(group, part.rows, part.first, part.last).joined(
                found.get(part.group_id)
            )
        self.spans: list[GroupSpan] = [found[id_] for id_ in sorted(found)]
        tally = Tally(str(folder), "cq-store", rows=sum(s.rows for s in self.spans))
        tally.spans = self.spans
        self.tallies: list[Tally] = [tally]

    def _table(self, name: str | None, kind: type[_T]) -> list[_T]:
        import pyarrow.parquet as pq

        if name is None:
            return []
        try:
            return [msgspec.convert(row, kind) for row in pq.read_table(self._folder / name).to_pylist()]
        except (OSError, ValueError) as error:
            raise InputError("store_unreadable", path=self._folder / name, reason=error) from error

    def batches(
        self, groups: Collection[str] | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Final rows, group by group, by time; of some groups and of ``[since, until)`` only."""
        for span in self.spans:
            id_ = span.group.group_id
            if groups is not None and id_ not in groups:
                continue
            parts = [
                p
                for p in self._manifest.parts
                if p.group_id == id_
                and (since is None or p.last >= since)
                and (until is None or p.first < until)
            ]
            yield from self._group(parts, since, until)

    def _group(self, parts: list[PartFile], since: int | None, until: int | None) -> Iterator[pa.RecordBatch]:
        import numpy as np

        from cq.model import message_schema
        from cq.store.spill import in_order

        def read() -> Iterator[pa.RecordBatch]:
            for part in parts:
                yield from self._part(part)

        if len(parts) == 1 and since is None and until is None:
            yield from read()
            return
        pieces = [self._times(part) for part in parts]
        at = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        keep = np.ones(len(at), np.bool_)
        if since is not None:
            keep &= at >= since
        if until is not None:
            keep &= at < until
        rows = np.flatnonzero(keep)
        rows = rows[np.argsort(at[rows], kind="stable")]
        position = np.full(len(at), -1, np.int64)
        position[rows] = np.arange(len(rows))
        yield from in_order(read, position, message_schema())

    def _part(self, part: PartFile) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from cq.model import message_schema

        try:
            with pq.ParquetFile(self._folder / part.path) as file:
                for batch in file.iter_batches(1 << 16):
                    yield batch.cast(message_schema())
        except (OSError, pa.ArrowException) as error:
            raise InputError("store_unreadable", path=self._folder / part.path, reason=error) from error

    def _times(self, part: PartFile) -> NDArray[np.int64]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(self._folder / part.path, columns=["sent_at"], partitioning=None)
        except (OSError, pa.ArrowException) as error:
            raise InputError("store_unreadable", path=self._folder / part.path, reason=error) from error
        return table.column("sent_at").combine_chunks().cast(pa.int64()).to_numpy()

    def ids(self, group_id: str) -> list[pa.Array]:
        """The message ids of one group, a column per file."""
        import pyarrow.parquet as pq

        return [
            pq.read_table(self._folder / p.path, columns=["message_id"], partitioning=None)
            .column("message_id")
            .combine_chunks()
            for p in self._manifest.parts
            if p.group_id == group_id
        ]

    def close(self) -> None:
        """Nothing to give back: a store holds no temporary files."""


def add(folder: Path, log: MessageLog, sources: list[SourceReport]) -> ImportReport:
    """Merge a log into the store at ``folder``, which is made if it is not there."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not is_store(str(folder)) and any(p.name not in (".lock", "messages") for p in folder.iterdir()):
            _refuse_foreign(folder)
        with FileLock(folder / ".lock", timeout=_LOCK_SECONDS):
            return _add(folder, log, sources)
    except Timeout as error:
        raise CqError("store_locked", path=folder) from error
    except OSError as error:
        raise unwritable(folder, error) from error


def _refuse_foreign(folder: Path) -> None:
    """A folder with other things in it is no place for a store; remains of a first import that died are."""
    known = re.compile(r"(groups|members)-[0-9a-f]{32}\.parquet|manifest\.json\.[0-9a-f]{32}|\.lock|messages")
    if not all(known.fullmatch(p.name) for p in folder.iterdir()):
        raise CqError("store_not_empty", path=folder)


def _add(folder: Path, log: MessageLog, sources: list[SourceReport]) -> ImportReport:
    old = load(folder) if is_store(str(folder)) else Manifest()
    _sweep(folder, old)
    stamp = uuid.uuid4().hex
    parts, read = _write_parts(folder, old, log, stamp)
    before = StoredLog(folder) if old.parts or old.groups else None
    groups = {s.group.group_id: s.group for s in before.spans} if before else {}
    groups |= {s.group.group_id: s.group.joined(groups.get(s.group.group_id)) for s in log.spans}
    members = {(m.group_id, m.member_id): m for m in [*(before.members if before else []), *log.members]}
    fresh = [s for s in sources if s.sha256 not in {o.sha256 for o in old.sources}]
    new = Manifest(
        parts=(*old.parts, *parts),
        groups=_write_table(folder, "groups", list(groups.values()), stamp),
        members=_write_table(folder, "members", list(members.values()), stamp),
        sources=(*old.sources, *fresh),
    )
    _commit(folder, new)
    _sweep(folder, new)
    added = sum(p.rows for p in parts)
    return ImportReport(
        str(folder), tuple(sources), read, added, read - added, sum(p.rows for p in new.parts), len(groups)
    )


def _write_parts(folder: Path, old: Manifest, log: MessageLog, stamp: str) -> tuple[list[PartFile], int]:
    """New rows of every group, one file each; also how many rows were read."""
    import numpy as np
    import pyarrow as pa

    from cq.store import identity
    from cq.store.log import split_groups

    stored = StoredLog(folder) if old.parts else None
    known_of = {s.group.group_id for s in stored.spans} if stored else set()
    parts: list[PartFile] = []
    read, current = 0, None
    writer: _PartWriter | None = None
    known = np.zeros(0, np.uint64)
    for batch in log.batches():
        for group_id, piece in split_groups(batch):
            if group_id != current:
                parts += writer.close() if writer else []
                current, writer = group_id, _PartWriter(folder, group_id, stamp)
                known = np.zeros(0, np.uint64)
                if stored and group_id in known_of:
                    known = np.sort(np.concatenate([identity.parse(ids).hi for ids in stored.ids(group_id)]))
            read += piece.num_rows
            if len(known):
                wanted = identity.parse(piece.column("message_id")).hi
                at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
                piece = piece.filter(pa.array(known[at] != wanted))
            if writer and piece.num_rows:
                writer.write(piece)
    parts += writer.close() if writer else []
    return parts, read


class _PartWriter:
    """Writes the rows of one group to a file that nobody knows until the commit."""

    def __init__(self, folder: Path, group_id: str, stamp: str) -> None:
        self._folder = folder
        self._group_id = group_id
        self._path = f"messages/group={slug(group_id)}/{stamp}.parquet"
        self._writer: pa.parquet.ParquetWriter | None = None
        self._rows = 0
        self._first = self._last = 0

    def write(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa

        if self._writer is None:
            target = self._folder / self._path
            target.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _parquet_writer(target)
            self._first = batch.column("sent_at").cast(pa.int64())[0].as_py()
        self._writer.write_batch(batch)
        self._rows += batch.num_rows
        self._last = batch.column("sent_at").cast(pa.int64())[-1].as_py()

    def close(self) -> list[PartFile]:
        if self._writer is None:
            return []
        self._writer.close()
        target = self._folder / self._path
        size, digest = _sync(target)
        return [PartFile(self._path, self._group_id, self._rows, self._first, self._last, size, digest)]


def _parquet_writer(target: Path) -> pa.parquet.ParquetWriter:
    import pyarrow.parquet as pq

    from cq.model import HIGH_CARDINALITY, message_schema

    schema = message_schema()
    columns = [name for name in schema.names if name not in HIGH_CARDINALITY]
    return pq.ParquetWriter(target, schema, compression="zstd", use_dictionary=columns)


def _write_table(folder: Path, name: str, rows: list[Group] | list[Member], stamp: str) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = Group if name == "groups" else Member
    kinds = {"joined_at": pa.int64(), "left_at": pa.int64(), "complete_members": pa.bool_()}
    schema = pa.schema([(f, kinds.get(f, pa.string())) for f in kind.__struct_fields__])
    table = pa.Table.from_pylist([msgspec.structs.asdict(r) for r in rows], schema)
    path = f"{name}-{stamp}.parquet"
    pq.write_table(table, folder / path, compression="zstd")
    _sync(folder / path)
    return path


def _sync(path: Path) -> tuple[int, str]:
    """Make a file last; its size and digest."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return stream.tell(), digest


def _commit(folder: Path, manifest: Manifest) -> None:
    temporary = folder / f"{MANIFEST}.{uuid.uuid4().hex}"
    try:
        with temporary.open("wb") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(folder / MANIFEST)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":  # the rename itself lasts only once the folder is synced
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what an import that died left behind. Only names that an import gives are touched."""
    named = {p.path for p in manifest.parts} | {manifest.groups, manifest.members}
    pattern = re.compile(
        r"[0-9a-f]{32}\.parquet|(?:groups|members)-[0-9a-f]{32}\.parquet|manifest\.json\.[0-9a-f]{32}"
    )
    for path in [*folder.glob("*"), *folder.glob("messages/group=*/*")]:
        if pattern.fullmatch(path.name) and path.relative_to(folder).as_posix() not in named:
            path.unlink(missing_ok=True)


def slug(group_id: str) -> str:
    """A folder name for a group id: readable where it is plain ASCII, unique always."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", group_id).strip("-")[:40]
    digest = hashlib.sha256(group_id.encode()).hexdigest()[:12]
    return f"{plain}-{digest}" if plain else digest
