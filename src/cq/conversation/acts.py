"""What a turn does: asks, answers, welcomes, disagrees … several at once, each by a rule that can be shown.

Tags are found by words (data in ``data/acts.toml``), by position in the talk and by events of the log. They
are noisy; whoever counts them allows for that (``benchmarks/acts``). Nothing here knows a role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cq.conversation._act_facts import KINDS, EventOf, Given
from cq.conversation._act_model import Letters, read, spelled
from cq.conversation._act_model import shipped as model
from cq.conversation._act_rules import Rule, bits, shipped
from cq.conversation._talk import Bools, Ints
from cq.model import Event, Kind
from cq.text.questions import is_question

if TYPE_CHECKING:
    from cq.conversation._talk import Talk
    from cq.conversation.replies import Replies
    from cq.conversation.sessions import Sessions
    from cq.conversation.turns import Turns

NO_ADS = (1, 7, 8)
"""Kinds of ads that are no offer: chains, floods, none; places in :data:`cq.ads.verdict.KINDS`."""

BRIEF = 36
"""Bytes up to which a text is said again and again: twelve ideographs."""


class Act(StrEnum):
    """What a turn can do. Bit i of a mask is the i-th act."""

    QUESTION = "question"
    HELP = "help"
    ANSWER = "answer"
    SUBSTANCE = "substance"
    CHAT = "chat"
    FILLER = "filler"
    NOTICE = "notice"
    RULE = "rule"
    MODERATION = "moderation"
    WELCOME = "welcome"
    OPENING = "opening"
    EVENT = "event"
    AD = "ad"
    SELF_PROMOTION = "self_promotion"
    ADD_ME = "add_me"
    DISSENT = "dissent"
    RED_PACKET = "red_packet"
    INTRODUCTION = "introduction"
    ORDER = "order"


ACTS: tuple[Act, ...] = tuple(Act)
BIT: dict[Act, int] = {act: 1 << i for i, act in enumerate(ACTS)}


class SystemAct(NamedTuple):
    """An event that shows somebody running the group: the row, who did it, which act it counts as."""

    row: int
    person: int
    act: Act


class Shown(NamedTuple):
    """Why a turn counts as an act: the rule, and the row of the log that shows it best."""

    act: Act
    rule: str
    row: int


@dataclass(frozen=True)
class Acts:
    """``mask``: uint32 per turn, bit i set where ``ACTS[i]`` holds. ``targeted``: bool per turn, a dissent
    whose target (rule, notice, organizer, content, ads) is explicit. ``system``: events that are acts of a
    person. :meth:`rules_of` shows by which rules a turn counts."""

    mask: NDArray[np.uint32]
    targeted: NDArray[np.bool_]
    system: Sequence[SystemAct]
    _why: _Why | None = field(default=None, repr=False, compare=False)

    def has(self, *wanted: Act) -> NDArray[np.bool_]:
        """Which turns do any of these."""
        return np.asarray((self.mask & np.uint32(sum(BIT[act] for act in wanted))) != 0)

    def rules_of(self, turn: int) -> list[Shown]:
        """The rules by which a turn counts as what it does, in the order they were tried."""
        return self._why.rules_of(turn) if self._why else []


def acts(
    talk: Talk,
    turns: Turns,
    sessions: Sessions,
    replies: Replies,
    *,
    kind: NDArray[np.int8],
    ad_outcome: NDArray[np.int8],
    ad_kind: NDArray[np.int8],
    events: Sequence[EventOf],
) -> Acts:
    """The acts of every turn. ``kind``, ``ad_outcome`` and ``ad_kind`` are columns of the log, by row."""
    rows = np.flatnonzero(turns.of_row >= 0)
    starts = np.searchsorted(rows, turns.first_row)
    said = _said(talk, rows)
    words, asks = said.words, said.asks
    fillers = np.uint64(sum(shipped().bit(name) for name in _fillers()))
    sticker = kind[rows] == KINDS.index(Kind.STICKER)
    filler = ((words & fillers) != 0) | sticker
    ads = (ad_outcome > 0) & ~np.isin(ad_kind, NO_ADS)
    whole = np.logical_and.reduceat(filler, starts) if len(starts) else np.zeros(0, np.bool_)
    given = Given(talk, turns, sessions, replies, kind, ads, events, rows, starts, asks, whole)
    some = _of_turns(said, starts) if len(starts) else words
    why = _Why(given, words, some)
    for rule in shipped().rules:
        found = given.found.setdefault(rule.act, np.zeros(len(turns), np.bool_))
        found |= why.holds(rule)
    mask = np.zeros(len(turns), np.uint32)
    for act in ACTS:
        mask |= given.act(act).astype(np.uint32) * np.uint32(BIT[act])
    targeted = given.act(Act.DISSENT) & (why.has("dissent_target") | given.fact("replies_running"))
    return Acts(mask, targeted, _system(talk, turns, events), why)


def _fillers() -> tuple[str, ...]:
    return tuple(n for r in shipped().rules for n in r.every if n in shipped().bits)


class _Said(NamedTuple):
    """Per row of talk the sets of words in it and what it reads like, whether it asks, its letters."""

    words: NDArray[np.uint64]
    asks: Bools
    letters: Letters


def _said(talk: Talk, rows: Ints) -> _Said:
    """What is in the texts; short ones, which are said again and again, are looked at once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.fill_null(talk.text.take(pa.array(rows)), "")
    brief = np.asarray(pc.binary_length(texts)) <= BRIEF
    again = texts.filter(pa.array(brief)).dictionary_encode()
    place = np.empty(len(texts), np.int64)
    place[brief] = again.indices.to_numpy()
    place[~brief] = np.arange(len(again.dictionary), len(again.dictionary) + np.count_nonzero(~brief))
    different = pa.concat_arrays([again.dictionary, texts.filter(pa.array(~brief))])
    words, asks, letters = bits(different, shipped()), is_question(different), spelled(different, model())
    words |= read(letters, words, asks, shipped().bits, model())
    return _Said(words[place], asks[place], letters.of(place))


def _of_turns(said: _Said, starts: Ints) -> NDArray[np.uint64]:
    """Per turn what some row of it has, and what its rows read like together."""
    words = np.bitwise_or.reduceat(said.words, starts)
    several = np.diff(np.append(starts, len(said.words))) > 1
    letters, asks = said.letters.added(starts), np.logical_or.reduceat(said.asks, starts)
    some = Letters([total[several] for total in letters.totals], letters.sizes[several])
    together = read(some, words[several], asks[several], shipped().bits, model())
    readings = np.uint64(sum(shipped().bit(name) for name in shipped().readings))
    words[several] = (words[several] & ~readings) | together
    return words


@dataclass(frozen=True)
class _Why:
    """What the rules were tried on: ``words`` per row of talk, ``some`` per turn."""

    given: Given
    words: NDArray[np.uint64]
    some: NDArray[np.uint64]
    held: dict[str, Bools] = field(default_factory=dict)

    def has(self, name: str) -> Bools:
        """Which turns have a set of words, a fact, or an act that was found before."""
        if name.startswith("act:"):
            return self.given.act(name[4:])
        if name in shipped().bits:
            return np.asarray((self.some & np.uint64(shipped().bit(name))) != 0)
        return self.given.fact(name)

    def holds(self, rule: Rule) -> Bools:
        """For which turns a rule holds."""
        out = self.given.filler.copy() if rule.every else np.ones(len(self.some), np.bool_)
        for name in rule.all:
            out &= self.has(name)
        if rule.any:
            out &= np.logical_or.reduce([self.has(name) for name in rule.any])
        for name in rule.none:
            out &= ~self.has(name)
        return out

    def rules_of(self, turn: int) -> list[Shown]:
        """The rules that hold for one turn."""
        begin = int(np.searchsorted(self.given.rows, self.given.turns.first_row[turn]))
        end = int(np.searchsorted(self.given.rows, self.given.turns.last_row[turn], "right"))
        found = []
        for rule in shipped().rules:
            if rule.id not in self.held:
                self.held[rule.id] = self.holds(rule)
            if self.held[rule.id][turn]:
                names = [n for n in (*rule.all, *rule.any, *rule.every) if n in shipped().bits]
                wanted = np.uint64(sum(shipped().bit(name) for name in names))
                shows = np.bitwise_count(self.words[begin:end] & wanted)
                found.append(
                    Shown(Act(rule.act), rule.id, int(self.given.rows[begin + int(np.argmax(shows))]))
                )
        return found


_ACT_OF = {
    Event.REMOVE: Act.MODERATION,
    Event.MUTE: Act.MODERATION,
    Event.UNMUTE: Act.MODERATION,
    Event.MUTE_ALL: Act.MODERATION,
    Event.UNMUTE_ALL: Act.MODERATION,
    Event.RECALL: Act.MODERATION,
    Event.RENAME_GROUP: Act.NOTICE,
    Event.ANNOUNCEMENT: Act.NOTICE,
    Event.ESSENCE: Act.NOTICE,
    Event.PIN: Act.NOTICE,
    Event.ADMIN_CHANGE: Act.RULE,
    Event.OWNER_CHANGE: Act.RULE,
}


def _system(talk: Talk, turns: Turns, events: Sequence[EventOf]) -> list[SystemAct]:
    """Events with a known doer that run the group: not what is a turn already, nor done to oneself."""
    found = []
    for row, event, actor, targets, _ in events:
        doer = actor if actor >= 0 else int(talk.person[row])
        others = [target for target in targets if target != doer]
        personal = event in (Event.REMOVE, Event.MUTE, Event.UNMUTE, Event.RECALL)
        if event in _ACT_OF and doer >= 0 and turns.of_row[row] < 0 and (others or not personal):
            found.append(SystemAct(row, doer, _ACT_OF[event]))
    return found
