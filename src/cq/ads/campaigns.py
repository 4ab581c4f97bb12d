"""Campaigns: the same text again, across days and senders, with the contacts left out.

What is compared is the wording: Han characters without digits, Latin letters, links, punctuation, emoji,
``[表情]`` and mentions, at least twelve of them. Equal wordings belong together, and so do wordings that
share four fifths of their runs of three characters. Order chains (接龙), which grow by a line with every
sender, are no campaigns. Nothing here knows whether a text is an ad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from cq.ads import _points as p

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Hashes = NDArray[np.uint64]
    Counts = NDArray[np.int32]

MIN_CHARACTERS = 12
"""Shorter wordings repeat by chance; from twelve on, repetition covers 60 % of ads and 1.2 % of ordinary
messages of public data."""

SIMILARITY = 0.8
"""Jaccard similarity of the sets of 3-grams from which two wordings are one; a convention of
near-duplicate detection (Broder 1997)."""

_BANDS, _PER_BAND = 7, 3
"""Seven bands of three minima find a pair at the threshold with probability 1 − (1 − 0.8³)⁷ = 0.993."""

_AGREEING = 12
"""Of 21 minima of a pair at the threshold as many or more agree with probability 0.996."""

_SEEN = 0.7
"""A wording with fewer 3-grams seen elsewhere cannot be similar enough; below 0.8 because repeated ones
count more than once here."""

_PAIRS_AT_ONCE = 10_000
_OWNER = np.uint64(48)
_BOUND = 21
"""Bits of a code point."""


class _Wording(NamedTuple):
    """What is left of each row without contacts.

    ``fingerprint``: uint64, 0 where too short or an order chain. ``items``: numbered items.
    """

    fingerprint: Hashes
    items: NDArray[np.uint8]


def campaigns(texts: pa.Array, rows: Ints | None = None, n: int | None = None) -> Counts:
    """Per row of a log of ``n`` the number of its campaign, -1 for none.

    ``texts`` are those of ``rows`` (ascending; all rows if None), original or folded. A campaign has at
    least two rows. Numbers go by first appearance; which rows belong together does not depend on order.
    """
    result = np.full(len(texts) if n is None else n, -1, np.int32)
    wording = _wording(texts)
    entry = np.flatnonzero(wording.fingerprint)
    distinct, first, group = np.unique(wording.fingerprint[entry], return_index=True, return_inverse=True)
    label = _alike(texts, entry[first], distinct)[group]
    again = np.bincount(label, minlength=len(distinct))[label] > 1
    entry, label = entry[again], label[again]
    kept = ~_chains(label, wording.items[entry])
    entry, label = entry[kept], label[kept]
    result[entry if rows is None else rows[entry]] = _by_appearance(label)
    return result


def fingerprints(texts: pa.Array) -> Hashes:
    """64 bits of the wording of each text, the same in every group; 0 where it is too short."""
    return _wording(texts).fingerprint


def elsewhere(groups: Sequence[Hashes]) -> list[Counts]:
    """Per group and fingerprint: in how many of the other groups it was posted; 0 for the fingerprint 0."""
    distinct = [np.unique(group[group != 0]) for group in groups]
    whole = np.concatenate(distinct) if distinct else np.zeros(0, np.uint64)
    known, number = np.unique(whole, return_counts=True)
    if not len(known):
        return [np.zeros(len(group), np.int32) for group in groups]

    def others(group: Hashes) -> Counts:
        at = np.minimum(np.searchsorted(known, group), len(known) - 1)
        return np.where(group == 0, 0, number[at] - 1).astype(np.int32)

    return [others(group) for group in groups]


def _wording(texts: pa.Array) -> _Wording:
    """Fingerprints and numbered items of all texts."""
    fingerprint = np.zeros(len(texts), np.uint64)
    items = np.zeros(len(texts), np.uint8)
    for points in p.pieces(texts):
        here = slice(points.first, points.first + points.texts)
        kinds = p.classes()[points.code]
        keep = p.written(points, kinds, p.HAN)
        start = p.starts(p.counts(keep, points.start))
        found = p.hashes(points.code[keep], start)
        found[np.diff(start) < MIN_CHARACTERS] = 0
        found[_declared(points)] = 0
        fingerprint[here] = found
        items[here] = _items(points, kinds)
    return _Wording(fingerprint, items)


# --- order chains -----------------------------------------------------------------------------------


def _declared(points: p.Points) -> NDArray[np.bool_]:
    """Which texts start with 接龙, behind ``#`` as the tool of WeChat writes it or without."""
    code = points.code
    at = np.flatnonzero((code[:-1] == ord("接")) & (code[1:] == ord("龙")))
    row = np.searchsorted(points.start, at, "right") - 1
    hash_ = np.isin(code[points.start[row]], (ord("#"), ord("＃")))
    found = np.zeros(points.texts, np.bool_)
    found[row[at - points.start[row] <= hash_]] = True
    return found


def _items(points: p.Points, kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Numbers of at most three digits in each text: an order chain gets more of them with every line."""
    digit = np.concatenate(([False], (kinds & p.DIGIT) != 0, [False]))
    low, high = np.flatnonzero(digit[1:] & ~digit[:-1]), np.flatnonzero(digit[:-1] & ~digit[1:])
    row = np.searchsorted(points.start, low[high - low <= 3], "right") - 1
    return np.minimum(np.bincount(row, minlength=points.texts), 255).astype(np.uint8)


def _chains(campaign: Ints, items: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which rows (in order of time) are of a text whose numbered items grow from post to post."""
    if not len(campaign):
        return np.zeros(0, np.bool_)
    order = np.argsort(campaign, kind="stable")
    number, listed = campaign[order], items[order].astype(np.int16)
    step = number[1:] == number[:-1]
    rise = step & (listed[1:] > listed[:-1])
    top = int(campaign.max()) + 1
    steps = np.bincount(number[1:][step], minlength=top)
    rises = np.bincount(number[1:][rise], minlength=top)
    listing = np.bincount(number[listed >= 2], minlength=top) > 0
    return np.asarray((listing & (rises * 2 > steps))[campaign])


def _by_appearance(labels: Ints) -> Counts:
    """Labels as numbers from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[inverse]


# --- near-duplicates --------------------------------------------------------------------------------


class _Sketches(NamedTuple):
    """Of the wordings that could have a near-duplicate at all, one entry each: which they are, the minima of
    their 3-grams ([21, n], MinHash), how many 3-grams they have, and a bit of 128 set for each ([2, n])."""

    member: Ints
    minima: NDArray[np.uint32]
    size: Ints
    bits: NDArray[np.uint64]

    def may_be_alike(self, one: Ints, other: Ints) -> NDArray[np.bool_]:
        """Whether pairs may reach the similarity. Most candidates share a phrase only, and that shows before
        anything is counted: every bit in which two differ is a 3-gram that one of them lacks, and of those
        there may be a ninth of all that both have."""
        differ = np.zeros(len(one), np.uint8)
        for bits in self.bits:
            differ += np.bitwise_count(bits[one] ^ bits[other])
        few = differ * (1 + SIMILARITY) <= (self.size[one] + self.size[other]) * (1 - SIMILARITY) + 1e-6
        agree = self.minima[:, one[few]] == self.minima[:, other[few]]
        few[few] = agree.sum(axis=0, dtype=np.int8) >= _AGREEING
        return few


def _alike(texts: pa.Array, rows: Ints, identity: Hashes) -> Ints:
    """A label per wording (a row and its hash each), equal for wordings that are near-duplicates."""
    label = np.arange(len(rows))
    sketches = _sketches(texts, rows, identity)
    refused = np.zeros(0, np.int64)
    for one, other in _candidates(sketches.minima):
        left, right = sketches.member[one], sketches.member[other]
        close = label[left] != label[right]
        close[close] = sketches.may_be_alike(one[close], other[close])
        left, right = left[close], right[close]
        pair = left * len(rows) + right
        fresh = ~np.isin(pair, refused)
        left, right, pair = left[fresh], right[fresh], pair[fresh]
        good = _similar(texts, rows, left, right)
        label = _joined(label, left[good], right[good])
        refused = np.concatenate((refused, pair[~good]))
    return label


def _candidates(minima: NDArray[np.uint32]) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of places that agree in a band: each with the first of its bucket, and with its neighbour.

    Linear where a bucket is large, as an ad in a thousand versions makes it.
    """
    place = np.arange(minima.shape[1])
    for band in range(_BANDS if len(place) > 1 else 0):
        key = np.zeros(len(place), np.uint64)
        for column in range(band * _PER_BAND, (band + 1) * _PER_BAND):
            key ^= minima[column].astype(np.uint64)
            p.mix(key)
        order = np.argsort(key, kind="stable")
        same = np.append(False, key[order][1:] == key[order][:-1])
        head = np.maximum.accumulate(np.where(same, 0, place))
        for one in (head[same], place[same] - 1):
            yield order[one], order[same]


def _shingles(texts: pa.Array, rows: Ints) -> Iterator[tuple[slice, NDArray[np.uint64], Ints]]:
    """Pieces of ``rows``: their 3-grams, three code points in 64 bits, and where each text starts."""
    for points in p.pieces(texts, rows):
        keep = p.written(points, p.classes()[points.code], p.HAN)
        start = p.starts(p.counts(keep, points.start))
        code = points.code[keep].astype(np.uint64)
        gram = code[:-2] << np.uint64(_BOUND)
        gram |= code[1:-1]
        gram <<= np.uint64(_BOUND)
        gram |= code[2:]
        inside = np.ones(len(gram), np.bool_)
        across = np.concatenate((start[1:-1] - 2, start[1:-1] - 1))
        inside[across[(across >= 0) & (across < len(gram))]] = False
        here = slice(points.first, points.first + points.texts)
        yield here, gram[inside], p.starts(np.maximum(np.diff(start) - 2, 0))


def _folded(gram: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """32 mixed bits of each 3-gram."""
    value = gram * np.uint64(0x9E3779B97F4A7C15)
    value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    return (value >> np.uint64(32)).astype(np.uint32)


def _sketches(texts: pa.Array, rows: Ints, identity: Hashes) -> _Sketches:
    shared = _shared(texts, rows, identity)
    random = np.random.Generator(np.random.PCG64(20261124))
    factors = random.integers(0, 1 << 31, _BANDS * _PER_BAND, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    found = [
        _Sketches(
            np.zeros(0, np.int64),
            np.zeros((len(factors), 0), "u4"),
            np.zeros(0, "i8"),
            np.zeros((2, 0), "u8"),
        )
    ]
    for here, gram, start in _shingles(texts, rows):
        hashed = _folded(gram)
        seen = p.counts(shared[hashed >> np.uint32(32 - _bits(len(shared)))], start)
        passed = seen >= _SEEN * np.diff(start)
        lengths = np.diff(start)[passed]
        if not len(lengths):
            continue
        hashed = hashed[np.repeat(passed, np.diff(start))]
        begin = p.starts(lengths)[:-1]
        minima = np.empty((len(factors), len(begin)), np.uint32)
        for row, factor in enumerate(factors):
            value = hashed * factor
            value ^= value >> np.uint32(15)
            minima[row] = np.minimum.reduceat(value, begin)
        bit = np.uint64(1) << (hashed & np.uint32(63)).astype(np.uint64)
        low = (hashed & np.uint32(64)) == 0
        bits = np.stack([np.bitwise_or.reduceat(bit * half, begin) for half in (low, ~low)])
        found.append(_Sketches(np.flatnonzero(passed) + here.start, minima, lengths, bits))
    return _Sketches(*(np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True)))


def _bits(size: int) -> int:
    return size.bit_length() - 1


def _shared(texts: pa.Array, rows: Ints, identity: Hashes) -> NDArray[np.bool_]:
    """A table by hash of a 3-gram: whether two different wordings have it, or collide."""
    bits = min(max(_bits(len(rows) * 24 + 1) + 1, 10), 23)
    last = np.zeros(1 << bits, np.uint16)
    shared = np.zeros(1 << bits, np.bool_)
    short = (identity >> np.uint64(48)).astype(np.uint16) | np.uint16(1)
    for here, gram, start in _shingles(texts, rows):
        slot = _folded(gram) >> np.uint32(32 - bits)
        owner = np.repeat(short[here], np.diff(start))
        before = last[slot]
        shared[slot[(before != 0) & (before != owner)]] = True
        last[slot] = owner
        shared[slot[last[slot] != owner]] = True
    return shared


def _similar(texts: pa.Array, rows: Ints, left: Ints, right: Ints) -> NDArray[np.bool_]:
    """Which pairs of wordings reach the similarity, counted exactly."""
    good = [
        _jaccard(texts, rows, left[low : low + _PAIRS_AT_ONCE], right[low : low + _PAIRS_AT_ONCE])
        >= SIMILARITY
        for low in range(0, len(left), _PAIRS_AT_ONCE)
    ]
    return np.concatenate(good) if good else np.zeros(0, np.bool_)


def _jaccard(texts: pa.Array, rows: Ints, left: Ints, right: Ints) -> NDArray[np.float64]:
    """Shared 3-grams of each pair over all of them, as sets; 48 bits stand for a 3-gram."""
    used, index = np.unique(np.concatenate((left, right)), return_inverse=True)
    parts = []
    for here, gram, start in _shingles(texts, rows[used]):
        p.mix(gram)
        gram >>= np.uint64(16)
        gram |= np.repeat(np.arange(here.start, here.stop).astype(np.uint64) << _OWNER, np.diff(start))
        gram.sort()  # np.unique hashes, which took three times as long
        parts.append(gram[np.append(True, gram[1:] != gram[:-1])])
    known = np.concatenate(parts)
    size = np.bincount((known >> _OWNER).astype(np.int64), minlength=len(used))
    known &= (np.uint64(1) << _OWNER) - np.uint64(1)
    one, two = index[: len(left)], index[len(left) :]
    pair = np.arange(len(left)).astype(np.uint64) << _OWNER
    key = np.concatenate([_taken(known, size, side) | np.repeat(pair, size[side]) for side in (one, two)])
    key.sort()
    twice = (key[1:][key[1:] == key[:-1]] >> _OWNER).astype(np.int64)
    common = np.bincount(twice, minlength=len(left))
    return np.asarray(common / (size[one] + size[two] - common))


def _taken(values: Hashes, size: Ints, pieces: Ints) -> Hashes:
    """The values of some pieces of consecutive ``size``, one after another."""
    begin, start = p.starts(size)[pieces], p.starts(size[pieces])
    return np.asarray(values[np.arange(start[-1]) + np.repeat(begin - start[:-1], size[pieces])])


def _joined(label: Ints, left: Ints, right: Ints) -> Ints:
    """Labels after joining pairs: the smallest of each connected set."""
    while True:
        one, two = label[left], label[right]
        if np.array_equal(one, two):
            return label
        smaller, larger = np.minimum(one, two), np.maximum(one, two)
        parent = np.arange(len(label))
        np.minimum.at(parent, larger, smaller)
        while not np.array_equal(parent[parent], parent):
            parent = parent[parent]
        label = parent[label]
