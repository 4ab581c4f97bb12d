"""CSV of MemoTrace (留痕, WeChatMsg) 1 and 2 (December 2023 to 2024).

**How one gets it.** MemoTrace: 导出聊天记录 → CSV, `<备注>_utf8.csv`; or all chats at once, `messages.csv`.

**What it looks like.** The columns of WeChat's own table, and then those of the sender (early group
exports stop after `StrTime`); UTF-8 with BOM, CRLF::

    localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender
    101,1,1,0,0,1706749200,2,明早七点，老地方,2024-02-01 09:00:00,,阿北,wxid_aaaa0001

Times are epoch seconds (`CreateTime`).

**What it lacks.** WeChat's message ids (`localId` is the row of one database), the group's id, the words
of replies and all of links, files, red packets (`StrContent` is empty for them, only the kind is known).

**Handled.** System rows may bear the id of the sender before them: it is dropped. Raw XML of pictures
and stickers. `messages.csv` shows names instead of ids and mixes all chats: they are kept apart by
`TalkerId`, as `messages 12`. Where a spreadsheet has spoilt `CreateTime`, `StrTime` is read; empty cells
that it has left out at the end of a row are put back (notice `mended_row`).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {
    "localId",
    "TalkerId",
    "Type",
    "SubType",
    "IsSender",
    "CreateTime",
    "Status",
    "StrContent",
    "StrTime",
}
_OF_SENDER = {"Remark", "NickName", "Sender"}


def sniff(peek: Peek) -> str | None:
    """Exactly the columns of MemoTrace 2, with or without those of the sender."""
    return (
        "head with the columns of MemoTrace 1 and 2"
        if set(head_of(peek)) in (_COLUMNS, _COLUMNS | _OF_SENDER)
        else None
    )


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._memotrace_rows import V2_COLUMNS, memotrace2_rows, whole_row

    return memotrace2_rows(csv_rows(source, V2_COLUMNS, repair=whole_row), source, options)


FORMAT = Format(
    id="memotrace2-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.TITLES,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"reply"}),
)
