"""The characters that draw: sparklines, bars, shades, arrows, and their ASCII stand-ins.

A console in GBK has the block characters, but two columns wide: there, and wherever the encoding
is no Unicode, the stand-ins draw. Nothing here knows what a number means, or a colour.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Marks:
    """One alphabet. ``spark`` and ``shades`` go from little to much, ``shades[0]`` is none."""

    spark: str
    shades: str
    bar: str
    bar_parts: str
    up: str
    down: str
    same: str
    rule: str
    dot: str
    dash: str
    to: str
    more: str
    bullet: str
    gap: str = " "


UNICODE = Marks(
    spark="▁▂▃▄▅▆▇█",
    shades="·░▒▓█",
    bar="█",
    bar_parts="▏▎▍▌▋▊▉",
    up="▲",
    down="▼",
    same="=",
    rule="─",
    dot="·",
    dash="—",
    to="–",
    more="…",
    bullet="•",
)
ASCII = Marks(
    spark="_.-:=+*#",
    shades=".:+x#",
    bar="#",
    bar_parts="",
    up="+",
    down="-",
    same="=",
    rule="-",
    dot="|",
    dash="-",
    to="-",
    more="..",
    bullet="*",
)


def marks_for(encoding: str | None) -> Marks:
    """The alphabet a console of this encoding shows in the right width."""
    try:
        name = codecs.lookup(encoding or "utf-8").name
    except LookupError:
        return ASCII
    return UNICODE if name.startswith("utf") else ASCII


def sparkline(values: Sequence[float | int | None], width: int, marks: Marks = UNICODE) -> str:
    """Values as a row of at most ``width`` blocks from 0 to their maximum; unknown is a gap.

    More values than columns are averaged into as many equal stretches as there are columns.
    """
    if width <= 0 or not values:
        return ""
    known = [v if v is not None and math.isfinite(v) else None for v in values]
    if len(known) > width:
        known = [_mean(known[i * len(known) // width : (i + 1) * len(known) // width]) for i in range(width)]
    top = max((v for v in known if v is not None), default=0)
    return "".join(marks.gap if v is None else level(v, top, marks.spark) for v in known)


def _mean(values: Sequence[float | int | None]) -> float | None:
    known = [v for v in values if v is not None]
    return fmean(known) if known else None


def level(value: float, top: float, alphabet: str) -> str:
    """The letter of ``alphabet`` for ``value`` on a scale from 0 to ``top``."""
    if top <= 0 or value <= 0:
        return alphabet[0]
    return alphabet[min(len(alphabet) - 1, math.ceil(value / top * len(alphabet)) - 1)]


def shade(value: float, top: float, marks: Marks = UNICODE) -> str:
    """The shade of a cell; a square-root scale, so that one hot hour does not blank the rest."""
    if value <= 0 or top <= 0:
        return marks.shades[0]
    return level(math.sqrt(value), math.sqrt(top), marks.shades[1:])


def bar(share: float, width: int, marks: Marks = UNICODE) -> str:
    """A bar of at most ``width`` columns for a share 0..1; a share above 0 is never invisible."""
    if width <= 0 or not math.isfinite(share) or share <= 0:
        return ""
    steps = len(marks.bar_parts) + 1
    eighths = max(1, round(min(share, 1.0) * width * steps))
    full, rest = divmod(eighths, steps)
    return marks.bar * full + (marks.bar_parts[rest - 1] if rest else "")
