"""Circles, loads and busy groups (articles 003 and 001): S04, S12, S20."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator import Cause, Effect

from .case import QUIET, Case, Check, Expect, Group, Scenario, after, causes_but
from .cast import PLAIN, Part, play
from .deeds import ask, react
from .judge import number
from .kit import HOUR, Log

if TYPE_CHECKING:
    from cq.result import Analysis

WORDY = replace(PLAIN, media=0.05)
RELAYS = (
    "看下面这条，说得好，大家接着聊",
    "把这位老师的话转给各位，谁有类似的例子",
    "这个值得讨论，你们怎么看",
    "置顶一下这段，欢迎补充",
)


def _sub_group(seed: int, n: int, weeks: int, members: int) -> Log:
    """One of many: a core of seniors, some who run it, and the rest; new people come all the time."""
    core = max(5, round(members * 0.05))
    rest = members - core - 3
    parts = [
        Part("organizer", 1, 6, "ops", rank="owner"), Part("organizer", 2, 5, "ops", rank="admin"),
        Part("thinker", core, 3.0, "core", uneven=1.5),
        Part("ordinary", rest // 3, 0.5),
        *(
            Part("ordinary", max(1, rest // 18), 0.7, joined=(w, w + weeks / 6), left=(w + weeks / 6, w + weeks / 3))
            for w in (weeks * k / 6 for k in range(6))
        ),
        Part("lurker", rest // 3, 0.05),
    ]  # fmt: skip
    log = play(seed * 53 + n, parts, weeks, number=str(740_000_000 + n), first=n * 1000, kind=seed)
    log.name = f"研习 {n + 1} 组"
    for row in [r for r in log.said if r.who in log.tags["core"] and "sub" in r.acts]:
        if log.dice.chance(0.5):
            by = log.dice.pick(log.present(row.at, log.tags["ops"]))
            relay = log.say(
                row.at + int(log.dice.between(5, 240) * 60_000), by, log.dice.pick(RELAYS), reply=row
            )
            react(
                log,
                relay,
                log.tags["ordinary"],
                2 + log.dice.below(2),
                lambda: log.voice.line("chat"),
                within=25,
            )
    return log


def _eight_thousand(seed: int, groups: int, weeks: int, members: int) -> Case:
    logs = [_sub_group(seed, n, weeks, members) for n in range(groups)]
    forbids = ("size/key_person", "size/departure", "size/overload", "health/staleness", "lifecycle/decline")
    checks = [Check("elements.absence_factor", lambda v: v >= 3, n) for n in range(groups)]
    other = {"chains from the core through those who run it (F43)": _chains}
    return Case(tuple(Group(log) for log in logs), forbids=forbids, checks=checks, other=other)


def _chains(result: Analysis) -> bool:
    """In most sub-groups; twelve weeks of a small one may hold none."""
    seen = [number("F43", group)[1] for group in result.groups]
    return sum(isinstance(n, int) and n > 0 for n in seen) * 2 >= len(seen)


def circles_small(seed: int) -> Case:
    """S04, small: two sub-groups over a year."""
    return _eight_thousand(seed, 2, 52, 120)


def circles(seed: int) -> Case:
    """S04, scaled: eight sub-groups of three hundred over two years."""
    return _eight_thousand(seed, 8, 104, 300)


def circles_one(seed: int) -> Case:
    """S04 through one export with its list of members."""
    log = _sub_group(seed, 0, 52, 180)
    checks = (Check("circles.core", lambda v: v >= 3), Check("size.members", lambda v: v > 100))
    return Case((Group(log),), forbids=(*causes_but(), "size/overload", "size/key_person"), checks=checks)


def _chatter(seed: int, *, harmed: bool) -> Log:
    """Two thirds small talk from week 12 on. ``harmed``: requests drown in it and people say so."""
    banter = {"chat": 0.4, "fill": 0.58, "open": 0.02}
    parts = [
        Part("organizer", 1, 8, rank="owner"), Part("talker", 8, 42, acts=banter), Part("asker", 8, 0.0),
        Part("thinker", 3, 3), Part("ordinary", 14, 2), Part("lurker", 40, 0.2),
    ]  # fmt: skip
    calm = Cause(1.0, 0, Effect(rate={"talker": 0.25}), offset=12)
    log = play(seed, parts, 24, causes={"calm": calm})
    helpers = log.tags["thinker"] + log.tags["ordinary"]
    for day in range(log.days):
        drowned = harmed and day >= 12 * 7
        for _ in range(2 + log.dice.below(3)):
            at = log.moment(day)
            ask(
                log,
                at,
                log.dice.pick(log.tags["asker"]),
                helpers,
                answered=log.dice.chance(0.2 if drowned else 0.6),
            )
        if drowned and day % 4 == 0:
            at = log.moment(day)
            log.say(at, log.dice.pick(log.tags["asker"]), log.words.say(log.dice, "complain_flood"))
    return log


def drowned(seed: int) -> Case:
    """S12a: two thirds small talk; requests are no longer answered; people complain."""
    log = _chatter(seed, harmed=True)
    expects = (Expect("health/harassment_flood", onset="flood"),)
    forbids = ("health/harassment_ads", "health/leaderless", "health/tyranny", "health/boredom")
    return Case((Group(log),), expects, forbids, truth={"flood": after(log, 12)})


def lively(seed: int) -> Case:
    """S12b: as much small talk, and requests are answered as before."""
    return Case(
        (Group(_chatter(seed, harmed=False)),), (Expect("health/harassment_flood", QUIET),), causes_but()
    )


def small_and_busy(seed: int) -> Case:
    """S20a: twenty-five people, four hundred turns a day."""
    parts = [Part("organizer", 1, 45, rank="owner"), Part("talker", 12, 118), Part("ordinary", 12, 48)]
    log = play(seed, parts, 6, level=WORDY, daily_shape=1.0)
    checks = (
        Check("size.messages_per_day", lambda v: 280 <= v <= 520),
        Check("size.members", lambda v: v == 25),
    )
    return Case((Group(log),), forbids=("size/overload", "health/harassment_flood"), checks=checks)


def large_and_busy(seed: int) -> Case:
    """S20b: two hundred and fifty people, a thousand turns a day, and everybody copes."""
    return _large(seed, harmed=False)


def large_and_swamped(seed: int) -> Case:
    """S20c: the same; in busy hours people answer less, write less and repeat each other."""
    return _large(seed, harmed=True)


def _large(seed: int, *, harmed: bool) -> Case:
    parts = [
        Part("organizer", 3, 30, rank="owner"), Part("talker", 60, 54), Part("ordinary", 100, 11), Part("asker", 20, 6),
        Part("lurker", 67, 0.3),
    ]  # fmt: skip
    log = play(seed, parts, 6, level=WORDY, daily_shape=0.6, answered=0.85)
    if harmed:
        _swamp(log)
    expects = (Expect("size/overload"),) if harmed else (Expect("size/overload", QUIET),)
    return Case((Group(log),), expects, checks=(Check("size.messages_per_day", lambda v: 800 <= v <= 1200),))


def _swamp(log: Log) -> None:
    """In the busiest third of the hours, by hour of the day, links are lost, texts are cut, and more repeat others."""
    by_hour: dict[int, int] = {}
    for row in log.said:
        by_hour[row.at // HOUR] = by_hour.get(row.at // HOUR, 0) + 1
    strata: dict[int, list[int]] = {}
    for hour, count in by_hour.items():
        strata.setdefault(hour % 24, []).append(count)
    limit = {h: sorted(counts)[len(counts) * 2 // 3] for h, counts in strata.items()}
    for row in log.said:
        hour = row.at // HOUR
        if row.who is None or row.text is None or by_hour[hour] < limit[hour % 24]:
            continue
        if log.dice.chance(0.8):
            row.reply, row.mentions = None, ()
        u = log.dice.random()
        row.text = (
            log.dice.pick(("+1", "哈哈", "顶", "同上", "666"))
            if u < 0.35
            else row.text[: 4 + log.dice.below(6)]
        )


SCENARIOS = (
    Scenario("S04 small", circles_small),
    Scenario("S04", circles, quick=False),
    Scenario("S04 one", circles_one),
    Scenario("S12a", drowned),
    Scenario("S12b", lively),
    Scenario("S20a", small_and_busy),
    Scenario("S20b", large_and_busy, quick=False),
    Scenario("S20c", large_and_swamped, quick=False),
)
