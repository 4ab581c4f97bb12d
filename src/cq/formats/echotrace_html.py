"""EchoTrace (2025 to March 2026): the HTML export.

**How one gets it.** EchoTrace (its code was taken down in March 2026): 导出聊天记录 → HTML. Its JSON
holds more.

**What it looks like.** A page whose script holds the messages::

    const messagesData = [
    {"date":"2026-02-01","time":"06:53","timeTooltip":"2026-02-01 06:53:20","isSend":false,
    "isMedia":false,"content":"早","senderName":"阿北","timestamp":1769900000,"avatarKey":"wxid_aaaa0001"}
    ];

``avatarKey`` is the sender's id. Times are epoch seconds.

**What it lacks.** Message ids, types (kinds are read from placeholders and pictures), who answered whom, the
quoted text, who poked whom.

**Handled.** The chat itself, or ``群成员``, stands before rows that nobody sent. The id of a group is known
where such a row bears it. Entities and line breaks in texts.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``const messagesData = [`` is the first mark of a tool in the page."""
    return "a page with const messagesData" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._echotrace_page import read_page

    return read_page(source, options)


FORMAT = Format(
    id="echotrace-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.MESSAGE_IDS,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"poke"}),
)
