"""What only a look at a whole QQ PC/TIM text export tells: what is a group, a title, a name with AM."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cq.formats._qq_names import KNOWN_TITLES, SYSTEM_IDS, leading_tag, who
from cq.formats._qq_txt_clock import AM, PM
from cq.formats._qq_txt_scan import Block, scan, slices
from cq.formats._source import Source
from cq.model import ChatKind, Group, surrogate_group_id

_NAMES_OF_A_GROUP = 3
"""Distinct names that make a conversation without sender ids a group, and a tag a title."""


@dataclass(slots=True)
class Facts:
    """What only a look at a whole conversation tells."""

    headers: int = 0
    with_id: int = 0
    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    tags: dict[str, set[str]] = field(default_factory=dict)

    @property
    def chat_kind(self) -> ChatKind:
        if self.has_ids or len(self.names) >= _NAMES_OF_A_GROUP:
            return "group"
        return "private" if self.names else "unknown"

    @property
    def ids_are_the_rule(self) -> bool:
        """Whether everybody here has an id, and a header without one is none (or a damaged one)."""
        share = 0.8 if len(self.ids) >= _NAMES_OF_A_GROUP else 0.95
        return 0 < self.with_id >= share * self.headers

    @property
    def has_ids(self) -> bool:
        """Whether ``(digits)`` behind a name is an id.

        In a private chat nobody has one: there it is part of what the friend is called, 张三(2019).
        """
        many = len(self.names) >= _NAMES_OF_A_GROUP and 2 * self.with_id >= self.headers > 0
        return self.ids_are_the_rule or many

    def is_title(self, tag: str) -> bool:
        return tag in KNOWN_TITLES or len(self.tags.get(tag, ())) >= _NAMES_OF_A_GROUP

    def add(self, sender: str, count: int) -> None:
        name, id_ = who(sender)
        if id_ in SYSTEM_IDS or not sender.strip():
            return
        self.headers += count
        self.with_id += count if id_ else 0
        if len(self.names) < _NAMES_OF_A_GROUP:
            self.names.add(name)
        if id_ and len(self.ids) < _NAMES_OF_A_GROUP:
            self.ids.add(id_)
        tag = leading_tag(name)
        if tag and tag not in KNOWN_TITLES:
            holders = self.tags.setdefault(tag, set())
            if len(holders) < _NAMES_OF_A_GROUP:
                holders.add(id_ or name)


@dataclass(slots=True)
class Survey:
    """Facts about a file and its conversations."""

    conversations: dict[Block | None, Facts] = field(default_factory=dict)
    records: int = 0
    heads: int = 0
    mixed: bool = False
    marked: dict[str, bool] = field(default_factory=dict)
    marked_records: int = 0

    def groups(self) -> dict[Block | None, Group]:
        """The group or person each conversation is with; a friend and a group may have one name."""
        kinds = {block: facts.chat_kind for block, facts in self.conversations.items()}
        of_groups = {block.name for block, kind in kinds.items() if block and kind == "group"}
        found = {}
        for block, kind in kinds.items():
            name = block.name if block else None
            id_ = surrogate_group_id(name)
            found[block] = Group(
                f"{id_}#private" if kind == "private" and name in of_groups else id_, name, "qq", kind
            )
        return found

    def names_that_begin_with_a_mark(self) -> frozenset[str]:
        """Sender lines whose AM or PM belongs to the name, not to the clock.

        Certain where such a line occurs with an hour no 12-hour clock shows; assumed where a file
        is plainly on a 24-hour clock and at most two senders carry the word.
        """
        plainly_24 = self.records >= 20 and 2 * self.marked_records < self.records
        if plainly_24 and len(self.marked) < _NAMES_OF_A_GROUP:
            return frozenset(self.marked)
        return frozenset(sender for sender, impossible in self.marked.items() if impossible)


def survey(source: Source, strict: bool) -> Survey:
    """The first pass over a file."""
    found = Survey()
    for piece in scan(source, strict):
        facts = found.conversations.setdefault(piece.block, Facts())
        found.records += len(piece)
        found.heads += piece.heads
        found.mixed |= piece.lines.mixed
        if not len(piece):
            continue
        senders = slices(piece.data, piece.sender)
        cut = senders[-1].as_py() if piece.in_header else None
        if cut is not None and who(cut).id is None:  # may have lost its id: that is no evidence
            senders = senders[:-1]
        else:
            cut = None
        for entry in senders.value_counts().to_pylist():
            facts.add(entry["values"], entry["counts"])
        if cut is not None and not facts.with_id:
            facts.add(cut, 1)
        marked = np.flatnonzero(
            ((piece.mark == AM) | (piece.mark == PM)) & (piece.marked_sender != piece.sender)[:, 0]
        )
        found.marked_records += len(marked)
        hours = piece.clock[marked] // 3600
        named = slices(piece.data, piece.marked_sender).take(marked).to_pylist() if len(marked) else []
        for sender, hour in zip(named, hours, strict=True):
            found.marked[sender] = found.marked.get(sender, False) or hour == 0 or hour > 12
    return found
