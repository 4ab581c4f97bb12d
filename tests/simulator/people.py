"""The people of a group: roles, rates, act mixes, tenure, accounts and names.

Roles are behaviours: a person is a mixture of one or two roles with ordinary chat. What they say is drawn
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .dice import Dice
from .levels import ACTS, COUNTS, SPAMMER, Level
from .pack import Domain, fill
from .season import WEEK, Setting


@dataclass(frozen=True, slots=True)
class Account:
    """One sender in the log; ``names`` by the week from which they are borne."""

    number: str
    names: tuple[tuple[int, str], ...]
    nickname_only: bool = False

    def name(self, week: int) -> str:
        """The name borne in a week."""
        return next(name for since, name in reversed(self.names) if since <= week or since == 0)

    def id(self, week: int) -> str:
        """The sender id an export gives."""
        return f"name:{self.name(week)}" if self.nickname_only else self.number


@dataclass(slots=True)
class Agent:
    """A person. ``spans``: (first week, role, second role or None), by time."""

    key: str
    spans: list[tuple[int, str, str | None]]
    mixes: list[list[float]]
    rates: list[float]
    circle: int
    joined: int
    """UTC milliseconds; before the start of the export for most."""
    left: int | None = None
    accounts: list[Account] = field(default_factory=list)
    rank: str = "member"
    spammer: bool = False
    traditional: bool = False
    comma: str = " "
    slips: float = 0.02
    inviter: int = -1

    def span(self, week: int) -> int:
        """Which of the spans a week lies in."""
        return max(i for i, (since, _, _) in enumerate(self.spans) if since <= week or i == 0)

    def role(self, week: int) -> str:
        """The main role in a week."""
        return self.spans[self.span(week)][1]

    def present(self, ms: int) -> bool:
        """Whether a member at that time."""
        return self.joined <= ms and (self.left is None or ms < self.left)


def draw_people(dice: Dice, level: Level, setting: Setting, domain: Domain) -> list[Agent]:
    """Everybody who is ever a member, the staff first."""
    roles = _roles(dice, level, setting.members)
    agents = [_agent(dice, level, setting, n, role) for n, role in enumerate(roles)]
    for n in range(level.spammers if dice.chance(0.5) else 0):
        mix = [SPAMMER.get(act, 0.0) for act in ACTS]
        agent = Agent(f"p{len(agents):03d}", [(0, "ordinary", None)], [mix], [1.5 + n], 0, 0, spammer=True)
        agent.joined = setting.start + int(dice.between(0.0, 0.6) * setting.weeks * WEEK)
        agents.append(agent)
    if level.without_roles:
        _level_out(dice, setting, agents)
    _switch(dice, level, setting, agents)
    _ranks(dice, agents)
    _name(dice, level, setting, agents, domain)
    for agent in agents:
        agent.inviter = dice.below(len(agents))
    return agents


def _roles(dice: Dice, level: Level, members: int) -> list[str]:
    """How many of each; a role may be absent, lurkers are 40 to 80 %."""
    lurkers = round(members * (0.40 + 0.40 * dice.random() ** 1.5))
    active = members - lurkers
    counts = dict.fromkeys(COUNTS, 0)
    scale = min(1.6, (members / 50) ** 0.5)
    for role, most in COUNTS.items():
        if not level.without_roles:
            counts[role] = round(dice.between(0.0, most) * scale)
    room = max(1, round(active * 0.75))
    while sum(counts.values()) > room:
        largest = max(counts, key=lambda role: (counts[role], role))
        counts[largest] -= 1
    held = [role for role, count in counts.items() for _ in range(count)]
    return held + ["ordinary"] * (active - len(held)) + ["lurker"] * lurkers


def _agent(dice: Dice, level: Level, setting: Setting, number: int, role: str) -> Agent:
    second = None
    if role in COUNTS and dice.chance(level.two_roles):
        second = dice.pick([other for other in COUNTS if other != role])
    quiet = role == "lurker"
    start = setting.start
    old = int(dice.between(0.02, 1.0) * max(setting.weeks_before, 20) * WEEK)
    newcomer = dice.chance(0.25 if role in ("lurker", "ordinary", "asker") else 0.06)
    joined = start + int(dice.between(0.05, 0.7) * setting.weeks * WEEK) if newcomer else start - old
    agent = Agent(
        f"p{number:03d}",
        [(0, role, second)],
        [act_mix(dice, level, setting, role, second)],
        [_rate(dice, setting, role)],
        0 if role in ("organizer", "thinker") else 1 + dice.below(2),
        joined,
        traditional=dice.chance(0.05),
        comma=dice.pick((" ", " ", " ", "，", "，")),
        slips=dice.between(0.01, 0.06),
    )
    if dice.chance(0.10 if quiet else 0.04):
        agent.left = max(joined, start) + int(dice.between(0.3, 1.0) * setting.weeks * WEEK)
    return agent


def _rate(dice: Dice, setting: Setting, role: str) -> float:
    spread = min(setting.spread, 0.6) if role != "talker" else setting.spread * 0.6
    rate = setting.rates[role] * 2.718281828 ** (spread * dice.normal())
    return min(rate, 0.8) if role == "lurker" else min(max(rate, 1.0), 160.0)


def shares(level: Level, role: str, second: str | None) -> dict[str, float]:
    """How much of each role a person is; adds up to 1."""
    if role not in COUNTS:
        return {role: 1.0}
    main = level.role_share * (0.65 if second else 1.0)
    found = {role: main, "ordinary": 1.0 - level.role_share}
    if second:
        found[second] = level.role_share - main
    return {name: share for name, share in found.items() if share > 0}


def act_mix(dice: Dice, level: Level, setting: Setting, role: str, second: str | None) -> list[float]:
    """Act shares of a person, in the order of ``ACTS``: the mixture of roles, then Dirichlet(30)."""
    mix = dict.fromkeys(ACTS, 0.0)
    for name, share in shares(level, role, second).items():
        for act, part in setting.mixes[name].items():
            mix[act] += share * part
    drawn = dice.rng.gamma([30 * mix[act] + 1e-9 for act in ACTS])
    return (drawn / drawn.sum()).tolist()


def _level_out(dice: Dice, setting: Setting, agents: list[Agent]) -> None:
    """Nothing to find: some talk much, nobody does anything of his own; a third of such groups hardly talks."""
    for agent in agents:
        if agent.role(0) == "ordinary":
            agent.rates[0] = min(60.0, agent.rates[0] * 2.718281828 ** abs(0.8 * dice.normal()))
    expected = sum(agent.rates[0] for agent in agents) * sum(setting.factors)
    thin, wanted = dice.chance(0.33), dice.between(60, 160)
    if thin:
        for agent in agents:
            agent.rates[0] *= min(1.0, wanted / expected)


def _switch(dice: Dice, level: Level, setting: Setting, agents: list[Agent]) -> None:
    for agent in agents:
        _, role, _ = agent.spans[0]
        if role in COUNTS and dice.chance(level.switched) and setting.weeks >= 4:
            week = round(dice.between(0.35, 0.65) * setting.weeks)
            new = dice.pick([other for other in (*COUNTS, "ordinary") if other != role])
            agent.spans.append((week, new, None))
            agent.mixes.append(act_mix(dice, level, setting, new, None))
            agent.rates.append(_rate(dice, setting, new))


def _ranks(dice: Dice, agents: list[Agent]) -> None:
    """An owner, most organizers as admins, and now and then somebody who does nothing with it."""
    agents[0].rank = "owner"
    if agents[0].role(0) != "organizer":
        agents[0].rank = "member"
        dice.pick([a for a in agents if not a.spammer]).rank = "owner"
    for agent in agents:
        if agent.rank == "member" and dice.chance(0.6 if agent.role(0) == "organizer" else 0.015):
            agent.rank = "admin"
        if agent.rank == "owner":
            agent.left = None
            agent.joined = min(agent.joined, agents[-1].joined)


def _name(dice: Dice, level: Level, setting: Setting, agents: list[Agent], domain: Domain) -> None:
    taken: set[str] = set()

    def fresh() -> str:
        for _ in range(40):
            name = fill(dice.pick(domain.names), domain.slots, dice)
            if name not in taken:
                break
        else:
            name += str(len(taken))
        taken.add(name)
        return name

    double = 0
    for number, agent in enumerate(agents):
        active = agent.rates[0] >= 1.5 and not agent.spammer
        count = 2 if active and double < level.double_people and number % 2 else 1
        double += count - 1
        for account in range(count):
            names = [(0, fresh())]
            if dice.chance(level.renamed) and setting.weeks > 2:
                names.append((1 + dice.below(setting.weeks - 1), fresh()))
            nickname_only = dice.chance(level.nickname_only)
            number_of = str(31_000_000 + number * 7919 + account * 104_729)
            agent.accounts.append(Account(number_of, tuple(names), nickname_only))
