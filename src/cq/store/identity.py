"""Which message is which: the 96-bit identity behind ``message_id``.

A message is identified by its group and native id where the format declares that id exact and
unique, else by group, time, sender, kind and text, and (for equal ones) by its place among them in
its own export. So the union of two exports keeps, of each text, the larger of the two counts: two
overlapping halves make the whole, and a person who really said "1" twice in a second is heard twice.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_128_digest

ID_BYTES = 12
"""96 bits: at ten million messages two different ones share an id with probability 1e-15."""

_SEPARATOR = "\x1f"
_HEX = np.array([f"{i:02x}".encode() for i in range(256)], "S2")
_NO_ID = ("", "0")


class Keys(NamedTuple):
    """Identities as two columns, so that they sort and compare as numbers: 8 and 4 bytes."""

    hi: NDArray[np.uint64]
    lo: NDArray[np.uint32]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Keys:
        """The identities of some rows."""
        return Keys(self.hi[rows], self.lo[rows])


class Identified(NamedTuple):
    """A batch's identities; ``content`` tells apart two messages under one native id.

    ``given``: rows that carried a ``message_id`` (cq's own files). ``native``: by native id.
    """

    keys: Keys
    content: NDArray[np.uint64]
    given: NDArray[np.bool_]
    native: NDArray[np.bool_]


def identify_rows(batch: pa.RecordBatch, unique_ids: bool) -> Identified:
    """Identities of the rows of an incoming batch, before repetitions are numbered."""
    rows, ids = batch.num_rows, batch.column("native_id")
    given = native = np.zeros(rows, np.bool_)
    if batch.column("message_id").null_count < rows:
        given = _mask(
            pc.fill_null(pc.match_substring_regex(batch.column("message_id"), r"^[0-9a-f]{24}$"), False)
        )
    if unique_ids and ids.null_count < rows:
        native = ~given & _mask(pc.invert(pc.is_in(pc.fill_null(ids, ""), pa.array(_NO_ID))))
    found = Keys(np.zeros(rows, np.uint64), np.zeros(rows, np.uint32))
    kinds: list[tuple[NDArray[np.bool_], Callable[[pa.RecordBatch], Keys]]] = [
        (given, lambda part: parse(part.column("message_id"))),
        (native, lambda part: native_keys(part.column("group_id"), part.column("native_id"))),
        (~(given | native), _content_keys),
    ]
    for mine, keys in kinds:
        if mine.all():
            found = keys(batch)
        elif mine.any():
            found.hi[mine], found.lo[mine] = keys(batch.filter(pa.array(mine)))
    return Identified(found, _contents(batch) if native.any() else np.zeros(rows, np.uint64), given, native)


def _content_keys(batch: pa.RecordBatch) -> Keys:
    column = batch.column
    return _digests(
        pc.binary_join_element_wise(
            column("group_id"),
            column("sent_at").cast(pa.int64()).cast(pa.string()),
            pc.fill_null(column("sender_id"), ""),
            column("kind"),
            pc.fill_null(column("text"), ""),
            _SEPARATOR,
        )
    )


def _contents(batch: pa.RecordBatch) -> NDArray[np.uint64]:
    """Tells apart two messages under one native id: by time, and length and first bytes of the text."""
    at: NDArray[np.int64] = batch.column("sent_at").cast(pa.int64()).to_numpy()
    text = pc.fill_null(batch.column("text"), "").cast(pa.binary())
    length: NDArray[np.uint64] = pc.binary_length(text).to_numpy().astype(np.uint64)
    head = pc.binary_join_element_wise(text, b"\0" * 8, b"")
    first = b"".join(pc.binary_slice(head, 0, 8).to_numpy(zero_copy_only=False))
    start: NDArray[np.uint64] = np.frombuffer(first, np.uint64)
    return at.astype(np.uint64) ^ (length << np.uint64(44)) ^ start


def native_keys(groups: pa.Array, native_ids: pa.Array) -> Keys:
    """Identities by group and native id; also where an answered message is looked up."""
    return _digests(pc.binary_join_element_wise(groups, pc.fill_null(native_ids, ""), "id", _SEPARATOR))


def repeated(keys: Keys, n: NDArray[np.int64]) -> Keys:
    """Identities of the n-th repetitions (n ≥ 1) of messages."""
    material = _bytes(keys)
    return _pack(
        [xxh3_128_digest(material[i].tobytes() + int(k).to_bytes(8, "big")) for i, k in enumerate(n)]
    )


def texts(keys: Keys) -> pa.Array:
    """``message_id``: 24 lower-case hexadecimal digits."""
    digits = _HEX[_bytes(keys)].tobytes()
    offsets = np.arange(len(keys.hi) + 1, dtype=np.int32) * (2 * ID_BYTES)
    return pa.Array.from_buffers(
        pa.string(), len(keys.hi), [None, pa.py_buffer(offsets), pa.py_buffer(digits)]
    )


def parse(ids: pa.Array) -> Keys:
    """The identities behind 24-digit ``message_id`` texts."""
    digits = ids.cast(pa.binary(2 * ID_BYTES))
    start, size = digits.offset * 2 * ID_BYTES, len(digits) * 2 * ID_BYTES
    raw = unhexlify(memoryview(digits.buffers()[1])[start : start + size]) if size else b""
    return _split(np.frombuffer(raw, np.uint8).reshape(-1, ID_BYTES))


def whole(ids: pa.Array) -> pa.Array:
    """Texts that are message ids; noughts for those that are not."""
    fits = pc.fill_null(pc.match_substring_regex(ids, r"^[0-9a-f]{24}$"), False)
    return pc.if_else(fits, ids, "0" * 2 * ID_BYTES)


def _digests(material: pa.Array) -> Keys:
    values = material.cast(pa.binary()).to_numpy(zero_copy_only=False)
    return _pack([xxh3_128_digest(value) for value in values])


def _pack(digests: list[bytes]) -> Keys:
    return _split(np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16)[:, :ID_BYTES])


def _split(raw: NDArray[np.uint8]) -> Keys:
    hi = np.ascontiguousarray(raw[:, :8]).view(">u8")[:, 0].astype(np.uint64)
    lo = np.ascontiguousarray(raw[:, 8:]).view(">u4")[:, 0].astype(np.uint32)
    return Keys(hi, lo)


def _bytes(keys: Keys) -> NDArray[np.uint8]:
    hi = keys.hi.astype(">u8").view(np.uint8).reshape(-1, 8)
    lo = keys.lo.astype(">u4").view(np.uint8).reshape(-1, 4)
    return np.concatenate([hi, lo], axis=1)


def _mask(condition: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(condition.to_numpy(zero_copy_only=False), np.bool_)
