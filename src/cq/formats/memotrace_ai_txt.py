"""MemoTrace (留痕), text for language models (``…_chat.txt``).

**How to get it.** MemoTrace: 导出 → AI 对话专用 TXT. Every other export of MemoTrace says more: this one is
for those who have kept nothing else.

**What it looks like.** Days between asterisks, the name only where somebody else begins to speak::

    ********************2026-02-01********************

    阿北:明早七点
    老地方见

    西西:好
    【图片】

**What it lacks.** Times of day (every message stands at the beginning of its day; notice ``day_only``), ids
of any kind, system rows, who answered whom, types (read from tags such as ``【图片】``), telephone numbers
and addresses (MemoTrace takes them out), the time zone (``--tz``). Exports of groups before November
2024 have no names at all.

**Handled.** Each line is a message: a message of several lines cannot be told from several messages. Lines
after an empty one without a name go on with the message before. A name may hold one colon. What
stands before a colon after an empty line inside a message is taken for a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

DAY = r"\*{20}(\d{4}-\d{2}-\d{2})\*{20}"
_DAY = re.compile(DAY)


def sniff(peek: Peek) -> str | None:
    """The first line is a day between twice twenty asterisks."""
    return "a day between asterisks in the first line" if _DAY.fullmatch(peek.first_line) else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._memotrace_txt import read_days

    return read_days(source, options, DAY)


FORMAT = Format(
    id="memotrace-ai-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME, Lack.TIMES, Lack.EVENTS},
)
