"""Questions and their answers, on logs small enough to work out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from cq.ads.policy import Policy
from cq.analysis import GroupView, Window, questions
from cq.analysis import _question_answers as found_by
from cq.analysis._conversation import Conversation, conversation
from cq.analysis._question_repeats import _alike, repeated
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


# --- who answers whom -------------------------------------------------------------------------------


def test_answer_pairs_count_questions_not_messages() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-02 09:01", "b", "八点", {"reply": 0}),
        ("2026-03-02 09:02", "b", "不对，八点半", {"reply": 0}),
        ("2026-03-02 09:03", "c", "八点半", {"reply": 0}),
        ("2026-03-02 10:00", "a", "带什么"),
        ("2026-03-02 10:01", "b", "水", {"reply": 4}),
        ("2026-03-02 10:02", "b", "下雨了怎么办"),
        ("2026-03-02 10:03", "a", "带伞", {"reply": 6}),
        ("2026-03-02 10:04", "a", "好的", {"reply": 5}),  # of no question
    ]
    table = run(view(rows)).tables["answer_pairs"]
    assert list(table.columns) == ["asker_id", "asker", "answerer_id", "answerer", "answers"]
    assert table.rows == [("a", "a", "b", "b", 2), ("a", "a", "c", "c", 1), ("b", "b", "a", "a", 1)]
    # Only the first answer is thanked for.
    assert [row[:3] for row in run(view(rows)).tables["answerers"].rows] == [("b", "b", 2), ("a", "a", 1)]
    assert run(view([row[:3] for row in rows])).tables["answer_pairs"].rows == []


# --- answers to be expected -------------------------------------------------------------------------


def chances(group: GroupView, *pairs: tuple[int, int, float]) -> Conversation:
    """A conversation with given chances that a turn answers another."""
    talk = Conversation(group, Policy())
    inferred = talk.replies.inferred
    columns = [np.array(column) for column in zip(*pairs, strict=True)] or [np.zeros(0, np.int64)] * 3
    given = replace(inferred, pair_turn=columns[0], pair_to=columns[1], pair_chance=columns[2])
    talk.__dict__["replies"] = replace(talk.replies, inferred=given)
    return talk


def test_expected_answers_are_the_chances_of_at_least_one() -> None:
    group = view(
        [
            ("2026-03-02 09:00", "a", "几点集合"),
            ("2026-03-02 09:01", "b", "带什么"),
            ("2026-03-02 09:02", "c", "八点"),
            ("2026-03-02 09:03", "d", "九点"),
            ("2026-03-03 09:02", "c", "带水"),
        ]
    )
    asked = np.array([0, 1])
    # 1 - 0.5 * 0.4 = 0.8 for the first; 0.3 for the second, since the last turn comes after 24 hours and a minute.
    talk = chances(group, (2, 0, 0.5), (3, 0, 0.6), (3, 1, 0.3), (4, 1, 0.9))
    assert found_by.expected(talk, asked, 24) == (1.1, 2)
    assert found_by.expected(talk, asked, 25) == (1.7, 2)  # 0.8 + 1 - 0.7 * 0.1 = 1.73
    assert found_by.expected(chances(group, (2, 0, 1.0), (3, 0, 0.2)), asked, 24) == (1.0, 2)
    assert found_by.expected(chances(group, (2, 3, 0.9)), asked, 24) == (0.0, 2)
    assert found_by.expected(talk, asked[:0], 24) == (0.0, 0)


def test_expected_answers_stay_out_of_the_ratio() -> None:
    rows = [
        ("2026-03-02 09:00", "a", "几点集合"),
        ("2026-03-02 09:00:20", "a", "在哪里"),
        ("2026-03-02 09:01", "b", "八点，东门"),
        ("2026-03-02 12:00", "c", "有人拼车吗"),
        ("2026-03-02 12:01", "b", "我", {"reply": 3}),
    ]
    section = run(view(rows))
    # Three questions in two turns; one of three is seen answered, and that one is certain.
    assert values(section)["answered_ratio"] == pytest.approx(1 / 3)
    expected = section.metrics["answered_expected"]
    assert isinstance(expected.value, float)
    assert (expected.n, 1 <= expected.value <= 2) == (2, True)
    # One of four turns says whom it addresses.
    assert (values(section)["addressed_share"], section.metrics["addressed_share"].n) == (0.25, 4)
    nothing = run(view([row[:3] for row in rows[:3]]))
    assert values(nothing)["answered_ratio"] is None
    assert values(nothing)["answered_expected"] is not None


def test_help_is_counted_by_turns_of_the_window() -> None:
    rows = [
        ("2026-03-01 09:00", "a", "求助，电脑开不了机怎么办？"),
        ("2026-03-02 09:00", "a", "求助，路由器连不上网怎么办？"),
        ("2026-03-02 09:00:30", "a", "有人能帮忙看看吗"),
        ("2026-03-02 09:05", "b", "今天天气真好"),
        ("2026-03-02 09:06", "c", "请问洗衣机不转了该怎么修？"),
        ("2026-03-03 09:06", "c", "好了"),
    ]
    group = view(rows)
    found = values(run(group, window("2026-03-02", "2026-03-03")))
    assert found["help_requests"] == 2
    assert conversation(group) is conversation(group)


# --- asked again ------------------------------------------------------------------------------------


AGAIN = [
    ("2026-03-02 09:00", "a", "请问怎么开停车发票？"),
    ("2026-03-02 09:30", "a", "怎么开停车发票"),  # the same person, half an hour later: no further time
    ("2026-03-02 09:40", "b", "找前台", {"reply": 1}),
    ("2026-03-04 09:00", "a", "怎么开停车发票啊"),
    ("2026-03-05 09:00", "c", "大家好，怎么开停车发票呢？"),
    ("2026-03-06 09:00", "d", "怎么开停车场发票"),
    ("2026-03-06 10:00", "d", "游泳班几点开始上课"),
    ("2026-03-07 09:00", "d", "游泳班几点开始上课"),
    ("2026-03-07 09:01", "b", "九点", {"reply": 7}),
    ("2026-03-08 09:00", "a", "在哪里买"),
    ("2026-03-08 09:01", "b", "在哪里买"),
]


def test_what_is_asked_again_by_others_or_later() -> None:
    section = run(view(AGAIN))
    # a twice (a day apart), c, d: four times by three, the first of them answered. d asks about the course
    # again within 24 hours, and the place to buy is too short to tell.
    assert section.tables["repeated"].rows == [
        ("请问怎么开停车发票？", 4, 3, 1, "2026-03-06T09:00:00+08:00", "m0"),
    ]
    assert (values(section)["repeated_questions"], section.metrics["repeated_questions"].n) == (1, 9)
    sooner = run(view(AGAIN), repeat_pause_hours=12)
    assert [row[1:4] for row in sooner.tables["repeated"].rows] == [(4, 3, 1), (2, 1, 1)]
    assert len(run(view(AGAIN), repeat_pause_hours=12, repeat_rows=1).tables["repeated"].rows) == 1


def test_where_answers_are_not_known_neither_are_those_of_repeated_questions() -> None:
    section = run(view([row[:3] for row in AGAIN]))
    assert [row[1:4] for row in section.tables["repeated"].rows] == [(4, 3, None)]


def test_alike_is_by_shared_runs_of_characters() -> None:
    words = ["怎么开停车发票", "怎么开停车场发票", "游泳班几点上课", "怎么开车"]
    # 7 and 8 characters have 22 and 25 runs, edges counted, and share 7 + 7 + 5 of them: 19 of 28.
    assert _alike(pa.array(words), 0.6).tolist() == [0, 0, 2, 3]
    assert _alike(pa.array(words), 0.7).tolist() == [0, 1, 2, 3]
    assert _alike(pa.array(["甲乙丙丁戊己"]), 0.6).tolist() == [0]


def test_many_alike_are_one() -> None:
    rows = [(f"2026-03-{day:02} 09:00", f"p{day}", "周末去爬山怎么报名") for day in range(2, 30)]
    (one,) = repeated(view(rows), np.arange(len(rows)), None, 0.6, 24)
    assert (one.times, one.askers, one.answered) == (28, 28, None)
