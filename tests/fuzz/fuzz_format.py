"""Coverage-guided fuzzing of one reader (atheris, which is libFuzzer).

    python tests/fuzz/fuzz_format.py FORMAT [libFuzzer options]   # one target, e.g. -max_total_time=60
    python tests/fuzz/fuzz_format.py --all SECONDS                # every format, one after the other

Whatever the bytes, a reader gives batches that keep their promises or an ``InputError``, in bounded time
and memory. The samples are the seeds. What breaks is left in ``.fuzz/<format>/``.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from cq.formats._map import ColumnMap

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".fuzz"
ZONE = ZoneInfo("Asia/Shanghai")
LIMITS = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=65536")


def seeds(format_id: str) -> list[Path]:
    """The samples of a format, also those inside a folder."""
    folder = ROOT / "sample_exports" / format_id
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.endswith(".golden.jsonl")]


def corpus(format_id: str) -> Path:
    """Where libFuzzer keeps its inputs: the seeds, small enough to be changed quickly, and what it found."""
    folder = WORK / format_id / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(seeds(format_id)):
        (folder / f"seed-{i}").write_bytes(seed.read_bytes()[:65536])
    return folder


def _map(format_id: str) -> ColumnMap:
    """The column map of the format's sample."""
    from cq.formats._map import load

    return load(next((ROOT / "sample_exports" / format_id).glob("*.map.toml")))


def fuzz(format_id: str, options: list[str]) -> None:
    """Run one target; it ends with the process."""
    import atheris

    with atheris.instrument_imports(include=["cq.formats"]):
        from cq.errors import InputError
        from cq.formats import ReadOptions, Source, all_formats

        fmt = next(f for f in all_formats() if f.id == format_id)
        column_map = _map(format_id) if fmt.needs_map else None
        given = ReadOptions(ZONE, date(2026, 2, 1), 2026, map=column_map)
        with contextlib.suppress(InputError):  # loads what the reader imports when it is called
            list(fmt.read(Source("x", lambda: io.BytesIO(b""), 0), given))
    from cq.errors import CqError

    def one(data: bytes) -> None:
        source = Source("x.txt", lambda: io.BytesIO(data), len(data))
        fmt.sniff(source.peek)
        try:
            for batch in fmt.read(source, given):
                if batch.messages is not None:
                    batch.messages.validate(full=True)
                assert min(batch.headers, batch.member_records, *batch.skipped.values()) >= 0
                assert all(p.code and p.where for p in (*batch.problems, *batch.notices))
        except CqError:
            pass

    found = WORK / format_id
    atheris.Setup(["fuzz", str(corpus(format_id)), f"-artifact_prefix={found}/", *LIMITS, *options], one)
    atheris.Fuzz()


def fuzz_all(seconds: str) -> int:
    """Every format in a process of its own, for some seconds; the number of formats that broke."""
    from cq.formats import all_formats

    broken = []
    for fmt in all_formats():
        if not seeds(fmt.id):
            continue
        command = [sys.executable, __file__, fmt.id, f"-max_total_time={seconds}", "-verbosity=0"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"{fmt.id}: {'broken' if done.returncode else 'sound'}", flush=True)
        if done.returncode:
            broken.append(fmt.id)
            print(done.stderr[-4000:], flush=True)
    return len(broken)


if __name__ == "__main__":
    if sys.argv[1] == "--all":
        sys.exit(min(fuzz_all(sys.argv[2]), 1))
    fuzz(sys.argv[1], sys.argv[2:])
