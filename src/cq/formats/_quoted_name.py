"""``名：原文``: a quotation as tools print it, with the name of whoever is quoted before a colon."""

from __future__ import annotations

import re
from collections.abc import Collection

_COLON = re.compile("[：:]")
_MAX_NAME = 60


def without_name(quoted: str, names: Collection[str | None]) -> str:
    """The quoted words. A name may hold colons itself, if it is one of ``names``."""
    ends = [match.start() for match in _COLON.finditer(quoted, 0, _MAX_NAME + 1)]
    known = next((i for i in ends if quoted[:i].strip() in names), None)
    end = known if known is not None else _likely(quoted, ends)
    return quoted if end is None else quoted[end + 1 :].strip()


def _likely(quoted: str, ends: list[int]) -> int | None:
    """The colon that tools print is a full-width one, or is followed by a blank."""
    fits = (i for i in ends if quoted[i] == "：" or quoted[i + 1 : i + 2] == " ")
    end = next(fits, None)
    return None if end is None or "\n" in quoted[:end] else end
