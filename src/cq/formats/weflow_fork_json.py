"""JSON of the fork 334456777/WeFlow, which calls itself ChatLab 1.0.

**How one gets it.** That fork: 导出 → ChatLab. ChatLab's own format is ``chatlab-json``; this one has other
headers.

**What it looks like.** One object; no platform, the chat's id under ``sessionId``, members as
``username``::

    {"chatlab": {"version": "1.0", "generator": "WeFlow"},
     "meta": {"sessionId": "10000000001@chatroom", "name": "周末骑行小队", "messageCount": 1},
     "members": [{"username": "wxid_aaaa0001", "nickname": "阿北"}],
     "messages": [{"sender": "wxid_aaaa0001", "timestamp": 1769900000, "type": 0, "content": "早"}]}

Times are epoch seconds.

**What it lacks.** Whether it has message ids and answers depends on the build; mentions stand in the text
only.

**Handled.** Contents that begin with the sender (``wxid:``) or are raw XML. Names from ``members`` where a
message has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``chatlab`` with the fork's keys in ``meta`` or ``members``."""
    shape = peek.json
    top, meta = shape.get("", {}).keys(), shape.get(".meta", {}).keys()
    if "chatlab" not in top or "_type" in top or {"weflow", "exportInfo"} & top:
        return None
    if ("sessionId" in meta and "platform" not in meta) or "username" in shape.get(".members[]", {}):
        return "a JSON object with chatlab, and sessionId in meta or username in members"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages; the last one has the members."""
    from cq.formats._wechat_records import read_records
    from cq.formats._weflow_fork import FORK

    return read_records(source, options, FORK)


FORMAT = Format(
    id="weflow-fork-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
)
