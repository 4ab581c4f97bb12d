"""Every number once: formulas on plain arrays, with their units and where they come from.

Nothing here knows a group, a section or a word. Times are UTC milliseconds, days are whole numbers since
1970-01-01 of the local calendar, persons are small non-negative integers. What cannot be known is
``None``, never 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis._view import Person

    Ints = NDArray[np.int64]
    Persons = NDArray[np.int32] | NDArray[np.int64]
    Floats = NDArray[np.float64]

SECOND_MS = 1_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

# --- speakers ---------------------------------------------------------------------------------------


def distinct(values: Persons) -> Ints:
    """The different values in ascending order; ``np.unique`` hashes, which took six times as long."""
    ordered = np.sort(values.astype(np.int64))
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


class PersonDays(NamedTuple):
    """Each (person, day) with at least one message once, by person, then day."""

    person: Ints
    day: Ints


def person_days(person: Persons, day: Ints) -> PersonDays:
    """The distinct (person, day) pairs of messages."""
    if len(day) == 0:
        return PersonDays(np.empty(0, np.int64), np.empty(0, np.int64))
    low = int(day.min())
    width = int(day.max()) - low + 1
    key = distinct(person.astype(np.int64) * width + (day - low))
    return PersonDays(key // width, key % width + low)


def speakers_per(person: Persons, period: Ints, first: int, last: int) -> Ints:
    """Distinct persons per period (day, week, month) of ``first`` to ``last``; 0 where nobody spoke.

    On days this is 发言日活. It counts who *posted*: readers leave no trace in an export.
    """
    pairs = person_days(person, period)
    return np.bincount(pairs.day - first, minlength=last - first + 1).astype(np.int64)


def messages_per(period: Ints, first: int, last: int) -> Ints:
    """Messages per period of ``first`` to ``last``; 0 where there are none."""
    return np.bincount(period - first, minlength=last - first + 1).astype(np.int64)


def trailing_speakers(pairs: PersonDays, first: int, last: int, days: int) -> Ints:
    """Per day of ``first`` to ``last``: distinct persons of the ``days`` days that end with it.

    ``pairs`` must reach back ``days - 1`` days before ``first``. Each pair holds for ``days`` days or
    until the person's next one, so nobody counts twice.
    """
    length = last - first + 1
    stop = pairs.day + days
    again = pairs.person[1:] == pairs.person[:-1]
    stop[:-1] = np.where(again, np.minimum(stop[:-1], pairs.day[1:]), stop[:-1])
    into = np.bincount(np.clip(pairs.day - first, 0, length), minlength=length + 1)
    out = np.bincount(np.clip(stop - first, 0, length), minlength=length + 1)
    return np.cumsum(into - out)[:length].astype(np.int64)


def stickiness(daily: Ints, monthly: Ints) -> float | None:
    """Mean over days of (speakers of the day / speakers of the 30 days ending with it); 0..1.

    A day after 30 days without anybody counts 0. The mean of the daily ratios, not the ratio of the
    means: Discourse, ``app/models/concerns/reports/dau_by_mau.rb`` (there in percent, rounded up).
    """
    if len(daily) == 0:
        return None
    return float(np.mean(np.divide(daily, monthly, out=np.zeros(len(daily)), where=monthly > 0)))


# --- rhythm -----------------------------------------------------------------------------------------


def burstiness(gaps: Ints) -> float | None:
    """B = (σ − μ) / (σ + μ) of the gaps between messages: −1 clockwork, 0 chance (Poisson), 1 bursts.

    Population σ. Goh & Barabási 2008, EPL 81, 48002. With n gaps σ/μ cannot exceed √(n − 1), so short
    series are pressed towards −1; the caller sets a minimum. ``None`` below two gaps.
    """
    if len(gaps) < 2:
        return None
    mean, deviation = float(np.mean(gaps)), float(np.std(gaps))
    return (deviation - mean) / (deviation + mean) if mean > 0 else None


def longest_silence(times: Ints, start: int, end: int) -> int | None:
    """The longest stretch of ``[start, end]`` without a message, in ms.

    The borders count, so that a week with one talk on Monday is not called lively. (chat-analytics
    leaves the borders out; there the window is always the whole log.)
    """
    if end <= start:
        return None
    return int(np.diff(np.concatenate(([start], times, [end]))).max())


def conversations(times: Ints, gap_ms: int) -> Ints:
    """The number, from 0, of the conversation each message belongs to.

    A gap longer than ``gap_ms`` starts a new one; 1,800 s in ChatLab, chat-analytics and QQChatAnalyzer.
    """
    return np.concatenate((np.zeros(min(len(times), 1), np.int64), np.cumsum(np.diff(times) > gap_ms)))


# --- concentration ----------------------------------------------------------------------------------


def top_share(counts: Ints, k: int) -> float | None:
    """Share of all messages that the ``k`` most active wrote; 1 where there are no more than ``k``."""
    total = int(counts.sum())
    return float(np.sort(counts)[::-1][:k].sum() / total) if total else None


def absence_factor(counts: Ints) -> int | None:
    """The smallest k whose k most active wrote at least half of everything. Higher is safer.

    CHAOSS, Contributor Absence Factor; its example [1000, 433, 343, 332, 202, 90, 42, 33] gives 2.
    """
    total = int(counts.sum())
    if not total:
        return None
    return int(np.searchsorted(np.cumsum(np.sort(counts)[::-1]) * 2, total)) + 1


def gini(counts: Ints) -> float | None:
    """Gini coefficient Σᵢⱼ|xᵢ − xⱼ| / (2 n Σx): 0 all alike, towards 1 one person writes everything.

    Do not read it alone: with few messages per head chance makes it large. See :func:`gini_of_equals`.
    """
    n, total = len(counts), int(counts.sum())
    if not total:
        return None
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(np.dot(weights, np.sort(counts)) / (n * total))


def gini_of_equals(n: int, total: int) -> float | None:
    """The Gini to be expected when ``n`` equally active people write ``total`` messages by chance.

    Exact, not drawn: for a multinomial with equal chances E = (n − 1) · E|x₁ − x₂| / (2 · total);
    s = x₁ + x₂ is binomial(total, 2/n), and E|x₁ − x₂| given s is De Moivre's mean absolute deviation of
    a fair coin, c·C(2k, k)/4ᵏ with k = ⌊s/2⌋, c = s (s odd: s = 2k + 1; even: 2k).
    50 people with 50 messages: 0.52. The sum runs over ±12 standard deviations of s.
    """
    if n < 1 or total < 1:
        return None
    if n == 1:
        return 0.0
    p = 2 / n
    mode = min(int((total + 1) * p), total)
    reach = int(12 * math.sqrt(total * p * (1 - p))) + 12
    s = np.arange(max(0, mode - reach), min(total, mode + reach) + 1)
    if n == 2:
        chance = (s == total).astype(float)
    else:
        # log P(s+1) − log P(s), summed up and normalised: no factorials.
        step = np.log((total - s[:-1]) / (s[:-1] + 1) * (p / (1 - p)))
        log = np.concatenate(([0.0], np.cumsum(step)))
        chance = np.exp(log - log.max())
    chance /= chance.sum()
    low, high = int(s[0]) // 2, int(s[-1]) // 2
    k = np.arange(low + 1, high + 1)
    first = math.exp(math.lgamma(2 * low + 1) - 2 * math.lgamma(low + 1) - 2 * low * math.log(2))
    middle = first * np.concatenate(([1.0], np.cumprod((2 * k - 1) / (2 * k))))
    apart = s * middle[s // 2 - low]
    return float((n - 1) * np.dot(chance, apart) / (2 * total))


# --- small samples ----------------------------------------------------------------------------------


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float] | None:
    """Score interval of a ratio (Wilson 1927), 95 % by default; stays inside 0..1 for small ``n``."""
    if n == 0:
        return None
    p, q = hits / n, z * z / n
    middle, half = p + q / 2, z * math.sqrt(p * (1 - p) / n + q / (4 * n))
    return (
        (middle - half) / (1 + q) if hits else 0.0,
        (middle + half) / (1 + q) if hits < n else 1.0,
    )


def median(values: Ints | Floats) -> float | None:
    """The middle value, or the mean of the two in the middle."""
    return float(np.median(values)) if len(values) else None


def nearest_rank(values: Ints | Floats, p: float) -> float | None:
    """The smallest value that at least the share ``p`` of all does not exceed: rank ⌈p·n⌉.

    Always a value that occurred, never an interpolation.
    """
    if len(values) == 0:
        return None
    rank = max(1, math.ceil(p * len(values) - 1e-9))  # 0.9 · 10 is 9, not 9.000000000000002
    return float(np.sort(values)[rank - 1])


# --- flow of people ---------------------------------------------------------------------------------


def first_and_last(person: Persons, rows: Ints, people: int) -> tuple[Ints, Ints]:
    """Per person the first and the last of ``rows`` (ascending, parallel to ``person``); −1 for none."""
    first, last = np.full(people, -1, np.int64), np.full(people, -1, np.int64)
    first[person[::-1]] = rows[::-1]  # of several assignments the last one stays
    last[person] = rows
    return first, last


def returns(pairs: PersonDays, since: int, until: int, silence_days: int) -> tuple[Ints, Ints, Ints]:
    """Who spoke again on ``since`` to ``until`` after ``silence_days`` calendar days or more.

    Persons, the last day before the silence, the first day after it; the latest return of each.
    After Discourse's reactivated users (dsc: 90 days); the length of the silence is the caller's.
    """
    again = (
        (pairs.person[1:] == pairs.person[:-1])
        & (pairs.day[1:] - pairs.day[:-1] >= silence_days)
        & (pairs.day[1:] >= since)
        & (pairs.day[1:] <= until)
    )
    at = np.flatnonzero(again)
    # By person, then day: the latest of a person is the one before the next person begins.
    at = at[np.append(pairs.person[at][1:] != pairs.person[at][:-1], True)] if len(at) else at
    return pairs.person[at], pairs.day[at], pairs.day[at + 1]


def regulars(before: Ints, posts: int) -> NDArray[np.bool_]:
    """Per person: at least ``posts`` messages in the base period (dsc analytics: 4 in 90 days)."""
    return np.greater_equal(before, posts)


def lost_regulars(before: Ints, recently: Ints, posts: int) -> NDArray[np.bool_]:
    """Per person: a regular of the base period without any message in the period after it (dsc)."""
    return regulars(before, posts) & np.equal(recently, 0)


def members(people: Sequence[Person], start: int, end: int) -> list[int]:
    """Who of ``people`` stands in the roster and was a member at some time of ``[start, end)``.

    No bots, nobody anonymous. A roster without times says that everybody was there all along.
    """

    def present(person: Person) -> bool:
        joined, left = person.joined_at, person.left_at
        if joined is not None and joined >= end:
            return False
        gone = left is not None and left <= start
        return not gone or (joined is not None and left is not None and joined > left)

    return [
        index
        for index, person in enumerate(people)
        if person.listed and not person.bot and not person.anonymous and present(person)
    ]
