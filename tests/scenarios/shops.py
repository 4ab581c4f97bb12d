"""Groups that sell or serve (articles 002, 000 §6 and §7): S02, S16, S17."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cq.operators import Operator
from simulator.season import local

from .case import Case, Check, Expect, Group, Scenario, causes_but
from .cast import Part, play
from .deeds import ADS, ask, gather, order_list, react, talk
from .judge import exists, status
from .kit import MINUTE, Event, Log

if TYPE_CHECKING:
    from cq.result import Analysis

SHOP = Operator(kind="shop", purpose=("水果", "团购"), orders=9000)


def _neighbours(seed: int, weeks: int, joining: int, invited: float) -> Log:
    """A fruit shop's group among neighbours: 180 of old, others come week by week, most of them brought along."""
    log = Log("果香小铺邻里群", seed, weeks)
    log.seat("owner", "owner")
    for n in range(180):
        log.seat("regular" if n < 60 else "quiet")
    for n in range(joining):
        at = log.moment(int(n * log.days / joining))
        who = log.seat("new", joined=at)
        by = log.dice.pick(log.tags["regular"]) if log.dice.chance(invited) else None
        log.join(at, who, by or (log.tags["owner"][0] if log.dice.chance(0.5) else None))
    return log


def _offers(log: Log, *, answered: bool, fading: bool, talked: bool) -> None:
    owner, dice = log.tags["owner"][0], log.dice
    buyers = log.tags["regular"] + log.tags["new"]
    for day in range(log.days):
        for _ in range(3 + dice.below(4)):
            offer = log.say(log.moment(day), owner, log.words.say(dice, "shop_offer"), acts=ADS)
            eager = max(0.0, 1 - day / (log.days * 0.55)) if fading else 1.0
            if dice.chance(0.45 * eager):
                order_list(log, offer.at + MINUTE, offer, buyers, 1 + int(eager * (2 + dice.below(6))))
            if dice.chance(0.4 * eager):
                react(
                    log, offer, buyers, 1 + dice.below(3), lambda: log.words.say(dice, "shop_talk"), within=25
                )
        for _ in range(2 + dice.below(4)):
            at = log.moment(day)
            who = dice.pick(log.present(at, buyers))
            question = ask(log, at, who, [owner], text=log.words.say(dice, "shop_question"), quoted=1, within=9,
                           answered=answered and dice.chance(0.93), answer=lambda: log.words.say(dice, "shop_answer"))  # fmt: skip
            if answered and dice.chance(0.5):
                log.say(question.at + 12 * MINUTE, who, log.words.say(dice, "shop_thanks"))
        if talked and dice.chance(0.7):
            talk(log, log.moment(day), buyers, 4, first=log.words.say(dice, "shop_talk"), acts=("chat",))


def fruit_shop(seed: int) -> Case:
    """S02: offers are the service; questions are answered within minutes; neighbours bring neighbours."""
    log = _neighbours(seed, 16, 80, 0.6)
    _offers(log, answered=True, fading=False, talked=True)
    for who in log.tags["new"]:
        if log.dice.chance(0.5):
            log.say(
                log.seats[who].joined + 3 * MINUTE, log.tags["owner"][0], f"欢迎{log.seats[who].name}，慢慢看"
            )
    return Case(
        (Group(log, SHOP),),
        forbids=(
            *causes_but(), "habits/filler_series", "habits/promotion_fatigue", "habits/link_dumping",
            "lifecycle/decline",
        ),
        checks=(
            Check("F11", lambda v: v >= 0.8),
            Check("F37", lambda v: 0.45 <= v <= 0.75),
            Check("F38", lambda v: v > 0),
            Check("orders_share", lambda v: 0 < v < 1),
        ),
    )  # fmt: skip


def fruit_shop_untold(seed: int) -> Case:
    """S02 without the shop's total: which part of its orders came from the group is not in any log."""
    log = _neighbours(seed, 10, 40, 0.6)
    _offers(log, answered=True, fading=False, talked=True)
    told = Operator(kind="shop", purpose=SHOP.purpose)
    return Case((Group(log, told),), checks=(Check("orders_share", lambda v: v is None),))


def fruit_shop_deaf(seed: int) -> Case:
    """S02b: the same offers, no answers, fewer and fewer orders."""
    log = _neighbours(seed, 16, 80, 0.6)
    _offers(log, answered=False, fading=True, talked=False)
    expects = (Expect("habits/promotion_fatigue", ("finding", "watch")),)
    other = {"offers that nobody takes up are seen": _unwanted}
    return Case((Group(log, SHOP),), expects, checks=(Check("F11", lambda v: v <= 0.2),), other=other)


def _unwanted(result: Analysis) -> bool | None:
    """Either as ads that harass or as posts that nobody reacts to."""
    codes = ("health/harassment_ads", "habits/link_dumping")
    if not all(exists(code) for code in codes):
        return None
    return any(status(result, code) in ("finding", "watch") for code in codes)


def helpdesk(seed: int) -> Case:
    """S16: staff only give notices and answer, which they do well."""
    log = Log("会员服务七群", seed, 14)
    staff = [log.seat("staff", "owner"), log.seat("staff", "admin"), log.seat("staff", "admin")]
    members = [log.seat("member") for _ in range(120)]
    for day in range(log.days):
        for _ in range(1 + log.dice.below(2)):
            log.say(log.moment(day), log.dice.pick(staff), log.words.say(log.dice, "notice"))
        for _ in range(4 + log.dice.below(4)):
            family = log.dice.pick(log.words.lines["basic_question"])
            text = log.words.fill(log.dice, log.dice.pick(family)) if log.dice.chance(0.5) else None
            ask(log, log.moment(day), log.dice.pick(members), staff, text=text, quoted=1, within=10,
                answered=log.dice.chance(0.95), answer=lambda: log.words.say(log.dice, "desk_answer"))  # fmt: skip
    told = Operator(kind="service", staff=tuple(log.seats[s].name for s in staff))
    return Case(
        (Group(log, told),),
        forbids=("health/leaderless", "health/harassment_ads", "health/harassment_flood", "health/tyranny"),
        checks=(Check("F10", lambda v: v >= 0.7), Check("F11", lambda v: v >= 0.8)),
    )


def _sale(seed: int, ads_a_day: int, *, at_events: bool) -> Log:
    parts = [
        Part("organizer", 1, 10, rank="owner"),
        Part("ordinary", 15, 3),
        Part("asker", 3, 3),
        Part("lurker", 60, 0.2),
    ]
    log = play(seed, parts, 12)
    owner, dice = log.tags["organizer"][0], log.dice
    crowd = log.tags["ordinary"] + log.tags["asker"]
    for day in range(log.days):
        for n in range(0 if at_events else ads_a_day):
            offer = log.say(log.moment(day), owner, log.words.say(dice, "hard_ad"), acts=ADS)
            if dice.chance(0.5 * max(0.0, 1 - day / 40)) and n < 8:
                react(log, offer, crowd, 1 + dice.below(2), lambda: log.voice.line("chat"), within=15)
        if at_events and day % 21 == 17:
            gather(log, day, 14, crowd, owner)
            for _ in range(3):
                offer = log.say(log.at(day, 17, 200), owner, log.words.say(dice, "sell_after"), acts=ADS)
                react(log, offer, crowd, 3, lambda: log.words.say(dice, "event_sign"), within=30)
    log.happen(log.start + 60_000, Event.OTHER, "你创建了群聊")
    return log


def hard_sell(seed: int) -> Case:
    """S17: twenty-five ads a day from the first day on."""
    log = _sale(seed, 25, at_events=False)
    expects = (
        Expect("health/harassment_ads"),
        Expect("habits/promotion_fatigue", ("finding", "watch")),
    )
    told = Operator(kind="interest", created=_day(log))
    return Case(
        (Group(log, told),), expects, ("health/leaderless",), checks=(Check("F12", lambda v: v <= 1),)
    )


def sell_at_events(seed: int) -> Case:
    """S17 control: ads only where there is something on."""
    log = _sale(seed, 0, at_events=True)
    told = Operator(kind="interest", created=_day(log))
    forbids = (
        "health/harassment_ads",
        "habits/promotion_fatigue",
        "habits/link_dumping",
        "health/harassment_flood",
    )
    return Case((Group(log, told),), forbids=forbids, checks=(Check("F14", lambda v: v >= 0.8),))


def _day(log: Log) -> str:
    return f"{local(log.start):%Y-%m-%d}"


SCENARIOS = (
    Scenario("S02", fruit_shop),
    Scenario("S02 untold", fruit_shop_untold),
    Scenario("S02b", fruit_shop_deaf),
    Scenario("S16", helpdesk),
    Scenario("S17", hard_sell),
    Scenario("S17b", sell_at_events),
)
