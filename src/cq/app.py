"""The use cases: what ``cq`` does, without a terminal. They return values and never print.

Here the rooms meet that do not know each other: formats read, the store merges, analyses answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cq import __version__
from cq.ahead import ahead
from cq.errors import CqError, UsageError
from cq.jobs import IN_PROCESS, Jobs
from cq.logs import OwnedLog, chosen, frame_log
from cq.operators import NOTHING_TOLD, Operators
from cq.reading import Reading, ReadRequest, Watch, quietly, read
from cq.views import views

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import pandas as pd
    import pyarrow as pa

    from cq.analysis import GroupView, Window
    from cq.model import Group
    from cq.result import Analysis, FormatInfo, GroupResult, Identification
    from cq.store.dataset import ImportReport
    from cq.store.log import GroupSpan


def identify(request: ReadRequest, watch: Watch = quietly) -> tuple[Identification, Counter[str]]:
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
                    GroupCount(
                        s.group.group_id, s.group.group_name, s.group.platform, s.group.chat_kind, s.rows
                    )
                    for s in spans
                ],
                span=Span(time(min(s.first for s in spans)), time(max(s.last for s in spans)))
                if spans
                else None,
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
    rows = ahead(reading.log.batches(wanted, since, until))
    first = next(rows, None)
    if first is None:
        from cq.analysis._window import empty

        raise empty(bounds, min(s.first for s in spans), max(s.last for s in spans))

    def stream() -> Iterator[pa.RecordBatch]:
        yield first
        yield from rows

    return stream()


def only_group(reading: Reading, request: ReadRequest) -> Group:
    """The one group that was chosen, for files that can hold only one."""
    spans = chosen(reading.log, request.group)
    if len(spans) > 1:
        names = "、".join((s.group.group_name or s.group.group_id) for s in spans[:5])
        raise UsageError("one_group_only", count=len(spans), names=names)
    return spans[0].group


PORTFOLIO = "portfolio"
"""The section about all groups together."""


@dataclass(frozen=True, slots=True)
class AnalyzeRequest:
    """Which sections over which window, and the operator's side files.

    ``compared``: with the values of the window before, where the log reaches back over it. ``operators``:
    what only they know of the groups. ``jobs``: processes for what a large group takes long over.
    """

    window: WindowRequest = WindowRequest()
    sections: Sequence[str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    roster: Path | None = None
    alias: Path | None = None
    compared: bool = True
    operators: Operators = NOTHING_TOLD
    jobs: int = 1


def default_settings() -> dict[str, Any]:
    """The default settings of every analysis, by section id."""
    from cq.analysis import all_analyzers

    return {a.id: a.settings for a in all_analyzers()}


def analyze(request: ReadRequest, what: AnalyzeRequest, watch: Watch = quietly) -> Analysis:
    """The main job: exports in, findings out."""
    check_sections(what.sections)
    from cq import sidefiles

    # The side files first: a misspelt one should not cost the reading of a large export.
    alias = sidefiles.read_alias(what.alias) if what.alias else {}
    roster = sidefiles.read_roster(what.roster, request.zone) if what.roster else None
    reading = read(request, watch)
    try:
        with Jobs(what.jobs) as jobs:
            return _analyze(reading, request, what, alias, roster, jobs)
    finally:
        reading.log.close()


def analyze_rows(frame: pd.DataFrame, request: ReadRequest, what: AnalyzeRequest) -> Analysis:
    """The same for rows that were read before, as :func:`cq.read` returns them."""
    from cq import sidefiles

    check_sections(what.sections)
    alias = sidefiles.read_alias(what.alias) if what.alias else {}
    roster = sidefiles.read_roster(what.roster, request.zone) if what.roster else None
    log = frame_log(frame)
    try:
        owned = OwnedLog(log, request.me) if request.me else log
        return _analyze(Reading(owned, [], []), request, what, alias, roster, IN_PROCESS)
    finally:
        log.close()


def check_sections(sections: Sequence[str] | None) -> None:
    """Refuse a section that does not exist."""
    from cq.analysis import section_ids

    known = (*section_ids(), PORTFOLIO)
    for section in sections or ():
        if section not in known:
            raise UsageError("unknown_section", section=section, known=", ".join(known))


def _analyze(
    reading: Reading,
    request: ReadRequest,
    what: AnalyzeRequest,
    alias: Mapping[str, str],
    roster: Any,
    jobs: Jobs,
) -> Analysis:
    from cq.analysis._digest import digest
    from cq.analysis._portfolio import portfolio
    from cq.analysis._window import empty
    from cq.result import Analysis, PreviousSpan, WindowSpan

    spans = chosen(reading.log, request.group)
    if roster is not None and len(spans) > 1:
        raise CqError("roster_needs_group", count=len(spans))
    window: Window = what.window.over(spans, request.zone)
    results, said, compared = {}, False, False
    digests, told = [], what.operators
    compares = len(spans) > 1 and (what.sections is None or PORTFOLIO in what.sections)
    # All but these read verdicts on ads, which know what was posted in the other groups, too.
    wants_ads = compares or not {"activity", "people"}.issuperset(what.sections or ("ads",))
    for view in views(reading.log, request, spans, alias, roster, operators=told, elsewhere=wants_ads):
        view.memo["jobs"] = jobs
        said |= view.rows(window).start < view.rows(window).stop
        result, reaches = _group_result(view, window, what)
        results[view.group.group_id] = result
        compared |= reaches
        if compares and view.group.chat_kind != "private":
            digests.append(digest(view, window, result.sections))
    if not said:
        raise empty(window, min(s.first for s in spans), max(s.last for s in spans))
    before = window.predecessor()
    return Analysis(
        __version__,
        WindowSpan(window.isoformat(window.start), window.isoformat(window.end), str(request.zone)),
        PreviousSpan(window.isoformat(before.start), window.isoformat(before.end)) if before else None,
        reading.sources,
        [results[s.group.group_id] for s in spans if s.group.group_id in results],
        portfolio(digests, request.zone) if len(digests) > 1 else None,
        passed_over=dict(reading.passed_over),
        compared=compared,
    )


def _group_result(view: GroupView, window: Window, what: AnalyzeRequest) -> tuple[GroupResult, bool]:
    """The sections of one group, and whether its log reaches back over the window before."""
    from cq.analysis import all_analyzers
    from cq.analysis._quality import quality
    from cq.result import GroupInfo, GroupResult

    # What is an ad is one decision: whatever asks for it beside the ads section is told the same.
    view.memo["ad_policy"] = what.settings.get("ads")
    before = window.predecessor() if what.compared else None
    # Only where the log reaches back over all of it: half a week before would look like growth.
    covered = before is not None and len(view) > 0 and int(view.local_day[0]) <= before.first_day
    sections = {}
    for analyzer in all_analyzers():
        if what.sections is not None and analyzer.id not in what.sections:
            continue
        settings = what.settings.get(analyzer.id, analyzer.settings)
        section = analyzer.run(view, window, settings)
        if before is not None and covered:
            section = _with_previous(section, analyzer.run(view, before, settings))
        sections[analyzer.id] = section
    group = view.group
    info = GroupInfo(group.group_id, group.group_name, group.platform, group.chat_kind)
    return GroupResult(info, quality(view, window), sections), covered


def _with_previous(section: Any, before: Any) -> Any:
    """The section with the values of the window before; only where the log reaches back that far."""
    import msgspec

    metrics = {
        code: msgspec.structs.replace(m, previous=before.metrics[code].value) if code in before.metrics else m
        for code, m in section.metrics.items()
    }
    return msgspec.structs.replace(section, metrics=metrics)


def import_(request: ReadRequest, store: Path, watch: Watch = quietly) -> tuple[ImportReport, Counter[str]]:
    """Merge exports into a store. Also the files passed over, by reason."""
    from cq.store import dataset

    reading = read(request, watch)
    try:
        return dataset.add(store, reading.log, reading.sources), reading.passed_over
    finally:
        reading.log.close()


_PLATFORMS = ("wechat", "qq", "wecom", "any")


def formats(lang: str) -> list[FormatInfo]:
    """The formats that can be read, platform by platform, with their titles in ``lang``."""
    from cq import locales
    from cq.formats import all_formats
    from cq.result import FormatInfo

    words = locales.load(lang)["formats"]
    return [
        FormatInfo(
            f.id,
            words[f.id]["title"],
            f.platform,
            f.unique_ids,
            f.replies,
            f.roster,
            sorted(f.lacks),
            sorted(f.lost),
        )
        for f in sorted(all_formats(), key=lambda f: (_PLATFORMS.index(f.platform), f.id))
    ]


_INIT_FILES = ("cq.toml", "roster.csv", "alias.csv", "labels.csv")


def init(folder: Path, lang: str) -> list[Path]:
    """Write a commented ``cq.toml`` and templates into ``folder``; what was written."""
    from importlib.resources import files

    from cq.streams import unwritable

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _INIT_FILES:
            path = folder / name
            if path.exists():
                raise CqError("init_exists", path=path)
        for name in _INIT_FILES:
            template = files("cq.templates").joinpath(lang, name).read_text(encoding="utf-8")
            if name == "cq.toml":
                template += _limits(lang)
            bom = "utf-8" if name.endswith(".toml") else "utf-8-sig"  # Excel opens CSV right only with a BOM
            (folder / name).write_text(template, encoding=bom, newline="\n")
            written.append(folder / name)
    except OSError as error:
        raise unwritable(folder, error) from error
    return written


def _limits(lang: str) -> str:
    """The settings of every analysis as commented TOML, from the code and the words."""
    from cq import locales, settings

    words = locales.load(lang)
    lines = []
    for name, kept in default_settings().items():
        lines += ["", *settings.commented(name, kept, words["settings"][name])]
        lines += [f"# {line}" if line else "" for line in words["examples"].get(name, ())]
    return "\n".join(lines) + "\n"
