"""Leaderless: whether anybody ran the group lately, and what was left undone meanwhile.

A group that runs itself has no unmet needs and is no case of it. What is managed in private or in another
group, or by admins whose acts an export hides, does not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._aftermath import handling
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import poisson_at_least
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CODE = "health/leaderless"
SEVERITY: Severity = "warning"
WEEKS = 8
RUN_SHARE = 0.25
_WATCHED = 0.5
UNMET = 3
UNMET_SHARE = 0.2
"""Of the needs that arose: in any lively group three of a hundred questions stay without an answer."""
MISTAKES = 0.005
"""That share of turns looks like an unanswered request or an unhandled ad and is none: 0 to 0.0042 in twelve
simulated groups whose wording was known to the rules."""
DAY = 24 * m.HOUR_MS
_SHORTEST = 4
_PAUSE = 2 * 60_000
_TELLS = r"问(?:过|了|起)?我|我(?:就|去|又)?问(?:过|了)?[他她娃]|(?:跟|对|和)我说"
_PLEADS = r"请问|请教|求|有没有人知道|有人知道|谁(?:知道|有|会|能)|帮"


class Need(NamedTuple):
    """Something that somebody should have taken care of: which kind, the row, whether it was within a day."""

    kind: str
    row: int
    met: bool


@dataclass(frozen=True)
class Needs:
    """Requests for help, ads by others than staff, and joins of the last weeks that had a day to be met."""

    all: list[Need]

    @property
    def unmet(self) -> list[Need]:
        return [need for need in self.all if not need.met]

    def count(self, kind: str) -> int:
        return sum(need.kind == kind for need in self.unmet)


def needs(ground: Ground, n: int = WEEKS) -> Needs:
    """What arose in the last ``n`` weeks, less the last day."""
    start, stop = ground.end - min(n, len(ground.weeks)) * WEEK_MS, ground.end - DAY
    turns = ground.found.turns
    inside = ground.good & (turns.start_ms >= start) & (turns.start_ms < stop)
    every = [*_helps(ground, inside), *_ads(ground, inside), *_joins(ground, start, stop)]
    return Needs(sorted(every, key=lambda need: need.row))


def _helps(ground: Ground, inside: Flags) -> list[Need]:
    asked = np.flatnonzero(inside & ground.has(Act.HELP) & ~ground.ads)
    done = ~ground.ignored[asked]
    counts = done | _open(ground, asked)
    asked, done = asked[counts], done[counts]
    return [
        Need("help", row, met) for row, met in zip(ground.rows(asked).tolist(), done.tolist(), strict=True)
    ]


def _open(ground: Ground, asked: Ints) -> Flags:
    """Which turns open something if nobody answers them: some words, to nobody in particular, after a pause,
    and no story of what somebody else asked. In the midst of talk a question is a remark more often."""
    import pyarrow as pa
    import pyarrow.compute as pc

    turns = ground.found.turns
    ended = np.maximum.accumulate(turns.end_ms)
    pause = turns.start_ms[asked] - ended[np.maximum(asked - 1, 0)]
    alone = ((pause >= _PAUSE) | (asked == 0)) & (turns.characters[asked] >= _SHORTEST)
    alone &= ~np.isin(asked, links.explicit(ground.found).turn)
    text = ground.view.text.take(pa.array(ground.rows(asked)))
    tells, pleads = (
        pc.fill_null(pc.match_substring_regex(text, one), False).to_numpy(zero_copy_only=False)
        for one in (_TELLS, _PLEADS)
    )
    fair: Flags = alone & (~tells | pleads)
    return fair


def _ads(ground: Ground, inside: Flags) -> list[Need]:
    """Ads of others than staff: recalled, removed, muted, or told off within a day by somebody else."""
    turns = ground.found.turns
    sold = np.flatnonzero(inside & ground.has(Act.AD) & ~ground.staff[turns.person])
    rows = ground.rows(sold)
    handled = handling(ground.view, rows, 1)
    done = handled.done if handled is not None else np.zeros(len(rows), np.bool_)
    told_off = np.flatnonzero(ground.has(Act.MODERATION))
    following = np.searchsorted(told_off, sold)
    known = following < len(told_off)
    after = told_off[np.minimum(following, max(len(told_off) - 1, 0))] if len(told_off) else sold
    told = known & (turns.start_ms[after] - turns.start_ms[sold] <= DAY)
    met = done | (told & (turns.person[after] != turns.person[sold]))
    return [Need("ad", row, ok) for row, ok in zip(rows.tolist(), met.tolist(), strict=True)]


def _joins(ground: Ground, start: int, stop: int) -> list[Need]:
    """Joins, and whether anybody welcomed within a day; several that come together are welcomed together."""
    view, turns = ground.view, ground.found.turns
    joined = [e for e in view.events if e.event is Event.JOIN and start <= view.sent_at[e.row] < stop]
    # Bots that welcome are welcomes too: what matters is whether a newcomer was received.
    welcomes = np.flatnonzero(ground.found.acts.has(Act.WELCOME))
    out = []
    for event in joined:
        if not any(view.somebody[i] for i in event.targets):
            continue
        at = int(view.sent_at[event.row])
        low, high = np.searchsorted(turns.start_ms[welcomes], [at, at + DAY])
        others = ~np.isin(turns.person[welcomes[low:high]], event.targets)
        out.append(Need("join", event.row, bool(others.any())))
    return out


def look(ground: Ground) -> Case:
    """Whether nobody runs the group although somebody should."""
    missing = ground.small(CODE, SEVERITY, WEEKS)
    seen = needs(ground)
    metrics = _metrics(ground, seen)
    if missing is None and len(seen.all) < UNMET:
        missing = too_little(CODE, SEVERITY, "acts", len(seen.all), UNMET)
    tables = {"unmet_needs": _table(ground, seen)}
    series = {"organizing_acts": gr.Weekly("count", _acts(ground))}
    if missing is not None:
        return gr.Case(None, lambda _: gr.Part(missing, metrics, tables, series))
    return gr.Case(None, lambda _: gr.Part(_finding(ground, seen), metrics, tables, series))


def _acts(ground: Ground) -> NDArray[np.float64]:
    events = ground.weeks.counts(ground.view.sent_at[ground.system])
    return np.asarray(ground.weekly(ground.organizes) + events, np.float64)


def _finding(ground: Ground, seen: Needs) -> Finding:
    tended = ground.tended
    last = tended[-WEEKS:]
    run, unmet = int(last.sum()), len(seen.unmet)
    runners = len(ground.runners(WEEKS))
    share = unmet / len(seen.all)
    needed = unmet >= UNMET and share >= UNMET_SHARE and _beyond_mistakes(ground, seen)
    status: Status = "clear"
    if run <= RUN_SHARE * WEEKS and not runners and needed:
        status = "finding"
    elif run <= _WATCHED * WEEKS and needed:
        status = "watch"
    values = {
        "weeks": Value(WEEKS, "count"), "run_weeks": Value(run, "count"),
        "run_share": Value(run / WEEKS, "ratio"), "runners": Value(runners, "count"),
        "needs": Value(len(seen.all), "count"), "unmet": Value(unmet, "count"),
        "unmet_share": Value(share, "ratio"), "unanswered": Value(seen.count("help"), "count"),
        "unhandled_ads": Value(seen.count("ad"), "count"),
        "unwelcomed": Value(seen.count("join"), "count"),
    }  # fmt: skip
    limits = [
        Limit("run_share", RUN_SHARE), Limit("unmet", UNMET), Limit("unmet_share", UNMET_SHARE),
        Limit("mistaken_share", gr.MISTAKEN, "simulated"), Limit("mistaken_needs", MISTAKES, "simulated"),
    ]  # fmt: skip
    since = ground.at(_began(ground)) if status == "finding" else None
    mine = np.flatnonzero(ground.organizes & ground.since(WEEKS))
    margin = (RUN_SHARE * WEEKS - run + 1) / (RUN_SHARE * WEEKS + 1)
    sure = {"finding": 0.65 + 0.25 * margin, "watch": 0.5, "clear": 0.6 + 0.3 * run / WEEKS}[status]
    view = ground.view
    return found(
        CODE, status, SEVERITY, gr.capped(sure, ground), values, limits,
        shown(view, [need.row for need in seen.unmet]), shown(view, ground.rows(mine), 5), since,
    )  # fmt: skip


def _beyond_mistakes(ground: Ground, seen: Needs) -> bool:
    """Joins are events of the log; of requests and ads more are needed than are found by mistake."""
    joins = seen.count("join")
    turns = int(ground.since(WEEKS).sum())
    return joins >= UNMET or poisson_at_least(len(seen.unmet) - joins, MISTAKES * turns) < gr.ALPHA


def _began(ground: Ground) -> int:
    """The week in which running the group began to fade; the first where it hardly was run before."""
    if ground.tended.mean() <= RUN_SHARE:
        return 0
    share = np.divide(
        _acts(ground), ground.turns, out=np.full(len(ground.turns), np.nan), where=ground.turns > 0
    )
    began = gr.onset(share)
    return 0 if began is None else began


def _metrics(ground: Ground, seen: Needs) -> dict[str, Metric]:
    n = min(WEEKS, len(ground.weeks))
    tended = ground.tended
    kinds = [need.kind for need in seen.all]
    helps = kinds.count("help")
    turns = ground.found.turns
    asked = ground.has(Act.HELP) & ~ground.ads & ground.since(WEEKS) & (turns.start_ms < ground.end - DAY)
    answered, requests = float(ground.heard[asked].sum()), int(asked.sum())
    quiet = _quiet(ground)
    idle = int((quiet & ~tended).sum())
    return {
        "run_weeks": Metric(int(tended[-n:].sum()) if n else None, "count", n),
        "runners": Metric(len(ground.runners(WEEKS)) if n else None, "count"),
        "needs": Metric(len(seen.all) if n else None, "count"),
        "unmet_needs": Metric(len(seen.unmet) if n else None, "count", len(seen.all)),
        "unanswered_help": Metric(seen.count("help") if n else None, "count", helps),
        "unhandled_ads": Metric(
            seen.count("ad") if n else None, "count", sum(x.kind == "ad" for x in seen.all)
        ),
        "unwelcomed_joins": Metric(
            seen.count("join") if n else None, "count", sum(x.kind == "join" for x in seen.all)
        ),
        "answer_share": Metric(
            answered / requests if requests else None,
            "ratio",
            requests,
            interval=m.wilson(round(answered), requests),
        ),
        "untended_quiet_weeks": Metric(idle if n else None, "count", int(quiet.sum())),
    }


def _quiet(ground: Ground) -> Flags:
    """Weeks with a tenth of the turns of the busiest four weeks in a row, or fewer (F20)."""
    turns = ground.turns
    if len(turns) < FOUR:
        return np.zeros(len(turns), np.bool_)
    best = np.convolve(turns, np.ones(FOUR) / FOUR, mode="valid").max()
    quiet: Flags = turns <= 0.1 * best
    return quiet


FOUR = 4


def _table(ground: Ground, seen: Needs) -> gr.Rows:
    """What was left undone, the latest first."""
    view = ground.view
    rows: gr.Rows = []
    for need in reversed(seen.unmet):
        target = view.person[need.row]
        if need.kind == "join":
            target = next((t for e in view.events if e.row == need.row for t in e.targets), -1)
        who = (view.people[target].id, view.people[target].name) if target >= 0 else (None, None)
        text = None if need.kind == "join" else view.excerpt(need.row)
        rows.append((need.kind, view.message_id[need.row].as_py(), view.time(need.row), *who, text))
    return rows
