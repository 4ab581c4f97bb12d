"""WechatExporter's text: heads, what they leave out, and transfers without a line break."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._source import Source
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import Calendar, Stamps, WallClock
from cq.formats._wechat_content import Content
from cq.formats._wechat_names import is_room
from cq.formats._wechat_talk import (
    Pasted,
    People,
    contents_of,
    doubts,
    group_named,
    group_of,
    is_system,
    marked,
    messages,
    stray,
)
from cq.formats._wechatexporter_lines import (
    QUOTED,
    TRANSFER,
    Said,
    content,
    may_be_more,
    parts,
    unglued,
    without_notice,
)
from cq.model import Batch, Group, Kind, Problem

_CONTROLS = bytes([*range(1, 9), *range(11, 32), 127])
_NO_CONTROLS = dict.fromkeys(_CONTROLS)
_ID = r"wxid_\w{4,40}|gh_\w{4,40}|[\w.-]{1,60}@(?:openim|stranger|chatroom)"
_WITH_ID = re.compile(rf"(.*?)\s?[(（\[<]?({_ID})[)）\]>]?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp][Mm]))?")
_SLOW = QUOTED + TRANSFER[0]
"""A text that begins like this has to be looked at before it is one."""
_SYSTEM_NAMES = frozenset({"System Message", "System"})


class _Head(NamedTuple):
    """``below``: the lines under the head. ``parted``: the first of them stands behind the text."""

    line: int
    name: str
    time: str
    text: str
    below: Sequence[str] = ()
    parted: bool = False


def read_log(source: Source, options: ReadOptions, head: str, when: str, title: str) -> Iterator[Batch]:
    """``head`` is name, time and text, ``when`` its part behind the name."""
    return _Log(source, options, head, when).batches(re.compile(title))


class _Log:
    def __init__(self, source: Source, options: ReadOptions, head: str, when: str) -> None:
        self._source = source
        self._head = re.compile(f"^{head}$", re.MULTILINE)
        self._when = re.compile(when)
        self._clock = WallClock(options)
        self._calendar = Calendar(options, source.name)
        self._names: list[str] | None = None
        self._ids: dict[str, str | None] = {}  # of each way in which somebody is written
        self._shown: dict[str, str | None] = {}
        self._last: int | None = None
        self._waiting: list[Said] = []  # notices above the first message
        self._split = Pasted()
        self._carried: list[int] = []
        self._unsure: list[int] = []

    def batches(self, title: re.Pattern[str]) -> Iterator[Batch]:
        label, group = self._source.label, group_of(self._source)
        for piece in records(self._source, self._head):
            if piece.preamble is not None:
                group, batch = self._begin(piece.preamble, title)
                yield batch
            rows, problems = self._rows(piece)
            yield Batch(problems=problems, notices=piece.notices)
            yield from self._messages(rows, group)
        yield Batch(
            problems=[
                Problem("bad_time", f"{label}:{said.below + 1}", said.text[:80]) for said in self._waiting
            ],
            notices=[*self._source.notices(), *self._doubts()],
        )

    def _doubts(self) -> list[Problem]:
        lines = {
            "suspect_split": self._split.lines,
            "time_of_neighbour": self._carried,
            "glued_name": self._unsure,
        }
        return doubts(self._source.label, lines)

    def _begin(self, preamble: str, title: re.Pattern[str]) -> tuple[Group, Batch]:
        lines = preamble.split("\n")
        first = next((i for i, line in enumerate(lines) if line.strip()), 0)
        named = title.fullmatch(lines[first].strip())
        if named is None:
            group = group_of(self._source)
            return group, Batch(groups=(group,), problems=stray(preamble, self._source.label))
        name = named["name"]
        group = group_named(None, name) if is_room(name) else group_named(name, group_in(self._source).id)
        rest = parts(lines[first + 1 :], headed=False)
        self._waiting = [said._replace(below=said.below + first + 1) for said in rest]
        return group, Batch(groups=(group,), headers=1)

    def _rows(self, piece: Records) -> tuple[_Rows, list[Problem]]:
        """The messages of a piece. Those that hold nothing else, nearly all, pass as columns."""
        rows, problems = _Rows(), list[Problem]()
        names, times, texts = ([head[i] or "" for head in piece.heads] for i in range(3))
        stamps = self._times(times)
        utc = stamps.utc.tolist()
        slow = {i for i, text in enumerate(texts) if text[:1] in _SLOW}
        for i in [i for i, body in enumerate(piece.bodies) if body]:
            if may_be_more(piece.bodies[i]):
                slow.add(i)
            elif i not in slow:
                texts[i] = f"{texts[i]}\n{piece.bodies[i]}"
        slow.update(np.flatnonzero(~stamps.sound).tolist())
        if self._waiting and stamps.sound.any():
            slow.add(int(stamps.sound.argmax()))
        done = 0
        for i in [*sorted(slow), len(utc)]:
            if done < i:
                rows.plain(piece.lines[done:i], utc[done:i], names[done:i], texts[done:i])
                self._last = utc[i - 1]
            done = i + 1
            if i < len(utc):
                at = utc[i] if stamps.sound[i] else None
                head = _Head(piece.lines[i], names[i], times[i], piece.heads[i][2] or "")
                for one, when in self._heads(head, at, piece.bodies[i]):
                    self._add(rows, one, when, problems)
        return rows, problems

    def _heads(self, head: _Head, at: int | None, body: str) -> Iterator[tuple[_Head, int | None]]:
        """The head with its body, and those that are glued to it."""
        if not head.text.startswith(TRANSFER):
            yield head._replace(below=body.split("\n") if body else []), at
            return
        for one in self._apart(*head[:4], body):
            if one.time != head.time:
                stamps = self._times([one.time])
                at = int(stamps.utc[0]) if stamps.sound[0] else None
            yield one, at

    def _apart(self, line: int, name: str, time: str, text: str, body: str) -> Iterator[_Head]:
        while text.startswith(TRANSFER) and (next_ := self._when.search(text)):
            glued = unglued(text[: next_.start()], self._known())
            if not glued.known:
                self._unsure.append(line)
            yield _Head(line, name, time, glued.text)
            name, time, text = glued.name, next_[1], next_[2]
        text, notice = without_notice(text) if text.startswith(TRANSFER) else (text, None)
        below = [notice] if notice is not None else []
        yield _Head(line, name, time, text, [*below, *(body.split("\n") if body else ())], bool(below))

    def _known(self) -> list[str]:
        """The names of the file, the longest first."""
        if self._names is None:
            found: set[str] = set()
            for block in self._source.lines():
                found.update(match[1] for match in self._head.finditer(block.decode().replace("\r", "")))
            self._names = sorted(found, key=len, reverse=True)
        return self._names

    def _times(self, times: list[str]) -> Stamps:
        stamps = self._clock.column(times)
        if stamps.sound.all():
            return stamps
        for i in np.flatnonzero(~stamps.sound).tolist():
            at = _seconds(times[i])
            if at is not None:
                local = np.array([self._calendar.of_time(at, self._source.label)], np.int64)
                stamps.utc[i], stamps.sound[i] = self._clock.utc(local)[0], True
        return stamps

    def _add(self, rows: _Rows, head: _Head, at: int | None, problems: list[Problem]) -> None:
        if at is None:
            problems.append(Problem("bad_time", f"{self._source.label}:{head.line}", head.time))
        if at is not None and self._waiting:
            for said in self._waiting:
                rows.add(said.below + 1, at, None, said)
                self._carried.append(said.below + 1)
            self._waiting = []
        for said in parts([head.text, *head.below], headed=True):
            line = head.line + said.below - (head.parted and said.below > 0)
            if not said.bare:
                if at is not None:
                    self._last = at
                    rows.headed.append(len(rows.lines))
                    rows.add(line, at, head.name, said)
            elif self._last is None:
                problems.append(Problem("bad_time", f"{self._source.label}:{line}", said.text[:80]))
            else:
                self._carried.append(line)
                rows.add(line, self._last, None, said)

    def _messages(self, rows: _Rows, group: Group) -> Iterator[Batch]:
        if not rows.lines:
            return
        written = "".join(rows.texts).encode()
        if len(written.translate(None, _CONTROLS)) < len(written):
            rows.texts = [text.translate(_NO_CONTROLS) for text in rows.texts]
        stamps = np.array(rows.stamps, np.int64)
        self._split.look(Records([rows.lines[i] for i in rows.headed], [], []), stamps[rows.headed])
        for one in set(rows.names) - self._ids.keys():
            self._ids[one], self._shown[one] = _person(one)
        ids, names = ([*map(column.__getitem__, rows.names)] for column in (self._ids, self._shown))
        quiet = {name for name in set(names) if name in _SYSTEM_NAMES or is_system(name)}
        nobody = (
            [*rows.notices, *(i for i, name in enumerate(names) if name in quiet)] if quiet else rows.notices
        )
        looked_at = marked(rows.texts, "[<\n（" + TRANSFER[0])
        contents = contents_of(rows.texts, looked_at, content, nobody)
        for i, quote in rows.quotes.items():
            answer = contents.setdefault(i, Content(Kind.TEXT, rows.texts[i] or None))
            answer.reply_quote = quote or None
        piece = Records(rows.lines, [], rows.texts)
        for batch in messages(self._source.label, group, piece, stamps, People(names, ids), contents):
            yield Batch(batch)


class _Rows:
    """Messages of a piece, column by column."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.stamps: list[int] = []
        self.names: list[str] = []
        self.texts: list[str] = []
        self.headed: list[int] = []
        self.notices: list[int] = []
        self.quotes: dict[int, str] = {}

    def plain(self, lines: list[int], stamps: list[int], names: list[str], texts: list[str]) -> None:
        """Messages as columns."""
        self.headed += range(len(self.lines), len(self.lines) + len(lines))
        self.lines += lines
        self.stamps += stamps
        self.names += names
        self.texts += texts

    def add(self, line: int, at: int, name: str | None, said: Said) -> None:
        row = len(self.lines)
        self.lines.append(line)
        self.stamps.append(at)
        self.names.append(name or "")
        self.texts.append(said.text)
        if said.notice:
            self.notices.append(row)
        if said.quote is not None:
            self.quotes[row] = said.quote


def _person(written: str) -> tuple[str | None, str | None]:
    """Id and name."""
    name = written.translate(_NO_CONTROLS).strip()
    match = _WITH_ID.fullmatch(name)
    if match is None:
        return None, name or None
    return match[2], match[1] or None


def _seconds(time: str) -> int | None:
    match = _CLOCK.fullmatch(time)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = (match[4] or "").upper()
    if half:
        hour = hour % 12 + 12 * (half == "PM")
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None
