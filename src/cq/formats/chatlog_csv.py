"""CSV of chatlog.

**How one gets it.** chatlog (to August 2025) answers `http://127.0.0.1:5030/api/v1/chatlog` with
`time`, `talker` and `format=csv`; the answer is saved as `<talker>_<start>_<end>.csv`.

**What it looks like.** UTF-8 without BOM, LF, quotes only where they are needed::

    Time,SenderName,Sender,TalkerName,Talker,Content
    2026-02-01 06:53:20,阿北,wxid_aaaa0001,周末骑行小队,10000000001@chatroom,"明早七点,
    老地方"
    2026-02-01 06:54:50,,系统消息,周末骑行小队,10000000001@chatroom,你撤回了一条消息

Times are those of the computer that ran chatlog. A content is rendered as text: pictures as
`![图片](…)`, cards as `[链接|标题](url)`, what is quoted after `> `.

**What it lacks.** Message ids, types (`[红包]` may have been typed), which rows are the owner's.
A quotation tells when and by whom the quoted message was written: by that it is found.

**Handled.** One file may hold several chats. Names inside system sentences, `阿北(wxid_…)`, are ids.
Copies saved by a spreadsheet: any separator and encoding; lost seconds, texts that became `#NAME?`
and full cells are counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {"Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"}


def sniff(peek: Peek) -> str | None:
    """Exactly chatlog's columns."""
    return "head with chatlog's six columns" if set(head_of(peek)) == _COLUMNS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._chatlog_rows import COLUMNS, chatlog_rows

    return chatlog_rows(csv_rows(source, COLUMNS), source, options)


FORMAT = Format(
    id="chatlog-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.MESSAGE_IDS, Lack.ZONE, Lack.KINDS, Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
    lost=frozenset({"poke"}),
)
