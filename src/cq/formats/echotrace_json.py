"""EchoTrace JSON (2025 to March 2026), and the JSON of WeFlow 1.0 to 1.3.

**How one gets it.** EchoTrace (its code was taken down in March 2026): 导出聊天记录 → JSON. WeFlow
before 1.4.1 wrote the same document.

**What it looks like.** One object; EchoTrace puts one message on a line::

    {
      "session": {"wxid":"10000000001@chatroom","displayName":"周末骑行小队","type":"群聊","messageCount":1},
      "messages": [
        {"localId":17,"createTime":1769900000,"type":"文本消息","localType":1,"content":"早","isSend":0,"senderUsername":"wxid_aaaa0001","senderDisplayName":"阿北","source":""}
      ],
      "groupMembers": [],
      "exportTime": "2026-02-02T10:00:00.000000"
    }

Times are epoch seconds. ``avatars`` may hold megabytes of pictures; they are passed over.

**What it lacks.** Message ids (``localId`` repeats in every shard of WeChat's database), who
answered whom, the quoted text, who poked whom. Overlapping exports are merged by time, sender and
text instead.

**Handled.** ``群成员`` is the name of nobody: it stands before system rows and where EchoTrace knew
no name. A crash leaves a truncated file; its messages are kept. Notice ``count_mismatch`` if
``messageCount`` disagrees.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_OTHERS = frozenset({"weflow", "exportInfo", "chatlab", "schemaVersion", "_type"})
"""Keys of the tools that share ``session`` and ``messages`` with EchoTrace."""
_KEYS = frozenset({"localId", "createTime", "senderDisplayName"})


def sniff(peek: Peek) -> str | None:
    """``session`` and messages with EchoTrace's keys, and no other tool's mark."""
    shape = peek.json
    top = shape.get("", {}).keys()
    if "session" not in top or _OTHERS & top:
        return None
    if shape.get(".messages[]"):
        found = shape[".messages[]"].keys() >= _KEYS
    else:
        found = {"messages", "exportTime"} <= top and "wxid" in shape.get(".session", {})
    return "a JSON object with session and messages, without the mark of another tool" if found else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._weflow import read_document

    return read_document(source, ids=False)


FORMAT = Format(
    id="echotrace-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset({Lack.MESSAGE_IDS, Lack.REPLIES, Lack.QUOTES, Lack.LINKS, Lack.RECALLED}),
    lost=frozenset({"poke"}),
)
