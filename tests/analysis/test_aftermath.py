"""What became of messages, against the plain definitions on small random logs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cq.analysis import GroupView
from cq.analysis._ads import joined_at
from cq.analysis._aftermath import UNKNOWN, gone, handling, responded
from cq.model import Event

from .views import view

PEOPLE = ("a", "b", "anon:1", "bot")
KNOWN: dict[str, dict[str, Any]] = {"a": {}, "b": {}, "anon:1": {"anonymous": True}, "bot": {"bot": True}}
HOUR, DAY = 3_600_000, 86_400_000
ACTS = (Event.RECALL, Event.REMOVE, Event.MUTE, Event.JOIN, Event.LEAVE)


@st.composite
def logs(draw: st.DrawFn) -> GroupView:
    rows: list[tuple[Any, ...]] = []
    events = []
    at = datetime(2026, 3, 2)
    for i in range(draw(st.integers(1, 14))):
        at += timedelta(hours=draw(st.sampled_from((0, 1, 13, 24, 25))))
        extra: dict[str, Any] = {"recalled": draw(st.booleans())}
        if i and draw(st.booleans()):
            extra["reply"] = draw(st.integers(0, i - 1))
        extra["mentions"] = draw(st.lists(st.sampled_from(PEOPLE), max_size=1))
        who: str | None = draw(st.sampled_from(PEOPLE))
        if draw(st.integers(0, 2)) == 0:
            who, extra["kind"] = None, "system"
            target = draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))
            actor = draw(st.sampled_from((None, "a", "b")))
            events.append((i, draw(st.sampled_from(ACTS)), actor, target, None))
        rows.append((at.isoformat(), who, "好", extra))
    return view(rows, KNOWN, events=events)


@given(logs())
def test_responses(group: GroupView) -> None:
    expected = np.zeros(len(group), np.bool_)
    said = [bool(group.human[i] and group.somebody[group.person[i]]) for i in range(len(group))]
    for by in filter(said.__getitem__, range(len(group))):
        meant = [int(group.reply_to[by])] if group.reply_to[by] >= 0 else []
        for row, whom in zip(group.mention_row.tolist(), group.mention_person.tolist(), strict=True):
            if row == by:
                meant += [i for i in range(by) if said[i] and group.person[i] == whom][-1:]
        for i in meant:
            late = group.sent_at[by] - group.sent_at[i]
            expected[i] |= said[i] and group.person[i] != group.person[by] and late <= 24 * HOUR
    assert responded(group, 24).tolist() == expected.tolist()


@given(logs())
def test_handling(group: GroupView) -> None:
    rows = np.flatnonzero(group.human)
    acts = [e for e in group.events if e.event in (Event.RECALL, Event.REMOVE, Event.MUTE)]
    found = handling(group, rows, 1)
    if not acts and not group.recalled.any():
        assert found is None
        return
    assert found is not None
    late: dict[int, int] = {}
    tried: set[int] = set()
    for act in acts:
        meant = int(group.reply_to[act.row]) if act.event is Event.RECALL else -1
        dealt: list[int] = [] if meant < 0 else [meant] if meant in rows and meant not in late else []
        for target in act.targets if meant < 0 else ():
            own = [i for i in rows.tolist() if i < act.row and group.person[i] == target]
            open_ = [i for i in own if i not in late and i not in tried]
            if act.event is Event.RECALL:
                others = [i for i in open_ if not group.recalled[i]] if act.actor not in (-1, target) else []
                open_ = ([i for i in open_ if group.recalled[i]] or others)[-1:]
            tried.update(open_)
            dealt += open_
        for i in dealt:
            after = int(group.sent_at[act.row] - group.sent_at[i])
            if after <= DAY:
                late[i] = after
    assert found.after.tolist() == [late.get(i, UNKNOWN) for i in rows.tolist()]
    assert found.done.tolist() == [i in late or bool(group.recalled[i]) for i in rows.tolist()]


@given(logs())
def test_joining(group: GroupView) -> None:
    expected = []
    for i, who in enumerate(group.person.tolist()):
        joins = [e.row for e in group.events if e.event is Event.JOIN and who in e.targets and e.row < i]
        expected.append(int(group.sent_at[joins[-1]]) if joins else -1)
    assert joined_at(group, np.arange(len(group))).tolist() == expected


@given(logs())
def test_who_is_gone(group: GroupView) -> None:
    away = gone(group)
    shown = [e for e in group.events if e.event in (Event.LEAVE, Event.REMOVE)]
    assert (away is None) == (not shown)
    for i in away or ():
        moves = [
            e.event for e in group.events if i in e.targets and e.event not in (Event.RECALL, Event.MUTE)
        ]
        assert moves[-1] in (Event.LEAVE, Event.REMOVE)
