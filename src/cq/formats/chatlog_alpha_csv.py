"""CSV of chatlog_alpha, the living fork of chatlog.

**How one gets it.** chatlog_alpha answers `http://127.0.0.1:5030/api/v1/chatlog` with `time`, `talker`
and `format=csv`; save the answer.

**What it looks like.** chatlog's table with the message's number in front::

    MessageID,Time,SenderName,Sender,TalkerName,Talker,Content
    1769900000000041,2026-02-01 06:53:20,阿北,wxid_aaaa0001,周末骑行小队,10000000001@chatroom,早

**What it lacks.** `MessageID` is a number of chatlog's own, made of time and place in the database. It
is kept as `cl:…`, but exports of another computer have other numbers: overlapping ones are merged by
time, sender and text. Types, and which rows are the owner's. All else as in chatlog's own CSV.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {"MessageID", "Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"}


def sniff(peek: Peek) -> str | None:
    """Exactly the columns of chatlog_alpha."""
    return "head with chatlog's columns and MessageID" if set(head_of(peek)) == _COLUMNS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._chatlog_rows import ALPHA_COLUMNS, chatlog_rows

    return chatlog_rows(csv_rows(source, ALPHA_COLUMNS), source, options)


FORMAT = Format(
    id="chatlog-alpha-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.ZONE, Lack.KINDS, Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
    lost=frozenset({"poke"}),
)
