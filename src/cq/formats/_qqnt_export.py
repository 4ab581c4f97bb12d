"""The records of QQNT_Export: lists of ``[tag, words]`` to message columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from cq.formats import ReadOptions
from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._json_values import as_written, shown, strings, whole
from cq.formats._qq_names import ANONYMOUS_ID, SYSTEM_IDS
from cq.formats._qq_segments import SHOWN, string
from cq.formats._source import Source
from cq.formats._system_text import SELF, parse
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.model import Batch, Group, Kind, Problem, surrogate_group_id


class Message(msgspec.Struct, gc=False):
    time: Any = None
    sender: Any = None
    sender_qq: Any = None
    direction: Any = None
    contents: Any = None


_QUOTED = "[被引用的消息]"
_TEXT = "[文本]"
_WORDS: Mapping[Kind, str] = {
    Kind.IMAGE: "图片 闪照",
    Kind.STICKER: "表情 动画表情 商城表情 QQ表情 大表情",
    Kind.VOICE: "语音",
    Kind.VIDEO: "视频",
    Kind.FILE: "文件",
    Kind.RED_PACKET: "红包 QQ红包",
    Kind.TRANSFER: "转账",
    Kind.LOCATION: "位置",
    Kind.FORWARD: "聊天记录 合并转发 转发消息 转发的消息",
    Kind.LINK: "应用消息 卡片 链接 分享",
    Kind.MINI_PROGRAM: "小程序",
    Kind.CONTACT_CARD: "名片",
    Kind.CALL: "通话 语音通话 视频通话",
    Kind.ANNOUNCEMENT: "群公告",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_SYSTEM = ("提示", "系统", "撤回", "拍一拍")
_TITLED = frozenset({Kind.FILE, Kind.LINK, Kind.MINI_PROGRAM, Kind.FORWARD, Kind.RED_PACKET, Kind.LOCATION})


class Reader:
    """Turns records into batches."""

    def __init__(self, source: Source, options: ReadOptions, line_of: Callable[[int], int]) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._clock = WallClock(options)
        self._line_of = line_of
        self._named = group_in(source)
        self._group: Group | None = None

    def batch(
        self, rows: Sequence[Message], numbers: Sequence[int], notices: Sequence[Problem] = ()
    ) -> Batch:
        """The columns of ``rows``, whose positions are ``numbers``."""
        if self._group is None:
            friend = bool(rows) and rows[0].direction is not None
            name = whole(self._named.name)
            self._group = Group(surrogate_group_id(name), name, "qq", "private" if friend else "group")
        messages = self._messages(rows, numbers, self._group) if rows else None
        problems, self.problems = self.problems, []
        return Batch(messages, groups=[self._group], problems=problems, notices=notices)

    def _messages(self, rows: Sequence[Message], numbers: Sequence[int], group: Group) -> Any:
        times = [row.time if isinstance(row.time, str) else None for row in rows]
        stamps = self._clock.column(times)
        for i in np.flatnonzero(~stamps.sound).tolist():
            where = f"{self._source.label}:{self._line_of(numbers[i])}"
            self.problems.append(Problem("bad_time", where, shown(rows[i].time)))
        sound = np.flatnonzero(stamps.sound).tolist()
        if not sound:
            return None
        rows, numbers = [rows[i] for i in sound], [numbers[i] for i in sound]
        own = [None if row.direction is None else row.direction != "收" for row in rows]
        people = [_person(row) for row in rows]
        names = [self._name(row, person) for row, person in zip(rows, people, strict=True)]
        texts: list[str | None] = [None] * len(rows)
        contents: dict[int, Content] = {}
        for i, row in enumerate(rows):
            content = _content(row)
            texts[i] = content.text
            if content.kind is not Kind.TEXT or content.reply_quote:
                contents[i] = content
        return assemble(
            self._source.label,
            group,
            numbers=numbers,
            stamps=stamps.utc[stamps.sound],
            people=people,
            names=names,
            texts=texts,
            contents=contents,
            own=own,
        )

    def _name(self, row: Message, person: str | None) -> str | None:
        if row.direction is not None:  # the friend whose remark is the file's name
            return whole(self._named.name) if row.direction == "收" else None
        name = strings([row.sender])[0] or None
        return None if name == person else name


def _person(row: Message) -> str | None:
    number = as_written(row.sender_qq)
    if number in (None, "", "0") or number in SYSTEM_IDS:
        return SELF if row.direction in ("发", "转发") else None
    return f"anon:{number}" if number == ANONYMOUS_ID else whole(number)


def _content(row: Message) -> Content:
    words, quoted, others, said = [], [], [], ""
    for tag, value in _parts(row.contents):
        if tag.startswith(_QUOTED):
            what = tag.removeprefix(_QUOTED)  # of a picture, the value is the name of its file
            quoted.append(value if value and what in ("", _TEXT) else what)
        elif tag == _TEXT:
            words.append(value)
        else:
            others.append((tag.strip("[]"), value))
    text = "".join(words)
    quote = "".join(quoted) or None
    tip = next((value for tag, value in others if tag.startswith(_SYSTEM) or tag.endswith("提示")), None)
    if tip is not None or as_written(row.sender_qq) in SYSTEM_IDS:
        said = tip or text
        found = parse(said, "qq")
        return Content(found.kind, said or None, event=found)
    first = next(((_KINDS.get(tag, Kind.OTHER), tag, value) for tag, value in others), None)
    if first is None or (text.strip() and first[0] in (Kind.IMAGE, Kind.STICKER, Kind.OTHER)):
        return Content(Kind.TEXT, text or None, reply_quote=quote)
    kind, tag, value = first
    title = value.strip() if kind in _TITLED else ""
    own = text.strip() or title or SHOWN.get(kind) or f"[{tag}]"
    return Content(kind, own, card_title=title or None, reply_quote=quote)


def _parts(contents: Any) -> Iterator[tuple[str, str]]:
    for part in contents if isinstance(contents, list) else ():
        if isinstance(part, list) and part:
            value = string(part[1]) if len(part) > 1 else ""
            yield string(part[0]), value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
