"""Which expressions a text is worth trying: those of whose necessary strings it holds one.

A rule is an alternation of many small expressions. Each is an entry of its own here, so that a text
meets the few that begin to fit and none of the others. ``data/triggers.json`` keeps the necessary strings
of the built-in rules, which take a third of a second to work out; ``python -m cq.ads.triggers`` writes it,
and an entry whose expression has changed since is worked out again. Nothing here weighs a hit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec
import xxhash

from cq.ads import literals

FILE = "triggers.json"

Needed = frozenset[str] | None
Span = tuple[int, int]


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
        from ahocorasick_rs import AhoCorasick, Implementation

        self._entries: list[_Entry] = []
        self._always: list[int] = []
        by_string: dict[str, list[int]] = {}
        for rule, pattern in patterns.items():
            for part, strings in zip(literals.alternatives(pattern), needed(pattern), strict=True):
                at = len(self._entries)
                self._entries.append(_Entry(rule, part))
                if strings is None:
                    self._always.append(at)
                for string in strings or ():
                    by_string.setdefault(string, []).append(at)
        self._searches: list[Callable[[str], re.Match[str] | None] | None] = [None] * len(self._entries)
        self._needing = list(by_string.values())
        # As fast here as an automaton that is a table, built in a third of the time and smaller.
        self._strings = AhoCorasick(list(by_string), implementation=Implementation.ContiguousNFA)

    def hits(self, texts: Iterable[str]) -> Iterator[dict[int, Span]]:
        """For each text the first place each rule hits: its place in the book → where it begins and ends."""
        find, needing, always = self._strings.find_matches_as_indexes, self._needing, self._always
        searches, entries = self._searches, self._entries
        for text in texts:
            found: dict[int, Span] = {}
            worth = set(always)
            for string, _, _ in find(text, True):
                worth.update(needing[string])
            for at in sorted(worth):
                match = (searches[at] or self._compiled(at))(text)
                if match:
                    rule, (lo, hi) = entries[at].rule, match.span()
                    if hi > lo and (rule not in found or lo < found[rule][0]):
                        found[rule] = lo, hi
            yield found

    def _compiled(self, at: int) -> Callable[[str], re.Match[str] | None]:
        search = self._searches[at] = re.compile(self._entries[at].pattern).search
        return search


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
