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
    senders = [row[0] or _sender(*row, me) for row in zip(people, names, own or [None] * rows, strict=True)]
    nobodies = set(filter(is_nobody, set(names)))
    shown = [None if sender is None or n in nobodies else n for sender, n in zip(senders, names, strict=True)]
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


def _sender(person: str | None, name: str | None, own: bool | None, me: str) -> str | None:
    if person:
        return person
    if own:
        return me
    return None if is_nobody(name) else f"name:{name}"


def _column(name: str, values: Sequence[Any]) -> pa.Array:
    batch = record_batch({name: values}, len(values))
    return batch.column(name)
