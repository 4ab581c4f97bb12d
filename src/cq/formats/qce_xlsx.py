"""Excel workbook of QQ Chat Exporter (QCE, ``qq-chat-exporter``), all versions that write one.

**How to get it.** QCE → 导出 → Excel. It works through NapCat on the account that is logged in; QCE's
own JSON carries more and is the better choice.

**What it looks like.** A sheet 聊天记录 with the head ``序号 时间 发送者 发送者QQ号 群头衔 消息类型 消息内容
是否撤回 资源数量`` (群头衔 only where there are titles) and one message in a row; sheets with statistics
follow. Columns are found by their names. Times are UTC where they end in ``Z`` (version 6), else those
of the exporting computer.

**What it lacks.** The group's id and name (the file's name has to stand in), message ids, who answered
whom, mentions but as @name, who acted in an event but by name, kinds of what is printed as text
(pictures are ``text`` to QCE: placeholders tell).

**Handled.** Copies that Excel or WPS has saved again: real dates, numbers, empty rows and columns,
hidden sheets. A text of 32,767 characters was cut off by Excel's limit: notice ``full_cell``.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("时间", "发送者", "发送者QQ号", "消息类型", "消息内容")


def sniff(peek: Peek) -> str | None:
    """A sheet with QCE's columns."""
    if not peek.is_workbook or not peek.workbook.tables(_HEAD):
        return None
    return "a sheet with the columns 发送者QQ号 and 消息内容"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._qce_sheet import read_sheets

    return read_sheets(source, options, _HEAD)


FORMAT = Format(
    id="qce-xlsx",
    platform="qq",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.MESSAGE_IDS,
            Lack.ZONE,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.OWN,
        }
    ),
    lost=frozenset({"link", "mini_program", "red_packet", "sticker", "forward"}),
)
