"""How often the ads room is right, and how fast: tables for a reader, floors for ``--check``.

The labels are in ``corpora``, the arithmetic in ``tallies``; README.md says what the figures do not say.
No message is ever printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import attacks
import corpora
import speed
from tables import Floor, Report, shown
from tallies import CONFIRMED, LEVELS, SUSPECTED, Case, Tally, flagged, kinds, tally, unfounded

import cq
from cq.ads.cascade import Judge, judge
from cq.ads.model import Model
from cq.ads.policy import Policy
from cq.ads.rules import book
from cq.ads.verdict import AD_KINDS, Verdict
from cq.ads.words import Reader

Verdicts = Callable[[Sequence[str]], list[Verdict]]


# Systems: the same rules, different weights.


def weights(sources: Iterable[str], half: Literal["dev", "all"]) -> Verdicts:
    """The room with weights fitted on some sources (and the project's own templates) only."""
    import fit

    model = Model.from_bytes(fit.fit(sorted(sources), half, True))
    return Judge(Reader(book(), model), Policy()).verdicts


# Tables.


def _measure(
    report: Report, rows: Sequence[tuple[str, str, Verdicts, Sequence[Case]]]
) -> dict[str, dict[str, Tally]]:
    """One line per corpus, weights and level."""
    found: dict[str, dict[str, Tally]] = {}
    lines = []
    for corpus, system, verdicts, cases in rows:
        given = verdicts(corpora.texts(cases))
        name = f"{corpus} / {system}"
        found[name] = {level: tally(cases, given, level) for level in LEVELS}
        report.figures.setdefault("unfounded", {})[name] = unfounded(given)
        for level, t in found[name].items():
            low, high = t.fp_interval
            fp = None if t.fp_per_1000 is None else f"{t.fp_per_1000:.1f} ({low:.1f}–{high:.1f})"
            ads, others = t.tp + t.fn, t.fp + t.tn
            lines.append([corpus, system, level, ads, others, t.precision, t.recall, t.f1, t.fp, fp])
    report.table(
        ["corpus", "weights", "level", "ads", "others", "precision", "recall", "F1", "FP", "FP/1,000 (95 %)"],
        lines,
    )
    report.figures.setdefault("tallies", {}).update(
        {name: {level: asdict(t) for level, t in levels.items()} for name, levels in found.items()}
    )
    return found


def own_corpora(report: Report) -> None:
    """The shipped judged corpora: messages no weights and no rule have seen."""
    ads, hard, ordinary = (corpora.own(name) for name in ("ads", "hard", "ordinary"))
    shipped, bare = judge(Policy()).verdicts, judge(Policy(model=False)).verdicts
    report.title("Own judged messages")
    found = _measure(
        report,
        [
            (corpus, system, verdicts, cases)
            for system, verdicts in (("shipped", shipped), ("no model", bare))
            for corpus, cases in (
                ("all", ads + hard + ordinary),
                ("hard negatives", hard),
                ("ordinary", ordinary),
            )
        ],
    )
    everything = found["all / shipped"]
    report.floors += _quality("own judged", everything)
    report.floors.append(
        Floor("own ordinary: FP/1,000", found["ordinary / shipped"][SUSPECTED].fp_per_1000, 2, True)
    )
    kind_table(report, "own judged ads, shipped weights", ads, shipped, check=True)
    misses(report, ads, hard, shipped)
    attack_tables(report, ads, ordinary, shipped, bare)
    report.title("Organised talk: clubs, classes, residents")
    clubs = corpora.own("clubs")
    _measure(report, [("clubs", "shipped", shipped, clubs), ("clubs", "no model", bare, clubs)])


def _quality(name: str, found: dict[str, Tally]) -> list[Floor]:
    suspected, confirmed = found[SUSPECTED], found[CONFIRMED]
    return [
        Floor(f"{name}: precision, suspected", suspected.precision, 0.95),
        Floor(f"{name}: recall, suspected", suspected.recall, 0.70),
        Floor(f"{name}: precision, confirmed", confirmed.precision, 0.98),
        Floor(f"{name}: recall, confirmed", confirmed.recall, 0.60),
    ]


def kind_table(
    report: Report, name: str, ads: Sequence[Case], verdicts: Verdicts, *, check: bool = False
) -> None:
    """Right kinds among the ads that were found, and what was taken for what."""
    result = kinds(ads, verdicts(corpora.texts(ads)))
    report.title(f"Kinds: {name}")
    rows: list[list[object]] = []
    for kind in map(str, reversed(AD_KINDS)):
        n = result.found[kind]
        taken = sorted(
            ((given, m) for (true, given), m in result.confusion.items() if true == kind), key=lambda p: -p[1]
        )
        confusion = ", ".join(f"{given} {m}" for given, m in taken if given != kind) or "–"
        first, two = (right[kind] / n if n else None for right in (result.first, result.two))
        rows.append([kind, n + result.missed[kind], n, first, two, confusion])
    total, first, two = result.found.total(), result.share(result.first), result.share(result.two)
    rows.append(["all", total + result.missed.total(), total, first, two, ""])
    report.table(["kind", "ads", "found", "top 1", "top 2", "taken for"], rows)
    report.figures.setdefault("kinds", {})[name] = rows
    if check:
        report.floors.append(Floor("own judged: kind, top 1", first, 0.75))


SHORT, LONG = 12, 60


def misses(report: Report, ads: Sequence[Case], hard: Sequence[Case], verdicts: Verdicts) -> None:
    """Where ads are missed and ordinary messages flagged: by length, kind of group and disguise."""
    given = verdicts(corpora.texts(ads))

    def sort(case: Case) -> list[str]:
        length = len(case.text)
        size = (
            f"≤ {SHORT} characters"
            if length <= SHORT
            else f"> {LONG} characters"
            if length > LONG
            else "between"
        )
        group, _, disguise = case.family.partition("/")
        return [size, disguise or "plain", f"in {group}"]

    report.title("Own judged ads by length, disguise and kind of group")
    names = sorted({name for case in ads for name in sort(case)})
    rows = []
    for name in names:
        chosen = [v for c, v in zip(ads, given, strict=True) if name in sort(c)]
        rows.append(
            [name, len(chosen), *(sum(flagged(v, level) for v in chosen) / len(chosen) for level in LEVELS)]
        )
    report.table(["ads", "n", "confirmed", SUSPECTED], rows)
    report.figures["recall_by"] = rows
    flags = [
        c.family for c, v in zip(hard, verdicts(corpora.texts(hard)), strict=True) if flagged(v, SUSPECTED)
    ]
    counts = {family: flags.count(family) for family in sorted(set(flags))}
    print(f"\nhard negatives flagged: {len(flags)} of {len(hard)}; by kind of group: {counts or 'none'}")
    report.figures["hard_flagged"] = {"n": len(hard), "flagged": len(flags), "families": counts}


def attack_tables(
    report: Report, ads: Sequence[Case], ordinary: Sequence[Case], shipped: Verdicts, bare: Verdicts
) -> None:
    """Recall on the copies an attack changed; false positives of decorated ordinary messages."""
    report.title("Disguised copies of the own judged ads: recall")
    rows: list[list[object]] = []
    for name in attacks.ATTACKS:
        copies = [(case, attacks.attacked(case.text, name)) for case in ads]
        changed = [(case, copy) for case, copy in copies if copy != case.text]
        row: list[object] = [name, len(changed)]
        for verdicts, level in ((shipped, CONFIRMED), (shipped, SUSPECTED), (bare, SUSPECTED)):
            before = tally([c for c, _ in changed], verdicts([c.text for c, _ in changed]), level)
            after = tally([c for c, _ in changed], verdicts([copy for _, copy in changed]), level)
            row += [before.recall, after.recall]
            if name == "together" and verdicts is shipped and level == SUSPECTED:
                report.floors.append(Floor("own judged: recall, all disguises together", after.recall, 0.60))
        rows.append(row)
    head = [
        "attack",
        "copies",
        "confirmed: plain",
        "disguised",
        "suspected: plain",
        "disguised",
        "no model: plain",
        "disguised",
    ]
    report.table(head, rows)
    report.figures["attacks"] = rows
    report.title("Decorated ordinary messages: flagged")
    rows = []
    for name in attacks.ATTACKS:
        written = [Case(copy, False) for c in ordinary if (copy := attacks.styled(c.text, name)) != c.text]
        given = shipped(corpora.texts(written))
        confirmed, suspected = (tally(written, given, level) for level in LEVELS)
        low, high = suspected.fp_interval
        rows.append([name, len(written), confirmed.fp, suspected.fp, f"{low:.1f}–{high:.1f} per 1,000"])
    report.table(["written as by", "messages", "confirmed", SUSPECTED, "95 %"], rows)
    report.figures["decorated"] = rows


def public_corpora(report: Report) -> None:
    """The held halves: with weights that never saw the source, with the other half of it, and without any."""
    bare = judge(Policy(model=False)).verdicts
    unseen = {s: weights(set(corpora.SOURCES) - {s}, "all") for s in corpora.SOURCES}
    other_half = weights(corpora.SOURCES, "dev")
    report.title("Hand-checked sample of the held half")
    hand = {source: corpora.hand_checked(source) for source in corpora.SOURCES}
    found = _measure(
        report,
        [
            (f"hand-checked {source}", system, verdicts, hand[source])
            for source in corpora.SOURCES
            for system, verdicts in (
                ("source unseen", unseen[source]),
                ("other half", other_half),
                ("no model", bare),
            )
        ],
    )
    together = {
        level: sum(
            (found[f"hand-checked {s} / source unseen"][level] for s in corpora.SOURCES), Tally(0, 0, 0, 0)
        )
        for level in LEVELS
    }
    print(
        "\nall hand-checked, source unseen: "
        + ", ".join(
            f"{level}: precision {shown(t.precision)}, recall {shown(t.recall)}"
            for level, t in together.items()
        )
    )
    report.floors += _quality("hand-checked", together)
    report.title("Whole held half, labels as published")
    held = {source: corpora.held(source) for source in corpora.SOURCES}
    found = _measure(
        report,
        [
            (f"held {source}", system, verdicts, held[source])
            for source in corpora.SOURCES
            for system, verdicts in (
                ("source unseen", unseen[source]),
                ("other half", other_half),
                ("no model", bare),
            )
        ],
    )
    report.floors.append(
        Floor(
            "personal chat (held weibo): FP/1,000",
            found["held weibo / source unseen"][SUSPECTED].fp_per_1000,
            2,
            True,
        )
    )
    kind_table(report, "hand-checked sms, source unseen", hand["sms"], unseen["sms"])
    report.title("Examples of the specification (seen while writing), shipped weights")
    seen = corpora.examples()
    _measure(report, [("examples", "shipped", judge(Policy()).verdicts, seen)])
    kind_table(report, "examples (seen while writing), shipped weights", seen, judge(Policy()).verdicts)


def speeds(report: Report, public: bool) -> None:
    """Through the public door, on one core."""
    report.title("Speed, one core, cq.classify_ads")
    found = speed.throughput(cq.classify_ads, public)
    report.table(
        ["messages", "n", "per second"], [[s.name, s.messages, f"{s.per_second:,.0f}"] for s in found]
    )
    seconds = speed.megabyte_seconds(cq.classify_ads)
    print()
    report.table(["1 MB message of", "seconds"], seconds.items())
    report.figures["speed"] = {s.name: s.per_second for s in found} | {"megabyte_seconds": seconds}
    limits = {"ordinary": 100_000, "ads": 5_000}
    report.floors += [Floor(f"speed: {s.name}, messages/s", s.per_second, limits[s.name]) for s in found]
    report.floors.append(Floor("speed: slowest 1 MB message, s", max(seconds.values()), 1.0, True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--skip-speed", action="store_true", help="leave the timings out (a busy machine)")
    options = parser.parse_args()
    report, gone = Report(), corpora.missing()
    own_corpora(report)
    if gone:
        report.skip(
            "public data", f"{gone}; neither weights for unseen sources nor held messages are measured"
        )
    else:
        public_corpora(report)
    if options.skip_speed:
        report.skip("speed", "--skip-speed")
    else:
        speeds(report, not gone)
    report.floors.append(
        Floor("verdicts without valid evidence", sum(report.figures["unfounded"].values()), 0, True)
    )
    report.title("Floors")
    report.table(
        ["floor", "figure", "limit", ""],
        [
            [f.name, f.figure, f"{'≤' if f.most else '≥'} {f.limit:,}", "kept" if f.kept else "MISSED"]
            for f in report.floors
        ],
    )
    report.figures["floors"] = [f._asdict() | {"kept": f.kept} for f in report.floors]
    if options.json:
        options.json.write_text(
            json.dumps(report.figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return int(options.check and not all(f.kept for f in report.floors))


if __name__ == "__main__":
    sys.exit(main())
