"""Files that are not exports but look like something: each gets its own advice.

Asked only when no format has recognised the file, so nothing here can shadow a format.
"""

from __future__ import annotations

import re

from cq.errors import InputError
from cq.formats._source import Source

_TRAINING_KEYS = ({"instruction", "output"}, {"conversations"}, {"messages"})
_HTML = re.compile(r"(?i)<!doctype html|<html|<head|<meta|<div")


def refuse(source: Source) -> None:
    """Raise the :class:`InputError` that names what ``source`` is, if that is known."""
    code = _known(source)
    if code:
        raise InputError(code, path=source.label)


def _known(source: Source) -> str | None:
    peek = source.peek
    head = peek.head
    if b"QQ_NT DB" in head[:2048]:
        return "database_encrypted"
    if head.startswith(b"SQLite format 3\0"):
        return "database_sqlite"
    if head.startswith(b"PK\x03\x04") and b"xl/" in head[: 1 << 16]:
        return "not_yet_xlsx"
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        return "binary_file"
    if not peek.start:
        return "blank_file"
    if "短消息记录(此消息记录为文本格式" in peek.first_line:
        return "discuz_export"
    if "[]" in peek.json and any(keys <= set(peek.json["[]"]) for keys in _TRAINING_KEYS):
        return "training_data"
    if _HTML.match(peek.start):
        return "html_page"
    controls = sum(head[:4096].count(bytes([i])) for i in (*range(1, 9), *range(14, 32)))
    if controls > len(head[:4096]) // 20 and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "binary_file"
    return None
