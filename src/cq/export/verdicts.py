"""Verdicts on ads as JSON lines or CSV, a chunk at a time. It writes them; it judges and counts nothing.

JSON lines are the rows of the contract. CSV is flat, for reading in a spreadsheet: lists are joined,
and a cell that would be taken for a formula gets a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

import msgspec

from cq.ads.verdict import Verdict
from cq.sidefiles import LABEL_COLUMNS

WRITERS = ("jsonl", "csv")
COLUMNS = (
    "message_id", "sent_at", "sender_id", "verdict", "kind", "score", "text", "kinds", "evidence",
    "evidence_text", "spans", "against",
)  # fmt: skip
_ESCAPED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
CELL_CHARACTERS = 32_000
"""A spreadsheet cell holds 32,767 characters; a longer text is cut in CSV."""


def write(chunks: Iterable[Sequence[Verdict]], form: str, stream: IO[bytes]) -> int:
    """Write verdicts as ``jsonl`` or ``csv``; the number of rows."""
    rows = 0
    if form == "jsonl":
        encoder = msgspec.json.Encoder()
        for chunk in chunks:
            stream.write(encoder.encode_lines(chunk))
            rows += len(chunk)
        return rows
    with _sheet(stream) as sheet:
        sheet.writerow(COLUMNS)
        for chunk in chunks:
            sheet.writerows(map(_row, chunk))
            rows += len(chunk)
    return rows


def write_labels(rows: Iterable[Mapping[str, str]], stream: IO[bytes]) -> None:
    """A labels file: the columns of :data:`~cq.sidefiles.LABEL_COLUMNS`."""
    with _sheet(stream) as sheet:
        sheet.writerow(LABEL_COLUMNS)
        sheet.writerows([_cell(row.get(column, "")) for column in LABEL_COLUMNS] for row in rows)


@contextmanager
def _sheet(stream: IO[bytes]) -> Iterator[Any]:
    """A CSV writer on a binary stream that stays open; with the BOM that Excel needs to read Chinese."""
    stream.write(b"\xef\xbb\xbf")
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        yield csv.writer(text)
    finally:
        text.detach()


def _row(verdict: Verdict) -> list[str | float]:
    spans = (f"{e.span[0]}-{e.span[1]}" if e.span else "" for e in verdict.evidence)
    return [
        _cell(verdict.message_id),
        verdict.sent_at or "",
        _cell(verdict.sender_id or ""),
        verdict.verdict,
        verdict.kind,
        verdict.score,
        _cell(verdict.text[:CELL_CHARACTERS]),
        "; ".join(f"{kind} {weight:g}" for kind, weight in verdict.kinds),
        _cell("; ".join(f"{e.rule} {e.weight:g}" for e in verdict.evidence)),
        _cell("; ".join(e.text or "" for e in verdict.evidence)[:CELL_CHARACTERS]),
        "; ".join(spans),
        _cell("; ".join(f"{e.rule} {e.weight:g}" for e in verdict.against)),
    ]


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_ESCAPED) else value
