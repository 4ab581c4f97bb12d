"""From rows to a view: people, aliases, rosters, answers, events."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cq.analysis import GroupView
from cq.analysis._build import build
from cq.model import BatchBuilder, Event, Group, Kind, Member
from cq.sidefiles import RosterRow

SHANGHAI = ZoneInfo("Asia/Shanghai")
GROUP = Group("g", "群", "qq", "group")


def _rows(*rows: dict[str, Any]) -> Any:
    builder = BatchBuilder(platform="qq", group_id="g", origin_file="f")
    for i, row in enumerate(rows):
        filled = {
            "message_id": f"{i:024x}",
            "sent_at": 1_770_000_000_000 + i * 1000,
            "kind": Kind.TEXT,
            "text": "好",
            "mentions": [],
            "event_target": [],
            "origin_record": i + 1,
        }
        builder.add(**{**filled, **row})
    return builder.take()


def _view(
    *rows: dict[str, Any], members: tuple[Member, ...] = (), group: Group = GROUP, **more: Any
) -> GroupView:
    batch = _rows(*rows)
    return build([batch.slice(0, 2), batch.slice(2)], group, members, zone=SHANGHAI, **more)


def test_the_last_name_is_shown_and_all_are_kept() -> None:
    view = _view(
        {"sender_id": "1", "sender_name": "旧名"},
        {"sender_id": "1", "sender_name": ""},
        {"sender_id": "1", "sender_name": "新名"},
        {"sender_id": "2", "sender_name": None},
    )
    assert [(p.id, p.name, p.names) for p in view.people] == [("1", "新名", ("旧名", "新名")), ("2", "", ())]
    assert view.person.tolist() == [0, 0, 0, 1]


def test_human_messages_are_those_of_the_contract() -> None:
    view = _view(
        {"sender_id": "1"},
        {"sender_id": "2854196310"},
        {"sender_id": "anon:80000000"},
        {"sender_id": None, "kind": Kind.SYSTEM, "event": Event.JOIN, "event_target": ["9"]},
        {"sender_id": "1", "kind": Kind.POKE, "event": Event.POKE},
    )
    assert view.human.tolist() == [True, False, True, False, False]
    assert [view.somebody[i] for i in view.person] == [True, False, False, False, True]
    assert view.member_basis == "events"
    assert [(e.row, e.event, view.people[e.targets[0]].id) for e in view.events[:1]] == [(3, Event.JOIN, "9")]


def test_alias_merges_and_nothing_else_does() -> None:
    rows = ({"sender_id": "1", "sender_name": "甲"}, {"sender_id": "2", "sender_name": "甲"})
    assert len(_view(*rows).people) == 2
    merged = _view(*rows, alias={"1": "甲本人", "2": "甲本人"})
    assert [(p.id, p.ids) for p in merged.people] == [("甲本人", ("1", "2"))]


def test_answers_and_mentions_become_rows_and_people() -> None:
    view = _view(
        {"sender_id": "1"},
        {"sender_id": "2", "reply_to": f"{0:024x}", "mentions": ["1", "@all", "name:谁"]},
        {"sender_id": "2", "reply_to": "f" * 24},
    )
    assert view.reply_to.tolist() == [-1, 0, -1]
    assert (view.mention_row.tolist(), view.mention_person.tolist()) == ([1], [0])
    assert view.explicit_replies
    assert not _view({"sender_id": "1"}).explicit_replies


def test_a_list_of_speakers_is_no_roster() -> None:
    rows = ({"sender_id": "1"}, {"sender_id": "2"})
    spoke = (Member("g", "1"), Member("g", "2"))
    assert _view(*rows, members=spoke).member_basis == "senders"
    view = _view(*rows, members=(*spoke, Member("g", "3", name="默默", role="admin")))
    assert view.member_basis == "roster"
    assert [(p.id, p.name, p.listed, p.role) for p in view.people][2] == ("3", "默默", True, "admin")
    complete = Group("g", "群", "qq", "group", complete_members=True)
    assert _view(*rows, members=spoke, group=complete).member_basis == "roster"


@pytest.mark.parametrize("row", [RosterRow(member_id="2"), RosterRow(name="乙")])
def test_a_roster_row_finds_its_member_by_id_or_by_a_name_nobody_shares(row: RosterRow) -> None:
    rows = ({"sender_id": "1", "sender_name": "甲"}, {"sender_id": "2", "sender_name": "乙"})
    view = _view(*rows, roster=[row, RosterRow(name="丙")])
    assert [(p.id, p.listed) for p in view.people] == [("1", False), ("2", True), ("name:丙", True)]


def test_an_empty_group_is_no_accident() -> None:
    view = build([], GROUP, (), zone=SHANGHAI)
    assert len(view) == 0
    assert view.human.tolist() == []
