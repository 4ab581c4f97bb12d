"""WeFlow's web page (2026): the "HTML" export.

**How one gets it.** WeFlow: 导出 → HTML. The same tool writes JSON, which holds more; take that if you
can still choose.

**What it looks like.** A page whose script holds one message a line, as a fragment of HTML::

    window.WEFLOW_DATA = [
    {"i":1,"t":1769900000,"s":0,"a":"",
    "b":"<div class=\\"sender-name\\">阿北</div><div class=\\"message-text\\">明早七点</div>"}
    ];

``t`` is epoch seconds, ``s`` is 1 for the owner's own, ``b`` is what is shown. Later versions add WeChat's
message id ``p`` and that of the answered message, ``r``.

**What it lacks.** Ids of people: they are names. Types: kinds are read from placeholders (``[图片]``) and
from what is drawn. The id of the group; its name is the page's title.

**Handled.** Emoticons are pictures with a name; entities; quotations (``quoted-message``) stand apart from
the words; rows that nobody sent are told by their sentence. Private chats show no names.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``window.WEFLOW_DATA`` is the first mark of a tool in the page."""
    return "a page with window.WEFLOW_DATA" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._weflow_page import read_page

    return read_page(source, options)


FORMAT = Format(
    id="weflow-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.MESSAGE_IDS,
            Lack.SENDER_IDS,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.RECALLED,
        }
    ),
)
