"""Staleness: the same few people week after week, hardly a new voice, and nothing new to talk about.

Nobody is at fault where the members are not meant to change (a class, a family): there only the topics are
looked at. New nicknames without an id look like new voices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _measures as m
from cq.analysis._cause_topics import topics
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import effective_number, trend
from cq.analysis._weeks import WEEK_MS
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CODE = "health/staleness"
SEVERITY: Severity = "warning"
BLOCK, LEAST_WEEKS = 8, 16
MEMBERS, TURNS = 15, 200
NEW_VOICES, SAME, TOP_FIVE = 0.02, 0.8, 0.70
NEW_MS = 28 * gr.DAY_MS
_TOP, _FIVE = 10, 5
_WATCHED = 0.65
_TOPIC_WEEKS = 4
_LEAST_TOPIC_TURNS = 100
"""In each block: to say that nothing is new takes more than to say that something is."""
_NOVEL_P = 0.05
_FEW = 25
"""Below so many speakers the five are a fifth of them or more: there only a falling number says it. With old
topics alone every third simulated group of 12 to 25 people without a cause would be stale: their topics never
change."""


@dataclass(frozen=True)
class _Faces:
    """Of a block of weeks: turns per person, turns of new voices and of those whose newness can be told."""

    counts: Ints
    fresh: int
    told: int

    @property
    def top_five(self) -> float:
        return m.top_share(self.counts, _FIVE) or 0.0

    @property
    def new_share(self) -> float | None:
        return self.fresh / self.told if self.told else None

    def most(self) -> set[int]:
        order = np.argsort(-self.counts, kind="stable")[:_TOP]
        return {int(i) for i in order if self.counts[i] > 0}


def look(ground: Ground) -> Case:
    """Whether it is always the same people."""
    size = len(ground.weeks)
    fresh, told = _new(ground)
    series = {
        "new_voice_share": gr.Weekly("ratio", _share(ground, fresh & told, told)),
        "effective_speakers": gr.Weekly("number", _effective(ground)),
    }
    blocks = [_faces(ground, fresh, told, k) for k in (1, 0)] if size >= 2 * BLOCK else []
    metrics: dict[str, Metric] = {}
    if blocks:
        now, same = blocks[-1], _same(*blocks)
        total = int(now.counts.sum())
        metrics = {
            "new_voice_share": Metric(
                now.new_share, "ratio", now.told, interval=m.wilson(now.fresh, now.told)
            ),
            "top_five_share": Metric(now.top_five if total else None, "ratio", total),
            "same_faces_share": Metric(same, "ratio", len(now.most() | blocks[0].most())),
            "effective_speakers": Metric(_rounded(effective_number(now.counts)), "number", total),
        }
    missing = _missing(ground, blocks)
    if missing is not None:
        return gr.Case(None, lambda _: gr.Part(missing, metrics, {}, series))
    novel = _novelty(ground)
    metrics["topic_change"] = Metric(None if novel is None else round(novel[0], 4), "number")
    part = gr.Part(_finding(ground, blocks, novel, series["effective_speakers"].values), metrics, {}, series)
    return gr.Case(None, lambda _: part)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _new(ground: Ground) -> tuple[Flags, Flags]:
    """Per turn whether the speaker first spoke in the 28 days before, and whether that can be told: at the
    beginning of a log everybody looks new who did not join in it."""
    turns, view = ground.found.turns, ground.view
    first = np.full(len(view.people), 2**62, np.int64)
    rows = np.flatnonzero(ground.good)[::-1]
    first[turns.person[rows]] = turns.start_ms[rows]
    joined = np.zeros(len(view.people), np.bool_)
    for event in view.events:
        if event.event is Event.JOIN:
            joined[list(event.targets)] = True
    known_from = int(view.sent_at[0]) + NEW_MS if len(view) else 0
    fresh = ground.good & (turns.start_ms - first[turns.person] <= NEW_MS)
    told = ground.good & ((turns.start_ms >= known_from) | joined[turns.person])
    old = first[turns.person] < known_from
    # Who spoke before it could be told is no new voice by the log alone.
    return fresh & ~(old & ~joined[turns.person]), told


def _share(ground: Ground, hits: Flags, of: Flags) -> Floats:
    n = ground.weekly(of)
    share: Floats = np.divide(ground.weekly(hits), n, out=np.full(len(n), np.nan), where=n > 0)
    return share


def _effective(ground: Ground) -> Floats:
    turns = ground.found.turns
    inside = np.flatnonzero(ground.week >= 0)
    key, count = np.unique((ground.week[inside] << 32) | turns.person[inside], return_counts=True)
    out = np.full(len(ground.weeks), np.nan)
    cuts = np.searchsorted(key >> 32, np.arange(len(ground.weeks) + 1))
    for week in range(len(ground.weeks)):
        number = effective_number(count[cuts[week] : cuts[week + 1]])
        out[week] = np.nan if number is None else number
    return out


def _faces(ground: Ground, fresh: Flags, told: Flags, back: int) -> _Faces:
    """The block that ends ``back`` blocks before now."""
    stop = len(ground.weeks) - back * BLOCK
    inside = (ground.week >= stop - BLOCK) & (ground.week < stop)
    counts = np.bincount(ground.found.turns.person[inside], minlength=len(ground.view.people))
    return _Faces(counts, int((inside & fresh & told).sum()), int((inside & told).sum()))


def _same(before: _Faces, now: _Faces) -> float:
    one, other = before.most(), now.most()
    return len(one & other) / max(1, len(one | other))


def _missing(ground: Ground, blocks: list[_Faces]) -> Finding | None:
    if len(ground.weeks) < LEAST_WEEKS:
        return too_little(CODE, SEVERITY, "weeks", len(ground.weeks), LEAST_WEEKS)
    view = ground.view
    people = ground.speakers(ground.since(LEAST_WEEKS))
    if view.member_basis == "roster":
        people = max(people, len(m.members(view.people, ground.end - 2 * BLOCK * WEEK_MS, ground.end)))
    if people < MEMBERS:
        return too_little(CODE, SEVERITY, "members", people, MEMBERS)
    turns = min(int(one.counts.sum()) for one in blocks)
    if turns < TURNS:
        return too_little(CODE, SEVERITY, "turns", turns, TURNS)
    spoke = np.flatnonzero(blocks[-1].counts)
    named = sum(view.people[i].id.startswith("name:") for i in spoke.tolist())
    if 2 * named > len(spoke):
        return gr.unstable(CODE, SEVERITY)
    return None


def _novelty(ground: Ground) -> tuple[float, float] | None:
    """How far the topics of the last four weeks lie from those of the four before, with p; None without
    enough turns of substance."""
    read = topics(ground)
    now = read.week >= len(ground.weeks) - _TOPIC_WEEKS
    before = (read.week >= len(ground.weeks) - 2 * _TOPIC_WEEKS) & ~now
    if min(int(now.sum()), int(before.sum())) < _LEAST_TOPIC_TURNS:
        return None
    return read.changed(before, now)


def _finding(
    ground: Ground, blocks: list[_Faces], novel: tuple[float, float] | None, effective: Floats
) -> Finding:
    before, now = blocks
    same = _same(before, now)
    shares = [one.new_share for one in blocks if one.new_share is not None]
    few_new = bool(shares) and max(shares) <= NEW_VOICES
    concentrated = min(before.top_five, now.top_five) >= TOP_FIVE
    fewer = trend(np.where(ground.weeks.holiday, np.nan, effective)[-2 * BLOCK :])
    falling = fewer is not None and fewer.falls()
    nothing_new = novel is not None and novel[1] >= _NOVEL_P
    closed = ground.view.operator.closed
    many = int((now.counts > 0).sum()) >= _FEW
    met = [few_new, same >= SAME, concentrated, falling or (nothing_new and many)]
    status: Status = "clear"
    if closed:
        status = "watch" if nothing_new and concentrated and few_new else "clear"
    elif all(met):
        status = "finding"
    elif few_new and same >= SAME and min(before.top_five, now.top_five) >= _WATCHED:
        status = "watch"
    values = {
        "weeks": Value(2 * BLOCK, "count"), "people": Value(_FIVE, "count"),
        "top_five": Value(now.top_five, "ratio"), "new_voices": Value(now.new_share, "ratio"),
        "same": Value(same, "ratio"), "effective": Value(_rounded(effective_number(now.counts))),
        "effective_before": Value(_rounded(effective_number(before.counts))), "falling": Value(falling),
        "topics_new": Value(None if novel is None else not nothing_new),
        "topic_change": Value(novel[0] if novel else None), "topic_p": Value(novel[1] if novel else None),
        "members": Value("fixed" if closed else "open", "code"),
    }  # fmt: skip
    limits = [
        Limit("new_voices", NEW_VOICES), Limit("same", SAME), Limit("top_five", TOP_FIVE),
        Limit("falls_p", gr.ALPHA, "statistics"), Limit("topics_p", _NOVEL_P, "statistics"),
    ]  # fmt: skip
    fresh, told = _new(ground)
    since = gr.onset(_share(ground, fresh & told, told)) if status == "finding" else None
    sure = {"finding": 0.8, "watch": 0.5, "clear": 0.7}[status]
    turns, last = ground.found.turns, ground.since(BLOCK)
    top = np.argsort(-now.counts, kind="stable")[:_FIVE]
    recent = [int(np.flatnonzero(last & (turns.person == i))[-1]) for i in top.tolist() if now.counts[i]]
    new = np.flatnonzero(fresh & told & last)[-5:]
    view = ground.view
    return found(
        CODE, status, SEVERITY, gr.capped(sure, ground), values, limits,
        shown(view, turns.first_row[recent]), shown(view, turns.first_row[new]),
        None if since is None else ground.at(since),
    )  # fmt: skip
