"""OneBot 11 events in lines and arrays, CQ codes, and QQNT_Export's JSON."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from raw import Read, read

from cq.formats import Peek, all_formats, onebot11_jsonl
from cq.formats._cq_code import segments, unescape

Json = dict[str, Any]
T = 1767230000
ME = 10086009


def message(text: Any, user: Any = 10086001, **more: Any) -> Json:
    return {
        "time": T, "self_id": ME, "post_type": "message", "message_type": "group", "message_id": 1,
        "group_id": 700000001, "user_id": user, "message": text,
        "sender": {"nickname": "阿宽", "card": "球场阿宽", "role": "owner", "title": "馆长"}, **more,
    }  # fmt: skip


def notice(kind: str, sub: str | None = None, **more: Any) -> Json:
    base = {"time": T, "self_id": ME, "post_type": "notice", "notice_type": kind, "group_id": 700000001}
    return {**base, **({"sub_type": sub} if sub else {}), **more}


def segment(kind: str, **data: Any) -> Json:
    return {"type": kind, "data": data}


def lines(*events: Any) -> bytes:
    return "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in events).encode()


def rows(*events: Any) -> Read:
    return read(lines(*events), "onebot11-jsonl")


# -- CQ codes ----------------------------------------------------------------------------------------


def test_cq_codes_are_unescaped_in_the_right_order() -> None:
    assert unescape("&amp;#91;&#91;&#93;&#44;&amp;amp;") == "&#91;[],&amp;"
    assert segments("a&#91;b&#93;[CQ:share,url=https://x/?a=1&amp;b=2,title=一&#44;二] c") == [
        ("text", {"text": "a[b]"}),
        ("share", {"url": "https://x/?a=1&b=2", "title": "一,二"}),
        ("text", {"text": " c"}),
    ]
    assert segments("[CQ:shake][CQ:at,qq=1") == [("shake", {}), ("text", {"text": "[CQ:at,qq=1"})]


@pytest.mark.parametrize(
    "text", ["[CQ:a,a=" * 50_000, "[CQ:a" + ",a=b" * 100_000, "[CQ:" * 100_000, "[CQ:a,=" * 60_000, "&" * 400_000, "[CQ:a,a=b]" * 40_000]
)  # fmt: skip
def test_hostile_codes_take_no_time(text: str) -> None:
    start = time.monotonic()
    assert len(rows(message(text)).rows) == 1
    assert time.monotonic() - start < 2


# -- messages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("好", "text", "好"),
        ("a\r\nb", "text", "a\nb"),
        ([segment("text", text="好")], "text", "好"),
        ([segment("text", text="[CQ:image]&amp;")], "text", "[CQ:image]&amp;"),
        ("[CQ:image,file=a.jpg]", "image", "[图片]"),
        ("[CQ:image,file=a.jpg,sub_type=1]", "sticker", "[表情]"),
        ("看[CQ:image,file=a.jpg]", "text", "看"),
        ("[CQ:face,id=14]", "sticker", "[表情]"),
        ("来[CQ:face,id=14]", "text", "来"),
        ("[CQ:record,file=a.amr]", "voice", "[语音]"),
        ("[CQ:video,file=a.mp4]", "video", "[视频]"),
        ("[CQ:redbag,title=恭喜]", "red_packet", "恭喜"),
        ("[CQ:music,type=qq,id=1]", "link", "[链接]"),
        ("[CQ:contact,type=qq,id=10001]", "contact_card", "[名片]"),
        ("[CQ:location,lat=1,lon=2,title=三号场]", "location", "三号场"),
        ("[CQ:mface,summary=&#91;贴贴&#93;]", "sticker", "[贴贴]"),
        ("[CQ:dice]", "sticker", "[表情]"),
        ("[CQ:xml,data=<msg brief=\"&#91;分享&#93;球\"><item><title>球&amp;amp;拍</title></item></msg>]", "link", "球&拍"),
        ("[CQ:json,data=坏]", "other", "[其他消息]"),
        ([segment("markdown", content="**好**"), segment("keyboard")], "text", "**好**"),
        ([segment("node", id="1"), segment("node", id="2")], "forward", "[合并转发]"),
    ],
)  # fmt: skip
def test_kinds_and_words(text: Any, kind: str, shown: str) -> None:
    row = rows(message(text)).rows[0]
    assert (row["kind"], row["text"]) == (kind, shown)


def test_both_forms_times_and_ids() -> None:
    got = rows(
        message("[CQ:reply,id=-20011][CQ:at,qq=10086002] 来", message_id=-5),
        message(
            [segment("reply", id=-20011), segment("at", qq="all"), segment("text", text=" 来")], time=T * 1000
        ),
        message("", raw_message="[CQ:reply,id=7]生"),
        message("x", user="10086001", group_id="700000001", self_id="10086009"),
    )
    assert got.column("native_id") == ["-5", "1", "1", "1"]
    assert got.column("reply_to") == ["-20011", "-20011", "7", None]
    assert got.column("mentions") == [["10086002"], ["@all"], None, None]
    assert got.column("text") == ["@10086002 来", "@全体成员 来", "生", "x"]
    assert set(got.local_times) == {"2026-01-01 09:13:20"}
    assert set(got.column("group_id")) == {"700000001"}


def test_who_has_sent_it() -> None:
    got = rows(
        message("a"),
        message("b", sender={"nickname": "阿宽", "card": ""}),
        message("c", sender=None),
        message("d", user=ME, post_type="message_sent", sender={"nickname": "机器人"}),
        message("e", user=80000000, anonymous={"id": 12, "name": "大象", "flag": "f"}),
        message("f", user=80000000, anonymous={"id": 0, "name": "", "flag": ""}),
        message("g", user=ME),
        message("h", user=10000, sender={}),
    )
    assert got.column("sender_id") == [
        "10086001",
        "10086001",
        "10086001",
        str(ME),
        "anon:12",
        "anon:80000000",
        str(ME),
        None,
    ]
    assert got.column("sender_name") == [
        "球场阿宽",
        "阿宽",
        "阿宽",
        "机器人",
        "大象",
        "球场阿宽",
        "球场阿宽",
        None,
    ]
    assert got.column("sender_title")[:3] == ["馆长", None, None]
    assert got.column("is_self")[:7] == [False, False, False, True, False, False, True]
    assert got.members["10086001"].card is None  # as it was last


def test_mentions_read_as_the_group_shows_them() -> None:
    got = rows(
        message("x", user=10086002, sender={"nickname": "小禾"}),
        message("[CQ:at,qq=10086002,name=@小小]"),
        message("[CQ:at,qq=10086002]"),
    )
    assert got.column("text") == ["x", "@小小", "@小禾"]


def test_groups_and_private_chats_in_one_file() -> None:
    private = {"message_type": "private", "group_id": None}
    got = rows(
        message("群"),
        message("群二", group_id=700000002, group_name="二"),
        message("私", user=10086002, sender={"nickname": "小禾"}, **private),
        message("回", user=ME, target_id=10086002, post_type="message_sent", **private),
    )
    assert got.column("group_id") == ["700000001", "700000002", "10086002", "10086002"]
    assert {g.group_id: (g.group_name, g.chat_kind) for g in got.groups.values()} == {
        "700000001": (None, "group"),
        "700000002": ("二", "group"),
        "10086002": ("小禾", "private"),
    }


# -- notices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "row"),
    [
        (notice("group_recall", user_id=2, operator_id=1), ("recall", "recall", "1", ["2"], None)),
        (notice("group_increase", "invite", user_id=2, operator_id=1), ("system", "join", "1", ["2"], "invite")),
        (notice("group_increase", "approve", user_id=2, operator_id=1), ("system", "join", None, ["2"], None)),
        (notice("group_decrease", "leave", user_id=2, operator_id=2), ("system", "leave", None, ["2"], None)),
        (notice("group_decrease", "kick", user_id=2, operator_id=1), ("system", "remove", "1", ["2"], None)),
        (notice("group_decrease", "kick_me", user_id=ME, operator_id=1), ("system", "remove", "1", [str(ME)], None)),
        (notice("group_ban", "ban", user_id=2, operator_id=1, duration=5400), ("system", "mute", "1", ["2"], "1小时30分钟")),
        (notice("group_ban", "lift_ban", user_id=2, operator_id=1, duration=0), ("system", "unmute", "1", ["2"], None)),
        (notice("group_ban", "ban", user_id=0, operator_id=1, duration=-1), ("system", "mute_all", "1", [], None)),
        (notice("group_ban", "lift_ban", user_id=0, operator_id=1), ("system", "unmute_all", "1", [], None)),
        (notice("group_admin", "unset", user_id=2), ("system", "admin_change", None, ["2"], "unset")),
        (notice("group_upload", user_id=2, file={"name": "a.xlsx"}), ("system", "file_share", "2", [], "a.xlsx")),
        (notice("essence", "delete", sender_id=2, operator_id=1), ("system", "essence", "1", ["2"], "unset")),
        (notice("group_card", user_id=2, card_new="新", card_old=""), ("system", "other", None, ["2"], "新")),
        (notice("notify", "poke", user_id=2, target_id=3), ("poke", "poke", "2", ["3"], None)),
        (notice("notify", "lucky_king", user_id=2, target_id=3), ("system", "red_packet", "3", ["2"], None)),
        (notice("notify", "honor", user_id=2, honor_type="talkative"), ("system", "other", None, ["2"], "talkative")),
        (notice("notify", "title", user_id=2, title="球王"), ("system", "title_change", None, ["2"], "球王")),
        (notice("notify", "group_name", user_id=2, name_new="新"), ("system", "rename_group", "2", [], "新")),
        (notice("group_novelty", user_id=2), ("system", "other", None, ["2"], "group_novelty")),
        (message("[CQ:poke,qq=3]", user=2), ("poke", "poke", "2", ["3"], None)),
    ],
)  # fmt: skip
def test_notices_are_events(event: Json, row: tuple[Any, ...]) -> None:
    got = rows(event).rows[0]
    assert (
        tuple(got[name] for name in ("kind", "event", "event_actor", "event_target", "event_detail")) == row
    )
    assert (got["sender_id"], got["sender_name"], got["is_self"]) == (None, None, None)


def test_what_is_no_row_is_skipped_with_a_reason() -> None:
    got = rows(
        {"time": T, "self_id": ME, "post_type": "meta_event", "meta_event_type": "heartbeat"},
        {"time": T, "self_id": ME, "post_type": "request", "request_type": "group"},
        notice("group_msg_emoji_like", user_id=2, likes=[]),
        notice("friend_add", user_id=2),
        {"time": T, "self_id": ME, "post_type": "novelty"},
        {"time": T, "retcode": 0},
        message("a", time=None),
    )
    assert got.skipped == {
        "meta_event": 1,
        "request": 1,
        "reaction": 1,
        "not_a_message": 1,
        "unknown_record": 1,
    }
    assert got.codes == ["bad_row", "bad_time"]
    assert got.rows == []


# -- containers --------------------------------------------------------------------------------------


def test_wrapped_events_and_log_heads() -> None:
    head = "2026-01-01 09:13:20.123 | INFO | "
    data = (
        "".join(f"{head}{json.dumps({'n': 1, 'data': e})}\n" for e in (message("一"), message("二")))
        + f"{head}stopped\n"
    )
    got = read(data.encode())
    assert got.column("text") == ["一", "二"]
    assert got.skipped == {"not_a_message": 1}
    assert rows({"payload": message("三")}, message("四")).column("text") == ["三", "四"]


def formats_of(text: str) -> list[str]:
    peek = Peek("x", text.encode())
    return [f.id for f in all_formats() if f.sniff(peek) is not None]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps(message("a")) + "\n", ["onebot11-jsonl"]),
        (json.dumps({"data": message("a")}) + "\n", ["onebot11-jsonl"]),
        (json.dumps([message("a")]), ["onebot11-json"]),
        (json.dumps([message("a")], indent=2), ["onebot11-json"]),
        (json.dumps([{"event": message("a")}]), ["onebot11-json"]),
        ("[2026-01-01 09:13:20] " + json.dumps(message("a")), ["onebot11-jsonl"]),
        ("昨天的记录：" + json.dumps(message("a")), []),
        (json.dumps({"post_type": "message", "text": "a"}), []),
        (json.dumps([{"time": 1, "sender": "a"}]), []),
    ],
)
def test_sniffs(text: str, found: list[str]) -> None:
    assert formats_of(text) == found


def test_the_log_of_a_bot_is_not_this() -> None:
    for head in ("[2022-05-01 09:00:00] [DEBUG]: ", "05-01 09:00:00 [debug] 机器人(1) | "):
        assert onebot11_jsonl.FORMAT.sniff(Peek("x", f"{head}{json.dumps(message('a'))}\n".encode())) is None


@pytest.mark.parametrize("block", [1, 50, 1000])
def test_cuts_between_blocks_change_nothing(block: int) -> None:
    events = [message(f"第{n}句") for n in range(20)]
    for data, id_ in ((lines(*events), "onebot11-jsonl"), (json.dumps(events).encode(), "onebot11-json")):
        assert read(data, id_, block=block).rows == read(data, id_).rows


def test_a_damaged_line_costs_itself() -> None:
    data = lines(message("一"), message("二"), message("三")).replace("二".encode(), b'"')
    got = read(data, "onebot11-jsonl")
    assert got.column("text") == ["一", "三"]
    assert [(p.code, p.where) for p in got.problems] == [("bad_json", "x.txt:2")]


ODD: tuple[Any, ...] = (None, 0, -1, 1.5, True, "", "\ud83d", [], {}, [[]], {"a": []}, 10**25)


def test_any_value_anywhere_costs_a_record_at_most() -> None:
    whole = message([segment("at", qq="1", name="n"), segment("reply", id="1"), segment("image", file="f")], anonymous={"id": 1, "name": "n"},
                    group_name="g", target_id=1)  # fmt: skip
    tip = notice("group_ban", "ban", user_id=2, operator_id=1, duration=5, file={"name": "n"}, title="t")
    for sample in (whole, tip, {"data": whole}):
        for key in sample:
            for odd in ODD:
                found = read(json.dumps([sample, {**sample, key: odd}, sample]).encode(), "onebot11-json")
                assert len(found.rows) + len(found.problems) + found.skipped.total() == 3, (key, odd)
                assert len(found.rows) >= 2
    for kind in (
        "at",
        "reply",
        "image",
        "file",
        "json",
        "xml",
        "share",
        "face",
        "poke",
        "forward",
        "location",
    ):
        for name in ("qq", "id", "file", "data", "url", "title", "name", "summary", "sub_type", "content"):
            for odd in ODD:
                data = json.dumps(message([segment(kind, **{name: odd})])).encode()
                assert len(read(data, "onebot11-jsonl").rows) == 1


# -- QQNT_Export -------------------------------------------------------------------------------------


def exported(*contents: Any, **more: Any) -> Json:
    return {
        "time": "2026-01-01 09:13:20",
        "sender": "阿宽",
        "sender_qq": 10086001,
        "contents": list(contents),
        **more,
    }


@pytest.mark.parametrize(
    ("contents", "kind", "text", "quote"),
    [
        ([["[文本]", "周六"], ["[文本]", "两点"]], "text", "周六两点", None),
        ([["[被引用的消息][文本]", "周六"], ["[文本]", "来"]], "text", "来", "周六"),
        ([["[被引用的消息][图片]", ""], ["[文本]", "来"]], "text", "来", "[图片]"),
        ([["[被引用的消息][图片]", "a.jpg"], ["[文本]", "来"]], "text", "来", "[图片]"),
        ([["[图片]", "a.jpg"]], "image", "[图片]", None),
        ([["[图片]", "a.jpg"], ["[文本]", "看"]], "text", "看", None),
        ([["[文件]", "a.xlsx"]], "file", "a.xlsx", None),
        ([["[没见过]", "x"]], "other", "[其他消息]", None),
        ([["[提示]", "阿宽撤回了一条消息"]], "recall", "阿宽撤回了一条消息", None),
        ([], "text", None, None),
    ],
)
def test_qqnt_export_contents(contents: list[Any], kind: str, text: str | None, quote: str | None) -> None:
    row = read(json.dumps([exported(*contents)]).encode()).rows[0]
    assert (row["kind"], row["text"], row["reply_quote"]) == (kind, text, quote)


def test_qqnt_export_groups_and_friends() -> None:
    group = read(json.dumps([exported(["[文本]", "a"], sender="10086001")]).encode(), name="周末羽毛球.json")
    assert (group.rows[0]["group_id"], group.rows[0]["sender_name"]) == ("name:周末羽毛球", None)
    friend = [
        {"time": "2026-01-01 09:13:20", "direction": d, "contents": [["[文本]", d]]}
        for d in ("收", "发", "转发")
    ]
    got = read(json.dumps(friend).encode(), name="小禾.json")
    assert got.column("sender_id") == ["name:小禾", "self", "self"]
    assert got.column("is_self") == [False, True, True]
    assert got.groups["name:小禾"].chat_kind == "private"


def test_qqnt_export_survives_anything() -> None:
    for key in ("time", "sender", "sender_qq", "contents", "direction"):
        for odd in (*ODD, [["[文本]"]], [[[]]], [["[文本]", []]], [[1, 2]]):
            found = read(
                json.dumps([exported(["[文本]", "a"]), exported(["[文本]", "a"]) | {key: odd}]).encode(),
                "qqnt-export-json",
            )
            assert len(found.rows) + len(found.problems) == 2
