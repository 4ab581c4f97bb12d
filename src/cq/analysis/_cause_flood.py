"""Harassment by idle talk: little but filler and small talk that nobody takes up, and harm beside it.

A group may be for small talk: without complaints, without fewer answers to requests and without people
falling silent it is nobody's problem. Irony and pictures are not understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _cause_ground as gr
from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown
from cq.analysis._statistics import fisher_greater, poisson_at_least, shuffled_drop
from cq.conversation.acts import Act
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Case, Ground, Part
    from cq.section import Finding, Severity, Status

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CODE = "health/harassment_flood"
SEVERITY: Severity = "warning"
WEEKS, LEAST_WEEKS, BASELINE = 4, 8, 12
IDLE, CONTENT = 0.60, 0.10
COMPLAINTS, COMPLAINERS = 3, 2
FALL = 0.30
_WATCHED = 0.55
_SHORT = 40
_LEAST_HELP = 8
_COMPLAINS = (
    r"太水|灌水|水群|刷屏|屏都刷|刷得|闲聊(?:太|能不能|少)|(?:别|少|不要)(?:再)?(?:水|刷|闲聊|尬聊)|消息太多|消息根本"
    r"|99\+|爬不完|(?:太|好|真)吵|吵死|(?:都|全|净)是(?:闲聊|废话|水|表情)|没(?:有)?(?:一句)?(?:有用|正经)的?|废话(?:太|真|这么)"
)


class _Harm(NamedTuple):
    """What suffers: complaints about it, the answer rate and the speakers a week, before and now, with p."""

    complaints: Ints
    complainers: int
    complaints_p: float
    rate_before: float | None
    rate: float | None
    rate_p: float
    speakers_before: float | None
    speakers: float
    speakers_p: float

    def answers_fell(self, p: float) -> bool:
        before, now = self.rate_before, self.rate
        return before is not None and now is not None and now <= (1 - FALL) * before and p < gr.ALPHA

    def people_fell(self, p: float) -> bool:
        return (
            self.speakers_before is not None
            and self.speakers <= (1 - FALL) * self.speakers_before
            and p < gr.ALPHA
        )

    def complained(self, p: float) -> bool:
        enough = len(self.complaints) >= COMPLAINTS and self.complainers >= COMPLAINERS
        return enough and p < gr.ALPHA

    @property
    def p(self) -> float:
        """Of the three tests, either of which would do: the smallest counts three times."""
        return min(1.0, 3 * min(self.rate_p, self.speakers_p, self.complaints_p))


def look(ground: Ground) -> Case:
    """Whether idle talk drowns a group."""
    missing = ground.small(CODE, SEVERITY, LEAST_WEEKS)
    idle = _idle(ground)
    now = ground.since(WEEKS)
    talk = int(now.sum())
    weekly = ground.weekly(idle)
    share = np.divide(weekly, ground.turns, out=np.full(len(weekly), np.nan), where=ground.turns > 0)
    hits, content = round(float(idle[now].sum())), int((ground.content & now).sum())
    metrics = {
        "idle_share": Metric(hits / talk if talk else None, "ratio", talk, interval=m.wilson(hits, talk)),
        "content_share": Metric(
            content / talk if talk else None, "ratio", talk, interval=m.wilson(content, talk)
        ),
        "filler_share": Metric(
            int((ground.has(Act.FILLER) & now).sum()) / talk if talk else None, "ratio", talk
        ),
    }
    series = {"idle_share": gr.Weekly("ratio", share)}
    if missing is not None:
        return gr.Case(None, lambda _: gr.Part(missing, metrics, {}, series))
    idle_weeks = int(np.nansum(share[-WEEKS:] >= IDLE))
    flooded = hits >= IDLE * talk and content <= CONTENT * talk and idle_weeks >= WEEKS - 1
    harm = _harm(ground, share)
    p = harm.p if flooded else None

    def conclude(adjusted: float) -> Part:
        finding = _conclude(ground, np.where(now, idle, 0.0), talk, content, share, flooded, harm, adjusted)
        more = {
            "complaints": Metric(len(harm.complaints), "count", talk),
            "answer_share_before": Metric(harm.rate_before, "ratio"),
        }
        return gr.Part(finding, metrics | more, {}, series)

    return gr.Case(p, conclude)


def _idle(ground: Ground) -> Floats:
    """Per turn 1 for filler, and for short talk that does nothing else the chance that nobody takes it up."""
    acts, turns = ground.found.acts, ground.found.turns
    nothing_else = (acts.mask == 0) | acts.has(Act.CHAT)
    short = nothing_else & (turns.characters <= _SHORT)
    lonely = np.where(short, 1 - ground.heard_within(30 * 60_000), 0.0)
    return np.where(ground.good, np.where(acts.has(Act.FILLER), 1.0, lonely), 0.0)


def _harm(ground: Ground, share: Floats) -> _Harm:
    size = len(share)
    began = gr.onset(share)
    stop = min(size - WEEKS, began if began is not None and began >= WEEKS else size - WEEKS)
    start = max(0, stop - BASELINE)
    past = (ground.week >= start) & (ground.week < stop)
    now = ground.since(WEEKS)
    asked = ground.has(Act.HELP) & ~ground.ads
    counts = [int((asked & part).sum()) for part in (past, now)]
    done = [int((asked & ground.answered & part).sum()) for part in (past, now)]
    enough = min(counts) >= _LEAST_HELP
    missed = [n - d for n, d in zip(counts, done, strict=True)]
    people = ground.weeks.distinct(
        ground.found.turns.start_ms, ground.found.turns.person.astype(np.int64), ground.good
    )
    calm = ~ground.weeks.holiday
    before = people[start:stop][calm[start:stop]]
    lately = people[-WEEKS:][calm[-WEEKS:]]
    drop = shuffled_drop(before.astype(np.float64), lately.astype(np.float64))
    complaints, earlier = _complaints(ground, now), _complaints(ground, past)
    usual = (len(earlier) + 0.5) / max(1, int(past.sum())) * int(now.sum())
    return _Harm(
        complaints,
        len(np.unique(ground.found.turns.person[complaints])),
        poisson_at_least(len(complaints), usual) if past.any() else 1.0,
        done[0] / counts[0] if enough else None,
        done[1] / counts[1] if enough else None,
        fisher_greater(missed[1], counts[1], missed[0], counts[0]) if enough else 1.0,
        float(before.mean()) if len(before) else None,
        float(lately.mean()) if len(lately) else 0.0,
        1.0 if drop is None else drop,
    )


def _complaints(ground: Ground, inside: Flags) -> Ints:
    """Turns that complain of idle talk, by their first message; keeping order is no complaint."""
    import pyarrow as pa
    import pyarrow.compute as pc

    some = np.flatnonzero(inside & ~ground.has(Act.FILLER, Act.MODERATION, Act.RULE, Act.NOTICE))
    if not len(some):
        return some
    text = ground.view.text.take(pa.array(ground.rows(some)))
    hits = pc.fill_null(pc.match_substring_regex(text, _COMPLAINS), False)
    complaining: Ints = some[hits.to_numpy(zero_copy_only=False)]
    return complaining


def _conclude(
    ground: Ground, idle: Floats, talk: int, content: int, share: Floats, flooded: bool, harm: _Harm, p: float
) -> Finding:
    tests = (harm.complaints_p, harm.rate_p, harm.speakers_p)
    # The adjusted p belongs to the strongest; the others are no surer than it.
    least = [max(p if flooded else 1.0, one) for one in tests]
    harmed = [harm.complained(least[0]), harm.answers_fell(least[1]), harm.people_fell(least[2])]
    status: Status = "finding" if flooded and any(harmed) else "watch" if _near(harm, idle, talk) else "clear"
    values = {
        "weeks": Value(WEEKS, "count"), "turns": Value(talk, "count"),
        "idle_share": Value(float(idle.sum()) / max(talk, 1), "ratio"),
        "content_share": Value(content / max(talk, 1), "ratio"),
        "complaints": Value(len(harm.complaints), "count"), "complainers": Value(harm.complainers, "count"),
        "answer_rate_before": Value(harm.rate_before, "ratio"), "answer_rate": Value(harm.rate, "ratio"),
        "speakers_before": Value(None if harm.speakers_before is None else round(harm.speakers_before, 1)),
        "speakers": Value(round(harm.speakers, 1)), "p": Value(p if flooded else None),
    }  # fmt: skip
    limits = [
        Limit("idle_share", IDLE), Limit("content_share", CONTENT), Limit("complaints", COMPLAINTS),
        Limit("fall", FALL), Limit("p", gr.ALPHA, "statistics"),
    ]  # fmt: skip
    since = gr.onset(share) if status == "finding" else None
    sure = {"finding": 0.6 + 0.1 * sum(harmed), "watch": 0.5, "clear": 0.7}[status]
    answered = np.flatnonzero(ground.has(Act.HELP) & ground.answered & ground.since(WEEKS))
    ignored = np.flatnonzero(ground.has(Act.HELP) & ~ground.answered & ground.since(WEEKS))
    view = ground.view
    shows = [*ground.rows(harm.complaints)[-5:].tolist(), *ground.rows(ignored)[-5:].tolist()]
    if len(shows) < 3:
        shows += ground.rows(np.flatnonzero(idle > gr.LIKELY))[-5:].tolist()
    return found(
        CODE, status, SEVERITY, gr.capped(sure, ground, links_matter=True), values, limits,
        shown(view, shows), shown(view, ground.rows(answered), 5),
        None if since is None else ground.at(since),
    )  # fmt: skip


def _near(harm: _Harm, idle: Floats, talk: int) -> bool:
    """Idle talk is half of all, and more people complain of it than before, or fewer are answered."""
    worse = harm.complained(harm.complaints_p) or harm.answers_fell(harm.rate_p)
    return float(idle.sum()) >= _WATCHED * talk and worse
