"""One group as ChatLab JSON lines (0.0.2), the exchange format that other tools import.

What it cannot carry is left out: mentions, titles, urls of cards without a text, milliseconds. Sender
ids stay as ``cq`` has them (``name:…`` included), so that ``cq`` reads the file back as it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq import __version__
from cq.model import Group, Kind, Member

_TYPES = {
    Kind.TEXT: 0,
    Kind.IMAGE: 1,
    Kind.VOICE: 2,
    Kind.VIDEO: 3,
    Kind.FILE: 4,
    Kind.STICKER: 5,
    Kind.LINK: 7,
    Kind.LOCATION: 8,
    Kind.RED_PACKET: 20,
    Kind.TRANSFER: 21,
    Kind.POKE: 22,
    Kind.CALL: 23,
    Kind.MINI_PROGRAM: 24,
    Kind.FORWARD: 26,
    Kind.CONTACT_CARD: 27,
    Kind.ANNOUNCEMENT: 0,  # a text, for tools that have no announcements
    Kind.SYSTEM: 80,
    Kind.RECALL: 81,
    Kind.OTHER: 99,
}
_REPLY = 25
_NOBODY = "SYSTEM"


def write_chatlab(
    batches: Iterable[pa.RecordBatch], stream: IO[bytes], group: Group, members: Sequence[Member]
) -> int:
    """Header, members, then the messages of one group; the number of messages."""
    encoder = msgspec.json.Encoder()
    head = [_header(group), *(_member(m) for m in members if m.group_id == group.group_id)]
    stream.write(encoder.encode_lines(head))
    ids, rows = _NativeIds(), 0
    for batch in batches:
        stream.write(encoder.encode_lines(_records(batch, ids)))
        rows += batch.num_rows
    return rows


def _header(group: Group) -> dict[str, Any]:
    meta = {
        "name": group.group_name or group.group_id.removeprefix("name:"),
        "platform": group.platform,
        "type": "private" if group.chat_kind == "private" else "group",
    }
    if not group.group_id.startswith("name:"):
        meta["groupId"] = group.group_id
    about = {"version": "0.0.2", "exportedAt": int(time.time()), "generator": f"cq {__version__}"}
    return {"_type": "header", "chatlab": about, "meta": meta}


def _member(member: Member) -> dict[str, Any]:
    record: dict[str, Any] = {
        "_type": "member",
        "platformId": member.member_id,
        "accountName": member.name or member.card or member.member_id,
    }
    if member.card:
        record["groupNickname"] = member.card
    if member.role in ("owner", "admin"):
        record["roles"] = [{"id": member.role}]
    return record


def _records(batch: pa.RecordBatch, ids: _NativeIds) -> list[dict[str, Any]]:
    native, answered = ids.of(batch)
    columns = [batch.column(n).to_pylist() for n in ("sender_id", "sender_name", "kind", "text", "url")]
    stamps = (batch.column("sent_at").cast(pa.int64()).to_numpy() // 1000).tolist()
    return [
        _record(*row) for row in zip(*columns, stamps, native.to_pylist(), answered.to_pylist(), strict=True)
    ]


def _record(
    sender: str | None,
    name: str | None,
    kind: str,
    text: str | None,
    url: str | None,
    at: int,
    id_: str,
    answered: str | None,
) -> dict[str, Any]:
    number = _TYPES[Kind(kind)]
    if url and url not in (text or ""):
        text = f"{text}\n{url}" if text else url
    record: dict[str, Any] = {
        "_type": "message",
        "sender": sender or _NOBODY,
        "accountName": name or "",
        "timestamp": at,
        "type": _REPLY if answered and number == 0 else number,
        "content": text,
        "platformMessageId": id_,
    }
    if answered:
        record["replyToMessageId"] = answered
    return record


class _NativeIds:
    """The ids that other tools know messages by; those of ``cq`` where the export had none.

    Answers name messages of ``cq``: what these are called outside is kept in columns, not in a dict.
    """

    def __init__(self) -> None:
        self._pieces: list[tuple[NDArray[np.bytes_], pa.Array]] = []

    def of(self, batch: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
        """The id of each row, and that of the row it answers."""
        own = batch.column("message_id")
        ids = pc.coalesce(batch.column("native_id"), own)
        keys = own.cast(pa.binary()).to_numpy(zero_copy_only=False).astype("S24")
        order = np.argsort(keys, kind="stable")
        self._pieces.append((keys[order], ids.take(pa.array(order))))
        answers = batch.column("reply_to")
        if answers.null_count == len(answers):
            return ids, answers
        return ids, self._outside(answers)

    def _outside(self, answers: pa.Array) -> pa.Array:
        wanted = answers.drop_null()
        keys = wanted.cast(pa.binary()).to_numpy(zero_copy_only=False).astype("S24")
        found = wanted.to_pylist()
        for known, ids in self._pieces:
            at = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
            for i in np.flatnonzero(known[at] == keys):
                found[i] = ids[int(at[i])].as_py()
        return pc.replace_with_mask(answers, pc.is_valid(answers), pa.array(found, pa.string()))
