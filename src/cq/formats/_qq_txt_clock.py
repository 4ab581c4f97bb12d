"""Dates and times in the headers of a QQ PC/TIM text export, for many headers at once.

``view`` is the text as bytes; the other arrays are offsets into it, one per header. It knows how
a time is written; what a header is, the scan knows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NO_MARK, AM, PM, NOON = 0, 1, 2, 3
_CLOCK_WORDS = {"上午": AM, "凌晨": AM, "早上": AM, "中午": NOON, "下午": PM, "晚上": PM}
_YEARS = range(1990, 2100)
"""A date outside is damage: QQ is from 1999."""


def digits(view: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The digit at each place; 10 and more where there is none."""
    return (view[np.minimum(at, len(view) - 1)] - np.uint8(48)).astype(np.int64)


def clock_words(view: NDArray[np.uint8], at: NDArray[np.int64]) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """The mark of a Chinese clock word, and its length in bytes, with the blank there may be."""
    mark = np.full(len(at), NO_MARK, np.int8)
    rows = np.flatnonzero(view[at] >= 128)
    if not len(rows):
        return mark, np.zeros(len(at), np.int64)
    top = len(view) - 1
    bytes_ = view[np.minimum(at[rows][:, None] + np.arange(6), top)]
    for word, meaning in _CLOCK_WORDS.items():
        mark[rows[(bytes_ == np.frombuffer(word.encode(), np.uint8)).all(axis=1)]] = meaning
    return mark, np.where(mark > 0, 6 + (view[np.minimum(at + 6, top)] == 32), 0)


def clock_times(
    view: NDArray[np.uint8], at: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Length of a ``H:mm:ss`` that is followed by a blank or the line's end (0: none), and seconds."""
    two = digits(view, at + 1) < 10
    hour = np.where(two, digits(view, at) * 10 + digits(view, at + 1), digits(view, at))
    rest = at + np.where(two, 2, 1)
    parts = [digits(view, rest + i) for i in (1, 2, 4, 5)]
    after = rest + 6
    good = (digits(view, at) < 10) & (after <= end)
    for d in parts:
        good &= d < 10
    for offset in (0, 3):
        good &= view[np.minimum(rest + offset, len(view) - 1)] == 58  # ":"
    good &= (after == end) | (view[np.minimum(after, len(view) - 1)] == 32)
    seconds = hour * 3600 + (parts[0] * 10 + parts[1]) * 60 + parts[2] * 10 + parts[3]
    legal = (hour < 24) & (parts[0] < 6) & (parts[2] < 6)
    return np.where(good, after - at, 0), np.where(legal, seconds, -1)


def marked(
    view: NDArray[np.uint8], at: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """AM or PM at the sender's place, and where the sender then begins."""
    if not len(at):
        return np.zeros(0, np.int8), at
    top = len(view) - 1
    first = view[np.minimum(at, top)] | 32
    second = view[np.minimum(at + 1, top)] | 32
    found = (at + 2 <= end) & (second == 109) & ((first == 97) | (first == 112))
    found &= (at + 2 == end) | (view[np.minimum(at + 2, top)] == 32)
    mark = np.where(found, np.where(first == 97, AM, PM), NO_MARK).astype(np.int8)
    return mark, np.minimum(at + 3, end)


def dates(view: NDArray[np.uint8], at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970 of ``yyyy-MM-dd``, and whether that date exists."""
    if not len(at):
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    d = {i: digits(view, at + i) for i in (0, 1, 2, 3, 5, 6, 8, 9)}
    year = d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3]
    month, day = d[5] * 10 + d[6], d[8] * 10 + d[9]
    legal = (year >= _YEARS.start) & (year < _YEARS.stop) & (month >= 1) & (month <= 12) & (day >= 1)
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[D]").astype(np.int64) - first
    return first + day - 1, legal & (day <= length)
