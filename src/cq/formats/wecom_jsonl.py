"""WeCom's message archive (企业微信 会话内容存档) as JSON lines.

**How one gets it.** As ``wecom-json``: what a company's own system stores of the official SDK's messages,
decrypted.

**What it looks like.** One object per line::

    {"msgid":"1000_1769900000_external","action":"send","from":"zhang","tolist":["wmAAA","li"],"roomid":"wrROOM0001","msgtime":1769900000123,"msgtype":"text","text":{"content":"明早七点"}}
    {"msgid":"1001_1769900060_external","action":"recall","from":"li","tolist":["zhang"],"roomid":"wrROOM0001","msgtime":1769900060456,"msgtype":"revoke","revoke":{"pre_msgid":"1000_1769900000_external"}}

**What it lacks, what is handled**: as in ``wecom-json``. A damaged line costs itself only.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Peek, ReadOptions, Source
from cq.formats.wecom_json import FORMAT as ARRAY
from cq.formats.wecom_json import is_record
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """The first line is a decrypted record."""
    top = peek.json.get("", {})
    return "the first line is a WeCom message with msgid, msgtype and msgtime" if is_record(top) else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of about a block of lines each."""
    from cq.formats._wechat_records import read_records
    from cq.formats._wecom import WECOM_LINES

    return read_records(source, options, WECOM_LINES)


FORMAT = Format(
    id="wecom-jsonl",
    platform="wecom",
    sniff=sniff,
    read=read,
    unique_ids=True,
    lacks=ARRAY.lacks,
    lost=ARRAY.lost,
)
