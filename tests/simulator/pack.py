"""Template packs: what people write, as data. Choosing is the caller's, filling happens here.

A pack is a folder: files without ``[domain]`` are for all groups, files with one are a kind of group with its
topics. ``{name}`` is a slot, ``{a|b}`` a choice; values of slots may hold slots. Keys of ``[acts]`` joined by
``+`` (``help+q``) give a text all of these acts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .dice import Dice

PACKS = Path(__file__).parent / "packs"

_PIECE = re.compile(r"\{([^{}]*)\}")

Slots = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Template:
    """A text with the acts it is."""

    acts: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A kind of group: its templates by act, slots, topics and names."""

    name: str
    acts: Mapping[str, tuple[Template, ...]]
    hostile: Mapping[str, tuple[Template, ...]]
    slots: Slots
    topics: tuple[Slots, ...]
    groups: tuple[str, ...]
    names: tuple[str, ...]
    prompts: tuple[str, ...]


def templates(pack: str) -> dict[str, list[str]]:
    """All templates of a pack by act, hostile ones among them; texts of topics under ``topic``."""
    found: dict[str, list[str]] = {}
    for page in _pages(pack).values():
        for key, texts in page.get("acts", {}).items():
            for act in key.split("+"):
                found.setdefault(act, []).extend(texts)
        for topic in page.get("topics", ()):
            found.setdefault("topic", []).extend(text for texts in topic.values() for text in texts)
    return found


@cache
def domains(pack: str) -> tuple[Domain, ...]:
    """The domains of a pack, by file name."""
    pages = _pages(pack)
    common = {name: page for name, page in pages.items() if "domain" not in page}
    shared = common.pop("slots")["slots"]
    hostile = _by_act([common.pop("hostile")])
    prompts = tuple(text for page in common.values() for text in page.get("prompts", {}).get("lines", ()))
    found = []
    for name, page in pages.items():
        if "domain" in page:
            own = page["domain"]
            words = {k: v for k, v in own.items() if k not in ("groups", "names")}
            slots = {k: tuple(v) for k, v in {**shared, **words, **page.get("slots", {})}.items()}
            topics = tuple({k: tuple(v) for k, v in topic.items()} for topic in page["topics"])
            acts = _by_act([*common.values(), page])
            found.append(
                Domain(name, acts, hostile, slots, topics, tuple(own["groups"]), tuple(own["names"]), prompts)
            )
    return tuple(found)


def fill(text: str, slots: Mapping[str, tuple[str, ...]], dice: Dice, depth: int = 3) -> str:
    """A template with its slots and choices filled."""
    pieces = _pieces(text)
    if len(pieces) == 1:
        return text
    out = []
    for n, piece in enumerate(pieces):
        if n % 2 == 0:
            out.append(piece)
        elif "|" in piece:
            out.append(dice.pick(piece.split("|")))
        else:
            value = dice.pick(slots[piece])
            out.append(fill(value, slots, dice, depth - 1) if depth and "{" in value else value)
    return "".join(out)


@cache
def letters() -> tuple[dict[int, int], dict[str, str]]:
    """The table of traditional forms, and what slips for what."""
    page = tomllib.loads((PACKS / "letters.toml").read_text(encoding="utf-8"))
    forms, pairs = page["traditional"], page["typos"]["pairs"]
    return str.maketrans(forms["from"], forms["to"]), {pair[0]: pair[1] for pair in pairs}


@cache
def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_PIECE.split(text))


@cache
def _pages(pack: str) -> dict[str, dict[str, Any]]:
    paths = sorted((PACKS / pack).glob("*.toml"))
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in paths}


def _by_act(pages: list[dict[str, Any]]) -> dict[str, tuple[Template, ...]]:
    found: dict[str, list[Template]] = {}
    for page in pages:
        for key, texts in page.get("acts", {}).items():
            acts = frozenset(key.split("+"))
            found.setdefault(key.split("+")[0], []).extend(Template(acts, text) for text in texts)
    return {act: tuple(found[act]) for act in found}
