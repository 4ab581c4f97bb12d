"""A case is read as any log is, and what was found is held against what is true.

Every demand becomes an outcome: met, not met, or not there yet (its section or number does not exist in this
build), so that a missing section is never mistaken for a silent one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import cq
from cq.analysis import section_ids
from cq.operators import Operators

from .case import ABSTAINS, Case, Check, Expect, Group
from .concepts import METRICS
from .kit import WEEK

if TYPE_CHECKING:
    import pandas as pd

    from cq.result import Analysis, GroupResult
    from cq.section import Finding, Section

ONSET = 2 * WEEK
"""How far an estimated beginning may lie from the true one."""
HEALTH = (
    "health", "lifecycle", "size", "elements", "habits", "sharing", "onboarding", "questions", "circles", "roles",
)  # fmt: skip
"""The sections that answer for a scenario; the others say nothing about health."""
ORDER = ("finding", "watch", "clear", "not_enough_data", "not_observable")


@dataclass(frozen=True)
class Outcome:
    """One demand. ``kind``: fires, silent, abstains, number, alike or other; ``met`` None: not there yet."""

    kind: str
    what: str
    met: bool | None
    saw: str
    off: float | None = None
    """Weeks between the estimated beginning and the true one."""


def read(groups: Sequence[Group]) -> Analysis:
    """What cq finds in the groups."""
    import pandas as pd

    frames = [g.log.frame(g.until, g.since, named=g.named) for g in groups]
    frame: pd.DataFrame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    sections = [*(s for s in HEALTH if s in section_ids()), *(["portfolio"] if len(groups) > 1 else [])]
    with tempfile.TemporaryDirectory() as folder:
        single = len(groups) == 1 and groups[0].roster
        roster = groups[0].log.roster(Path(folder) / "roster.csv", groups[0].until) if single else None
        return _in_order(_analyze(frame, sections, roster, groups), groups)


def _in_order(result: Analysis, groups: Sequence[Group]) -> Analysis:
    """The groups of the result as the case has them; a report puts the busiest first."""
    place = {g.log.number: n for n, g in enumerate(groups)}
    return msgspec.structs.replace(result, groups=sorted(result.groups, key=lambda g: place[g.group.id]))


def _analyze(
    frame: pd.DataFrame, sections: list[str], roster: Path | None, groups: Sequence[Group]
) -> Analysis:
    if len(groups) == 1:
        return cq.analyze(frame, sections=sections, roster=roster, operator=groups[0].operator)
    from cq import app, reading, zones

    told = Operators(named={g.log.number: g.operator for g in groups})
    what = app.AnalyzeRequest(sections=sections, operators=told)
    return app.analyze_rows(frame, reading.ReadRequest([], zones.zone("Asia/Shanghai")), what)


def judge(case: Case) -> list[Outcome]:
    """All demands of a case."""
    result = read(case.groups)
    outcomes = [o for expect in case.expects for o in _fires(result, case, expect)]
    outcomes += [_silent(result, code) for code in case.forbids]
    outcomes += [
        o for code in case.abstains for o in _fires(result, case, Expect(code, ABSTAINS), kind="abstains")
    ]
    outcomes += [o for check in case.checks for o in _number(result, case, check)]
    for what, holds in case.other.items():
        met = holds(result)
        outcomes.append(Outcome("other", what, met, "" if met is not None else "missing"))
    if case.twin:
        twin = read(case.twin)
        outcomes += [_alike(result, twin, code) for code in case.alike]
    return outcomes


def findings(result: Analysis, code: str) -> Iterator[tuple[int, Finding]]:
    """All findings of a code, with the place of their group; -1 is the comparison of groups."""
    for place, section in _sections(result):
        for finding in section.findings:
            if finding.code == code:
                yield place, finding


def status(result: Analysis, code: str, place: int | None = None) -> str | None:
    """The strongest status of a code, in one group or in any."""
    seen = [f.status for at, f in findings(result, code) if place is None or at == place or at == -1]
    return min(seen, key=ORDER.index) if seen else None


def _sections(result: Analysis) -> Iterator[tuple[int, Section]]:
    for place, group in enumerate(result.groups):
        for section in group.sections.values():
            yield place, section
    if result.portfolio is not None:
        yield -1, result.portfolio


def exists(code: str) -> bool:
    """Whether this build has the section of a code."""
    section = code.split("/")[0].split(".")[0]
    return section in section_ids() or section == "portfolio"


def _places(case: Case, wanted: int | None, code: str) -> Sequence[int]:
    if code.startswith("portfolio"):
        return (-1,)
    return range(len(case.groups)) if wanted is None else (wanted,)


def _fires(result: Analysis, case: Case, expect: Expect, kind: str = "fires") -> Iterator[Outcome]:
    for place in _places(case, expect.group, expect.code):
        what = expect.code if place <= 0 else f"{expect.code} @{place}"
        if not exists(expect.code):
            yield Outcome(kind, what, None, "section missing")
            continue
        seen = [f for at, f in findings(result, expect.code) if at == place]
        right = [f for f in seen if f.status in expect.statuses and (not expect.value or expect.value(f))]
        saw = ", ".join(sorted({f.status for f in seen})) or "nothing"
        if not expect.onset or not right:
            wrong_value = " (other values)" if seen and not right and saw in expect.statuses else ""
            yield Outcome(kind, what, bool(right), saw + wrong_value)
            continue
        off = [_off(f, case.truth[expect.onset]) for f in right]
        best = min((o for o in off if o is not None), key=abs, default=None)
        met = best is not None and abs(best) * WEEK <= ONSET
        yield Outcome(
            kind, what, met, f"{saw}, onset {'none' if best is None else f'{best:+.1f} weeks'}", best
        )


def _off(finding: Finding, truth: int) -> float | None:
    if finding.since is None:
        return None
    return (datetime.fromisoformat(finding.since).timestamp() * 1000 - truth) / WEEK


def _silent(result: Analysis, code: str) -> Outcome:
    if not exists(code):
        return Outcome("silent", code, None, "section missing")
    saw = status(result, code)
    return Outcome("silent", code, saw != "finding", saw or "nothing")


def number(concept: str, group: GroupResult) -> tuple[bool, object]:
    """Whether this build knows the number of a concept, and what it is."""
    path = METRICS.get(concept, concept)
    section, _, code = path.partition(".")
    if section not in group.sections or code not in group.sections[section].metrics:
        return False, None
    return True, group.sections[section].metrics[code].value


def _number(result: Analysis, case: Case, check: Check) -> Iterator[Outcome]:
    for place in _places(case, check.group, check.concept):
        known, value = number(check.concept, result.groups[place])
        what = check.concept if place == 0 else f"{check.concept} @{place}"
        if not known:
            yield Outcome("number", what, None, "number missing")
        else:
            yield Outcome("number", what, _holds(check, value), str(value))


def _holds(check: Check, value: object) -> bool:
    try:
        return bool(check.holds(value))
    except TypeError:  # None where a number was expected
        return False


def _alike(result: Analysis, twin: Analysis, code: str) -> Outcome:
    if not exists(code):
        return Outcome("alike", code, None, "section missing")
    mine, other = status(result, code), status(twin, code)
    return Outcome("alike", code, mine == other, f"{mine} / {other}")
