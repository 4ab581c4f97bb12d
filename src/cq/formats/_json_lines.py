"""JSON lines: a block of records at a time, line by line only where one is damaged.

Knows lines and damage; what a record means, its reader knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from cq.formats._json import decode
from cq.formats._source import LONGEST_LINE, Source
from cq.model import Problem

_BLANKS = b" \t\r\n"


class Lined(NamedTuple):
    """The records of some lines, each with its 1-based line number.

    ``comments`` counts lines with a ``#``; ``strays`` those of a log that hold no object.
    """

    numbers: Sequence[int]
    values: Sequence[Any]
    problems: Sequence[Problem] = ()
    comments: int = 0
    strays: int = 0


def json_lines(source: Source, kind: Any, *, prefixed: bool = False) -> Iterator[Lined]:
    """The records of ``source`` decoded as ``kind`` (a msgspec Struct whose fields are all ``Any``).

    Problems: ``bad_json`` and ``truncated``, one per line. ``prefixed``: something (the head of a
    log line) may stand before the first brace of a line, and lines without one are ``strays``.
    """
    decoder = msgspec.json.Decoder(kind)
    line = 1
    for block in source.lines():
        count = block.count(b"\n")
        yield _decoded(source.label, decoder, kind, block, range(line, line + count + 1), prefixed)
        line += count


def _decoded(
    label: str, decoder: msgspec.json.Decoder[Any], kind: Any, block: bytes, lines: range, prefixed: bool
) -> Lined:
    """The records of ``block``, whose lines are ``lines``."""
    count = len(lines) - block.endswith(b"\n")
    try:
        values = decoder.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        values = []
    if len(values) == count:
        return Lined(lines[:count], values)
    return _one_by_one(label, kind, block, lines, prefixed)


def _one_by_one(label: str, kind: Any, block: bytes, lines: range, prefixed: bool) -> Lined:
    values: list[Any] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    comments = strays = 0
    for number, raw in zip(lines, block.split(b"\n"), strict=True):
        text = raw.strip(_BLANKS)
        if not text:
            continue
        if text.startswith(b"#"):
            comments += 1
            continue
        if prefixed and not text.startswith(b"{"):
            if b"{" not in text:
                strays += 1
                continue
            text = text[text.find(b"{") :]
        try:
            if len(text) > LONGEST_LINE:
                raise ValueError("too long")
            values.append(decode(text, kind))
        except ValueError as error:
            cut = number == lines[-1] and text.startswith(b"{") and not text.endswith(b"}")
            problems.append(Problem("truncated" if cut else "bad_json", f"{label}:{number}", str(error)))
        else:
            numbers.append(number)
    return Lined(numbers, values, problems, comments, strays)
