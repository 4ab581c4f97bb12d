"""The Parquet store: many imports, one log on disk that any tool can read.

Layout of a store folder::

    manifest.json                       schema version, files with their rows, sources imported
    messages/group=<slug>/<id>.parquet  rows of one group by time; one file per import that added any
    groups-<id>.parquet  members-<id>.parquet

An import writes and syncs its files under names no reader looks for, gives them their own names,
and then replaces ``manifest.json`` in one step: a crash before that leaves the old state, a crash
after it the new one. What no manifest names is removed at once where the import can, else by the
next one. One import at a time holds the lock. Importing computes nothing but the merge; an import
never rewrites rows that are there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cq.errors import CqError, InputError
from cq.model import SCHEMA_VERSION, Group, Member
from cq.result import Records, SourceReport
from cq.store.parts import PART_NAME, PIECE_ROWS, PartFile, PartWriter, publish, sync_folder, write_table
from cq.streams import unwritable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cq.store.log import GroupSpan, MessageLog, Tally

MANIFEST = "manifest.json"
_SCHEMA = f"cq.store/{SCHEMA_VERSION}"
_LOCK_SECONDS = 600
_TABLE = r"(?:groups|members)-[0-9a-f]{32}\.parquet|manifest\.json\.[0-9a-f]{32}"
_OWN_NAME = re.compile(
    rf"{_TABLE}|\.lock|messages|group=.*/|(?:\.DS_Store|Thumbs\.db|desktop\.ini)/?",
)
"""What may stand in a folder that is to become a store, and (with a slash) in its ``messages``."""

_T = TypeVar("_T")


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
    except (OSError, ValueError):
        return False


def load(folder: Path) -> Manifest:
    """The manifest of a store; an error for a version this build does not know."""
    try:
        raw = (folder / MANIFEST).read_bytes()
        found = msgspec.json.decode(raw, type=_Version).schema
        if found != _SCHEMA:
            raise InputError("store_version", path=folder, found=found, known=_SCHEMA)
        return msgspec.json.decode(raw, type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError("store_unreadable", path=folder, reason=error) from error


class _Version(msgspec.Struct):
    schema: str


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
        self.manifest, tables = self._load()
        groups = {g.group_id: g for g in tables[0]}
        self.members: list[Member] = tables[1]
        found: dict[str, GroupSpan] = {}
        self._parts: dict[str, list[PartFile]] = {}
        for part in self.manifest.parts:
            group = groups.get(part.group_id) or Group(part.group_id, None, "unknown")
            span = GroupSpan(group, part.rows, part.first, part.last)
            found[part.group_id] = span.joined(found.get(part.group_id))
            self._parts.setdefault(part.group_id, []).append(part)
        self.spans: list[GroupSpan] = [found[id_] for id_ in sorted(found)]
        tally = Tally(str(folder), "cq-store", rows=sum(s.rows for s in self.spans))
        tally.spans = self.spans
        self.tallies: list[Tally] = [tally]

    def _load(self) -> tuple[Manifest, tuple[list[Group], list[Member]]]:
        """The manifest and its tables, which an import may replace between two looks."""
        manifest = load(self._folder)
        while True:
            try:
                return manifest, (self._table(manifest.groups, Group), self._table(manifest.members, Member))
            except InputError:
                before, manifest = manifest, load(self._folder)
                if manifest == before:
                    raise

    def _table(self, name: str | None, kind: type[_T]) -> list[_T]:
        import pyarrow.parquet as pq

        if name is None:
            return []
        with self._reading(name) as path:
            rows = pq.read_table(path, partitioning=None, page_checksum_verification=True).to_pylist()
            return [msgspec.convert(row, kind) for row in rows]

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[Path]:
        """A file of the store; what is wrong with it becomes the user's error."""
        import pyarrow as pa

        path = self._folder / name
        try:
            yield path
        except (OSError, ValueError, KeyError, pa.ArrowException, msgspec.MsgspecError) as error:
            raise InputError("store_unreadable", path=path, reason=error) from error

    def batches(
        self, groups: Collection[str] | None = None, since: int | None = None, until: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Final rows, group by group, by time; of some groups and of ``[since, until)`` only."""
        for id_ in sorted(self._parts):
            if groups is None or id_ in groups:
                parts = [
                    p
                    for p in self._parts[id_]
                    if (since is None or p.last >= since) and (until is None or p.first < until)
                ]
                yield from self._settled(id_, self._group(parts, since, until))

    def _settled(self, group_id: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows without the answers to messages that never came; see ``leave_answers_open``."""
        import numpy as np

        from cq.store import identity
        from cq.store.log import of_known

        known: NDArray[np.uint64] | None = None
        for batch in batches:
            answers = batch.column("reply_to")
            if answers.null_count == len(answers):
                yield batch
                continue
            if known is None:
                ids = [b.column(0) for p in self._parts[group_id] for b in self._columns(p, ["message_id"])]
                known = np.sort(np.concatenate([identity.parse(column).hi for column in ids]))
            at = batch.schema.get_field_index("reply_to")
            yield batch.set_column(at, batch.schema.field(at), of_known(answers, known))

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
        from cq.model import message_schema

        with self._reading(part.path):
            for batch in self._columns(part):
                yield batch.cast(message_schema())

    def _columns(self, part: PartFile, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Some columns of a file, or all."""
        import pyarrow.parquet as pq

        with self._reading(part.path) as path, pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(PIECE_ROWS, columns=columns):
                yield batch.select(columns) if columns else batch

    def _times(self, part: PartFile) -> NDArray[np.int64]:
        import numpy as np
        import pyarrow as pa

        pieces = [b.column(0).cast(pa.int64()).to_numpy() for b in self._columns(part, ["sent_at"])]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)

    def who_said_what(self, groups: Collection[str]) -> Iterator[pa.RecordBatch]:
        """``message_id``, ``group_id``, ``sender_id`` and ``sender_name`` of all rows of some groups."""
        columns = ["message_id", "group_id", "sender_id", "sender_name"]
        for id_ in sorted(self._parts):
            for part in self._parts[id_] if id_ in groups else ():
                yield from self._columns(part, columns)

    def leave_answers_open(self) -> None:
        """Nothing to do: they are open in the files, and settled when read."""

    def know(self, rows: pa.RecordBatch) -> None:
        """Nothing to learn: the rows of a store are final."""

    def know_members(self, members: Iterable[Member]) -> None:
        """Nothing to learn, either."""

    def close(self) -> None:
        """Nothing to give back: a store holds no temporary files."""


def add(folder: Path, log: MessageLog, sources: list[SourceReport]) -> ImportReport:
    """Merge a log into the store at ``folder``, which is made if it is not there.

    What is stored already may be answered and named by the new rows; it is not rewritten itself.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(folder)
        with FileLock(folder / ".lock", timeout=_LOCK_SECONDS):
            _sweep(folder)
            try:
                report = _add(folder, log, sources)
            except BaseException:
                with contextlib.suppress(CqError):
                    _sweep(folder)
                raise
            _sweep(folder)
            return report
    except Timeout as error:
        raise CqError("store_locked", path=folder) from error
    except OSError as error:
        raise unwritable(folder, error) from error


def _refuse_foreign(folder: Path) -> None:
    """A folder with other things in it is no place for a store; remains of a first import that died are.

    The names are read first: another import may be about to make a store of the folder.
    """
    names = [p.name for p in folder.iterdir()] + [f"{p.name}/" for p in folder.glob("messages/*")]
    if not all(_OWN_NAME.fullmatch(name) for name in names) and not is_store(str(folder)):
        raise CqError("store_not_empty", path=folder)


def _add(folder: Path, log: MessageLog, sources: list[SourceReport]) -> ImportReport:
    from cq.store.log import merged_member

    before = StoredLog(folder) if (folder / MANIFEST).exists() else None
    old = before.manifest if before else Manifest()
    stamp = uuid.uuid4().hex
    parts, read = _write_parts(folder, log, _acquaint(log, before), stamp)
    groups = {s.group.group_id: s.group for s in before.spans} if before else {}
    for span in log.spans:
        groups[span.group.group_id] = span.group.joined(groups.get(span.group.group_id))
    members = {(m.group_id, m.member_id): m for m in before.members} if before else {}
    for member in log.members:
        key = member.group_id, member.member_id
        members[key] = merged_member(members.get(key), member)
    imported = {s.sha256 for s in old.sources}
    new = Manifest(
        parts=(*old.parts, *parts),
        groups=write_table(folder, "groups", list(groups.values()), stamp),
        members=write_table(folder, "members", list(members.values()), stamp),
        sources=(*old.sources, *(s for s in sources if s.sha256 not in imported)),
    )
    publish(folder, parts)
    _commit(folder, new)
    added = sum(p.rows for p in parts)
    return ImportReport(
        str(folder), tuple(sources), read, added, read - added, sum(p.rows for p in new.parts), len(groups)
    )


def _acquaint(log: MessageLog, stored: StoredLog | None) -> NDArray[np.uint64]:
    """Tell the log what is stored of its groups; the stored identities (their first 64 bits), sorted."""
    import numpy as np

    from cq.store import identity

    log.leave_answers_open()
    found = [np.zeros(0, np.uint64)]
    if stored is not None:
        log.know_members(stored.members)
        for batch in stored.who_said_what({s.group.group_id for s in log.spans}):
            log.know(batch)
            found.append(identity.parse(batch.column("message_id")).hi)
    known = np.concatenate(found)
    known.sort()
    return known


def _write_parts(
    folder: Path, log: MessageLog, known: NDArray[np.uint64], stamp: str
) -> tuple[list[PartFile], int]:
    """New rows of every group, one file each; also how many rows were read."""
    import numpy as np
    import pyarrow as pa

    from cq.store import identity
    from cq.store.log import split_groups

    parts: list[PartFile] = []
    read = 0
    writer: PartWriter | None = None
    try:
        for batch in log.batches():
            read += batch.num_rows
            if len(known):
                wanted = identity.parse(batch.column("message_id")).hi
                at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
                batch = batch.filter(pa.array(known[at] != wanted))
            for group_id, piece in split_groups(batch):
                if writer is None or writer.group_id != group_id:
                    parts += [writer.close()] if writer else []
                    writer = PartWriter(folder, group_id, stamp)
                writer.write(piece)
        parts += [writer.close()] if writer else []
    except BaseException:
        if writer:
            writer.abandon()
        raise
    return parts, read


def _commit(folder: Path, manifest: Manifest) -> None:
    temporary = folder / f"{MANIFEST}.{uuid.uuid4().hex}"
    with temporary.open("wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(folder)
    temporary.replace(folder / MANIFEST)
    sync_folder(folder)


def _sweep(folder: Path) -> None:
    """Remove what the manifest does not name: left by an import that died, or replaced by one.

    Only names that an import gives are touched. What another program holds open stays until next time.
    """
    manifest = load(folder) if (folder / MANIFEST).exists() else Manifest()
    named = {p.path for p in manifest.parts} | {manifest.groups, manifest.members}
    found = [p for p in folder.glob("*") if re.fullmatch(_TABLE, p.name)]
    found += [p for p in folder.glob("messages/group=*/*") if PART_NAME.fullmatch(p.name)]
    for path in found:
        if path.relative_to(folder).as_posix() not in named:
            with contextlib.suppress(OSError):
                path.unlink()
    for path in [*folder.glob("messages/group=*"), folder / "messages"]:
        with contextlib.suppress(OSError):  # not empty
            path.rmdir()
