"""A development simulator: groups whose roles, acts, replies and people are known.

It proves only that an analysis recovers what its authors think a role is; no figure measured on it says that
operators of real groups would agree. Texts come from packs written apart: ``fit`` to develop on, ``judge`` and
``exam`` to judge with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .causes import Cause, Causes, Effect
from .demand import demand
from .dice import Dice, streams
from .export import export
from .levels import ACTS, KEY_ACTS, LEVELS, ROLES, Name
from .pack import domains, fill
from .people import Agent, draw_people
from .rows import rows_of
from .season import WEEK, Setting, draw_setting
from .talk import Floor, hold
from .wording import Writer
from .world import Message, RoleTruth, RosterMember, Truth, WeekTruth, World

__all__ = [
    "ACTS", "KEY_ACTS", "LEVELS", "ROLES", "Cause", "Effect", "Message", "RoleTruth", "RosterMember", "Truth",
    "WeekTruth", "World", "simulate",
]  # fmt: skip

EXIT_HAZARD = 0.01
"""Weekly chance to leave that causes multiply, on top of the exits every group has."""


def simulate(
    seed: int,
    level: Name,
    weeks: int,
    pack: Literal["fit", "judge", "exam"],
    *,
    members: int | None = None,
    causes: Mapping[str, Cause] | None = None,
    prompts: float = 0.0,
) -> World:
    """One group of so many exported weeks. The same arguments give the same world.

    ``members``: how many people (drawn when None). ``causes``: what is going wrong, by name. ``prompts``: share
    of chat turns that try to talk a program into a verdict. Packs change the words, not who does what when.
    """
    difficulty = LEVELS[level]
    of_group, of_people, of_talk, of_words, of_rows, of_damage, of_exits = streams(seed, 7)
    setting = draw_setting(of_group, difficulty, weeks, members)
    choices = domains(pack)
    domain = choices[of_group.below(len(choices))]
    agents = draw_people(of_people, difficulty, setting, domain)
    at_work = Causes(causes)
    floor = Floor(of_talk, agents, setting, at_work, len(domain.topics), clock=setting.start)
    for week in range(weeks):
        _leave(of_exits, agents, setting, at_work, week)
        hold(floor, demand(of_talk, agents, setting, at_work, week))
    writer = Writer(of_words, domain, agents, difficulty.hostile, prompts)
    rows = rows_of(of_rows, floor, writer, difficulty, setting, agents)
    name = fill(of_words.pick(domain.groups), domain.slots, of_words)
    return export(of_damage, rows, floor, setting, difficulty, domain, name, at_work)


def _leave(dice: Dice, agents: list[Agent], setting: Setting, causes: Causes, week: int) -> None:
    """Exits that a cause brings about."""
    extra = causes.exit_hazard(week) - 1.0
    monday = setting.start + week * WEEK
    if extra > 0:
        for agent in agents:
            stays = agent.left is not None or agent.rank == "owner" or not agent.present(monday)
            if not stays and dice.chance(min(0.9, EXIT_HAZARD * extra)):
                agent.left = monday + dice.below(WEEK)
