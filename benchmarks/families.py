"""Measure the reading of every format alone, beside the plain loop of its kind, and print a Markdown table.

    python benchmarks/families.py                       # all formats, 100,000 messages each
    python benchmarks/families.py qce-json --rows 500000
    python benchmarks/families.py --check               # exit 1 when a floor is missed

The inputs come from the test writers: one invented conversation, told again and again as each tool exports
it. Reader and loop take turns in fresh processes, each warmed up on a small export of the same kind; what is
timed is reading, without start-up, merging and writing.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "formats"), str(HERE.parent / "tests")]

from writers import all_writers  # noqa: E402

from conversation import CONVERSATION, ROWS, Conversation, Told  # noqa: E402
from loops import KIND_OF  # noqa: E402

MB = 1e6
WRITERS = all_writers()
FLOORS = {"json": 40.0, "mht": 40.0}
"""Megabytes of input per CPU second."""
RATIOS = {"csv": 0.8, "txt": 0.8, "xlsx": 1 / 3}
"""Time of the reader over that of the plain loop."""


def conversation(rows: int) -> Conversation:
    """The test conversation over and over: times and numbers go on, answers stay within one telling."""
    step = ROWS[-1].after + 3600

    def told() -> Iterator[Told]:
        for i in range(rows):
            turn, at = divmod(i, len(ROWS))
            row, first = ROWS[at], turn * len(ROWS)
            answered = row.reply_to + first if row.reply_to else None
            yield dataclasses.replace(row, n=i + 1, after=row.after + turn * step, reply_to=answered)

    return dataclasses.replace(CONVERSATION, rows=tuple(told()))


def write(files: Mapping[str, bytes], folder: Path) -> int:
    """Lay out an export; its bytes."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return sum(map(len, files.values()))


def timed(what: str, name: str, folder: Path, small: Path) -> dict[str, float]:
    """Run a reader or a loop in a process of its own."""
    argv = [sys.executable, str(HERE / "loops.py"), what, name, str(folder), str(small)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(name: str, rows: int, repeat: int, directory: Path) -> str:
    """One line of the table; ``MISSED`` stands in it where a floor is missed."""
    fmt = name.partition(":")[0]
    big, small = directory / "big" / name.replace(":", "-"), directory / "small" / name.replace(":", "-")
    size = write(WRITERS[name](conversation(rows)), big)
    write(WRITERS[name](conversation(len(ROWS))), small)
    kind = KIND_OF.get(fmt)
    runs: dict[str, list[dict[str, float]]] = {"reader": [], "loop": []}
    for _ in range(repeat):
        for what, found in runs.items():
            if what == "reader" or kind:
                found.append(timed(what, fmt, big, small))
    if not all(runs["reader"]):
        return f"| {name} | {size / MB:.0f} | FAILED | | | |"
    cpu = statistics.median(r["cpu"] for r in runs["reader"])
    peak = max(r["peak_mb"] for r in runs["reader"])
    speed = size / MB / cpu
    ratio = cpu / statistics.median(r["cpu"] for r in runs["loop"]) if kind and all(runs["loop"]) else None
    missed = speed < FLOORS.get(kind or "", 0) or (ratio or 0) > RATIOS.get(kind or "", 1e9)
    shown = f"{ratio:.2f} ({kind})" if ratio is not None else ""
    return (
        f"| {name} | {size / MB:.0f} | {speed:.0f} | {rows / cpu / 1000:.0f} | {shown} | {peak:.0f} |"
        f"{' MISSED' if missed else ''}"
    )


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("names", nargs="*", help="formats, as the test writers call them")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="exit 1 when a floor is missed")
    given = parser.parse_args()
    print(f"{given.rows:,} rows, median of {given.repeat}, {os.cpu_count()} cores\n")
    print("| export | input MB | MB per CPU s | 1,000 rows per CPU s | CPU time ÷ plain loop | peak MB |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    missed = False
    for name in given.names or sorted(WRITERS):
        with tempfile.TemporaryDirectory(prefix="cq-families-") as folder:
            line = measure(name, given.rows, given.repeat, Path(folder))
        missed |= "MISSED" in line or "FAILED" in line
        print(line, flush=True)
    return int(given.check and missed)


if __name__ == "__main__":
    sys.exit(main())
