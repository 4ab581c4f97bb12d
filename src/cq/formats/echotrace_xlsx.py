"""EchoTrace's Excel workbook.

**How one gets it.** EchoTrace (its code was taken down in March 2026): 导出聊天记录 → Excel.

**What it looks like.** Row 1 ``会话信息``; row 2 ``微信ID, <id>, 昵称, <name>, 备注, <remark>``; the head
``序号 时间 发送者昵称 发送者微信ID 发送者备注 发送者身份 消息类型 内容``. 发送者身份 is 我 or the other's
name. WeFlow's workbook of a single chat has the same head, and above it a row 导出工具 that EchoTrace does
not write. Times are those of the exporting computer.

**What it lacks.** Message ids, who answered whom, the quoted text, who poked whom, mentions but as @name,
addresses of links.

**Handled.** Copies that Excel or WPS has saved again: real dates, numbers, empty rows and columns, hidden
sheets. A text of 32,767 characters was cut off by Excel's limit (notice ``full_cell``), an id of 18 digits
that was typed as a number is lost (notice ``rounded_id``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("时间", "发送者昵称", "发送者身份", "消息类型", "内容")


def sniff(peek: Peek) -> str | None:
    """A sheet with EchoTrace's columns, and no 导出工具 above them."""
    for table in peek.workbook.tables(_HEAD) if peek.is_workbook else ():
        named = any("导出工具" in row.cells for row in table.above)
        if not named and "群昵称" not in table.head.cells:
            return "a sheet with the columns 发送者昵称, 发送者身份 and 内容 of EchoTrace"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_sheet import SESSION, read_layout

    return read_layout(source, options, SESSION)


FORMAT = Format(
    id="echotrace-xlsx",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {Lack.MESSAGE_IDS, Lack.ZONE, Lack.REPLIES, Lack.QUOTES, Lack.MENTIONS, Lack.LINKS, Lack.RECALLED}
    ),
    lost=frozenset({"poke"}),
)
