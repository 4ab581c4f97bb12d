"""Reading: from paths to one merged log, with an account of every record.

Here formats and store meet, which do not know each other. No analysis, no output.
"""

from __future__ import annotations

import dataclasses
import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cq.ahead import ahead
from cq.errors import InputError, StrictError, UsageError
from cq.logs import OwnedLog

if TYPE_CHECKING:
    from cq.formats import Identified
    from cq.formats._map import ColumnMap
    from cq.model import Batch
    from cq.result import Records, SourceReport
    from cq.store.collector import Collector
    from cq.store.log import MessageLog, Tally

Watch = Callable[[str], None]
"""Told what is being read, for a progress line."""


def quietly(label: str) -> None:
    """A watch that says nothing."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Which exports, and what the files do not tell themselves."""

    paths: Sequence[str]
    zone: ZoneInfo
    input_format: str | None = None
    date: date | None = None
    year: int | None = None
    group: str | None = None
    me: str | None = None
    strict: bool = False
    map: Path | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A finished read: the log, the sources in the order of its tallies, files passed over."""

    log: MessageLog
    sources: list[SourceReport]
    reasons: list[str]
    passed_over: Counter[str] = field(default_factory=Counter)


def read(request: ReadRequest, watch: Watch = quietly) -> Reading:
    """Read and merge exports (or a store). Raises when nothing usable is there."""
    from cq.store import dataset

    stores = [path for path in request.paths if dataset.is_store(path)]
    if stores and len(request.paths) == 1:
        watch(stores[0])
        log: MessageLog = dataset.StoredLog(Path(stores[0]))
        return _finished(log, request, [dataset.describe(Path(stores[0]), log)], ["cq store"], Counter())
    return _merge(request, set(stores), watch)


def _merge(request: ReadRequest, stores: set[str], watch: Watch) -> Reading:
    passed_over: Counter[str] = Counter()
    columns = _column_map(request)
    found = list(
        _identified(
            [p for p in request.paths if p not in stores], request.input_format, passed_over, request.map
        )
    )
    if not found and not stores:
        raise InputError("nothing_usable", path=", ".join(request.paths), count=passed_over.total())
    from cq.store.collector import Collector

    collector = Collector()
    try:
        return _collect(request, sorted(stores), found, passed_over, collector, watch, columns)
    except BaseException:
        collector.close()
        raise


def _column_map(request: ReadRequest) -> ColumnMap | None:
    """``--map``, for the formats that need one and only for these."""
    from cq.formats import all_formats

    needed = {f.id for f in all_formats() if f.needs_map}
    if request.map is None:
        if request.input_format in needed:
            raise UsageError("map_needed", id=request.input_format)
        return None
    if request.input_format not in needed:
        raise UsageError("map_unused", path=request.map, ids=" | ".join(sorted(needed)))
    from cq.formats._map import load

    return load(request.map)


@contextmanager
def few_collections() -> Iterator[None]:
    """Let the garbage collector look for cycles seldom.

    Reading makes millions of short-lived values and no cycles; looking for them all the same took from a
    twentieth to a fifth of the time of reading texts and tables.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _collect(
    request: ReadRequest,
    stores: list[str],
    found: list[Identified],
    passed_over: Counter[str],
    collector: Collector,
    watch: Watch,
    columns: ColumnMap | None,
) -> Reading:
    from cq.formats import ReadOptions
    from cq.model import Batch, Problem
    from cq.store import dataset

    stored = []
    for path in stores:
        watch(path)
        log = dataset.StoredLog(Path(path))
        stored.append(dataset.describe(Path(path), log))
        collector.source(path, "cq-store", unique_ids=False)
        collector.add(Batch(members=log.members, groups=[s.group for s in log.spans]))
        for rows in log.batches():
            collector.add(Batch(rows))
    options = ReadOptions(request.zone, request.date, request.year, columns)
    by_worth = sorted(range(len(found)), key=lambda i: _worth(found[i]))
    for one in (found[i] for i in by_worth):
        watch(one.source.label)
        tally = collector.source(one.source.label, one.format.id, one.format.unique_ids)
        try:
            for batch in ahead(one.format.read(one.source, options)):
                collector.add(_with_everybody(batch) if one.format.roster else batch)
        except InputError as error:  # a bad checksum late in a zip, a disk that gives up
            if tally.rows == 0 and len(found) == 1:
                raise
            collector.add(Batch(problems=[Problem("unreadable", one.source.label, str(error))]))
        one.source.forget()
    merged = collector.finish()
    told = dict(zip(by_worth, merged.tallies[len(stored) :], strict=True))
    merged.tallies = [*merged.tallies[: len(stored)], *(told[i] for i in range(len(found)))]
    reports = [_with_records(r, t) for r, t in zip(stored, merged.tallies, strict=False)]
    reports += [_report(t, one) for t, one in zip(merged.tallies[len(stored) :], found, strict=True)]
    reasons = [*(["cq store"] * len(stored)), *(one.reason for one in found)]
    return _finished(merged, request, reports, reasons, passed_over)


def _worth(one: Identified) -> tuple[bool, int]:
    """The smaller, the more the format tells: of two rows that are one message the first to come stays."""
    return not one.format.unique_ids, len(one.format.lacks)


def _with_everybody(batch: Batch) -> Batch:
    """A batch of a format that lists all members: the groups of its members are complete."""
    import msgspec

    listed = {m.group_id for m in batch.members}
    groups = [
        msgspec.structs.replace(g, complete_members=g.group_id in listed or g.complete_members)
        for g in batch.groups
    ]
    from cq.model import Group

    named = {g.group_id for g in groups}
    groups += [Group(id_, None, "unknown", complete_members=True) for id_ in sorted(listed - named)]
    return dataclasses.replace(batch, groups=groups)


def _identified(
    paths: Sequence[str], forced: str | None, passed_over: Counter[str], map_: Path | None
) -> Iterator[Identified]:
    """The exports among the files; what the user did not name himself may be something else.

    Parts of an export are read with it: among several files they are no exports of their own.
    """
    from cq.formats import Identified, expand, identify

    found: list[tuple[str, Identified | str]] = []
    parts: set[str] = set()
    for candidate in expand(list(paths)):
        if candidate.source.label in parts:  # of thousands of chunks, none need be looked at
            continue
        if map_ is not None and not candidate.named and Path(candidate.source.label) == map_:
            continue
        if found and isinstance(last := found[-1][1], Identified):
            last.source.forget()  # one file's head is kept for its reader, not those of all
        try:
            one = identify(candidate.source, forced)
        except InputError as error:
            if candidate.named:
                raise
            found.append((candidate.source.label, error.code))
        else:
            found.append((candidate.source.label, one))
            parts.update(part.label for part in one.parts)
    for label, what in found:
        if label in parts:
            continue
        if isinstance(what, Identified):
            yield what
        else:
            passed_over[what] += 1


def _finished(
    log: MessageLog,
    request: ReadRequest,
    sources: list[SourceReport],
    reasons: list[str],
    passed_over: Counter[str],
) -> Reading:
    problems = sum(t.problem_counts.total() for t in log.tallies)
    if request.strict and problems:
        first = next(t.problems[0] for t in log.tallies if t.problems)
        raise StrictError("strict", count=problems, code=first.code, where=first.where)
    return Reading(OwnedLog(log, request.me) if request.me else log, sources, reasons, passed_over)


def _report(tally: Tally, one: Identified) -> SourceReport:
    from cq.result import SourceReport

    return SourceReport(
        tally.label,
        tally.format,
        one.sha256,
        one.size,
        _records(tally),
        dict(+tally.skipped),
        tally.problems,
        tally.notices,
        dict(tally.problem_counts),
        dict(tally.notice_counts),
    )


def _with_records(report: SourceReport, tally: Tally) -> SourceReport:
    import msgspec

    return msgspec.structs.replace(report, records=_records(tally), skipped_by=dict(+tally.skipped))


def _records(tally: Tally) -> Records:
    from cq.result import Records

    return Records(
        tally.seen,
        tally.messages,
        tally.members,
        tally.headers,
        tally.problem_counts.total(),
        tally.skipped.total(),
    )
