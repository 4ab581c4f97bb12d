"""From the containers of QCE, one document or chunks of lines, to batches.

What a record means is :mod:`_qce`'s business, which files belong together :mod:`_qce_chunks`'.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np

from cq.errors import InputError
from cq.formats import ReadOptions
from cq.formats._json import Items, Key, walk_ordered
from cq.formats._json_lines import json_lines
from cq.formats._json_places import Lines
from cq.formats._json_values import whole
from cq.formats._qce import MAX_ROWS, Reader
from cq.formats._qce_chunks import is_manifest, manifest_beside, manifest_of, values_of
from cq.formats._qce_record import Message
from cq.formats._source import Source
from cq.model import Batch, Problem

_KEYS = ("metadata", "chatInfo", "statistics", "exportOptions")


def read_document(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a single JSON."""
    reader = Reader(source, options)
    again = Source(source.label, source.open, source.size)
    line_of = Lines(again.blocks, {"messages": Message}, "messages")
    rows: list[Message] = []
    numbers: list[int] = []
    seen, stated, found = 0, None, False
    parts = walk_ordered(
        source.blocks, source.label, {"messages": Message}, _KEYS, "messages", ("metadata", "chatInfo")
    )
    for part in parts:
        match part:
            case Problem():
                reader.problems.append(part)
            case Key(name, value):
                reader.headers = 1
                stated = _total(value) if name == "statistics" else stated
                _tell(reader, name, value)
            case Items(_, first, values):
                seen, found = first + len(values) - 1, True
                rows += values
                numbers += range(first, first + len(values))
        while len(rows) >= MAX_ROWS:
            yield reader.batch(reader.messages(rows[:MAX_ROWS], numbers[:MAX_ROWS], source.label, line_of))
            del rows[:MAX_ROWS], numbers[:MAX_ROWS]
    if not found:  # even an empty array would have been given
        reader.problems.append(Problem("no_records", source.label))
    if stated is not None and stated != seen:
        detail = f"totalMessages={stated} messages={seen}"
        reader.notices.append(Problem("count_mismatch", source.label, detail))
    messages = reader.messages(rows, numbers, source.label, line_of)
    reader.notices += source.notices()
    yield reader.last(messages)


def read_chunks(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a manifest with its chunks, or of one chunk."""
    reader = Reader(source, options)
    if not is_manifest(source.peek):
        if (beside := manifest_beside(source)) is not None:
            values, _ = values_of(beside)
            _tell(reader, "metadata", values.get("metadata"))
            _tell(reader, "chatInfo", values.get("chatInfo"))
        pool = _Pool(reader)
        yield from _chunk(pool, source)
        yield pool.batch()
        yield reader.last()
        return
    manifest = manifest_of(source)
    reader.headers = 1
    reader.problems += manifest.problems
    _tell(reader, "metadata", manifest.metadata)
    _tell(reader, "chatInfo", manifest.chat)
    total = 0
    pool = _Pool(reader)
    for chunk in manifest.chunks:
        if chunk.source is None:
            reader.notices.append(Problem("missing_part", source.label, whole(chunk.name[:200]) or ""))
            continue
        try:
            records = yield from _chunk(pool, chunk.source)
        except InputError:
            yield pool.batch()
            raise
        total += records
        if chunk.records is not None and chunk.records != records:
            detail = f"count={chunk.records} records={records}"
            reader.notices.append(Problem("count_mismatch", chunk.source.label, detail))
    yield pool.batch()
    stated = _total(manifest.statistics)
    if stated is not None and stated != total:
        detail = f"totalMessages={stated} messages={total}"
        reader.notices.append(Problem("count_mismatch", source.label, detail))
    if not manifest.chunks and not manifest.problems:
        reader.problems.append(Problem("no_records", source.label))
    yield reader.last()


class _Pool:
    """Rows on their way to a batch: a chunk may hold a handful of them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._rows: list[Message] = []
        self._numbers: list[int] = []
        self._stamps: list[Any] = []  # of each addition, as an array
        self._labels: list[str] = []

    def add(self, rows: Sequence[Message], numbers: Sequence[int], label: str) -> None:
        rows, numbers, stamps = self.reader.timed(rows, numbers, label)
        self._rows += rows
        self._numbers += numbers
        self._stamps.append(np.asarray(stamps, np.int64))
        self._labels += [label] * len(rows)

    @property
    def full(self) -> bool:
        return len(self._rows) >= MAX_ROWS

    def batch(self) -> Batch:
        """The rows so far; the pool is empty afterwards."""
        labels: str | list[str] = self._labels
        if len(set(labels)) == 1:
            labels = labels[0]
        stamps = np.concatenate(self._stamps) if labels else ()
        messages = self.reader.columns(self._rows, self._numbers, stamps, labels)
        self._rows, self._numbers, self._stamps, self._labels = [], [], [], []
        return self.reader.batch(messages)


def _chunk(pool: _Pool, source: Source) -> Generator[Batch, None, int]:
    """The batches that one chunk fills; returns how many records it has."""
    records = 0
    for piece in json_lines(source, Message):
        pool.reader.problems += piece.problems
        records += len(piece.values) + len(piece.problems)
        for at in range(0, len(piece.values), MAX_ROWS):
            end = at + MAX_ROWS
            pool.add(piece.values[at:end], piece.numbers[at:end], source.label)
            if pool.full:
                yield pool.batch()
    pool.reader.notices += source.notices()
    return records


def _tell(reader: Reader, name: str, value: Any) -> None:
    match name:
        case "metadata":
            reader.times.tell(value)
        case "chatInfo":
            reader.chat.tell(value)


def _total(statistics: Any) -> int | None:
    total = statistics.get("totalMessages") if isinstance(statistics, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None
