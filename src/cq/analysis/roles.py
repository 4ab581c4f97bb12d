"""Who does what in a group: six roles of behaviour, how sure each is, and the messages that show it.

Looked at are the twelve weeks that end with the window. A role says what somebody did there, not what they
are: no rank, no judgement, no risk. Who reads, what is said elsewhere or by voice, and irony cannot be seen.
Scores stand in ``_role_scores``, how sure they are in ``_role_stability``; whether operators of real groups
would agree is not known, everything fitted was fitted on simulated groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cq.analysis import Analyzer, GroupView, Window
from cq.analysis import _role_scores as sc
from cq.analysis import _role_stability as st
from cq.analysis._conversation import conversation
from cq.analysis._role_changes import Change, changed
from cq.analysis._role_counts import WEEK_MS, counted, exposure
from cq.analysis._role_deeds import ACTIVE, deeds
from cq.analysis._role_evidence import by_person, listed
from cq.conversation.acts import Act
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cq.analysis._conversation import Conversation
    from cq.analysis._role_counts import Counts
    from cq.analysis._role_deeds import Deeds
    from cq.analysis._role_stability import Judged
    from cq.section import ColumnKind

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Rows = list[tuple[object, ...]]


EXCERPT, DISSENT = 80, 400
"""Characters of a message that are shown; whoever disagrees is quoted at length."""


class Settings(msgspec.Struct, frozen=True):
    """``weeks``: how far back from the end of the window roles are read; twelve as Nonnecke and Preece 2000,
    and long enough to tell silence from a pause. ``draws``: how often weeks are drawn anew.
    """

    weeks: int = 12
    draws: int = st.DRAWS


METRICS: dict[str, Unit] = {
    "window_start": "time",
    "window_end": "time",
    "members_judged": "count",
    "firm": "count",
    "likely": "count",
    "tentative": "count",
    "not_enough_data": "count",
    **{f"share_{label}": "ratio" for label in sc.LABELS[: sc.UNKNOWN]},
    "explicit_link_coverage": "ratio",
    "reply_cap": "ratio",
    "role_changes": "count",
}  # fmt: skip

TABLES: dict[str, dict[str, ColumnKind]] = {
    "members": {
        "member_id": "member_id", "name": "name", "official_role": "code", "role": "code", "scores": "object",
        "certainty": "code", "stability": "ratio", "confidence": "ratio", "turns": "count",
        "active_days": "count", "evidence": "object", "also": "object",
    },
    "numbers": {
        "member_id": "member_id", "role": "code", "acts": "count", "act_days": "count", "share": "ratio",
    },
    "evidence": {
        "message_id": "message_id", "member_id": "member_id", "name": "name", "role": "code",
        "sent_at": "time", "text": "text",
    },
    "composition": {
        "role": "code", "members": "count", "share": "ratio", "low": "ratio", "high": "ratio",
        "turn_share": "ratio",
    },
    "changes": {
        "member_id": "member_id", "name": "name", "before": "code", "after": "code", "seen_at": "time",
        "stability_before": "ratio", "stability_after": "ratio",
    },
}  # fmt: skip


class _Cast(msgspec.Struct, frozen=True):
    """What was looked at, and what came out; ``end`` is one millisecond after the last moment of it."""

    start: int
    end: int
    counts: Counts
    judged: Judged
    links: float | None


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``roles``. Every code is there; what the log does not show is ``None``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    rows: dict[str, Rows] = {}
    stretch = _stretch(view, window, settings)
    if stretch is not None:
        found = conversation(view)
        done = deeds(found)
        cast = _cast(found, done, *stretch, settings)
        moved = _changes(view, done, stretch[1], settings)
        metrics |= _metrics(window, cast, len(moved))
        rows = {
            **_shown(found, done, cast),
            "composition": _composition(cast),
            "changes": [_change(view, c) for c in moved],
        }
    return Section(
        "roles", metrics, {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()}
    )


ANALYZER = Analyzer("roles", 40, Settings(), run)


def _stretch(view: GroupView, window: Window, settings: Settings) -> tuple[int, int] | None:
    """``[start, end)`` of what is looked at, within the log; None where nothing is."""
    if not len(view):
        return None
    end = min(window.end, int(view.sent_at[-1]) + 1)
    start = max(end - settings.weeks * WEEK_MS, int(view.sent_at[0]))
    inside = np.searchsorted(view.sent_at, [start, end], side="left")
    return (start, end) if inside[1] > inside[0] else None


def _counts(view: GroupView, done: Deeds, start: int, end: int) -> Counts:
    """The counts of everybody who was a member or spoke between."""
    weeks = max(1, -(-(end - start) // WEEK_MS))
    everybody = np.flatnonzero(view.somebody[:-1]).astype(np.int64)
    exposed = exposure(view, everybody.tolist(), start, end, weeks)
    spoke = np.zeros(len(view.people), np.bool_)
    spoke[done.person[done.between(start, end)]] = True
    there = (exposed.sum(1) > 0) | spoke[everybody]
    return counted(done, everybody[there], exposed[there], start, end, len(view.people))


def _observable(view: GroupView, people: Ints) -> Flags:
    """Whose silence can be told from absence: listed members, or where joins are shown everybody known."""
    listed = np.array([view.people[i].listed for i in people.tolist()], np.bool_)
    return np.full(len(people), view.member_basis == "events") if view.member_basis != "roster" else listed


def _cast(found: Conversation, done: Deeds, start: int, end: int, settings: Settings) -> _Cast:
    counts = _counts(found.view, done, start, end)
    links = _links(found, start, end)
    judged = st.judge(counts, links, _observable(found.view, counts.people), settings.draws)
    return _Cast(start, end, counts, judged, links)


def _links(found: Conversation, start: int, end: int) -> float | None:
    """The share of turns that say whom they answer, of those that open no session and are no filler."""
    turns = found.turns
    low, high = np.searchsorted(turns.start_ms, [start, end], side="left")
    said = ~found.acts.has(Act.FILLER)
    said[found.sessions.first_turn] = False
    linked = np.zeros(len(turns), np.bool_)
    linked[turns.of_row[found.replies.explicit.row]] = True
    n = int(said[low:high].sum())
    return float((said & linked)[low:high].sum() / n) if n else None


def _changes(view: GroupView, done: Deeds, end: int, settings: Settings) -> list[Change]:
    length = settings.weeks * WEEK_MS

    def judge(at: int, some: Flags | None) -> tuple[Ints, st.Floats]:
        counts = _counts(view, done, at - length, at)
        wanted = None if some is None else np.append(some, False)[np.minimum(counts.people, len(some))]
        label, stability = np.full(len(view.people), -1, np.int64), np.zeros(len(view.people))
        label[counts.people], stability[counts.people] = st.standing(
            counts, _observable(view, counts.people), wanted, settings.draws
        )
        return label, stability

    return changed(int(view.sent_at[0]), end, length, judge)


def _metrics(window: Window, cast: _Cast, moved: int) -> Mapping[str, Metric]:
    judged = cast.judged
    known = judged.label != sc.UNKNOWN
    n = int(known.sum())
    levels = {name: int((judged.certainty[known] == i).sum()) for i, name in enumerate(st.CERTAINTIES)}
    shares = {}
    for i, label in enumerate(sc.LABELS[: sc.UNKNOWN]):
        low, high = _interval(cast, i)
        share = float((judged.label == i).sum() / n) if n else None
        shares[f"share_{label}"] = Metric(share, "ratio", n, interval=(low, high) if n else None)
    return {
        "window_start": Metric(window.isoformat(cast.start), "time"),
        "window_end": Metric(window.isoformat(cast.end), "time"),
        "members_judged": Metric(n, "count", len(known)),
        **{name: Metric(count, "count", n) for name, count in levels.items()},
        "not_enough_data": Metric(len(known) - n, "count", len(known)),
        **shares,
        "explicit_link_coverage": Metric(None if cast.links is None else round(cast.links, 4), "ratio"),
        "reply_cap": Metric(round(st.link_cap(cast.links), 4), "ratio"),
        "role_changes": Metric(moved, "count", n),
    }


def _interval(cast: _Cast, label: int) -> tuple[float, float]:
    """What 95 of 100 draws say about the share of a label, widened to what was found."""
    judged = cast.judged
    known = judged.label != sc.UNKNOWN
    share = float((judged.label == label).sum() / max(1, known.sum()))
    low, high = np.quantile(judged.composition[:, label], [0.025, 0.975])
    return round(min(float(low), share), 4), round(max(float(high), share), 4)


def _composition(cast: _Cast) -> Rows:
    """How the people judged divide into roles, in numbers and in turns."""
    label, own = cast.judged.label, cast.counts.own
    known = label != sc.UNKNOWN
    n, turns = max(1, int(known.sum())), max(1, int(own[known].sum()))
    rows: Rows = []
    for i, name in enumerate(sc.LABELS[: sc.UNKNOWN]):
        low, high = _interval(cast, i)
        mine = label == i
        rows.append((name, int(mine.sum()), mine.sum() / n, low, high, int(own[mine].sum()) / turns))
    return [tuple(v.item() if isinstance(v, np.generic) else v for v in row) for row in rows]


def _change(view: GroupView, change: Change) -> tuple[object, ...]:
    person = view.people[change.person]
    seen = Window(0, 0, view.zone).isoformat(change.seen)
    names = sc.LABELS[change.old], sc.LABELS[change.new]
    return person.id, person.name, *names, seen, change.before, change.after


def _days(view: GroupView, done: Deeds, own: Ints) -> int:
    """Local days on which somebody spoke."""
    return len(np.unique(view.local_day[done.row[own[done.weight[own] == 1]]]))


def _shown(source: Conversation, done: Deeds, cast: _Cast) -> dict[str, Rows]:
    """Members, the surest and most telling first; the numbers behind each role, and its messages."""
    view, judged, counts = source.view, cast.judged, cast.counts
    own = by_person(done, cast.start, cast.end)
    none = np.zeros(0, np.int64)
    totals = counts.keys.sum((0, 1))
    found: dict[str, Rows] = {"members": [], "numbers": [], "evidence": []}
    order = np.lexsort((counts.people, -counts.own, -judged.scores.max(1), -judged.certainty, judged.label))
    for j in order.tolist():
        person = view.people[int(counts.people[j])]
        scores, label = judged.scores[j], sc.LABELS[judged.label[j]]
        unknown = label == sc.LABELS[sc.UNKNOWN]
        also = [r for i, r in enumerate(sc.ROLES) if scores[i] >= sc.HALF and r != label and not unknown]
        evidence: dict[str, list[str]] = {}
        for role in (label, *also):
            if role in ACTIVE:
                r = ACTIVE.index(role)
                mine = own.get(int(counts.people[j]), none)
                mine = mine[done.key[mine, r]]
                rows, evidence[role] = listed(source, done, mine, role, cast.end)
                acts = float(counts.keys[j, :, r].sum())
                days = int(counts.days[j, r])
                found["numbers"].append((person.id, role, int(acts), days, round(float(acts / totals[r]), 4)))
                width = DISSENT if role == "challenger" else EXCERPT
                found["evidence"] += [
                    (id_, person.id, person.name, role, view.time(row), view.excerpt(row, width))
                    for id_, row in zip(evidence[role], rows, strict=True)
                ]
        found["members"].append(
            (
                person.id,
                person.name,
                person.role,
                label,
                {role: round(float(s), 3) for role, s in zip(sc.ROLES, scores, strict=True)},
                st.CERTAINTIES[judged.certainty[j]],
                None if unknown else round(float(judged.stability[j]), 3),
                None if unknown else round(float(judged.confidence[j]), 3),
                int(counts.own[j]),
                _days(view, done, own.get(int(counts.people[j]), none)),
                evidence,
                also,
            )
        )
    return found
