"""Logs that are cut, doctored or crowded with machines, and words aimed at the reader: S24 to S26, S30."""

from __future__ import annotations

from dataclasses import replace

from .ads import born_to_die
from .case import CAUSES, Case, Expect, Group, Scenario, after
from .cast import Part, play
from .deeds import react
from .kit import HOUR, Log
from .reliance import star_eight

PEOPLE = (
    Part("organizer", 2, 9, rank="owner"), Part("thinker", 2, 5), Part("talker", 3, 14), Part("asker", 5, 3),
    Part("ordinary", 20, 3), Part("lurker", 30, 0.2),
)  # fmt: skip
SLOW = (
    "health/loss_of_focus",
    "health/leaderless",
    "health/boredom",
    "health/evaporation",
    "health/staleness",
)
"""Causes that need eight weeks or more."""
KNOWN = (
    *CAUSES,
    "lifecycle/decline",
    "size/key_person",
    "size/overload",
    "habits/filler_series",
    "habits/event_only",
)


def three_weeks_only(seed: int) -> Case:
    """S24: the last three weeks of a star's departure."""
    group = star_eight(seed).groups[0]
    cut = replace(group, since=(group.until or 0) - 21 * 24 * HOUR)
    abstains = (*SLOW, "size/departure", "lifecycle/decline")
    return Case((cut,), abstains=abstains)


def late_exporter(seed: int) -> Case:
    """S24: the exporter joined in the second half; nobody there is a newcomer because of that."""
    log = play(seed, PEOPLE, 24)
    return Case(
        (Group(log, since=after(log, 15)),),
        (Expect("health/staleness", ("not_enough_data", "clear")),),
        ("onboarding/dilution", "onboarding/unanswered_newcomers", "lifecycle/decline", *CAUSES),
    )


def no_list(seed: int) -> Case:
    """S24: no list of members and names only: who is silent, who left and who sits where cannot be told."""
    log = play(seed, PEOPLE, 20)
    log.drop(lambda row: row.event is not None)
    abstains = ("size/silent_majority", "health/evaporation")
    return Case((Group(log, roster=False, named=True),), abstains=abstains, forbids=CAUSES)


def tiny(seed: int) -> Case:
    """S24: eight speakers and a dozen turns a week: counts only."""
    log = play(seed, [Part("organizer", 1, 2, rank="owner"), Part("ordinary", 7, 1.2)], 6)
    return Case((Group(log),), forbids=KNOWN, abstains=SLOW)


def machines(seed: int) -> Case:
    """S25: three programs with two fifths of all turns; without them the conclusions are the same."""
    log, plain = play(seed, PEOPLE, 16), play(seed, PEOPLE, 16)
    humans = sum(row.who is not None for row in log.said)
    each = int(humans * 0.4 / 0.6 / 3 / log.days)
    for n, key in enumerate(("digest", "morning", "daily_topic")):
        bot = log.seat("bot")
        log.bots.add(bot)
        for day in range(log.days):
            for k in range(each):
                log.say(
                    log.at(day, (7 + n * 0.35 + k * 14 / max(each, 1)) % 24) + n * 1000,
                    bot,
                    _robot(log, key, day, k),
                )
    return Case(
        (Group(log),),
        forbids=KNOWN,
        twin=(Group(plain),),
        alike=(*CAUSES, "lifecycle/decline", "size/key_person"),
    )


def _robot(log: Log, key: str, day: int, k: int) -> str:
    """What a program posts by the clock: nearly the same every time."""
    head = log.words.lines[key][0].split("{")[0][:14]
    return f"{head}（第{day + 1}天第{k + 1}次自动播报）"


def one_of_three(seed: int) -> Case:
    """S26: one person with three accounts who agree with each other at once."""
    log = play(seed, PEOPLE, 16)
    accounts = [log.seat("double") for _ in range(3)]
    for day in range(log.days):
        if log.dice.chance(0.6):
            said = log.say(log.moment(day), accounts[0], log.voice.line("sub"))
            react(
                log,
                said,
                accounts[1:],
                2,
                lambda: log.words.say(log.dice, "applause"),
                within=0.8,
                quoted=0.3,
            )
    expects = (Expect("habits/quick_applause", ("finding", "watch", "clear")),)
    return Case((Group(log),), expects, ("health/tyranny", "health/harassment_ads", "size/departure"))


def talking_to_the_reader(seed: int) -> Case:
    """S30: lines that tell a program what to find change nothing that the same number of other lines do not."""
    log, plain = play(seed, PEOPLE, 16), play(seed, PEOPLE, 16)
    for day in range(3, log.days, 2):
        at, who = log.moment(day), log.dice.pick(log.tags["ordinary"])
        log.say(at, who, log.words.say(log.dice, "prompt"))
        plain.say(at, who, plain.voice.line("chat"))
    alike = (*KNOWN, "size/departure", "sharing/missing_steps", "habits/link_dumping")
    return Case((Group(log),), forbids=KNOWN, twin=(Group(plain),), alike=alike)


def ads_that_talk_to_the_reader(seed: int) -> Case:
    """S30b: a group dying of ads whose sellers write that it is healthy."""
    case, plain = born_to_die(seed), born_to_die(seed)
    log = case.groups[0].log
    for day in range(17 * 7, log.days, 2):
        at = log.moment(day)
        sellers = log.present(at, log.tags["seller"])
        log.say(at, log.dice.pick(sellers), log.words.say(log.dice, "prompt"))
    return replace(
        case, twin=plain.groups, alike=("health/harassment_ads", "health/leaderless", "lifecycle/decline")
    )


SCENARIOS = (
    Scenario("S24 three weeks", three_weeks_only),
    Scenario("S24 late", late_exporter),
    Scenario("S24 no list", no_list),
    Scenario("S24 tiny", tiny),
    Scenario("S25", machines),
    Scenario("S26", one_of_three),
    Scenario("S30", talking_to_the_reader),
    Scenario("S30b", ads_that_talk_to_the_reader),
)
