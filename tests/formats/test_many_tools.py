"""One group, exported by several tools: read together it is one conversation, nobody is two people."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from invented import CONVERSATION, SHANGHAI
from writers import all_writers

from cq.reading import ReadRequest, read

WRITERS = all_writers()
WECHAT = (
    "weflow-json",
    "chatlog-json",
    "pywxdump-csv",
    "wda-json",
    "weflow-txt",
    "memotrace3-csv",
    "wechat-mail-txt",
)
QQ = ("qce-json", "qq-pc-txt", "qce-txt", "onebot11-jsonl", "qce-html", "qq-nt-sqlite")
ROWS = [(told.at, told.event) for told in CONVERSATION.rows]
SPEAKERS = len({told.sender for told in CONVERSATION.rows if told.sender})
TOGETHER = [
    *(pair for tools in (WECHAT, QQ) for pair in combinations(tools, 2) if pair[0] == tools[0]),
    *combinations(QQ, 3),
    WECHAT[:3],
    WECHAT,
    QQ,
]


@pytest.mark.parametrize("tools", TOGETHER, ids="+".join)
def test_several_tools_tell_one_conversation(tools: tuple[str, ...], tmp_path: Path) -> None:
    for tool in tools:
        for name, data in WRITERS[tool](CONVERSATION).items():
            path = tmp_path / tool / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    reading = read(ReadRequest([str(tmp_path)], SHANGHAI))
    rows = [row for batch in reading.log.batches() for row in batch.to_pylist()]
    sources = reading.sources
    reading.log.close()
    assert all(source.records.balanced for source in sources)
    assert sum(source.records.messages for source in sources) == len(rows)
    assert len({row["group_id"] for row in rows}) == 1
    assert len({row["sender_id"] for row in rows if row["sender_id"]}) == SPEAKERS
    # What none of the tools can carry (a poke in QQ's text) is not there; nothing is there twice.
    found = [(row["sent_at"], row["event"]) for row in rows]
    assert [at for at in found if at not in ROWS] == []
    assert len(found) == len([row for row in ROWS if row in found])
