"""Groups that hang on one person (articles 002 and 000 §11): S01, S06."""

from __future__ import annotations

from cq.operators import Operator
from simulator import Cause, Effect

from .case import Case, Check, Expect, Group, Scenario, after, causes_but
from .cast import Part, play
from .deeds import react, talk
from .kit import Log

DEAD = ("decline", "dormant")


def _reading_circle(seed: int, sharers: int, silent: int, answered: float) -> Log:
    """A class of fifty whose owner posts an article and a hundred characters every day, thirty weeks long."""
    log = Log("同学会读书圈", seed, 30)
    owner = log.seat("owner", "owner")
    others = [log.seat("sharer") for _ in range(sharers)]
    for _ in range(silent):
        log.seat("silent")
    words, dice = log.words, log.dice
    for day in range(log.days):
        title = words.say(dice, "article_title")
        at = log.at(day, 7.2, 40)
        log.card(at, owner, title, f"https://mp.example.com/s/{seed}{day:03d}")
        thought = "".join(words.say(dice, f"reflect_{part}") for part in ("open", "body", "end"))
        post = log.say(at + int(dice.between(240, 800) * 1000), owner, thought)
        if dice.chance(answered):
            replies = react(log, post, others, 1 + dice.below(2), lambda: log.voice.line("chat"), within=500)
            if replies and dice.chance(0.3):
                log.say(replies[0].at + 300_000, owner, log.voice.line("chat"), reply=replies[0])
    for who in others:
        for week in range(log.weeks):
            if dice.chance(0.5):
                log.card(log.moment(week * 7 + dice.below(7)), who, words.say(dice, "article_title"),
                         f"https://read.example.net/{seed}{week}{who[-3:]}", words.say(dice, "own_post"))  # fmt: skip
    for day in range(20 * 7, 24 * 7):
        deputy = others[day // 7 % len(others)]
        call = log.say(log.at(day, 20, 20), deputy, words.say(dice, "stand_in"))
        react(log, call, others, 1 + dice.below(2), lambda: "到", within=90, quoted=0.1)
    return log


def reading_circle(seed: int) -> Case:
    """S01: the owner carries it; forty-five of fifty never speak; members are fixed by design."""
    log = _reading_circle(seed, 4, 45, 0.12)
    told = Operator(kind="class", created="2024-06-01")
    return Case(
        (Group(log, told),),
        expects=(
            Expect("size/key_person", ("watch", "finding")),
            Expect(
                "size/silent_majority",
                ("finding", "watch", "clear"),
                value=lambda f: 0.895 <= _share(f) <= 0.905,
            ),
        ),
        forbids=(*causes_but("boredom", "evaporation"), "size/departure", "size/overload"),
        checks=(
            Check("lifecycle.stage", lambda v: v not in DEAD),
            Check("lifecycle.stage_without_top", lambda v: v in DEAD),
            Check("F34", lambda v: v >= 0.8),
            Check("elements.absence_factor", lambda v: v == 1),
        ),
    )


def _share(finding: object) -> float:
    """The share of silent members that a finding tells, by whatever name it goes."""
    values = getattr(finding, "values", {})
    return float(next((values[k] for k in ("silent_share", "share", "silent") if k in values), -1.0))


def talking_circle(seed: int) -> Case:
    """S01b: as much said, by eight sharers who answer each other."""
    log = play(seed, [Part("organizer", 1, 7, rank="owner"), Part("thinker", 8, 5), Part("lurker", 41, 0.1)], 30,
               answered=0.9)  # fmt: skip
    return Case(
        (Group(log, Operator(kind="class")),),
        forbids=("size/departure", *causes_but("boredom")),
        checks=(Check("lifecycle.stage_without_top", lambda v: v not in DEAD),),
    )


STAR_WEEK = 20


def _star(seed: int, others_after: float, *, sliding: bool = False, weeks: int = 32) -> Log:
    """A star with a third of the turns who opens most sessions and leaves in week 20."""
    star = {"sub": 0.25, "open": 0.3, "q": 0.15, "ans": 0.1, "chat": 0.2}
    parts = [
        Part("thinker", 1, 55, "star", acts=star, left=(STAR_WEEK, STAR_WEEK + 0.01)),
        Part("organizer", 1, 6, rank="owner"), Part("talker", 3, 12), Part("ordinary", 18, 3), Part("asker", 4, 3),
        Part("lurker", 20, 0.2),
    ]  # fmt: skip
    factor = dict.fromkeys(("organizer", "talker", "ordinary", "asker", "lurker"), others_after)
    causes = {"departure": Cause(1.0, STAR_WEEK, Effect(rate=factor))}
    if sliding:
        causes = {"slide": Cause(1.0, 6, Effect(rate=dict.fromkeys((*factor, "thinker"), 0.15)), ramp=24)}
    log = play(seed, parts, weeks, causes=causes, dispersion=20.0)
    if others_after < 1 and not sliding:
        star_id = log.tags["star"][0]
        others = [s for s in log.seats if s != star_id]
        for day in range(STAR_WEEK * 7):
            if log.dice.chance(0.7):  # most days somebody talks because the star began
                talk(log, log.moment(day), [star_id, *others[:18]], 6, first=None)
    return log


def _departure(seed: int, weeks_after: float, case: Case) -> Case:
    log = case.groups[0].log
    until = after(log, STAR_WEEK + weeks_after)
    return Case(
        (Group(log, until=until),), case.expects, case.forbids, case.abstains, case.checks, case.truth
    )


def star_before(seed: int) -> Case:
    """S06 before: one person carries much of what is worth answering."""
    log = _star(seed, 0.3)
    expects = (Expect("size/key_person", ("watch", "finding")),)
    return Case((Group(log, until=after(log, STAR_WEEK)),), expects, ("size/departure", *causes_but()))


def star_two(seed: int) -> Case:
    """S06 two weeks after: no test can tell."""
    case = Case((Group(_star(seed, 0.3)),), abstains=("size/departure",), forbids=causes_but())
    return _departure(seed, 2, case)


def star_four(seed: int) -> Case:
    """S06 four weeks after: perhaps."""
    case = Case((Group(_star(seed, 0.3)),),
                (Expect("size/departure", ("finding", "watch", "not_enough_data")),))  # fmt: skip
    return _departure(seed, 4, case)


def star_eight(seed: int) -> Case:
    """S06 eight weeks after: others' talk fell, with the date."""
    log = _star(seed, 0.3)
    case = Case(
        (Group(log),),
        (Expect("size/departure", onset="departure"),),
        ("health/boredom", "health/loss_of_focus"),
        truth={"departure": after(log, STAR_WEEK)},
    )
    return _departure(seed, 8, case)


def star_missed_by_nobody(seed: int) -> Case:
    """S06b: the star leaves, the others go on."""
    case = Case((Group(_star(seed, 1.0)),), forbids=("size/departure", "lifecycle/decline"))
    return _departure(seed, 8, case)


def star_of_a_dying_group(seed: int) -> Case:
    """S06c: it was going down long before; the direction is unclear."""
    case = Case((Group(_star(seed, 1.0, sliding=True)),), forbids=("size/departure",))
    return _departure(seed, 8, case)


SCENARIOS = (
    Scenario("S01", reading_circle),
    Scenario("S01b", talking_circle),
    Scenario("S06 before", star_before),
    Scenario("S06 2 weeks", star_two),
    Scenario("S06 4 weeks", star_four),
    Scenario("S06 8 weeks", star_eight),
    Scenario("S06b", star_missed_by_nobody),
    Scenario("S06c", star_of_a_dying_group),
)
