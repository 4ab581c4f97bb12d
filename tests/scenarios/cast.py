"""Who is in a group, cast by hand, and their ordinary talk by the development simulator.

The simulator draws its people; a scenario needs them to be who its story says. Everything else (sessions,
who answers whom, words, exits) is the simulator's, so that ordinary talk looks the same in all scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulator import Cause
from simulator.causes import Causes
from simulator.demand import demand
from simulator.dice import Dice, streams
from simulator.export import export
from simulator.levels import ACTS, Level
from simulator.pack import domains, fill
from simulator.people import Account, Agent, act_mix
from simulator.rows import rows_of
from simulator.season import WEEK, Setting, draw_setting
from simulator.talk import Floor, hold
from simulator.wording import Writer

from .kit import MONDAY, Log

if TYPE_CHECKING:
    from cq.model import MemberRole

PLAIN = Level("scenario", 0.85, 0.25, 0.10, two_roles=0.0, hostile=0.0, holiday=0.0, spammers=0)
"""Clear roles, every fourth talking turn quotes or mentions, a tenth without words, nothing hidden."""


@dataclass(frozen=True)
class Part:
    """So many people of a role. ``rate``: turns a week, spread evenly on a log scale up to ``uneven`` times more.

    ``joined`` and ``left``: stretch of weeks in which they come and go, None for "before" and "never".
    ``acts``: shares of acts in place of the role's own. ``tag``: to find them again.
    """

    role: str
    count: int
    rate: float
    tag: str = ""
    uneven: float = 2.0
    joined: tuple[float, float] | None = None
    left: tuple[float, float] | None = None
    rank: MemberRole = "member"
    acts: Mapping[str, float] | None = None


def play(
    seed: int,
    parts: Sequence[Part],
    weeks: int,
    *,
    causes: Mapping[str, Cause] | None = None,
    level: Level = PLAIN,
    kind: int | None = None,
    number: str = "710000001",
    first: int = 0,
    start: int = MONDAY,
    topics: int | None = None,
    **setting: Any,
) -> Log:
    """The ordinary talk of a cast. ``kind``: of group (drawn by seed). ``first``: number of the first person, for
    groups that share people. ``topics``: how many of the kind's topics are talked about. ``setting`` replaces
    what the simulator draws for the group (``answered``, ``session_turns``, ``daily_shape`` …).
    """
    of_group, of_people, of_talk, of_words, of_rows, of_damage = streams(seed, 6)
    kind = seed // 2 if kind is None else kind
    domain = domains("fit")[kind % len(domains("fit"))]
    if topics:
        domain = replace(domain, topics=domain.topics[:topics])
    drawn = draw_setting(of_group, level, weeks, sum(part.count for part in parts))
    plain: dict[str, Any] = {
        "start": start, "weeks_before": 30, "stages": (2,) * weeks, "factors": (1.0,) * weeks,
        "holidays": frozenset[int](), "overload": False, "dispersion": max(drawn.dispersion, 6.0), "answered": 0.8,
    }  # fmt: skip
    drawn = replace(drawn, **{**plain, **setting})
    agents, tags = _agents(of_people, parts, drawn, level, domain, first)
    at_work = Causes(causes)
    floor = Floor(of_talk, agents, drawn, at_work, len(domain.topics), clock=start)
    for week in range(weeks):
        hold(floor, demand(of_talk, agents, drawn, at_work, week))
    writer = Writer(of_words, domain, agents, 0.0)
    rows = rows_of(of_rows, floor, writer, level, drawn, agents)
    name = fill(of_words.pick(domain.groups), domain.slots, of_words)
    world = export(of_damage, rows, floor, drawn, level, domain, name, at_work)
    log = Log.of(world, seed, kind, tags, number)
    gone = {seat.id: seat.left for seat in log.seats.values() if seat.left is not None}
    log.drop(lambda row: row.who in gone and row.at >= gone[row.who])
    return log


def _agents(
    dice: Dice, parts: Sequence[Part], setting: Setting, level: Level, domain: Any, first: int
) -> tuple[list[Agent], dict[str, list[str]]]:
    agents: list[Agent] = []
    tags: dict[str, list[str]] = {}
    taken: set[str] = set()
    for part in parts:
        for n in range(part.count):
            number = first + len(agents)
            account = Account(str(31_000_000 + number * 7919), ((0, _name(dice, domain, taken)),))
            step = (n + 0.5) / part.count - 0.5
            rate = part.rate * part.uneven**step
            joined = setting.start - int(dice.between(5, 60) * WEEK)
            if part.joined:
                joined = setting.start + int(dice.between(*part.joined) * WEEK)
            left = setting.start + int(dice.between(*part.left) * WEEK) if part.left else None
            agent = Agent(
                f"p{number:03d}", [(0, part.role, None)], [_mix(dice, part, setting, level)], [rate],
                0 if part.role in ("organizer", "thinker") else 1 + dice.below(2), joined, left, [account], part.rank,
                comma=dice.pick((" ", "，")),
            )  # fmt: skip
            agents.append(agent)
            tags.setdefault(part.tag or part.role, []).append(account.number)
    old = [n for n, agent in enumerate(agents) if agent.joined < setting.start] or [0]
    for agent in agents:
        agent.inviter = dice.pick(old)
    return agents, tags


def _mix(dice: Dice, part: Part, setting: Setting, level: Level) -> list[float]:
    if part.acts is None:
        return act_mix(dice, level, setting, part.role, None)
    total = sum(part.acts.values())
    return [part.acts.get(act, 0.0) / total for act in ACTS]


def _name(dice: Dice, domain: Any, taken: set[str]) -> str:
    name = ""
    for _ in range(30):
        name = fill(dice.pick(domain.names), domain.slots, dice)
        if name not in taken:
            break
    else:
        name += str(len(taken))
    taken.add(name)
    return name
