"""Who may say what (article 001, 暴政): S11."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from .case import Case, Expect, Group, Scenario
from .cast import Part, play
from .deeds import silence
from .kit import MINUTE, Event, Log

PEOPLE = (
    Part("ordinary", 26, 3.0), Part("talker", 3, 9), Part("asker", 4, 3), Part("lurker", 30, 0.1),
)  # fmt: skip


WEEKS = 24
EVERY_DAY: dict[str, Any] = {"session_turns": 5.0, "daily_shape": 1.5}
"""Some people talk every day, so that a silent one means something."""
ORDERS = {"ann": 0.5, "rule": 0.3, "chat": 0.2}


def _strict(seed: int, *, fear: bool) -> Log:
    """An owner with more than a third of the turns, most of them orders; six people who disagree."""
    parts = [Part("organizer", 1, 4, "owner", rank="owner", acts=ORDERS), *PEOPLE]
    log = play(seed, parts, WEEKS, **EVERY_DAY)
    owner, dice = log.tags["owner"][0], log.dice
    for day in range(log.days):
        for _ in range(3):
            log.say(log.moment(day), owner, log.words.say(dice, "order_tone"))
    for _ in range(9):
        log.seat("dissenter")
    for n in range(14):
        day = 12 * 7 + n * 6 + dice.below(2)
        at = log.at(day, 11 + dice.below(8), 60)
        who = log.tags["dissenter"][n % 9] if n % 7 < 4 else dice.pick(log.present(at, log.tags["ordinary"]))
        if who not in log.present(at):
            who = dice.pick(log.present(at, log.tags["ordinary"]))
        if n % 7 < 4:
            said = log.say(at, who, log.words.say(dice, "dissent"))
            if n % 2:
                log.say(at + 3 * MINUTE, who, log.words.say(dice, "dissent"))
        else:
            said = log.say(at, who, log.voice.line("chat"))
        name = log.seats[who].name
        log.say(
            at + 5 * MINUTE,
            owner,
            f"@{name} " + log.words.say(dice, "reprimand"),
            mentions=(who,),
            reply=said,
        )
        if n % 4 == 3:
            text = f"{name}被{log.seats[owner].name}禁言12小时"
            log.happen(at + 6 * MINUTE, Event.MUTE, text, actor=owner, targets=(who,), detail="43200")
        else:
            log.remove(at + 6 * MINUTE, who, owner)
        if fear:
            silence(log, at + 7 * MINUTE, 24, [owner], 0.65)
    return log


def tyranny(seed: int) -> Case:
    """S11: fourteen coercive acts, eight of them on people who disagreed; others fall silent for a day."""
    log = _strict(seed, fear=True)
    forbids = ("health/leaderless", "health/harassment_ads", "health/staleness")
    return Case((Group(log),), (Expect("health/tyranny"),), forbids)


def ads_thrown_out(seed: int) -> Case:
    """S11b: fourteen people put out right after their ads."""
    parts = [Part("organizer", 1, 16, "owner", rank="owner"), *PEOPLE]
    log = play(seed, parts, WEEKS, **EVERY_DAY)
    owner = log.tags["owner"][0]
    for n in range(14):
        at = log.at(12 * 7 + n * 6, 11 + log.dice.below(8), 60)
        who = log.seat("spammer", joined=at - 3 * 86_400_000)
        log.join(at - 86_400_000, who)
        log.say(at, who, log.words.say(log.dice, "hard_ad"))
        log.remove(at + int(log.dice.between(3, 25) * MINUTE), who, owner)
    return Case((Group(log),), forbids=("health/tyranny", "health/harassment_ads", "health/leaderless"))


def dissent_deleted(seed: int) -> Case:
    """S11c: what was said against it was deleted before the export; nothing may be called clear, and the words say so."""
    log = _strict(seed, fear=True)
    spoken = set(log.words.lines["dissent"])
    log.drop(lambda row: row.text in spoken)
    expects = (Expect("health/tyranny", ("finding", "watch", "not_enough_data")),)
    return Case((Group(log),), expects, other={"words say what deletion hides": lambda _: _says_so()})


def _says_so() -> bool | None:
    page = files("cq.locales").joinpath("zh", "health.toml")
    if not page.is_file():
        return None
    words = tomllib.loads(page.read_text(encoding="utf-8")).get("findings", {}).get("health/tyranny", {})
    return any(mark in str(words.get("fails", "")) for mark in ("删", "撤回"))


SCENARIOS = (
    Scenario("S11", tyranny),
    Scenario("S11b", ads_thrown_out),
    Scenario("S11c", dissent_deleted),
)
