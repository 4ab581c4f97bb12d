"""CQ codes (``[CQ:at,qq=10086002]``), as OneBot 11 and go-cqhttp write messages into one string.

Text and codes to segments, nothing more: what a segment means is :mod:`_qq_segments`' business.
"""

from __future__ import annotations

import re
from typing import Any

Segment = tuple[str, dict[str, Any]]
"""A segment's type and data, as OneBot's array form has them."""

# Linear: neither "[" nor "," can stand in a value, they are escaped.
_CODE = re.compile(r"\[CQ:([A-Za-z_][\w.-]{0,40}+)((?:,[^,=\[\]]++=[^,\[\]]*+)*+)\]")


def unescape(text: str) -> str:
    """``&amp;`` last, so that ``&amp;#91;`` is the text ``&#91;``."""
    if "&" not in text:
        return text
    text = text.replace("&#91;", "[").replace("&#93;", "]").replace("&#44;", ",")
    return text.replace("&amp;", "&")


def segments(message: str) -> list[Segment]:
    """The segments of a message with CQ codes, in order."""
    found: list[Segment] = []
    end = 0
    for match in _CODE.finditer(message) if "[CQ:" in message else ():
        if match.start() > end:
            found.append(("text", {"text": unescape(message[end : match.start()])}))
        found.append((match[1], _data(match[2])))
        end = match.end()
    if end < len(message):
        found.append(("text", {"text": unescape(message[end:])}))
    return found


def _data(raw: str) -> dict[str, Any]:
    if not raw:
        return {}
    pairs = [pair.split("=", 1) for pair in raw[1:].split(",")]
    if "&" in raw:
        pairs = [[key, unescape(value)] for key, value in pairs]
    return {key.strip(): value for key, value in pairs}
