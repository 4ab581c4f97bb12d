"""QQ PC and TIM: the official text export (全部消息记录.txt).

How to get it: QQ for Windows up to 9.7.2x and TIM: 消息管理器 → right-click a group (or 导出全部消息记录)
→ 导出消息记录 → type 文本文件 (*.txt). QQ NT has no such export any more.

What it looks like: UTF-8 with BOM, CRLF; a first line 消息记录（此消息记录为文本格式，不支持重新导入）,
then for each conversation 消息分组:… and 消息对象:… between lines of 64 equal signs, then records: a
line `2021-03-05 9:45:37 【管理员】name(10086001)`, the body, an empty line. The hour has one digit
where it can; 12-hour clocks (AM/PM behind, 上午/下午 before the time) follow the Windows locale. A
whole-database export holds many conversations.

What it carries: QQ numbers (or e-mail addresses and phone numbers), names and titles as they were,
text, system rows (recalls, joins, files).

What it lacks: group numbers (a stand-in is made from the group's name), message ids, replies,
structured mentions (`@name` is looked up in the text), media, the time zone (`--tz`), the content of
recalled messages, joins before the exporter joined. Private chats and discussion groups carry no
sender ids.

Re-saved copies: GBK and UTF-16 copies, and copies whose line ends an editor changed, are read; in
the latter a pasted log inside a message can be mistaken for messages, which is counted where it
shows. Seen: byte-exact exports of 2016 and one of unknown year.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch, Problem

_MAGIC = "消息记录（此消息记录为文本格式，不支持重新导入）"
_RULE = "=" * 64


def _sniff(peek: Peek) -> str | None:
    if peek.first_line == _MAGIC:
        return "first line 消息记录（此消息记录为文本格式…）"
    if "短消息记录(" in peek.first_line:  # Discuz! private messages borrow the layout
        return None
    lines = [line.rstrip("\r") for line in peek.start[: 1 << 16].split("\n")[:400]]
    if lines.count(_RULE) >= 3 and any(line.startswith("消息对象:") for line in lines):
        return "消息对象 between lines of 64 equal signs (the first line is missing)"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._qq_txt_rows import Conversation
    from cq.formats._qq_txt_scan import is_strict, scan
    from cq.formats._qq_txt_survey import survey
    from cq.zones import LocalClock

    strict = is_strict(source)
    facts = survey(source, strict)
    if strict and (facts.mixed or not facts.records):
        strict = False
        facts = survey(source, strict)
    notices = [*source.notices(), *(() if strict else [Problem("line_ends_changed", f"{source.label}:1")])]
    first = int(source.peek.first_line == _MAGIC)
    if not facts.records:
        problem = Problem("no_records", f"{source.label}:1")
        yield Batch(problems=(problem,), notices=notices, headers=first + facts.heads)
        return
    names, groups = facts.names_that_begin_with_a_mark(), facts.groups()
    clock = LocalClock(options.zone)
    segment, block = -1, None
    yield Batch(headers=first)
    for piece in scan(source, strict):
        if segment < 0 or piece.block is not block:
            segment, block = segment + 1, piece.block
            clock = LocalClock(options.zone)  # an hour that a zone repeats is repeated in each conversation
        conversation = Conversation(source.label, groups[block], facts.conversations[block], strict)
        yield conversation.batch(piece, names, clock, segment)
    yield Batch(notices=notices)


FORMAT = Format(
    id="qq-pc-txt",
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
            Lack.OWN,
            Lack.RECALLED,
        }
    ),
    lost=frozenset({"link", "forward", "mini_program", "location", "poke"}),
)
