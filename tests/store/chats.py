"""Logs from a few words, for tests of the store.

A message is a dict of message columns from :func:`said`; a source is a list of messages, or of
batches where a test cares how a file comes in pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from hypothesis import settings

from cq.model import COLUMNS, Batch, record_batch
from cq.result import Records, SourceReport
from cq.store.collector import Collector
from cq.store.log import Log, MessageLog, Tally

LAW = settings(deadline=None, max_examples=80)
"""For tests of what holds for all inputs: the first call loads Arrow, which takes its time."""

START = 1_700_000_000_000
Message = Mapping[str, Any]


def said(at: float, who: str | None = "a", text: str | None = "hi", **columns: Any) -> dict[str, Any]:
    """One message, ``at`` seconds after the start of the test's time."""
    row = {
        "platform": "qq",
        "group_id": "g",
        "group_name": "G",
        "sent_at": START + round(at * 1000),
        "sender_id": who,
        "sender_name": who,
        "kind": "text",
        "text": text,
        "origin_file": "f",
    }
    return row | columns


def rows_of(messages: Sequence[Message], first_record: int = 1) -> pa.RecordBatch:
    """A message batch, records numbered in file order."""
    numbered = [{"origin_record": first_record + i, **m} for i, m in enumerate(messages)]
    columns = {name: [m.get(name) for m in numbered] for name in COLUMNS}
    return record_batch(columns, len(numbered))


def merge(
    *sources: Iterable[Message | Batch],
    unique_ids: bool | Sequence[bool] = False,
    formats: Sequence[str] | None = None,
) -> Log:
    """The log of some sources, of one kind of export (format) unless ``formats`` tells theirs."""
    collector = Collector()
    for i, source in enumerate(sources):
        exact = unique_ids if isinstance(unique_ids, bool) else unique_ids[i]
        collector.source(f"source {i}", formats[i] if formats else "test", exact)
        loose: list[Message] = []
        for item in source:
            if isinstance(item, Batch):
                collector.add(item)
            else:
                loose.append(item)
        if loose:
            collector.add(Batch(rows_of(loose)))
    return collector.finish()


def rows(log: MessageLog, **bounds: Any) -> list[dict[str, Any]]:
    """The rows of a log; ``at`` is the second in the test's time."""
    found = []
    for batch in log.batches(**bounds):
        times = batch.column("sent_at").cast(pa.int64()).to_pylist()
        found += [
            row | {"at": (time - START) / 1000} for row, time in zip(batch.to_pylist(), times, strict=True)
        ]
    return found


def ids(log: MessageLog, **bounds: Any) -> list[str]:
    """The message ids of a log, in its order."""
    return [row["message_id"] for row in rows(log, **bounds)]


def texts(log: MessageLog, **bounds: Any) -> list[str]:
    """The texts of a log, in its order."""
    return [row["text"] for row in rows(log, **bounds)]


def contents(messages: Iterable[Message]) -> Counter[tuple[Any, ...]]:
    """How often each (group, time, sender, kind, text) occurs."""
    return Counter((m["group_id"], _ms(m["sent_at"]), m["sender_id"], m["kind"], m["text"]) for m in messages)


def _ms(time: Any) -> int:
    return time if isinstance(time, int) else round(time.timestamp() * 1000)


def largest(*sources: Iterable[Message]) -> Counter[tuple[Any, ...]]:
    """The multiset maximum of the contents of sources."""
    out: Counter[tuple[Any, ...]] = Counter()
    for source in sources:
        out |= contents(source)
    return out


def balanced(tally: Tally) -> bool:
    """The counting law, with nothing below zero."""
    parts = (
        tally.messages,
        tally.members,
        tally.headers,
        tally.problem_counts.total(),
        tally.skipped.total(),
    )
    return tally.seen == sum(parts) and min(parts) >= 0


def report(name: str) -> SourceReport:
    """A source as the store remembers it."""
    return SourceReport(name, "test", name, 1, Records())
