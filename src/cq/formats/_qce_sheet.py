"""The rows of QCE's workbook to message columns. What a text says, :mod:`_qce_txt_record` knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cq.formats import ReadOptions, Source
from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._qce_txt_record import Body, content_of
from cq.formats._qce_txt_times import midnight
from cq.formats._qq_names import ANONYMOUS_ID, SYSTEM_IDS
from cq.formats._sheet_read import Sheets, bad_times
from cq.formats._table import Rows
from cq.model import Batch, Group, surrogate_group_id

_NOBODY = frozenset({"", "0", "未知", "系统消息", "系统", "system", "null"}) | SYSTEM_IDS
_GROUP_NUMBER = re.compile(r"(?<!\d)group_(\d{5,12})(?!\d)|[(（](\d{5,12})[)）]\s*\Z")
_STAMP = re.compile(r"[ _-]\d{8}[ _-]\d{6,9}(?:_\d{1,3})?\Z")
_WORDS = {
    "语音": "audio",
    "视频": "video",
    "文件": "file",
    "卡片": "json",
    "合并转发": "forward",
    "位置": "location",
}
"""Kinds in Chinese that are more than text."""
_PLAIN = frozenset({"text", "type_1", "文本", "文本消息"})
_YES = {"是": True, "否": False, "TRUE": True, "FALSE": False}


def read_sheets(source: Source, options: ReadOptions, head: Sequence[str]) -> Iterator[Batch]:
    """All sheets with such a head."""
    sheets = Sheets(source, options, head)
    group = _group(source)
    for rows in sheets.rows():
        yield sheets.batch(rows, group, _messages(sheets, rows, group))
    yield sheets.last()


def _group(source: Source) -> Group:
    """By the file's name: ``group_周末_700000001_20260101_091320.xlsx``, ``周末(700000001).xlsx``."""
    id_, name = group_in(source)
    stem = _STAMP.sub("", source.name.rpartition(".")[0])
    number = _GROUP_NUMBER.search(stem) or re.fullmatch(r"group_.{0,80}_(\d{5,12})", stem)
    if number is not None:
        id_ = next(filter(None, number.groups()))
        name = stem.replace(number[0], "").removeprefix("group_").strip(" _") or None
        if number.re is not _GROUP_NUMBER:
            name = stem.removeprefix("group_").removesuffix(f"_{id_}") or None
    return Group(id_ or surrogate_group_id(name), name, "qq", "group" if id_ else "unknown")


def _messages(sheets: Sheets, rows: Rows, group: Group) -> object:
    times = sheets.clock.column([midnight(time) for time in rows.columns["时间"]])
    sheets.problems += bad_times(sheets.label, rows, "时间", times.sound)
    numbers, columns, stamps = sheets.sound(rows, times)
    if not numbers:
        return None
    uins, names = columns["发送者QQ号"], columns["发送者"]
    texts, words = columns["消息内容"], columns["消息类型"]
    people = [_person(uin) for uin in uins]
    nameless = [n in _NOBODY or n == uin or uin in SYSTEM_IDS for n, uin in zip(names, uins, strict=True)]
    shown = [None if nobody else n for n, nobody in zip(names, nameless, strict=True)]
    contents = {}
    for i, (text, word, person, name) in enumerate(zip(texts, words, people, shown, strict=True)):
        if word in _PLAIN and text and (person or name) and "[" not in text and "\r" not in text:
            continue
        kind = _WORDS.get(word.strip(), word)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        contents[i] = content_of(Body(text, kind), system=not person and not name)
    return assemble(
        sheets.label,
        group,
        numbers=numbers,
        stamps=stamps,
        people=people,
        names=shown,
        texts=texts,
        contents=contents,
        sender_title=[title or None for title in columns.get("群头衔", [""] * len(numbers))],
        recalled=[_YES.get(word) for word in columns.get("是否撤回", [""] * len(numbers))],
    )


def _person(uin: str) -> str | None:
    uin = uin.strip()
    if uin in _NOBODY:
        return None
    if uin == ANONYMOUS_ID:
        return f"anon:{uin}"
    return f"uid:{uin}" if uin.startswith("u_") else uin
