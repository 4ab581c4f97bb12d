"""NapCat: the bot's own log, kept for about seven days.

How to get it: the folder `logs` of NapCat. If there is anything else of that time (OneBot events, an export
by QQ Chat Exporter), that carries more.

What it looks like: `01-02 09:13:20 [info] 昵称(号) | 接收 <- 群聊 [名(群号)] [昵称(号)] text`, one's own
messages as 发送 ->. Lines about anything else are skipped and counted.

What it lacks: the year (it comes from a date in the file's name, or `--year`, and rolls over at New Year;
counted as `assumed_date`), all lines of a message but the first (marked ` ...`, counted as `text_cut_off`),
recalls, joins and other notices, message ids, which message is answered, titles, the time zone (`--tz`).

Handled: mentions with their numbers, quotations at the beginning, chats with friends, many groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_HEAD = r"\d{2}-\d{2} \d{2}:\d{2}:\d{2} \[[a-z]{4,5}\] "
_ANY = re.compile(_HEAD)
_TALK = re.compile(rf"^{_HEAD}[^\n|]{{1,120}} \| (?:接收 <-|发送 ->) (?:群聊|私聊) ", re.MULTILINE)


def _sniff(peek: Peek) -> str | None:
    if _ANY.match(peek.start) and _TALK.search(peek.start):
        return "log lines MM-DD … [info] with | 接收 <- or | 发送 ->"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._bot_log_napcat import read_log

    return read_log(source, options)


FORMAT = Format(
    id="napcat-log",
    platform="qq",
    sniff=_sniff,
    read=_read,
    lacks=frozenset(
        {
            Lack.MESSAGE_IDS,
            Lack.ZONE,
            Lack.KINDS,
            Lack.LINES,
            Lack.EVENTS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.LINKS,
            Lack.TITLES,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"sticker", "link", "mini_program"}),
)
