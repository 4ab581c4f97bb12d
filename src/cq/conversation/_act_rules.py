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

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Bits = NDArray[np.uint64]

_FRAGMENT = re.compile(r"<([A-Z]+)>")
_AT_ONCE = 1 << 16


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


@dataclass(frozen=True)
class Rules:
    """``words``: the patterns of each set, in bit order. ``rules``: in the order they are to be tried.

    ``pieces``: per pattern of a set what a text must hold to be looked at, None for nothing. ``forms``:
    traditional forms by simplified character.
    """

    words: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...]
    pieces: Mapping[str, list[list[str] | None]]
    forms: Mapping[str, str]

    def bit(self, name: str) -> int:
        """The bit of a set of words."""
        return self._places[name]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: 1 << n for n, name in enumerate(self.words)}

    @cached_property
    def letters(self) -> tuple[NDArray[np.uint16], int]:
        """Per code point the number of a letter of the pieces, 0 for all others; and how many numbers."""
        some = sorted(
            {c for patterns in self.pieces.values() for p in patterns for piece in p or () for c in piece}
        )
        table = np.zeros(0x110000, np.uint16)
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
def shipped() -> Rules:
    """The rules of this build."""
    page = _page()
    forms = {pair[0]: pair[1:] for pair in page["letters"]["traditional"].split()}
    pieces = files("cq.conversation.data").joinpath("acts_pieces.json").read_text(encoding="utf-8")
    return Rules(
        {name: tuple(both_scripts(p, forms) for p in some) for name, some in simplified().items()},
        msgspec.convert(page["rules"], tuple[Rule, ...]),
        json.loads(pieces),
        forms,
    )


def bits(texts: pa.Array, rules: Rules) -> Bits:
    """Per text the sets of words found in it; ``texts`` without nulls."""
    pieces = [_bits(texts.slice(at, _AT_ONCE), rules) for at in range(0, len(texts), _AT_ONCE)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.uint64)


def _bits(texts: pa.Array, rules: Rules) -> Bits:
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
    import pyarrow.compute as pc

    table, size = rules.letters
    sizes = np.asarray(pc.utf8_length(texts)).astype(np.int64)
    some = np.flatnonzero(sizes)
    out = [np.zeros(len(texts), np.uint64) for _ in rules.hints]
    if len(some):
        whole = "".join(texts.to_pylist()).encode("utf-32-le", "surrogatepass")
        letters = table[np.frombuffer(whole, np.uint32)].astype(np.uint32)
        pairs = letters * np.uint32(size)
        pairs[:-1] += letters[1:]
        begins = (np.cumsum(sizes) - sizes)[some]
        for held, hints in zip(out, rules.hints, strict=True):
            held[some] = np.bitwise_or.reduceat(hints[pairs], begins)
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
