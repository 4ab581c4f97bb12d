"""PyWxDump (2023-2025): the HTML export, whose messages lie in ``data.js``.

**How one gets it.** PyWxDump (emptied in October 2025): 导出聊天记录 → HTML. It writes a folder with
``index.html`` and ``data.js``; only the latter holds messages.

**What it looks like.** A script with the records of its JSON export, the people, and the owner's id::

    const local_msg_list = [{"id": 1, "MsgSvrID": "7000000000000000001", "type_name": "文本",
    "is_sender": 0, "talker": "wxid_aaaa0001", "room_name": "10000000001@chatroom", "msg": "明早七点",
    "src": "", "CreateTime": "2024-02-01 09:00:00"}];
    const local_user_list = {"wxid_aaaa0001": {"wxid": "wxid_aaaa0001", "nickname": "阿北", "remark": ""}};
    const local_mywxid = "wxid_me000000";

Times are those of the computer that made it (``--tz``).

**What it lacks.** What PyWxDump's JSON lacks; names are those at the time of the export.

**Handled.** As in ``pywxdump-json``. The page beside the script is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """``const local_msg_list`` is the first mark of a tool in the script."""
    return "a script with const local_msg_list" if tool(peek) == FORMAT.id else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._pywxdump_page import read_page

    return read_page(source, options)


def parts(source: Source) -> Sequence[Source]:
    """The page beside the script."""
    beside = (source.beside("index.html"), source.beside("index.html", 1))
    return [page for page in beside if page is not None and "data.js" in page.peek.text][:1]


FORMAT = Format(
    id="pywxdump-html",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.GROUP_NAME, Lack.NAMES, Lack.ZONE, Lack.MENTIONS, Lack.RECALLED}),
    lost=frozenset({"red_packet"}),
    parts=parts,
)
