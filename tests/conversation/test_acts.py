"""What turns do: each act on tiny logs that have it and that nearly have it, and what must not matter."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cq.ads.verdict import KINDS as AD_KINDS
from cq.ads.verdict import AdKind
from cq.conversation import acts as acts_module
from cq.conversation import replies, sessions, turns
from cq.conversation._act_facts import FACTS
from cq.conversation._act_rules import both_scripts, shipped, simplified
from cq.conversation.acts import ACTS, BIT, Act, Acts, SystemAct, acts
from cq.model import Event, Kind

from .rows import ADA, BEN, CLEO, NOBODY, START, Row, log

KINDS = tuple(Kind)
HOUR = 3600
Happening = tuple[int, Event, int, Sequence[int], str | None]


def tagged(
    rows: Sequence[Row],
    *,
    kinds: Mapping[int, Kind] | None = None,
    ads: Mapping[int, AdKind] | None = None,
    events: Sequence[Happening] = (),
    replies_to: Mapping[int, int] | None = None,
    mentions: Sequence[tuple[int, int]] = (),
    start: int | None = None,
) -> Acts:
    talk = log(rows, replies=replies_to, mentions=mentions, start=START if start is None else start)
    found = turns(talk)
    kind = np.array([KINDS.index((kinds or {}).get(n, Kind.TEXT)) for n in range(len(rows))], np.int8)
    ad = np.array([AD_KINDS.index((ads or {}).get(n, AdKind.NONE)) for n in range(len(rows))], np.int8)
    return acts(
        talk,
        found,
        sessions(found),
        replies(talk, found),
        kind=kind,
        ad_outcome=np.array([2 * (n in (ads or {})) for n in range(len(rows))], np.int8),
        ad_kind=ad,
        events=events,
    )


def of(text: str, **more: object) -> set[Act]:
    """The acts of one message alone."""
    mask = tagged([(0, ADA, text)], **more).mask[0]  # type: ignore[arg-type]
    return {act for act in ACTS if mask & BIT[act]}


FIRES = {
    Act.QUESTION: ["明天几点集合？", "how do i install this"],
    Act.HELP: [
        "求助，打印机连不上了",
        "这个报错怎么解决？",
        "有没有人会修水管",
        "anyone know a good plumber?",
    ],
    Act.FILLER: [
        "收到",
        "好的谢谢",
        "早上好大家",
        "+1",
        "哈哈哈",
        "👍👍",
        "打卡 第3天",
        "[捂脸]",
        "good morning",
    ],
    Act.NOTICE: ["@所有人 周六交表", "【通知】周五晚上停水", "时间：周六九点"],
    Act.RULE: ["群里禁止发广告", "进群先改备注", "再说一遍，违者移出"],
    Act.MODERATION: ["请撤回一下", "别吵了，都少说一句", "再发就禁言", "please stop posting that"],
    Act.WELCOME: ["欢迎新朋友", "热烈欢迎", "welcome aboard"],
    Act.EVENT: ["周六爬山，有谁一起？", "周日聚餐报名", "let's meet tomorrow, who's in for a hike"],
    Act.ADD_ME: ["加我好友", "互加一下", "dm me"],
    Act.SELF_PROMOTION: ["我写的新文章 https://example.com/1"],
    Act.DISSENT: ["这条群规凭什么一刀切", "群里广告太多了，管理也不管", "i disagree with this rule"],
    Act.INTRODUCTION: ["新人报到，请多关照", "大家好，我是小王介绍来的"],
    Act.ORDER: ["#接龙\n1. 阿花\n2. 老张", "我要两份", "算我一个"],
    Act.SUBSTANCE: [
        "我一直觉得跑步这件事不能急，刚开始总想着提速度，结果膝盖先受不了，后来放慢了反而能坚持下来，成绩也慢慢上去了"
    ],
}
NEAR = {
    Act.QUESTION: ["没什么", "【群公告】怎么报名"],
    Act.HELP: ["明天几点集合？", "需要的私我，怎么买都划算？", "在吗？"],
    Act.FILLER: ["收到的快递坏了", "早上好像有人来过", "谢谢你上次借我的那把电钻"],
    Act.NOTICE: ["哈哈 通知：我饿了😂", "通知什么时候发？"],
    Act.RULE: ["这规矩谁定的，凭什么禁止发链接", "我们公司规定九点上班"],
    Act.MODERATION: ["管理光禁言不解释", "别吵到孩子"],
    Act.WELCOME: ["欢迎选购", "这个很受欢迎", "欢迎收看今天的节目"],
    Act.EVENT: ["今天几点集合来着", "我昨天去爬山了"],
    Act.ADD_ME: ["加我一个", "加油"],
    Act.SELF_PROMOTION: ["我写完作业了", "https://example.com/1"],
    Act.DISSENT: ["你是傻逼吧，这条群规凭什么", "凭什么你们都有火锅😂 群里", "凭什么下雨"],
    Act.INTRODUCTION: ["欢迎新人报到"],
    Act.ORDER: ["两份合同都签了", "我要回家了"],
    Act.SUBSTANCE: ["哈" * 60, "今天天气不错"],
}


@pytest.mark.parametrize(("act", "text"), [(act, text) for act, texts in FIRES.items() for text in texts])
def test_words_that_show_an_act(act: Act, text: str) -> None:
    assert act in of(text)


@pytest.mark.parametrize(("act", "text"), [(act, text) for act, texts in NEAR.items() for text in texts])
def test_words_that_nearly_show_an_act(act: Act, text: str) -> None:
    assert act not in of(text)


def has(found: Acts, act: Act) -> list[bool]:
    return [bool(flag) for flag in found.has(act)]


def test_kinds_are_acts() -> None:
    assert of("恭喜发财", kinds={0: Kind.RED_PACKET}) == {Act.RED_PACKET}
    assert Act.NOTICE in of("周六交表", kinds={0: Kind.ANNOUNCEMENT})
    assert has(tagged([(0, ADA, None)], kinds={0: Kind.STICKER}), Act.FILLER) == [True]
    assert Act.SELF_PROMOTION in of("我刚写的", kinds={0: Kind.LINK})


def test_ads_come_from_the_columns() -> None:
    assert Act.AD in of("出一箱橙子", ads={0: AdKind.PRODUCT})
    for kind in (AdKind.CHAIN, AdKind.FLOOD, AdKind.NONE):
        assert Act.AD not in of("出一箱橙子", ads={0: kind})
    assert [AD_KINDS[n] for n in acts_module.NO_ADS] == [AdKind.CHAIN, AdKind.FLOOD, AdKind.NONE]


def test_an_answer_needs_somebody_elses_plea() -> None:
    rows = [(0, ADA, "求助，打印机连不上了"), (30, BEN, "你把驱动重新装一遍"), (60, ADA, "好的")]
    assert has(tagged(rows, replies_to={1: 0}), Act.ANSWER) == [False, True, False]
    assert has(tagged([(0, ADA, "今天下雨了"), *rows[1:]], replies_to={1: 0}), Act.ANSWER) == [False] * 3


def test_chat_needs_a_neighbour() -> None:
    rows = [(0, ADA, "这雨下得没完"), (20, BEN, "我的鞋全湿透了")]
    assert has(tagged(rows, replies_to={1: 0}), Act.CHAT) == [True, True]
    assert has(tagged([(0, ADA, "这雨下得没完")]), Act.CHAT) == [False]


def test_a_greeting_welcomes_only_after_a_join() -> None:
    rows = [
        (0, BEN, "早就知道了"),
        (60, NOBODY, "Cleo 加入了群聊"),
        (120, ADA, "Cleo 你好"),
        (900, BEN, "Cleo 你好"),
    ]
    joins = [(1, Event.JOIN, -1, [CLEO], None)]
    assert has(tagged(rows, events=joins), Act.WELCOME) == [False, True, False]
    assert has(tagged(rows), Act.WELCOME) == [False, False, False]


def test_opening_follows_three_hours() -> None:
    rows = [(0, ADA, "天亮了"), (3 * HOUR - 1, BEN, "饭好了"), (6 * HOUR, ADA, "天黑了")]
    assert has(tagged(rows), Act.OPENING) == [False, False, True]


def test_a_copy_has_no_substance() -> None:
    long = FIRES[Act.SUBSTANCE][0]
    rows = [(0, ADA, long), (500, BEN, long + "！"), (900, CLEO, "先说结论，" + long[::-1])]
    assert has(tagged(rows), Act.SUBSTANCE)[:2] == [True, False]
    assert has(tagged([(0, ADA, long)], kinds={0: Kind.FORWARD}), Act.SUBSTANCE) == [False]


def test_dissent_after_somebody_ran_the_group() -> None:
    rows = [(0, ADA, "【通知】周五开会改到周日"), (60, BEN, "这么搞太随意了")]
    found = tagged(rows)
    assert has(found, Act.DISSENT) == [False, True]
    assert found.targeted.tolist() == [False, False]
    assert tagged(rows, replies_to={1: 0}).targeted.tolist() == [False, True]
    assert has(tagged([(0, ADA, "下雨了"), rows[1]]), Act.DISSENT) == [False, False]


def test_a_sentence_cut_in_two_is_one_turn() -> None:
    assert has(tagged([(0, ADA, "周六爬山"), (10, ADA, "有谁一起")]), Act.EVENT) == [True]


def test_events_are_acts_of_persons() -> None:
    rows = [(n, NOBODY, None) for n in range(5)]
    events: list[Happening] = [
        (0, Event.REMOVE, ADA, [BEN], None),
        (1, Event.RECALL, ADA, [ADA], None),
        (2, Event.RECALL, ADA, [BEN], None),
        (3, Event.RENAME_GROUP, BEN, [], None),
        (4, Event.JOIN, ADA, [CLEO], "invite"),
    ]
    assert tagged(rows, events=events).system == [
        SystemAct(0, ADA, Act.MODERATION),
        SystemAct(2, ADA, Act.MODERATION),
        SystemAct(3, BEN, Act.NOTICE),
    ]


def test_rules_show_the_row() -> None:
    found = tagged([(0, ADA, "这雨没完"), (5, ADA, "群里禁止发广告")])
    assert {(s.act, s.rule, s.row) for s in found.rules_of(0)} == {
        (Act.RULE, "rule/forbids", 1),
        (Act.RULE, "rule/reads", 1),
    }


def test_every_act_of_a_turn_has_a_rule() -> None:
    rows = [(n * 400, n % 3, text) for n, text in enumerate(t for texts in FIRES.values() for t in texts)]
    found = tagged(rows)
    for turn, mask in enumerate(found.mask.tolist()):
        assert {shown.act for shown in found.rules_of(turn)} == {act for act in ACTS if mask & BIT[act]}


def test_an_empty_log() -> None:
    found = tagged([])
    assert found.mask.tolist() == found.targeted.tolist() == list(found.system) == []


def traditional(text: str) -> str:
    forms = shipped().forms
    return "".join(forms[char][0] if char in forms else char for char in text)


def test_traditional_characters_do_not_matter() -> None:
    for act, texts in FIRES.items():
        for text in texts:
            assert act in of(traditional(text)), text


def test_the_clock_and_the_order_of_people_do_not_matter() -> None:
    texts = [text for texts in FIRES.values() for text in texts]
    rows = [(n * 400, n % 3, text) for n, text in enumerate(texts)]
    mask = tagged(rows).mask.tolist()
    assert tagged(rows, start=1_790_000_007_000 + 5 * HOUR * 1000).mask.tolist() == mask
    assert tagged([(at, 2 - who, text) for at, who, text in rows]).mask.tolist() == mask


def test_patterns_are_run_wherever_they_can_match() -> None:
    """The pieces of the data file are those of the patterns, so that no match is lost."""
    path = Path(acts_module.__file__).parent / "data" / "acts_pieces.json"
    page = json.loads(path.read_text(encoding="utf-8"))
    assert {name: len(patterns) for name, patterns in simplified().items()} == {
        n: len(p) for n, p in page.items()
    }
    import pyarrow.compute as pc

    from cq.conversation._act_rules import bits

    texts = pa.array([text for some in (FIRES, NEAR) for texts in some.values() for text in texts])
    quick = bits(texts, shipped())
    for name, patterns in shipped().words.items():
        slow = np.zeros(len(texts), np.bool_)
        for pattern in patterns:
            slow |= np.asarray(pc.match_substring_regex(texts, pattern))
        assert ((quick & np.uint64(shipped().bit(name))) != 0).tolist() == slow.tolist(), name


def test_rules_name_what_exists() -> None:
    rules = shipped()
    assert len(rules.bits) <= 64
    assert all(reading.act in set(Act) for reading in rules.readings.values())
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)
    tried: set[str] = set()
    for rule in rules.rules:
        assert rule.id.startswith(f"{Act(rule.act)}/")
        for name in (*rule.all, *rule.any, *rule.none):
            assert name in rules.bits or name in FACTS or name.removeprefix("act:") in tried, (rule.id, name)
        assert all(name in rules.bits or name == "sticker" for name in rule.every)
        tried.add(rule.act)
    assert {rule.act for rule in rules.rules} == set(ACTS)


def test_scripts_inside_and_outside_of_classes() -> None:
    assert both_scripts("说[话说]", {"说": "說", "话": "話"}) == "[说說][话話说說]"


@pytest.mark.slow
def test_speed() -> None:
    rows = [
        (n * 7, n % 3, f"{t}{n % 5000}")
        for n in range(40)
        for t in ("今天路上堵了很久", "求助怎么办", "明天去爬山", "收到")
    ]
    many = [(at + 300 * k, who, text + str(k)) for k in range(600) for at, who, text in rows]
    began = time.process_time()
    tagged(sorted(many))
    assert time.process_time() - began < 10
