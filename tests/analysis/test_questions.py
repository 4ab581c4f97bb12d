"""Questions and their answers, on logs small enough to work out by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pytest

from cq.analysis import GroupView, Window, questions
from cq.section import Section

from .views import view, whole, window


def run(group: GroupView, span: Window | None = None, **settings: Any) -> Section:
    section = questions.run(group, span or whole(group), questions.Settings(**settings))
    msgspec.json.encode(section)  # no numpy scalar may leave an analysis
    return section


def values(section: Section) -> dict[str, Any]:
    return {code: metric.value for code, metric in section.metrics.items()}


TALK = [
    ("2026-03-02 09:00", "a", "几点集合"),
    ("2026-03-02 09:01", "a", "有人知道吗", {"reply": 0}),  # oneself is no answer
    ("2026-03-02 09:05", "b", "八点", {"reply": 0}),
    ("2026-03-02 09:06", "c", "八点半", {"reply": 0}),
    ("2026-03-02 10:00", "c", "带什么"),
    ("2026-03-02 10:01", "b", "随便"),
    ("2026-03-05 09:00", "b", "带水", {"reply": 4}),
    ("2026-03-05 09:10", "c", "好的"),
    ("2026-03-05 09:20", "c", "在哪里"),
]


def test_the_first_reply_of_another_answers() -> None:
    section = run(view(TALK))
    found = values(section)
    # Rows 0, 1, 4 and 8 ask.
    assert (found["questions"], found["askers"]) == (4, 2)
    assert found["question_share"] == pytest.approx(4 / 9)
    # 0 after 5 minutes by b, 4 after 71 hours by b; 1 and 8 never.
    assert (found["answered_ratio"], section.metrics["answered_ratio"].n) == (0.5, 4)
    assert section.metrics["answered_ratio"].interval == pytest.approx((0.150, 0.850), abs=1e-3)
    assert found["median_answer_seconds"] == (300 + 71 * 3600) / 2
    assert found["p90_answer_seconds"] == 71 * 3600
    assert section.metrics["p90_answer_seconds"].n == 2
    assert found["answer_basis"] == "reply"
    # Row 8 was asked less than a day before the end of the log.
    assert (found["unanswered"], found["pending"]) == (2, 1)
    # Rows 1, 2, 3 and 6 say whom they answer.
    assert found["explicit_reply_coverage"] == pytest.approx(4 / 9)


def test_tables() -> None:
    tables = run(view(TALK)).tables
    # 2 March 09:01 to 5 March 09:20: three days and 19 minutes.
    assert tables["unanswered"].rows == [
        ("m1", "2026-03-02T09:01:00+08:00", "a", "a", "有人知道吗", 3.0),
        ("m8", "2026-03-05T09:20:00+08:00", "c", "c", "在哪里", 0.0),
    ]
    assert tables["answerers"].rows == [("b", "b", 2, (300 + 71 * 3600) / 2)]


def test_replies_come_up_to_seven_days_later_and_from_beyond_the_window() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-02 10:00", "a", "在哪里"),
        ("2026-03-09 09:00", "b", "八点", {"reply": 0}),
        ("2026-03-09 10:01", "b", "老地方", {"reply": 1}),
    ]
    section = run(view(rows), window("2026-03-02", "2026-03-03"))
    # The first after exactly seven days, the second a minute too late.
    assert (values(section)["answered_ratio"], values(section)["unanswered"]) == (0.5, 1)
    assert values(section)["pending"] == 0
    assert [row[0] for row in section.tables["unanswered"].rows] == ["m1"]


def test_a_mention_answers_only_where_there_are_no_replies() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-02 09:10", "a", "带什么"),
        ("2026-03-02 09:20", "a", "好的", {"mentions": ["a"]}),  # oneself
        ("2026-03-02 09:30", "b", "水", {"mentions": ["a"]}),
        ("2026-03-02 09:40", "b", "还有吃的", {"mentions": ["a"]}),
        ("2026-03-03 20:00", "c", "在吗", {"mentions": ["b"]}),
    ]
    section = run(view(rows, explicit_replies=False))
    found = values(section)
    assert found["answer_basis"] == "mention"
    # Rows 0, 1 and 5 ask; the mention belongs to the latest question of a, row 1, after 20 minutes.
    assert found["answered_ratio"] == pytest.approx(1 / 3)
    assert found["median_answer_seconds"] == 20 * 60
    assert [row[0] for row in section.tables["unanswered"].rows] == ["m0", "m5"]
    assert section.tables["answerers"].rows == [("b", "b", 1, 20 * 60)]
    # Where the export can carry replies and the log has none, nothing is known.
    assert values(run(view(rows)))["answered_ratio"] is None


def test_a_mention_a_day_later_answers_nothing() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-03 09:00", "b", "八点", {"mentions": ["a"]}),
        ("2026-03-03 09:30", "c", "几点集合"),
        ("2026-03-04 09:31", "b", "八点", {"mentions": ["c"]}),
    ]
    section = run(view(rows, explicit_replies=False))
    assert values(section)["answered_ratio"] == 0.5
    assert [row[0] for row in section.tables["unanswered"].rows] == ["m2"]


def test_a_question_after_the_window_takes_the_mention() -> None:
    rows = [
        ("2026-03-02 23:00", "a", "几点集合"),
        ("2026-03-03 01:00", "a", "带什么"),
        ("2026-03-03 01:10", "b", "水", {"mentions": ["a"]}),
        ("2026-03-05 00:00", "b", "早"),
    ]
    span = window("2026-03-02", "2026-03-03")
    assert values(run(view(rows, explicit_replies=False), span))["answered_ratio"] == 0
    del rows[1]
    assert values(run(view(rows, explicit_replies=False), span))["answered_ratio"] == 1


def test_without_any_sign_of_answers_nothing_is_known() -> None:
    rows = [("2026-03-02 09:00", "a", "几点集合"), ("2026-03-02 09:05", "b", "八点")]
    section = run(view(rows))
    found = values(section)
    assert (found["questions"], found["answer_basis"]) == (1, "none")
    assert [found[code] for code in ("answered_ratio", "unanswered", "pending")] == [None, None, None]
    assert section.tables["unanswered"].rows == []
    assert found["explicit_reply_coverage"] == 0


def test_bots_neither_ask_nor_answer() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-02 09:01", "bot", "请问有什么可以帮您？"),
        ("2026-03-02 09:02", "bot", "八点", {"reply": 0}),
        ("2026-03-02 09:03", "anon:1", "八点吗", {"reply": 0}),
        ("2026-03-02 09:04", "b", "图", {"kind": "image", "reply": 0}),
    ]
    people = {"bot": {"bot": True}, "anon:1": {"anonymous": True}}
    section = run(view(rows, people))
    # A picture by a person is an answer.
    assert (values(section)["questions"], values(section)["median_answer_seconds"]) == (1, 240)


def test_only_text_asks() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "怎么选房？", {"kind": "link"}),
        ("2026-03-02 09:01", "a", None),
        ("2026-03-02 09:02", "b", "收到", {"reply": 0}),
    ]
    section = run(view(rows, text_type=pa.large_string()))
    found = values(section)
    assert (found["questions"], found["question_share"], found["answered_ratio"]) == (0, 0, None)
    assert section.metrics["answered_ratio"].n == 0
    assert section.metrics["answered_ratio"].interval is None
    assert found["unanswered"] == 0


def test_long_questions_are_cut() -> None:
    rows = [("2026-03-02 09:00", "a", "请问" + "啊" * 100), ("2026-03-02 09:01", "b", "嗯", {"reply": 0}),
            ("2026-03-02 09:02", "a", "请问\n" + "啊" * 100)]  # fmt: skip
    (row,) = run(view(rows), excerpt_characters=10).tables["unanswered"].rows
    assert row[4] == "请问 啊啊啊啊啊啊…"


def test_the_window_is_half_open() -> None:
    rows = [(f"2026-03-0{day} 00:00", "a", "几点集合") for day in (2, 3, 4)]
    assert values(run(view(rows), window("2026-03-03", "2026-03-04")))["questions"] == 1


@pytest.mark.parametrize("rows", [[], TALK])
def test_outside_the_log_nothing_is_known(rows: list[tuple[Any, ...]]) -> None:
    section = run(view(rows), window("2027-01-01", "2027-01-08"))
    assert set(values(section).values()) == {None}
    assert all(table.rows == [] for table in section.tables.values())


def test_a_question_said_again_within_the_minute_stands_once() -> None:
    log = [
        ("2026-03-02 09:00:01", "a", "几点集合"),
        ("2026-03-02 09:00:40", "a", "几点集合"),
        ("2026-03-02 09:00:41", "b", "几点集合"),
        ("2026-03-02 09:01:00", "a", "几点集合"),
        ("2026-03-02 09:02:00", "c", "八点", {"reply": 3}),
        ("2026-03-02 09:03:00", "a", "几点集合"),
        ("2026-03-02 09:03:01", "a", "几点集合？"),
    ]
    section = run(view(log))
    assert values(section)["unanswered"] == 5
    rows = section.tables["unanswered"].rows
    assert [(row[2], row[4]) for row in rows] == [
        ("a", "几点集合"), ("b", "几点集合"), ("a", "几点集合"), ("a", "几点集合？")
    ]  # fmt: skip
