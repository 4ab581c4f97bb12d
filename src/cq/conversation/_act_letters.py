"""Texts as one run of code points, and which of them are letters, ideographs, parts of words.

What works letter by letter on very many texts works on such a run; nothing here knows an act.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.conversation._talk import Bools, Ints

if TYPE_CHECKING:
    import pyarrow as pa

POINTS = 0x110000
_AT_ONCE = 1 << 14
"""Texts of a block: what is worked out for them stays near a core."""


class Run(NamedTuple):
    """The code points of texts, one text after the other, and how many each text has."""

    points: NDArray[np.uint32]
    sizes: Ints


def run_of(texts: pa.Array) -> Run:
    """The letters of Arrow strings without nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = texts.cast(pa.large_string())
    sizes = np.asarray(pc.utf8_length(texts)).astype(np.int64)
    if not sizes.any():
        return Run(np.zeros(0, np.uint32), sizes)
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64, len(texts) + 1, 8 * texts.offset)
    whole = str(memoryview(data)[ends[0] : ends[-1]], "utf-8")
    return Run(np.frombuffer(whole.encode("utf-32-le"), np.uint32), sizes)


def blocks(texts: pa.Array) -> Iterator[tuple[slice, Run]]:
    """Texts by blocks: where they stand, and their letters."""
    for at in range(0, len(texts), _AT_ONCE):
        block = texts.slice(at, _AT_ONCE)
        yield slice(at, at + len(block)), run_of(block)


def classed(points: NDArray[np.uint32], *patterns: str) -> list[Bools]:
    """Per pattern which code points are of a class, such as ``\\p{Han}``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    present = np.zeros(POINTS, np.bool_)
    present[points] = True
    some = np.flatnonzero(present)
    letters = pa.array([chr(point) for point in some.tolist()], pa.string())
    out = []
    for pattern in patterns:
        present[some] = np.asarray(pc.match_substring_regex(letters, pattern), np.bool_)
        out.append(present.take(points))
    return out


def plain(texts: pa.Array, address: str, called: str) -> pa.Array:
    """Texts with ``address`` for every address of the net and ``called`` for every mention."""
    import pyarrow.compute as pc

    held = pc.match_substring_regex(texts, r"https?://|www\.|@")
    some = texts.filter(held)
    if not len(some):
        return texts
    some = pc.replace_substring_regex(some, r"(?:https?://|www\.)[!-~]+", address)
    some = pc.replace_substring_regex(some, r"@[^\s\p{Z}@]+[\s\p{Z}]", called)
    return pc.replace_with_mask(texts, held, some)
