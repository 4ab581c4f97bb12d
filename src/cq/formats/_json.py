"""A walk over one JSON object of any size: its arrays item by item, in constant memory.

Knows JSON and damage, no chat. The items of the arrays that are asked for are decoded in runs, as
many at a time as a block holds; the other values are passed over without decoding. Every record
is either handed over or becomes a :class:`Problem`: a file that ends too early keeps what it has,
a damaged item costs itself and not its neighbours (:mod:`_json_repair`), and nesting without end
is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from types import GenericAlias
from typing import Any, NamedTuple

import msgspec

from cq.formats._json_repair import ItemFinder
from cq.formats._json_window import BRACKET, MAX_KEY, NEAR, SEPARATOR, Window
from cq.model import Problem

_KEY = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)

MAX_ROWS = 65_536
"""Items that readers of a walk put into one batch."""

_FAR = 8 << 20
"""Bytes decoded in one run while all is well."""

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
    blocks: Iterable[bytes],
    label: str,
    arrays: Mapping[str, Any],
    keys: Collection[str] = (),
    *,
    trailing: bool = False,
) -> Iterator[Part]:
    """The parts of the JSON object in ``blocks`` (UTF-8, cut anywhere), in file order.

    If ``arrays`` has the name ``""``, the text may also be one array, which is given under that name.
    ``trailing``: something else may follow (a script that holds the JSON).

    ``arrays`` maps the top-level arrays wanted to the type of their items, a msgspec Struct whose
    fields are all ``Any``; an empty array gives one empty :class:`Items`. ``keys`` are the other
    values wanted. Problems: ``bad_json`` (one per damaged place, ``where`` is ``label:line``) and
    ``truncated``; a position is used up by every damaged item.
    """
    walker = Walker(Window(blocks, label), arrays, keys)
    walker.trailing = trailing
    return walker.run()


def walk_ordered(
    blocks: Callable[[], Iterable[bytes]],
    label: str,
    arrays: Mapping[str, Any],
    keys: Collection[str],
    main: str,
    before: Collection[str],
    *,
    trailing: bool = False,
) -> Iterator[Part]:
    """Like :func:`walk`, but the parts named in ``before`` come before the items of ``main``.

    Costs a second pass, that passes over ``main`` without decoding, only if the file has them in
    another order.
    """
    parts = walk(blocks(), label, arrays, keys, trailing=trailing)
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
    for part in walk(blocks(), label, others, keys, trailing=trailing):
        if not isinstance(part, Problem):
            given.add(part.name)
            yield part
    for part in walk(blocks(), label, arrays, keys, trailing=trailing):
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
        return converted(json.loads(raw, strict=False), kind)
    except _UNDECODABLE as error:
        raise ValueError(f"{error}"[:120]) from None


def converted(value: Any, kind: Any) -> Any:
    """A decoded value as ``kind``; what a Struct keeps as it stands (``msgspec.Raw``) is written again."""
    if isinstance(value, dict) and (names := _raw_fields(kind)):
        raw = {name: msgspec.Raw(json.dumps(value[name]).encode()) for name in names if name in value}
        value = {**value, **raw}
    return msgspec.convert(value, type=kind)


@lru_cache
def _raw_fields(kind: Any) -> list[str]:
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(kind) if field.type is msgspec.Raw]


class Walker:
    """Moves the window over the top-level object and yields what it meets."""

    def __init__(self, window: Window, arrays: Mapping[str, Any], keys: Collection[str]) -> None:
        self._window = window
        self._arrays = arrays
        self._keys = keys
        self._reach = _FAR  # bytes to decode in one run: little near damage, so that it is cheap
        self.placing = False  # whether to say where items stand
        self.place = (1, b"")  # the line of the items given last, and they themselves
        self.trailing = False  # whether something may follow the JSON
        self._broken_off = False  # has the end of the text been reported?
        inner = [name for name in arrays if name]
        names = [re.escape(json.dumps(name).encode()) for name in (*inner, *keys)]
        pattern = rb"(?:%b)\s*+:\s*+" % (b"|".join(names[: len(inner)]) or b"(?!)")
        self._array_start = re.compile(pattern + rb"(?P<array>\[)")
        self._wanted_start = re.compile(rb"(?:%b)\s*+:\s*+[\[{]" % (b"|".join(names) or b"(?!)"))

    # -- the top-level object --------------------------------------------------------------------

    def run(self) -> Iterator[Part]:
        window = self._window
        if window.peek() == b"[" and "" in self._arrays:
            yield from self._whole_array()
            return
        if window.peek() != b"{":
            yield window.problem("bad_json" if window.left else "truncated", "no JSON object")
            return
        window.at += 1
        while (mark := window.peek(SEPARATOR)) != b"}":
            if not mark:
                if not self._broken_off:
                    yield window.problem("truncated", "")
                return
            part: Part | None = None
            name = self._name()
            if name is None:
                part = window.problem("bad_json" if self._more() else "truncated", "")
            elif name in self._arrays and window.peek() == b"[":
                window.at += 1
                yield from self._array(name)
            else:
                part = self._value(name)
            if part is not None:
                yield part
            if isinstance(part, Problem) and not window.search(self._wanted_start.search):
                return
        window.at += 1
        if window.peek() and not self.trailing:
            yield window.problem("bad_json", "text after the end")

    def _whole_array(self) -> Iterator[Part]:
        """The text is one array."""
        window = self._window
        window.at += 1
        yield from self._array("")
        if window.data[window.at - 1 : window.at] != b"]":
            if not self._broken_off:
                yield window.problem("truncated", "")
        elif window.peek() and not self.trailing:
            yield window.problem("bad_json", "text after the end")

    def _name(self) -> str | None:
        window = self._window
        while (match := _KEY.match(window.data, window.at)) is None:
            if window.left > MAX_KEY or not window.grow():
                return None
        window.at = match.end()
        try:
            return str(json.loads(match[1], strict=False))
        except ValueError:
            return ""

    def _value(self, name: str) -> Part | None:
        """The value at the window's place: decoded if it was asked for, else only passed over."""
        window, wanted = self._window, name in self._keys
        where = window.where()
        end = window.end(self._array_start, keep=wanted)
        if end is None:
            return Problem("bad_json" if self._more() else "truncated", where, name)
        raw = window.data[window.at : end]
        try:
            value = decode(raw) if wanted else None
        except ValueError as error:
            if not self._array_start.search(raw):
                window.at = end
            return Problem("bad_json", where, f"{name}: {error}")
        window.at = end
        return Key(name, value) if wanted else None

    def _more(self) -> bool:
        """Is there anything left that was asked for? (Where the text breaks off, there is not.)"""
        window = self._window
        return self._wanted_start.search(window.data, window.at) is not None or window.grow()

    # -- an array --------------------------------------------------------------------------------

    def _array(self, name: str) -> Iterator[Part]:
        window, kind = self._window, self._arrays[name]
        many: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(GenericAlias(list, (kind,)))
        items = ItemFinder(window, self._array_start, outermost=not name)
        number = 1
        careful = 0  # up to this offset items are decoded one by one
        leaping = True
        while window.left < NEAR and window.grow():
            pass  # something to look ahead into, should the first item be damaged
        while self._at_item(items):
            leap = self._leap(items) if leaping else 0
            end = leap or (self._run() if window.base + window.at >= careful else window.at)
            if end <= window.at:
                yield self._one(items, name, number, kind)
                number += 1
                continue
            values = _decode_many(many, window.data[window.at : end])
            if values is not None:
                items.learn()
                self._placed(end)
                window.at = end
                self._reach = min(self._reach * 2, _FAR)
                yield Items(name, number, values)
                number += len(values)
            elif leap:
                leaping = False
            elif self._reach > NEAR:
                self._reach = NEAR
            else:
                careful = window.base + end
        if window.peek() == b"]":
            window.at += 1
            if number == 1:
                yield Items(name, 1, [])

    def _at_item(self, items: ItemFinder) -> bool:
        """Go to the next item; False at the end of the array, or where its last bracket was lost."""
        window = self._window
        while (mark := window.peek(SEPARATOR)) and not self._array_start.match(window.data, window.at):
            if mark != b"]":
                return True
            if items.closes():
                return False
            if not items.unsure:
                return True
            self._go_on(items, None)  # the end of an array inside the damaged item
        return False

    def _leap(self, items: ItemFinder) -> int:
        """The comma before what seems to be the last item in the window; 0 if that is not known.

        Twice as fast as counting brackets. That the text up to there can be decoded is the proof
        that the guess was right: the start of a nested object leaves brackets open.
        """
        if items.first_key is None:
            items.learn()
        if (key := items.first_key) is None:
            return 0
        data, at = self._window.data, self._window.at
        last = data.rfind(key, at)
        start = data.rfind(b"{", at + 1, last) if last >= 0 else -1
        return data.rfind(b",", at, start) if start >= 0 and self._window.before(start) == b"," else 0

    def _run(self) -> int:
        """The end of the last complete item within reach, by counting brackets."""
        data, at, depth = self._window.data, self._window.at, 0
        if data[at] != ord("{"):
            return at
        end, stop = at, at + self._reach
        while match := BRACKET.match(data, at, stop):
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

    def _one(self, items: ItemFinder, name: str, number: int, kind: Any) -> Items | Problem:
        """The item at the window's place; if there is none, a problem, and the window moves on."""
        window = self._window
        where, detail = window.where(), f"{name} {number}"
        if window.data[window.at] not in b"{[":
            end = window.scalar_end()
            if end is None or window.after(end) not in (b",", b"]"):
                self._go_on(items, None)
            else:
                window.at = end
            return Problem("bad_json", where, detail)
        end = window.end(items.starts())
        if end is None:
            self._broken_off = not self._go_on(items, None)
            return Problem("truncated" if self._broken_off else "bad_json", where, detail)
        try:
            value = decode(window.data[window.at : end], kind)
        except ValueError as error:
            self._go_on(items, end)
            return Problem("bad_json", where, f"{detail}: {error}")
        items.learn()
        self._placed(end)
        window.at = end
        return Items(name, number, [value])

    def _placed(self, end: int) -> None:
        if self.placing:
            self.place = self._window.line(), self._window.data[self._window.at : end]

    def _go_on(self, items: ItemFinder, end: int | None) -> bool:
        """To the item after the damaged one; False if there is none."""
        self._reach = NEAR
        return items.find(end)


def _decode_many(decoder: msgspec.json.Decoder[list[Any]], raw: bytes) -> list[Any] | None:
    try:
        return decoder.decode(b"[%b]" % raw)
    except _UNDECODABLE:
        return None
