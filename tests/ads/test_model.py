"""The bigram model: what it computes, that it can be built again bit for bit, and what labels do to it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq.ads import model
from cq.ads._bigrams import bigrams, blocks
from cq.ads._descent import TRUTH_BITS, UNIT_BITS, probability
from cq.ads.model import Model
from cq.ads.normalize import fold_all
from cq.ads.verdict import AD_KINDS

ROOT = Path(__file__).resolve().parents[2]
BUILDING = ROOT / "benchmarks" / "ads"
DATA = ROOT / "src" / "cq" / "ads" / "data"
LABELLED = ROOT.parent / "shared" / "data" / "ads" / "train_mit.jsonl"

ADS = [
    "家人们厂家直销护手霜三支二十九块九包邮要的加微信hs20398871",
    "招线上兼职日结不押金一单十五在家就能做有意私聊我",
    "急用钱的看过来当天下款不看征信加微信dk88120356",
    "扫码进群领红包拉五个人再送二十名额有限先到先得",
    "新店开业全场五折前二十名送好礼预约电话13800000000",
]
ORDINARY = [
    "明天早上几点集合要不要带伞",
    "昨天那场球你们看了吗最后十分钟太精彩了",
    "我妈说晚上包饺子让我早点回家",
    "这道题为什么选第二个老师讲过吗",
    "谢谢大家帮忙东西已经找到了",
]

# Characters of every sort: with weights and without, levelled, beyond the table, lone surrogates.
TEXTS = st.text(
    st.one_of(st.sampled_from("加微信私聊日结0123456789xxx+❤@吗\n"), st.characters(exclude_categories=[])),
    max_size=40,
)


def levelled(text: str) -> str:
    """What `bigrams` reads, character by character."""
    masked = [c == "x" and "x" in (text[i - 1 : i], text[i + 1 : i + 2]) for i, c in enumerate(text)]
    digits = [c in "0123456789" or m for c, m in zip(text, masked, strict=True)]
    read = []
    for is_digit, run in groupby(zip(digits, text, strict=True), key=lambda pair: pair[0]):
        piece = "".join(c for _, c in run)
        read.append(("9" if len(piece) >= 5 else "0") * len(piece) if is_digit else piece)
    return "".join(read)


def pairs_of(read: str) -> list[str]:
    """Distinct pairs of a levelled text in order, with the edges; none of less than two characters."""
    edged = f"\n{read}\n"
    return list(dict.fromkeys(edged[k : k + 2] for k in range(len(edged) - 1))) if len(read) > 1 else []


@pytest.fixture
def fit() -> Iterator[ModuleType]:
    """``benchmarks/ads/fit.py`` as a module; what it imports from its folder is forgotten afterwards."""
    if not (BUILDING / "fit.py").exists():
        pytest.skip("benchmarks/ads/fit.py is not here: that the model can be built again was NOT tested")
    before, path = set(sys.modules), list(sys.path)
    sys.path.insert(0, str(BUILDING))
    try:
        yield import_module("fit")
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            if name.split(".")[0] in {"fit", "fitting", "split"}:
                del sys.modules[name]


def test_the_shipped_file_is_built_again_bit_for_bit(fit: ModuleType) -> None:
    if not LABELLED.exists():
        pytest.skip(
            f"{LABELLED.name} is not beside the repository: that src/cq/ads/data/bigrams.bin is what "
            "benchmarks/ads/fit.py builds was NOT checked here"
        )
    assert fit.fit() == (DATA / "bigrams.bin").read_bytes(), (
        "run benchmarks/ads/fit.py and look at what changed"
    )


def test_building_needs_no_public_data_and_repeats_itself(fit: ModuleType) -> None:
    kinds = ("job", "chain", "none")
    first = fit.fit(sources=(), packs=kinds, rounds=5)
    assert first == fit.fit(sources=(), packs=kinds, rounds=5)
    scores = Model.from_bytes(first).scores(
        ["招线上兼职日结一单十五在家就能做私聊", "明天早上几点集合要不要带伞"]
    )
    assert scores[0] > scores[1]


def test_packs_have_enough_families_and_no_text_twice(fit: ModuleType) -> None:
    fitting = import_module("fitting")
    families = fitting.families()
    for kind in AD_KINDS:
        assert sum(family.kind == kind for family in families) >= 25
    assert sum(family.kind == "none" for family in families) >= 60
    made = list(fitting.messages())
    assert len({one.text for one in made}) == len(made) > 20_000
    assert not [one for one in made if set(one.text) & set("{|}")]


def test_templates_draw_the_same_in_every_run(fit: ModuleType) -> None:
    fitting = import_module("fitting")
    again = [one.text for one in fitting.messages(["chain"])]
    assert again == [one.text for one in fitting.messages(["chain"])]
    assert again == [one.text for one in fitting.messages() if one.kind == "chain"]


def test_the_files_of_the_model_are_small() -> None:
    files = ("bigrams.bin", "MODEL_CARD.md", "NOTICES")
    assert sum((DATA / name).stat().st_size for name in files) <= 100_000
    assert (DATA / "bigrams.bin").stat().st_size <= 95_000


def test_a_file_is_read_as_it_was_written() -> None:
    data = (DATA / "bigrams.bin").read_bytes()
    assert Model.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(100), b"cqb1"])
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a bigram model"):
        Model.from_bytes(data)


def test_ads_score_higher_than_talk_and_thresholds_are_in_order() -> None:
    shipped = model.load()
    ads, ordinary = shipped.scores(ADS), shipped.scores(ORDINARY)
    assert ads.min() >= shipped.t_hi > shipped.t_lo > ordinary.max()
    assert shipped.t_alone > shipped.t_hi


def test_kinds_of_clear_ads() -> None:
    found = model.load().kinds(ADS)
    assert found.shape == (len(ADS), len(AD_KINDS))
    assert [AD_KINDS[i].value for i in found.argmax(axis=1)] == ["product", "job", "vice", "traffic", "event"]


def test_what_spoke_loudest_stands_in_the_text() -> None:
    shipped = model.load()
    assert shipped.top("日结兼职一单50私聊")[0] == "日结"
    assert {"日结", "私聊"} < set(shipped.top("日结兼职一单50私聊", 6))
    assert shipped.top("嗯") == shipped.top("") == []


def test_nothing_to_go_by() -> None:
    shipped = model.load()
    assert shipped.scores([]).shape == (0,)
    assert shipped.scores(["", "a"]).tolist() == [-math.inf, -math.inf]
    assert shipped.kinds([]).shape == (0, len(AD_KINDS))


def test_saying_it_again_and_again_changes_little() -> None:
    shipped = model.load()
    once, often = shipped.scores(["需要的加我", "需要的加我" * 30])
    assert abs(often - once) < 1.5


def test_numbers_count_by_length_alone() -> None:
    scores = model.load().scores(["加我13812345678", "加我999999999", "加我xxxxxxxxxxx", "加我12"])
    assert scores[0] == scores[1] == scores[2] != scores[3]


@given(st.lists(TEXTS, max_size=12))
def test_bigrams_are_those_of_a_plain_loop(texts: list[str]) -> None:
    found = bigrams(texts)
    ends = np.cumsum(found.counts)
    for i, text in enumerate(texts):
        read = levelled(text)
        part = slice(ends[i] - found.counts[i], ends[i])
        pairs = [chr(a) + chr(b) for a, b in zip(found.first[part], found.second[part], strict=True)]
        assert pairs == pairs_of(read)
        places = np.cumsum([0, *(len(text) + 1 for text in texts)])[i] + np.arange(len(text) + 1)
        assert set(found.at[part].tolist()) <= set(places.tolist())


@given(st.lists(TEXTS, max_size=6))
def test_scores_are_those_of_a_plain_loop(texts: list[str]) -> None:
    shipped = model.load()
    weights = dict(zip(shipped.table.codes.tolist(), shipped.table.levels.tolist(), strict=True))
    for text, score in zip(texts, shipped.scores(texts), strict=True):
        pairs = pairs_of(levelled(text))
        level = 0
        for first, second in (map(ord, pair) for pair in pairs):
            if second < model.ANY:
                level += weights.get(model.ANY << 16 | second, 0)
                level += weights.get(first << 16 | second, 0) if first < model.ANY else 0
        if pairs:
            logit = (shipped.bias + level * shipped.table.step / math.sqrt(len(pairs))) / (1 << UNIT_BITS)
            assert score == pytest.approx(logit, abs=1e-4)
        else:
            assert score == -math.inf


def test_a_pair_never_seen_says_what_its_second_character_says() -> None:
    shipped = model.load()
    known = set(shipped.table.codes.tolist())
    unseen = [c for c in "薇兼赚" if ord("龘") << 16 | ord(c) not in known]
    assert unseen
    for c in unseen:
        assert shipped.scores([f"明天龘{c}"])[0] > shipped.scores(["明天龘龘"])[0]


@given(st.lists(TEXTS, min_size=1, max_size=12))
def test_many_at_once_are_scored_as_one_by_one(texts: list[str]) -> None:
    shipped = model.load()
    together, kinds = shipped.scores(texts), shipped.kinds(texts)
    for i, text in enumerate(texts):
        assert together[i] == shipped.scores([text])[0]
        # numpy's exp may round the last bit differently at another place of an array.
        assert np.allclose(kinds[i], shipped.kinds([text])[0], atol=1e-6)
        assert all(bigram in text for bigram in shipped.top(text))
    assert np.isfinite(together).tolist() == [len(text) > 1 for text in texts]
    assert np.allclose(kinds.sum(axis=1), 1, atol=1e-5)


def test_blocks_cover_all_texts_in_order() -> None:
    texts = ["一" * (i * 7919 % 90_000) for i in range(40)]
    found = list(blocks(texts))
    assert [i for block in found for i in range(*block.indices(len(texts)))] == list(range(len(texts)))
    assert len(found) > 1
    shipped = model.load()
    assert shipped.scores(texts).tolist() == [shipped.scores([text])[0] for text in texts]


@given(st.integers(-20 << UNIT_BITS, 20 << UNIT_BITS))
def test_the_table_of_the_logistic_function_is_near_it(logit: int) -> None:
    exact = 1 / (1 + math.exp(-logit / (1 << UNIT_BITS)))
    found = int(probability(np.array([logit]))[0]) / (1 << TRUTH_BITS)
    assert abs(found - exact) < 1 / 256


def test_labels_move_texts_like_them_and_nothing_far_away() -> None:
    shipped = model.load()
    local_ads = [f"阁楼旧书第{i}批到店老地方见" for i in range(30)]
    local_talk = [f"厂家直销的护手霜我用了{i}天包邮是包邮就是味道太冲" for i in range(30)]
    texts, truth = local_ads + local_talk, [True] * 30 + [False] * 30
    after = shipped.refit(texts, truth)
    moved = after.scores(texts) - shipped.scores(texts)
    assert (moved[:30] > 0.5).all()
    assert (moved[30:] < -0.5).all()
    assert after.scores(["阁楼旧书又到店了"])[0] > shipped.scores(["阁楼旧书又到店了"])[0]
    assert abs(after.scores(ORDINARY) - shipped.scores(ORDINARY)).max() < 0.5
    assert {"阁楼", "楼旧", "旧书"} & set(after.top(local_ads[0], 20))


def test_refitting_repeats_itself_and_leaves_the_shipped_model_alone() -> None:
    shipped = model.load()
    before = shipped.scores(ADS + ORDINARY).tolist()
    truth = [True] * len(ADS) + [False] * len(ORDINARY)
    first, second = (shipped.refit(ADS + ORDINARY, truth) for _ in range(2))
    assert first.table.levels.tolist() == second.table.levels.tolist()
    assert shipped.scores(ADS + ORDINARY).tolist() == before
    assert np.array_equal(first.kinds(ADS), shipped.kinds(ADS))


def test_no_labels_change_nothing_that_shows() -> None:
    shipped = model.load()
    after = shipped.refit([], [])
    assert np.allclose(after.scores(ADS), shipped.scores(ADS), atol=0.01)
    assert (after.t_lo, after.t_hi, after.t_alone) == (shipped.t_lo, shipped.t_hi, shipped.t_alone)


def test_thresholds_need_two_hundred_ordinary_labels_and_rates_that_can_be_seen() -> None:
    shipped = model.load()
    talk = [f"{a}加微信私聊我说第{i}件事" for i, a in enumerate("东西南北" * 75)]
    few, many = shipped.refit(talk[:199], [False] * 199), shipped.refit(talk, [False] * 300)
    assert few.t_lo == shipped.t_lo
    # Ten in 1,000 of 300 are three messages, two in 1,000 are none: only the lowest is taken from them.
    assert many.t_lo != shipped.t_lo
    assert many.t_hi == max(shipped.t_hi, many.t_lo)
    assert many.t_lo <= many.t_hi <= many.t_alone


def test_labels_and_texts_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="as many"):
        model.load().refit(["一"], [])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=8))
def test_any_labels_can_be_learnt(labels: list[tuple[str, bool]]) -> None:
    after = model.load().refit([text for text, _ in labels], [ad for _, ad in labels])
    assert np.isfinite(after.scores(ADS)).all()


def test_disguised_ads_are_scored_as_plain_ones() -> None:
    plain, disguised = fold_all(["加微信hs203988领红包", "加 微 信：hs２０３ ９８８，领红包"])[1]
    assert model.load().scores([plain])[0] == model.load().scores([disguised])[0]
