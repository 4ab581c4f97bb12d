"""How fast bare texts are judged on one core, in this process, warmed up; nothing about being right.

Seconds are CPU seconds of the process, all its threads added up, so that a machine which does something
else as well gives nearly the same figures.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import corpora
import split

REPEATS = 5
MEGABYTE = 1_000_000


class Speed(NamedTuple):
    """Messages per second, median of ``REPEATS``, over so many messages."""

    name: str
    messages: int
    per_second: float


@contextmanager
def one_core() -> Iterator[None]:
    """Only one core for what is inside, where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _seconds(classify: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    start = time.process_time()
    classify(texts)
    return time.process_time() - start


def _material(public: bool) -> Iterator[tuple[str, list[str]]]:
    ordinary, ads = corpora.texts(corpora.own("ordinary")), corpora.texts(corpora.own("ads"))
    if public:
        every = list(split.labelled())
        ordinary += [m.text for m in every if m.source == "weibo"]
        ads += [m.text for m in every if m.ad]
    else:
        ordinary, ads = ordinary * 20, ads * 10
    yield "ordinary", ordinary
    yield "ads", ads


def throughput(classify: Callable[[Sequence[str]], object], public: bool) -> list[Speed]:
    """Ordinary chat and pure ads; without the public data a few messages many times over."""
    found = []
    with one_core():
        for name, texts in _material(public):
            classify(texts[:500])
            spent = statistics.median(_seconds(classify, texts) for _ in range(REPEATS))
            found.append(Speed(name, len(texts), len(texts) / spent))
    return found


CONTENTS = {
    "one Han character": "加",
    "one letter": "a",
    "digits": "13800138000",
    "spaces": " ",
    "line breaks": "\n",
    "split words": "加 薇 ❤ a 1 2 3 ",
    "zero-width": "加\u200b微\u200b信\u200b",
    "addresses": "https://mp.weixin.qq.com/s/AbC ",
    "mentions": "@某人 ",
    "brackets": "「[回复【",
    "emoji": "🧧1️⃣👉",
    "chat": "今天晚上去吃火锅吗，还是改天再约。",
    "ads": "兼职日结，加微信 abc12345，一单15元，宝妈学生优先！",
    "punctuation": "。，！.,!",
}


def megabyte_seconds(classify: Callable[[Sequence[str]], object]) -> dict[str, float]:
    """Seconds for one message of a megabyte of UTF-8, by what it consists of."""
    seconds = {}
    with one_core():
        for name, piece in CONTENTS.items():
            text = piece * (MEGABYTE // len(piece.encode()) + 1)
            seconds[name] = _seconds(classify, [text])
    return seconds
