"""Turns: examples worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cq.conversation import TurnSettings, turns

from .rows import ADA, BEN, NOBODY, log


def test_five_rows() -> None:
    # Ada twice within 120 s, Ben, then Ada again, and Ada 121 s later: a turn of its own.
    found = turns(
        log([(0, ADA, "你好"), (120, ADA, "在吗"), (130, BEN, "在"), (140, ADA, None), (261, ADA, "嗯")])
    )
    assert found.of_row.tolist() == [0, 0, 1, 2, 3]
    assert found.first_row.tolist() == [0, 2, 3, 4]
    assert found.last_row.tolist() == [1, 2, 3, 4]
    assert found.person.tolist() == [ADA, BEN, ADA, ADA]
    assert (found.start_ms - found.start_ms[0]).tolist() == [0, 130_000, 140_000, 261_000]
    assert (found.end_ms - found.start_ms).tolist() == [120_000, 0, 0, 0]
    assert found.messages.tolist() == [2, 1, 1, 1]
    assert found.characters.tolist() == [4, 1, 0, 1]


def test_rows_of_nobody_are_looked_through() -> None:
    # A join and a bot's row stand inside Ada's turn and belong to none.
    talk = log([(0, ADA, "a"), (1, NOBODY, "Ben joined"), (2, BEN, "I am a bot"), (3, ADA, "b")])
    talk = dataclasses.replace(talk, human=np.array([True, True, False, True]))
    found = turns(talk)
    assert found.of_row.tolist() == [0, -1, -1, 0]
    assert (found.first_row.tolist(), found.last_row.tolist(), found.messages.tolist()) == ([0], [3], [2])


@pytest.mark.parametrize(("gap", "expected"), [(60, 3), (120, 2), (300, 1)])
def test_the_gap_is_a_setting(gap: int, expected: int) -> None:
    rows = [(0, ADA, "a"), (100, ADA, "b"), (300, ADA, "c")]
    assert len(turns(log(rows), TurnSettings(gap_seconds=gap))) == expected


def test_no_rows_and_one_row() -> None:
    assert len(turns(log([]))) == 0
    assert len(turns(log([(0, NOBODY, "joined")]))) == 0
    assert turns(log([(0, ADA, "a")])).of_row.tolist() == [0]


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(-1, 2)), max_size=40))
def test_turns_share_out_the_rows(steps: list[tuple[int, int]]) -> None:
    at = np.cumsum([step for step, _ in steps])
    talk = log([(int(when), who, "字") for when, (_, who) in zip(at, steps, strict=True)])
    found = turns(talk)
    assert found.messages.sum() == found.characters.sum() == talk.human.sum()
    assert np.all(np.diff(found.first_row) > 0)
    assert np.array_equal(found.person[found.of_row[talk.human]], talk.person[talk.human])
