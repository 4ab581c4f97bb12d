"""No message of a megabyte keeps the judge busy. The limit is generous: it is the shape of the cost that is
tested, seconds are measured in ``benchmarks/ads/speed.py``."""

from __future__ import annotations

import time

import pytest

from cq.ads.cascade import judge

MEGABYTE = 1_000_000
CPU_SECONDS = 1.0

PIECES = {
    "one Han character": "加",
    "one letter": "a",
    "digits": "13800138000",
    "spaces": " ",
    "line breaks": "\n",
    "split words": "加 薇 ❤ a 1 2 3 ",
    "zero-width": "加\u200b微\u200b信\u200b",
    "addresses": "https://mp.weixin.qq.com/s/AbC ",
    "short addresses": "http://t.cn/A6xyzAB",
    "mentions": "@某人 ",
    "brackets": "「[回复【",
    "emoji": "🧧1️⃣👉",
    "chat": "今天晚上去吃火锅吗，还是改天再约。",
    "ads": "兼职日结，加微信 abc12345，一单15元，宝妈学生优先！",
    "punctuation": "。，！.,!",
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES.keys())
@pytest.mark.parametrize("size", [30_000, MEGABYTE])
def test_long_messages_are_judged_at_once(piece: str, size: int) -> None:
    text = piece * (size // len(piece.encode()) + 1)
    judging = judge()
    judging.verdicts(["兼职日结，加微信 abc12345", text[:1000]])  # expressions are compiled when first needed
    started = time.process_time()
    judging.verdicts([text])
    assert time.process_time() - started < CPU_SECONDS
