"""Text of WeLink (runzhliu/WeLink).

**How one gets it.** WeLink in the browser: a search result or a chat → 导出 TXT.

**What it looks like.** A line per message, with the line breaks of its text as they are; nothing above::

    2026-02-01 06:53 [阿北]: 明早七点
    老地方
    2026-02-01 06:54 [西西]: [图片]

**What it lacks.** All ids, seconds, the group's name (the file's stands in for it), types (read from
placeholders, which people can type, too), who answered whom, rows of the system, which rows are the owner's
(unless they are ``我``), the time zone (``--tz``).

**Handled.** A line inside a text that looks like a message is read as one: nothing tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.formats._head_vote import vote
from cq.model import Batch

HEAD = r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) \[([^\n]{1,100}?)\]:(?: |$)([^\n]*)"
_HEAD = re.compile(HEAD)
_DATED = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}\b.*")
_PROGRAMS = re.compile(
    r"\s*(?:info|debug|warn(?:ing)?|error|trace|fatal|crit(?:ical)?|notice|verbose|alert|emerg|log|main"
    r"|\d{1,7}|0x[0-9a-f]+|[\w.-]+[/:]\d+|\w+[.-]\w+[.-]\w[\w.-]*)\s*",
    re.IGNORECASE | re.ASCII,
)
"""What programs put between brackets: levels, numbers of processes, names of modules."""


def sniff(peek: Peek) -> str | None:
    """The first line is a message, another one is, and so are most that begin with a time."""
    if not _HEAD.fullmatch(peek.first_line):
        return None
    found = vote(peek, _HEAD).heads
    if len(found) < 2 or len(found) * 2 < len(vote(peek, _DATED).heads):
        return None
    if sum(bool(_PROGRAMS.fullmatch(match[2])) for match in found) * 2 >= len(found):
        return None
    return "lines that begin with a time to the minute and a name in brackets"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._welink_log import read_text

    return read_text(source, options, HEAD)


FORMAT = Format(
    id="welink-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME, Lack.SECONDS, Lack.EVENTS, Lack.QUOTES, Lack.LINKS, Lack.TITLES},
)
