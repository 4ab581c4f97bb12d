"""WeChat's message types: numbers of its databases and the words that exporters print.

Decides the kind only. An event row comes out as ``system``; which event it is, and whether it is
a recall, its sentence says (:mod:`_system_text`).
"""

from __future__ import annotations

import re

from cq.formats._placeholders import wechat_tag
from cq.model import Kind

_APP = 49
_BASE = {
    1: Kind.TEXT,
    3: Kind.IMAGE,
    34: Kind.VOICE,
    37: Kind.SYSTEM,  # friend request
    40: Kind.SYSTEM,  # recommended contact
    42: Kind.CONTACT_CARD,
    43: Kind.VIDEO,
    47: Kind.STICKER,
    48: Kind.LOCATION,
    50: Kind.CALL,
    62: Kind.VIDEO,
    66: Kind.CONTACT_CARD,  # WeCom
    10000: Kind.SYSTEM,
    10002: Kind.SYSTEM,
    # Android's own numbers
    16777265: Kind.LINK,
    1048625: Kind.STICKER,
    419430449: Kind.TRANSFER,
    436207665: Kind.RED_PACKET,
    822083633: Kind.TEXT,  # quote
    1040187441: Kind.LINK,  # music
    1090519089: Kind.FILE,
    -1879048186: Kind.LOCATION,
    -1879048186 & 0xFFFFFFFF: Kind.LOCATION,
}
_SUB = {
    0: Kind.FILE,
    1: Kind.LINK,
    3: Kind.LINK,
    4: Kind.LINK,
    5: Kind.LINK,
    6: Kind.FILE,
    8: Kind.STICKER,
    17: Kind.LOCATION,
    19: Kind.FORWARD,
    24: Kind.LINK,  # note
    33: Kind.MINI_PROGRAM,
    36: Kind.MINI_PROGRAM,
    50: Kind.LINK,  # channels: card, video, live
    51: Kind.LINK,
    53: Kind.TEXT,  # solitaire
    57: Kind.TEXT,  # quote
    62: Kind.POKE,
    63: Kind.LINK,
    68: Kind.LINK,
    74: Kind.FILE,
    76: Kind.LINK,
    87: Kind.ANNOUNCEMENT,
    88: Kind.LINK,
    92: Kind.LINK,
    2000: Kind.TRANSFER,
    2001: Kind.RED_PACKET,
    2003: Kind.RED_PACKET,  # cover given as a present
}
# WeFlow, EchoTrace, PyWxDump, MemoTrace, wx-cli, WDA, without a trailing 消息. Words that exporters
# put on anything (其他, 未知类型, 链接/文件) are left out on purpose.
_WORDS: dict[Kind, str] = {
    Kind.TEXT: "文本 引用 引用回复 接龙 text quote solitaire",
    Kind.IMAGE: "图片 image",
    Kind.VOICE: "语音 voice",
    Kind.VIDEO: "视频 video",
    Kind.STICKER: "动画表情 表情 表情包 用户上传的GIF表情 emoji sticker",
    Kind.FILE: "文件 file",
    Kind.LINK: "链接 分享链接 卡片式链接 图文 粘贴的文本 收藏笔记 笔记 收藏夹 音乐 音乐分享 音乐卡片 "
    "视频号 视频号名片 视频号视频 视频号直播卡片 视频号直播或直播回放 link music finder card",
    Kind.MINI_PROGRAM: "小程序 小程序分享 miniapp miniprogram",
    Kind.FORWARD: "聊天记录 聊天记录合并转发 合并转发的聊天记录 chatHistory chat-record",
    Kind.CONTACT_CARD: "名片 个人名片 公众号名片 个人/公众号名片 企业微信名片 推荐公众号",
    Kind.LOCATION: "位置 位置分享 位置共享 location",
    Kind.RED_PACKET: "红包 红包卡片 赠送红包封面 redPacket red-packet",
    Kind.TRANSFER: "转账 转账卡片 transfer",
    Kind.POKE: "拍一拍",
    Kind.CALL: "通话 语音通话 视频通话 音视频通话 voip",
    Kind.ANNOUNCEMENT: "群公告 announcement",
    Kind.SYSTEM: "系统 系统通知 添加好友 邀请加群 system",
    Kind.RECALL: "消息撤回 撤回",  # these tools print no sentence that would say so
}
_BY_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_SHARED = re.compile(r"[(（]分享[)）]")
_NUMBER = re.compile(r"-?[0-9]{1,9}")


def kind_of(
    local_type: int | None, word: str | None, content: str | None, app_type: str | None = None
) -> Kind:
    """The kind of a WeChat message; ``other`` where nothing says it.

    ``local_type`` may hold the sub-type above bit 32. ``app_type`` is the sub-type as a string
    where the export has it apart. The numbers decide; the exporter's ``word`` (WeFlow calls a GIF
    文件消息) counts where they say nothing, and the leading tag of ``content`` comes last.
    """
    return (
        _by_number(local_type, app_type) or _by_word(word) or _by_content(content, local_type, word, app_type)
    )


def _by_number(local_type: int | None, app_type: str | None) -> Kind | None:
    base, sub = local_type, None
    if local_type is not None and local_type > 1 << 32:
        base, sub = local_type & 0xFFFFFFFF, local_type >> 32
    if base is not None and base in _BASE:
        return _BASE[base]
    if app_type and _NUMBER.fullmatch(app_type.strip()):
        sub = int(app_type)
    # A bare 49 has lost its sub-type: that is not sub-type 0, a file.
    return _SUB.get(sub) if sub is not None and base in (None, _APP) else None


def _by_word(word: str | None) -> Kind | None:
    if not word:
        return None
    plain = _SHARED.sub("", word).strip().rstrip("0123456789")
    return _BY_WORD.get(plain) or _BY_WORD.get(plain.removesuffix("消息"))


def _by_content(content: str | None, *types: object) -> Kind:
    kind = wechat_tag(content) if content else None
    if kind is None and content and not any(types):
        return Kind.TEXT  # the export has no types at all
    return kind or Kind.OTHER
