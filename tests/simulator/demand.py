"""Who wants to say what in a week, and in which session: turns before they have a time or a parent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .causes import Causes
from .dice import Dice, cumulated
from .levels import ACTS
from .people import Agent
from .season import WEEK, Setting, session_starts

STARTING = frozenset(
    {"help", "q", "sub", "ann", "rule", "event", "ad", "selfp", "friend", "redp", "open", "intro"}
)
"""Acts that start a thread; the others answer something."""

TARGETS = {
    "chal": frozenset({"ann", "rule", "mod", "event", "ad", "selfp", "redp"}),
    "order": frozenset({"event", "ad"}),
    "mod": frozenset({"ad", "friend", "selfp", "redp"}),
}
"""What an answering act is about, where there is such a thing in the session."""

NOVICE = 4 * WEEK


@dataclass(slots=True, eq=False)
class Wish:
    """A turn somebody will take. ``answers``: the turns that answer a request, ``answerable``: it may get any."""

    agent: int
    act: str
    answerable: bool = False
    answers: list[Wish] = field(default_factory=list)


@dataclass(slots=True)
class Meeting:
    """A session to be: its start, its wishes, the member who joined at its start (or -1)."""

    at: int
    wishes: list[Wish]
    joiner: int = -1


@dataclass(slots=True)
class Week:
    """The demand of a week."""

    number: int
    meetings: list[Meeting]
    load: float


def demand(dice: Dice, agents: list[Agent], setting: Setting, causes: Causes, week: int) -> Week:
    """The sessions of a week and who wants to say what there."""
    wishes = _wishes(dice, agents, setting, causes, week)
    total = sum(map(len, wishes.values()))
    count = max(1, round(total / setting.session_turns))
    meetings = [Meeting(at, []) for at in session_starts(dice, setting, week, count)]
    sizes = cumulated([2.718281828 ** (0.8 * dice.normal()) for _ in meetings])
    arrivals = _arrivals(dice, agents, setting, causes, week, wishes)
    requests: list[Wish] = []
    for agent, acts in wishes.items():
        places = [dice.weighted(sizes) for _ in range(1 + len(acts) // 4)]
        for act in acts:
            if act in STARTING:
                wish = Wish(agent, act)
                _opening(dice, wish, places, meetings).wishes.append(wish)
                if act == "help":
                    wish.answerable = dice.chance(_answered(agents[agent], setting, causes, week, total))
                    requests += [wish] if wish.answerable else []
    for agent, acts in wishes.items():
        places = [dice.weighted(sizes) for _ in range(1 + len(acts) // 4)]
        for act in acts:
            if act not in STARTING:
                _answering(dice, agent, act, places, meetings, requests)
    return Week(week, sorted([*meetings, *arrivals], key=lambda m: m.at), total)


def _wishes(
    dice: Dice, agents: list[Agent], setting: Setting, causes: Causes, week: int
) -> dict[int, list[str]]:
    """Acts by agent: negative binomial counts, acts by mix."""
    monday = setting.start + week * WEEK
    means = []
    for agent in agents:
        stay = min(agent.left or monday + WEEK, monday + WEEK) - max(agent.joined, monday)
        rate = agent.rates[agent.span(week)] * causes.rate(agent.role(week), week)
        means.append(rate * setting.factors[week] * max(0.0, stay / WEEK))
    k = setting.dispersion
    counts = dice.rng.poisson(dice.rng.gamma(k, 1.0, len(means)) * means / k)
    found = {}
    for n, count in enumerate(counts.tolist()):
        if count:
            agent = agents[n]
            mix = causes.mix(agent.role(week), agent.mixes[agent.span(week)], ACTS, week)
            weights = cumulated(mix)
            found[n] = [ACTS[dice.weighted(weights)] for _ in range(count)]
    return found


def _answered(agent: Agent, setting: Setting, causes: Causes, week: int, load: int) -> float:
    """The chance that a request is answered: by role, tenure, circle and load."""
    p = setting.answered * {"lurker": 0.8, "organizer": 1.1, "thinker": 1.1}.get(agent.role(week), 1.0)
    if setting.start + week * WEEK - agent.joined < NOVICE:
        p *= 0.85
    if setting.overload:
        p *= 1 - 0.35 * min(1.0, load / 1500)
    return min(0.9, max(0.05, p)) * causes.response("help", week)


def _arrivals(
    dice: Dice,
    agents: list[Agent],
    setting: Setting,
    causes: Causes,
    week: int,
    wishes: dict[int, list[str]],
) -> list[Meeting]:
    """Sessions that a join opens: who greets, and the newcomer's own words. Greetings nobody needs become talk."""
    monday = setting.start + week * WEEK
    greeters = [n for n, acts in wishes.items() for act in acts if act == "welcome"]
    dice.shuffle(greeters)
    found = []
    for n, agent in enumerate(agents):
        if monday <= agent.joined < monday + WEEK:
            if causes.joins(week) < 1 and not dice.chance(causes.joins(week)):
                agent.left = agent.joined  # a join that never was
                continue
            said = [Wish(n, "intro")] if dice.chance(0.5) and not agent.spammer else []
            hosts = list(dict.fromkeys(greeters[:2]))
            del greeters[:2]
            said += [Wish(host, "welcome") for host in hosts if agents[host].present(agent.joined)]
            crowd = [m for m in wishes if m not in hosts and m != n and agents[m].present(agent.joined)]
            said += [Wish(dice.pick(crowd), "welcome") for _ in range(dice.below(3)) if crowd]
            found.append(Meeting(agent.joined, said, n))
    surplus = Counter(greeters)
    for n, acts in wishes.items():
        wishes[n] = []
        for act in acts:
            if act != "welcome":
                wishes[n].append(act)
            elif surplus[n]:
                surplus[n] -= 1
                wishes[n].append("open" if dice.chance(0.3) else "chat")
    return found


def _opening(dice: Dice, wish: Wish, places: list[int], meetings: list[Meeting]) -> Meeting:
    """Where somebody starts a thread: rather not where he starts one already."""
    tried = [meetings[dice.pick(places)], dice.pick(meetings), dice.pick(meetings)]
    return min(
        tried, key=lambda m: sum(2 if w.agent == wish.agent else 1 for w in m.wishes if w.act in STARTING)
    )


def _answering(
    dice: Dice, agent: int, act: str, places: list[int], meetings: list[Meeting], requests: list[Wish]
) -> None:
    if act == "ans":
        for _ in range(4):
            if not requests:
                break
            request = dice.pick(requests)
            if request.agent != agent and all(a.agent != agent for a in request.answers):
                request.answers.append(Wish(agent, "ans"))
                if len(request.answers) > 2:
                    requests.remove(request)
                return
        act = "chat"
    elif act in TARGETS:
        apt = [m for m in meetings if any(w.act in TARGETS[act] and w.agent != agent for w in m.wishes)]
        if apt:
            dice.pick(apt).wishes.append(Wish(agent, act))
            return
        if act == "order":
            act = "fill"
    meetings[dice.pick(places)].wishes.append(Wish(agent, act))
