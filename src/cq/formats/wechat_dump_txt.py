"""wechat-dump's text (ppwwyyxx/wechat-dump): chats of an Android phone, since 2014.

**How one gets it.** ``wechat-dump`` on a backup of one's own phone: ``dump-msg.py`` writes a file per chat,
named after it.

**What it looks like.** A line per message: type, name (``me`` is the owner), time, text; line breaks of
the text as they are, a picture's place at the end::

    1|阿北:2022-02-01 09:00:00:明早七点
    老地方
    1|me:2022-02-01 09:01:00.500000:好
    3|西西:2022-02-01 09:02:00:Image|img:THUMBNAIL_DIRPATH://th_00
    436207665|阿北:2022-02-01 09:03:00:[RED ENVELOPE]
    买水

**What it lacks.** Ids of any kind, the chat's name (the file's stands in for it), whom and what an answer
answers, rows of the system, titles of links, forwards and mini-programs as such (they are links), the
time zone (``--tz``). Of the owner's texts of several lines the first line is lost.

**Handled.** The types are Android's numbers. A line inside a text that looks like a message is read as one:
nothing tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._head_vote import vote
from cq.model import Batch

HEAD = r"(-?\d{1,10})\|([^\n]{0,100}?):(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?):([^\n]*)"
_HEAD = re.compile(HEAD)
_LIKE = re.compile(r"-?\d{1,10}\|.*")
_APP = 49
"""A link or a file: the text says which."""


def sniff(peek: Peek) -> str | None:
    """The first line is a message, and most that begin with a number and a bar are; the types exist."""
    if not _HEAD.fullmatch(peek.first_line):
        return None
    from cq.formats._wechat_types import kind_of
    from cq.model import Kind

    found = vote(peek, _HEAD).heads
    types = [int(match[1]) for match in found]
    known = sum(type_ == _APP or kind_of(type_, None, None) is not Kind.OTHER for type_ in types)
    if known * 2 <= len(types) or len(types) * 2 < len(vote(peek, _LIKE).heads):
        return None
    return "lines of type|name:time:text with WeChat's types"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechat_dump import read_log

    return read_log(source, options, HEAD)


FORMAT = Format(
    id="wechat-dump-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.MESSAGE_IDS,
            Lack.SENDER_IDS,
            Lack.OWN_NAME,
            Lack.ZONE,
            Lack.EVENTS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.TITLES,
            Lack.OWN_TEXT,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"forward", "mini_program"}),
)
