"""Measure the reading of every format alone, beside the plain loop of its kind, and print a Markdown table.

    python benchmarks/families.py                       # all formats, 100,000 messages each
    python benchmarks/families.py qce-json --rows 500000
    python benchmarks/families.py --check               # exit 1 when a floor is missed

The inputs are the invented talk of the other benchmarks, put down by the test writers as each tool exports
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

from invented import BASE, CONVERSATION, PEOPLE, Conversation, Person, Told  # noqa: E402
from writers import all_writers  # noqa: E402

import conversation as talk  # noqa: E402
from loops import KIND_OF  # noqa: E402

MB = 1e6
WRITERS = all_writers()
FLOORS = {"json": 40.0, "mht": 40.0}
"""Megabytes of input per CPU second."""
RATIOS = {"csv": 0.8, "txt": 0.8, "xlsx": 1 / 3}
"""Time of the reader over that of the plain loop."""


def long(rows: int) -> Conversation:
    """The invented talk of 300 people (94 % text, 5 % pictures, answers, recalls), for the writers."""
    keys = {}
    for i, speaker in enumerate(talk.cast()):
        key = f"s{i}"
        keys[speaker.name] = key
        PEOPLE[key] = Person(key, str(100_860_000 + i * 7919), speaker.wxid, speaker.name, speaker.name)
    offset = int(BASE.timestamp())
    numbers: dict[int, int] = {}

    def told() -> Iterator[Told]:
        for n, m in enumerate(talk.conversation(rows), 1):
            numbers[m.number] = n
            who = keys[m.speaker.name] if m.speaker else None
            at, text = m.at - offset, m.text
            if m.kind == "system" and "撤回" in text:
                actor = keys[text.removesuffix("撤回了一条消息")]
                yield Told(n, at, None, "recall", event="recall", actor=actor, targets=(actor,))
            elif m.kind == "system":
                target = keys[text.removesuffix("加入本群。")]
                yield Told(
                    n, at, None, "system", event="join", actor="kuan", targets=(target,), detail="invite"
                )
            elif m.kind == "image":
                yield Told(n, at, who, "image")
            elif m.mention:
                said = f"@{m.mention.name}\u2005{text}"
                yield Told(n, at, who, text=said, mentions=(keys[m.mention.name],))
            else:
                answered = (
                    numbers.get(m.answered.number) if m.answered and m.answered.kind == "text" else None
                )
                yield Told(n, at, who, text=text, reply_to=answered)

    return dataclasses.replace(CONVERSATION, rows=tuple(told()), people=dict(PEOPLE))


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
    size = write(WRITERS[name](long(rows)), big)
    write(WRITERS[name](CONVERSATION), small)
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
