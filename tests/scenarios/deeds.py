"""What scenarios put on top of ordinary talk: daily posts, small conversations, reactions, ads, gatherings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .kit import DAY, HOUR, MINUTE, Event, Kind, Log, Said


def react(
    log: Log,
    to: Said,
    people: Sequence[str],
    count: int,
    text: Callable[[], str],
    *,
    within: float = 8.0,
    quoted: float = 0.4,
) -> list[Said]:
    """So many different people answer a row within some minutes, some of them by quoting it."""
    crowd = [p for p in log.present(to.at, people) if p != to.who]
    log.dice.shuffle(crowd)
    times = sorted(to.at + int(log.dice.between(0.3, within) * MINUTE) for _ in crowd[:count])
    return [
        log.say(at, who, text(), reply=to if log.dice.chance(quoted) else None)
        for at, who in zip(times, crowd[:count], strict=True)
    ]


def talk(
    log: Log, at: int, people: Sequence[str], turns: int, *, first: str | None = None, quoted: float = 0.3,
    acts: Sequence[str] = ("chat", "chat", "chat", "chat", "sub", "ans"),
) -> list[Said]:  # fmt: skip
    """A conversation of some people, each turn after another's, half a minute or so apart."""
    present = log.present(at, people)
    if len(present) < 2:
        return []
    said: list[Said] = []
    for _ in range(turns):
        who = log.dice.pick([p for p in present if not said or p != said[-1].who])
        act = log.dice.pick(acts)
        reply = said[-1] if said and log.dice.chance(quoted) else None
        said.append(log.say(at, who, first if first and not said else log.voice.line(act), reply=reply))
        at += int(log.dice.between(12, 75) * 1000)
    return said


def ask(
    log: Log, at: int, who: str, helpers: Sequence[str], *, text: str | None = None, answered: bool = True,
    quoted: float = 0.6, within: float = 8.0, answer: Callable[[], str] | None = None,
) -> Said:  # fmt: skip
    """A request for help and, where it gets one, an answer."""
    question = log.say(at, who, text or log.voice.line("help"))
    if answered:
        react(
            log, question, helpers, 1, answer or (lambda: log.voice.line("ans")), within=within, quoted=quoted
        )
    return question


def daily(
    log: Log, who: str, key: str, hour: float, days: Iterable[int], *, minutes: float = 12
) -> list[Said]:
    """The same kind of post every day at nearly the same time; ``redp`` stands for a red packet."""
    found = []
    for day in days:
        at = log.at(day, hour, minutes)
        if key == "redp":
            found.append(log.say(at, who, "恭喜发财，大吉大利", kind=Kind.RED_PACKET))
            takers = log.present(at)
            for n in range(min(len(takers), 2 + log.dice.below(4))):
                taker = log.dice.pick(takers)
                log.happen(at + 900 * (n + 1), Event.RED_PACKET, "领取了红包", actor=taker, targets=(who,))
        else:
            found.append(log.say(at, who, log.words.say(log.dice, key)))
    return found


def advertise(log: Log, day: int, sellers: Sequence[str], count: int, *, again: float = 0.6) -> list[Said]:
    """So many ads on a day. Sellers mostly repeat their own; a third are cards."""
    found = []
    for _ in range(count):
        at = log.moment(day)
        sellers_now = log.present(at, sellers)
        if not sellers_now:
            continue
        who = log.dice.pick(sellers_now)
        old = [row.text for row in log.said if row.who == who and row.acts == ADS][-1:] if again else []
        text = old[0] if old and old[0] and log.dice.chance(again) else log.words.say(log.dice, "hard_ad")
        found.append(log.say(at, who, text, acts=ADS))
    return found


ADS = frozenset({"ad"})


def gather(log: Log, day: int, hour: float, people: Sequence[str], host: str, *, turns: int = 40) -> None:
    """An activity: called the day before and when it begins, then many talk for an hour or more."""
    call = log.say(log.at(day - 1, hour, 30), host, log.words.say(log.dice, "event_call"))
    react(log, call, people, 5, lambda: log.words.say(log.dice, "event_sign"), within=60)
    begin = log.say(log.at(day, hour, 5), host, log.words.say(log.dice, "event_call"))
    at = begin.at
    crowd = log.present(at, people)
    for n in range(turns):
        at += int(log.dice.between(20, 150) * 1000)
        who = crowd[n] if n < 6 and n < len(crowd) else log.dice.pick(crowd)
        log.say(
            at, who, log.words.say(log.dice, "event_talk") if log.dice.chance(0.6) else log.voice.line("chat")
        )


def order_list(log: Log, at: int, offer: Said, people: Sequence[str], count: int) -> int:
    """A 接龙 under an offer: each one posts the list so far with one more line. How many ordered."""
    crowd = [p for p in log.present(at, people) if p != offer.who]
    log.dice.shuffle(crowd)
    title, lines = (offer.text or "")[:12], []
    for n, who in enumerate(crowd[:count], 1):
        at += int(log.dice.between(0.5, 15) * MINUTE)
        lines.append(f"{n}. {log.seats[who].name} {1 + log.dice.below(3)} 份")
        log.say(at, who, f"#接龙\n{title}\n" + "\n".join(lines[-8:]))
    return len(lines)


def welcome(log: Log, who: str, hosts: Sequence[str]) -> None:
    """A member greets a newcomer within minutes."""
    joined = log.seats[who].joined
    host = log.dice.pick(log.present(joined, hosts))
    log.say(
        joined + int(log.dice.between(1, 8) * MINUTE),
        host,
        log.voice.line("welcome", who=log.seats[who].name),
    )


def silence(log: Log, since: int, hours: float, keep: Sequence[str], share: float) -> None:
    """For some hours this share of the people, those kept aside, say nothing."""
    until = since + int(hours * HOUR)
    people = sorted({row.who for row in log.said if row.who and since < row.at < until} - set(keep))
    mute = {p for p in people if log.dice.chance(share)}
    log.drop(lambda row: row.who in mute and since < row.at < until)


def day_of(log: Log, at: int) -> int:
    """The day of the log a moment lies in."""
    return (at - log.start) // DAY
