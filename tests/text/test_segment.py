"""Words: the same as jieba's, which is the reference; joined they are the text again."""

from __future__ import annotations

import itertools
import subprocess
import sys

import jieba

from cq.text.segment import words

WHO = ("张三丰", "群主", "小李子", "物业", "欧阳娜娜", "管理员", "隔壁老王", "深圳的朋友")
WHEN = ("昨天晚上", "今天", "下周三", "2026年3月5日", "刚刚", "国庆假期")
WHAT = (
    "在朋友圈转发了拼多多的链接",
    "问奥特莱斯几点开门",
    "说这个洗衣机不好用,想退货",
    "把文件发到群里啦",
    "報名參加週末的爬山活動",
    "yyds,太绝绝子了哈哈哈哈",
    "買了3斤車厘子,花了128元",
)
ODD = (
    "",
    " ",
    "a  b\tc\n\nd",
    "\r\nx\r\n",
    "👍🏻👨‍👩‍👧哈哈",
    "①②③３４５ＡＢＣ",
    "3.14元 50%打折 1,000",
    "繁體中文測試與簡體混排",
    "\u2005@张三\u2005",
    "𠮷野家在哪",
    "é à ñ ü",
    "한국어 日本語テスト",
    "a\u200bb",
    "~!@#￥%……&*（）",
    "第12届3月5日15:30",
)


def corpus() -> list[str]:
    return ["".join(parts) for parts in itertools.product(WHO, WHEN, WHAT)] + list(ODD)


def test_words_are_those_of_jieba() -> None:
    texts = corpus()
    assert len(texts) > 300
    assert words(texts) == [list(jieba.cut(text, HMM=True)) for text in texts]


def test_nothing_is_lost() -> None:
    texts = corpus()
    assert ["".join(parts) for parts in words(texts)] == texts


def test_dotted_latin_stays_whole() -> None:
    # The one known difference: jieba cuts an address at every full stop, rjieba keeps it.
    assert words(["看www.example.com"]) == [["看", "www.example.com"]]


def test_the_dictionary_is_loaded_late() -> None:
    code = "import sys, cq.text.segment; sys.exit('rjieba' in sys.modules or 'jieba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
