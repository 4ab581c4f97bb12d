"""OneBot 11 events in one JSON array: what a QQ bot has recorded, kept as a document.

**How to get it.** As ``onebot11-jsonl``, from a recorder that writes (or a script that collected) one
array of events.

**What it looks like.** An array of the objects that are lines there::

    [{"time":1767230000,"self_id":10086009,"post_type":"message","message_type":"group","message_id":31,"group_id":700000001,"user_id":10086001,"message":"周六两点","sender":{"nickname":"阿宽","card":"球场阿宽"}},
     {"time":1767230009,"self_id":10086009,"post_type":"notice","notice_type":"group_recall","group_id":700000001,"user_id":10086001,"operator_id":10086001,"message_id":31}]

**What it lacks, what is handled**: the same as ``onebot11-jsonl``. An array that ends too early keeps
its events.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._onebot_sniff import is_event
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """An array whose objects are events, alone or in an object."""
    return "an array of events with post_type, self_id and time" if is_event(peek.json, "[]") else None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 16,384 events; the last one holds the people."""
    from cq.formats._json import Items, walk
    from cq.formats._json_places import Lines
    from cq.formats._onebot import MAX_ROWS, Reader
    from cq.formats._onebot_event import Event
    from cq.model import Problem

    reader = Reader(source)
    again = Source(source.label, source.open, source.size)
    line_of = Lines(again.blocks, {"": Event}, "")
    rows: list[Event] = []
    numbers: list[int] = []
    for part in walk(source.blocks(), source.label, {"": Event}):
        match part:
            case Problem():
                reader.problems.append(part)
            case Items(_, first, values):
                rows += values
                numbers += range(first, first + len(values))
        while len(rows) >= MAX_ROWS:
            yield reader.batch(reader.messages(rows[:MAX_ROWS], numbers[:MAX_ROWS], line_of))
            del rows[:MAX_ROWS], numbers[:MAX_ROWS]
    yield reader.batch(reader.messages(rows, numbers, line_of))
    yield reader.last()


FORMAT = Format(
    id="onebot11-json",
    platform="qq",
    sniff=sniff,
    read=read,
    replies=True,
    lacks=frozenset({Lack.QUOTES, Lack.RECALLED}),
)
