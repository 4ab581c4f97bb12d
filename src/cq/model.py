"""WAIST 1: what a format hands over, and what every later room reads.

Messages are Arrow columns, never objects: a million messages pass as a few dozen record batches.
Members, groups and problems are few and are frozen structs. This module knows no file format and
no analysis. pyarrow is loaded by the first call that needs it, so that naming a kind costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1


class Kind(StrEnum):
    """What a message is. Closed list of the contract."""

    TEXT = "text"
    IMAGE = "image"
    STICKER = "sticker"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LINK = "link"
    MINI_PROGRAM = "mini_program"
    FORWARD = "forward"
    CONTACT_CARD = "contact_card"
    LOCATION = "location"
    RED_PACKET = "red_packet"
    TRANSFER = "transfer"
    POKE = "poke"
    CALL = "call"
    ANNOUNCEMENT = "announcement"
    SYSTEM = "system"
    RECALL = "recall"
    OTHER = "other"


class Event(StrEnum):
    """What happened, for rows that report an event. Closed list of the contract."""

    JOIN = "join"
    LEAVE = "leave"
    REMOVE = "remove"
    MUTE = "mute"
    UNMUTE = "unmute"
    MUTE_ALL = "mute_all"
    UNMUTE_ALL = "unmute_all"
    RECALL = "recall"
    RENAME_GROUP = "rename_group"
    ANNOUNCEMENT = "announcement"
    OWNER_CHANGE = "owner_change"
    ADMIN_CHANGE = "admin_change"
    TITLE_CHANGE = "title_change"
    POKE = "poke"
    RED_PACKET = "red_packet"
    FILE_SHARE = "file_share"
    ESSENCE = "essence"
    PIN = "pin"
    DISMISS = "dismiss"
    OTHER = "other"


NON_SPEECH = (Kind.SYSTEM, Kind.RECALL, Kind.POKE)
"""Kinds that are rows of the log but nobody's contribution to the talk."""

BOT_IDS = frozenset({"2854196310"})
"""Senders that are programs by their id alone: Q群管家 (QQ's own group bot)."""

ChatKind = Literal["group", "private", "unknown"]
MemberRole = Literal["owner", "admin", "member"]


class Problem(msgspec.Struct, frozen=True):
    """A record that could not be used, or (as a notice) something that was read with a doubt.

    ``where`` is ``file:record`` or ``file:line`` as the user can find it. A notice about several records
    names the first, and how many there are in ``detail``.
    """

    code: str
    where: str
    detail: str = ""


class Member(msgspec.Struct, frozen=True):
    """One row of the members table; times are UTC milliseconds."""

    group_id: str
    member_id: str
    name: str | None = None
    card: str | None = None
    role: MemberRole | None = None
    title: str | None = None
    joined_at: int | None = None
    left_at: int | None = None


class Group(msgspec.Struct, frozen=True):
    """One row of the groups table. ``group_id`` is native, else the surrogate ``name:…``.

    ``complete_members``: the members that came with it are everybody, silent ones too.
    """

    group_id: str
    group_name: str | None
    platform: str
    chat_kind: ChatKind = "unknown"
    complete_members: bool = False

    def joined(self, older: Group | None) -> Group:
        """What two descriptions of one group say together."""
        if older is None:
            return self
        return Group(
            self.group_id,
            self.group_name or older.group_name,
            self.platform if self.platform != "unknown" else older.platform,
            self.chat_kind if self.chat_kind != "unknown" else older.chat_kind,
            self.complete_members or older.complete_members,
        )


def surrogate_group_id(name: str | None) -> str:
    """The stable stand-in for a group id in exports that carry only the group's name."""
    return f"name:{name or ''}"


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of an export, in file order.

    ``messages`` has the columns of :func:`message_schema`, as the format leaves them:

    * ``message_id`` null: the store derives it. A row that has one was normalised before (cq's
      own files); its ``reply_to`` is a message id then.
    * ``reply_to`` holds the *native* id of the message answered; where the format's ids are not
      unique, the nearest earlier row of the same source and group that bears it is meant. Formats
      that quote without ids give ``at:<epoch milliseconds>:<sender_id>``: the one message of the
      group that this sender (``name:…`` for a name) sent then, give or take a second.
    * ``mentions`` null means "the format has no structure for them, look in the text".
    * ``event_actor`` and ``event_target`` hold ids where the format knows them, else ``name:…``.

    ``problems`` are records that could not be used; ``notices`` are doubts about used ones and do
    not enter the counting law. ``segment`` numbers the parts of a file that may repeat one another
    (a whole-database export lists a contact twice): repetitions are counted within one segment.
    """

    messages: pa.RecordBatch | None = None
    members: Sequence[Member] = ()
    groups: Sequence[Group] = ()
    problems: Sequence[Problem] = ()
    notices: Sequence[Problem] = ()
    headers: int = 0
    member_records: int = 0
    segment: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


COLUMNS = (
    "message_id", "platform", "group_id", "group_name", "sent_at", "sender_id", "sender_name",
    "sender_title", "kind", "text", "url", "card_title", "reply_to", "reply_quote", "mentions",
    "event", "event_actor", "event_target", "event_detail", "is_self", "recalled", "native_id",
    "origin_file", "origin_record",
)  # fmt: skip

HIGH_CARDINALITY = frozenset({"message_id", "text", "native_id", "reply_to", "reply_quote", "url"})
"""Columns whose values hardly repeat: a dictionary would cost more than it saves."""


# Sorted numbers and short lists are smaller without a dictionary; statistics serve only the columns by
# which readers skip: over texts they cost a fifth of the time of writing.
PARQUET: Mapping[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": [
        name
        for name in COLUMNS
        if name not in HIGH_CARDINALITY | {"sent_at", "mentions", "event_target", "origin_record"}
    ],
    "write_statistics": ["group_id", "sent_at"],
}
"""How every Parquet file of messages is written."""


@cache
def message_schema() -> pa.Schema:
    """The Arrow schema of a normalised message (contract section 2), in column order."""
    import pyarrow as pa

    special = {
        "sent_at": pa.timestamp("ms", tz="UTC"),
        "mentions": pa.list_(pa.string()),
        "event_target": pa.list_(pa.string()),
        "is_self": pa.bool_(),
        "recalled": pa.bool_(),
        "origin_record": pa.int64(),
    }
    required = {"platform", "group_id", "sent_at", "kind", "origin_file", "origin_record"}
    return pa.schema(
        [pa.field(name, special.get(name, pa.string()), nullable=name not in required) for name in COLUMNS],
        metadata={"cq.schema": f"cq.messages/{SCHEMA_VERSION}"},
    )


def record_batch(columns: Mapping[str, Any], rows: int) -> pa.RecordBatch:
    """A message batch from whole columns; columns that are not named are null.

    A value may be an Arrow array, a sequence, or a scalar that stands for every row.
    """
    import pyarrow as pa

    arrays = []
    for spec in message_schema():
        value = columns.get(spec.name)
        if isinstance(value, pa.Array):
            arrays.append(value if value.type == spec.type else value.cast(spec.type))
        elif value is None:
            arrays.append(pa.nulls(rows, spec.type))
        elif isinstance(value, str | int | bool):
            arrays.append(pa.repeat(pa.scalar(value, spec.type), rows))
        else:
            arrays.append(_array(value, spec.type))
    return pa.RecordBatch.from_arrays(arrays, schema=message_schema())


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if isinstance(values, range):  # record numbers: no object for each
        values = np.arange(values.start, values.stop, values.step)
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # half a surrogate pair: legal in JSON, in no encoding
        return pa.array([_whole(v) for v in values], kind)


def _whole(value: Any) -> Any:
    """Surrogate pairs joined, lone halves replaced by U+FFFD, in a string or a list of strings."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return [_whole(v) for v in value] if isinstance(value, list) else value


class BatchBuilder:
    """Row by row into a message batch, for formats whose records are objects anyway.

    ``constants`` are the columns that are the same in every row (platform, group, file).
    """

    def __init__(self, **constants: Any) -> None:
        self._constants = constants
        self._names = [name for name in COLUMNS if name not in constants]
        self._columns: dict[str, list[Any]] = {name: [] for name in self._names}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, **row: Any) -> None:
        """One message; columns that are not given are null. ``sent_at`` is UTC milliseconds."""
        for name, column in self._columns.items():
            column.append(row.pop(name, None))
        if row:
            raise TypeError(f"not a column, or declared constant: {sorted(row)}")
        self._rows += 1

    def take(self) -> pa.RecordBatch:
        """The rows so far as a record batch; the builder is empty afterwards."""
        batch = record_batch({**self._columns, **self._constants}, self._rows)
        self._columns = {name: [] for name in self._names}
        self._rows = 0
        return batch


def strings(values: Iterable[str | None]) -> pa.Array:
    """An Arrow string array of ``values``, None as null."""
    import pyarrow as pa

    return _array(list(values), pa.string())
