"""Recurring posts: the same sender, near the same time of day, alike; and whether talk follows them.

Good mornings, digests, daily topics, daily red packets. The hour after each post is held against the hours
two hours before and after it on the same day, so that the course of the day falls out. What comes back as a
greeting, a receipt or another red packet is no talk. A ritual people like is no harm; nothing here says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown, too_little
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

CODE = "habits/filler_series"
SEVERITY: Severity = "info"
LEAST, LEAST_WEEKS = 20, 4
EVERY_TWO_WEEKS = 4
SPREAD_MINUTES = 45
SIMILAR = 0.5
DENSER = 4.0
"""A series stands out from what its sender says in the hours around: the hours of a day people keep make a
hill of two to three times at most."""
SHARE, WATCHED = 0.3, 0.15
REACTION = 1.0
SPILLOVER = 0.5
"""Less than one more turn of talk for two posts is nothing, however surely it is measured."""
TALK_PER_POST = 1.0
"""Where others say more real things than there are posts, the series stands beside talk: a ritual."""
ALPHA = 0.05

_DAY = 1440
_REACH = 240
_AT_MOST = 8
_DISTINCT = 400
_DRAWS = 999
_SEED = 20_261_124
_LONE_POSTER = 0.3


class Daily(NamedTuple):
    """One series. ``minute``: of the local day, its middle. ``reaction``: median of the people who take a
    post up within an hour with real talk. ``spillover``: more real turns of others in the hour after than in
    placebo hours, with its upper 97.5 % bound and one-sided p. ``later``: reactions of the second half over
    the first."""

    person: int
    form: str
    turns: Ints
    minute: int
    reaction: float
    spillover: float
    most: float
    p: float
    later: float | None


def posters(room: Room) -> Ints:
    """Whose series are looked for: the staff; where nobody is known to be, whoever says most of it all."""
    if len(room.staff):
        return room.staff
    person = room.on.found.turns.person[room.inside]
    if not len(person):
        return room.staff
    count = np.bincount(person)
    return np.flatnonzero(count >= _LONE_POSTER * len(person))


def series(room: Room) -> list[Daily]:
    """Every series of the posters in the weeks looked at, the longest first."""
    on, out = room.on, []
    reaction = room.drawn(m.HOUR_MS, room.real)
    packets = on.has(Act.RED_PACKET)
    for person in posters(room).tolist():
        mine = room.inside & (on.found.turns.person == person) & ~room.replying
        for form, chosen in (("red_packet", mine & packets), ("words", mine & ~packets)):
            out += [
                _measured(room, person, form, turns, reaction[turns])
                for turns in _peaks(room, np.flatnonzero(chosen))
                if form == "red_packet" or _alike(room, turns)
            ]
    return sorted(out, key=lambda one: -len(one.turns))


def _peaks(room: Room, turns: Ints) -> list[Ints]:
    """Turns that gather near one time of day, on enough days, up to now."""
    view, on = room.view, room.on
    out: list[Ints] = []
    minute = view.local_ms[on.found.turns.first_row[turns]] // 60_000 % _DAY
    for _ in range(_AT_MOST):
        if len(turns) < LEAST:
            break
        # Of all windows of twice the spread the fullest; the day is a circle.
        count = np.bincount(minute, minlength=_DAY)
        around = np.cumsum(np.concatenate((count[-SPREAD_MINUTES:], count, count[:SPREAD_MINUTES])))
        width = 2 * SPREAD_MINUTES
        full = around[width:] - np.concatenate(([0], around[: -width - 1]))
        middle = int(np.median(np.flatnonzero(full == full.max())))
        away = np.abs((minute - middle + _DAY // 2) % _DAY - _DAY // 2)
        near, ring = away <= SPREAD_MINUTES, (away > SPREAD_MINUTES) & (away <= _REACH)
        if near.sum() < LEAST:
            break
        dense = near.sum() / (width + 1) >= DENSER * ring.sum() / (2 * _REACH - width)
        if dense and _steady(room, turns[near]):
            out.append(turns[near])
        turns, minute = turns[~near], minute[~near]
    return out


def _steady(room: Room, turns: Ints) -> bool:
    """Twenty days, four weeks, four times in two weeks, and still going on."""
    start, view = room.on.found.turns.start_ms, room.view
    day = view.local_day[room.on.found.turns.first_row[turns]]
    days, span = len(m.distinct(day)), int(day[-1] - day[0]) + 1
    lately = room.on.end - int(start[turns[-1]]) <= 14 * m.DAY_MS
    return days >= LEAST and span >= 7 * LEAST_WEEKS and 14 * days >= EVERY_TWO_WEEKS * span and lately


def _alike(room: Room, turns: Ints) -> bool:
    """Whether half of the posts have another one like them: the same but for figures, or half of the pairs of
    characters in common."""
    texts = room.view.text.take(pa.array(room.on.found.turns.first_row[turns]))
    plain = pc.replace_substring_regex(pc.fill_null(texts, ""), r"[\d\s\p{P}\p{S}]", "")
    coded = plain.dictionary_encode()
    place = np.asarray(coded.indices)
    words = coded.dictionary.to_pylist()
    times = np.bincount(place, minlength=len(words))
    twice = (times > 1).tolist()
    pairs = [{word[i : i + 2] for i in range(max(1, len(word) - 1))} for word in words[:_DISTINCT]]
    for i, own in enumerate(pairs):
        if not twice[i] and own:
            twice[i] = any(
                2 * len(own & other) >= len(own | other) for k, other in enumerate(pairs) if k != i
            )
    return bool(np.mean(np.array(twice)[place]) >= SIMILAR)


def _measured(room: Room, person: int, form: str, turns: Ints, reaction: Ints) -> Daily:
    view, on = room.view, room.on
    every = on.found.turns
    others = every.start_ms[room.real & (every.person != person)]
    at = every.end_ms[turns]

    def within(low: int, high: int) -> Ints:
        since, until = (np.searchsorted(others, at + k * m.HOUR_MS, "right") for k in (low, high))
        return np.asarray(until - since, np.int64)

    more = within(0, 1) - (within(-2, -1) + within(2, 3)) / 2
    rng = np.random.default_rng(_SEED)
    flipped = (rng.integers(0, 2, (_DRAWS, len(more)), np.int8) * 2 - 1) @ more / len(more)
    mean = float(more.mean())
    p = float((np.count_nonzero(flipped >= mean - 1e-12) + 1) / (_DRAWS + 1))
    error = float(more.std(ddof=1)) / len(more) ** 0.5
    angle = view.local_ms[every.first_row[turns]] // 60_000 % _DAY * (2 * np.pi / _DAY)
    minute = round(float(np.angle(np.exp(1j * angle).mean())) / (2 * np.pi) * _DAY) % _DAY
    half = len(turns) // 2
    before, after = float(reaction[:half].mean()), float(reaction[half:].mean())
    if form == "words":
        greets = on.has(Act.FILLER)[turns].mean() >= 0.5
        form = "greeting" if greets else "post"
    return Daily(
        person, form, turns, minute, float(np.median(reaction)), mean, mean + 1.96 * error, p,
        after / before if before > 0 else None,
    )  # fmt: skip


def silent(one: Daily, p: float) -> bool:
    """Whether a series brought no talk; ``p`` adjusted for all tests of the section."""
    return one.reaction <= REACTION and (p >= ALPHA or one.spillover < SPILLOVER)


def conclude(room: Room, every: Sequence[Daily], adjusted: Sequence[float]) -> Finding:
    """Whether much of what the posters say recurs and brings no talk, in a group without other talk."""
    on = room.on
    missing = on.small(CODE, SEVERITY, LEAST_WEEKS)
    who = posters(room)
    mine = room.inside & np.isin(on.found.turns.person, who)
    own = room.count(mine)
    if missing is None and own < LEAST:
        missing = too_little(CODE, SEVERITY, "notices", own, LEAST)
    if missing is not None:
        return missing
    quiet = [one for one, p in zip(every, adjusted, strict=True) if silent(one, p)]
    posts = sum(len(one.turns) for one in quiet)
    talk = room.count(room.inside & room.real & ~mine)
    share = posts / own
    status: Status = "clear"
    if talk < TALK_PER_POST * posts:
        status = "finding" if share >= SHARE else "watch" if share >= WATCHED else "clear"
    first = quiet or list(every)
    values = {
        "weeks": Value(room.weeks, "count"), "series": Value(len(quiet), "count"),
        "all_series": Value(len(every), "count"), "posts": Value(posts, "count"),
        "own_turns": Value(own, "count"), "share": Value(share, "ratio"), "talk": Value(talk, "count"),
        "reaction": Value(max((one.reaction for one in first), default=None)),
        "spillover": Value(max((round(one.spillover, 2) for one in first), default=None)),
        "p": Value(min((p for p in adjusted), default=None)),
    }  # fmt: skip
    limits = [
        Limit("share", SHARE), Limit("reaction", REACTION),
        Limit("spillover", SPILLOVER), Limit("alpha", ALPHA, "statistics"),
        Limit("talk_per_post", TALK_PER_POST), Limit("occurrences", LEAST),
    ]  # fmt: skip
    sure = {"finding": 0.6 + 0.3 * min(1.0, share), "watch": 0.5}.get(status, 0.75)
    rows = [int(on.found.turns.first_row[turn]) for one in quiet[:5] for turn in one.turns[-2:].tolist()]
    taken = np.concatenate([one.turns for one in every]) if every else np.zeros(0, np.int64)
    liked = taken[room.drawn(m.HOUR_MS, room.real)[taken] > 1] if len(taken) else taken
    since = min((int(on.found.turns.start_ms[one.turns[0]]) for one in quiet), default=None)
    return found(
        CODE, status, SEVERITY, sure, values, limits, shown(room.view, rows),
        shown(room.view, on.rows(liked[-5:])),
        on.window.isoformat(since) if status == "finding" and since is not None else None,
    )  # fmt: skip


def table(room: Room, every: Sequence[Daily], adjusted: Sequence[float]) -> list[tuple[object, ...]]:
    """Every series: whose, what, when, how often, and what follows."""
    view, first = room.view, room.on.found.turns.first_row
    rows: list[tuple[object, ...]] = []
    for one, p in zip(every, adjusted, strict=True):
        who, last = view.people[one.person], int(first[one.turns[-1]])
        clock = f"{one.minute // 60:02d}:{one.minute % 60:02d}"
        times = len(one.turns), view.time(int(first[one.turns[0]])), view.time(last)
        after = (
            one.reaction,
            round(one.spillover, 2),
            round(p, 3),
            None if one.later is None else round(one.later, 2),
        )
        rows.append((who.id, who.name, one.form, clock, *times, *after, view.excerpt(last)))
    return rows
