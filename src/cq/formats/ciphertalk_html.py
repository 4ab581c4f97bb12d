"""CipherTalk (2026): the HTML export.

**How one gets it.** CipherTalk: 导出 → HTML. Its detailed JSON has message ids as well.

**What it looks like.** A page, or ``data.js`` beside it, with one object::

    window.CHAT_DATA = {
    "meta":{"sessionId":"10000000001@chatroom","sessionName":"周末骑行小队","isGroup":true},
    "members":[{"id":"wxid_aaaa0001","name":"阿北"}],
    "messages":[{"timestamp":1769900000,"sender":"wxid_aaaa0001","senderName":"阿北","type":1,
    "content":"明早七点","rawContent":"明早七点","isSend":0,"chatRecords":null}]}

Senders are accounts, types WeChat's numbers, times epoch seconds.

**What it lacks.** Message ids. Which message is answered is known only where ``rawContent`` still holds
WeChat's own XML, and then by an id that no row has. Mentions stand in the text.

**Handled.** ``chatRecords`` are what is inside a forwarded chat, and no messages. ``members`` are those
who wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``window.CHAT_DATA = {`` is the first mark of a tool in the page or script."""
    return "a page with window.CHAT_DATA" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._ciphertalk_page import read_page

    return read_page(source, options)


FORMAT = Format(
    id="ciphertalk-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset({Lack.MESSAGE_IDS, Lack.REPLIES, Lack.MENTIONS, Lack.RECALLED}),
)
