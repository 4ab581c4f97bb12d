"""A walk over one JSON object of any size: its arrays item by item, in constant memory.

Knows JSON and damage, no chat. The items of the arrays that are asked for are decoded in runs, as
many at a time as a block holds; the other values are passed over without decoding. Every record
is either handed over or becomes a :class:`Problem`: a file that ends too early keeps what it has,
a damaged item costs itself and not its neighbours, and nesting without end is refused.

How the place after a damaged item is found: in well-formed JSON ``{"key":`` with a bare quote can
only be the start of an object. So the first key of the earlier items is looked for; where the
count of quotes and brackets disagrees with it, the count has gone astray at the damage.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from types import GenericAlias
from typing import Any, NamedTuple

import msgspec

from cq.model import Problem

_BLANK = re.compile(rb"[ \t\r\n]*+")
_SEPARATOR = re.compile(rb"[ \t\r\n,]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,:"{}\[\]]++')
_KEY = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)
_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+[{}\[\]]', re.DOTALL)
"""From anywhere outside a string up to and with the next bracket outside a string."""
_STRINGS = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
"""From anywhere outside a string as far as there are whole strings and no brackets."""
_FIRST_KEY = re.compile(rb'\{\s*+("[^"\\]*+")\s*+:')
_NEXT_KEY = re.compile(rb'\}\s*+,\s*+\{\s*+("[^"\\]*+")\s*+:')
_AFTER_ARRAY = re.compile(
    rb'\]\s*+(?:\Z|\}\s*+(?:\Z|\{)|,\s*+(?:\Z|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:\\?\Z|"\s*+(?:\Z|:))))', re.DOTALL
)
"""The end of an array and what stands after it in the top-level object, perhaps cut off."""

_FAR = 8 << 20
_NEAR = 1 << 16
"""Bytes decoded in one run: much while all is well, little near damage, so that it is cheap."""
_MAX_VALUE = 64 << 20
"""Bytes of one item. What is not closed by then is damage: no exporter embeds that much."""
_MAX_KEY = 1 << 12
_MAX_INDENT = 256
_MANY = 1000
"""More objects than that in one item are no forwarded chat: a bracket was lost."""

_UNDECODABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class Key(NamedTuple):
    """A value of the top-level object that was asked for."""

    name: str
    value: Any


class Items(NamedTuple):
    """Consecutive items of an array; ``first`` is the 1-based position of ``values[0]``."""

    name: str
    first: int
    values: list[Any]


Part = Key | Items | Problem


def walk(
    blocks: Iterable[bytes], label: str, arrays: Mapping[str, Any], keys: Collection[str] = ()
) -> Iterator[Part]:
    """The parts of the JSON object in ``blocks`` (UTF-8, cut anywhere), in file order.

    ``arrays`` maps the top-level arrays wanted to the type of their items, a msgspec Struct whose
    fields are all ``Any``; an empty array gives one empty :class:`Items`. ``keys`` are the other
    values wanted. Problems: ``bad_json`` (one per damaged place, ``where`` is ``label:line``) and
    ``truncated``; a position is used up by every damaged item.
    """
    return _Walker(blocks, label, arrays, keys).run()


def walk_ordered(
    blocks: Callable[[], Iterable[bytes]],
    label: str,
    arrays: Mapping[str, Any],
    keys: Collection[str],
    main: str,
    before: Collection[str],
) -> Iterator[Part]:
    """Like :func:`walk`, but the parts named in ``before`` come before the items of ``main``.

    Costs a second pass, that passes over ``main`` without decoding, only if the file has them in
    another order.
    """
    parts = walk(blocks(), label, arrays, keys)
    early: list[Part] = []
    reached = False
    for part in parts:
        early.append(part)
        reached = isinstance(part, Items) and part.name == main
        if reached:
            break
    if not reached or set(before) <= {part.name for part in early if not isinstance(part, Problem)}:
        yield from early
        yield from parts
        return
    others = {name: kind for name, kind in arrays.items() if name != main}
    given = set()
    for part in walk(blocks(), label, others, keys):
        if not isinstance(part, Problem):
            given.add(part.name)
            yield part
    for part in walk(blocks(), label, arrays, keys):
        if isinstance(part, Problem) or part.name not in given:
            yield part


def decode(raw: bytes, kind: Any = Any) -> Any:
    """One JSON value as ``kind``; ``ValueError`` if it is none.

    Falls back to the standard library for what that accepts and msgspec does not: half a
    surrogate pair, a raw control character in a string, NaN.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except _UNDECODABLE:
        pass
    try:
        return msgspec.convert(json.loads(raw, strict=False), type=kind)
    except _UNDECODABLE as error:
        raise ValueError(f"{error}"[:120]) from None


class _Walker:
    """The window ``data`` moves over the text; everything before ``at`` is done with."""

    def __init__(
        self, blocks: Iterable[bytes], label: str, arrays: Mapping[str, Any], keys: Collection[str]
    ) -> None:
        self._blocks = iter(blocks)
        self._label = label
        self._arrays = arrays
        self._keys = keys
        self._data = b""
        self._at = 0
        self._base = 0  # offset of data[0] in the text
        self._line = 1  # the line of data[counted]
        self._counted = 0
        self._reach = _FAR  # bytes to decode in one run
        self._first_key: bytes | None = None  # of the last good item
        self._indent: int | None = None  # of the last good item, if it began a line
        self._unsure = False  # has damage in this array made us search for the next item?
        self._broken_off = False  # has the end of the text been reported?
        names = [re.escape(json.dumps(name).encode()) for name in (*arrays, *keys)]
        pattern = rb"(?:%b)\s*+:\s*+" % (b"|".join(names[: len(arrays)]) or b"(?!)")
        self._array_start = re.compile(pattern + rb"(?P<array>\[)")
        self._wanted_start = re.compile(rb"(?:%b)\s*+:\s*+[\[{]" % (b"|".join(names) or b"(?!)"))

    # -- the top-level object --------------------------------------------------------------------

    def run(self) -> Iterator[Part]:
        if self._peek() != b"{":
            yield self._problem("bad_json" if self._data[self._at :] else "truncated", "no JSON object")
            return
        self._at += 1
        while (mark := self._peek(_SEPARATOR)) != b"}":
            if not mark:
                if not self._broken_off:
                    yield self._problem("truncated", "")
                return
            part: Part | None = None
            name = self._name()
            if name is None:
                part = self._problem("bad_json" if self._more() else "truncated", "")
            elif name in self._arrays and self._peek() == b"[":
                self._at += 1
                yield from self._array(name)
            else:
                part = self._value(name)
            if part is not None:
                yield part
            if isinstance(part, Problem) and not self._search(self._wanted_start.search):
                return
        self._at += 1
        if self._peek():
            yield self._problem("bad_json", "text after the end")

    def _name(self) -> str | None:
        while (match := _KEY.match(self._data, self._at)) is None:
            if len(self._data) - self._at > _MAX_KEY or not self._grow():
                return None
        self._at = match.end()
        try:
            return str(json.loads(match[1], strict=False))
        except ValueError:
            return ""

    def _value(self, name: str) -> Part | None:
        """The value at the window's place: decoded if it was asked for, else only passed over."""
        wanted = name in self._keys
        where = self._where()
        end = self._end(self._array_start, keep=wanted)
        if end is None:
            return Problem("bad_json" if self._more() else "truncated", where, name)
        raw = self._data[self._at : end]
        try:
            value = decode(raw) if wanted else None
        except ValueError as error:
            if not self._array_start.search(raw):
                self._at = end
            return Problem("bad_json", where, f"{name}: {error}")
        self._at = end
        return Key(name, value) if wanted else None

    # -- an array --------------------------------------------------------------------------------

    def _array(self, name: str) -> Generator[Part, None, None]:
        kind = self._arrays[name]
        many: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(GenericAlias(list, (kind,)))
        self._unsure, self._indent, self._first_key = False, None, None
        number = 1
        careful = 0  # up to this offset items are decoded one by one
        leaping = True
        while len(self._data) - self._at < _NEAR and self._grow():
            pass  # something to look ahead into, should the first item be damaged
        while not ((mark := self._peek(_SEPARATOR)) == b"]" and self._closes()):
            if not mark:
                return
            if self._array_start.match(self._data, self._at):
                return  # the bracket that ends this array was lost
            if mark == b"]" and self._unsure:  # the end of an array inside the damaged item
                self._find_item(None)
                continue
            leap = self._leap() if leaping else 0
            end = leap or (self._run() if self._base + self._at >= careful else self._at)
            if end <= self._at:
                part = self._one(name, number, kind)
                number += 1
                yield part
                continue
            values = _decode_many(many, self._data[self._at : end])
            if values is not None:
                self._learn()
                self._at = end
                self._reach = min(self._reach * 2, _FAR)
                yield Items(name, number, values)
                number += len(values)
            elif leap:
                leaping = False
            elif self._reach > _NEAR:
                self._reach = _NEAR
            else:
                careful = self._base + end
        self._at += 1
        if number == 1:
            yield Items(name, 1, [])

    def _leap(self) -> int:
        """The comma before what seems to be the last item in the window; 0 if that is not known.

        Twice as fast as counting brackets. That the text up to there can be decoded is the proof
        that the guess was right: the start of a nested object leaves brackets open.
        """
        if self._first_key is None:
            self._learn()
        key = self._data.rfind(self._first_key, self._at) if self._first_key else -1
        start = self._data.rfind(b"{", self._at + 1, key) if key >= 0 else -1
        return self._data.rfind(b",", self._at, start) if start >= 0 and self._before(start) == b"," else 0

    def _run(self) -> int:
        """The end of the last complete item within reach, by counting brackets."""
        if self._data[self._at] != ord("{"):
            return self._at
        data, at, depth = self._data, self._at, 0
        end, stop = at, at + self._reach
        while match := _BRACKET.match(data, at, stop):
            at = match.end()
            if data[at - 1] in b"{[":
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    end = at
                elif depth < 0:
                    break
        return end

    def _learn(self) -> None:
        """Remember what the start of an item looks like here."""
        if match := _FIRST_KEY.match(self._data, self._at):
            self._first_key = match[1]
            self._indent = self._indent_of(self._at)

    def _one(self, name: str, number: int, kind: Any) -> Items | Problem:
        """The item at the window's place; if there is none, a problem, and the window moves on."""
        where, detail = self._where(), f"{name} {number}"
        if self._data[self._at] not in b"{[":
            end = self._scalar_end()
            if end is None or self._after(end) not in (b",", b"]"):
                self._find_item(None)
            else:
                self._at = end
            return Problem("bad_json", where, detail)
        end = self._end(self._item_start())
        if end is None:
            self._broken_off = not self._find_item(None)
            return Problem("truncated" if self._broken_off else "bad_json", where, detail)
        try:
            value = decode(self._data[self._at : end], kind)
        except ValueError as error:
            self._find_item(end)
            return Problem("bad_json", where, f"{detail}: {error}")
        self._learn()
        self._at = end
        return Items(name, number, [value])

    def _closes(self) -> bool:
        """Is the ``]`` at the window's place the end of the array?"""
        while not (match := _AFTER_ARRAY.match(self._data, self._at)) or match.end() == len(self._data):
            if len(self._data) - self._at > _MAX_KEY or not self._grow():
                break
        if match is None or (
            match[0].endswith(b"{") and self._item_start().match(self._data, match.end() - 1)
        ):
            return False
        if not self._unsure:
            return True
        return not any(map(self._is_item, self._item_start().finditer(self._data, self._at)))

    # -- the place after damage ------------------------------------------------------------------

    def _item_start(self) -> re.Pattern[bytes]:
        """The start of an item, or of another array asked for."""
        key = self._first_key
        if key is None:
            usual = Counter(_NEXT_KEY.findall(self._data, self._at, self._at + _FAR)).most_common(1)
            first = _FIRST_KEY.match(self._data, self._at)
            key = usual[0][0] if usual else first[1] if first else None
        any_key = rb'"[^"\\]*+"'
        item = rb"(?P<item>\{)\s*+%b\s*+:" % (re.escape(key) if key else any_key)
        return re.compile(item + b"|" + self._array_start.pattern)

    def _find_item(self, end: int | None) -> bool:
        """Go from the damaged item at the window's place to the next one.

        ``end`` is where the damaged item ends by the count of its brackets. False if there was
        nothing more before the end of the text.
        """
        self._unsure, self._reach = True, _NEAR
        begin, start = self._at, self._item_start()
        if end is not None:
            astray = self._astray(begin, start, end)
            if astray is not None or self._after(end) in (b",", b"]"):
                self._at = end if astray is None else astray
                return True
        refused: set[int] = set()
        for stop in (begin + _NEAR, len(self._data)):
            at = self._next_item(begin, min(stop, len(self._data)), start, refused)
            if at is not None:
                self._at = at
                return True

        def search(data: bytes, at: int) -> re.Match[bytes] | None:
            fresh = (m for m in start.finditer(data, at) if self._base + m.start() not in refused)
            return next(filter(self._is_item, fresh), None)

        self._at = begin + 1
        return self._search(search)

    def _next_item(self, begin: int, stop: int, start: re.Pattern[bytes], refused: set[int]) -> int | None:
        """The first place before ``stop`` that is the start of an item for certain.

        By its indentation, or because the count of quotes says "inside a string" there, or by its
        depth: our items are those least deep. But if the text breaks off in the middle of an item
        that is sound so far, whatever is inside belongs to that item. Others are ``refused``.
        """
        depths = self._depths(begin, stop)
        certain, likely = None, []
        for match in start.finditer(self._data, begin + 1, stop):
            if match.start(match.lastgroup or 0) not in depths or match.lastgroup == "array":
                certain = match
                break
            if self._is_item(match):
                likely.append(match.start())
            else:
                refused.add(self._base + match.start())
        limit = min((depths[at] for at in likely), default=0)
        unproved = stop < len(self._data) or (certain is not None and certain.lastgroup == "item")
        if unproved or (limit > 1 and len(likely) < _MANY and _is_cut_off(self._data[begin:])):
            limit = 1
        for at in likely:
            if self._indent or depths[at] <= max(limit, 1):
                return at
        refused.update(self._base + at for at in likely)
        return certain.start() if certain else None

    def _search(self, search: Callable[[bytes, int], re.Match[bytes] | None]) -> bool:
        """Move the window to what ``search`` finds from here on, or to the end of the text."""
        while (match := search(self._data, self._at)) is None:
            self._at = max(self._at, len(self._data) - _MAX_KEY)
            if not self._grow():
                self._at = len(self._data)
                return False
        self._at = match.start()
        return True

    def _is_item(self, match: re.Match[bytes]) -> bool:
        """Is this start of an object one of ours, not one that is nested in an item?"""
        if match.lastgroup == "array":
            return True
        indent = self._indent_of(match.start())
        if indent is not None and self._indent:
            return indent <= self._indent
        return self._before(match.start()) not in (b":", b"[")

    def _astray(self, begin: int, pattern: re.Pattern[bytes], stop: int) -> int | None:
        """Where ``pattern`` proves that the count of quotes and brackets from ``begin`` is wrong.

        That is: where the count says "inside a string", or where an item stands directly in an
        item. None if all agrees up to ``stop``.
        """
        if pattern.search(self._data, begin + 1, stop) is None:
            return None
        depths = self._depths(begin, stop)
        for match in pattern.finditer(self._data, begin + 1, stop):
            depth = depths.get(match.start(match.lastgroup or 0))
            if depth is None:
                return match.start()
            if depth == 1 and match.lastgroup == "item" and self._before(match.start()) == b",":
                return match.start()
        return None

    def _depths(self, begin: int, stop: int) -> dict[int, int]:
        """The opening brackets outside strings from ``begin``, each with its depth."""
        depths = {}
        at, depth = begin, 0
        while match := _BRACKET.match(self._data, at, stop):
            at = match.end()
            if self._data[at - 1] in b"{[":
                depths[at - 1] = depth
                depth += 1
            else:
                depth -= 1
        return depths

    # -- the window ------------------------------------------------------------------------------

    def _end(self, pattern: re.Pattern[bytes], *, keep: bool = True) -> int | None:
        """The end of the value at the window's place, which stays in the window if ``keep``.

        None if the text ends before, if the value is too long, or if ``pattern`` proves that the
        count has gone astray.
        """
        if self._peek() not in (b"{", b"["):
            return self._scalar_end()
        at, depth = self._at, 0
        stop = at + _NEAR
        while True:
            while match := _BRACKET.match(self._data, at, stop):
                at = match.end()
                depth += 1 if self._data[at - 1] in b"{[" else -1
                if depth <= 0:
                    sound = keep or self._astray(self._at, pattern, at) is None
                    return self._settle(at) if sound else None
            stop = min(stop, len(self._data))
            if self._astray(self._at, pattern, stop) is not None:
                return None
            if stop == len(self._data):
                if not keep:
                    self._at = at = _skip(_STRINGS, self._data, at)
                base = self._base
                if len(self._data) - self._at > _MAX_VALUE or not self._grow():
                    return None
                at, stop = at + base - self._base, stop + base - self._base
            stop += max(stop - self._at, _NEAR)

    def _scalar_end(self) -> int | None:
        kind = _STRING if self._peek() == b'"' else _SCALAR
        while (match := kind.match(self._data, self._at)) is None or match.end() == len(self._data):
            broken = match is None and kind is _SCALAR
            if broken or len(self._data) - self._at > _MAX_VALUE or not self._grow():
                break
        return self._settle(match.end()) if match else None

    def _settle(self, end: int) -> int:
        """``end``, once the byte after it that is no white space is in the window, too."""
        while _skip(_BLANK, self._data, end) == len(self._data):
            base = self._base
            if not self._grow():
                break
            end -= self._base - base
        return end

    def _peek(self, blank: re.Pattern[bytes] = _BLANK) -> bytes:
        """The next byte that is no white space; empty at the end of the text."""
        while True:
            self._at = _skip(blank, self._data, self._at)
            if self._at < len(self._data) or not self._grow():
                return self._data[self._at : self._at + 1]

    def _after(self, at: int) -> bytes:
        """The byte after ``at`` that is no white space, within the window."""
        at = _skip(_BLANK, self._data, at)
        return self._data[at : at + 1]

    def _before(self, at: int) -> bytes:
        """The byte before ``at`` that is no white space."""
        return self._data[max(at - _MAX_INDENT, 0) : at].rstrip(b" \t\r\n")[-1:]

    def _indent_of(self, at: int) -> int | None:
        """Blanks before ``at`` if nothing else stands before it in its line."""
        begin = self._data.rfind(b"\n", max(at - _MAX_INDENT, 0), at) + 1
        return at - begin if begin and not self._data[begin:at].strip(b" \t") else None

    def _more(self) -> bool:
        """Is there anything left that was asked for? (Where the text breaks off, there is not.)"""
        return self._wanted_start.search(self._data, self._at) is not None or self._grow()

    def _grow(self) -> bool:
        """Let go of what is done with and read on: at least as much as is held."""
        done = max(self._at - _MAX_INDENT, 0)
        self._count_lines(max(done, self._counted))
        self._counted -= done
        self._base += done
        self._at -= done
        held = [self._data[done:]]
        want, got = max(len(held[0]) - self._at, 1), 0
        for block in self._blocks:
            held.append(block)
            got += len(block)
            if got >= want:
                break
        self._data = b"".join(held)
        return got > 0

    def _count_lines(self, at: int) -> None:
        if at >= self._counted:
            self._line += self._data.count(b"\n", self._counted, at)
        else:
            self._line -= self._data.count(b"\n", at, self._counted)
        self._counted = at

    def _where(self) -> str:
        self._count_lines(self._at)
        return f"{self._label}:{self._line}"

    def _problem(self, code: str, detail: str) -> Problem:
        return Problem(code, self._where(), detail)


def _skip(blank: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = blank.match(data, at)
    return match.end() if match else at


def _is_cut_off(raw: bytes) -> bool:
    """Is this the beginning of a JSON value, and no more than that?"""
    try:
        msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    except _UNDECODABLE:
        pass
    return False


def _decode_many(decoder: msgspec.json.Decoder[list[Any]], raw: bytes) -> list[Any] | None:
    try:
        return decoder.decode(b"[%b]" % raw)
    except _UNDECODABLE:
        return None
