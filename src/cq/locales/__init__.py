"""The words: a folder per language, the same files with the same keys in each.

It knows keys and placeholders, not where a word is shown. Values that came out of a chat or a
file name are made printable here, so that no sentence can carry a terminal escape.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh", "en")

# C0 and C1 controls, and the bidirectional overrides that can reorder a line on screen.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@cache
def load(lang: str) -> dict[str, Any]:
    """The whole table of one language; files may add to the same top-level table."""
    words: dict[str, Any] = {}
    for page in sorted(files(__name__).joinpath(lang).iterdir(), key=lambda p: p.name):
        for table, entries in tomllib.loads(page.read_text(encoding="utf-8")).items():
            words.setdefault(table, {}).update(entries)
    return words


def printable(value: object) -> str:
    """One line without control characters: line breaks and tabs become spaces, the rest ``·``."""
    text = re.sub(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+", " ", str(value))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _UNPRINTABLE.sub("·", text)


def fill(template: str, values: dict[str, object]) -> str:
    """``{name}`` in ``template`` replaced by the printable value of that name."""
    return re.sub(r"\{(\w+)\}", lambda m: printable(values.get(m[1], m[0])), template)
