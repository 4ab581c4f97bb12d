"""How much of what is rare in a log two turns near each other share, for all pairs at once."""

from __future__ import annotations

import numpy as np

from cq.conversation._facts import REACH, Said, Small, stepped
from cq.conversation._talk import Ints, Persons
from cq.conversation._tokens import PIECE_BITS
from cq.conversation.turns import Turns

CLASSES = 5

_PIECE = (1 << PIECE_BITS) - 1
_COMMON = 0.02
"""A piece in more of the turns than this is too common to tell anything."""
_LEAST = 20
"""But in a short log a piece may stand in as many turns as this."""
_STEPS = (0.5, 5.0, 7.0, 9.0)
"""Sums of log(turns / times the piece occurs): the rarest shared piece of a thousand turns is about 6."""


class Overlap:
    """The pieces of all turns, ready to be asked for one stretch of turns after the other."""

    def __init__(self, turns: Turns, words: Said) -> None:
        times = np.zeros(_PIECE + 1, np.int64)
        for block in words.pieces:
            times += np.bincount(block & _PIECE, minlength=_PIECE + 1)
        told = (times > 1) & (times <= max(_COMMON * len(turns), _LEAST))
        kept = [block[told[block & _PIECE]] for block in words.pieces]
        by_turn = [turns.of_row[block >> PIECE_BITS] << PIECE_BITS | block & _PIECE for block in kept]
        self._by_row = np.concatenate([np.zeros(0, np.int64), *kept])
        self._keys = np.concatenate([np.zeros(0, np.int64), *by_turn])
        self._times, self._turns = times, len(turns)

    def classes(self, low: int, high: int) -> Small:
        """``[distance - 1, turn - low]``: class of the weight shared with the turn ``distance`` before."""
        first, last = np.searchsorted(self._keys, [(low - REACH) << PIECE_BITS, high << PIECE_BITS])
        keys = self._keys[first:last]
        keys = np.sort((keys & _PIECE) << 32 | keys >> PIECE_BITS)
        keys = keys[np.diff(keys, prepend=-1) != 0]
        piece, turn = keys >> 32, keys & 0xFFFFFFFF
        weight = np.log((self._turns + 1) / self._times[piece]).astype(np.float32)
        shared = np.zeros(REACH * (high - low), np.float32)
        at = np.arange(len(turn))
        for lag in range(1, REACH + 1):
            at = at[at >= lag]
            near = keys[at] - keys[at - lag] <= REACH
            at = at[near]
            back = turn[at] - turn[at - lag]
            late = turn[at] >= low
            place = (back[late] - 1) * (high - low) + turn[at[late]] - low
            shared += np.bincount(place, weight[at[late]], len(shared)).astype(np.float32)
            if not len(at):
                break
        return stepped(shared, _STEPS).reshape(REACH, high - low)

    def between(self, row: Ints, other: Ints, group: Ints) -> Small:
        """Class of the weight that each ``other`` row shares with the row of its group; ``group`` ascends."""
        one, two = np.sort(self._pieces(row)), self._pieces(other)
        if not len(one):
            return np.zeros(len(other), np.int8)
        wanted = group[two >> PIECE_BITS] << PIECE_BITS | two & _PIECE
        both = np.sort(two[one.take(np.searchsorted(one, wanted), mode="clip") == wanted])
        both = both[np.diff(both, prepend=-1) != 0]
        weight = np.log((self._turns + 1) / self._times[both & _PIECE])
        return stepped(np.bincount(both >> PIECE_BITS, weight, len(other)), _STEPS)

    def _pieces(self, row: Ints) -> Ints:
        """The pieces of some rows as ``place in row << PIECE_BITS | piece``."""
        first = np.searchsorted(self._by_row, row << PIECE_BITS)
        size = np.searchsorted(self._by_row, (row + 1) << PIECE_BITS) - first
        place = np.repeat(np.arange(len(row)), size)
        at = np.arange(len(place)) - np.repeat(np.cumsum(size) - size - first, size)
        keys: Ints = place << PIECE_BITS | self._by_row[at] & _PIECE
        return keys


def by_person(shared: Small, person: Persons) -> Small:
    """The most that any turn in reach of the same speaker shares; ``person`` has ``REACH`` more in front."""
    out = shared.copy()
    some = np.flatnonzero(shared.any(axis=0))
    speakers = np.stack([person[REACH - back : len(person) - back][some] for back in range(1, REACH + 1)])
    few = shared[:, some]
    most = few.copy()
    for back in range(REACH):
        same = speakers == speakers[back]
        np.maximum(most, same * few[back], out=most)
    out[:, some] = most
    return out
