"""go-cqhttp's log lines: messages, and notices as sentences. What comes of them, :mod:`_bot_log` knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from cq.formats import ReadOptions
from cq.formats._bot_log import Log, More, Rows, Segment, Sender, named, person
from cq.formats._cq_code import segments, unescape
from cq.formats._source import Source
from cq.formats._system_text import SELF, parse
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.model import Batch, Event, Problem

HEAD = re.compile(r"^\[(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})\] \[[A-Z]{4,7}\]: ([^\n]*)$", re.MULTILINE)
_SAYS = " 的消息: "
_ROOM_OF_ID = 24
"""Characters: a blank, parentheses, a sign and twenty digits."""
_CUT = " ..."
_CUT_CODE = re.compile(r"\[CQ:([A-Za-z_]{1,20})[^\]]*\Z")
_GROUP_AT_END = re.compile(r"了群 (.{0,200}?)\((\d{5,12})\)\.?\s*\Z", re.DOTALL)
_NEW_CARD = " 更新了名片 "


def read_log(source: Source, options: ReadOptions) -> Iterator[Batch]:
    log, clock, any_rows = Log(source), WallClock(options), False
    notices: list[Problem] = []
    for piece in records(source, HEAD):
        notices += piece.notices
        if piece.preamble:
            log.problem("stray_text", 1, piece.preamble)
        rows = _rows(log, piece)
        stamps = clock.column(rows.times)
        for i in np.flatnonzero(~stamps.sound):
            log.problem("bad_time", rows.lines[i], rows.times[i])
        any_rows |= bool(stamps.sound.any())
        yield from log.batches(rows, stamps.utc, stamps.sound)
    yield log.last(notices, not any_rows)


def _rows(log: Log, piece: Records) -> Rows:
    rows, known = Rows(), log.known
    for line, (time, first), body in zip(piece.lines, piece.heads, piece.bodies, strict=True):
        text = f"{first}\n{body}" if body else first or ""
        at = text.find(_SAYS)
        prefix = text[:at] if at >= 0 else text
        sender = known.get(prefix)
        if sender is not None:
            words, native = _with_id(text, at + len(_SAYS))
            plain = native is not None and "[" not in words and "&" not in words
            rows.add(line, time, sender, words, False, native, None if plain else _more(words, native))
        elif not _row(log, rows, line, time, text, prefix):
            if text.startswith(("收到群 ", "发送群 ", "收到好友 ", "发送好友 ")):
                log.problem("bad_row", line, text)
            else:
                log.skip("log_line")
    return rows


def _row(log: Log, rows: Rows, line: int, time: str | None, text: str, prefix: str) -> bool:
    """Anything but a message of somebody who has written before; False for what is no row."""
    if text.startswith(("收到群 ", "收到好友 ")):
        if (read := _sender(log, text)) is None:
            return False
        sender, end = read
        if end == len(prefix) + len(_SAYS):
            log.remember(prefix, sender)
        words, native = _with_id(text, end)
        rows.add(line, time, sender, words, False, native, _more(words, native))
        return True
    if text.startswith(("发送群 ", "发送好友 ")):
        return _sent(log, rows, line, time, text)
    return text.startswith(("群 ", "新成员 ", "成员 ")) and _reported(log, rows, line, time, text)


def _more(words: str, native: str | None) -> More:
    return More(segments(words), cut=native is None)  # without its id a message breaks off: so does the log


def _sender(log: Log, text: str) -> tuple[Sender, int] | None:
    """``收到群 NAME(GID) 内 NICK(UIN) 的消息: ``, and where the message begins."""
    if text.startswith("收到群 "):
        group = named(text, len("收到群 "), " 内 ")
        who = named(text, group.end, _SAYS) if group else None
        chat = log.chat(group.id, group.name) if group else None
    else:
        who = named(text, len("收到好友 "), _SAYS)
        chat = log.chat(who.id, who.name, private=True) if who else None
    return (Sender(chat, person(who.id), who.name), who.end) if who and chat else None


def _sent(log: Log, rows: Rows, line: int, time: str | None, text: str) -> bool:
    private = text.startswith("发送好友 ")
    to = named(text, len("发送好友 " if private else "发送群 "), _SAYS)
    if to is None:
        return False
    words, native = _with_id(text, to.end)
    cut = words.endswith(_CUT)
    parts = _beginning(words.removesuffix(_CUT)) if cut else segments(words)
    sender = Sender(log.chat(to.id, to.name, private=private), SELF)
    rows.add(line, time, sender, "", True, native, More(parts, cut=cut))
    return True


def _beginning(words: str) -> list[Segment]:
    """The first characters of a message; a code that is cut off still says what it is."""
    code = _CUT_CODE.search(words)
    if code is None:
        return segments(words)
    return [*segments(words[: code.start()]), (code[1], {})]


def _with_id(text: str, start: int) -> tuple[str, str | None]:
    """The message that begins there and the id behind it, ``… (-20011)``."""
    text = text.rstrip()
    end = text.rfind(" (", start)
    if end >= 0 and text[-1] == ")" and len(text) - end < _ROOM_OF_ID:
        id_ = text[end + 2 : -1]
        if id_.removeprefix("-").isdecimal():
            return text[start:end], id_
    return text[start:], None


def _reported(log: Log, rows: Rows, line: int, time: str | None, text: str) -> bool:
    """A notice as a row of its group; no row for other lines that begin like one."""
    text = text.rstrip()
    said = parse(text, "qq")
    if said.event is Event.OTHER and _NEW_CARD not in text:
        return False
    if text.startswith("群 "):
        group = named(text, len("群 "), " ") or named(text, len("群 "), "内成员 ")
        chat = log.chat(group.id, group.name) if group else None
    else:
        at_end = _GROUP_AT_END.search(text, max(0, len(text) - 250))
        chat = log.chat(at_end[2], at_end[1]) if at_end else None
    if chat is None:
        return False
    rows.add(line, time, Sender(chat), more=More(content=Content(said.kind, unescape(text), event=said)))
    return True
