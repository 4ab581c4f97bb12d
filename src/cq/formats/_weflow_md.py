"""WeFlow's Markdown export: its records, backslashes, and whose name is the group's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._head_vote import heads
from cq.formats._peek import Peek
from cq.formats._placeholders import wechat_tag
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._transcript import records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.formats._wechat_talk import (
    ME,
    Pasted,
    People,
    contents_of,
    doubts,
    group_named,
    group_of,
    in_time,
    is_system,
    marked,
    messages,
    stray,
    untyped,
)
from cq.model import Batch, Event, Group, Kind

_TIME, _NAME = range(2)
_TITLE = re.compile(r"# (.+)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_TELLING = re.compile(r"(\\?)[*_\[\]#`|<>]")
_LINKED = re.compile(r"!?\[([^\[\]\n]{1,200})\]\([^()\n]{0,1000}\)")
_QUOTE = re.compile(r"((?:> ?[^\n]*\n)+)\n?(?=[^>\n])")
_QUOTED_WHO = re.compile(r"[^\n：]{1,40}：\s?")
_PRIVACY = "朋友关系，请注意隐私安全"


def read_log(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    label, clock, split = source.label, WallClock(options), Pasted()
    pattern = heads(source.peek, head)
    name = _title(source.peek)
    told, total, mine = _survey(source, pattern, name)
    quiet = {name} if told * 2 > total else set()
    escaped = _escaped(source.peek, re.compile(head))
    group = _group(source, name, bool(quiet), mine)
    yield Batch(groups=(group,), headers=int(name is not None))
    for piece in records(source, pattern):
        preamble = (piece.preamble or "").strip()
        problems = stray(preamble.partition("\n")[2] if _TITLE.match(preamble) else preamble, label)
        times = [head[_TIME] for head in piece.heads]
        piece, stamps, bad = in_time(piece, clock.column(times), label, times)
        piece = piece._replace(bodies=[_plain(body, escaped) for body in piece.bodies])
        split.look(piece, stamps)
        yield Batch(problems=[*problems, *bad], notices=piece.notices)
        names = [_unescaped(head[_NAME] or "") for head in piece.heads]
        nobody = [i for i, one in enumerate(names) if one in quiet or is_system(one)]
        own = [one == ME for one in names] if mine else None
        people = People([None if one == ME else one for one in names], own=own)
        contents = contents_of(piece.bodies, marked(piece.bodies, "[<>!\n"), _content, nobody)
        for rows in messages(label, group, piece, stamps, people, contents):
            yield Batch(rows)
    yield Batch(notices=[*source.notices(), *doubts(label, {"suspect_split": split.lines})])


def _title(peek: Peek) -> str | None:
    match = _TITLE.fullmatch(peek.first_line)
    return _unescaped(match[1]).strip() if match else None


def _group(source: Source, name: str | None, told: bool, mine: bool) -> Group:
    if name is None:
        return group_of(source)
    if is_system(name):
        return group_named(None, name)
    return group_named(name, group_in(source).id, "group" if told else "private" if mine else "unknown")


def _survey(source: Source, head: re.Pattern[str], name: str | None) -> tuple[int, int, bool]:
    """How many of the messages of the chat's own name are sentences of the system; does 我 write?"""
    told = total = 0
    mine = False
    for piece in records(source, head):
        for written, body in zip(piece.heads, piece.bodies, strict=True):
            mine = mine or written[_NAME] == ME
            if name is not None and _unescaped(written[_NAME] or "") == name:
                total += 1
                told += _is_told(_unescaped(body.strip()))
    return told, total, mine


def _is_told(sentence: str) -> bool:
    return _PRIVACY in sentence or parse(sentence, "wechat").event is not Event.OTHER


def _escaped(peek: Peek, head: re.Pattern[str]) -> bool:
    """Have the texts backslashes before what means something in Markdown?"""
    count = {"": 0, "\\": 0}
    for line in peek.start[: 1 << 18].split("\n"):
        if not head.match(line) and not _TITLE.match(line):
            for match in _TELLING.finditer(_LINKED.sub("", line).removeprefix("> ")):
                count[match[1]] += 1
    return count["\\"] > count[""]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _plain(body: str, escaped: bool) -> str:
    body = body.strip("\n")
    if "  \n" in body:
        body = body.replace("  \n", "\n")
    return _unescaped(body) if escaped else body


def _content(text: str) -> Content | None:
    quote = None
    if text[0] == ">" and (quoted := _QUOTE.match(text)):
        quote = re.sub(r"^> ?", "", quoted[1].rstrip("\n"), flags=re.MULTILINE)
        text = text[quoted.end() :]
    if linked := _LINKED.fullmatch(text):
        tag, _, title = linked[1].partition(" ")
        text = f"[{tag}]{title}" if wechat_tag(f"[{tag}]") else text
    found = untyped(text)
    if quote is not None:
        found = found or Content(Kind.TEXT, text)
        found.reply_quote = _QUOTED_WHO.sub("", quote, count=1) or None
    return found
