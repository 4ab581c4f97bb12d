"""An answer finds its message whichever of the two was imported first."""

from __future__ import annotations

import json
from pathlib import Path

from cq import cli


def _jsonl(path: Path, *messages: dict[str, object]) -> Path:
    head = {
        "_type": "header",
        "chatlab": {"version": "0.0.2", "exportedAt": 1770000000},
        "meta": {"name": "骑行", "platform": "wechat", "type": "group", "groupId": "1@chatroom"},
    }
    rows = [head, *({"_type": "message", "accountName": "甲", "type": 0, **m} for m in messages)]
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8")
    return path


QUESTION = {"sender": "wxid_a", "timestamp": 1769900000, "content": "几点？", "platformMessageId": "71"}
ANSWER = {
    "sender": "wxid_b",
    "timestamp": 1769900060,
    "content": "七点",
    "type": 25,
    "platformMessageId": "72",
    "replyToMessageId": "71",
}
LOST = {
    "sender": "wxid_b",
    "timestamp": 1769900090,
    "content": "好",
    "type": 25,
    "platformMessageId": "73",
    "replyToMessageId": "70",
}


def test_the_later_half_may_come_first(tmp_path: Path, capfdbinary) -> None:  # type: ignore[no-untyped-def]
    early = _jsonl(tmp_path / "early.jsonl", QUESTION)
    late = _jsonl(tmp_path / "late.jsonl", ANSWER, LOST)
    stores = [tmp_path / "forward", tmp_path / "backward"]
    for store, order in zip(stores, ((early, late), (late, early)), strict=True):
        for export in order:
            assert cli.run(["import", str(export), "--store", str(store), "-q"]) == 0
    outputs = []
    for source in ([str(stores[0])], [str(stores[1])], [str(early), str(late)]):
        capfdbinary.readouterr()
        assert cli.run(["messages", *source, "-q"]) == 0
        rows = [json.loads(line) for line in capfdbinary.readouterr()[0].splitlines()]
        outputs.append([(r["text"], r["message_id"], r["reply_to"]) for r in rows])
    assert outputs[0] == outputs[1] == outputs[2]
    question, answer, lost = outputs[0]
    assert answer[2] == question[1]
    assert lost[2] is None
