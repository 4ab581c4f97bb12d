"""WeChat's type numbers and the exporters' words for them."""

from __future__ import annotations

import pytest

from cq.formats._wechat_types import kind_of
from cq.model import Kind


def combined(sub: int, base: int = 49) -> int:
    return sub << 32 | base


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1, "text"),
        (3, "image"),
        (34, "voice"),
        (42, "contact_card"),
        (43, "video"),
        (62, "video"),
        (47, "sticker"),
        (48, "location"),
        (50, "call"),
        (66, "contact_card"),
        (10000, "system"),
        (10002, "system"),
        (4294967345, "link"),
        (12884901937, "link"),
        (21474836529, "link"),
        (25769803825, "file"),
        (34359738417, "sticker"),
        (combined(17), "location"),
        (81604378673, "forward"),
        (103079215153, "link"),
        (141733920817, "mini_program"),
        (154618822705, "mini_program"),
        (219043332145, "link"),
        (227633266737, "text"),
        (244813135921, "text"),
        (266287972401, "poke"),
        (373662154801, "announcement"),
        (8589934592049, "transfer"),
        (8594229559345, "red_packet"),
        (combined(2003), "red_packet"),
        (combined(4, 10000), "system"),
        (436207665, "red_packet"),
        (419430449, "transfer"),
        (-1879048186, "location"),
        (combined(9999), "other"),
        (424242, "other"),
        (49, "other"),
    ],
)
def test_numbers(number: int, kind: str) -> None:
    assert kind_of(number, None, "随便") == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("文本消息", "text"),
        ("图片消息", "image"),
        ("语音消息", "voice"),
        ("视频消息", "video"),
        ("动画表情", "sticker"),
        ("位置消息", "location"),
        ("名片消息", "contact_card"),
        ("通话消息", "call"),
        ("系统消息", "system"),
        ("卡片式链接", "link"),
        ("图文消息", "link"),
        ("链接消息", "link"),
        ("音乐卡片", "link"),
        ("(分享)视频号名片", "link"),
        ("视频号直播卡片", "link"),
        ("小程序分享", "mini_program"),
        ("小程序消息", "mini_program"),
        ("红包卡片", "red_packet"),
        ("转账消息", "transfer"),
        ("聊天记录", "forward"),
        ("聊天记录合并转发", "forward"),
        ("拍一拍消息", "poke"),
        ("引用消息", "text"),
        ("文件消息", "file"),
        ("群公告", "announcement"),
        ("消息撤回57", "recall"),
        ("redPacket", "red_packet"),
        ("其他消息", "other"),
        ("未知类型(822083633)", "other"),
        ("链接/文件", "other"),
        ("从未见过", "other"),
    ],
)
def test_words(word: str, kind: str) -> None:
    assert kind_of(None, word, "随便") == kind
    assert kind_of(424242, word, None) == kind  # an unknown number leaves it to the word


def test_precedence() -> None:
    assert kind_of(combined(8), "文件消息", "[文件] x") is Kind.STICKER  # WeFlow's slip
    assert kind_of(1, "文本消息", "[红包] 买水") is Kind.TEXT  # typed by hand
    assert kind_of(1, None, None, "57") is Kind.TEXT
    assert kind_of(3, None, None, "2001") is Kind.IMAGE
    assert kind_of(49, None, None, "2001") is Kind.RED_PACKET
    assert kind_of(49, None, None, "0") is Kind.FILE
    assert kind_of(combined(5), None, None, "87") is Kind.ANNOUNCEMENT
    assert kind_of(None, "其他消息", "x", "33") is Kind.MINI_PROGRAM
    assert kind_of(combined(9999), "其他消息", "[红包] 早到奖") is Kind.RED_PACKET
    assert kind_of(49, "链接/文件", "[文件] a.pdf") is Kind.FILE
    assert kind_of(49, None, None, "abc") is Kind.OTHER


def test_without_any_type_the_content_decides() -> None:
    assert kind_of(None, None, "早") is Kind.TEXT
    assert kind_of(None, "", "[群公告] 带头盔", "") is Kind.ANNOUNCEMENT
    assert kind_of(None, None, None) is Kind.OTHER
    assert kind_of(None, None, "") is Kind.OTHER


@pytest.mark.parametrize("app_type", ["", " 57 ", "5" * 5000, "٥٧", "-1"])
def test_odd_sub_types_do_not_raise(app_type: str) -> None:
    assert isinstance(kind_of(49, None, None, app_type), Kind)
