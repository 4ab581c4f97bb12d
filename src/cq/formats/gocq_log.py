"""go-cqhttp: the bot's own log (`logs/2022-05-01.log`), which holds the talk of every group the bot is in.

How to get it: it lies in the folder `logs` beside the bot, one file a day. Any bot on go-cqhttp has it.

What it looks like: `[2022-05-01 09:00:00] [INFO]: 收到群 名(群号) 内 昵称(号) 的消息: … (消息号)`, with
messages in CQ codes; the line breaks of a message stand in the log as they are. The bot's own messages
are 发送群 …, shortened to ten characters. Recalls, mutes, joins, pokes, uploads, titles and new cards are
sentences of their own (群 名(群号) 内 …). Lines about anything else are skipped and counted.

What it lacks: quoted texts (a reply names the answered message), the bot's number and the rest of its
longer messages, the time zone (`--tz`: that of the bot's machine), all that happened while the bot was
offline. Message ids are the bot's own, not QQ's.

Handled: many groups in one file, chats with friends, names with parentheses or the log's own words in
them, anonymous members, a last line that breaks off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = r"\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\] \[[A-Z]{4,7}\]: "
_ANY = re.compile(_HEAD)
_TALK = re.compile(
    rf"^{_HEAD}(?:收到群 .{{0,200}}?\(\d{{5,12}}\) 内 |收到好友 .{{0,200}}?\(\d{{5,12}}\) 的消息: "
    r"|发送(?:群|好友) .{0,200}?\(\d{5,12}\) 的消息: |群 .{0,200}?\(\d{5,12}\) (?:内|被|的) "
    r"|(?:新成员|成员) .{1,400}群 .{0,200}?\(\d{5,12}\))",
    re.MULTILINE,
)


def _sniff(peek: Peek) -> str | None:
    if _ANY.match(peek.start) and _TALK.search(peek.start):
        return "log lines [date] [LEVEL]: with 收到群, 发送群 or notices of groups"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._bot_log_gocq import read_log

    return read_log(source, options)


FORMAT = Format(
    id="gocq-log",
    platform="qq",
    sniff=_sniff,
    read=_read,
    replies=True,
    lacks=frozenset({Lack.ZONE, Lack.QUOTES, Lack.OWN_NAME, Lack.OWN_TEXT, Lack.RECALLED}),
    lost=frozenset({"file", "forward", "join", "rename_group"}),
)
