"""Controls on simulated groups: what the roles rest on, and what must not move them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

import cq
from cq.analysis import GroupView, roles
from cq.analysis._build import build
from cq.model import Group, message_schema
from cq.sidefiles import RosterRow
from simulator import World, controls, simulate

from .views import SHANGHAI, whole

Rows = Mapping[str, Mapping[str, Any]]
WORDED = ("organizer", "thinker", "asker", "challenger")
"""Roles that live by what is said; talking much stays talking much, whoever's turns they are."""
SEEDS = (7, 8)


def grouped(world: World, zone: ZoneInfo = SHANGHAI) -> GroupView:
    table = pa.Table.from_pandas(world.frame(), message_schema(), preserve_index=False)
    members = [
        RosterRow(m.member_id, m.name, role=m.role, joined_at=m.joined_at, left_at=m.left_at)
        for m in world.members
        if m.member_id not in world.truth.is_bot
    ]
    group = Group(world.group_id, world.group_name, "qq", "group")
    return build(table.combine_chunks().to_batches(), group, [], zone=zone, roster=members)


def judged(world: World, zone: ZoneInfo = SHANGHAI) -> Rows:
    """The rows of the members, by person of the simulation."""
    group = grouped(world, zone)
    table = roles.ANALYZER.run(group, whole(group), roles.ANALYZER.settings).tables["members"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {
        world.truth.person[row["member_id"]]: row for row in rows if row["member_id"] in world.truth.person
    }


@cache
def world(seed: int, level: str = "L1", prompts: float = 0.0) -> World:
    return simulate(seed, level, 13, "fit", members=45, prompts=prompts)  # type: ignore[arg-type]


@cache
def original(seed: int, level: str = "L1") -> Rows:
    return judged(world(seed, level))


def hits(rows: Rows, truth: World, wanted: tuple[str, ...]) -> tuple[int, int]:
    """People of some roles who were recognised, and how many there are."""
    true = {p: r.label for p, r in truth.truth.roles.items() if p in rows and r.label in wanted}
    return sum(rows[p]["role"] == label for p, label in true.items()), len(true)


def findings(rows: Rows) -> dict[str, tuple[Any, ...]]:
    return {
        person: (row["role"], row["certainty"], tuple(row["also"]), row["scores"], row["stability"])
        for person, row in rows.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_roles_dealt_to_others_are_not_found(seed: int) -> None:
    found, there = hits(original(seed), world(seed), WORDED)
    chance, _ = hits(original(seed), controls.permuted_truth(world(seed), 1), WORDED)
    assert found >= 0.7 * there
    assert chance <= 0.3 * there


@pytest.mark.parametrize("seed", SEEDS)
def test_senders_dealt_anew_lose_their_roles_but_not_their_silence(seed: int) -> None:
    rows = judged(controls.shuffled_senders(world(seed), 1))
    before, _ = hits(original(seed), world(seed), WORDED)
    after, _ = hits(rows, world(seed), WORDED)
    assert after <= before / 2
    lurkers = [p for p, row in original(seed).items() if row["role"] == "lurker"]
    assert sum(rows[p]["role"] == "lurker" for p in lurkers) >= 0.9 * len(lurkers)


@pytest.mark.parametrize("zone", ["America/New_York", "UTC"])
def test_the_time_zone_changes_no_finding(zone: str) -> None:
    assert findings(judged(world(7), ZoneInfo(zone))) == findings(original(7))


def test_other_ids_change_no_finding() -> None:
    assert findings(judged(controls.renamed_ids(world(7)))) == findings(original(7))


def test_the_order_of_the_members_list_changes_no_finding() -> None:
    other = world(7)
    turned = other.__class__(
        **{f: getattr(other, f) for f in other.__slots__ if f != "members"}, members=other.members[::-1]
    )
    assert findings(judged(turned)) == findings(original(7))


@pytest.mark.parametrize("seed", SEEDS)
def test_traditional_characters_change_no_finding(seed: int) -> None:
    """Roles, certainty and further roles are the same; scores may move by what the small table leaves over."""
    rows = judged(controls.traditional(world(seed)))
    for person, row in original(seed).items():
        assert all(rows[person][key] == row[key] for key in ("role", "certainty", "also", "turns")), person
        assert all(abs(rows[person]["scores"][r] - s) <= 0.1 for r, s in row["scores"].items()), person


def test_the_order_of_the_rows_changes_no_finding() -> None:
    frame = world(7).frame()
    one, two = (
        cq.analyze(rows, sections=["roles"]).groups[0].sections["roles"]
        for rows in (frame, frame.sample(frac=1, random_state=1))
    )
    assert one == two


def test_talking_to_the_program_has_no_effect() -> None:
    rows = judged(world(7, prompts=0.1))
    moved = [p for p, row in original(7).items() if rows[p]["role"] != row["role"]]
    assert len(moved) <= 1
    assert not any(rows[p]["role"] == "organizer" for p in moved)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_the_cited_messages_a_score_falls_and_without_others_it_does_not(seed: int) -> None:
    """By at least half of its excess over a half where the messages shown are all that carry it; of those who
    are shown by ten of many, by something. As many other messages of the same person carry no half of it."""
    alone, part, kept = [], [], []
    for person, row in original(seed).items():
        role = row["role"]
        if role not in WORDED or row["certainty"] == "tentative" or len(kept) >= 8:
            continue
        cited, score = set(row["evidence"][role]), row["scores"][role]
        others = _others(world(seed), row["member_id"], cited)
        fall, chance = (
            (score - judged(_without(world(seed), gone))[person]["scores"][role]) / (score - 0.5)
            for gone in (cited, others)
        )
        (alone if len(cited) < 10 or role == "challenger" else part).append(fall)
        kept.append(chance)
    assert len(kept) >= 4
    assert all(fall >= 0.5 for fall in alone)
    assert all(fall >= 0 for fall in part)
    assert max(kept) < 0.5 and np.mean(kept) < 0.1


def _others(world: World, sender: str, cited: set[str]) -> set[str]:
    """As many other messages of the same person, drawn by chance, but not of the turns that are cited."""
    own = [n for n, m in enumerate(world.messages) if m.sender_id == sender]
    turns = {world.truth.turn[n] for n in own if f"sim{n:08d}" in cited}
    rest = [n for n in own if world.truth.turn[n] not in turns]
    drawn = np.random.default_rng(5).permutation(rest)[: len(cited)]
    return {f"sim{n:08d}" for n in drawn.tolist()}


def _without(world: World, cited: set[str]) -> World:
    kept = [n for n in range(len(world.messages)) if f"sim{n:08d}" not in cited]
    return controls._reordered(world, [world.messages[n] for n in kept], kept)


def test_nothing_to_find_gives_hardly_any_role() -> None:
    """Level five: some talk much, nobody does anything of their own."""
    named = total = 0
    for seed in SEEDS:
        rows = judged(world(seed, "L5"))
        spoke = [row for row in rows.values() if row["role"] != "lurker"]
        named += sum(row["role"] in WORDED and row["certainty"] != "tentative" for row in spoke)
        total += len(spoke)
    assert named <= 0.1 * total
