"""Rows of QQ NT's decrypted database, written out as JSON by DB Browser for SQLite and the like.

**How one gets it.** Of your own, decrypted ``nt_msg.db``: DB Browser for SQLite → 导出 → 表到 JSON, table
``group_msg_table`` (or ``c2c_msg_table``). The database itself is the better choice: ``cq`` reads it as it
is.

**What it looks like.** An array of objects whose keys are the numbers of the columns; the body is a blob in
Base64 or in hexadecimal digits::

    [{"40001": 7400000000000000001, "40027": 700000001, "40033": 10086001, "40050": 1772327600,
      "40090": "青砖", "40800": "gvYTNg…"}]

**What it lacks.** The same as the database: names of groups (unless ``group_info.db`` lies beside it),
mentions but as @name.

**Handled.** A program that lost the bodies leaves who wrote and when; such rows are messages of the kind
``other`` (notice ``bad_body`` where something illegible stands there). All else as in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """An array of objects with NT's column numbers."""
    keys = peek.json.get("[]", {}).keys()
    if {"40001", "40050"} <= keys and {"40800", "40033", "40020"} & keys:
        return "a JSON array of rows with the columns 40001 and 40050"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 8,192 messages."""
    from cq.formats._nt_dump import read_dump

    return read_dump(source, options)


def parts(source: Source) -> Sequence[Source]:
    """The databases of groups and people beside it."""
    found = [source.beside(name) for name in ("group_info.db", "profile_info.db")]
    return [part for part in found if part is not None]


FORMAT = Format(
    id="qq-nt-json",
    platform="qq",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.MENTIONS, Lack.RECALLED}),
    parts=parts,
)
