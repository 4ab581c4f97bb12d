"""Placeholders: what a tag says about the kind, and what is left as a person's words. Invented."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from cq.formats._placeholders import qq_txt, qq_txt_column, wechat, wechat_tag

QQ = [
    ("[图片]", "image", "[图片]"),
    ("[图片][表情]", "image", "[图片][表情]"),
    ("[表情] [图片]\n", "sticker", "[表情] [图片]\n"),
    ("[动画表情]", "sticker", "[动画表情]"),
    ("[语音]", "voice", "[语音]"),
    ("[视频]", "video", "[视频]"),
    ("[文件]", "file", "[文件]"),
    ("[文件]a.pdf", "file", "a.pdf"),
    ("[文件] 赛程 [1].v2.xlsx\n", "file", "赛程 [1].v2.xlsx"),
    ("[文件]看一下这个", "text", "看一下这个"),
    ("[文件]看\na.pdf", "text", "看\na.pdf"),
    ("[文件][图片]a.pdf", "text", "a.pdf"),
    ("[闪照]", "image", "[闪照]"),
    ("[QQ红包]", "red_packet", "[QQ红包]"),
    ("[QQ红包]恭喜发财", "red_packet", "恭喜发财"),
    ("看[QQ红包]", "text", "看"),
    ("[图片]看看", "text", "看看"),
    ("[图片]\n看看\n这个 [表情]", "text", "看看\n这个"),
    ("一\n[图片]\n二", "text", "一\n\n二"),
    ("  自己的缩进[图片]", "text", "  自己的缩进"),
    ("[微笑]", "text", "[微笑]"),
    ("[微笑][图片]", "text", "[微笑]"),
    ("[图片：a.jpg] [[图片", "text", "[图片：a.jpg] [[图片"),
    ("[[图片]]", "text", "[]"),
    ("", "text", ""),
    ("图片", "text", "图片"),
]

WECHAT = [
    ("[图片]", "image", "[图片]", None),
    ("[视频]", "video", "[视频]", None),
    ("[语音消息]", "voice", "[语音消息]", None),
    ("[语音消息] 明早七点", "voice", "明早七点", None),
    ("[表情包]", "sticker", "[表情包]", None),
    ("[表情包：赞]", "sticker", "[表情包：赞]", None),
    ("[红包] 买水", "red_packet", "买水", None),
    ("[红包]", "red_packet", "[红包]", None),
    ("[链接] 夜骑路线", "link", "夜骑路线", "夜骑路线"),
    ("[链接]", "link", "[链接]", None),
    ("[文件] a [1].pdf", "file", "a [1].pdf", "a [1].pdf"),
    ("[文件]a.pdf", "file", "a.pdf", "a.pdf"),
    ("[小程序] 接龙", "mini_program", "接龙", "接龙"),
    ("[音乐] 歌", "link", "歌", "歌"),
    ("[视频号] 湖", "link", "湖", "湖"),
    ("[名片] 默默", "contact_card", "默默", "默默"),
    ("[位置] 桥头 某路1号(31.1,121.2)", "location", "桥头 某路1号(31.1,121.2)", None),
    ("[转账] ￥5 备注", "transfer", "￥5 备注", None),
    ("[转账]￥12.00 买水", "transfer", "￥12.00 买水", None),
    ("[群公告] 带头盔\n七点", "announcement", "带头盔\n七点", None),
    ("[接龙] 明早七点\n1. 阿北", "text", "明早七点\n1. 阿北", None),
    ("[语音通话]", "call", "[语音通话]", None),
    ("[视频通话] 时长 01:02", "call", "[视频通话] 时长 01:02", None),
    ("[转发的聊天记录]群聊的聊天记录\n阿北: 带灯", "forward", "群聊的聊天记录", "群聊的聊天记录"),
    ("[转发的聊天记录]\n阿北: 带灯", "forward", "[转发的聊天记录]", None),
    ('[拍一拍]"阿北" 拍了拍我', "poke", '"阿北" 拍了拍我', None),
    ("[拍一拍]", "poke", "[拍一拍]", None),
    ("[未知消息类型(822083633)]", "other", "[未知消息类型(822083633)]", None),
    ("[微笑]你好", "text", "[微笑]你好", None),
    ("好 [链接] x", "text", "好 [链接] x", None),
    ("", "text", None, None),
]


@pytest.mark.parametrize(("text", "kind", "left"), QQ)
def test_qq_txt(text: str, kind: str, left: str) -> None:
    assert qq_txt(text) == (kind, left)


@pytest.mark.parametrize(("text", "kind", "left", "title"), WECHAT)
def test_wechat(text: str, kind: str, left: str | None, title: str | None) -> None:
    assert wechat(text) == (kind, left, title)
    assert wechat_tag(text) in (kind, None)


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_the_column_agrees_with_the_function(type_: pa.DataType) -> None:
    texts = [text for text, _, _ in QQ]
    column = pa.array([*texts, None], type_)
    kinds, left = qq_txt_column(column.slice(1))
    assert kinds.type == pa.string()
    assert left.type == type_
    assert list(zip(kinds.to_pylist(), left.to_pylist(), strict=True)) == [
        *map(qq_txt, texts[1:]),
        ("text", None),
    ]


def test_a_column_without_placeholders_is_handed_back() -> None:
    column = pa.array(["早", None, "[微笑]"])
    kinds, left = qq_txt_column(column)
    assert kinds.to_pylist() == ["text"] * 3
    assert left is column
    assert [len(a) for a in qq_txt_column(pa.array([], pa.string()))] == [0, 0]


def test_a_million_rows() -> None:
    column = pa.array(
        ["明早七点", "好的[微笑]", "来", "1", "收到", "哈哈", "几点", "到了", "[图片]看看", "嗯"] * 100_000
    )
    best = 9.0
    for _ in range(3):  # the machine has other work
        start = time.perf_counter()
        kinds, _ = qq_txt_column(column)
        best = min(best, time.perf_counter() - start)
    assert len(kinds) == 1_000_000
    assert best < 5  # 0.26 s on two idle cores; a Python loop over every row takes ten times as long


@pytest.mark.parametrize(
    "piece", ["[", "[图片", "[图片]", " [图片]", "\n", "[表情包：", "[未知消息类型(1", "[转发的聊天记录]\n"]
)
def test_hostile_strings(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.perf_counter()
    qq_txt(text)
    wechat(text)
    assert time.perf_counter() - start < 2
