"""Sharing sessions in the group: somebody gives a talk that was announced, in writing or by voice.

A talk is five turns of substance or voice by one person within an hour, most of what is said meanwhile, that
somebody announced in the three days before or the operator gives the time of. Live streams and voice rooms
are not in a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import KINDS
from cq.analysis import _measures as m
from cq.conversation.acts import Act
from cq.model import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

WEEKS = 26
PIECES = 5
HOUR_MS, MINUTE_MS, DAY_MS = m.HOUR_MS, 60_000, m.DAY_MS
ANNOUNCED_MS = 72 * HOUR_MS
PAUSE_MS = 30 * MINUTE_MS
NEAR_MS = 60 * MINUTE_MS
"""A time the operator gives is that of the talk that begins within an hour of it."""
OWN_SHARE = 0.4
"""The sharer's part of the characters (a voice message counts for forty)."""
_VOICE_CHARACTERS = 40
_VOICE = KINDS.index(Kind.VOICE)

ABOUT = (
    r"分享|讲座|开讲|主讲|公开课|直播|嘉宾|讲堂|沙龙|讲课|微课|读书会"
    r"|线上课|研讨|培训|AMA|答疑会|講座|開講|嘉賓|公開課|(?i:\b(?:talk|webinar|guest speaker)\b)"
)
"""What announcements of a talk are about."""
CALLS = (
    r"预告|预报|通知|今晚|明晚|晚上|今天|明天|后天|周[一二三四五六日天]|星期|[点點]|\d{1,2}[:：]\d{2}"
    r"|倒计时|倒計時|还有|開始|开始|准时|準時|别错过|提醒"
)


class Session(NamedTuple):
    """Turns ``first`` to ``last`` are the talk (of the sharer, the others between). ``hosts``: persons who
    announced it or belong to the staff. ``announced``: turns that announce it. ``told``: the operator gave
    the time."""

    sharer: int
    first: int
    last: int
    hosts: tuple[int, ...]
    announced: Ints
    told: bool


def sessions(room: Room) -> list[Session]:
    """All talks of the last 26 weeks, in order."""
    on, turns = room.on, room.on.found.turns
    deep = on.since(WEEKS) & (on.has(Act.SUBSTANCE) | _voiced(room))
    told = [at for at in room.view.operator.activity_times(room.view.zone) if at < on.end]
    notices, about = _announcements(room)
    out: list[Session] = []
    for first, last in _blocks(room, np.flatnonzero(deep)):
        sharer = int(turns.person[first])
        if (out and first <= out[-1].last) or not _mostly(room, first, last):
            continue
        start = int(turns.start_ms[first])
        known = any(abs(at - start) <= NEAR_MS for at in told)
        near = slice(*np.searchsorted(turns.start_ms[notices], [start - ANNOUNCED_MS, start]).tolist())
        named = _names(room, notices[near], sharer)
        mine = notices[near][about[near] | named]
        # One notice about some talk may be about another; two, or one that names the sharer, are enough.
        announced = about[near].any() and (len(mine) > 1 or (about[near] & named).any())
        if not known and not announced:
            continue
        hosts = {*room.staff.tolist(), *turns.person[mine].tolist()}
        out.append(Session(sharer, first, last, tuple(sorted(hosts - {sharer} or hosts)), mine, known))
    return out


def _names(room: Room, notices: Ints, sharer: int) -> Flags:
    """Which notices say who gives the talk."""
    view, turns = room.view, room.on.found.turns
    mentioned = turns.of_row[view.mention_row[view.mention_person == sharer]]
    texts = view.text.take(pa.array(turns.first_row[notices])).to_pylist()
    names = [name for name in {*view.people[sharer].names, view.people[sharer].name} if len(name) > 1]
    said = [any(name in (text or "") for name in names) for text in texts]
    return np.isin(notices, mentioned) | np.array(said, np.bool_)


def _voiced(room: Room) -> Flags:
    turns = room.on.found.turns
    turn = turns.of_row[room.view.kind == _VOICE]
    out = np.zeros(len(turns), np.bool_)
    out[turn[turn >= 0]] = True
    return out


def _announcements(room: Room) -> tuple[Ints, Flags]:
    """Turns of the staff with a time, notices and calls; and which of them are about a talk."""
    on, turns, view = room.on, room.on.found.turns, room.view
    some = np.flatnonzero(on.since(WEEKS + 1) & (room.by_staff | on.has(Act.NOTICE, Act.EVENT)))
    texts = pc.fill_null(view.text.take(pa.array(turns.first_row[some])), "")
    about = np.asarray(pc.match_substring_regex(texts, ABOUT))
    calls = np.asarray(pc.match_substring_regex(texts, CALLS)) | on.has(Act.NOTICE, Act.EVENT)[some]
    return some[calls], about[calls]


def _blocks(room: Room, deep: Ints) -> list[tuple[int, int]]:
    """From the first to the last deep turn of one person who makes five within an hour, pauses of half an
    hour at most; by time."""
    turns = room.on.found.turns
    order = deep[np.lexsort((deep, turns.person[deep]))]
    if len(order) < PIECES:
        return []
    person, start = turns.person[order], turns.start_ms[order]
    ahead = PIECES - 1
    full = (person[ahead:] == person[:-ahead]) & (start[ahead:] - start[:-ahead] <= HOUR_MS)
    breaks = np.concatenate(([True], (person[1:] != person[:-1]) | (np.diff(start) > PAUSE_MS)))
    run = np.cumsum(breaks) - 1
    good = m.distinct(run[:-ahead][full])
    begins = np.flatnonzero(breaks)
    ends = np.append(begins[1:], len(order)) - 1
    found = [(int(order[begins[i]]), int(order[ends[i]])) for i in good.tolist()]
    return sorted(found)


def _mostly(room: Room, first: int, last: int) -> bool:
    """Whether the sharer says much of what is said meanwhile."""
    turns, voiced = room.on.found.turns, _spoken(room, first, last)
    size = turns.characters[first : last + 1] + voiced
    own = size[turns.person[first : last + 1] == turns.person[first]].sum()
    return bool(own >= OWN_SHARE * size.sum())


def _spoken(room: Room, first: int, last: int) -> Ints:
    """Characters that voice messages stand for, per turn."""
    turns = room.on.found.turns
    low, high = int(turns.first_row[first]), int(turns.last_row[last]) + 1
    turn = turns.of_row[low:high][room.view.kind[low:high] == _VOICE]
    turn = turn[turn >= first] - first
    return np.bincount(turn, minlength=last - first + 1).astype(np.int64) * _VOICE_CHARACTERS
