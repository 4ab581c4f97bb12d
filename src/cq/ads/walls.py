"""Walls: one message that repeats a unit over and over (顶顶顶…, 需要的加我需要的加我…).

A text is looked at by itself, without sender and time. Laughter, crying, runs of punctuation and a handful
of faces are how people talk, and no walls. Nothing here is an ad.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cq.ads import _points as p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MIN_REPEATS, MIN_STRETCH = 6, 12
"""A unit this often, this many characters in all; a convention of moderation."""
_LONG_UNIT, _LONG_REPEATS = 3, 5
"""Of units this long five do: a typical one says 需要的加我 five times."""
_LONGEST_UNIT = 32
WALL = 24
"""Of digits that are laughter or praise (666), and of emoji and faces, so many are a wall."""
_DIGITS = 60
"""So many digits in a row are no number of anything, whatever they are."""
_CALLS = 3
"""@所有人 so often in one message."""
_MEDIA = 6
"""Placeholders of media in one message that says nothing else."""

_SHORT_WALL = rf"(.{{1,{_LONG_UNIT - 1}}}?)\1{{{MIN_REPEATS - 1},}}"
_LONG_WALL = rf"(.{{{_LONG_UNIT},{_LONGEST_UNIT}}}?)\2{{{_LONG_REPEATS - 1},}}"
_UNIT = re.compile(f"{_SHORT_WALL}|{_LONG_WALL}", re.DOTALL)
_DIGIT_WALL = re.compile(rf"\d{{{_DIGITS},}}")
_TOKEN = re.compile(r"\[[^\[\]]{1,8}\]|/[㐀-鿿]{1,4}")
"""Faces: ``[呲牙]``, and ``/呲牙`` of older QQ."""
_PLACEHOLDER = re.compile(
    r"\[(?:图片|照片|表情|动画表情|视频|短视频|语音|文件|链接|sticker|image|photo|video)\]", re.IGNORECASE
)
_CALL = re.compile(r"[@＠](?:所有人|全体成员|everyone\b|all\b)", re.IGNORECASE)
_LAUGHING = frozenset("😀😁😂😃😄😅😆🤣😊😭😢😹🥲🥹😿😝😜🙃")
_LAUGHING_TOKEN = re.compile(r"[\[/](?:笑哭|破涕为笑|捂脸|大笑|偷笑|憨笑|坏笑|呲牙|大哭|流泪|哭|笑|泪)\]?")


def unit_flood(texts: pa.Array | Sequence[str]) -> dict[int, tuple[int, int]]:
    """The texts that repeat one unit over and over, by position: the span in characters, for bare texts.

    A unit six times and twelve characters in all; walls of digits; three calls of everybody; six media
    placeholders and nothing else. Laughter, crying and runs of punctuation are none.
    """
    column = texts if isinstance(texts, pa.Array) else pa.array(list(texts), pa.large_string())
    found: dict[int, tuple[int, int]] = {}
    for points in p.pieces(column):
        maybe = suspects(points, p.classes()[points.code])
        search(column, np.flatnonzero(maybe) + points.first, found)
    return found


def search(column: pa.Array, rows: Ints, found: dict[int, tuple[int, int]]) -> None:
    """Put the walls among ``rows`` into ``found``."""
    known: dict[str, tuple[int, int] | None] = {}  # who floods says the same again
    for row, text in zip(rows.tolist(), column.take(pa.array(rows)).to_pylist(), strict=True):
        text = text[: p.MAX_CHARACTERS]
        if text not in known:
            known[text] = _wall(text)
        span = known[text]
        if span:
            found[row] = span


def suspects(points: p.Points, kinds: NDArray[np.uint8]) -> Flags:
    """Texts that may be a wall; every wall is among them.

    A stretch whose characters equal those one unit before them shows in two samples in a row, taken at half
    the distance that it is long; only there it is looked at whole.
    """
    code, start = points.code, points.start
    found = np.zeros(points.texts, np.bool_)
    letter = (kinds & (p.HAN | p.LATIN)) != 0
    picture = ((code >= 0x2600) & (code < 0x27C0)) | (code >= 0x1F000)
    harmless = np.where(letter, (kinds & p.SOUND) != 0, ((kinds & p.DIGIT) == 0) & ~picture)
    for unit in range(1, _LONGEST_UNIT + 1):
        repeats = MIN_REPEATS if unit < _LONG_UNIT else _LONG_REPEATS
        run = max(MIN_STRETCH, repeats * unit) - unit
        stride = run // 2
        begin = -(-unit // stride) * stride
        sample = code[begin::stride]
        equal: Flags = sample == code[begin - unit :: stride][: len(sample)]
        at = begin + np.flatnonzero(equal[1:] & equal[:-1]) * stride
        row = np.searchsorted(start, at, "right") - 1
        unsettled = ~found[row]  # what repeats one character repeats two of them, and three
        at, row = at[unsettled], row[unsettled]
        told = ~harmless[at[:, None] - np.arange(unit)].all(axis=1)
        at, row = at[told], row[told]
        around = at[:, None] + np.arange(-run, run + 1)
        around = np.minimum(np.maximum(around, unit), len(code) - 1)
        same = np.cumsum(code[around] == code[around - unit], axis=1)
        found[row[(same[:, run:] - same[:, :-run] == run).any(axis=1)]] = True
    stride = _DIGITS // 3
    digit = (kinds[::stride] & p.DIGIT) != 0
    at = np.flatnonzero(digit[2:] & digit[1:-1] & digit[:-2]) * stride
    found[np.searchsorted(start, at, "right") - 1] = True
    for mark, least in ((ord("["), _MEDIA), (ord("@"), _CALLS), (ord("＠"), _CALLS)):
        at = np.flatnonzero(code == mark)
        row = np.searchsorted(start, at, "right") - 1
        found |= np.bincount(row, minlength=points.texts) >= least
    return found


def _wall(text: str) -> tuple[int, int] | None:
    """The span of what one message repeats; nothing for laughter."""
    calls = [m.span() for m in _CALL.finditer(text)] if "@" in text or "＠" in text else []
    if len(calls) >= _CALLS:
        return calls[0][0], calls[-1][1]
    media = [m.span() for m in _PLACEHOLDER.finditer(text)] if "[" in text else []
    if len(media) >= _MEDIA and sum(map(str.isalnum, _PLACEHOLDER.sub("", text))) < MIN_STRETCH:
        return media[0][0], media[-1][1]
    digits = _DIGIT_WALL.search(text)
    if digits:
        return digits.span()
    for match in _UNIT.finditer(text):
        if match.end() - match.start() >= MIN_STRETCH and _is_wall(match[1] or match[2], match[0]):
            return match.span()
    return None


def _is_wall(unit: str, stretch: str) -> bool:
    """Whether a repeated unit is more than laughter, punctuation, or a few faces."""
    kinds = [kind for kind in (int(p.classes()[ord(c)]) for c in unit) if kind & p.WORDS]
    sounds = all(kind & p.SOUND for kind in kinds)
    if kinds and sounds and not all(kind & p.DIGIT for kind in kinds):
        return False
    if len(_TOKEN.sub("", stretch)) < MIN_STRETCH:
        tokens = _TOKEN.findall(stretch)
        return len(tokens) >= WALL and not _LAUGHING_TOKEN.fullmatch(tokens[0])
    if kinds:
        return not sounds or len(stretch) >= WALL
    pictures = [c for c in unit if ord(c) >= 0x1F000 or 0x2600 <= ord(c) < 0x27C0]
    return bool(pictures) and len(stretch) >= WALL and not _LAUGHING.intersection(pictures)
