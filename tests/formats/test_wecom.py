"""WeCom's message archive: bodies under their types, recalls, wrappers, and dumps that write objects as strings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from raw import SHANGHAI, read

from cq.errors import InputError
from cq.reading import ReadRequest
from cq.reading import read as merged

Json = dict[str, Any]


def row(n: int, kind: str = "text", body: Any = None, **more: Any) -> Json:
    made = {"msgid": f"{n}_external", "action": "send", "from": "zhang", "tolist": ["wmAAA", "li"]}
    made |= {"roomid": "wrROOM0001", "msgtime": 1_769_900_000_123 + n * 1000, "msgtype": kind}
    return made | {kind: {"content": f"第{n}句"} if body is None else body} | more


def lines(*rows: Json) -> bytes:
    return b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in rows)


def test_times_are_milliseconds() -> None:
    found = read(lines(row(0)))
    assert found.local_times == ["2026-02-01 06:53:20"]
    assert found.rows[0]["sent_at"].microsecond == 123_000
    assert (found.rows[0]["platform"], found.rows[0]["group_id"]) == ("wecom", "wrROOM0001")


def test_a_recall_names_the_message_and_its_author() -> None:
    recall = row(2, "revoke", {"pre_msgid": "1_external"}, action="recall", **{"from": "li"})
    gone = row(3, "revoke", {"pre_msgid": "unknown"}, action="recall")
    found = read(lines(row(1), recall, gone)).rows
    assert found[1] | {"event_actor": "li", "event_target": ["zhang"], "reply_to": "1_external"} == found[1]
    assert (found[1]["kind"], found[1]["event"], found[1]["sender_id"]) == ("recall", "recall", None)
    assert (found[2]["event_actor"], found[2]["event_target"]) == ("zhang", [])


def test_who_changed_the_enterprise_is_counted() -> None:
    switch = {"msgid": "9", "action": "switch", "time": 1_769_900_000_123, "user": "zhang"}
    found = read(lines(switch, row(1)))
    assert (len(found.rows), found.skipped["not_a_message"], found.problems) == (1, 1, [])


def test_what_is_forwarded_is_no_row_and_what_is_mixed_is_its_words() -> None:
    inside = {"type": "ChatRecordText", "content": '{"content":"里面"}', "msgtime": 1_769_900_000}
    record = row(1, "chatrecord", {"title": "群聊的聊天记录", "item": [inside, inside]})
    picture = {"type": "image", "content": '{"sdkfileid":"x"}'}
    words = {"type": "text", "content": '{"content":"看这里"}'}
    found = read(
        lines(record, row(2, "mixed", {"item": [picture, words]}), row(3, "mixed", {"item": [picture]}))
    )
    assert found.column("kind") == ["forward", "text", "image"]
    assert found.column("text") == ["群聊的聊天记录", "看这里", "[图片]"]


@pytest.mark.parametrize("tolist", [["li"], '["li"]', "li", ' ["li","zhang"]'])
def test_a_chat_of_two_is_one_chat_from_both_sides(tolist: Any) -> None:
    back = row(2, roomid="", tolist=["zhang"], **{"from": "li"})
    found = read(lines(row(1, roomid="", tolist=tolist), back))
    assert set(found.column("group_id")) == {"name:li、zhang"}
    assert {g.chat_kind for g in found.groups.values()} == {"private"}


def test_bodies_that_are_strings_are_read() -> None:
    found = read(
        lines(row(1, body='{"content":"早"}'), row(2, body="not json"), row(3, body=None, text=None))
    )
    assert found.column("text") == ["早", None, None]


def test_bodies_under_other_names() -> None:
    rows = [
        row(1, "docmsg", {}, doc={"title": "方案", "link_url": "https://example.org/d"}),
        row(2, "markdown", {}, info={"content": "**好**"}),
        row(3, "news", {}, info={"item": [{"title": "周报", "url": "https://example.org/n"}]}),
        row(4, "external_redpacket", {}, redpacket={"wish": "辛苦了"}),
        row(5, "qydiskfile", {}, info={"filename": "表.xlsx"}),
        row(6, "brand_new_type", {"content": "?"}),
    ]
    found = read(lines(*rows))
    assert found.column("kind") == ["link", "text", "link", "red_packet", "file", "other"]
    assert found.column("text")[:5] == ["方案", "**好**", "周报", "辛苦了", "表.xlsx"]
    assert found.column("url")[:3] == ["https://example.org/d", None, "https://example.org/n"]


@pytest.mark.parametrize("as_text", [True, False])
def test_the_wrapper_is_read_where_it_is_decrypted(as_text: bool) -> None:
    inner = row(1)
    wrapped = {"seq": 1, "msgid": "1_external", "msg": json.dumps(inner) if as_text else inner}
    sealed = {"seq": 2, "msgid": "2_external", "encrypt_chat_msg": "xxx", "encrypt_random_key": "yyy"}
    data = json.dumps({"errcode": 0, "errmsg": "ok", "chatdata": [wrapped, sealed]}).encode()
    found = read(data)
    assert found.column("text") == ["第1句"]
    assert (found.codes, found.headers) == (["bad_row"], 1)


@pytest.mark.parametrize(
    "wrap", [lambda r: json.dumps({"errcode": 0, "chatdata": [r]}), lambda r: json.dumps([r]), json.dumps]
)
def test_an_encrypted_archive_is_refused_with_advice(wrap: Any, tmp_path: Path) -> None:
    sealed = {"seq": 1, "msgid": "1", "publickey_ver": 1, "encrypt_random_key": "y", "encrypt_chat_msg": "x"}
    path = tmp_path / "archive.json"
    path.write_text(wrap(sealed))
    with pytest.raises(InputError) as refused:
        merged(ReadRequest([str(path)], SHANGHAI))
    assert refused.value.code == "wecom_encrypted"


def test_an_empty_wrapper_has_no_messages() -> None:
    found = read(b'{"errcode":0,"errmsg":"ok","chatdata":[]}')
    assert (found.rows, found.problems, found.headers) == ([], [], 1)


def test_a_damaged_line_costs_itself_only() -> None:
    found = read(lines(row(1)) + b'{"msgid": "2", "ms\n' + lines(row(3)))
    assert found.column("text") == ["第1句", "第3句"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_json", "x.txt:2")]


@pytest.mark.parametrize("block", [1, 50, 333])
def test_where_the_blocks_end_does_not_matter(block: int) -> None:
    rows = [row(i) for i in range(12)]
    assert read(lines(*rows), block=block).column("text") == [f"第{i}句" for i in range(12)]
    array = json.dumps(rows).encode()
    assert read(array, block=block).column("text") == [f"第{i}句" for i in range(12)]
