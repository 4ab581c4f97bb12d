"""A group judged: what its kinds, its senders and its repetitions add to the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cq.ads.group import GroupAds, Messages, judge_group
from cq.ads.policy import Label, Policy
from cq.ads.verdict import KINDS, OUTCOMES, AdKind
from cq.model import NON_SPEECH, Kind

AD = "招线上打字员，一单15，日结不拖欠，在家就能做，加微信 abc12345"
HINT = "自家果园的沙糖桔开始发货啦，五斤装29.9包邮，要的找我"
MINUTE = 60_000
DAY = 86_400_000
_CODES = {kind: code for code, kind in enumerate(Kind)}


def messages(
    rows: Sequence[tuple[Any, ...]], joined: Sequence[int] | None = None, exempt: int = -1
) -> Messages:
    """Rows ``(minute, person, text, kind=text, url=None, title=None)`` as columns."""
    full = [(*row, *(Kind.TEXT, None, None)[len(row) - 3 :]) for row in rows]
    kinds = [row[3] for row in full]
    person = np.array([row[1] for row in full], np.int32)
    return Messages(
        text=pa.array([row[2] for row in full], pa.large_string()),
        url=pa.array([row[4] for row in full], pa.string()),
        card_title=pa.array([row[5] for row in full], pa.string()),
        message_id=pa.array([f"m{i}" for i in range(len(full))], pa.string()),
        kind=np.array([_CODES[k] for k in kinds], np.int8),
        person=person,
        human=np.array(
            [k not in NON_SPEECH and p >= 0 for k, p in zip(kinds, person, strict=True)], np.bool_
        ),
        sent_at=np.array([row[0] * MINUTE for row in full], np.int64),
        joined_at=np.full(len(full), -1, np.int64) if joined is None else np.array(joined, np.int64),
        exempt=person == exempt if exempt >= 0 else np.zeros(len(full), np.bool_),
    )


def outcomes(ads: GroupAds) -> list[str]:
    return [OUTCOMES[o] for o in ads.outcome]


def kinds(ads: GroupAds) -> list[str]:
    return [KINDS[k] for k in ads.kind]


def test_only_words_of_their_sender_are_judged() -> None:
    log = messages(
        [
            (0, 0, AD),
            (1, 0, AD, Kind.FORWARD),
            (2, 0, AD, Kind.RED_PACKET),
            (3, -1, AD, Kind.SYSTEM),
            (4, 0, AD, Kind.IMAGE),
            (5, 0, AD, Kind.ANNOUNCEMENT),
            (6, 0, None),
        ]
    )
    ads = judge_group(log, Policy())
    assert outcomes(ads) == ["confirmed", "none", "none", "none", "none", "confirmed", "none"]
    assert ads.judged.tolist() == [True, False, False, False, False, True, True]


def test_columns_and_verdicts_agree() -> None:
    rows = [(i * 40, i % 3, [AD, "明天几点开会", HINT, "哈哈哈", "顶" * 24][i % 5]) for i in range(40)]
    rows[7] = (7 * 40, 1, "团购", Kind.MINI_PROGRAM, "https://p.pinduoduo.com/x", "帮我砍一刀")
    log = messages(rows)
    ads = judge_group(log, Policy())
    found = ads.verdicts(np.arange(len(rows)))
    for i, verdict in enumerate(found):
        if verdict.kind != "flood":
            assert (verdict.verdict, verdict.kind) == (outcomes(ads)[i], kinds(ads)[i])
        else:
            assert ads.flood[i] and ads.outcome[i] == 0
        assert verdict.message_id == f"m{i}" and verdict.text == rows[i][2]
        if verdict.verdict != "none" and verdict.kind != "flood":
            assert abs(verdict.score - float(ads.score[i])) < 1e-3
        for e in verdict.evidence:
            assert (e.span is None) == (e.text is None)
            assert e.span is None or verdict.text[slice(*e.span)] == e.text


def test_a_card_is_judged_by_its_title_and_its_link() -> None:
    log = messages(
        [
            (0, 0, "帮帮忙", Kind.LINK, "https://p.pinduoduo.com/xYz1", "还差一刀就免费拿到了，帮我砍一下"),
            (9, 1, "小王", Kind.CONTACT_CARD),
        ]
    )
    ads = judge_group(log, Policy())
    bargain, card = ads.verdicts(np.array([0, 1]))
    assert bargain.verdict != "none" and bargain.kind == "link"
    assert all(e.span is None for e in bargain.evidence)
    assert card.verdict == "none" and [e.rule for e in card.evidence] == ["card_contact"]


def test_repetition_makes_a_hint_heavier_and_a_chorus_does_not() -> None:
    alone = judge_group(messages([(0, 0, HINT)]), Policy())
    again = judge_group(messages([(i * 300, 0, HINT) for i in range(5)]), Policy())
    assert again.score[0] > alone.score[0]
    assert len(set(again.campaign.tolist())) == 1 and again.campaign[0] >= 0
    assert "repeated" in [e.rule for e in again.verdicts(np.array([0]))[0].evidence]
    shout = "打卡打卡今天也是努力的一天呀大家"
    chorus = judge_group(messages([(0, i, shout) for i in range(5)]), Policy())
    assert chorus.echo.all() and not chorus.flood.any()
    assert outcomes(chorus) == ["none"] * 5


def test_a_newcomers_first_words_and_a_regular() -> None:
    log = messages([(0, 0, "早"), (1, 1, HINT)], joined=[-1, 30_000])
    first = judge_group(log, Policy()).verdicts(np.array([1]))[0]
    assert "newcomer" in [e.rule for e in first.evidence]
    talk = [(i, 0, f"第{i}天打卡") for i in range(60)]
    regular = judge_group(messages([*talk, (999, 0, HINT)]), Policy()).verdicts(np.array([60]))[0]
    assert "regular" in [a.rule for a in regular.against]


def test_other_groups_speak_against_a_text() -> None:
    log = messages([(0, 0, HINT)])
    here = judge_group(log, Policy())
    many = judge_group(log, Policy(), elsewhere=np.array([3], np.int32))
    assert many.score[0] > here.score[0]
    assert "other_groups" in [e.rule for e in many.verdicts(np.array([0]))[0].evidence]


def test_policy_is_counted_and_not_silent() -> None:
    rows = [(0, 0, AD), (9, 1, AD)]
    ads = judge_group(messages(rows, exempt=1), Policy())
    assert outcomes(ads) == ["confirmed", "none"] and ads.exempted.tolist() == [False, True]
    (_, spared) = ads.verdicts(np.array([0, 1]))
    assert spared.verdict == "none" and "exempt_sender" in [a.rule for a in spared.against]
    ignored = judge_group(messages(rows), Policy(ignore_kinds=(AdKind.JOB,)))
    assert ignored.ignored.all() and outcomes(ignored) == ["none", "none"]


def test_labels_by_id_and_by_text() -> None:
    rows = [(0, 0, AD), (9, 1, "看我头像"), (18, 2, "明天见")]
    labels = [Label("none", message_id="m0"), Label("traffic", text="看我头像")]
    ads = judge_group(messages(rows), Policy(labels=labels))
    assert outcomes(ads) == ["none", "confirmed", "none"]
    assert [(v.verdict, v.kind) for v in ads.verdicts(np.arange(3))] == [
        ("none", "none"),
        ("confirmed", "traffic"),
        ("none", "none"),
    ]


def test_flooding_is_behaviour_and_no_ad() -> None:
    rows = [(0, 0, "来人"), *[(0, 1, "在吗在吗")] * 3, (2, 0, "怎么了")]
    ads = judge_group(messages(rows), Policy())
    assert ads.flood.tolist() == [False, True, True, True, False]
    assert not ads.outcome.any()
    assert {(v.verdict, v.kind) for v in ads.verdicts(np.array([1, 2, 3]))} == {("confirmed", "flood")}


def test_an_empty_group() -> None:
    ads = judge_group(messages([]), Policy())
    assert len(ads.outcome) == 0 and ads.verdicts(np.zeros(0, np.int64)) == []


def test_who_joins_a_chorus_of_an_ad_advertises_nothing() -> None:
    ads = judge_group(messages([(0, i, AD) for i in range(5)]), Policy())
    assert outcomes(ads) == ["confirmed", *["none"] * 4] and ads.follows.tolist() == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert "chorus" in [a.rule for a in ads.verdicts(np.array([3]))[0].against]
    assert ads.score[3] < ads.score[0]
