"""WeFlow's SQL export.

**How to get it.** WeFlow: 导出 → 格式 SQL.

**What it looks like.** One table and an ``INSERT`` per message; quotes inside texts are doubled::

    BEGIN;
    CREATE TABLE IF NOT EXISTS weflow_messages (session_id TEXT, local_id INTEGER, message_id TEXT, create_time INTEGER, …);
    INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type,
      media_type, content, media_path) VALUES ('10000000001@chatroom', 17, '7000000000000000001', 1769900000,
      'wxid_aaaa0001', 0, 1, NULL, '明早七点', NULL);
    COMMIT;

Times are epoch seconds.

**What it lacks.** Names of people and of the chat (the file's name stands in for it), which message an answer
answers (the quoted words are there), addresses of links. Mentions stand in the text only.

**Handled.** Nothing of the file is run: its statements are taken apart as text. Several chats in one file
are groups of their own. A damaged statement costs itself (problem ``bad_row``).
"""  # noqa: E501 - sample lines

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

TABLE = r"(?:[\"`\[]?main[\"`\]]?\.)?[\"`\[]?weflow_messages\b[\"`\]]?"
_BEGIN = re.compile(
    rf"(?:--[^\n]{{0,500}}\s+){{0,9}}(?:(?:BEGIN(?: TRANSACTION)?|PRAGMA[^;]{{0,99}});\s{{0,9}}){{0,4}}"
    rf"(?:CREATE TABLE(?: IF NOT EXISTS)? {TABLE}\s{{0,9}}\(|INSERT INTO {TABLE}\s{{0,9}}[(V])",
    re.IGNORECASE,
)


def sniff(peek: Peek) -> str | None:
    """The first statements make the table weflow_messages, or fill it."""
    return "SQL that makes the table weflow_messages" if _BEGIN.match(peek.start, 0, 1 << 16) else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._weflow_sql import read_dump

    return read_dump(source, options, TABLE)


FORMAT = Format(
    id="weflow-sql",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.REPLIES, Lack.MENTIONS, Lack.LINKS, Lack.RECALLED}),
)
