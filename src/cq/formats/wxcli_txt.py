"""wx-cli's text export (jackwener/wx-cli).

**How to get it.** ``wx export <chat> --format txt``. The JSON of the same command carries ids and seconds:
take that where there is a choice.

**What it looks like.** A line that names the chat and counts, an empty line, then a line per message, with
the line breaks of its text as they are::

    === 周末骑行小队[群] (3 条) ===

    [2026-02-01 06:53] 阿北: 明早七点
    老地方
    [2026-02-01 06:54] 西西: [引用] 好
      ↳ 阿北: 明早七点
    [2026-02-01 06:54] [系统] "阿北"邀请"默默"加入了群聊

**What it lacks.** Ids of any kind, seconds, which message an answer answers (the quotation is there),
types (read from tags such as ``[图片]``, which people can type, too), addresses, who the owner is, the time
zone (``--tz``). Sentences of the system are cut after 50 characters.

**Handled.** A row without a name is the owner's, or a sentence of the system. Words of the owner that hold
a colon look like a name with a text: where no name can be like that they are the owner's (notice
``guessed_own_rows``). A line inside a text that looks like a message is read as one: nothing tells
them apart. Notice ``count_mismatch`` if there are more or fewer messages than the first line says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

HEAD = (
    r"\[(\d{4}-\d{2}-\d{2} \d{2}:\d{2})\] "
    r"(?:(\[(?:系统|撤回)\][^\n]*)|(?:([^\n]{1,100}?):(?: |$))?([^\n]*))"
)
_HEAD = re.compile(HEAD)
_TITLE = re.compile(r"=== .* \((\d{1,9}) 条\) ===")


def sniff(peek: Peek) -> str | None:
    """``=== 名 (N 条) ===``, and a message in the next visible line, if there is one."""
    title = _TITLE.fullmatch(peek.first_line)
    if title is None:
        return None
    lines = [line for line in peek.start[: 1 << 16].split("\n", 9)[1:9] if line.strip()]
    if lines and not _HEAD.match(lines[0]):
        return None
    return "=== name (N 条) === in the first line, and messages that begin with [time]"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wxcli_log import read_text

    return read_text(source, options, HEAD)


FORMAT = Format(
    id="wxcli-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.OWN_NAME, Lack.SECONDS, Lack.LINKS},
)
