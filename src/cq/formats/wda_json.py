"""WeChatDataAnalysis (WDA): ``messages.json`` of its ZIP.

**How one gets it.** WeChatDataAnalysis: 导出 → JSON. It writes a ZIP; ``cq`` reads it as it is, or the
files taken out of it. Its TXT, Excel and HTML are formats of their own.

**What it looks like.** In the ZIP ``manifest.json``, ``report.json`` and for each chat
``conversations/0001_<name>_<id>_<hash>/`` with ``messages.json`` and ``meta.json``. One message is one
line::

    {
      "schemaVersion": 1,
      "account": "wxid_me000000",
      "conversation": {"username": "10000000001@chatroom", "displayName": "周末骑行小队", "isGroup": true},
      "messages": [
        {"id": "message_0:Msg_x:17", "localId": 17, "serverId": 7000000000000000001, "createTime": 1769900000, "type": 1, "renderType": "text", "isSent": false, "senderUsername": "wxid_aaaa0001", "senderDisplayName": "阿北", "content": "明早七点"}
      ]
    }

Times are epoch seconds, ids are whole numbers, and an answer has the server id of what it answers.

**What it lacks.** The owner's name (``我``); mentions stand in the text only. With its privacy mode there
are no ids (``member_1``), no names (``成员#1``) and no texts (``[文本]``).

**Handled.** Templates that WeChat did not fill (``"$username$"邀请"$names$"加入了群聊``) with the soup of
ids and names that follows them. What belongs to the ZIP but is no chat (manifest, report, meta) is passed
over quietly.

**Cannot be mended.** WDA takes ``<!--…-->`` and blanks between ``>`` and ``<`` out of texts.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``schemaVersion``, ``conversation`` and ``messages``."""
    top = peek.json.get("", {}).keys()
    if {"schemaVersion", "conversation", "messages"} <= top and not {"chatlab", "weflow", "exportInfo"} & top:
        return "a JSON object with schemaVersion, conversation and messages"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wda_json import WDA
    from cq.formats._wechat_records import read_records

    return read_records(source, options, WDA)


def parts(source: Source) -> Sequence[Source]:
    """What lies around a chat in the ZIP."""
    folders = source.label.replace("\\", "/").replace("!/", "/").split("/")
    around = [("meta.json", 0)]
    if folders[-3:-2] == ["conversations"]:
        around += [("manifest.json", 2), ("report.json", 2)]
    found = [source.beside(name, up) for name, up in around]
    return [part for part in found if part is not None and part.label != source.label]


FORMAT = Format(
    id="wda-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.OWN_NAME, Lack.MENTIONS, Lack.RECALLED}),
    parts=parts,
)
