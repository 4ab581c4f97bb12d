"""Questions by rule: what counts, what does not, and what the rules cannot see."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cq.text.questions import is_question

ASKS = """这个多少钱
怎么安装啊
有人知道在哪买吗
請問哪裡可以買到
求推荐一款耳机
谁有会议链接
誰會修電腦
吃了么
然后呢
我的快递呢
几点开会
为啥登不上去
有无团购
能不能开发票
可不可以退
有沒有人要拼單
明天几点集合？
带身份证?
到了没
收到没有
这个是今天发还是明天发
去不去爬山
吃没吃饭
你去不
干嘛呢
有推荐的
这是什么
是谁
行不行啊
对吧
how to install this
does anyone know the code
点解唔得
请教一下各位
问下周末有活动的地方
不知道怎么弄
怎么还没发货""".splitlines()

TELLS = """
哈哈哈？
？
？？？
?!
啊？
hhh?
300？
怎么这么贵
怎麼那麼好看？
怎么可能
苹果香蕉什么的
没什么
没事没什么
什么都行
谁都可以
没怎么用过
再怎么说也是同学
哪里哪里
还没呢
正在开会呢
好的呢
真好看呢
多少有点贵
没多少
吗啡是药
那么
这么
我要求教室安静
请教练来
难道我说错了吗
无论怎么说都不对
不管是不是他
能不能别刷屏了
谁知道呢
[疑问]
[什么]
教你怎么选
要不，我们明天去
有几点说明
有无数人
我还是去吧
好的收到""".splitlines()


@pytest.mark.parametrize("text", ASKS)
def test_asks(text: str) -> None:
    assert is_question(pa.array([text])).tolist() == [True]


@pytest.mark.parametrize("text", TELLS)
def test_does_not_ask(text: str) -> None:
    assert is_question(pa.array([text])).tolist() == [False]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("https://a.cn/x?id=3", False),
        ("看这个 www.taobao.com/item?id=1&k=2", False),
        ("https://a.cn/x?id=3 这个靠谱吗", True),
        ("https://a.cn/x?id=3这个靠谱？", True),
        ("@怎么办\u2005收到", False),
        ("@张三 ？", False),
        ("@张三\u2005怎么办", True),
        ("明天集合[疑问]", False),
        ("收到没[捂脸]", True),
        ("我走了。哈哈哈？", False),
    ],
)
def test_addresses_mentions_and_stickers_do_not_ask(text: str, asks: bool) -> None:
    assert is_question(pa.array([text])).tolist() == [asks]


def test_rhetoric_hides_only_its_own_clause() -> None:
    assert is_question(pa.array(["怎么这么贵？哪里有便宜的", "怎么这么贵，便宜的有？"])).all()


@pytest.mark.parametrize("text", ["在吗", "吃了吗", "想赚钱吗"])
def test_greetings_and_sales_talk_count_by_design(text: str) -> None:
    assert is_question(pa.array([text])).tolist() == [True]


def test_nulls_and_nothing() -> None:
    texts = pa.array([None, "好吗", "", None], pa.string())
    assert is_question(texts).tolist() == [False, True, False, False]
    assert is_question(texts.slice(1, 2)).tolist() == [True, False]
    assert is_question(pa.array([], pa.string())).tolist() == []
    assert is_question(pa.array([None], pa.string())).tolist() == [False]


def test_a_group_notice_asks_nothing() -> None:
    texts = ["【群公告更新】 1. 怎么报名？", "群公告：谁要报名？\n几点开始？", "看群公告了吗？"]
    assert is_question(pa.array(texts)).tolist() == [False, False, True]


def test_a_notice_is_no_question_but_a_question_about_notices_is() -> None:
    texts = pa.array(["【群公告更新】周六几点集合？见正文", "群公告：谁还没交表？", "群公告在哪看？"])
    assert is_question(texts).tolist() == [False, False, True]
