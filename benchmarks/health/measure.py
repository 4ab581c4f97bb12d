"""Whether health findings come and stay away as they should, on scenarios.

**Simulated**: no figure here is about real groups.

```
python benchmarks/health/measure.py [--quick] [--seeds 10] [--only S05] [--parts scenarios,pairs]
```

Scenarios, pairs and healthy groups are those of ``tests/scenarios``; every seed draws them anew, and the two
packs of invented wordings take turns.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from scenarios import scenarios, trials
from scenarios.judge import Outcome, judge

KINDS = ("fires", "silent", "abstains", "number", "alike", "other")
PARTS = ("scenarios", "pairs", "ladder", "healthy")
TARGET = 0.1
"""False findings per group-year and code that are allowed."""
LADDERS = ("S05", "S14", "S13", "S27", "S01b")
"""Scenarios whose logs are cut shorter and shorter."""


def outcomes(job: tuple[str, int]) -> tuple[str, int, list[Outcome]]:
    """One drawing of a scenario, judged."""
    name, seed = job
    scenario = next(s for s in scenarios() if s.name == name)
    return name, seed, judge(scenario.build(seed))


def _told(seen: Sequence[Outcome]) -> str:
    met, known = sum(o.met is True for o in seen), sum(o.met is not None for o in seen)
    return f"{met}/{known}" if known else "–"


def report_scenarios(pool: Any, seeds: int, only: str | None, quick: bool) -> list[dict[str, Any]]:
    """The table of scenarios, what was not met, and how far beginnings were off."""
    names = [
        s.name
        for s in scenarios()
        if (s.quick or not quick or bool(only)) and (not only or s.name.startswith(only))
    ]
    jobs = [(name, seed) for name in names for seed in range(seeds)]
    seen: dict[str, list[Outcome]] = defaultdict(list)
    for name, _, found in pool.map(outcomes, jobs):
        seen[name] += found
    print(f"{'scenario':16}" + "".join(f"{kind:>11}" for kind in KINDS) + "   beginning off by (weeks)")
    for name in names:
        by_kind = [[o for o in seen[name] if o.kind == kind] for kind in KINDS]
        off = sorted(o.off for o in seen[name] if o.off is not None)
        weeks = f"median {off[len(off) // 2]:+.1f}, {off[0]:+.1f} to {off[-1]:+.1f}" if off else ""
        print(f"{name:16}" + "".join(f"{_told(found):>11}" for found in by_kind) + f"   {weeks}")
    every = [o for found in seen.values() for o in found]
    print(f"{'all':16}" + "".join(f"{_told([o for o in every if o.kind == k]):>11}" for k in KINDS))
    missing = Counter(f"{o.what.split(' @')[0]} ({o.saw})" for o in every if o.met is None)
    print(
        "\nnot in this build: "
        + (", ".join(f"{what} ×{n}" for what, n in sorted(missing.items())) or "nothing")
    )
    print("\nnot met:")
    for name in names:
        wrong = Counter((o.kind, o.what, o.saw.split(", onset")[0]) for o in seen[name] if o.met is False)
        for (kind, what, saw), n in sorted(wrong.items()):
            print(f"  {name:16} {kind:9} {what}: {saw} ×{n} of {seeds}")
    return [{"scenario": name, **_row(o)} for name, found in seen.items() for o in found]


def _row(outcome: Outcome) -> dict[str, Any]:
    return {f: getattr(outcome, f) for f in outcome.__dataclass_fields__}


def _toggle(job: tuple[int, int]) -> trials.Toggle:
    return trials.toggle(trials.PAIRS[job[0]], job[1])


def report_pairs(pool: Any, seeds: int) -> list[dict[str, Any]]:
    """One cause toggled, everything else drawn alike."""
    jobs = [(n, seed) for n in range(len(trials.PAIRS)) for seed in range(seeds)]
    seen: dict[str, list[trials.Toggle]] = defaultdict(list)
    for found in pool.map(_toggle, jobs):
        seen[found.code].append(found)
    print(f"\n{'cause toggled':26}{'sign right':>11}{'others the same':>17}   seen with / without it")
    for code, toggles in seen.items():
        known = [t for t in toggles if t.right is not None]
        others = sum(t.others for t in known)
        share = f"{sum(t.same for t in known) / others:.0%}" if others else "–"
        told = ", ".join(f"{saw} ×{n}" for saw, n in Counter(t.saw for t in toggles).most_common())
        print(f"{code:26}{sum(t.right is True for t in known):>6}/{len(known):<4}{share:>17}   {told}")
    return [{"pair": code, "right": t.right, "saw": t.saw} for code, toggles in seen.items() for t in toggles]


def _ladder(job: tuple[str, int]) -> tuple[str, list[tuple[float, int, int]]]:
    scenario = next(s for s in scenarios() if s.name == job[0])
    return job[0], trials.ladder(scenario.build(job[1]))


def report_ladder(pool: Any, seeds: int) -> list[dict[str, Any]]:
    """Less data, more abstention."""
    steps: dict[str, list[list[tuple[float, int, int]]]] = defaultdict(list)
    for name, rungs in pool.map(_ladder, [(name, seed) for name in LADDERS for seed in range(seeds)]):
        steps[name].append(rungs)
    print(
        "\nabstaining codes at so much of the log  "
        + "  ".join(f"{s:5.0%}" for s in trials.LADDER)
        + "  rising"
    )
    for name, drawn in steps.items():
        means = [
            sum(r[i][1] / max(r[i][2], 1) for r in drawn) / len(drawn) for i in range(len(trials.LADDER))
        ]
        rising = sum(all(a[1] <= b[1] for a, b in pairwise(r)) for r in drawn)
        print(f"{name:40}" + "  ".join(f"{mean:5.0%}" for mean in means) + f"  {rising}/{len(drawn)}")
    return [{"ladder": name, "rungs": drawn} for name, drawn in steps.items()]


def _healthy(seed: int) -> trials.Healthy:
    return trials.healthy([seed])


def report_healthy(pool: Any, seeds: Iterable[int]) -> list[dict[str, Any]]:
    """False findings per group-year with their exact Poisson interval."""
    total = trials.Healthy()
    for one in pool.map(_healthy, seeds):
        total.years += one.years
        total.lively += one.lively
        total.ever += one.ever
        total.last += one.last
        total.codes |= one.codes
    print(
        f"\nfalse findings per group-year: {total.years:.0f} healthy groups, 52 weeks, four looks (the last)"
    )
    for code in sorted(total.codes):
        n, base = total.ever[code], total.base(code)
        low, high = poisson_interval(n)
        rate = f"{n / base:.3f} ({low / base:.3f}–{high / base:.3f})" if base else "–"
        print(f"  {code:32}{n:4} of {base:4.0f}   {rate}   one look: {total.last[code]}")
    above = [c for c in sorted(total.codes) if total.base(c) and total.ever[c] / total.base(c) > TARGET]
    print(f"  above {TARGET}: {', '.join(above) or 'none'}")
    return [
        {"healthy": code, "ever": total.ever[code], "years": total.base(code)} for code in sorted(total.codes)
    ]


def poisson_interval(n: int, sure: float = 0.95) -> tuple[float, float]:
    """Exact (Garwood) interval of a count's mean."""

    def solve(k: int, target: float) -> float:
        """The mean at which at most ``k`` events have the chance ``target``."""
        low, high = 0.0, 10.0 + 4 * (k + 1)
        for _ in range(80):
            mean = (low + high) / 2
            chance = sum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1))
            low, high = (mean, high) if chance > target else (low, mean)
        return low

    tail = (1 - sure) / 2
    return (solve(n - 1, 1 - tail) if n else 0.0), solve(n, tail)


def main() -> None:
    """Print the tables; ``--json`` keeps every outcome."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two seeds, only the light scenarios")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", help="scenarios whose name begins so")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    seeds, parts = 2 if asked.quick else asked.seeds, asked.parts.split(",")
    print(f"SIMULATED. {seeds} seeds, two packs of wordings; met of those that this build can tell.\n")
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(asked.jobs) as pool:
        if "scenarios" in parts:
            rows += report_scenarios(pool, seeds, asked.only, asked.quick)
        if "pairs" in parts:
            rows += report_pairs(pool, seeds)
        if "ladder" in parts:
            rows += report_ladder(pool, seeds)
        if "healthy" in parts:
            rows += report_healthy(pool, range(seeds))
    if asked.json:
        asked.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
