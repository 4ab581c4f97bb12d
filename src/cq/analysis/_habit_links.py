"""Links and ads that are put down and left: no word of one's own, no answer drawn, nobody there to talk.

One entry for each sender. A shop's own offers are its service and no dumping. Whoever reads without a word is
not seen, so "no answer" is no verdict on a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import KINDS
from cq.analysis import _measures as m
from cq.analysis._findings import Limit, Value, found, shown
from cq.conversation.acts import Act
from cq.model import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.section import Finding, Severity, Status

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CODE = "habits/link_dumping"
SEVERITY: Severity = "warning"
LEAST, LEAST_WEEKS = 10, 4
UNANSWERED, WATCHED = 0.8, 0.5
OWN_LETTERS = 10
"""So many letters beside the link are words of one's own."""
STAYS_MS = 24 * m.HOUR_MS
_CARDS = tuple(KINDS.index(kind) for kind in (Kind.LINK, Kind.MINI_PROGRAM))
_LISTED = 20


class Dumper(NamedTuple):
    """A sender: turns that carry a link or sell, those of them put down and left, and how many of these
    nobody takes up; how many of all the posts nobody takes up, and the longest run of these in a row."""

    person: int
    posts: Ints
    dumps: Ints
    unanswered: int
    silent: int
    streak: Ints

    @property
    def share(self) -> float:
        return self.unanswered / len(self.dumps) if len(self.dumps) else 0.0


def carrying(room: Room) -> Flags:
    """Turns with a card or an address in them."""
    view, turns = room.view, room.on.found.turns
    row = np.isin(view.kind, _CARDS)
    row |= np.asarray(pc.greater(pc.fill_null(pc.binary_length(view.url), 0), 0))
    turn = turns.of_row[row]
    out = np.zeros(len(turns), np.bool_)
    out[turn[turn >= 0]] = True
    return out & room.on.good


def _wordless(room: Room, turns: Ints) -> Flags:
    """Which turns say less than ten letters beside the link and its title."""
    view, every = room.view, room.on.found.turns
    wanted = np.zeros(len(every), np.bool_)
    wanted[turns] = True
    rows = np.flatnonzero((every.of_row >= 0) & (view.kind == KINDS.index(Kind.TEXT)))
    rows = rows[wanted[every.of_row[rows]]]
    texts = pc.fill_null(view.text.take(pa.array(rows)), "")
    plain = pc.replace_substring_regex(texts, r"(?:https?://|www\.)[^\s\p{Han}]+|[^\p{L}\p{N}]", "")
    letters = np.asarray(pc.utf8_length(plain))
    return np.bincount(every.of_row[rows], letters, len(every))[turns] < OWN_LETTERS


def dumpers(room: Room) -> list[Dumper]:
    """Everybody who posts links or ads, who put down most first."""
    on, turns = room.on, room.on.found.turns
    sells = on.has(Act.AD, Act.SELF_PROMOTION)
    some = (carrying(room) | sells) & room.inside & ~room.replying
    if room.shop:
        some &= ~room.by_staff
    posts = np.flatnonzero(some)
    if not len(posts):
        return []
    ad = on.has(Act.AD)[posts]
    bare = ad | _wordless(room, posts)
    left = bare & ~_stays(room, posts, some)
    heard = room.taken_up[posts] > 0
    out = []
    person = turns.person[posts]
    for who in m.distinct(person).tolist():
        mine = person == who
        dumps = posts[mine & left]
        unheard = int((mine & left & ~heard).sum()), int((mine & ~heard).sum())
        out.append(Dumper(who, posts[mine], dumps, *unheard, _streak(posts[mine], heard[mine])))
    return sorted(out, key=lambda one: (-one.unanswered, -len(one.posts)))


def _stays(room: Room, posts: Ints, some: Flags) -> Flags:
    """Whether the sender says something else in the day after: no greeting, and no next link."""
    turns, on = room.on.found.turns, room.on
    other = np.flatnonzero(on.good & ~some & ~on.has(Act.FILLER))
    width = int(turns.end_ms[-1]) + 1
    key = np.sort(turns.person[other].astype(np.int64) * width + turns.start_ms[other])
    base = turns.person[posts].astype(np.int64) * width + turns.end_ms[posts]
    stop = turns.person[posts].astype(np.int64) * width + np.minimum(
        turns.end_ms[posts] + STAYS_MS, width - 1
    )
    stays: Flags = np.searchsorted(key, stop, "right") > np.searchsorted(key, base, "right")
    return stays


def _streak(posts: Ints, heard: Flags) -> Ints:
    """The longest run of posts that nobody took up, in order."""
    edges = np.flatnonzero(np.concatenate(([True], heard, [True])))
    lengths = np.diff(edges) - 1
    longest = int(np.argmax(lengths))
    return posts[edges[longest] : edges[longest] + lengths[longest]]


def conclude(room: Room, every: Sequence[Dumper]) -> Finding:
    """Whether somebody puts links down and leaves them."""
    missing = room.on.small(CODE, SEVERITY, LEAST_WEEKS)
    if missing is not None:
        return missing
    heavy = [one for one in every if len(one.dumps) >= LEAST]
    worst = max(heavy, key=lambda one: (one.share >= UNANSWERED, one.unanswered), default=None)
    status: Status = "clear"
    if worst is not None:
        status = "finding" if worst.share >= UNANSWERED else "watch" if worst.share >= WATCHED else "clear"
    people = [one for one in heavy if one.share >= WATCHED]
    links, posts = sum(len(one.dumps) for one in every), sum(len(one.posts) for one in every)
    streak = max((len(one.streak) for one in every), default=0)
    values = {
        "weeks": Value(room.weeks, "count"), "people": Value(len(people), "count"),
        "name": Value(room.view.people[worst.person].name if worst else None, "name"),
        "dumps": Value(len(worst.dumps) if worst else 0, "count"),
        "unanswered": Value(worst.unanswered if worst else 0, "count"),
        "share": Value(worst.share if worst else None, "ratio"),
        "all_dumps": Value(links, "count"), "posts": Value(posts, "count"), "streak": Value(streak, "count"),
    }  # fmt: skip
    limits = [
        Limit("dumps", LEAST), Limit("unanswered", UNANSWERED), Limit("watch", WATCHED),
        Limit("own_letters", OWN_LETTERS), Limit("stays_hours", STAYS_MS / m.HOUR_MS),
    ]  # fmt: skip
    sure = {"finding": 0.6 + (0.3 * worst.share if worst else 0.0), "watch": 0.5}.get(status, 0.8)
    sure = min(sure, 0.76 + 0.36 * min(room.on.links_stated, 0.48))
    first = room.on.found.turns.first_row
    silent = worst.dumps[room.taken_up[worst.dumps] == 0] if worst else np.zeros(0, np.int64)
    liked = worst.posts[room.taken_up[worst.posts] > 0] if worst else np.zeros(0, np.int64)
    since = None
    if status == "finding" and worst is not None:
        since = room.view.time(int(first[worst.dumps[0]]))
    return found(
        CODE, status, SEVERITY, sure, values, limits,
        shown(room.view, first[silent]), shown(room.view, first[liked[-5:]]), since,
    )  # fmt: skip


def table(room: Room, every: Sequence[Dumper]) -> list[tuple[object, ...]]:
    """Who posts links or ads, with the site that comes most."""
    view, first = room.view, room.on.found.turns.first_row
    rows: list[tuple[object, ...]] = []
    for one in every[:_LISTED]:
        who = view.people[one.person]
        share = round(one.share, 4) if len(one.dumps) else None
        counts = len(one.posts), len(one.dumps), one.unanswered, share, len(one.streak)
        rows.append(
            (who.id, who.name, *counts, _site(room, one.posts[-50:]), view.time(int(first[one.posts[-1]])))
        )
    return rows


def _site(room: Room, posts: Ints) -> str | None:
    """The host named most among the links of some turns."""
    turns, seen = room.on.found.turns, dict[str, int]()
    for turn in posts.tolist():
        for url in room.view.url.slice(
            turns.first_row[turn], turns.last_row[turn] - turns.first_row[turn] + 1
        ):
            try:
                host = urlsplit(url.as_py() or "").hostname
            except ValueError:
                host = None
            if host:
                seen[host] = seen.get(host, 0) + 1
    return max(seen, key=lambda host: seen[host]) if seen else None
