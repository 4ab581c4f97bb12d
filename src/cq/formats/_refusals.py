"""Files that are not exports but look like something: each gets its own advice.

Asked only when no format has recognised the file, so nothing here can shadow a format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cq.errors import InputError
from cq.formats._peek import Peek
from cq.formats._source import Source

_HTML = re.compile(r"(?i)<(?:!doctype html|html|head|meta|body|div)\b")
_WORKBOOK = re.compile(rb"PK\x03\x04.{26}xl/", re.DOTALL)  # the name of a packed file stands at byte 30
_BINARY = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PAR1",
)


def refuse(source: Source) -> None:
    """Raise the :class:`InputError` that names what ``source`` is, if that is known."""
    code = _known(source.peek)
    if code:
        raise InputError(code, path=source.label)


def _known(peek: Peek) -> str | None:
    head = peek.head
    if b"QQ_NT DB" in head[:2048]:
        return "database_encrypted"
    if head.startswith(b"SQLite format 3\0"):
        return "database_sqlite"
    if head.startswith(b"PK\x03\x04") and _WORKBOOK.search(head):
        return "not_yet_xlsx"
    if peek.binary or head.startswith(_BINARY):
        return "binary_file"
    if not peek.start:
        return "blank_file"
    if "短消息记录(此消息记录为文本格式" in peek.first_line:
        return "discuz_export"
    if _trains_a_model(peek.json):
        return "training_data"
    if peek.start.startswith("<") and _HTML.search(peek.start, 0, 4096):
        return "html_page"
    return None


def _trains_a_model(shape: Mapping[str, Mapping[str, str | None]]) -> bool:
    """Pairs of instruction and output, or turns of user and assistant: an array or JSON lines."""
    for item in ("[]", ""):
        keys = set(shape.get(item, ()))
        if {"instruction", "output"} <= keys:
            return True
        for turns in ("messages", "conversations"):
            keys = set(shape.get(f"{item}.{turns}[]", ()))
            if {"role", "content"} <= keys or {"from", "value"} <= keys:
                return True
    return False
