"""QCE JSON: one document by qq-chat-exporter (QQ NT, 2025 on), v4 to v6.

**How to get it.** Install NapCat with the plugin qq-chat-exporter (github.com/shuakami/qq-chat-exporter)
on a computer that is logged in to QQ; its page in the browser exports a chat: choose the chat, 格式
JSON, 导出. No database is decrypted: the tool asks QQ itself for the history.

**What it looks like.** One object, each message on a line or everything on one::

    {"metadata": {"name": "QQChatExporter", "version": "0.1.0"},
     "chatInfo": {"name": "周末羽毛球(东区)", "type": "group", "selfUin": "10086001", "peerUid": "700000001"},
     "statistics": {"totalMessages": 1},
     "messages": [
       {"id":"7400000000000000001","seq":"101","timestamp":1767230000000,"sender":{"uid":"u_selfAAAA","uin":"10086001","name":"球场阿宽"},"type":"text","content":{"text":"周六两点","elements":[{"type":"text","data":{"text":"周六两点"}}],"resources":[],"mentions":[]},"recalled":false,"system":false}
     ]}

Releases differ in the shape of a message (with ``id`` and words or ``type_1`` as type; with
``messageId`` and ISO times); it is told by its keys, since the versions in the file say nothing.
``avatars`` with megabytes of pictures may stand before the messages: they are passed over.

**What it lacks.** Mutes, leaves and admin changes that QQ did not keep; what a name was at the time:
names, cards and titles are those of the day of the export. Names of people who have left are often
missing: the number stands there instead, and counts as no name.

**Handled.** Times are ``timestamp``, never ``time``. Kinds come from the elements (pictures have the
type "text"); words are the ``text`` and ``at`` elements without placeholders. System rows are found
by their elements and senders, too, since ``system`` is often wrong. Forwarded messages inside a
message are not messages of the chat. A reply names its message by id. Ids are missing or wrong in
older releases: where there is none, or where the message answered should have come by already and
none had that id, it is looked for by its time and sender.
A "private" chat in which more than two people speak is a group. Notices: ``count_mismatch``
(``totalMessages``), ``time_of_export`` (records without a time got that of the export). A recalled
message that is still there has ``recalled``.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Peek, ReadOptions, Source
from cq.formats._qce_chunks import is_manifest, is_qce
from cq.model import Batch

_OTHER = "qce-modern-html-chunked"


def sniff(peek: Peek) -> str | None:
    """``metadata`` names QCE, and this is no manifest of chunks."""
    if not is_qce(peek):
        return None
    top, metadata = peek.json.get("", {}), peek.json.get(".metadata", {})
    if _OTHER in (top.get("format"), metadata.get("format")) or is_manifest(peek):
        return None
    return "a JSON object whose metadata names QQChatExporter"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 8,192 messages; the last one holds the people."""
    from cq.formats._qce_read import read_document

    return read_document(source, options)


FORMAT = Format(
    id="qce-json",
    platform="qq",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
)
