"""A group week by week up to the end of the window: what it said, without whom, and what sets it apart.

Worked out when first asked for. What stage follows from it is said in ``_life_stage``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis import _calendar as cal
from cq.analysis import _life_stage as st
from cq.analysis import _measures as m
from cq.analysis._life_people import born, members
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act
from cq.model import Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground
    from cq.analysis.lifecycle import Settings

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_ENDING = frozenset({"trip", "event"})
_SLACK_DAYS = 7
_DAYS, _EBBED = 3, 0.25
"""A trip is over when three days hold a quarter of its three busiest at most."""
_TALKS = 3
"""Sessions of two people in twelve weeks that make a quiet group a talking one."""
_KIN = "家族|一家人|家人|亲友|亲戚|同学|同窗|校友|班级|[0-9一二三四五六七八九十]班|宿舍|室友|家长"
"""In the name of a group: its people know each other anyway."""


@dataclass(frozen=True)
class Life:
    """The weeks of a group up to the end of the window; ``kept`` are those without a long holiday."""

    ground: Ground
    settings: Settings

    @cached_property
    def said(self) -> Flags:
        """Turns that say something. In a shop what is on offer is what the group is for, so it counts."""
        ground = self.ground
        empty = [Act.FILLER, Act.RED_PACKET]
        if ground.view.operator.kind not in ("shop", "service"):
            empty.append(Act.AD)
        return ground.good & ~ground.found.acts.has(*empty)

    @cached_property
    def kept(self) -> Ints:
        """Places of the weeks that count."""
        return np.flatnonzero(~self.ground.weeks.holiday)

    @cached_property
    def top(self) -> int | None:
        """Who said most in the last twelve weeks."""
        recent = self.said & self.ground.since(12)
        count = np.bincount(self.ground.found.turns.person[recent], minlength=1)
        return int(np.argmax(count)) if count.any() else None

    @cached_property
    def weekly(self) -> Floats:
        """Turns that say something, per week."""
        return self.ground.weekly(self.said)

    @cached_property
    def others(self) -> Floats:
        """The same without the top sender."""
        top = -1 if self.top is None else self.top
        return self.ground.weekly(self.said & (self.ground.found.turns.person != top))

    @cached_property
    def born(self) -> bool:
        """Whether the log begins with the group."""
        return born(self.ground.view)

    @cached_property
    def enough(self) -> bool:
        """Whether there are weeks enough for a stage."""
        need = self.settings.weeks_born if self.born else self.settings.weeks
        return (
            len(self.ground.weeks) >= need
            and len(self.kept) >= self.settings.weeks_born
            and bool(self.weekly.any())
        )

    @cached_property
    def course(self) -> st.Course:
        """The weeks that count."""
        return st.course(self.weekly[self.kept])

    @cached_property
    def joining(self) -> tuple[float, int] | None:
        """Growth of the members over the last weeks, and how many there were before."""
        end, back = self.ground.end, self.settings.joining_weeks * WEEK_MS
        found = members(self.ground.view, np.array([end - back, end - 1]))
        if found is None or not found[0] or end - back < int(self.ground.view.sent_at[0]):
            return None
        return float(found[1] / found[0] - 1), int(found[0])

    def stages(self, seen: st.Course, *, alone: bool = False) -> tuple[str, str]:
        """The stage of a course and the next one. ``alone``: without the top sender."""
        young = self.born and len(self.ground.weeks) <= st.YOUNG_WEEKS
        joining = self.joining[0] if self.joining else None
        return st.stages(seen, joining, young=young, talking=not alone and self.talking)

    @cached_property
    def talking(self) -> bool:
        """Whether people talk with each other: in three sessions of the last twelve weeks or more."""
        sessions, end = self.ground.found.sessions, self.ground.end
        recent = (sessions.start_ms >= end - 12 * WEEK_MS) & (sessions.start_ms < end)
        return int((sessions.speakers[recent] > 1).sum()) >= _TALKS

    @cached_property
    def completed(self) -> bool:
        """Whether the planned end has come; a trip or an event is over when it has ebbed away."""
        view, end = self.ground.view, self.ground.end
        ends = view.operator.end_day()
        if ends is not None and ends.isoformat() <= cal.iso(cal.day_of(end - 1, view.zone) + _SLACK_DAYS):
            return True
        if view.operator.kind not in _ENDING:
            return False
        day = (end - 1 - self.ground.found.turns.start_ms[self.ground.good]) // m.DAY_MS
        daily = np.bincount(day, minlength=_DAYS).astype(np.float64)
        three = np.convolve(daily, np.ones(_DAYS), "valid")
        return len(three) > 2 * _DAYS and float(three[0]) <= _EBBED * float(three.max())

    @cached_property
    def own_ties(self) -> bool:
        """Whether people know each other anyway: the operator says so, or the group's name does and nobody
        leaves. Such groups live on few turns."""
        told = self.ground.view.operator.kind
        if told is not None:
            return told in ("family", "class")
        return re.search(_KIN, self.ground.view.group.group_name or "") is not None and not self.exits

    @cached_property
    def exits(self) -> int:
        """People who left by themselves, as far as the log shows it."""
        view = self.ground.view
        return sum(
            len(e.targets)
            for e in view.events
            if e.event is Event.LEAVE and view.sent_at[e.row] < self.ground.end
        )
