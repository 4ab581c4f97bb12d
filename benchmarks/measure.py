"""What one child process costs: wall time, CPU time and peak memory, as the operating system counts them.

It knows nothing of `cq` or of floors.  Linux and macOS only: `os.wait4` has no equivalent on Windows.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MB = 1_000_000
# `ru_maxrss` counts bytes on macOS and KiB on Linux.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Usage:
    """One run: seconds, megabytes (10^6 bytes), the exit code and the last line on stderr."""

    wall: float
    cpu: float
    peak_mb: float
    exit_code: int
    complaint: str


def measure(argv: Sequence[str], directory: Path) -> Usage:
    """Run a command in `directory` and wait for it; its output goes to files there.

    CPU is user plus system time of the process and the children it waited for.  The peak is the largest
    resident set of any one of them or, on Linux, of all of them together if a sample saw more.  On Linux a
    child starts with the peak of its parent, so whoever calls this must stay small: generate inputs and read
    results in processes of their own.
    """
    complaints = directory / "stderr"
    stop, sampled = threading.Event(), [0]
    with (directory / "stdout").open("wb") as out, complaints.open("wb") as err:
        start = time.perf_counter()
        child = subprocess.Popen(argv, cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        sampler = threading.Thread(target=_sample, args=(child.pid, stop, sampled))
        try:
            if sys.platform == "linux":
                sampler.start()
            _, status, spent = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            child.kill()
            child.wait()
            raise
        finally:
            stop.set()
            if sampler.is_alive():
                sampler.join()
    lines = complaints.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    peak = max(spent.ru_maxrss * MAXRSS_UNIT, sampled[0])
    return Usage(wall, spent.ru_utime + spent.ru_stime, peak / MB, child.returncode, last)


def _sample(pid: int, stop: threading.Event, peak: list[int]) -> None:
    """Keep the largest sum of resident memory over the process and its descendants (Linux)."""
    while not stop.wait(SAMPLE_SECONDS):
        peak[0] = max(peak[0], _tree_bytes(pid))


def _tree_bytes(pid: int) -> int:
    """Add up the resident sets of a process and its descendants; pages they share count more than once."""
    total, waiting = 0, [pid]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        try:
            total += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for children in process.glob("task/*/children"):
                waiting += [int(child) for child in children.read_text().split()]
        except OSError:
            continue  # it ended meanwhile
    return total
