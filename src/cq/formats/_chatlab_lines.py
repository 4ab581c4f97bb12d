"""ChatLab's records one per line: whole blocks at a time, line by line only where one is damaged.

What a record means is :mod:`_chatlab`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from cq.formats._chatlab import Reader
from cq.formats._chatlab_record import Record
from cq.formats._json import MAX_ROWS, decode
from cq.formats._source import Source
from cq.model import Batch, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_BLANKS = b" \t\r\n"
_HEADER = re.compile(rb'[^\n]*"_type"\s*:\s*"header"[^\n]*')


def read_lines(source: Source) -> Iterator[Batch]:
    """The batches of a file with one record per line."""
    reader = Reader(source)
    decoder = msgspec.json.Decoder(Record)
    line = 1
    for block in source.lines():
        count = block.count(b"\n")
        records, numbers = _records(reader, decoder, block, range(line, line + count + 1))
        line += count
        for messages in _messages(reader, records, numbers):
            yield reader.batch(messages)
    yield reader.last()


def _records(
    reader: Reader, decoder: msgspec.json.Decoder[Record], block: bytes, lines: range
) -> tuple[Sequence[Record], Sequence[int]]:
    """The records of ``block`` with their line numbers, which are in ``lines``."""
    count = len(lines) - block.endswith(b"\n")
    try:
        records = decoder.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        records = []
    if len(records) == count:
        return records, lines[:count]
    return _one_by_one(reader, block, lines)


def _one_by_one(reader: Reader, block: bytes, lines: range) -> tuple[list[Record], list[int]]:
    records, numbers = [], []
    for number, raw in zip(lines, block.split(b"\n"), strict=True):
        text = raw.strip(_BLANKS)
        if not text:
            continue
        if text.startswith(b"#"):
            reader.skip("comment")
            continue
        try:
            records.append(decode(text, Record))
        except ValueError as error:
            cut = number == lines[-1] and text.startswith(b"{") and not text.endswith(b"}")
            where = f"{reader.label}:{number}"
            reader.problems.append(Problem("truncated" if cut else "bad_json", where, str(error)))
        else:
            numbers.append(number)
    return records, numbers


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
