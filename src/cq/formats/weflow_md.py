"""WeFlow's Markdown export.

**How to get it.** WeFlow: 导出 → 格式 Markdown. The JSON export of the same dialog carries ids and who
answered whom: take that where there is a choice.

**What it looks like.** The chat as the title, a heading with time and name per message, the text below.
Characters that mean something in Markdown have a backslash before them::

    # 周末骑行小队

    ## 2026-02-01 06:53:20 阿北

    明早七点

    老地方

    ## 2026-02-01 06:54:50 周末骑行小队

    "阿北" 撤回了一条消息

**What it lacks.** Ids of any kind, types (they are read from placeholders such as ``[文件]x``, which people
can type, too), who answered whom (the quoted words are there), addresses of links, the time zone
(``--tz``).

**Handled.** System rows bear the group's own name; in a private chat it is that of the other person, so
that what this name says has to be sentences of the system. ``我`` is the owner. Whether the texts
have backslashes like the names is seen from the file as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

HEAD = r"## (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (\S[^\n]{0,300})"
_HEAD = re.compile(HEAD)
_TITLE = re.compile(r"# \S.*")
_HEADING = re.compile(r"#{1,2} .*")
_VERSION = re.compile(r"\[?[vV]?\d{1,4}(?:\\?\.\d{1,6}){1,3}\b.*|\(?#\d+\)?.*")
"""What logs of changes have behind a time."""


def sniff(peek: Peek) -> str | None:
    """A title, and below it nothing but headings with a time and a name. Logs of changes have versions."""
    if not _TITLE.fullmatch(peek.first_line):
        return None
    lines = peek.start[: 1 << 18].replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]
    if len(peek.start) > 1 << 18 or not peek.complete:
        lines = lines[:-1]
    first = next((line for line in lines if line.strip()), "")
    headings = [line for line in lines if _HEADING.fullmatch(line)]
    heads = [match for line in headings if (match := _HEAD.fullmatch(line))]
    if not _HEAD.fullmatch(first) or len(heads) * 2 <= len(headings):
        return None
    if sum(bool(_VERSION.fullmatch(match[2])) for match in heads) * 2 >= len(heads):
        return None
    return "a title, and headings that are a time and a name"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._weflow_md import read_log

    return read_log(source, options, HEAD)


FORMAT = Format(
    id="weflow-md",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.LINKS},
)
