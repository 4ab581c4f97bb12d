"""Workbooks whose tables have the columns of a tool's CSV: read by the reader of that.

What the rows say is not known here; a list of members in a sheet of its own is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from cq.formats import ReadOptions, Source
from cq.formats._chatlog_rows import chatlog_rows
from cq.formats._json_values import identifiers
from cq.formats._memotrace_rows import memotrace3_rows
from cq.formats._sheet_read import Sheets
from cq.model import Batch, Member

_MEMBERS = "成员信息"


def read_chatlog(source: Source, options: ReadOptions, head: Sequence[str]) -> Iterator[Batch]:
    """chatlog_alpha's workbook."""
    sheets = Sheets(source, options, head)
    yield from chatlog_rows(sheets.rows(), source, options)
    yield sheets.others()


def read_memotrace(source: Source, options: ReadOptions, head: Sequence[str]) -> Iterator[Batch]:
    """MemoTrace's workbook. Senders are names in it; the list of members has their ids."""
    sheets = Sheets(source, options, head)
    members, records = _members(sheets)
    ids = _by_name(members)
    group_id = ""
    for batch in memotrace3_rows(sheets.rows(), source, options):
        group_id = batch.groups[0].group_id if batch.groups else group_id
        yield replace(batch, messages=_with_ids(batch.messages, ids)) if batch.messages else batch
    members = [replace_group(member, group_id) for member in members]
    yield replace(sheets.others(), members=members, member_records=records)


def replace_group(member: Member, group_id: str) -> Member:
    return Member(group_id, member.member_id, member.name, member.card)


def _members(sheets: Sheets) -> tuple[list[Member], int]:
    found: list[Member] = []
    for rows in sheets.other(_MEMBERS, "wxid", "昵称"):
        none = [""] * len(rows.numbers)
        ids, _ = identifiers(list(rows.columns["wxid"]))
        cards, names = rows.columns.get("群昵称", none), rows.columns["昵称"]
        found += [
            Member("", id_ or f"name:{card or name}", name or None, card or None)
            for id_, name, card in zip(ids, names, cards, strict=True)
        ]
    return found, len(found)


def _by_name(members: Sequence[Member]) -> dict[str, str]:
    """Ids by the names that one member bears and no other."""
    bearers: dict[str, set[str]] = defaultdict(set)
    for member in members:
        for name in (member.card, member.name):
            if name:
                bearers[name].add(member.member_id)
    return {f"name:{name}": next(iter(ids)) for name, ids in bearers.items() if len(ids) == 1}


def _with_ids(messages: pa.RecordBatch, ids: Mapping[str, str]) -> pa.RecordBatch:
    """Senders by their ids where their names have one."""
    at = messages.schema.get_field_index("sender_id")
    senders = messages.column(at)
    known = [id_ for id_ in pc.unique(senders).to_pylist() if id_ in ids]
    if not known:
        return messages
    places = pc.index_in(senders, pa.array(known, pa.string()))
    found = pc.take(pa.array([ids[id_] for id_ in known], pa.string()), places)
    return messages.set_column(at, messages.schema.field(at), pc.coalesce(found, senders))
