"""Where bytes come from: files, zip members, standard input. Encodings are settled here, once.

A :class:`Source` can be opened again and again (two passes over one export are normal); standard
input is spooled into a private temporary file for that. It knows nothing of any format.
"""

from __future__ import annotations

import atexit
import codecs
import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from cq.errors import InputError, UsageError
from cq.formats._encoding import HIGH, boundary, is_utf8, looks_gb18030
from cq.formats._peek import Peek
from cq.model import Problem

BLOCK = 8 << 20
"""Bytes read at a time: large enough for vectorised work, small beside any memory limit."""

PEEK = 4 << 20
"""Bytes of the head a sniff may look at: base64 avatars can stand before the first message."""

TAIL = 64 << 10
"""Bytes of the end a sniff may look at."""

LONGEST_LINE = 64 << 20
"""Bytes of one line: no exporter writes more, and memory has to end somewhere."""

_ENOUGH = 64 << 10
"""Bytes from the first non-ASCII character on that show the encoding: one character proves nothing."""

_UNREADABLE: tuple[type[Exception], ...] = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What files and damaged or locked zips raise while they are read."""

try:
    from lzma import LZMAError
except ImportError:  # a Python built without it
    pass
else:
    _UNREADABLE = (*_UNREADABLE, LZMAError)

_UNOPENABLE: tuple[type[Exception], ...] = (*_UNREADABLE, ValueError)
"""Also what damaged names and offsets in a zip's directory raise."""


Beside = Callable[[str, int], "Source | None"]
"""Finds a file by its relative path, some folders up."""


class Source:
    """One export as bytes.

    ``label`` is how the user named it (``a.zip!/b.txt`` for a zip member, ``-`` for stdin).
    After :meth:`blocks` has run, ``encoding`` and ``replaced`` (undecodable places that became
    U+FFFD) describe the last pass. ``declared`` is an encoding that the user names: nothing is guessed then.
    """

    def __init__(
        self, label: str, opener: Callable[[], BinaryIO], size: int, beside: Beside | None = None
    ) -> None:
        self.label = label
        self.size = size
        self._beside = beside
        self.declared: str | None = None
        self.encoding = "utf-8"
        self.replaced = 0
        self.first_replaced_line = 0
        self.overlong = 0
        self._opener = opener

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return self.label.replace("\\", "/").rsplit("/", 1)[-1]

    def beside(self, name: str, up: int = 0) -> Source | None:
        """The file of that relative path (``chunks/c1.jsonl``) in this one's folder or zip, if there is one.

        ``up``: that many folders above. The name may come out of the export: it cannot climb.
        """
        steps = name.replace("\\", "/").split("/")
        if self._beside is None or not name or any(s in ("", ".", "..") or ":" in s for s in steps):
            return None
        return self._beside("/".join(steps), up)

    def open(self) -> BinaryIO:
        """The raw bytes from the start; the caller closes."""
        try:
            return self._opener()
        except _UNOPENABLE as error:
            raise unreadable(self.label, error) from error

    def open_seekable(self) -> BinaryIO:
        """The raw bytes as a real file: in a zip, each step back would begin anew."""
        stream = self.open()
        if not isinstance(stream, zipfile.ZipExtFile):
            return stream
        copy = cast("BinaryIO", tempfile.TemporaryFile(prefix="cq-"))  # noqa: SIM115 - the caller closes
        try:
            with stream:
                shutil.copyfileobj(stream, copy, BLOCK)
        except _UNREADABLE as error:
            copy.close()
            raise unreadable(self.label, error) from error
        copy.seek(0)
        return copy

    @cached_property
    def peek(self) -> Peek:
        """The head (and, once asked for, the tail) for identification."""
        try:
            with self.open() as stream:
                head = stream.read(PEEK)
        except _UNREADABLE as error:
            raise unreadable(self.label, error) from error
        whole = self.size <= len(head)
        return Peek(self.name, head, self._tail, complete=whole, opener=self.open_seekable)

    def forget(self) -> None:
        """Let go of what :attr:`peek` holds, which is megabytes; it is read again if it is asked for."""
        self.__dict__.pop("peek", None)

    def _tail(self) -> bytes:
        try:
            with self.open() as stream:
                stream.seek(max(0, self.size - TAIL))
                return stream.read()
        except _UNREADABLE as error:
            raise unreadable(self.label, error) from error

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the bytes as they are on disk (or were piped in)."""
        try:
            with self.open() as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        except _UNREADABLE as error:
            raise unreadable(self.label, error) from error

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The whole text as UTF-8 in pieces of about ``size`` bytes, cut between characters.

        The ladder: a BOM decides; else UTF-8 if the non-ASCII text is well-formed UTF-8 (a damaged
        byte here and there does not change that); else GB18030. BOM and NULs are dropped,
        undecodable bytes become U+FFFD and are counted in ``replaced``.
        """
        self.replaced = self.first_replaced_line = 0
        line = 1
        try:
            with self.open() as stream:
                for raw in _utf8(stream, size, self):
                    block = raw.replace(b"\0", b"") if b"\0" in raw else raw
                    if not is_utf8(block):
                        text = block.decode("utf-8", "replace")
                        self._count(text, block.count(b"\xef\xbf\xbd"), line)
                        block = text.encode()
                    line += block.count(b"\n") if self.first_replaced_line == 0 else 0
                    if block:
                        yield block
        except _UNREADABLE as error:
            raise unreadable(self.label, error) from error

    def lines(self, size: int = BLOCK) -> Iterator[bytes]:
        """Like :meth:`blocks`, but every piece but the last ends with LF.

        What a line has beyond :data:`LONGEST_LINE` is dropped, and said in :meth:`notices`.
        """
        self.overlong = 0
        held: list[bytes] = []
        length = 0
        for block in self.blocks(size):
            cut = block.rfind(b"\n") + 1
            if length > LONGEST_LINE:  # only the end of that line still matters
                end = block.find(b"\n")
                if end < 0:
                    continue
                block, cut = block[end:], cut - end
                length = 0
            if cut:
                whole = b"".join([*held, block[:cut]])
                held = [block[cut:]] if cut < len(block) else []  # before the yield: it may hold a lot
                length = len(block) - cut
                yield whole
            else:
                held.append(block)
                length += len(block)
                self.overlong += length > LONGEST_LINE
        if held:
            yield b"".join(held)

    def text(self, size: int = BLOCK) -> Iterator[str]:
        """Like :meth:`blocks`, decoded."""
        for block in self.blocks(size):
            yield block.decode()

    def notices(self) -> tuple[Problem, ...]:
        """Doubts about the text of the last pass, for the last batch of a reader."""
        found = []
        if self.replaced:
            where = f"{self.label}:{self.first_replaced_line}"
            found.append(Problem("undecodable_bytes", where, f"{self.replaced} ({self.encoding})"))
        if self.overlong:
            found.append(Problem("line_too_long", self.label, str(self.overlong)))
        return tuple(found)

    def _count(self, text: str, genuine: int, line: int) -> None:
        found = text.count("\ufffd") - genuine
        if found > 0 and not self.first_replaced_line:
            self.first_replaced_line = line + text[: text.find("\ufffd")].count("\n")
        self.replaced += max(found, 0)


def _utf8(stream: BinaryIO, size: int, source: Source) -> Iterator[bytes]:
    """Bytes of ``stream`` as UTF-8 that is perhaps damaged, without a BOM."""
    data = stream.read(max(size, 4))
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        source.encoding = "utf-16"
        yield from _transcode(stream, data, size, source)
        return
    if source.declared is not None:
        source.encoding = "utf-8-sig" if codecs.lookup(source.declared).name == "utf-8" else source.declared
        yield from _transcode(stream, data, size, source)
        return
    source.encoding = "utf-8"
    decided = data.startswith(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    while data:
        if not decided and (high := HIGH.search(data)):
            decided = True
            if len(data) - high.start() < _ENOUGH:
                data += stream.read(_ENOUGH)
            if looks_gb18030(data):
                source.encoding = "gb18030"
                yield from _transcode(stream, data, size, source)
                return
        cut = boundary(data)
        yield data[:cut]
        more = stream.read(size)
        if not more:
            yield data[cut:]  # the file ends inside a character
            return
        data = data[cut:] + more


def _transcode(stream: BinaryIO, data: bytes, size: int, source: Source) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(source.encoding)("replace")
    line = 1
    while True:
        more = stream.read(size)
        text = decoder.decode(data, final=not more)
        source._count(text, 0, line)
        line += text.count("\n")
        yield text.encode("utf-8", "replace")
        if not more:
            return
        data = more


def unreadable(label: str, error: BaseException) -> InputError:
    """The error for bytes that cannot be had."""
    match error:
        case FileNotFoundError():
            return InputError("not_found", path=label)
        case PermissionError():
            return InputError("no_permission", path=label)
        case OSError() if error.errno is not None:
            return InputError("unreadable", path=label, reason=error.strerror or error)
        case RuntimeError() if not isinstance(error, NotImplementedError | RecursionError):
            return InputError("zip_encrypted", path=label)
        case _:
            return InputError("zip_damaged", path=label)


def file_source(path: Path, label: str | None = None) -> Source:
    """A plain file."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(label or str(path), error) from error
    return Source(label or str(path), lambda: path.open("rb"), size, _beside_file(path))


def _beside_file(path: Path) -> Beside:
    def find(name: str, up: int) -> Source | None:
        folder = path.parent
        for _ in range(up):
            folder = folder.parent
        other = folder / name
        return file_source(other) if os.path.isfile(other) else None  # noqa: PTH113 - never raises, whatever the name

    return find


def zip_sources(outer: Source) -> list[Source] | None:
    """The files inside a zip, by name; None for an Office document, which is a zip but one file.

    Nothing is unpacked to disk. The zip stays open as long as one of its sources lives: a directory
    of ten thousand pictures is read once.
    """
    try:
        archive = zipfile.ZipFile(outer.open_seekable())
    except _UNOPENABLE as error:
        raise unreadable(outer.label, error) from error
    entries = sorted((e for e in archive.infolist() if not e.is_dir()), key=lambda e: e.filename)
    if any(e.filename == "[Content_Types].xml" for e in entries):
        return None
    if entries and all(e.flag_bits & _ENCRYPTED for e in entries):
        raise InputError("zip_encrypted", path=outer.label)

    def opener(entry: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
        def open_() -> BinaryIO:
            if entry.file_size > max(_BOMB_BYTES, _BOMB_RATIO * entry.compress_size):
                raise InputError("zip_bomb", path=f"{outer.label}!/{_zip_name(entry)}")
            return cast("BinaryIO", archive.open(entry))

        return open_

    members: dict[str, Source] = {}

    def beside(entry: str) -> Beside:
        def find(name: str, up: int) -> Source | None:
            folders = entry.split("/")[:-1]
            return (
                members.get("/".join([*folders[: len(folders) - up], name])) if up <= len(folders) else None
            )

        return find

    found = []
    for entry in entries:
        name = _zip_name(entry)
        found.append(Source(f"{outer.label}!/{name}", opener(entry), entry.file_size, beside(name)))
        members[name] = found[-1]
    return found


_ENCRYPTED, _UTF8_NAME = 0x1, 0x800
_BOMB_BYTES, _BOMB_RATIO = 256 << 20, 200
"""Chat logs shrink to a tenth, seldom to a fiftieth. Large files that shrink more are made to fill disks."""


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """Windows archivers write names in GBK, old Macs in UTF-8, and do not say so: Python reads cp437."""
    if entry.flag_bits & _UTF8_NAME or entry.filename.isascii():
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return entry.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return entry.filename


def spooled(label: str) -> Source:
    """Standard input (``-``) or another stream, spooled to a private file that goes with the process."""
    if label == "-" and sys.stdin.isatty():
        raise UsageError("stdin_is_terminal")
    descriptor, name = tempfile.mkstemp(prefix="cq-stdin-")
    path = Path(name)
    atexit.register(path.unlink, missing_ok=True)
    try:
        with os.fdopen(descriptor, "wb") as spool:
            if label == "-":
                shutil.copyfileobj(sys.stdin.buffer, spool, BLOCK)
            else:
                with Path(label).open("rb") as stream:
                    shutil.copyfileobj(stream, spool, BLOCK)
    except OSError as error:
        raise unreadable(label, error) from error
    return file_source(path, label)
