"""QQ Chat Exporter (QCE, ``qq-chat-exporter``), V4 to V6: the text export.

How to get it: QCE runs beside QQ NT through NapCat on the account that is logged in: 导出 → 纯文本 (TXT).
QCE's own JSON carries more (numbers, ids, replies) and is the better choice.

What it looks like: UTF-8, LF. `[QQChatExporter V5 / https://github.com/shuakami/qq-chat-exporter]`, a
banner of 47 equal signs, 聊天名称, 聊天类型, 消息总数, then the records, two empty lines apart: `name:` or
`[title] name:`, 时间, perhaps 类型, 内容 (of several lines), perhaps 资源, 提及, 回复; at the end 导出完成.

What it lacks: QQ numbers (people are names), the group's number, message ids, links, which messages are
the owner's, which were recalled. A reply names the answered message by minute and sender only; it is
found where that, or the quoted words, leave one.

Times: an option writes days without a time (counted, `day_only`) or times without a day (`--date` is needed,
the days are carried forward and counted); times like 3 天前 are refused. The fields behind the text are
read from the end, as a text may hold such lines. The numbers of messages in head and footer are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_FIRST = re.compile(
    r"\[QQChatExporter V\d{1,3}(?:\.\d{1,5}){0,3} / https://github\.com/shuakami/qq-chat-exporter\]"
)


def _sniff(peek: Peek) -> str | None:
    return "first line [QQChatExporter V… / …]" if _FIRST.fullmatch(peek.first_line) else None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._qce_txt import Reader, asked
    from cq.formats._qce_txt_times import Times

    return Reader(source, Times(options, source.label, source.name), asked(source)).batches()


FORMAT = Format(
    id="qce-txt",
    platform="qq",
    sniff=_sniff,
    read=_read,
    replies=True,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.MESSAGE_IDS,
            Lack.SENDER_IDS,
            Lack.ZONE,
            Lack.KINDS,
            Lack.LINKS,
            Lack.TITLES,
            Lack.OWN,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"link", "mini_program", "red_packet", "sticker"}),
)
