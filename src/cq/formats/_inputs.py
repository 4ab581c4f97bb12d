"""From what the user typed to sources: files, folders, globs, zips, ``-``.

It opens nothing but zip directories, and identifies nothing.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cq.errors import InputError
from cq.formats._source import Source, file_source, spooled, unreadable, zip_sources

_GLOB = frozenset("*?[")


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
    if path == "-":
        yield from _file(spooled("-"), None, Path("-"), named=True)
        return
    here = Path(path)
    try:
        if here.is_dir():
            found = False
            for file in _walk(here):
                found = True
                yield from _file(file_source(file), file, _key(file), named=False)
            if not found:
                raise InputError("empty_folder", path=path)
        elif here.exists() and not here.is_file():  # a pipe, such as <(command)
            yield from _file(spooled(path), None, here, named=True)
        elif here.exists() or not _GLOB & set(path):
            yield from _file(file_source(here), here, _key(here), named=True)
        else:
            yield from _glob(path)
    except PermissionError as error:
        raise unreadable(path, error) from error


def _glob(pattern: str) -> Iterator[tuple[Candidate, Path]]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute patterns, too
    if not matches:
        raise InputError("not_found", path=pattern)
    for match in matches:
        if Path(match).is_dir():
            continue
        yield from _file(file_source(Path(match)), Path(match), _key(Path(match)), named=False)


def _file(source: Source, path: Path | None, key: Path, *, named: bool) -> Iterator[tuple[Candidate, Path]]:
    """A source itself, or what is inside it when it is a zip (a workbook is a zip, but one file)."""
    if not _is_zip(source):
        yield Candidate(source, named), key
        return
    inside = [s for s in zip_sources(source) if not s.name.startswith(".")]
    if not inside:
        raise InputError("empty_folder", path=source.label)
    for member in inside:
        yield Candidate(member, named=False), key / member.name / member.label


def _is_zip(source: Source) -> bool:
    with source.open() as stream:
        head = stream.read(4096)
    return head.startswith(b"PK\x03\x04") and not any(
        mark in head for mark in (b"[Content_Types].xml", b"xl/", b"word/", b"_rels/")
    )


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            path = Path(where, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _key(path: Path) -> Path:
    return path.resolve()
