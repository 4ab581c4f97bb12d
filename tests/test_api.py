"""cq.read and cq.analyze, as a notebook uses them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cq
from cq.errors import InputError, UsageError
from cq.model import COLUMNS


def test_read_gives_arrow_backed_columns_of_the_contract(court: Path) -> None:
    frame = cq.read(court)
    assert tuple(frame.columns) == COLUMNS
    assert all(isinstance(kind, pd.ArrowDtype) for kind in frame.dtypes)
    assert len(frame) == 6
    assert frame["sent_at"].iloc[0] == pd.Timestamp("2026-03-02T01:00:00Z")
    assert cq.read(court, tz="UTC")["sent_at"].iloc[0] == pd.Timestamp("2026-03-02T09:00:00Z")


def test_analyze_takes_a_path_paths_or_a_frame(court: Path) -> None:
    result = cq.analyze(court)
    assert result.groups[0].sections["activity"].metrics["messages"].value == 5
    assert cq.analyze([court, court]).groups == result.groups
    assert cq.analyze(cq.read(court)).groups[0].sections == result.groups[0].sections


def test_a_filtered_frame_is_analysed_as_it_is(court: Path) -> None:
    frame = cq.read(court)
    part = frame[frame["sender_id"] == "10086001"]
    assert cq.analyze(part).groups[0].sections["people"].metrics["speakers"].value == 1
    with pytest.raises(InputError):
        cq.analyze(frame.drop(columns=["kind"]))


def test_window_sections_and_errors(court: Path) -> None:
    result = cq.analyze(court, last="7d", sections=["people"])
    assert set(result.groups[0].sections) == {"people"}
    assert result.previous is not None
    with pytest.raises(UsageError):
        cq.analyze(court, sections=["weather"])
    with pytest.raises(InputError, match="Cannot find"):
        cq.read("no-such-file.txt")
