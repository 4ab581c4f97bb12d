"""ChatLab's exchange format as one JSON document (``.json``), versions 0.0.1 and 0.0.2.

**How one gets it.** WeFlow: 导出 → ChatLab; its HTTP interface with ``?chatlab=1``; CipherTalk,
chatlog_alpha (``format=chatlab``) and many converters of other messengers.

**What it looks like.** One object, usually in this order, usually indented by two blanks::

    {"chatlab": {"version": "0.0.2", "exportedAt": 1770000000, "generator": "WeFlow"},
     "meta": {"name": "周末骑行小队", "platform": "wechat", "type": "group", "groupId": "10000000001@chatroom"},
     "members": [{"platformId": "wxid_aaaa0001", "accountName": "阿北", "groupNickname": "队长-阿北"}],
     "messages": [{"sender": "wxid_aaaa0001", "accountName": "阿北", "timestamp": 1769900000, "type": 0, "content": "早"}]}

Any size is read in constant memory. If ``meta`` comes after the messages, the file is read twice.

**What it lacks, what is handled**: the same as in the JSON lines (``chatlab-jsonl``). Besides, a
file that ends too early keeps its messages (problem ``truncated``), and a damaged message costs
itself only (problem ``bad_json``).

Not this format, though it looks so: the fork 334456777/WeFlow writes ``"version": "1.0"`` and
``meta.sessionId`` without a platform.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch, Problem


def sniff(peek: Peek) -> str | None:
    """``chatlab`` with ``meta`` or ``messages``, and not the fork's keys in them."""
    shape = peek.json
    top, meta = shape.get("", {}), shape.get(".meta", {})
    if ".chatlab" not in shape or "_type" in top or not {"meta", "messages"} & top.keys():
        return None
    if {"weflow", "exportInfo"} & top.keys() or ("sessionId" in meta and "platform" not in meta):
        return None
    if "username" in shape.get(".members[]", {}):
        return None
    return "a JSON object with chatlab and meta"


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages; the last one holds the members."""
    from cq.formats._chatlab import Reader
    from cq.formats._chatlab_record import Record
    from cq.formats._json import MAX_ROWS, Items, Key, walk_ordered
    from cq.formats._json_places import Lines

    reader = Reader(source)
    arrays = {"messages": Record, "members": Record}
    again = Source(source.label, source.open, source.size)
    reader.line_of = Lines(again.blocks, {"messages": Record}, "messages")
    rows: list[Record] = []
    numbers: list[int] = []
    for part in walk_ordered(source.blocks, source.label, arrays, {"chatlab", "meta"}, "messages", {"meta"}):
        match part:
            case Problem():
                reader.problems.append(part)
            case Key("meta", meta):
                reader.headers = 1
                reader.header(meta)
            case Key():
                reader.headers = 1
            case Items("messages", first, values):
                rows += values
                numbers += range(first, first + len(values))
            case Items(_, _, values):
                for record in values:
                    reader.member(record)
        while len(rows) >= MAX_ROWS:
            yield reader.batch(reader.messages(rows[:MAX_ROWS], numbers[:MAX_ROWS]))
            del rows[:MAX_ROWS], numbers[:MAX_ROWS]
    yield reader.last(reader.messages(rows, numbers))


FORMAT = Format(
    id="chatlab-json",
    platform="any",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    lacks=frozenset({Lack.MENTIONS, Lack.OWN, Lack.RECALLED}),
)
