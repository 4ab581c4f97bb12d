"""MemoTrace 留痕 3 (2025, WeChat 4): the HTML export.

**How one gets it.** MemoTrace (留痕, LC044/WeChatMsg), 2025: 导出 → HTML. The program is no
longer offered. Beside the page lies ``<名>.html.json`` with the same
messages: give ``cq`` one of the two, or both (they merge).

**What it looks like.** A page whose script holds an array in JSON, and the chat's id::

    const wxid = "10000000001@chatroom";
    const chatMessages = [{"type": "1", "is_send": 0, "timestamp": 1769900000,
    "server_id": "7000000000000000001", "display_name": "阿北", "text": "明早七点"}];

Types are WeChat's numbers as strings, times epoch seconds, ids WeChat's own.

**What it lacks.** The ids of people. Sentences of the system other than recalls come without their words: who
came and went is lost. Mentions stand in the text.

**Handled.** Texts are escaped for HTML. The name before a quotation.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``const chatMessages = [`` with quoted keys."""
    return "a page with const chatMessages in JSON" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._memotrace_page import read_v3

    return read_v3(source, options)


FORMAT = Format(
    id="memotrace3-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.SENDER_IDS, Lack.MENTIONS, Lack.RECALLED}),
    lost=frozenset({"join", "rename_group", "poke"}),
)
