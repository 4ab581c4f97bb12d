"""ChatLab's exchange format as JSON lines (``.jsonl``), versions 0.0.1 and 0.0.2.

**How one gets it.** WeFlow: 导出 → ChatLab JSONL. CipherTalk, chatlog_alpha (``format=chatlab``)
and many converters of other messengers write it, too; it is the format to convert *to*.

**What it looks like.** UTF-8, one object per line. The first one is the header, then come members,
then messages; blank lines and lines that begin with ``#`` are legal::

    {"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1770000000},"meta":{"name":"周末骑行小队","platform":"wechat","type":"group","groupId":"10000000001@chatroom"}}
    {"_type":"member","platformId":"wxid_aaaa0001","accountName":"阿北","roles":[{"id":"owner"}]}
    {"_type":"message","sender":"wxid_aaaa0001","accountName":"阿北","timestamp":1769900000,"type":0,"content":"早"}

Times are epoch seconds, so no time zone is needed. Message ids and ids of answered messages are
there if the exporter knew them (not from chatlog_alpha).

**What it lacks.** Mentions stand in the text only; amounts of red packets and transfers; whether
a message is the exporter's own. ``members`` are those the exporter met, not the whole group.

**Handled.** ``weixin`` is ``wechat``. Times in milliseconds, numbers as strings, ids as numbers
(an id that went through a float is dropped with the notice ``rounded_id``). WeFlow gives red
packets, announcements and forwarded chats the type "link" and recalls the type "system": for
WeChat the content decides. The room itself, ``SYSTEM`` and ``系统消息`` are no senders. Names from
forwarded chats among the members are skipped (``not_a_member``). Quotations ``[引用 名：…]``,
``wxid:`` prefixes and raw XML are taken out of the text. A damaged line costs itself only. Two
files pasted together are read as two groups.

Not this format, though it looks so: the streams of WeFlow forks that begin with
``{"_type":"chatlab"``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from cq.formats import Format, Peek, ReadOptions, Source
from cq.formats._chatlab import Reader, Record
from cq.formats._json import decode
from cq.formats._weflow import MAX_ROWS
from cq.model import Batch, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_BLANKS = b" \t\r\n"
_HEADER = re.compile(rb'[^\n]*"_type"\s*:\s*"header"[^\n]*')


def sniff(peek: Peek) -> str | None:
    """A ``header`` record with ``chatlab`` in it comes first."""
    top = peek.json.get("", {})
    if top.get("_type") != "header" or "chatlab" not in top:
        return None
    return 'the first record is {"_type": "header", "chatlab": …}'


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of about a block of lines each; the last one holds the members."""
    reader = Reader(source)
    decoder = msgspec.json.Decoder(Record)
    line = 1
    for block in source.lines():
        records, numbers = _records(reader, decoder, block, line)
        line += block.count(b"\n")
        for messages in _messages(reader, records, numbers):
            yield reader.batch(messages)
    yield reader.last()


def _records(
    reader: Reader, decoder: msgspec.json.Decoder[Record], block: bytes, line: int
) -> tuple[list[Record], Any]:
    """The records of ``block`` with their line numbers."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    try:
        records = decoder.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        records = []
    if len(records) == count:
        return records, range(line, line + count)
    return _one_by_one(reader, block, line)


def _one_by_one(reader: Reader, block: bytes, line: int) -> tuple[list[Record], list[int]]:
    records, numbers = [], []
    lines = block.split(b"\n")
    for number, raw in enumerate(lines, line):
        text = raw.strip(_BLANKS)
        if not text:
            continue
        if text.startswith(b"#"):
            reader.skip("comment")
            continue
        try:
            records.append(decode(text, Record))
        except ValueError as error:
            cut = number == line + len(lines) - 1 and text.startswith(b"{") and not text.endswith(b"}")
            where = f"{reader.label}:{number}"
            reader.problems.append(Problem("truncated" if cut else "bad_json", where, str(error)))
        else:
            numbers.append(number)
    return records, numbers


def _messages(reader: Reader, records: list[Record], numbers: Any) -> Iterator[pa.RecordBatch | None]:
    """Message batches; headers and members on the way go to ``reader``."""
    tags = [record.tag for record in records]
    if tags.count("message") < len(tags):
        rows: list[Record] = []
        lines: list[int] = []
        for record, number in zip(records, numbers, strict=True):
            match record.tag:
                case "message":
                    pass
                case None if record.timestamp is not None:
                    pass
                case "header":
                    if rows:
                        yield from _messages_only(reader, rows, lines)
                        rows, lines = [], []
                    reader.headers += 1
                    reader.header(record.meta)
                    continue
                case "member":
                    reader.member(record)
                    continue
                case _:
                    reader.skip("unknown_record")
                    continue
            rows.append(record)
            lines.append(number)
        records, numbers = rows, lines
    yield from _messages_only(reader, records, numbers)


def _messages_only(reader: Reader, rows: list[Record], numbers: Any) -> Iterator[pa.RecordBatch | None]:
    if rows and reader.group is None:
        reader.header(_header_ahead(reader))
    for at in range(0, len(rows), MAX_ROWS):
        yield reader.messages(rows[at : at + MAX_ROWS], numbers[at : at + MAX_ROWS])


def _header_ahead(reader: Reader) -> Any:
    """The ``meta`` of a header that comes after the first message."""
    source = reader.source
    for block in Source(source.label, source.open, source.size).lines():
        if line := _HEADER.search(block):
            try:
                return decode(line[0], Record).meta
            except ValueError:
                continue
    return None


FORMAT = Format(
    id="chatlab-jsonl",
    title="ChatLab JSONL (WeFlow, CipherTalk, chatlog_alpha, converters)",
    platform="any",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
)
