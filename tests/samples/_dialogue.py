"""Reading the dialogue files and laying them out in time; shared by the two generators of long samples.

Everything random comes from ``random.Random.random`` alone: Python promises that its sequence for a
seed never changes, which it does not promise for ``choice`` or ``shuffle``.
"""

from __future__ import annotations

import math
import random
import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SCENE = re.compile(r"== W(\d+) (\w{3}) (\d+):(\d\d)(?: (.*))?")
WEEKS = re.compile(r"== (\d+)-(\d+)(?: reuse=(\d+))?")
PINNED = re.compile(r"\[(\d+)-(\d+)\] ?")
PAUSE = re.compile(r"~(\d+)m")
THREAD = re.compile(r"(.)/(.) (.*)")
ANSWER = re.compile(r"(\w):(.*)", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One line of a dialogue: ``verb`` is say, pause, or the name of a ``!command``."""

    verb: str
    who: str = ""
    text: str = ""
    at_once: bool = False


@dataclass(frozen=True)
class Scene:
    week: int
    day: int
    hour: int
    minute: int
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Exchange:
    """A small dialogue without a fixed date, possible from week ``first`` to week ``last``."""

    first: int
    last: int
    when: str
    steps: tuple[Step, ...]
    firm: tuple[bool, ...]
    """For each step, whether its speaker was named in the file (else anybody may say it)."""

    repeats: int = 1


@dataclass(frozen=True, order=True)
class Event:
    """Something that stands in the log: sorted by time, then by the order it was made in."""

    time: datetime
    serial: int
    verb: str = field(compare=False)
    who: str = field(compare=False)
    text: str = field(compare=False)


def lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line.startswith("#"):
            yield line


def step(line: str, cast: Sequence[str]) -> Step:
    if pause := PAUSE.fullmatch(line):
        return Step("pause", text=pause[1])
    if line.startswith("!"):
        verb, _, rest = line[1:].partition(" ")
        return Step(verb, text=rest.replace("⏎", "\n"))
    if line.startswith("+ "):
        who, _, note = line[2:].partition(" ")
        if who not in cast:
            raise ValueError(line)
        return Step("sign", who, note)
    at_once = line.startswith("&")
    who, _, text = line[at_once:].partition(" ")
    if who not in cast or not text:
        raise ValueError(line)
    return Step("say", who, text.replace("⏎", "\n"), at_once)


def read_scenes(paths: Sequence[Path], cast: Sequence[str]) -> list[Scene]:
    scenes: list[Scene] = []
    for path in paths:
        head: re.Match[str] | None = None
        steps: list[Step] = []
        for line in [*lines(path), "== end"]:
            if line.startswith("=="):
                if head:
                    week, day, hour, minute, title = head.groups()
                    at = (int(week), DAYS.index(day), int(hour), int(minute))
                    scenes.append(Scene(*at, title or "", tuple(steps)))
                head, steps = SCENE.fullmatch(line), []
            elif line:
                steps.append(step(line, cast))
    return scenes


def read_questions(path: Path, cast: Sequence[str]) -> list[Exchange]:
    """Blocks of named lines, a blank line between two of them; ``[a-b]`` before one narrows its weeks."""
    found: list[Exchange] = []
    weeks = these = (1, 1)
    block: list[Step] = []
    for line in [*lines(path), ""]:
        if head := WEEKS.fullmatch(line):
            weeks = these = (int(head[1]), int(head[2]))
        elif head := PINNED.fullmatch(line):
            these = (int(head[1]), int(head[2]))
        elif line:
            block.append(step(line, cast))
        elif block:
            found.append(Exchange(*these, "*", tuple(block), (True,) * len(block)))
            these, block = weeks, []
    return found


def read_threads(paths: Sequence[Path], cast: Sequence[str]) -> list[Exchange]:
    """``X/when remark | answer | Y:answer``, one to a line; ``[a-b]`` before it narrows its weeks."""
    found: list[Exchange] = []
    first, last, repeats = 1, 1, 1
    for path in paths:
        for line in lines(path):
            if head := WEEKS.fullmatch(line):
                first, last, repeats = int(head[1]), int(head[2]), int(head[3] or 1)
                continue
            span = (first, last)
            if head := PINNED.match(line):
                span, line = (int(head[1]), int(head[2])), line[head.end() :]
            if thread := THREAD.fullmatch(line):
                who, when, rest = thread.groups()
                remark, *answers = [part.strip().replace("⏎", "\n") for part in rest.split(" | ")]
                steps, firm = [Step("say", who, remark)], [True]
                for answer in answers:
                    named = ANSWER.fullmatch(answer)
                    is_named = named is not None and named[1] in cast
                    steps.append(
                        Step("say", named[1], named[2]) if named and is_named else Step("say", "", answer)
                    )
                    firm.append(is_named)
                if who not in cast:
                    raise ValueError(line)
                found.append(Exchange(*span, when, tuple(steps), tuple(firm), repeats))
            elif line:
                raise ValueError(line)
    return found


def read_lists(path: Path, head: str = "== ") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines(path):
        if line.startswith(head):
            current = found.setdefault(line[len(head) :], [])
        elif line:
            current.append(line)
    return found


class Dice:
    """Randomness that stays the same from one Python to the next."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def unit(self) -> float:
        return self._random.random()

    def chance(self, share: float) -> bool:
        return self.unit() < share

    def number(self, low: int, high: int) -> int:
        return low + int(self.unit() * (high - low + 1))

    def pick(self, things: Sequence[Any]) -> Any:
        return things[int(self.unit() * len(things))]

    def weighted(self, weights: dict[str, float]) -> str:
        point = self.unit() * sum(weights.values())
        for key, weight in weights.items():
            point -= weight
            if point < 0:
                return key
        return next(reversed(weights))

    def mixed(self, things: Sequence[Any]) -> list[Any]:
        keyed = sorted((self.unit(), i) for i in range(len(things)))
        return [things[i] for _, i in keyed]

    def wait(self, mean: float) -> float:
        """Seconds, exponentially distributed."""
        return -mean * math.log(1 - self.unit())


class Timeline:
    """Events in the making, and which stretches of time are taken by a conversation."""

    def __init__(self, dice: Dice, pace: float) -> None:
        self.dice = dice
        self.pace = pace
        self.events: list[Event] = []
        self.taken: list[tuple[datetime, datetime]] = []

    def add(self, time: datetime, verb: str, who: str, text: str) -> None:
        self.events.append(Event(time.replace(microsecond=0), len(self.events), verb, who, text))

    def typing(self, text: str, slow: float) -> timedelta:
        """The time until this message stands in the group."""
        seconds = 2 + min(len(text), 90) * 0.28 + self.dice.wait(self.pace * slow)
        return timedelta(seconds=round(seconds))

    def play(self, start: datetime, steps: Sequence[Step], slow: float = 1) -> datetime:
        """Lay out a dialogue and take its time, the pauses in it left out; gives the time of its last line."""
        now = begun = start
        fresh = True
        for item in steps:
            if item.verb == "pause":
                self.take(begun, now)
                now = begun = now + timedelta(minutes=int(item.text), seconds=self.dice.number(1, 50))
                fresh = True
                continue
            if item.verb in ("say", "sign", "reply"):
                if not fresh and not item.at_once:
                    now += self.typing(item.text, slow)
                fresh = False
            elif item.verb not in ("card", "signup"):
                now += timedelta(seconds=self.dice.number(1, 4))
                fresh = False
            self.add(now, item.verb, item.who, item.text)
        self.take(begun, now)
        return now

    def take(self, start: datetime, end: datetime) -> None:
        insort(self.taken, (start, end))

    def free(self, start: datetime, end: datetime, margin: int = 90) -> bool:
        pad = timedelta(seconds=margin)
        i = bisect_left(self.taken, (start - pad, start - pad))
        near = self.taken[max(0, i - 3) : i + 3]
        return all(end + pad < low or high + pad < start for low, high in near)

    def place(self, moment: Callable[[], datetime], length: timedelta) -> datetime | None:
        """A start from ``moment()`` with room for a conversation of this length, after some tries."""
        for _ in range(200):
            start = moment()
            if self.free(start, start + length):
                return start
        return None
