"""Measure `cq` as whole processes, next to reference work in the same run, and print Markdown tables.

The steps of a case take turns (A B A B …), so that a slow spell of the machine meets both; the tables show
medians.  Seconds belong to one machine, ratios travel.  `cases` says what is measured, `measure` how.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import generate
from cases import CASES, Case, Medians, Step, find_cq
from measure import MB, Usage, measure

QUICK_REPEATS = 7
GENERATOR = Path(generate.__file__)
Outcome = dict[str, Any]


def provide(directory: Path, export: str, count: int) -> Path:
    """Return the generated export, made in a process of its own so that this one stays small."""
    path = generate.export_path(directory, export, count)
    if not path.exists():
        say(f"generating {export}, {count:,} messages")
        argv = [sys.executable, str(GENERATOR), str(directory), "--format", export, "--messages", str(count)]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return path


def warm(path: Path) -> None:
    """Read a file once, so that no run is the first to fetch it from the disk."""
    with path.open("rb", buffering=0) as stream:
        while stream.read(1 << 20):
            pass


def say(line: str) -> None:
    """Tell on stderr what is going on."""
    print(line, file=sys.stderr, flush=True)


def run_step(step: Step, directory: Path) -> Usage:
    """Run a step once, after removing what it must not find."""
    if step.wiped:
        target = directory / step.wiped
        if target.is_dir():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
    return measure(step.argv, directory)


def fault(step: Step, usage: Usage, directory: Path) -> str | None:
    """Say what is wrong with a finished run: its exit code, or the number of messages in its result."""
    if usage.exit_code:
        say(f"  {step.label}: exit {usage.exit_code}: {usage.complaint}")
        return f"exit {usage.exit_code}"
    if step.counted is None:
        return None
    argv = [sys.executable, "-c", step.counted.code, step.counted.file]
    counting = subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False)
    if counting.returncode:
        say(f"  {step.label}: result not countable: {counting.stderr.strip()[-200:]}")
        return "result not countable"
    found = int(counting.stdout)
    return None if found == step.counted.messages else f"{found:,} of {step.counted.messages:,} messages"


def run_case(case: Case, repeat: int, directory: Path) -> Outcome:
    """Run the steps of a case in turns; a step that fails is not repeated and leaves its figures empty."""
    for source in {step.source for step in case.steps if step.source}:
        warm(source)
    rounds = max(repeat, QUICK_REPEATS) if case.quick else repeat
    runs: list[list[Usage]] = [[] for _ in case.steps]
    faults: list[str | None] = [None for _ in case.steps]
    if case.quick:
        for step in case.steps:
            run_step(step, directory)
    for turn in range(rounds):
        for index, step in enumerate(case.steps):
            if faults[index] is None:
                usage = run_step(step, directory)
                say(f"  {turn + 1}/{rounds} {step.label}: {usage.wall:.2f} s, {usage.peak_mb:.0f} MB")
                runs[index].append(usage)
                faults[index] = fault(step, usage, directory)
    medians = [_medians(step, taken) for step, taken in zip(case.steps, runs, strict=True)]
    sound = not any(faults)
    figures = []
    for figure in case.figures:
        value = figure.value(medians) if sound else None
        met = None if figure.limit is None else value is not None and figure.holds(value)
        sense = "≥" if figure.at_least else "≤"
        figures.append(
            {"name": figure.name, "value": value, "limit": figure.limit, "sense": sense, "met": met}
        )
    steps = [
        {
            "label": step.label,
            "command": _shown(step),
            "median": asdict(median),
            "fault": wrong,
            "runs": [{"wall": u.wall, "cpu": u.cpu, "peak_mb": u.peak_mb} for u in taken],
        }
        for step, median, wrong, taken in zip(case.steps, medians, faults, runs, strict=True)
    ]
    return {"id": case.id, "steps": steps, "figures": figures}


def _medians(step: Step, runs: list[Usage]) -> Medians:
    median = statistics.median
    size = step.source.stat().st_size / MB if step.source else 0.0
    return Medians(
        median(u.wall for u in runs), median(u.cpu for u in runs), median(u.peak_mb for u in runs), size
    )


def _shown(step: Step) -> str:
    """Write a command as one would type it, with bare file names."""
    return " ".join(Path(word).name if word.startswith("/") else word for word in step.argv)


def machine(cq: str) -> dict[str, str | int]:
    """Describe what the figures depend on, and nothing that identifies the machine."""
    version = subprocess.run([cq, "--version"], capture_output=True, text=True, check=False)
    return {
        "cq": version.stdout.strip().split("\n")[-1] if version.returncode == 0 else "cq (version unknown)",
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "os": f"{platform.system()} {platform.machine()}",
    }


def tables(about: dict[str, str | int], messages: int, repeat: int, outcomes: list[Outcome]) -> str:
    """Lay out the outcomes as two Markdown tables: what was run, and what follows."""
    lines = [
        f"{about['cq']}, {messages:,} messages, {repeat} repeats; "
        f"{about['cores']} cores, Python {about['python']}, {about['os']}",
        "",
        "| case | step | input MB | wall s (min–max) | CPU s | peak MB |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for outcome in outcomes:
        for step in outcome["steps"]:
            median, walls = step["median"], [run["wall"] for run in step["runs"]]
            size = f"{median['input_mb']:.1f}" if median["input_mb"] else ""
            spread = f"{median['wall']:.2f} ({min(walls):.2f}–{max(walls):.2f})"
            cells = f"{size} | {spread} | {median['cpu']:.2f} | {median['peak_mb']:.0f}"
            if step["fault"]:
                cells = f"{size} | failed: {step['fault']} | | "
            lines.append(f"| {outcome['id']} | {step['label']} | {cells} |")
    lines += ["", "| case | figure | measured | floor | met |", "|---|---|---:|---:|---|"]
    for outcome in outcomes:
        for figure in outcome["figures"]:
            value = "" if figure["value"] is None else f"{figure['value']:.2f}"
            floor = "" if figure["limit"] is None else f"{figure['sense']} {figure['limit']:g}"
            met = {None: "", True: "yes", False: "**no**"}[figure["met"]]
            lines.append(f"| {outcome['id']} | {figure['name']} | {value} | {floor} | {met} |")
    return "\n".join(lines)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure cq next to plain reference work.")
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N", help="default 1000000")
    parser.add_argument("--repeat", type=int, default=3, metavar="K", help="runs of every step (default 3)")
    parser.add_argument("--only", metavar="CASE,…", help=f"of {', '.join(CASES)}")
    parser.add_argument("--big", action="store_true", help="also the case with ten times the messages")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep generated inputs here for next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run as JSON, too")
    parser.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    options = parser.parse_args()
    options.cases = (
        options.only.split(",") if options.only else [c for c in CASES if c != "big" or options.big]
    )
    if unknown := [case for case in options.cases if case not in CASES]:
        parser.error(f"unknown case {unknown[0]}; known: {', '.join(CASES)}")
    if options.messages < 1 or options.repeat < 1:
        parser.error("--messages and --repeat must be at least 1")
    if not hasattr(os, "wait4"):
        parser.error("needs os.wait4: run it on Linux or macOS")
    options.cq = find_cq()
    if options.cq is None:
        parser.error("no cq beside this Python or on PATH: install the project first")
    return options


def main() -> int:
    """Measure the cases asked for; the exit code is 1 when `--check` finds a floor missed."""
    options = parse()
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        inputs = options.keep.resolve() if options.keep else directory / "inputs"
        for name in options.cases:
            say(name)
            case = CASES[name](
                options.cq, lambda export, count: provide(inputs, export, count), options.messages
            )
            outcomes.append(run_case(case, options.repeat, directory))
    about = machine(options.cq)
    print(tables(about, options.messages, options.repeat, outcomes))
    if options.json:
        found = {"machine": about, "messages": options.messages, "repeat": options.repeat, "cases": outcomes}
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    missed = any(figure["met"] is False for outcome in outcomes for figure in outcome["figures"])
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
