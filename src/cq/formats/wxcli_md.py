"""wx-cli's Markdown export (jackwener/wx-cli), its default.

**How to get it.** ``wx export <chat>`` without ``--format``. The JSON of the same command carries ids and
seconds: take that where there is a choice.

**What it looks like.** The chat, how many messages, then a heading with the time above each; lines of a
text after the first begin with ``>``::

    # 周末骑行小队（群聊）

    > 导出 2 条消息

    ### 2026-02-01 06:53

    **阿北**: 明早七点
    > 老地方

    ### 2026-02-01 06:54

    [系统] "阿北"邀请"默默"加入了群聊

**What it lacks.** What the text export of wx-cli lacks: ids of any kind, seconds, which message an answer
answers (the quotation is there), types (read from tags, which people can type, too), addresses, who
the owner is, the time zone (``--tz``). Sentences of the system are cut after 50 characters.

**Handled.** A row without a name is the owner's, or a sentence of the system. Lines of texts cannot be
taken for headings: they begin with ``>``. Several messages may stand below one heading. Notice
``count_mismatch`` if there are more or fewer messages than the second line says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_TIME = r"### (\d{4}-\d{2}-\d{2} \d{2}:\d{2})"
HEAD = rf"{_TIME}|\*\*([^\n]{{1,100}}?)\*\*:(?: |$)([^\n]*)"
_CHAPTER, _COUNT = re.compile(r"# .+"), re.compile(r"> 导出 \d{1,9} 条消息")


def sniff(peek: Peek) -> str | None:
    """A title, ``> 导出 N 条消息`` in the next visible line, then a time as a heading, if there is more."""
    if not _CHAPTER.fullmatch(peek.first_line):
        return None
    lines = [line for line in map(str.rstrip, peek.start[: 1 << 16].split("\n", 19)[1:19]) if line]
    if not lines or not _COUNT.fullmatch(lines[0]):
        return None
    if len(lines) > 1 and not re.fullmatch(_TIME, lines[1]):
        return None
    return "> 导出 N 条消息 below the title, and times as headings"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wxcli_log import read_markdown

    return read_markdown(source, options, HEAD)


FORMAT = Format(
    id="wxcli-md",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.OWN_NAME, Lack.SECONDS, Lack.LINKS},
)
