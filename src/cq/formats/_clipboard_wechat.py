"""Text copied out of WeChat's window: which of its shapes a file has, and its messages as columns.

When a head was written, :mod:`_clipboard_times` works out; what a body is, :mod:`_wechat_talk` knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import ReadOptions
from cq.formats._clipboard_times import BARE, DATED, Times, Written
from cq.formats._peek import Peek
from cq.formats._source import Source
from cq.formats._transcript import records
from cq.formats._wechat_talk import People, contents_of, group_of, in_time, marked, messages, stray, untyped
from cq.model import Batch, Problem

_LOOKED_AT = 1 << 18
_AFTER_BLANK = r"(?<![^\n]\n)"
_NAME = r"([^\n]{1,100}?)"
_GAP = r"[ \t\u00a0\u2005\u3000]{1,3}"
# A bare clock may end any line of talk: it makes a head only below a blank line.
_ONE_LINE = re.compile(
    rf"^(?:{_NAME}{_GAP}{DATED}|{_AFTER_BLANK}{_NAME}{_GAP}{BARE})[ \t]{{0,3}}$", re.MULTILINE
)
_TWO_LINES = re.compile(rf"^(?:{_NAME}\n{DATED}|{_AFTER_BLANK}{_NAME}\n{BARE})[ \t]{{0,3}}$", re.MULTILINE)
_NO_TIME = re.compile(rf"^{_AFTER_BLANK}([^\n:：]{{1,40}})[:：][ \t]{{0,3}}$", re.MULTILINE)
_ENGLISH = {
    "Photo": "图片",
    "Image": "图片",
    "Video": "视频",
    "Audio": "语音",
    "Voice": "语音",
    "Voice Message": "语音",
    "Sticker": "表情",
    "Animated Sticker": "表情",
    "File": "文件",
    "Link": "链接",
    "Music": "音乐",
    "Location": "位置",
    "Contact Card": "名片",
    "Mini Program": "小程序",
    "Chat History": "聊天记录",
    "Channels": "视频号",
    "Red Packet": "红包",
    "Transfer": "转账",
    "Voice Call": "语音通话",
    "Video Call": "视频通话",
}
_TAG = re.compile(rf"\[({'|'.join(sorted(_ENGLISH, key=len, reverse=True))})\]")
_MANY = 3
"""Distinct names that make a chat a group."""


def shape_of(peek: Peek) -> re.Pattern[str]:
    """The pattern of heads that most lines fit; the old one without times, where no other fits any."""
    text = peek.start[:_LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n")
    one, two = (sum(1 for _ in shape.finditer(text)) for shape in (_ONE_LINE, _TWO_LINES))
    if not one and not two and _NO_TIME.search(text):
        return _NO_TIME
    return _TWO_LINES if two > one else _ONE_LINE


def read_text(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """All messages. :class:`~cq.errors.InputError` where a day is told only by when it was copied."""
    shape = shape_of(source.peek)
    lines = 2 if shape is _TWO_LINES else 1
    everybody: set[str] = set()
    for piece in records(source, shape, lines_of_head=lines):
        everybody.update(_name(head) for head in piece.heads)
    group = group_of(source, "group" if len(everybody) >= _MANY else "unknown")
    times, rows, label = Times(options, source), 0, source.label
    yield Batch(groups=(group,))
    for piece in records(source, shape, lines_of_head=lines):
        written = [_when(head) for head in piece.heads]
        shown = [" ".join(filter(None, time)) if time else "" for time in written]
        notices, problems = piece.notices, stray(piece.preamble, label)
        piece, stamps, bad = in_time(piece, times.column(written), label, shown)
        bodies = [_in_chinese(body) for body in piece.bodies]
        piece = piece._replace(bodies=bodies)
        contents = contents_of(bodies, marked(bodies), untyped, [])
        yield Batch(problems=[*problems, *bad], notices=notices)
        for batch in messages(label, group, piece, stamps, People([_name(h) for h in piece.heads]), contents):
            rows += batch.num_rows
            yield Batch(batch)
    notices = (*times.notices(), *source.notices())
    if shape is _NO_TIME:
        notices = (*notices, Problem("day_only", label, str(rows)))
    yield Batch(problems=() if rows else (Problem("no_records", f"{label}:1"),), notices=notices)


def _name(head: tuple[str | None, ...]) -> str:
    return next(filter(None, (head[0], *head[5:6])), "")


def _when(head: tuple[str | None, ...]) -> Written | None:
    if len(head) == 1:
        return None
    day, word, clock, ap = head[1:5] if head[0] is not None else head[6:10]
    return day or "", word, clock or "", ap


def _in_chinese(body: str) -> str:
    """With the tag in front as the Chinese client writes it."""
    tag = _TAG.match(body)
    return f"[{_ENGLISH[tag[1]]}]{body[tag.end() :]}" if tag else body
