"""Which encoding a text is in, and where it may be cut. Knows bytes only: no files, no formats."""

from __future__ import annotations

import re

_SAMPLE = 1 << 20
"""Bytes from the first non-ASCII character on that decide between UTF-8 and GB18030."""

HIGH = re.compile(rb"[\x80-\xff]")
_PAIR = re.compile(rb"[\x81-\xfe][\x80-\xfe]")
_HIGH_BYTES = bytes(range(128, 256))


def looks_gb18030(data: bytes) -> bool:
    """Is the non-ASCII text in there rather GB18030 than UTF-8?

    Only what is more broken than whole as UTF-8 is: Chinese in GB18030 hardly ever forms UTF-8
    sequences (one of two bytes now and then), so damaged bytes leave UTF-8 what it is. And as its
    characters have two bytes, the first at least above ASCII, a lone high byte is no Chinese.
    """
    high = HIGH.search(data)
    if high is None:
        return False
    sample = data[high.start() : high.start() + _SAMPLE]
    whole = sample[: boundary(sample)]
    text = whole.decode("utf-8", "replace")
    bad = text.count("\ufffd") - whole.count(b"\xef\xbf\xbd")
    good = len(text) - bad - len(whole.translate(None, _HIGH_BYTES))
    return bad > good and _PAIR.search(sample) is not None and _errors(sample, "gb18030") < bad


def _errors(sample: bytes, encoding: str) -> int:
    return sample.decode(encoding, "replace").count("\ufffd")


def boundary(data: bytes) -> int:
    """Where to cut so that no UTF-8 sequence is split: at most three bytes before the end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:  # a lead byte: does its sequence end within the data?
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if need > back else len(data)
        if byte < 0x80:
            break
    return len(data)


def is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    if len(data) < _ARROW_PAYS:
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        return True
    import pyarrow as pa

    offsets = pa.array([0, len(data)], pa.int64()).buffers()[1]
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


_ARROW_PAYS = 1 << 18
"""Above this size Arrow's vectorised check is worth having pyarrow loaded, which reading does anyway."""
