"""How often acts are right on messages written one by one, each as if nobody had spoken for hours.

    python benchmarks/acts/written.py held     # the other hand: nothing was fitted on these
    python benchmarks/acts/written.py dev      # what the model was fitted on: no measure of anything new

Acts that rest on position (answer, chat, opening) cannot be seen so and are left out; figures of the
model with kinds of groups left out are those of ``fit.py --cross``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from lessons import Lesson, written  # noqa: E402

from conversation.rows import log  # noqa: E402
from cq.conversation import replies, sessions, turns  # noqa: E402
from cq.conversation.acts import ACTS, Act, Acts, acts  # noqa: E402
from cq.model import Kind  # noqa: E402

APART_SECONDS = 4 * 3600
_POSITION = (Act.ANSWER, Act.CHAT, Act.OPENING)
_NO_AD = 8


def found(some: list[Lesson]) -> Acts:
    """What cq says of each message."""
    talk = log([(n * APART_SECONDS, n % 3, one.text) for n, one in enumerate(some)])
    rows = turns(talk)
    none = np.zeros(len(some), np.int8)
    return acts(
        talk,
        rows,
        sessions(rows),
        replies(talk, rows),
        kind=none + tuple(Kind).index(Kind.TEXT),
        ad_outcome=none,
        ad_kind=none + _NO_AD,
        events=[],
    )


def main(name: str = "held") -> None:
    """Print one line an act."""
    some = list(written(HERE / "written" / f"{name}.jsonl"))
    said = found(some)
    print(f"{name:16} {'true':>5} {'found':>5} {'prec':>6} {'rec':>6} {'F1':>6}  false of 1,000 others")
    for act in ACTS:
        true = np.array([act in one.acts for one in some])
        flags = said.has(act)
        hit = int((flags & true).sum())
        if true.any() and flags.any() and act not in _POSITION:
            shares = hit / flags.sum(), hit / true.sum(), 2 * hit / (flags.sum() + true.sum())
            cells = " ".join(f"{share:6.2f}" for share in shares)
            wrong = 1000 * (flags & ~true).sum() / (~true).sum()
            print(f"{act:16} {true.sum():5} {flags.sum():5} {cells}  {wrong:5.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
