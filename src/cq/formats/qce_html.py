"""QQ NT through QCE (shuakami/qq-chat-exporter): its modern web pages, one page or a folder of chunks.

**How one gets it.** QCE: 导出 → HTML. Large chats come as a folder (or zip) with ``index.html`` and
``data/``. Only the modern pages are read; of the classic ones of 2025, export again as JSON. If you can
still choose, take JSON anyway: it has QQ numbers.

**What it looks like.** A page that begins with what it is of, and has one block a message::

    <!-- QCE_METADATA: {"chatName":"周末羽毛球(东区)","chatType":"group","peerUid":"700000001"} -->
    <div class="message-block" data-date="2026-01-01">
    <div class="message other" data-sender-uid="u_heBBBB" id="msg-7400000000000000002"> …
    <span class="sender">小禾</span><span class="time">2026/01/01 09:13:25</span> …
    <div class="content">来</div> …

or ``data/manifest.js`` and the scripts it lists, with the same blocks::

    window.__QCE_CHUNK__ && window.__QCE_CHUNK__({id:"c000001",messages:[
    {"id":"msg-7400000000000000001","ts":1767230000000,"uid":"u_kuanAAAA","name":"球场阿宽","text":"…","html":"…"}

Give ``cq`` the folder, the page or the manifest; a chunk alone is read, too.

**What it lacks.** QQ numbers: people are ``uid:u_…``, which only a JSON export joins to numbers. The single
page has local times. Mentions, unless the page names a uid, are read from the text.

**Handled.** ``text`` of a chunk is in lower case and cut off, so the words come from ``html``; unquoted
keys; a message that breaks the page costs itself only; chunks that are missing are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cq.formats import Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import QCE_SHELL, tool
from cq.model import Batch


def sniff(peek: Peek) -> str | None:
    """The metadata in the head of a page, or QCE's names in a script."""
    match tool(peek):
        case "qce-html":
            return "QCE's metadata in a page, or a script of its pages"
        case found if found == QCE_SHELL:
            return "the page of a QCE export whose messages stand beside it"
        case _:
            return None


def parts(source: Source) -> Sequence[Source]:
    """The manifest and the chunks that belong to a page, or to a manifest."""
    from cq.formats._qce_parts import parts_of

    return parts_of(source)


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages."""
    from cq.formats._qce_page import read_export

    return read_export(source, options)


FORMAT = Format(
    id="qce-html",
    platform="qq",
    sniff=sniff,
    read=read,
    unique_ids=True,
    replies=True,
    parts=parts,
    lacks=frozenset({Lack.MENTIONS}),
    lost=frozenset({"mini_program"}),
)
