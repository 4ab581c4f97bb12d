"""Sessions: examples worked out by hand, and groups whose gaps have a valley or none."""

from __future__ import annotations

import numpy as np
import pytest

from cq.conversation import Sessions, SessionSettings, Talk, sessions, turns

from .rows import ADA, BEN, CLEO, START, log

MINUTE, HOUR = 60, 3600


def test_five_rows() -> None:
    # Gaps between turns: 1, 30, 31 and 1 minutes; 30 is still inside.
    minutes = [(0, ADA), (1, BEN), (31, ADA), (62, CLEO), (63, CLEO)]
    found = sessions(turns(log([(m * MINUTE, who, "x") for m, who in minutes])))
    # Cleo's two messages lie within 120 s: one turn.
    assert found.of_turn.tolist() == [0, 0, 0, 1]
    assert (found.gap_ms, found.measured) == (30 * MINUTE * 1000, False)
    assert (found.first_turn.tolist(), found.last_turn.tolist()) == ([0, 3], [2, 3])
    assert found.turns.tolist() == [3, 1]
    assert found.speakers.tolist() == [2, 1]
    assert (found.start_ms - found.start_ms[0]).tolist() == [0, 62 * MINUTE * 1000]
    assert (found.end_ms - found.start_ms).tolist() == [31 * MINUTE * 1000, MINUTE * 1000]


def test_a_gap_runs_from_the_end_of_a_turn() -> None:
    # Ada speaks for four minutes; Ben comes 29 minutes after her last message, 33 after her first.
    rows = [*((m * MINUTE, ADA, "x") for m in (0, 2, 4)), (33 * MINUTE, BEN, "x")]
    assert len(sessions(turns(log(rows)))) == 1


def talk_of(inside: float, outside: float, start: int = START) -> Talk:
    """100 sessions of ten turns with gaps around ``inside`` s, and around ``outside`` s between them."""
    random = np.random.Generator(np.random.PCG64(5))
    gaps = inside * np.exp(random.normal(0, 0.7, 1000))
    gaps[::10] = outside * np.exp(random.normal(0, 0.3, 100))
    return log([(float(at), number % 2, "x") for number, at in enumerate(np.cumsum(gaps))], start=start)


def found_in(inside: float, outside: float) -> Sessions:
    return sessions(turns(talk_of(inside, outside)))


def test_the_valley_is_the_groups_own() -> None:
    found = found_in(40, 5 * HOUR)
    assert found.measured
    assert 10 * MINUTE <= found.gap_ms / 1000 <= 120 * MINUTE
    assert len(found) == 100
    slow = found_in(240, 10 * HOUR)
    assert slow.gap_ms > 30 * MINUTE * 1000
    assert len(slow) == 100


def test_no_valley_no_measure() -> None:
    even = found_in(40, 40)
    assert (even.measured, even.gap_ms) == (False, 30 * MINUTE * 1000)


def test_few_turns_no_measure() -> None:
    found = sessions(turns(talk_of(40, 5 * HOUR)), SessionSettings(enough_turns=1001))
    assert (found.measured, found.gap_ms) == (False, 30 * MINUTE * 1000)


@pytest.mark.parametrize("hours", [8, -11, 24 * 365])
def test_the_clock_and_the_zone_do_not_matter(hours: int) -> None:
    here = sessions(turns(talk_of(40, 5 * HOUR)))
    there = sessions(turns(talk_of(40, 5 * HOUR, START + hours * HOUR * 1000)))
    assert np.array_equal(here.of_turn, there.of_turn)
    assert here.gap_ms == there.gap_ms


def test_no_turn_and_one_turn() -> None:
    assert len(sessions(turns(log([])))) == 0
    one = sessions(turns(log([(0, ADA, "x")])))
    assert (one.turns.tolist(), one.speakers.tolist()) == ([1], [1])
