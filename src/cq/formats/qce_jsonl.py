"""QCE's chunked JSON lines: a folder (or zip) by qq-chat-exporter with ``manifest.json`` and its chunks.

**How to get it.** As ``qce-json``, with 分块 JSONL (chunked) chosen as the format; large chats are
exported this way. Give ``cq`` the folder, the zip, the manifest, or single chunk files.

**What it looks like.** The manifest says which chat it is and lists the chunks; each line of a chunk
is one message, as in ``qce-json``::

    manifest.json           {"metadata": {"name": "QQChatExporter"}, "chatInfo": {…}, "chunked": {"format": "jsonl", "chunks": [{"index": 1, "relativePath": "chunks/c000001.jsonl", "count": 50000}]}}
    chunks/c000001.jsonl    {"id":"7400000000000000001","seq":"101","timestamp":1767230000000,"sender":{…},"type":"text","content":{…}}
    avatars.json

v5 names its chunks ``chunk_0001.jsonl`` and has ``"format": "chunked-jsonl"`` in ``metadata``; before
v5.5.12 the newest message came first, before v5.0.11 the records had another shape.

**What it lacks.** The same as ``qce-json``.

**Handled.** As ``qce-json``; besides, the chunks are read in the manifest's order and belong to it. A
chunk that is named alone takes the chat from the manifest beside or above it, else from the names of
its file and folders (``group_<名>_<号>_<日期>_<时间>``). Names in a manifest cannot lead out of its
folder. Notices: ``missing_part`` (a chunk is not there), ``count_mismatch`` (a chunk has another
number of records than the manifest says). The manifest of the chunked *HTML* is not this format.
"""  # noqa: E501 - sample lines

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Peek, ReadOptions, Source
from cq.formats._qce_chunks import is_manifest, parts
from cq.model import Batch

_SHAPES = (
    frozenset({"id", "seq", "timestamp", "sender", "content"}),
    frozenset({"messageId", "messageSeq", "sender", "content"}),
)


def sniff(peek: Peek) -> str | None:
    """A manifest with chunks, or a first record with QCE's keys."""
    top = peek.json.get("", {})
    if any(shape <= top.keys() for shape in _SHAPES) and "_type" not in top and "post_type" not in top:
        return "the first record has the keys of QQChatExporter's messages"
    if is_manifest(peek):
        return "a manifest of QQChatExporter that lists chunks"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 8,192 messages, chunk by chunk; the last one holds the people."""
    from cq.formats._qce_read import read_chunks

    return read_chunks(source, options)


def parts_of(source: Source) -> Sequence[Source]:
    """The chunks that a manifest claims, and ``avatars.json``."""
    return parts(source)


FORMAT = Format(
    id="qce-jsonl",
    platform="qq",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    parts=parts_of,
)
