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
from cq.formats._wechat_names import is_room
from cq.formats._wechat_talk import (
    ME,
    Pasted,
    contents_of,
    doubts,
    group_named,
    in_time,
    is_system,
    marked,
    messages,
    people_by_name,
    stray,
    untyped,
)
from cq.model import Batch, ChatKind, Event

_KIND: dict[str, ChatKind] = {"群聊": "group", "私聊": "private"}
_KIND_IN_NAME = re.compile(rf"({'|'.join(_KIND)})_(?=.)")
_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_PRIVACY = "朋友关系，请注意隐私安全"
# Words that system sentences hold and ordinary talk rarely does.
_TOLD = (
    "撤回了",
    "加入了群聊",
    "加入群聊",
    "移出",
    "修改群名",
    "拍了拍",
    "新群主",
    "管理员",
    "置顶",
    "退出",
    "解散",
    "领取了",
    "红包，请在手机上查看",
    " group chat",
    "group name",
    " a message",
    _PRIVACY,
)
_MAX_SENTENCE = 4_000
_MAX_CANDIDATES = 50
_CARRIED = 1 << 20


class _Chat(NamedTuple):
    """Name and kind of the chat, the sender of its system rows and whether that is a guess, and whether
    the owner stands in it as 我."""

    name: str | None
    kind: ChatKind
    system: str | None
    guessed: bool
    mine: bool


def read_log(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    pattern = heads(source.peek, head)
    chat = _survey(source, re.compile(f"^{head}$", re.MULTILINE))
    room = chat.system if chat.system and is_room(chat.system) else group_in(source).id
    group = group_named(chat.name, room, chat.kind)
    clock, label = WallClock(options), source.label
    yield Batch(groups=(group,))
    guessed: list[int] = []
    split = Pasted()
    for piece in records(source, pattern):
        problems = stray(piece.preamble, label)
        notices = [*piece.notices]
        times = [head[0] for head in piece.heads]
        piece, stamps, bad = in_time(piece, clock.column(times), label, times)
        names = [head[1] for head in piece.heads]
        quiet = {name for name in set(names) if name == chat.system or is_system(name)}
        nobody = [i for i, name in enumerate(names) if name in quiet] if quiet else []
        if chat.guessed:
            guessed += [piece.lines[i] for i in nobody]
        split.look(piece, stamps)
        yield Batch(problems=[*problems, *bad], notices=notices)
        contents = contents_of(piece.bodies, marked(piece.bodies), untyped, nobody)
        people = people_by_name([None if name in quiet else name for name in names], chat.mine)
        for rows in messages(label, group, piece, stamps, people, contents):
            yield Batch(rows)
    found = doubts(label, {"guessed_system_rows": guessed, "suspect_split": split.lines})
    yield Batch(notices=[*source.notices(), *found])


def _survey(source: Source, head: re.Pattern[str]) -> _Chat:
    """Looks for the chat's own name among the senders: they are system rows."""
    named = group_in(source).name
    kind: ChatKind = "unknown"
    if named and (word := _KIND_IN_NAME.match(named)):
        named, kind = named[word.end() :], _KIND[word[1]]
    told: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for text in _texts(source):
        told.update(_tellers(text, head))
        total.update(head.split(text)[2::3])  # times, names and bodies
    likely = sorted((name for name, _ in told.most_common(_MAX_CANDIDATES)), key=lambda name: name != named)
    for name in likely:
        same = _NOT_IN_FILES.sub("_", name).strip(". ") == named or is_room(name)
        enough = told[name] * 2 > total[name] and (same or told[name] >= 3)
        if enough or told[name] == total[name]:
            return _Chat(named if is_room(name) else name, "group", name, not same, total[ME] > 0)
    mine = total[ME] > 0
    return _Chat(named, "private" if mine and kind == "unknown" else kind, None, False, mine)


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
                if match and match.end() == line - 1 and _is_told(text[line:end]):
                    yield match[2]
            at = text.find(word, end)


def _is_told(sentence: str) -> bool:
    if sentence.startswith("["):
        return False
    return _PRIVACY in sentence or parse(sentence, "wechat").event is not Event.OTHER
