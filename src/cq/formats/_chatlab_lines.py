"""ChatLab's records one per line: which are headers, members, messages.

What a record means is :mod:`_chatlab`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cq.formats._chatlab import Reader
from cq.formats._chatlab_record import Record
from cq.formats._json import MAX_ROWS, decode
from cq.formats._json_lines import json_lines
from cq.formats._source import Source
from cq.model import Batch

if TYPE_CHECKING:
    import pyarrow as pa

_HEADER = re.compile(rb'[^\n]*"_type"\s*:\s*"header"[^\n]*')


def read_lines(source: Source) -> Iterator[Batch]:
    """The batches of a file with one record per line."""
    reader = Reader(source)
    for piece in json_lines(source, Record):
        reader.problems += piece.problems
        reader.skip("comment", piece.comments)
        for messages in _messages(reader, piece.values, piece.numbers):
            yield reader.batch(messages)
    yield reader.last()


def _messages(
    reader: Reader, records: Sequence[Record], numbers: Sequence[int]
) -> Iterator[pa.RecordBatch | None]:
    """Message batches; headers and members on the way go to ``reader``."""
    tags = [record.tag for record in records]
    if tags.count("message") < len(tags):
        rows: list[Record] = []
        lines: list[int] = []
        for record, number in zip(records, numbers, strict=True):
            match record.tag:
                case "message":
                    pass
                case None if record.timestamp is not None:
                    pass
                case "header":
                    if rows:
                        yield from _messages_only(reader, rows, lines)
                        rows, lines = [], []
                    reader.headers += 1
                    reader.header(record.meta)
                    continue
                case "member":
                    reader.member(record)
                    continue
                case _:
                    reader.skip("unknown_record")
                    continue
            rows.append(record)
            lines.append(number)
        records, numbers = rows, lines
    yield from _messages_only(reader, records, numbers)


def _messages_only(
    reader: Reader, rows: Sequence[Record], numbers: Sequence[int]
) -> Iterator[pa.RecordBatch | None]:
    if rows and reader.group is None:
        reader.header(_header_ahead(reader))
    for at in range(0, len(rows), MAX_ROWS):
        yield reader.messages(rows[at : at + MAX_ROWS], numbers[at : at + MAX_ROWS])


def _header_ahead(reader: Reader) -> Any:
    """The ``meta`` of a header that comes after the first message."""
    source = reader.source
    for block in Source(source.label, source.open, source.size).lines():
        if line := _HEADER.search(block):
            try:
                return decode(line[0], Record).meta
            except ValueError:
                continue
    return None
