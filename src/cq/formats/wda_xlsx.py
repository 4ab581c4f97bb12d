"""WeChatDataAnalysis (WDA): ``messages.xlsx`` of its ZIP.

**How one gets it.** WeChatDataAnalysis: 导出 → Excel. It writes a ZIP; ``cq`` reads it as it is, or the
files taken out of it. Its JSON carries more.

**What it looks like.** A sheet 消息 with the head ``序号 时间 发送者 消息类型 内容 本地 ID 服务 ID`` and a
sheet 会话信息 with names and values: which chat, whose account. Times are those of the exporting computer.

**What it lacks.** Ids of people (names only) and the owner's name (我), who answered whom and the quoted
text, mentions but as @name, addresses of links.

**Handled.** Copies that Excel or WPS has saved again: real dates, numbers, empty rows and columns, hidden
sheets. A text of 32,767 characters was cut off by Excel's limit (notice ``full_cell``), an id of 18 digits
that was typed as a number is lost (notice ``rounded_id``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("时间", "发送者", "消息类型", "内容", "服务 ID")


def sniff(peek: Peek) -> str | None:
    """A sheet with WDA's columns."""
    if not peek.is_workbook or not peek.workbook.tables(_HEAD):
        return None
    return "a sheet with the columns 内容 and 服务 ID of WeChatDataAnalysis"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_sheet import WDA, read_layout

    return read_layout(source, options, WDA)


FORMAT = Format(
    id="wda-xlsx",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=frozenset(
        {
            Lack.SENDER_IDS,
            Lack.OWN_NAME,
            Lack.ZONE,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"mini_program"}),
)
