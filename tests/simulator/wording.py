"""Turns in words: templates of the pack, filled for the topic and the people, in everybody's own hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .dice import Dice
from .pack import Domain, Template, fill, letters
from .people import Agent
from .talk import Turn

_BREAK = re.compile(r"[ ，。；？]+")
EMOJI = ("😂", "😊", "👍", "[捂脸]", "[呲牙]", "🤔", "[旺柴]", "😭", "🙏", "[偷笑]", "💪", "[微笑]")
EMOJI_SHARE = 0.2
"""Turns with an emoji at the end; notices and long texts have fewer."""
CODAS = 0.5
"""Long texts that close with a remark."""
REPEATS = 0.7
"""Chance that somebody who advertised before sends the same ad again."""


@dataclass(slots=True)
class Writer:
    """Words for the turns of one group."""

    dice: Dice
    domain: Domain
    agents: list[Agent]
    hostile: float
    prompts: float = 0.0
    _left: dict[tuple[int, str, bool], list[int]] = field(default_factory=dict)
    _ads: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)
    _lists: dict[int, tuple[str, list[str]]] = field(default_factory=dict)

    def write(self, turn: Turn, number: int, week: int, to: Agent | None) -> tuple[list[str], frozenset[str]]:
        """The messages of a turn, one for each of its times, and its acts."""
        dice = self.dice
        agent = self.agents[turn.agent]
        slots = self._slots(turn, agent, week, to)
        if turn.act == "order" and dice.chance(0.5):
            return self._listed(turn, number, slots), frozenset({"order"})
        text, acts = self._text(turn, slots)
        if self.prompts and turn.act == "chat" and dice.chance(self.prompts):
            text = fill(dice.pick(self.domain.prompts), slots, dice)
        text = self._by_hand(text, agent, turn.act)
        if turn.opens:
            acts |= {"open"}
        if acts & {"help"}:
            acts |= {"q"}
        return self._split(text, turn, slots, agent), acts

    def one(self, slot: str, **words: str) -> str:
        """One text of a slot."""
        slots = {**self.domain.slots, **{k: (v,) for k, v in words.items()}}
        return fill(self.dice.pick(slots[slot]), slots, self.dice)

    def _text(self, turn: Turn, slots: Mapping[str, tuple[str, ...]]) -> tuple[str, frozenset[str]]:
        dice = self.dice
        if turn.thanks:
            return fill(dice.pick(slots["thanks"]), slots, dice), frozenset({"fill"})
        again = self._ads.get(turn.agent)
        if turn.act == "ad" and again and dice.chance(REPEATS):
            return again
        hostile = turn.act in self.domain.hostile and dice.chance(self.hostile)
        template = self._template(turn.agent, turn.act, hostile)
        text = fill(template.text, slots, dice)
        if turn.act == "ad":
            self._ads[turn.agent] = text, template.acts
        if turn.act == "sub" and dice.chance(CODAS):
            text += "。" + dice.pick(slots["coda"])
        return text, template.acts

    def _template(self, agent: int, act: str, hostile: bool = False) -> Template:
        """The next template of somebody's own order: nobody says the same again before the rest is used up."""
        choices = (self.domain.hostile if hostile else self.domain.acts)[act]
        left = self._left.setdefault((agent, act, hostile), [])
        if not left:
            left += range(len(choices))
            self.dice.shuffle(left)
        return choices[left.pop()]

    def _slots(self, turn: Turn, agent: Agent, week: int, to: Agent | None) -> Mapping[str, tuple[str, ...]]:
        other = to or self.agents[self.dice.below(len(self.agents))]
        named = {
            "who": (_short(other.accounts[0].name(week)),),
            "me": (_short(agent.accounts[0].name(week)),),
        }
        return {**self.domain.slots, **self.domain.topics[turn.topic], **named}

    def _listed(self, turn: Turn, number: int, slots: Mapping[str, tuple[str, ...]]) -> list[str]:
        """A 接龙: the list so far with one more line."""
        title, names = self._lists.get(turn.reply) or (fill("{meet} {day}", slots, self.dice), [])
        names = [*names, slots["me"][0]][-12:]
        self._lists[number] = self._lists[turn.reply] = (title, names)
        lines = "\n".join(f"{n}. {name}" for n, name in enumerate(names, 1))
        return [f"#接龙\n{title}\n{lines}", *["+1"] * (len(turn.times) - 1)]

    def _by_hand(self, text: str, agent: Agent, act: str) -> str:
        dice = self.dice
        table, slips = letters()
        if agent.comma != " " and "http" not in text:
            text = text.replace(" ", agent.comma)
        if dice.random() < agent.slips:
            spots = [i for i, char in enumerate(text) if char in slips]
            if spots:
                i = dice.pick(spots)
                text = text[:i] + slips[text[i]] + text[i + 1 :]
        if agent.traditional:
            text = text.translate(table)
        if dice.random() < EMOJI_SHARE * (0.4 if act in ("sub", "ann", "rule", "mod", "fill") else 1.0):
            text += dice.pick(EMOJI)
        return text

    def _split(self, text: str, turn: Turn, slots: Mapping[str, tuple[str, ...]], agent: Agent) -> list[str]:
        """Cut at pauses; what has too few goes on with more talk or an afterthought."""
        parts = len(turn.times)
        if parts == 1:
            return [text]
        places = [] if "http" in text else [m for m in _BREAK.finditer(text) if 1 < m.start() < len(text) - 2]
        self.dice.shuffle(places)
        cuts = sorted(places[: parts - 1], key=lambda m: m.start())
        pieces, at = [], 0
        for cut in cuts:
            pieces.append(text[at : cut.start()])
            at = cut.end()
        pieces.append(text[at:])
        while len(pieces) < parts:
            if turn.act == "chat":
                more = fill(self._template(turn.agent, "chat").text, slots, self.dice)
                pieces.append(self._by_hand(more, agent, "chat"))
            else:
                pieces.append(self.dice.pick(slots["tail"]))
        return pieces


def _short(name: str) -> str:
    """A name as people say it: without what stands in brackets or behind a mark."""
    return re.split(r"[-（(_·]", name)[0] or name
