"""Names to ids: whom ``@name`` and "A 邀请 B" mean, where only one member ever bore that name.

A name that two members have borne is never resolved; it stays ``name:…``. It reads names, it never
merges people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from cq.model import Member

ALL = "@all"
_ALL_WORDS = ("所有人", "全体成员", "全體成員")
_ALL_LATIN = re.compile(r"(?i)(?:all|everyone)(?![\w])")
_AT = re.compile(r"(?<![A-Za-z0-9._%+-])[@＠]")
_CLOSED = re.compile(r"([^@\u2005\n]{1,40})\u2005")
_SEPARATOR = "\x1e"


class Names:
    """Every name borne in every group, by group."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, set[str]]] = {}
        self._seen: set[str] = set()
        self._longest: dict[str, int] = {}

    def learn(self, batch: pa.RecordBatch) -> None:
        """The (sender, name) pairs of a batch."""
        triples = pc.binary_join_element_wise(
            batch.column("group_id"), batch.column("sender_id"), batch.column("sender_name"), _SEPARATOR
        )
        for triple in triples.unique().to_pylist():
            if triple is not None and triple not in self._seen:
                self._seen.add(triple)
                group, _, rest = triple.partition(_SEPARATOR)
                id_, _, name = rest.partition(_SEPARATOR)
                self._add(group, id_, name)

    def learn_members(self, members: Iterable[Member]) -> None:
        """Names and cards of listed members."""
        for member in members:
            for name in (member.name, member.card):
                self._add(member.group_id, member.member_id, name or "")

    def _add(self, group: str, id_: str, name: str) -> None:
        name = name.strip()
        if name and not id_.startswith("anon:"):
            self._ids.setdefault(group, {}).setdefault(name, set()).add(id_)
            self._longest[group] = max(self._longest.get(group, 0), len(name))

    def resolve(self, group: str, who: str) -> str:
        """An id for ``name:…`` where one member of the group, and only one, has borne the name."""
        if not who.startswith("name:"):
            return who
        ids = self._ids.get(group, {}).get(who.removeprefix("name:").strip(), ())
        return next(iter(ids)) if len(ids) == 1 else who

    def mentions(self, group: str, text: str) -> list[str]:
        """Who is addressed by ``@name`` in a text, in order, each once.

        A name closed by U+2005 was put there by the client and counts even if nobody is known by
        it; otherwise only the longest known name counts, and only if the word ends there.
        """
        found: list[str] = []
        for match in _AT.finditer(text):
            one = self._mention(group, text, match.end())
            if one is not None and one not in found:
                found.append(one)
        return found

    def _mention(self, group: str, text: str, start: int) -> str | None:
        if text.startswith(_ALL_WORDS, start) or _ALL_LATIN.match(text, start):
            return ALL
        if closed := _CLOSED.match(text, start):
            return self.resolve(group, f"name:{closed[1].strip()}")
        known = self._ids.get(group, {})
        for length in range(min(self._longest.get(group, 0), len(text) - start), 0, -1):
            name = text[start : start + length]
            after = text[start + length : start + length + 1]
            if name in known and not after.isalnum():
                return self.resolve(group, f"name:{name}")
        return None


def resolve_batch(names: Names, batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose events and mentions carry ids where the names tell, and whose lists are lists."""
    groups = batch.column("group_id")
    columns = {name: batch.column(name) for name in batch.schema.names}
    actors = columns["event_actor"]
    if actors.null_count < len(actors):
        columns["event_actor"] = pa.array(
            [a and names.resolve(g, a) for g, a in zip(groups.to_pylist(), actors.to_pylist(), strict=True)],
            pa.string(),
        )
    columns["event_target"] = _resolved_lists(names, groups, columns["event_target"])
    looked_up = _text_mentions(names, batch)
    given = _resolved_lists(names, groups, columns["mentions"])
    columns["mentions"] = given if looked_up is None else looked_up
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)


def _resolved_lists(names: Names, groups: pa.Array, lists: pa.ListArray) -> pa.ListArray:
    """Each list with its names resolved; null becomes empty."""
    if lists.null_count == len(lists):
        return _lists([[]] * len(lists)) if len(lists) < 64 else _empty_lists(len(lists))
    values = lists.to_pylist()
    if not any(v and any(w.startswith("name:") for w in v) for v in values):
        return lists if lists.null_count == 0 else _lists([v or [] for v in values])
    pairs = zip(groups.to_pylist(), values, strict=True)
    return _lists([[names.resolve(g, w) for w in v or ()] for g, v in pairs])


def _text_mentions(names: Names, batch: pa.RecordBatch) -> pa.ListArray | None:
    """Mentions with those found in the texts of rows that have no structure for them."""
    mentions, texts = batch.column("mentions"), batch.column("text")
    open_rows = pc.and_(pc.is_null(mentions), pc.fill_null(pc.match_substring_regex(texts, "[@＠]"), False))
    rows = pc.indices_nonzero(open_rows).to_pylist()
    if not rows:
        return None
    filled = [v or [] for v in _resolved_lists(names, batch.column("group_id"), mentions).to_pylist()]
    picked = pa.array(rows)
    wanted = zip(
        rows, batch.column("group_id").take(picked).to_pylist(), texts.take(picked).to_pylist(), strict=True
    )
    for row, group, text in wanted:
        filled[row] = names.mentions(group, text)
    return _lists(filled)


def _lists(values: list[list[str]]) -> pa.ListArray:
    return pa.array(values, pa.list_(pa.string()))


def _empty_lists(rows: int) -> pa.ListArray:
    import numpy as np

    offsets = pa.py_buffer(np.zeros(rows + 1, np.int32))
    return pa.Array.from_buffers(
        pa.list_(pa.string()), rows, [None, offsets], children=[pa.array([], pa.string())]
    )


def with_owner(batch: pa.RecordBatch, me: str) -> pa.RecordBatch:
    """A batch in which ``self`` is ``me``, and ``is_self`` says which messages are theirs."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    owner = pa.scalar(me)
    for name in ("sender_id", "event_actor"):
        columns[name] = pc.if_else(pc.equal(columns[name], "self"), owner, columns[name])
    for name in ("mentions", "event_target"):
        values = columns[name].to_pylist()
        if any("self" in v for v in values):
            columns[name] = _lists([[me if w == "self" else w for w in v] for v in values])
    mine = pc.equal(columns["sender_id"], owner)
    columns["is_self"] = pc.coalesce(mine, columns["is_self"])
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
