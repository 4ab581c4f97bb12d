"""WeFlow's Arkme JSON, WeFlow from about March 2026 to 5.0.0.

**How one gets it.** WeFlow: 导出 → Arkme JSON, one file per chat.

**What it looks like.** WeFlow's JSON with the senders in a table of their own, and with the list
of *all* members of the group, silent ones included, after the messages::

    {"weflow": {"version": "1.0.3", "generator": "WeFlow", "format": "arkme-json"},
     "session": {"wxid": "10000000001@chatroom", "displayName": "周末骑行小队", "type": "群聊", "messageCount": 1},
     "senders": [{"senderID": 1, "wxid": "wxid_aaaa0001", "displayName": "阿北", "groupNickname": "队长-阿北"}],
     "messages": [{"localId": 1, "createTime": 1769900000, "localType": 1, "content": "早", "isSend": 0, "senderID": 1}],
     "groupMembers": [{"wxid": "wxid_cccc0003", "displayName": "默默", "nickname": "默默", "messageCount": 0}]}

The export to choose when silent members matter. ``senders`` are records about members, too, but
the membership is ``groupMembers``: who is only a sender has left the group.

**What it lacks.** Mentions (they stand in the text only); often the message ids. Names are those
of the export, not those of the time.

**Handled**: as in ``weflow-json``. If ``senders`` come after the messages, the file is read twice.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats.weflow_json import is_arkme, is_weflow
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``weflow`` and ``session``, with a table of senders."""
    if not is_weflow(peek) or not is_arkme(peek):
        return None
    return "a JSON object with weflow, session and a table of senders"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages; the last one holds the members."""
    from cq.formats._weflow import read_document

    return read_document(source, ids=True, table=True)


FORMAT = Format(
    id="weflow-arkme-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    roster=True,
    lacks=frozenset({Lack.MENTIONS, Lack.RECALLED}),
)
