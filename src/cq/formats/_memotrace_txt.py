"""MemoTrace's text exports: records with times, and days of lines for language models."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cq.formats import ReadOptions
from cq.formats._head_vote import heads
from cq.formats._memotrace_content import memotrace_content
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.formats._wechat_talk import (
    ME,
    Pasted,
    contents_of,
    doubts,
    group_of,
    holds,
    in_time,
    is_system,
    messages,
    people_by_name,
    stray,
    untyped,
)
from cq.model import Batch, Event, Group, Problem

_BEGINS = "[【<\n"
_DUMPED = re.compile(r"-?\d{1,20}\n[{\[<]")


def _content(text: str, names: Collection[str | None] = ()) -> Content | None:
    return memotrace_content(None, text, names) or untyped(text)


def _looked_at(texts: Sequence[str]) -> list[int]:
    return [
        i
        for i, text in enumerate(texts)
        if not text or text[0] in _BEGINS or "引用" in text or (text[-1] in "}]>" and _DUMPED.match(text))
    ]


def read_log(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    """The records of a text export."""
    label, group, clock = source.label, group_of(source), WallClock(options)
    yield Batch(groups=(group,))
    speakers: set[str | None] = set()
    mine = holds(source, f" {ME}")
    split = Pasted()
    for piece in records(source, heads(source.peek, head)):
        problems = stray(piece.preamble, label)
        times = [head[0] for head in piece.heads]
        piece, stamps, bad = in_time(piece, clock.column(times), label, times)
        yield Batch(problems=[*problems, *bad], notices=piece.notices)
        speakers.update(head[1] for head, body in zip(piece.heads, piece.bodies, strict=True) if body)
        bare = [i for i, body in enumerate(piece.bodies) if not body]
        for i in bare:
            name = piece.heads[i][1]
            if name and (name not in speakers or parse(name, "wechat").event is not Event.OTHER):
                piece.heads[i], piece.bodies[i] = (piece.heads[i][0], None), name
        nobody = [i for i, head in enumerate(piece.heads) if head[1] is None or is_system(head[1])]
        split.look(piece, stamps)
        content = partial(_content, names=speakers)
        contents = contents_of(piece.bodies, _looked_at(piece.bodies), content, nobody)
        people = people_by_name([head[1] for head in piece.heads], mine)
        for rows in messages(label, group, piece, stamps, people, contents):
            yield Batch(rows)
    yield Batch(notices=[*source.notices(), *doubts(label, {"suspect_split": split.lines})])


# -- for language models: days of lines ------------------------------------------------------------

_NAME = re.compile(r"([^:\n]{1,60}):(?!//)")
_LONGER = re.compile(r"([^:\n]{1,60}:[^:\n]{0,30}):(?!//)")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?!\d)")
_GOES_ON = re.compile(r"引用[：:]")
_FIELD = re.compile(
    r"[ \t]{0,8}(?:标题|描述|详情|地标|链接|地址|url|网址|应用|名字|名称|昵称|备注)[：:]", re.IGNORECASE
)


class _Line(NamedTuple):
    number: int
    name: str | None
    text: str


def read_days(source: Source, options: ReadOptions, day: str) -> Iterator[Batch]:
    """The lines of an export for language models, each a message of its day."""
    pattern = re.compile(f"^{day}$", re.MULTILINE)
    label, group, clock = source.label, group_of(source), WallClock(options)
    names = _names(source, pattern)
    speaker: str | None = None
    count = 0
    yield Batch(groups=(group,))
    for piece in records(source, pattern):
        written = [f"{head[0]} 00:00:00" for head in piece.heads]
        problems = stray(piece.preamble, label)
        piece, stamps, bad = in_time(piece, clock.column(written), label, written)
        rows: list[_Line] = []
        at: list[int] = []
        for number, body, stamp in zip(piece.lines, piece.bodies, stamps.tolist(), strict=True):
            said = _said(body, number + 1, names, speaker)
            speaker = said[-1].name if said else speaker
            rows += said
            at += [stamp] * len(said)
        count += len(rows)
        yield Batch(problems=[*problems, *bad], notices=piece.notices, headers=len(piece.lines))
        yield from _batches(label, group, rows, at, ME in names)
    timeless = [Problem("day_only", label, str(count))] if count else []
    yield Batch(notices=[*source.notices(), *timeless])


def _batches(
    label: str, group: Group, rows: Sequence[_Line], at: Sequence[int], mine: bool
) -> Iterator[Batch]:
    texts = [row.text for row in rows]
    piece = Records([row.number for row in rows], [], texts)
    contents = contents_of(texts, _looked_at(texts), _content)
    people = people_by_name([row.name for row in rows], mine)
    for batch in messages(label, group, piece, np.array(at, np.int64), people, contents):
        yield Batch(batch)


def _names(source: Source, pattern: re.Pattern[str]) -> dict[str, str]:
    """Who speaks: what stands before the first colon after an empty line, and the name that this begins.

    A name holds a colon itself where what follows, up to the next colon, is always the same.
    """
    short: Counter[str] = Counter()
    long: Counter[str] = Counter()
    for piece in records(source, pattern):
        for body in piece.bodies:
            lines = body.split("\n")
            for before, line in pairwise(lines):
                if not before.strip() and (name := _NAME.match(line)) and not _CLOCK.match(line):
                    short[name[1]] += 1
                    if longer := _LONGER.match(line):
                        long[longer[1]] += 1
    names = {name: name for name in short}
    for longer_name, times in long.items():
        first = longer_name.partition(":")[0]
        if times > 1 and times == short[first]:
            names[first] = longer_name
    return names


def _said(body: str, number: int, names: dict[str, str], speaker: str | None) -> list[_Line]:
    """The messages of a day: a line each, but for what an empty line or a tag joins."""
    rows: list[_Line] = []
    empty = 0
    for number_, line in enumerate(body.split("\n"), number):
        if not line.strip():
            empty += 1
            continue
        name = _NAME.match(line) if empty else None
        known = names.get(name[1]) if name else None
        if known is not None and not _CLOCK.match(line) and line.startswith(f"{known}:"):
            speaker = known
            rows.append(_Line(number_, speaker, line[len(known) + 1 :]))
        elif rows and ((empty and names) or _GOES_ON.match(line) or _is_field(rows[-1].text, line)):
            rows[-1] = rows[-1]._replace(text=rows[-1].text + "\n" * (empty + 1) + line)
        else:
            rows.append(_Line(number_, speaker, line))
        empty = 0
    return rows


def _is_field(text: str, line: str) -> bool:
    return text.startswith("【") and _FIELD.match(line) is not None
