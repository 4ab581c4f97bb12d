"""chatlog's JSON (sjzar/chatlog since 9 April 2025, and its fork chatlog_alpha).

**How one gets it.** With chatlog running: ``GET /api/v1/chatlog?time=…&talker=…&format=json``, the answer
saved as a file. The body of its webhook can be read, too.

**What it looks like.** An array of messages, in one line or indented; ``<``, ``>`` and ``&`` as
``\\u003c``…::

    [{"seq":1769900000001,"time":"2026-02-01T06:53:20+08:00","talker":"10000000001@chatroom",
      "talkerName":"周末骑行小队","isChatRoom":true,"sender":"wxid_aaaa0001","senderName":"阿北","isSelf":false,
      "type":1,"subType":0,"content":"明早七点"}]

Times carry their zone. One file may hold several chats. ``null``, the answer where nothing was said, is an
export without messages.

**What it lacks.** WeChat's message ids: ``seq`` is made of the time and a number (``native_id`` ``cl:…``).
The owner's name; mentions stand in the text only; a recall or poke may have lost its sentence.

**Handled.** An answer quotes the other message with its time and sender (``contents.refer``): that finds
the message. In system sentences names are followed by ids, ``阿北(wxid_aaaa0001)``: these are used.
``isSelf`` also marks messages of others (WeChat 4): the owner is whom it marks most often, the marks that
disagree are counted (notice ``unreliable_self``). ``系统消息`` is no sender.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_KEYS = frozenset({"seq", "talker", "isChatRoom", "senderName"})
_WEBHOOK = frozenset({"keyword", "lastTime", "messages"})


def sniff(peek: Peek) -> str | None:
    """An array (or a webhook's ``messages``) of chatlog's records, or ``null`` alone."""
    if peek.start[:5].rstrip() == "null" and peek.start.rstrip() == "null":
        return "null alone: chatlog's answer where there is no message"
    shape = peek.json
    if shape.get("[]", {}).keys() >= _KEYS or shape.get("", {}).keys() >= _WEBHOOK:
        return "an array of messages with seq, talker, isChatRoom and senderName"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._chatlog_json import CHATLOG
    from cq.formats._wechat_records import read_records

    if source.size < 64 and source.peek.start.rstrip() == "null":
        return iter([Batch()])
    return read_records(source, options, CHATLOG)


FORMAT = Format(
    id="chatlog-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.OWN_NAME, Lack.MENTIONS, Lack.RECALLED}),
)
