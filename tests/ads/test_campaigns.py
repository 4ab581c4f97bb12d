"""Campaigns worked by hand: which rows are one text, and which only look alike."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq.ads import _points as points
from cq.ads.campaigns import SIMILARITY, campaigns, elsewhere, fingerprints

AD = "家里腊肉自己熏的今年第一批出锅想尝鲜的邻居可以私聊我留货量不多先到先得"
CHAT = "昨天那个会议改到下周三下午两点了大家记得把材料提前准备一下发我"


def column(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.large_string())


def numbers(*texts: str | None) -> list[int]:
    return [int(number) for number in campaigns(column(*texts))]


def test_contacts_digits_emoji_and_punctuation_do_not_matter() -> None:
    first = f"{AD} 加V：lamei_88，29.9一斤 https://example.org/a?b=1"
    second = f"🔥🔥{AD[:10]}！！{AD[10:]}➕VX lamei99 35一斤"
    # 加 and 一斤 are worded in both
    third = f"@小周 {AD} [呲牙]加 一斤"
    assert numbers(first, CHAT, second, third, None) == [0, -1, 0, 0, -1]


def test_an_edited_text_stays_in_its_campaign_and_another_one_does_not() -> None:
    edited = AD.replace("邻居", "邻友")
    other = AD[:12] + "都卖完了明年再说吧谢谢各位一直以来的支持和信任我们后会有期"
    assert numbers(AD, edited, other) == [0, 0, -1]


def test_edits_chain_but_a_fifth_of_new_words_is_another_text() -> None:
    def grams(text: str) -> set[str]:
        return {text[i : i + 3] for i in range(len(text) - 2)}

    for swap in range(1, 12):
        other = AD[:4] + "甲乙丙丁戊己庚辛壬癸子丑"[:swap] + AD[4 + swap :]
        a, b = grams(AD), grams(other)
        assert (numbers(AD, other) == [0, 0]) == (len(a & b) / len(a | b) >= SIMILARITY), swap


def test_twelve_characters_are_needed() -> None:
    assert numbers(AD[:12], AD[:12]) == [0, 0]
    assert numbers(AD[:11] + "abc123", AD[:11] + "abc123") == [-1, -1]


def test_only_named_rows_take_part_and_keep_their_places() -> None:
    texts = column(AD, CHAT, AD)
    assert campaigns(texts, np.array([1, 4, 6]), 8).tolist() == [-1, 0, -1, -1, -1, -1, 0, -1]


def test_numbers_go_by_first_appearance() -> None:
    assert numbers(CHAT, AD, AD, CHAT) == [0, 1, 1, 0]


CHAIN = "本周六社区读书会报名接龙时间下午三点地点图书馆二楼活动室请大家按顺序往下接"
NAMES = ("王阿姨", "小李", "陈老师", "周周", "Tom")


@pytest.mark.parametrize("head", ["#接龙\n{}", "{}"])
@pytest.mark.parametrize("mark", ["\n{}. {}", "\n{}、{}", " {}{}"])
def test_order_chains_are_no_campaign(head: str, mark: str) -> None:
    rows = [
        head.format(CHAIN) + "".join(mark.format(i + 1, n) for i, n in enumerate(NAMES[:k]))
        for k in range(1, 6)
    ]
    assert numbers(*rows, AD, AD) == [-1] * 5 + [0, 0]


def test_a_numbered_ad_that_stays_the_same_is_a_campaign() -> None:
    ad = f"{AD}\n1. 五花腊肉\n2. 后腿腊肉\n3. 麻辣香肠"
    assert numbers(ad, CHAT, ad, ad + " [玫瑰]") == [0, -1, 0, 0]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)))
def test_which_rows_belong_together_does_not_depend_on_order(order: list[int]) -> None:
    versions = [
        AD,
        AD.replace("邻居", "邻友"),
        AD + "哦",
        CHAT,
        CHAT[:-1],
        CHAT + "哈",
        *["路过"] * 3,
        AD[5:],
        AD,
        CHAT[::-1],
    ]
    plain = campaigns(column(*versions))
    mixed = campaigns(column(*(versions[i] for i in order)))
    together = {(a, b) for a in range(12) for b in range(12) if plain[a] == plain[b] >= 0}
    assert together == {
        (order[a], order[b]) for a in range(12) for b in range(12) if mixed[a] == mixed[b] >= 0
    }
    assert together


def test_a_thousand_versions_of_one_text_are_one_campaign() -> None:
    source = random.Random(7)
    letters = "天地玄黄宇宙洪荒日月盈昃辰宿列张"
    long_ = AD + CHAT
    versions = []
    for _ in range(1000):
        at = source.randrange(len(long_))
        versions.append(long_[:at] + source.choice(letters) + long_[at + 1 :])
    found = campaigns(column(*versions))
    assert set(found.tolist()) == {0}
    assert np.array_equal(found, campaigns(column(*versions)))


def test_folded_texts_are_as_good() -> None:
    assert numbers(AD + "vlamei88", AD + "v1234") == [0, 0]


def test_fingerprints_are_of_the_wording_and_fixed() -> None:
    found = fingerprints(column(AD, AD + " 加V ab1", AD + "加", "短", None, "", "#接龙 " + AD))
    assert found[0] != 0
    assert found[1] == found[2] != found[0]
    assert found[3:].tolist() == [0, 0, 0, 0]
    # Compared between runs and machines: a change of this number is a change of format.
    assert found[0] == fingerprints(column(AD))[0] == np.uint64(FIXED)


FIXED = 11176102419954143686


def test_elsewhere_counts_other_groups_not_posts() -> None:
    a, b, c = (np.array(g, np.uint64) for g in ([5, 5, 9, 0], [5, 0, 0], [9, 5, 7]))
    assert [g.tolist() for g in elsewhere([a, b, c])] == [[2, 2, 1, 0], [2, 0, 0], [1, 2, 0]]
    assert [g.tolist() for g in elsewhere([a])] == [[0, 0, 0, 0]]
    assert elsewhere([]) == []
    assert elsewhere([np.zeros(2, np.uint64)])[0].tolist() == [0, 0]


def test_no_rows() -> None:
    assert campaigns(column()).tolist() == []
    assert campaigns(column(None, "")).tolist() == [-1, -1]
    assert campaigns(column(), np.zeros(0, np.int64), 3).tolist() == [-1, -1, -1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(alphabet="哈加a1 @[]\n。😀𠀀#接龙呲牙", max_size=30)), max_size=12)
)
def test_pieces_are_the_texts(texts: list[str | None]) -> None:
    back: list[str] = []
    for piece in points.pieces(pa.array(texts, pa.large_string()).slice(0)):
        assert piece.first == len(back)
        back += [
            "".join(map(chr, piece.code[lo:hi]))
            for lo, hi in zip(piece.start.tolist(), piece.start[1:].tolist(), strict=False)
        ]
    assert back == [t or "" for t in texts]


def test_pieces_of_a_slice_and_of_small_offsets() -> None:
    texts = pa.array(["一二", None, "三", "abc"], pa.string()).slice(1)
    (piece,) = points.pieces(texts)
    assert "".join(map(chr, piece.code)) == "三abc"
    assert piece.start.tolist() == [0, 0, 1, 4]
    (piece,) = points.pieces(texts, np.array([2, 0]))
    assert piece.start.tolist() == [0, 3, 3]


def test_a_novel_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "MAX_CHARACTERS", 40)
    assert numbers(AD * 5, AD * 2, AD * 2 + CHAT) == [0, 0, 0]
