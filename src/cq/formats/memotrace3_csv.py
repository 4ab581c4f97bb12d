"""CSV of MemoTrace (留痕) 3, for WeChat 4 (since 2025).

**How one gets it.** MemoTrace: 导出聊天记录 → CSV. It writes `聊天记录/<群名>(<room id>)/<群名>.csv`; the
folder's name is the only place where the group's id stands: keep it.

**What it looks like.** UTF-8 with BOM, CRLF::

    消息ID,类型,发送人,时间,内容,备注,昵称,更多信息
    7000000000000000001,文本,阿北,2026-02-01 06:53:20,明早七点,阿北,阿北,more
    7000000000000000004,表情包,西西,2026-02-01 06:54:30,【表情包】 赞,西西,西西,more

**What it lacks.** Ids of people, the zone of the times, which message was answered (only its text),
mentions other than `@name`. System rows but recalls come without their sentence: who joined is lost.

**Handled.** A quotation `引用：名: 原文` below an answer is taken off. Types that MemoTrace does not know
stand there as a number and a Python dict: kind and title are taken out. Copies saved by a spreadsheet:
other separators and encodings; lost seconds and ids are counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {"消息ID", "类型", "发送人", "时间", "内容", "备注", "昵称", "更多信息"}


def sniff(peek: Peek) -> str | None:
    """Exactly the columns of MemoTrace 3."""
    return "head with the eight columns of MemoTrace 3" if set(head_of(peek)) == _COLUMNS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._memotrace_rows import V3_COLUMNS, memotrace3_rows

    return memotrace3_rows(csv_rows(source, V3_COLUMNS), source, options)


FORMAT = Format(
    id="memotrace3-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.SENDER_IDS,
            Lack.ZONE,
            Lack.REPLIES,
            Lack.MENTIONS,
            Lack.OWN,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"join", "rename_group", "poke"}),
)
