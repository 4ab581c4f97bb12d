"""How far the data of a group can be trusted: printed before anything is concluded from them.

Counts and shares only, after ``science`` practice: span, gaps, what membership rests on, how many
messages say whom they answer. It judges no group.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from cq.analysis._view import KINDS, GroupView, Window
from cq.model import Kind
from cq.result import Gap, Quality

_GAP_DAYS = 7
"""A silence this long (and no shorter than twenty of the group's own median gaps between active
days) may be a hole in the export: an operator recognises a missing week."""

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
    )


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
