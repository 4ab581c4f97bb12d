"""MemoTrace 留痕 1 and 2 (2023-2024): the HTML export.

**How one gets it.** MemoTrace (留痕, LC044/WeChatMsg), until 2024: 导出 → HTML. The program is
no longer offered.

**What it looks like.** A page whose script holds JavaScript literals, one a message::

    const chatMessages = [
    { type:1, text: '明早七点',is_send:0,avatar_path:'./avatar/wxid_aaaa0001.png',
    timestamp:1706749200,is_chatroom:1,displayname:'阿北'},
    ];

(one line each). ``type`` is WeChat's number, 0 for rows of the system; times are epoch seconds.

**What it lacks.** Message ids, answers (the quoted text is there), the id of the group. The ids of people are
the names of their pictures, where the pictures were exported.

**Handled.** Bare keys, single quotes and escapes are read as text and never run. Entities; texts that were
not escaped. A lost quote costs its line.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``const chatMessages = [`` with bare keys."""
    return "a page with const chatMessages in JavaScript's notation" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._memotrace_page import read_v2

    return read_v2(source, options)


FORMAT = Format(
    id="memotrace2-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset({Lack.GROUP_ID, Lack.MESSAGE_IDS, Lack.REPLIES, Lack.MENTIONS, Lack.RECALLED}),
)
