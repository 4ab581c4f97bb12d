"""Golden rows: what every sample export reads as, kept beside it, so that a change of reading shows in a diff.

    python tests/golden.py              # write sample_exports/*/*.golden.jsonl anew
    python tests/golden.py --check      # say which differ, write nothing
    python tests/golden.py qq-pc-mht    # only those of a format
    python tests/golden.py --list       # the samples that say all by themselves, each ended by NUL

The first line of a golden is ``{"golden": …}``: format, counts, codes, groups, members. Then come the
lines that ``cq messages SAMPLE -f jsonl`` prints in Asia/Shanghai, with ``origin_file`` reduced to the
file's name; of a large sample the first and last of them. ``digest`` is that of all lines.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from cq import export
from cq.errors import InputError
from cq.formats import ReadOptions, Source, all_formats, file_source, identify, only_when_asked_for
from cq.reading import ReadRequest, read

SAMPLES = Path(__file__).resolve().parents[1] / "sample_exports"
SUFFIX = ".golden.jsonl"
MAP = ".map.toml"
"""The column map of a sample ``x.csv`` is ``x.map.toml``."""
ZONE = ZoneInfo("Asia/Shanghai")
WHOLE, FIRST, LAST = 300, 50, 20
"""A sample of more rows than ``WHOLE`` is represented by its ``FIRST`` and ``LAST`` ones."""
MEMBERS = 40


def samples() -> Iterator[Path]:
    """Every sample export: what lies in a folder that bears the id of a format."""
    known = {f.id for f in all_formats()}
    for folder in sorted(SAMPLES.iterdir()):
        if folder.name in known:
            yield from sorted(p for p in folder.iterdir() if not p.name.endswith((SUFFIX, MAP)))


def forced(sample: Path) -> str | None:
    """The ``--input-format`` that a sample needs, because nothing marks its format."""
    ids = {f.id for f in all_formats() if f.sniff is only_when_asked_for}
    return sample.parent.name if sample.parent.name in ids else None


def map_of(sample: Path) -> Path | None:
    """The column map beside a sample that needs one."""
    path = sample.with_name(sample.stem + MAP)
    return path if path.is_file() else None


def needs_its_name(sample: Path) -> bool:
    """Whether a group (or a year) is told by the file's name only, so that a pipe cannot give the same rows."""
    if not sample.is_file():
        return False
    piped = Source("-", lambda: sample.open("rb"), sample.stat().st_size)
    return _groups(file_source(sample)) != _groups(piped)


def _groups(source: Source) -> set[str]:
    try:
        batches = list(identify(source).format.read(source, ReadOptions(ZONE)))
    except InputError:
        return set()
    return {g for b in batches if b.messages is not None for g in b.messages.column("group_id").to_pylist()}


def golden_path(sample: Path) -> Path:
    """Where the golden of a sample stands."""
    return sample.with_name(sample.stem + SUFFIX)


def rows(path: str | Path, input_format: str | None = None) -> list[str]:
    """The lines that ``cq messages`` prints of an export, with the name of the file only."""
    return _read(str(path), input_format)[1]


def golden(sample: Path) -> str:
    """The text of a sample's golden."""
    head, lines = _read(str(sample), forced(sample))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    shown = lines if len(lines) <= WHOLE else [*lines[:FIRST], *lines[-LAST:]]
    head |= {"rows": len(lines), "digest": digest}
    return "\n".join([json.dumps({"golden": head}, ensure_ascii=False), *shown, ""])


def _read(path: str, input_format: str | None) -> tuple[dict[str, object], list[str]]:
    map_ = map_of(Path(path)) if input_format else None
    reading = read(ReadRequest([path], ZONE, input_format=input_format, map=map_))
    try:
        stream = io.BytesIO()
        export.write(reading.log.batches(), "jsonl", stream, ZONE)
        groups = [{**msgspec.to_builtins(s.group), "rows": s.rows} for s in reading.log.spans]
        members = [_known(msgspec.to_builtins(m)) for m in reading.log.members]
        source, tally = reading.sources[0], reading.log.tallies[0]
        head: dict[str, object] = {
            "format": source.format,
            "records": msgspec.to_builtins(source.records),
            "skipped": dict(sorted(source.skipped_by.items())),
            "problems": dict(sorted(tally.problem_counts.items())),
            "notices": dict(sorted(tally.notice_counts.items())),
            "groups": groups,
            "members": members[:MEMBERS],
        }
    finally:
        reading.log.close()
    return head, [_with_name_only(line) for line in stream.getvalue().splitlines()]


def _known(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _with_name_only(line: bytes) -> str:
    row = msgspec.json.decode(line)
    row["origin_file"] = row["origin_file"].replace("\\", "/").rsplit("/", 1)[-1]
    return msgspec.json.encode(row).decode()


def main(arguments: list[str]) -> int:
    """Write or check every golden (or those of the formats named); 1 if one differs or is left over."""
    wrong = 0
    expected = {golden_path(sample): sample for sample in samples()}
    if "--list" in arguments:
        plain = [s for s in expected.values() if forced(s) is None and not needs_its_name(s)]
        print(*plain, sep="\0", end="\0")
        print(
            f"left out, asked for by name or named by their files: {len(expected) - len(plain)}",
            file=sys.stderr,
        )
        return 0
    named = [a for a in arguments if not a.startswith("-")]
    for path, sample in expected.items():
        if named and sample.parent.name not in named:
            continue
        text = golden(sample)
        if path.exists() and path.read_bytes() == text.encode():
            continue
        wrong += 1
        print(f"{'differs' if path.exists() else 'missing'}: {path.relative_to(SAMPLES)}")
        if "--check" not in arguments:
            path.write_bytes(text.encode())
    for path in sorted(set(SAMPLES.glob(f"*/*{SUFFIX}")) - set(expected)) if not named else ():
        wrong += 1
        print(f"without a sample: {path.relative_to(SAMPLES)}")
    return int("--check" in arguments and wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
