"""How people come: week by week, in bursts, by whom; and whether a burst went badly.

A burst is a week in which a fifth of the members come, or more than a steady rate explains (Poisson with the
mean of the twelve weeks before). Many newcomers are no harm by themselves: a finding needs something that
went worse for them or for those who were there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._onboarding_people import NOBODY, WEEK_MS
from cq.analysis._statistics import fisher_greater, poisson_at_least, shuffled_drop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis._onboarding_firsts import Firsts
    from cq.analysis._onboarding_people import House
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CODE = "onboarding/dilution"
SEVERITY: Severity = "warning"
LEAST_WEEKS, WARM_UP = 8, 4
"""In the first weeks of a log or a group everybody is new."""
SHARE, POISSON, BURST = 0.20, 0.025, 5
NEW_WEEKS, NEW_SHARE = 4, 0.2
RECENT = 12
ALPHA = 0.05
LEAST_JOINS = 5


class Burst(NamedTuple):
    """A week with many joins. ``share``: of the members before it, None without a list of members; ``p``: of
    so many at a steady rate."""

    week: int
    joins: int
    members: int
    share: float | None
    p: float

    @property
    def large(self) -> bool:
        """A fifth of the members."""
        return self.share is not None and self.share > SHARE and self.joins >= BURST


class Harm(NamedTuple):
    """Something that went worse, by its test. ``before`` and ``now``: the two rates or means."""

    name: str
    before: float
    now: float
    p: float


def bursts(house: House) -> list[Burst]:
    """Weeks with bursts of the last twelve, after the warm-up."""
    weeks = house.room.on.weeks
    counts = weeks.counts(house.joins.at)
    listed = house.room.view.member_basis == "roster"
    out = []
    for week in range(max(WARM_UP, len(weeks) - RECENT), len(weeks)):
        n = int(counts[week])
        past = counts[max(0, week - 12) : week]
        mean = max(float(past.mean()), 1 / max(1, len(past)))
        members = house.members(int(weeks.edges[week]))
        share = n / members if listed and members else None
        p = poisson_at_least(n, mean)
        if n >= BURST and ((share is not None and share > SHARE) or p < POISSON):
            out.append(Burst(week, n, members, share, p))
    return out


def newest_share(house: House, at: int) -> float | None:
    """Members who came in the four weeks before a moment, of all members then; None without a list."""
    n = house.members(at)
    if house.room.view.member_basis != "roster" or not n:
        return None
    fresh = m.distinct(
        house.joins.person[(house.joins.at >= at - NEW_WEEKS * WEEK_MS) & (house.joins.at < at)]
    )
    return min(1.0, len(fresh) / n)


def harms(house: House, seen: Sequence[Burst], firsts: Firsts) -> list[Harm]:
    """What may have gone worse with the bursts: first posts, answers to them, talk of the old members."""
    large = [one for one in seen if one.large]
    if not large:
        return []
    weeks = house.room.on.weeks
    of_burst = np.isin(weeks.of(firsts.joins.at), [one.week for one in large])
    out = []
    rest = firsts.exposed & ~of_burst
    n, m_ = int((firsts.exposed & of_burst).sum()), int(rest.sum())
    spoke, others = int((firsts.soon & of_burst).sum()), int((firsts.soon & rest).sum())
    if n >= LEAST_JOINS and m_ >= LEAST_JOINS:
        out.append(Harm("first_posts", others / m_, spoke / n, fisher_greater(n - spoke, n, m_ - others, m_)))
    out += _answers(firsts, of_burst)
    out += _old_talk(house, large)
    return out


def _answers(firsts: Firsts, of_burst: Flags) -> list[Harm]:
    """Newcomers of a burst whom nobody answers, against the other newcomers; where they are too few, against
    what old members say in those weeks."""
    posted = firsts.posted & of_burst
    n, alone = int(posted.sum()), int((firsts.ignored & of_burst).sum())
    rest = firsts.posted & ~of_burst
    m_, others = int(rest.sum()), int((firsts.ignored & rest).sum())
    if m_ < 2 * LEAST_JOINS:
        others, m_ = firsts.old_ignored, firsts.old_posts
    if n < LEAST_JOINS or m_ < LEAST_JOINS:
        return []
    return [Harm("unanswered", others / m_, alone / n, fisher_greater(alone, n, others, m_))]


def _old_talk(house: House, large: Sequence[Burst]) -> list[Harm]:
    """Turns a week of those who were there before, up to eight weeks before and after the first burst."""
    on, weeks = house.room.on, house.room.on.weeks
    first = large[0].week
    turns = on.found.turns
    there = house.since[turns.person] < weeks.edges[first]
    weekly = on.weekly(on.good & there)
    before, after = weekly[max(0, first - 8) : first], weekly[first + 1 : first + 9]
    quiet = weeks.holiday
    before, after = before[~quiet[max(0, first - 8) : first]], after[~quiet[first + 1 : first + 9]]
    p = shuffled_drop(before, after)
    if p is None or before.mean() <= 0:
        return []
    return [Harm("old_talk", float(before.mean()), float(after.mean()), p)]


def conclude(
    house: House, seen: Sequence[Burst], tested: Sequence[Harm], adjusted: Sequence[float]
) -> Finding:
    """Whether newcomers came faster than the group could take them in."""
    on, joins = house.room.on, house.joins
    missing = on.small(CODE, SEVERITY, LEAST_WEEKS)
    recent = int((joins.at >= on.end - RECENT * WEEK_MS).sum())
    if missing is None and recent < LEAST_JOINS:
        missing = too_little(CODE, SEVERITY, "joins", recent, LEAST_JOINS)
    if missing is not None:
        return missing
    large = [one for one in seen if one.large]
    worse = [(one, p) for one, p in zip(tested, adjusted, strict=True) if p < ALPHA and one.now != one.before]
    worst = max(large or seen, key=lambda one: one.joins, default=None)
    peak = None if worst is None else newest_share(house, int(on.weeks.edges[worst.week + 1]))
    diluted = peak is not None and peak >= NEW_SHARE
    status: Status = "clear"
    if large and diluted:
        status = "finding" if worse else "watch"
    elif any(one.p < POISSON / RECENT and one.share is None for one in seen):
        status = "watch"
    total = sum(one.joins for one in large or seen)
    values = {
        "weeks": Value(min(RECENT, len(on.weeks)), "count"), "joins": Value(recent, "count"),
        "bursts": Value(len(large), "count"), "burst_joins": Value(total, "count"),
        "largest": Value(worst.joins if worst else 0, "count"),
        "members": Value(worst.members if worst and worst.share is not None else None, "count"),
        "share": Value(worst.share if worst else None, "ratio"), "newest_share": Value(peak, "ratio"),
    }  # fmt: skip
    for name in ("first_posts", "unanswered", "old_talk"):
        one = next(((h, p) for h, p in zip(tested, adjusted, strict=True) if h.name == name), None)
        unit = "number" if name == "old_talk" else "ratio"
        values[f"{name}_before"] = Value(one[0].before if one else None, unit)  # type: ignore[arg-type]
        values[f"{name}_now"] = Value(one[0].now if one else None, unit)  # type: ignore[arg-type]
        values[f"{name}_p"] = Value(one[1] if one else None)
    limits = [
        Limit("share", SHARE), Limit("newest_share", NEW_SHARE), Limit("poisson", POISSON, "statistics"),
        Limit("alpha", ALPHA, "statistics"), Limit("burst_joins", BURST),
    ]  # fmt: skip
    sure = {"finding": 0.8, "watch": 0.5}.get(status, 0.75)
    rows = _rows(house, large or seen)
    since = on.at(large[0].week) if status == "finding" else None
    return found(CODE, status, SEVERITY, sure, values, limits, shown(house.room.view, rows), (), since)


def _rows(house: House, seen: Sequence[Burst]) -> Ints:
    weeks = house.room.on.weeks
    chosen = np.isin(weeks.of(house.joins.at), [one.week for one in seen]) & (house.joins.row >= 0)
    return house.joins.row[chosen]


def inviters(house: House, classes: Sequence[str]) -> list[tuple[object, ...]]:
    """Who invited whom in: how many, and how many of them are still there."""
    joins, view = house.joins, house.room.view
    known = joins.by[joins.by != NOBODY]
    rows: list[tuple[object, ...]] = []
    for who in m.distinct(known).tolist():
        came = joins.where(joins.by == who)
        stays = int((house.gone[came.person] > house.room.on.end).sum())
        rows.append((view.people[who].id, view.people[who].name, classes[who], len(came), stays))
    return sorted(rows, key=lambda row: -int(row[3]))  # type: ignore[call-overload]
