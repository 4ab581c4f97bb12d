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
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_WORKBOOK = "Workbook".encode("utf-16-le")
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_OFFICE_HTML = re.compile(r"(?i)urn:schemas-microsoft-com:office:(?:excel|spreadsheet)")
_OF_QCE = re.compile(r"(?i)qq-?chat-?exporter")
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
    if (workbook := _workbook(peek)) is not None:
        return workbook
    if peek.binary or head.startswith(_BINARY):
        return "binary_file"
    if not peek.start:
        return "blank_file"
    if "短消息记录(此消息记录为文本格式" in peek.first_line:
        return "discuz_export"
    if _trains_a_model(peek.json):
        return "training_data"
    if peek.csv_header == ("talker", "type", "text"):  # WeClone's columns as a fork of WeFlow writes them
        return "table_without_times"
    if any("encrypt_chat_msg" in peek.json.get(path, {}) for path in ("", "[]", ".chatdata[]")):
        return "wecom_encrypted"
    if {"exportInfo", "contacts"} <= peek.json.get("", {}).keys():
        return "contacts_export"
    if _of_another_program(peek):
        return "other_program"
    if _mailed_without_dates(peek):
        return "mail_without_dates"
    if peek.start.startswith("<") and _OFFICE_HTML.search(peek.start, 0, 4096):
        return "old_workbook"
    if peek.start.startswith("<") and _HTML.search(peek.start, 0, 4096):
        if _OF_QCE.search(peek.start, 0, 1 << 18):
            return "qce_old_page"
        return "html_page"
    return None


_WHATSAPP = re.compile(
    r"\u200e?\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? "
    r"(?:[上下]午)?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?(?:\]| -) [^:\[]{1,80}: "
)
_LINE = re.compile(r"\[LINE\] .{1,200}")
_MAILED = re.compile(r"\S[^\n]{0,80}?  \d{2}:\d{2}\r?")


def _of_another_program(peek: Peek) -> bool:
    """Exports of WhatsApp, LINE, Telegram, Discord and Slack."""
    shape = peek.json
    top, message = shape.get("", {}).keys(), shape.get(".messages[]", {}).keys()
    if {"date", "date_unixtime"} <= message or {"guild", "channel", "messages"} <= top:
        return True
    if {"type", "ts", "user"} <= shape.get("[]", {}).keys():
        return True
    if _LINE.fullmatch(peek.first_line):
        return True
    lines = [line for line in peek.start[: 1 << 16].split("\n")[:200] if line.strip()]
    return len(lines) > 1 and sum(bool(_WHATSAPP.match(line)) for line in lines) > len(lines) // 2


def _mailed_without_dates(peek: Peek) -> bool:
    """WeChat's own export by mail without its sentence and its days: ``阿北  06:53`` between blank lines."""
    lines = peek.start[: 1 << 16].split("\n")[:2000]
    heads = [i for i, line in enumerate(lines) if _MAILED.fullmatch(line)]
    return len(heads) > 1 and all(not "".join(lines[i + 1 : i + 2]).strip() for i in heads)


def _workbook(peek: Peek) -> str | None:
    """Excel's files: new ones in a zip, old and locked ones in an OLE container."""
    if peek.is_workbook:
        if b"xl/workbook.bin" in peek.head:
            return "old_workbook"
        if peek.workbook.damaged:
            return "zip_damaged"
        return "unknown_workbook"
    if not peek.head.startswith(_OLE):
        return None
    if _LOCKED in peek.head:
        return "workbook_locked"
    if _OLD_WORKBOOK in peek.head:
        return "old_workbook"
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
