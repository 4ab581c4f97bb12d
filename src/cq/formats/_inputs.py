"""From what the user typed to sources: files, folders, globs, zips, ``-``.

It opens nothing but zip directories, and identifies nothing.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cq.errors import InputError
from cq.formats._source import Source, file_source, spooled, unreadable, zip_sources

_GLOB = frozenset("*?[")
_MAX_DEPTH = 1
"""How deep zips are looked for in zips: an exporter's own archive that somebody packed once more."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second begins an archive without files


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source, and whether the user named it himself (then it has to be an export)."""

    source: Source
    named: bool


def expand(paths: list[str]) -> Iterator[Candidate]:
    """Every file behind the given paths, each once, in a stable order."""
    seen: set[Path] = set()
    for path in paths:
        for candidate, key in _expand(path):
            if key not in seen:
                seen.add(key)
                yield candidate


def _expand(path: str) -> Iterator[tuple[Candidate, Path]]:
    here = Path(path)
    try:
        if path == "-":
            yield from _file(spooled("-"), here, named=True)
        elif not path:  # an empty shell variable; as a path it would mean the current folder
            raise InputError("not_found", path="''")
        elif here.exists() or not _GLOB & set(path):
            yield from _path(here, named=True)
        else:
            matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - absolute patterns, too
            if not matches:
                raise InputError("not_found", path=path)
            for match in matches:
                yield from _path(Path(match), named=False)
    except OSError as error:
        raise unreadable(path, error) from error


def _path(here: Path, *, named: bool) -> Iterator[tuple[Candidate, Path]]:
    if here.is_dir():
        found = False
        for file in _walk(here):
            found = True
            yield from _file(_source(file), file.resolve(), named=named and file == here)
        if named and not found:
            raise InputError("empty_folder", path=str(here))
    elif not here.exists() or here.is_file():
        yield from _file(file_source(here) if named else _source(here), here.resolve(), named=named)
    elif named:  # a pipe, such as <(command)
        yield from _file(spooled(str(here)), here, named=True)


def _source(path: Path) -> Source:
    """A file that was found, not named."""
    try:
        return file_source(path)
    except InputError as error:
        return _closed(str(path), error)


def _closed(label: str, error: InputError) -> Source:
    """A source that cannot be opened: identification says why, and it is counted."""

    def opener() -> BinaryIO:
        raise error

    return Source(label, opener, 1)


def _file(source: Source, key: Path, *, named: bool, depth: int = 0) -> Iterator[tuple[Candidate, Path]]:
    """A source itself, or what is inside it when it is a zip (or a zip in a zip)."""
    try:
        inside = _inside(source)
    except InputError as error:
        if named:
            raise
        source, inside = _closed(source.label, error), None
    if inside is None:
        yield Candidate(source, named), key
        return
    for i, member in enumerate(inside):  # two files of a zip may have one name
        if depth < _MAX_DEPTH and member.name.lower().endswith(".zip"):
            yield from _file(member, key / str(i), named=False, depth=depth + 1)
        else:
            yield Candidate(member, named=False), key / str(i)


def _inside(source: Source) -> list[Source] | None:
    with source.open() as stream:
        if stream.read(4) not in _ZIP:
            return None
    inside = zip_sources(source)
    if inside is None:
        return None
    shown = [s for s in inside if not s.name.startswith(".")]
    if not shown:
        raise InputError("empty_folder", path=source.label)
    return shown


def _walk(folder: Path) -> Iterator[Path]:
    """Files of a folder and below, without hidden ones, and the folders that cannot be looked into."""
    closed: list[OSError] = []
    for where, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            path = Path(where, name)
            if not name.startswith(".") and path.is_file():
                yield path
    for error in closed:
        yield Path(error.filename)
