"""Formats: one file each. A format knows bytes, and nothing of analysis.

A format is a frozen value found by walking this package: a module whose name does not begin with
an underscore and that holds ``FORMAT``. Its docstring is the format's page in the documentation.
Two formats that recognise one file are an error that names both, so every sniff is exclusive.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Literal
from zoneinfo import ZoneInfo

from cq.errors import InputError, UsageError
from cq.formats._inputs import Candidate, expand
from cq.formats._peek import Peek
from cq.formats._refusals import refuse
from cq.formats._source import Source, file_source
from cq.model import Batch

__all__ = [
    "Candidate",
    "Format",
    "Identified",
    "Peek",
    "ReadOptions",
    "Source",
    "all_formats",
    "expand",
    "file_source",
    "identify",
]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader cannot learn from the file.

    ``zone`` applies to local times only. ``date`` and ``year`` complete times that lack them.
    ``lenient`` asks for the fallback rules even where the strict ones would do.
    """

    zone: ZoneInfo
    date: date | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One export format. Its words stand in ``locales/*/formats.toml``, by its id.

    ``sniff`` is pure and cheap: the reason why this is the format, in English, or None.
    ``read`` yields batches in file order. ``unique_ids``: the export's message ids are exact and
    unique in their group, so that they identify a message across exports.
    ``replies``: it can carry which message answers which. ``roster``: its members are everybody in
    the group, not only those who wrote.
    """

    id: str
    platform: Literal["wechat", "qq", "any"]
    sniff: Callable[[Peek], str | None]
    read: Callable[[Source, ReadOptions], Iterator[Batch]]
    unique_ids: bool = False
    replies: bool = False
    roster: bool = False


@dataclass(frozen=True, slots=True)
class Identified:
    """A source with the format it is in and why."""

    source: Source
    format: Format
    reason: str


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
                _no_archive(source)
                return Identified(source, fmt, "--input-format")
        raise UsageError("unknown_input_format", id=forced, known=" ".join(f.id for f in all_formats()))
    if source.size == 0:
        raise InputError("empty_file", path=source.label)
    _no_archive(source)
    matches = [Identified(source, f, why) for f in all_formats() if (why := f.sniff(source.peek)) is not None]
    match matches:
        case [one]:
            return one
        case []:
            refuse(source)
            raise InputError("unknown_format", path=source.label)
        case _:
            ids = ", ".join(m.format.id for m in matches)
            raise InputError("ambiguous_format", path=source.label, ids=ids)


def _no_archive(source: Source) -> None:
    """Raise for a zip (inside another zip) or an Office document: text in it is not to be read as its own."""
    if source.size and source.peek.head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        refuse(source)
