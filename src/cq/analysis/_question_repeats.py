"""The same question again, by other people or at another time.

Two questions are the same when their wordings (:func:`cq.text.questions.wording`) share most of their runs of
one to three characters; :mod:`cq.ads.campaigns` asks for twelve characters and nearly equal texts, which
questions have not. Whether they mean the same is not known: "三号楼在哪" and "五号楼在哪" may meet here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import _measures as m
from cq.text.question_weights import codes_of
from cq.text.questions import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cq.analysis import GroupView

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

LEAST_CHARACTERS, MOST_CHARACTERS = 6, 60
"""Shorter wordings ("在哪里买") are the same by chance, longer ones are a talk with a question in it."""

_BANDS, _PER_BAND = 12, 2
"""MinHash (Broder 1997): of pairs that share 0.6, one in two hundred has no band in common."""
_AGREEING = 10
"""Minima of 24 that agree; of pairs that share 0.6, one in fifty has fewer, of those that share 0.7, none."""
_NUMBER_BITS = np.uint64(22)


class Repeated(NamedTuple):
    """One question: the rows that ask it, ascending; how often it was asked, what one person says again
    within a pause being one time; by how many people; how many of the times were answered (None: unknown)."""

    rows: Ints
    times: int
    askers: int
    answered: int | None


def repeated(
    view: GroupView, asked: Ints, answered: Ints | None, similarity: float, pause_hours: int
) -> list[Repeated]:
    """What was asked at least twice, the most frequent first, then the latest. ``asked``: ascending rows."""
    words = wording(view.text.take(pa.array(asked)))
    length = pc.utf8_length(words).to_numpy(zero_copy_only=False)
    told = (length >= LEAST_CHARACTERS) & (length <= MOST_CHARACTERS)
    rows = asked[told]
    if len(rows) < 2:
        return []
    coded = words.filter(pa.array(told)).dictionary_encode()
    label = _alike(coded.dictionary, similarity)[np.asarray(coded.indices)]
    order = np.lexsort((rows, label))
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    groups = (rows[part] for part in np.split(order, cuts) if len(part) > 1)
    done = None
    if answered is not None:
        done = np.zeros(len(view), np.bool_)
        done[answered] = True
    found = [_told(view, group, done, pause_hours * m.HOUR_MS) for group in groups]
    found = [one for one in found if one.times > 1]
    return sorted(found, key=lambda one: (-one.times, -int(one.rows[-1])))


def _told(view: GroupView, rows: Ints, answered: Flags | None, pause: int) -> Repeated:
    order = np.lexsort((rows, view.person[rows]))
    who, at = view.person[rows][order], view.sent_at[rows][order]
    begins = np.append(True, (who[1:] != who[:-1]) | (np.diff(at) > pause))
    time = np.cumsum(begins) - 1
    done = None
    if answered is not None:
        done = len(m.distinct(time[answered[rows[order]]]))
    return Repeated(rows, int(time[-1]) + 1, len(m.distinct(who)), done)


def _alike(words: pa.Array, similarity: float) -> Ints:
    """A label per wording, equal for those that share enough, be it over others in between."""
    codes, number = codes_of(words)
    key = m.distinct((number << int(_NUMBER_BITS)) | codes)
    number, codes = key >> int(_NUMBER_BITS), key & ((1 << int(_NUMBER_BITS)) - 1)
    start = np.searchsorted(number, np.arange(len(words)))
    size = np.diff(np.append(start, len(key)))
    minima = _minima(codes.astype(np.uint64), start)
    by_wording = np.ascontiguousarray(minima.T)
    label, refused = np.arange(len(words)), np.zeros(0, np.int64)
    for one, other in _candidates(minima):
        # What is one already, and what was refused, is not compared again.
        fresh = label[one] != label[other]
        pair = m.distinct(one[fresh] * len(words) + other[fresh])
        pair = pair[~_among(refused, pair)]
        one, other = pair // len(words), pair % len(words)
        good = (by_wording[one] == by_wording[other]).sum(axis=1) >= _AGREEING
        good[good] = _shared(codes, start, size, one[good], other[good]) >= similarity
        label = _joined(label, one[good], other[good])
        refused = np.sort(np.concatenate((refused, pair[~good])))
    return label


def _among(ordered: Ints, values: Ints) -> Flags:
    """Which values stand there; ``np.isin`` hashes, which took half of the time of all."""
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    return np.equal(ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)], values)


def _minima(codes: NDArray[np.uint64], start: Ints) -> NDArray[np.uint32]:
    """The smallest hash of each wording under every hash function."""
    mixed = codes * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    hashed = (mixed * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(32)).astype(np.uint32)
    random = np.random.Generator(np.random.PCG64(20261124))
    found = np.empty((_BANDS * _PER_BAND, len(start)), np.uint32)
    for row in found:
        value = hashed * (random.integers(0, 1 << 31, dtype=np.uint32) * np.uint32(2) + np.uint32(1))
        value ^= value >> np.uint32(15)
        row[:] = np.minimum.reduceat(value, start)
    return found


def _candidates(minima: NDArray[np.uint32]) -> Iterator[tuple[Ints, Ints]]:
    """Band by band the pairs that agree in it: each with the first of its bucket and with its neighbour, so
    that a bucket costs no more than it has members."""
    place = np.arange(minima.shape[1])
    for band in range(0, len(minima), _PER_BAND):
        key = (minima[band].astype(np.uint64) << np.uint64(32)) | minima[band + 1]
        order = np.argsort(key, kind="stable")
        same = np.append(False, key[order][1:] == key[order][:-1])
        head = np.maximum.accumulate(np.where(same, 0, place))
        for near in (head[same], place[same] - 1):
            yield order[near], order[same]


def _shared(codes: Ints, start: Ints, size: Ints, one: Ints, other: Ints) -> NDArray[np.float64]:
    """Jaccard similarity of pairs of wordings: shared runs over all runs of both."""
    pair = np.arange(len(one)) << int(_NUMBER_BITS)
    sides = [_taken(codes, start[side], size[side]) | np.repeat(pair, size[side]) for side in (one, other)]
    key = np.sort(np.concatenate(sides))
    twice = key[1:][key[1:] == key[:-1]] >> int(_NUMBER_BITS)
    common = np.bincount(twice, minlength=len(one))
    return np.asarray(common / (size[one] + size[other] - common))


def _taken(values: Ints, start: Ints, size: Ints) -> Ints:
    """The pieces of ``values`` that start there and are so long, one after another."""
    ahead = np.repeat(start - (np.cumsum(size) - size), size)
    return np.asarray(values[np.arange(len(ahead)) + ahead])


def _joined(label: Ints, one: Ints, other: Ints) -> Ints:
    """Labels after joining pairs: the smallest of everything that they connect."""
    while not np.array_equal(label[one], label[other]):
        left, right = label[one], label[other]
        parent = np.arange(len(label))
        np.minimum.at(parent, np.maximum(left, right), np.minimum(left, right))
        while not np.array_equal(parent[parent], parent):
            parent = parent[parent]
        label = parent[label]
    return label
