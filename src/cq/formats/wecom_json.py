"""WeCom's message archive (企业微信 会话内容存档) as a JSON array, or in the SDK's wrapper.

**How one gets it.** A company that has bought 会话内容存档 fetches its messages with the official SDK; what
a customer-relations system stores of that, decrypted, is this. There is no free export.

**What it looks like.** An array of messages, whose body stands under their type; or ``{"errcode": 0,
"chatdata": […]}``, whose records hold the decrypted object under ``msg``::

    [{"msgid":"1000_1769900000_external","action":"send","from":"zhang","tolist":["wmAAA","li"],
      "roomid":"wrROOM0001","msgtime":1769900000123,"msgtype":"text","text":{"content":"明早七点"}}]

Times are epoch milliseconds. One file may hold all chats of a company; a chat of two people has no id.

**What it lacks.** All names, of people and of groups; who came and went; which message answers which.
Mentions stand in the text only.

**Handled.** A recall names the recalled message (``reply_to``). Messages of words and pictures (``mixed``)
are their words. What is inside a forwarded chat (``chatrecord``) is no row. Bodies and ``tolist`` written
as strings. Records of who changed the enterprise (``switch``) are counted (``not_a_message``). An archive
that is still encrypted is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def is_record(keys: Mapping[str, object]) -> bool:
    """Are these the keys of a decrypted record, or of one of who changed the enterprise?"""
    found = keys.keys()
    sent = {"msgid", "msgtype", "msgtime"} <= found
    return sent or ({"msgid", "action"} <= found and bool({"msgtype", "user"} & found))


def sniff(peek: Peek) -> str | None:
    """An array of decrypted records, or the SDK's wrapper with such in it."""
    shape = peek.json
    wrapped = shape.get(".chatdata[]", {})
    if is_record(shape.get("[]", {})):
        return "an array of WeCom's messages with msgid, msgtype and msgtime"
    if {"errcode", "chatdata"} <= shape.get("", {}).keys() and (
        is_record(wrapped) or "msg" in wrapped or not wrapped
    ):
        return "WeCom's chatdata, decrypted"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_records import read_records
    from cq.formats._wecom import WECOM

    return read_records(source, options, WECOM)


FORMAT = Format(
    id="wecom-json",
    platform="wecom",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=frozenset(
        {Lack.GROUP_NAME, Lack.NAMES, Lack.REPLIES, Lack.QUOTES, Lack.MENTIONS, Lack.OWN, Lack.RECALLED}
    ),
    lost=frozenset({"join", "poke", "rename_group"}),
)
