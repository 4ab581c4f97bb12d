"""A group log in the making: people with seats, what they say and what happens, and the frame it gives.

Everything is invented. Times are UTC milliseconds, days are those of UTC+8; day 0 is a Monday. The same seed
gives the same log. ``Log.of`` takes a simulated world as the ordinary talk on which a scenario puts its own.
"""

from __future__ import annotations

import csv
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cq.model import Event, Kind, MemberRole
from simulator.dice import Dice, cumulated, streams
from simulator.pack import domains, fill
from simulator.season import DAY, HOUR, WEEK, local
from simulator.world import World

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "WEEK",
    "Dice",
    "Event",
    "Kind",
    "Log",
    "Said",
    "Seat",
    "Voice",
    "Words",
    "words_of",
]

MINUTE = 60_000
MONDAY = 1_741_536_000_000
"""2025-03-10, 0:00 in UTC+8: where a log without another start begins."""
_HOURS = cumulated([1, 0.5, 0.2, 0.1, 0.1, 0.3, 1, 4, 8, 6, 5, 5, 8, 6, 4, 4, 4, 5, 6, 8, 12, 14, 10, 4])
"""How talk spreads over the day where nothing else is said."""


@dataclass(frozen=True)
class Words:
    """One pack of invented lines."""

    name: str
    slots: Mapping[str, tuple[str, ...]]
    lines: Mapping[str, Any]

    def say(self, dice: Dice, key: str, **slots: str) -> str:
        """One line of a key, filled."""
        return self.fill(dice, dice.pick(self.lines[key]), **slots)

    def fill(self, dice: Dice, text: str, **slots: str) -> str:
        """A line with its slots filled."""
        return fill(text, {**self.slots, **{k: (v,) for k, v in slots.items()}}, dice)


@cache
def _packs() -> tuple[Words, ...]:
    found = []
    for path in sorted((Path(__file__).parent / "words").glob("*.toml")):
        page = tomllib.loads(path.read_text(encoding="utf-8"))
        found.append(Words(path.stem, {k: tuple(v) for k, v in page["slots"].items()}, page["lines"]))
    return tuple(found)


def words_of(seed: int) -> Words:
    """The pack of a seed: they take turns, so that no figure hangs on one wording."""
    return _packs()[seed % len(_packs())]


class Voice:
    """Ordinary talk in the words of the pack the classifiers were fitted on, one kind of group at a time."""

    def __init__(self, dice: Dice, kind: int) -> None:
        choices = domains("fit")
        self.dice, self.domain = dice, choices[kind % len(choices)]
        self._left: dict[str, list[str]] = {}

    def line(self, act: str, **slots: str) -> str:
        """A text of an act (``chat``, ``help``, ``ans``, ``sub``, ``fill`` …); none comes again before all have."""
        left = self._left.setdefault(act, [])
        if not left:
            left += [template.text for template in self.domain.acts[act]]
            self.dice.shuffle(left)
        own = {"who": self.name(), "me": self.name(), **slots}
        topic = self.dice.pick(self.domain.topics)
        return fill(
            left.pop(), {**self.domain.slots, **topic, **{k: (v,) for k, v in own.items()}}, self.dice
        )

    def name(self) -> str:
        """A name as people of such a group bear it."""
        return fill(self.dice.pick(self.domain.names), self.domain.slots, self.dice)


@dataclass(slots=True, eq=False)
class Said:
    """One row; ``reply`` is the row answered, so that rows may be added in any order."""

    at: int
    who: str | None
    text: str | None
    kind: Kind = Kind.TEXT
    reply: Said | None = None
    mentions: tuple[str, ...] = ()
    url: str | None = None
    event: Event | None = None
    actor: str | None = None
    targets: tuple[str, ...] = ()
    detail: str | None = None
    acts: frozenset[str] = frozenset()


@dataclass(slots=True)
class Seat:
    """A member."""

    id: str
    name: str
    rank: MemberRole = "member"
    joined: int = 0
    left: int | None = None


@dataclass
class Log:
    """One group. ``dice`` are for what is put on top; ``tags``: who was cast as what."""

    name: str
    seed: int
    weeks: int
    number: str = "710000001"
    start: int = MONDAY
    kind: int = 0
    said: list[Said] = field(default_factory=list)
    seats: dict[str, Seat] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    bots: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dice, voices = streams(self.seed * 1_000_003 + 17, 2)
        self.words, self.voice = words_of(self.seed), Voice(voices, self.kind)

    @classmethod
    def of(cls, world: World, seed: int, kind: int, tags: Mapping[str, Sequence[str]], number: str) -> Log:
        """A simulated world to put more on."""
        log = cls(world.group_name, seed, world.setting.weeks, number, world.setting.start, kind)
        log.tags = {tag: list(ids) for tag, ids in tags.items()}
        log.seats = {
            m.member_id: Seat(m.member_id, m.name, m.role, m.joined_at, m.left_at) for m in world.members
        }
        for message, acts in zip(world.messages, world.truth.acts, strict=True):
            reply = None if message.reply_to is None else log.said[message.reply_to]
            log.said.append(
                Said(
                    message.at, message.sender_id, message.text, message.kind, reply, message.mentions, message.url,
                    message.event, message.actor, message.targets, message.detail, acts,
                )
            )  # fmt: skip
        return log

    # time

    def at(self, day: float, hour: float = 0.0, minutes: float = 0.0) -> int:
        """A moment: day of the log, hour, and up to so many minutes later."""
        return self.start + int(day * DAY + hour * HOUR + self.dice.random() * minutes * MINUTE)

    def moment(self, day: int) -> int:
        """Some time of a day, as people keep hours."""
        return self.at(day, self.dice.weighted(_HOURS), 60)

    @property
    def days(self) -> int:
        """How many days the log has."""
        return self.weeks * 7

    # people

    def seat(
        self,
        tag: str = "",
        rank: MemberRole = "member",
        joined: int | None = None,
        *,
        like: Seat | None = None,
    ) -> str:
        """A new member, of old unless told. ``like``: who it is in another group."""
        taken = {seat.name for seat in self.seats.values()}
        name = next((n for n in (self.voice.name() for _ in range(20)) if n not in taken), "")
        id_ = like.id if like else f"{52_000_000 + len(self.seats) * 6007}{int(self.number) % 89:02d}"
        name = like.name if like else name or f"{self.voice.name()}{len(self.seats)}"
        self.seats[id_] = Seat(id_, name, rank, self.start - 40 * WEEK if joined is None else joined)
        self.tags.setdefault(tag, []).append(id_)
        return id_

    def present(self, at: int, of: Iterable[str] | None = None) -> list[str]:
        """Who is a member at a moment."""
        seats = self.seats.values() if of is None else (self.seats[i] for i in of)
        return [
            s.id
            for s in seats
            if s.joined <= at and (s.left is None or at < s.left) and s.id not in self.bots
        ]

    # rows

    def say(self, at: int, who: str, text: str | None, **more: Any) -> Said:
        """Somebody says something."""
        row = Said(at, who, text, **more)
        self.said.append(row)
        return row

    def card(self, at: int, who: str, title: str, link: str, text: str = "") -> Said:
        """A link as a card; own words, if any, come before it."""
        if text:
            self.say(at - 4000, who, text)
        return self.say(at, who, title, kind=Kind.LINK, url=link)

    def happen(self, at: int, event: Event, text: str, **more: Any) -> Said:
        """A row of the platform itself."""
        kind = Kind.RECALL if event is Event.RECALL else Kind.SYSTEM
        row = Said(at, None, text, kind, event=event, **more)
        self.said.append(row)
        return row

    def join(self, at: int, who: str, by: str | None = None) -> None:
        """A join, invited by somebody or through a code."""
        seat = self.seats[who]
        seat.joined = at
        text = (
            f"{self.seats[by].name}邀请{seat.name}加入了群聊" if by else f"{seat.name}通过扫描二维码加入群聊"
        )
        self.happen(at, Event.JOIN, text, actor=by, targets=(who,), detail="invite" if by else "qr")

    def leave(self, at: int, who: str) -> None:
        """Somebody goes; what they would have said later is gone."""
        self.seats[who].left = at
        self.drop(lambda row: row.who == who and row.at >= at)
        self.happen(at, Event.LEAVE, f"{self.seats[who].name}退出了群聊", targets=(who,))

    def remove(self, at: int, who: str, by: str) -> None:
        """Somebody is put out."""
        self.seats[who].left = at
        self.drop(lambda row: row.who == who and row.at >= at)
        text = f"{self.seats[by].name}将{self.seats[who].name}移出了群聊"
        self.happen(at, Event.REMOVE, text, actor=by, targets=(who,))

    def drop(self, chosen: Callable[[Said], bool]) -> None:
        """Rows that never were; answers to them stay, but quote nothing."""
        gone = {id(row) for row in self.said if chosen(row)}
        self.said = [row for row in self.said if id(row) not in gone]
        for row in self.said:
            if row.reply is not None and id(row.reply) in gone:
                row.reply = None

    def rows(self, until: int | None = None, since: int | None = None) -> list[Said]:
        """By time, within ``[since, until)``."""
        found = sorted(self.said, key=lambda row: row.at)
        times = [row.at for row in found]
        low = 0 if since is None else bisect_left(times, since)
        return found[low : len(found) if until is None else bisect_left(times, until)]

    def frame(
        self, until: int | None = None, since: int | None = None, *, named: bool = False
    ) -> pd.DataFrame:
        """The log as ``cq.read`` would give it; ``named``: an export that knows names only."""
        rows = self.rows(until, since)
        return frame_of(rows, self.number, self.name, self._name_of, self._named if named else str)

    def _name_of(self, who: str | None) -> str | None:
        return self.seats[who].name if who in self.seats else None

    def _named(self, who: str) -> str:
        return f"name:{self._name_of(who) or who}"

    def roster(self, path: Path, until: int | None = None) -> Path:
        """The list of members as ``--roster`` reads it, as it stands at ``until``."""
        end = until or self.start + self.weeks * WEEK
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["member_id", "name", "role", "joined_at", "left_at"])
            for seat in self.seats.values():
                if seat.joined < end and seat.id not in self.bots:
                    left = seat.left if seat.left is not None and seat.left < end else None
                    times = [f"{local(t):%Y-%m-%d %H:%M:%S}" if t else "" for t in (seat.joined, left)]
                    out.writerow([seat.id, seat.name, seat.rank, *times])
        return path


def frame_of(
    rows: Sequence[Said],
    number: str,
    name: str,
    name_of: Callable[[str | None], str | None],
    id_of: Callable[[str], str],
) -> pd.DataFrame:
    """Rows in order as a frame of normalised messages."""
    import pandas as pd
    import pyarrow as pa

    from cq.model import COLUMNS, message_schema, record_batch

    ids = [f"{number}-{n:07d}" for n in range(len(rows))]
    place = {id(row): ids[n] for n, row in enumerate(rows)}

    def ids_of(people: Sequence[str]) -> list[str]:
        return [p if p == "@all" else id_of(p) for p in people]

    columns: dict[str, Any] = dict.fromkeys(COLUMNS)
    columns |= {
        "message_id": ids,
        "platform": "qq",
        "group_id": number,
        "group_name": name,
        "sent_at": pa.array([r.at for r in rows], pa.timestamp("ms", tz="UTC")),
        "sender_id": [None if r.who is None else id_of(r.who) for r in rows],
        "sender_name": [name_of(r.who) for r in rows],
        "kind": [r.kind.value for r in rows],
        "text": [r.text for r in rows],
        "url": [r.url for r in rows],
        "reply_to": [None if r.reply is None else place.get(id(r.reply)) for r in rows],
        "mentions": [ids_of(r.mentions) for r in rows],
        "event": [r.event.value if r.event else None for r in rows],
        "event_actor": [None if r.actor is None else id_of(r.actor) for r in rows],
        "event_target": [ids_of(r.targets) for r in rows],
        "event_detail": [r.detail for r in rows],
        "origin_file": "scenario",
        "origin_record": range(1, len(rows) + 1),
    }
    table = pa.Table.from_batches([record_batch(columns, len(rows))], message_schema())
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame
