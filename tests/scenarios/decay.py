"""Stale, bored, evaporating, and what only looks like it (article 001): S13 to S15, S21 to S23, S28."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cq.operators import Operator
from simulator import Cause, Effect
from simulator.season import OFFSET

from .case import QUIET, Case, Check, Expect, Group, Scenario, after, causes_but
from .cast import Part, play
from .deeds import gather
from .judge import number
from .kit import DAY, MINUTE, WEEK, Log

if TYPE_CHECKING:
    from cq.result import Analysis

EVERYBODY = ("organizer", "thinker", "talker", "asker", "ordinary", "challenger", "lurker")
DEAD = ("decline", "dormant")


def _always_the_same(seed: int, *, joins: bool) -> Log:
    """Six people with four fifths of the talk for half a year; newcomers come and are not spoken to."""
    parts = [
        Part("organizer", 1, 16, "top", rank="owner"), Part("talker", 2, 22, "top"),
        Part("thinker", 2, 20, "top"), Part("asker", 1, 18, "top"),
        Part("ordinary", 4, 4.5, "second", uneven=1.3), Part("lurker", 30, 0.1),
    ]  # fmt: skip
    if joins:
        parts.append(Part("lurker", 14, 0.06, "ignored", joined=(1, 24)))
    log = play(seed, parts, 28, topics=3)
    if joins:
        hosts = set(log.tags["top"])
        ignored = {log.seats[i].name for i in log.tags["ignored"]}
        log.drop(
            lambda row: (
                row.who in hosts and "welcome" in row.acts and any(n in (row.text or "") for n in ignored)
            )
        )
    return log


def always_the_same(seed: int) -> Case:
    """S13: six people, and newcomers are ignored."""
    log = _always_the_same(seed, joins=True)
    forbids = ("health/tyranny", "health/harassment_ads", "health/evaporation", "lifecycle/decline")
    return Case((Group(log),), (Expect("health/staleness"),), forbids)


def always_the_same_class(seed: int) -> Case:
    """S13 control: a class has the members it has."""
    log = _always_the_same(seed, joins=False)
    return Case(
        (Group(log, Operator(kind="class")),), (Expect("health/staleness", QUIET),), causes_but("boredom")
    )


NO_EVENTS = Effect(act={"event": 0.0, "order": 0.0, "ann": 0.3, "redp": 0.0})


def _uneventful(seed: int) -> Log:
    parts = [
        Part("organizer", 1, 4, rank="owner"), Part("asker", 6, 2), Part("ordinary", 16, 1.4), Part("lurker", 30, 0.15),
    ]  # fmt: skip
    log = play(seed, parts, 20, causes={"boredom": Cause(1.0, 0, NO_EVENTS)}, session_turns=3.0)
    _in_small_circles(log)
    return log


def _in_small_circles(log: Log) -> None:
    """Nobody joins where three others are talking."""
    last, circle, late = 0, set[str](), set[int]()
    for row in log.rows():
        if row.who is None:
            continue
        circle = circle if row.at - last <= 30 * MINUTE else set()
        if len(circle | {row.who}) > 4:
            late.add(id(row))
        else:
            circle.add(row.who)
            last = row.at
    log.drop(lambda row: id(row) in late)


def nothing_on(seed: int) -> Case:
    """S14: no activity for twenty weeks, a question now and then."""
    forbids = (
        "health/staleness",
        "health/evaporation",
        "health/harassment_ads",
        "health/tyranny",
        "habits/event_only",
    )
    return Case((Group(_uneventful(seed)),), (Expect("health/boredom"),), forbids)


def wednesday_at_eight(seed: int) -> Case:
    """S14 control: every Wednesday at 20:00."""
    log = _uneventful(seed)
    host = log.tags["organizer"][0]
    for week in range(log.weeks):
        gather(log, week * 7 + 2, 20, log.tags["ordinary"] + log.tags["asker"], host, turns=16)
    return Case((Group(log),), (Expect("health/boredom", ("clear",)),), causes_but())


def _learned(seed: int) -> Log:
    """Ten people whose contributions are answered and forty others, half a year."""
    sub = {"sub": 0.42, "ans": 0.33, "chat": 0.2, "open": 0.05}
    parts = [
        Part("organizer", 1, 6, rank="owner"), Part("thinker", 10, 6, "valued", uneven=4, acts=sub),
        Part("asker", 8, 3), Part("ordinary", 21, 2.5), Part("lurker", 10, 0.3),
    ]  # fmt: skip
    return play(seed, parts, 26, answered=0.9)


def evaporating(seed: int) -> Case:
    """S15: four of the ten most valued leave, the most valued first; a tenth of the others leave too."""
    log = _learned(seed)
    best = sorted(log.tags["valued"], key=lambda p: -sum(row.who == p for row in log.said))[:4]
    for n, who in enumerate(best):
        log.leave(log.moment(15 * 7 + n * 17), who)
    _some_leave(log, 4)
    forbids = ("health/staleness", "health/tyranny", "health/harassment_ads")
    return Case((Group(log),), (Expect("health/evaporation"),), forbids, truth={"exits": after(log, 15)})


def _some_leave(log: Log, count: int) -> None:
    others = log.tags["asker"] + log.tags["ordinary"] + log.tags["lurker"]
    log.dice.shuffle(others)
    for who in others[:count]:
        log.leave(log.moment(8 * 7 + log.dice.below(15 * 7)), who)


def coming_and_going(seed: int) -> Case:
    """S15 control: as many leave, anybody."""
    log = _learned(seed)
    log.leave(log.moment(16 * 7), log.dice.pick(log.tags["valued"]))
    _some_leave(log, 5)
    return Case((Group(log),), forbids=("health/evaporation", *causes_but()))


def family(seed: int) -> Case:
    """S21: three turns a week, nobody leaves, nothing is wrong."""
    log = Log("相亲相爱一家人", seed, 40)
    people = [log.seat("kin", "owner" if n == 0 else "member") for n in range(14)]
    for week in range(log.weeks):
        for _ in range(1 + log.dice.below(4)):
            at = log.moment(week * 7 + log.dice.below(7))
            who = log.dice.pick(people)
            said = log.say(at, who, log.words.say(log.dice, "class_talk"))
            if log.dice.chance(0.5):
                other = log.dice.pick([p for p in people if p != who])
                log.say(at + 120_000, other, log.words.say(log.dice, "class_talk"), reply=said)
    return Case(
        (Group(log, Operator(kind="family")),),
        forbids=(
            *causes_but(),
            "lifecycle/decline",
            "size/key_person",
            "size/departure",
            "size/silent_majority",
        ),
        checks=(Check("lifecycle.stage", lambda v: v not in DEAD),),
    )


def trip(seed: int) -> Case:
    """S22: a group for one journey ends as planned."""
    log = Log("周末古镇三日行", seed, 10)
    people = [log.seat("traveller", "owner" if n == 0 else "member") for n in range(18)]
    for day in range(log.days):
        busy = 4 if day < 20 else 22 if day < 27 else 30 if day < 31 else 6 if day < 35 else 0.0
        for _ in range(int(busy * (0.5 + log.dice.random()))):
            log.say(log.moment(day), log.dice.pick(people), log.words.say(log.dice, "trip_talk"))
    log.say(log.at(log.days - 0.2), people[0], log.words.say(log.dice, "trip_talk"))
    ends = datetime.fromtimestamp((log.start + 33 * DAY + OFFSET) / 1000, UTC).date()
    told = Operator(kind="trip", ends=ends.isoformat())
    return Case(
        (Group(log, told),),
        (Expect("lifecycle/decline", ("clear",), value=lambda f: f.values.get("planned") is True),),
        (*causes_but(), "size/departure"),
    )


def _spring(seed: int, weeks_after: int) -> Log:
    """Two quiet weeks around the lunar new year of 2026 (17 February), and some weeks after it."""
    new_year = datetime(2026, 2, 16, tzinfo=UTC).timestamp() * 1000 - OFFSET  # a Monday
    weeks = 22
    quiet = weeks - weeks_after - 2
    causes = {"holiday": Cause(1.0, quiet, Effect(rate=dict.fromkeys(EVERYBODY, 0.25)), offset=quiet + 2)}
    parts = [
        Part("organizer", 2, 10, rank="owner"), Part("thinker", 2, 6), Part("talker", 3, 16), Part("asker", 5, 3),
        Part("ordinary", 20, 3), Part("lurker", 30, 0.2),
    ]  # fmt: skip
    return play(seed, parts, weeks, causes=causes, start=int(new_year) - quiet * WEEK)


def spring_festival(seed: int) -> Case:
    """S23: a dip of two weeks, four weeks ago."""
    forbids = (*causes_but(), "lifecycle/decline", "size/departure")
    return Case((Group(_spring(seed, 4)),), forbids=forbids)


def in_spring_festival(seed: int) -> Case:
    """S23 read on the last quiet day."""
    forbids = (*causes_but(), "lifecycle/decline", "size/departure")
    return Case((Group(_spring(seed, 0)),), forbids=forbids)


def _sinking(seed: int, *, buffered: bool) -> Log:
    """A decline that sets in in week 14; with interventions it is slower."""
    low = 0.35 if buffered else 0.04
    causes = {
        "sinking": Cause(1.0, 14, Effect(rate=dict.fromkeys(EVERYBODY, low)), ramp=14 if buffered else 5)
    }
    parts = [
        Part("organizer", 1, 10, rank="owner"), Part("thinker", 2, 6), Part("talker", 4, 18), Part("asker", 5, 3),
        Part("ordinary", 20, 3), Part("lurker", 30, 0.2),
    ]  # fmt: skip
    log = play(seed, parts, 30, causes=causes, dispersion=20.0)
    if buffered:
        host = log.tags["organizer"][0]
        for day in range(15 * 7, log.days, 5):
            call = log.say(log.at(day, 19, 60), host, log.words.say(log.dice, "poll_call"))
            at = call.at
            for who in log.present(at, log.tags["ordinary"])[:4]:
                at += 90_000
                log.say(at, who, log.voice.line("chat"), reply=call)
    return log


def cushioned(seed: int) -> Case:
    """S28: a decline with interventions is seen, and takes longer than its twin without."""
    with_help, without = _sinking(seed, buffered=True), _sinking(seed, buffered=False)
    expects = (
        Expect("lifecycle/decline", ("finding", "watch")),
        Expect("lifecycle/decline", onset="sinking", group=1),
    )
    other = {"half-life longer than without": _longer}
    number = "710000002"
    without.number = number
    return Case(
        (Group(with_help), Group(without)), expects, truth={"sinking": after(without, 14)}, other=other
    )


def _longer(result: Analysis) -> bool | None:
    """A half-life that is longer, or none because it hardly sinks."""
    known, mine = number("F41", result.groups[0])
    twin = number("F41", result.groups[1])[1]
    if not known:
        return None
    return isinstance(twin, int | float) and (mine is None or (isinstance(mine, int | float) and mine > twin))


SCENARIOS = (
    Scenario("S13", always_the_same),
    Scenario("S13b", always_the_same_class),
    Scenario("S14", nothing_on),
    Scenario("S14b", wednesday_at_eight),
    Scenario("S15", evaporating),
    Scenario("S15b", coming_and_going),
    Scenario("S21", family),
    Scenario("S22", trip),
    Scenario("S23", spring_festival),
    Scenario("S23 during", in_spring_festival),
    Scenario("S28", cushioned),
)
