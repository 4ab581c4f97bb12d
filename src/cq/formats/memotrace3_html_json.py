"""The ``<名>.html.json`` that MemoTrace (留痕) 3 writes beside its HTML, 2025.

**How one gets it.** MemoTrace 3: 导出 → HTML; in the folder ``聊天记录/<群名>(<room id>)/``. It is the same
chat as the HTML, in a form that is easier to keep: give ``cq`` one of the two.

**What it looks like.** An array of messages; types are numbers written as strings::

    [{"type": "1", "is_send": 0, "timestamp": 1769900000, "server_id": "7000000000000000001", "display_name": "阿北",
      "avatar_src": "./avatar/a.png", "text": "明早七点"}]

Times are epoch seconds; an answer has the server id of what it answers (``quote_server_id``).

**What it lacks.** The ids of people; the group, which only the folder names; mentions, which stand in the
text. MemoTrace writes sentences of the system other than recalls without their words: who came and went is
lost.

**Handled.** Texts that are escaped for HTML (``&lt;``) and such as are not. The name before a quotation.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_KEYS = frozenset({"server_id", "is_send", "display_name"})


def sniff(peek: Peek) -> str | None:
    """An array of records with MemoTrace's keys."""
    if peek.start.startswith("[") and peek.json.get("[]", {}).keys() >= _KEYS:
        return "an array of messages with server_id, is_send and display_name"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._memotrace_html_json import MEMOTRACE
    from cq.formats._wechat_records import read_records

    return read_records(source, options, MEMOTRACE)


FORMAT = Format(
    id="memotrace3-html-json",
    platform="wechat",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.GROUP_ID, Lack.GROUP_NAME, Lack.SENDER_IDS, Lack.MENTIONS, Lack.RECALLED}),
    lost=frozenset({"join", "rename_group", "poke"}),
)
