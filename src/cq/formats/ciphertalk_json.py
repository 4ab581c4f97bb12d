"""CipherTalk's detailed JSON.

**How one gets it.** CipherTalk: 导出 → JSON (详细), one file per chat. Its ChatLab export has exact ids and
is the better one to keep.

**What it looks like.** One object::

    {"exportInfo": {"version": "0.0.2", "exportedAt": 1770000000, "generator": "CipherTalk", "format": "detailed-json"},
     "session": {"wxid": "10000000001@chatroom", "displayName": "周末骑行小队", "isGroup": true, "ownerId": "wxid_aaaa0001"},
     "messages": [{"localId": 17, "platformMessageId": 7000000000000000000, "createTime": 1769900000, "localType": 1,
       "content": "明早七点", "rawContent": "wxid_aaaa0001:\\n明早七点", "isSend": 0, "senderUsername": "wxid_aaaa0001",
       "senderDisplayName": "阿北", "groupNickname": "队长-阿北"}]}

Times are epoch seconds. ``session.ownerId`` is the owner of the group.

**What it lacks.** Exact message ids: ``platformMessageId`` is a number of JavaScript, rounded to about
±512. An answer has the exact id of what it answers, rounded here likewise; of several messages that share
the rounded id the nearest earlier one is meant. The ids do not identify a message in other exports.

**Handled.** Addresses of links and quoted words, out of ``rawContent``. Mentions, out of ``source`` where
it is kept. Notice ``count_mismatch`` if ``messageCount`` disagrees.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``exportInfo`` of CipherTalk, with ``session``."""
    shape = peek.json
    top = shape.get("", {}).keys()
    ours = shape.get(".exportInfo", {}).get("generator") == "CipherTalk"
    if ours and "session" in top and "contacts" not in top and "chatlab" not in top:
        return "a JSON object with CipherTalk's exportInfo and session"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._ciphertalk_json import CIPHERTALK
    from cq.formats._wechat_records import read_records

    return read_records(source, options, CIPHERTALK)


FORMAT = Format(
    id="ciphertalk-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.RECALLED}),
)
