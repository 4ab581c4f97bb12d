"""Columns that most rows leave null, and how a content fills them.

Kind and text are no such columns: every row has them.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cq.formats._system_text import SELF
from cq.formats._wechat_content import Content
from cq.model import Event, strings


class Sparse:
    """Columns that most rows leave null: only those that some row fills come into being."""

    def __init__(self, rows: int) -> None:
        self.columns: dict[str, Any] = {}
        self._rows = rows

    def put(self, name: str, row: int, value: Any) -> None:
        if value is not None:
            if name not in self.columns:
                self.columns[name] = [None] * self._rows
            self.columns[name][row] = value

    def put_column(self, name: str, column: pa.Array) -> None:
        """A whole column, whose values go before those that are there already."""
        found = self.columns.get(name)
        if found is not None:
            found = strings(found) if column.type == pa.string() else pa.array(found, column.type)
        self.columns[name] = column if found is None else pc.coalesce(column, found)

    def put_content(self, row: int, content: Content, sender: str | None, name: str | None, me: str) -> None:
        """Everything of ``content`` but kind and text.

        ``sender`` with its ``name`` acts where the sentence names nobody, and where it names him.
        """
        if content.url is not None:
            self.put("url", row, content.url)
        if content.card_title is not None:
            self.put("card_title", row, content.card_title)
        if content.reply_to is not None:
            self.put("reply_to", row, content.reply_to)
        if content.reply_quote is not None:
            self.put("reply_quote", row, content.reply_quote)
        if (said := content.event) is None:
            return
        same = {SELF: me} if sender is None else {SELF: me, f"name:{name}": sender}
        actor, targets = said.actor, said.targets
        if actor is None and said.event in (Event.POKE, Event.RECALL):
            actor = sender
            if said.event is Event.RECALL and actor is not None:
                targets = targets or (actor,)
        self.put("event", row, said.event.value)
        self.put("event_actor", row, same.get(actor or "", actor))
        self.put("event_target", row, [same.get(target, target) for target in targets])
        self.put("event_detail", row, said.detail)
        self.put("mentions", row, [])
