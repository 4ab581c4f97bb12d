"""Loss of focus: whether the talk has left what the group was made for, and scattered.

On-topic is measured by words, against the operator's keywords or, without them, against the first eight weeks
of talk, the group's name and its announcements. A new common theme is no loss of focus. Slang, seasons and
pictures are not understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _measures as m
from cq.analysis._cause_topics import FOUNDING, about, topics
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import trend
from cq.conversation.acts import Act
from cq.model import Event
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground, Part
    from cq.analysis._cause_topics import Topics
    from cq.analysis._statistics import Trend
    from cq.section import Evidence, Severity, Status

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CODE = "health/loss_of_focus"
SEVERITY: Severity = "warning"
FALL = 0.30
_WATCHED = 0.20
DRIFT_P = 0.01
QUANTILE = 0.25
"""What a quarter of the founding turns fall short of. The tenth part was meant first; on fit worlds with talk
of other groups mixed in that took half of the foreign turns (0.40–0.66) for on-topic, a quarter takes
0.16–0.36 of them."""
LEAST_TURNS = 160
"""In each block of eight weeks, twenty a week. A fall from 0.75 by 30 % is then seen with power 0.92 (normal
approximation, variance doubled because turns of a session share a topic)."""
_PER_WEEK = 5
_REFOCUSED = 0.8
"""What left the purpose is a new theme if it is nearly as much of one piece as all turns were at first
(mean cosine between turns); two themes come to half."""
_ENOUGH = 20
_FIRST_MONTHS = 26
_ASKS = (
    r"(?:这|本|咱|我们)(?:个|是)*(?:什么|啥|干嘛|干啥|干什么|做什么)的?群"
    r"|群(?:是|里)?(?:干嘛|干啥|干什么|做什么|聊什么|什么群)的?"
)


@dataclass(frozen=True)
class _Look:
    """On-topic or not, per turn read; and the tests on it."""

    ground: Ground
    topics: Topics
    reference: str
    some: Flags
    on: Flags
    near: Floats
    weekly: Floats
    falls: Trend | None
    drift: tuple[float, float] | None

    @property
    def last(self) -> Flags:
        last: Flags = (self.topics.week >= len(self.ground.weeks) - FOUNDING) & self.some
        return last

    @property
    def first(self) -> Flags:
        early = self.topics.week < len(self.ground.weeks) - FOUNDING
        first: Flags = self.topics.founding & early & self.some
        return first

    @property
    def shares(self) -> tuple[float, float]:
        """On-topic at first and now."""
        return float(self.on[self.first].mean()), float(self.on[self.last].mean())

    @property
    def fall(self) -> float:
        before, now = self.shares
        return 1 - now / before if before else 0.0


def look(ground: Ground) -> Case:
    """Whether the talk has left its purpose."""
    read = topics(ground)
    missing = ground.small(CODE, SEVERITY, 2 * FOUNDING)
    last = read.week >= len(ground.weeks) - FOUNDING
    some = read.content
    have = _least(read, some, last)
    if have < LEAST_TURNS:
        # Questions and answers say less about a topic; they are read where there is not enough else.
        some = np.ones(len(read), np.bool_)
        have = _least(read, some, last)
    context = _context(ground)
    if missing is None and have < LEAST_TURNS:
        missing = too_little(CODE, SEVERITY, "turns", have, LEAST_TURNS)
    if missing is not None:
        return gr.Case(None, lambda _: gr.Part(missing, context))
    reference, near, limit, named = _near(ground, read, some)
    on = named | (near >= limit)
    weekly = _weekly(ground, read, on, some)
    seen = trend(np.where(ground.weeks.holiday, np.nan, weekly))
    drift = read.changed(read.founding & ~last & some, last & some)
    whole = _Look(ground, read, reference, some, on, near, weekly, seen, drift)
    p = max(_one_sided(seen), drift[1] if drift else 1.0)
    # Tested only where it could decide, so that nothing else pays for it.
    decides = whole.fall >= _WATCHED
    return gr.Case(
        p if decides else None, lambda adjusted: _conclude(whole, adjusted if decides else p, context)
    )


def _least(read: Topics, some: Flags, last: Flags) -> int:
    """Turns in the smaller of the two blocks."""
    return min(int((read.founding & ~last & some).sum()), int((last & some).sum()))


def _one_sided(seen: Trend | None) -> float:
    return 1.0 if seen is None or seen.z >= 0 else seen.p / 2


def _near(ground: Ground, read: Topics, some: Flags) -> tuple[str, Floats, float, Flags]:
    """What it is measured against; per turn the cosine to that, how near is near, and whether a keyword is
    said. A turn of the reference is measured against the others of it."""
    purpose = ground.view.operator.purpose
    said = about(ground, [*purpose, *(_names(ground) if not purpose else ())]) | {w.lower() for w in purpose}
    at = [i for i, word in enumerate(read.words) if any(word == w or (purpose and w in word) for w in said)]
    named = np.asarray(read.bags[:, at].any(1)) if purpose and at else np.zeros(len(read), np.bool_)
    told = int((named & some).sum()) >= _ENOUGH
    mine = (named if told else read.founding) & some
    vectors = read.vectors
    total = vectors[mine].sum(0)
    hint = np.zeros(vectors.shape[1], np.float32)
    hint[at] = np.linalg.norm(total) / max(1.0, len(at) ** 0.5) / 4
    whole = (total + hint)[None, :] - np.where(mine[:, None], vectors, 0)
    near = (vectors * whole).sum(1) / np.maximum(np.linalg.norm(whole, axis=1), 1e-9)
    began = any(e.event is Event.JOIN and e.row < 3 for e in ground.view.events)
    created = ground.view.operator.created is not None or began
    reference = "purpose" if told else "founding" if created else "first_weeks"
    return reference, near.astype(np.float64), float(np.quantile(near[mine], QUANTILE)), named


def _names(ground: Ground) -> list[str]:
    """The group's name and its announcements of the first half year."""
    view = ground.view
    until = int(view.sent_at[0]) + _FIRST_MONTHS * 7 * gr.DAY_MS
    told = [e.detail for e in view.events if e.event is Event.ANNOUNCEMENT and view.sent_at[e.row] < until]
    return [text for text in (view.group.group_name, *told) if text]


def _weekly(ground: Ground, read: Topics, on: Flags, some: Flags) -> Floats:
    size = len(ground.weeks)
    inside = (read.week >= 0) & some
    n = np.bincount(read.week[inside], minlength=size)
    hits = np.bincount(read.week[inside], on[inside], size)
    return np.where(n >= _PER_WEEK, hits / np.maximum(n, 1), np.nan)


def _conclude(seen: _Look, p: float, context: dict[str, Metric]) -> Part:
    ground, read = seen.ground, seen.topics
    (before, now), fall = seen.shares, seen.fall
    drifted = seen.drift is not None and seen.drift[1] < DRIFT_P
    one, other = read.alike(seen.first), read.alike(seen.last & ~seen.on)
    scattered = one is None or other is None or other < _REFOCUSED * one
    course = "drifting" if drifted else "steady"
    if fall >= FALL and drifted:
        course = "scattered" if scattered else "refocused"
    status: Status = "clear"
    if course == "scattered" and p < gr.ALPHA:
        status = "finding"
    elif course != "steady" or (fall >= _WATCHED and p < gr.ALPHA):
        status = "watch"
    since = gr.onset(seen.weekly) if status == "finding" else None
    n = int(seen.last.sum())
    values = {
        "before": Value(before, "ratio"),
        "now": Value(now, "ratio"),
        "fall": Value(fall, "ratio"),
        "turns": Value(n, "count"),
        "weeks": Value(FOUNDING, "count"),
        "drift": Value(seen.drift[0] if seen.drift else None),
        "p": Value(p),
        "reference": Value(seen.reference, "code"),
        "course": Value(course, "code"),
    }
    limits = [
        Limit("fall", FALL), Limit("drift_p", DRIFT_P, "statistics"),
        Limit("trend_p", gr.ALPHA, "statistics"),
        Limit("on_topic_quantile", QUANTILE, "simulated"),
    ]  # fmt: skip
    trust = {"purpose": 0.9, "founding": 0.8, "first_weeks": 0.7}[seen.reference]
    sure = {"finding": trust * (1 - p), "watch": 0.5}.get(status, trust - 0.1)
    off, on = _messages(seen)
    finding = found(
        CODE, status, SEVERITY, gr.capped(sure, ground), values, limits, off, on,
        None if since is None else ground.at(since),
    )  # fmt: skip
    metrics = {
        **context,
        "on_topic_share": Metric(now, "ratio", n, interval=m.wilson(round(now * n), n)),
        "on_topic_share_at_first": Metric(before, "ratio", int(seen.first.sum())),
        "topic_drift": Metric(round(seen.drift[0], 4) if seen.drift else None, "number", n),
    }
    return gr.Part(
        finding, metrics, {"topic_words": _words(seen)}, {"on_topic": gr.Weekly("ratio", seen.weekly)}
    )


def _messages(seen: _Look) -> tuple[list[Evidence], list[Evidence]]:
    """Turns of the last weeks far from the purpose, and near it; the longest of them, which can be read."""
    last = np.flatnonzero(seen.last & (seen.topics.bags.sum(1) >= 3))
    view, rows = seen.ground.view, seen.ground.found.turns.first_row
    order = last[np.argsort(seen.near[last], kind="stable")]
    far = [i for i in order.tolist() if not seen.on[i]][:6]
    near = [i for i in order[::-1].tolist() if seen.on[i]][:4]
    return shown(view, rows[seen.topics.turn[far]]), shown(view, rows[seen.topics.turn[near]])


def _words(seen: _Look) -> gr.Rows:
    """Words whose share of the turns changed most: what went, what came."""
    read = seen.topics
    before, now = read.bags[seen.first].mean(0), read.bags[seen.last].mean(0)
    order = np.argsort(-np.abs(now - before), kind="stable")[:12]
    return [(read.words[i], round(float(before[i]), 4), round(float(now[i]), 4)) for i in order.tolist()]


def _context(ground: Ground) -> dict[str, Metric]:
    """When rules or the purpose were last said (F09, F33), how often somebody asks what the group is for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    turns, view = ground.found.turns, ground.view
    told = np.flatnonzero(ground.has(Act.RULE))
    at = [int(turns.start_ms[told[-1]])] if len(told) else []
    official = (Event.ANNOUNCEMENT, Event.RENAME_GROUP)
    at += [
        int(view.sent_at[e.row])
        for e in view.events
        if e.event in official and view.sent_at[e.row] < ground.end
    ]
    asked = turns.first_row[ground.has(Act.QUESTION) & ground.since(12)]
    hits = (
        pc.sum(pc.match_substring_regex(view.text.take(pa.array(asked)), _ASKS)).as_py() if len(asked) else 0
    )
    days = (ground.end - max(at)) / gr.DAY_MS if at else None
    return {
        "days_since_rules": Metric(None if days is None else round(days, 1), "days", len(told)),
        "purpose_questions": Metric(int(hits or 0), "count", len(asked)),
    }
