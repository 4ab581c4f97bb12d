"""CipherTalk's Excel workbook.

**How one gets it.** CipherTalk: 导出 → Excel, one file per chat. Its ChatLab export carries more.

**What it looks like.** One sheet whose first row is ``序号 时间 日期 时刻 星期 发送者 微信ID 消息类型
消息内容 原始类型代码 时间戳``. 微信ID is the id of the chat, not of the sender; 原始类型代码 is WeChat's
own type; 时间戳 are epoch seconds, which count.

**What it lacks.** The group's name (the file's name stands in), the ids of people and the owner's name
(我), message ids, who answered whom, mentions but as @name, addresses of links.

**Handled.** Copies that Excel or WPS has saved again: real dates, numbers, empty rows and columns, hidden
sheets. A text of 32,767 characters was cut off by Excel's limit (notice ``full_cell``), an id of 18 digits
that was typed as a number is lost (notice ``rounded_id``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("时间", "发送者", "微信ID", "消息类型", "消息内容", "时间戳")


def sniff(peek: Peek) -> str | None:
    """A sheet with CipherTalk's columns."""
    if not peek.is_workbook or not peek.workbook.tables(_HEAD):
        return None
    return "a sheet with the columns 微信ID, 消息内容 and 时间戳 of CipherTalk"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_sheet import CIPHERTALK, read_layout

    return read_layout(source, options, CIPHERTALK)


FORMAT = Format(
    id="ciphertalk-xlsx",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.GROUP_NAME,
            Lack.MESSAGE_IDS,
            Lack.SENDER_IDS,
            Lack.OWN_NAME,
            Lack.REPLIES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.RECALLED,
        }
    ),
)
