"""A store as it lies on disk: its manifest, and its rows as a log. It reads; it never writes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cq.errors import InputError
from cq.model import SCHEMA_VERSION, Group, Member
from cq.result import Records, SourceReport
from cq.store.parts import PIECE_ROWS, PartFile

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cq.store.groups import Heads
    from cq.store.log import GroupSpan, MessageLog, Tally
    from cq.store.overlap import Elsewhere
    from cq.store.settled import Settled

MANIFEST = "manifest.json"
_SCHEMA = f"cq.store/{SCHEMA_VERSION}"
_T = TypeVar("_T")


class Manifest(msgspec.Struct, frozen=True):
    """What a store holds. ``joined``: groups that were known by a name only → what they are known as now."""

    schema: str = _SCHEMA
    parts: tuple[PartFile, ...] = ()
    groups: str | None = None
    members: str | None = None
    sources: tuple[SourceReport, ...] = ()
    joined: dict[str, str] = {}


def is_store(path: str) -> bool:
    """Whether a path is a store folder; one whose manifest is damaged is, too."""
    manifest = Path(path, MANIFEST)
    try:
        with manifest.open("rb") as stream:
            return b'"cq.store/' in stream.read(64) or Path(path, "messages").is_dir()
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
            id_ = self.manifest.joined.get(part.group_id, part.group_id)
            group = groups.get(id_) or Group(id_, None, "unknown")
            span = GroupSpan(group, part.rows, part.first, part.last)
            found[id_] = span.joined(found.get(id_))
            self._parts.setdefault(id_, []).append(part)
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
        except PermissionError as error:
            raise InputError("no_permission", path=path) from error
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
                yield self._settle(part, batch.cast(message_schema()))

    def _settle(self, part: PartFile, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Rows of a file under the group and the senders they are known to be of by now."""
        from cq.store.settled import Kin, Settled

        group = self.manifest.joined.get(part.group_id, part.group_id)
        if group == part.group_id and not part.senders:
            return batch
        return Settled({part.group_id: group}, {(Kin(""), group): part.senders}).applied(batch, [Kin("")])

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
                for batch in self._columns(part, columns):
                    yield self._settle(part, batch)

    @property
    def joined(self) -> dict[str, str]:
        """Groups that were known by a name only, and what they are known as now."""
        return self.manifest.joined

    @property
    def heads(self) -> Heads:
        """What the groups are called, and which formats their rows come from."""
        from cq.store.groups import STAND_IN, Heads

        heads = Heads()
        heads.learn_groups(span.group for span in self.spans)
        for stand_in, group in self.manifest.joined.items():
            heads.learn(group, stand_in.removeprefix(STAND_IN), "unknown")
        for id_, parts in self._parts.items():
            for part in parts:
                heads.learn(id_, None, "unknown", _formats(part))
        return heads

    def told(self, groups: Collection[str]) -> Iterator[tuple[str, str, pa.RecordBatch]]:
        """Group, formats, and what other kinds of export may tell as well, of the rows of some groups."""
        from cq.store.overlap import COLUMNS

        for id_ in sorted(self._parts):
            for part in self._parts[id_] if id_ in groups else ():
                for batch in self._columns(part, list(COLUMNS)):
                    yield id_, _formats(part), self._settle(part, batch)

    def with_senders(
        self, people: Mapping[tuple[str, str], Mapping[str, str]], joined: Mapping[str, str]
    ) -> tuple[PartFile, ...]:
        """The files, with what became known of senders, by (formats, group), and of groups."""
        files = []
        for part in self.manifest.parts:
            id_ = joined.get(part.group_id, part.group_id)
            ids = people.get((_formats(part), id_), {})
            senders = {old: ids.get(new, new) for old, new in part.senders.items()}
            senders |= {old: new for old, new in ids.items() if old not in senders}
            files.append(msgspec.structs.replace(part, senders=senders))
        return tuple(files)

    def meet(self, others: Elsewhere | None) -> Settled:
        """Nothing to settle: the rows of a store are final."""
        from cq.store.settled import Settled

        return Settled(joined=dict(self.manifest.joined))

    def leave_answers_open(self) -> None:
        """Nothing to do: they are open in the files, and settled when read."""

    def know(self, rows: pa.RecordBatch) -> None:
        """Nothing to learn: the rows of a store are final."""

    def know_members(self, members: Iterable[Member]) -> None:
        """Nothing to learn, either."""

    def close(self) -> None:
        """Nothing to give back: a store holds no temporary files."""


def _formats(part: PartFile) -> str:
    """The kind of export that the rows of a file make together."""
    return "+".join(part.formats) or "cq-store"
