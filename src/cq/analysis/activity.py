"""How much is said, by how many, and when: the pulse of a group.

It counts human messages. It cannot see readers: who only reads leaves no trace in an export, so every
"active" here means *posted*. It does not say whether what was said is worth anything, nor whether a
number is good; there is no published norm, only a group's own past.

Days and weeks are local ones. Averages run over the calendar days that the log covers,
days without a message included; a week or month that is covered only in part is unknown, not low.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from cq.analysis import KINDS, Analyzer, GroupView, Window
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m
from cq.model import Kind
from cq.section import Metric, Scalar, Section, Series, Table, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_Found = dict[str, tuple[Scalar, int | None]]
_Points = list[tuple[str, float | int | None]]


class Settings(msgspec.Struct, frozen=True):
    """``conversation_gap_minutes``: a longer pause ends a conversation; 30 as in ChatLab, chat-analytics
    and QQChatAnalyzer.
    ``month_days``: the trailing month of 粘性 (Discourse: 30).
    ``burstiness_min_gaps``: below, the small number alone presses B towards −1 (30 gaps: at most 0.69),
    so none is given. A convention.
    ``busiest_days``: rows of that table.
    """

    conversation_gap_minutes: int = 30
    month_days: int = 30
    burstiness_min_gaps: int = 30
    busiest_days: int = 5


METRICS: dict[str, Unit] = {
    "messages": "count",
    "speakers": "count",
    "span_days": "days",
    "active_days": "days",
    "messages_per_day": "per_day",
    "speakers_per_day": "number",
    "speakers_per_week": "number",
    "speakers_per_month": "number",
    "stickiness": "ratio",
    "speaker_share": "ratio",
    "messages_per_member": "number",
    "burstiness": "number",
    "longest_silence_hours": "hours",
    "conversations": "count",
    "messages_per_conversation": "number",
    "speakers_per_conversation": "number",
    "own_words_share": "ratio",
    "media_share": "ratio",
}

SERIES: dict[str, Literal["day", "week"]] = {
    "messages_per_day": "day",
    "speakers_per_day": "day",
    "speakers_7d": "day",
    "speakers_30d": "day",
    "messages_per_week": "week",
    "speakers_per_week": "week",
}

MEDIA = (Kind.IMAGE, Kind.STICKER, Kind.VOICE, Kind.VIDEO)

# A letter or a digit that does not stand inside a placeholder such as [捂脸].
_OWN_WORDS = r"^(?:\[[^\[\]\s]{1,8}\]|[^\p{L}\p{N}\[])*[\p{L}\p{N}]"


class _Said(NamedTuple):
    """The human messages of the window, one entry each, and their distinct (person, day) pairs.

    ``clock``: local time of day in ms. ``signed``: not anonymous; only those stand in ``pairs``.
    """

    row: Ints
    time: Ints
    day: Ints
    clock: Ints
    person: NDArray[np.int32]
    kind: NDArray[np.int8]
    signed: NDArray[np.bool_]
    pairs: m.PersonDays


def run(view: GroupView, window: Window, settings: Settings) -> Section:
    """The section ``activity``. Every code is there; what the log does not show is ``None``."""
    span = cal.covered(view.sent_at, window.start, window.end, view.zone)
    said = _said(view, view.rows(window))
    found: _Found = {}
    points: dict[str, _Points] = {}
    if span:
        trailing = _Trailing(view, span, said.pairs, settings.month_days)
        found |= _counts(view, span, said) | _rates(span, said)
        found |= _rhythm(span, said, settings) | _contents(view, said)
        found["stickiness"] = _stickiness(span, said, trailing, settings.month_days)
        points = _per_day(span, said, trailing) | _per_week(span, said)
    return Section(
        "activity",
        {code: _metric(unit, *found.get(code, (None, None))) for code, unit in METRICS.items()},
        {
            "kinds": _kinds(said),
            "hours": _hours(said, known=span is not None),
            "busiest_days": _busiest(said, settings.busiest_days),
        },
        {code: Series("count", step, points.get(code, [])) for code, step in SERIES.items()},
    )


ANALYZER = Analyzer("activity", 10, Settings(), run)


def _metric(unit: Unit, value: Scalar, n: int | None) -> Metric:
    return Metric(value, unit, n)


def _said(view: GroupView, inside: slice) -> _Said:
    row = np.flatnonzero(view.human[inside]) + inside.start
    day, person = view.local_day[row], view.person[row]
    signed = view.somebody[person]
    return _Said(
        row=row,
        time=view.sent_at[row],
        day=day,
        clock=view.local_ms[row] - day * m.DAY_MS,
        person=person,
        kind=view.kind[row],
        signed=signed,
        pairs=m.person_days(person[signed], day[signed]),
    )


def _counts(view: GroupView, span: cal.Span, said: _Said) -> _Found:
    speakers = m.distinct(said.pairs.person)
    found: _Found = {
        "messages": (len(said.row), None),
        "speakers": (len(speakers), None),
        "span_days": (span.days, None),
        "active_days": (len(m.distinct(said.day)), span.days),
    }
    if view.member_basis == "roster":
        members = np.array(m.members(view.people, span.start, span.end), dtype=np.int64)
        if n := len(members):
            found["speaker_share"] = (int(np.isin(members, speakers).sum()) / n, n)
            found["messages_per_member"] = (int(np.isin(said.person, members).sum()) / n, n)
    return found


def _rates(span: cal.Span, said: _Said) -> _Found:
    weekly = _per_whole(span, said.pairs, cal.week_of, cal.week_start)
    monthly = _per_whole(span, said.pairs, cal.month_of, cal.month_start)
    return {
        "messages_per_day": (len(said.row) / span.days, span.days),
        "speakers_per_day": (len(said.pairs.day) / span.days, span.days),
        "speakers_per_week": (float(weekly.mean()) if len(weekly) else None, len(weekly)),
        "speakers_per_month": (float(monthly.mean()) if len(monthly) else None, len(monthly)),
    }


def _per_whole(
    span: cal.Span, pairs: m.PersonDays, of: Callable[[Ints], Ints], start: Callable[[Ints], Ints]
) -> Ints:
    """Speakers of each week or month that lies in the span with all its days."""
    first, last = of(np.array([span.first_day, span.last_day])).tolist()
    speakers = m.speakers_per(pairs.person, of(pairs.day), first, last)
    return speakers[_whole(span, start(np.arange(first, last + 2)))]


def _whole(span: cal.Span, starts: Ints) -> NDArray[np.bool_]:
    """Which of the periods between the ``starts`` lie in the span with all their days."""
    return (starts[:-1] >= span.first_day) & (starts[1:] - 1 <= span.last_day)


def _rhythm(span: cal.Span, said: _Said, settings: Settings) -> _Found:
    gaps = np.diff(said.time)
    silence = m.longest_silence(said.time, span.start, span.end - 1)
    talk = m.conversations(said.time, settings.conversation_gap_minutes * 60 * m.SECOND_MS)
    n = int(talk[-1]) + 1 if len(talk) else 0
    present = len(m.person_days(said.person[said.signed], talk[said.signed]).day)
    return {
        "burstiness": (m.burstiness(gaps) if len(gaps) >= settings.burstiness_min_gaps else None, len(gaps)),
        "longest_silence_hours": (None if silence is None else silence / m.HOUR_MS, None),
        "conversations": (n, None),
        "messages_per_conversation": (len(talk) / n if n else None, n),
        "speakers_per_conversation": (present / n if n else None, n),
    }


def _contents(view: GroupView, said: _Said) -> _Found:
    import pyarrow.compute as pc

    n = len(said.row)
    if not n:
        return {"own_words_share": (None, 0), "media_share": (None, 0)}
    first, last = int(said.row[0]), int(said.row[-1])
    texts = view.text.slice(first, last - first + 1)
    worded = np.asarray(pc.fill_null(pc.match_substring_regex(texts, _OWN_WORDS), False))
    own = worded[said.row - first] & (said.kind == KINDS.index(Kind.TEXT))
    media = np.isin(said.kind, [KINDS.index(kind) for kind in MEDIA])
    return {"own_words_share": (int(own.sum()) / n, n), "media_share": (int(media.sum()) / n, n)}


class _Trailing:
    """Distinct speakers of the last days; the look-back may go to before the window."""

    def __init__(self, view: GroupView, span: cal.Span, pairs: m.PersonDays, most_days: int) -> None:
        self._span = span
        self._log_day = int(view.local_day[0])
        until = int(np.searchsorted(view.sent_at, span.start))
        # One day more than needed, because a local day has up to 25 hours.
        since = int(np.searchsorted(view.sent_at, span.start - (most_days + 1) * m.DAY_MS))
        before = np.flatnonzero(view.human[since:until] & view.somebody[view.person[since:until]]) + since
        self._pairs = m.person_days(
            np.concatenate((view.person[before].astype(np.int64), pairs.person)),
            np.concatenate((view.local_day[before], pairs.day)),
        )

    def speakers(self, days: int) -> Ints:
        """Per day of the span."""
        return m.trailing_speakers(self._pairs, self._span.first_day, self._span.last_day, days)

    def known(self, days: int) -> NDArray[np.bool_]:
        """Per day of the span: whether the log reaches back that far."""
        return np.arange(self._span.first_day, self._span.last_day + 1) - (days - 1) >= self._log_day


def _stickiness(
    span: cal.Span, said: _Said, trailing: _Trailing, month_days: int
) -> tuple[Scalar, int | None]:
    known = trailing.known(month_days)
    daily = m.speakers_per(said.pairs.person, said.pairs.day, span.first_day, span.last_day)
    return m.stickiness(daily[known], trailing.speakers(month_days)[known]), int(known.sum())


def _kinds(said: _Said) -> Table:
    count = np.bincount(said.kind, minlength=len(KINDS)).tolist()
    rows = [
        (KINDS[kind].value, count[kind], count[kind] / len(said.row))
        for kind in sorted(range(len(KINDS)), key=lambda kind: -count[kind])
        if count[kind]
    ]
    return Table({"kind": "code", "count": "count", "share": "ratio"}, rows)


def _hours(said: _Said, known: bool) -> Table:
    slots = np.bincount(cal.weekday(said.day) * 24 + said.clock // m.HOUR_MS, minlength=7 * 24).tolist()
    rows = [(slot // 24, slot % 24, count) for slot, count in enumerate(slots)] if known else []
    return Table({"weekday": "number", "hour": "number", "count": "count"}, rows)


def _busiest(said: _Said, most: int) -> Table:
    rows: list[tuple[object, ...]] = []
    if len(said.row):
        first, last = int(said.day.min()), int(said.day.max())
        messages = m.messages_per(said.day, first, last)
        speakers = m.speakers_per(said.pairs.person, said.pairs.day, first, last)
        top = [int(day) for day in np.argsort(-messages, kind="stable")[:most] if messages[day]]
        rows = [(cal.iso(first + day), int(messages[day]), int(speakers[day])) for day in top]
    return Table({"date": "date", "messages": "count", "speakers": "count"}, rows)


def _per_day(span: cal.Span, said: _Said, trailing: _Trailing) -> dict[str, _Points]:
    days = [cal.iso(day) for day in range(span.first_day, span.last_day + 1)]
    messages = m.messages_per(said.day, span.first_day, span.last_day)
    speakers = m.speakers_per(said.pairs.person, said.pairs.day, span.first_day, span.last_day)
    return {
        "messages_per_day": _points(days, messages),
        "speakers_per_day": _points(days, speakers),
        "speakers_7d": _points(days, trailing.speakers(7), trailing.known(7)),
        "speakers_30d": _points(days, trailing.speakers(30), trailing.known(30)),
    }


def _per_week(span: cal.Span, said: _Said) -> dict[str, _Points]:
    first, last = cal.week_of(np.array([span.first_day, span.last_day])).tolist()
    mondays = cal.week_start(np.arange(first, last + 2))
    weeks, whole = [cal.iso(day) for day in mondays[:-1].tolist()], _whole(span, mondays)
    speakers = m.speakers_per(said.pairs.person, cal.week_of(said.pairs.day), first, last)
    return {
        "messages_per_week": _points(weeks, m.messages_per(cal.week_of(said.day), first, last), whole),
        "speakers_per_week": _points(weeks, speakers, whole),
    }


def _points(labels: list[str], values: Ints, known: NDArray[np.bool_] | None = None) -> _Points:
    """A value per label; ``None`` where it is not ``known``."""
    if known is None:
        return list(zip(labels, values.tolist(), strict=True))
    return [(t, int(v) if k else None) for t, v, k in zip(labels, values, known, strict=True)]
