"""QQ PC and TIM: the official export with pictures (全部消息记录.mht).

How to get it: QQ for Windows up to 9.7.2x and TIM: 消息管理器 → right-click a group (or 导出全部消息记录)
→ 导出消息记录 → type 网页格式 (*.mht). QQ NT has no such export any more.

What it looks like: `From: <Save by Tencent MsgMgr>` in the first line (a BOM may stand before it), a MIME
head that no mail program can read (a `;` is missing), one HTML table, then the pictures in base64. The
table has a row `消息分组:…` and a row `消息对象:…` for each conversation, a row `日期: 2020-02-11` for each
day, and a row for each message: sender, time, body. `>` is written `&get;`.

What it carries: what the text export of the same log carries, and which messages are the owner's own (by
the colour of the name). Pictures read as `[图片]`; they are not decoded, only passed over, so that files
of tens of gigabytes are read in little memory.

What it lacks: group numbers (a stand-in is made from the group's name), message ids, replies, structured
mentions (`@name` is looked up in the text), the time zone (`--tz`), the content of recalled messages.
Private chats and discussion groups carry no sender ids.

Dates: year-month-day, year/month/day, and with the year last, which is taken for month/day/year (in a file
in which a first number is above 12, for day/month/year) and counted as a doubt. Where a date row is
damaged, the next day is assumed and the rows are counted. An empty sender stands before receipts of
files, a blank one before window shakes. Pieces that other tools cut out of the table are read, too; for
rows before their first date `--date` is needed. A row of more than 8 MiB has lost its end and is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.errors import InputError
from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch, Problem

_FIRST = "From: <Save by Tencent MsgMgr>"
_MESSAGE = re.compile(
    r"<div style=color:#[0-9A-Fa-f]{6};padding-left:10px;><div style=float:left;margin-right:6px;>"
)
_ROWS = re.compile(rf"</div></td></tr>\s{{0,4}}<tr><td>{_MESSAGE.pattern}")
_NEAR = 1 << 16
_EPOCH = 719_163  # the ordinal of 1970-01-01


def _sniff(peek: Peek) -> str | None:
    if peek.first_line.startswith(_FIRST):
        return "first line From: <Save by Tencent MsgMgr>"
    if peek.start.startswith("<") and _MESSAGE.search(peek.start, 0, _NEAR):
        return "rows of a QQ MHT export (its head was cut off)"
    near = peek.start[:_NEAR]
    if _FIRST not in near and "<table" not in near and _ROWS.search(near):
        return "rows of a QQ MHT export (it begins in the middle of one)"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._mht_rows import MhtConversation, survey
    from cq.formats._mht_scan import Dates, scan

    day = options.date.toordinal() - _EPOCH if options.date else None
    overview = survey(source, day)
    facts, notices = overview.facts, list(source.notices())
    if not facts.records:
        problem = Problem("no_records", f"{source.label}:1")
        yield Batch(problems=(problem,), notices=notices, headers=facts.heads)
        return
    if not overview.dated:
        raise InputError("date_needed", path=source.label)
    groups = facts.groups()
    dates = Dates(day_first=overview.dates.day_first)
    segment, conversation, block = -1, None, None
    if overview.kept is not None:
        dates = overview.dates
    for rows in overview.kept or scan(source, dates, day, overview.tables):
        if rows.block is None and not rows.lines:
            yield Batch(problems=rows.problems, headers=rows.heads)
            continue
        if conversation is None or rows.block is not block:
            segment, block = segment + 1, rows.block
            group, about = groups[block], facts.conversations[block]
            conversation = MhtConversation(source.label, group, about, options.zone)
        yield conversation.batch(rows, segment)
    if dates.year_last:
        order = "d/m/y" if dates.day_first else "m/d/y"
        notices.append(Problem("date_order", source.label, f"{order} ({dates.year_last})"))
    if dates.guessed:
        notices.append(Problem("assumed_date", source.label, str(dates.guessed)))
    yield Batch(notices=notices)


FORMAT = Format(
    id="qq-pc-mht",
    platform="qq",
    sniff=_sniff,
    read=_read,
    lacks=frozenset(
        {
            Lack.GROUP_ID,
            Lack.MESSAGE_IDS,
            Lack.ZONE,
            Lack.KINDS,
            Lack.REPLIES,
            Lack.QUOTES,
            Lack.MENTIONS,
            Lack.LINKS,
            Lack.TITLES,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"link", "forward", "mini_program", "location", "poke"}),
)
