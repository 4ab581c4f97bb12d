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
from cq.model import Group, Member, Problem
from cq.result import SourceReport
from cq.store.parts import PART_NAME, PartFile, PartWriter, publish, sync_folder, write_table
from cq.store.stored import MANIFEST, Manifest, StoredLog, describe, is_store, load
from cq.streams import unwritable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cq.store.log import MessageLog
    from cq.store.settled import Settled

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
    known, settled = _acquaint(log, before)
    imported = {s.sha256 for s in old.sources}
    again = imported.issuperset(s.sha256 for s in sources)
    if again and (settled.people or len(settled.gone)):
        # Which row stood for which may come out otherwise among the rows that came later. It was decided.
        parts, read = list[PartFile](), sum(s.rows for s in log.spans)
    else:
        parts, read = _write_parts(folder, log, known, stamp)
    sources = _with_notices(sources, settled)
    groups: dict[str, Group] = {}
    for span in [*(before.spans if before else ()), *log.spans]:
        group = span.group
        if group.group_id in settled.joined:
            group = Group(settled.joined[group.group_id], None, group.platform, group.chat_kind)
        groups[group.group_id] = group.joined(groups.get(group.group_id))
    members: dict[tuple[str, str], Member] = {}
    for member in [*settled.members(before.members if before else ()), *log.members]:
        key = member.group_id, member.member_id
        members[key] = merged_member(members.get(key), member)
    people = {(kin.format, group): ids for (kin, group), ids in settled.people.items() if kin.stored}
    if again:  # files that were here before say nothing new
        people = {}
    joined = settled.joined | old.joined
    new = Manifest(
        parts=(*(before.with_senders(people, joined) if before else ()), *_with_formats(parts, log, joined)),
        groups=write_table(folder, "groups", list(groups.values()), stamp),
        members=write_table(folder, "members", list(members.values()), stamp),
        sources=(*old.sources, *(s for s in sources if s.sha256 not in imported)),
        joined=joined,
    )
    publish(folder, parts)
    _commit(folder, new)
    added = sum(p.rows for p in parts)
    return ImportReport(
        str(folder), tuple(sources), read, added, read - added, sum(p.rows for p in new.parts), len(groups)
    )


def _acquaint(log: MessageLog, stored: StoredLog | None) -> tuple[NDArray[np.uint64], Settled]:
    """Tell the log what is stored of its groups.

    The identities (their first 64 bits, sorted) of messages that are stored, and what was settled.
    """
    import numpy as np

    from cq.store import identity

    log.leave_answers_open()
    if stored is not None:
        log.know_members(stored.members)
    settled = log.meet(stored)
    found = [settled.gone]
    if stored is not None:
        groups = {s.group.group_id for s in log.spans}
        groups |= {stand_in for stand_in, native in settled.joined.items() if native in groups}
        groups |= {native for stand_in, native in stored.joined.items() if stand_in in groups}
        for batch in stored.who_said_what(groups):
            log.know(batch)
            found.append(identity.parse(batch.column("message_id")).hi)
    known = np.concatenate(found)
    known.sort()
    return known, settled


def _with_formats(parts: list[PartFile], log: MessageLog, joined: dict[str, str]) -> list[PartFile]:
    """New files, with the formats their rows may come from."""
    formats: dict[str, set[str]] = {}
    for tally in log.tallies:
        for span in tally.spans:
            id_ = joined.get(span.group.group_id, span.group.group_id)
            formats.setdefault(id_, set()).add(tally.format)
    return [msgspec.structs.replace(p, formats=tuple(sorted(formats.get(p.group_id, ())))) for p in parts]


def _with_notices(sources: list[SourceReport], settled: Settled) -> list[SourceReport]:
    """The sources, with the doubts that came up when they met what is stored."""
    from cq.store.tally import SHOWN_PROBLEMS, times

    out = list(sources)
    for format_id, code, detail in settled.notices if sources else ():
        i = max((i for i, s in enumerate(out) if s.format == format_id), default=len(out) - 1)
        counts = dict(out[i].notice_counts)
        counts[code] = counts.get(code, 0) + times(code, detail)
        notices = [*out[i].notices, Problem(code, out[i].path, detail)][:SHOWN_PROBLEMS]
        out[i] = msgspec.structs.replace(out[i], notices=notices, notice_counts=counts)
    return out


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
