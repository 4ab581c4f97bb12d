"""PyWxDump's JSON (the original was emptied in October 2025; forks live on).

**How one gets it.** PyWxDump: 导出 → JSON; a folder ``export/<room id>/`` with ``<room id>_0_5000.json``,
``<room id>_5000_10000.json``, … and ``users.json``. Give ``cq`` the folder.

**What it looks like.** An array of messages; times are those of the exporting computer (``--tz``)::

    [{"id": 1, "MsgSvrID": "7000000000000000001", "type_name": "文本", "is_sender": 0, "talker": "wxid_aaaa0001",
      "room_name": "10000000001@chatroom", "msg": "明早七点", "src": "", "extra": {},
      "CreateTime": "2024-02-01 09:00:00"}]

``users.json`` beside it has the names by wxid; it is read with each file.

**What it lacks.** The group's name, the time zone, without ``users.json`` all names. The owner is ``我``.
An answer tells the time, the name and the words of what it quotes: with ``users.json`` that finds the
message.

**Handled.** ``未知`` and ``系统`` are no senders. Recalls and pokes by their type word (``消息撤回57``)
where the text is empty. Links are HTML (``<a href=…>``), recordings carry their transcript. Sentences of
the system may be raw XML. Files of one chat overlap or repeat: the server ids tell.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_KEYS = frozenset({"MsgSvrID", "type_name", "talker", "room_name"})


def sniff(peek: Peek) -> str | None:
    """An array of records with PyWxDump's keys."""
    if peek.json.get("[]", {}).keys() >= _KEYS:
        return "an array of messages with MsgSvrID, type_name, talker and room_name"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._pywxdump_json import PYWXDUMP
    from cq.formats._wechat_records import read_records

    return read_records(source, options, PYWXDUMP)


def parts(source: Source) -> Sequence[Source]:
    """The list of names beside the file."""
    beside = source.beside("users.json")
    return () if beside is None else (beside,)


FORMAT = Format(
    id="pywxdump-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.ZONE, Lack.MENTIONS, Lack.RECALLED}),
    lost=frozenset({"red_packet"}),
    parts=parts,
)
