"""WeChat text logs: records of who and when with a body to messages. Most of them tell no types.

For formats that :mod:`_transcript` cuts. What a head means, which rows nobody sent and which are the
owner's, the format knows; here is what a body without a type may be, and how rows become batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._placeholders import wechat, wechat_tag
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._transcript import Records
from cq.formats._wall_clock import Stamps
from cq.formats._wechat_content import QUOTE, Content, event_of, reply_of, tidy, xml_of
from cq.formats._wechat_names import chat_kind, is_room
from cq.model import NON_SPEECH, ChatKind, Group, Kind, Problem, surrogate_group_id

ME = "我"
"""What many tools print for the owner of the export."""

_SOMEBODY = "群成员"
"""A member whose name the tool does not know."""

MAX_ROWS = 65_536
_SHOWN = 80
"""Characters of a doubtful line that a problem shows."""
_ALONE = frozenset({Kind.IMAGE, Kind.VIDEO, Kind.STICKER, Kind.CALL, Kind.OTHER})
"""Kinds whose tag stands alone: with words behind it somebody has typed it."""


class People(NamedTuple):
    """Who sent the rows, column by column.

    ``ids`` are None where a name is all there is. ``own`` marks the owner's rows, who is ``me``.
    """

    names: Sequence[str | None]
    ids: Sequence[str | None] | None = None
    own: Sequence[bool | None] | None = None
    me: str = SELF


def people_by_name(names: Sequence[str | None], mine: bool) -> People:
    """Senders who are names only. ``mine``: the owner stands in the export as :data:`ME`."""
    if not mine:
        return People(names)
    return People([None if name == ME else name for name in names], own=[name == ME for name in names])


def holds(source: Source, end_of_line: str) -> bool:
    """Does a line of the text end like this? (The owner's name, say: one look ahead.)"""
    ends = [f"{end_of_line}{line_end}".encode() for line_end in ("\n", "\r\n")]
    return any(end in block for block in source.lines() for end in ends)


def group_of(source: Source, kind: ChatKind = "unknown") -> Group:
    """The group of an export that says nothing of it inside: by the name of its file or folder."""
    named = group_in(source)
    return group_named(named.name, named.id, kind)


def group_named(name: str | None, room: str | None = None, kind: ChatKind = "unknown") -> Group:
    """The group of that name; a room's id says what kind of chat it is."""
    by_id = chat_kind(None, room)
    return Group(room or surrogate_group_id(name), name, "wechat", kind if by_id == "unknown" else by_id)


def in_time(
    piece: Records, stamps: Stamps, label: str, times: Sequence[str | None]
) -> tuple[Records, NDArray[np.int64], list[Problem]]:
    """The records whose time exists, their UTC milliseconds, and a problem for each of the others."""
    if stamps.sound.all():
        return piece, stamps.utc, []
    sound = stamps.sound.tolist()
    kept = piece._replace(
        lines=list(compress(piece.lines, sound)),
        heads=list(compress(piece.heads, sound)),
        bodies=list(compress(piece.bodies, sound)),
    )
    problems = [
        Problem("bad_time", f"{label}:{piece.lines[i]}", (times[i] or "")[:_SHOWN])
        for i in np.flatnonzero(~stamps.sound).tolist()
    ]
    return kept, stamps.utc[stamps.sound], problems


class Pasted:
    """Records that may stand in the text of the one before: earlier than it, while the next one is not.

    ``lines`` has those of a chat so far.
    """

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._before: list[int] = []
        self._stamps = np.array([], np.int64)

    def look(self, piece: Records, stamps: NDArray[np.int64]) -> None:
        """The next records of the chat."""
        at = [*self._before, *piece.lines]
        when = np.concatenate([self._stamps, stamps])
        back = (when[1:-1] < when[:-2]) & (when[2:] >= when[:-2])
        self.lines += [at[i + 1] for i in np.flatnonzero(back).tolist()]
        self._before, self._stamps = at[-2:], when[-2:]


def doubts(label: str, lines: Mapping[str, Sequence[int]]) -> list[Problem]:
    """A notice for each code that has lines: the first of them, and how many there are."""
    return [Problem(code, f"{label}:{at[0]}", str(len(at))) for code, at in lines.items() if at]


def is_system(name: str | None) -> bool:
    """Do tools write this where nobody has sent a row?"""
    return name is not None and name != _SOMEBODY and is_room(name)


def stray(text: str | None, label: str) -> list[Problem]:
    """The problem of a text before the first record, if there is one."""
    return [Problem("stray_text", f"{label}:1", text.strip()[:_SHOWN])] if text and text.strip() else []


def told(sentence: str | None) -> Content:
    """A row that nobody sent, by its sentence."""
    return event_of(Kind.SYSTEM, sentence, "wechat")


def contents_of(
    texts: Sequence[str],
    looked_at: Sequence[int],
    content: Callable[[str], Content | None],
    nobody: Sequence[int] = (),
    event: Callable[[str | None], Content] = told,
) -> dict[int, Content]:
    """The rows that are not plain text, by position.

    ``looked_at``: those whose body may be more (:func:`marked`); ``content`` says what, None for
    plain text. ``nobody``: those that hold a sentence of the system. An empty body is no text.
    """
    found: dict[int, Content] = {}
    for i in looked_at:
        text = tidy(texts[i])
        found[i] = (content(text) if text else None) or Content(Kind.TEXT, text)
    for i in nobody:
        found[i] = event(tidy(texts[i]))
    return found


def messages(
    label: str,
    group: Group,
    piece: Records,
    stamps: NDArray[np.int64],
    people: People,
    contents: Mapping[int, Content],
    **columns: Any,
) -> Iterator[pa.RecordBatch]:
    """The records as batches of at most 65,536 rows. ``columns`` are further columns of the model."""
    if not piece.lines:
        return
    batch = assemble(
        label,
        group,
        numbers=piece.lines,
        stamps=stamps,
        people=people.ids if people.ids is not None else [None] * len(piece.lines),
        names=people.names,
        texts=piece.bodies,
        contents=contents,
        own=people.own,
        me=people.me,
        **columns,
    )
    for first in range(0, batch.num_rows, MAX_ROWS):
        yield batch.slice(first, MAX_ROWS)


def marked(texts: Sequence[str], marks: str = "[<\n") -> list[int]:
    """Positions of the bodies that are more than plain text, perhaps: by their first or last character."""
    return [i for i, text in enumerate(texts) if not text or text[0] in marks or text[-1] == "]"]


def untyped(text: str) -> Content | None:
    """What a body without a type may be: WeChat's XML, a placeholder, a reply with its quotation.

    People can type each of these. Where that is likely (words behind ``[图片]``, an emoticon
    ``[红包]`` several times over), it is text.
    """
    if text[0] == "<":
        return xml_of(text)
    tag = wechat_tag(text)
    if tag is not None:
        kind, own, title = wechat(text)
        if tag in NON_SPEECH:  # people do not send those
            return None
        end = text.index("]") + 1
        if tag in _ALONE and text[end:].strip():
            tag = None
        elif text.startswith(text[:end], end):
            return None
        elif kind is not Kind.TEXT:
            return Content(kind, own, card_title=title)
    if QUOTE in text and text.endswith("]"):
        return reply_of(text)
    return Content(Kind.TEXT, wechat(text)[1]) if tag is Kind.TEXT else None
