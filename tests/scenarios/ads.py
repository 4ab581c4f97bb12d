"""Ads, links and strangers (articles 002, 000 §7, 004): S05, S08, S10."""

from __future__ import annotations

from collections import Counter

from cq.operators import Operator
from simulator import Cause, Effect

from .case import QUIET, Case, Check, Expect, Group, Scenario, after, causes_but
from .cast import Part, play
from .deeds import advertise, day_of, react, talk
from .kit import HOUR, MINUTE, Event, Log

ONSET = 15
TALKERS = ("organizer", "thinker", "talker", "asker", "ordinary", "challenger", "lurker")


def _three_acts(seed: int, *, handled: bool) -> Log:
    """Joins in weeks 0 to 2, much talk from 5 to 14, ads by others from 15 on, and then people go."""
    quiet = {"welcome": 1.0, "chat": 2.0, "event": 2.0}
    parts = [
        Part("organizer", 1, 2.0 if not handled else 14, "owner", rank="owner", acts=None if handled else quiet),
        Part("thinker", 2, 6, joined=(0.0, 1.5)), Part("talker", 4, 16, joined=(0.0, 2)),
        Part("asker", 5, 3, joined=(0.2, 2.5)), Part("ordinary", 22, 3, joined=(0.1, 2.8)),
        Part("lurker", 60, 0.2, joined=(0.0, 2.9)), Part("lurker", 8, 0.0, "seller", joined=(3, ONSET)),
    ]  # fmt: skip
    early = Effect(rate=dict.fromkeys(TALKERS, 0.45))
    causes = {"early": Cause(1.0, 0, early, offset=4), "half": Cause(0.5, 4, early, offset=5)}
    if not handled:
        fewer = dict.fromkeys(TALKERS, 0.12)
        causes["ads"] = Cause(1.0, ONSET + 4, Effect(rate=fewer, response={"help": 0.4}), ramp=9)
    log = play(seed, parts, 34, causes=causes)
    owner, dice = log.tags["owner"][0], log.dice
    talk = Counter(day_of(log, row.at) for row in log.said if row.who)
    for day in range(log.days):
        ramp = min(1.0, max(0.0, (day / 7 - ONSET) / 6))
        share = 0.02 + 0.38 * ramp
        usual = sum(talk[d] for d in range(day - 6, day + 1)) / 7
        count = int(usual * share / (1 - share) + dice.random())
        for ad in advertise(log, day, log.tags["seller"], count):
            if handled and ramp:
                at = ad.at + int(dice.between(3, 28) * MINUTE)
                log.say(at, owner, log.voice.line("mod", who=log.seats[ad.who or ""].name))
                _recalled(log, ad.at + int(dice.between(2, 28) * MINUTE), owner, ad.who or "")
            elif ramp and dice.chance(0.03):
                react(
                    log, ad, log.tags["ordinary"], 1, lambda: log.words.say(dice, "complain_ads"), within=20
                )
    if not handled:
        _drive_out(log)
    return log


def _recalled(log: Log, at: int, by: str, whose: str) -> None:
    log.happen(
        at,
        Event.RECALL,
        f"{log.seats[by].name}撤回了{log.seats[whose].name}的一条消息",
        actor=by,
        targets=(whose,),
    )


def _drive_out(log: Log) -> None:
    """From two weeks after the ads on, ordinary people leave, mostly within a day of the busiest ad days."""
    leavers = log.tags["ordinary"][:10] + log.tags["lurker"][:16] + log.tags["talker"][:2]
    log.dice.shuffle(leavers)
    ads = sorted(row.at for row in log.said if "ad" in row.acts and row.at > after(log, ONSET + 2))
    for who in leavers:
        at = log.dice.pick(ads) + int(log.dice.between(0.5, 20) * HOUR)
        if at < after(log, log.weeks):
            log.leave(at, who)


def born_to_die(seed: int) -> Case:
    """S05: made to gather, alive with talk, dead of ads."""
    log = _three_acts(seed, handled=False)
    return Case(
        (Group(log),),
        (
            Expect("health/harassment_ads", onset="ads"),
            Expect("lifecycle/decline", ("finding", "watch")),
            Expect("health/leaderless", ("finding", "watch")),
        ),
        ("health/tyranny", "health/staleness", "health/loss_of_focus"),
        checks=(
            Check("lifecycle.stage", lambda v: v in ("decline", "dormant")),
            Check("F32", lambda v: "joins" in str(v) and str(v).index("joins") < str(v).index("ads")),
            Check("F50", lambda v: v is not None and v > 0),
        ),
        truth={"ads": after(log, ONSET)},
    )


def before_the_ads(seed: int) -> Case:
    """S05 as it was before the ads: nothing is wrong."""
    log = _three_acts(seed, handled=False)
    return Case((Group(log, until=after(log, ONSET - 0.2)),), forbids=(*causes_but(), "lifecycle/decline"))


def ads_cleared_away(seed: int) -> Case:
    """S05 control: the owner deals with every ad within half an hour."""
    log = _three_acts(seed, handled=True)
    expects = (Expect("health/leaderless", QUIET),)
    return Case((Group(log),), expects, ("health/harassment_ads", "health/tyranny", "lifecycle/decline"))


def own_links(seed: int) -> Case:
    """S08: the host posts a link to an article of their own every day; nobody answers nine of ten."""
    log = Log("一起读书写字", seed, 16)
    host = log.seat("host", "owner")
    others = [log.seat("other") for _ in range(70)]
    dice, words = log.dice, log.words
    for day in range(log.days):
        link = f"https://mp.example.com/own/{seed}{day:03d}"
        post = log.card(
            log.at(day, 8.5, 180), host, words.say(dice, "article_title"), link, words.say(dice, "own_post")
        )
        if dice.chance(0.1):
            react(log, post, others, 1, lambda: log.voice.line("chat"), within=100)
        if dice.chance(0.35):
            talk(log, log.moment(day), others[:9], 4, acts=("chat",))
    return Case(
        (Group(log),),
        (Expect("habits/link_dumping"),),
        ("health/leaderless", "health/tyranny"),
        checks=(
            Check("F48", lambda v: v >= 8),
            Check("size.effective_speakers", lambda v: v <= 12),
        ),
        other={"host is no thinker": lambda result: _role_of(result, host) != "thinker"},
    )


def _role_of(result: object, who: str) -> str | None:
    """The best label of a member, as far as it may be shown."""
    for group in getattr(result, "groups", ()):
        table = group.sections["roles"].tables["members"] if "roles" in group.sections else None
        if table is None:
            continue
        for row in table.rows:
            told = dict(zip(table.columns, row, strict=True))
            if told["member_id"] == who and told["certainty"] in ("firm", "likely"):
                return str(told["role"])
    return None


def shared_links(seed: int) -> Case:
    """S08 control: as many links, but with words of one's own, talked about, and the host stays to talk."""
    parts = [
        Part("organizer", 1, 8, "host", rank="owner"),
        Part("ordinary", 20, 3),
        Part("thinker", 2, 5),
        Part("lurker", 40, 0.2),
    ]
    log = play(seed, parts, 16)
    host, dice = log.tags["host"][0], log.dice
    crowd = log.tags["ordinary"] + log.tags["thinker"]
    for day in range(0, log.days, 2):
        title = log.words.say(dice, "article_title")
        thought = log.words.say(dice, "reflect_open") + log.words.say(dice, "reflect_body")
        post = log.card(log.at(day, 8.5, 180), host, title, f"https://mp.example.com/s/{seed}{day}", thought)
        replies = react(log, post, crowd, 2 + dice.below(3), lambda: log.voice.line("chat"), within=20)
        log.say(replies[-1].at + MINUTE, host, log.voice.line("chat"), reply=replies[-1])
    return Case((Group(log),), forbids=("habits/link_dumping", *causes_but()))


def friend_hunters(seed: int) -> Case:
    """S10: newcomers add everybody; a dozen traces, eight complaints. The requests themselves are private."""
    parts = [
        Part("organizer", 1, 10, rank="owner"),
        Part("ordinary", 22, 3),
        Part("talker", 3, 12),
        Part("lurker", 40, 0.2),
    ]
    log = play(seed, parts, 14)
    log.drop(lambda row: "friend" in row.acts)
    dice = log.dice
    for n in range(12):
        at = log.moment(14 + n * 7)
        who = log.seat("hunter", joined=at)
        log.join(at, who)
        trace = log.say(at + int(dice.between(2, 90) * MINUTE), who, log.words.say(dice, "add_me"))
        if n % 3 != 2:
            react(
                log, trace, log.tags["ordinary"], 1, lambda: log.words.say(dice, "complain_friend"), within=40
            )
    expects = (Expect("habits/friend_adding", ("finding", "watch"), value=lambda f: 6 <= _traces(f) <= 16),)
    return Case((Group(log),), expects, causes_but())


def _traces(finding: object) -> float:
    values = getattr(finding, "values", {})
    return float(next((values[k] for k in ("traces", "add_me", "turns") if k in values), -1))


def nobody_hunts(seed: int) -> Case:
    """S10 control: newcomers, and nobody adds anybody."""
    parts = [
        Part("organizer", 1, 10, rank="owner"),
        Part("ordinary", 22, 3),
        Part("talker", 3, 12),
        Part("lurker", 40, 0.2),
    ]
    log = play(seed, parts, 14)
    log.drop(lambda row: "friend" in row.acts)
    for n in range(12):
        at = log.moment(14 + n * 7)
        log.join(at, log.seat("new", joined=at))
    return Case((Group(log, Operator()),), forbids=("habits/friend_adding", *causes_but()))


SCENARIOS = (
    Scenario("S05", born_to_die),
    Scenario("S05 before", before_the_ads),
    Scenario("S05b", ads_cleared_away),
    Scenario("S08", own_links),
    Scenario("S08b", shared_links),
    Scenario("S10", friend_hunters),
    Scenario("S10b", nobody_hunts),
)
