"""ChatLab's exchange format as JSON lines (``.jsonl``), versions 0.0.1 and 0.0.2.

**How one gets it.** WeFlow: 导出 → ChatLab JSONL. CipherTalk, chatlog_alpha (``format=chatlab``)
and many converters of other messengers write it, too; it is the format to convert *to*.

**What it looks like.** UTF-8, one object per line. The first one is the header, then come members,
then messages; blank lines and lines that begin with ``#`` are legal::

    {"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1770000000},"meta":{"name":"周末骑行小队","platform":"wechat","type":"group","groupId":"10000000001@chatroom"}}
    {"_type":"member","platformId":"wxid_aaaa0001","accountName":"阿北","roles":[{"id":"owner"}]}
    {"_type":"message","sender":"wxid_aaaa0001","accountName":"阿北","timestamp":1769900000,"type":0,"content":"早"}

Times are epoch seconds, so no time zone is needed. Message ids and ids of answered messages are
there if the exporter knew them (not from chatlog_alpha).

**What it lacks.** Mentions stand in the text only; amounts of red packets and transfers; whether
a message is the exporter's own. ``members`` are those the exporter met, not the whole group.

**Handled.** ``weixin`` is ``wechat``. Times in milliseconds, numbers as strings, ids as numbers
(an id that went through a float is dropped with the notice ``rounded_id``). WeFlow gives red
packets, announcements and forwarded chats the type "link" and recalls the type "system": for
WeChat the content decides. The room itself, ``SYSTEM`` and ``系统消息`` are no senders. Names from
forwarded chats among the members are skipped (``not_a_member``). Quotations ``[引用 名：…]``,
``wxid:`` prefixes and raw XML are taken out of the text. A damaged line costs itself only. Two
files pasted together are read as two groups.

Not this format, though it looks so: the streams of WeFlow forks that begin with
``{"_type":"chatlab"``.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """A ``header`` record with ``chatlab`` in it comes first."""
    top = peek.json.get("", {})
    if top.get("_type") != "header" or "chatlab" not in top:
        return None
    return 'the first record is {"_type": "header", "chatlab": …}'


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of about a block of lines each; the last one holds the members."""
    from cq.formats._chatlab_lines import read_lines

    return read_lines(source)


FORMAT = Format(
    id="chatlab-jsonl",
    platform="any",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
)
