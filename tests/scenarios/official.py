"""Many official groups of one sender (article 000 §3 and §10): S03, S19."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from cq.operators import Operator

from .case import ABSTAINS, QUIET, Case, Check, Expect, Group, Scenario
from .deeds import ask, daily, react, talk
from .kit import MINUTE, Log, Seat

Thing = TypeVar("Thing")
WEEKS = 8
RITUALS = (("morning", 7.6), ("digest", 8.4), ("daily_topic", 12.1), ("redp", 18.0), ("night", 22.3))


def _official(seed: int, n: int, *, alive: bool, people: int = 45) -> Log:
    """One of many groups with the same rituals; the posts are the same in all of them on the same day."""
    common = Log("", seed, WEEKS)  # the same dice for the posts of all groups
    log = Log(f"官方交流 {n + 1:02d} 群", seed * 101 + n, WEEKS, str(720_000_000 + n))
    log.words = common.words
    chief = log.seat("staff", "owner")
    members = [log.seat("member") for _ in range(people)]
    dice = log.dice
    for key, hour in RITUALS:
        posts = daily(common if key != "redp" else log, chief, key, hour, range(log.days), minutes=6)
        if key != "redp":
            log.said += posts
        for post in posts:
            if dice.chance(0.25):
                react(log, post, members, 1, lambda: log.voice.line("fill"), within=30, quoted=0.05)
    if alive:
        for day in range(log.days):
            for _ in range(1 + dice.below(3)):
                talk(log, log.moment(day), some(log, members, 8), 8 + dice.below(8))
            if dice.chance(0.6):
                ask(log, log.moment(day), dice.pick(members), members)
    elif seed % 2:
        ask(log, log.moment(9), members[0], members, answered=False)
    return log


def some(log: Log, things: Sequence[Thing], count: int) -> list[Thing]:
    """Some of them."""
    crowd = list(things)
    log.dice.shuffle(crowd)
    return crowd[:count]


def _thousand(seed: int, total: int, living: int) -> Case:
    alive = {(seed * 7 + 3 + n * (total // living)) % total for n in range(living)}
    logs = [_official(seed, n, alive=n in alive) for n in range(total)]
    told = [Operator(kind="official", staff=(log.seats[log.tags["staff"][0]].name,)) for log in logs]
    dead = [n for n in range(total) if n not in alive]
    return Case(
        tuple(Group(log, operator) for log, operator in zip(logs, told, strict=True)),
        (
            *(Expect("habits/filler_series", group=n) for n in dead[: min(8, len(dead))]),
            *(Expect("habits/filler_series", QUIET, group=n) for n in sorted(alive)),
            Expect("portfolio/copied_posts"),
        ),
        checks=[
            Check("lifecycle.stage_without_top", lambda v: v in (None, "decline", "dormant"), n)
            for n in dead[:4]
        ],
        other={"the living groups stand apart in the comparison": lambda result: _apart(result, logs, alive)},
    )


def _apart(result: Any, logs: list[Log], alive: set[int]) -> bool | None:
    """Three of four living groups are first by real talk, whatever the volume of the others."""
    table = result.portfolio.tables.get("ranking") if result.portfolio else None
    if table is None:
        return None
    names = list(table.columns)
    group, rank = names.index("group_id"), names.index("interaction_rank")
    first = {row[group] for row in table.rows if row[rank] is not None and row[rank] <= len(alive)}
    return len(first & {logs[n].number for n in alive}) >= 0.75 * len(alive)


def few_of_a_thousand(seed: int) -> Case:
    """S03, small: nine groups of rituals only and one with real talk."""
    return _thousand(seed, 10, 1)


def forty_of_a_thousand(seed: int) -> Case:
    """S03: thirty-six groups of rituals only and four with real talk."""
    return _thousand(seed, 40, 4)


def loved_rituals(seed: int) -> Case:
    """S03b: the same rituals, and each of them leads to talk."""
    log = _official(seed, 0, alive=True)
    members = log.tags["member"]
    for post in [row for row in log.said if row.who == log.tags["staff"][0] and row.text]:
        if log.dice.chance(0.75):
            talk(log, post.at + 2 * MINUTE, some(log, members, 6), 5 + log.dice.below(5))
    told = Operator(kind="official", staff=(log.seats[log.tags["staff"][0]].name,))
    return Case((Group(log, told),), forbids=("habits/filler_series", "health/harassment_flood"))


def _nine(seed: int, *, shared: float) -> list[Log]:
    """Nine groups; most members sit in several, and a question goes to three of them within the day."""
    logs = [Log(f"用户研究 {n + 1} 群", seed * 31 + n, 8, str(730_000_000 + n), kind=seed) for n in range(9)]
    dice = logs[0].dice
    for log in logs:
        log.seat("staff", "owner")
    for p in range(120):
        name = f"{logs[0].voice.name()}{p}"
        person = Seat(str(53_000_000 + p * 6007), name)
        several = dice.chance(shared)
        for n in some(logs[0], list(range(9)), 4 + dice.below(3) if several else 1):
            logs[n].seat("member", like=person)
    for log in logs:
        for day in range(log.days):
            if log.dice.chance(0.8):
                talk(log, log.moment(day), some(log, log.tags["member"], 9), 6 + log.dice.below(8))
            if log.dice.chance(0.3):
                ask(log, log.moment(day), log.dice.pick(log.tags["member"]), log.tags["member"])
    for week in range(8):
        for _ in range(2 if shared > 0.3 else 0):
            who = dice.pick(logs[0].tags["member"])
            text = logs[0].voice.line("help")
            day = week * 7 + dice.below(7)
            for log in [log for log in logs if who in log.seats][:3]:
                log.say(log.at(day, 9 + dice.below(10), 60), who, text)
    return logs


def drawn_into_nine(seed: int) -> Case:
    """S19: sixty per cent of the members sit in four groups or more."""
    logs = _nine(seed, shared=0.6)
    return Case(
        tuple(Group(log) for log in logs),
        (Expect("portfolio/overlap"), Expect("portfolio/cross_posted_questions", ("finding", "watch"))),
        ("portfolio/copied_posts", "portfolio/dormant"),
    )


def drawn_into_one(seed: int) -> Case:
    """S19 control: nine groups with nine memberships."""
    return Case(
        tuple(Group(log) for log in _nine(seed, shared=0.04)),
        forbids=("portfolio/overlap", "portfolio/cross_posted_questions", "portfolio/dormant"),
    )


def only_one_known(seed: int) -> Case:
    """S19 with one export: nothing can be said of others."""
    log = _nine(seed, shared=0.6)[0]
    return Case((Group(log),), other={"no comparison": lambda result: _no_comparison(result)})


def _no_comparison(result: Any) -> bool:
    section = result.portfolio
    return section is None or all(f.status in ABSTAINS for f in section.findings)


def known_by_name(seed: int) -> Case:
    """S19 with nicknames in place of ids: overlap is withheld."""
    logs = _nine(seed, shared=0.6)
    return Case(tuple(Group(log, named=True) for log in logs), abstains=("portfolio/overlap",))


SCENARIOS = (
    Scenario("S03", few_of_a_thousand),
    Scenario("S03 forty", forty_of_a_thousand, quick=False),
    Scenario("S03b", loved_rituals),
    Scenario("S19", drawn_into_nine),
    Scenario("S19b", drawn_into_one),
    Scenario("S19 one", only_one_known),
    Scenario("S19 names", known_by_name),
)
