"""The bridge from a group to the conversation room: turns, sessions, links and acts, worked out once per log.

The whole log is read, not a window: sessions and answers reach over its edges. Sections cut their
window out of the turns. Nothing is counted or judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cq.ads.policy import Policy
from cq.analysis._ads import judged
from cq.conversation import Replies, Sessions, Talk, Turns, replies, sessions, turns
from cq.conversation.acts import Acts, acts

if TYPE_CHECKING:
    from cq.analysis import GroupView, Window


@dataclass(frozen=True)
class Conversation:
    """What happened between the people of a group. ``policy`` decides what is an ad among the acts."""

    view: GroupView
    policy: Policy

    @cached_property
    def talk(self) -> Talk:
        """The log as the conversation room reads it."""
        view = self.view
        return Talk(
            view.sent_at,
            view.person,
            view.human & view.somebody[view.person],
            view.text,
            view.reply_to,
            view.mention_row,
            view.mention_person,
            [(*p.names, p.name) for p in view.people],
        )

    @cached_property
    def turns(self) -> Turns:
        """Turns of people who can be told apart: no bots, nobody anonymous."""
        return turns(self.talk)

    @cached_property
    def sessions(self) -> Sessions:
        """Sessions of the turns."""
        return sessions(self.turns)

    @cached_property
    def replies(self) -> Replies:
        """Who answers whom: explicit links, and inferred ones for counting."""
        return replies(self.talk, self.turns)

    @cached_property
    def acts(self) -> Acts:
        """What every turn does."""
        ads = judged(self.view, self.policy)
        return acts(
            self.talk,
            self.turns,
            self.sessions,
            self.replies,
            kind=self.view.kind,
            ad_outcome=ads.outcome,
            ad_kind=ads.kind,
            events=[(e.row, e.event, e.actor, e.targets, e.detail) for e in self.view.events],
        )

    def inside(self, window: Window) -> slice:
        """The turns that begin inside a window."""
        import numpy as np

        lo, hi = np.searchsorted(self.turns.start_ms, [window.start, window.end], side="left")
        return slice(int(lo), int(hi))


def conversation(view: GroupView, policy: Policy | None = None) -> Conversation:
    """What happened in a group; the same object for the same group and policy."""
    import msgspec

    policy = policy or view.memo.get("ad_policy") or Policy()
    key = "conversation", msgspec.json.encode(policy)
    if key not in view.memo:
        view.memo[key] = Conversation(view, policy)
    found: Conversation = view.memo[key]
    return found
