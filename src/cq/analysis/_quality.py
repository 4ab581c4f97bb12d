"""How far the data of a group can be trusted: printed before anything is concluded from them.

Counts and shares only, after ``science`` practice: span, gaps, what membership rests on, how many
messages say whom they answer. It judges no group.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from cq.analysis._conversation import conversation
from cq.analysis._view import KINDS, GroupView, Window
from cq.conversation.people import bots, named
from cq.model import Event, Kind
from cq.result import ExitVisibility, Gap, Quality

_GAP_DAYS = 7
"""A silence this long (and no shorter than twenty of the group's own median gaps between active
days) may be a hole in the export: an operator recognises a missing week."""

_ENOUGH_DAYS = 56
"""A log of eight weeks in which people join and nobody ever leaves does not show exits."""
_NEARLY_ALL = 0.9
_START_ROWS = 3

_MEDIA = np.array(
    [k in (Kind.IMAGE, Kind.STICKER, Kind.VOICE, Kind.VIDEO, Kind.FILE) for k in KINDS], np.bool_
)


def quality(view: GroupView, window: Window) -> Quality:
    """The data quality of a group in a window."""
    rows = view.rows(window)
    human = view.human[rows]
    total = int(human.sum())
    answers = np.zeros(len(human), np.bool_)
    answers |= view.reply_to[rows] >= 0
    inside = (view.mention_row >= rows.start) & (view.mention_row < rows.stop)
    answers[view.mention_row[inside] - rows.start] = True
    signed = human & view.somebody[view.person[rows]]
    speakers = {int(i) for i in np.unique(view.person[rows][signed])}
    writers = [int(i) for i in np.unique(view.person[rows]) if i >= 0]
    empty = rows.start == rows.stop
    days = view.local_day[rows]
    names = named([(*p.names, p.name) for p in view.people])
    return Quality(
        messages=rows.stop - rows.start,
        human_messages=total,
        span_days=None if empty else int(days[-1] - days[0]) + 1,
        first=None if empty else view.time(rows.start),
        last=None if empty else view.time(rows.stop - 1),
        member_basis=view.member_basis,
        members=_members(view, speakers),
        explicit_reply_coverage=round(int((answers & human).sum()) / total, 4) if total else None,
        gaps=_gaps(days),
        bots=sum(view.people[i].bot for i in writers),
        anonymous_messages=int(np.isin(view.person[rows], _anonymous(view)).sum()),
        media_share=round(int((_MEDIA[view.kind[rows]] & human).sum()) / total, 4) if total else None,
        name_only_senders=sum(view.people[i].id.startswith("name:") for i in speakers),
        speakers_not_listed=(
            sum(not view.people[i].listed for i in speakers) if view.member_basis == "roster" else None
        ),
        exit_visibility=exit_visibility(view),
        shared_names=sum(bool(names.shared[i]) for i in speakers),
        renamed_senders=sum(bool(names.renamed[i]) for i in speakers),
        starts_with_join=_starts_with_join(view),
        recalled=int((view.recalled[rows] | (view.kind[rows] == KINDS.index(Kind.RECALL))).sum()),
        likely_bots=sum(not view.people[i].bot for i in speakers & set(likely_bots(view))),
    )


def likely_bots(view: GroupView) -> list[int]:
    """People who behave like programs and are not known as bots; see :func:`cq.conversation.people.bots`."""
    if "likely_bots" not in view.memo:
        found = np.flatnonzero(bots(conversation(view).talk) & view.somebody[:-1])
        view.memo["likely_bots"] = found.tolist()
    some: list[int] = view.memo["likely_bots"]
    return some


def exit_visibility(view: GroupView) -> ExitVisibility | None:
    """Whether the log shows who leaves: most tools show it to owners and admins only. Of the whole log.

    Whoever spoke or joined and is no listed member now must have left; how many of them have an exit in the
    log is the answer. Without a list, exits are ``partial`` where there are any, and ``none`` where people
    join for eight weeks and nobody leaves. None: nothing to go by.
    """
    left = {i for e in view.events if e.event in (Event.LEAVE, Event.REMOVE) for i in e.targets}
    joined = {i for e in view.events if e.event is Event.JOIN for i in e.targets}
    if view.member_basis == "roster":
        seen = joined | {int(i) for i in np.unique(view.person) if i >= 0}
        gone = {i for i in seen if not view.people[i].listed or view.people[i].left_at is not None}
        gone = {i for i in gone if view.somebody[i]} | left
        if not gone:
            return None
        share = len(left) / len(gone)
        return "none" if not left else "full" if share >= _NEARLY_ALL else "partial"
    if left:
        return "partial"
    return "none" if joined and len(view) and view.local_day[-1] - view.local_day[0] >= _ENOUGH_DAYS else None


def _starts_with_join(view: GroupView) -> bool | None:
    """Whether a join stands at the very beginning: then the log may start when its owner came in."""
    if not len(view):
        return None
    return any(e.row < _START_ROWS and e.event is Event.JOIN for e in view.events)


def _members(view: GroupView, speakers: set[int]) -> int:
    """Listed members; without a list, the people who spoke or are known to have joined."""
    if view.member_basis == "roster":
        return sum(p.listed and not p.bot for p in view.people)
    return len(speakers)


def _anonymous(view: GroupView) -> list[int]:
    return [i for i, p in enumerate(view.people) if p.anonymous]


def _gaps(days: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Gap]:
    active = np.unique(days)
    steps = np.diff(active)
    if not len(steps):
        return []
    long = np.flatnonzero((steps > _GAP_DAYS) & (steps >= 20 * np.median(steps)))
    epoch = date(1970, 1, 1)
    return [
        Gap(
            start=(epoch + timedelta(days=int(active[i]) + 1)).isoformat(),
            end=(epoch + timedelta(days=int(active[i + 1]))).isoformat(),
            days=float(steps[i] - 1),
        )
        for i in long
    ]
