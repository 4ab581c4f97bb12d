"""How often changes of role are seen, and rightly, on simulated groups of 36 weeks. **Simulated.**

```
python benchmarks/roles/changes.py [--pack judge] [--groups 6] [--switched 0.3]
```

Of the people with a role, so many take up another one between the 13th and the 23rd week. A change told is
right where that person did leave the first role for the second. Recall is over all switches of people with a
single account.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from multiprocessing import Pool
from typing import NamedTuple

from worlds import Pack, view_of, whole, world

from cases import LEVELS
from cq.analysis import roles

WEEKS, FIRST_SEED = 36, 900


class Told(NamedTuple):
    """Of one group: changes told, those that are right, switches, those found, people."""

    level: str
    told: int
    right: int
    switches: int
    found: int
    people: int


def told(job: tuple[int, str, Pack, float]) -> Told:
    """Simulate a group in which people change roles, and compare."""
    from simulator import LEVELS as LEVELS_OF

    seed, level, pack, switched = job
    before = LEVELS_OF[level]
    LEVELS_OF[level] = replace(before, switched=switched)  # type: ignore[index]
    simulated = world(seed, level, WEEKS, pack)
    LEVELS_OF[level] = before  # type: ignore[index]
    view = view_of(simulated)
    table = roles.ANALYZER.run(view, whole(view), roles.ANALYZER.settings).tables["changes"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    truth = simulated.truth
    accounts = [id_ for id_, person in truth.person.items() if list(truth.person.values()).count(person) == 1]
    moves = {id_: [name for _, name in truth.roles[truth.person[id_]].spans] for id_ in accounts}
    real = {id_: (names[0], names[-1]) for id_, names in moves.items() if names[0] != names[-1]}
    right = {row["member_id"] for row in rows if real.get(row["member_id"]) == (row["before"], row["after"])}
    return Told(level, len(rows), len(right), len(real), len(right & set(real)), len(accounts))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pack", choices=("fit", "judge", "exam"), default="judge")
    options.add_argument("--groups", type=int, default=6)
    options.add_argument("--switched", type=float, default=0.3)
    chosen = options.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + chosen.groups)
    with Pool(2) as pool:
        found = pool.map(told, [(s, lv, chosen.pack, chosen.switched) for lv in LEVELS for s in seeds])
    print("| level | people | switches | changes told | right | precision | recall |\n" + "|---" * 7 + "|")
    for level in LEVELS:
        sums = [sum(column) for column in zip(*(f[1:] for f in found if f.level == level), strict=True)]
        said, right, switches, _, people = sums
        precision, recall = (f"{right / n:.2f}" if n else "–" for n in (said, switches))
        print(f"| {level} | {people} | {switches} | {said} | {right} | {precision} | {recall} |")


if __name__ == "__main__":
    main()
