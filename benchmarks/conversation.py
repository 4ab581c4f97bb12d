"""One invented group conversation of any length: who says what and when.

People join over time; sessions have a few participants and a topic; days have a rhythm; there are questions,
mentions, replies, pictures and recalls.  It is a stream, so its memory does not grow with its length, and it
serves to measure speed.  It is no simulation of group life: nothing can be learnt from findings about it.
"""

import random
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from typing import NamedTuple

import vocabulary as words

SEED = 20260201
ZONE = timezone(timedelta(hours=8))
START = int(datetime(2024, 1, 1, tzinfo=ZONE).timestamp())
DAY = 86_400
LONGEST_SPAN_DAYS = 730
MESSAGES_PER_DAY = 40  # a small export covers fewer days instead of thinning out
SPEAKERS, FOUNDERS = 300, 200
MESSAGES_PER_JOIN = 100  # at least; in a long export all who can join have joined in the end
# Messages per hour of the day, 0 to 23: asleep, a lunch peak, an evening peak.
HOURS = (9, 4, 2, 1, 1, 2, 6, 14, 26, 34, 38, 40, 52, 44, 36, 36, 36, 38, 44, 54, 70, 78, 62, 28)
HOUR_MARKS = list(accumulate(HOURS))


class Speaker(NamedTuple):
    """A member: display name, QQ title tag, QQ account part of a header, WeChat id."""

    name: str
    title: str
    account: str
    wxid: str


class Message(NamedTuple):
    """One message; `at` in seconds since the epoch, `speaker` None for a system row, `text` with LF."""

    number: int
    at: int
    speaker: Speaker | None
    kind: str
    text: str
    mention: Speaker | None = None
    answered: "Message | None" = None


def cast() -> list[Speaker]:
    """Make the members: unique names, one in twelve known by e-mail, some with a title or an odd name."""
    people = []
    for i in range(SPEAKERS):
        head, stem = words.NAME_HEADS[i // 40 % 4], words.NAME_STEMS[i % 40]
        name = head + stem + (words.NAME_ENDS[i * 5 % 8] if i % 160 > 100 or i >= 160 else "")
        name += str(i) if i >= 160 else ""
        title = "【管理员】" if i in (1, 2, 5) else words.LEVELS[i % 4] if i % 9 == 4 else ""
        account = f"<reader{i:03}@example.com>" if i % 12 == 7 else f"({100_860_000 + i * 7919})"
        people.append(Speaker(name, title, account, f"wxid_{i * 104_729 % 10**8:08}{i:04}"))
    return people


def moments(count: int, rng: random.Random) -> Iterator[int]:
    """Yield `count` times in ascending order, with an hourly and a weekly rhythm and a slow swell."""
    days = min(LONGEST_SPAN_DAYS, max(7, count // MESSAGES_PER_DAY))
    busy = [
        (1.3 if d % 7 in (5, 6) else 1.0) * (0.6 + 0.8 * d / days) * rng.uniform(0.7, 1.3)
        for d in range(days)
    ]
    marks = list(accumulate(busy))
    done = 0
    for day, mark in enumerate(marks):
        today = (count if day == days - 1 else int(count * mark / marks[-1])) - done
        done += today
        hours = rng.choices(range(24), cum_weights=HOUR_MARKS, k=today)
        yield from sorted(START + day * DAY + hour * 3600 + int(rng.random() * 3600) for hour in hours)


def sentence(rng: random.Random, topic: words.Topic) -> str:
    """Make a statement about the topic; some are short reactions."""
    pick = rng.choice
    roll = rng.random()
    if roll < 0.15:
        return pick(words.SHORTS)
    before, after = pick(words.DOINGS)
    remark = "，" + pick(topic.remarks) if roll < 0.6 else ""
    core = f"{pick(words.WHENS)}{pick(words.WHOS)}{before}{pick(topic.nouns)}{after}"
    return f"{pick(words.OPENERS)}{core}{remark}{pick(words.TAILS)}"


def question(rng: random.Random, topic: words.Topic) -> str:
    """Make a question about the topic."""
    before, after = rng.choice(words.QUESTIONS)
    return f"{rng.choice(words.OPENERS)}{before}{rng.choice(words.WHENS)}的{rng.choice(topic.nouns)}{after}"


def conversation(count: int, seed: int = SEED) -> Iterator[Message]:
    """Yield the conversation in time order; memory does not grow with `count`."""
    rng = random.Random(seed)
    people = cast()
    weights = list(accumulate(1 / (rank + 3) for rank in range(SPEAKERS)))
    recent: deque[Message] = deque(maxlen=12)
    newcomers = min(SPEAKERS - FOUNDERS, count // MESSAGES_PER_JOIN)
    present, left, circle, topic = FOUNDERS, 0, people[:1], words.TOPICS[0]
    for number, at in enumerate(moments(count, rng)):
        joined = present - FOUNDERS
        if joined < newcomers and number * (newcomers + 1) >= count * (joined + 1):
            newcomer, present = people[present], present + 1
            yield Message(number, at, None, "system", f"{newcomer.name}加入本群。")
            continue
        if left == 0:
            left = rng.randint(8, 60)
            circle = rng.choices(people[:present], cum_weights=weights[:present], k=rng.randint(3, 10))
            topic = rng.choice(words.TOPICS)
        left -= 1
        speaker, roll = rng.choice(circle), rng.random()
        if roll < 0.005:
            yield Message(number, at, None, "system", f"{speaker.name}撤回了一条消息")
            continue
        if roll < 0.055:
            message = Message(number, at, speaker, "image", "[图片]")
        else:
            text = question(rng, topic) if roll < 0.135 else sentence(rng, topic)
            if rng.random() < 0.107:  # of the 94 % that are text: a tenth of all messages
                text += "\n" + sentence(rng, topic)
            aside = rng.random() if recent else 1.0
            mention = rng.choice(recent).speaker if aside < 0.053 else None
            answered = rng.choice(recent)._replace(answered=None) if 0.053 <= aside < 0.16 else None
            message = Message(number, at, speaker, "text", text, mention, answered)
        recent.append(message)
        yield message
