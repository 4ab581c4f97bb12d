"""MemoTrace (留痕) 3, Excel workbook, for WeChat 4 (since 2025).

**How one gets it.** MemoTrace: 导出聊天记录 → Excel. It writes ``聊天记录/<群名>(<room id>)/<群名>.xlsx``;
the folder's name is the only place where the group's id stands: keep it.

**What it looks like.** A sheet 聊天记录 with the columns of its CSV, ``消息ID 类型 发送人 时间 内容 备注
昵称 更多信息``, and a sheet 成员信息 with ``wxid 微信号 类型 群昵称 昵称 …``, which are read as members.

**What it lacks.** The zone of the times, which message was answered (only its text), mentions but as @name.
Ids of people stand in 成员信息 only: a sender whose name one member bears, and no other, is that member;
the others are names. System rows but recalls come without their sentence: who joined is lost.

**Handled.** All that is handled in its CSV, and what Excel and WPS do to a workbook that they save again.
An id of 18 digits that was typed as a number is lost (notice ``rounded_id``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("消息ID", "类型", "发送人", "时间", "内容", "备注", "昵称", "更多信息")


def sniff(peek: Peek) -> str | None:
    """A sheet with the columns of MemoTrace's CSV."""
    if not peek.is_workbook or not peek.workbook.tables(_HEAD):
        return None
    return "a sheet with the eight columns of MemoTrace 3"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._csv_sheet import read_memotrace

    return read_memotrace(source, options, _HEAD)


FORMAT = Format(
    id="memotrace3-xlsx",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=frozenset(
        {Lack.GROUP_ID, Lack.GROUP_NAME, Lack.ZONE, Lack.REPLIES, Lack.MENTIONS, Lack.OWN, Lack.RECALLED}
    ),
    lost=frozenset({"join", "rename_group", "poke"}),
)
