"""How often roles are right on simulated groups. **Simulated**: no figure here says operators would agree.

```
python benchmarks/roles/measure.py [--pack judge] [--groups 15] [--weeks 13 4 8 26] [--no-roster] [--check]
```

The true label is the role held longest in the twelve weeks looked at, of seven classes; ``not_enough_data``
counts as wrong. Everybody who was a member in them counts, of people with several accounts the busiest
account.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cases import LABELS, LEVELS, Case, Job, cases
from cq.analysis import _role_scores as sc
from cq.analysis import _role_stability as st
from cq.conversation.acts import ACTS, Act

FLOORS = {"L1": 0.86, "L2": 0.70, "L3": 0.55, "L4": 0.48}
FIRM, ECE, LURKER, WRONGLY = 0.90, 0.07, 0.95, 0.10
FIRST_SEED = 500
_HITS = {
    "organizer": (Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT),
    "thinker": (Act.SUBSTANCE,),
    "asker": (Act.HELP, Act.QUESTION),
    "challenger": (Act.DISSENT,),
}


class Scored(NamedTuple):
    """People of one group with a true label: what is true, what was said, how sure, and what baselines
    say."""

    level: str
    weeks: int
    truth: Any
    said: Any
    certainty: Any
    confidence: Any
    by_count: Any
    by_words: Any


def scored(case: Case) -> Scored:
    """Judge a group as the section does."""
    judged = st.judge(case.counts, case.links, case.observable)
    use = case.truth != ""
    names = np.array(sc.LABELS)
    return Scored(
        case.job.level,
        case.job.weeks,
        case.truth[use],
        names[judged.label][use],
        judged.certainty[use],
        judged.confidence[use],
        by_count(case)[use],
        by_words(case)[use],
    )


def by_count(case: Case) -> Any:
    """Baseline: turns a week and the official role, nothing else."""
    rate = case.counts.turns.sum(1) / np.maximum(case.counts.exposed.sum(1), 1.0)
    label = np.where(rate < 1, "lurker", np.where(rate >= 12, "talker", "ordinary"))
    return np.where(case.official & (rate >= 1), "organizer", label)


def by_words(case: Case) -> Any:
    """Baseline: the role with most hits of its words, where a fifth of the turns and three have them."""
    turns = case.counts.turns.sum(1)
    hits = np.stack([case.acts[:, [ACTS.index(a) for a in acts]].sum(1) for acts in _HITS.values()], 1)
    best = np.array(list(_HITS))[hits.argmax(1)]
    rate = turns / np.maximum(case.counts.exposed.sum(1), 1.0)
    enough = (hits.max(1) >= 3) & (hits.max(1) >= 0.2 * turns)
    return np.where(enough, best, np.where(rate < 1, "lurker", np.where(rate >= 12, "talker", "ordinary")))


def f1(truth: Any, said: Any) -> Any:
    """F1 per label of ``LABELS``; nan where it neither is nor is said."""
    found = []
    for label in LABELS:
        size = int((truth == label).sum() + (said == label).sum())
        found.append(2 * int(((truth == label) & (said == label)).sum()) / size if size else np.nan)
    return np.array(found)


def ece(confidence: Any, right: Any, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass."""
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    off = [abs(confidence[p].mean() - right[p].mean()) * len(p) for p in parts if len(p)]
    return float(sum(off) / max(1, len(right)))


def interval(
    groups: Sequence[Scored], figure: Callable[[Any, Any], float], draws: int = 200
) -> tuple[float, float]:
    """95 % over groups drawn anew."""
    rng = np.random.default_rng(1)
    values = []
    for _ in range(draws):
        some = [groups[i] for i in rng.integers(0, len(groups), len(groups))]
        values.append(figure(*(np.concatenate([getattr(g, k) for g in some]) for k in ("truth", "said"))))
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def _macro(truth: Any, said: Any) -> float:
    return float(np.nanmean(f1(truth, said)))


def figures(groups: Sequence[Scored]) -> dict[str, Any]:
    """All figures of one level and length."""
    t, s, c, p = (
        np.concatenate([getattr(g, k) for g in groups]) for k in ("truth", "said", "certainty", "confidence")
    )
    right, known = t == s, s != "not_enough_data"
    active = ~np.isin(s, ("lurker", "ordinary", "not_enough_data"))
    firm = c == 2
    per = f1(t, s)
    return {
        "macro": float(np.nanmean(per)),
        "interval": interval(groups, _macro),
        "per": per,
        "count": _macro(t, np.concatenate([g.by_count for g in groups])),
        "words": _macro(t, np.concatenate([g.by_words for g in groups])),
        "firm": float(right[firm].mean()) if firm.any() else float("nan"),
        "firm_n": int(firm.sum()),
        "firm_active": float(right[firm & active].mean()) if (firm & active).any() else float("nan"),
        "firm_active_n": int((firm & active).sum()),
        "ece": ece(p[known], right[known]),
        "ece_active": ece(p[active], right[active]),
        "wrongly": float(active[t == "ordinary"].mean()) if (t == "ordinary").any() else float("nan"),
        "unknown": float((~known).mean()),
    }


def table(found: Sequence[Scored]) -> str:
    """A Markdown table."""
    short = ("org", "think", "talk", "ask", "lurk", "chal", "ord")
    lines = [
        "| weeks | level | macro-F1 (simulated) | counts | lexicon | "
        + " | ".join(short)
        + " | firm right (n) | firm active right (n) | ECE | ECE active | ordinary given a role | no data |",
        "|" + "---|" * (5 + len(short) + 6),
    ]
    for weeks in sorted({g.weeks for g in found}):
        for level in LEVELS:
            groups = [g for g in found if (g.weeks, g.level) == (weeks, level)]
            if groups:
                lines.append(_row(weeks, level, figures(groups)))
    return "\n".join(lines)


def _row(weeks: int, level: str, f: dict[str, Any]) -> str:
    low, high = f["interval"]
    cells = [
        str(weeks), level, f"**{f['macro']:.3f}** ({low:.2f}–{high:.2f})", f"{f['count']:.2f}",
        f"{f['words']:.2f}", *(f"{v:.2f}" for v in f["per"]), f"{f['firm']:.3f} ({f['firm_n']})",
        f"{f['firm_active']:.3f} ({f['firm_active_n']})", f"{f['ece']:.3f}", f"{f['ece_active']:.3f}",
        f"{f['wrongly']:.3f}", f"{f['unknown']:.3f}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def missed(found: Sequence[Scored]) -> list[str]:
    """The floors that 13 weeks do not reach."""
    out = []
    for level, floor in FLOORS.items():
        groups = [g for g in found if (g.weeks, g.level) == (13, level)]
        if not groups:
            continue
        f = figures(groups)
        checks = {
            f"macro-F1 {f['macro']:.3f} < {floor}": f["macro"] < floor,
            f"no better than baselines {f['count']:.2f}, {f['words']:.2f}": f["macro"]
            < max(f["count"], f["words"]) + 0.05,
            f"firm right {f['firm']:.3f} < {FIRM}": f["firm"] < FIRM,
            f"firm active right {f['firm_active']:.3f} < {FIRM}": f["firm_active"] < FIRM,
            f"ECE {f['ece']:.3f} > {ECE}": f["ece"] > ECE,
            f"lurker F1 {f['per'][LABELS.index('lurker')]:.3f} < {LURKER}": f["per"][LABELS.index("lurker")]
            < LURKER,
            f"ordinary given a role {f['wrongly']:.3f} > {WRONGLY}": f["wrongly"] > WRONGLY,
        }
        out += [f"{level}: {text}" for text, bad in checks.items() if bad]
    return out


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pack", choices=("fit", "judge", "exam"), default="judge")
    options.add_argument("--groups", type=int, default=15)
    options.add_argument("--weeks", type=int, nargs="*", default=[13])
    options.add_argument("--no-roster", action="store_true")
    options.add_argument("--check", action="store_true")
    options.add_argument("--keep", type=Path)
    chosen = options.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + chosen.groups)
    jobs = [
        Job(seed, level, weeks, chosen.pack, not chosen.no_roster)
        for weeks in chosen.weeks
        for level in LEVELS
        for seed in seeds
    ]
    found = [scored(case) for case in cases(jobs, chosen.keep)]
    print(f"Simulated groups, pack {chosen.pack}, {chosen.groups} groups a row.\n\n{table(found)}")
    short = missed(found)
    for line in short:
        print("missed:", line, file=sys.stderr)
    return int(chosen.check and bool(short))


if __name__ == "__main__":
    sys.exit(main())
