"""WeFlow's text export.

**How to get it.** WeFlow 1.3 to 5.0: 导出 → 格式 TXT. The JSON export of the same dialog carries ids and
who answered whom: take that where there is a choice.

**What it looks like.** UTF-8 without BOM, LF, nothing but records: time and name in quotes, the text, an
empty line. The text may have empty lines of its own, the name quotes::

    2026-02-01 06:53:20 '阿北'
    @西西  明早七点

    2026-02-01 06:54:20 '西西's bike'
    好[引用 阿北：@西西  明早七点]

    2026-02-01 06:54:50 '周末骑行小队'
    "阿北" 撤回了一条消息

**What it lacks.** Ids of any kind, types (they are read from placeholders such as ``[文件]x``, which people
can type, too), who answered whom (the quoted words are there), addresses of links, the time zone
(``--tz``). Stickers, voice messages and others may be ``[其他消息]``.

**Handled.** System rows bear the group's own name. It is known by the file's name
(``群名_20260101-20260131.txt``) or, where that was changed, as the sender of nothing but system
sentences; the latter is a guess and counted (notice ``guessed_system_rows``). ``我`` is the owner
(private chats). A head line inside a text is text unless an empty line stands before it; then
nothing tells the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.formats._head_vote import vote
from cq.model import Batch

_TIME = r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})"
HEAD = rf"{_TIME} '(.*)'"
_HEAD = re.compile(HEAD)
_LIKE = re.compile(rf"{_TIME} .+")
"""A head of MemoTrace's, where somebody may be called ``'x'``, too."""


def sniff(peek: Peek) -> str | None:
    """The first line is a head, and so is at least every other that begins with a time; they have bodies."""
    if not _HEAD.match(peek.first_line):
        return None
    found = vote(peek, _HEAD)
    if not found.filled or len(found.heads) * 2 < len(vote(peek, _LIKE).heads):
        return None
    return "records that begin with a time and a name in quotes"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._weflow_txt import read_log

    return read_log(source, options, HEAD)


FORMAT = Format(
    id="weflow-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME, Lack.LINKS},
)
