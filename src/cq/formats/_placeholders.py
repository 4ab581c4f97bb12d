"""Placeholders (``[图片]``, ``[链接] 标题``): the kind they stand for, and what a person wrote.

The contract keeps a placeholder in ``text`` only where there is nothing else, and a title where
there are no own words. People can type every one of these tags: this is the reading of last
resort, for formats that carry no type, or for a row whose type already says what it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cq.model import Kind

if TYPE_CHECKING:
    import pyarrow as pa

_QQ = {
    "图片": Kind.IMAGE,
    "闪照": Kind.IMAGE,
    "表情": Kind.STICKER,
    "动画表情": Kind.STICKER,
    "语音": Kind.VOICE,
    "视频": Kind.VIDEO,
    "文件": Kind.FILE,
    "QQ红包": Kind.RED_PACKET,
}
_QQ_TAG = re.compile(rf"\[({'|'.join(_QQ)})\]")
_QQ_FILE = re.compile(r"\s*\[文件\][ \t]*([^\r\n]{1,255}\.[A-Za-z0-9]{1,8})\s*")

_PLAIN, _OWN, _TITLE, _FIRST_LINE = range(4)
# What may follow the tag: nothing a person wrote; own words; the title of a card; title and body.
_WECHAT = {
    "图片": (Kind.IMAGE, _PLAIN),
    "视频": (Kind.VIDEO, _PLAIN),
    "语音消息": (Kind.VOICE, _OWN),  # the transcript
    "语音": (Kind.VOICE, _OWN),
    "表情包": (Kind.STICKER, _PLAIN),
    "表情": (Kind.STICKER, _PLAIN),
    "动画表情": (Kind.STICKER, _PLAIN),
    "GIF表情": (Kind.STICKER, _PLAIN),
    "文件": (Kind.FILE, _TITLE),
    "链接": (Kind.LINK, _TITLE),
    "音乐": (Kind.LINK, _TITLE),
    "笔记": (Kind.LINK, _TITLE),
    "视频号": (Kind.LINK, _TITLE),
    "视频号名片": (Kind.LINK, _TITLE),
    "视频号直播": (Kind.LINK, _TITLE),
    "小程序": (Kind.MINI_PROGRAM, _TITLE),
    "名片": (Kind.CONTACT_CARD, _TITLE),
    "个人名片": (Kind.CONTACT_CARD, _TITLE),
    "转发的聊天记录": (Kind.FORWARD, _FIRST_LINE),
    "合并转发": (Kind.FORWARD, _FIRST_LINE),
    "聊天记录": (Kind.FORWARD, _FIRST_LINE),
    "位置": (Kind.LOCATION, _OWN),
    "转账": (Kind.TRANSFER, _OWN),
    "转账收款": (Kind.TRANSFER, _OWN),
    "红包": (Kind.RED_PACKET, _OWN),
    "红包封面": (Kind.RED_PACKET, _OWN),
    "群公告": (Kind.ANNOUNCEMENT, _OWN),
    "接龙": (Kind.TEXT, _OWN),
    "引用消息": (Kind.TEXT, _OWN),
    "拍一拍": (Kind.POKE, _OWN),
    "语音通话": (Kind.CALL, _PLAIN),
    "视频通话": (Kind.CALL, _PLAIN),
    "通话": (Kind.CALL, _PLAIN),
    "系统消息": (Kind.SYSTEM, _OWN),
    "其他消息": (Kind.OTHER, _PLAIN),
    "不支持的消息类型": (Kind.OTHER, _PLAIN),
    "未知消息类型": (Kind.OTHER, _PLAIN),
}
_WECHAT_NAMES = "|".join(sorted(_WECHAT, key=len, reverse=True))
# [表情包：词] and [未知消息类型(822083633)] say more inside the brackets.
_WECHAT_TAG = re.compile(rf"\s{{0,8}}\[({_WECHAT_NAMES})(?:[：:][^\[\]]{{1,200}}|\(-?\d{{1,20}}\))?\]")


def qq_txt(text: str) -> tuple[Kind, str]:
    """Kind and text of a body of QQ's own TXT and MHT, which carry no types.

    Only placeholders: the kind of the first, text as it is. Among words: text without them, inner
    line breaks kept. ``[QQ红包]`` is always first, and what follows is its title; a file's name may
    follow ``[文件]``. An emoticon such as ``[微笑]`` is no placeholder.
    """
    pieces = _QQ_TAG.split(text) if "[" in text else [text]
    if len(pieces) == 1:
        return Kind.TEXT, text
    words, first = "".join(pieces[::2]), _QQ[pieces[1]]
    if not words.strip():
        return first, text
    if not pieces[0].strip():
        words = words.lstrip()
    if not pieces[-1].strip():
        words = words.rstrip()
    if first is Kind.FILE and len(pieces) == 3 and (named := _QQ_FILE.fullmatch(text)):
        return first, named[1]
    packet = first is Kind.RED_PACKET and not pieces[0].strip()
    return first if packet else Kind.TEXT, words


def qq_txt_column(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """:func:`qq_txt` for a string column: kinds and texts. A null is text and stays null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.fill_null(pc.match_substring_regex(texts, _QQ_TAG.pattern), False)
    read = [qq_txt(text) for text in texts.filter(found).to_pylist()]
    kinds = pa.repeat(pa.scalar(Kind.TEXT.value), len(texts))
    if not read:
        return kinds, texts
    return (
        pc.replace_with_mask(kinds, found, pa.array([kind.value for kind, _ in read], pa.string())),
        pc.replace_with_mask(texts, found, pa.array([text for _, text in read], texts.type)),
    )


def wechat_tag(text: str) -> Kind | None:
    """The kind that a WeChat content announces by its leading tag, None without one."""
    tag = _WECHAT_TAG.match(text)
    return _WECHAT[tag[1]][0] if tag else None


def wechat(text: str) -> tuple[Kind, str | None, str | None]:
    """Kind, own text or title, and card title of a content by WeFlow, EchoTrace or ChatLab.

    Call it only where the type of the row says that it is no ordinary text: ``[红包] 买水`` may be
    typed, too. The children of a forward are not the sender's words: its text is its title.
    """
    tag = _WECHAT_TAG.match(text)
    if tag is None:
        return Kind.TEXT, text or None, None
    kind, follows = _WECHAT[tag[1]]
    rest = text[tag.end() :]
    if follows == _FIRST_LINE:
        rest = rest.partition("\n")[0]
    rest = rest.strip()
    if follows == _PLAIN:
        return kind, text.strip(), None
    if not rest:
        return kind, tag[0].strip(), None
    return kind, rest, rest if follows in (_TITLE, _FIRST_LINE) else None
