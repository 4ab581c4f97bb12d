"""The folder of a chunked QCE export: its manifest, and the files that the manifest names.

What stands in the chunks is not known here. Names in a manifest are somebody else's words: they lead
nowhere but into the folder (:meth:`Source.beside`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cq.formats._peek import Peek
from cq.formats._source import Source
from cq.model import Problem

MANIFEST = "manifest.json"
_AVATARS = "avatars.json"
_WANTED = ("metadata", "chatInfo", "statistics", "chunked", "chunks")
_HTML = "qce-modern-html-chunked"
_CHUNKS = re.compile(r'(?<!\\)"(?:chunked"\s*:\s*\{|(?:fileName|file|name)"\s*:\s*"[^"\\]{1,200}\.jsonl")')
_MOST = 100_000
"""Chunks of one export: five billion messages."""


class Chunk(NamedTuple):
    """What a manifest says of one file. ``source`` is None if the file is not there."""

    name: str
    records: int | None
    source: Source | None


class Manifest(NamedTuple):
    metadata: Any
    chat: Any
    statistics: Any
    chunks: list[Chunk]
    problems: list[Problem]


def is_manifest(peek: Peek) -> bool:
    """A QCE document with chunks instead of messages; the end is looked at if the head does not tell."""
    if not is_qce(peek):
        return False
    top, metadata = peek.json.get("", {}), peek.json.get(".metadata", {})
    if _HTML in (top.get("format"), metadata.get("format")):
        return False
    if ".chunked" in peek.json or metadata.get("format") == "chunked-jsonl":
        return True
    return "messages" not in top and _CHUNKS.search(peek.tail.decode("utf-8", "ignore")) is not None


def is_qce(peek: Peek) -> bool:
    """An object whose ``metadata`` names QCE."""
    metadata = peek.json.get(".metadata", {})
    words = (metadata.get(key) or "" for key in ("name", "copyright", "exporter", "generator"))
    return any("QQChatExporter" in word or "qq-chat-exporter" in word for word in words)


def manifest_of(source: Source) -> Manifest:
    """The manifest with the files that it names."""
    found, problems = values_of(source)
    chunked = found.get("chunked")
    listed = chunked.get("chunks") if isinstance(chunked, dict) else None
    listed = listed if isinstance(listed, list) else found.get("chunks")
    folder = _word(chunked.get("chunksDir")) if isinstance(chunked, dict) else ""
    entries = [one for one in listed[:_MOST] if isinstance(one, dict)] if isinstance(listed, list) else []
    chunks = [_chunk(source, entry, folder) for entry in entries]
    return Manifest(found.get("metadata"), found.get("chatInfo"), found.get("statistics"), chunks, problems)


def values_of(source: Source) -> tuple[dict[str, Any], list[Problem]]:
    """What a manifest says, in constant memory but for the list of chunks; damage leaves out what it hit."""
    from cq.formats._json import Key, walk

    found: dict[str, Any] = {}
    problems: list[Problem] = []
    quiet = Source(source.label, source.open, source.size)
    for part in walk(quiet.blocks(), source.label, {}, _WANTED):
        match part:
            case Key(name, value):
                found[name] = value
            case Problem():
                problems.append(part)
    return found, problems


def _chunk(source: Source, entry: Mapping[str, Any], folder: str) -> Chunk:
    names = [name for key in ("relativePath", "fileName", "file", "name") if (name := _word(entry.get(key)))]
    counts = (_number(entry.get(key)) for key in ("count", "messages", "messageCount"))
    count = next((n for n in counts if n is not None), None)
    for name in names:
        for place in (name, f"{folder}/{name}" if folder else "", f"chunks/{name}"):
            if place and (found := source.beside(place)) is not None:
                return Chunk(name, count, found)
    return Chunk(names[0] if names else "?", count, None)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def parts(source: Source) -> list[Source]:
    """The files that a manifest claims; a chunk that is named itself claims nothing."""
    if not is_manifest(source.peek):
        return []
    found = [chunk.source for chunk in manifest_of(source).chunks if chunk.source is not None]
    avatars = source.beside(_AVATARS)
    return [*found, *([avatars] if avatars is not None else [])]


def manifest_beside(source: Source) -> Source | None:
    """The manifest of a chunk that was named alone: in its folder, or in the one above."""
    return next(filter(None, _candidates(source)), None)


def _candidates(source: Source) -> Iterator[Source | None]:
    for up in (0, 1):
        found = source.beside(MANIFEST, up=up)
        yield found if found is not None and is_manifest(found.peek) else None
