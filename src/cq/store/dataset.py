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
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cq.errors import CqError
from cq.result import SourceReport
from cq.store.parts import PART_NAME, PartFile, PartWriter, publish, sync_folder, write_table
from cq.store.stored import MANIFEST, Manifest, StoredLog, describe, is_store, load
from cq.streams import unwritable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cq.store.log import MessageLog

__all__ = ["ImportReport", "StoredLog", "add", "describe", "is_store", "load"]

_LOCK_SECONDS = 600
_TABLE = r"(?:groups|members)-[0-9a-f]{32}\.parquet|manifest\.json\.[0-9a-f]{32}"
_OWN_NAME = re.compile(
    rf"{_TABLE}|\.lock|messages|group=.*/|(?:\.DS_Store|Thumbs\.db|desktop\.ini)/?",
)
"""What may stand in a folder that is to become a store, and (with a slash) in its ``messages``."""


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did: rows read, rows that were new, and what the store holds now."""

    store: str
    sources: tuple[SourceReport, ...]
    read: int
    added: int
    known: int
    total: int
    groups: int


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
