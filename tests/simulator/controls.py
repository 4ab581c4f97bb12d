"""Controls: the same world with something taken away or changed, to show what an analysis really rests on.

Each returns a new world. What must happen to a result (collapse, stay, be identical) is said by who measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .dice import Dice, streams
from .pack import letters
from .world import Message, World

_NOISE = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"


def permuted_truth(world: World, seed: int) -> World:
    """Roles dealt to other people: every score must fall to chance."""
    people = list(world.truth.roles)
    dealt = list(people)
    streams(seed, 1)[0].shuffle(dealt)
    roles = {person: world.truth.roles[other] for person, other in zip(people, dealt, strict=True)}
    return replace(world, truth=replace(world.truth, roles=roles))


def shuffled_senders(world: World, seed: int) -> World:
    """The senders of each session dealt anew to its turns: role scores must collapse, volume stays."""
    dice = streams(seed, 1)[0]
    sessions: dict[int, dict[int, list[int]]] = {}
    for n, (session, turn) in enumerate(zip(world.truth.session, world.truth.turn, strict=True)):
        if turn >= 0 and world.messages[n].sender_id is not None:
            sessions.setdefault(session, {}).setdefault(turn, []).append(n)
    messages = list(world.messages)
    for turns in sessions.values():
        dealt = list(turns.values())
        dice.shuffle(dealt)
        for rows, source in zip(turns.values(), dealt, strict=True):
            giver = world.messages[source[0]]
            for n in rows:
                messages[n] = replace(messages[n], sender_id=giver.sender_id, sender_name=giver.sender_name)
    return replace(world, messages=tuple(messages))


def shuffled_times(world: World, seed: int) -> World:
    """All rows in another order at the same times: nothing that develops may be found. Quotes are dropped."""
    order = list(range(len(world.messages)))
    streams(seed, 1)[0].shuffle(order)
    times = [message.at for message in world.messages]
    moved = [replace(world.messages[n], at=at, reply_to=None) for n, at in zip(order, times, strict=True)]
    return _reordered(world, moved, order)


def noise_text(world: World, seed: int) -> World:
    """Every text replaced by noise of its length; mentions and quotes stay. Only counts may survive."""
    dice = streams(seed, 1)[0]
    return _texts(world, lambda text: _noise(dice, text))


def traditional(world: World) -> World:
    """Texts in traditional characters, as far as the small table goes: findings must be the same."""
    table, _ = letters()
    return _texts(world, lambda text: text.translate(table))


def renamed_ids(world: World) -> World:
    """Other sender ids, one for one: findings must be the same."""

    def new(id_: str | None) -> str | None:
        if id_ is None or id_.startswith(("name:", "@")):
            return id_
        return f"wxid_{int(id_) * 7919 % 1_000_000_007:x}"

    messages = tuple(
        replace(
            m,
            sender_id=new(m.sender_id),
            actor=new(m.actor),
            targets=tuple(str(new(t)) for t in m.targets),
            mentions=tuple(str(new(t)) for t in m.mentions),
        )
        for m in world.messages
    )
    truth = replace(
        world.truth,
        person={str(new(id_)): person for id_, person in world.truth.person.items()},
        is_bot=frozenset(str(new(id_)) for id_ in world.truth.is_bot),
    )
    members = tuple(replace(m, member_id=str(new(m.member_id))) for m in world.members)
    numbers = {str(new(id_)): number for id_, number in world.numbers.items()}
    return replace(world, messages=messages, truth=truth, members=members, numbers=numbers)


def truncated(world: World, share: float) -> World:
    """Only the last share of the time. Roles and weeks of the truth stay those of the whole."""
    first, last = world.messages[0].at, world.messages[-1].at
    since = last - share * (last - first)
    kept = [n for n, message in enumerate(world.messages) if message.at >= since]
    return _reordered(world, [world.messages[n] for n in kept], kept)


def _reordered(world: World, messages: list[Message], order: list[int]) -> World:
    """Messages that were at ``order`` before; links to what is gone or later become None."""
    place = {old: new for new, old in enumerate(order)}

    def earlier(old: int | None, new: int) -> int | None:
        at = None if old is None else place.get(old)
        return at if at is not None and at < new else None

    truth = world.truth
    rows = tuple(replace(m, reply_to=earlier(m.reply_to, n)) for n, m in enumerate(messages))
    changed = replace(
        truth,
        acts=tuple(truth.acts[n] for n in order),
        reply_to=tuple(earlier(truth.reply_to[old], new) for new, old in enumerate(order)),
        turn=tuple(truth.turn[n] for n in order),
        session=tuple(truth.session[n] for n in order),
    )
    return replace(world, messages=rows, truth=changed)


def _texts(world: World, change: Callable[[str], str]) -> World:
    messages = tuple(
        m if m.text is None or m.event is not None else replace(m, text=change(m.text))
        for m in world.messages
    )
    return replace(world, messages=messages)


def _noise(dice: Dice, text: str) -> str:
    return "".join(dice.pick(_NOISE) for _ in text)
