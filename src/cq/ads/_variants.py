"""What is folded to what: ``data/variants.toml`` and ``data/traditional.txt``, ready for use.

Only characters and words as such; which text is folded, and where from, is ``normalize``'s.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

HAN = "〇㐀-䶿一-鿿\U00020000-\U000323af"
"""Han characters, for a character class."""

Edit = tuple[int, int, str]
"""A piece of a text and what is put in its place."""


class Needs(NamedTuple):
    """What a text must have, at the least, for a word to be looked for: so many of a-z and 0-9, characters
    words are taken apart with, Han."""

    latin: int
    apart: int
    han: int


class Word(NamedTuple):
    """A word ads misspell: how it is found, what it is put right to, and where it need not be looked for."""

    find: re.Pattern[str]
    to: str
    sign: frozenset[str]
    needs: Needs


class Book(NamedTuple):
    """The data. ``signs``: which of the ``words`` a character is a sign of."""

    characters: dict[str, str]
    numerals: dict[str, str]
    plain: str
    shapes: dict[str, str]
    words: tuple[Word, ...]
    signs: Mapping[str, frozenset[int]]
    flags: frozenset[str]
    headings: tuple[str, ...]


@cache
def book() -> Book:
    """The data, read once."""
    data = files("cq.ads.data")
    page = tomllib.loads(data.joinpath("variants.toml").read_text(encoding="utf-8"))
    lines = data.joinpath("traditional.txt").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    characters = dict(zip("".join(rows[::2]), "".join(rows[1::2]), strict=True))
    characters |= {like: to for to, alike in page["characters"].items() for like in alike}
    numbers = page["numbers"]
    words = tuple(
        Word(
            _compile(word["find"], page["fragments"]),
            word["to"],
            frozenset(word["sign"]),
            Needs(word.get("latin", 0), int(word.get("apart", False)), int(word.get("han", False))),
        )
        for word in page["words"]
    )
    return Book(
        characters,
        {like: str(digit) for digit, alike in enumerate(numbers["numerals"]) for like in alike},
        numbers["plain"],
        {like: digit for digit in "01" for like in numbers[digit]},
        words,
        {
            sign: frozenset(at for at, word in enumerate(words) if sign in word.sign)
            for sign in frozenset().union(*(word.sign for word in words))
        },
        frozenset(page["flags"].split()),
        tuple(page["headings"].split()),
    )


def _compile(pattern: str, fragments: dict[str, str]) -> re.Pattern[str]:
    for name, fragment in fragments.items():
        pattern = pattern.replace(name if len(name) == 1 else f"<{name}>", fragment)
    return re.compile(pattern)


# One character, whatever stands around it.


def _ignorable(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in ("Cf", "Mn", "Me")
        or code in (0x115F, 0x1160, 0x2065, 0x3164, 0xFFA0)
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or 0xE0000 <= code <= 0xE0FFF
        or 0xFFF0 <= code <= 0xFFF8
    )


def _bare(character: str) -> str:
    """A Latin, Greek or Cyrillic letter without its accents."""
    apart = unicodedata.normalize("NFKD", character)
    return apart[0] if len(apart) > 1 and apart[0] < "\u0530" and not _ignorable(apart[0]) else character


def fold_character(character: str) -> str:
    """What one character is folded to: nothing, itself, or one or more others."""
    own, code = book().characters, ord(character)
    if character in own:
        return own[character]
    if character in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":
        return "\n"
    if character == "…":  # would be three full stops; it disguises nothing
        return character
    category = unicodedata.category(character)
    if category == "Zs" or character in "\t\u2800\ufffc":
        return " "
    if category == "Cc" or _ignorable(character):
        return ""
    if 0x1F1E6 <= code <= 0x1F1FF:  # regional indicators
        return chr(code - 0x1F1E6 + 97)
    for first in (0x1F150, 0x1F170):  # negative circled, negative squared
        if first <= code < first + 26:
            return chr(code - first + 97)
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) > 2 and folded[0] == "(" and folded[-1] == ")":
        folded = folded[1:-1]
    elif 0x2488 <= code <= 0x249B or 0x1F100 <= code <= 0x1F10A:
        folded = folded[:-1]
    elif folded == character and (0x24EB <= code <= 0x24FF or 0x2776 <= code <= 0x2793):
        folded = str(int(unicodedata.numeric(character)))  # dingbats, double and negative circled digits
    lower = "".join(_bare(c) for c in folded.lower() if not _ignorable(c))
    return "".join(own.get(c, " " if c.isspace() else c) for c in lower)


class Folds(dict[int, str]):
    """For ``str.translate``; a character is looked into when it first comes up. ``resized``: those of the
    characters looked into that become none or several."""

    def __init__(self) -> None:
        super().__init__()
        self.resized: set[str] = set()

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_character(chr(code))
        if len(folded) != 1:
            self.resized.add(chr(code))
        return folded


@cache
def folds() -> Folds:
    """Every character looked into so far."""
    return Folds()


# What only its surroundings tell.


@cache
def _numeral_run() -> re.Pattern[str]:
    one = "[0-9" + "".join(book().numerals) + "]"
    return re.compile(f"{one}(?:[ .·,_*~-]?{one}){{5,}}")


LEAST_NUMERALS = 3
LEAST_RUN = 6
"""A number spelt out is a run of so many digits of either kind, so many of them (and a third) Chinese."""


def numerals(text: str) -> Iterator[Edit]:
    """Digits for Chinese numerals in a long run; counting, and one numeral over and over, is none."""
    spelt_as, plain = book().numerals, book().plain
    for run in _numeral_run().finditer(text):
        spelt = [c for c in run[0] if c in spelt_as]
        digits = "".join(spelt_as.get(c, c) for c in run[0])
        if len(spelt) < LEAST_NUMERALS or 3 * len(spelt) < sum(map(str.isdecimal, digits)):
            continue
        steps = {int(spelt_as[b]) - int(spelt_as[a]) for a, b in pairwise(spelt)}
        if steps == {0} or (steps == {1} and all(c in plain for c in spelt)):
            continue
        yield run.start(), run.end(), digits


@cache
def _shape_run() -> re.Pattern[str]:
    one = "[0-9" + re.escape("".join(book().shapes)) + "]"
    return re.compile(f"(?<![a-z/=?&#%_.])(?<!{one}){one}{{{LEAST_RUN},}}+(?![a-z])")


@cache
def _bullets() -> str:
    return "".join(c for c in book().shapes if not c.isalpha())


LEAST_DIGITS = 4
"""Look-alikes of 0 and 1 are read as digits beside so many real ones, and no fewer than they are."""


def number_shapes(text: str) -> Iterator[Edit]:
    """Zero and one for what looks like them, in a number."""
    shapes, bullets = book().shapes, _bullets()
    for run in _shape_run().finditer(text):
        # A bullet before a number is none of it, nor are litres after it.
        start, piece = run.end() - len(run[0].lstrip(bullets)), run[0].lstrip(bullets).rstrip("l")
        digits = sum(map(str.isdecimal, piece))
        if LEAST_DIGITS <= digits < len(piece) <= 2 * digits:
            yield start, start + len(piece), "".join(shapes.get(c, c) for c in piece)


LATIN = re.compile("[a-z0-9]")
APART = re.compile("[ .·*~/|-]")
_HAN = re.compile(f"[{HAN}]")


def misspelt(text: str) -> list[Word]:
    """The words worth looking for in a folded text, in order."""
    known = book()
    there = known.signs.keys() & set(text)
    if not there:
        return []
    has = Needs(len(LATIN.findall(text)), bool(APART.search(text)), bool(_HAN.search(text)))
    words = [known.words[at] for at in sorted(frozenset().union(*(known.signs[sign] for sign in there)))]
    return [
        word
        for word in words
        if has.latin >= word.needs.latin and has.apart >= word.needs.apart and has.han >= word.needs.han
    ]
