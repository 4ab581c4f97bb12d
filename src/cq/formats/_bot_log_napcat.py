"""NapCat's log lines. They have no year, and of a message of several lines only the first.

What comes of them, :mod:`_bot_log` knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from cq.formats import ReadOptions
from cq.formats._bot_log import Log, More, Rows, Segment, Sender, named, person
from cq.formats._source import Source
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import Calendar, WallClock
from cq.model import Batch, Problem

HEAD = re.compile(r"^(\d{2}-\d{2} \d{2}:\d{2}:\d{2}) \[([a-z]{4,5})\] ([^\n]*)$", re.MULTILINE)
_OWNER = re.compile(r"([^\n]{0,80}?)\((\d{5,12})\)")
_WAYS = {"接收 <- ": False, "发送 -> ": True}
_WAY = len("接收 <- ")
_NUMBERED = ")] "
_CUT = " ..."
_PARTS = re.compile(
    r"\[(图片|动画表情|表情|商城表情|语音|视频|文件|卡片消息|转发消息|合并转发|位置|红包)"
    r"(?: ([^\[\]\n]{0,200}))?\] ?|@([^@\n]{1,60}?) \((\d{5,12})\)|@(全体成员|所有人)"
)
_TYPES = {
    "图片": "image",
    "动画表情": "mface",
    "表情": "face",
    "商城表情": "mface",
    "语音": "record",
    "视频": "video",
    "文件": "file",
    "卡片消息": "json",
    "转发消息": "forward",
    "合并转发": "forward",
    "位置": "location",
    "红包": "redbag",
}
_REPLY = "[回复消息 "
_QUOTED = re.compile(r"(?:\[[^\n]{0,100}?\(\d{5,12}\)\] )?(.*)", re.DOTALL)


def read_log(source: Source, options: ReadOptions) -> Iterator[Batch]:
    log, clock = Log(source), WallClock(options)
    days = _Days(Calendar(options, source.name), source.label)
    notices: list[Problem] = []
    any_rows = False
    for piece in records(source, HEAD):
        notices += piece.notices
        if piece.preamble:
            log.problem("stray_text", 1, piece.preamble)
        rows = _rows(log, piece, days)
        any_rows |= len(rows) > 0
        yield from log.batches(rows, clock.utc(np.array(rows.times, np.int64)))
    if days.assumed:
        notices.append(Problem("assumed_date", source.label, str(days.assumed)))
    yield log.last(notices, not any_rows)


def _rows(log: Log, piece: Records, days: _Days) -> Rows:
    rows = Rows()
    for line, (time, _, first), body in zip(piece.lines, piece.heads, piece.bodies, strict=True):
        text = f"{first}\n{body}" if body else first or ""
        owner, bar, rest = text.partition(" | ")
        own = _WAYS.get(rest[:_WAY]) if bar else None
        if own is None:
            log.skip("log_line")
            continue
        at = days.at(time or "")
        if at is None:
            log.problem("bad_time", line, time or "")
        elif not _message(log, rows, line, at, owner, f"{rest[_WAY:]} ", own):
            log.problem("bad_row", line, text)
    return rows


class _Days:
    """``12-31 23:59:59`` to local milliseconds; most lines are of the day of the line before."""

    def __init__(self, calendar: Calendar, label: str) -> None:
        self._calendar = calendar
        self._label = label
        self._day, self._midnight = "", 0
        self.assumed = 0

    def at(self, time: str) -> int | None:
        day, hour, minute, second = time[:5], int(time[6:8]), int(time[9:11]), int(time[12:])
        if hour > 23 or minute > 59 or second > 59:
            return None
        seconds = hour * 3600 + minute * 60 + second
        if day != self._day:
            at = self._calendar.of_day(int(day[:2]), int(day[3:]), seconds, self._label)
            if at is None:
                return None
            self._day, self._midnight = day, at - seconds * 1000
        self.assumed += 1
        return self._midnight + seconds * 1000


def _message(log: Log, rows: Rows, line: int, at: int, owner: str, text: str, own: bool) -> bool:
    """``群聊 [名(群号)] [昵称(号)] text``, ``私聊 (号) [昵称(号)] text``; one's own without the sender."""
    end = text.find(_NUMBERED)
    end = text.find(_NUMBERED, end + len(_NUMBERED)) if end >= 0 and not own else end
    end += len(_NUMBERED)
    prefix = f"{owner}|{text[:end]}" if own else text[:end]
    sender = log.known.get(prefix)
    if sender is None:
        if (read := _sender(log, owner, text, own)) is None:
            return False
        sender, begins = read
        if begins == end:
            log.remember(prefix, sender)
        end = begins
    words, quote = text[end:].rstrip(), None
    cut = _CUT in words
    if words.startswith(_REPLY):
        words, quote = _without_reply(words)
    if cut:
        words = words.replace(f"{_CUT} ", " ").removesuffix(_CUT)
    more = None
    if cut or quote or "[" in words or "@" in words:
        more = More(_segments(words), quote=quote, cut=cut)
    rows.add(line, at, sender, words, own, None, more)
    return True


def _sender(log: Log, owner: str, text: str, own: bool) -> tuple[Sender, int] | None:
    """Who writes where, and where the message begins."""
    me, at = _OWNER.fullmatch(owner.strip()), len("群聊 ")
    group = member = friend = None
    if text.startswith("群聊 ["):
        group = named(text, at + 1, "] ")
        at = group.end if group else at
    elif text.startswith("私聊 ("):
        friend = named(text, at, " ")
        at = friend.end if friend else at
    if text.startswith("[", at) and (group is None or not own):
        member = named(text, at + 1, "] ")
        at = member.end if member else at
    with_whom = member or friend
    if group:
        chat = log.chat(group.id, group.name)
    elif text.startswith("私聊 ") and with_whom:
        chat = log.chat(with_whom.id, with_whom.name or None, private=True)
    else:
        return None
    if own:
        return (Sender(chat, me[2], me[1]), at) if me else None
    return (Sender(chat, person(with_whom.id), with_whom.name or None), at) if with_whom else None


def _without_reply(text: str) -> tuple[str, str | None]:
    """Without ``[回复消息 [昵称(号)] quoted]``, whose quotation may hold brackets itself."""
    if not text.startswith(_REPLY):
        return text, None
    depth = 0
    for match in re.finditer(r"[\[\]]", text[:10_000]):
        depth += 1 if match[0] == "[" else -1
        if depth == 0:
            quoted = _QUOTED.fullmatch(text[len(_REPLY) : match.start()])
            return text[match.end() :].lstrip(" "), (quoted[1] if quoted else "") or None
    return text, None


def _segments(text: str) -> list[Segment]:
    found: list[Segment] = []
    end = 0
    for match in _PARTS.finditer(text):
        if text[end : match.start()].strip(" ") or (found and found[-1][0] == "at"):
            found.append(("text", {"text": text[end : match.start()]}))
        tag, more, name, number, everybody = match.groups()
        if tag:
            found.append((_TYPES[tag], {"name": more} if more and tag == "文件" else {}))
        else:
            found.append(("at", {"qq": "all" if everybody else number, "name": everybody or name}))
        end = match.end()
    if text[end:].strip(" ") or not found:
        found.append(("text", {"text": text[end:]}))
    return found
