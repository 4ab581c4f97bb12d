"""The cascade on bare texts: tiers, kinds, spans that point at the right characters, policy and labels."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq.ads import words as w
from cq.ads.cascade import judge
from cq.ads.normalize import fold
from cq.ads.policy import Label, OwnRule, Policy, Rules
from cq.ads.rules import Hit, Rule
from cq.ads.verdict import AD_KINDS, AdKind, Verdict

CLEAR = "招线上打字员，一单15，日结不拖欠，在家就能做，加微信 abc12345"
_PIECES = [
    "加微信",
    "➕薇❤",
    "v：",
    "abc12345",
    "日结",
    "8 8 6 2 1 7",
    "１３９",
    "\u200b",
    "🐧",
    "裙",
    "私聊",
    "，",
    "\n",
    " ",
]


def test_the_contract_example() -> None:
    ad, plain = judge().verdicts(["加V领福利", "明天几点开会"])
    assert ad.verdict != "none" and ad.kind in AD_KINDS
    assert plain == Verdict("line:2", None, None, "明天几点开会", "none", AdKind.NONE)
    assert ad["kind"] == ad.kind and dict(ad)["message_id"] == "line:1"
    with pytest.raises(KeyError):
        ad["nothing"]


def test_a_clear_ad_is_confirmed_with_its_evidence() -> None:
    (found,) = judge().verdicts([CLEAR])
    assert (found.verdict, found.kind) == ("confirmed", "job")
    assert found.kinds[0][0] == "job" and {k for k, _ in found.kinds} >= {"job", "traffic"}
    assert any(e.span and "abc12345" in (e.text or "") for e in found.evidence)


def test_no_model_works_and_says_so() -> None:
    (found,) = judge(Policy(model=False)).verdicts([CLEAR])
    assert found.verdict == "confirmed"
    assert all(e.rule != "model" for e in found.evidence)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=6), max_size=14).map("".join))
def test_every_span_points_at_its_own_text(text: str) -> None:
    (found,) = judge().verdicts([text])
    assert found.text == text
    for reason in [*found.evidence, *found.against]:
        if reason.span is None:
            assert reason.text is None
            continue
        lo, hi = reason.span
        assert 0 <= lo < hi <= len(text)
        assert reason.text == text[lo:hi]
    for reason in found.evidence:
        if reason.seen_as is not None and reason.rule != "disguise" and "disguise" not in reason.rule:
            assert reason.seen_as in fold(text).norm or reason.seen_as in fold(text).skeleton


def test_alone_and_in_a_crowd_a_text_gets_the_same_verdict() -> None:
    texts = [
        CLEAR,
        "",
        "哈哈哈哈哈哈",
        "明天几点开会",
        "需要的加我 v abc123",
        "转发到5个群，明天就有好消息",
    ] * 5
    together = [msgspec.structs.replace(v, message_id="") for v in judge().verdicts(texts)]
    alone = [msgspec.structs.replace(judge().verdicts([t])[0], message_id="") for t in texts]
    assert together == alone


def test_a_chain_letter_is_at_most_suspected() -> None:
    chain = "紧急扩散！转发到你所有的群，不转不是中国人，转发这条到5个群"
    (found,) = judge().verdicts([chain])
    assert (found.verdict, found.kind) == ("suspected", "chain")
    (both,) = judge().verdicts([f"{chain}。{CLEAR}"])
    assert both.verdict == "confirmed" and both.kind != "chain"


def _hit(kind: AdKind | None, weight: float, at: int, *, contact: bool = False) -> Hit:
    return Hit(Rule("x", kind, weight, "norm", "x", contact), at, at + 1, "norm")


def test_weights_add_up_and_contacts_say_little_of_the_kind() -> None:
    hits = [_hit(AdKind.JOB, 0.5, 0), _hit(AdKind.TRAFFIC, 1.2, 9, contact=True), _hit(None, -0.6, 3)]
    weighed = w.weigh(hits)
    assert weighed.score == pytest.approx(1.1) and weighed.without_chain == pytest.approx(1.1)
    kinds = dict(zip(AD_KINDS, weighed.kinds, strict=True))
    assert kinds[AdKind.JOB] == pytest.approx(0.5) and kinds[AdKind.TRAFFIC] == pytest.approx(0.3)


def test_evidence_far_apart_does_not_add_up() -> None:
    near = w.weigh([_hit(AdKind.JOB, 0.3, 0), _hit(AdKind.JOB, 0.3, 399)])
    far = w.weigh([_hit(AdKind.JOB, 0.3, 0), _hit(AdKind.JOB, 0.3, 400)])
    assert near.score == pytest.approx(0.6) and far.score == pytest.approx(0.3)
    # A warning just outside the window still counts, one a page away does not.
    assert w.weigh([_hit(AdKind.JOB, 0.9, 0), _hit(None, -0.9, 450)]).score == pytest.approx(0.0)
    assert w.weigh([_hit(AdKind.JOB, 0.9, 0), _hit(None, -0.9, 5000)]).score == pytest.approx(0.9)


def test_limits_are_reached_by_sums_of_float32() -> None:
    reader = judge(Policy(model=False)).reader
    words = reader.words(["甲"] * 3)
    words.score[:] = words.without_chain[:] = np.float32([0.55 + 0.3, 0.6, 0.599])
    words.kinds[:, 0] = 1
    assert reader.decide(words).outcome.tolist() == [2, 1, 0]


def test_policy_sets_aside_and_says_so() -> None:
    (ignored,) = judge(Policy(ignore_kinds=(AdKind.JOB,))).verdicts([CLEAR])
    assert (ignored.verdict, ignored.kind) == ("none", "none")
    assert [a.rule for a in ignored.against if a.rule == "ignored_kind"] and ignored.evidence
    (allowed,) = judge(Policy(rules=Rules(allow=["线上打字员"]))).verdicts([CLEAR])
    assert allowed.verdict == "none" and "allowed" in [a.rule for a in allowed.against]


def test_rules_of_ones_own_and_rules_switched_off() -> None:
    own = Policy(model=False, rules=Rules(add=[OwnRule("隔壁群", AdKind.TRAFFIC, words=["隔壁二群"])]))
    found, other = judge(own).verdicts(["都去隔 壁 二 群吧", "明天见"])
    assert (found.verdict, found.kind) == ("confirmed", "traffic") and other.verdict == "none"
    assert found.evidence[0].rule == "own:隔壁群" and found.evidence[0].text == "隔 壁 二 群"
    spoke = {e.rule for e in judge().verdicts([CLEAR])[0].evidence}
    off = min(spoke - {"model"})
    silenced = judge(Policy(rules=Rules(off=[off]))).verdicts([CLEAR])[0]
    assert off not in {e.rule for e in silenced.evidence}


def test_a_label_decides() -> None:
    labels = [
        Label("none", text=CLEAR),
        Label("product", text="自家橘子开摘了"),
        Label("ad", text="看我头像"),
    ]
    plain, product, some = judge(Policy(labels=labels)).verdicts([CLEAR, "自家橘子开摘了", "看我头像"])
    assert plain.verdict == "none" and "label" in [a.rule for a in plain.against]
    assert (product.verdict, product.kind) == ("confirmed", "product")
    assert some.verdict == "confirmed" and some.kind in AD_KINDS


def test_a_wall_of_text_is_flooding_and_no_ad() -> None:
    (found,) = judge().verdicts(["顶" * 24])
    assert (found.verdict, found.kind) == ("suspected", "flood")
    assert found.evidence[-1].rule == "flood_unit" and found.evidence[-1].text == "顶" * 24


@pytest.mark.parametrize("unit", ["a", "加", "加微信", "1 ", "@", "「", "https://a.cn/", "\u0301", "日结"])
def test_a_megabyte_of_anything_is_judged_within_a_second(unit: str) -> None:
    import time

    judge().verdicts([CLEAR])
    start = time.process_time()
    judge().verdicts([unit * (1_000_000 // len(unit.encode()))])
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    "text",
    [
        f"「{CLEAR}」笑死",
        f"“{CLEAR}”无语",
        f"回复 阿宽：「{CLEAR}」\n这都什么",
        f"{CLEAR}\n- - - - - - - -\n举报了",
        "https://wj.qq.com/s2/88291234/aa1b/",
        "#接龙\n今日到货：丹东99草莓\n\n1. 李明妈妈",
    ],
)
def test_who_quotes_links_or_signs_up_advertises_nothing(text: str) -> None:
    assert judge().verdicts([text])[0].verdict == "none"


def test_an_address_hides_no_contact_beside_it() -> None:
    (found,) = judge().verdicts([f"看 https://wj.qq.com/s2/88291234/aa1b/ {CLEAR}"])
    assert found.verdict == "confirmed"
    assert all("wj.qq.com" not in (e.text or "") for e in found.evidence if e.rule == "contact_id")


def test_the_best_guess_has_the_most_evidence() -> None:
    for verdict in judge().verdicts(
        [CLEAR, "https://t.cn/A6xyz 点链接领福利红包", "内部消息，想知道代码的进裙领"]
    ):
        assert verdict.verdict == "none" or (verdict.kinds[0][0] == verdict.kind and verdict.kinds[0][1] > 0)
