"""QQRootFastDecrypt and QQNT-Database-Export-Tool: the text archive (QQ 聊天记录归档).

How one gets it: these tools print a database of QQ for Android or QQ NT that its owner has decrypted
already; cq decrypts nothing. The databases themselves carry much more (numbers, ids, replies).

What it looks like: UTF-8 with BOM; a title that ends in `QQ 聊天记录归档`, a line of 40 hyphens, then one
line for each message: `[2026-01-01 09:13:20] name: text`, in private chats `name -> other: text`, of the
system `[系统提示]`. Line breaks inside a message were replaced by the tool and cannot be told from others.

What it lacks: message ids, the group's number, replies, mentions but as `@name`, titles, which messages are
the owner's, and mostly QQ numbers (people are names).

Handled: names that are numbers or end in one, messages that go on in the next line after all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import NAMED_TALK, Format, Lack, Peek, ReadOptions, Source
from cq.model import Batch

_TITLE = re.compile(r"(?:[^{\[<：\n][^：\n]{0,200} )?QQ 聊天记录归档")
_NEAR = 4096


def _sniff(peek: Peek) -> str | None:
    lines = peek.start[:_NEAR].split("\n")[:5]
    if any(_TITLE.fullmatch(line.strip()) for line in lines):
        return "a title that ends in QQ 聊天记录归档"
    return None


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._qqroot_txt import read_lines

    return read_lines(source, options)


FORMAT = Format(
    id="qqroot-txt",
    platform="qq",
    sniff=_sniff,
    read=_read,
    lacks=NAMED_TALK | {Lack.QUOTES, Lack.LINKS, Lack.TITLES, Lack.BREAKS},
    lost=frozenset({"link", "forward", "mini_program", "location", "poke"}),
)
