"""Who runs a group: by office, by the operator's word, by what they do: three things, kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.conversation.acts import Act

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cq.analysis import GroupView
    from cq.analysis._conversation import Conversation

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

ORGANIZING = (Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT)
SELLING = (Act.AD, Act.SELF_PROMOTION, Act.ADD_ME)
_ACTS, _DAYS, _SHARE = 5, 3, 0.1
"""Organizing acts on so many days, and at least this share of all of them, make somebody run the group."""


def named(view: GroupView, names: Iterable[str]) -> list[int]:
    """People by id or by a name that only one of them has borne; who is not found is left out."""
    found = []
    for name in names:
        by_id = [i for i, p in enumerate(view.people) if name in (p.id, *p.ids)]
        by_name = [i for i, p in enumerate(view.people) if name in (p.name, *p.names)]
        found += by_id or (by_name if len(by_name) == 1 else [])
    return sorted(set(found))


def officers(view: GroupView) -> list[int]:
    """Owner and admins, as far as a list of members says so."""
    return [i for i, p in enumerate(view.people) if p.role in ("owner", "admin")]


def organizes(found: Conversation) -> Flags:
    """Per turn whether it runs the group: notices, rules, moderation, welcomes, events; selling is not."""
    acts: Flags = found.acts.has(*ORGANIZING) & ~found.acts.has(*SELLING)
    return acts


def doers(found: Conversation, start: int, end: int) -> list[int]:
    """Who ran the group in ``[start, end)`` (UTC ms) by what they did, the busiest first."""
    turns = found.turns
    low, high = np.searchsorted(turns.start_ms, [start, end], side="left")
    did = np.flatnonzero(organizes(found)[low:high]) + low
    people = len(found.view.people)
    count = np.bincount(turns.person[did], minlength=people).astype(np.int64)
    day = found.view.local_day[turns.first_row[did]]
    pairs = np.unique((turns.person[did].astype(np.int64) << 32) | day)
    days = np.bincount(pairs >> 32, minlength=people)
    for act in found.acts.system:
        if start <= int(found.view.sent_at[act.row]) < end and act.person >= 0:
            count[act.person] += 2
            days[act.person] += 1
    enough = (count >= _ACTS) & (days >= _DAYS) & (count >= _SHARE * count.sum())
    return sorted(np.flatnonzero(enough).tolist(), key=lambda i: -count[i])


def staff(found: Conversation, start: int, end: int) -> list[int]:
    """Who counts as running the group in ``[start, end)``: officers, named staff, and who does it."""
    view = found.view
    known = {*officers(view), *named(view, view.operator.staff), *doers(found, start, end)}
    return sorted(i for i in known if view.somebody[i])
