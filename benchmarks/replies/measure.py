"""How often the inferred links are right: the IRC dev files, which nothing was fitted on.

    python benchmarks/replies/measure.py                      # tables
    python benchmarks/replies/measure.py --check --json FILE  # exit 1 when a floor is missed; figures as JSON

F1 is the exact match of links between messages as annotated, as in the literature: a thread's start and a
system line link to themselves, and count. `human rows` leaves system lines out, which are right for free.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import corpus
import numpy as np
from numpy.typing import NDArray

from cq.conversation import Talk, Turns, turns
from cq.conversation._answered import answered
from cq.conversation._facts import REACH, facts, said
from cq.conversation._model import Judged, Weights, judged, shipped
from cq.conversation._overlap import Overlap

Link = tuple[int, int]
Counts = NDArray[np.int64]

FLOORS = {"names": 65.0, "no names": 50.0}
NAMES_KEPT = {"names": 1.0, "no names": 0.0}
BUSY_TURNS = 5


def judge(talk: Talk, weights: Weights) -> tuple[Turns, list[Judged]]:
    """What the model thinks of a log without native replies."""
    found = turns(talk)
    words = said(talk, found)
    nothing = np.full(len(found), -1, np.int64)
    return found, list(judged(facts(talk, found, words), Overlap(found, words), nothing, weights))


def links(talk: Talk, weights: Weights) -> set[Link]:
    """One link a message: inside a turn to the message before, else to one of the likeliest turn."""
    found, pieces = judge(talk, weights)
    best = np.concatenate([np.argmax(piece.chance, axis=0) for piece in pieces])
    words = said(talk, found)
    likeliest = np.where(best < REACH, np.arange(len(best)) - 1 - best, -1)
    to_row = answered(talk, found, words, Overlap(found, words), likeliest, weights.message)
    out: set[Link] = set()
    before: dict[int, int] = {}
    for row, turn in enumerate(found.of_row.tolist()):
        to = row
        if turn in before:
            to = before[turn]
        elif turn >= 0 and to_row[turn] >= 0:
            to = int(to_row[turn])
        out.add((to, row))
        before[turn] = row
        before.pop(-1, None)
    return out


def previous(talk: Talk) -> set[Link]:
    """The baseline: every message answers the message before, system lines nobody."""
    out: set[Link] = set()
    last = -1
    for row, human in enumerate(talk.human.tolist()):
        out.add((last if human and last >= 0 else row, row))
        last = row if human else last
    return out


def agreement(log: corpus.Log, found: Iterable[Link], human_rows: bool = False) -> Counts:
    """Links found that are right, links found, links annotated."""

    def counted(pairs: Iterable[Link]) -> set[Link]:
        later = {pair for pair in pairs if pair[1] >= corpus.ANNOTATED_FROM}
        return {pair for pair in later if not human_rows or log.rows[pair[1]].nick}

    mine, true = counted(found), counted(log.links)
    return np.array([len(mine & true), len(mine), len(true)])


def f1(counts: Counts) -> float:
    """In percent."""
    return float(200 * counts[0] / max(counts[1] + counts[2], 1))


@dataclass(frozen=True)
class Drawn:
    """Per person of a file: turns in the annotated part, expected and true answers of others they drew."""

    turns: NDArray[np.float64]
    expected: NDArray[np.float64]
    true: NDArray[np.float64]


def drawn(log: corpus.Log, talk: Talk, weights: Weights) -> Drawn:
    """Answers drawn by person; a turn that answers several others is one answer to each in equal parts."""
    found, pieces = judge(talk, weights)
    chance = np.concatenate([piece.chance for piece in pieces], axis=1)
    own = np.concatenate([piece.own for piece in pieces], axis=1)
    targets: dict[int, set[int]] = {}
    for before, answering in log.links:
        earlier, later = int(found.of_row[before]), int(found.of_row[answering])
        if 0 <= earlier < later:
            targets.setdefault(later, set()).add(earlier)
    people = len(talk.names)
    size, expected, true = np.zeros(people), np.zeros(people), np.zeros(people)
    for turn in np.flatnonzero(found.first_row >= corpus.ANNOTATED_FROM).tolist():
        speaker = found.person[turn]
        size[speaker] += 1
        for far in np.flatnonzero(~own[:, turn][: min(REACH, turn)]).tolist():
            expected[found.person[turn - far - 1]] += chance[far, turn]
        for earlier in targets.get(turn, ()):
            if found.person[earlier] != speaker:
                true[found.person[earlier]] += 1 / len(targets[turn])
    return Drawn(size, expected, true)


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean ranks of ties."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(times) - (times - 1) / 2)[place]


def calibration(parts: Iterable[Drawn]) -> dict[str, float]:
    """Of people with ``BUSY_TURNS`` turns and more: bias, error and order of their sums."""
    every = list(parts)
    busy = [part.turns >= BUSY_TURNS for part in every]
    expected = np.concatenate([part.expected[b] for part, b in zip(every, busy, strict=True)])
    true = np.concatenate([part.true[b] for part, b in zip(every, busy, strict=True)])
    order = [
        np.corrcoef(ranks(part.expected[b]), ranks(part.true[b]))[0, 1]
        for part, b in zip(every, busy, strict=True)
    ]
    slope = float(np.cov(expected, true)[0, 1] / np.var(expected, ddof=1))
    return {
        "people": len(true),
        "expected / true": sum(p.expected.sum() for p in every) / sum(p.true.sum() for p in every),
        "expected / true, busy": float(expected.sum() / true.sum()),
        "mean absolute error": float(np.abs(expected - true).mean()),
        "mean true": float(true.mean()),
        "slope of true on expected": slope,
        "mean rank correlation in a file": float(np.mean(order)),
    }


def figures(weights: Weights) -> dict[str, dict[str, object]]:
    """All figures, for texts with names and without."""
    logs = corpus.read("dev")
    out: dict[str, dict[str, object]] = {}
    for name, kept in NAMES_KEPT.items():
        talks = [corpus.talk(log, kept) for log in logs]
        model = [links(talk, weights) for talk in talks]
        base = [previous(talk) for talk in talks]

        def score(found: list[set[Link]], human_rows: bool) -> float:
            pairs = zip(logs, found, strict=True)
            return f1(np.sum([agreement(log, some, human_rows) for log, some in pairs], axis=0))

        out[name] = {
            "f1": score(model, False),
            "f1 human rows": score(model, True),
            "previous": score(base, False),
            "previous human rows": score(base, True),
            "files": {
                log.name: [f1(agreement(log, mine)), f1(agreement(log, plain))]
                for log, mine, plain in zip(logs, model, base, strict=True)
            },
            "drawn": calibration(drawn(log, talk, weights) for log, talk in zip(logs, talks, strict=True)),
        }
    return out


def missed(found: dict[str, dict[str, object]]) -> list[str]:
    """Floors that are not met, in words."""
    out = []
    for name, floor in FLOORS.items():
        part = found[name]
        if float(str(part["f1"])) < floor:
            out.append(f"{name}: F1 {part['f1']:.1f} is below {floor}")
        files = part["files"]
        assert isinstance(files, dict)
        out += [
            f"{name}: {file} is not above the previous message" for file, (a, b) in files.items() if a <= b
        ]
    return out


def show(found: dict[str, dict[str, object]]) -> None:
    for name, part in found.items():
        print(f"\n## {name}\n\n| | F1 | previous message |\n|---|---:|---:|")
        print(f"| all rows | {part['f1']:.1f} | {part['previous']:.1f} |")
        print(f"| human rows | {part['f1 human rows']:.1f} | {part['previous human rows']:.1f} |")
        files, sums = part["files"], part["drawn"]
        assert isinstance(files, dict) and isinstance(sums, dict)
        for file, (mine, plain) in files.items():
            print(f"| {file} | {mine:.1f} | {plain:.1f} |")
        print("\nanswers drawn: " + ", ".join(f"{key} {value:.2f}" for key, value in sums.items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if not corpus.DATA.is_dir():
        print(f"measure.py: SKIPPED, the IRC corpus is not at {corpus.DATA}", file=sys.stderr)
        return
    found = figures(shipped())
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    below = missed(found)
    print("\n".join(below), file=sys.stderr)
    if arguments.check and below:
        sys.exit(1)


if __name__ == "__main__":
    main()
