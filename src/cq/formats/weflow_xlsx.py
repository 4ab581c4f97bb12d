"""WeFlow's Excel workbook, compact or with all columns, of groups and of single chats.

**How to get it.** WeFlow: 导出 → Excel. Its JSON carries more and is the better choice.

**What it looks like.** Row 1 ``会话信息``; row 2 ``微信ID, <id>, 昵称, <name>, 备注, <remark>``; row 3
``导出工具, WeFlow, 导出版本, 0.0.2, 平台, wechat, 导出时间, …``; row 4 the head: ``序号 时间 发送者身份
消息类型 内容`` (compact), or ``序号 时间 发送者昵称 发送者微信ID 发送者备注 群昵称 发送者身份 消息类型
内容`` (of a single chat without 群昵称). 发送者身份 is 我 or the other's name. Times are those of the
exporting computer.

**What it lacks.** Message ids, who answered whom (a quotation stands at the end of its answer), mentions
but as @name, addresses of links; compact ones also the ids of people, and the owner's name.

**Handled.** Copies that Excel or WPS has saved again: real dates, numbers, empty rows and columns, hidden
sheets. A text of 32,767 characters was cut off by Excel's limit (notice ``full_cell``), an id of 18 digits
that was typed as a number is lost (notice ``rounded_id``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("时间", "发送者身份", "消息类型", "内容")


def sniff(peek: Peek) -> str | None:
    """A sheet with WeFlow's columns and above them its name, or with columns that only it has."""
    for table in peek.workbook.tables(_HEAD) if peek.is_workbook else ():
        named = any("导出工具" in row.cells for row in table.above)
        if named or "群昵称" in table.head.cells or "发送者昵称" not in table.head.cells:
            return "a sheet with the columns 发送者身份 and 内容 of WeFlow"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_sheet import SESSION, read_layout

    return read_layout(source, options, SESSION)


FORMAT = Format(
    id="weflow-xlsx",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset({Lack.MESSAGE_IDS, Lack.ZONE, Lack.REPLIES, Lack.MENTIONS, Lack.LINKS, Lack.RECALLED}),
)
