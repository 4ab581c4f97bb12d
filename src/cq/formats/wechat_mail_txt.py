"""WeChat's own export: the chat history that the phone sends by e-mail.

**How to get it.** No tool is needed: in the chat, hold a message → 多选 → mark up to 100 messages → 更多 /
转发 → 邮件. Keep the mail as ``.eml`` (from the mail program: save as), as text (copy its body into a
``.txt``; several mails may go into one file), or as the page that QQ Mail shows.

**What it looks like.** A sentence that names the group, a line for each day, then who (two blanks) when,
and the text, with empty lines between::

    周末骑行小队 微信群上的聊天记录如下，请查收。

    —————  2026-02-01  —————


    阿北  06:53

    @西西 明早七点

    西西  06:54

    [图片: 0f0f0f.jpg(请在附件中查看)]

**What it lacks.** Ids of any kind, seconds, system rows, who answered whom and the quoted text, the kinds
that WeChat prints as ``null`` (links, red packets, mini-programs, forwards), the time zone (``--tz``).

**Handled.** ``null`` rows are dropped and counted; a ``null`` glued to the next head (a picture
that failed) is taken off where the rest is a known name (notice ``glued_null``). Several mails in
one file may overlap: their messages are merged like those of several files. Without the sentence
the group is named by the file; without day lines ``--date`` is needed. A time that goes back
without a day line keeps its day (notice ``out_of_order``). Attachments are counted, not read. A
paragraph that looks like a head (two blanks and a time at its end) is read as one, in the page only
if it is bold. The sentence is known in Chinese; in other languages the day lines mark the export.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.formats._pages import tool
from cq.model import Batch

_ENOUGH = 1 << 18
"""How much of a text or a mail is looked at: other tools' pages are mails, too, and large."""


def sniff(peek: Peek) -> str | None:
    """The sentence or a day line, in a text, a mail or a page."""
    from cq.formats import _mail

    start = peek.start
    if not start or peek.binary:
        return None
    if start.startswith("<"):
        return _mail.mark(_mail.page(start)) if tool(peek) == "wechat-mail-html" else None
    text = start[:_ENOUGH].replace("\r\n", "\n").replace("\r", "\n")
    if _mail.is_mail(start):
        return _mail.mark(_mail.letter(peek.head[:_ENOUGH]).text) or _mail.mark(text)
    return _mail.mark(text)


def read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of up to 65,536 messages; each mail is a segment."""
    from cq.formats._mail_log import read_mail

    return read_mail(source, options)


FORMAT = Format(
    id="wechat-mail-txt",
    platform="wechat",
    sniff=sniff,
    read=read,
    lacks=NAMED_TALK | {Lack.SECONDS, Lack.EVENTS, Lack.QUOTES},
    lost=frozenset({"link", "red_packet", "forward", "mini_program"}),
)
