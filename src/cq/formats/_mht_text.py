"""HTML of a QQ MHT export to text, for whole columns. Not a browser: only what QQ writes is undone."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

_BREAK = re.compile(r"<br\s*+/?>", re.IGNORECASE)
_PICTURE = re.compile(r"<img\s[^<>]*+>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*+>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|(?!amp;)[A-Za-z][A-Za-z0-9]{1,31});")
_NAMED = {"&nbsp;": " ", "&lt;": "<", "&get;": ">", "&gt;": ">", "&quot;": '"'}
"""``&get;`` is QQ's own: it means ``>``."""


def unescaped(text: str) -> str:
    """``text`` without entities and no-break blanks."""
    if "&" in text:
        for entity, meaning in _NAMED.items():
            text = text.replace(entity, meaning)
        if _ENTITY.search(text):
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        text = text.replace("&amp;", "&")  # last: what it stands before is text
    return text.replace("\xa0", " ")


def plain(bodies: Sequence[str]) -> list[str]:
    """Bodies as text: line breaks as LF, pictures as ``[图片]``, without other tags."""
    if not bodies:
        return []
    text = "\0".join(bodies)  # no text holds a NUL: one pass for all
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _PICTURE.sub("[图片]", _BREAK.sub("\n", text))
    return unescaped(_TAG.sub("", text)).split("\0")
