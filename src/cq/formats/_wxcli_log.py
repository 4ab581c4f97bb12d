"""The text and Markdown exports of wx-cli: heads to the minute, rows without a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._placeholders import wechat_tag
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
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
    told,
)
from cq.formats._wxcli_content import mended, shown
from cq.model import NON_SPEECH, Batch, Event, Group, Problem

_TIME, _NAME = range(2)
_TITLE = re.compile(r"=== (?P<name>.*?)(?P<room>\[群\])? \((?P<count>\d{1,9}) 条\) ===")
_CHAPTER = re.compile(r"# (?P<name>.+?)(?:（(?P<kind>群聊|私聊)）)?")
_COUNT = re.compile(r"> 导出 (?P<count>\d{1,9}) 条消息")
_TAG = re.compile(r"\[(?:系统|撤回)\] ?")
_QUOTED_LINE = re.compile(r"\n> ?")
_LONGEST_NAME = 40
_NO_NAME = re.compile(r"[。；]")
_HARDLY_A_NAME = re.compile(r"[，！？,!?：]|^[@\[]")

_Cut = Callable[[Records], Records]
"""Makes records with heads (time, name) out of those that the pattern has found."""


def read_text(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    """``[time] name: text``."""
    return _Log(source, options, head, 3).batches(_of_text, _title)


def read_markdown(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    """``### time``, then ``**name**: text``."""
    return _Log(source, options, head, 2).batches(_Sections().cut, _chapter)


class _Log:
    """``name`` is the group of ``head`` that holds it."""

    def __init__(self, source: Source, options: ReadOptions, head: str, name: int) -> None:
        self._source = source
        self._head = re.compile(f"^(?:{head})$", re.MULTILINE)
        self._name = name
        self._times: Counter[str] | None = None
        self._clock = WallClock(options)
        self._split = Pasted()
        self._cut: list[int] = []
        self._guessed: list[int] = []
        self._seen = 0

    def batches(
        self, cut: _Cut, preamble: Callable[[str, Source], tuple[Group, int | None, str]]
    ) -> Iterator[Batch]:
        """All batches. ``preamble`` tells the group, how many messages there are, and what else there is."""
        label, group, stated = self._source.label, group_of(self._source), None
        for piece in records(self._source, self._head):
            if piece.preamble is not None:
                group, stated, rest = preamble(piece.preamble, self._source)
                yield Batch(groups=(group,), headers=int(stated is not None), problems=stray(rest, label))
            notices = piece.notices
            piece = cut(piece)
            times = [f"{head[_TIME]}:00" for head in piece.heads]
            self._seen += len(times)
            piece, stamps, bad = in_time(piece, self._clock.column(times), label, times)
            self._split.look(piece, stamps)
            yield Batch(problems=bad, notices=notices)
            people, nobody = self._sent_by(piece)
            contents = contents_of(piece.bodies, marked(piece.bodies), shown, nobody, _event)
            for rows in messages(label, group, piece, stamps, people, contents):
                yield Batch(rows)
        yield Batch(notices=[*self._source.notices(), *self._doubts(stated)])

    def _sent_by(self, piece: Records) -> tuple[People, list[int]]:
        names = [head[_NAME] for head in piece.heads]
        if no_names := self._no_names(names):
            for i, name in enumerate(names):
                if name in no_names:  # the owner's words, which hold a colon
                    names[i], piece.bodies[i] = None, f"{name}: {piece.bodies[i]}"
                    self._guessed.append(piece.lines[i])
        quiet = {name for name in set(names) if name and is_system(name)}
        nobody = [
            i for i, name in enumerate(names) if name in quiet or (name is None and _is_told(piece.bodies[i]))
        ]
        for i in nobody:
            if whole := mended(piece.bodies[i]):
                piece.bodies[i] = whole
                self._cut.append(piece.lines[i])
        own: list[bool | None] = [True if name is None or name == ME else None for name in names]
        for i in nobody:
            own[i] = None
        return People([None if name == ME else name for name in names], own=own), nobody

    def _no_names(self, names: list[str | None]) -> set[str]:
        """What stands before a colon and is no name: a sentence, or what looks like one and stands once."""
        found = {name for name in names if name and (len(name) > _LONGEST_NAME or _NO_NAME.search(name))}
        odd = [name for name in set(names) - found if name and _HARDLY_A_NAME.search(name)]
        if odd:
            found.update(name for name in odd if self._counted()[name] == 1)
        return found

    def _counted(self) -> Counter[str]:
        """How often each name stands in the file."""
        if self._times is None:
            self._times = Counter()
            for block in self._source.lines():
                text = block.decode().replace("\r", "")
                self._times.update(match[self._name] or "" for match in self._head.finditer(text))
        return self._times

    def _doubts(self, stated: int | None) -> Iterator[Problem]:
        label = self._source.label
        lines = {
            "suspect_split": self._split.lines,
            "cut_sentence": self._cut,
            "guessed_own_rows": self._guessed,
        }
        yield from doubts(label, lines)
        if stated is not None and stated != self._seen:
            yield Problem("count_mismatch", label, f"{self._seen} / {stated}")


def _event(sentence: str | None) -> Content:
    return told(_TAG.sub("", sentence, count=1) or sentence if sentence else None)


def _is_told(text: str) -> bool:
    """Is a body without a name a sentence of the system, and not the owner's words?"""
    return (
        _TAG.match(text) is not None
        or wechat_tag(text) in NON_SPEECH
        or ("\n" not in text and parse(text, "wechat").event is not Event.OTHER)
    )


# -- text ------------------------------------------------------------------------------------------


def _title(preamble: str, source: Source) -> tuple[Group, int | None, str]:
    first, _, rest = preamble.strip().partition("\n")
    title = _TITLE.fullmatch(first.strip())
    if title is None:
        return group_of(source), None, preamble
    group = group_named(title["name"] or None, group_in(source).id, "group" if title["room"] else "private")
    return group, int(title["count"]), rest


def _of_text(piece: Records) -> Records:
    heads: list[tuple[str | None, ...]] = []
    bodies: list[str] = []
    for (time, sentence, name, text), body in zip(piece.heads, piece.bodies, strict=True):
        said = sentence or text or ""
        heads.append((time, name))
        bodies.append(f"{said}\n{body}" if body else said)
    return Records(piece.lines, heads, bodies)


# -- Markdown --------------------------------------------------------------------------------------


def _chapter(preamble: str, source: Source) -> tuple[Group, int | None, str]:
    first, _, rest = preamble.strip().partition("\n")
    chapter = _CHAPTER.fullmatch(first.strip())
    second, _, more = rest.lstrip("\n").partition("\n")
    count = _COUNT.fullmatch(second.strip())
    if chapter is None or count is None:
        return group_of(source), None, preamble
    kind = {"群聊": "group", "私聊": "private"}.get(chapter["kind"], "unknown")
    group = group_named(chapter["name"], group_in(source).id, kind)  # type: ignore[arg-type]
    return group, int(count["count"]), more


class _Sections:
    """Messages below headings that are times; a paragraph is a message, its lines begin with ``> ``."""

    def __init__(self) -> None:
        self._time: str | None = None

    def cut(self, piece: Records) -> Records:
        made = Records([], [], [])
        for line, (time, name, text), body in zip(piece.lines, piece.heads, piece.bodies, strict=True):
            self._time = time or self._time
            whole = f"{text}\n{body}" if name is not None and body else text if name is not None else body
            for paragraph in (whole or "").split("\n\n") if whole and "\n\n" in whole else (whole or "",):
                if paragraph.strip() or name is not None:
                    said = paragraph.strip("\n")
                    made.lines.append(line)
                    made.heads.append((self._time, name))
                    made.bodies.append(_QUOTED_LINE.sub("\n", said) if "\n" in said else said)
                name = None
        return made
