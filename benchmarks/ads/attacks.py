"""Disguised copies of messages, as senders who fear a word filter write them; the same seed, the same copy.

An attack touches only the parts a filter would look for (numbers, names of accounts, words of the trade)
and of these a share of the characters. ``styled`` does the same to arbitrary words, because ordinary people
space out and decorate words, too. Nothing here is read by whatever is measured, and addresses of the
form ``http://…`` stay as they are: a link that does not open sells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

RATE = 0.6
"""Share of the characters of a part that are touched."""
PLAIN_SHARE = 0.15
"""A message in which less than this is a tell-tale part gets random parts on top, up to this share."""
PART_CHARACTERS = 4

_TELLING = """
微信 加我 加微 加群 进群 私聊 私我 私信 联系 电话 扫码 二维码 拉你 群号 好友 公众号 小程序 关注 点击 链接
复制 下载 邀请码 注册 免费 优惠 特价 包邮 团购 代理 厂家 一手 货源 正品 原价 现价 清仓 低价 出售 批发 定制
下单 新款 会员 账号 兼职 日结 招聘 急招 工资 佣金 刷单 副业 月入 月薪 日入 赚钱 包吃住 贷款 放款 征信 额度
借钱 发票 博彩 彩票 棋牌 上分 提现 返水 约炮 视频 办证 套现 代考 外挂 报名 课程 讲座 直播 名额 开业 活动
体验 老师 砍价 助力 投票 领取 红包 转发 扩散 转到 紧急 通知
"""
_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_NUMBER = re.compile(r"[A-Za-z0-9_]{3,}")
_WORD = re.compile("|".join(_TELLING.split()))
_TOUCHABLE = re.compile(r"[A-Za-z0-9㐀-鿿]")

_SEPARATORS = (" ", "  ", ".", "·", "-", "~", "_", "|", "/", "，", "*", "、")
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
_CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
_DINGBAT = "⓿❶❷❸❹❺❻❼❽❾"
_KEYCAP = "\ufe0f\u20e3"
_SPELT = ("零〇", "一壹㈠", "二贰㈡", "三叁㈢", "四肆㈣", "五伍㈤", "六陆㈥", "七柒㈦", "八捌㈧", "九玖㈨")

_ALIKE = {
    **dict(zip("aceopxyijshkmt", "асеорхуіјѕһκмτ", strict=True)),
    **dict(zip("ABCEHIKMOPTXYZ", "АВСЕНІКМОРТХУΖ", strict=True)),
    **dict(zip("bdfglnqruvwz", "ьԁƒɡⅼոԛгυνԝʐ", strict=True)),
    **dict(zip("01258", "О𝟏ᒿƽȣ", strict=True)),
}

# Characters that sound alike, tones aside; the first is the one that is replaced by one of the others.
_SOUNDS = """
微薇威维徽唯 信芯鑫心新欣 加佳嘉家伽茄 群裙峮 号昊皓浩耗 扣叩寇 企起启 鹅额俄娥 聊寥辽撩 私思丝司斯 我硪握沃
联连莲帘 系细戏 电店典殿 话画华 码马玛吗 进近劲晋 友又有右佑 好郝豪 拉啦辣 公工宫攻 众重种 关官观 注柱住驻
点典店 链恋练 接街节 下夏吓 载再在 邀腰要 请青情 册策测 免勉冕 费废非飞 优幽悠 惠会慧汇 特忒 价架驾嘉 包苞胞
邮油游由 团湍 购够构 代带袋戴 理里礼李 厂场敞 货祸霍 源圆元原 正证整 品频贫 清青轻 仓苍沧 低滴底 出初处
售瘦受 批披劈 发法伐 定订丁 制治智 单丹耽 款宽 员圆源 账帐仗 兼坚间尖 职直值执 日曰 结洁节接 招昭朝 聘拼
急极集 工公功 资姿咨 佣拥永 金今巾斤 刷耍 副付富 业叶夜 月悦越 入如 薪新心 赚撰专 钱前潜 吃迟 住主驻 贷代带
放方芳 征争真 额鹅恶 度渡肚 借介戒 票漂飘 博伯勃播 彩采菜 棋齐其旗 牌排 上尚 分份芬 提题蹄 现线县 返反犯
水睡税 约月悦 炮泡跑 视是事试 频贫品 办半伴 证正政 套讨桃 考烤 外歪 挂卦褂 报抱暴 名明铭 课客刻 程成诚 讲奖
座坐作 直值植 播拨波 开凯揩 活火货 动洞冻 体题替 验燕宴 老佬 师诗失 砍坎侃 助住祝 力利历 投头 领令岭 取曲趣
红宏洪 转专砖 扩阔 散伞 紧锦 通同 知之支
"""
_HOMOPHONES = {row[0]: row[1:] for row in _SOUNDS.split()}

_TRADITIONAL = dict(
    zip(
        "号进联系电话码拉众关注点链载请册费优价邮团购厂货单员账职结资业赚钱贷额现约视频办证考报课讲场开动体验师砍领红转扩紧"
        "会员关备货车卖买发给让说这个们从为无过实际数没问题钟专学习绍",
        "號進聯繫電話碼拉眾關註點鏈載請冊費優價郵團購廠貨單員賬職結資業賺錢貸額現約視頻辦證考報課講場開動體驗師砍領紅轉擴緊"
        "會員關備貨車賣買發給讓說這個們從為無過實際數沒問題鐘專學習紹",
        strict=True,
    )
)

Change = Callable[[str, Random], str]
"""One character to what stands in its place."""


def _split(character: str, random: Random) -> str:
    return character + random.choice(_SEPARATORS)


def _zero_width(character: str, random: Random) -> str:
    return character + "".join(random.choice(_INVISIBLE) for _ in range(random.randint(1, 2)))


def _full_width(character: str, random: Random) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


def _emoji_digit(digit: str, random: Random) -> str:
    return random.choice((digit + _KEYCAP, _CIRCLED[int(digit)], _DINGBAT[int(digit)]))


def _digits(character: str, random: Random) -> str:
    if not "0" <= character <= "9":
        return character
    spelt = random.choice(_SPELT[int(character)])
    return spelt if random.random() < 0.25 else _emoji_digit(character, random)


def _homophone(character: str, random: Random) -> str:
    return random.choice(_HOMOPHONES[character]) if character in _HOMOPHONES else character


def _look_alike(character: str, random: Random) -> str:
    return _ALIKE.get(character, character)


def _traditional(character: str, random: Random) -> str:
    return _TRADITIONAL.get(character, character)


def _together(character: str, random: Random) -> str:
    """Emoji digits or full width, then nothing, something invisible or a separator behind."""
    if "0" <= character <= "9" and random.random() < 0.5:
        character = _emoji_digit(character, random)
    else:
        character = _full_width(character, random)
    behind = random.random()
    if behind < 0.5:
        return _split(character, random)
    return _zero_width(character, random) if behind < 0.8 else character


ATTACKS: Mapping[str, Change] = {
    "split": _split,
    "zero-width": _zero_width,
    "full-width": _full_width,
    "digits": _digits,
    "homophones": _homophone,
    "look-alikes": _look_alike,
    "traditional": _traditional,
    "together": _together,
}
"""``together`` is split, zero-width, full-width and emoji digits at once."""


def _telling(text: str) -> list[bool]:
    """Whether each character belongs to what a filter would look for."""
    marked = [False] * len(text)
    for pattern, value in ((_NUMBER, True), (_WORD, True), (_URL, False)):
        for found in pattern.finditer(text):
            marked[found.start() : found.end()] = [value] * (found.end() - found.start())
    return marked


def _mark_random(text: str, marked: list[bool], share: float, random: Random) -> None:
    """Mark random parts until a share of the characters is marked; addresses are left out."""
    free = [m.start() for m in _TOUCHABLE.finditer(_URL.sub(lambda m: " " * len(m[0]), text))]
    for _ in range(20):
        if not free or sum(marked) >= share * len(text):
            return
        start = random.choice(free)
        for at in range(start, min(start + PART_CHARACTERS, len(text))):
            marked[at] = marked[at] or at in free


def _changed(text: str, marked: list[bool], change: Change, rate: float, random: Random) -> str:
    return "".join(
        change(c, random) if m and _TOUCHABLE.match(c) and random.random() < rate else c
        for c, m in zip(text, marked, strict=True)
    )


def attacked(text: str, name: str, rate: float = RATE, seed: int = 0) -> str:
    """The text with its tell-tale parts disguised by one of ``ATTACKS``."""
    random = Random(f"{seed}/{name}/{text}")
    marked = _telling(text)
    _mark_random(text, marked, PLAIN_SHARE, random)
    return _changed(text, marked, ATTACKS[name], rate, random)


def styled(text: str, name: str, rate: float = RATE, seed: int = 0) -> str:
    """An ordinary message in which some random words are written as by ``ATTACKS[name]``."""
    random = Random(f"{seed}/styled/{name}/{text}")
    marked = [False] * len(text)
    _mark_random(text, marked, 0.3, random)
    return _changed(text, marked, ATTACKS[name], rate, random)
