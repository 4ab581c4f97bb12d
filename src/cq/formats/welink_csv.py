"""CSV of WeLink (runzhliu/WeLink).

**How one gets it.** WeLink in the browser: a search result, a chat or the day view → 导出 CSV.

**What it looks like.** One of three heads; LF, with BOM when downloaded in the browser::

    日期,时间,发言者,内容,类型
    2026-02-01,06:53,阿北,"明早七点,
    老地方",文本
    2026-02-01,06:54,西西,[图片],其他

A private chat has `发送方` instead of `发言者`; the export of one day has `时间,发言者,内容` only and needs
its day (`--date 2026-02-01`, or a date in the file's name).

**What it lacks.** All ids, seconds, the group's name (the file's stands in for it), kinds beyond
placeholders, who answered whom, which rows are the owner's. At most 50,000 rows.

**Handled.** Names with a comma stand in private chats without quotes: they are put together again
(notice `mended_row`).
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.formats._table import csv_rows, head_of
from cq.model import Batch

_HEADS = (
    ("日期", "时间", "发言者", "内容", "类型"),
    ("日期", "时间", "发送方", "内容", "类型"),
    ("时间", "发言者", "内容"),
)


def sniff(peek: Peek) -> str | None:
    """Exactly one of WeLink's heads."""
    return "one of WeLink's heads" if head_of(peek) in _HEADS else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of one piece of the file each."""
    from cq.formats._welink_rows import COLUMNS, welink_rows, whole_row

    return welink_rows(csv_rows(source, COLUMNS, repair=whole_row), source, options)


FORMAT = Format(
    id="welink-csv",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.GROUP_NAME, Lack.SECONDS, Lack.EVENTS, Lack.QUOTES, Lack.LINKS, Lack.TITLES},
)
