"""Formats: one file each. A format knows bytes, and nothing of analysis.

A format is a frozen value found by walking this package: a module whose name does not begin with
an underscore and that holds ``FORMAT``. Its docstring is the format's page in the documentation.
Two formats that recognise one file are an error that names both, so every sniff is exclusive.
"""

from __future__ import annotations

import hashlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from cq.errors import InputError, UsageError
from cq.formats._inputs import Candidate, expand
from cq.formats._lacks import NAMED_TALK, Lack
from cq.formats._peek import Peek
from cq.formats._refusals import refuse
from cq.formats._source import Source, file_source
from cq.model import Batch

if TYPE_CHECKING:
    from cq.formats._map import ColumnMap

__all__ = [
    "NAMED_TALK",
    "Candidate",
    "Format",
    "Identified",
    "Lack",
    "Peek",
    "ReadOptions",
    "Source",
    "all_formats",
    "expand",
    "file_source",
    "identify",
    "only_when_asked_for",
]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader cannot learn from the file.

    ``zone`` applies to local times only. ``date`` and ``year`` complete times that lack them.
    ``map`` says what the columns of a table of the user's own mean.
    ``lenient`` asks for the fallback rules even where the strict ones would do.
    """

    zone: ZoneInfo
    date: date | None = None
    year: int | None = None
    map: ColumnMap | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One export format. Its words stand in ``locales/*/formats.toml``, by its id.

    ``sniff`` is pure and cheap: the reason why this is the format, in English, or None.
    ``read`` yields batches in file order. ``unique_ids``: the export's message ids are exact and
    unique in their group, so that they identify a message across exports.
    ``replies``: it can carry which message answers which. ``roster``: its members are everybody in
    the group, not only those who wrote.
    ``lacks`` and ``lost`` say what the export cannot carry: columns, and kinds and events (by their
    names) that come out as something else or not at all. The documentation prints them, and a test
    holds every format to them.
    ``parts``: the files beside a source that belong to it (chunks, names), for exports that are
    folders. They are read with it and not for themselves.
    ``needs_map``: it can be read with ``--map`` only.
    """

    id: str
    platform: Literal["wechat", "qq", "wecom", "any"]
    sniff: Callable[[Peek], str | None]
    read: Callable[[Source, ReadOptions], Iterator[Batch]]
    unique_ids: bool = False
    replies: bool = False
    roster: bool = False
    lacks: frozenset[Lack] = frozenset()
    lost: frozenset[str] = frozenset()
    parts: Callable[[Source], Sequence[Source]] | None = None
    needs_map: bool = False


@dataclass(frozen=True, slots=True)
class Identified:
    """A source with the format it is in and why."""

    source: Source
    format: Format
    reason: str
    parts: Sequence[Source] = ()

    @property
    def size(self) -> int:
        """Bytes of the export with its parts."""
        return self.source.size + sum(part.size for part in self.parts)

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes; of an export with parts that of all their digests."""
        if not self.parts:
            return self.source.sha256
        digests = [self.source.sha256, *(part.sha256 for part in self.parts)]
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def only_when_asked_for(peek: Peek) -> str | None:
    """The sniff of a format without marks of its own: it is read with ``--input-format`` only."""
    return None


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format of this build, by id."""
    modules = (
        import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
        if not info.name.startswith("_")
    )
    return tuple(sorted((module.FORMAT for module in modules), key=lambda f: f.id))


def identify(source: Source, forced: str | None = None) -> Identified:
    """The one format of ``source``.

    ``forced`` is ``--input-format``. Raises :class:`InputError` when nothing, or more than one
    thing, recognises it, and :class:`UsageError` for a forced id that does not exist.
    """
    if forced is not None:
        for fmt in all_formats():
            if fmt.id == forced:
                _no_archive(source, [fmt])
                return _identified(source, fmt, "--input-format")
        raise UsageError("unknown_input_format", id=forced, known=" ".join(f.id for f in all_formats()))
    if source.size == 0:
        raise InputError("empty_file", path=source.label)
    formats = _no_archive(source, all_formats())
    matches = [(f, why) for f in formats if (why := f.sniff(source.peek)) is not None]
    match matches:
        case [(fmt, why)]:
            return _identified(source, fmt, why)
        case []:
            refuse(source)
            raise InputError("unknown_format", path=source.label)
        case _:
            ids = ", ".join(f.id for f, _ in matches)
            raise InputError("ambiguous_format", path=source.label, ids=ids)


def _identified(source: Source, fmt: Format, why: str) -> Identified:
    return Identified(source, fmt, why, tuple(fmt.parts(source)) if fmt.parts else ())


def _no_archive(source: Source, formats: Sequence[Format]) -> Sequence[Format]:
    """Those of ``formats`` that can be meant: a workbook is read by those of workbooks only.

    Raises for a zip (inside another zip) and other Office documents: text in it is not to be read as its own.
    """
    if not source.size or not source.peek.head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return formats
    found = [f for f in formats if f.id.endswith("-xlsx")] if source.peek.is_workbook else []
    if not found:
        refuse(source)
    return found
