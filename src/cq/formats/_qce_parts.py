"""The files of a chunked QCE web export: its manifest, and the scripts that hold the messages.

Light: which files belong together is asked while files are identified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cq.formats._source import Source

MANIFEST = "data/manifest.js"
_ARGUMENT = re.compile(
    r"window\.__QCE_MANIFEST__\s{0,9}(?:&&\s{0,9}window\.__QCE_MANIFEST__\s{0,9})?(?:\(|=)\s{0,99}"
)
_CHUNK_NAMES = ("file", "path", "relativePath", "src", "url", "fileName", "filename", "name", "id")
_MAX_MANIFEST = 64 << 20


def manifest_beside(page: Source) -> Source | None:
    """The manifest of the page of a chunked export."""
    if MANIFEST not in page.peek.text:
        return None
    return page.beside(MANIFEST)


def parts_of(source: Source) -> Sequence[Source]:
    """The files that belong to a page or a manifest."""
    if source.peek.start.startswith("window.__QCE_MANIFEST__"):
        return [chunk for _, chunk in chunks_of(source, manifest_of(source)) if chunk is not None]
    if source.peek.start.startswith("<") and (manifest := manifest_beside(source)) is not None:
        return [manifest, *parts_of(manifest)]
    return []


def manifest_of(source: Source) -> Mapping[str, Any]:
    """What the manifest says; empty if it is damaged beyond reading."""
    if source.size > _MAX_MANIFEST:
        return {}
    text = b"".join(source.blocks()).decode("utf-8", "replace")
    start = _ARGUMENT.search(text)
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text, start.end()) if start else ({}, 0)
    except (ValueError, RecursionError):
        found = _salvaged(text)
    return found if isinstance(found, dict) else {}


def _salvaged(text: str) -> Mapping[str, Any]:
    """The chunks of a manifest that is cut off or no JSON: by the names of scripts in it."""
    names = dict.fromkeys(re.findall(r"[\"']((?:[\w.-]{1,60}/){0,4}c(?:hunk)?[_-]?\d{1,8}\.js)[\"']", text))
    return {"chunks": [{"file": name} for name in names]}


def chunks_of(manifest: Source, values: Mapping[str, Any]) -> Iterator[tuple[str, Source | None]]:
    """The chunks in the manifest's order, with None for a script that is not there."""
    entries = values.get("chunks")
    if isinstance(entries, dict):
        entries = list(entries.values()) if "chunks" not in entries else entries["chunks"]
    met = set()
    for entry in entries if isinstance(entries, list) else ():
        names = [entry] if isinstance(entry, str) else _names(entry)
        found = next((one for name in names if (one := _chunk(manifest, name)) is not None), None)
        if found is None:
            yield (names[0] if names else ""), None
        elif found.label not in met:
            met.add(found.label)
            yield names[0], found


def _names(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return []
    return [value for name in _CHUNK_NAMES if isinstance(value := entry.get(name), str) and value]


def _chunk(manifest: Source, name: str) -> Source | None:
    """By a path from the manifest's folder or from the page's, or by the chunk's id alone."""
    name = name.removeprefix("./").split("?")[0]
    name = name if name.endswith(".js") else f"{name}.js"
    last = name.rsplit("/", 1)[-1]
    for path, up in ((name, 0), (name, 1), (f"chunks/{last}", 0), (last, 0)):
        if (found := manifest.beside(path, up)) is not None:
            return found
    return None
