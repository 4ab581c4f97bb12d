"""How newcomers come and what they meet: rhythm, entry, rules, old members who answer.

Looked at are the joins of the last twelve weeks (bursts need the weeks before as well) that the log or a
list of members shows. Joins that the platform did not tell are not there; private welcomes and rules shown on
entering are not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import Analyzer, GroupView, Window, _onboarding_findings
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m
from cq.analysis import _onboarding_rhythm as rhythm
from cq.analysis._findings import unseen
from cq.analysis._habit_ground import room
from cq.analysis._onboarding_firsts import Firsts, firsts
from cq.analysis._onboarding_people import NOBODY, WEEK_MS, House, Joins
from cq.analysis._staff import named
from cq.analysis._statistics import false_discovery
from cq.analysis._worth import standing
from cq.conversation.acts import Act
from cq.section import Metric, Section, Series, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis._onboarding_rhythm import Burst
    from cq.section import ColumnKind, Finding

    Ints = NDArray[np.int64]
    Rows = list[tuple[object, ...]]


class Settings(msgspec.Struct, frozen=True):
    """``listed``: newcomers in the table, the latest. ``series_weeks``: how many weeks the series shows."""

    listed: int = 50
    series_weeks: int = 52


METRICS: dict[str, Unit] = {
    "weeks": "count",
    "joins": "count",
    "joins_per_week": "number",
    "bursts": "count",
    "newest_share": "ratio",
    "most_members": "count",
    "invited_share": "ratio",
    "member_invited_share": "ratio",
    "staff_invited_share": "ratio",
    "inviters": "count",
    "invites_per_inviter": "number",
    "top_inviter_share": "ratio",
    "longest_chain": "count",
    "vetting_traces": "count",
    "subgroup_calls": "count",
    "exposed": "count",
    "first_post_share": "ratio",
    "answered_share": "ratio",
    "unanswered_share": "ratio",
    "second_post_share": "ratio",
    "second_post_share_answered": "ratio",
    "second_post_share_unanswered": "ratio",
    "inviter_spoke_share": "ratio",
    "rules_seen_share": "ratio",
    "breach_share": "ratio",
    "expert_answer_share": "ratio",
}

TABLES: dict[str, dict[str, ColumnKind]] = {
    "bursts": {"week": "date", "joins": "count", "members": "count", "share": "ratio", "p": "number"},
    "newcomers": {
        "joined_at": "time", "member_id": "member_id", "name": "name", "inviter": "member_id",
        "inviter_name": "name", "rules": "bool", "message_id": "message_id", "waited": "number",
        "answered": "number", "again": "bool", "text": "text",
    },
    "inviters": {
        "member_id": "member_id", "name": "name", "class": "code", "invited": "count", "stayed": "count",
    },
}  # fmt: skip

RECENT = 12
_VETTING = (
    r"审核|審核|验证|驗證|报名费|入群费|门票|进群费|付费|会费|押金|先填|填表"
    r"|问卷|申请(?:入|进)群|邀请码|实名|备注(?:好|一下)|拉人(?:要|先|需)|进群(?:要|需|请|先|条件|要求)"
)
_SUBGROUPS = (
    r"(?:建|拉|进|开|分|加)(?:了)?(?:个|一个|你们|大家|各位|到)?"
    r"[^，。\s]{0,6}(?:[一二三四五六七八九十\d]|小|新|分|子)群|分群|扫码进群"
)


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``onboarding``."""
    metrics = {code: Metric(None, unit) for code, unit in METRICS.items()}
    house = House(room(view, window))
    on = house.room.on
    rows: dict[str, Rows] = {}
    if not len(on.weeks) or not house.observable:
        findings: Sequence[Finding] = [
            unseen(code, severity, "joins_hidden") for code, severity in _onboarding_findings.CODES.items()
        ]
        return _section(metrics, rows, [], findings)
    recent = house.joins.where(house.joins.at >= on.end - RECENT * WEEK_MS)
    met = firsts(house, recent)
    seen = rhythm.bursts(house)
    harms = rhythm.harms(house, seen, met)
    adjusted = false_discovery([one.p for one in harms])
    metrics |= _coming(house, recent, seen) | _entry(house) | _meeting(house, met)
    kinds = ["staff" if i in set(house.room.staff.tolist()) else "member" for i in range(len(view.people))]
    rows = {
        "bursts": [
            (_day(house, one.week), one.joins, one.members, _round(one.share), round(one.p, 4))
            for one in seen
        ],
        "newcomers": _newcomers(house, met, settings.listed),
        "inviters": rhythm.inviters(house, kinds),
    }
    findings = [
        rhythm.conclude(house, seen, harms, adjusted),
        _onboarding_findings.unanswered(house, met),
        _onboarding_findings.rules(house, met),
    ]
    start = max(0, len(on.weeks) - settings.series_weeks)
    counts = on.weeks.counts(house.joins.at)
    points = [(_day(house, week), int(counts[week])) for week in range(start, len(on.weeks))]
    return _section(metrics, rows, points, findings)


ANALYZER = Analyzer("onboarding", 64, Settings(), run)


def _section(
    metrics: dict[str, Metric],
    rows: dict[str, Rows],
    points: list[tuple[str, int]],
    findings: Sequence[Finding],
) -> Section:
    tables = {name: Table(columns, rows.get(name, [])) for name, columns in TABLES.items()}
    return Section("onboarding", metrics, tables, {"joins": Series("count", "week", points)}, findings)


def _day(house: House, week: int) -> str:
    return cal.iso(cal.day_of(int(house.room.on.weeks.edges[week]), house.room.view.zone))


def _round(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _share(hits: float, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(round(hits), n))


def _coming(house: House, recent: Joins, seen: Sequence[Burst]) -> dict[str, Metric]:
    """O1, O2, F27, F35, F37: how many came, and by whom. Shares of inviters are of all joins of the log whose
    event is there: a list of members does not say who invited."""
    on = house.room.on
    weeks, n = min(RECENT, len(on.weeks)), len(recent)
    told = house.joins.where(house.joins.row >= 0)
    invited = told.where(told.by != NOBODY)
    of_staff = int(np.isin(invited.by, house.room.staff).sum())
    count = np.bincount(invited.by) if len(invited) else np.zeros(0, np.int64)
    inviters = int((count > 0).sum())
    listed = house.room.view.member_basis == "roster"
    edges = [*on.weeks.edges.tolist(), on.end]
    return {
        "weeks": Metric(weeks, "count"),
        "joins": Metric(n, "count"),
        "joins_per_week": Metric(round(n / weeks, 2) if weeks else None, "number", weeks),
        "bursts": Metric(len(seen), "count", weeks),
        "newest_share": Metric(rhythm.newest_share(house, on.end), "ratio"),
        "most_members": Metric(max(house.members(int(at)) for at in edges) if listed else None, "count"),
        "invited_share": _share(len(invited), len(told)),
        "member_invited_share": _share(len(invited) - of_staff, len(told)),
        "staff_invited_share": _share(of_staff, len(told)),
        "inviters": Metric(inviters if len(told) else None, "count"),
        "invites_per_inviter": Metric(
            round(len(invited) / inviters, 2) if inviters else None, "number", inviters
        ),
        "top_inviter_share": _share(int(count.max()), len(invited)) if inviters else Metric(None, "ratio"),
        "longest_chain": Metric(_chain(invited) if inviters else None, "count", len(invited)),
    }


def _chain(invited: Joins) -> int:
    """The longest line of people who invited one another, the first inviter not counted."""
    depth: dict[int, int] = {}
    for person, by in zip(invited.person.tolist(), invited.by.tolist(), strict=True):
        depth[person] = max(depth.get(person, 0), depth.get(by, 0) + 1)
    return max(depth.values(), default=0)


def _entry(house: House) -> dict[str, Metric]:
    """O2, F19: traces of conditions on entering, and calls into other groups, in what staff say."""
    on = house.room
    turns = on.on.found.turns
    some = np.flatnonzero(on.inside & (on.by_staff | on.on.has(Act.RULE, Act.NOTICE)))[-20_000:]
    texts = pc.fill_null(on.view.text.take(pa.array(turns.first_row[some])), "")
    vetting, split = (
        int(pc.sum(pc.match_substring_regex(texts, p)).as_py() or 0) for p in (_VETTING, _SUBGROUPS)
    )
    return {"vetting_traces": Metric(vetting, "count"), "subgroup_calls": Metric(split, "count")}


def _meeting(house: House, met: Firsts) -> dict[str, Metric]:
    """O3, O4, F07: what newcomers met."""
    exposed, spoke = int(met.exposed.sum()), met.soon
    posted = met.posted
    n, invited = int(posted.sum()), met.joins.by != NOBODY
    known = spoke & (met.joins.at + 2 * 14 * m.DAY_MS <= house.room.on.end)
    good, bad = known & (met.heard > 0.5), known & met.ignored
    return {
        "exposed": Metric(exposed, "count", len(met.joins)),
        "first_post_share": _share(int(spoke.sum()), exposed),
        "answered_share": _share(float(met.heard[posted].sum()), n),
        "unanswered_share": _share(int(met.ignored.sum()), n),
        "second_post_share": _share(int((met.again & known).sum()), int(known.sum())),
        "second_post_share_answered": _share(int((met.again & good).sum()), int(good.sum())),
        "second_post_share_unanswered": _share(int((met.again & bad).sum()), int(bad.sum())),
        "inviter_spoke_share": _share(int(met.inviter.sum()), int(invited.sum())),
        "rules_seen_share": _share(int(met.rules.sum()), len(met.joins)),
        "breach_share": _share(int(met.breach.sum()), len(met.joins)),
        "expert_answer_share": _experts(house),
    }


def _experts(house: House) -> Metric:
    """F07: requests of members of less than four weeks that an expert answers: those the operator names, else
    the tenth of the people whose contributions drew most."""
    on, turns = house.room.on, house.room.on.found.turns
    view = house.room.view
    experts = named(view, view.operator.experts)
    if not experts:
        value = standing(on.found, house.room.inside, on.end)
        some = np.flatnonzero(value > 0)
        experts = some[np.argsort(-value[some])][: max(1, len(some) // 10)].tolist() if len(some) else []
    since = house.since[turns.person]
    asked = house.room.inside & on.has(Act.HELP) & (turns.start_ms - since < 4 * WEEK_MS)
    asked &= np.isin(turns.person, house.joins.person)
    n = int(asked.sum())
    if not experts:
        return Metric(None, "ratio", n)
    turn, to = house.room.answers
    mine = np.isin(turns.person[turn], experts)
    helped = np.zeros(len(turns), np.bool_)
    helped[to[mine]] = True
    return _share(int((asked & helped).sum()), n)


def _newcomers(house: House, met: Firsts, most: int) -> Rows:
    """The latest newcomers first."""
    view, turns = house.room.view, house.room.on.found.turns
    rows: Rows = []
    for i in range(len(met.joins) - 1, max(-1, len(met.joins) - 1 - most), -1):
        at, who, by, first = (int(c[i]) for c in (met.joins.at, met.joins.person, met.joins.by, met.first))
        one = view.people[who]
        inviter = (view.people[by].id, view.people[by].name) if by != NOBODY else (None, None)
        head = house.room.on.window.isoformat(at), one.id, one.name, *inviter, bool(met.rules[i])
        if first < 0:
            rows.append((*head, None, None, None, None, None))
            continue
        row = int(turns.first_row[first])
        waited = round((int(turns.start_ms[first]) - at) / m.HOUR_MS, 1)
        chance = round(float(met.heard[i]), 2) if met.posted[i] else None
        rows.append(
            (*head, view.message_id[row].as_py(), waited, chance, bool(met.again[i]), view.excerpt(row))
        )
    return rows
