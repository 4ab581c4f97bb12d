"""Write ``data/acts_pieces.json``: per pattern the pieces of text without which it cannot match.

    python benchmarks/acts/pieces.py            # after every change of acts.toml; a test compares

Pieces are in lower case and simplified characters, one or two characters long; null where any text may match.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from cq.ads.literals import alternatives, necessary
from cq.conversation import _act_rules

HERE = Path(_act_rules.__file__).parent / "data"


def pieces(pattern: str) -> set[str] | None:
    """One of these is in every text that ``pattern`` matches."""
    found: set[str] = set()
    for part in alternatives(readable(pattern)):
        some = necessary(part)
        if some is None:
            return None
        found |= {piece[:2] for piece in some}
    return {p for p in found if len(p) == 1 or p[0] not in found}


def readable(pattern: str) -> str:
    """The pattern for the parser of Python: classes of Unicode become classes it knows; more may match."""
    out, inside, at = [], False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            named = re.match(r"\\[pP]\{\w+\}", pattern[at:])
            code = re.match(r"\\x\{([0-9a-f]+)\}", pattern[at:])
            token = named[0] if named else code[0] if code else pattern[at : at + 2]
            digits = "0-9" if inside else "[0-9]"
            out.append(
                r"\W"
                if named
                else rf"\u{int(code[1], 16):04x}"
                if code
                else digits
                if token == r"\d"
                else token
            )
            at += len(token)
            continue
        inside = char == "[" or (inside and char != "]")
        out.append(char)
        at += 1
    return "".join(out)


def made() -> str:
    """The file."""
    page = {}
    for name, patterns in _act_rules.simplified().items():
        found = [pieces(pattern) for pattern in patterns]
        page[name] = [None if some is None else sorted(some) for some in found]
    return json.dumps(page, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    (HERE / "acts_pieces.json").write_text(made(), encoding="utf-8")
