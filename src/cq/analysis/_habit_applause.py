"""A fixed few who answer one sender's posts within a minute, nearly every time.

They may be colleagues, friends or fans; a log cannot tell. Words are not looked at, nobody is named. The test
is exact: would the same people speak within a minute of so many of these posts if posts were turns like any
other (Fisher, all turns of others that do not answer anybody being the rest)?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.analysis._statistics import fisher_greater

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]

CODE = "habits/quick_applause"
SEVERITY: Severity = "info"
SECONDS, TIMES, SHARE, MOST = 60, 10, 0.6, 5
LEAST_POSTS, LEAST_WEEKS = 20, 4
ALPHA = 0.01
_AHEAD = 8
"""Turns after a post that are looked at."""


class Quick(NamedTuple):
    """Somebody quick to answer one sender: of ``posts`` of that sender, ``hits`` within a minute."""

    sender: int
    person: int
    posts: int
    hits: int
    p: float


def quick(room: Room) -> list[Quick]:
    """People outside the staff who are quick with six of ten posts of one of them, each tested."""
    turns = room.on.found.turns
    opening = room.inside & ~room.replying
    out = []
    for sender in room.staff.tolist():
        posts = np.flatnonzero(opening & (turns.person == sender))
        if len(posts) < LEAST_POSTS:
            continue
        hits = _hits(room, posts)
        many = np.flatnonzero((hits >= TIMES) & (hits >= SHARE * len(posts)))
        many = np.setdiff1d(many, room.staff)
        if not 0 < len(many) <= MOST:
            continue
        others = np.flatnonzero(opening & ~np.isin(turns.person, [sender, *many.tolist()]))
        usual = _hits(room, others)
        for person in many.tolist():
            p = fisher_greater(int(hits[person]), len(posts), int(usual[person]), len(others))
            out.append(Quick(sender, person, len(posts), int(hits[person]), p if len(others) else 0.0))
    return out


def _hits(room: Room, posts: Ints) -> Ints:
    """Per person how many of some turns they speak after within a minute."""
    turns, people = room.on.found.turns, len(room.view.people)
    pairs = []
    for ahead in range(1, _AHEAD + 1):
        kept = posts[posts + ahead < len(turns)]
        after = kept + ahead
        soon = turns.start_ms[after] - turns.end_ms[kept] <= SECONDS * 1000
        soon &= turns.person[after] != turns.person[kept]
        pairs.append(kept[soon] * people + turns.person[after[soon]])
    key = np.unique(np.concatenate(pairs)) if pairs else np.zeros(0, np.int64)
    return np.bincount(key % people, minlength=people).astype(np.int64)


def conclude(room: Room, seen: list[Quick], adjusted: list[float]) -> Finding:
    """Whether there is such a circle; ``adjusted`` are the p of ``seen`` for all tests of the section."""
    on, turns = room.on, room.on.found.turns
    missing = on.small(CODE, SEVERITY, LEAST_WEEKS)
    posts = np.flatnonzero(room.inside & ~room.replying & np.isin(turns.person, room.staff))
    if missing is None and len(posts) < LEAST_POSTS:
        missing = too_little(CODE, SEVERITY, "notices", len(posts), LEAST_POSTS)
    if missing is not None:
        return missing
    sure = [(one, p) for one, p in zip(seen, adjusted, strict=True) if p < ALPHA]
    rings: dict[int, list[tuple[Quick, float]]] = {}
    for one, p in sure:
        rings.setdefault(one.sender, []).append((one, p))
    ring = max(rings.values(), key=len, default=[])
    status: Status = "finding" if len(ring) > 1 else "watch" if ring else "clear"
    quickest = [one for one, _ in ring]
    values = {
        "weeks": Value(room.weeks, "count"), "accounts": Value(len(ring), "count"),
        "posts": Value(quickest[0].posts if quickest else len(posts), "count"),
        "times": Value(min((one.hits for one in quickest), default=0), "count"),
        "share": Value(min((one.hits / one.posts for one in quickest), default=None), "ratio"),
        "seconds": Value(SECONDS, "seconds"), "p": Value(max((p for _, p in ring), default=None)),
    }  # fmt: skip
    limits = [
        Limit("seconds", SECONDS), Limit("times", TIMES), Limit("share", SHARE), Limit("accounts", MOST),
        Limit("alpha", ALPHA, "statistics"),
    ]  # fmt: skip
    rows: list[int] = []
    if quickest:
        mine = posts[turns.person[posts] == quickest[0].sender][-4:]
        who = [one.person for one in quickest]
        for post in mine.tolist():
            after = np.arange(post + 1, min(post + 1 + _AHEAD, len(turns)))
            after = after[np.isin(turns.person[after], who)]
            rows += [int(turns.first_row[post]), *turns.first_row[after[:2]].tolist()]
    confidence = {"finding": 0.7, "watch": 0.5}.get(status, 0.75)
    return found(CODE, status, SEVERITY, confidence, values, limits, shown(room.view, rows))
