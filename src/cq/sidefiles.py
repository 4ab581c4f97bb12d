"""Roster, alias and labels files: small CSV tables the operator keeps by hand.

UTF-8 or GBK, with or without BOM, Chinese or English heads. A column nobody knows is an error: a
misspelt head would otherwise turn everybody into a silent member. What a label means is not known here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cq.errors import CqError
from cq.model import MemberRole

_ROSTER_HEADS = {
    "member_id": "member_id id qq qq号 qq号码 wxid 微信id 微信号 成员id 账号 号码 编号",
    "name": "name 昵称 姓名 名字 名称 成员",
    "card": "card 群名片 群昵称 名片",
    "role": "role 身份 角色 群身份 职务",
    "title": "title 头衔 群头衔",
    "joined_at": "joined_at 入群时间 加入时间 进群时间 入群日期",
    "left_at": "left_at 退群时间 离开时间 退群日期",
}
_ALIAS_HEADS = {
    "member_id": "member_id id qq qq号 qq号码 wxid 微信id 微信号 成员id 账号 号码 编号",
    "person": "person 人 本人 合并为 姓名 name",
}
LABEL_COLUMNS = ("message_id", "text", "suggestion", "label")
_LABEL_HEADS = {
    "message_id": "message_id id 消息编号 消息id 编号",
    "text": "text 内容 文本 消息 正文 消息内容",
    "suggestion": "suggestion 建议 判断 参考",
    "label": "label 标签 标注 标记 类别 是不是广告",
}
_ROLES: dict[str, MemberRole] = {
    "owner": "owner", "群主": "owner", "admin": "admin", "管理员": "admin", "member": "member",
    "成员": "member", "普通成员": "member", "": "member",
}  # fmt: skip
_TIMES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
)


_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_ESCAPED = re.compile(r"'(?=[=+\-@\t\r\n'])")
"""A leading apostrophe that ``cq`` wrote so that no spreadsheet takes the text for a formula."""


class RosterRow(msgspec.Struct, frozen=True):
    """One listed member; times are UTC milliseconds. At least one of id and name is given."""

    member_id: str | None = None
    name: str | None = None
    card: str | None = None
    role: MemberRole | None = None
    title: str | None = None
    joined_at: int | None = None
    left_at: int | None = None


def read_roster(path: Path, zone: ZoneInfo) -> list[RosterRow]:
    """The roster in ``path``; times without a zone are in ``zone``."""
    rows: list[RosterRow] = []
    seen: set[str] = set()
    for line, row in _rows(path, _ROSTER_HEADS, need=("member_id", "name")):
        id_ = row.get("member_id")
        if id_ and _ROUNDED.fullmatch(id_):  # a spreadsheet has eaten its digits
            raise CqError("roster_value", path=path, line=line, value=id_)
        if id_ and id_ in seen:
            raise CqError("roster_twice", path=path, line=line, id=id_)
        seen |= {id_} if id_ else set()
        role = (row.pop("role", None) or "").lower()
        if role not in _ROLES:
            raise CqError("roster_value", path=path, line=line, value=role)
        times = {k: _time(path, line, row.pop(k, None), zone) for k in ("joined_at", "left_at")}
        names = {k: row.get(k) for k in ("member_id", "name", "card", "title")}
        rows.append(RosterRow(**names, role=_ROLES[role] if role else None, **times))  # type: ignore[arg-type]
    if not rows:
        raise CqError("roster_empty", path=path)
    return rows


def read_alias(path: Path) -> dict[str, str]:
    """Member id → the person it belongs to."""
    found: dict[str, str] = {}
    for line, row in _rows(path, _ALIAS_HEADS, need=("member_id", "person"), both=True):
        old = found.setdefault(row["member_id"], row["person"])
        if old != row["person"]:
            raise CqError("alias_twice", path=path, line=line, id=row["member_id"])
    return found


class LabelRow(msgspec.Struct, frozen=True):
    """One row of a labels file; ``label`` is one of the values of the words it was read with, or null."""

    message_id: str | None = None
    text: str | None = None
    suggestion: str | None = None
    label: str | None = None


def read_labels(path: Path, words: Mapping[str, str]) -> list[LabelRow]:
    """The rows of a labels file, those that nobody has labelled yet among them.

    ``words``: what may stand in the column ``label``, in lower case, and what it means.
    """
    found: list[LabelRow] = []
    given: dict[str, str] = {}
    for line, row in _rows(path, _LABEL_HEADS, need=("message_id", "text"), must=("label",)):
        said = row.get("label")
        label = words.get(said.lower()) if said else None
        if said and label is None:
            raise CqError(
                "label_value", path=path, line=line, value=said, known=", ".join(dict.fromkeys(words))
            )
        text = _ESCAPED.sub("", row["text"].replace("\r\n", "\n"), count=1) if "text" in row else None
        id_ = row.get("message_id")
        key = id_ or text or ""
        if label and given.setdefault(key, label) != label:
            raise CqError("label_twice", path=path, line=line, text=key[:40])
        found.append(LabelRow(id_, text, row.get("suggestion"), label))
    return found


def _rows(
    path: Path,
    heads: dict[str, str],
    need: tuple[str, str],
    *,
    both: bool = False,
    must: Sequence[str] = (),
) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        yield from _read(csv.reader(io.StringIO(_text(path), newline="")), path, heads, need, both, must)
    except csv.Error as error:  # a cell of more than 128 KB: quotation marks that never close
        raise CqError("sidefile_unreadable", path=path, reason=error) from error


def _read(
    reader: Any, path: Path, heads: dict[str, str], need: tuple[str, str], both: bool, must: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    known = {word: column for column, words in heads.items() for word in words.split()}
    head = [known.get(cell.strip().lower(), f"?{cell.strip()}") for cell in next(reader, [])]
    for column in head:
        if column.startswith("?"):
            raise CqError("sidefile_column", path=path, column=column[1:], known=", ".join(heads))
    missing = [n for n in need if n not in head]
    if len(missing) > (0 if both else 1):
        raise CqError("sidefile_needs", path=path, need=" / ".join(need))
    if absent := [m for m in must if m not in head]:
        raise CqError("sidefile_needs", path=path, need=" / ".join(absent))
    for cells in reader:
        row = {c: v.strip() for c, v in zip(head, cells, strict=False) if v.strip()}
        if row and (all(n in row for n in need) if both else any(n in row for n in need)):
            yield reader.line_num, row
        elif row:
            raise CqError("sidefile_row", path=path, line=reader.line_num, need=" / ".join(need))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise CqError("sidefile_missing", path=path) from error
    except OSError as error:
        raise CqError("sidefile_unreadable", path=path, reason=error.strerror) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CqError("sidefile_unreadable", path=path, reason="UTF-8 / GBK?")


def _time(path: Path, line: int, text: str | None, zone: ZoneInfo) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)
    except ValueError:
        pass
    for form in _TIMES:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=zone).timestamp() * 1000)
        except ValueError:
            continue
    raise CqError("roster_value", path=path, line=line, value=text)
