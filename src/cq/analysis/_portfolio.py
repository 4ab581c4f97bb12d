"""Several groups side by side: who needs attention, who sits in many of them, what was said in several.

Made from digests alone. Where most members are known by nickname only, nothing is said about shared members.
A ranking is an order of work, not of merit; it adds up what was found, and shows what it added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.analysis import Window
from cq.analysis._digest import NOW_WEEKS
from cq.analysis._measures import wilson
from cq.analysis._portfolio_findings import DORMANT_TURNS, findings
from cq.section import Metric, Section, Table, Unit

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cq.analysis._digest import Digest, Posts
    from cq.section import ColumnKind

    Rows = list[tuple[object, ...]]


class Settings(msgspec.Struct, frozen=True):
    """``steady``: least share of members with an id of their own, else overlap is withheld. ``overlap``:
    share of seats taken by people who sit in another group as well. ``copied``: share of staff posts that
    stand in other groups too, from ``least_notices`` on. ``dormant``: share of groups without talk.
    ``cross_posts``: questions one person asked in two groups within ``cross_hours``. ``rows``: length of
    lists. All are conventions."""

    steady: float = 0.7
    overlap: float = 0.3
    copied: float = 0.8
    least_notices: int = 20
    dormant: float = 0.5
    cross_posts: int = 3
    cross_hours: int = 24
    rows: int = 50


DEFAULTS = Settings()

METRICS: dict[str, Unit] = {
    "groups": "count",
    "unique_members": "count",
    "seats": "count",
    "groups_per_member": "number",
    "member_repeat_share": "ratio",
    "seat_repeat_share": "ratio",
    "in_four_share": "ratio",
    "copied_share": "ratio",
    "cross_posted_questions": "count",
    "dormant_share": "ratio",
    "answered_ratio_median": "ratio",
    "answered_ratio_low": "ratio",
    "answered_ratio_high": "ratio",
    "answer_seconds_median": "seconds",
    "answer_seconds_high": "seconds",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "ranking": {
        "group_id": "group_id", "name": "name", "points": "number", "reasons": "code", "stage": "code",
        "turns": "count", "real_turns": "count", "interaction_rank": "count", "speakers": "count",
        "answered_ratio": "ratio", "ad_ratio": "ratio",
    },
    "pairs": {"one": "name", "other": "name", "shared": "count", "jaccard": "ratio"},
    "people": {"member_id": "member_id", "name": "name", "groups": "count", "spoke_in": "count"},
    "spread": {"groups": "count", "people": "count"},
    "copied": {
        "text": "text", "groups": "count", "posts": "count", "senders": "count", "first": "time",
        "last": "time", "official": "bool",
    },
    "questions": {
        "text": "text", "groups": "count", "askers": "count", "first": "time", "within": "seconds",
    },
}  # fmt: skip

MANY = 4
"""So many groups are many for one person; articles on communities tell of people pulled into N groups."""
_POINTS = {"alert": 3.0, "warning": 2.0, "info": 1.0}
_WATCH = 0.5
"""What a finding adds to the need of attention; one to watch adds half of it."""


class _Met(NamedTuple):
    """One wording that several groups saw: UTC ms, group, sender and office of each post; the words."""

    at: list[int]
    group: list[int]
    sender: list[str]
    official: list[bool]
    text: str


def portfolio(digests: Sequence[Digest], zone: ZoneInfo, settings: Settings = DEFAULTS) -> Section:
    """The comparison of two groups or more. Times are local to ``zone``."""
    steady = _steadiness(digests)
    known = steady >= settings.steady
    seats = _seats(digests)
    copied = _met([d.posts for d in digests], digests)
    asked = _cross_posted(_met([d.asked for d in digests], digests), settings, known)
    ranked = _ranked(digests)
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    metrics["groups"] = Metric(len(digests), "count")
    metrics |= _shared(seats, len(digests)) if known else {}
    metrics |= _said(digests, asked) | _answers(digests)
    time = Window(0, 0, zone).isoformat
    tables: dict[str, Rows] = {
        "ranking": ranked,
        "pairs": _pairs(digests, settings.rows) if known else [],
        "people": _people(digests, seats, settings.rows) if known else [],
        "spread": sorted(Counter(map(len, seats.values())).items()) if known else [],
        "copied": [_copied(met, time) for met in copied[: settings.rows]],
        "questions": [_question(met, time) for met in asked[: settings.rows]],
    }
    return Section(
        "portfolio",
        metrics,
        {name: Table(columns, tables[name]) for name, columns in TABLES.items()},
        findings=findings(metrics, steady, settings),
    )


# -- members -----------------------------------------------------------------------------------------


def _steadiness(digests: Sequence[Digest]) -> float:
    """Share of all seats whose id is more than a nickname."""
    seats = sum(len(d.members) for d in digests)
    return sum(d.steady * len(d.members) for d in digests) / seats if seats else 0.0


def _seats(digests: Sequence[Digest]) -> dict[str, list[int]]:
    """Per member id the groups they sit in. Nicknames are left out: they are nobody for sure."""
    seats: dict[str, list[int]] = {}
    for number, one in enumerate(digests):
        for at in one.members.tolist():
            if not one.ids[at].startswith("name:"):
                seats.setdefault(one.ids[at], []).append(number)
    return seats


def _shared(seats: dict[str, list[int]], groups: int) -> dict[str, Metric]:
    """Unique members, seats and repeat rates, as qq_group_stats defines them."""
    unique, total = len(seats), sum(map(len, seats.values()))
    again = sum(len(some) > 1 for some in seats.values())
    four = sum(len(some) >= MANY for some in seats.values())

    def share(part: int, whole: int) -> Metric:
        return Metric(part / whole if whole else None, "ratio", whole, interval=wilson(part, whole))

    return {
        "unique_members": Metric(unique, "count"),
        "seats": Metric(total, "count"),
        "groups_per_member": Metric(total / unique if unique else None, "number", unique),
        "member_repeat_share": share(again, unique),
        "seat_repeat_share": share(total - unique, total),
        "in_four_share": share(four, unique) if groups >= MANY else Metric(None, "ratio", unique),
    }


def _pairs(digests: Sequence[Digest], most: int) -> Rows:
    members = [{d.ids[i] for i in d.members.tolist()} for d in digests]
    rows: Rows = []
    for one, other in combinations(range(len(digests)), 2):
        both = len(members[one] & members[other])
        if both:
            whole = len(members[one] | members[other])
            rows.append((digests[one].name, digests[other].name, both, both / whole))
    return sorted(rows, key=lambda row: (-int(str(row[2])), str(row[0]), str(row[1])))[:most]


def _people(digests: Sequence[Digest], seats: dict[str, list[int]], most: int) -> Rows:
    """Who sits in the most groups, and in how many of them they spoke."""
    spoke = Counter(d.ids[i] for d in digests for i in d.speakers.tolist())
    names = {d.ids[i]: d.names[i] or d.ids[i] for d in digests for i in d.members.tolist()}
    many = sorted((id_ for id_, some in seats.items() if len(some) > 1), key=lambda i: (-len(seats[i]), i))
    return [(id_, names[id_], len(seats[id_]), spoke[id_]) for id_ in many[:most]]


# -- what was said in several ------------------------------------------------------------------------


def _met(posts: Sequence[Posts], digests: Sequence[Digest]) -> list[_Met]:
    """Wordings that stand in two groups or more, the most spread first."""
    words = np.concatenate([p.words for p in posts])
    group = np.repeat(np.arange(len(posts)), [len(p) for p in posts])
    place = np.concatenate([np.arange(len(p)) for p in posts])
    at = np.concatenate([p.at for p in posts])
    order = np.lexsort((group, at, words))
    cuts = np.flatnonzero(np.diff(words[order])) + 1
    found = []
    for part in np.split(order, cuts) if len(order) else []:
        groups, places = group[part].tolist(), place[part].tolist()
        if len(set(groups)) > 1:
            here = list(zip(groups, places, strict=True))
            senders = [digests[g].ids[int(posts[g].sender[i])] for g, i in here]
            official = [bool(posts[g].official[i]) for g, i in here]
            first = posts[groups[0]].text[places[0]]
            found.append(_Met(at[part].tolist(), groups, senders, official, first))
    return sorted(found, key=lambda met: (-len(set(met.group)), -len(met.at), met.at[0]))


def _cross_posted(found: Sequence[_Met], settings: Settings, known: bool) -> list[_Met]:
    """Questions that one person asked in two groups within a day; where people are not known, the same words
    within a day."""
    limit = settings.cross_hours * 3_600_000
    kept = []
    for met in found:
        posts = list(zip(met.at, met.group, met.sender, strict=True))
        if any(
            g != h and abs(a - b) <= limit and (s == t or not known)
            for (a, g, s), (b, h, t) in combinations(posts, 2)
        ):
            kept.append(met)
    return kept


def _copied(met: _Met, time: Callable[[int], str]) -> tuple[object, ...]:
    groups, senders = len(set(met.group)), len(set(met.sender))
    return met.text, groups, len(met.at), senders, time(met.at[0]), time(met.at[-1]), all(met.official)


def _question(met: _Met, time: Callable[[int], str]) -> tuple[object, ...]:
    within = (met.at[-1] - met.at[0]) // 1000
    return met.text, len(set(met.group)), len(set(met.sender)), time(met.at[0]), within


def _said(digests: Sequence[Digest], asked: Sequence[_Met]) -> dict[str, Metric]:
    notices = sum(d.notices for d in digests)
    repeated = sum(int(d.posts.official.sum()) for d in digests)
    old = [d for d in digests if d.weeks >= NOW_WEEKS]
    quiet = sum(d.real_turns <= DORMANT_TURNS * NOW_WEEKS for d in old)
    return {
        "copied_share": Metric(repeated / notices if notices else None, "ratio", notices),
        "cross_posted_questions": Metric(len(asked), "count", sum(len(d.asked) for d in digests)),
        "dormant_share": Metric(quiet / len(old) if old else None, "ratio", len(old)),
    }


# -- groups against each other -----------------------------------------------------------------------


def _metric(one: Digest, path: str) -> object:
    section, _, code = path.partition(".")
    metric = one.sections[section].metrics.get(code) if section in one.sections else None
    return metric.value if metric else None


def _answers(digests: Sequence[Digest]) -> dict[str, Metric]:
    """How the groups differ in how often and how soon questions are answered."""
    ratios, waits = (
        [v for d in digests if isinstance(v := _metric(d, f"questions.{code}"), float | int)]
        for code in ("answered_ratio", "median_answer_seconds")
    )

    def at(values: Sequence[float], q: float, unit: Unit) -> Metric:
        return Metric(float(np.quantile(values, q)) if values else None, unit, len(values))

    return {
        "answered_ratio_median": at(ratios, 0.5, "ratio"),
        "answered_ratio_low": at(ratios, 0.1, "ratio"),
        "answered_ratio_high": at(ratios, 0.9, "ratio"),
        "answer_seconds_median": at(waits, 0.5, "seconds"),
        "answer_seconds_high": at(waits, 0.9, "seconds"),
    }


def _ranked(digests: Sequence[Digest]) -> Rows:
    """The groups by need of attention; beside it their rank by real talk, which volume does not make."""
    lively = sorted(range(len(digests)), key=lambda i: (-digests[i].real_turns, digests[i].group_id))
    rank = {group: place for place, group in enumerate(lively, 1)}
    rows: Rows = []
    for number, one in enumerate(digests):
        loud = [f for s in one.sections.values() for f in s.findings if f.status in ("finding", "watch")]
        points = sum(_POINTS[f.severity] * (1.0 if f.status == "finding" else _WATCH) for f in loud)
        reasons = [f.code for f in loud if f.status == "finding"]
        rows.append(
            (
                one.group_id,
                one.name,
                points,
                reasons,
                _metric(one, "lifecycle.stage"),
                one.turns,
                one.real_turns,
                rank[number],
                one.recent_speakers,
                _metric(one, "questions.answered_ratio"),
                _metric(one, "ads.ad_ratio"),
            )
        )
    return sorted(rows, key=lambda row: (-float(str(row[2])), -int(str(row[5])), str(row[0])))
