"""Plain columns of an export to a message batch: who sent a row, what its content says, what it reports.

For readers that know, row by row, the sender's id or name, the time and the content. Where these
come from, and what a content means (:mod:`_wechat_content`, :mod:`_placeholders`), is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from cq.formats._sparse import Sparse
from cq.formats._system_text import SELF
from cq.formats._wechat_content import Content
from cq.formats._wechat_names import is_nobody
from cq.model import NON_SPEECH, Group, record_batch


def assemble(
    label: str,
    group: Group,
    *,
    numbers: Sequence[int],
    stamps: Any,
    people: Sequence[str | None],
    names: Sequence[str | None],
    texts: Sequence[str | None],
    contents: Mapping[int, Content],
    own: Sequence[bool | None] | None = None,
    me: str = SELF,
    **columns: Any,
) -> pa.RecordBatch:
    """The rows as a batch of ``group``.

    ``numbers`` are line or record numbers, ``stamps`` UTC milliseconds. ``people`` are ids, None
    where a name is all there is. ``contents`` has the rows that are not plain text, by position;
    all others are text, as in ``texts``. ``own`` marks the owner's rows, whose id is ``me``.
    ``columns`` are further columns of the model (``native_id``, ``reply_to``, ``mentions``, …); what
    a content says fills the places where they are null.

    A row that reports an event was sent by nobody. A name that stands for nobody is dropped.
    """
    rows = len(numbers)
    sparse = Sparse(rows)
    kinds = ["text"] * rows
    written = list(texts)
    known = {name: None if is_nobody(name) else f"name:{name}" for name in set(names)}
    senders = _senders(people, [known[name] for name in names], own, me)
    shown = [name if known[name] else None for name in names] if None in known.values() else list(names)
    mine = list(own) if own is not None else None
    for i, content in contents.items():
        kinds[i], written[i] = content.kind.value, content.text
        sparse.put_content(i, content, senders[i], names[i], me)
        if content.kind in NON_SPEECH:
            senders[i] = shown[i] = None
            if mine is not None:
                mine[i] = None
    for name, column in columns.items():
        sparse.put_column(name, column if isinstance(column, pa.Array) else _column(name, column))
    return record_batch(
        {
            "platform": group.platform,
            "group_id": group.group_id,
            "group_name": group.group_name,
            "sent_at": stamps,
            "sender_id": senders,
            "sender_name": shown,
            "kind": kinds,
            "text": written,
            "is_self": mine,
            "origin_file": label,
            "origin_record": numbers,
            **sparse.columns,
        },
        rows,
    )


def _senders(
    people: Sequence[str | None], named: list[str | None], own: Sequence[bool | None] | None, me: str
) -> list[str | None]:
    """Each row's id, else the owner's in the rows of the owner, else the name."""
    if own is not None and True in own:
        named = [me if mine else name for mine, name in zip(own, named, strict=True)]
    if None not in people and "" not in people:
        return list(people)
    return [person or name for person, name in zip(people, named, strict=True)]


def _column(name: str, values: Sequence[Any]) -> pa.Array:
    batch = record_batch({name: values}, len(values))
    return batch.column(name)
