"""The workbooks of WeFlow, EchoTrace, CipherTalk and WDA to message columns.

They differ in their columns, not in what a row says: a time, a sender, the word for a kind, a content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cq.formats import ReadOptions, Source
from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._json_values import identifiers
from cq.formats._sheet_read import Sheets, bad_times, value_of
from cq.formats._sheet_view import Row
from cq.formats._system_text import SELF
from cq.formats._table import Rows
from cq.formats._wall_clock import Stamps
from cq.formats._wechat_content import Content, tidy
from cq.formats._wechat_names import chat_kind, is_nobody, is_room
from cq.formats._weflow_message import Message, content_of_row, kind_by_type
from cq.model import Batch, Group, surrogate_group_id

ME = "我"
_TEXTS = frozenset({"文本消息", "文本", "text"})
_ID = re.compile(r"\d{5,20}@(?:chatroom|im\.chatroom)|wxid_\w{1,60}|gh_\w{1,60}|\S{1,64}@openim", re.ASCII)
_NAMED_ID = re.compile(r"(?P<name>.*\S)\s*[(（](?P<id>[^()（）\s]{3,64})[)）]", re.DOTALL)


@dataclass(slots=True)
class Columns:
    """Some rows as columns. ``kinds``: words; ``types``: WeChat's numbers, where there are any."""

    people: list[str | None]
    names: list[str | None]
    own: list[bool | None]
    kinds: Sequence[str]
    texts: Sequence[str]
    types: Sequence[str | None] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    lost: Sequence[int] = ()
    """Rows one of whose ids a spreadsheet has rounded."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One tool's columns. ``heads``: what a table has to have; ``time``: the column of local times."""

    heads: Sequence[Sequence[str]]
    columns: Callable[[Mapping[str, list[str]]], Columns]
    group: Callable[[Sheets, Mapping[str, list[str]]], Group]
    time: str = "时间"
    epoch: str | None = None
    """The column of epoch seconds, which count more than the local time."""


def read_layout(source: Source, options: ReadOptions, layout: Layout) -> Iterator[Batch]:
    """The batches of a workbook with that layout."""
    sheets = Sheets(source, options, *layout.heads)
    known: set[str | None] = set()
    me = SELF
    for rows in sheets.rows():
        group = layout.group(sheets, rows.columns)
        times = _times(sheets, rows, layout)
        sheets.problems += bad_times(sheets.label, rows, layout.time, times.sound)
        numbers, cells, stamps = sheets.sound(rows, times)
        if not numbers:
            yield sheets.batch(rows, group, None)
            continue
        columns = layout.columns(cells)
        known.update(columns.people)
        sheets.note("rounded_id", [numbers[i] for i in columns.lost])
        me = next((p for p, mine in zip(columns.people, columns.own, strict=True) if mine and p), me)
        yield sheets.batch(rows, group, _messages(sheets, group, numbers, stamps, columns, known, me))
    yield sheets.last()


def _times(sheets: Sheets, rows: Rows, layout: Layout) -> Stamps:
    if layout.epoch is None or layout.epoch not in rows.columns:
        return sheets.clock.column(rows.columns[layout.time])
    stamps = [_epoch(value) for value in rows.columns[layout.epoch]]
    if None not in stamps:
        return Stamps(np.array(stamps, np.int64), np.ones(len(stamps), np.bool_), 0)
    local = sheets.clock.column(rows.columns[layout.time])
    utc, sound = local.utc.copy(), local.sound.copy()
    for i, stamp in enumerate(stamps):
        if stamp is not None:
            utc[i], sound[i] = stamp, True
    return Stamps(utc, sound, local.to_the_minute)


def _epoch(value: str) -> int | None:
    if not re.fullmatch(r"\s*[0-9]{9,13}\s*", value):
        return None
    number = int(value)
    return number if number >= 100_000_000_000 else number * 1000


def _messages(
    sheets: Sheets,
    group: Group,
    numbers: Sequence[int],
    stamps: Any,
    columns: Columns,
    known: set[str | None],
    me: str,
) -> Any:
    types = columns.types or [None] * len(numbers)
    contents: dict[int, Content] = {}
    for i, (word, text, type_) in enumerate(zip(columns.kinds, columns.texts, types, strict=True)):
        if word in _TEXTS and text and text[0] not in "<\n" and ":" not in text and "\r" not in text:
            continue
        content = contents[i] = _content(word, tidy(text, known) if text else None, type_)
        if content.event and columns.names[i] == group.group_name:
            columns.people[i] = columns.names[i] = None  # the chat's own name stands before system rows
    for i, person in enumerate(columns.people):
        if person and is_room(person):
            columns.people[i] = columns.names[i] = None
    return assemble(
        sheets.label,
        group,
        numbers=numbers,
        stamps=stamps,
        people=columns.people,
        names=columns.names,
        texts=columns.texts,
        contents=contents,
        own=columns.own,
        me=me,
        **columns.more,
    )


def _content(word: str, text: str | None, type_: str | None) -> Content:
    plain = type_ is None and word in _TEXTS
    row = Message(type=word or None, localType=1 if plain else type_ or None, content=text)
    return content_of_row(row, kind_by_type(row), text)


# -- the tools -----------------------------------------------------------------------------------------


def _roles(cells: Mapping[str, list[str]]) -> Columns:
    """WeFlow and EchoTrace: 发送者身份 is 我 or the name of another."""
    roles = cells["发送者身份"]
    none = [""] * len(roles)
    people, lost = identifiers(list(cells.get("发送者微信ID", none)))
    cards, nicknames = cells.get("群昵称", none), cells.get("发送者昵称", none)
    own = [True if role == ME else None if is_nobody(role) else False for role in roles]
    names = [
        card or ("" if mine else role) or nickname or None
        for card, mine, role, nickname in zip(cards, own, roles, nicknames, strict=True)
    ]
    return Columns(people, names, own, cells["消息类型"], cells["内容"], lost=lost)


def _session(sheets: Sheets, cells: Mapping[str, list[str]]) -> Group:
    """WeFlow and EchoTrace: the second row names the chat: 微信ID, 昵称, 备注."""
    ids, _ = identifiers([_value(sheets.above, ("微信ID",)) or ""])
    return _found(sheets, ids[0], _value(sheets.above, ("昵称",)) or _value(sheets.above, ("备注",)))


def _value(rows: Sequence[Row], names: Sequence[str]) -> str | None:
    return value_of(rows, names, _LABELS)


def _found(sheets: Sheets, id_: str | None, name: str | None) -> Group:
    named = group_in(sheets.source)
    id_ = id_ or named.id
    name = name or named.name
    kind = chat_kind("private" if id_ and not is_room(id_) else None, id_)
    return Group(id_ or surrogate_group_id(name), name or None, "wechat", kind)


def _ciphertalk(cells: Mapping[str, list[str]]) -> Columns:
    names: list[str | None] = [name or None for name in cells["发送者"]]
    own = [True if name == ME else None if is_nobody(name) else False for name in names]
    shown = [None if mine else name for name, mine in zip(names, own, strict=True)]
    none: list[str | None] = [None] * len(names)
    return Columns(none, shown, own, cells["消息类型"], cells["消息内容"], cells.get("原始类型代码"))


def _ciphertalk_chat(sheets: Sheets, cells: Mapping[str, list[str]]) -> Group:
    ids, _ = identifiers(list(dict.fromkeys(cells["微信ID"])))
    return _found(sheets, next(filter(None, ids), None), None)


def _wda(cells: Mapping[str, list[str]]) -> Columns:
    people: list[str | None] = []
    names: list[str | None] = []
    own: list[bool | None] = []
    for sender in cells["发送者"]:
        named = _NAMED_ID.fullmatch(sender) if sender.endswith((")", "）")) else None
        id_ = named["id"] if named and _ID.fullmatch(named["id"]) else None
        name = named["name"] if named and id_ else sender
        if _ID.fullmatch(name):
            id_, name = name, ""
        mine = name == ME
        people.append(id_)
        names.append(None if mine else name or None)
        own.append(True if mine else None if is_nobody(name) and not id_ else False)
    native, lost = identifiers(list(cells["服务 ID"]))
    return Columns(
        people, names, own, cells["消息类型"], cells["内容"], more={"native_id": native}, lost=lost
    )


_CHAT_NAMES = ("会话名称", "会话", "显示名称", "会话名", "名称", "昵称", "displayName")
_CHAT_IDS = ("会话 ID", "会话ID", "用户名", "会话用户名", "会话标识", "微信ID", "username")
_LABELS = frozenset({*_CHAT_NAMES, *_CHAT_IDS, "备注", "导出工具", "会话类型", "类型", "账号"})


def _wda_chat(sheets: Sheets, cells: Mapping[str, list[str]]) -> Group:
    """The sheet 会话信息 has names and values; the id may also stand behind the name."""
    rows = sheets.shown("会话信息")
    name, id_ = _value(rows, _CHAT_NAMES), _value(rows, _CHAT_IDS)
    if name and (named := _NAMED_ID.fullmatch(name)) and _ID.fullmatch(named["id"]):
        name, id_ = named["name"], named["id"]
    if name and _ID.fullmatch(name):
        name, id_ = None, id_ or name
    id_ = id_ or next((cell for row in rows for cell in row.cells if "@" in cell and is_room(cell)), None)
    return _found(sheets, id_, name)


WEFLOW_HEAD = ("时间", "发送者身份", "消息类型", "内容")
CIPHERTALK_HEAD = ("时间", "发送者", "微信ID", "消息类型", "消息内容", "时间戳")
WDA_HEAD = ("时间", "发送者", "消息类型", "内容", "服务 ID")

SESSION = Layout([WEFLOW_HEAD], _roles, _session)
CIPHERTALK = Layout([CIPHERTALK_HEAD], _ciphertalk, _ciphertalk_chat, epoch="时间戳")
WDA = Layout([WDA_HEAD], _wda, _wda_chat)
