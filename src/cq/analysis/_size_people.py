"""How many people there are, how many of them talk with each other, who never spoke, and how uneven it is.

Context, never a fault: in most groups most members read. What the Dunbar numbers say of chat groups is
contested; ties outside the log are not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _links as links
from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, too_little, unseen
from cq.analysis._life_people import members as members_at
from cq.analysis._life_people import stays
from cq.analysis._statistics import effective_number, rank_correlation
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act
from cq.section import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground
    from cq.analysis.size import Settings
    from cq.section import Finding

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CODE = "size/silent_majority"
_EXCHANGES = 3
_MONTH_WEEKS, _MONTHS, _OF_MONTHS = 4, 4, 6
_FEW = 3
_UNLISTED = 0.2
"""So many speakers who are on no list: the list and the log do not know people by the same ids."""
_VARIES = 0.2


def listed(ground: Ground) -> list[int] | None:
    """Members at the end of what is looked at; None without a list."""
    view = ground.view
    if view.member_basis != "roster":
        return None
    return m.members(view.people, ground.end - 1, ground.end)


def sizes(ground: Ground, settings: Settings) -> dict[str, Metric]:
    """Members, who spoke, and with how many people each has really talked back and forth."""
    known = listed(ground)
    recent = ground.since(settings.weeks)
    found = {
        "members": Metric(None if known is None else len(known), "count"),
        "speakers": Metric(ground.speakers(recent), "count"),
        "active_28d": Metric(ground.speakers(ground.since(4)), "count"),
    }
    if int(recent.sum()) < settings.least_turns:
        return found
    partners = _partners(ground, recent)
    sessions = ground.found.sessions
    crowd = sessions.speakers[recent[sessions.first_turn] & (sessions.speakers > 1)]
    return found | {
        "partners_median": Metric(m.median(partners), "number", len(partners)),
        "partners_p90": Metric(m.nearest_rank(partners, 0.9), "count", len(partners)),
        "partners_max": Metric(int(partners.max()), "count", len(partners)),
        "session_speakers": Metric(m.median(crowd), "number", len(crowd)),
    }


def _partners(ground: Ground, recent: Flags) -> Ints:
    """Per speaker: others with three exchanges in both directions, stated or expected."""
    people = len(ground.view.people)
    turns = np.flatnonzero(recent)
    inside = slice(int(turns[0]), int(turns[-1]) + 1)
    parts = [
        links.edges(part, people)
        for part in (links.explicit(ground.found).answering(inside), links.likely(ground.found, inside))
    ]
    keys = np.concatenate(
        [part.who * people + part.whom for part in parts if len(part)] or [np.zeros(0, int)]
    )
    weight = np.concatenate([part.weight for part in parts if len(part)] or [np.zeros(0)])
    often = m.distinct(keys[weight >= _EXCHANGES])  # either sort is enough; they are never added up
    back = (often % people) * people + often // people
    both = often[np.isin(back, often)]
    spoke = m.distinct(ground.found.turns.person[turns])
    return np.bincount(both // people, minlength=people)[spoke].astype(np.int64)


def unevenness(ground: Ground, settings: Settings) -> dict[str, Metric]:
    """How uneven talk is against chance, among those who spoke and among members."""
    chosen = ground.since(settings.weeks)
    person = ground.found.turns.person[chosen]
    total = len(person)
    if total < settings.least_uneven:
        return {}
    count = np.bincount(person, minlength=len(ground.view.people)).astype(np.int64)
    spoke = count[count > 0]
    found = {}
    for k in (1, 5, 10):
        share = m.top_share(spoke, k)
        hits = round((share or 0) * total)
        found[f"top{k}_share"] = Metric(share, "ratio", total, interval=m.wilson(hits, total))
    known = listed(ground)
    bases = {"senders": spoke, "members": None if known is None else count[known]}
    for name, base in bases.items():
        if base is not None and base.any():
            whole = int(base.sum())
            apart = (m.gini(base) or 0.0) - (m.gini_of_equals(len(base), whole) or 0.0)
            found[f"inequality_{name}"] = Metric(apart, "number", len(base))
    return found | {
        "absence_factor": Metric(m.absence_factor(spoke), "count", len(spoke)),
        "effective_speakers": Metric(effective_number(spoke), "number", len(spoke)),
    }


def silence(ground: Ground, settings: Settings) -> tuple[dict[str, Metric], Finding]:
    """Members who were there for twelve weeks and did not speak in them; three ways of counting.

    Status ``watch`` where more than half are silent for sure, never ``finding``: it is common.
    """
    view, known = ground.view, listed(ground)
    if known is None:
        return {}, unseen(CODE, "info", "no_member_list")
    if len(ground.weeks) < settings.weeks:
        return {}, too_little(CODE, "info", "weeks", len(ground.weeks), settings.weeks)
    recent = ground.since(settings.weeks)
    spoke = m.distinct(ground.found.turns.person[recent])
    strangers = sum(not view.people[i].listed for i in spoke.tolist())
    if strangers > _UNLISTED * len(spoke):
        return {}, unseen(CODE, "info", "unstable_ids")
    joined, _ = stays(view)
    there = np.array([i for i in known if joined[i] <= ground.end - settings.weeks * WEEK_MS], np.int64)
    n = len(there)
    if n < settings.least_members:
        return {}, too_little(CODE, "info", "members", n, settings.least_members)
    counts = {
        name: np.bincount(ground.found.turns.person[recent & chosen], minlength=len(view.people))[there]
        for name, chosen in (("any", ground.good), ("said", ~ground.found.acts.has(Act.FILLER)))
    }
    hits = {
        "silent": int((counts["any"] == 0).sum()),
        "nearly_silent": int((counts["any"] <= _FEW).sum()),
        "only_filler": int((counts["said"] == 0).sum()),
    }
    metrics = {f"{name}_share": _share(k, n) for name, k in hits.items()}
    low, high = m.wilson(hits["silent"], n) or (0.0, 1.0)
    values = {
        "silent_share": Value(hits["silent"] / n, "ratio"),
        "low": Value(low, "ratio"),
        "high": Value(high, "ratio"),
        "nearly_silent_share": Value(hits["nearly_silent"] / n, "ratio"),
        "members": Value(n, "count"),
        "weeks": Value(settings.weeks, "count"),
    }
    limits = [Limit("weeks", settings.weeks, "published"), Limit("majority", 0.5)]
    status = "watch" if low > 0.5 else "clear"
    return metrics, found(CODE, status, "info", 0.9, values, limits)  # type: ignore[arg-type]


def _share(hits: int, n: int) -> Metric:
    return Metric(hits / n if n else None, "ratio", n, interval=m.wilson(hits, n))


def lasting(ground: Ground, settings: Settings) -> dict[str, Metric]:
    """Who stays (F30), who woke up (F42), who contributes (F44), and what size goes with (F18)."""
    found = _steady(ground) | _woken(ground, settings) | _with_size(ground)
    known = listed(ground)
    gave = m.distinct(ground.found.turns.person[ground.has(Act.SUBSTANCE) & ground.since(settings.weeks)])
    base = m.distinct(ground.found.turns.person[ground.since(settings.weeks)])
    if known is not None:
        base = np.array(sorted(known), np.int64)
    if len(base):
        found["contributor_share"] = _share(int(np.isin(base, gave).sum()), len(base))
    return found


def _steady(ground: Ground) -> dict[str, Metric]:
    """People who spoke in four or more of the last six stretches of four weeks."""
    if len(ground.weeks) < _OF_MONTHS * _MONTH_WEEKS:
        return {}
    person, people = ground.found.turns.person, len(ground.view.people)
    month = (len(ground.weeks) - 1 - ground.week) // _MONTH_WEEKS
    chosen = (ground.week >= 0) & (month < _OF_MONTHS)
    pairs = m.distinct(month[chosen] * people + person[chosen])
    times = np.bincount(pairs % people, minlength=people)
    n = int((times > 0).sum())
    return {"steady_share": _share(int((times >= _MONTHS).sum()), n)}


def _woken(ground: Ground, settings: Settings) -> dict[str, Metric]:
    """Of members silent for twelve weeks, those who said two things or more in the four weeks after."""
    known = listed(ground)
    length = settings.weeks + _MONTH_WEEKS
    if known is None or len(ground.weeks) < length:
        return {}
    people, person = len(ground.view.people), ground.found.turns.person
    now = ground.since(_MONTH_WEEKS)
    before = ground.since(length) & ~now
    quiet = np.bincount(person[before], minlength=people) == 0
    joined, _ = stays(ground.view)
    there = np.array([i for i in known if joined[i] <= ground.end - length * WEEK_MS], np.int64)
    silent = there[quiet[there]]
    spoke = np.bincount(person[now & ~ground.found.acts.has(Act.FILLER)], minlength=people)
    if not len(silent):
        return {}
    return {"woken_share": _share(int((spoke[silent] >= 2).sum()), len(silent))}


def _with_size(ground: Ground) -> dict[str, Metric]:
    """Whether requests are answered less in weeks with more members; only where the number really changed."""
    counts = members_at(ground.view, ground.weeks.edges[1:] - 1)
    if counts is None or len(counts) < 16 or counts.max() < (1 + _VARIES) * max(counts.min(), 1):
        return {}
    asked = ground.has(Act.HELP)
    n = ground.weekly(asked)
    rate = np.divide(ground.weekly(asked & ground.answered), n, out=np.full(len(n), np.nan), where=n > 2)
    rank = rank_correlation(counts.astype(np.float64), rate)
    return {"size_answer_correlation": Metric(rank[0] if rank else None, "number", rank[2] if rank else None)}
