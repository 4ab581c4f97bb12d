"""One conversation, written as every format exports it, gives the same rows up to what a format lacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from invented import CONVERSATION, PEOPLE, SHANGHAI, Told
from writers import all_writers

from cq.formats import Format, Lack, all_formats, only_when_asked_for
from cq.model import Event
from cq.reading import ReadRequest
from cq.reading import read as merged

FORMATS = {f.id: f for f in all_formats()}
WRITERS = all_writers()
OWN_WORDS = ("text", "system", "recall", "poke")
"""Kinds whose text is compared: what stands there for a picture is each tool's own."""

Row = dict[str, Any]


def wanted(fmt: Format) -> list[Row]:
    """The rows as this format should give them."""
    rows = [told for told in CONVERSATION.rows if not _is_lost(told, fmt)]
    return [_wanted(told, fmt) for told in rows]


def _is_lost(told: Told, fmt: Format) -> bool:
    if told.event:
        return Lack.EVENTS in fmt.lacks or told.event in fmt.lost
    return (
        told.kind in fmt.lost
        or (told.reply_to is not None and "reply" in fmt.lost)
        or (Lack.KINDS in fmt.lacks and told.kind == "text" and told.text == "[图片]")
    )


def _wanted(told: Told, fmt: Format) -> Row:
    people = told.event is None or Lack.EVENT_PEOPLE not in fmt.lacks
    quoted = CONVERSATION.row(told.reply_to).text if told.reply_to else None
    return {
        "sent_at": told.at,
        "sender_id": told.sender,
        "sender_name": told.person.name if told.person else None,
        "kind": told.kind,
        "text": told.text if told.kind == "text" else None,
        "url": told.url,
        "card_title": told.title if told.kind in ("link", "file", "mini_program", "forward") else None,
        "reply_to": told.reply_to,
        "reply_quote": _in_one_line(quoted),
        "mentions": list(told.mentions),
        "event": told.event,
        "event_actor": told.actor if people else None,
        "event_target": list(told.targets) if people else [],
        "event_detail": told.detail if people else None,
        "is_self": told.sender == "me" if told.sender else None,
    }


def found(fmt: Format, folder: Path) -> list[Row]:
    """What the format reads, in the same words: people by key, answers by number."""
    forced = fmt.id if fmt.sniff is only_when_asked_for else None
    map_ = folder.with_suffix(".map.toml") if fmt.needs_map else None
    reading = merged(ReadRequest([str(folder)], SHANGHAI, input_format=forced, map=map_))
    assert [s.format for s in reading.sources] == [fmt.id] * len(reading.sources)
    for source in reading.sources:
        assert source.records.balanced
        assert source.records.problems == 0, source.problems
        assert not source.skipped_by.get("duplicate")
    rows = [row for batch in reading.log.batches() for row in batch.to_pylist()]
    names = {n: p.key for p in PEOPLE.values() for n in (p.name, p.nickname)}
    reading.log.close()
    vague = {"other"} if fmt.lost & set(Event) else set()  # what a lost event can come out as
    rows = [r for r in rows if not (Lack.EVENTS not in fmt.lacks and r["event"] in fmt.lost | vague)]
    rows = [row for row in rows if row["event"] or row["text"] != "[图片]" or row["kind"] != "text"
            or Lack.KINDS not in fmt.lacks]  # fmt: skip
    numbers = {row["message_id"]: i for i, row in enumerate(rows)}
    _check_group(rows, fmt)
    return [_found(row, numbers, names) for row in rows]


def _check_group(rows: list[Row], fmt: Format) -> None:
    ids, names = {row["group_id"] for row in rows}, {row["group_name"] for row in rows}
    assert len(ids) == 1
    if Lack.GROUP_ID not in fmt.lacks:
        assert ids <= {CONVERSATION.qq_group, CONVERSATION.wechat_room}
    if Lack.GROUP_NAME not in fmt.lacks:
        assert names == {CONVERSATION.group_name}
    said = [row for row in rows if not row["event"]]  # what a bot is told of events has no id
    assert all(row["native_id"] for row in said) or Lack.MESSAGE_IDS in fmt.lacks
    bare = [row["sender_id"] for row in rows if (row["sender_id"] or "").startswith("name:")]
    assert not bare or Lack.SENDER_IDS in fmt.lacks


def _found(row: Row, numbers: dict[str, int], names: dict[str, str]) -> Row:
    ids = {id_: p.key for p in PEOPLE.values() for id_ in (p.qq, p.wxid, f"uid:{p.uid}")}
    ids |= {f"name:{name}": key for name, key in names.items()} | {"self": "me"}

    def key(id_: str | None) -> str | None:
        return ids.get(id_ or "", id_)

    return {
        **{name: row[name] for name in ("sender_name", "kind", "url", "card_title", "event", "event_detail")},
        "sent_at": row["sent_at"],
        "sender_id": key(row["sender_id"]),
        "text": row["text"] if row["kind"] == "text" else None,
        "reply_to": row["reply_to"],
        "reply_quote": _in_one_line(row["reply_quote"]),
        "mentions": [key(m) for m in row["mentions"] or []],
        "event_actor": key(row["event_actor"]),
        "event_target": [key(t) for t in row["event_target"] or []],
        "is_self": row["is_self"],
        "message_id": row["message_id"],
    }


def _in_one_line(quote: str | None) -> str | None:
    """Previews of quoted texts lose their line breaks in most tools."""
    return " ".join(quote.split()) if quote else None


def _minute(at: datetime) -> datetime:
    return at.replace(second=0)


_COMPARED: dict[Lack, Callable[[Row], None]] = {
    Lack.SECONDS: lambda row: row.update(sent_at=_minute(row["sent_at"])),
    Lack.TIMES: lambda row: row.update(sent_at=row["sent_at"].astimezone(SHANGHAI).date()),
    Lack.NAMES: lambda row: row.update(sender_name=None),
    Lack.REPLIES: lambda row: row.update(reply_to=None),
    Lack.QUOTES: lambda row: row.update(reply_quote=None),
    Lack.LINKS: lambda row: row.update(url=None),
    Lack.TITLES: lambda row: row.update(card_title=None),
    Lack.OWN_NAME: lambda row: row.update(
        sender_name=None if row["sender_id"] == "me" else row["sender_name"]
    ),
    Lack.BREAKS: lambda row: row.update(text=_in_one_line(row["text"])),
    Lack.LINES: lambda row: row.update(text=row["text"].partition("\n")[0] if row["text"] else None),
    Lack.OWN_TEXT: lambda row: row["is_self"] and row.update(text=None, mentions=[]),
    Lack.OWN: lambda row: row.update(is_self=None),
}


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_conversation_comes_out_the_same(name: str, tmp_path: Path) -> None:
    fmt = FORMATS[name.partition(":")[0]]
    folder = tmp_path / "export"
    for path, data in WRITERS[name](CONVERSATION).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    want, got = wanted(fmt), found(fmt, folder)
    numbers = {row["message_id"]: n for row, n in zip(got, _numbers(fmt), strict=False)}
    for row in got:
        row["reply_to"] = numbers.get(row["reply_to"], row["reply_to"])
        del row["message_id"]
    for lack in fmt.lacks & _COMPARED.keys():
        for row in (*want, *got):
            _COMPARED[lack](row)
    for row in want:
        if row["reply_to"] and Lack.REPLIES not in fmt.lacks:
            assert row["reply_to"] in numbers.values()
    assert [_shown(row) for row in got] == [_shown(row) for row in want]


def _numbers(fmt: Format) -> list[int]:
    return [told.n for told in CONVERSATION.rows if not _is_lost(told, fmt)]


def _shown(row: Row) -> Row:
    """Without what is null, in a stable order, so that a failure reads well."""
    return {name: row[name] for name in sorted(row) if row[name] not in (None, [])}


def test_every_format_of_a_tool_has_a_writer() -> None:
    written = {name.partition(":")[0] for name in WRITERS}
    assert {f for f in FORMATS if not f.startswith("cq-")} <= written
