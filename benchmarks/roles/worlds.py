"""Simulated groups as views, with the truth beside them; no file and no store in between."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from cq.analysis import GroupView, Window
from cq.analysis._build import build
from cq.model import Group, message_schema
from cq.sidefiles import RosterRow

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from simulator import RoleTruth, World, simulate

__all__ = ["Pack", "RoleTruth", "World", "roster_of", "view_of", "whole", "world"]

Pack = Literal["fit", "judge", "exam"]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def world(seed: int, level: str, weeks: int, pack: Pack, **more: Any) -> World:
    """One simulated group."""
    return simulate(seed, level, weeks, pack, **more)  # type: ignore[arg-type]


def view_of(world: World, *, roster: bool = True, zone: ZoneInfo = SHANGHAI) -> GroupView:
    """The group as an analysis sees it, with the members list or without."""
    table = pa.Table.from_pandas(world.frame(), message_schema(), preserve_index=False)
    return build(
        table.combine_chunks().to_batches(),
        Group(world.group_id, world.group_name, "qq", "group"),
        [],
        zone=zone,
        roster=roster_of(world) if roster else None,
    )


def roster_of(world: World) -> list[RosterRow]:
    """The members list as ``--roster`` reads it; nickname-only members are found by their name."""
    return [
        RosterRow(
            None if m.member_id.startswith("name:") else m.member_id,
            m.name,
            role=m.role,
            joined_at=m.joined_at,
            left_at=m.left_at,
        )
        for m in world.members
        if m.member_id not in world.truth.is_bot
    ]


def whole(view: GroupView) -> Window:
    """The default window: the whole log, in whole days of the zone."""
    from cq.analysis._window import window

    return window(int(view.sent_at[0]), int(view.sent_at[-1]), view.zone, since=None, until=None, back=None)
