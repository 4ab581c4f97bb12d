"""Texts as code points: what vectorised work on characters stands on.

A piece of a column at a time becomes one array of code points with the place where each text starts, so
that a million messages cost no million objects. It knows classes of characters and hashes; it knows no
rule, and it folds no disguise (:mod:`cq.ads.normalize` does).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Codes = NDArray[np.uint32]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MAX_CHARACTERS = 20_000
"""Of a longer text only its head is looked at; a novel pasted twice is found by its first pages."""

HAN, LATIN, DIGIT, SPACE, SOUND = 1, 2, 4, 8, 16
WORDS = HAN | LATIN | DIGIT
"""Bits of a class of characters. ``HAN``: Han, kana and hangul, what a Chinese text is worded in; ``LATIN``:
letters of other scripts, too."""

SOUNDS = "哈嘿嘻呵啊呜嗷嗯哦噢喔呃额唉哎呀嘤咯哇嘎吼嚯哼呼嘶嘟噗唔呐嗨咳喵汪咩啦嗝诶欸艹草笑哭"
"""Characters that are laughter, crying and other sounds: long runs of them are how people laugh."""

_LATIN_SOUNDS = "hwzemkxoaHWZEMKXOA"
_DIGIT_SOUNDS = "2356788"
"""2333, 666, 555, 7777 and 88 are laughter, praise, crying and farewells."""

_PIECE_BYTES = 3_000_000
_TOKEN = 10
"""The longest ``[表情]`` with its brackets."""
_MENTION = 24
"""The longest name behind an @, up to the blank that QQ and WeChat put after it."""


class Points(NamedTuple):
    """Some texts: the position of the first, their code points one after another, where each starts."""

    first: int
    code: Codes
    start: Ints

    @property
    def texts(self) -> int:
        """How many texts there are."""
        return len(self.start) - 1


_HAN = (
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
    (0x3041, 0x30FA),
    (0x30FC, 0x30FF),
    (0xAC00, 0xD7A3),
)
_LATIN = ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x370, 0x1FFF), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
_DIGITS = ((0x30, 0x39), (0xFF10, 0xFF19))


@cache
def classes() -> NDArray[np.uint8]:
    """The class of every code point; everything that is no letter, digit or blank is 0."""
    table = np.zeros(0x110000, np.uint8)
    for kind, ranges in ((HAN, _HAN), (LATIN, _LATIN), (DIGIT, _DIGITS)):
        for low, high in ranges:
            table[low : high + 1] = kind
    table[0x3007] = HAN
    for code in (0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0xA0, 0x3000, 0x2028, 0x2029, *range(0x2000, 0x200B)):
        table[code] = SPACE
    for character in SOUNDS + _LATIN_SOUNDS + _DIGIT_SOUNDS:
        table[ord(character)] |= SOUND
    table.flags.writeable = False
    return table


def pieces(texts: pa.Array, rows: Ints | None = None) -> Iterator[Points]:
    """The texts, or those of ``rows``, a few megabytes at a time; null is empty."""
    if rows is not None and len(rows) == len(texts) and np.array_equal(rows, np.arange(len(texts))):
        rows = None
    sizes = np.asarray(pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False))
    ends = np.cumsum(sizes if rows is None else sizes[rows], dtype=np.int64)
    low, done = 0, 0
    while low < len(ends):
        high = max(low + 1, int(np.searchsorted(ends, done + _PIECE_BYTES, "right")))
        part = texts.slice(low, high - low) if rows is None else texts.take(pa.array(rows[low:high]))
        yield _decode(low, part, int(ends[high - 1]) - done)
        low, done = high, int(ends[high - 1])


def _decode(first: int, part: pa.Array, size: int) -> Points:
    if size > MAX_CHARACTERS:
        part = pc.utf8_slice_codeunits(part, 0, MAX_CHARACTERS)
    lengths = pc.fill_null(pc.utf8_length(part), 0).to_numpy(zero_copy_only=False)
    start = np.zeros(len(part) + 1, np.int64)
    np.cumsum(lengths, out=start[1:])
    part = pc.fill_null(part, "") if part.null_count else part
    _, offsets, data = part.buffers()
    wide = np.int64 if pa.types.is_large_string(part.type) else np.int32
    at = np.frombuffer(offsets, wide)[part.offset : part.offset + len(part) + 1]
    raw = memoryview(data)[int(at[0]) : int(at[-1])] if data is not None and len(part) else b""
    code = np.frombuffer(str(raw, "utf-8").encode("utf-32-le"), np.uint32)
    return Points(first, code, start)


def written(points: Points, kinds: NDArray[np.uint8], wanted: int) -> Flags:
    """Which characters are of a ``wanted`` class, outside of ``[表情]`` tokens and of mentions."""
    keep: Flags = (kinds & wanted) != 0
    code, start = points.code, points.start
    opens, closes = np.flatnonzero(code == 91), np.flatnonzero(code == 93)
    if len(opens) and len(closes):
        keep &= ~_between(len(code), *_spans(opens, closes, np.append(opens[1:], len(code)), start, _TOKEN))
    at = np.flatnonzero((code == 0x40) | (code == 0xFF20))
    if len(at):
        blanks = np.flatnonzero(kinds & SPACE)
        keep &= ~_between(len(code), *_spans(at, blanks, np.append(at[1:], len(code)), start, _MENTION))
    return keep


def _spans(opens: Ints, closes: Ints, limit: Ints, start: Ints, longest: int) -> tuple[Ints, Ints]:
    """From each opening to the next closing of the same text, if that is near and before ``limit``."""
    nearest = np.searchsorted(closes, opens)
    found = nearest < len(closes)
    opens, limit, end = opens[found], limit[found], closes[nearest[found]]
    stop = start[np.searchsorted(start, opens, "right")]
    good = (end < stop) & (end < limit) & (end - opens < longest)
    return opens[good], end[good]


def _between(length: int, low: Ints, high: Ints) -> Flags:
    """Which of ``length`` places lie in one of the closed, disjoint spans."""
    step = np.zeros(length + 1, np.int8)
    step[low] += 1
    step[high + 1] -= 1
    return np.greater(np.cumsum(step[:-1], dtype=np.int8), 0)


def counts(flags: Flags, start: Ints) -> Ints:
    """Per text: how many of its characters are flagged."""
    total = np.zeros(len(flags) + 1, np.int64)
    np.cumsum(flags, out=total[1:])
    return np.asarray(np.diff(total[start]))


def starts(lengths: NDArray[Any]) -> Ints:
    """Where each of some consecutive pieces starts, and where the last ends."""
    found = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=found[1:])
    return found


def lowered(code: Codes) -> Codes:
    """Latin letters in lower case, full-width letters and digits as plain ones."""
    wide = code - np.uint32(0xFF01)
    code = np.where(wide < 94, wide + np.uint32(0x21), code)
    return code + (code - np.uint32(65) < 26).astype(np.uint32) * np.uint32(32)


def hashes(code: Codes, start: Ints) -> NDArray[np.uint64]:
    """64 bits per text, 0 for an empty one. Fixed for all time: fingerprints of groups are compared."""
    place = np.arange(len(code), dtype=np.int64) - np.repeat(start[:-1], np.diff(start))
    value = place.view(np.uint64)
    value <<= np.uint64(32)
    value |= code
    mix(value)
    total = np.zeros(len(code) + 1, np.uint64)
    np.cumsum(value, out=total[1:])
    found = total[start[1:]] - total[start[:-1]]
    mix(found)
    found[found == 0] = 1
    found[start[1:] == start[:-1]] = 0
    return found


def mix(value: NDArray[np.uint64]) -> None:
    """splitmix64's finaliser, in place (Steele, Lea, Flood 2014)."""
    value ^= value >> np.uint64(30)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(27)
    value *= np.uint64(0x94D049BB133111EB)
    value ^= value >> np.uint64(31)


def windows(key: NDArray[Any], at: Ints, size: int, within: int) -> Flags:
    """Per place: whether ``size`` consecutive entries from it on have one key and lie ``within`` ms.

    Sorted by key, then time. The result is shorter than the input by ``size - 1``.
    """
    if len(key) < size:
        return np.zeros(0, np.bool_)
    last = len(key) - size + 1
    return np.asarray((key[:last] == key[size - 1 :]) & (at[size - 1 :] - at[:last] <= within))


def covered(good: Flags, size: int, length: int) -> Flags:
    """Which of ``length`` places lie in a window of ``size`` that is good; windows may overlap."""
    step = np.zeros(length + 1, np.int32)
    low = np.flatnonzero(good)
    step[low] += 1
    step[low + size] -= 1
    return np.greater(np.cumsum(step[:-1]), 0)
