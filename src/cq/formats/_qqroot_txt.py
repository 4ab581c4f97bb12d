"""Lines of the archives that QQ database tools print, as message columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cq.formats import ReadOptions
from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._placeholders import qq_txt
from cq.formats._qq_names import SYSTEM_IDS, who
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._transcript import records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.model import Batch, Group, Kind, Problem, surrogate_group_id

_HEAD = re.compile(r"^\[(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})\] ?([^\n]*)$", re.MULTILINE)
_TOLD = "[系统提示]"
_TO = " -> "
_TITLE = "QQ 聊天记录归档"
_LINE = "-" * 40
_MAX_ROWS = 65_536


class _Said(NamedTuple):
    person: str | None
    name: str | None
    content: Content


def read_lines(source: Source, options: ReadOptions) -> Iterator[Batch]:
    group, clock, any_rows, label = _group(source), WallClock(options), False, source.label
    for piece in records(source, _HEAD):
        headers = 0
        problems: list[Problem] = []
        if piece.preamble is not None:
            headers = int(_TITLE in piece.preamble)
        times = [head[0] or "" for head in piece.heads]
        stamps = clock.column(times)
        said = [_said(head[1] or "", body) for head, body in zip(piece.heads, piece.bodies, strict=True)]
        for line, time, sound, one, head in zip(
            piece.lines, times, stamps.sound, said, piece.heads, strict=True
        ):
            if not sound or one is None:
                code, detail = ("bad_row", head[1] or "") if sound else ("bad_time", time)
                problems.append(Problem(code, f"{label}:{line}", detail[:80]))
        kept = [i for i, one in enumerate(said) if one is not None and stamps.sound[i]]
        any_rows |= bool(kept)
        yield Batch(groups=(group,), problems=problems, notices=piece.notices, headers=headers)
        for first in range(0, len(kept), _MAX_ROWS):
            part = kept[first : first + _MAX_ROWS]
            found = [one for i in part if (one := said[i]) is not None]
            yield Batch(
                assemble(
                    label,
                    group,
                    numbers=[piece.lines[i] for i in part],
                    stamps=stamps.utc[part],
                    people=[one.person for one in found],
                    names=[one.name for one in found],
                    texts=[one.content.text for one in found],
                    contents={
                        i: one.content for i, one in enumerate(found) if one.content.kind is not Kind.TEXT
                    },
                )
            )
    problems = [] if any_rows else [Problem("no_records", f"{label}:1")]
    yield Batch(problems=problems, notices=source.notices())


def _group(source: Source) -> Group:
    """Named by the title, else by the file. ``A -> B:`` stands in private chats."""
    lines = source.peek.start[:65536].split("\n")
    title = next((line.strip() for line in lines[:5] if line.strip().endswith(_TITLE)), "")
    name = title.removesuffix(_TITLE).strip(" -—–|_·:：「」【】[]") or group_in(source).name
    heads = [match[2] for match in _HEAD.finditer("\n".join(line.rstrip("\r") for line in lines[:400]))]
    arrows = sum(1 for head in heads if _TO in head.partition(": ")[0])
    return Group(surrogate_group_id(name), name, "qq", "private" if 2 * arrows > len(heads) > 0 else "group")


def _said(line: str, body: str) -> _Said | None:
    """``sender: text``, ``sender -> receiver: text``, or what the system says; None for anything else."""
    body = body.partition(f"\n{_LINE}")[0]
    if line.startswith(_TOLD):
        return _told(line.removeprefix(_TOLD).lstrip(":： "))
    sender, colon, text = line.partition(": ")
    if not colon:
        sender, colon, text = line.removesuffix(":"), ":" if line.endswith(":") else "", ""
    if not colon:
        return None
    text = f"{text}\n{body}".strip("\n") if body else text
    name, id_ = who(sender.partition(_TO)[0].strip())
    if id_ is None and name.isdecimal() and name.isascii() and 5 <= len(name) <= 12:
        name, id_ = "", name
    if text.startswith(_TOLD) or name == _TOLD or id_ in SYSTEM_IDS:
        return _told(text.removeprefix(_TOLD).lstrip())
    kind, words = qq_txt(text)
    title = words if kind is Kind.FILE and words != text else None
    return _Said(id_, name or None, Content(kind, words, card_title=title))


def _told(sentence: str) -> _Said:
    said = parse(sentence, "qq")
    return _Said(None, None, Content(said.kind, sentence, event=said))
