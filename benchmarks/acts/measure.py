"""How often acts are right on simulated groups: precision, recall and F1 of every act, per turn.

    python benchmarks/acts/measure.py                          # both packs, levels L1 to L4, as a table
    python benchmarks/acts/measure.py --pack fit --seeds 1-8 --weeks 13 --json FILE
    python benchmarks/acts/measure.py --pack fit --show dissent    # missed and wrong texts, of fit only

A turn of cq truly does what any of its messages does in the simulation; turns of bots are left out. Rules
were written with the texts of the pack ``fit`` in view; nobody read those of ``judge`` while writing rules.
Simulated talk is not real talk: the figures say how far rules carry over to other people's wording, not how
they do in real groups. What stands in pictures and voice counts as missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "roles"))
from worlds import view_of, world

from cq.analysis._conversation import Conversation, conversation
from cq.conversation.acts import ACTS, Act

TRUE_NAMES = {
    "q": Act.QUESTION, "help": Act.HELP, "ans": Act.ANSWER, "sub": Act.SUBSTANCE, "chat": Act.CHAT,
    "fill": Act.FILLER, "ann": Act.NOTICE, "rule": Act.RULE, "mod": Act.MODERATION, "welcome": Act.WELCOME,
    "open": Act.OPENING, "event": Act.EVENT, "ad": Act.AD, "selfp": Act.SELF_PROMOTION, "friend": Act.ADD_ME,
    "chal": Act.DISSENT, "redp": Act.RED_PACKET, "intro": Act.INTRODUCTION, "order": Act.ORDER,
}  # fmt: skip
LEVELS = ("L1", "L2", "L3", "L4")


def true_acts(talk: Conversation, acts: Iterable[frozenset[str]]) -> list[frozenset[Act]]:
    """Per turn what its messages truly do."""
    found: list[set[Act]] = [set() for _ in range(len(talk.turns))]
    for turn, names in zip(talk.turns.of_row.tolist(), acts, strict=True):
        if turn >= 0:
            found[turn] |= {TRUE_NAMES[name] for name in names}
    return [frozenset(some) for some in found]


def tally(
    pack: str, levels: Iterable[str], seeds: Iterable[int], weeks: int, show: Act | None
) -> Counter[Any]:
    """Hits, found and true by level and act."""
    counts: Counter[Any] = Counter()
    for level in levels:
        for seed in seeds:
            sim = world(seed, level, weeks, pack)  # type: ignore[arg-type]
            talk = conversation(view_of(sim))
            truth = true_acts(talk, sim.truth.acts)
            bots = [p.id in sim.truth.is_bot for p in talk.view.people]
            people = ~np.array(bots, np.bool_)[talk.turns.person]
            for act in ACTS:
                found = talk.acts.has(act) & people
                true = np.array([act in some for some in truth], np.bool_)
                for name, flags in (("hit", found & true), ("found", found), ("true", true)):
                    counts[level, act, name] += int(flags.sum())
            if show and pack == "fit":
                exhibit(talk, truth, show, counts)
    return counts


def exhibit(talk: Conversation, truth: list[frozenset[Act]], act: Act, counts: Counter[Any]) -> None:
    """Count the texts that were missed or wrongly taken."""
    found, rows = talk.acts.has(act), talk.turns
    for turn, some in enumerate(truth):
        if found[turn] != (act in some):
            span = range(rows.first_row[turn], rows.last_row[turn] + 1)
            said = [talk.talk.text[row].as_py() for row in span if rows.of_row[row] == turn]
            text = " / ".join(one for one in said if one)
            if text:
                kind = "wrong" if found[turn] else "missed"
                rules = (
                    ",".join(s.rule for s in talk.acts.rules_of(turn) if s.act is act) if found[turn] else ""
                )
                counts["text", kind, f"{text[:70]}  [{','.join(sorted(some))}] {rules}"] += 1


def figures(hit: int, found: int, true: int) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1; None where nothing was found or nothing is true."""
    precision = hit / found if found else None
    recall = hit / true if true else None
    return precision, recall, 2 * hit / (found + true) if found + true else None


def table(counts: Counter[Any], levels: Iterable[str], title: str) -> dict[str, Any]:
    """Print one line an act, levels together and F1 of each apart."""
    levels = list(levels)
    print(f"{title:16} {'true':>7} {'found':>7} {'prec':>6} {'rec':>6} {'F1':>6}   F1 of {' '.join(levels)}")
    out: dict[str, Any] = {}
    for act in ACTS:
        sums = [sum(counts[level, act, name] for level in levels) for name in ("hit", "found", "true")]
        each = [figures(*(counts[lv, act, n] for n in ("hit", "found", "true")))[2] for lv in levels]
        precision, recall, f1 = figures(*sums)
        out[act] = {"true": sums[2], "found": sums[1], "precision": precision, "recall": recall, "f1": f1}
        cells = " ".join(f"{x:6.2f}" if x is not None else "     –" for x in (precision, recall, f1, *each))
        print(f"{act:16} {sums[2]:7} {sums[1]:7} {cells}")
    return out


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pack", choices=("fit", "judge"), action="append")
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--seeds", default="101-106")
    parser.add_argument("--weeks", type=int, default=13)
    parser.add_argument("--show", type=Act)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    low, _, high = options.seeds.partition("-")
    seeds, levels = range(int(low), int(high or low) + 1), options.levels.split(",")
    out = {}
    for pack in options.pack or ("fit", "judge"):
        counts = tally(pack, levels, seeds, options.weeks, options.show)
        out[pack] = table(counts, levels, pack)
        for kind in ("missed", "wrong") if options.show else ():
            texts = Counter({k[2]: n for k, n in counts.items() if k[:2] == ("text", kind)})
            print(f"\n{kind}: {sum(texts.values())}")
            for text, times in texts.most_common(60):
                print(f"{times:4} {text}")
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
