"""WechatExporter (BlueMatthew), from a backup of an iPhone or iPad: the text export, 2020 to 2026.

**How one gets it.** A backup of the phone made with iTunes or Finder, opened in WechatExporter; format TXT.
It needs no key and no decryption. The HTML of the same tool has ids of people and messages: take that
where there is a choice.

**What it looks like.** The chat, an empty line, then a line per message, with the line breaks of its text
as they are. Notices and answers stand there bare, without a name and a time::

    周末骑行小队 - 微信聊天记录

    阿北 (2022-02-01 09:00:00):明早七点
    老地方
    "阿北"邀请"默默"加入了群聊
    「阿北：明早七点」
    - - - - - - - - - - - - - - -
    好
    西西 (2022-02-01 09:04:00):微信转账 ￥12.00默默 (2022-02-01 09:05:00):收到
    System Message: 你撤回了一条消息

**What it lacks.** Ids of any kind (newer builds may put one behind a name), who wrote an answer and when,
times of notices, types (read from tags such as ``[图片]``, which people can type, too), the time
zone (``--tz``). ``%%…%%`` in a text is gone.

**Handled.** What has no time gets that of the message before (notice ``time_of_neighbour``). A bare line is
an answer below a quotation, or a notice if it is one of WeChat's sentences; any other continues the text
above, and after a notice it is one more. No line break follows a transfer: the name behind the amount is
told by the names of the file, else it is all there is (notice ``glued_name``). AM and PM of builds before
July 2021. A chat without a name is called by its id, ``…@chatroom``. NULs and other remains of WeChat's
database in texts (2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

TIME = r"(?:\d{4}[-/]\d{1,2}[-/]\d{1,2} )?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?"
WHEN = rf" ?\(({TIME})\):([^\n]*)"
HEAD = r"([^\n]{0,120}?)" + WHEN
TITLE = r"(?P<name>[^\n]{1,200}?) - (?:微信聊天记录|WeChat Chat History)"
_TITLE = re.compile(TITLE)
_TALK = re.compile(r"记录[:：]")
_ANY = re.compile(rf"^(?:{HEAD}|System Message: |(?:- ){{5,}}-?)", re.MULTILINE)


def sniff(peek: Peek) -> str | None:
    """``名 - 微信聊天记录``, an empty line, and a message below."""
    title = _TITLE.fullmatch(peek.first_line)
    if title is None or _TALK.search(title["name"]):
        return None
    below = peek.start[: 1 << 18].replace("\r\n", "\n").replace("\r", "\n").split("\n", 1)[1:]
    if not below or not (below[0].startswith("\n") or _ANY.match(below[0])):
        return None
    return (
        "the words 微信聊天记录 behind the chat's name, and name (time): below"
        if _ANY.search(below[0])
        else None
    )


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._wechatexporter_txt import read_log

    return read_log(source, options, HEAD, WHEN, TITLE)


FORMAT = Format(
    id="wechatexporter-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.TIMES, Lack.LINKS},
    lost=frozenset({"reply"}),
)
