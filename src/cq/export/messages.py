"""Normalised messages as JSON lines, CSV or Parquet, a batch at a time.

JSON lines and Parquet are lossless. CSV is made safe for spreadsheets: a cell that would be taken
for a formula gets a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cq.model import COLUMNS, PARQUET, message_schema
from cq.zones import to_local

WRITERS = ("jsonl", "csv", "parquet")
_CHUNK = 8192
_ESCAPED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def write(batches: Iterable[pa.RecordBatch], form: str, stream: IO[bytes], zone: ZoneInfo) -> int:
    """Write batches of normalised messages; the number of rows written.

    Times in JSON and CSV are RFC 3339 with the offset of ``zone``; Parquet keeps UTC.
    """
    match form:
        case "jsonl":
            return _jsonl(batches, stream, zone)
        case "csv":
            return _csv(batches, stream, zone)
        case "parquet":
            return write_parquet(batches, stream)
    raise ValueError(form)


def write_parquet(batches: Iterable[pa.RecordBatch], sink: Any) -> int:
    """One Parquet file, zstd; the number of rows."""
    rows = 0
    with pq.ParquetWriter(sink, message_schema(), **PARQUET) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _jsonl(batches: Iterable[pa.RecordBatch], stream: IO[bytes], zone: ZoneInfo) -> int:
    encoder = msgspec.json.Encoder()
    rows = 0
    for values in _rows(batches, zone):
        stream.write(encoder.encode_lines(values))
        rows += len(values)
    return rows


def _csv(batches: Iterable[pa.RecordBatch], stream: IO[bytes], zone: ZoneInfo) -> int:
    stream.write(b"\xef\xbb\xbf")
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        out = csv.writer(text)
        out.writerow(COLUMNS)
        rows = 0
        for values in _rows(batches, zone):
            out.writerows([[_cell(v) for v in row.values()] for row in values])
            rows += len(values)
        return rows
    finally:
        text.detach()


def _rows(batches: Iterable[pa.RecordBatch], zone: ZoneInfo) -> Iterator[list[dict[str, Any]]]:
    for batch in batches:
        for start in range(0, batch.num_rows, _CHUNK):
            piece = batch.slice(start, _CHUNK)
            times = timestamps(piece.column("sent_at"), zone)
            at = piece.schema.get_field_index("sent_at")
            yield piece.set_column(at, "sent_at", times).to_pylist()


def timestamps(times: pa.Array, zone: ZoneInfo) -> pa.Array:
    """RFC 3339 texts of UTC times with the offset of a zone; milliseconds only where there are any."""
    utc = times.cast(pa.int64()).to_numpy(zero_copy_only=False)
    local = to_local(utc, zone)
    offset = (local - utc) // 60_000
    whole = np.where(local % 1000 == 0, True, False)
    seconds = np.datetime_as_string(local.astype("datetime64[ms]"), unit="s")
    millis = np.datetime_as_string(local.astype("datetime64[ms]"), unit="ms")
    zones = {
        int(o): f"{'-' if o < 0 else '+'}{abs(o) // 60:02d}:{abs(o) % 60:02d}" for o in np.unique(offset)
    }
    suffix = pa.array([zones[int(o)] for o in offset], pa.string())
    stamp = pc.if_else(pa.array(whole), pa.array(seconds, pa.string()), pa.array(millis, pa.string()))
    return pc.binary_join_element_wise(stamp, suffix, "")


def _cell(value: Any) -> Any:
    """A CSV cell no spreadsheet takes for a formula; the format ``cq-csv`` undoes it (only an empty text and
    an unknown one look alike afterwards).

    Lists are joined by blanks, or written as JSON where an entry holds one.
    """
    if isinstance(value, list):
        plain = not any(" " in v or v.startswith("[") for v in value)
        value = " ".join(value) if plain else msgspec.json.encode(value).decode()
    if isinstance(value, str) and value.startswith(_ESCAPED):
        return f"'{value}"
    return value
