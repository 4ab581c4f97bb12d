"""Data that a page carries in a script: the JSON after a mark, as if it were a file of its own.

Lines keep their numbers. A script may also hold a JavaScript literal (bare keys, single quotes); it is
rewritten into JSON as it streams by, never evaluated. What the data means, a dialect of
:mod:`_wechat_json` says.
"""

from __future__ import annotations

import dataclasses
import html
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO, cast

from cq.formats import ReadOptions
from cq.formats._source import Source
from cq.formats._wechat_json import Dialect
from cq.formats._wechat_records import read_records
from cq.model import Batch, Problem

_LONGEST_MARK = 256
_SEARCHED = 1 << 30
"""Bytes in which a mark is looked for: pictures may stand before it."""
_STRICT = re.compile(rb'\s*[\[{]\s*(?:[\[{]\s*)?(?:"|[\]}])')
_LOOKED_AT = 4096


class Script:
    """The JSON that begins right behind ``mark`` in the text of ``source``.

    ``mark`` ends before the bracket. ``loose``: it may be a JavaScript literal here and there, even if
    it begins like JSON.
    """

    def __init__(self, source: Source, mark: re.Pattern[bytes], *, loose: bool = False) -> None:
        self._source = source
        self._mark = mark
        self._loose = loose
        self._passes: list[Source] = []

    def source(self) -> Source:
        """The JSON as a source; each line stands where it stands in the page."""
        page = self._source
        return Source(page.label, lambda: cast("BinaryIO", _Stream(self.blocks())), page.size)

    def blocks(self) -> Iterator[bytes]:
        """The JSON, after an empty line for each line before it. Nothing if the mark is not there."""
        page = Source(self._source.label, self._source.open, self._source.size)
        self._passes.append(page)
        blocks = page.blocks()
        held, seen = b"", 0
        for block in blocks:
            data = held + block
            if match := self._mark.search(data):
                yield b"\n" * data.count(b"\n", 0, match.end())
                rest = chain([data[match.end() :]], blocks)
                yield from literal(rest) if self._loose else _json(rest)
                return
            cut = max(len(data) - _LONGEST_MARK, 0)
            yield b"\n" * data.count(b"\n", 0, cut)
            held = data[cut:]
            seen += len(block)
            if seen > _SEARCHED:
                return

    def notices(self) -> tuple[Problem, ...]:
        """Doubts about the text, by the pass that has seen most of them."""
        worst = max(self._passes, key=lambda page: page.replaced, default=None)
        return worst.notices() if worst else ()


def read_script(
    source: Source, options: ReadOptions, dialect: Dialect, mark: re.Pattern[bytes], *, loose: bool = False
) -> Iterator[Batch]:
    """The batches of the messages behind ``mark``, in that dialect."""
    script = Script(source, mark, loose=loose)
    last: Batch | None = None
    for batch in read_records(script.source(), options, dialect):
        if last is not None:
            yield last
        last = batch
    if last is not None:
        yield dataclasses.replace(last, notices=(*last.notices, *script.notices()))


_TITLE = re.compile(r"<title[^<>]{0,200}>\s*([^<>]{0,400}?)\s*</title", re.IGNORECASE)
_AROUND_NAME = re.compile(
    r"(?:\s*[-–—_|:：·]\s*|\s+)(?:的)?(?:微信|QQ)?"
    r"(?:聊天记录|群聊记录|消息记录|聊天|WeChat Chat History|Chat History)"
    r"(?:导出|查看器?)?\s*\Z|\A(?:与|和)\s*(?=.{1,100}的聊天记录\Z)|的(?:微信)?聊天记录\Z|\A聊天记录\s*[-–—:：]\s*"
)
_NO_NAMES = frozenset({"", "聊天记录", "微信聊天记录", "chat", "document", "title", "index", "data"})


def name_in_title(source: Source) -> str | None:
    """The name of the chat by the page's title; None where the title is that of any page."""
    found = _TITLE.search(source.peek.text)
    name = _AROUND_NAME.sub("", html.unescape(found[1])).strip() if found else ""
    return None if name.lower() in _NO_NAMES else name


class _Stream(io.RawIOBase):
    """Blocks as a file that can be read once."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._held = memoryview(block)
        size = min(len(buffer), len(self._held))
        buffer[:size] = self._held[:size]
        self._held = self._held[size:]
        return size


# -- JavaScript literals ----------------------------------------------------------------------------

_TOKEN = re.compile(
    rb"\"(?P<double>[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+)\""
    rb"|'(?P<single>[^'\\\n]*+(?:\\.[^'\\\n]*+)*+)'"
    rb"|(?P<key>[A-Za-z_$][\w$]{0,99}+)(?=\s{0,99}:)|(?P<undefined>\bundefined\b)"
    rb"|(?P<comma>,)(?=\s{0,99}[}\]])|(?P<open>[\"'])",
    re.DOTALL,
)
"""A string ends in its line, so that a lost quote spoils no more than that."""
_SOUND = re.compile(rb"[^\\\x00-\x1f]*+(?:\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4})[^\\\x00-\x1f]*+)*+")
_SPECIAL = re.compile(
    rb"\\(?:u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(u[0-9a-fA-F]{4})|(.))|([\"\x00-\x1f])", re.DOTALL
)
_SAME = frozenset(b'"\\/bfnrt')
_LONGEST_STRING = 32 << 20
_LONGEST_KEY = 256


def _json(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks as they are if they begin like JSON, else rewritten."""
    blocks = iter(blocks)
    head = b""
    for block in blocks:
        head += block
        if len(head) >= _LOOKED_AT:
            break
    if _STRICT.match(head):
        yield head
        yield from blocks
    else:
        yield from literal(chain([head], blocks))


def literal(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """A JavaScript literal as JSON. What is neither passes through, and is damage to whoever reads it."""
    held = b""
    for block in blocks:
        done, held = _rewritten(held + block, final=False)
        yield done
    yield _rewritten(held, final=True)[0]


def _rewritten(data: bytes, *, final: bool) -> tuple[bytes, bytes]:
    """What can be rewritten of ``data``, and the rest, in which a token may be cut off."""
    limit = len(data) if final else max(len(data) - _LONGEST_KEY, 0)
    out: list[bytes] = []
    at = done = 0
    while (match := _TOKEN.search(data, at)) and match.start() < limit:
        if match.lastgroup == "open":  # no string: the rest of the line is damaged
            at = data.find(b"\n", match.start())
            if at < 0:
                if not final and len(data) - match.start() < _LONGEST_STRING:
                    out.append(data[done : match.start()])
                    return b"".join(out), data[match.start() :]
                at = limit = len(data)
            continue
        out += (data[done : match.start()], _token(match.lastgroup or "", match))
        at = done = match.end()
    stop = max(limit, at)
    out.append(data[done:stop])
    return b"".join(out), data[stop:]


def _token(kind: str, match: re.Match[bytes]) -> bytes:
    match kind:
        case "key":
            return b'"%b"' % match["key"]
        case "comma":
            return b""
        case "undefined":
            return b"null"
        case "double" if _SOUND.fullmatch(match["double"]):
            return match[0]
        case _:
            inside = match[kind]
            if b"\\" in inside or b'"' in inside or b"\t" in inside:
                return b'"%b"' % _SPECIAL.sub(_escaped, inside)
            return b'"%b"' % inside


def _escaped(match: re.Match[bytes]) -> bytes:
    point, byte, unit, other, raw = match.groups()
    if raw:
        return b'\\"' if raw == b'"' else b"\\u%04x" % raw[0]
    if unit:
        return b"\\" + unit
    if byte:
        return b"\\u00" + byte
    if point:
        code = int(point, 16)
        return (
            chr(code).encode("utf-8", "replace") if 0xFF < code < 0x110000 else b"\\u%04x" % min(code, 0xFFFD)
        )
    if other[0] in _SAME:
        return match[0]
    return {b"v": b"\\u000b", b"0": b"", b"\n": b"", b"\r": b""}.get(other, other)


_IN_STRING = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "", "0": ""}


def unescaped(data: bytes) -> bytes:
    """A part of a string of a script as the text that it stands for."""
    text = _IN_STRING.sub(
        lambda m: chr(int(m[1] or m[2], 16)) if m[3] is None else _CONTROLS.get(m[3], m[3]),
        data.decode("utf-8", "replace"),
    )
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def assigned(name: str, bracket: str) -> re.Pattern[bytes]:
    """The mark of what is assigned to ``name`` in a script; ``bracket`` is what it begins with."""
    return re.compile(rb"%b\s{0,9}=\s{0,99}(?=%b)" % (re.escape(name.encode()), re.escape(bracket.encode())))
