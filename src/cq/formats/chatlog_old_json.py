"""chatlog's JSON before 9 April 2025 (sjzar/chatlog).

**How one gets it.** An old file; today's chatlog writes ``chatlog-json``.

**What it looks like.** An array of messages with the names of WeChat's own columns::

    [{"sequence":1743000000001,"createTime":"2025-03-26T22:40:00+08:00","talkerID":3,
      "talker":"10000000001@chatroom","isSender":0,"type":1,"subType":0,"content":"明早七点",
      "compressContent":"","isChatRoom":true,"chatRoomSender":"wxid_aaaa0001"}]

**What it lacks.** All names, the group's included; WeChat's message ids; mentions stand in the text only.

**Handled.** Cards and answers are WeChat's own XML (``compressContent``): titles, addresses and quotations
are taken out of it, and the answered message is found by its time and sender.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_KEYS = frozenset({"sequence", "talkerID", "isSender"})


def sniff(peek: Peek) -> str | None:
    """An array of records with chatlog's old keys."""
    if peek.json.get("[]", {}).keys() >= _KEYS:
        return "an array of messages with sequence, talkerID and isSender"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._chatlog_json import OLD_CHATLOG
    from cq.formats._wechat_records import read_records

    return read_records(source, options, OLD_CHATLOG)


FORMAT = Format(
    id="chatlog-old-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.MENTIONS, Lack.RECALLED}),
)
