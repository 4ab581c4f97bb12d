"""WeChat text logs: what stands in them, what they leave out, and what only looks like them."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from raw import Read, read, source

from cq.errors import InputError
from cq.formats import all_formats, identify
from cq.formats._transcript import records

BLOCKS = (1, 7, 64)
TEXTS = (
    "weflow-txt",
    "chatlog-txt",
    "memotrace-txt",
    "memotrace-ai-txt",
    "wda-txt",
    "wechat-mail-txt",
)


def recognised(text: str) -> list[str]:
    peek = source(text.encode()).peek
    return [f.id for f in all_formats() if f.sniff(peek) is not None]


def several(text: str, id_: str, **options: object) -> Read:
    """Read ``text``; reading it in small pieces must give the same."""
    whole = read(text.encode(), id_, **options)  # type: ignore[arg-type]
    for block in BLOCKS:
        assert read(text.encode(), id_, block=block, **options) == whole, block  # type: ignore[arg-type]
    return whole


# -- WeFlow ------------------------------------------------------------------------------------------


def weflow(*records: tuple[str, str], minute: int = 0) -> str:
    return "".join(
        f"2026-02-01 06:{minute + i:02d}:00 '{who}'\n{body}\n\n" for i, (who, body) in enumerate(records)
    )


def test_weflow_names_and_bodies_hold_anything() -> None:
    text = weflow(
        ("西西's bike", "一\n\n\n二"),
        ("'", "\u2028 \u202e 👋"),
        ("a  (b) 09:00", '"逗号", 引号'),
        ("阿北", "null"),
    )
    found = several(text, "weflow-txt")
    assert found.column("sender_name") == ["西西's bike", "'", "a  (b) 09:00", "阿北"]
    assert found.column("text") == ["一\n\n\n二", "\u2028 \u202e 👋", '"逗号", 引号', "null"]
    assert found.column("origin_record") == [1, 7, 10, 13]
    assert not found.problems and not found.notices


def test_a_weflow_head_inside_a_paragraph_is_talk_about_heads() -> None:
    quoted = "看：\n2026-02-01 06:00:00 '阿北'\n这种格式"
    found = several(weflow(("阿北", "在"), ("西西", quoted)), "weflow-txt")
    assert found.column("text") == ["在", quoted]


def test_a_head_that_may_be_pasted_is_told() -> None:
    pasted = "一\n\n2026-01-01 06:00:00 '西西'\n抄的"
    found = several(weflow(("阿北", "零"), ("阿北", pasted), ("西西", "二")), "weflow-txt")
    assert found.column("text") == ["零", "一", "抄的", "二"]  # nothing tells it from a message
    assert [(n.code, n.where) for n in found.notices] == [("suspect_split", "x.txt:7")]


def test_weflow_without_its_blank_lines_is_read_all_the_same() -> None:
    text = weflow(("阿北", "一"), ("西西", "二"), ("阿北", "三")).replace("\n\n", "\n")
    assert several(text, "weflow-txt").column("text") == ["一", "二", "三"]


@pytest.mark.parametrize(
    ("body", "kind", "text", "title"),
    [
        ("[文件]表.xlsx", "file", "表.xlsx", "表.xlsx"),
        ("[转账]￥12.00 买水", "transfer", "￥12.00 买水", None),
        ("[红包]早到奖", "red_packet", "早到奖", None),
        ("[红包][红包]恭喜", "text", "[红包][红包]恭喜", None),  # an emoticon
        ("[图片]", "image", "[图片]", None),
        ("[图片]看这里", "text", "[图片]看这里", None),  # typed
        ("[表情包：赞]", "sticker", "[表情包：赞]", None),
        ("[转发的聊天记录]甲和乙的聊天记录\n甲: 在", "forward", "甲和乙的聊天记录", "甲和乙的聊天记录"),
        ("[其他消息]", "other", "[其他消息]", None),
        ("[微笑]早", "text", "[微笑]早", None),
        ("[系统消息]甲加入了群聊", "text", "[系统消息]甲加入了群聊", None),  # people send no system rows
        ("<msg><emoji md5=\"0\"/></msg>", "sticker", "[表情包]", None),
    ],
)  # fmt: skip
def test_weflow_placeholders(body: str, kind: str, text: str, title: str | None) -> None:
    found = read(weflow(("阿北", body), ("西西", "好")).encode(), "weflow-txt")
    row = found.rows[0]
    assert (row["kind"], row["text"], row["card_title"]) == (kind, text, title)


TOLD = '"阿北" 撤回了一条消息'


def test_the_group_itself_is_known_by_the_name_of_the_file() -> None:
    text = weflow(
        ("阿北", "早"), ("骑行队", TOLD), ("骑行队", '"西"与群里其他人都不是微信朋友关系，请注意隐私安全')
    )
    found = read(text.encode(), "weflow-txt", name="骑行队_20260101-20260131.txt")
    assert found.column("event") == [None, "recall", "other"]
    assert found.column("sender_id") == ["name:阿北", None, None]
    assert not found.notices
    assert [(g.group_name, g.chat_kind) for g in found.groups.values()] == [("骑行队", "group")]


@pytest.mark.parametrize(
    "name",
    [
        "骑行队.txt",
        "骑行队 (1).txt",
        "骑行队(1).txt",
        "骑行队 - 副本.txt",
        "骑行队_20260101-20260131 (2).txt",
    ],
)
def test_a_second_copy_is_of_the_same_group(name: str) -> None:
    found = read(weflow(("阿北", "早"), ("西西", "好")).encode(), "weflow-txt", name=name)
    assert found.column("group_name") == ["骑行队"] * 2


def test_nobody_acts_where_a_sentence_names_nobody() -> None:
    bare = "撤回了一条消息"
    group = read(
        weflow(("阿北", "早"), ("骑行队", TOLD), ("骑行队", bare)).encode(), "weflow-txt", name="骑行队.txt"
    )
    nobody = several(chatlog(("系统消息 2026-02-01 06:53:20", bare)), "chatlog-txt")
    for row in (group.rows[2], nobody.rows[0]):
        assert (row["event"], row["event_actor"]) == ("recall", None)


def test_the_group_itself_is_guessed_where_the_file_has_another_name() -> None:
    found = read(weflow(("阿北", "早"), ("骑行队", TOLD)).encode(), "weflow-txt", name="new.txt")
    assert found.column("event") == [None, "recall"]
    assert [(n.code, n.detail) for n in found.notices] == [("guessed_system_rows", "1")]
    assert found.column("group_name") == ["骑行队"] * 2


def test_a_member_who_writes_a_system_sentence_stays_a_member() -> None:
    text = weflow(("阿北", "早"), ("阿北", TOLD), ("西西", "你撤回什么了"))
    for name in ("x.txt", "阿北.txt"):  # a file may be called like a member
        found = read(text.encode(), "weflow-txt", name=name)
        assert found.column("event") == [None] * 3
        assert found.column("sender_id")[1] == "name:阿北"


def test_a_private_chat_of_weflow() -> None:
    found = read(weflow(("我", "在吗"), ("阿北", "在")).encode(), "weflow-txt", name="私聊_阿北.txt")
    assert found.column("sender_id") == ["self", "name:阿北"]
    assert found.column("sender_name") == [None, "阿北"]
    assert found.column("is_self") == [True, False]
    assert [(g.group_name, g.chat_kind) for g in found.groups.values()] == [("阿北", "private")]


def test_a_time_that_does_not_exist_costs_one_record() -> None:
    text = (
        weflow(("阿北", "一"), ("阿北", "二")) + "2026-02-31 06:00:00 '西西'\n三\n\n" + weflow(("阿北", "四"))
    )
    found = several(text, "weflow-txt")
    assert found.column("text") == ["一", "二", "四"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:7")]


# -- chatlog -----------------------------------------------------------------------------------------


def chatlog(*records: tuple[str, str]) -> str:
    return "".join(f"{head}\n{body}\n\n" for head, body in records)


def test_chatlog_times_without_a_year() -> None:
    text = chatlog(
        ("阿北(wxid_aaaa0001) 12-31 23:59:00", "一"),
        ("我 01-01 00:01:00", "二"),
        ("系统消息 02-29 08:00:00", TOLD),
    )
    found = several(text, "chatlog-txt", year=2027)
    assert found.local_times == ["2027-12-31 23:59:00", "2028-01-01 00:01:00", "2028-02-29 08:00:00"]
    assert found.column("sender_id") == ["wxid_aaaa0001", "self", None]
    with pytest.raises(InputError) as needed:
        read(text.encode(), "chatlog-txt")
    assert needed.value.code == "year_needed"
    named = read(text.encode(), "chatlog-txt", name="群_2026-12-31.txt")
    assert named.local_times[0] == "2026-12-31 23:59:00"
    assert [(n.code, n.detail) for n in named.notices] == [("assumed_date", "3")]


def test_chatlog_times_without_a_date_pass_midnight() -> None:
    text = chatlog(
        ("阿北(wxid_aaaa0001) 23:59:00", "一"),
        ("我 00:01:00", "二"),
        ("西西(我) 25:00:00", "三"),
        ("我 00:02:00", "四"),
    )
    found = several(text, "chatlog-txt", date=date(2026, 2, 1))
    assert found.local_times == ["2026-02-01 23:59:00", "2026-02-02 00:01:00", "2026-02-02 00:02:00"]
    assert found.codes == ["bad_time"]
    with pytest.raises(InputError) as needed:
        read(text.encode(), "chatlog-txt")
    assert needed.value.code == "date_needed"


def test_each_chat_of_chatlog_is_a_group_with_its_own_clock() -> None:
    text = chatlog(
        ("我 [骑行 (西)(1@chatroom)] 23:00:00", "一"), ("我 [阿北(wxid_aaaa0001)] 09:00:00", "二"),
        ("我 [骑行 (西)(1@chatroom)] 23:30:00", "三"), ("wxid_aaaa0001 [阿北(wxid_aaaa0001)] 09:30:00", "四"),
    )  # fmt: skip
    found = several(text, "chatlog-txt", date=date(2026, 2, 1))
    assert {g.group_id: (g.group_name, g.chat_kind) for g in found.groups.values()} == {
        "1@chatroom": ("骑行 (西)", "group"), "wxid_aaaa0001": ("阿北", "private"),
    }  # fmt: skip
    assert {(row["group_id"], row["text"], at) for row, at in zip(found.rows, found.local_times, strict=True)} == {
        ("1@chatroom", "一", "2026-02-01 23:00:00"), ("1@chatroom", "三", "2026-02-01 23:30:00"),
        ("wxid_aaaa0001", "二", "2026-02-01 09:00:00"), ("wxid_aaaa0001", "四", "2026-02-01 09:30:00"),
    }  # fmt: skip


def test_chatlog_quotations_and_forwards_hold_no_heads() -> None:
    text = chatlog(
        ("阿北(wxid_aaaa0001) 2026-02-01 06:00:00", "一\n\n二"),
        (
            "西西 [骑](wxid_bbbb0002) 2026-02-01 06:01:00",
            "> 阿北(wxid_aaaa0001) 02-01 06:00:00\n> 一\n> \n> 二\n好",
        ),
        (
            "我 2026-02-01 06:02:00",
            "[合并转发|记录]\n  阿北 2026-01-31 22:00:00\n  带灯\n\n  我 06:00:00\n  好",
        ),
        ("我 2026-02-01 06:03:00", "2026-02-01 06:00:00 到的\n我 06:00:00\n老地方 12:30:00"),
    )
    found = several(text, "chatlog-txt")
    assert found.column("kind") == ["text", "text", "forward", "text"]
    assert found.column("text")[1:] == [
        "好",
        "记录",
        "2026-02-01 06:00:00 到的\n我 06:00:00\n老地方 12:30:00",
    ]
    assert found.column("reply_quote")[1] == "一\n\n二"
    assert found.column("sender_name") == ["阿北", "西西 [骑]", None, None]
    told_at = int(found.rows[0]["sent_at"].timestamp() * 1000)
    assert found.column("reply_to")[1] == f"at:{told_at}:wxid_aaaa0001"


def test_chatlog_alpha_numbers() -> None:
    text = chatlog(
        ("阿北(wxid_aaaa0001) [1769900000000017] 2026-02-01 06:00:00", "一"),
        (
            "系统消息 [1769900000000018] 2026-02-01 06:01:00",
            '"阿北(wxid_aaaa0001)"邀请"默(wxid_cccc0003)"加入了群聊',
        ),
    )
    found = several(text, "chatlog-txt")
    assert found.column("native_id") == ["cl:1769900000000017", "cl:1769900000000018"]
    assert (found.rows[1]["event_actor"], found.rows[1]["event_target"]) == (
        "wxid_aaaa0001",
        ["wxid_cccc0003"],
    )


# -- MemoTrace ---------------------------------------------------------------------------------------


def test_memotrace_2_puts_system_sentences_on_the_line_of_the_time() -> None:
    text = (
        "2024-02-01 09:00:00 阿北\n早\n\n"
        '2024-02-01 09:01:00 "阿北"邀请"默默"加入了群聊\n\n'
        "2024-02-01 09:02:00 阿北\n\n"  # has spoken: an empty message
        "2024-02-01 09:03:00 以上是打招呼的内容\n\n"
        "2024-02-01 09:04:00 我\n好\n\n"
    )
    found = several(text, "memotrace-txt")
    assert found.column("event") == [None, "join", None, "other", None]
    assert found.column("sender_id") == ["name:阿北", None, "name:阿北", None, "self"]
    assert found.column("text")[2:4] == [None, "以上是打招呼的内容"]


def test_memotrace_3_leaves_system_rows_empty_but_counts_them() -> None:
    text = "2026-02-01 06:53:20 阿北\n早\n\n2026-02-01 06:53:50\n\n\n2026-02-01 06:54:20 西西\n好\n引用：阿北: 早"
    found = several(text, "memotrace-txt")
    assert found.column("kind") == ["text", "system", "text"]
    assert found.column("reply_quote") == [None, None, "早"]


def test_names_of_nobody() -> None:
    text = f"2026-02-01 06:53:20 系统消息\n{TOLD}\n\n2026-02-01 06:54:20 群成员\n好"
    found = several(text, "memotrace-txt")
    assert found.column("event") == ["recall", None]
    assert found.column("sender_id") == [None, None]
    told = read(weflow(("系统消息", TOLD), ("7@chatroom", TOLD), ("阿北", "好")).encode(), "weflow-txt")
    assert told.column("event") == ["recall", "recall", None]


def test_words_behind_a_picture_of_memotrace_were_typed() -> None:
    text = (
        "2026-02-01 06:53:20 老王: 财务\n【图片】\n\n2026-02-01 06:53:30 阿北\n【图片】手打的\n\n"
        "2026-02-01 06:54:20 西西\n好\n引用：老王: 财务: 早"
    )
    found = several(text, "memotrace-txt")
    assert found.column("kind") == ["image", "text", "text"]
    assert found.column("text")[1:] == ["【图片】手打的", "好"]
    assert found.rows[2]["reply_quote"] == "早"


def test_memotrace_takes_the_group_from_its_folder() -> None:
    text = "2026-02-01 06:53:20 阿北\n早\n\n2026-02-01 06:54:20 西西\n好"
    found = read(text.encode(), "memotrace-txt", name="聊天记录/骑行(70000000001@chatroom)/骑行.txt")
    assert [(g.group_id, g.group_name) for g in found.groups.values()] == [("70000000001@chatroom", "骑行")]


DAY = "*" * 20


def ai(*days: tuple[str, str]) -> str:
    return "".join(f"\n\n{DAY}{day}{DAY}\n{lines}" for day, lines in days)


def test_memotrace_days_of_lines() -> None:
    text = ai(
        ("2026-02-01", "\n阿北:一\n二\n\n老 9:30:三\n\n四\n\n阿北:12:30 见\n\n老 9:30:五\n"),
        ("2026-02-02", "六\n\nhttps://example.org 七\n"),
    )
    found = several(text, "memotrace-ai-txt")
    assert list(zip(found.column("sender_name"), found.column("text"), strict=True)) == [
        ("阿北", "一"), ("阿北", "二"), ("老 9:30", "三\n\n四"), ("阿北", "12:30 见"), ("老 9:30", "五"),
        ("老 9:30", "六\n\nhttps://example.org 七"),
    ]  # fmt: skip
    assert found.local_times[0] == "2026-02-01 00:00:00" and found.local_times[-1] == "2026-02-02 00:00:00"
    assert [(n.code, n.detail) for n in found.notices] == [("day_only", "6")]
    assert found.headers == 2


def test_memotrace_days_without_names() -> None:
    found = several(ai(("2024-02-01", "早\n好\n")), "memotrace-ai-txt")
    assert found.column("sender_id") == [None, None]
    assert found.column("text") == ["早", "好"]


# -- WeChatDataAnalysis ------------------------------------------------------------------------------


def wda(*lines: str) -> str:
    return "\n".join(
        ["会话: 骑行 (7@chatroom)", "账号: wxid_me", "导出时间: 2026-08-01T10:00:00", "", *lines, ""]
    )


def test_wda_names_ids_and_texts() -> None:
    text = wda(
        "[2026-02-01 06:53:20] 西西(夜骑)(wxid_b) [avatar=media/a.png]: 看(这个): 好",
        "[别的] 第二行",
        "",
        "[2026-02-01 06:54:20] 队长(wxid_me): ",
        "[2026-02-01 06:55:20] [系统] “西西”撤回了一条消息",
    )
    found = several(text, "wda-txt")
    assert found.column("sender_id") == ["wxid_b", "wxid_me", None]
    assert found.column("sender_name") == ["西西(夜骑)", "队长", None]
    assert found.column("is_self") == [False, True, None]
    assert found.column("text")[:2] == ["看(这个): 好\n[别的] 第二行", None]
    assert found.rows[2]["event"] == "recall"
    assert (found.headers, found.problems) == (1, [])


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("表.xlsx 表.xlsx size=10", "file", "表.xlsx"),
        ("[文件] 表 格.xlsx size=10", "file", "表 格.xlsx"),
        ("锅 size=10", "text", "锅 size=10"),
        ("题 目 题 目 https://example.org/1", "link", "题 目"),
        ("看 https://example.org/1", "text", "看 https://example.org/1"),
        ("[转账] 金额=￥1.00 状态=已收款", "transfer", "￥1.00"),
        ("[红包] 新年好 金额= 状态=", "red_packet", "新年好"),
        ("红包 金额=1", "text", "红包 金额=1"),
        ("[位置] 地点=桥头 地址=路 1 号 坐标=121.5,31.2", "location", "桥头"),
        ("[语音] 转写=明天\n见", "voice", "明天\n见"),
        ("[语音] 转写=明天 见 media/voices/a.mp3", "voice", "明天 见"),
        ("[图片] media/images/a.jpg", "image", "[图片]"),
        ("[图片] 好看", "text", "[图片] 好看"),
    ],
)
def test_what_wda_puts_behind_a_text(body: str, kind: str, text: str) -> None:
    row = read(wda(f"[2026-02-01 06:53:20] 阿北(wxid_a): {body}").encode(), "wda-txt").rows[0]
    assert (row["kind"], row["text"]) == (kind, text)


# -- the engine below --------------------------------------------------------------------------------


def test_heads_of_several_lines_are_found_wherever_a_block_ends() -> None:
    text = "before\n\na\n--\nx\n\nb\n--\n--\nb\n--\n"
    head = re.compile(r"^(\w)\n--$", re.MULTILINE)
    for block in range(1, 24):
        pieces = list(records(source(text.encode(), block=block), head, lines_of_head=2))
        lines, heads, bodies = ([one for piece in pieces for one in piece[k] or ()] for k in range(3))
        assert (lines, heads, bodies) == ([3, 7, 10], [("a",), ("b",), ("b",)], ["x", "--", ""])
        assert [piece.preamble for piece in pieces if piece.preamble is not None] == ["before"]


# -- what only looks like them -----------------------------------------------------------------------

LOOK_ALIKES = {
    "whatsapp-ios": "[2021/3/5 09:00:00] 甲: 你好\n[2021/3/5 09:01:00] 乙: 好\n",
    "whatsapp-android": "2021-03-05 09:00 - 甲: 你好\n2021-03-05 09:01 - 乙: 好\n",
    "telegram": "甲, [05.03.2021 09:00]\n你好\n\n乙, [05.03.2021 09:01]\n好\n\n",
    "line": "[LINE] 甲的聊天记录\n保存日期：2021/03/05 09:00\n\n2021/03/05(五)\n09:00\t甲\t你好\n",
    "discord": "==============\nGuild: x\nChannel: y\n==============\n\n[05-Mar-21 09:00] a#1\nhello\n\n[05-Mar-21 09:01] b#2\nhi\n",
    "slack": "zhangsan  09:00\nhello\n\nlisi  09:01\nhi\n\n",
    "dingtalk": "zhangsan 2021-03-05 09:00:00\nhello\n\nlisi888 2021-03-05 09:01:00\nhi\n\n",
    "qq-without-its-head": "2021-03-05 10:00:00 阿宽(10086001)\n你好\n\n2021-03-05 10:01:00 小禾<a@b.cc>\n好\n\n",
    "qq-clipboard": "阿宽(10086001) 2021-03-05 10:00:00\n你好\n\n小禾(10086002) 2021-03-05 10:01:00\n好\n\n",
    "log": "2021-03-05 09:00:00 INFO started\n2021-03-05 09:00:01 INFO ready\n",
    "log-in-blocks": "2021-03-05 09:00:00 ERROR x\nTraceback:\n\n2021-03-05 09:00:01 [main] WARN y\n  at z\n\n",
    "log-quoted": "2021-03-05 09:00:00 'GET /'\n2021-03-05 09:00:01 'GET /a'\n",
    "irc": "2021-03-05 09:00:00 <甲> hi\n2021-03-05 09:00:01 <乙> hi\n",
    "diary": "2021-03-05 09:00:00\n今天很好。\n\n2021-03-06 09:00:00\n又是一天。\n\n",
    "diary-of-weekdays": "2021-03-05 09:00:00 星期五\n今天很好。\n\n2021-03-06 09:00:00 星期六\n又是一天。\n\n",
    "commits": "2021-03-05 09:00:00 +0800\nfix\n\n2021-03-06 09:00:00 +0800\nfix more\n\n",
    "minutes": "speaker_1 00:00:01\n你好\n\nspeaker_2 00:00:05\n好\n\n",
    "subtitles": "1\n00:00:01,000 --> 00:00:02,000\n你好\n\n2\n00:00:03,000 --> 00:00:04,000\n好\n",
    "markdown": "# 日志\n\n## 2021-03-05\n\n- 2021-03-05 09:00:00 '阿北' 说早\n- 阿北(wxid_a) 09:00:00\n",
    "asterisks": "********************\n2026-02-01\n********************\n",
    "a-talk-about-a-session": "会话: 关于记录的格式\n他说导出时间: 不对\n",
    "mail-of-something-else": "From: a@b.cc\nTo: c@d.ee\nSubject: x\n\n微信群上的聊天记录我看过了。\n",
    "a-novel": "他点开邮件，上面写着：\n\n骑行 微信群上的聊天记录如下，请查收。\n\n—————  2026-02-01  —————\n\n阿北  06:53\n\n早\n",
    "a-page": '<html><body><div id="history">聊天记录如下，请查收。</div></body></html>',
}  # fmt: skip


@pytest.mark.parametrize("text", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_what_only_looks_like_a_text_log_is_none(text: str) -> None:
    assert recognised(text) == []
    for prefix in ("\ufeff", "\n\n"):
        assert recognised(prefix + text) == []


QUOTED = {
    "weflow-txt": weflow(("阿北", "早"), ("西西", "好")),
    "chatlog-txt": chatlog(
        ("阿北(wxid_aaaa0001) 2026-02-01 06:00:00", "早"), ("我 2026-02-01 06:01:00", "好")
    ),
    "memotrace-txt": "2026-02-01 06:53:20 阿北\n早\n\n2026-02-01 06:54:20 西西\n好\n",
    "memotrace-ai-txt": ai(("2026-02-01", "\n阿北:早\n\n西西:好\n")),
    "wda-txt": wda("[2026-02-01 06:53:20] 阿北(wxid_a): 早"),
}


@pytest.mark.parametrize("id_", QUOTED)
def test_a_log_is_recognised_but_not_what_quotes_it(id_: str) -> None:
    assert recognised(QUOTED[id_]) == [id_]
    assert recognised(QUOTED[id_].replace("\n", "\r\n")) == [id_]
    assert recognised("他把记录发给我：\n\n" + QUOTED[id_]) == []
    assert recognised("\n".join("> " + line for line in QUOTED[id_].split("\n"))) == []
    inside = weflow(("阿北", "你看：\n\n" + QUOTED[id_].strip()), ("西西", "嗯"))
    assert recognised(inside) == ["weflow-txt"]


def test_a_name_in_quotes_does_not_make_another_format() -> None:
    others = "2026-02-01 06:54:20 西西\n好\n\n2026-02-01 06:55:20 阿北\n走\n"
    assert recognised("2026-02-01 06:53:20 'x'\n早\n\n" + others) == ["memotrace-txt"]


@pytest.mark.parametrize("id_", QUOTED)
def test_copies_in_other_encodings(id_: str) -> None:
    text = QUOTED[id_].replace("\n", "\r\n")
    rows = read(QUOTED[id_].encode(), id_).column("text")
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        data = text.encode(encoding)
        assert identify(source(data)).format.id == id_
        assert read(data, id_).column("text") == rows


HOSTILE = [
    "2026-02-01 06:53:20 '" * 100_000,
    "a(b) [" * 200_000 + "\n\n",
    "a(b) [x] " * 100_000 + "06:53:20",
    "x(" * 300_000 + ") 06:53:20",
    "[2026-02-01 06:53:20] " + "(a) [avatar=" * 100_000,
    wda("[2026-02-01 06:53:20] a(b): " + "地址= 地点= 坐标=1,1 " * 30_000),
    wda("[2026-02-01 06:53:20] a(b): " + "转写= 金额= size= " * 30_000 + "\n["),
    ai(("2026-02-01", "\na:" * 100_000 + "引用：" * 100_000)),
    "2026-02-01 06:53:20 a\n" + "\n引用：" * 200_000,
    "null" * 300_000 + "  06:53",
    "—" * 600_000,
    "<div id=\"history\">" + "<!--<script><b " * 100_000,
    "From: a\nContent-Type: multipart/mixed; boundary=x\n" + "\n--x\n" * 30_000,
    "\n\n".join("Dear:" for _ in range(100_000)),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    began = time.perf_counter()
    recognised(text)
    for id_ in TEXTS:
        try:
            read(text.encode(), id_, date=date(2026, 2, 1))
        except InputError:
            continue
    assert time.perf_counter() - began < 20
