"""Where letters, digits and Han are disguised: by their shape, by what cannot be seen, by being taken apart.

What each of them is folded to stands elsewhere; here is only what people do not do by accident. Full-width
punctuation, traditional characters, numbered lists, emoji and foreign alphabets are no disguise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from cq.ads._variants import HAN, book, folds

# Shapes: w a-z 0-9 as they are (or nearly), h Han, f full width, e enclosed or mathematical,
# d enclosed digit, y of another alphabet, i invisible, m combining, k part of an emoji, . anything else.
_UNSEEN = re.compile("(?<=[whfedy])[ikm]+(?=[whfedy])")
_RUN = re.compile("[wfedy][wfedyikm]*")
_KEYCAP = re.compile("(?<=[0-9])\ufe0f?\u20e3")


@cache
def _shape(character: str) -> str:
    folded, code = folds()[ord(character)], ord(character)
    category = unicodedata.category(character)
    if not folded:
        if (
            0xFE00 <= code <= 0xFE0F
            or 0xE0100 <= code <= 0xE01EF
            or 0x1F3FB <= code <= 0x1F3FF
            or code == 0x20E3
        ):
            return "k"
        return "m" if category in ("Mn", "Me") or code == 0xAD else "i"
    if re.match(f"[{HAN}]", character):
        return "h"
    if not re.fullmatch("[a-z0-9]|[0-9]+", folded):
        return "."
    if 0xFF10 <= code <= 0xFF5A:
        return "f"
    if code in (0x2164, 0x2174, 0x2169, 0x2179) or character in book().characters or 0x370 <= code < 0x530:
        return "y"
    if category == "No" and "SCRIPT" not in unicodedata.name(character):  # neither super- nor subscript
        return "d"
    return "e" if category in ("So", "Lm") or 0x2100 <= code < 0x2150 or 0x1D400 <= code < 0x1D800 else "w"


def shaped(character: str) -> bool:
    """Whether a character is of a shape that may disguise, or hides among others."""
    return _shape(character) in "fedyikm"


def disguised(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a text, not yet folded, in which letters, digits or Han are disguised."""
    if text.isascii():
        return
    shapes = "".join(map(_shape, text))
    for keycap in _KEYCAP.finditer(text):
        shapes = shapes[: keycap.start() - 1] + "d" + shapes[keycap.start() :]
    for unseen in _UNSEEN.finditer(shapes):
        if "i" in unseen[0] or ("m" in unseen[0] and shapes[unseen.start() - 1] == "h"):
            yield unseen.start() - 1, unseen.end() + 1
    if not re.search("[fedy]", shapes):
        return
    for run in _RUN.finditer(shapes):
        seen = re.sub("[ikm]", "", run[0])
        if (
            _odd(seen)
            or (len(seen) > 1 and _enclosed(seen, text[run.start() : run.end()]))
            or _lone(seen, text, run.start())
        ):
            yield run.span()


def _odd(run: str) -> bool:
    """Shapes mixed within one run of letters and digits, as nobody types them."""
    counts = {shape: run.count(shape) for shape in "wfedy"}
    full = re.sub("[^wf]", "", run)
    return (
        counts["e"] >= 2
        or (len(run) >= 3 and counts["w"] > 0 and counts["e"] + counts["y"] > 0)
        or sum(a != b for a, b in pairwise(full)) >= 2
        or (len(run) >= 5 and counts["w"] > 1 and "d" in run[1:-1])
    )


def _enclosed(run: str, piece: str) -> bool:
    """Enclosed digits side by side that are no counting: the number of a phone, not of a list."""
    if run.count("d") < 3:
        return False
    digits = [int(folded) for c in piece if (folded := folds()[ord(c)]).isdecimal()]
    return not all(b - a == 1 for a, b in pairwise(digits))


def _lone(run: str, text: str, at: int) -> bool:
    """One letter of another shape where a contact is named: 加ν：, 𝐕信."""
    if run not in ("e", "y") or folds()[ord(text[at])] not in "vqxw":
        return False
    before, after = text[at - 1 : at].translate(folds()), text[at + 1 : at + 2].translate(folds())
    return before in ("加", "+", "家") or after in ("信", ":", "❤", "x")


_PIECE = f"[0-9a-z{HAN}]"
_APART = re.compile(
    rf"(?<![0-9a-z]){_PIECE}([^\w\s]{{1,2}}|_| {{1,3}}){_PIECE}(?:\1{_PIECE}){{2,}}(?![0-9a-z])"
)
_HAN_EDGES = re.compile(f"^[{HAN}]|[{HAN}]$")
_SENTENCE = frozenset("、，,。!?！？:;…()'\"“”‘’《》<>=%@#&")


def taken_apart(norm: str) -> Iterator[tuple[int, int]]:
    """Spans of a folded text whose characters are kept apart by the same spaces or symbol."""
    for run in _APART.finditer(norm):
        by, (lo, hi) = run[1], run.span()
        pieces = run[0][:: len(by) + 1]
        if not (number := _HAN_EDGES.sub("", pieces)).isascii() or len(number) < 4:
            number = pieces
        lo += pieces.index(number) * (len(by) + 1)  # the words before and after a number are no part of it
        hi = lo + len(number) + (len(number) - 1) * len(by)
        pieces = number
        if not _SENTENCE.isdisjoint(by) or len(set(pieces)) < 3:
            continue
        if pieces.isascii():
            listed = len({ord(b) - ord(a) for a, b in pairwise(pieces)}) == 1
            least = 7 if by in "-./+" and pieces.isdecimal() else 5
            if listed or len(pieces) < least:
                continue
        elif all(c in book().plain for c in pieces):
            continue
        yield lo, hi
