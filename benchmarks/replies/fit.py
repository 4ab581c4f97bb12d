"""Fit the weights of `cq.conversation.replies` on the 30 train files of the IRC corpus.

    python benchmarks/replies/fit.py                # writes src/cq/conversation/data/replies.json
    python benchmarks/replies/fit.py --cross        # cross-validation over train files instead

A conditional logistic regression (softmax over candidates and "answers nobody in reach") with an L2 penalty,
twice: the second look sees what the first one found. A third one chooses the message inside the turn
answered. L-BFGS from zero, numpy only; half a minute. Every file is shown four times, with all, 40 %, 14 %
and none of its names, so that the weights know logs in which few messages say whom they speak to. No dev
file is read.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import corpus
import numpy as np
from numpy.typing import NDArray

from cq.conversation import Talk, Turns, turns
from cq.conversation._answered import MESSAGE_TABLES, choices
from cq.conversation._course import COURSE_TABLES, Course, course_places, loads
from cq.conversation._facts import REACH, Said, facts, said
from cq.conversation._model import FIRST, SECOND, UNIT, Weights
from cq.conversation._overlap import Overlap
from cq.conversation._pairs import (
    NEW_TABLES,
    PAIR_TABLES,
    Stretch,
    new_places,
    pair_places,
    relation,
    stretch,
)

WEIGHTS = Path(__file__).resolve().parents[2] / "src" / "cq" / "conversation" / "data" / "replies.json"
NAMES_KEPT = (1.0, 0.4, 0.14, 0.0)
PENALTY = 5.0
ROUNDS = 60
FOLDS = 5

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """One log as the fit sees it: all turns as one stretch, and the share of each choice that is right."""

    log: corpus.Log
    talk: Talk
    turns: Turns
    words: Said
    overlap: Overlap
    view: Stretch
    right: NDArray[np.float32]
    """``[turn, distance - 1]``, "answers nobody in reach" last; zero for turns without annotation."""
    pairs: NDArray[np.int16]
    """``[turn, distance - 1, table]``."""
    new: NDArray[np.int16]
    there: NDArray[np.bool_]


def lesson(log: corpus.Log, names_kept: float) -> Lesson:
    talk = corpus.talk(log, names_kept)
    found = turns(talk)
    words = said(talk, found)
    overlap = Overlap(found, words)
    view = stretch(facts(talk, found, words), overlap, 0, len(found))
    pairs = np.zeros((len(found), REACH, len(PAIR_TABLES)), np.int16)
    there = np.zeros((len(found), REACH), np.bool_)
    for distance in range(1, REACH + 1):
        there[:, distance - 1] = view.in_reach(distance)
        places = pair_places(view, distance, relation(view, distance))
        pairs[:, distance - 1] = np.stack(places, axis=1)
    new = np.stack(new_places(view), axis=1).astype(np.int16)
    right = _right(log, found, there)
    return Lesson(log, talk, found, words, overlap, view, right, pairs, new, there)


def _right(log: corpus.Log, found: Turns, there: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The truth by turns: links out of a turn share one; a link out of reach is "nobody in reach"."""
    right = np.zeros((len(found), REACH + 1), np.float32)
    for answered, answering in log.links:
        later, earlier = found.of_row[answering], found.of_row[answered]
        if 0 <= earlier < later <= earlier + REACH and there[later, later - earlier - 1]:
            right[later, later - earlier - 1] = 1
    right[:, REACH] = right.sum(axis=1) == 0
    right[found.first_row < corpus.ANNOTATED_FROM] = 0
    shares: NDArray[np.float32] = right / np.maximum(right.sum(axis=1, keepdims=True), 1)
    return shares


def course(item: Lesson, first: Mapping[str, Doubles]) -> NDArray[np.int16]:
    """The places of `COURSE_TABLES` that the first look's chances lead to."""
    chance = chances(item, first).T.astype(np.float32)
    owns = np.stack([relation(item.view, distance).own for distance in range(1, REACH + 1)])
    seen = Course.of(len(item.turns))
    seen.add(item.view, chance, np.full(len(item.turns), -1))
    answers = np.where(owns, 0, chance[:REACH])
    load = loads(np.concatenate((np.zeros((REACH, REACH), np.float32), answers), axis=1))
    out = np.zeros((len(item.turns), REACH, len(COURSE_TABLES)), np.int16)
    since = np.zeros(len(item.turns), np.bool_)
    for distance in range(1, REACH + 1):
        known = relation(item.view, distance)
        places = course_places(item.view, seen, distance, known, load[distance - 1], since)
        out[:, distance - 1] = np.stack(places, axis=1)
    return out


def chances(item: Lesson, weights: Mapping[str, Doubles]) -> Doubles:
    """``[turn, choice]`` by the first look."""
    logits = np.zeros((len(item.turns), REACH + 1))
    for column, table in enumerate(PAIR_TABLES):
        logits[:, :REACH] += weights[table][item.pairs[:, :, column]]
    logits[:, :REACH][~item.there] = -np.inf
    for column, table in enumerate(NEW_TABLES):
        logits[:, REACH] += weights[table][item.new[:, column]]
    logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    chance: Doubles = logits / logits.sum(axis=1, keepdims=True)
    return chance


@dataclass(frozen=True)
class Problem:
    """All annotated turns flat: the pairs in reach (turn, choice, places), then the turns' own places."""

    tables: Mapping[str, int]
    pair_turn: NDArray[np.int64]
    pair_choice: NDArray[np.int64]
    pair_places: list[NDArray[np.int32]]
    new_places: list[NDArray[np.int32]]
    right: NDArray[np.float32]

    def loss(self, weights: Doubles) -> tuple[float, Doubles]:
        """Negative log likelihood with its penalty, and the gradient."""
        logits = np.full(self.right.shape, -1e9)
        logits[self.pair_turn, self.pair_choice] = sum(weights[place] for place in self.pair_places)
        logits[:, REACH] = sum(weights[place] for place in self.new_places)
        logits -= logits.max(axis=1, keepdims=True)
        chance = np.exp(logits)
        total = chance.sum(axis=1, keepdims=True)
        loss = -float(np.sum(self.right * (logits - np.log(total)))) + PENALTY / 2 * float(weights @ weights)
        wrong = chance / total - self.right
        gradient = PENALTY * weights
        for places, values in (
            (self.pair_places, wrong[self.pair_turn, self.pair_choice]),
            (self.new_places, wrong[:, REACH]),
        ):
            for place in places:
                gradient += np.bincount(place, values, len(weights))
        return loss, gradient


def problem(
    items: Sequence[Lesson], extras: Sequence[NDArray[np.int16]] | None, without: str | None = None
) -> Problem:
    """The first look's, or with the places of the course the second's; ``without``: tables left at zero."""
    tables = FIRST if extras is None else SECOND
    starts = dict(zip(tables, accumulate(tables.values(), initial=0), strict=False))
    chosen = [np.flatnonzero(item.right.any(axis=1)) for item in items]
    turn, choice = np.nonzero(np.concatenate([i.there[c] for i, c in zip(items, chosen, strict=True)]))

    def flat(arrays: Iterable[NDArray[np.int16]], names: Iterable[str]) -> list[NDArray[np.int32]]:
        whole = np.concatenate([array[rows] for array, rows in zip(arrays, chosen, strict=True)])
        values = whole[turn, choice] if whole.ndim == 3 else whole
        return [
            values[:, k].astype(np.int32) + starts[name]
            for k, name in enumerate(names)
            if without is None or without not in name
        ]

    pairs = flat((item.pairs for item in items), PAIR_TABLES)
    if extras is not None:
        pairs += flat(extras, COURSE_TABLES)
    right = np.concatenate([item.right[c] for item, c in zip(items, chosen, strict=True)])
    return Problem(tables, turn, choice, pairs, flat((item.new for item in items), NEW_TABLES), right)


@dataclass(frozen=True)
class Messages:
    """Annotated links to turns of several messages: per message its group, its places, its share of right."""

    begins: NDArray[np.int64]
    group: NDArray[np.int64]
    places: list[NDArray[np.int64]]
    right: Doubles

    @classmethod
    def of(cls, items: Sequence[Lesson]) -> "Messages":
        parts = [_messages(item) for item in items]
        starts = list(accumulate(MESSAGE_TABLES.values(), initial=0))[:-1]
        places = list((np.concatenate([part[0] for part in parts]) + starts).T)
        sizes = np.concatenate([part[1] for part in parts])
        return cls(
            np.cumsum(sizes) - sizes,
            np.repeat(np.arange(len(sizes)), sizes),
            places,
            np.concatenate([part[2] for part in parts]),
        )

    def loss(self, weights: Doubles) -> tuple[float, Doubles]:
        """Negative log likelihood with its penalty, and the gradient."""
        logits = np.sum([weights[place] for place in self.places], axis=0)
        chance = np.exp(logits - np.maximum.reduceat(logits, self.begins)[self.group])
        chance /= np.add.reduceat(chance, self.begins)[self.group]
        loss = -float(self.right @ np.log(chance)) + PENALTY / 2 * float(weights @ weights)
        gradient = PENALTY * weights
        for place in self.places:
            gradient += np.bincount(place, chance - self.right, len(weights))
        return loss, gradient


def _messages(item: Lesson) -> tuple[NDArray[np.int32], NDArray[np.int64], Doubles]:
    """Of the true links of turns' first messages to turns of several: places, sizes of the groups, shares."""
    of_row, first, messages = item.turns.of_row, item.turns.first_row, item.turns.messages
    links = sorted((b, a) for a, b in item.log.links if of_row[a] >= 0 and of_row[b] > of_row[a])
    pairs = [
        (b, int(of_row[a]))
        for b, a in links
        if first[of_row[b]] == b and messages[of_row[a]] > 1 and of_row[b] - of_row[a] <= REACH
    ]
    row, turn = np.array(pairs, np.int64).reshape(-1, 2).T
    found = choices(item.talk, item.turns, item.words, item.overlap, row, turn)
    sizes = np.diff(found.begins, append=len(found.row))
    answering = np.repeat(row, sizes).tolist()
    right = np.array([(a, b) in item.log.links for a, b in zip(found.row.tolist(), answering, strict=True)])
    share = right / np.repeat(np.add.reduceat(right.astype(float), found.begins), sizes)
    return np.stack(found.places, axis=1), sizes, share


def minimum(loss: Callable[[Doubles], tuple[float, Doubles]], size: int) -> Doubles:
    """L-BFGS with ten pairs and a halving line search, from zero."""
    point = np.zeros(size)
    value, gradient = loss(point)
    steps: list[tuple[Doubles, Doubles]] = []
    for _ in range(ROUNDS):
        direction = _direction(gradient, steps)
        length = 1.0
        while True:
            after, slope = loss(point - length * direction)
            if after <= value - 1e-4 * length * float(gradient @ direction) or length < 1e-6:
                break
            length /= 2
        steps = [*steps[-9:], (-length * direction, slope - gradient)]
        point, gained = point - length * direction, value - after
        value, gradient = after, slope
        if gained < 1e-5 * value:
            break
    return point


def _direction(gradient: Doubles, steps: list[tuple[Doubles, Doubles]]) -> Doubles:
    direction, parts = gradient.copy(), []
    for moved, turned in reversed(steps):
        part = float(moved @ direction) / float(moved @ turned)
        parts.append(part)
        direction -= part * turned
    moved, turned = steps[-1] if steps else (gradient * 1e-3, gradient)
    direction *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), part in zip(steps, reversed(parts), strict=True):
        direction += moved * (part - float(turned @ direction) / float(moved @ turned))
    return direction


def _split(weights: Doubles, tables: Mapping[str, int]) -> dict[str, Doubles]:
    ends = list(accumulate(tables.values()))
    return dict(zip(tables, np.split(weights, ends[:-1]), strict=True))


def fit(items: Sequence[Lesson], without: str | None = None) -> dict[str, dict[str, Doubles]]:
    """The weights of both looks and of the choice of the message."""
    looks: dict[str, dict[str, Doubles]] = {}
    first = problem(items, None, without)
    looks["first"] = _split(minimum(first.loss, sum(FIRST.values())), FIRST)
    second = problem(items, [course(item, looks["first"]) for item in items], without)
    looks["second"] = _split(minimum(second.loss, sum(SECOND.values())), SECOND)
    looks["message"] = _split(minimum(Messages.of(items).loss, sum(MESSAGE_TABLES.values())), MESSAGE_TABLES)
    return looks


def whole(looks: Mapping[str, Mapping[str, Doubles]]) -> dict[str, dict[str, list[int]]]:
    """Weights in whole units, as they are shipped."""
    return {
        name: {table: np.round(values * UNIT).astype(int).tolist() for table, values in tables.items()}
        for name, tables in looks.items()
    }


def as_weights(looks: Mapping[str, Mapping[str, Doubles]]) -> Weights:
    return Weights.of(whole(looks))


def lessons() -> list[list[Lesson]]:
    """Per train file its copies."""
    return [[lesson(log, kept) for kept in NAMES_KEPT] for log in corpus.read("train")]


def cross(without: str | None) -> None:
    """F1 over the held fold of five folds of train files, for each share of names."""
    import measure

    files = lessons()
    counts = {kept: np.zeros(3) for kept in NAMES_KEPT}
    for fold in range(FOLDS):
        others = [copy for k, file in enumerate(files) if k % FOLDS != fold for copy in file]
        weights = as_weights(fit(others, without))
        for file in files[fold::FOLDS]:
            for kept, copy in zip(NAMES_KEPT, file, strict=True):
                counts[kept] += measure.agreement(copy.log, measure.links(copy.talk, weights))
    for kept, (hits, said_, true) in counts.items():
        print(f"names kept {kept:4.0%}: F1 {200 * hits / (said_ + true):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cross", action="store_true", help="cross-validate over train files, write nothing")
    parser.add_argument("--without", metavar="WORD", help="with --cross: leave out tables whose name has it")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    if not corpus.DATA.is_dir():
        sys.exit(f"fit.py: the IRC corpus is not at {corpus.DATA}; nothing was fitted")
    if arguments.cross:
        return cross(arguments.without)
    fitted = fit([copy for file in lessons() for copy in file])
    arguments.out.write_text(json.dumps(whole(fitted), separators=(",", ":")) + "\n")
    return None


if __name__ == "__main__":
    main()
