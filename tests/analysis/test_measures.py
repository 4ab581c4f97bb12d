"""Every measure on an example small enough to work out by hand; the working stands beside it."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cq.analysis import Person
from cq.analysis import _calendar as cal
from cq.analysis import _measures as m

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")

# 2026-03-02 is a Monday: 20,514 days after 1970-01-01.
MONDAY = 20_514


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_days_weeks_and_months() -> None:
    # 2026-03-01 16:00 UTC is midnight of Monday, 2 March, in Shanghai and still Sunday in New York.
    assert cal.day_of(MONDAY * m.DAY_MS - 8 * m.HOUR_MS, SHANGHAI) == MONDAY
    assert cal.day_of(MONDAY * m.DAY_MS - 8 * m.HOUR_MS, NEW_YORK) == MONDAY - 1
    assert cal.iso(MONDAY) == "2026-03-02"
    assert cal.iso(0) == "1970-01-01"
    # Thursday 1970-01-01 is weekday 3 of week 0; Sunday the 4th its end, Monday the 5th begins week 1.
    assert cal.weekday(ints(0, 3, 4, MONDAY)).tolist() == [3, 6, 0, 0]
    assert cal.week_of(ints(-3, 0, 3, 4)).tolist() == [0, 0, 0, 1]
    assert cal.iso(int(cal.week_start(cal.week_of(ints(MONDAY + 6)))[0])) == "2026-03-02"
    # January 1970 is month 0; March 2026 is 56·12 + 2 = 674.
    assert cal.month_of(ints(0, 30, 31, MONDAY)).tolist() == [0, 0, 1, 674]
    assert cal.iso(int(cal.month_start(ints(674))[0])) == "2026-03-01"


def test_covered_is_where_window_and_log_meet() -> None:
    at = ints(1_000, 5_000, 9_000)
    assert cal.covered(at, 0, 20_000, SHANGHAI) == (1_000, 9_001, 0, 0)
    assert cal.covered(at, 2_000, 6_000, SHANGHAI) == (2_000, 6_000, 0, 0)
    assert cal.covered(at, 9_001, 20_000, SHANGHAI) is None
    assert cal.covered(at, 0, 1_000, SHANGHAI) is None
    assert cal.covered(ints(), 0, 1_000, SHANGHAI) is None


def test_covered_days_count_both_ends() -> None:
    # 23:59 on Monday to 00:01 on Wednesday: three calendar days.
    start = MONDAY * m.DAY_MS - 8 * m.HOUR_MS
    at = ints(start + m.DAY_MS - 60_000, start + 2 * m.DAY_MS + 60_000)
    span = cal.covered(at, 0, 2**60, SHANGHAI)
    assert span is not None
    assert span.days == 3


def test_distinct() -> None:
    assert m.distinct(ints(3, 1, 3, 2, 1)).tolist() == [1, 2, 3]
    assert m.distinct(ints()).tolist() == []


def test_person_days_hold_each_pair_once() -> None:
    pairs = m.person_days(np.array([1, 0, 1, 1, 0], np.int32), ints(5, 5, 5, 7, 6))
    found = list(zip(pairs.person.tolist(), pairs.day.tolist(), strict=True))
    assert found == [(0, 5), (0, 6), (1, 5), (1, 7)]
    assert len(m.person_days(np.array([], np.int32), ints()).day) == 0


def test_speakers_and_messages_per_day() -> None:
    # Day 5: persons 1, 0, 1 = two people, three messages. Day 6: one. Day 7: nobody. Day 8: one.
    who, day = ints(1, 0, 1, 0, 2), ints(5, 5, 5, 6, 8)
    assert m.speakers_per(who, day, 5, 8).tolist() == [2, 1, 0, 1]
    assert m.messages_per(day, 5, 8).tolist() == [3, 1, 0, 1]
    # By week: days 5 to 8 of 1970 (6 to 9 January) all lie in week 1.
    assert m.speakers_per(who, cal.week_of(day), 1, 1).tolist() == [3]


def test_trailing_speakers_count_nobody_twice() -> None:
    # Person 0 on days 1 and 2, person 1 on day 2. Over 3 days ending on …
    # day 1: {0}; day 2: {0, 1}; day 3: {0, 1}; day 4: {0, 1} (both on day 2); day 5: nobody.
    pairs = m.person_days(ints(0, 0, 1), ints(1, 2, 2))
    assert m.trailing_speakers(pairs, 1, 5, 3).tolist() == [1, 2, 2, 2, 0]
    # From day 3 on, with the same look-back.
    assert m.trailing_speakers(pairs, 3, 5, 3).tolist() == [2, 2, 0]


def test_trailing_speakers_agree_with_counting() -> None:
    rng = np.random.default_rng(0)
    who, day = rng.integers(0, 6, 60), rng.integers(0, 25, 60)
    for width in (1, 7, 30):
        counted = [len(set(who[(day > d - width) & (day <= d)].tolist())) for d in range(25)]
        assert m.trailing_speakers(m.person_days(who, day), 0, 24, width).tolist() == counted


def test_stickiness_is_the_mean_of_daily_ratios() -> None:
    # 1/2, 2/4, 0/4 and a day after 30 silent days (0/0 counts 0): (0.5 + 0.5 + 0 + 0) / 4 = 0.25.
    # The ratio of the means would be 3/10.
    assert m.stickiness(ints(1, 2, 0, 0), ints(2, 4, 4, 0)) == 0.25
    assert m.stickiness(ints(), ints()) is None


def test_burstiness() -> None:
    # Equal gaps: σ = 0, B = −1.
    assert m.burstiness(ints(60, 60, 60)) == -1
    # Gaps 1 and 3: μ = 2, σ = 1, B = (1 − 2) / (1 + 2) = −1/3.
    assert m.burstiness(ints(1, 3)) == pytest.approx(-1 / 3)
    # Nine gaps of 0 and one of 10: μ = 1, σ = √((9·1 + 81)/10) = 3, B = 2/4.
    assert m.burstiness(ints(*[0] * 9, 10)) == pytest.approx(0.5)
    assert m.burstiness(ints(5)) is None
    assert m.burstiness(ints(0, 0)) is None


def test_longest_silence_counts_the_borders() -> None:
    # Messages at 10 and 14 in [0, 20]: 10 before, 4 between, 6 after.
    assert m.longest_silence(ints(10, 14), 0, 20) == 10
    assert m.longest_silence(ints(1, 14), 0, 20) == 13
    assert m.longest_silence(ints(), 0, 20) == 20
    assert m.longest_silence(ints(5), 5, 5) is None


def test_conversations_end_after_a_longer_gap() -> None:
    # A gap of exactly 30 does not end one, 31 does.
    assert m.conversations(ints(0, 30, 61, 62), 30).tolist() == [0, 0, 1, 1]
    assert m.conversations(ints(7), 30).tolist() == [0]
    assert m.conversations(ints(), 30).tolist() == []


CHAOSS = ints(1000, 433, 343, 332, 202, 90, 42, 33)


def test_top_share() -> None:
    # The example sums to 2,475; the first is 1000/2475, the first five 2310/2475.
    assert m.top_share(CHAOSS, 1) == pytest.approx(1000 / 2475)
    assert m.top_share(CHAOSS[::-1], 5) == pytest.approx(2310 / 2475)
    assert m.top_share(CHAOSS, 10) == 1
    assert m.top_share(ints(), 1) is None


def test_absence_factor() -> None:
    # 1000 < 1237.5 ≤ 1433.
    assert m.absence_factor(CHAOSS) == 2
    # Exactly half is enough: 2 of 4.
    assert m.absence_factor(ints(2, 1, 1)) == 1
    assert m.absence_factor(ints(1, 1, 1)) == 2
    assert m.absence_factor(ints(0, 0)) is None


def test_gini() -> None:
    assert m.gini(ints(5, 5, 5)) == 0
    # 1 and 3: Σ|xᵢ − xⱼ| = 2·2 = 4, over 2·2·4 = 16.
    assert m.gini(ints(3, 1)) == 0.25
    # One of four writes everything: (n − 1)/n.
    assert m.gini(ints(0, 0, 0, 8)) == 0.75
    assert m.gini(ints()) is None


def test_gini_of_equals_by_hand() -> None:
    # Two people, one message: always (1, 0), Gini 1/2. Two messages: (2, 0) or (0, 2) half the time.
    assert m.gini_of_equals(2, 1) == pytest.approx(0.5)
    assert m.gini_of_equals(2, 2) == pytest.approx(0.25)
    # Three people, one message: (1, 0, 0), Gini 2/3.
    assert m.gini_of_equals(3, 1) == pytest.approx(2 / 3)
    # Three people, two messages: both to one (1/3): 2/3; to two (2/3): (1, 1, 0) = 1/3. Mean 4/9.
    assert m.gini_of_equals(3, 2) == pytest.approx(4 / 9)
    assert m.gini_of_equals(1, 9) == 0
    assert m.gini_of_equals(0, 0) is None


def test_fifty_equals_with_fifty_messages_look_unequal() -> None:
    assert m.gini_of_equals(50, 50) == pytest.approx(0.52, abs=0.005)


@pytest.mark.parametrize(("n", "total"), [(2, 101), (7, 30), (50, 50), (40, 3000), (300, 100)])
def test_gini_of_equals_agrees_with_drawing(n: int, total: int) -> None:
    draws = np.random.default_rng(42).multinomial(total, [1 / n] * n, size=4000)
    ginis = np.array([m.gini(row) for row in draws], np.float64)
    error = ginis.std() / math.sqrt(len(ginis))
    assert m.gini_of_equals(n, total) == pytest.approx(ginis.mean(), abs=5 * error)


def test_wilson() -> None:
    # 8 of 10: Newcombe 1998 and every textbook give 0.490 to 0.943.
    low, high = m.wilson(8, 10) or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    # 0 of n: from 0 to z²/(n + z²) = 3.8415/13.8415.
    assert m.wilson(0, 10) == pytest.approx((0, 3.8415 / 13.8415), abs=1e-4)
    assert m.wilson(10, 10)[1] == 1  # type: ignore[index]
    assert m.wilson(0, 0) is None


def test_median_and_nearest_rank() -> None:
    assert m.median(ints(9, 1, 4)) == 4
    assert m.median(ints(4, 1)) == 2.5
    assert m.median(ints()) is None
    # Ten values: rank ⌈9⌉ = 9; eleven: ⌈9.9⌉ = 10; one: the only one.
    assert m.nearest_rank(np.arange(10, 0, -1), 0.9) == 9
    assert m.nearest_rank(np.arange(1, 12), 0.9) == 10
    assert m.nearest_rank(ints(7), 0.9) == 7
    assert m.nearest_rank(ints(), 0.9) is None


def test_first_and_last() -> None:
    first, last = m.first_and_last(ints(2, 0, 2), ints(10, 11, 15), 3)
    assert first.tolist() == [11, -1, 10]
    assert last.tolist() == [11, -1, 15]


def test_returns_name_the_latest_return_of_each() -> None:
    # Person 0: days 0, 28, 29, 60 → silences of 28 and 31 days; the latest return is day 60.
    # Person 1: days 0, 27 → 27 days are not enough. Person 2: back on day 70, after the period.
    pairs = m.person_days(ints(0, 0, 0, 0, 1, 1, 2, 2), ints(0, 28, 29, 60, 0, 27, 0, 70))
    who, before, after = m.returns(pairs, 20, 65, 28)
    assert (who.tolist(), before.tolist(), after.tolist()) == ([0], [29], [60])
    who, before, after = m.returns(pairs, 20, 30, 28)
    assert (who.tolist(), before.tolist(), after.tolist()) == ([0], [0], [28])
    assert len(m.returns(pairs, 61, 65, 28)[0]) == 0


def test_lost_regulars() -> None:
    before, recently = ints(4, 4, 3, 9), ints(0, 1, 0, 0)
    assert m.regulars(before, 4).tolist() == [True, True, False, True]
    assert m.lost_regulars(before, recently, 4).tolist() == [True, False, False, True]


def test_members_are_those_present_at_some_time() -> None:
    people = [
        Person("a", "a", listed=True),
        Person("b", "b"),  # not in the roster
        Person("c", "c", listed=True, bot=True),
        Person("d", "d", listed=True, joined_at=200),  # came when it was over
        Person("e", "e", listed=True, left_at=100),  # gone before it began
        Person("f", "f", listed=True, joined_at=150, left_at=100),  # left, then came back
        Person("g", "g", listed=True, left_at=101),
        Person("h", "h", listed=True, anonymous=True),
    ]
    assert m.members(people, 100, 200) == [0, 5, 6]
