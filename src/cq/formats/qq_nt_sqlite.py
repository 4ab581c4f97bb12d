"""QQ NT's own database ``nt_msg.db``, decrypted: the only source with cards as they were when a message was
sent.

**How one gets it.** QQ NT keeps its messages in ``nt_msg.db``, encrypted. ``cq`` decrypts nothing; it reads
the plain SQLite file that you have made of your own database. Keep ``group_info.db`` beside it, decrypted
likewise: there stand the groups' names and members. An encrypted file begins with ``QQ_NT DB`` and is
refused.

**What it looks like.** An SQLite database with a table ``group_msg_table`` or ``c2c_msg_table`` (private
chats) whose columns have numbers: 40001 message id, 40050 seconds, 40027 group, 40033 sender's number,
40020 uid, 40090 card, 40093 nickname, 40800 the body in protobuf. ``group_info.db``: ``group_list``,
``group_member3``, ``nt_uid_mapping_table``.

**What it lacks.** Names of groups without ``group_info.db``. Who is mentioned stands in the text. An answer
tells time and sender of what it answers, not its id. What others recalled is gone, but for the notice.

**Handled.** Several groups and private chats in one file. Rows of old clients that hold ``name(12345)``.
Versions without some of the columns. Views and virtual tables are not looked at. A damaged file costs the
rows that cannot be reached (problem ``unreadable``, notice ``damaged_database``), a damaged body its
message's words (notice ``bad_body``). Deleted messages are counted (``not_a_message``), members who have
left, too (``not_a_member``). A file ``nt_msg.db-wal`` beside it holds messages that are not merged yet:
notice ``wal_not_read``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_TABLE = re.compile(rb"CREATE TABLE\s{1,8}[\"'\[`]?(?:group|c2c)_msg_table\b", re.IGNORECASE)


def sniff(peek: Peek) -> str | None:
    """SQLite with one of NT's two tables in its schema."""
    if peek.head.startswith(b"SQLite format 3\0") and _TABLE.search(peek.head):
        return "an SQLite database with group_msg_table or c2c_msg_table"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 8,192 messages."""
    from cq.formats._nt_rows import read_database

    return read_database(source, options)


def parts(source: Source) -> Sequence[Source]:
    """The databases of groups and people beside it, and what SQLite itself keeps there."""
    names = ("group_info.db", "profile_info.db", f"{source.name}-wal", f"{source.name}-shm")
    found = [source.beside(name) for name in names]
    return [part for part in found if part is not None and part.label != source.label]


FORMAT = Format(
    id="qq-nt-sqlite",
    platform="qq",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.MENTIONS, Lack.RECALLED}),
    parts=parts,
)
"""Members come from ``group_info.db``, which keeps those whom the client has met: no whole roster."""
