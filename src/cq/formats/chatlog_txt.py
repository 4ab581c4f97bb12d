"""chatlog's plain text: what its HTTP service answers without a format, often saved to feed a model.

**How to get it.** chatlog (sjzar) or chatlog_alpha: ``GET /api/v1/chatlog?time=…&talker=…``. With
``format=json`` the same answer carries whole times and types: take that where there is a choice.

**What it looks like.** UTF-8, LF: a line with who and when, the text, an empty line. The time has no
date if one day was asked for, and no year if the days were in one year::

    阿北(wxid_aaaa0001) 02-01 06:53:20
    明早七点

    我 02-01 06:54:20
    > 阿北(wxid_aaaa0001) 02-01 06:53:20
    > 明早七点
    好

    系统消息 02-01 06:54:50
    "阿北(wxid_aaaa0001)"邀请"默默(wxid_cccc0003)"加入了群聊

chatlog_alpha puts ``[seq]`` after the name. If several chats were asked for, ``[群(id)]`` stands there,
and each becomes a group of its own.

**What it lacks.** WeChat's message ids, the date or year (``--date``, ``--year``, else from the name of the
file), the group's id and name if only one chat was asked for (then from the name of the file), types
(they are read from the markdown that chatlog makes), the owner's id, the time zone (``--tz``).

**Handled.** Quotations say whom and when, so that answers find what they answer. Lines of forwarded
chats are indented and quoted heads begin with ``>``: neither is taken for a head, and a head line
inside a text is not unless an empty line stands before it; then nothing tells the two apart. Names
in system rows bring their ids. Times that go back by more than six hours begin the next day, days
that go back by more than half a year the next year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._head_vote import vote
from cq.model import Batch

_NAMED = r".{0,200}\([^()\s]{1,80}\)"
_BARE = r"我|系统消息|wxid_\w{1,60}|\S{1,60}@\w{2,12}|[A-Za-z][\w-]{5,19}"
HEAD = (
    rf"(?![> \t\u3000])({_NAMED}|{_BARE}) (?:\[(\d{{10,20}})\] )?(?:\[(.{{1,300}})\] )?"
    r"((?:(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} )?[0-9]{2}:[0-9]{2}:[0-9]{2})"
)
"""Who, chatlog_alpha's number, the chat if there are several, when."""
_HEAD = re.compile(HEAD)
_SURE = re.compile(
    r"我|系统消息|wxid_\w+|\S+@(?:chatroom|openim)|.*\((?:我|wxid_\w+|[A-Za-z][\w-]{5,30}|\S+@\w+)\)"
)
"""Who is certainly no number of QQ and no word: the owner, the system, or an id of WeChat."""


def sniff(peek: Peek) -> str | None:
    """The first line is a head, at least one other is; they stand after empty lines and name WeChat ids."""
    if not _HEAD.fullmatch(peek.first_line):
        return None
    found = vote(peek, _HEAD)
    sure = sum(bool(_SURE.fullmatch(match[1])) for match in found.heads)
    if len(found.heads) < 2 or not found.separate or not found.filled or sure * 2 < len(found.heads):
        return None
    return "records that begin with name(wxid) and a time"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._chatlog_txt import read_log

    return read_log(source, options, HEAD)


FORMAT = Format(
    id="chatlog-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.GROUP_NAME,
            Lack.MESSAGE_IDS,
            Lack.ZONE,
            Lack.KINDS,
            Lack.MENTIONS,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"poke"}),
)
