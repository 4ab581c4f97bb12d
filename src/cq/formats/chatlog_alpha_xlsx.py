"""Excel workbook of chatlog_alpha, the living fork of chatlog.

**How one gets it.** chatlog_alpha answers ``http://127.0.0.1:5030/api/v1/chatlog`` with ``time``,
``talker`` and ``format=xlsx``; save the answer.

**What it looks like.** ``Sheet1`` with the columns of its CSV: ``MessageID Time SenderName Sender
TalkerName Talker Content``.

**What it lacks.** The same as its CSV: ids that hold across computers, types, which rows are the owner's,
mentions but as @name.

**Handled.** All that is handled in its CSV, and what Excel and WPS do to a workbook that they save again. A
``MessageID`` that was rounded is lost (notice ``rounded_id``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = ("MessageID", "Time", "SenderName", "Sender", "TalkerName", "Talker", "Content")


def sniff(peek: Peek) -> str | None:
    """A sheet with the columns of chatlog_alpha's CSV."""
    if not peek.is_workbook or not peek.workbook.tables(_HEAD):
        return None
    return "a sheet with chatlog's columns and MessageID"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._csv_sheet import read_chatlog

    return read_chatlog(source, options, _HEAD)


FORMAT = Format(
    id="chatlog-alpha-xlsx",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.ZONE, Lack.KINDS, Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
    lost=frozenset({"poke"}),
)
