"""What members talk about in common, what newcomers pick up of it, and how many threads there are.

Rests on the sample of turns of ``_cause_topics``: words, not meanings. Without a second group to compare with
it cannot say that words are peculiar to this one; words found in any conversation are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._cause_topics import about, topics
from cq.analysis._life_people import stays
from cq.analysis._statistics import effective_number
from cq.analysis._weeks import WEEK_MS
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground
    from cq.analysis._cause_topics import Topics

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEEKS = 26
LEAST_MEMBERS, MOST_MEMBERS, LEAST_TURNS, CAP = 8, 40, 5, 20
"""Members with so many sampled turns, the busiest forty; of nobody more than twenty count, or one heavy
poster is the group."""
_DRAWS = 99
_SEED = 20_261_124
_WORD_PEOPLE, _WORD_TURNS = 3, 5
_TAKEN, _TAKEN_DAYS, _NEWCOMERS = 3, 30, 5


@dataclass(frozen=True)
class Common:
    """The sampled turns of the last half year, and everything asked of them."""

    ground: Ground

    @cached_property
    def topics(self) -> Topics:
        """The sample of the whole group."""
        return topics(self.ground)

    @cached_property
    def recent(self) -> Flags:
        """Which of the sampled turns are of the last half year."""
        return self.topics.week >= len(self.ground.weeks) - WEEKS

    @cached_property
    def _kept(self) -> tuple[Ints, Ints]:
        """Sampled turns with words, of members with enough of them, and whose they are (0 …)."""
        some = np.flatnonzero(self.recent & self.topics.bags.any(1))
        person = self.ground.found.turns.person[self.topics.turn[some]].astype(np.int64)
        order = np.argsort(person, kind="stable")
        some, person = some[order], person[order]
        place = np.arange(len(person)) - np.searchsorted(person, person)
        some, person = some[place < CAP], person[place < CAP]
        _, of, counts = np.unique(person, return_inverse=True, return_counts=True)
        least = max(
            LEAST_TURNS,
            int(np.sort(counts)[::-1][: MOST_MEMBERS + 1][-1]) if len(counts) > MOST_MEMBERS else 0,
        )
        enough = counts[of] >= least
        return some[enough], np.unique(person[enough], return_inverse=True)[1]

    @cached_property
    def cohesion(self) -> tuple[float, float, int] | None:
        """How alike members are in what they talk about, in standard deviations from the same turns dealt out
        at random; the likeness itself; members. Below nothing: each has a field of their own."""
        some, of = self._kept
        n = self.members
        if n < LEAST_MEMBERS:
            return None
        vectors = self.topics.vectors[some]
        vectors = vectors[:, vectors.any(0)]
        seen = _likeness(vectors, of, n)
        rng = np.random.default_rng(_SEED)
        drawn = np.array([_likeness(vectors, rng.permutation(of), n) for _ in range(_DRAWS)])
        spread = float(drawn.std())
        return (seen - float(drawn.mean())) / spread if spread else 0.0, seen, n

    @cached_property
    def own_words(self) -> Flags:
        """Words that three people or more used in five of the sampled turns of the last half year."""
        some = np.flatnonzero(self.recent)
        bags = self.topics.bags[some]
        person = self.ground.found.turns.person[self.topics.turn[some]]
        row, word = np.nonzero(bags)
        pairs = np.unique((word.astype(np.int64) << 32) | person[row])
        people = np.bincount(pairs >> 32, minlength=bags.shape[1])
        found: Flags = (people >= _WORD_PEOPLE) & (bags.sum(0) >= _WORD_TURNS)
        return found

    @cached_property
    def shared_words(self) -> int | None:
        """Own words that half of the members with enough turns have used; None with too few of them."""
        some, of = self._kept
        n = self.members
        if n < LEAST_MEMBERS:
            return None
        used = np.zeros((n, self.topics.bags.shape[1]), np.bool_)
        np.logical_or.at(used, of, self.topics.bags[some] > 0)
        return int((used[:, self.own_words].sum(0) * 2 >= n).sum())

    @cached_property
    def members(self) -> int:
        """Members with enough sampled turns to be compared."""
        return int(self._kept[1].max(initial=-1)) + 1

    @cached_property
    def uptake_share(self) -> Metric:
        """Newcomers who used three of the group's own words in thirty days; of those who spoke."""
        ground, view = self.ground, self.ground.view
        joined, _ = stays(view)
        start = max(int(view.sent_at[0]), ground.end - WEEKS * WEEK_MS)
        stop = ground.end - _TAKEN_DAYS * m.DAY_MS
        fresh = np.flatnonzero((joined > start) & (joined < stop) & view.somebody[:-1])
        turns = ground.found.turns
        said = np.flatnonzero(ground.good & np.isin(turns.person, fresh))
        since = turns.start_ms[said] - joined[turns.person[said]]
        said = said[(since >= 0) & (since < _TAKEN_DAYS * m.DAY_MS)]
        n = len(m.distinct(turns.person[said]))
        words = [w for w, own in zip(self.topics.words, self.own_words.tolist(), strict=True) if own]
        if n < _NEWCOMERS or not words:
            return Metric(None, "ratio", n)
        hits = sum(count >= _TAKEN for count in self._used(said, set(words)).values())
        return Metric(hits / n, "ratio", n, interval=m.wilson(hits, n))

    def _used(self, turns: Ints, words: set[str]) -> dict[int, int]:
        """How many different words of some each person used in some turns; their last thousand at most."""
        import pyarrow as pa

        found = self.ground.found.turns
        turns = turns[-_READ:]
        texts = self.ground.view.text.take(pa.array(found.first_row[turns])).to_pylist()
        used: dict[int, set[str]] = {}
        for person, text in zip(found.person[turns].tolist(), texts, strict=True):
            if text:
                used.setdefault(person, set()).update(about(self.ground, [text[:300]]) & words)
        return {person: len(some) for person, some in used.items()}

    def goal(self) -> set[str]:
        """Words of what the group is for: as the operator says, else those of its name."""
        told = self.ground.view.operator.purpose
        return about(self.ground, told or [self.ground.view.group.group_name or ""])

    def on_goal(self) -> Metric:
        """Sampled turns of the last half year that name the goal."""
        words = self.goal() & set(self.topics.words)
        some = self.topics.bags[self.recent]
        if not words or not len(some):
            return Metric(None, "ratio", len(some))
        place = [i for i, w in enumerate(self.topics.words) if w in words]
        hits, n = int(some[:, place].any(1).sum()), len(some)
        return Metric(hits / n, "ratio", n, interval=m.wilson(hits, n))

    def threads(self) -> tuple[Metric, Metric]:
        """How many themes are talked about as if evenly, and how many have three people.

        A turn's theme is the commonest of its words that the group shares, of those below a fifth of turns:
        what is everywhere tells no themes apart.
        """
        some = np.flatnonzero(self.recent)
        if len(some) < _THREAD_TURNS:
            return Metric(None, "number", len(some)), Metric(None, "count", len(some))
        often = self.topics.bags[some].sum(0)
        weight = self.topics.bags[some] * np.where(
            self.own_words & (often <= _EVERYWHERE * len(some)), often, 0
        )
        told = weight.max(1) > 0
        theme = weight.argmax(1)[told]
        person = self.ground.found.turns.person[self.topics.turn[some[told]]]
        pairs = np.unique((theme.astype(np.int64) << 32) | person)
        crowd = int((np.bincount(pairs >> 32) >= _WORD_PEOPLE).sum()) if len(pairs) else 0
        even = effective_number(np.bincount(theme)) if len(theme) else None
        return Metric(even, "number", int(told.sum())), Metric(crowd, "count", int(told.sum()))


_READ = 1000
_THREAD_TURNS, _EVERYWHERE = 50, 0.2


def _likeness(vectors: NDArray[np.float32], of: Ints, n: int) -> float:
    """Mean cosine of each member's mean vector to that of the others."""
    order = np.argsort(of, kind="stable")
    sums = np.add.reduceat(vectors[order], np.searchsorted(of[order], np.arange(n)), axis=0)
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    others = sums.sum(0) - sums
    others /= np.maximum(np.linalg.norm(others, axis=1, keepdims=True), 1e-12)
    return float((sums * others).sum(1).mean())
