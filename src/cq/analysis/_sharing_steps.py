"""The nine steps of a sharing session, and which of them a log shows.

The steps are those of an article on communities (提前准备、反复通知、强调规则、提前暖场、介绍嘉宾、
诱导互动、随时控场、收尾总结、提供福利). Preparation is mostly done where no log sees it, and is never
counted as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cq.analysis import KINDS
from cq.analysis._sharing_sessions import ABOUT, DAY_MS, HOUR_MS, MINUTE_MS
from cq.conversation.acts import Act
from cq.model import Event, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cq.analysis._habit_ground import Room
    from cq.analysis._sharing_sessions import Session

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

STEPS = ("prepare", "notify", "rules", "warm_up", "introduce", "interact", "control", "summary", "benefits")
SEEN, NOT_SEEN, NOT_OBSERVABLE, UNNEEDED = "seen", "not_seen", "not_observable", "unneeded"
WARM_TURNS, WARM_PEOPLE = 5, 3
PROMPTS, ASKERS = 2, 3
ASTRAY = 10
"""So many turns in a row without the sharer and the host are off the talk."""
LONG = 40
_FILES = tuple(KINDS.index(kind) for kind in (Kind.FILE, Kind.LINK, Kind.FORWARD))
_PLANS = (
    r"流程|主持|海报|海報|物料|排好|排期|分工|彩排|试讲|試講"
    r"|试一遍|提前(?:两|几|一|\d)天|记录|材料|筹备|準備|准备|名单|嘉宾定|定(?:了|好)"
)
_RULES = (
    r"规则|規則|规矩|不要(?:插|刷|发|打断)|请勿|勿|别(?:刷|插|发)|保持安静"
    r"|禁言|统一(?:提|放|在|回)|最后(?:提|统一|再)|提问(?:前|请|统一|放|环节)|前面加"
)
_PRESENTS = r"介绍|介紹|嘉宾|嘉賓|有请|有請|欢迎|歡迎|请到|請到|掌声|做.{1,8}年"
_PROMPTS = (
    r"[?？]|有没有|有沒有|举个?手|舉手|扣\s*[1１一]|打\s*1|提问|提問|提一个|说说|說說|聊两句|聊聊"
    r"|大家(?:怎么|觉得|认为|有)|谁(?:来|能|愿)|谈谈|回复|互动|遇到过"
)
_SUMS_UP = r"总结|總結|要点|要點|回顾|回顧|整理|笔记|筆記|回放|纪要|紀要|复盘|小结|感谢|感謝|记住|干货"
_GIVES = (
    r"红包|紅包|福利|优惠券|優惠|资料包|資料包|大礼包|礼品|礼包|赠送|送出|抽奖|抽獎|领取|領取|奖品|兑换|券"
)


@dataclass(frozen=True)
class Course:
    """One session as the steps look at it."""

    room: Room
    session: Session

    @cached_property
    def start(self) -> int:
        return int(self.room.on.found.turns.start_ms[self.session.first])

    @cached_property
    def end(self) -> int:
        return int(self.room.on.found.turns.end_ms[self.session.last])

    def between(self, low: int, high: int) -> Ints:
        """Turns that begin in ``[low, high)``, UTC ms."""
        a, b = np.searchsorted(self.room.on.found.turns.start_ms, [low, high])
        return np.arange(int(a), int(b))

    def by(self, turns: Ints, people: Iterable[int]) -> Ints:
        return turns[np.isin(self.room.on.found.turns.person[turns], list(people))]

    def saying(self, turns: Ints, pattern: str) -> Ints:
        """Those of the turns of which some message matches."""
        every, view = self.room.on.found.turns, self.room.view
        if not len(turns):
            return turns
        low, high = int(every.first_row[turns[0]]), int(every.last_row[turns[-1]]) + 1
        rows = np.flatnonzero(np.isin(every.of_row[low:high], turns)) + low
        texts = pc.fill_null(view.text.take(pa.array(rows)), "")
        return np.unique(every.of_row[rows[np.asarray(pc.match_substring_regex(texts, pattern))]])

    def doing(self, turns: Ints, *acts: Act) -> Ints:
        return turns[self.room.on.found.acts.has(*acts)[turns]]

    def kinds(self, turns: Ints, kinds: tuple[int, ...]) -> Ints:
        """Those of the turns with a message of these kinds."""
        every, view = self.room.on.found.turns, self.room.view
        if not len(turns):
            return turns
        low, high = int(every.first_row[turns[0]]), int(every.last_row[turns[-1]]) + 1
        turn = np.unique(every.of_row[low:high][np.isin(view.kind[low:high], kinds)])
        return turns[np.isin(turns, turn)]

    @cached_property
    def hosting(self) -> tuple[int, ...]:
        """Hosts and the sharer: who may sum up and give things."""
        return (*self.session.hosts, self.session.sharer)

    @cached_property
    def during(self) -> Ints:
        return np.arange(self.session.first, self.session.last + 1)

    def naming(self, turns: Ints) -> Ints:
        """Turns that mention the sharer or say the name."""
        view, every = self.room.view, self.room.on.found.turns
        who = self.session.sharer
        mentioned = every.of_row[view.mention_row[view.mention_person == who]]
        names = [n for n in {*view.people[who].names, view.people[who].name} if len(n) > 1]
        said = np.zeros(0, np.int64)
        for name in names:
            said = np.union1d(said, self._containing(turns, name))
        return turns[np.isin(turns, mentioned) | np.isin(turns, said)]

    def _containing(self, turns: Ints, word: str) -> Ints:
        every, view = self.room.on.found.turns, self.room.view
        texts = view.text.take(pa.array(every.first_row[turns]))
        return turns[np.asarray(pc.fill_null(pc.match_substring(texts, word), False), np.bool_)]


def steps(course: Course) -> dict[str, tuple[str, Ints]]:
    """Per step what is seen of it, and the turns that show it."""
    seen = {step: look(course) for step, look in _LOOKS.items()}
    out = {step: (SEEN if len(turns) else NOT_SEEN, turns) for step, turns in seen.items()}
    if not len(seen["prepare"]):
        out["prepare"] = NOT_OBSERVABLE, seen["prepare"]
    if not len(seen["control"]) and not _strays(course):
        out["control"] = UNNEEDED, seen["control"]
    return out


def _prepare(course: Course) -> Ints:
    """Who does what, schedule and material, a week to two days before."""
    before = course.between(course.start - 7 * DAY_MS, course.start - 2 * DAY_MS)
    return course.saying(course.saying(course.by(before, course.hosting), _PLANS), ABOUT)


def _notify(course: Course) -> Ints:
    """Two announcements at different hours, up to ten minutes before."""
    turns = course.room.on.found.turns
    told = course.session.announced
    told = told[turns.start_ms[told] <= course.start - 10 * MINUTE_MS]
    hours = np.unique(course.room.view.local_ms[turns.first_row[told]] // HOUR_MS)
    return told if len(hours) > 1 else told[:0]


def _rules(course: Course) -> Ints:
    near = course.by(
        course.between(course.start - HOUR_MS, course.start + 10 * MINUTE_MS), course.session.hosts
    )
    return np.union1d(course.doing(near, Act.RULE), course.saying(near, _RULES))


def _warm_up(course: Course) -> Ints:
    """Five turns by three people in the half hour before, notices, rules and the introduction left out."""
    before = course.between(course.start - 30 * MINUTE_MS, course.start)
    talk = before[~course.room.on.found.acts.has(Act.NOTICE, Act.RULE, Act.MODERATION, Act.AD)[before]]
    talk = np.setdiff1d(talk, np.concatenate((course.session.announced, _rules(course), _introduce(course))))
    people = np.unique(course.room.on.found.turns.person[talk])
    return talk if len(talk) >= WARM_TURNS and len(people) >= WARM_PEOPLE else talk[:0]


def _introduce(course: Course) -> Ints:
    """A host names the sharer, no mere announcement."""
    near = course.between(course.start - 20 * MINUTE_MS, course.start + 10 * MINUTE_MS)
    near = course.by(near, course.session.hosts)
    named = course.naming(near)
    presents = course.saying(near, _PRESENTS)
    named = named[~np.isin(named, course.session.announced) | np.isin(named, presents)]
    # Where a name is not written as the account bears it, the words of a presentation have to do.
    return named if len(named) else presents[~np.isin(presents, course.session.announced)]


def _interact(course: Course) -> Ints:
    """Two prompts of a host or the sharer, and three people who ask."""
    prompts = course.by(course.during, course.session.hosts)
    prompts = np.union1d(course.doing(prompts, Act.QUESTION), course.saying(prompts, _PROMPTS))
    prompts = prompts[~course.room.on.found.acts.has(Act.MODERATION)[prompts]]
    if len(prompts) < PROMPTS:
        own = course.by(course.during, [course.session.sharer])
        prompts = np.union1d(prompts, course.doing(own, Act.QUESTION))
    person = course.room.on.found.turns.person
    asked = course.doing(course.during, Act.QUESTION, Act.HELP)
    asked = asked[~np.isin(person[asked], course.hosting)]
    enough = len(prompts) >= PROMPTS and len(np.unique(person[asked])) >= ASKERS
    return np.union1d(prompts, asked) if enough else prompts[:0]


def _control(course: Course) -> Ints:
    """Somebody is called to order, or a message is taken back by a host."""
    talk = course.by(course.during, course.session.hosts)
    view, turns = course.room.view, course.room.on.found.turns
    acts = course.doing(talk, Act.MODERATION)
    strong = Event.REMOVE, Event.MUTE, Event.MUTE_ALL, Event.RECALL
    low, high = np.searchsorted(view.sent_at, [course.start, course.end])
    dealt = [
        e.row
        for e in view.events
        if low <= e.row < high
        and e.event in strong
        and e.actor in course.session.hosts
        and e.actor not in e.targets
    ]
    near = np.searchsorted(turns.first_row, np.array(dealt, np.int64)) - 1
    return np.union1d(acts, near[near >= 0])


def _strays(course: Course) -> bool:
    """Whether ten turns in a row go by without the sharer and the hosts."""
    own = np.isin(course.room.on.found.turns.person[course.during], course.hosting)
    places = np.flatnonzero(np.concatenate(([True], own, [True])))
    return bool((np.diff(places) - 1).max(initial=0) >= ASTRAY)


def _summary(course: Course) -> Ints:
    after = course.by(course.between(course.end + 1, course.end + DAY_MS), course.hosting)
    long = after[course.room.on.found.turns.characters[after] >= LONG]
    return np.union1d(course.saying(long, _SUMS_UP), course.kinds(after, _FILES))


def _benefits(course: Course) -> Ints:
    after = course.by(course.between(course.end + 1, course.end + DAY_MS), course.hosting)
    return np.union1d(course.doing(after, Act.RED_PACKET), course.saying(after, _GIVES))


_LOOKS = {
    "prepare": _prepare, "notify": _notify, "rules": _rules, "warm_up": _warm_up, "introduce": _introduce,
    "interact": _interact, "control": _control, "summary": _summary, "benefits": _benefits,
}  # fmt: skip
