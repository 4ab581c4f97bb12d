"""The section about ads, on logs small enough to work out by hand; what is an ad is given, not judged.

A row's fifth field says what it was taken for: ``{"is": "product"}`` for a confirmed ad of that kind, with
``"?"`` behind it for a suspected one, and any of ``flood``, ``echo``, ``campaign``, ``score``.
"""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from rich.cells import cell_len
from rich.console import Console

from cq import locales
from cq.ads.policy import Policy
from cq.ads.verdict import AD_KINDS, KINDS, OUTCOMES, AdKind, Evidence, Verdict
from cq.analysis import GroupView, Window, _ads, ads
from cq.analysis._build import build
from cq.model import BatchBuilder, Event, Group, Kind
from cq.report.summary import sentences
from cq.report.terminal import render
from cq.report.wording import Words
from cq.result import Analysis, GroupInfo, GroupResult, Quality, WindowSpan
from cq.section import Section

from .views import SHANGHAI, ms, view, whole, window

REASON = ("none", "burst", "repeat", "repost", "unit")


@dataclass(frozen=True)
class Judged:
    """Stands in for :class:`cq.ads.group.GroupAds`."""

    outcome: Any
    kind: Any
    score: Any
    flood: Any
    flood_reason: Any
    echo: Any
    seconds_known: bool
    campaign: Any
    exempted: Any
    allowed: Any
    ignored: Any

    def verdicts(self, rows: Any) -> list[Verdict]:
        model = Evidence("model", AdKind.PRODUCT, 1.7)
        weak = Evidence("weak_rule", AdKind.PRODUCT, 0.3, (0, 1), "好")
        strong = Evidence("strong_rule", AdKind.TRAFFIC, 0.9, (0, 1), "好")
        return [
            Verdict(f"m{i}", None, None, "", OUTCOMES[self.outcome[i]], KINDS[self.kind[i]],
                    evidence=(model, weak, strong, weak))
            for i in rows.tolist()
        ]  # fmt: skip


def judged(rows: list[tuple[Any, ...]], *, seconds_known: bool = True) -> Judged:
    taken = [(*row, {}, {})[3:5] if len(row) < 5 else row[3:5] for row in rows]
    marks = [mark for _, mark in taken]

    def column(name: str, default: Any, kind: Any) -> Any:
        return np.array([mark.get(name, default) for mark in marks], kind)

    named = [mark.get("is", "none") for mark in marks]
    sure = [0 if name == "none" else 1 if name.endswith("?") or name == "chain" else 2 for name in named]
    return Judged(
        outcome=np.array(sure, np.int8),
        kind=np.array([KINDS.index(AdKind(name.rstrip("?"))) for name in named], np.int8),
        score=column("score", 1.0, np.float32),
        flood=column("flood", "none", object) != "none",
        flood_reason=np.array([REASON.index(mark.get("flood", "none")) for mark in marks], np.int8),
        echo=column("echo", False, np.bool_),
        seconds_known=seconds_known,
        campaign=column("campaign", -1, np.int32),
        exempted=column("exempted", False, np.bool_),
        allowed=column("allowed", False, np.bool_),
        ignored=column("ignored", False, np.bool_),
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    def analyse(
        rows: list[tuple[Any, ...]], span: Window | None = None, *, seconds_known: bool = True, **more: Any
    ) -> Section:
        settings = more.pop("settings", Policy())
        found = judged(rows, seconds_known=seconds_known)
        monkeypatch.setattr(_ads, "judged", lambda group, policy: found)
        group = view([row[:4] for row in rows], **more)
        section = ads.run(group, span or whole(group), settings)
        msgspec.json.encode(section)  # no numpy scalar may leave an analysis
        return section

    return analyse


def values(section: Section) -> dict[str, Any]:
    return {code: metric.value for code, metric in section.metrics.items()}


def is_(what: str, **marks: Any) -> dict[str, Any]:
    return {"is": what, **marks}


TALK: list[tuple[Any, ...]] = [
    ("2026-03-02 09:00", "a", "早"),
    ("2026-03-02 09:01", "x", "出空气炸锅", {}, is_("product")),
    ("2026-03-02 09:02", "x", "出空气炸锅", {}, is_("product", campaign=0, score=2.0)),
    ("2026-03-02 09:03", "y", "加我微信", {}, is_("traffic", campaign=0)),
    ("2026-03-02 09:04", "y", "看我朋友圈", {}, is_("traffic?")),
    ("2026-03-02 09:05", "b", "紧急扩散", {}, is_("chain")),
    ("2026-03-02 09:06", "b", "顶顶顶", {}, {"flood": "unit"}),
    ("2026-03-02 09:07", "b", "加我加我加我", {}, is_("traffic", flood="unit")),
    ("2026-03-02 09:08", None, "a 加入了群聊", {"kind": "system"}, {}),
    ("2026-03-02 09:09", "a", "[图片]", {"kind": "image"}),
    ("2026-03-02 09:10", "a", "打卡", {}, {"echo": True}),
]


def test_ratios_have_their_denominators(run: Any) -> None:
    section = run(TALK)
    found = values(section)
    # Ten human messages (the system notice is none): four confirmed ads, one suspected, one chain, two of a
    # flood of which one is an ad as well.
    assert found["ad_ratio"] == 0.4
    assert section.metrics["ad_ratio"].n == 10
    assert section.metrics["ad_ratio"].interval == pytest.approx((0.168, 0.687), abs=1e-3)
    assert (found["ad_ratio_suspected"], found["flood_ratio"], found["spam_ratio"]) == (0.1, 0.2, 0.6)
    assert (found["confirmed"], found["suspected"]) == (4, 1)
    counts = {kind: found[f"count_{kind}"] for kind in KINDS if kind is not AdKind.NONE}
    assert counts == {**dict.fromkeys(AD_KINDS, 0), "product": 2, "traffic": 2, "chain": 1, "flood": 2}
    assert (found["unseen_share"], found["echo_messages"]) == (0.1, 1)


def test_senders_and_repetition(run: Any) -> None:
    section = run(TALK)
    found = values(section)
    # x sent two of the four, y and b one each; four people spoke.
    assert (found["ad_senders"], section.metrics["ad_senders"].n) == (3, 4)
    assert (found["top_ad_sender_share"], section.metrics["top_ad_sender_share"].n) == (0.5, 4)
    assert (found["repeated_share"], section.metrics["repeated_share"].n) == (0.5, 4)


def test_a_group_without_ads_has_no_shares_of_ads(run: Any) -> None:
    section = run([("2026-03-02 09:00", "a", "早"), ("2026-03-02 09:01", "b", "早", {"reply": 0})])
    found = values(section)
    assert (found["ad_ratio"], found["flood_ratio"], found["ad_senders"]) == (0, 0, 0)
    shares = ("top_ad_sender_share", "repeated_share", "newcomer_ad_share", "handled_ratio", "response_ratio")
    assert [found[code] for code in shares] == [None] * 5
    assert found["median_handling_seconds"] is None
    assert all(table.rows == [] for table in section.tables.values())


@pytest.mark.parametrize("rows", [[], TALK])
def test_outside_the_log_nothing_is_known(run: Any, rows: list[tuple[Any, ...]]) -> None:
    section = run(rows, window("2027-01-01", "2027-01-08"))
    assert set(values(section).values()) == {None}
    assert all(table.rows == [] for table in section.tables.values())


def test_a_window_without_a_human_message_has_no_ratios(run: Any) -> None:
    rows = [("2026-03-02 09:00", "a", "早"), ("2026-03-03 09:00", None, "x", {"kind": "system"}),
            ("2026-03-04 09:00", "a", "早")]  # fmt: skip
    section = run(rows, window("2026-03-03", "2026-03-04"))
    found = values(section)
    assert (found["ad_ratio"], found["spam_ratio"], found["unseen_share"]) == (None, None, None)
    assert section.metrics["ad_ratio"].n == 0
    assert (found["confirmed"], found["ad_senders"]) == (0, 0)


def test_the_window_is_half_open_and_the_one_before_is_its_own(run: Any) -> None:
    rows = [
        ("2026-03-02 00:00", "x", "一", {}, is_("job")),
        ("2026-03-03 00:00", "x", "二", {}, is_("job")),
        ("2026-03-03 12:00", "a", "早"),
        ("2026-03-04 00:00", "x", "三", {}, is_("job")),
    ]
    now = window("2026-03-03", "2026-03-04")
    before = now.predecessor()
    assert before is not None
    assert values(run(rows, now))["ad_ratio"] == 0.5
    assert values(run(rows, before))["ad_ratio"] == 1
    assert values(run(rows, before))["confirmed"] == 1


def test_times_to_the_minute_say_nothing_of_floods_that_do_not_show(run: Any) -> None:
    quiet = [row for row in TALK if "flood" not in (*row, {})[4 if len(row) > 4 else -1]]
    found = values(run(quiet, seconds_known=False))
    assert (found["flood_ratio"], found["count_flood"]) == (None, None)
    assert found["spam_ratio"] == 0.5, "three ads and a chain of eight"
    assert values(run(TALK, seconds_known=False))["flood_ratio"] == 0.2


def test_anonymous_ads_count_but_belong_to_nobody(run: Any) -> None:
    rows = [
        ("2026-03-02 09:00", "anon:1", "加我", {}, is_("traffic")),
        ("2026-03-02 09:01", "a", "早", {"reply": 0}),
    ]
    section = run(rows, people={"anon:1": {"anonymous": True}})
    found = values(section)
    assert (found["ad_ratio"], found["ad_senders"], found["top_ad_sender_share"]) == (0.5, 0, None)
    assert section.metrics["response_ratio"].n == 0
    assert section.tables["senders"].rows == []


# -- people ------------------------------------------------------------------------------------------


def test_newcomers_are_those_whose_joining_shows(run: Any) -> None:
    rows = [
        ("2026-03-02 09:00", None, "", {"kind": "system"}),
        ("2026-03-03 09:00", "x", "加我", {}, is_("traffic")),
        ("2026-03-03 09:01", "x", "加我", {}, is_("traffic")),
        ("2026-03-03 09:02", "y", "加我", {}, is_("traffic")),
        ("2026-03-04 09:00", None, "", {"kind": "system"}),
        ("2026-03-04 09:10", "x", "加我", {}, is_("traffic")),
    ]
    joins = [(row, Event.JOIN, None, ["x"], None) for row in (0, 4)]
    section = run(rows, events=joins)
    # x after exactly 24 hours, a minute too late, and, joined again, after ten minutes; of y nothing is known.
    assert section.metrics["newcomer_ad_share"].n == 3
    assert values(section)["newcomer_ad_share"] == pytest.approx(2 / 3)
    assert values(run(rows))["newcomer_ad_share"] is None
    listed = {"y": {"joined_at": ms("2026-03-03 09:00")}, "x": {"joined_at": ms("2026-03-05 09:00")}}
    section = run(rows, people=listed)
    assert (values(section)["newcomer_ad_share"], section.metrics["newcomer_ad_share"].n) == (1, 1)


@pytest.mark.parametrize(
    ("events", "people", "basis", "left"),
    [
        ([], {}, "senders", None),
        ([(2, Event.REMOVE, "a", ["x"], None)], {}, "events", 1),
        ([(2, Event.LEAVE, None, ["x"], None), (3, Event.JOIN, None, ["x"], None)], {}, "events", 2),
        ([], {"a": {"listed": True}, "y": {"listed": True}}, "roster", 1),
    ],
)
def test_who_is_still_there(run: Any, events: Any, people: Any, basis: str, left: int | None) -> None:
    rows = [
        ("2026-03-02 09:00", "x", "加我", {}, is_("traffic")),
        ("2026-03-02 09:01", "y", "加我", {}, is_("traffic")),
        ("2026-03-02 09:02", None, "", {"kind": "system"}),
        ("2026-03-02 09:03", None, "", {"kind": "system"}),
        ("2026-03-02 09:04", "a", "早"),
    ]
    section = run(rows, events=events, people=people, member_basis=basis)
    assert (values(section)["remaining_ad_senders"], section.metrics["remaining_ad_senders"].n) == (left, 2)
    gone = {row[0]: row[7] for row in section.tables["senders"].rows}
    assert gone == {"x": None if left is None else left == 1, "y": None if left is None else False}


# -- what becomes of ads -----------------------------------------------------------------------------


SPAM: list[tuple[Any, ...]] = [
    ("2026-03-02 09:00", "x", "一", {}, is_("job")),
    ("2026-03-02 09:10", "x", "二", {}, is_("job")),
    ("2026-03-02 09:20", "y", "三", {}, is_("job")),
    ("2026-03-02 09:30", None, "", {"kind": "recall"}, {}),
    ("2026-03-10 09:25", None, "", {"kind": "system"}, {}),
]


def test_a_recall_by_another_deals_with_the_latest(run: Any) -> None:
    section = run(SPAM, events=[(3, Event.RECALL, "a", ["x"], None)])
    found = values(section)
    assert (found["handled_ratio"], section.metrics["handled_ratio"].n) == (pytest.approx(1 / 3), 3)
    assert (found["median_handling_seconds"], section.metrics["median_handling_seconds"].n) == (1200, 1)
    assert {row[0]: row[8] for row in section.tables["senders"].rows} == {"x": 1, "y": 0}


def test_whoever_recalls_his_own_dealt_with_what_is_not_there(run: Any) -> None:
    # The words of a recalled message are gone from such exports: what still stands was not recalled.
    assert values(run(SPAM, events=[(3, Event.RECALL, "x", ["x"], None)]))["handled_ratio"] == 0
    assert values(run(SPAM, events=[(3, Event.RECALL, None, ["x"], None)]))["handled_ratio"] == 0


def test_a_recall_names_its_message(run: Any) -> None:
    rows = [*SPAM[:3], (*SPAM[3][:3], {"kind": "recall", "reply": 0}, {}), SPAM[4]]
    section = run(rows, events=[(3, Event.RECALL, "x", ["x"], None)])
    assert values(section)["median_handling_seconds"] == 1800


def test_a_row_marked_as_recalled_was_dealt_with(run: Any) -> None:
    rows = [(*SPAM[0][:3], {"recalled": True}, is_("job")), *SPAM[1:]]
    section = run(rows)
    assert values(section)["handled_ratio"] == pytest.approx(1 / 3)
    assert (values(section)["median_handling_seconds"], section.metrics["median_handling_seconds"].n) == (
        None,
        0,
    )
    section = run(rows, events=[(3, Event.RECALL, "x", ["x"], None)])
    assert values(section)["median_handling_seconds"] == 1800


@pytest.mark.parametrize("event", [Event.REMOVE, Event.MUTE])
def test_removal_and_muting_deal_with_all_of_a_sender(run: Any, event: Event) -> None:
    section = run(SPAM, events=[(3, event, "a", ["x"], None)])
    assert values(section)["handled_ratio"] == pytest.approx(2 / 3)
    assert values(section)["median_handling_seconds"] == 1500, "half an hour and twenty minutes"
    # Seven days and more later it has nothing to do with the ad; x was there before the log began.
    late = run(SPAM, events=[(4, event, "a", ["x", "y"], None)])
    assert values(late)["handled_ratio"] == 0
    assert values(run(SPAM, events=[(4, event, "a", ["x"], None)], settings=Policy(handled_within_days=9)))[
        "handled_ratio"
    ] == pytest.approx(2 / 3)


def test_without_any_sign_of_handling_nothing_is_known(run: Any) -> None:
    section = run(SPAM, events=[(4, Event.JOIN, None, ["z"], None)])
    assert values(section)["handled_ratio"] is None
    assert values(section)["median_handling_seconds"] is None
    assert {row[8] for row in section.tables["senders"].rows} == {None}


ANSWERED: list[tuple[Any, ...]] = [
    ("2026-03-02 09:00", "x", "卖大闸蟹", {}, is_("product")),
    ("2026-03-02 09:01", "x", "要的来", {}, is_("product")),
    ("2026-03-02 09:02", "a", "来一份", {"reply": 0}, {}),
    ("2026-03-02 09:03", "b", "我也要", {"mentions": ["x"]}, {}),
    ("2026-03-02 09:04", "b", "啊"),
    ("2026-03-02 09:05", "b", "自己回自己", {"reply": 4}, {}),
    ("2026-03-02 09:06", "y", "贷款", {}, is_("vice")),
    ("2026-03-03 09:07", "a", "骗子", {"reply": 6}, {}),
    ("2026-03-03 09:08", "bot", "好的", {"reply": 2}, {}),
]


def test_responses_to_ads_and_to_others(run: Any) -> None:
    bot = {"bot": {"bot": True}}
    section = run(ANSWERED, people=bot)
    # Of three ads: 0 by a quote, 1 by a mention; 6 a minute too late. Of the others nobody answers anybody.
    assert values(section)["response_ratio"] == pytest.approx(2 / 3)
    assert section.metrics["response_ratio"].n == 3
    assert (values(section)["ordinary_response_ratio"], section.metrics["ordinary_response_ratio"].n) == (
        0,
        5,
    )
    longer = run(ANSWERED, people=bot, settings=Policy(response_hours=48))
    assert values(longer)["response_ratio"] == 1


def test_without_replies_nothing_is_known_of_responses(run: Any) -> None:
    section = run(ANSWERED, explicit_replies=False, people={"bot": {"bot": True}})
    assert values(section)["response_ratio"] is None
    assert values(section)["ordinary_response_ratio"] is None


# -- tables and series -------------------------------------------------------------------------------


def test_kinds_most_first_and_chains_by_what_is_suspected(run: Any) -> None:
    assert run(TALK).tables["kinds"].rows == [
        ("traffic", 2, 1, 0.2),
        ("product", 2, 0, 0.2),
        ("chain", 0, 1, 0.1),
    ]


def test_the_list_to_clean_up_by(run: Any) -> None:
    rows = run(TALK, people={"x": {"role": "admin", "name": "小叶"}}).tables["senders"].rows
    assert rows[0] == (
        "x", "小叶", 2, 0, 1.0, ["product"], "2026-03-02T09:02:00+08:00", None, None, "admin", None,
        "2026-03-02T09:01:00+08:00",
    )  # fmt: skip
    # y has a suspected one besides; suspicions, chains and floods alone put nobody on the list.
    assert [(row[0], row[2], row[3], row[4]) for row in rows[1:]] == [("y", 1, 1, 0.5), ("b", 1, 0, 1 / 3)]


def test_a_suspicion_puts_nobody_on_the_list(run: Any) -> None:
    rows = [("2026-03-02 09:00", "x", "看我", {}, is_("traffic?")), ("2026-03-02 09:01", "a", "早")]
    tables = run(rows).tables
    assert tables["senders"].rows == []
    assert [row[:3] for row in tables["kinds"].rows] == [("traffic", 0, 1)]
    assert len(tables["examples"].rows) == 1


def test_examples_are_the_strongest_one_of_each_campaign(run: Any) -> None:
    rows = run(TALK).tables["examples"].rows
    # Rows 2 and 3 are one campaign, row 1 has the same words as 2 but is none.
    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("m2", "confirmed", "product"), ("m1", "confirmed", "product"), ("m7", "confirmed", "traffic"),
        ("m4", "suspected", "traffic"), ("m5", "suspected", "chain"),
    ]  # fmt: skip
    assert rows[0][6:] == ("出空气炸锅", ["strong_rule", "weak_rule", "model"])
    twice = [(f"2026-03-02 09:{i:02}", "x", f"兼职{i % 2}", {}, is_("job")) for i in range(40)]
    assert [row[6] for row in run(twice).tables["examples"].rows] == ["兼职0", "兼职1"]
    many = [(f"2026-03-02 09:{i:02}", "x", f"兼职{i}", {}, is_("job")) for i in range(40)]
    assert len(run(many).tables["examples"].rows) == 10


def test_long_examples_are_cut(run: Any) -> None:
    rows = [("2026-03-02 09:00", "x", "兼职\n日结" + "啊" * 200, {}, is_("job"))]
    (row,) = run(rows, settings=Policy(excerpt_characters=8)).tables["examples"].rows
    assert row[6] == "兼职 日结啊啊…"


def test_campaigns(run: Any) -> None:
    assert run(TALK).tables["campaigns"].rows == [
        ("出空气炸锅", "product", 2, 2, "2026-03-02T09:02:00+08:00", "2026-03-02T09:03:00+08:00")
    ]
    # In a window that holds one of them it was posted once.
    assert run(TALK, window("2026-03-02 09:03", "2026-03-03")).tables["campaigns"].rows == []


def test_domains_of_ads_with_everybody_who_links_there(run: Any) -> None:
    rows = [
        (
            "2026-03-02 09:00",
            "x",
            "看 https://mp.example.com/s/1，再看 http://other.example.org",
            {},
            is_("link"),
        ),
        ("2026-03-02 09:01", "y", "看", {"kind": "link", "url": "https://MP.example.com/s/2"}, is_("link")),
        ("2026-03-02 09:02", "a", "这篇不错 https://mp.example.com/s/3", {}, {}),
        ("2026-03-02 09:03", "a", "http://quiet.example.net", {}, {}),
        ("2026-03-02 09:04", "a", "没有链接"),
        ("2026-03-02 09:05", "a", None),
    ]
    ((domain, *counts),) = run(rows).tables["domains"].rows
    assert domain.endswith("example.com")
    assert counts == [3, 2, 2]


def test_floods(run: Any) -> None:
    rows = [
        *((f"2026-03-02 09:00:{i:02}", "b", "来", {}, {"flood": "burst"}) for i in range(5)),
        ("2026-03-02 09:01", "b", "顶顶顶", {}, {"flood": "unit"}),
        ("2026-03-02 09:02", "b", "好"),
        ("2026-03-02 09:03", "c", "顶顶顶", {}, {"flood": "unit"}),
    ]
    assert run(rows).tables["floods"].rows == [
        ("b", "b", 6, 6 / 7, ["burst", "unit"], "2026-03-02T09:01:00+08:00"),
        ("c", "c", 1, 1.0, ["unit"], "2026-03-02T09:03:00+08:00"),
    ]


def test_weeks(run: Any) -> None:
    # 2 March 2026 is a Monday. The first and the last week are covered in part, the third is silent.
    rows = [
        ("2026-03-05 09:00", "x", "兼职", {}, is_("job")),
        ("2026-03-09 09:00", "x", "兼职", {}, is_("job")),
        ("2026-03-10 09:00", "a", "早", {}, {"flood": "burst"}),
        ("2026-03-11 09:00", "a", "早"),
        ("2026-03-11 09:01", "a", "早"),
        ("2026-03-23 09:00", "a", "早"),
    ]
    series = run(rows).series
    weeks = ("2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23")
    assert list(series["ad_ratio"].points) == list(zip(weeks, (1, 0.25, None, 0), strict=True))
    assert list(series["flood_ratio"].points) == list(zip(weeks, (0, 0.25, None, 0), strict=True))
    assert list(series["ads_per_week"].points) == list(zip(weeks, (None, 1, 0, None), strict=True))


def test_what_the_policy_let_through_is_counted_in_the_window(run: Any) -> None:
    rows = [
        ("2026-03-02 09:00", "x", "兼职", {}, {"exempted": True}),
        ("2026-03-03 09:00", "x", "兼职", {}, {"exempted": True}),
        ("2026-03-03 09:01", "y", "团购", {}, {"allowed": True}),
        ("2026-03-03 09:02", "y", "团购", {}, {"ignored": True}),
    ]
    found = values(run(rows, window("2026-03-03", "2026-03-04")))
    assert (found["exempted"], found["allowed"], found["ignored"]) == (1, 1, 1)


# -- the bridge --------------------------------------------------------------------------------------


def test_a_log_is_judged_once_for_each_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def judge(messages: Any, policy: Policy, *, elsewhere: Any = None, jobs: Any = None) -> Judged:
        calls.append((messages, policy, elsewhere))
        return judged(TALK)

    monkeypatch.setattr("cq.ads.group.judge_group", judge)
    people = {"x": {"ids": ("x1", "x2")}, "b": {"joined_at": ms("2026-03-01 00:00")}}
    group = view([row[:4] for row in TALK], people, events=[(0, Event.JOIN, None, ["y"], None)])
    group.memo["elsewhere"] = others = {"k": 2}
    exempt = Policy(exempt_senders=["x2", "a"])
    for policy in (Policy(), Policy(), exempt, Policy(exempt_senders=("x2", "a"))):
        ads.run(group, whole(group), policy)
        ads.run(group, window("2026-03-02", "2026-03-02 09:03"), policy)
    assert [policy for _, policy, _ in calls] == [Policy(), exempt]
    messages = calls[1][0]
    assert len(messages) == len(TALK)
    assert calls[0][2] is others
    sender = {row: who for row, (_, who, *_) in enumerate(TALK)}
    assert [sender[i] for i in np.flatnonzero(messages.exempt)] == ["a", "x", "x", "a", "a"]
    # y joined with row 0; b on the day before; of the others nothing is known.
    assert [messages.joined_at[i] for i in (0, 1, 3, 5, 8)] == [-1, -1, ms("2026-03-02 09:00"),
        ms("2026-03-01 00:00"), -1]  # fmt: skip


@pytest.mark.parametrize("cards", [False, True])
def test_a_view_holds_what_cards_say_and_what_was_recalled(cards: bool) -> None:
    builder = BatchBuilder(platform="wechat", group_id="g", origin_file="f")
    card = {"url": "https://example.com/1", "card_title": "退休新规", "recalled": True} if cards else {}
    for i, more in enumerate(({}, card, {"recalled": False})):
        row = {"message_id": f"{i:024x}", "sent_at": 1_770_000_000_000 + i, "kind": Kind.LINK,
               "sender_id": "1", "mentions": [], "event_target": [], "origin_record": i}  # fmt: skip
        builder.add(**row, **more)
    batch = builder.take()
    group = build([batch.slice(0, 1), batch.slice(1)], Group("g", "群", "wechat"), [], zone=SHANGHAI)
    assert group.url.to_pylist() == [None, card.get("url"), None]
    assert group.card_title.to_pylist() == [None, card.get("card_title"), None]
    assert group.recalled.tolist() == [False, cards, False]
    assert {column.type for column in (group.text, group.url, group.card_title)} == {pa.large_string()}


def test_every_code_has_words_and_every_words_a_code(run: Any) -> None:
    section = run(TALK)
    for lang in locales.LANGUAGES:
        words = locales.load(lang)
        for family in ("metrics", "tables", "series"):
            said = {code for code in words[family] if code.startswith("ads.")}
            assert said == {f"ads.{code}" for code in getattr(section, family)}
        for name, table in section.tables.items():
            assert set(words["tables"][f"ads.{name}"]["columns"]) == set(table.columns)
            assert words["tables"][f"ads.{name}"]["means"]
        for code in section.metrics:
            entry = words["metrics"][f"ads.{code}"]
            assert set(entry) == {"name", "means", "formula", "source", "fails"} and all(entry.values())
        assert set(words["sections"]["ads"]) == {"title", "question", "cannot", "caveat"}


HOSTILE = "\x1b]0;x\x07[bold]\u202e小叶" + "很长的名字" * 20


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("verbose", [False, True])
def test_the_section_fits_a_page(run: Any, lang: str, verbose: bool) -> None:
    rows = [
        (at, HOSTILE if who == "x" else who, HOSTILE + str(i) if text else None, extra, mark)
        for i, (at, who, text, extra, mark) in enumerate((*row, {}, {})[:5] for row in TALK)
    ]
    section = run(rows, events=[(8, Event.REMOVE, "a", ["y"], None)])
    page = _page({"ads": section}, lang, verbose)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", page)
    assert max(map(cell_len, page.splitlines())) <= 80
    words = locales.load(lang)
    for family, name, key in (("tables", "senders", "title"), ("tables", "examples", "title"),
                              ("metrics", "ad_ratio", "name"), ("series", "flood_ratio", "title")):  # fmt: skip
        assert words[family][f"ads.{name}"][key] in page
    assert "4/10" in page and "2026-03-02" in page
    assert words["ads"]["behaviour"]["model"]["name"] in page, "why, by its name"


def test_the_summary_speaks_of_ads_only_where_there_are_some(run: Any) -> None:
    gone = [(8, Event.REMOVE, "a", ["y"], None)]
    group = _group({"ads": run(TALK, events=gone)})
    assert sentences(group, Words("zh")) == ["广告占 40.0%（4 条，出自 3 人，其中 2 人还在群里）。"]
    assert sentences(_group({"ads": run(TALK)}), Words("en")) == [
        "Ads are 40.0% of it (4 messages by 3 people)."
    ]
    gone = [(8, Event.REMOVE, "a", ["x", "y", "b"], None)]
    group = _group({"ads": run(TALK, events=gone)})
    assert sentences(group, Words("zh")) == ["广告占 40.0%（4 条，出自 3 人，都已不在群里）。"]
    assert sentences(_group({"ads": run([TALK[0]])}), Words("zh")) == []


def _group(sections: dict[str, Section]) -> GroupResult:
    quality = Quality(messages=10, span_days=1, member_basis="senders", explicit_reply_coverage=None)
    return GroupResult(GroupInfo("g1", "测试群", "wechat", "group"), quality, sections)


def _page(sections: dict[str, Section], lang: str, verbose: bool) -> str:
    page = io.StringIO()
    span = WindowSpan("2026-03-02T00:00:00+08:00", "2026-03-03T00:00:00+08:00", "Asia/Shanghai")
    result = Analysis("0", span, None, [], [_group(sections)])
    render(result, Console(file=page, width=80), lang=lang, verbose=verbose)
    return page.getvalue()


def test_a_million_rows_are_counted_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, people = 1_000_000, 500
    rng = np.random.default_rng(5)
    group = _large(rows, people, rng)
    sure = rng.choice(3, rows, p=(0.95, 0.02, 0.03)).astype(np.int8)
    found = Judged(
        outcome=sure,
        kind=np.where(sure > 0, rng.integers(0, 7, rows), KINDS.index(AdKind.NONE)).astype(np.int8),
        score=rng.random(rows, np.float32),
        flood=rng.random(rows) < 0.02,
        flood_reason=rng.integers(1, 5, rows).astype(np.int8),
        echo=np.zeros(rows, np.bool_),
        seconds_known=True,
        campaign=np.where(sure > 0, rng.integers(-1, 3000, rows), -1).astype(np.int32),
        exempted=np.zeros(rows, np.bool_),
        allowed=np.zeros(rows, np.bool_),
        ignored=np.zeros(rows, np.bool_),
    )
    monkeypatch.setattr(_ads, "judged", lambda view, policy: found)
    started = time.process_time()
    section = ads.run(group, whole(group), Policy())
    assert time.process_time() - started < 1.5
    assert section.metrics["ad_ratio"].n == rows
    assert len(section.tables["senders"].rows) == people


def _large(rows: int, people: int, rng: np.random.Generator) -> GroupView:
    small = view([("2026-01-01 00:00", f"p{i}", "早", {"mentions": ["p0"]}) for i in range(people)])
    texts = pa.array(
        ["今天几点集合", "好的", "看这里 https://mp.example.com/s/12345", "哈哈哈哈"] * (rows // 4)
    )
    at = np.sort(rng.integers(0, 300 * 86_400_000, rows)) + small.sent_at[0]
    reply = np.where(rng.random(rows) < 0.1, np.arange(rows) - rng.integers(1, 9, rows), -1)
    mentions = np.flatnonzero(rng.random(rows) < 0.05)
    return GroupView(
        group=small.group,
        zone=small.zone,
        people=small.people,
        member_basis="senders",
        sent_at=at,
        local_ms=at + 8 * 3_600_000,
        person=rng.integers(0, people, rows).astype(np.int32),
        kind=np.zeros(rows, np.int8),
        human=np.ones(rows, np.bool_),
        reply_to=np.maximum(reply, -1),
        mention_row=mentions,
        mention_person=rng.integers(0, people, len(mentions)).astype(np.int32),
        text=texts.cast(pa.large_string()),
        url=pa.nulls(rows, pa.large_string()),
        card_title=pa.nulls(rows, pa.large_string()),
        recalled=rng.random(rows) < 0.001,
        message_id=pa.array(np.arange(rows)).cast(pa.string()),
    )
