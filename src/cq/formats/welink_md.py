"""Markdown archive of WeLink (runzhliu/WeLink).

**How one gets it.** WeLink: 导出 → Markdown 归档 (one file per chat).

**What it looks like.** A front matter that says ``source: WeLink``, a title, a heading per day, an item
per message::

    ---
    source: WeLink
    ---

    # 聊天归档 · 周末骑行小队

    ## 📅 2026-02-01

    - **阿北** `06:53` — 明早七点
    - **西西** `06:54` — [图片]

**What it lacks.** What the text export of WeLink lacks, but for the name of the chat: all ids (unless the
front matter has the room's), seconds, types (read from placeholders, which people can type, too), who
answered whom, rows of the system, which rows are the owner's (unless they are ``我``), the time zone
(``--tz``).

**Handled.** Further lines of a text, indented or not. An item above the first day has no time and is a
problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_DAY = r"## 📅 ?(\d{4}-\d{2}-\d{2})[^\n]*"
_ITEM = r"[-*] \*\*([^\n]{1,100}?)\*\* `(\d{2}:\d{2})` —(?: |$)([^\n]*)"
HEAD = f"{_DAY}|{_ITEM}"
_FRONT = re.compile(r"---\n(?P<inside>(?:.*\n){0,40}?)---\n\s*")
_SOURCE = re.compile(r"^source:\s*[\"']?WeLink\b", re.MULTILINE)
_TITLE = re.compile(r"# 聊天归档 · .+")
_ANY = re.compile(f"^(?:{HEAD})", re.MULTILINE)


def sniff(peek: Peek) -> str | None:
    """The title comes first, or a front matter that names WeLink; a day or an item follows."""
    text = peek.start[: 1 << 16].replace("\r\n", "\n")
    front = _FRONT.match(text)
    named = front is not None and _SOURCE.search(front["inside"]) is not None
    if front and not named:
        return None
    if not _TITLE.match(text, front.end() if front else 0):
        return None
    if not named and not _ANY.search(text):
        return None
    return "# 聊天归档 · name, days as headings and messages as items"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._welink_log import read_archive

    return read_archive(source, options, HEAD)


FORMAT = Format(
    id="welink-md",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.SECONDS, Lack.EVENTS, Lack.QUOTES, Lack.LINKS, Lack.TITLES},
)
