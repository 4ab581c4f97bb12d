"""Folding: what a text says once its disguises are off, with the way back to the original characters.

Two views of a text. ``norm`` keeps punctuation and line breaks: what cannot be seen is dropped, look-alikes
become the letter they look like, words that ads misspell are put right where their surroundings leave no
doubt (``data/variants.toml``), and what the sender did not write (quotations, mentions, stickers) is one
space. ``skeleton`` is only its Han, a-z, 0-9, ``+ ❤ @``, so that words taken apart are whole again.

No judgement is made here: a disguise is where it is, not what it means.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import chain, compress, pairwise, repeat, starmap
from typing import TYPE_CHECKING, Literal, NamedTuple

from cq.ads._disguises import disguised, shaped, taken_apart
from cq.ads._unwritten import ODD, odd, unwritten, urls, within, without_urls
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


class Folded:
    """One text in both views. The way back is worked out when it is asked for: what is folded is many
    messages, what is looked up in the original a few."""

    def __init__(self, norm: str, skeleton: str, draft: _Draft) -> None:
        self.norm, self.skeleton, self._draft = norm, skeleton, draft

    @cached_property
    def norm_at(self) -> Sequence[int]:
        """``len(norm) + 1`` offsets into the text."""
        return self._draft.offsets()[-1]

    @cached_property
    def skeleton_at(self) -> Sequence[int]:
        """``len(skeleton) + 1`` offsets into ``norm``."""
        runs = (run.span() for run in _KEPT_RUN.finditer(without_urls(self.norm)))
        return [*chain.from_iterable(starmap(range, runs)), len(self.norm)]

    @cached_property
    def disguises(self) -> tuple[tuple[int, int], ...]:
        """Disguised pieces: spans of the text, in order and apart."""
        marks = self._draft.marks()
        apart = [(self.norm_at[lo], self.norm_at[hi]) for lo, hi in taken_apart(self.norm)]
        return _merged([*marks, *apart]) if marks or apart else ()

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
    """A text on its way to ``norm``, and what was done to it on the way.

    ``written`` is the text without what its sender did not write, before any character is folded. ``plain``:
    nothing in it depends on its surroundings, and nothing is disguised by its shape.
    """

    def __init__(self, text: str, *, plain: bool = False) -> None:
        self.size, self.plain = len(text), plain
        if len(text) > JUDGED_CHARACTERS:
            text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
        self.cut: Sequence[Edit] = ()
        self.edits: list[Sequence[Edit]] = []
        self.text = self.written = text
        if not plain:
            self.cut = unwritten(text)
            self.text = self.written = _edited(text, self.cut)

    def fold(self, norm: str | None = None) -> None:
        """Every character for itself (that is ``norm``, where it is known), then what only its surroundings
        tell."""
        self.text = self.text.translate(folds()) if norm is None else norm
        for step in (numerals, number_shapes):
            self._edit(step(self.text))
        for word in misspelt(self.text):
            self._edit((m.start(), m.end(), word.to) for m in word.find.finditer(self.text))

    def _edit(self, edits: Iterable[Edit]) -> None:
        """Replace pieces, given in order and apart, that touch no address."""
        found = list(edits)
        if found and (links := urls(self.text)):
            found = [edit for edit in found if not within(links, edit[0])]
        if found:
            self.edits.append(found)
            self.text = _edited(self.text, found)

    def offsets(self) -> list[Sequence[int]]:
        """Where the characters stood in the original: of ``written``, folded one by one, after each edit."""
        at: Sequence[int] = range(self.size + 1)
        if self.size > JUDGED_CHARACTERS:
            at = [*range(_HEAD + 1), *range(self.size - _TAIL, self.size + 1)]
        found = [_moved(at, self.cut)]
        found.append(_resized(found[0], self.written))
        for edits in self.edits:
            found.append(_moved(found[-1], edits))
        return found

    def marks(self) -> list[tuple[int, int]]:
        """Spans of the original that were disguised, but for what is taken apart."""
        shapes = [] if self.plain else list(disguised(self.written))
        if not shapes and not self.edits:
            return []
        first, *later = self.offsets()
        edited = ((at, lo, hi) for at, edits in zip(later, self.edits, strict=False) for lo, hi, _ in edits)
        return [*((first[lo], first[hi]) for lo, hi in shapes), *((at[lo], at[hi]) for at, lo, hi in edited)]


def _edited(text: str, edits: Sequence[Edit]) -> str:
    done = 0
    pieces: list[str] = []
    for lo, hi, new in edits:
        pieces += text[done:lo], new
        done = hi
    return "".join([*pieces, text[done:]]) if pieces else text


def _moved(at: Sequence[int], edits: Sequence[Edit]) -> Sequence[int]:
    """Offsets after edits."""
    done = 0
    moved: list[int] = []
    for lo, hi, new in edits:
        moved += at[done:lo]
        moved += [at[min(lo + i, hi - 1)] for i in range(len(new))]
        done = hi
    return [*moved, *at[done:]] if edits else at


def _resized(at: Sequence[int], written: str) -> Sequence[int]:
    """Offsets after every character was folded for itself: to none, to one or to several."""
    known = folds()
    if known.resized.isdisjoint(written):
        return at
    sizes = (len(known[ord(character)]) for character in written)
    return [*chain.from_iterable(map(repeat, at, sizes)), at[-1]]


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
    draft = _Draft(text)
    draft.fold()
    return Folded(draft.text, _skeleton(draft.text), draft)


def _skeleton(norm: str) -> str:
    return "".join(_KEPT_RUN.findall(without_urls(norm)))


# Many texts at once: characters as numbers. What is folded the same whatever stands around it is looked up;
# a text with anything else in it goes the long way.

_BLOCK = 1 << 21
"""Characters folded at once."""

_KNOWN, _DROPPED, _KEEP, _ASIDE, _ODD, _SHAPED = (1 << i for i in range(6))
_IS_LATIN, _IS_APART, _IS_HAN, _IS_DIGIT, _IS_NUMERAL, _IS_SHAPE = (1 << i for i in range(6, 12))
_SIGNS = 12
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
        return _KNOWN | _DROPPED | _SHAPED
    if len(folded) > 1 or character in "@[「引>" or "\U0001f1e6" <= character <= "\U0001f1ff":
        return _KNOWN | _ASIDE
    held = {
        _KEEP: _KEPT.match(folded),
        _ODD: character in ODD,
        _SHAPED: shaped(character),
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


def _surrounded(
    traits: NDArray[uint32], any_of: NDArray[uint32], starts: NDArray[uint32], columns: _Columns
) -> NDArray[bool_]:
    """Which texts have words or numbers in them that their surroundings may tell to be something else;
    ``any_of`` are all traits of each."""
    import numpy as np

    def count(trait: int) -> NDArray[uint32]:
        return np.add.reduceat((traits & trait) != 0, starts, dtype="u4")

    latin, digits = count(_IS_LATIN), count(_IS_DIGIT)
    aside: NDArray[bool_] = ((any_of & _IS_SHAPE) != 0) & (digits >= LEAST_DIGITS)
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


class Views:
    """Many texts, folded. The way back of a text is there when it is asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.norms, self.skeletons = [""] * len(texts), [""] * len(texts)
        self._drafts: dict[int, _Draft] = {}
        self._shaped = bytearray(len(texts))
        block: list[int] = []
        size = 0
        for i, text in enumerate(texts):
            if len(text) > JUDGED_CHARACTERS:
                self._fold(i)
            elif text:
                block.append(i)
                size += len(text)
            if size >= _BLOCK:
                self._fold_block(block)
                block, size = [], 0
        if block:
            self._fold_block(block)

    def of(self, i: int) -> Folded:
        """One of the texts by itself."""
        draft = self._drafts.get(i) or _Draft(self.texts[i], plain=True)
        draft.plain = not self._shaped[i]
        return Folded(self.norms[i], self.skeletons[i], draft)

    def _fold(self, i: int) -> None:
        draft = _Draft(self.texts[i])
        draft.fold()
        self._shaped[i] = True
        self._keep(i, draft)

    def _keep(self, i: int, draft: _Draft) -> None:
        self._drafts[i] = draft
        self.norms[i], self.skeletons[i] = draft.text, _skeleton(draft.text)

    def _fold_block(self, block: Sequence[int]) -> None:
        import numpy as np

        columns = _columns()
        chosen = [self.texts[i] for i in block]
        codes = np.frombuffer("".join(chosen).encode("utf-32-le", "surrogatepass"), "<u4")
        ends = np.cumsum(np.fromiter(map(len, chosen), "i8", len(chosen)))
        starts = np.concatenate(([0], ends[:-1]))
        _learn(codes, columns)
        traits = columns.traits[codes]
        any_of = np.bitwise_or.reduceat(traits, starts)
        unwritten = (any_of & _ASIDE) != 0
        maybe = np.flatnonzero(any_of & _ODD).tolist()
        unwritten[[at for at in maybe if odd(chosen[at])]] = True
        surrounded = _surrounded(traits, any_of, starts, columns) & ~unwritten
        seen = (traits & _DROPPED) == 0
        folded, held = columns.to[codes], (traits & _KEEP) != 0
        for kept, views in ((seen, self.norms), (held, self.skeletons)):
            for i, view in zip(block, _cut(folded[kept], np.cumsum(kept)[ends - 1]), strict=True):
                views[i] = view
        for i in compress(block, (any_of & _SHAPED).tolist()):
            self._shaped[i] = True
        for i in compress(block, unwritten.tolist()):
            self._fold(i)
        for i in compress(block, surrounded.tolist()):
            draft = _Draft(self.texts[i], plain=True)
            draft.fold(self.norms[i])
            if draft.edits:
                self._keep(i, draft)


def fold_all(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The norms and the skeletons of many texts, each as ``fold`` gives it."""
    views = Views(texts)
    return views.norms, views.skeletons


def _cut(codes: NDArray[uint32], ends: NDArray[uint32]) -> list[str]:
    whole = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    bounds = [0, *ends.tolist()]
    return [whole[lo:hi] for lo, hi in pairwise(bounds)]
