"""Names to ids: whom ``@name`` and "A 邀请 B" mean, where only one member ever bore that name.

A name that two members have borne is never resolved; it stays ``name:…``. It reads names, it never
merges people.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.model import Member

ALL = "@all"
SELF = "self"
_ALL_WORDS = ("所有人", "全体成员", "全體成員")
_ALL_LATIN = re.compile(r"(?i)(?:all|everyone)(?![\w])")
_AT = re.compile(r"(?<![A-Za-z0-9._%+-])[@＠]")
_WORD = re.compile(r"\S{1,64}")
_CLOSED = re.compile(r"([^@\u2005\n]{1,40})\u2005")
_SEPARATOR = "\x1e"


class Names:
    """Every name borne in every group, by group."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, set[str]]] = {}
        self._seen: set[str] = set()
        self._lengths: dict[str, list[int]] = {}
        self._spaced: set[str] = set()

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
            if len(name.split(maxsplit=1)) > 1:
                self._spaced.add(group)
            lengths = self._lengths.setdefault(group, [])
            if len(name) not in lengths:
                bisect.insort(lengths, len(name), key=lambda length: -length)

    def resolve(self, group: str, who: str) -> str:
        """An id for ``name:…`` where one member of the group, and only one, has borne the name."""
        if not who.startswith("name:"):
            return who
        ids = self.bearers(group, who.removeprefix("name:"))
        return next(iter(ids)) if len(ids) == 1 else who

    def bearers(self, group: str, name: str) -> set[str]:
        """Everybody who has borne a name; ``name:…``, which is no more than a name, is nobody."""
        return {i for i in self._ids.get(group, {}).get(name.strip(), ()) if not i.startswith("name:")}

    def borne(self, group: str, id_: str) -> set[str]:
        """Every name that somebody has borne."""
        return {name for name, ids in self._ids.get(group, {}).items() if id_ in ids}

    def identify(self, group: str, id_: str, person: str) -> None:
        """From now on, one id is known to be another one's; ``self`` is somebody else in every export."""
        for name, ids in list(self._ids.get(group, {}).items()):
            if id_ in ids:
                self._add(group, person, name)
                if id_ != SELF:
                    ids.discard(id_)

    def join(self, group: str, into: str) -> None:
        """From now on, a group is another one."""
        for name, ids in self._ids.pop(group, {}).items():
            for id_ in ids:
                self._add(into, id_, name)

    def mentions(self, group: str, text: str) -> list[str]:
        """Who is addressed by ``@name`` in a text, in order, each once.

        A name closed by U+2005 was put there by the client and counts even if nobody is known by
        it; otherwise only the longest known name counts, and only if the word ends there. A name
        may hold an ``@`` itself.
        """
        found: list[str] = []
        end = 0
        for match in _AT.finditer(text):
            if match.start() < end:
                continue
            one, end = self._mention(group, text, match.end())
            if one is not None and one not in found:
                found.append(one)
        return found

    def _mention(self, group: str, text: str, start: int) -> tuple[str | None, int]:
        """Who is meant by the word at ``start``, and where their name ends."""
        if text.startswith(_ALL_WORDS, start) or _ALL_LATIN.match(text, start):
            return ALL, start
        if closed := _CLOSED.match(text, start):
            return self.resolve(group, f"name:{closed[1].strip()}"), closed.end()
        known = self._ids.get(group, {})
        word = _WORD.match(text, start)
        if word and word[0] in known and group not in self._spaced:  # nothing longer can stand here
            return self.resolve(group, f"name:{word[0]}"), word.end()
        for length in self._lengths.get(group, ()):  # longest first
            name = text[start : start + length]
            end = start + len(name)
            if name in known and not text[end : end + 1].isalnum():
                return self.resolve(group, f"name:{name}"), end
        return None, start


def resolve_batch(names: Names, batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose events and mentions carry ids where the names tell, and whose lists are lists."""
    groups = batch.column("group_id")
    columns = {name: batch.column(name) for name in batch.schema.names}
    actors = columns["event_actor"]
    if actors.null_count < len(actors):
        known = pc.indices_nonzero(pc.is_valid(actors))
        pairs = zip(groups.take(known).to_pylist(), actors.take(known).to_pylist(), strict=True)
        found = pa.array([names.resolve(group, actor) for group, actor in pairs], pa.string())
        columns["event_actor"] = pc.replace_with_mask(actors, pc.is_valid(actors), found)
    rows = batch.num_rows
    targets = _resolved(names, groups, _lists_of(columns["event_target"]))
    mentions = _resolved(names, groups, _lists_of(columns["mentions"])) | _text_mentions(names, batch)
    columns["event_target"], columns["mentions"] = _as_lists(targets, rows), _as_lists(mentions, rows)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)


def _lists_of(lists: pa.ListArray) -> dict[int, list[str]]:
    """The rows whose list is not empty."""
    rows = pc.indices_nonzero(pc.fill_null(pc.greater(pc.list_value_length(lists), 0), False))
    return dict(zip(rows.to_pylist(), lists.take(rows).to_pylist(), strict=True))


def _as_lists(found: dict[int, list[str]], rows: int) -> pa.ListArray:
    """A list column from the few rows that hold something; the others are empty, not null."""
    lengths = np.zeros(rows, np.int32)
    order = sorted(found)
    lengths[order] = [len(found[row]) for row in order]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = pa.array([who for row in order for who in found[row]], pa.string())
    return pa.Array.from_buffers(
        pa.list_(pa.string()), rows, [None, pa.py_buffer(offsets)], children=[values]
    )


def _resolved(names: Names, groups: pa.Array, found: dict[int, list[str]]) -> dict[int, list[str]]:
    return {row: [names.resolve(groups[row].as_py(), who) for who in lists] for row, lists in found.items()}


def _text_mentions(names: Names, batch: pa.RecordBatch) -> dict[int, list[str]]:
    """Mentions in the texts of rows that have no structure for them."""
    texts = batch.column("text")
    at_sign = pc.or_(pc.match_substring(texts, "@"), pc.match_substring(texts, "＠"))
    rows = pc.indices_nonzero(pc.and_(pc.is_null(batch.column("mentions")), pc.fill_null(at_sign, False)))
    groups, wanted = batch.column("group_id").take(rows).to_pylist(), texts.take(rows).to_pylist()
    looked = zip(rows.to_pylist(), groups, wanted, strict=True)
    return {row: found for row, group, text in looked if (found := names.mentions(group, text))}


def renamed_lists(lists: pa.ListArray, ids: dict[str, str], rows: NDArray[np.bool_]) -> pa.ListArray:
    """A list column in which some rows name people by other ids; a null stays one."""
    found = _lists_of(lists)
    told = {r: [ids.get(who, who) for who in found[r]] for r in found if rows[r]}
    if all(told[row] == found[row] for row in told):
        return lists
    found |= told
    return pc.if_else(pc.is_valid(lists), _as_lists(found, len(lists)), lists)


def with_owner(batch: pa.RecordBatch, me: str) -> pa.RecordBatch:
    """A batch in which ``self`` is ``me``, and ``is_self`` says which messages are theirs."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    owner = pa.scalar(me)
    for name in ("sender_id", "event_actor"):
        columns[name] = pc.if_else(pc.equal(columns[name], SELF), owner, columns[name])
    for name in ("mentions", "event_target"):
        found = _lists_of(columns[name])
        mine = {row: [me if who == SELF else who for who in lists] for row, lists in found.items()}
        columns[name] = _as_lists(mine, batch.num_rows)
    is_owner = pc.equal(columns["sender_id"], owner)
    columns["is_self"] = pc.coalesce(is_owner, columns["is_self"])
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
