"""CSV of PyWxDump before April 2024.

**How one gets it.** An old PyWxDump (its code was taken down in October 2025): 导出 → CSV.

**What it looks like.** As today's CSV, with one column `content` that holds JSON (here without its `src`)::

    id,MsgSvrID,type_name,is_sender,talker,room_name,content,CreateTime
    1,7000000000000000001,文本,0,wxid_aaaa0001,10000000001@chatroom,"{""msg"": ""早""}",2024-02-01 09:00:00

**What it lacks.** The group's name, the zone of the times, mentions other than `@name`; names, where
`users.json` is missing.

**Handled.** All that is handled in today's CSV. A `content` that is no JSON any more (cut or changed by
a spreadsheet) is taken as the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {"id", "MsgSvrID", "type_name", "is_sender", "talker", "room_name", "content", "CreateTime"}


def sniff(peek: Peek) -> str | None:
    """Exactly the columns of PyWxDump before 2024."""
    return "head with the old columns of PyWxDump" if set(head_of(peek)) == _COLUMNS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._pywxdump_rows import COLUMNS, pywxdump_rows

    return pywxdump_rows(csv_rows(source, (*COLUMNS, "content")), source, options)


def parts(source: Source) -> Sequence[Source]:
    """``users.json`` in the same folder."""
    users = source.beside("users.json")
    return [users] if users else []


FORMAT = Format(
    id="pywxdump-old-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.ZONE, Lack.MENTIONS, Lack.RECALLED}),
    parts=parts,
)
