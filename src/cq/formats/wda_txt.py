"""WeChatDataAnalysis (WDA): ``messages.txt`` of its export.

**How to get it.** WeChatDataAnalysis: 导出 → TXT. It gives a zip with one folder per chat; the zip, its
folder, and the file alone are read. The JSON export of the same dialog carries ids and who
answered whom: take that where there is a choice.

**What it looks like.** A head that names the chat, its id and the account, an empty line, then a line
per message, with the line breaks of its text as they are::

    会话: 周末骑行小队 (10000000001@chatroom)
    账号: wxid_me000000
    导出时间: 2026-08-01T10:00:00

    [2026-02-01 06:53:20] 阿北(wxid_aaaa0001): 明早七点
    老地方
    [2026-02-01 06:54:20] 我(wxid_me000000): 好
    [2026-02-01 06:54:50] [系统] “西西”撤回了一条消息
    [2026-02-01 06:55:20] 西西(夜骑)(wxid_bbbb0002): 骑行.pdf 骑行.pdf size=1024

**What it lacks.** Message ids, who answered whom and the quoted text, types (read from what WDA puts behind
the text: ``size=``, ``金额=``, ``坐标=``, ``转写=``, an address), the time zone (``--tz``).

**Handled.** The owner is ``我`` or the account of the head. Exports in privacy mode have ``成员#n`` for
people and ``[文本]`` for texts. A line inside a text that looks like a message is read as one: nothing
tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_TITLE = re.compile(r"会话: .*")
_EXPORTED = re.compile(r"^导出时间: ", re.MULTILINE)
_HEAD_LINES = 9


def sniff(peek: Peek) -> str | None:
    """会话: is the first line, 导出时间: one of the next."""
    if not _TITLE.fullmatch(peek.first_line):
        return None
    top = "\n".join(peek.start[: 1 << 16].split("\n")[:_HEAD_LINES])
    return "会话: in the first line, and 导出时间: below" if _EXPORTED.search(top) else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wda_txt import read_log

    return read_log(source, options)


FORMAT = Format(
    id="wda-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.MESSAGE_IDS,
            Lack.OWN_NAME,
            Lack.ZONE,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"mini_program"}),
)
