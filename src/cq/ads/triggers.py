"""Which expressions a text is worth trying: those of whose necessary strings it holds one.

A rule is an alternation of many small expressions. Each is an entry of its own here, so that a text
meets the few that begin to fit and none of the others. ``data/triggers.json`` keeps the necessary strings
of the built-in rules, which take a third of a second to work out; ``python -m cq.ads.triggers`` writes it,
and an entry whose expression has changed since is worked out again. Nothing here weighs a hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import xxhash

from cq.ads import literals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "triggers.json"

Needed = frozenset[str] | None


class Kept(msgspec.Struct, frozen=True):
    """The necessary strings of the alternatives of one pattern, by the hash of the pattern."""

    key: str
    needed: list[list[str] | None]


def key(pattern: str) -> str:
    """What tells patterns apart."""
    return xxhash.xxh64_hexdigest(pattern.encode())


@cache
def _kept() -> Mapping[str, list[list[str] | None]]:
    page = files("cq.ads").joinpath("data", FILE)
    entries = msgspec.json.decode(page.read_bytes(), type=list[Kept]) if page.is_file() else []
    return {entry.key: entry.needed for entry in entries}


def needed(pattern: str) -> list[Needed]:
    """The necessary strings of each alternative of ``pattern``; None where nothing is necessary."""
    kept = _kept().get(key(pattern))
    if kept is not None:
        return [None if strings is None else frozenset(strings) for strings in kept]
    return [literals.necessary(part) for part in literals.alternatives(pattern)]


class _Entry(NamedTuple):
    """One alternative: the place of its rule in the book, and the expression."""

    rule: int
    pattern: str


class Triggers:
    """The alternatives of the patterns of one view, and when to try them.

    ``patterns``: place of a rule → its pattern.
    """

    def __init__(self, patterns: Mapping[int, str]) -> None:
        self._entries: list[_Entry] = []
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._always = 0
        # By the two neighbours of a necessary string that ordinary talk has least: the whole string, and
        # the entries that need it, as bits.
        by_string: dict[str, int] = {}
        for rule, pattern in patterns.items():
            for part, strings in zip(literals.alternatives(pattern), needed(pattern), strict=True):
                bit = 1 << len(self._entries)
                self._entries.append(_Entry(rule, part))
                if strings is None:
                    self._always |= bit
                for string in strings or ():
                    by_string[string] = by_string.get(string, 0) | bit
        self._singles = {string: bits for string, bits in by_string.items() if len(string) == 1}
        self._pairs: dict[str, list[tuple[str, int]]] = {}
        for string, bits in by_string.items():
            if len(string) > 1:
                self._pairs.setdefault(telling(string, 2), []).append((string, bits))

    def hits(self, text: str) -> dict[int, tuple[int, int]]:
        """The first place each rule hits: its place in the book → where it begins and ends."""
        found: dict[int, tuple[int, int]] = {}
        for at in places(self._worth(text)):
            rule = self._entries[at].rule
            match = self._expression(at).search(text)
            if (
                match
                and match.end() > match.start()
                and (rule not in found or match.start() < found[rule][0])
            ):
                found[rule] = match.span()
        return found

    def _worth(self, text: str) -> int:
        bits = self._always
        for one in self._singles.keys() & set(text):
            bits |= self._singles[one]
        for pair in self._pairs.keys() & set(map(add, text, text[1:])):
            for string, entries in self._pairs[pair]:
                if string in text:
                    bits |= entries
        return bits

    def _expression(self, at: int) -> re.Pattern[str]:
        found = self._compiled.get(at)
        if found is None:
            found = self._compiled[at] = re.compile(self._entries[at].pattern)
        return found


class BulkTable(NamedTuple):
    """Bits of up to 64 rules: for every text, and by one, two and three characters (folded into slots)."""

    always: int
    singles: NDArray[np.uint64]
    pairs: NDArray[np.uint64]
    triples: NDArray[np.uint64]


_SLOTS = 1 << 17
_SPREAD = 40503
"""An odd number, so that pairs with one character in common fall into different slots."""
_COMMON = frozenset("的一是了我不在有人这个上来到大们你就也看想要下可以为多好天点出能自得")
"""Characters of which a pair in ordinary talk says little."""


def telling(string: str, size: int) -> str:
    """The ``size`` neighbours in ``string`` that ordinary talk has least; a shorter string is itself."""
    parts = [string[at : at + size] for at in range(max(1, len(string) - size + 1))]
    return min(parts, key=lambda part: sum(c in _COMMON for c in part))


def bulk_tables(patterns: Sequence[str]) -> list[BulkTable]:
    """The tables of whole patterns, 64 to a table."""
    whole = [needed(pattern) for pattern in patterns]
    return [_bulk_table(whole[at : at + 64]) for at in range(0, len(whole), 64)]


def _bulk_table(patterns: Sequence[Sequence[Needed]]) -> BulkTable:
    import numpy as np

    by_size = [np.zeros(size, dtype=np.uint64) for size in (1 << 16, _SLOTS, _SLOTS)]
    always = 0
    for place, parts in enumerate(patterns):
        bit = np.uint64(1 << place)
        for strings in parts:
            always |= 0 if strings else 1 << place
            for string in strings or ():
                codes = [min(ord(c), 0xFFFF) for c in telling(string, 3)]
                slot = codes[0]
                for code in codes[1:]:
                    slot = (slot * _SPREAD + code) % _SLOTS
                by_size[len(codes) - 1][slot] |= bit
    return BulkTable(always, *by_size)


def may_hit_in_bulk(
    texts: Sequence[str], tables: Sequence[BulkTable]
) -> tuple[NDArray[np.int64], list[NDArray[np.uint64]]]:
    """Texts that any pattern may hit, and the bits of the patterns by table."""
    import numpy as np

    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(sizes + 1)
    joined = "\n".join([*texts, "\n"]).encode("utf-32-le", "surrogatepass")
    codes = np.minimum(np.frombuffer(joined, dtype=np.uint32), 0xFFFF)
    two = (codes[:-1] * np.uint32(_SPREAD) + codes[1:]) % np.uint32(_SLOTS)
    three = (two[:-1] * np.uint32(_SPREAD) + codes[2:]) % np.uint32(_SLOTS)
    starts = ends - sizes - 1
    found = []
    for table in tables:
        bits = table.singles[codes]
        bits[:-1] |= table.pairs[two]
        bits[:-2] |= table.triples[three]
        found.append(np.bitwise_or.reduceat(bits, starts) | np.uint64(table.always))
    rows = np.flatnonzero(np.bitwise_or.reduce(found)) if found else np.arange(0)
    return rows, [bits[rows] for bits in found]


def how_many(bits: Sequence[NDArray[np.uint64]]) -> NDArray[np.int64]:
    """How many patterns each text may hit."""
    import numpy as np

    counts: NDArray[np.int64] = np.zeros(len(bits[0]) if bits else 0, np.int64)
    for table in bits:
        counts += np.bitwise_count(table)
    return counts


def places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1


def kept_of(patterns: Sequence[str]) -> bytes:
    """The file that keeps the necessary strings of ``patterns``."""
    entries = []
    for pattern in patterns:
        found = [literals.necessary(part) for part in literals.alternatives(pattern)]
        entries.append(Kept(key(pattern), [None if s is None else sorted(s) for s in found]))
    return msgspec.json.encode(entries).replace(b"},{", b"},\n{") + b"\n"


def main() -> None:
    """Write the file of the built-in rules."""
    from cq.ads.rules import book

    patterns = [rule.pattern for rule in book().rules.values() if rule.pattern]
    Path(str(files("cq.ads").joinpath("data", FILE))).write_bytes(kept_of(patterns))


if __name__ == "__main__":
    main()
