"""Frames in, findings out: what a frame tells of replies and ids is kept, whoever made it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cq
from cq.logs import frame_log
from simulator import simulate

SAMPLES = Path(__file__).parents[1] / "sample_exports"
OF_TALK = ("questions", "network")
"""Sections that live by who answers whom, and not by the list of members, which no frame carries."""


@pytest.mark.parametrize("name", ["qce-json", "chatlab-jsonl", "weflow-json", "wda-json"])
def test_a_frame_that_was_read_gives_what_the_export_gives(name: str) -> None:
    frame = cq.read(SAMPLES / name)
    assert frame["reply_to"].notna().any()
    straight, around = cq.analyze(SAMPLES / name), cq.analyze(frame)
    assert len(straight.groups) == len(around.groups)
    for one, two in zip(straight.groups, around.groups, strict=True):
        for section in OF_TALK:
            assert one.sections[section] == two.sections[section], section


def test_a_frame_made_by_hand_keeps_its_answers_and_its_ids() -> None:
    frame = simulate(7, "L1", 5, "fit", members=20).frame()
    log = frame_log(frame)
    rows = [row for batch in log.batches() for row in batch.select(["message_id", "reply_to"]).to_pylist()]
    log.close()
    assert [row["message_id"] for row in rows] == frame["message_id"].tolist()
    told = [None if pd.isna(id_) else id_ for id_ in frame["reply_to"]]
    assert [row["reply_to"] for row in rows] == told
    assert sum(id_ is not None for id_ in told) > 20


def test_ids_of_one_group_are_not_those_of_another() -> None:
    one, two = (simulate(seed, "L1", 2, "fit", members=15).frame() for seed in (7, 8))
    apart = [len(f) for f in (one, two)]
    assert one["group_id"].iloc[0] != two["group_id"].iloc[0]
    log = frame_log(pd.concat([one, two]))
    assert sorted(span.rows for span in log.spans) == sorted(apart)
    answered = sum(len(b) - b.column("reply_to").null_count for b in log.batches())
    log.close()
    assert answered == one["reply_to"].notna().sum() + two["reply_to"].notna().sum()


def test_an_id_borne_twice_loses_no_message_and_empty_ids_are_none() -> None:
    frame = simulate(7, "L1", 2, "fit", members=15).frame()
    for ids in (["same"] * len(frame), [""] * len(frame), [None] * len(frame)):
        log = frame_log(frame.assign(message_id=pd.Series(ids, frame.index, dtype=frame["message_id"].dtype)))
        assert sum(span.rows for span in log.spans) == len(frame)
        log.close()


def test_findings_name_messages_as_the_frame_does() -> None:
    frame = simulate(7, "L1", 13, "fit", members=30).frame()
    evidence = cq.analyze(frame, sections=["roles"]).groups[0].sections["roles"].tables["evidence"]
    cited = {row[list(evidence.columns).index("message_id")] for row in evidence.rows}
    assert cited and cited <= set(frame["message_id"])
