"""Events and sharing sessions (articles 004, 001 §10): S09, S18."""

from __future__ import annotations

from typing import Any

from cq.operators import Operator
from simulator.season import local

from .case import QUIET, Case, Expect, Group, Scenario, causes_but
from .cast import Part, play
from .deeds import ADS, gather, react
from .kit import MINUTE, Event, Kind, Log

STEPS = ("prepare", "notify", "rules", "warm_up", "introduce", "interact", "control", "summary", "benefits")
"""The nine steps of article 001 in its order; the first is mostly done where no log sees it."""


def _venue(seed: int) -> Log:
    """Eight events in twenty-four weeks, goods afterwards, and silence in between."""
    log = Log("城市活动报名群", seed, 25)
    host = log.seat("host", "owner")
    people = [log.seat("guest") for _ in range(90)]
    dice = log.dice
    for event in range(8):
        day = 12 + event * 21
        crowd = list(people)
        dice.shuffle(crowd)
        gather(log, day, 14, crowd[:25], host, turns=45)
        for _ in range(4):
            offer = log.say(log.at(day, 18, 900), host, log.words.say(dice, "sell_after"), acts=ADS)
            if dice.chance(0.4):
                react(log, offer, crowd[:25], 1, lambda: log.words.say(dice, "event_sign"), within=60)
    for day in range(log.days):
        if dice.chance(0.25):
            log.say(log.moment(day), dice.pick(people), log.voice.line("chat"))
    return log


def only_a_venue(seed: int) -> Case:
    """S09: used for events and for selling after them."""
    expects = (Expect("habits/event_only"), Expect("health/boredom", QUIET))
    return Case(
        (Group(_venue(seed)),), expects, ("health/tyranny", "health/harassment_flood", "size/overload")
    )


def only_a_venue_told(seed: int) -> Case:
    """S09 where the operator gave the dates."""
    log = _venue(seed)
    dates = tuple(f"{local(log.at(12 + event * 21, 14)):%Y-%m-%d %H:%M}" for event in range(8))
    expects = (Expect("habits/event_only"), Expect("health/boredom", QUIET))
    return Case((Group(log, Operator(activities=dates)),), expects, ("health/tyranny", "size/overload"))


def meant_as_venue(seed: int) -> Case:
    """S09 control: that is what it is for."""
    told = Operator(kind="event")
    return Case((Group(_venue(seed), told),), (Expect("habits/event_only", QUIET),), ("health/boredom",))


def _sharing(seed: int, done: frozenset[str]) -> tuple[Log, int]:
    """A living group and, in week 8, a sharing session with the steps that were done."""
    parts = [
        Part("organizer", 1, 6, "host", rank="owner"), Part("thinker", 2, 4, "sharer"), Part("ordinary", 26, 2),
        Part("asker", 5, 2), Part("lurker", 60, 0.1),
    ]  # fmt: skip
    log = play(seed, parts, 11)
    host, sharer = log.tags["host"][0], log.tags["sharer"][0]
    crowd = log.tags["ordinary"] + log.tags["asker"]
    day = 8 * 7 + 3
    begin = log.at(day, 20)
    log.drop(lambda row: begin - 90 * MINUTE < row.at < begin + 150 * MINUTE and row.event is None)

    def say(key: str) -> str:
        return log.words.say(log.dice, key, who=log.seats[sharer].name)

    if "prepare" in done:
        for back in (6, 4):
            log.say(log.at(day - back, 11, 200), host, say("share_plan"))
    notices = ((-2, 12.2), (-1, 19.5), (0, 12.1), (0, 19.0)) if "notify" in done else ((0, 18.9),)
    for days, hour in notices:
        text = say("share_notice")
        log.say(log.at(day + days, hour, 20), host, text, mentions=("@all",) if "notify" in done else ())
    if "rules" in done:
        log.say(begin - 8 * MINUTE, host, log.words.say(log.dice, "share_rule"))
    if "warm_up" in done:
        for n in range(9):
            log.say(begin - int((26 - 2 * n) * MINUTE), crowd[n], log.words.say(log.dice, "warm_up"))
    if "introduce" in done:
        log.say(begin - 2 * MINUTE, host, say("share_intro"), mentions=(sharer,))
    end = _lecture(log, begin, host, sharer, crowd, done)
    if "summary" in done:
        log.say(end + 15 * MINUTE, host, say("share_summary"))
        log.say(end + 17 * MINUTE, host, "分享笔记.pdf", kind=Kind.FILE)
    if "benefits" in done:
        log.say(end + 25 * MINUTE, host, say("share_gift"))
        log.say(end + 26 * MINUTE, host, "恭喜发财，大吉大利", kind=Kind.RED_PACKET)
    return log, begin


def _lecture(log: Log, begin: int, host: str, sharer: str, crowd: list[str], done: frozenset[str]) -> int:
    """The sharer speaks for most of an hour; with prompts and questions where there is interaction."""
    at, dice, words = begin, log.dice, log.words
    lines = words.lines
    for n in range(14):
        text = words.fill(dice, lines["lecture_open"][n % len(lines["lecture_open"])]) + words.say(
            dice, "lecture_body"
        )
        log.say(at, sharer, text)
        at += int(dice.between(150, 230) * 1000)
        if "interact" in done and n in (4, 9):
            prompt = log.say(at - 60_000, host, words.say(dice, "share_prompt"))
            react(log, prompt, crowd, 4, lambda: log.voice.line("chat"), within=1.5)
        if "interact" in done and n > 3 and n % 2:
            question = log.say(at - 40_000, crowd[10 + n], words.say(dice, "share_question"))
            log.say(at - 12_000, sharer, words.say(dice, "share_answer"), reply=question)
        if n == 6 and "control" in done:
            ad = log.say(at - 100_000, crowd[3], words.say(dice, "hard_ad"))
            log.say(at - 70_000, host, words.say(dice, "share_control", who=log.seats[sharer].name))
            text = f"{log.seats[host].name}撤回了{log.seats[ad.who or ''].name}的一条消息"
            log.happen(at - 60_000, Event.RECALL, text, actor=host, targets=(ad.who or "",))
        if n == 6 and "control" not in done:
            for m in range(16):
                log.say(at - 140_000 + m * 8_000, crowd[m % 7], log.voice.line("chat"))
    return at


FULL = frozenset(STEPS)
HALF = frozenset({"notify", "introduce", "interact", "benefits"})


def _told(log: Log, begin: int) -> Operator:
    return Operator(
        activities=(f"{local(begin):%Y-%m-%d %H:%M}",), experts=(log.seats[log.tags["sharer"][0]].name,)
    )


def _session(seed: int, done: frozenset[str], expects: tuple[Expect, ...], *, told: bool = False) -> Case:
    log, begin = _sharing(seed, done)
    operator = _told(log, begin) if told else Operator()
    other = {f"steps seen ({len(done)} of 9), F1 ≥ .85": lambda result: _steps_right(result, begin, done)}
    return Case((Group(log, operator),), expects, ("health/tyranny", "health/harassment_ads"), other=other)


def _steps_right(result: Any, begin: int, done: frozenset[str]) -> bool | None:
    found = steps_of(result, begin)
    return None if found is None else f1(found, done) >= 0.85


def steps_of(result: Any, begin: int) -> dict[str, str] | None:
    """Step → what was seen of it in the session that began then; None where this build has no such table."""
    section = result.groups[0].sections.get("sharing")
    table = section.tables.get("steps") if section else None
    if table is None:
        return None
    names = list(table.columns)
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    return {str(row.get("step")): str(row.get("seen", row.get("status"))) for row in rows}


def f1(found: dict[str, str], done: frozenset[str]) -> float:
    """Over the eight steps a log can show."""
    seen = {step for step, what in found.items() if what in ("seen", "True", "yes", "unneeded", "not_needed")}
    right = len((seen & done) - {"prepare"})
    both = len(seen - {"prepare"}) + len(done - {"prepare"})
    return 2 * right / both if both else 1.0


def nine_steps(seed: int) -> Case:
    """S18: all nine."""
    return _session(seed, FULL, (Expect("sharing/missing_steps", ("clear",)),))


def four_steps(seed: int) -> Case:
    """S18b: four of nine."""
    return _session(seed, HALF, (Expect("sharing/missing_steps", ("finding", "watch")),))


def four_steps_told(seed: int) -> Case:
    """S18b where the operator gave the time."""
    return _session(seed, HALF, (Expect("sharing/missing_steps", ("finding", "watch")),), told=True)


def no_steps(seed: int) -> Case:
    """S18c: somebody just begins."""
    return _session(seed, frozenset(), (Expect("sharing/missing_steps", ("finding", "watch")),), told=True)


def no_session(seed: int) -> Case:
    """S18 control: ordinary talk holds no sharing session."""
    parts = [
        Part("organizer", 1, 6, rank="owner"),
        Part("thinker", 3, 6),
        Part("ordinary", 26, 3),
        Part("lurker", 60, 0.1),
    ]
    return Case((Group(play(seed, parts, 11)),), forbids=("sharing/missing_steps", *causes_but()))


SCENARIOS = (
    Scenario("S09", only_a_venue),
    Scenario("S09 told", only_a_venue_told),
    Scenario("S09b", meant_as_venue),
    Scenario("S18", nine_steps),
    Scenario("S18b", four_steps),
    Scenario("S18b told", four_steps_told),
    Scenario("S18c", no_steps),
    Scenario("S18d", no_session),
)
