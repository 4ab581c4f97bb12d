"""The talk itself: wishes become turns with a time, a thread and the turn they truly answer.

A turn that starts a thread draws its reactions at once: whom, how many (by act, role, tenure and circle) and
how many turns later. Other turns answer what lies a drawn distance back. The law of distances is the group's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

from .causes import Causes
from .demand import NOVICE, STARTING, TARGETS, Meeting, Week, Wish
from .dice import Dice
from .people import Agent
from .season import HOUR, Setting

REACTIONS = {
    "sub": 2.0, "ann": 1.2, "event": 1.6, "open": 1.4, "q": 0.9, "ad": 0.08, "selfp": 0.3, "friend": 0.15,
    "redp": 2.2, "intro": 1.2, "chal": 0.9, "rule": 0.6, "help": 0.15,
}  # fmt: skip
"""Mean number of reactions besides answers, before the factors of the author."""
AUTHOR = {"organizer": 1.1, "thinker": 1.3, "talker": 1.3, "asker": 0.9, "ordinary": 0.8, "lurker": 0.6}
ANSWERING = {"redp": ("fill",), "ann": ("fill", "chat", "q"), "intro": ("fill", "chat")}
LATE = 12 * HOUR
PAUSE = 3.0
"""How much longer it takes until somebody starts something new."""
CONTINUES = 0.35
"""Chance that a turn goes on in one more message."""
SHORT = frozenset({"fill", "order", "redp", "welcome"})


@dataclass(slots=True)
class Turn:
    """One turn. ``times``: UTC milliseconds of its messages. ``reply``: the turn it answers, or -1."""

    times: list[int]
    agent: int
    act: str
    reply: int
    topic: int
    session: int
    opens: bool = False
    thanks: bool = False
    joiner: int = -1


@dataclass(slots=True)
class Join:
    """A join at the start of a session."""

    at: int
    agent: int


@dataclass(slots=True)
class Floor:
    """Everything said so far, and the clock."""

    dice: Dice
    agents: list[Agent]
    setting: Setting
    causes: Causes
    topics: int
    turns: list[Turn] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    clock: int = 0
    sessions: int = 0
    held_back: list[Wish] = field(default_factory=list)
    """What would have been talking to oneself, kept for the next session."""


def hold(floor: Floor, week: Week) -> None:
    """All sessions of a week."""
    dice = floor.dice
    for meeting in week.meetings:
        if meeting.wishes or meeting.joiner >= 0:
            pause = int((600 + 1500 * dice.random()) * 1000)
            floor.clock = max(meeting.at, floor.clock + pause)
            if meeting.joiner >= 0:
                floor.joins.append(Join(floor.clock, meeting.joiner))
                floor.agents[meeting.joiner].joined = floor.clock
                floor.clock += int(dice.between(20, 300) * 1000)
            _Session(floor, week, meeting).run()
            floor.sessions += 1


class _Session:
    """One session in progress."""

    def __init__(self, floor: Floor, week: Week, meeting: Meeting) -> None:
        self.floor, self.dice, self.week, self.joiner = floor, floor.dice, week, meeting.joiner
        self.first = len(floor.turns)
        self.starts = [w for w in meeting.wishes if w.act in STARTING]
        self.pool = [w for w in meeting.wishes if w.act not in STARTING] + floor.held_back
        floor.held_back = []
        self.dice.shuffle(self.starts)
        self.dice.shuffle(self.pool)
        self.starts.sort(key=lambda w: w.act in ("open", "intro"))  # taken from the end
        self.due: list[tuple[int, int, Wish, int, bool]] = []
        self.planned = 0

    def run(self) -> None:
        while self.starts or self.pool or self.due:
            at = len(self.floor.turns)
            if self.due and (self.due[0][0] <= at or not (self.starts or self.pool)):
                _, _, wish, parent, thanks = heappop(self.due)
                self.place(wish, parent, thanks)
            elif self.starts and (at == self.first or not self.pool or self._time_for_more()):
                self.place(self._start(), -1)
            elif at > self.first and not self.due and self._alone(self.floor.turns[-1].agent):
                self.floor.held_back += self.pool
                self.pool = []
            else:
                wish = self._someone_else()
                self.place(wish, self._parent(wish))

    def _time_for_more(self) -> bool:
        waiting = len(self.pool) + len(self.due) + 1.0
        return self.dice.random() < len(self.starts) / (len(self.starts) + waiting)

    def _start(self) -> Wish:
        """The next starting turn, not the last speaker's if that can be."""
        if len(self.floor.turns) > self.first and len(self.starts) > 1:
            last = self.floor.turns[-1].agent
            i = next((i for i in range(len(self.starts) - 1, -1, -1) if self.starts[i].agent != last), -1)
            return self.starts.pop(i)
        return self.starts.pop()

    def _alone(self, last: int) -> bool:
        return all(wish.agent == last for wish in self.pool)

    def _someone_else(self) -> Wish:
        """A wish of the pool, not the last speaker's if that can be."""
        last = self.floor.turns[-1].agent if len(self.floor.turns) > self.first else -1
        for _ in range(4):
            i = self.dice.below(len(self.pool))
            if self.pool[i].agent != last:
                break
        return self._take(i)

    def _take(self, i: int) -> Wish:
        self.pool[i], self.pool[-1] = self.pool[-1], self.pool[i]
        return self.pool.pop()

    def _distance(self) -> int:
        p1, p5, p20 = self.floor.setting.distances
        u = self.dice.random()
        if u < p1:
            return 1
        v = self.dice.random()
        if u < p5:
            return 2 + int(4 * v * v)
        return 6 + int(15 * v * v) if u < p20 else 21 + int(20 * v)

    def _parent(self, wish: Wish) -> int:
        """The turn a free wish answers: some way back, by somebody else, the talked-to sooner."""
        turns, at = self.floor.turns, len(self.floor.turns)
        if self.joiner >= 0 and wish.act == "welcome":
            return next((i for i in range(self.first, at) if turns[i].act == "intro"), -1)
        back = -1
        for _ in range(5):
            distance = self._distance()
            back = at - (distance if distance > 20 else min(distance, max(1, at - self.first)))
            if back < 0 or (at == self.first and distance <= 20):
                return -1
            other = turns[back]
            if other.agent == wish.agent or self.floor.clock - other.times[-1] > LATE:
                back = -1
                continue
            liked = AUTHOR.get(self._role(other.agent), 1.0) * (0.2 if other.act in ("ad", "friend") else 1.0)
            if self.dice.random() < liked:
                break
        return back

    def _role(self, agent: int) -> str:
        return self.floor.agents[agent].role(self.week.number)

    def place(self, wish: Wish, parent: int, thanks: bool = False) -> None:
        floor, dice = self.floor, self.dice
        at = len(floor.turns)
        if at > self.first:
            gap = floor.setting.gap * 2.718281828 ** (0.9 * dice.normal())
            if wish.act in STARTING:
                gap *= PAUSE
            floor.clock += int(min(max(gap, 2.0), 1500.0) * 1000)
        times = [floor.clock]
        while len(times) < 4 and dice.random() < (0.08 if wish.act in SHORT else CONTINUES):
            times.append(times[-1] + int(dice.between(2, 25) * 1000))
        if wish.act == "order" and not (parent >= 0 and floor.turns[parent].act in ("event", "ad", "order")):
            wish.act = "fill"
        opens = not floor.turns or floor.clock - floor.turns[-1].times[-1] >= 3 * HOUR
        topic = floor.turns[parent].topic if parent >= 0 else dice.below(floor.topics)
        floor.turns.append(
            Turn(times, wish.agent, wish.act, parent, topic, floor.sessions, opens, thanks, self.joiner)
        )
        floor.clock = times[-1]
        self._plan(wish, at)
        if wish.act == "ans" and parent >= 0 and not thanks and dice.chance(0.4):
            asker = Wish(floor.turns[parent].agent, "fill")
            self._expect(asker, at, thanks=True)

    def _expect(self, wish: Wish, parent: int, thanks: bool = False) -> None:
        self.planned += 1
        heappush(self.due, (parent + self._distance(), self.planned, wish, parent, thanks))

    def _plan(self, wish: Wish, at: int) -> None:
        """Answers and reactions to a turn, each some turns later."""
        if wish.answerable and not wish.answers:
            helper = next((i for i, w in enumerate(self.pool) if self._could_help(w, wish)), -1)
            if helper >= 0:
                wish.answers.append(Wish(self._take(helper).agent, "ans"))
        for answer in wish.answers:
            self._expect(answer, at)
        mean = REACTIONS.get(wish.act, 0.0)
        if not self.pool or not mean:
            return
        author = self.floor.agents[wish.agent]
        mean *= AUTHOR.get(author.role(self.week.number), 1.0)
        if self.floor.clock - author.joined < NOVICE:
            mean *= 0.8
        if self.floor.setting.overload:
            mean *= 1 - 0.3 * min(1.0, self.week.load / 1500)
        mean *= self.floor.causes.response(wish.act, self.week.number)
        wanted, spoke = self.dice.poisson(mean), {wish.agent}
        apt = ANSWERING.get(wish.act, ("chat", "fill", "q"))
        for i in range(len(self.pool) - 1, -1, -1):
            other = self.pool[i]
            if other.agent in spoke:
                continue
            about = wish.act in TARGETS.get(other.act, ())
            if about and self.dice.chance(0.85):
                self._expect(self._take(i), at)
                spoke.add(other.agent)
            elif wanted > 0 and other.act in apt and self._drawn_to(other.agent, author):
                wanted -= 1
                self._expect(self._take(i), at)
                spoke.add(other.agent)

    def _could_help(self, other: Wish, asker: Wish) -> bool:
        return (
            other.act == "chat"
            and other.agent != asker.agent
            and self._role(other.agent) in ("thinker", "ordinary", "organizer")
        )

    def _drawn_to(self, agent: int, author: Agent) -> bool:
        return self.dice.chance(0.9 if self.floor.agents[agent].circle == author.circle else 0.55)
