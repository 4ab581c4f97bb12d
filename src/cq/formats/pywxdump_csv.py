"""CSV of PyWxDump (since April 2024).

**How one gets it.** PyWxDump (its code was taken down in October 2025): 导出 → CSV. A chat becomes a
folder `<room id>/` with files of 5000 rows, `<room id>_0_5000.csv` and so on, and `users.json`.

**What it looks like.** UTF-8 without BOM, CRLF::

    id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime
    1,7000000000000000001,文本,0,wxid_aaaa0001,10000000001@chatroom,早,,2024-02-01 09:00:00

`talker` is the sender, `room_name` the id of the chat. `users.json` has the names by id.

**What it lacks.** The group's name, the zone of the times, mentions other than `@name`; names, where
`users.json` is missing. A reply has the quoted text, its author's name and time below it
(`[引用](2024-02-01 09:00:00)阿北:明早七点`): by that the message is found.

**Handled.** `我` and `is_sender` are the owner, `未知` and `系统` nobody. Shards may come in any order and
overlap. Copies saved by a spreadsheet: GBK, tabs, times without seconds, `7.43727E+18` instead of an
id, texts that became `#NAME?`; each is counted. Raw XML of unknown types is taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_COLUMNS = {"id", "MsgSvrID", "type_name", "is_sender", "talker", "room_name", "msg", "src", "CreateTime"}


def sniff(peek: Peek) -> str | None:
    """Exactly the columns of PyWxDump."""
    return "head with the columns of PyWxDump" if set(head_of(peek)) == _COLUMNS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._pywxdump_rows import COLUMNS, pywxdump_rows

    return pywxdump_rows(csv_rows(source, (*COLUMNS, "msg", "src")), source, options)


def parts(source: Source) -> Sequence[Source]:
    """``users.json`` in the same folder."""
    users = source.beside("users.json")
    return [users] if users else []


FORMAT = Format(
    id="pywxdump-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.ZONE, Lack.MENTIONS, Lack.RECALLED}),
    parts=parts,
)
