"""WeFlow's detailed JSON (menu entry "JSON"), WeFlow 1.4.1 (January 2026) to 5.0.0.

**How one gets it.** WeFlow (Windows; forks live on after the original repository was taken down
in July 2026): 导出 → JSON, one file per chat.

**What it looks like.** One object, indented by two blanks, UTF-8 without BOM::

    {"weflow": {"version": "1.0.3", "exportedAt": 1770000000, "generator": "WeFlow"},
     "session": {"wxid": "10000000001@chatroom", "displayName": "周末骑行小队", "type": "群聊", "messageCount": 1},
     "messages": [{"localId": 1, "createTime": 1769900000, "type": "文本消息", "localType": 1, "content": "早",
       "isSend": 0, "senderUsername": "wxid_aaaa0001", "senderDisplayName": "阿北", "source": "<msgsource>…",
       "platformMessageId": "7000000000000000001"}]}

The best evidence there is for WeChat: server ids, ids of answered messages, ids of mentioned
people (in ``source``), own messages marked. Times are epoch seconds.

**What it lacks.** The list of members (Arkme JSON has it), and who left: WeChat stores no such row.

**Handled.** The line break that WeFlow leaves at the start of a text. Quotations at the end of a
reply, placeholders, media paths instead of a content, raw XML, ``wxid:`` prefixes. System rows
carry the room as sender: nobody said them. The folder name of the own account (``wxid_…_10e8``)
as own id. Silently incomplete exports: notice ``count_mismatch`` if ``messageCount`` disagrees.
Truncated files and damaged messages (``truncated``, ``bad_json``).

**Cannot be mended.** WeFlow deletes an ASCII word before a colon at the start of a text
(``Q: hi`` becomes `` hi``); invitations stored before April 2026 may name nobody
(``"$username$"邀请"$names$"加入了群聊``).
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def is_weflow(peek: Peek) -> bool:
    """Is this a document of WeFlow 1.4.1 or later?"""
    top = peek.json.get("", {}).keys()
    return {"weflow", "session"} <= top and not {"chatlab", "exportInfo", "_type"} & top


def is_arkme(peek: Peek) -> bool:
    """Does this WeFlow document keep its senders in a table of their own?"""
    shape = peek.json
    return (
        "senders" in shape.get("", {})
        or shape.get(".weflow", {}).get("format") == "arkme-json"
        or "senderID" in shape.get(".messages[]", {})
    )


def sniff(peek: Peek) -> str | None:
    """``weflow`` and ``session``, and the senders stand in the messages."""
    return "a JSON object with weflow and session" if is_weflow(peek) and not is_arkme(peek) else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._weflow import read_document

    return read_document(source, ids=True)


FORMAT = Format(
    id="weflow-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.RECALLED}),
)
