"""What a group is about, and who looks after it (article 001, 失焦 and 无首): S29 and the causes without a story."""

from __future__ import annotations

from cq.operators import Operator

from .case import QUIET, Case, Expect, Group, Scenario, after, causes_but
from .cast import Part, play
from .deeds import ADS
from .kit import DAY, MINUTE, Log, Voice

PEOPLE = (
    Part("organizer", 2, 9, rank="owner"), Part("thinker", 4, 9), Part("talker", 2, 10), Part("asker", 8, 5),
    Part("ordinary", 18, 2.5), Part("lurker", 30, 0.2),
)  # fmt: skip
WEEKS, TURN = 30, 14


def _moved(seed: int, kinds: list[int], topics: int | None, *, ramp: int) -> Log:
    """The same people and rhythm; from week 14 on more and more days are about something else."""
    log = play(seed, PEOPLE, WEEKS, kind=seed // 2)
    others = [play(seed, PEOPLE, WEEKS, kind=kind, topics=topics) for kind in kinds]
    begin = after(log, TURN)
    strange = {
        day: others[log.dice.below(len(others))]
        for day in range(TURN * 7, log.days)
        if log.dice.chance(min(0.92, (day / 7 - TURN + 1) / (ramp + 1)))
    }
    log.drop(lambda row: row.who is not None and row.at >= begin and (row.at - log.start) // DAY in strange)
    for other in others:
        log.said += [
            row for row in other.said
            if row.who in log.seats and row.at >= begin and strange.get((row.at - log.start) // DAY) is other
        ]  # fmt: skip
    ours = {id(row) for row in log.said}
    for row in log.said:
        if row.reply is not None and id(row.reply) not in ours:
            row.reply = None
    return log


def scattered(seed: int) -> Case:
    """S29b, 失焦: from week 14 on less and less is about what the group is for, and all sorts of things instead."""
    kind = seed // 2
    log = _moved(seed, [kind + 1, kind + 2], None, ramp=8)
    told = Operator(kind="interest", purpose=_purpose(log))
    expects = (Expect("health/loss_of_focus", onset="drift"),)
    forbids = causes_but("loss_of_focus")
    return Case((Group(log, told),), expects, forbids, truth={"drift": after(log, TURN)})


def _purpose(log: Log) -> tuple[str, ...]:
    """What the operator would write: the things the group's topics are about."""
    return tuple(word for topic in log.voice.domain.topics for word in topic["thing"])


def turned(seed: int) -> Case:
    """S29: the group turns to one new theme; that is a new focus, not a lost one."""
    kind = seed // 2
    log = _moved(seed, [kind + 1], 1, ramp=2)
    host = log.tags["organizer"][0]
    for day in (TURN * 7 - 3, TURN * 7, TURN * 7 + 4):
        log.say(log.at(day, 20, 60), host, log.words.say(log.dice, "refocus"))
    return Case((Group(log),), forbids=causes_but(), truth={"turn": after(log, TURN)})


def steady(seed: int) -> Case:
    """S29 control: the same people talk about the same things throughout."""
    log = play(seed, PEOPLE, WEEKS, kind=seed // 2)
    expects = (Expect("health/loss_of_focus", ("clear",)),)
    return Case((Group(log, Operator(purpose=_purpose(log))),), expects, causes_but())


def _orphaned(seed: int, *, needs: bool) -> Log:
    """Nobody runs the group from week 10 on. ``needs``: requests, ads and newcomers nobody looks after."""
    calm = {"chat": 0.6, "fill": 0.3, "sub": 0.1}
    stays = {"help": 0.45, "chat": 0.3, "fill": 0.15, "q": 0.1}
    parts = [
        Part("organizer", 2, 9, "staff", rank="owner", left=(10, 10.3)), Part("talker", 3, 10, acts=calm),
        Part("asker", 6, 3 if needs else 0.0, acts=stays), Part("ordinary", 20, 2, acts=calm), Part("lurker", 30, 0.1, acts=calm),
    ]  # fmt: skip
    log = play(seed, parts, 26, answered=0.5 if needs else 0.9)
    log.drop(
        lambda row: (
            row.who is not None and row.at > after(log, 10.5) and bool(row.acts & {"welcome", "event", "ann"})
        )
    )
    if not needs:
        return log
    sellers = [log.seat("seller") for _ in range(3)]
    for day in range(11 * 7, log.days, 3):
        log.say(log.moment(day), log.dice.pick(sellers), log.words.say(log.dice, "hard_ad"), acts=ADS)
        if day % 2:
            at = log.moment(day)
            who = log.seat("new", joined=at)
            log.join(at, who)
            log.say(at + 30 * MINUTE, who, Voice(log.dice, log.kind).line("help"))
    return log


def leaderless(seed: int) -> Case:
    """S31, 无首: both who ran it have left, and needs go unattended."""
    log = _orphaned(seed, needs=True)
    forbids = ("health/tyranny", "health/harassment_flood", "health/loss_of_focus")
    return Case((Group(log),), (Expect("health/leaderless"),), forbids)


def by_itself(seed: int) -> Case:
    """S31 control: nobody runs it and nothing needs to be done."""
    return Case(
        (Group(_orphaned(seed, needs=False)),),
        (Expect("health/leaderless", QUIET),),
        ("health/harassment_ads",),
    )


SCENARIOS = (
    Scenario("S29", turned),
    Scenario("S29b", scattered),
    Scenario("S29c", steady),
    Scenario("S31", leaderless),
    Scenario("S31b", by_itself),
)
