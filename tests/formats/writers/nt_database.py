"""The conversation as QQ NT's decrypted database, with bodies in protobuf, and ``group_info.db`` beside it."""

from __future__ import annotations

import base64
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from invented import PEOPLE, Conversation, Told

Value = int | str | bytes
Element = Mapping[int, Value | list[bytes]]


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(fields: Mapping[int, Value | list[bytes]]) -> bytes:
    """A protobuf message; a list is a repeated field."""
    out = b""
    for number, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int):
                out += varint(number << 3) + varint(value)
            else:
                raw = value.encode() if isinstance(value, str) else value
                out += varint(number << 3 | 2) + varint(len(raw)) + raw
    return out


def body(*elements: Element) -> bytes:
    """Column 40800. Fields that nobody has explained yet stand among them, as in a real one."""
    return message(
        {
            40800: [
                message({45001: 7_000 + i, **e, 49154: b"\x08\x01", 45003: 1}) for i, e in enumerate(elements)
            ]
        }
    )


def text(words: str) -> Element:
    return {45002: 1, 45101: words}


def xml_tip(*parts: str | tuple[str, str, str]) -> Element:
    """``(uid, number, name)`` are people."""
    tags = [
        f'<nor txt="{p}"/>' if isinstance(p, str) else f'<qq uin="{p[0]}" col="3" jp="{p[1]}" nm="{p[2]}"/>'
        for p in parts
    ]
    return {45002: 8, 48214: f'<gtip align="center">{"".join(tags)}</gtip>'}


def json_tip(*items: Mapping[str, str]) -> Element:
    return {45002: 8, 48271: json.dumps({"align": "center", "items": items}, ensure_ascii=False)}


COLUMNS = {
    "40001": "INTEGER PRIMARY KEY", "40002": "INTEGER", "40003": "INTEGER", "40010": "INTEGER", "40011": "INTEGER",
    "40012": "INTEGER", "40013": "INTEGER", "40020": "TEXT", "40021": "TEXT", "40027": "INTEGER", "40030": "INTEGER",
    "40033": "INTEGER", "40050": "INTEGER", "40058": "INTEGER", "40090": "TEXT", "40093": "TEXT", "40100": "INTEGER",
    "40600": "BLOB", "40800": "BLOB", "40850": "INTEGER", "40900": "BLOB",
}  # fmt: skip


def database(tables: Mapping[str, tuple[Mapping[str, str], Iterable[Mapping[str, Any]]]]) -> bytes:
    """SQLite bytes: tables with their columns and rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.db")
        base = sqlite3.connect(path)
        for name, (columns, rows) in tables.items():
            base.execute(f"CREATE TABLE {name}({', '.join(f'[{c}] {t}' for c, t in columns.items())})")
            for row in rows:
                names = ", ".join(f'"{c}"' for c in row)
                base.execute(
                    f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values())
                )
        base.commit()
        base.close()
        return path.read_bytes()


def group_row(id_: int, seq: int, at: int, raw: bytes | None, **more: Any) -> dict[str, Any]:
    """A row of ``group_msg_table``; ``more`` by column as ``c40090``."""
    row = {"40001": id_, "40003": seq, "40010": 2, "40011": 2, "40050": at, "40800": raw}
    return row | {name.removeprefix("c"): value for name, value in more.items()}


def _nt(key: str) -> tuple[str, str, str]:
    person = PEOPLE[key]
    return person.uid, person.qq, person.name.replace("<", "&lt;").replace('"', "&quot;")


def _item(key: str) -> dict[str, str]:
    person = PEOPLE[key]
    return {"type": "qq", "uid": person.uid, "jp": "", "nm": person.name}


def _elements(c: Conversation, told: Told) -> Sequence[Element]:
    match told.event:
        case "recall":
            return [{45002: 8, 47705: PEOPLE[told.actor or ""].uid, 47713: ""}]
        case "join":
            return [xml_tip(_nt(told.actor or ""), "邀请", _nt(told.targets[0]), "加入了群聊。")]
        case "rename_group":
            return [xml_tip(_nt(told.actor or ""), f"修改群名为“{told.detail}”")]
        case "poke":
            img = {"type": "img", "src": "http://example.org/p.png"}
            return [
                json_tip(
                    _item(told.actor or ""), img, {"type": "nor", "txt": "拍了拍"}, _item(told.targets[0])
                )
            ]
    match told.kind:
        case "text":
            return [*_reply(c, told), text(told.text or "")]
        case "image":
            return [{45002: 2, 45402: "AB12.jpg", 45405: 2048, 45406: b"\x00" * 16, 45815: "[图片]"}]
        case "sticker":
            return [{45002: 2, 45402: "AB13.gif", 45815: "[动画表情]"}]
        case "voice":
            return [{45002: 4, 45402: "a.amr"}]
        case "video":
            return [{45002: 5, 45402: "v.mp4"}]
        case "file":
            return [{45002: 3, 45402: told.title or ""}]
        case "red_packet":
            return [{45002: 9, 48443: told.title or ""}]
        case "forward":
            xml = f'<?xml version="1.0"?><msg brief="[聊天记录]" action="viewMultiMsg"><item><title>{told.title}</title></item></msg>'
            return [{45002: 16, 48602: xml}]
        case kind:
            return [{45002: 10, 47901: json.dumps(_ark(kind, told), ensure_ascii=False)}]


def _ark(kind: str, told: Told) -> dict[str, Any]:
    match kind:
        case "link":
            view = {"title": told.title, "jumpUrl": told.url}
            return {"app": "com.tencent.structmsg", "prompt": f"[分享]{told.title}", "meta": {"news": view}}
        case "mini_program":
            return {
                "app": "com.tencent.miniapp_01",
                "prompt": "[QQ小程序]",
                "meta": {"detail_1": {"title": "打卡", "desc": told.title}},
            }
        case _:
            return {
                "app": "com.tencent.map",
                "prompt": "[位置]",
                "meta": {"Location.Search": {"name": told.title}},
            }


def _reply(c: Conversation, told: Told) -> Sequence[Element]:
    if not told.reply_to:
        return []
    quoted = c.row(told.reply_to)
    assert quoted.person
    inner = message({45002: 1, 45101: quoted.text or ""})
    return [{45002: 7, 47402: quoted.n, 47403: int(quoted.person.qq), 47404: quoted.seconds, 47423: [inner]}]


def _rows(c: Conversation) -> list[dict[str, Any]]:
    rows = []
    for told in c.rows:
        person = told.person or (PEOPLE[told.actor] if told.event == "recall" and told.actor else None)
        row = group_row(int(told.server_id), 100 + told.n, told.seconds, body(*_elements(c, told)))
        row |= {"40027": int(c.qq_group), "40021": c.qq_group, "40013": 1 if told.sender == "me" else 0}
        if person:
            card = person.name if person.name != person.nickname else ""
            row |= {"40020": person.uid, "40033": int(person.qq), "40090": card, "40093": person.nickname}
        rows.append(row)
    return rows


def nt(c: Conversation) -> Mapping[str, bytes]:
    members = [
        {"60001": int(c.qq_group), "1000": p.uid, "1002": int(p.qq), "20002": p.nickname, "64003": p.name,
         "64007": 1_700_000_000, "64010": 0, "64016": 0}
        for p in PEOPLE.values()
    ]  # fmt: skip
    info = {
        "group_list": (
            {"60001": "INTEGER", "60007": "TEXT"},
            [{"60001": int(c.qq_group), "60007": c.group_name}],
        ),
        "group_member3": (dict.fromkeys(members[0], ""), members),
    }
    return {
        "nt_db/nt_msg.db": database({"group_msg_table": (COLUMNS, _rows(c)), "c2c_msg_table": (COLUMNS, [])}),
        "nt_db/group_info.db": database(info),
    }


def dump(encode: Callable[[bytes], str]) -> Callable[[Conversation], Mapping[str, bytes]]:
    """The table as DB Browser writes it to JSON."""

    def write(c: Conversation) -> Mapping[str, bytes]:
        rows = [
            {name: encode(v) if isinstance(v, bytes) else v for name, v in row.items()} for row in _rows(c)
        ]
        files = {"group_msg_table.json": json.dumps(rows, ensure_ascii=False, indent=4).encode()}
        return files | {"group_info.db": nt(c)["nt_db/group_info.db"]}

    return write


WRITERS = {
    "qq-nt-sqlite": nt,
    "qq-nt-json": dump(lambda blob: base64.b64encode(blob).decode()),
    "qq-nt-json:hex": dump(bytes.hex),
}
