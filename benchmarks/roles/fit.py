"""Fits the constants of ``src/cq/analysis/_role_norms.py`` on simulated groups of the FIT pack, and prints
them.

```
python benchmarks/roles/fit.py [--cross] [--keep FILE]
```

Per role two numbers (three for talk in company) by logistic loss, with members holding the role counted
``_WEIGHT`` times; the norms are means over ordinary members, of whom none counts more than 30 turns. The
tagger finds in other people's words only part of what it finds in the pack it was written with: deeds are
thinned by a factor drawn per group and role. ``--cross`` judges each third of the groups with constants
fitted on the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cases import LABELS, LEVELS, Case, Job, cases
from cq.analysis import _role_norms as norms
from cq.analysis import _role_scores as sc
from cq.analysis import _role_stability as st
from cq.analysis._role_deeds import ACTIVE
from cq.analysis._role_norms import Norm

JOBS = [
    Job(seed, level, weeks, "fit")
    for weeks, seeds in ((13, range(100, 115)), (8, range(150, 156)), (4, range(130, 137)))
    for level in LEVELS
    for seed in seeds
]
_WEIGHT = 4.0
_THINNED = (0.2, 1.0)
_CAP = 30
_START = {"talker": (0.9, 1.0, 0.8)}

Floats = np.ndarray[Any, np.dtype[np.float64]]


class People(NamedTuple):
    """All people of some groups in one row of columns."""

    turns: Floats
    worded: Floats
    keys: Floats
    weeks: Floats
    heard: Floats
    answerers: Floats
    truth: Any


def thinned(found: Sequence[Case], seed: int) -> list[Case]:
    """The same groups in words the tagger knows less of."""
    rng = np.random.default_rng(seed)
    out = []
    for case in found:
        rate = rng.uniform(*_THINNED, len(ACTIVE))
        keys = rng.binomial(case.counts.keys.astype(np.int64), rate).astype(np.float64)
        out.append(case._replace(counts=_with_keys(case.counts, keys)))
    return out


def _with_keys(counts: Any, keys: Floats) -> Any:
    from dataclasses import replace

    return replace(counts, keys=keys)


def people(found: Sequence[Case]) -> People:
    """The people with a true label and enough turns, lurkers left out."""
    columns = []
    for case in found:
        c = case.counts
        use = (case.truth != "") & (case.truth != "lurker") & (c.turns.sum(1) >= sc.ENOUGH_TURNS)
        columns.append(
            (
                c.turns.sum(1)[use],
                c.worded.sum(1)[use],
                c.keys.sum(1)[use],
                np.maximum(c.exposed.sum(1), 1.0)[use],
                c.heard[use],
                c.answerers[use],
                case.truth[use],
            )
        )
    return People(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def fitted(who: People) -> dict[str, Norm]:
    """The norms of the active roles."""
    ordinary = who.truth == "ordinary"
    weight = np.minimum(1.0, _CAP / np.maximum(who.worded[ordinary], 1.0))
    found = {}
    for r, role in enumerate(ACTIVE):
        k, n = who.keys[ordinary, r], who.worded[ordinary]
        share = round(float((k * weight).sum() / (n * weight).sum()), 4)
        best = descend(_loss(who, r, role, share), _START.get(role, (0.9, 1.0)))
        found[role] = _norm(share, best)
    return found


def _norm(share: float, x: Sequence[float]) -> Norm:
    return Norm(
        share,
        round(float(np.exp(x[0])), 3),
        round(float(x[1]), 3),
        round(float(x[2]), 3) if len(x) > 2 else 0.0,
    )


def _loss(who: People, r: int, role: str, share: float) -> Callable[[Floats], float]:
    is_role = who.truth == role

    def loss(x: Floats) -> float:
        table: Mapping[str, Norm] = {**norms.NORMS, role: _norm(share, list(x))}
        s = sc.active_scores(*who[:-1], table, proof=False)[:, r]
        s = np.clip(s, 1e-4, 1 - 1e-4)
        return float(-np.mean(_WEIGHT * is_role * np.log(s) + ~is_role * np.log(1 - s)))

    return loss


def descend(loss: Callable[[Floats], float], start: Sequence[float], steps: int = 300) -> Floats:
    """Nelder and Mead: no gradients, two or three numbers."""
    corners = [
        np.array(start, float) + 0.4 * row for row in np.vstack((np.zeros(len(start)), np.eye(len(start))))
    ]
    values = [loss(c) for c in corners]
    for _ in range(steps):
        order = np.argsort(values)
        corners, values = [corners[i] for i in order], [values[i] for i in order]
        if values[-1] - values[0] < 1e-7:
            break
        middle = np.mean(corners[:-1], axis=0)
        tried = middle + (middle - corners[-1])
        value = loss(tried)
        if value < values[0]:
            further = middle + 2 * (middle - corners[-1])
            beyond = loss(further)
            tried, value = (further, beyond) if beyond < value else (tried, value)
        elif value >= values[-2]:
            tried = middle + 0.5 * (corners[-1] - middle)
            value = loss(tried)
        if value < values[-1]:
            corners[-1], values[-1] = tried, value
        else:
            corners = [corners[0] + 0.5 * (c - corners[0]) for c in corners]
            values = [loss(c) for c in corners]
    return np.asarray(corners[int(np.argmin(values))])


def calibration(found: Sequence[Case]) -> tuple[tuple[float, ...], ...]:
    """Per label the logistic regression of being right on what the chance looks at."""
    rows: list[list[Any]] = [[] for _ in LABELS]
    for case in found:
        judged = st.judge(case.counts, case.links, case.observable)
        inputs = st.reasons(case.counts, judged.scores, judged.label, judged.stability, case.links)
        right = np.array(sc.LABELS)[judged.label] == case.truth
        for label, part in enumerate(rows):
            mine = (judged.label == label) & (case.truth != "")
            part.append(np.column_stack((inputs[mine], right[mine])))
    return tuple(_logistic(np.concatenate(part)) for part in rows)


def _logistic(rows: Floats) -> tuple[float, ...]:
    """Ridge-penalised, by Newton's method; the constant is not penalised."""
    x, y = rows[:, :-1], rows[:, -1]
    penalty = np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (y - p) - penalty @ beta
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty
        beta = beta + np.linalg.solve(hessian, gradient)
    return tuple(round(float(b), 3) for b in beta)


def crossed(found: Sequence[Case]) -> None:
    """Macro-F1 of each third of the seeds with norms from the other two."""
    from measure import scored, table

    judged = []
    for fold in range(3):
        others = [c for c in found if c.job.seed % 3 != fold]
        both = [*others, *thinned(others, 1)]
        norms.NORMS = sc.NORMS = fitted(people(both))  # type: ignore[misc]
        norms.CALIBRATION = calibration(both)  # type: ignore[misc]
        judged += [scored(c) for c in found if c.job.seed % 3 == fold]
    print(table(judged))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cross", action="store_true")
    options.add_argument("--keep", type=Path)
    chosen = options.parse_args()
    found = cases(JOBS, chosen.keep)
    if chosen.cross:
        crossed(found)
        return
    both = [*found, *thinned(found, 1)]
    norms.NORMS = sc.NORMS = fitted(people(both))  # type: ignore[misc]
    for role, norm in sc.NORMS.items():
        print(f'    "{role}": {norm},')
    for kind, row in zip(LABELS, calibration(both), strict=True):
        print(f"    {row},  # {kind}")


if __name__ == "__main__":
    main()
