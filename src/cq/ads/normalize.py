"""Folding: what a text says once its disguises are off, with the way back to the original characters.

Two views of a text. ``norm`` keeps punctuation and line breaks: what cannot be seen is dropped, look-alikes
become the letter they look like, words that ads misspell are put right where their surroundings leave no
doubt (``data/variants.toml``), and what the sender did not write (quotations, mentions, stickers) is one
space. ``skeleton`` is only its Han, a-z, 0-9, ``+ ❤ @``, so that words taken apart are whole again.

No judgement is made here: a disguise is where it is, not what it means.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import compress, pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from cq.ads._disguises import disguised, taken_apart
from cq.ads._unwritten import odd, unwritten, urls, within, without_urls
from cq.ads._variants import (
    APART,
    HAN,
    LATIN,
    LEAST_DIGITS,
    LEAST_NUMERALS,
    LEAST_RUN,
    Edit,
    Needs,
    book,
    folds,
    misspelt,
    number_shapes,
    numerals,
)

if TYPE_CHECKING:
    from numpy import bool_, uint32
    from numpy.typing import NDArray

JUDGED_CHARACTERS = 20_000
"""Of a longer text only the head and the tail, of this many characters in all, are judged."""
_TAIL = 5_000
_HEAD = JUDGED_CHARACTERS - _TAIL

_KEPT = re.compile(f"[{HAN}a-z0-9+❤@]")
_KEPT_RUN = re.compile(f"{_KEPT.pattern}+")

View = Literal["norm", "skeleton"]


class Folded(NamedTuple):
    """One text in both views. ``norm_at`` are ``len(norm) + 1`` offsets into the text, ``skeleton_at``
    ``len(skeleton) + 1`` offsets into ``norm``, ``disguises`` spans of the text, in order and apart."""

    norm: str
    skeleton: str
    norm_at: Sequence[int]
    skeleton_at: Sequence[int]
    disguises: tuple[tuple[int, int], ...]

    def span(self, lo: int, hi: int, view: View = "norm") -> tuple[int, int]:
        """Where ``[lo, hi)`` of a view stands in the text; of nothing, where the character at ``lo`` does."""
        if view == "skeleton":
            lo, hi = _inside(lo, hi, len(self.skeleton))
            last = self.skeleton_at[hi - 1] if hi else 0
            lo, hi = self.skeleton_at[lo] if self.skeleton else 0, last + 1
        lo, hi = _inside(lo, hi, len(self.norm))
        at = self.norm_at
        if not self.norm:
            return 0, at[0]
        start, end = at[lo], at[hi]
        return start, end if end > start else at[bisect_right(at, start)]


def _inside(lo: int, hi: int, size: int) -> tuple[int, int]:
    lo = max(0, min(lo, size - 1))
    return lo, min(max(hi, lo + 1), size)


class _Draft:
    """A text on its way to ``norm``. Without ``tracked`` neither offsets nor disguises are kept."""

    def __init__(self, text: str, *, tracked: bool) -> None:
        size, at = len(text), [*range(min(len(text), JUDGED_CHARACTERS) + 1)]
        if size > JUDGED_CHARACTERS:
            text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
            at = [*range(_HEAD + 1), *range(size - _TAIL, size + 1)]
        self.text = text
        self.at: list[int] | None = at if tracked else None
        self.marks: list[tuple[int, int]] = []

    def edit(self, edits: Sequence[Edit], *, mark: bool = False) -> None:
        """Replace pieces, given in order and apart."""
        if not edits:
            return
        text, at, done = self.text, self.at, 0
        pieces: list[str] = []
        moved: list[int] = []
        for lo, hi, new in edits:
            pieces += text[done:lo], new
            if at is not None:
                moved += at[done:lo]
                moved += [at[min(lo + i, hi - 1)] for i in range(len(new))]
                if mark:
                    self.marks.append((at[lo], at[hi]))
            done = hi
        self.text = "".join([*pieces, text[done:]])
        if at is not None:
            self.at = moved + at[done:]

    def mark(self, spans: Iterable[tuple[int, int]]) -> None:
        """Keep spans of the text as it now is as disguises."""
        if self.at is not None:
            self.marks += [(self.at[lo], self.at[hi]) for lo, hi in spans]

    def translate(self) -> None:
        """Every character for itself."""
        known = folds()
        folded = self.text.translate(known)
        if self.at is not None and not known.resized.isdisjoint(self.text):
            moved: list[int] = []
            for at, character in zip(self.at, self.text, strict=False):
                size = len(known[ord(character)])
                if size == 1:
                    moved.append(at)
                elif size:
                    moved += [at] * size
            self.at = [*moved, self.at[-1]]
        self.text = folded


def _fold(text: str, *, tracked: bool) -> _Draft:
    draft = _Draft(text, tracked=tracked)
    draft.edit(unwritten(draft.text))
    if draft.at is not None:
        draft.mark(disguised(draft.text))
    draft.translate()
    for step in (numerals, number_shapes):
        draft.edit(_outside(draft.text, step(draft.text)), mark=True)
    for word in misspelt(draft.text):
        found = ((m.start(), m.end(), word.to) for m in word.find.finditer(draft.text))
        draft.edit(_outside(draft.text, found), mark=True)
    return draft


def _outside(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """The edits that touch no address."""
    found = list(edits)
    links = urls(text) if found else []
    return [edit for edit in found if not within(links, edit[0])] if links else found


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for lo, hi in sorted(spans):
        if merged and lo <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(hi, merged[-1][1])
        else:
            merged.append((lo, hi))
    return tuple(merged)


def fold(text: str) -> Folded:
    """Both views of a text, with the way back and the places of its disguises."""
    draft = _fold(text, tracked=True)
    norm, at = draft.text, draft.at or [len(text)]
    draft.mark(taken_apart(norm))
    kept = [at for run in _KEPT_RUN.finditer(without_urls(norm)) for at in range(*run.span())]
    return Folded(norm, _skeleton(norm), array("I", at), array("I", [*kept, len(norm)]), _merged(draft.marks))


def _skeleton(norm: str) -> str:
    return "".join(_KEPT_RUN.findall(without_urls(norm)))


# Many texts at once: characters as numbers. What is folded the same whatever stands around it is looked up;
# a text with anything else in it goes the long way.

_BLOCK = 1 << 21
"""Characters folded at once."""

_KNOWN, _DROPPED, _KEEP, _ASIDE, _IS_LATIN, _IS_APART, _IS_HAN, _IS_DIGIT, _IS_NUMERAL, _IS_SHAPE = (
    1 << i for i in range(10)
)
_SIGNS = 10
"""The bits from here on: a sign of the words with the needs of that place."""


class _Columns(NamedTuple):
    """What every character is folded to and what it is; filled as characters come up."""

    to: NDArray[uint32]
    traits: NDArray[uint32]
    needs: tuple[Needs, ...]


@cache
def _columns() -> _Columns:
    import numpy as np

    needs = tuple(sorted({word.needs for word in book().words}))
    return _Columns(np.zeros(0x110000, "u4"), np.zeros(0x110000, "u4"), needs)


def _traits(character: str, folded: str, needs: Sequence[Needs]) -> int:
    if not folded:
        return _KNOWN | _DROPPED
    if len(folded) > 1 or character in "@[「引>" or "\U0001f1e6" <= character <= "\U0001f1ff":
        return _KNOWN | _ASIDE
    held = {
        _KEEP: _KEPT.match(folded),
        _IS_LATIN: LATIN.match(folded),
        _IS_APART: APART.match(folded),
        _IS_HAN: re.match(f"[{HAN}]", folded),
        _IS_DIGIT: folded in "0123456789",
        _IS_NUMERAL: folded in book().numerals,
        _IS_SHAPE: folded in book().shapes,
    }
    signs = {1 << _SIGNS + needs.index(word.needs) for word in book().words if folded in word.sign}
    return _KNOWN | sum(trait for trait, true in held.items() if true) | sum(signs)


def _learn(codes: NDArray[uint32], columns: _Columns) -> None:
    import numpy as np

    for code in np.unique(codes[columns.traits[codes] == 0]).tolist():
        folded = folds()[code]
        columns.to[code] = ord(folded) if len(folded) == 1 else 0
        columns.traits[code] = _traits(chr(code), folded, columns.needs)


def _aside(traits: NDArray[uint32], starts: NDArray[uint32], columns: _Columns) -> NDArray[bool_]:
    """Which texts have anything in them that its surroundings may fold."""
    import numpy as np

    def count(trait: int) -> NDArray[uint32]:
        return np.add.reduceat((traits & trait) != 0, starts, dtype="u4")

    any_of = np.bitwise_or.reduceat(traits, starts)
    aside: NDArray[bool_] = (any_of & _ASIDE) != 0
    latin, digits = count(_IS_LATIN), count(_IS_DIGIT)
    aside |= ((any_of & _IS_SHAPE) != 0) & (digits >= LEAST_DIGITS)
    spelt = count(_IS_NUMERAL)
    aside |= (spelt >= LEAST_NUMERALS) & (spelt + digits >= LEAST_RUN)
    for i, needs in enumerate(columns.needs):
        there = ((any_of & (1 << _SIGNS + i)) != 0) & (latin >= needs.latin)
        if needs.apart:
            there &= (any_of & _IS_APART) != 0
        if needs.han:
            there &= (any_of & _IS_HAN) != 0
        aside |= there
    return aside


def fold_all(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The norms and the skeletons of many texts, each as ``fold`` gives it."""
    norms, skeletons = [""] * len(texts), [""] * len(texts)
    block: list[int] = []
    size = 0
    for i, text in enumerate(texts):
        if len(text) > JUDGED_CHARACTERS:
            norms[i] = _fold(text, tracked=False).text
            skeletons[i] = _skeleton(norms[i])
        elif text:
            block.append(i)
            size += len(text)
        if size >= _BLOCK:
            _fold_block(texts, block, norms, skeletons)
            block, size = [], 0
    if block:
        _fold_block(texts, block, norms, skeletons)
    return norms, skeletons


def _fold_block(texts: Sequence[str], block: Sequence[int], norms: list[str], skeletons: list[str]) -> None:
    import numpy as np

    columns = _columns()
    chosen = [texts[i] for i in block]
    codes = np.frombuffer("".join(chosen).encode("utf-32-le", "surrogatepass"), "<u4")
    ends = np.cumsum(np.fromiter(map(len, chosen), "i8", len(chosen)))
    _learn(codes, columns)
    traits = columns.traits[codes]
    aside = _aside(traits, np.concatenate(([0], ends[:-1])), columns)
    aside |= np.fromiter(map(odd, chosen), np.bool_, len(chosen))
    seen = (traits & _DROPPED) == 0
    folded, held = columns.to[codes], (traits & _KEEP) != 0
    for kept, views in ((seen, norms), (held, skeletons)):
        for i, view in zip(block, _cut(folded[kept], np.cumsum(kept)[ends - 1]), strict=True):
            views[i] = view
    for i in compress(block, aside.tolist()):
        norms[i] = _fold(texts[i], tracked=False).text
        skeletons[i] = _skeleton(norms[i])


def _cut(codes: NDArray[uint32], ends: NDArray[uint32]) -> list[str]:
    whole = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    bounds = [0, *ends.tolist()]
    return [whole[lo:hi] for lo, hi in pairwise(bounds)]
