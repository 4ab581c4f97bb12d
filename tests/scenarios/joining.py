"""Who comes in and what meets them (articles 000 §4, 001 §9): S07, S27."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from cq.operators import Operator

from .case import QUIET, Case, Check, Expect, Group, Scenario
from .cast import Part, play
from .deeds import react
from .kit import DAY, MINUTE, Kind, Log


def open_to_everybody(seed: int) -> Case:
    """S07: 480 people; twelve named experts say nothing, newcomers ask the same six things, four applaud at once."""
    log = Log("创业者大讲堂", seed, 14)
    host = log.seat("host", "owner")
    experts = [log.seat("expert") for _ in range(12)]
    ring = [log.seat("ring") for _ in range(4)]
    members = [log.seat("member") for _ in range(280)]
    dice, words = log.dice, log.words
    for n in range(183):
        at = log.moment(int(n * 90 / 183))
        log.join(at, log.seat("new", joined=at))
    for day in range(log.days):
        for _ in range(1 + dice.below(2)):
            post = log.say(log.moment(day), host, words.say(dice, "notice"))
            if dice.chance(0.85):
                react(
                    log,
                    post,
                    ring,
                    2 + dice.below(3),
                    lambda: words.say(dice, "applause"),
                    within=0.9,
                    quoted=0.2,
                )
        for _ in range(2 + dice.below(3)):
            at = log.moment(day)
            newcomers = [p for p in log.present(at, log.tags["new"]) if at - log.seats[p].joined < 20 * DAY]
            if newcomers:
                log.say(at, dice.pick(newcomers), dice.pick(dice.pick(words.lines["basic_question"])))
        if dice.chance(0.8):
            log.say(log.moment(day), dice.pick(members), log.voice.line("chat"))
    told = Operator(
        kind="official", experts=tuple(log.seats[e].name for e in experts), staff=(log.seats[host].name,)
    )
    return Case(
        (Group(log, told),),
        (
            Expect("habits/quick_applause", ("finding", "watch")),
            Expect("onboarding/unanswered_newcomers"),
        ),
        ("health/tyranny", "health/harassment_ads", "health/evaporation"),
        checks=(
            Check("F04", lambda v: v == 1),
            Check("F06", lambda v: v is not None and v > 0),
            Check("F07", lambda v: v is None or v <= 0.05),
        ),
        other={"nobody is called a shill": lambda _: _neutral()},
    )


def _neutral() -> bool | None:
    """The words of every finding, in Chinese, are without the name the article gives such people."""
    page = files("cq.locales").joinpath("zh", "habits.toml")
    if not page.is_file():
        return None
    words = tomllib.loads(page.read_text(encoding="utf-8")).get("findings", {}).get("habits/quick_applause")
    if not words:
        return None
    return not any(
        mark in str(words.get(key, ""))
        for key in ("name", "finding", "watch", "clear")
        for mark in ("托", "水军")
    )


def quick_friends(seed: int) -> Case:
    """S07 control: people answer quickly, but anybody does, and the host answers newcomers."""
    parts = [
        Part("organizer", 1, 20, "host", rank="owner"),
        Part("ordinary", 30, 3),
        Part("asker", 6, 3),
        Part("lurker", 60, 0.1),
    ]
    log = play(seed, parts, 14, answered=0.9)
    for day in range(log.days):
        post = log.say(log.moment(day), log.tags["host"][0], log.words.say(log.dice, "notice"))
        react(
            log,
            post,
            log.tags["ordinary"],
            2,
            lambda: log.words.say(log.dice, "applause"),
            within=0.9,
            quoted=0.2,
        )
    return Case((Group(log),), forbids=("habits/quick_applause", "onboarding/unanswered_newcomers"))


def _coming(seed: int, *, burst: bool) -> Log:
    """A group of sixty gets ninety more, in three days or over the whole time."""
    parts = [
        Part("organizer", 2, 8, rank="owner"), Part("talker", 3, 14), Part("thinker", 3, 5), Part("asker", 5, 3),
        Part("ordinary", 20, 3), Part("lurker", 27, 0.2),
    ]  # fmt: skip
    log = play(seed, parts, 22, answered=0.85)
    old = log.tags["ordinary"] + log.tags["thinker"] + log.tags["organizer"]
    dice = log.dice
    for n in range(90):
        day = 15 * 7 + n // 30 if burst else int(2 * 7 + n * (log.days - 28) / 90)
        at = log.moment(day)
        who = log.seat("new", joined=at)
        log.join(at, who, dice.pick(log.present(at, old)) if dice.chance(0.4 if burst else 0.8) else None)
        cared = not burst or n % 10 == 0
        if cared:
            log.say(
                at + 2 * MINUTE,
                dice.pick(log.tags["organizer"]),
                log.voice.line("welcome", who=log.seats[who].name),
            )
            if n % 5 == 0:
                log.say(
                    at + 4 * MINUTE, log.tags["organizer"][0], log.voice.line("rule"), kind=Kind.ANNOUNCEMENT
                )
        if dice.chance(0.5):
            asked = at + int(dice.between(0.2, 6) * DAY)
            question = log.say(asked, who, log.voice.line("help"))
            if cared and dice.chance(0.85):
                react(log, question, old, 1, lambda: log.voice.line("ans"), within=15, quoted=0.8)
                log.say(question.at + 20 * MINUTE, who, log.voice.line("fill"))
    return log


def burst(seed: int) -> Case:
    """S27: ninety people in three days; hardly anybody speaks to them."""
    expects = (Expect("onboarding/dilution"), Expect("onboarding/unanswered_newcomers", ("finding", "watch")))
    return Case((Group(_coming(seed, burst=True)),), expects, ("health/tyranny", "health/harassment_ads"))


def paced(seed: int) -> Case:
    """S27 control: as many over the whole time, welcomed and answered."""
    expects = (Expect("onboarding/dilution", QUIET),)
    return Case((Group(_coming(seed, burst=False)),), expects, ("onboarding/unanswered_newcomers",))


SCENARIOS = (
    Scenario("S07", open_to_everybody),
    Scenario("S07b", quick_friends),
    Scenario("S27", burst),
    Scenario("S27b", paced),
)
