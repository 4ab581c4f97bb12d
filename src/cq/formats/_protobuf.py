"""Protobuf's wire format without a schema: field numbers and raw values, out of hostile bytes.

What a number means, the formats know. Nothing is nested here: a message inside another is bytes until
somebody asks for its fields.
"""

from __future__ import annotations

from collections.abc import Mapping

MAX_FIELDS = 4_096
"""Fields of one message; QQ's have fifty."""

Fields = Mapping[int, list[int | bytes]]
"""The values of a message by field number, in their order."""


def fields(data: bytes) -> tuple[Fields, bool]:
    """The fields of a message, and whether it is whole: what stands before the damage is kept."""
    found: dict[int, list[int | bytes]] = {}
    at, end, count = 0, len(data), 0
    try:
        while at < end:
            count += 1
            if count > MAX_FIELDS:
                return found, False
            key, at = _varint(data, at)
            value: int | bytes
            match key & 7:
                case 0:
                    value, at = _varint(data, at)
                case 1:
                    value, at = data[at : at + 8], at + 8
                case 2:
                    size, at = _varint(data, at)
                    value, at = data[at : at + size], at + size
                case 5:
                    value, at = data[at : at + 4], at + 4
                case _:
                    return found, False
            if at > end or key >> 3 == 0:
                return found, False
            found.setdefault(key >> 3, []).append(value)
    except IndexError:
        return found, False
    return found, True


def _varint(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    for at in range(at + 1, at + 10):  # noqa: B020 - the place is where the number goes on
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + 1
        shift += 7
    raise IndexError


def number(message: Fields, field: int) -> int | None:
    """The last value of a field, if it is a number."""
    value = message[field][-1] if field in message else None
    return value if isinstance(value, int) else None


def text(message: Fields, field: int) -> str:
    """The last value of a field as text; empty if there is none."""
    value = message[field][-1] if field in message else b""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
