"""Large invented exports for the benchmarks: the same count always gives the same bytes.

The messages of `conversation` are written the way each tool exports them, one by one, so ten million need no
more memory than a thousand.  These files are for measuring; samples for tests live in `sample_exports/`.
"""

import argparse
import hashlib
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import accumulate, islice
from pathlib import Path
from typing import IO

from conversation import DAY, LONGEST_SPAN_DAYS, SEED, START, ZONE, Message, cast, conversation

ROOM, ROOM_NAME = "10000000001@chatroom", "巷口活动站(示例)"
FIRST_NATIVE_ID = 7_000_000_000_000_000_000
BLOCK = 2_000  # messages that stay together when a file is put out of order
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _qq_blocks(count: int) -> Iterator[bytes]:
    """Yield the records of a QQ text export, some thousands a block."""
    stream, size = conversation(count), max(1, min(BLOCK, count // 50))
    today, date = -1, ""
    while block := list(islice(stream, size)):
        rows = []
        for message in block:
            day, second = divmod(message.at - START, DAY)
            if day != today:
                today, date = day, datetime.fromtimestamp(message.at, ZONE).strftime("%Y-%m-%d")
            minute, second = divmod(second, 60)
            who = message.speaker
            sender = f"{who.title}{who.name}{who.account}" if who else "系统消息(10000)"
            text = f"@{message.mention.name} {message.text}" if message.mention else message.text
            clock = f"{minute // 60}:{minute % 60:02}:{second:02}"
            rows.append(f"{date} {clock} {sender}\r\n{text.replace(chr(10), chr(13))}\r\n\r\n")
        yield "".join(rows).encode()


def _qq_head() -> bytes:
    rule = "=" * 64 + "\r\n"
    title = "消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n"
    return (
        "\ufeff" + title + f"{rule}消息分组:我的群聊\r\n{rule}消息对象:{ROOM_NAME}\r\n{rule}\r\n"
    ).encode()


def write_qq(out: IO[bytes], count: int) -> None:
    """Write a QQ PC text export: BOM, CRLF, one-digit hours, lone CR inside bodies."""
    out.write(_qq_head())
    out.writelines(_qq_blocks(count))


def write_qq_out_of_order(out: IO[bytes], count: int, newest_first: bool) -> None:
    """Write the same records with their blocks shuffled, or the last record first."""
    with tempfile.TemporaryFile() as spool:
        sizes = [spool.write(block) for block in _qq_blocks(count)]
        spans = list(zip(accumulate(sizes, initial=0), sizes, strict=False))
        spans.reverse()
        if not newest_first:
            random.Random(SEED).shuffle(spans)
        out.write(_qq_head())
        for start, size in spans:
            spool.seek(start)
            block = spool.read(size)
            if newest_first:
                block = b"\r\n\r\n".join([*block.split(b"\r\n\r\n")[-2::-1], b""])
            out.write(block)


def _wechat_text(message: Message) -> str:
    text = f"@{message.mention.name}\u2005{message.text}" if message.mention else message.text
    quoted = message.answered
    if quoted and quoted.speaker:
        text += f"[引用 {quoted.speaker.name}：{quoted.text[:20]}]"
    return text


def _chatlab_fields(message: Message) -> dict[str, object]:
    who, quoted = message.speaker, message.answered
    number = 80 if who is None else 25 if quoted else 1 if message.kind == "image" else 0
    fields: dict[str, object] = {
        "sender": who.wxid if who else ROOM,
        "accountName": who.name if who else ROOM_NAME,
        "timestamp": message.at,
        "type": number,
        "content": _wechat_text(message),
        "platformMessageId": str(FIRST_NATIVE_ID + message.number),
    }
    if quoted:
        fields["replyToMessageId"] = str(FIRST_NATIVE_ID + quoted.number)
    return fields


def _chatlab_head() -> tuple[dict[str, object], list[dict[str, object]]]:
    meta = {"name": ROOM_NAME, "platform": "wechat", "type": "group", "groupId": ROOM}
    chatlab = {"version": "0.0.2", "exportedAt": START + LONGEST_SPAN_DAYS * DAY, "generator": "WeFlow"}
    return {"chatlab": chatlab, "meta": meta}, [{"platformId": p.wxid, "accountName": p.name} for p in cast()]


def write_chatlab_jsonl(out: IO[bytes], count: int) -> None:
    """Write ChatLab JSONL: header, members, messages, one object a line."""
    head, members = _chatlab_head()
    out.write(encode({"_type": "header"} | head).encode())
    out.writelines(f"\n{encode({'_type': 'member'} | member)}".encode() for member in members)
    for message in conversation(count):
        out.write(f"\n{encode({'_type': 'message'} | _chatlab_fields(message))}".encode())


def _array(out: IO[bytes], rows: Iterator[dict[str, object]]) -> None:
    """Write the objects of an array in the two-space indent of the exporters."""
    for number, row in enumerate(rows):
        body = ",\n".join(f'      "{key}": {encode(value)}' for key, value in row.items())
        out.write(f"{',' if number else ''}\n    {{\n{body}\n    }}".encode())


def write_chatlab_json(out: IO[bytes], count: int) -> None:
    """Write ChatLab JSON: one object with the members and messages as indented arrays."""
    head, members = _chatlab_head()
    top = "".join(f'  "{key}": {encode(value)},\n' for key, value in head.items())
    out.write(f'{{\n{top}  "members": ['.encode())
    _array(out, iter(members))
    out.write(b'\n  ],\n  "messages": [')
    _array(out, map(_chatlab_fields, conversation(count)))
    out.write(b"\n  ]\n}")


def _weflow_fields(message: Message) -> dict[str, object]:
    who, quoted = message.speaker, message.answered
    name, number = ("文本消息", 1) if message.kind == "text" else ("图片消息", 3)
    name, number = (
        ("系统消息", 10_000) if who is None else ("引用消息", 244_813_135_921) if quoted else (name, number)
    )
    at_list = f"<atuserlist>{message.mention.wxid}</atuserlist>" if message.mention else ""
    fields: dict[str, object] = {
        "localId": message.number + 1,
        "createTime": message.at,
        "formattedTime": datetime.fromtimestamp(message.at, ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "type": name,
        "localType": number,
        "content": _wechat_text(message),
        "isSend": 0,
        "senderUsername": who.wxid if who else ROOM,
        "senderDisplayName": who.name if who else ROOM_NAME,
        "source": f"<msgsource>{at_list}</msgsource>" if at_list else "",
        "senderAvatarKey": who.wxid if who else ROOM,
        "platformMessageId": str(FIRST_NATIVE_ID + message.number),
    }
    if quoted and quoted.speaker:
        fields |= {
            "replyToMessageId": str(FIRST_NATIVE_ID + quoted.number),
            "appMsgType": "57",
            "appMsgKind": "quote",
        }
        fields |= {"quotedSender": quoted.speaker.name, "quotedContent": quoted.text}
    return fields


def write_weflow_json(out: IO[bytes], count: int) -> None:
    """Write WeFlow's detailed JSON: session first, then one array of indented messages."""
    exported = START + LONGEST_SPAN_DAYS * DAY
    weflow = {"version": "1.0.3", "exportedAt": exported, "generator": "WeFlow"}
    session = {"wxid": ROOM, "nickname": ROOM_NAME, "remark": "", "displayName": ROOM_NAME, "type": "群聊"}
    session_counts = {"lastTimestamp": exported, "messageCount": count}
    out.write(f'{{\n  "weflow": {encode(weflow)},\n'.encode())
    out.write(f'  "session": {encode(session | session_counts)},\n  "messages": ['.encode())
    _array(out, map(_weflow_fields, conversation(count)))
    out.write(b"\n  ]\n}")


WRITERS: dict[str, tuple[str, Callable[[IO[bytes], int], None]]] = {
    "qq-pc-txt": (".txt", write_qq),
    "qq-pc-txt-shuffled": (".txt", partial(write_qq_out_of_order, newest_first=False)),
    "qq-pc-txt-newest-first": (".txt", partial(write_qq_out_of_order, newest_first=True)),
    "chatlab-jsonl": (".jsonl", write_chatlab_jsonl),
    "chatlab-json": (".json", write_chatlab_json),
    "weflow-json": (".json", write_weflow_json),
}


def export_path(directory: Path, export: str, count: int) -> Path:
    """Name the file of an export after the generator's code, so that a kept file is never stale."""
    code = hashlib.sha256()
    for module in ("generate.py", "conversation.py", "vocabulary.py"):
        code.update(Path(__file__).with_name(module).read_bytes())
    return directory / f"{export}-{count}-{code.hexdigest()[:8]}{WRITERS[export][0]}"


def generate(directory: Path, export: str, count: int) -> Path:
    """Write the export unless it is there already; a half-written file never gets the final name."""
    path = export_path(directory, export, count)
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".part")
        try:
            with unfinished.open("wb", buffering=1 << 20) as out:
                WRITERS[export][1](out, count)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return path


def main() -> None:
    """Generate the exports asked for and print their paths."""
    parser = argparse.ArgumentParser(description="Write large invented chat exports.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--format", default="qq-pc-txt", metavar="A,B", help=f"any of {', '.join(WRITERS)}")
    options = parser.parse_args()
    exports = options.format.split(",")
    if unknown := [export for export in exports if export not in WRITERS]:
        parser.error(f"unknown format {unknown[0]}; known: {', '.join(WRITERS)}")
    if options.messages < 1:
        parser.error("--messages must be at least 1")
    for export in exports:
        print(generate(options.directory, export, options.messages))


if __name__ == "__main__":
    main()
