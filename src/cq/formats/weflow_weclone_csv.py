"""WeFlow's CSV for WeClone.

**How one gets it.** WeFlow (2025 to 2026): 导出 → WeClone CSV.

**What it looks like.** UTF-8 with BOM, CRLF; the columns of PyWxDump without the chat, types in
English, times in UTC::

    id,MsgSvrID,type_name,is_sender,talker,msg,src,CreateTime
    1,7000000000000000001,text,0,阿北,明早七点,,2026-01-31T22:53:20.000Z
    2,7000000000000000003,text,1,西西,好[引用 阿北：明早七点],,2026-01-31T22:54:20.000Z

**What it lacks.** The group's id and name (the file's name stands in for it), ids of people, types beyond
text, picture, sticker, voice, video, place and file, which message was answered (only its text).

**Handled.** A quotation at the end of an answer is taken off; what WeFlow writes for cards, packets
and announcements (`[链接] 标题`) gets its kind. A fork writes `talker,type,text` without times: that
table cannot be used and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {"id", "MsgSvrID", "type_name", "is_sender", "talker", "msg", "src", "CreateTime"}


def sniff(peek: Peek) -> str | None:
    """Exactly the columns of WeFlow's WeClone table."""
    return "head with WeClone's columns as WeFlow writes them" if set(head_of(peek)) == _COLUMNS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._weclone_rows import COLUMNS, weclone_rows

    return weclone_rows(csv_rows(source, COLUMNS), source, options)


FORMAT = Format(
    id="weflow-weclone-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.SENDER_IDS,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.EVENTS,
            Lack.RECALLED,
        }
    ),
)
