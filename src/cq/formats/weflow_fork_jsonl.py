"""JSON lines of WeFlow's streaming forks (jingkarqi/WeFlow, pull request 1010).

**How one gets it.** That fork: 导出 → ChatLab JSONL. ChatLab's own lines are ``chatlab-jsonl``.

**What it looks like.** One object per line; two headers, then messages whose content is as WeChat stores
it::

    {"_type":"chatlab","version":"1.0","generator":"WeFlow"}
    {"_type":"meta","name":"周末骑行小队","platform":"wechat","type":"group","groupId":"10000000001@chatroom"}
    {"_type":"message","sender":"wxid_aaaa0001","accountName":"阿北","timestamp":1769900000,"type":0,"content":"wxid_aaaa0001:\\n早"}

Times are epoch seconds.

**What it lacks.** Mentions stand in the text only; whether there are message ids and answers depends on the
build.

**Handled.** ``wxid:`` before a content, raw XML of cards and system rows. A damaged line costs itself only.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """The first record is ``{"_type": "chatlab"}``."""
    top = peek.json.get("", {})
    return 'the first record is {"_type": "chatlab"}' if top.get("_type") == "chatlab" else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of about a block of lines each."""
    from cq.formats._wechat_records import read_records
    from cq.formats._weflow_fork import FORK_LINES

    return read_records(source, options, FORK_LINES)


FORMAT = Format(
    id="weflow-fork-jsonl",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
)
