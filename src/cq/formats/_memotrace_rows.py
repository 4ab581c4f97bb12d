"""The rows of MemoTrace's tables: those of version 3 (also in workbooks), and those of 1 and 2.

What a content of version 3 says is :mod:`_memotrace_content`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from cq.formats import ReadOptions, Source
from cq.formats._file_name import group_in
from cq.formats._memotrace_content import memotrace_content
from cq.formats._system_text import SELF
from cq.formats._table import Rows
from cq.formats._table_rows import Doubts, Told, epochs, group_of, is_account, timed_rows, told_batches
from cq.formats._wall_clock import Stamps, WallClock
from cq.formats._wechat_content import Content, content_of, event_of, tidy, xml_of
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Batch, Group, Kind, Problem, surrogate_group_id

V3_COLUMNS = ("消息ID", "类型", "发送人", "时间", "内容", "备注", "昵称", "更多信息")
V2_COLUMNS = ("localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "StrContent", "StrTime")
_ME = "我"
_RECALLED = frozenset({"1", "5", "6", "33", "36", "57"})
"""Sub-types of a system row that say which kind of message was recalled."""


def whole_row(cells: list[str]) -> list[str] | None:
    """A row of versions 1 and 2 without the last cells: spreadsheets may leave out empty ones."""
    if 9 <= len(cells) < 12 and cells[5].isdecimal():
        return cells + [""] * (12 - len(cells))
    return None


def memotrace3_rows(tables: Iterable[Rows], source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of the rows of version 3."""
    rows = _Version3(source, options)
    return told_batches(source, tables, rows.tell, group_of(source), rows.doubts)


def memotrace2_rows(tables: Iterable[Rows], source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of the rows of versions 1 and 2."""
    rows = _Version2(source, options)
    return told_batches(source, tables, rows.tell, rows.group, rows.doubts)


class _Version3:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.doubts = Doubts(source.label)
        self._label = source.label
        self._clock = WallClock(options)
        self._speakers: set[str] = set()

    def tell(self, rows: Rows, problems: list[Problem]) -> Told:
        times = rows.columns["时间"]
        timed = timed_rows(rows, self._clock.column(times), times, self._label, problems, self.doubts)
        columns, numbers = timed.columns, timed.numbers
        names = [
            name or nick or remark
            for name, nick, remark in zip(columns["发送人"], columns["昵称"], columns["备注"], strict=True)
        ]
        own = [True if name == _ME else None for name in names]
        texts = self.doubts.texts(columns["内容"], numbers)
        contents: dict[int, Content] = {}
        self._speakers.update(names)
        for i, (word, text) in enumerate(zip(columns["类型"], texts, strict=True)):
            plain = word == "文本" and text and text[0] != "<"
            if not plain and (content := memotrace_content(word, text, self._speakers)) is not None:
                contents[i] = content
        shown = [None if name == _ME else name or None for name in names]
        ids = self.doubts.ids(columns["消息ID"], numbers)
        people = [None] * len(numbers)
        return Told(numbers, timed.stamps, people, shown, texts, contents, own, columns={"native_id": ids})


class _Version2:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.doubts = Doubts(source.label)
        self._source = source
        self._label = source.label
        self._clock = WallClock(options)
        self._me = SELF
        self._names_only: bool | None = None
        self._all_chats: bool | None = None

    def group(self, talker: str) -> Group:
        """The chat of the file; of a file of all chats, the one with that number."""
        if not talker:
            return group_of(self._source)("")
        name = f"{group_in(self._source).name or 'messages'} {talker}"
        return Group(surrogate_group_id(name), name, "wechat")

    def tell(self, rows: Rows, problems: list[Problem]) -> Told:
        columns = rows.columns
        shown = columns["CreateTime"]
        timed = timed_rows(rows, self._times(columns), shown, self._label, problems, self.doubts)
        columns, numbers = timed.columns, timed.numbers
        types = list(zip(columns["Type"], columns["SubType"], strict=True))
        kinds = {pair: _kind(*pair) for pair in set(types)}
        texts = self.doubts.texts(columns["StrContent"], numbers)
        people, names, own = self._people(columns)
        contents: dict[int, Content] = {}
        for i, (pair, text) in enumerate(zip(types, texts, strict=True)):
            kind = kinds[pair]
            if kind is Kind.TEXT and text and text[0] != "<" and ":\n" not in text:
                continue
            contents[i] = content = _content(kind, text, people[i])
            if content.kind in NON_SPEECH:  # the wxid there is that of the row before
                people[i] = names[i] = own[i] = None
        chats, ids = self._chats(columns["TalkerId"]), self.doubts.ids(columns["localId"], numbers)
        return Told(
            numbers, timed.stamps, people, names, texts, contents, own, chats, self._me, {"native_id": ids}
        )

    def _times(self, columns: Mapping[str, list[str]]) -> Stamps:
        """Epoch seconds; the local text where these are damaged."""
        stamps = epochs(columns["CreateTime"])
        if stamps.sound.all():
            return stamps
        local = self._clock.column(columns["StrTime"])
        utc = np.where(stamps.sound, stamps.utc, local.utc)
        return Stamps(utc, stamps.sound | local.sound, 0)

    def _people(
        self, columns: dict[str, list[str]]
    ) -> tuple[list[str | None], list[str | None], list[bool | None]]:
        own: list[bool | None] = [mine == "1" for mine in columns["IsSender"]]
        rows = len(own)
        senders = columns.get("Sender") or [""] * rows
        nicks, remarks = columns.get("NickName") or [""] * rows, columns.get("Remark") or [""] * rows
        if self._names_only is None and any(senders):
            self._names_only = any(s and not is_account(s) for s in senders)
        if self._names_only:
            shown: list[str | None] = [None if s in ("", _ME) else s for s in senders]
            own = [mine or s == _ME for mine, s in zip(own, senders, strict=True)]
            return [None] * rows, shown, own
        if self._me == SELF:
            self._me = next((s for s, mine in zip(senders, own, strict=True) if mine and s), SELF)
        names = [
            (None if mine and nick == _ME else nick) or remark or None
            for nick, remark, mine in zip(nicks, remarks, own, strict=True)
        ]
        return [s or None for s in senders], names, own

    def _chats(self, talkers: list[str]) -> list[str] | None:
        """The chat of each row, in a file of all chats, which shows names instead of ids.

        In a file of one chat ``TalkerId`` says nothing: it is always 1, or that of a database.
        """
        if self._all_chats is None:
            self._all_chats = bool(self._names_only) and len(set(talkers)) > 1
        return talkers if self._all_chats else None


def _kind(type_: str, sub: str) -> Kind:
    if type_ == "10000" and sub in _RECALLED:
        return Kind.RECALL
    if type_ == "10000" and sub == "4":
        return Kind.POKE
    number = int(type_) if type_.lstrip("-").isdecimal() and len(type_) < 20 else None
    return kind_of(number, None, None, sub if type_ == "49" else None)


def _content(kind: Kind, text: str | None, person: str | None) -> Content:
    text = tidy(text, (person,)) if text else None
    if kind in NON_SPEECH:
        return event_of(kind, text, "wechat")
    if text and text[0] == "<" and (raw := xml_of(text)) is not None:
        return raw
    return Content(kind, text) if kind is Kind.TEXT else content_of(kind, text)
