"""WeFlow's text export: its records, and whose name is the group's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._head_vote import heads
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._transcript import records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_talk import (
    ME,
    People,
    contents_of,
    group_named,
    in_time,
    marked,
    messages,
    stray,
    untyped,
)
from cq.model import Batch, ChatKind, Event, Problem

_KIND: dict[str, ChatKind] = {"群聊": "group", "私聊": "private"}
_KIND_IN_NAME = re.compile(rf"({'|'.join(_KIND)})_(?=.)")
_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
# Words that system sentences hold and ordinary talk rarely does.
_TOLD = (
    "撤回了", "加入了群聊", "加入群聊", "移出", "修改群名", "拍了拍", "新群主", "管理员", "置顶", "退出", "解散",
    "领取了", "红包，请在手机上查看", " group chat", "group name", " a message",
)  # fmt: skip
_MAX_SENTENCE = 4_000
_MAX_CANDIDATES = 50
_CARRIED = 1 << 20


class _Chat(NamedTuple):
    """Name and kind of the chat, the names under which its system rows stand, and whether they are guessed."""

    name: str | None
    kind: ChatKind
    system: str | None
    guessed: bool


def read_log(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    pattern = heads(source.peek, head)
    chat = _survey(source, re.compile(f"{head}$", re.MULTILINE))
    group = group_named(chat.name, group_in(source).id, chat.kind)
    clock, label = WallClock(options), source.label
    yield Batch(groups=(group,))
    guessed: list[int] = []
    for piece in records(source, pattern):
        problems = stray(piece.preamble, label)
        notices = [*piece.notices]
        times = [head[0] for head in piece.heads]
        piece, stamps, bad = in_time(piece, clock.column(times), label, times)
        names = [head[1] for head in piece.heads]
        nobody = [i for i, name in enumerate(names) if name == chat.system] if chat.system else []
        if chat.guessed:
            guessed += [piece.lines[i] for i in nobody]
        yield Batch(problems=[*problems, *bad], notices=notices)
        contents = contents_of(piece.bodies, marked(piece.bodies), untyped, nobody)
        for rows in messages(label, group, piece, stamps, _people(names), contents):
            yield Batch(rows)
    doubts = [Problem("guessed_system_rows", f"{label}:{guessed[0]}", str(len(guessed)))] if guessed else []
    yield Batch(notices=[*source.notices(), *doubts])


def _people(names: list[str | None]) -> People:
    if ME not in names:
        return People(names)
    return People([None if name == ME else name for name in names], own=[name == ME for name in names])


def _survey(source: Source, head: re.Pattern[str]) -> _Chat:
    """Looks for the chat's own name among the senders: they are system rows."""
    named, kind = group_in(source).name, "unknown"
    if named and (word := _KIND_IN_NAME.match(named)):
        named, kind = named[word.end() :], _KIND[word[1]]
    told = Counter(name for text in _texts(source) for name in _tellers(text, head))
    likely = [name for name, _ in told.most_common(_MAX_CANDIDATES)]
    total: Counter[str] = Counter()
    for text in _texts(source):
        for name in {*likely, named or "", ME}:
            total[name] += text.count(f" '{name}'\n")
    mine = total[ME] > 0
    if named and total[named] and not mine:
        return _Chat(named, "group", named, False)
    for name in likely:
        if told[name] == total[name] or (told[name] >= 3 and told[name] * 2 > total[name]):
            same = _NOT_IN_FILES.sub("_", name).strip(". ") == named
            return _Chat(name, "group", name, not same)
    return _Chat(named, "private" if mine and kind == "unknown" else kind, None, False)


def _texts(source: Source) -> Iterator[str]:
    """The text in pieces that end where a record does."""
    rest = ""
    for block in source.lines():
        text = rest + block.decode().replace("\r\n", "\n").replace("\r", "\n")
        cut = text.rfind("\n\n") + 2
        rest = text[cut:] if cut > 1 else text
        if cut > 1:
            yield text[:cut]
        elif len(rest) > _CARRIED:
            yield rest
            rest = ""
    yield rest


def _tellers(text: str, head: re.Pattern[str]) -> Iterator[str]:
    """The sender of each record that is one line and a sentence of the system."""
    seen: set[int] = set()
    for word in _TOLD:
        at = text.find(word)
        while at >= 0:
            line = text.rfind("\n", 0, at) + 1
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            if line not in seen and end - line < _MAX_SENTENCE and text[end + 1 : end + 2] in ("", "\n"):
                seen.add(line)
                match = head.match(text, text.rfind("\n", 0, max(line - 1, 0)) + 1)
                if match and match.end() == line - 1 and parse(text[line:end], "wechat").event != Event.OTHER:
                    yield match[2]
            at = text.find(word, end)
