"""The logs of go-cqhttp and NapCat: many groups in one file, names with the log's own words, cut texts."""

from __future__ import annotations

import time
from datetime import date

import pytest
from raw import Read, read

from cq.errors import InputError

GROUP = "周末羽毛球(东区)(700000001)"
ME = "机器人(10086009)"


def gocq(*lines: str) -> Read:
    return read(
        "".join(f"[2022-05-01 09:00:{i:02}] [INFO]: {line} \n" for i, line in enumerate(lines)).encode(),
        "gocq-log",
    )


def napcat(*lines: str, name: str = "2026-01-01.log") -> Read:
    return read("".join(f"{line}\n" for line in lines).encode(), "napcat-log", name=name)


def said(text: str, id_: int | str = 1, who: str = "小禾(室友)(10086002)", group: str = GROUP) -> str:
    return f"收到群 {group} 内 {who} 的消息: {text} ({id_})"


def test_messages_go_on_over_lines_to_their_id() -> None:
    found = gocq(said("第一行\n\n[2022-05-01 像日志\n第四行 (3)", -5), said("好", 2))
    assert found.column("text") == ["第一行\n\n[2022-05-01 像日志\n第四行 (3)", "好"]
    assert found.column("native_id") == ["-5", "2"]
    assert found.column("origin_record") == [1, 5]


def test_names_may_hold_what_the_log_puts_between_them() -> None:
    found = gocq(
        said("a", who="书(99) 的消息: 书(10086005)", group="读书会) 内 (123) 内 第二群(700000002)"),
        said("b (12) 的消息: (34)", who="(10086006)"),
    )
    assert found.column("group_name") == ["读书会) 内 (123) 内 第二群", "周末羽毛球(东区)"]
    assert found.column("sender_name") == ["书(99) 的消息: 书", ""]
    assert found.column("sender_id") == ["10086005", "10086006"]
    assert found.column("text") == ["a", "b (12) 的消息: (34)"]


def test_codes_are_mentions_replies_and_pictures() -> None:
    found = gocq(
        said("[CQ:reply,id=77][CQ:at,qq=10086002] 来&#91;认真&#93;&amp;", 78),
        said("[CQ:image,file=a.image,subType=1]", 79),
        said("[CQ:at,qq=all] 集合[CQ:face,id=14]", 80),
    )
    assert found.column("text") == ["@小禾(室友) 来[认真]&", "[表情]", "@全体成员 集合"]
    assert found.column("kind") == ["text", "sticker", "text"]
    assert found.column("reply_to") == ["77", None, None]
    assert found.column("mentions") == [["10086002"], None, ["@all"]]


def test_own_messages_are_marked_and_their_cut_counted() -> None:
    found = gocq(
        f"发送群 {GROUP} 的消息: 收到 (34)",
        f"发送群 {GROUP} 的消息: [CQ:image, ... (35)",
        f"发送群 {GROUP} 的消息: 一二三四五六七八九十 ... (36)",
    )
    assert found.column("sender_id") == ["self"] * 3 and found.column("is_self") == [True] * 3
    assert found.column("kind") == ["text", "image", "text"]
    assert found.column("text") == ["收到", "[图片]", "一二三四五六七八九十"]
    assert [(n.code, n.where, n.detail) for n in found.notices] == [("text_cut_off", "x.txt:2", "2")]


def test_notices_are_events_with_ids() -> None:
    kuan, he = "球场阿宽(10086001)", "小禾(10086002)"
    found = gocq(
        f"群 {GROUP} 内 {kuan} 撤回了 {he} 的消息: 12.",
        f"群 {GROUP} 内 {he} 被 {kuan} 禁言了 600 秒.",
        f"群 {GROUP} 被 {kuan} 开启全员禁言.",
        f"成员 {he} 被 {kuan} T出了群 {GROUP}.",
        f"群 {GROUP} 的 {he} 更新了名片 旧 -> 新",
    )
    assert found.column("event") == ["recall", "mute", "mute_all", "remove", "other"]
    assert found.column("event_actor") == ["10086001"] * 4 + [None]
    assert found.column("event_target") == [["10086002"], ["10086002"], [], ["10086002"], []]
    assert set(found.column("group_id")) == {"700000001"}


def test_other_lines_are_skipped_and_damaged_ones_counted() -> None:
    found = gocq(
        "当前版本:v1.0.0",
        said("a"),
        "群消息发送失败: 账号可能被风控.",
        "收到群 坏了",
        "群 没有号码 内 谁 撤回了 谁 的消息: 1.",
    )
    assert len(found.rows) == 1
    assert found.skipped == {"log_line": 3}
    assert found.codes == ["bad_row"]


def test_friends_are_private_chats() -> None:
    found = gocq("收到好友 老周(10086003) 的消息: 在吗 (1)", "发送好友 老周(10086003) 的消息: 在 (2)")
    assert found.column("group_id") == ["10086003"] * 2
    assert [g.chat_kind for g in found.groups.values()] == ["private"]


@pytest.mark.parametrize("block", [50, 333])
def test_block_boundaries_do_not_matter(block: int) -> None:
    data = "".join(
        f"[2022-05-01 09:00:{i:02}] [INFO]: {said(f'第{i}句' + chr(10) + '下一行', i)} \n" for i in range(30)
    ).encode()
    assert read(data, block=block).rows == read(data).rows


def test_a_log_without_talk_is_no_export() -> None:
    with pytest.raises(InputError) as refused:
        read(b"[2022-05-01 09:00:00] [INFO]: started\n" * 20)
    assert refused.value.code == "unknown_format"


def test_napcat_takes_the_year_from_the_name_and_rolls_over() -> None:
    line = f"[info] {ME} | 接收 <- 群聊 [{GROUP}] [小禾(10086002)]"
    lines = [f"12-31 23:59:59 {line} 旧年", f"01-01 00:00:01 {line} 新年"]
    assert napcat(*lines, name="2025-12-31.log").local_times == ["2025-12-31 23:59:59", "2026-01-01 00:00:01"]
    data = "\n".join(lines).encode()
    with pytest.raises(InputError) as refused:
        read(data)
    assert refused.value.code == "year_needed"
    found = read(data, year=2020)
    assert found.local_times == ["2020-12-31 23:59:59", "2021-01-01 00:00:01"]
    assert [(n.code, n.detail) for n in found.notices] == [("assumed_date", "2")]
    assert read(data, date=date(2024, 12, 31)).local_times[0] == "2024-12-31 23:59:59"


def test_napcat_says_who_wrote_what() -> None:
    group = f"01-01 09:00:00 [info] {ME} | 接收 <- 群聊 [{GROUP}]"
    found = napcat(
        f"{group} [带)] 的(名字)(10086002)] @老周 (10086003) [图片] 看",
        f"{group} [小禾(10086002)] [回复消息 [老周(10086003)] 说[了]什么 ...] 哦",
        f"{group} [小禾(10086002)] 第一行 ...",
        f"01-01 09:00:01 [info] {ME} | 发送 -> 群聊 [{GROUP}] [语音 3s]",
        f"01-01 09:00:02 [info] {ME} | 接收 <- 私聊 (10086003) 在吗",
        f"01-01 09:00:03 [warn] {ME} | 别的事",
    )
    assert found.column("sender_name") == ["带)] 的(名字)", "小禾", "小禾", "机器人", None]
    assert found.column("text") == ["@老周 看", "哦", "第一行", "[语音]", "在吗"]
    assert found.column("mentions")[0] == ["10086003"]
    assert found.column("reply_quote")[1] == "说[了]什么 ..."
    assert found.column("is_self") == [False, False, False, True, False]
    assert found.column("group_id")[3:] == ["700000001", "10086003"]
    assert found.skipped == {"log_line": 1}


def test_hostile_lines_take_linear_time() -> None:
    for hostile in (
        ") 内 " * 60_000,
        "(12345) 内 " * 30_000,
        " 的消息: " * 40_000,
        " (" * 100_000,
        "[CQ:a,a=" * 30_000,
        "(12345) " * 30_000,
    ):
        began = time.process_time()
        gocq(f"收到群 {hostile}", said(hostile), f"群 {hostile}", f"成员 {hostile}", f"发送群 {hostile}")
        assert time.process_time() - began < 3
    for hostile in (
        "[" * 100_000,
        ")] " * 60_000,
        "(12345)] " * 30_000,
        "@" * 100_000,
        "[回复消息 " * 20_000,
    ):
        began = time.process_time()
        napcat(
            f"01-01 09:00:00 [info] {ME} | 接收 <- 群聊 [{hostile}",
            f"01-01 09:00:00 [info] {ME} | 接收 <- 群聊 [{GROUP}] [小禾(10086002)] {hostile}",
        )
        assert time.process_time() - began < 3
