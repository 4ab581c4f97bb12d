"""Numbers, units and codes as words of one language.

The words stand in ``locales/``; how a number is cut to a few digits, and when it is not known,
stands here. Nothing here knows a terminal, a page, or any one analysis.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from cq import locales
from cq.report.marks import UNICODE, Marks
from cq.section import Metric

SECONDS_PER = {"minute": 60, "hour": 3_600, "day": 86_400}
CODE_TABLES = (
    ("kinds",),
    ("events",),
    ("terminal", "platforms"),
    ("terminal", "codes"),
    ("terminal", "findings"),
    ("roles", "codes"),
    ("roles", "certainty"),
    ("lifecycle", "codes"),
)
"""Where the words for values that are codes stand."""
MAX_DIGITS = 4
"""Digits after the point at most; what is smaller reads 0."""
FEW = 30
"""A count below it is told itself where a percentage of it would sound like more than it is."""
STACKED_MARKS = 2
"""Combining marks a letter may carry: enough for Thai and Vietnamese, too few to climb off the line."""

# Joiners and selectors whose width terminals disagree about, skin tones among them.
_WIDTHLESS = re.compile(
    "[\u00ad\u034f\u061c\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
# Letters that look like nothing; people call themselves by them.
_BLANK = re.compile("[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")


def clean(value: object) -> str:
    """Text from a chat as one printable line whose width every terminal agrees about."""
    text = locales.printable(_BLANK.sub(" ", _WIDTHLESS.sub("", str(value))))
    return " ".join((text if text.isascii() else _unstacked(text)).split())


def _unstacked(text: str) -> str:
    kept, run = [], 0
    for letter in text:
        run = run + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if run <= STACKED_MARKS:
            kept.append(letter)
    return "".join(kept)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether ``value`` is a known number (no bool, NaN or infinity)."""
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class Words:
    """One language, and the alphabet its marks are drawn with. ``section``: whose codes come first."""

    lang: str
    marks: Marks = UNICODE
    section: str = ""

    def within(self, section: str) -> Words:
        """The same words, for what belongs to a section: a code may mean something else in another."""
        return replace(self, section=section)

    def table(self, *keys: str) -> Any:
        """The entry under ``keys`` in the locale, or None."""
        entry: Any = locales.load(self.lang)
        for key in keys:
            if not isinstance(entry, Mapping) or key not in entry:
                return None
            entry = entry[key]
        return entry

    def say(self, key: str, /, **values: object) -> str:
        """``[terminal.a] b`` for ``a.b``, its placeholders filled; the key itself if there is none."""
        template = self.table("terminal", *key.split("."))
        return locales.fill(template, values) if isinstance(template, str) else key

    # -- numbers ---------------------------------------------------------------------------------

    def number(self, value: float | int) -> str:
        """Three significant digits, thousands separated; whole numbers as they are."""
        if float(value).is_integer():
            return f"{int(value):,}"
        digits = min(MAX_DIGITS, max(0, 2 - math.floor(math.log10(abs(value)))))
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def ratio(self, value: float, n: int | None = None) -> str:
        """``12.3%``, and with a denominator ``12.3%（37/301）``."""
        base = self.base(value, n)
        return (
            self.say("format.with_base", value=self.percent(value), base=base)
            if base
            else self.percent(value)
        )

    def percent(self, value: float) -> str:
        """A ratio 0..1 in percent; what is not quite nothing or all does not read so."""
        share = value * 100
        if 0 < share < 0.05:
            return "<0.1%"
        if 99.95 <= share < 100:
            return ">99.9%"
        return f"{share:.0f}%" if share in (0, 100) else f"{share:.1f}%"

    def base(self, value: float, n: int | None) -> str:
        """``37/301`` where the ratio is such a fraction, else ``n=301``; nothing where unknown."""
        if n is None:
            return ""
        part = value * n
        if n > 0 and abs(part - round(part)) < 1e-6 * n:
            return f"{round(part):,}/{n:,}"
        return self.say("format.sample", n=f"{n:,}")

    def duration(self, seconds: float) -> str:
        """The largest unit that fits, so that the number stays small: 3 分钟, 2 小时, 1.5 天."""
        if seconds < 90:
            return self.amount(round(seconds), "second")
        unit = "minute" if seconds < 5_400 else "hour" if seconds < 129_600 else "day"
        count = seconds / SECONDS_PER[unit]
        rough = unit == "minute" or count >= 10
        return self.amount(round(count) if rough else round(count, 1), unit)

    def amount(self, n: float | int, unit: str) -> str:
        """A number with its unit: ``1 day``, ``3 days``, ``3 天``. ``unit`` is in ``[terminal.units]``."""
        forms: Sequence[str] = self.table("terminal", "units", unit) or [unit]
        return self.say("format.amount", n=self.number(n), unit=forms[0] if abs(n) == 1 else forms[-1])

    def more(self, hidden: int, unit: str) -> str:
        """How many are not shown: ``还有 6 人``."""
        return self.say("format.and_more", n=self.number(hidden), amount=self.amount(hidden, unit))

    def span(self, days: float) -> str:
        """A length of time the way one says it: 9 天, 12 周, 约 8 个月, 约 2.5 年."""
        whole = max(1, math.ceil(days))
        if whole >= 14 and whole % 7 == 0 and whole <= 182:
            return self.amount(whole // 7, "week")
        if whole <= 90:
            return self.amount(whole, "day")
        rough = self.amount(round(whole / 30.44), "month")
        if whole >= 731:
            rough = self.amount(round(whole / 365.25, 1), "year")
        return self.say("format.about", amount=rough)

    def size(self, bytes_: int) -> str:
        """The size of a file: ``1.2 MB``."""
        for unit, scale in (("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)):
            if bytes_ >= scale:
                return f"{self.number(round(bytes_ / scale, 1))} {unit}"
        return f"{bytes_} B"

    # -- times -----------------------------------------------------------------------------------

    def day(self, iso: str) -> str:
        """``2026-03-05`` of a date or time."""
        return clean(iso)[:10]

    def moment(self, iso: str) -> str:
        """``2026-03-05 21:14`` of a time."""
        return clean(iso)[:16].replace("T", " ")

    def weekday(self, number: int) -> str:
        """The name of a day of the week, Monday is 0."""
        return str(self.table("terminal", "format", "weekdays")[number % 7])

    # -- values of waist 2 -----------------------------------------------------------------------

    def value(self, value: object, unit: str, n: int | None = None) -> str:
        """A value as its unit (of a metric, or kind of a column) reads; unknown is a dash."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return self.marks.dash
        if isinstance(value, bool):
            return self.say("format.yes" if value else "format.no")
        if isinstance(value, int | float):
            return self._quantity(value, unit, n)
        if isinstance(value, str):
            return self._text(value, unit)
        if isinstance(value, Sequence):
            return self.listing([self.value(item, unit) for item in value])
        return clean(value)

    def _quantity(self, value: float, unit: str, n: int | None) -> str:
        match unit:
            case "ratio":
                return self.ratio(value, n)
            case "seconds":
                return self.duration(value)
            case "hours":
                return self.duration(value * 3_600)
            case "days":
                return self.amount(round(value, 1), "day")
            case _:
                return self.number(value)

    def _text(self, value: str, unit: str) -> str:
        match unit:
            case "date":
                return self.day(value)
            case "time":
                return self.moment(value)
            case "code":
                return self.code(value)
            case _:
                return clean(value)

    def change(self, metric: Metric) -> str:
        """Against the window before: ``▲ 12%``, points for ratios, ``▲ 上期 1`` for few, else nothing."""
        now, before = metric.value, metric.previous
        if not (is_number(now) and is_number(before)):
            return ""
        if metric.unit == "ratio":
            size = self.amount(round(abs(now - before) * 100, 1), "point")
            flat = abs(now - before) < 0.0005
        elif metric.unit == "count" and 0 <= before < FEW:
            size, flat = self.say("format.was", n=self.number(before)), now == before
        elif before == 0:
            size, flat = self.say("format.from_zero"), now == 0
        else:
            size, flat = self.growth(now, before), abs(now - before) < 0.005 * abs(before)
        if flat:
            return self.marks.same
        return f"{self.marks.up if now > before else self.marks.down} {size}"

    def growth(self, now: float, before: float) -> str:
        """The size of a change without its direction, in percent of before."""
        return f"{abs(now - before) / abs(before):,.0%}"

    # -- names of codes --------------------------------------------------------------------------

    def code(self, code: str) -> str:
        """The word for a kind, event, platform or status code; the code where there is none."""
        own = ((self.section, "codes"),) if self.section else ()
        for table in (*own, *CODE_TABLES):
            word = self.table(*table, code)
            if isinstance(word, str):
                return word
        return clean(code)

    def name(self, family: str, code: str, *, key: str = "name") -> str:
        """What ``code`` is called in a family of the locale (metrics, tables, series, sections …)."""
        entry = self.table(family, code)
        word = entry.get(key) if isinstance(entry, Mapping) else entry
        return word if isinstance(word, str) else clean(code.rsplit(".", 1)[-1])

    def column(self, table: str, column: str) -> str:
        """The heading of a column."""
        word = self.table("tables", table, "columns", column)
        return word if isinstance(word, str) else clean(column)

    def listing(self, items: Sequence[str]) -> str:
        """Items one after the other, as the language separates them."""
        return self.say("format.listing").join(items)

    def quote(self, text: str) -> str:
        """Somebody's words in quotation marks."""
        return self.say("format.quote", text=clean(text))
