"""QQNT_Export JSON: a chat out of a decrypted QQ NT database, by Tealina28's script.

**How to get it.** QQNT_Export (github.com/Tealina28/QQNT_Export) writes one file per group and per
friend from a copy of the database that its user has opened himself. ``cq`` decrypts nothing; exports
by qq-chat-exporter hold more and need no database.

**What it looks like.** An array; the file's name is the group's name or the friend's remark::

    [{"time":"2026-01-01 09:13:20","sender":"球场阿宽","sender_qq":10086001,"contents":[["[文本]","周六两点"]]},
     {"time":"2026-01-01 09:13:25","sender":"小禾(室友)","sender_qq":10086002,"contents":[["[被引用的消息][文本]","周六两点"],["[文本]","来"]]}]

With a friend there is ``"direction": "收"`` or ``"发"`` instead of the sender.

**What it lacks.** The group's number, message ids, the time zone (``--tz``), which message is
answered (only its words), who is mentioned (only in the text), links, recalls as marks.

**Handled.** The parts of a quotation are the quotation, the ``[文本]`` parts the words; a message
without words has the kind of its first part. ``发`` and ``转发`` are the owner's own messages.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_GROUP = frozenset({"sender", "sender_qq", "contents"})
_FRIEND = frozenset({"direction", "contents", "time"})


def sniff(peek: Peek) -> str | None:
    """An array whose objects have ``contents``, and ``sender_qq`` or ``direction``."""
    keys = peek.json.get("[]", {}).keys()
    found = keys >= _GROUP or keys >= _FRIEND
    return "an array of objects with contents and sender_qq or direction" if found else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._json import MAX_ROWS, Items, walk
    from cq.formats._json_places import Lines
    from cq.formats._qqnt_export import Message, Reader
    from cq.model import Problem

    again = Source(source.label, source.open, source.size)
    reader = Reader(source, options, Lines(again.blocks, {"": Message}, ""))
    rows: list[Message] = []
    numbers: list[int] = []
    for part in walk(source.blocks(), source.label, {"": Message}):
        match part:
            case Problem():
                reader.problems.append(part)
            case Items(_, first, values):
                rows += values
                numbers += range(first, first + len(values))
        while len(rows) >= MAX_ROWS:
            yield reader.batch(rows[:MAX_ROWS], numbers[:MAX_ROWS])
            del rows[:MAX_ROWS], numbers[:MAX_ROWS]
    yield reader.batch(rows, numbers, source.notices())


FORMAT = Format(
    id="qqnt-export-json",
    platform="qq",
    sniff=sniff,
    read=read,
    lacks=frozenset({
        Lack.GROUP_ID, Lack.GROUP_NAME, Lack.MESSAGE_IDS, Lack.ZONE, Lack.REPLIES, Lack.MENTIONS, Lack.LINKS,
        Lack.TITLES, Lack.OWN, Lack.RECALLED, Lack.EVENTS,
    }),
    lost=frozenset({"link", "red_packet", "forward", "mini_program", "location"}),
)  # fmt: skip
