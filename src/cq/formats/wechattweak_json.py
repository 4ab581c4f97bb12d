"""JSON of WeChatTweak and wechat-exporter (macOS).

**How one gets it.** WeChatTweak or wechat-exporter for the Mac client; the tools are no longer kept up.

**What it looks like.** An array of messages::

    [{"content": "wxid_aaaa0001:\\n明早七点", "message": "明早七点", "createTime": 1769900000,
      "fromUser": "10000000001@chatroom", "toUser": "wxid_me000000", "isSentFromSelf": false}]

In a group the sender stands before the content; the owner is ``toUser`` of what others wrote.

**What it lacks.** Message ids, all names, types of messages: what is no text is WeChat's own XML and is
known by that. Mentions stand in the text only.

**Handled.** Answers name the message they quote by time and sender. A group's message without a sender is a
sentence of the system.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_KEYS = frozenset({"fromUser", "toUser", "isSentFromSelf"})


def sniff(peek: Peek) -> str | None:
    """An array of records with the keys of these tools."""
    if peek.json.get("[]", {}).keys() >= _KEYS:
        return "an array of messages with fromUser, toUser and isSentFromSelf"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_records import read_records
    from cq.formats._wechattweak_json import WECHATTWEAK

    return read_records(source, options, WECHATTWEAK)


FORMAT = Format(
    id="wechattweak-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.MESSAGE_IDS, Lack.NAMES, Lack.MENTIONS, Lack.RECALLED}),
)
