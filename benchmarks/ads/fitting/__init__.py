"""Invented messages from templates: ads of every kind, and ordinary talk that looks like ads or does not.

A pack (``*.toml``) holds families of templates of one kind; a family is one thing people write, in several
wordings, and is what a hold-out leaves out as a whole. Nothing is disguised here: folding undoes disguises
before the model sees a text. This is no simulation of a group, and no figure measured on it alone means much.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

PACKS = Path(__file__).parent
SEED = 20261124
AD_TEXTS, ORDINARY_TEXTS = 68, 200
"""Messages of a family, where its templates give that many; ordinary families are fewer and wider."""

_SLOT = re.compile(r"\{([^{}]*)\}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"

Slots = Mapping[str, list[str]]


class Made(NamedTuple):
    """An invented message, its family (``pack/name``) and its kind (``none``: ordinary)."""

    text: str
    family: str
    kind: str


class Family(NamedTuple):
    """Templates of one kind with the slots they may use."""

    name: str
    kind: str
    templates: list[str]
    slots: Slots


@cache
def families() -> tuple[Family, ...]:
    """All families, by the name of their pack and in its order."""
    shared = tomllib.loads((PACKS / "slots.toml").read_text(encoding="utf-8"))["slots"]
    found = []
    for path in sorted(PACKS.glob("*.toml")):
        pack = tomllib.loads(path.read_text(encoding="utf-8"))
        slots = {**shared, **pack["slots"]}
        for name, templates in pack.get("families", {}).items():
            found.append(Family(f"{path.stem}/{name}", pack["kind"], templates, slots))
    return tuple(found)


def messages(kinds: Collection[str] | None = None) -> Iterator[Made]:
    """The messages of all families of these kinds (None: of all), none twice."""
    seen: set[str] = set()
    for family in families():
        if kinds is None or family.kind in kinds:
            made = [one for one in _made(family) if one.text not in seen]
            seen.update(one.text for one in made)
            yield from made


def _made(family: Family) -> Iterator[Made]:
    """Messages with distinct texts. A family has its own seed, so that packs grow without moving others."""
    wanted = ORDINARY_TEXTS if family.kind == "none" else AD_TEXTS
    chance = _chance(family.name)
    texts: set[str] = {""}
    for attempt in range(3 * wanted):
        text = _filled(family.templates[attempt % len(family.templates)], family.slots, chance)
        if text not in texts:
            texts.add(text)
            yield Made(text, family.name, family.kind)
        if len(texts) > wanted:
            return


def _chance(name: str) -> Random:
    return Random(int.from_bytes(hashlib.sha256(f"{SEED} {name}".encode()).digest()[:8]))


def _filled(template: str, slots: Slots, chance: Random) -> str:
    while slot := _SLOT.search(template):
        template = template[: slot.start()] + _choice(slot[1], slots, chance) + template[slot.end() :]
    return template


def _choice(slot: str, slots: Slots, chance: Random) -> str:
    """`#4`: digits; `@6`: a name of letters and digits; a slot; or one of `a|b`, which may name a slot."""
    if slot[:1] in "#@" and slot[1:].isdigit():
        sort = _ALPHABET[-10:] if slot[0] == "#" else _ALPHABET
        drawn = "".join(_drawn(sort, chance) for _ in range(int(slot[1:])))
        return drawn if slot[0] == "@" or drawn[0] != "0" else "1" + drawn[1:]
    one = slot if slot in slots else _drawn(slot.split("|"), chance)
    return _drawn(slots[one], chance) if one in slots else one


def _drawn(among: list[str] | str, chance: Random) -> str:
    return among[int(chance.random() * len(among))]
