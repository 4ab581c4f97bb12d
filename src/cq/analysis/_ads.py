"""The bridge from a group to the ads room: its rows judged once, whichever sections ask.

The whole log is judged, not a window, because repetition and a sender's first hours reach back over the
start of a window. It decides nothing about an ad and counts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cq.ads.verdict import KINDS, OUTCOMES, AdKind
from cq.jobs import IN_PROCESS
from cq.model import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.ads.group import GroupAds
    from cq.ads.policy import Policy
    from cq.analysis import GroupView

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

SUSPECTED, CONFIRMED = OUTCOMES.index("suspected"), OUTCOMES.index("confirmed")
_CHAIN = KINDS.index(AdKind.CHAIN)
_NO_ADS = [KINDS.index(kind) for kind in (AdKind.CHAIN, AdKind.FLOOD, AdKind.NONE)]


class Marked(NamedTuple):
    """The human messages among some rows, one entry each, and what each was taken for.

    ``signed``: not anonymous. ``confirmed`` and ``suspected`` are ads: neither chains nor floods.
    ``chain`` is suspected or better. A message can be an ad or a chain, and part of a flood as well.
    """

    row: Ints
    person: NDArray[np.int32]
    signed: Flags
    kind: NDArray[np.int8]
    campaign: NDArray[np.int32]
    confirmed: Flags
    suspected: Flags
    chain: Flags
    flood: Flags
    echo: Flags

    def __len__(self) -> int:
        return len(self.row)


def judged(view: GroupView, policy: Policy) -> GroupAds:
    """Every row of the log judged under a policy; the same object for the same policy.

    What was posted in other groups of the run is known where :mod:`cq.app` left it in the memo.
    """
    from cq.ads.group import judge_group
    from cq.ads.messages import Messages

    key = "ads", msgspec.json.encode(policy)
    if key not in view.memo:
        rows = np.arange(len(view))
        view.memo[key] = judge_group(
            Messages(
                text=view.text,
                url=view.url,
                card_title=view.card_title,
                message_id=view.message_id,
                kind=view.kind,
                person=view.person,
                human=view.human,
                sent_at=view.sent_at,
                joined_at=joined_at(view, rows),
                exempt=_exempt(view, policy)[view.person],
            ),
            policy,
            elsewhere=view.memo.get("elsewhere"),
            jobs=view.memo.get("jobs", IN_PROCESS),
        )
    found: GroupAds = view.memo[key]
    return found


def marked(view: GroupView, found: GroupAds, rows: slice) -> Marked:
    """What the human messages among ``rows`` were taken for."""
    row = np.flatnonzero(view.human[rows]) + rows.start
    outcome, kind = found.outcome[row], found.kind[row]
    ad = ~np.isin(kind, _NO_ADS)
    return Marked(
        row=row,
        person=view.person[row],
        signed=view.somebody[view.person[row]],
        kind=kind,
        campaign=found.campaign[row],
        confirmed=ad & (outcome == CONFIRMED),
        suspected=ad & (outcome == SUSPECTED),
        chain=(kind == _CHAIN) & (outcome >= SUSPECTED),
        flood=found.flood[row],
        echo=found.echo[row],
    )


def joined_at(view: GroupView, rows: Ints) -> Ints:
    """When the sender of each row last joined before it, UTC ms; -1 where neither log nor members tell."""
    person, at = view.person[rows].astype(np.int64), view.sent_at[rows]
    listed = [p.joined_at if p.joined_at is not None else -1 for p in view.people]
    known = np.array([*listed, -1], np.int64)[person]
    known[known > at] = -1  # joined again later: nothing is known of the time before
    joins = [(i, e.row) for e in view.events if e.event is Event.JOIN for i in e.targets]
    if not joins:
        return known
    width = len(view) + 1
    keys = np.sort(np.array([i * width + row for i, row in joins], np.int64))
    last = np.searchsorted(keys, person * width + rows) - 1
    own = (last >= 0) & (person >= 0) & (keys[last] // width == person)
    return np.where(own, np.maximum(view.sent_at[keys[last] % width], known), known)


def _exempt(view: GroupView, policy: Policy) -> Flags:
    """Whose messages are never ads, by index into the people; the last entry is for nobody."""
    named = set(policy.exempt_senders)
    return np.array([not named.isdisjoint((p.id, *p.ids)) for p in view.people] + [False], np.bool_)
