"""What a regular expression cannot do without: a set of strings, one of which every match contains.

It lets thousands of messages be passed over without an expression being run. It finds no match itself,
and where it knows nothing it says so (None) rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

_MOST = 3000
"""A larger set of alternatives costs more than the expression it saves."""
_WIDE = 24
"""A character class with more members than this says too little."""

_parse: Any = re._parser.parse  # type: ignore[attr-defined]  # the parser of re itself; it has no public name


class _Part(NamedTuple):
    """``exact``: all strings a piece can match, where they are few. ``best``: the best necessary set.
    ``rim``: where it is a repetition, the strings it begins with, which it ends with as well."""

    exact: frozenset[str] | None
    best: frozenset[str] | None
    rim: frozenset[str] | None = None


_NOTHING = _Part(None, None)
_EMPTY = _Part(frozenset({""}), None)


def necessary(pattern: str) -> frozenset[str] | None:
    """Strings of one character or more, one of which is in every text that ``pattern`` matches, or None."""
    part = _sequence(_parse(pattern))
    return _better(part.best, part.exact)


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern at its top level; joined by ``|`` they are the pattern again."""
    found: list[str] = []
    depth = start = at = 0
    while at < len(pattern):
        match pattern[at]:
            case "\\":
                at += 1
            case "[":
                at = _end_of_class(pattern, at)
            case "(":
                depth += 1
            case ")":
                depth -= 1
            case "|" if not depth:
                found.append(pattern[start:at])
                start = at + 1
        at += 1
    return [*found, pattern[start:]]


def _end_of_class(pattern: str, at: int) -> int:
    """Where the character class that begins at ``at`` ends; a bracket that comes first stands for itself."""
    at += 2 if pattern[at + 1] == "^" else 1
    at += pattern[at] == "]"
    while pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at


def nested(pattern: str, *, strict: bool = False) -> bool:
    """Whether a repetition of open length stands inside another: such a pattern may take for ever.

    ``strict``: any repetition of changing length inside one of more than three times counts.
    """
    return _nested(_parse(pattern), False, strict)


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    exact: frozenset[str] | None = frozenset({""})
    run: frozenset[str] = frozenset({""})
    best: frozenset[str] | None = None
    for op, value in items:
        part = _item(str(op), value)
        best = _better(best, part.best)
        if part.exact is None:
            longer = _cross(run, part.rim) if part.rim else None
            best, run, exact = _better(_better(best, run), longer), part.rim or frozenset({""}), None
            continue
        joined = _cross(run, part.exact)
        if joined is None:
            best, run, exact = _better(best, run), part.exact, None
        else:
            run = joined
        best = _better(best, run)
    return _Part(run if exact is not None else None, best)


def _item(op: str, value: Any) -> _Part:
    match op:
        case "LITERAL":
            return _Part(frozenset({chr(value).lower()}), None)
        case "IN":
            return _Part(_members(value), None)
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return _EMPTY
        case "SUBPATTERN":
            return _sequence(value[3])
        case "ATOMIC_GROUP":
            return _sequence(value)
        case "BRANCH":
            return _branch([_sequence(branch) for branch in value[1]])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeat(value[0], value[1], _sequence(value[2]))
        case _:
            return _NOTHING


def _repeat(least: int, most: int, part: _Part) -> _Part:
    if least == 0:
        if most == 1 and part.exact is not None:
            return _Part(part.exact | {""}, None)
        return _NOTHING
    if part.exact is None:
        return part
    string = part.exact
    for _ in range(min(least, 4) - 1):
        string = _cross(string, part.exact) or string
    whole = least == most <= 4 and len(string) == len(part.exact) ** least
    return _Part(string if whole else None, _better(string, None), part.exact)


def _branch(parts: list[_Part]) -> _Part:
    exact: set[str] | None = set()
    best: set[str] | None = set()
    for part in parts:
        exact = None if exact is None or part.exact is None else exact | part.exact
        needed = _better(part.best, part.exact)
        best = None if best is None or needed is None else best | needed
    small = exact is not None and len(exact) <= _MOST
    return _Part(frozenset(exact) if exact and small else None, frozenset(best) if best else None)


def _members(value: list[tuple[Any, Any]]) -> frozenset[str] | None:
    found: set[str] = set()
    for op, member in value:
        match str(op):
            case "LITERAL":
                found.add(chr(member).lower())
            case "RANGE" if member[1] - member[0] < _WIDE:
                found |= {chr(c).lower() for c in range(member[0], member[1] + 1)}
            case _:
                return None
    return frozenset(found) if len(found) <= _WIDE else None


def _cross(left: frozenset[str], right: frozenset[str]) -> frozenset[str] | None:
    if len(left) * len(right) > _MOST or max(map(len, left)) > 12:
        return None
    return frozenset(a + b for a, b in product(left, right))


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The set that fewer texts contain, roughly: short strings are common, Han more so than digits."""
    usable = [s for s in (one, other) if s and "" not in s]
    return min(usable, key=_commonness, default=None)


def _commonness(strings: frozenset[str]) -> float:
    one = {False: 400.0, True: 100.0}
    return sum((one[s.isdigit()] if s < "\x7f" else 300.0) if len(s) == 1 else 4.0 / len(s) for s in strings)


def _nested(items: Iterable[tuple[Any, Any]], inside: bool, strict: bool) -> bool:
    for op, value in items:
        match str(op):
            case "MAX_REPEAT" | "MIN_REPEAT":
                open_ = value[1] - value[0] > (0 if strict else 8)
                often = value[1] > 3 if strict else open_
                if (inside and open_) or _nested(value[2], inside or often, strict):
                    return True
            case "SUBPATTERN" if _nested(value[3], inside, strict):
                return True
            case "BRANCH" if any(_nested(branch, inside, strict) for branch in value[1]):
                return True
    return False
