"""Flooding worked by hand: each rule fires once, and an ordinary neighbour stays silent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq.ads import walls
from cq.ads.flood import REASONS, Flood, flood, unit_flood
from cq.ads.messages import Messages
from cq.model import Kind

KINDS = tuple(Kind)
START = 1_790_000_007_000  # not on a full minute
S, MIN, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

Row = tuple[int, int, str | None] | tuple[int, int, str | None, Kind]
"""Milliseconds since the start, sender, text, kind (text if not given)."""


def log(rows: Sequence[Row], start: int = START) -> Messages:
    n = len(rows)
    nothing = pa.nulls(n, pa.string())
    return Messages(
        text=pa.array([r[2] for r in rows], pa.large_string()),
        url=nothing,
        card_title=nothing,
        message_id=nothing,
        kind=np.array([KINDS.index(r[3] if len(r) > 3 else Kind.TEXT) for r in rows], np.int8),
        person=np.array([r[1] for r in rows], np.int32),
        human=np.array([r[1] >= 0 for r in rows], np.bool_),
        sent_at=start + np.array([r[0] for r in rows], np.int64),
        joined_at=np.full(n, -1, np.int64),
        exempt=np.zeros(n, np.bool_),
    )


def judged(rows: Sequence[Row], start: int = START) -> Flood:
    found = flood(log(rows, start))
    assert not (found.flood & found.echo).any()
    assert np.array_equal(found.flood, found.reason > 0)
    return found


def reasons(rows: Sequence[Row], start: int = START) -> list[str]:
    return [REASONS[i] for i in judged(rows, start).reason]


SPLIT = ["我跟你们说", "今天那个面试官", "居然是我大学室友", "笑不活了", "他还装不认识我"]

# --- bursts -----------------------------------------------------------------------------------------


def test_five_messages_in_ten_seconds_are_a_burst() -> None:
    rows = [(i * 2500, 1, text) for i, text in enumerate(SPLIT)]
    assert reasons([*rows, (40 * S, 1, "后来呢")]) == ["burst"] * 5 + ["none"]


def test_a_quick_typist_who_cuts_sentences_is_none() -> None:
    assert reasons([(i * 2600, 1, text) for i, text in enumerate(SPLIT)]) == ["none"] * 5
    assert reasons([(i * S, 1, text) for i, text in enumerate(SPLIT[:4])]) == ["none"] * 4


def test_a_lively_talk_is_no_burst_but_a_torrent_is() -> None:
    talk: list[Row] = []
    for i, text in enumerate(SPLIT):
        talk += [
            (i * 2400, 1, text),
            (i * 2400 + 500, 2 + i % 3, "真的吗"),
            (i * 2400 + 900, 5, f"然后呢{i}"),
        ]
    assert set(reasons(talk)) == {"none"}
    torrent: list[Row] = []
    for i in range(8):
        torrent += [
            (i * S, 1, f"第{i}条来了"),
            (i * S + 300, 2, f"别发了{i}"),
            (i * S + 600, 3 + i, f"唉{i}唉"),
        ]
    found = judged(torrent)
    assert found.flood[::3].all()


def test_an_album_of_nine_is_no_flood_but_ten_pictures_are() -> None:
    album: list[Row] = [(i * 200, 1, None, Kind.IMAGE) for i in range(9)]
    assert not judged(album).flood.any()
    assert judged([*album, (1900, 1, None, Kind.IMAGE)]).flood.all()


def test_stickers_count_as_texts_and_a_few_of_them_are_nothing() -> None:
    stickers: list[Row] = [(i * 1500, 1, None, Kind.STICKER) for i in range(5)]
    assert not judged(stickers[:4]).flood.any()
    assert judged(stickers).flood.all()


def test_red_packets_please_everybody() -> None:
    assert not judged([(i * 300, 1, None, Kind.RED_PACKET) for i in range(12)]).flood.any()


def test_crumbs_are_a_drip_and_short_sentences_are_none() -> None:
    crumbs = ["1", "2", "3", "来", "来人", "有人吗", "在吗", "在不在"]
    assert judged([(i * 4 * S, 1, text) for i, text in enumerate(crumbs)]).flood.all()
    talk = [
        "我刚到家",
        "外面雨好大",
        "鞋子全湿了",
        "你们到没",
        "记得带伞",
        "地铁口积水",
        "绕着走吧",
        "先洗澡去了",
    ]
    assert not judged([(i * 4 * S, 1, text) for i, text in enumerate(talk)]).flood.any()
    answered = [(i * 4 * S, 1, text) for i, text in enumerate(crumbs)]
    answered.insert(4, (13 * S, 2, "在的"))
    assert not judged(answered).flood.any()


def test_minutes_only_show_no_bursts() -> None:
    on_the_minute = START - START % MIN
    found = judged([(0, 1, text) for text in SPLIT], on_the_minute)
    assert not found.seconds_known
    assert not found.flood.any()
    mixed = judged([*((0, 1, t) for t in SPLIT), (MIN + 7 * S, 2, "嗯嗯")], on_the_minute)
    assert mixed.seconds_known
    assert not mixed.flood.any()  # the part with minutes only stays unknown


# --- repeats ----------------------------------------------------------------------------------------


def test_three_times_within_a_minute_is_a_repeat() -> None:
    rows: list[Row] = [
        (0, 1, "需要的加我"),
        (20 * S, 2, "啥呀"),
        (25 * S, 1, "需要的加我！"),
        (60 * S, 1, "需要的加我"),
    ]
    assert reasons(rows) == ["repeat", "none", "repeat", "repeat"]
    rows[-1] = (61 * S, 1, "需要的加我")
    assert set(reasons(rows)) == {"none"}


def test_short_answers_to_several_people_are_no_repeat() -> None:
    talk: list[Row] = []
    for i in range(3):
        talk += [(i * 15 * S, 2 + i, f"明天{i}点可以吗"), (i * 15 * S + 5 * S, 1, "好的")]
    assert set(reasons(talk)) == {"none"}
    assert reasons([row for row in talk if row[1] == 1]) == ["repeat"] * 3


def test_laughter_and_faces_are_no_repeat() -> None:
    for text in ("哈哈哈", "666", "[呲牙]", "？？？", "hhhh"):
        assert set(reasons([(i * 15 * S, 1, text) for i in range(3)])) == {"none"}, text


def test_where_minutes_are_known_only_the_same_minute_counts() -> None:
    on_the_minute = START - START % MIN
    assert set(reasons([(0, 1, "需要的加我")] * 3, on_the_minute)) == {"repeat"}
    spread: list[Row] = [(0, 1, "需要的加我"), (0, 1, "需要的加我"), (MIN, 1, "需要的加我")]
    assert set(reasons(spread, on_the_minute)) == {"none"}


# --- reposts ----------------------------------------------------------------------------------------

RENT = "城南地铁口一室一厅出租押一付一随时看房有意请联系"


def test_a_long_text_every_ten_minutes_is_a_repost() -> None:
    rows: list[Row] = [(i * 10 * MIN, 1, RENT) for i in range(3)]
    assert reasons(rows) == ["repost"] * 3
    assert set(reasons([(i * (3 * HOUR + S), 1, RENT) for i in range(3)])) == {"none"}
    assert set(reasons([(i * 10 * MIN, i, RENT) for i in range(3)])) == {"none"}


def test_a_greeting_every_day_is_a_habit_and_short_texts_are_none() -> None:
    assert set(reasons([(i * DAY, 1, "各位群友早上好祝大家新的一天顺顺利利") for i in range(9)])) == {"none"}
    assert set(reasons([(i * 10 * MIN, 1, "有人在群里吗") for i in range(5)])) == {"none"}


# --- choruses ---------------------------------------------------------------------------------------


def test_three_senders_within_two_minutes_are_a_chorus() -> None:
    rows: list[Row] = [
        (0, 1, "打卡打卡"),
        (30 * S, 2, "打卡打卡"),
        (40 * S, 9, "早"),
        (120 * S, 3, "打卡打卡"),
    ]
    found = judged(rows)
    assert found.echo.tolist() == [True, True, False, True]
    assert not found.flood.any()
    rows[-1] = (121 * S, 3, "打卡打卡")
    assert not judged(rows).echo.any()


def test_two_who_take_turns_are_no_chorus() -> None:
    rows: list[Row] = [(i * 20 * S, i % 2, "加油加油") for i in range(6)]
    assert not judged(rows).echo.any()
    with_third = judged([(0, 7, "加油加油"), *((row[0] + 25 * S, row[1], row[2]) for row in rows)])
    # The third is near enough only for the first messages of the two.
    assert with_third.echo.tolist() == [True] * 6 + [False]


def test_who_alone_posts_it_three_times_floods_within_a_chorus() -> None:
    rows: list[Row] = [
        (0, 1, "冲冲"),
        (5 * S, 2, "冲冲"),
        (9 * S, 3, "冲冲"),
        (12 * S, 1, "冲冲"),
        (30 * S, 1, "冲冲"),
    ]
    found = judged(rows)
    assert found.flood.tolist() == [True, False, False, True, True]
    assert found.echo.tolist() == [False, True, True, False, False]


def brute_chorus(rows: Sequence[tuple[int, int, str]]) -> list[bool]:
    found = [False] * len(rows)
    for i, (start, _, text) in enumerate(rows):
        inside = [j for j, r in enumerate(rows) if j >= i and r[2] == text and r[0] - start <= 2 * MIN]
        for end in range(len(inside)):
            if len({rows[j][1] for j in inside[: end + 1]}) >= 3:
                for j in inside[: end + 1]:
                    found[j] = True
    return found


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 3), st.sampled_from(["打卡打卡", "收到收到"])),
        max_size=14,
    )
)
def test_choruses_are_those_of_the_definition(steps: list[tuple[int, int, str]]) -> None:
    at, rows = 0, []
    for gap, person, text in steps:
        at += gap * S + 1
        rows.append((at, person, text))
    found = judged(rows)
    expected = brute_chorus(rows)
    assert [bool(e or f) for e, f in zip(found.echo, found.flood, strict=True)] == [
        bool(x or f) for x, f in zip(expected, found.flood, strict=True)
    ]


# --- one message ------------------------------------------------------------------------------------

WALLS = [
    "顶" * 12,
    "需要的加我" * 5,
    "1" * 12,
    "6" * 24,
    "[图片]" * 6,
    "@所有人 @所有人 @所有人 有没有人",
    "31415926535" * 6,
    "快来快来快来快来快来快来快来",
    "🌹" * 24,
    "[玫瑰]" * 24,
    "哈" * 20 + "加群" * 6,
]
TALK = [
    "顶" * 11,
    "需要的加我" * 4,
    "哈" * 60,
    "哈嘿" * 20,
    "6" * 23,
    "2333333333333333333",
    "[图片]" * 5,
    "[图片]" * 9 + "这是昨天活动的照片大家看看有没有自己",
    "@所有人 @所有人 明天停水",
    "……" * 30 + "！" * 40,
    "=" * 50,
    "😂" * 40,
    "[捂脸]" * 30,
    "🌹" * 12,
    "[玫瑰]" * 8,
    "/玫瑰" * 8,
    "hhhhhhhhhhhhhhhhhhhh",
    "呜呜呜呜呜呜呜呜呜呜呜呜呜呜！！！",
    "手机13800000000，尾号000000",
    "",
]


@pytest.mark.parametrize("text", WALLS)
def test_walls(text: str) -> None:
    ((row, (lo, hi)),) = unit_flood(["早", text, "晚"]).items()
    assert row == 1
    assert 0 <= lo < hi <= len(text)
    assert reasons([(0, 1, text)]) == ["unit"]


@pytest.mark.parametrize("text", TALK)
def test_no_walls(text: str) -> None:
    assert unit_flood([text, "顶" * 30, text]) == {1: (0, 30)}
    assert reasons([(0, 1, text)]) == ["none"]


def test_the_span_is_the_repeated_part() -> None:
    text = "大家看过来：" + "加我微信" * 7 + "谢谢"
    ((lo, hi),) = unit_flood([text]).values()
    assert text[lo:hi] == "加我微信" * 7


UNITS = st.one_of(st.text(alphabet="顶加我6哈h1。😂🌹[] 图片@", max_size=9), st.text(max_size=34))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(UNITS, st.integers(1, 26)), max_size=5), st.text(max_size=20))
def test_the_quick_look_misses_no_wall(parts: list[tuple[str, int]], tail: str) -> None:
    text = "".join(unit * times for unit, times in parts) + tail
    span = walls._wall(text)
    assert unit_flood(["x" * 7, text, tail]).get(1) == span


def test_a_long_text_is_quick() -> None:
    import time

    nasty = [
        "ab" * 10_000,
        "abcdefghijk" * 4 + "哈" * 9_000,
        "".join(chr(0x4E00 + i % 4000) for i in range(20_000)),
    ]
    nasty += ["顶顶顶顶顶" + "加", ("顶" * 5 + "加") * 3_000, "哈" * 19_988 + "好" * 11]
    start = time.perf_counter()
    found = unit_flood(nasty)
    assert time.perf_counter() - start < 2
    assert sorted(found) == [0, 4]


# --- the whole --------------------------------------------------------------------------------------


def test_rows_of_nobody_and_an_empty_log() -> None:
    assert not judged([(i * 100, -1, "顶" * 40) for i in range(9)]).flood.any()
    empty = judged([])
    assert len(empty.flood) == len(empty.echo) == len(empty.reason) == 0
    assert not empty.seconds_known


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.integers(-1, 3),
            st.sampled_from(["好", "需要的加我", RENT, None, "[图片]"]),
            st.sampled_from(KINDS),
        ),
        max_size=30,
    ),
    st.permutations(range(4)),
)
def test_who_is_who_does_not_matter_and_nothing_changes_by_itself(
    steps: list[tuple[int, int, str | None, Kind]], names: list[int]
) -> None:
    at, rows, renamed = 0, [], []
    for gap, person, text, kind in steps:
        at += gap * S
        rows.append((at, person, text, kind))
        renamed.append((at, names[person] if person >= 0 else -1, text, kind))
    one, again, other = judged(rows), judged(rows), judged(renamed)
    for found in (again, other):
        assert np.array_equal(one.reason, found.reason)
        assert np.array_equal(one.echo, found.echo)
