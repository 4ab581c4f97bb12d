"""Simulated groups as counts with true labels: what ``fit.py`` and ``measure.py`` both start from."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from worlds import Pack, RoleTruth, World, view_of, world

from cq.analysis import _role_scores as sc
from cq.analysis import roles
from cq.analysis._conversation import conversation
from cq.analysis._role_counts import WEEK_MS, Counts
from cq.analysis._role_deeds import deeds
from cq.conversation.acts import ACTS

LEVELS = ("L1", "L2", "L3", "L4")
LABELS = sc.LABELS[: sc.UNKNOWN]


class Job(NamedTuple):
    """One group to simulate; ``roster``: whether the members list is known."""

    seed: int
    level: str
    weeks: int
    pack: Pack
    roster: bool = True


class Case(NamedTuple):
    """One group. ``truth``: per person of ``counts`` the true label, empty for second accounts and strangers.

    ``acts``: turns per person and tag, for the baselines. ``owner``: official roles.
    """

    job: Job
    counts: Counts
    truth: np.ndarray[Any, np.dtype[np.str_]]
    observable: np.ndarray[Any, np.dtype[np.bool_]]
    links: float | None
    acts: np.ndarray[Any, np.dtype[np.int64]]
    official: np.ndarray[Any, np.dtype[np.bool_]]


def case(job: Job) -> Case:
    """Simulate a group and count its deeds."""
    simulated = world(job.seed, job.level, job.weeks, job.pack)
    view = view_of(simulated, roster=job.roster)
    found = conversation(view)
    done = deeds(found)
    end = int(view.sent_at[-1]) + 1
    start = max(end - 12 * WEEK_MS, int(view.sent_at[0]))
    counts = roles._counts(view, done, start, end)
    ids = [view.people[int(i)].id for i in counts.people]
    low, high = np.searchsorted(found.turns.start_ms, [start, end])
    turn_acts, person = found.acts.mask[low:high], found.turns.person[low:high]
    by_act = [
        np.bincount(person[turn_acts & np.uint32(1 << i) > 0], minlength=len(view.people))
        for i in range(len(ACTS))
    ]
    return Case(
        job,
        counts,
        true_labels(simulated, ids, counts.turns.sum(1), start, end),
        roles._observable(view, counts.people),
        roles._links(found, start, end),
        np.stack(by_act, 1)[counts.people],
        np.array([view.people[int(i)].role in ("owner", "admin") for i in counts.people], np.bool_),
    )


def true_labels(world: World, ids: Sequence[str], turns: Any, start: int, end: int) -> Any:
    """Per account the label held longest in ``[start, end)``; of several accounts only the busiest has
    one."""
    busiest: dict[str, int] = {}
    for i, id_ in enumerate(ids):
        person = world.truth.person.get(id_)
        if person is not None and (person not in busiest or turns[i] > turns[busiest[person]]):
            busiest[person] = i
    labels = np.full(len(ids), "", "U16")
    for person, i in busiest.items():
        labels[i] = held(world.truth.roles[person], world.setting.start, start, end)
    return labels


def held(role: RoleTruth, first: int, start: int, end: int) -> str:
    """The role held longest between two times; ``first``: when week 0 began."""
    spans = [(first + week * WEEK_MS, name) for week, name in role.spans]
    times: dict[str, int] = {}
    for n, (since, name) in enumerate(spans):
        until = spans[n + 1][0] if n + 1 < len(spans) else end
        times[name] = times.get(name, 0) + max(0, min(until, end) - (start if n == 0 else max(since, start)))
    return max(times, key=lambda name: times[name])


def cases(jobs: Sequence[Job], kept: Path | None = None, processes: int = 2) -> list[Case]:
    """All cases; ``kept``: a file to keep them in, read where it is there."""
    if kept is not None and kept.exists():
        found: list[Case] = pickle.loads(kept.read_bytes())
        return found
    with Pool(processes) as pool:
        found = pool.map(case, jobs, chunksize=2)
    if kept is not None:
        kept.write_bytes(pickle.dumps(found))
    return found
