"""WeLink's text export and its Markdown archive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._source import Source
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import WallClock
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
from cq.model import Batch, Group, Problem

_TIME, _NAME = range(2)
_TITLE = re.compile(r"^# 聊天归档 · (.+?)[ \t]*$", re.MULTILINE)
_ROOM = re.compile(r"(?<![\w@.-])(\d{5,20}@(?:chatroom|im\.chatroom))")
_FRONT = re.compile(r"\A---\n(?:.*\n){0,40}?---\n")
_INDENTED = re.compile(r"\n {2,4}")

_Cut = Callable[[Records], tuple[Records, int, list[Problem]]]
"""Makes records with heads (time, name); says how many lines are headers and what is wrong."""


def read_text(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    """``date time [name]: text``."""
    yield Batch(groups=(group_of(source),))
    yield from _batches(source, options, head, _of_text, lambda text: (group_of(source), 0, text))


def read_archive(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    """``## 📅 date``, then ``- **name** `time` — text``."""
    return _batches(source, options, head, _Days(source.label).cut, lambda text: _front(text, source))


def _batches(
    source: Source,
    options: ReadOptions,
    head: str,
    cut: _Cut,
    preamble: Callable[[str], tuple[Group, int, str]],
) -> Iterator[Batch]:
    label, clock, group, split = source.label, WallClock(options), group_of(source), Pasted()
    for piece in records(source, re.compile(f"^(?:{head})$", re.MULTILINE)):
        if piece.preamble is not None:
            group, headers, rest = preamble(piece.preamble)
            yield Batch(groups=(group,), headers=headers, problems=stray(rest, label))
        notices = piece.notices
        piece, headers, problems = cut(piece)
        times = [f"{head[_TIME]}:00" for head in piece.heads]
        piece, stamps, bad = in_time(piece, clock.column(times), label, times)
        split.look(piece, stamps)
        yield Batch(problems=[*problems, *bad], notices=notices, headers=headers)
        names = [head[_NAME] for head in piece.heads]
        quiet = {name for name in set(names) if is_system(name)}
        nobody = [i for i, name in enumerate(names) if name in quiet] if quiet else []
        own = [True if name == ME else None for name in names]
        people = People([None if name == ME else name for name in names], own=own)
        contents = contents_of(piece.bodies, marked(piece.bodies), untyped, nobody)
        for rows in messages(label, group, piece, stamps, people, contents):
            yield Batch(rows)
    yield Batch(notices=[*source.notices(), *doubts(label, {"suspect_split": split.lines})])


def _of_text(piece: Records) -> tuple[Records, int, list[Problem]]:
    heads: list[tuple[str | None, ...]] = [(time, name) for time, name, _ in piece.heads]
    bodies = [_joined(head[2], body) for head, body in zip(piece.heads, piece.bodies, strict=True)]
    return Records(piece.lines, heads, bodies), 0, []


def _joined(first: str | None, body: str) -> str:
    return f"{first}\n{body}" if body else first or ""


def _front(text: str, source: Source) -> tuple[Group, int, str]:
    """The chat, by the front matter and the title."""
    front = _FRONT.match(text.lstrip() + "\n")
    title = _TITLE.search(text)
    if title is None:
        return group_of(source), 0, text
    room = _ROOM.search(front[0]) if front else None
    return group_named(title[1], room[1] if room else group_in(source).id), 1, ""


class _Days:
    """Items below headings that are days."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._day: str | None = None

    def cut(self, piece: Records) -> tuple[Records, int, list[Problem]]:
        made, days, problems = Records([], [], []), 0, []
        for line, (day, name, time, text), body in zip(piece.lines, piece.heads, piece.bodies, strict=True):
            if day is not None:
                self._day = day
                days += 1
                problems += [Problem("stray_text", f"{self._label}:{line + 1}", body.strip()[:80])] * bool(
                    body.strip()
                )
            else:
                made.lines.append(line)
                made.heads.append((f"{self._day} {time}" if self._day else time, name))
                made.bodies.append(_INDENTED.sub("\n", _joined(text, body)) if body else text or "")
        return made, days, problems
