"""Folding: equal in bulk, honest about where things stood, unmoved by ordinary talk, never slow."""

from __future__ import annotations

import time
import tomllib
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq.ads._variants import book, folds, misspelt
from cq.ads.normalize import JUDGED_CHARACTERS, Folded, fold, fold_all

# Everything the rules of folding turn on, next to each other as often as not.
MATERIAL = [
    *"加+微徽薇信亻言v❤卫星裙群扣口号:： .-*~/|_@[]「」引用>\\\n\r\t\u2005\u3000",
    *"0123456789○〇●ol零一二三四五六七八九壹贰叁幺",
    *"①❷➂⓪⑩⒈㈠Ａｂ１𝐕ⅴνаё∨√✌🅥🆀🐧🧧🛰➕＋✚🇨🇳🇻🇽…½㎡ﷺİßÅ가か\u3099",
    *"\u200b\u200d\u2060\ufeff\ufe0f\u20e3\u0301\u202e\u00ad\x00\x1c\x85\u2028\ud800\udc00\U000e0001\U0010ffff",
    "weixin", "jia", "qun", "piao", "zhi", "abc123", "https://a.b/@c[d]", "- - - -", "————", "[微笑]", "[强]",
    "@所有人", "@小明\u2005", "@小明 ", "羣", "兼只", "发 票", "君羊", "木几", "十v:", "刷单", "贷款", "電話", "哈哈",
]  # fmt: skip
pieces = st.lists(st.sampled_from(MATERIAL), max_size=30).map("".join)
anything = st.one_of(st.text(st.characters(), max_size=30), pieces, st.just(""))


def slices(text: str) -> list[str]:
    """The pieces of a text that are disguised."""
    return [text[lo:hi] for lo, hi in fold(text).disguises]


@settings(max_examples=400, deadline=None)
@given(st.lists(anything, max_size=12))
def test_many_texts_fold_as_each_alone(texts: list[str]) -> None:
    one_by_one = [fold(text) for text in texts]
    assert fold_all(texts) == ([f.norm for f in one_by_one], [f.skeleton for f in one_by_one])


def test_many_texts_fold_as_each_alone_however_long_and_many() -> None:
    texts = [
        "长" * 200_000,
        "加 薇 信" * 50_000,
        "",
        "\u0301",
        "x" * 1_200_000,
        *(["短"] * 5_000),
        "a\u0301" * 9_000,
        "微\x00信",
    ]
    assert fold_all(texts) == ([fold(text).norm for text in texts], [fold(text).skeleton for text in texts])
    assert fold_all([]) == ([], [])


def checked(text: str, folded: Folded) -> None:
    assert len(folded.norm_at) == len(folded.norm) + 1 and folded.norm_at[-1] == len(text)
    assert len(folded.skeleton_at) == len(folded.skeleton) + 1 and folded.skeleton_at[-1] == len(folded.norm)
    assert all(a <= b for a, b in pairwise(folded.norm_at))
    assert all(a < b for a, b in pairwise(folded.skeleton_at))
    assert [folded.norm[i] for i in folded.skeleton_at[:-1]] == list(folded.skeleton)
    assert all(0 <= lo < hi <= len(text) for lo, hi in folded.disguises)
    assert all(a[1] < b[0] for a, b in pairwise(folded.disguises))


@settings(max_examples=400, deadline=None)
@given(anything, st.data())
def test_every_piece_of_a_view_has_a_place_in_the_text(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    checked(text, folded)
    for view, size in (("norm", len(folded.norm)), ("skeleton", len(folded.skeleton))):
        if not size:
            continue
        lo = data.draw(st.integers(0, size - 1))
        hi = data.draw(st.integers(lo + 1, size))
        start, end = folded.span(lo, hi, view)  # type: ignore[arg-type]
        assert 0 <= start < end <= len(text)
        inner = folded.span(lo, lo + 1, view)  # type: ignore[arg-type]
        assert start <= inner[0] and inner[1] <= end
        later = folded.span(hi - 1, hi, view)  # type: ignore[arg-type]
        assert inner[0] <= later[0] and inner[1] <= later[1]


PLAIN = st.text("我们今天去公园玩吧好的谢谢，。！？~ABcd15\n為說麼", min_size=1, max_size=40)


@settings(deadline=None)
@given(PLAIN, st.data())
def test_a_piece_of_a_plain_text_folds_back_to_itself(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    lo = data.draw(st.integers(0, len(folded.norm) - 1))
    hi = data.draw(st.integers(lo + 1, len(folded.norm)))
    start, end = folded.span(lo, hi)
    assert fold(text[start:end]).norm == folded.norm[lo:hi]
    assert folded.disguises == ()


@settings(deadline=None)
@given(st.text())
def test_the_skeleton_is_what_is_left_of_the_norm(text: str) -> None:
    folded = fold(text)
    kept = [
        c for c in folded.norm if c in "+❤@〇" or c in "abcdefghijklmnopqrstuvwxyz0123456789" or is_han(c)
    ]
    assert folded.skeleton == "".join(kept)


def is_han(character: str) -> bool:
    return "㐀" <= character <= "䶿" or "一" <= character <= "鿿" or 0x20000 <= ord(character) <= 0x323AF


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("➕我薇❤：ya886", "+我微信:ya886"),
        ("加 徽 亻言 mm5201999", "加 微信 mm5201999"),
        ("加.微.信", "加.微信"),
        ("加V🛰️：kp52", "加微信:kp52"),
        ("➕薇❤ a1２3４5", "+微信 a12345"),
        ("加威信abc12", "加微信abc12"),
        ("进裙，Q裙：12345，qq裙", "进群,q群:12345,qq群"),
        ("加扣扣", "加qq"),
        ("伽我微 十v：abc123 老板家薇 yan131", "加我微 +v:abc123 老板加微 yan131"),
        ("𝐕❤：abc123、νx、ⅴ信、🅥🅧", "微信:abc123、vx、微信、vx"),
        ("涮单 莆职 兼zhi 曰结", "刷单 兼职 兼职 日结"),
        ("代开发piao，代开发漂", "代开发票,代开发票"),
        ("君羊号 禾厶聊", "群号 私聊"),
        ("七三五二零一八八四 壹捌 叁叁零零贰", "735201884 18 33002"),
        ("①③⑧❶2️⃣🄌０", "13812" "🄌0"),
        ("138○○1380O0，1l0开头", "13800138000,1l0开头"),
        ("🐧🧧💛", "企鹅红包❤"),
        ("⒜⑴㈠🈶", "a1一有"),
        ("免費領取，電話", "免费领取,电话"),
        ("微\u200b信\u2060号", "微信号"),
        ("v\u0336x\u0336", "vx"),
        ("wēi xìn", "wei xin"),
    ],
)  # fmt: skip
def test_disguises_come_off(text: str, norm: str) -> None:
    assert fold(text).norm == norm


@pytest.mark.parametrize(
    ("text", "skeleton"),
    [("低 价 出 烟", "低价出烟"), ("1 3 9-0000.1111", "13900001111"), ("加 薇 信：a_b❤", "加微信ab❤"), ("@所有人！", "@所有人")],
)  # fmt: skip
def test_the_skeleton_joins_what_is_apart(text: str, skeleton: str) -> None:
    assert fold(text).skeleton == skeleton


@pytest.mark.parametrize(
    "text",
    [
        "他在公司很有威信", "发射卫星", "买了条裙子，加裙撑", "番茄我爱吃", "瑜伽群里说", "参加薇娅的直播", "爱薇❤", "十分微妙",
        "头发漂了个色", "口口声声", "一二三四五六七", "一一一一一一一一", "三三两两的人", "兼只有一个", "主力口碑", "我家薇薇",
        "二〇二四年五月", "ⅢⅣ", "10lol", "abco1lo0l1", "●123456", "http://weixin.qq.com/qun", "mail a@b.com", "Привет, мир",
        "(･ω･)", "番茄q弹", "加薇薇好友", "子曰一切", "心❤微笑", "v5加油",
        "宝贝兼职吗", "我家vivox90", "安徽 13912345678", "安徽信息", "大v信了", "官微 信息", "卫星starlink", "一件代发漂亮衣服", "增加薇诺娜", "79|89|99|129", "容量100000l", "榻榻米木几",
    ],
)  # fmt: skip
def test_ordinary_words_stay(text: str) -> None:
    plain = "".join(folds()[ord(c)] for c in text)
    assert (fold(text).norm, slices(text)) == (plain, [])


@pytest.mark.parametrize(
    "text",
    [
        "時間：１２點，全形（標點）！", "Ａ股今天跌了，１２３", "1️⃣先这样 2️⃣再那样", "①②③都可以", "今天🇨🇳加油❤️", "m²和30℃",
        "哈 哈 哈 哈 哈", "1 2 3 4 5 6 7", "1.2.3.4", "192.168.1.1 3-2-5068", "A B C D E", "一、二、三、四", "👨‍👩‍👧 1⃣ 来", "café naïve",
        "𝑥+𝑦", "2024/1/1 8:30", "好。好。好。好", "葛󠄀城",
    ],
)  # fmt: skip
def test_what_people_do_anyway_is_no_disguise(text: str) -> None:
    assert slices(text) == []


@pytest.mark.parametrize(
    ("text", "disguised"),
    [
        ("加微\u200b信吧", ["微\u200b信"]),
        ("低 价 出 烟，来", ["低 价 出 烟"]),
        ("代🌸开🌸发🌸票", ["代🌸开🌸发🌸票"]),
        ("来 1 3 9 0 0 2 7 找我", ["1 3 9 0 0 2 7"]),
        ("号a1２3４5", ["a1２3４5"]),
        ("call ⓥⓧ123", ["ⓥⓧ123"]),
        ("①③⑧⓪", ["①③⑧⓪"]),
        ("1️⃣3️⃣8️⃣", ["1️⃣3️⃣8️⃣"]),
        ("加ν：abc", ["ν"]),
        ("wеixin号", ["wеixin"]),
        ("涮单，进裙", ["涮单", "裙"]),
        ("七三五二零一八八四", ["七三五二零一八八四"]),
        ("办理.银.行.贷.款", ["理.银.行.贷.款"]),
    ],
)
def test_disguises_are_placed_in_the_original(text: str, disguised: list[str]) -> None:
    assert slices(text) == disguised


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("「张三：加微信abc\n第二行」\n- - - - - - - - - - - - - - -\n别信", " \n别信"),
        ("「张三：加我」\n—————————\n哈哈", " \n哈哈"),
        ("[回复 张三：加我[微笑]领]谁信啊", " 谁信啊"),
        ("引用 张三：加我\n骗子", " 骗子"),
        ("> 加我领钱\n> 快来\n骗子", " 骗子"),
        ("@刷单兼职小王\u2005别发了", " \u2005别发了".replace("\u2005", " ")),
        ("@张 三\u2005在吗 @李四 你呢@王五", "  在吗   你呢 "),
        ("好的[捂脸][Emm]", "好的  "),
        ("[图片]看这个", " 看这个"),
    ],
)  # fmt: skip
def test_what_the_sender_did_not_write_is_blank(text: str, norm: str) -> None:
    assert fold(text).norm == norm
    assert slices(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "「加我」",
        "「加我」\n- - - - - -\n",
        "@所有人 开会",
        "@所有人开会",
        "[加][我][微][信]",
        "[兼职]日结",
        "@张三加我微信abc123",
        "【通知】",
        "[1]",
        "[2024]",
        "a@b.cn",
        "@",
    ],
)
def test_what_the_sender_did_write_stays(text: str) -> None:
    assert fold(text).norm == text.replace("　", " ").lower()


def test_addresses_are_left_alone() -> None:
    text = "看 https://Medium.com/@name/a[b]c?q=12345o6&jia=微 https://mp.weixin.qq.com/s/v❤ www.a-qun.cn/fa-piao/一二三四五六七五"
    norm = fold(text).norm
    for kept in (
        "https://medium.com/@name/a[b]c?q=12345o6&jia=微",
        "https://mp.weixin.qq.com/s/v❤",
        "www.a-qun.cn/fa-piao/",
    ):
        assert kept in norm


def test_the_tail_of_a_long_text_keeps_its_place() -> None:
    text = "头" * 30_000 + "中" * 30_000 + "尾" * 3_000 + "加徽信" + "尾" * 3_000
    folded = fold(text)
    assert len(folded.norm) == JUDGED_CHARACTERS + 1
    assert "中" not in folded.norm and folded.norm[15_000] == "\n"
    assert folded.span(15_000, 15_001) == (15_000, len(text) - 5_000)
    at = folded.norm.index("微信")
    lo, hi = folded.span(at, at + 2)
    assert text[lo:hi] == "徽信" and folded.disguises == ((lo, hi),)
    checked(text, folded)


SLOW = [
    " ", "@", "「", "」\n", "[", "1 ", "\u0301", "[回复", ">\n", "「」\n- - -", "o1", "○", "一", "一 ", "微 ", "v ", "加 ", "扣:", "a.", "哈.",
    "@a", "@\u2005", "http://", "wwww", "🇨", "薇:a ", "\u200b微", "１a", "①", "\ufe0f\u20e3", "[引用[a]", "引用", "家薇::: a ", "1\ufe0f\u20e3",
]  # fmt: skip


@pytest.mark.parametrize("unit", SLOW)
@pytest.mark.parametrize("head", ["", "「", "[", "加"])
def test_nothing_makes_it_slow(unit: str, head: str) -> None:
    text = (head + unit * 1_000_000)[:1_000_000]
    fold("热身")
    started = time.process_time()
    fold(text)
    fold_all([text])
    assert time.process_time() - started < 0.5


def test_words_say_truly_where_they_need_not_be_looked_for() -> None:
    page = tomllib.loads(files("cq.ads.data").joinpath("variants.toml").read_text(encoding="utf-8"))
    assert len(page["words"]) == len(book().words)
    for word in book().words:
        assert word.sign and word.find.search("") is None
        assert all(folds()[ord(sign)] == sign for sign in word.sign), word.find.pattern


@settings(max_examples=300, deadline=None)
@given(pieces)
def test_no_word_is_missed_for_the_shortcut(text: str) -> None:
    folded = text.translate(folds())
    looked_for = misspelt(folded)
    han = any(map(is_han, folded))
    for word in book().words:
        if (han or not word.needs.han) and word.find.search(folded):
            assert word in looked_for, word.find.pattern
