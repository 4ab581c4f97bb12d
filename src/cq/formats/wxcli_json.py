"""wx-cli's JSON (jackwener/wx-cli).

**How one gets it.** ``wx export <chat> --format json``. Its text and Markdown are formats of their own; its
YAML has the same fields and is not read.

**What it looks like.** One object; the order of its keys is not fixed::

    {"chat": "周末骑行小队", "chat_type": "group", "count": 2, "is_group": true, "messages": [
       {"content": "[引用] 好\\n  ↳ 阿北: 明早七点", "local_id": 18, "sender": "西西", "sender_username": "wxid_bbbb0002",
        "time": "2026-02-01 06:54", "timestamp": 1769900060, "type": "链接/文件"}], "username": "10000000001@chatroom"}

Times are epoch seconds; ``time`` (to the minute, ``--tz``) counts only where ``timestamp`` is missing.

**What it lacks.** WeChat's message ids (``local_id`` is a row of the local database), which message an
answer answers (the quotation is there), who the owner is. Sentences of the system are cut after 50
characters: of a long invitation the last people are lost. Mentions stand in the text only.

**Handled.** Quotations after ``↳``; ``[撤回]`` and ``[系统]`` before sentences; ``链接/文件``, the type of
all cards, by the tag of their content. A message without any sender is the owner's. If the chat's name
comes after the messages, the file is read twice.

**Cannot be mended.** Some versions give many members one wrong name.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_KEYS = frozenset({"local_id", "sender", "time"})


def sniff(peek: Peek) -> str | None:
    """``chat`` or ``is_group``, and messages with wx-cli's keys."""
    shape = peek.json
    top = shape.get("", {}).keys()
    if "messages" not in top or {"session", "chatlab", "weflow", "conversation"} & top:
        return None
    items = shape.get(".messages[]", {}).keys()
    if items >= _KEYS if items else {"chat", "is_group"} <= top:
        return "a JSON object with chat and messages with local_id, sender and time"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_records import read_records
    from cq.formats._wxcli_json import WXCLI

    return read_records(source, options, WXCLI)


FORMAT = Format(
    id="wxcli-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset({Lack.REPLIES, Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
)
