"""The rules of acts: which words and facts make a turn do something. Data, read from ``data/acts.toml``.

Sets of words become one bit each of a mask per text. Patterns are written in simplified characters; on
loading each character that has traditional forms stands for them too. An expression is run only on texts
that hold a piece it cannot do without (``data/acts_pieces.json``, written by
``benchmarks/acts/pieces.py``).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from cq.conversation._act_letters import POINTS, blocks

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Bits = NDArray[np.uint64]

_FRAGMENT = re.compile(r"<([A-Z]+)>")


@dataclass(frozen=True, slots=True)
class Rule:
    """``act`` holds for a turn that has ``all``, one of ``any`` if there are some, and nothing of ``none``.

    The names are sets of words, facts, or ``act:<name>``. ``every``: each message has one of these.
    """

    id: str
    act: str
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    every: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text reads like ``act``: of ordinary texts no more than ``per_mille`` do so falsely."""

    act: str
    per_mille: float


@dataclass(frozen=True)
class Rules:
    """``words``: the patterns of each set, in bit order. ``readings``: what a model reads out of texts, which
    has bits after those. ``rules``: in the order they are to be tried.

    ``pieces``: per pattern of a set what a text must hold to be looked at, None for nothing. ``forms``:
    traditional forms by simplified character.
    """

    words: Mapping[str, tuple[str, ...]]
    readings: Mapping[str, Reading]
    rules: tuple[Rule, ...]
    pieces: Mapping[str, list[list[str] | None]]
    forms: Mapping[str, str]

    def bit(self, name: str) -> int:
        """The bit of a set of words or of a reading."""
        return self.bits[name]

    @cached_property
    def bits(self) -> dict[str, int]:
        """The bits of all sets of words and readings."""
        return {name: 1 << n for n, name in enumerate((*self.words, *self.readings))}

    @cached_property
    def letters(self) -> tuple[NDArray[np.uint16], int]:
        """Per code point the number of a letter of the pieces, 0 for all others; and how many numbers."""
        some = sorted(
            {c for patterns in self.pieces.values() for p in patterns for piece in p or () for c in piece}
        )
        table = np.zeros(POINTS, np.uint16)
        for n, char in enumerate(some, 1):
            table[[ord(c) for c in {char, char.upper()} if len(c) == 1]] = n
            table[[ord(c) for c in self.forms.get(char, "")]] = n
        return table, len(some) + 1

    @cached_property
    def hints(self) -> list[Bits]:
        """Which patterns each pair of letters speaks for, 64 patterns a table, in the order of ``words``."""
        table, size = self.letters
        every = [(p or ()) for name in self.words for p in self.pieces[name]]
        out = [np.zeros((size, size), np.uint64) for _ in range(-(-len(every) // 64))]
        for n, pieces in enumerate(every):
            for piece in pieces:
                where = tuple(int(table[ord(c)]) for c in piece)
                out[n // 64][where if len(where) == 2 else where[0]] |= np.uint64(1 << (n % 64))
        return [one.ravel() for one in out]


@cache
def _page() -> dict[str, Any]:
    text = files("cq.conversation.data").joinpath("acts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def simplified() -> dict[str, tuple[str, ...]]:
    """The patterns as they are written, fragments filled in."""
    page = _page()
    return {name: tuple(_filled(p, page["fragments"]) for p in some) for name, some in page["words"].items()}


@cache
def forms() -> dict[str, str]:
    """Traditional forms by simplified character."""
    return {pair[0]: pair[1:] for pair in _page()["letters"]["traditional"].split()}


@cache
def shipped() -> Rules:
    """The rules of this build."""
    page = _page()
    pieces = files("cq.conversation.data").joinpath("acts_pieces.json").read_text(encoding="utf-8")
    return Rules(
        {name: tuple(both_scripts(p, forms()) for p in some) for name, some in simplified().items()},
        msgspec.convert(page["readings"], dict[str, Reading]),
        msgspec.convert(page["rules"], tuple[Rule, ...]),
        json.loads(pieces),
        forms(),
    )


def bits(texts: pa.Array, rules: Rules) -> Bits:
    """Per text the sets of words found in it; ``texts`` without nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    out, maybe, n = np.zeros(len(texts), np.uint64), _hinted(texts, rules), 0
    for name, patterns in rules.words.items():
        bit = np.uint64(rules.bit(name))
        for pattern, pieces in zip(patterns, rules.pieces[name], strict=True):
            held = (out & bit) == 0
            if pieces is not None:
                held &= (maybe[n // 64] & np.uint64(1 << (n % 64))) != 0
            rows, n = np.flatnonzero(held), n + 1
            if len(rows):
                found = np.asarray(pc.match_substring_regex(texts.take(pa.array(rows)), pattern))
                out[rows[found]] |= bit
    return out


def _hinted(texts: pa.Array, rules: Rules) -> list[Bits]:
    """Per text the patterns whose pieces it holds. One text runs into the next: that hints too much at
    most."""
    table, size = rules.letters
    out = [np.zeros(len(texts), np.uint64) for _ in rules.hints]
    for where, run in blocks(texts):
        some = np.flatnonzero(run.sizes)
        if not len(some):
            continue
        letters = table.take(run.points)
        pairs = letters.astype(np.int64) * size
        pairs[:-1] += letters[1:]
        begins = (np.cumsum(run.sizes) - run.sizes)[some]
        for held, hints in zip(out, rules.hints, strict=True):
            held[where][some] = np.bitwise_or.reduceat(hints.take(pairs), begins)
    return out


def _filled(pattern: str, fragments: Mapping[str, str]) -> str:
    while _FRAGMENT.search(pattern):
        pattern = _FRAGMENT.sub(lambda m: fragments[m[1]], pattern)
    return pattern


def both_scripts(pattern: str, forms: Mapping[str, str]) -> str:
    """A pattern that means the traditional forms of its characters as well."""
    out, inside, escaped = [], False, False
    for char in pattern:
        if char in forms:
            out.append(char + forms[char] if inside else f"[{char}{forms[char]}]")
        else:
            out.append(char)
        if not escaped and char in "[]":
            inside = char == "["
        escaped = char == "\\" and not escaped
    return "".join(out)
