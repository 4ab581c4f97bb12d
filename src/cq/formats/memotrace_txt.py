"""MemoTrace (留痕), text export: versions 2 (2024) and 3 (2025).

**How to get it.** MemoTrace: 导出 → TXT. Its CSV carries types and message ids: take that where there is a
choice.

**What it looks like.** UTF-8 without BOM: time and name, the text, an empty line. System rows have no
name; version 2 puts their sentence on the line of the time::

    2026-02-01 06:53:20 阿北
    明早七点

    2026-02-01 06:53:50
    "阿北" 撤回了一条消息

    2026-02-01 06:54:20 西西
    好
    引用：阿北: 明早七点

    2026-02-01 06:55:20 西西
    【图片】

**What it lacks.** Ids of any kind (the group's may stand in the folder, ``群名(…@chatroom)``), who
answered whom (the quoted words are there), types (read from tags such as ``【图片】``, which people can
type, too), the time zone (``--tz``). Version 3 leaves the sentences of most system rows empty.

**Handled.** A head without a text below is a system row if it is one of WeChat's sentences, or if nobody
of that name has said anything. A head line inside a text is text unless an empty line stands before
it; then nothing tells the two apart. QQ's text export has numbers behind its names and is not this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.formats._head_vote import vote
from cq.model import Batch

HEAD = r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(?: (\S[^\n]{0,300}))?"
_HEAD = re.compile(HEAD)
_OTHERS = re.compile(
    r"'.*'"  # WeFlow
    r"|.*(?:\(\d{5,11}\)|<[^<>@]+@[^<>]+>)"  # QQ
    r"|[\[(<]?(?:INFO|DEBUG|WARN(?:ING)?|ERROR|TRACE|FATAL|CRITICAL|NOTICE|VERBOSE)\b.*"  # programs
    r"|[+-]\d{2}:?\d{2}|UTC|GMT|CST|[AP]M|(?:星期|周)[一二三四五六日天]|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*"
    r"|\[.*|[|,;:>=<-].*|From .+ to .+",
    re.IGNORECASE,
)
"""What other programs write after a time."""


def sniff(peek: Peek) -> str | None:
    """The first line is a head, at least one other is; they stand after empty lines and have bodies."""
    if not _HEAD.fullmatch(peek.first_line):
        return None
    found = vote(peek, _HEAD)
    named = [match[2] for match in found.heads if match[2]]
    if len(found.heads) < 2 or not found.separate or not named or not found.bodies:
        return None
    if sum(bool(_OTHERS.fullmatch(name)) for name in named) * 2 >= len(named):
        return None
    if not found.filled and (_told(named) + found.bodies) * 2 <= len(found.heads):
        return None
    return "records that begin with a time and a name"


def _told(names: list[str]) -> int:
    """How many of these are no names but sentences of the system."""
    from cq.formats._system_text import parse
    from cq.model import Event

    return sum(parse(name, "wechat").event is not Event.OTHER for name in names[:200])


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._memotrace_txt import read_log

    return read_log(source, options, HEAD)


FORMAT = Format(
    id="memotrace-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME},
)
