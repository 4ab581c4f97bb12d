"""Answers of WeFlow's HTTP interface (``/api/v1/messages``).

**How one gets it.** With WeFlow's HTTP service switched on: ``GET /api/v1/messages?talker=…``, each page
saved as a file; give ``cq`` all of them. With ``?chatlab=1`` it answers in ChatLab's format, which has the
names as well.

**What it looks like.** One object::

    {"success": true, "talker": "10000000001@chatroom", "count": 1, "hasMore": false,
     "messages": [{"localId": 41, "serverId": "7000000000000000001", "localType": 1, "createTime": 1769900000,
       "isSend": 0, "senderUsername": "wxid_aaaa0001", "content": "wxid_aaaa0001:\\n早", "parsedContent": "早"}]}

Times are epoch seconds; an answer has the server id of what it answers, and a ``quote`` with its words.

**What it lacks.** All names, the group's included; mentions stand in the text only.

**Handled.** ``content`` may repeat the sender (``wxid:``): ``parsedContent`` goes before it. What was still
to be fetched (``hasMore``) is not there: the pages of one chat are merged by the server ids.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``success`` and ``talker``, and WeFlow's keys in the messages."""
    shape = peek.json
    top = shape.get("", {}).keys()
    if not {"success", "talker", "messages"} <= top or "chatlab" in top:
        return None
    items = shape.get(".messages[]", {}).keys()
    if {"localId", "senderUsername"} <= items if items else {"count", "hasMore"} <= top:
        return "a JSON object with success, talker and WeFlow's messages"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_records import read_records
    from cq.formats._weflow_api import WEFLOW_API

    return read_records(source, options, WEFLOW_API)


FORMAT = Format(
    id="weflow-api-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.MENTIONS, Lack.RECALLED}),
)
