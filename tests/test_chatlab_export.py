"""``cq messages -f chatlab-jsonl``: what other tools import, and what cq reads back."""

from __future__ import annotations

import json

from exports import qq_txt


def test_a_log_moves_on_and_comes_back(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    target = tmp_path / "court.chatlab.jsonl"
    assert cq("messages", court, "-f", "chatlab-jsonl", "-o", target).code == 0
    header, *rest = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert header["_type"] == "header" and header["chatlab"]["version"] == "0.0.2"
    assert header["meta"] == {"name": "周末羽毛球", "platform": "qq", "type": "group"}
    assert [r["_type"] for r in rest] == ["message"] * 6
    assert rest[0] == {
        "_type": "message",
        "sender": "10086001",
        "accountName": "阿宽",
        "timestamp": 1772413200,
        "type": 0,
        "content": "这周六两点，三号场，有人来吗？",
        "platformMessageId": rest[0]["platformMessageId"],
    }
    assert (rest[4]["sender"], rest[4]["type"], rest[4]["content"]) == ("SYSTEM", 81, "老周撤回了一条消息")
    was, now = ([json.loads(line) for line in cq("messages", p).out.splitlines()] for p in (court, target))
    kept = ("sent_at", "sender_id", "kind", "text", "mentions", "event", "event_actor", "group_id")
    assert [[row[k] for k in kept] for row in now] == [[row[k] for k in kept] for row in was]


def test_answers_name_the_ids_that_the_file_has(cq, tmp_path):  # type: ignore[no-untyped-def]
    lines = [
        {
            "_type": "header",
            "chatlab": {"version": "0.0.2"},
            "meta": {"name": "骑行", "platform": "wechat", "groupId": "1@chatroom"},
        },
        {"_type": "member", "platformId": "wxid_a", "accountName": "阿北", "roles": [{"id": "owner"}]},
        {
            "_type": "message",
            "sender": "wxid_a",
            "accountName": "阿北",
            "timestamp": 1769900000,
            "type": 0,
            "content": "几点？",
            "platformMessageId": "7001",
        },
        {
            "_type": "message",
            "sender": "wxid_b",
            "accountName": "西西",
            "timestamp": 1769900060,
            "type": 25,
            "content": "七点",
            "platformMessageId": "7002",
            "replyToMessageId": "7001",
        },
        {
            "_type": "message",
            "sender": "wxid_b",
            "accountName": "西西",
            "timestamp": 1769900061,
            "type": 25,
            "content": "半",
            "replyToMessageId": "7002",
        },
    ]
    source, target = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    source.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    assert cq("messages", source, "-f", "chatlab-jsonl", "-o", target).code == 0
    rest = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()][1:]
    assert rest[0] == {
        "_type": "member",
        "platformId": "wxid_a",
        "accountName": "阿北",
        "roles": [{"id": "owner"}],
    }
    messages = [r for r in rest if r["_type"] == "message"]
    assert [m.get("replyToMessageId") for m in messages] == [None, "7001", "7002"]
    was, now = ([json.loads(line) for line in cq("messages", p).out.splitlines()] for p in (source, target))
    assert [row["reply_to"] for row in now][:2] == [row["reply_to"] for row in was][:2]


def test_several_groups_need_a_choice(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "two.txt"
    one = [("2026-03-02 9:00:00", "阿宽(10086001)", "早")]
    path.write_bytes(qq_txt(("羽毛球", one), ("读书会", one)))
    refused = cq("messages", path, "-f", "chatlab-jsonl")
    assert (refused.code, refused.out) == (2, "")
    assert "--group" in refused.err
    chosen = cq("messages", path, "-f", "chatlab-jsonl", "--group", "读书会")
    assert chosen.code == 0 and json.loads(chosen.out.splitlines()[0])["meta"]["name"] == "读书会"
