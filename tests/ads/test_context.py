"""Evidence from behaviour, worked by hand: each rule fires once, and once just does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from cq.ads.context import BOUNDS, DAY_MS, REPEATED, REPEATED_OFTEN, RULES, Context, context
from cq.ads.messages import Messages
from cq.ads.verdict import AdKind, Against, Evidence

START = 1_790_000_000_000
MINUTE = 60_000


def log(
    person: Sequence[int], at: Sequence[int], joined: Sequence[int] | None = None, human: object = None
) -> Messages:
    n = len(person)
    nothing = pa.nulls(n, pa.string())
    return Messages(
        text=pa.nulls(n, pa.large_string()),
        url=nothing,
        card_title=nothing,
        message_id=nothing,
        kind=np.zeros(n, np.int8),
        person=np.array(person, np.int32),
        human=np.ones(n, np.bool_) if human is None else np.array(human, np.bool_),
        sent_at=START + np.array(at, np.int64),
        joined_at=np.full(n, -1, np.int64) if joined is None else np.array(joined, np.int64),
        exempt=np.zeros(n, np.bool_),
    )


def seen(
    messages: Messages,
    score: Sequence[float] | None = None,
    outcome: Sequence[int] | None = None,
    campaign: Sequence[int] | None = None,
    echo: Sequence[bool] | None = None,
    elsewhere: Sequence[int] | None = None,
) -> Context:
    n = len(messages)
    return context(
        messages,
        np.array(score if score is not None else [0.0] * n, np.float32),
        np.array(outcome if outcome is not None else [0] * n, np.int8),
        np.array(campaign if campaign is not None else [-1] * n, np.int32),
        np.array(echo if echo is not None else [False] * n, np.bool_),
        None if elsewhere is None else np.array(elsewhere, np.int32),
    )


# --- repeated ---------------------------------------------------------------------------------------


def test_the_same_text_more_than_a_minute_apart_is_repeated() -> None:
    found = seen(log([1, 2, 1], [0, 5, 61_000]), campaign=[0, -1, 0])
    assert found.total().tolist() == pytest.approx([0.3, 0, 0.3])


def test_sent_twice_within_a_minute_is_one_occasion() -> None:
    assert seen(log([1, 1], [0, 60_000]), campaign=[0, 0]).total().tolist() == [0, 0]


def test_several_senders_are_several_occasions_but_a_chorus_is_none() -> None:
    messages = log([1, 2, 3], [0, 1000, 2000])
    assert seen(messages, campaign=[0, 0, 0]).total() == pytest.approx([0.375] * 3)
    assert seen(messages, campaign=[0, 0, 0], echo=[True] * 3).total().tolist() == [0, 0, 0]
    assert seen(messages, campaign=[0, 0, 0], echo=[True, True, False]).total().tolist() == [0, 0, 0]


@pytest.mark.parametrize(("times", "weight"), [(1, 0), (2, 0.3), (3, 0.375), (4, 0.45), (9, 0.45)])
def test_the_weight_grows_with_the_occasions(times: int, weight: float) -> None:
    found = seen(log([4] * times, [i * DAY_MS for i in range(times)]), campaign=[7] * times)
    assert found.total() == pytest.approx([weight] * times)
    assert (REPEATED.weight, REPEATED_OFTEN) == (0.3, 0.45)


# --- newcomer ---------------------------------------------------------------------------------------


def test_the_first_messages_of_the_first_day_count_with_words_only() -> None:
    hour = 3_600_000
    at = [0, hour, 2 * hour, 3 * hour, 4 * hour, 5 * hour]
    found = seen(log([1] * 6, at, [START] * 6), score=[0.3, 0, 0.1, 0.3, 0.3, 0.3])
    assert found.newcomer.tolist() == [
        True,
        False,
        True,
        True,
        True,
        False,
    ]  # the sixth is not among the first
    assert found.total()[0] == pytest.approx(0.15)


def test_a_day_after_joining_nobody_is_new() -> None:
    found = seen(log([1, 2], [DAY_MS, DAY_MS + 1], [START, START]), score=[0.3, 0.3])
    assert found.newcomer.tolist() == [True, False]


def test_where_no_joins_show_a_first_message_counts_after_two_weeks() -> None:
    two_weeks = 14 * DAY_MS
    found = seen(log([1, 2, 3, 1, 3], [0, two_weeks - 1, two_weeks, two_weeks, two_weeks]), score=[0.3] * 5)
    assert found.newcomer.tolist() == [False, False, True, False, False]


def test_where_joins_show_who_has_none_was_there_before() -> None:
    found = seen(log([1, 2], [0, 20 * DAY_MS], [START, -1]), score=[0.3, 0.3])
    assert found.newcomer.tolist() == [True, False]


# --- other ads --------------------------------------------------------------------------------------


def test_two_other_ads_speak_against_the_rest_and_none_for_itself() -> None:
    messages = log([1, 1, 1, 2, 2], [0, 1, 2, 3, 4])
    found = seen(messages, outcome=[2, 2, 0, 2, 2])
    assert found.other_ads.tolist() == [False, False, True, False, False]
    assert seen(messages, outcome=[2, 2, 2, 1, 1]).other_ads.tolist() == [True, True, True, False, False]


def test_the_same_text_again_is_no_other_ad() -> None:
    messages = log([1] * 4, [0, 1, 2, 3])
    assert seen(messages, outcome=[2, 2, 2, 0], campaign=[0, 0, 0, -1]).other_ads.tolist() == [False] * 3 + [
        True
    ]
    mixed = seen(messages, outcome=[2, 2, 2, 0], campaign=[0, 0, 1, 0])
    assert mixed.other_ads.tolist() == [False, False, True, False]


# --- other groups, regulars -------------------------------------------------------------------------


def test_two_other_groups_are_needed() -> None:
    found = seen(log([1, 2, 3], [0, 1, 2]), elsewhere=[0, 1, 2])
    assert found.total() == pytest.approx([0, 0, 0.3])


def test_a_regular_has_fifty_other_ordinary_messages() -> None:
    assert seen(log([1] * 51, range(51))).total() == pytest.approx([-0.15] * 51)
    assert not seen(log([1] * 50, range(50))).regular.any()


def test_too_many_hints_make_nobody_regular_and_the_message_itself_is_left_out() -> None:
    messages = log([1] * 101, range(101))
    two = seen(messages, score=[0.3, 0.3] + [0.29] * 99)
    assert two.regular.all()
    three = seen(messages, score=[0.3] * 3 + [0.0] * 98)
    assert three.regular.tolist() == [True] * 3 + [False] * 98


def test_a_hijacked_account_is_not_excused() -> None:
    found = seen(log([1] * 201, range(201)), score=[1.0] * 3 + [0.0] * 198, outcome=[2] * 3 + [0] * 198)
    assert found.other_ads.all()
    assert not found.regular.any()
    elsewhere = seen(log([1] * 60, range(60)), elsewhere=[2] + [0] * 59)
    assert elsewhere.regular.tolist() == [False] + [True] * 59


# --- all together -----------------------------------------------------------------------------------


def test_reasons_add_up_to_the_total() -> None:
    n = 60
    messages = log([1] * n, [i * DAY_MS for i in range(n)], [START] * n)
    outcome, campaign = [2, 2, 2] + [0] * 57, [0, 0, 0, 0] + [-1] * 56
    found = seen(messages, [0.9] * 4 + [0.0] * 56, outcome, campaign, elsewhere=[3] + [0] * 59)
    for row in range(n):
        assert sum(r.weight for r in found.reasons(row)) == pytest.approx(float(found.total()[row]), abs=1e-6)
    assert found.reasons(0) == [
        Evidence("repeated", AdKind.NONE, 0.45),
        Evidence("newcomer", AdKind.NONE, 0.15),
        Evidence("other_groups", AdKind.NONE, 0.3),
    ]
    rows = np.array([5, 0, 1])
    assert np.array_equal(found.total(rows), found.total()[rows])


def test_what_speaks_against_is_said_apart() -> None:
    assert seen(log([1] * 51, range(51))).reasons(3) == [Against("regular", -0.15)]


def test_rows_of_nobody_and_an_empty_log() -> None:
    found = seen(log([-1, -1], [0, 90_000], human=[False, False]), campaign=[0, 0], elsewhere=[5, 5])
    assert found.total().tolist() == [0, 0]
    assert seen(log([], [])).total().tolist() == []


def test_every_rule_has_a_weight_and_an_origin() -> None:
    assert [r.id for r in RULES] == ["repeated", "newcomer", "other_ads", "other_groups", "regular"]
    assert all(r.weight and r.origin for r in RULES)
    assert BOUNDS.occasions == 2
