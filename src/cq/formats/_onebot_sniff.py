"""What marks a record as an event of OneBot 11, for both of its containers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cq.formats._peek import Peek

_KEYS = frozenset({"post_type", "self_id", "time"})
_WRAPPERS = ("", ".data", ".event", ".payload", ".body")
_LOG_OF_A_BOT = re.compile(
    r"\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\] \[[A-Z]{4,7}\]: |\d{2}-\d{2} \d{2}:\d{2}:\d{2} \[[a-z]{4,5}\] "
)
"""The logs of go-cqhttp and NapCat have formats of their own."""
_TIME_FIRST = re.compile(r"[\[(<]?\d{1,4}[-/.:]\d{1,2}[-/.:]\d")
_LINES = 20
_MAX_PREFIX = 200


def is_event(shape: Mapping[str, Mapping[str, str | None]], path: str = "") -> bool:
    """An event at that path, or inside an object there."""
    return any(shape.get(path + inner, {}).keys() >= _KEYS for inner in _WRAPPERS)


def in_a_log(peek: Peek) -> bool:
    """Do lines hold events behind the head of a log line, which begins with a time?"""
    if not _TIME_FIRST.match(peek.start):
        return False
    lines = peek.start[:65536].split("\n")[:_LINES]
    if any(_LOG_OF_A_BOT.match(line) for line in lines):
        return False
    for line in lines:
        at = line.find("{")
        if 0 <= at <= _MAX_PREFIX and '"post_type"' in line:
            return is_event(Peek("", line[at:].encode("utf-8", "replace")).json)
    return False
