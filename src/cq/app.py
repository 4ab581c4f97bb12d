"""The use cases: what ``cq`` does, without a terminal. They return values and never print.

Here the rooms meet that do not know each other: formats read, the store merges, analyses answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cq import __version__
from cq.errors import CqError, InputError, StrictError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from cq.formats import Identified
    from cq.result import Analysis, FormatInfo, Identification, Records, SourceReport
    from cq.store.dataset import ImportReport
    from cq.store.log import GroupSpan, MessageLog, Tally

Watch = Callable[[str], None]
"""Told what is being read, for a progress line."""

_QUIETLY: Watch = lambda label: None  # noqa: E731 - a value, not a function of its own


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


@dataclass(frozen=True, slots=True)
class Reading:
    """A finished read: the log, the sources in the order of its tallies, files passed over."""

    log: MessageLog
    sources: list[SourceReport]
    reasons: list[str]
    passed_over: Counter[str] = field(default_factory=Counter)

    @property
    def complete_members(self) -> bool:
        """Whether every source that lists members lists all of them."""
        from cq.formats import all_formats

        formats = {f.id: f for f in all_formats()}
        listing = [t for t in self.log.tallies if t.members or t.format == "cq-store"]
        return bool(listing) and all(t.format in formats and formats[t.format].roster for t in listing)

    @property
    def explicit_replies(self) -> bool:
        """Whether any source can carry which message answers which."""
        from cq.formats import all_formats

        silent = {f.id for f in all_formats() if not f.replies}
        return any(t.format not in silent for t in self.log.tallies)


def read(request: ReadRequest, watch: Watch = _QUIETLY) -> Reading:
    """Read and merge exports (or a store). Raises when nothing usable is there."""
    from cq.store import dataset

    stores = [path for path in request.paths if dataset.is_store(path)]
    if stores and len(request.paths) == 1:
        watch(stores[0])
        log: MessageLog = dataset.StoredLog(Path(stores[0]))
        return _finished(log, request, [dataset.describe(Path(stores[0]), log)], ["cq store"], Counter())
    return _merge(request, set(stores), watch)


def _merge(request: ReadRequest, stores: set[str], watch: Watch) -> Reading:
    from cq.formats import ReadOptions

    passed_over: Counter[str] = Counter()
    found = list(_identified([p for p in request.paths if p not in stores], request.input_format, passed_over))
    if not found and not stores:
        raise InputError("nothing_usable", path=", ".join(request.paths), count=passed_over.total())
    from cq.model import Batch
    from cq.store import dataset
    from cq.store.log import Collector

    collector = Collector()
    stored = []
    for path in sorted(stores):
        watch(path)
        log = dataset.StoredLog(Path(path))
        stored.append(dataset.describe(Path(path), log))
        collector.source(path, "cq-store", unique_ids=False)
        collector.add(Batch(members=log.members, groups=[s.group for s in log.spans]))
        for rows in log.batches():
            collector.add(Batch(rows))
    options = ReadOptions(request.zone, request.date, request.year)
    for one in found:
        watch(one.source.label)
        collector.source(one.source.label, one.format.id, one.format.unique_ids)
        for batch in one.format.read(one.source, options):
            collector.add(batch)
    merged = collector.finish()
    reports = [_report(t, one) for t, one in zip(merged.tallies[len(stored) :], found, strict=True)]
    for report, tally in zip(stored, merged.tallies, strict=False):
        reports.insert(0, _with_records(report, tally))
    return _finished(merged, request, reports, [*(["cq store"] * len(stored)), *(o.reason for o in found)], passed_over)


def _identified(paths: Sequence[str], forced: str | None, passed_over: Counter[str]) -> Iterator[Identified]:
    """The exports among the files; what the user did not name himself may be something else."""
    from cq.formats import expand, identify

    for candidate in expand(list(paths)):
        try:
            yield identify(candidate.source, forced)
        except InputError as error:
            if candidate.named:
                raise
            passed_over[error.code] += 1


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
    return Reading(log, sources, reasons, passed_over)


def _report(tally: Tally, one: Identified) -> SourceReport:
    from cq.result import SourceReport

    return SourceReport(
        tally.label,
        tally.format,
        one.source.sha256,
        one.source.size,
        _records(tally),
        dict(+tally.skipped),
        tally.problems,
        tally.notices,
        dict(tally.problem_counts),
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


def chosen(log: MessageLog, wanted: str | None) -> list[GroupSpan]:
    """The groups ``--group`` means: by id, else by name, else by a part of the name; most talk first."""
    spans = sorted(log.spans, key=lambda s: (-s.rows, s.group.group_id))
    if not spans:
        raise InputError("no_messages", path=", ".join(t.label for t in log.tallies))
    if wanted is None:
        return spans
    name = wanted.casefold()
    tests: tuple[Callable[[GroupSpan], bool], ...] = (
        lambda s: s.group.group_id == wanted,
        lambda s: (s.group.group_name or "") == wanted,
        lambda s: name in (s.group.group_name or "").casefold(),
    )
    for test in tests:
        found = [s for s in spans if test(s)]
        if found:
            return found
    names = "、".join((s.group.group_name or s.group.group_id) for s in spans[:5])
    raise InputError("group_not_found", group=wanted, names=names)


def identify(request: ReadRequest, watch: Watch = _QUIETLY) -> tuple[Identification, Counter[str]]:
    """A dry run: which format and why, what reading gives. Also the files passed over, by reason."""
    from cq.analysis import Window
    from cq.result import GroupCount, Identification, IdentifiedSource, Span

    reading = read(request, watch)
    sources = []
    for report, tally, reason in zip(reading.sources, reading.log.tallies, reading.reasons, strict=True):
        spans = tally.spans
        time = Window(0, 0, request.zone).isoformat
        sources.append(
            IdentifiedSource(
                **{f: getattr(report, f) for f in report.__struct_fields__},
                reason=reason,
                groups=[
                    GroupCount(s.group.group_id, s.group.group_name, s.group.platform, s.group.chat_kind, s.rows)
                    for s in spans
                ],
                span=Span(time(min(s.first for s in spans)), time(max(s.last for s in spans))) if spans else None,
            )
        )
    reading.log.close()
    return Identification(sources), reading.passed_over


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """``--since``, ``--until``, ``--last`` as typed."""

    since: str | None = None
    until: str | None = None
    back: str | None = None

    def over(self, spans: Sequence[GroupSpan], zone: ZoneInfo) -> Any:
        """The window over the groups' log; an error if no message lies in it."""
        from cq.analysis._window import empty, window

        first, last = min(s.first for s in spans), max(s.last for s in spans)
        found = window(first, last, zone, since=self.since, until=self.until, back=self.back)
        if found.end <= first or found.start > last:
            raise empty(found, first, last)
        return found


def messages(reading: Reading, request: ReadRequest, window: WindowRequest) -> Iterator[pa.RecordBatch]:
    """Normalised messages of the chosen groups and window, group by group, by time."""
    spans = chosen(reading.log, request.group)
    bounds = window.over(spans, request.zone)
    since, until = (bounds.start, bounds.end) if bounds.bounded else (None, None)
    wanted = None if request.group is None else {s.group.group_id for s in spans}
    rows = _with_me(reading.log.batches(wanted, since, until), request.me)
    first = next(rows, None)
    if first is None:
        from cq.analysis._window import empty

        raise empty(bounds, min(s.first for s in spans), max(s.last for s in spans))

    def stream() -> Iterator[pa.RecordBatch]:
        yield first
        yield from rows

    return stream()


def _with_me(batches: Iterable[pa.RecordBatch], me: str | None) -> Iterator[pa.RecordBatch]:
    """``--me``: who the export's owner is, where the export says ``self`` or does not say."""
    if me is None:
        yield from batches
        return
    from cq.store.names import with_owner

    for batch in batches:
        yield with_owner(batch, me)


def by_group(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, list[pa.RecordBatch]]]:
    """Rows that come group by group, as one list of batches per group."""
    from cq.store.log import split_groups

    held: list[pa.RecordBatch] = []
    current: str | None = None
    for batch in batches:
        for group_id, piece in split_groups(batch):
            if current is not None and group_id != current:
                yield current, held
                held = []
            current = group_id
            held.append(piece)
    if current is not None:
        yield current, held


@dataclass(frozen=True, slots=True)
class AnalyzeRequest:
    """Which sections over which window, and the operator's side files."""

    window: WindowRequest = WindowRequest()
    sections: Sequence[str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    roster: Path | None = None
    alias: Path | None = None


def default_settings() -> dict[str, Any]:
    """The default settings of every analysis, by section id."""
    from cq.analysis import all_analyzers

    return {a.id: a.settings for a in all_analyzers()}


def analyze(request: ReadRequest, what: AnalyzeRequest, watch: Watch = _QUIETLY) -> Analysis:
    """The main job: exports in, findings out."""
    check_sections(what.sections)
    from cq import sidefiles

    alias = sidefiles.read_alias(what.alias) if what.alias else {}
    roster = sidefiles.read_roster(what.roster, request.zone) if what.roster else None
    reading = read(request, watch)
    try:
        return _analyze(reading, request, what, alias, roster)
    finally:
        reading.log.close()


def check_sections(sections: Sequence[str] | None) -> None:
    """Refuse a section that does not exist."""
    from cq.analysis import all_analyzers

    known = [a.id for a in all_analyzers()]
    for section in sections or ():
        if section not in known:
            raise UsageError("unknown_section", section=section, known=", ".join(known))


def _analyze(
    reading: Reading,
    request: ReadRequest,
    what: AnalyzeRequest,
    alias: Mapping[str, str],
    roster: Any,
) -> Analysis:
    from cq.analysis import Window
    from cq.analysis._build import build
    from cq.analysis._window import empty
    from cq.result import Analysis, PreviousSpan, WindowSpan

    spans = chosen(reading.log, request.group)
    if roster is not None and len(spans) > 1:
        raise CqError("roster_needs_group", count=len(spans))
    window: Window = what.window.over(spans, request.zone)
    groups = {s.group.group_id: s.group for s in spans}
    results = {}
    wanted = None if request.group is None else set(groups)
    for group_id, batches in by_group(_with_me(reading.log.batches(wanted), request.me)):
        view = build(
            batches,
            groups[group_id],
            [m for m in reading.log.members if m.group_id == group_id],
            zone=request.zone,
            complete_members=reading.complete_members,
            explicit_replies=reading.explicit_replies,
            alias=alias,
            roster=roster,
        )
        if view.rows(window).start < view.rows(window).stop:
            results[group_id] = _group_result(view, window, what)
    if not results:
        raise empty(window, min(s.first for s in spans), max(s.last for s in spans))
    before = window.predecessor()
    return Analysis(
        __version__,
        WindowSpan(window.isoformat(window.start), window.isoformat(window.end), str(request.zone)),
        PreviousSpan(window.isoformat(before.start), window.isoformat(before.end)) if before else None,
        reading.sources,
        [results[g] for g in groups if g in results],
    )


def _group_result(view: Any, window: Any, what: AnalyzeRequest) -> Any:
    from cq.analysis import all_analyzers
    from cq.analysis._quality import quality
    from cq.result import GroupInfo, GroupResult

    before = window.predecessor()
    covered = before is not None and len(view) and view.sent_at[0] < before.end
    sections = {}
    for analyzer in all_analyzers():
        if what.sections is not None and analyzer.id not in what.sections:
            continue
        settings = what.settings.get(analyzer.id, analyzer.settings)
        section = analyzer.run(view, window, settings)
        sections[analyzer.id] = _with_previous(section, analyzer.run(view, before, settings)) if covered else section
    group = view.group
    info = GroupInfo(group.group_id, group.group_name, group.platform, group.chat_kind)
    return GroupResult(info, quality(view, window), sections)


def _with_previous(section: Any, before: Any) -> Any:
    """The section with the values of the window before; only where the log reaches back that far."""
    import msgspec

    metrics = {
        code: msgspec.structs.replace(m, previous=before.metrics[code].value) if code in before.metrics else m
        for code, m in section.metrics.items()
    }
    return msgspec.structs.replace(section, metrics=metrics)


def import_(request: ReadRequest, store: Path, watch: Watch = _QUIETLY) -> ImportReport:
    """Merge exports into a store."""
    from cq.store import dataset

    reading = read(request, watch)
    try:
        return dataset.add(store, reading.log, reading.sources)
    finally:
        reading.log.close()


def formats() -> list[FormatInfo]:
    """The formats that can be read."""
    from cq.formats import all_formats
    from cq.result import FormatInfo

    return [FormatInfo(f.id, f.title, f.platform, f.unique_ids, f.replies, f.roster) for f in all_formats()]


def init(folder: Path, lang: str) -> list[Path]:
    """Write a commented ``cq.toml`` and templates into ``folder``; what was written."""
    from importlib.resources import files

    from cq.streams import unwritable

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("cq.toml", "roster.csv", "alias.csv"):
            path = folder / name
            if path.exists():
                raise CqError("init_exists", path=path)
        for name in ("cq.toml", "roster.csv", "alias.csv"):
            template = files("cq.templates").joinpath(lang, name).read_text(encoding="utf-8")
            bom = "utf-8" if name.endswith(".toml") else "utf-8-sig"  # Excel opens CSV right only with a BOM
            (folder / name).write_text(template, encoding=bom, newline="\n")
            written.append(folder / name)
    except OSError as error:
        raise unwritable(folder, error) from error
    return written
