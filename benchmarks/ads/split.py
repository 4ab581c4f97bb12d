"""Which labelled messages may be looked at while rules are written, and which only measure them.

The split goes by a key of the text without digits, Latin letters and punctuation, so near-duplicates
stay together; it needs no list of what belongs where.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ads"
"""Labelled public data, where it lies beside the repository."""

_LOOSE = re.compile(r"[^㐀-鿿]+")


class Labelled(NamedTuple):
    """A message, whether it is an ad, and the short name of the source it is from."""

    text: str
    ad: bool
    source: str


def key(text: str) -> str:
    """What near-duplicates have in common: the first 24 Han characters, else the text itself."""
    return _LOOSE.sub("", text)[:24] or text.strip().lower()


def half(text: str) -> Literal["dev", "held"]:
    """The half a message belongs to."""
    return "dev" if hashlib.sha256(key(text).encode()).digest()[0] < 128 else "held"


def labelled() -> Iterator[Labelled]:
    """The labelled public messages; raises FileNotFoundError where the data is not beside the repository."""
    short = {"siuank/ADDetector4J": "qq", "tensorlayer/text-antispam": "sms", "thu-coai/CDial-GPT": "weibo"}
    with (DATA / "train_mit.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Labelled(row["text"], bool(row["label"]), short[row["source"].split()[0]])
