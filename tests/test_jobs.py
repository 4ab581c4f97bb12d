"""Work on several processes: the same results in the same order, whatever happens to a worker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from analysis.views import view
from cq.ads import group as ads_group
from cq.ads.policy import Policy
from cq.analysis import _ads
from cq.jobs import Jobs


def square(piece: int) -> int:
    return piece * piece


def slow_or_dead(piece: tuple[int, str]) -> int:
    """Kills its process once: the first time anybody gets to the third piece."""
    number, flag = piece
    if number == 3 and not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return number


@pytest.mark.parametrize("count", [1, 2, 3])
def test_results_come_in_order(count: int) -> None:
    with Jobs(count) as jobs:
        assert list(jobs.map(square, range(40))) == [n * n for n in range(40)]
        assert list(jobs.map(square, [])) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_worker_costs_no_result(tmp_path: Path) -> None:
    flag = str(tmp_path / "killed")
    with Jobs(2) as jobs:
        assert list(jobs.map(slow_or_dead, [(n, flag) for n in range(20)])) == list(range(20))
        assert Path(flag).exists()
        assert list(jobs.map(square, [1, 2])) == [1, 4], "a new pool serves what comes after"


def test_errors_of_the_work_are_raised_here() -> None:
    with Jobs(2) as jobs, pytest.raises(TypeError):
        list(jobs.map(square, ["a"]))  # type: ignore[list-item]


def test_ads_are_the_same_with_two_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ads_group, "MANY", 1)
    monkeypatch.setattr(ads_group, "CHUNK", 7)
    rows = [
        (
            f"2026-03-02 {9 + n // 60:02d}:{n % 60:02d}",
            f"p{n % 5}",
            "加微信 abc12345 领优惠券" if n % 9 == 0 else f"第{n}句闲话",
        )
        for n in range(60)
    ]
    found = []
    for count in (1, 2):
        one = view(rows)
        with Jobs(count) as jobs:
            one.memo["jobs"] = jobs
            found.append(_ads.judged(one, Policy()))
    one, two = found
    for name in ("outcome", "kind", "score", "campaign", "flood"):
        assert (getattr(one, name) == getattr(two, name)).all(), name
    assert (one.outcome > 0).any()
