"""What the model of acts learns from: texts, what each does, what is known of it, and how much it counts.

Four sources: messages written one by one (``written/dev.jsonl``), the templates of the simulator's pack
``fit`` with their slots filled, and, as talk that does nothing of the kind, the ordinary messages of
``benchmarks/ads/fitting`` and the ``valid`` split of CPED. Of the last two only those acts count as known to
be absent that hardly occur there. ``written/held.jsonl`` and the pack ``judge`` are never read here.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks" / "ads")]

import fitting  # noqa: E402

from cq.conversation.acts import Act  # noqa: E402
from simulator.dice import Dice  # noqa: E402
from simulator.pack import domains, fill, letters  # noqa: E402

WRITTEN = HERE / "written" / "dev.jsonl"
DIALOGUE = ROOT.parent / "shared" / "data" / "cped" / "valid_split.csv"
SEED = 20261124
FILLS = 2
"""Texts of a template and a kind of group."""
EVERYTHING = frozenset(Act)

TRUE_NAMES = {
    "q": Act.QUESTION, "help": Act.HELP, "ans": Act.ANSWER, "sub": Act.SUBSTANCE, "chat": Act.CHAT,
    "fill": Act.FILLER, "ann": Act.NOTICE, "rule": Act.RULE, "mod": Act.MODERATION, "welcome": Act.WELCOME,
    "open": Act.OPENING, "event": Act.EVENT, "ad": Act.AD, "selfp": Act.SELF_PROMOTION, "friend": Act.ADD_ME,
    "chal": Act.DISSENT, "redp": Act.RED_PACKET, "intro": Act.INTRODUCTION, "order": Act.ORDER,
}  # fmt: skip
"""The acts of the simulator."""

_ABSENT = frozenset(
    {
        Act.NOTICE, Act.RULE, Act.MODERATION, Act.WELCOME, Act.EVENT, Act.SELF_PROMOTION, Act.ADD_ME,
        Act.DISSENT, Act.INTRODUCTION, Act.ORDER,
    }
)  # fmt: skip
"""What people hardly do in dialogue of series and in small talk."""
_NOT_OWN = frozenset({Act.SELF_PROMOTION, Act.FILLER})
_DOING = frozenset({"quarrel", "plan", "bots", "questions", "tech", "polite", "festival", "opinion"})
"""Families of small talk in which some of that does occur."""
_EMOJI = ("😂", "😊", "👍", "[捂脸]", "[呲牙]", "🤔", "[旺柴]", "😭", "🙏", "[偷笑]", "💪", "🌹")
_NAMES = (
    "小林",
    "阿杰",
    "Leo",
    "老周",
    "momo",
    "糖糖",
    "一叶",
    "大熊",
    "王姐",
    "夜猫",
    "kiki",
    "北北",
    "陈工",
)


class Lesson(NamedTuple):
    """``acts`` of a text, as far as ``known``; ``group``: what stays together when parts are held out;
    ``texts``: how many texts it counts as."""

    text: str
    acts: frozenset[Act]
    known: frozenset[Act]
    source: str
    group: str
    texts: float


def lessons() -> list[Lesson]:
    """Everything, in a fixed order; without ``dev.jsonl`` or CPED an error says so."""
    return [*written(WRITTEN), *templates(), *small_talk(), *greetings(), *shared(), *dialogue()]


def written(path: Path) -> Iterator[Lesson]:
    """Messages of a file of labelled ones."""
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            acts = frozenset(Act(name) for name in row["acts"])
            yield Lesson(row["text"], acts, EVERYTHING, "written", row["domain"], 1.0)


def templates(texts: float = 0.15) -> Iterator[Lesson]:
    """The pack ``fit``, filled, as many hands would put it down."""
    dice = Dice(np.random.Generator(np.random.PCG64(SEED)))
    table, _ = letters()
    seen: set[str] = set()
    for domain in domains("fit"):
        for source, some in (("templates", domain.acts), ("hostile", domain.hostile)):
            for act in sorted(some):
                for template in some[act]:
                    for _ in range(FILLS if "{" in template.text else 1):
                        named = {"who": (dice.pick(_NAMES),), "me": (dice.pick(_NAMES),)}
                        slots = {**domain.slots, **dice.pick(domain.topics), **named}
                        text = fill(template.text, slots, dice)
                        if dice.chance(0.5):
                            text = text.replace(" ", dice.pick("，,。"))
                        if dice.chance(0.1):
                            text = text.translate(table)
                        if dice.chance(0.2):
                            text += dice.pick(_EMOJI)
                        if text not in seen:
                            seen.add(text)
                            acts = frozenset(TRUE_NAMES[name] for name in template.acts)
                            yield Lesson(text, acts, EVERYTHING, source, template.text, texts)


def small_talk(texts: float = 0.05) -> Iterator[Lesson]:
    """Ordinary messages from templates: talk that runs no group."""
    for one in fitting.messages(("none",)):
        pack, _, family = one.family.partition("/")
        if pack == "ordinary_talk" and family not in _DOING:
            yield Lesson(one.text, frozenset(), _ABSENT, "small_talk", one.family, texts)


def greetings(texts: float = 0.2) -> Iterator[Lesson]:
    """Somebody is greeted: that alone welcomes nobody."""
    for name in _NAMES:
        for text in (f"{name} 你好", f"{name}早", f"{name} 晚上好", f"{name}在吗", f"早呀{name}"):
            yield Lesson(text, frozenset(), _ABSENT, "shared", "greetings", texts)


def shared(texts: float = 0.6) -> Iterator[Lesson]:
    """Links to what others made: no self-promotion."""
    for one in fitting.messages(("none",)):
        if one.family == "ordinary_groups/share" and "我" not in one.text:
            yield Lesson(one.text, frozenset(), _NOT_OWN, "shared", one.family, texts)
    for n in range(40):
        text = f"https://www.example.com/{n * 7919}"
        yield Lesson(text, frozenset(), _NOT_OWN, "shared", "bare", texts)


def dialogue(texts: float = 0.2) -> Iterator[Lesson]:
    """Every second line of television series."""
    with DIALOGUE.open(encoding="utf-8-sig", newline="") as lines:
        for row in list(csv.DictReader(lines))[::2]:
            yield Lesson(row["Utterance"], frozenset(), _ABSENT, "dialogue", row["TV_ID"], texts)
