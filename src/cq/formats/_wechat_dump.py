"""wechat-dump's lines: Android's types, English placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cq.formats import ReadOptions
from cq.formats._source import Source
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import SHOWN, Content, xml_of
from cq.formats._wechat_talk import (
    Pasted,
    People,
    doubts,
    group_of,
    in_time,
    messages,
    stray,
    told,
)
from cq.formats._wechat_types import kind_of
from cq.model import Batch, Kind

_TYPE, _NAME, _TIME, _TEXT = range(4)
_ME = "me"
_SECONDS = len("2022-02-01 09:00:00")
_PICTURE = re.compile(r"\|img:[^|\n]*\Z")
_URL = re.compile(r"https?://\S+")
_PLACE = re.compile(r"LOCATION:\s*(?P<name>.*?)\s*(?:\(-?[\d.]{1,20}, ?-?[\d.]{1,20}\))?", re.DOTALL)
_NAME_TAG = re.compile(r"\bnickname=\"([^\"<>]{1,100})\"")
_TAGS = ("[RED ENVELOPE]", "[Money Transfer]")
_APPS = (49, 16777265)
_ROOM_SYSTEM = 570425393


def read_log(source: Source, options: ReadOptions, head: str) -> Iterator[Batch]:
    label, group, clock, split = source.label, group_of(source), WallClock(options), Pasted()
    yield Batch(groups=(group,))
    for piece in records(source, re.compile(f"^{head}$", re.MULTILINE)):
        problems = stray(piece.preamble, label)
        written = [head[_TIME] or "" for head in piece.heads]
        stamps = clock.column([time[:_SECONDS] for time in written])
        stamps = stamps._replace(utc=stamps.utc + _fractions(written))
        piece, utc, bad = in_time(piece, stamps, label, written)
        bodies = [_joined(head[_TEXT], body) for head, body in zip(piece.heads, piece.bodies, strict=True)]
        piece = piece._replace(bodies=bodies)
        yield Batch(problems=[*problems, *bad], notices=piece.notices)
        split.look(piece, utc)
        contents = _contents(piece)
        names = [head[_NAME] for head in piece.heads]
        own = [name == _ME for name in names]
        people = People([None if name == _ME else name or None for name in names], own=own)
        for rows in messages(label, group, piece, utc, people, contents):
            yield Batch(rows)
    yield Batch(notices=[*source.notices(), *doubts(label, {"suspect_split": split.lines})])


def _fractions(times: Sequence[str]) -> NDArray[np.int64]:
    return np.array(
        [int(time[20:23].ljust(3, "0")) if len(time) > _SECONDS else 0 for time in times], np.int64
    )


def _joined(first: str | None, body: str) -> str:
    return f"{first}\n{body}" if body else first or ""


def _contents(piece: Records) -> dict[int, Content]:
    found: dict[int, Content] = {}
    for i, (head, text) in enumerate(zip(piece.heads, piece.bodies, strict=True)):
        if head[_TYPE] != "1":
            found[i] = _content(int(head[_TYPE] or 0), text)
        elif not text:
            found[i] = Content(Kind.TEXT)
    return found


def _content(type_: int, text: str) -> Content:
    kind = Kind.SYSTEM if type_ == _ROOM_SYSTEM else kind_of(type_, None, None)
    if kind is Kind.SYSTEM:
        return told(text or None)
    if text.startswith("<") and (raw := xml_of(text)):
        return raw
    if type_ in _APPS:
        return _card(text)
    match kind:
        case Kind.IMAGE | Kind.VOICE | Kind.VIDEO | Kind.STICKER:
            return Content(kind, SHOWN[kind])
        case Kind.RED_PACKET | Kind.TRANSFER:
            for tag in _TAGS:
                text = text.removeprefix(tag)
            return Content(kind, text.strip() or ("[红包]" if kind is Kind.RED_PACKET else "[转账]"))
        case Kind.LOCATION:
            place = _PLACE.fullmatch(text)
            return Content(kind, (place["name"] if place else "") or text or None)
        case Kind.CONTACT_CARD:
            name = _NAME_TAG.search(text)
            words = name[1] if name else text.removeprefix("NAMECARD:").strip() or None
            return Content(kind, words, card_title=name[1] if name else None)
        case Kind.FILE | Kind.LINK:
            return _card(text, kind)
        case _:
            return Content(kind, text or None)


def _card(text: str, kind: Kind | None = None) -> Content:
    """A link by its address, a file by its name."""
    text = _PICTURE.sub("", text)
    if text.startswith("FILE:") or kind is Kind.FILE:
        name = text.removeprefix("FILE:").strip() or None
        return Content(Kind.FILE, name, card_title=name)
    words = (
        text.partition(":")[2].strip() if text[:12].upper().startswith(("URL:", "QQMUSIC", "MUSIC")) else text
    )
    url = _URL.search(words)
    return Content(
        kind or (Kind.LINK if url or text.startswith("URL:") else Kind.OTHER),
        words or None,
        url[0] if url else None,
    )
