"""The messages the ads room is measured on, with their labels, and where they are from.

Four of them are shipped (``judged/``); the public ones lie beside the repository or are missing, which
the caller has to say. What was hand-checked of them is known here by the hash of a text only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import split
from tallies import Case

JUDGED = Path(__file__).resolve().parent / "judged"
SOURCES = ("qq", "sms", "weibo")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _cases(path: Path) -> list[Case]:
    return [
        Case(r["text"], bool(r["label"]), r["kind"] if r["label"] else "", r.get("family", ""))
        for r in _rows(path)
    ]


def own(name: str) -> list[Case]:
    """``ads``, ``hard``, ``ordinary`` or ``clubs``: invented, shipped, seen by nobody who wrote rules."""
    return _cases(JUDGED / f"{name}.jsonl")


def examples() -> list[Case]:
    """The examples of the specification, which were read while rules were written."""
    return _cases(split.DATA / "examples.jsonl")


def held(source: str) -> list[Case]:
    """The held half of a public source, near-duplicates once, labels as published. Messages that another
    source holds too are left out: leaving their source out would not make them unseen."""
    every = list(split.labelled())
    elsewhere = {split.key(m.text) for m in every if m.source != source}
    first: dict[str, Case] = {}
    for message in every:
        key = split.key(message.text)
        if message.source == source and key not in elsewhere and split.half(message.text) == "held":
            first.setdefault(key, Case(message.text, message.ad))
    return list(first.values())


def hand_checked(source: str) -> list[Case]:
    """The sample of the held half that was read one by one; what could not be told is left out."""
    labels = {r["sha"]: r for r in _rows(JUDGED / "held.jsonl") if r["source"] == source}
    cases: dict[str, Case] = {}
    for message in split.labelled():
        sha = hashlib.sha256(message.text.encode()).hexdigest()[:16]
        row = labels.get(sha)
        if row is not None and row["label"] is not None and message.source == source:
            cases[sha] = Case(message.text, bool(row["label"]), row["kind"] or "")
    return list(cases.values())


def missing() -> str:
    """Why the public data cannot be measured, or nothing."""
    needed = (split.DATA / "train_mit.jsonl", split.DATA / "examples.jsonl")
    gone = [path.name for path in needed if not path.is_file()]
    return f"{', '.join(gone)} not in {split.DATA}" if gone else ""


def texts(cases: Sequence[Case]) -> list[str]:
    return [case.text for case in cases]
