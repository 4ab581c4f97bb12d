"""QQ NT's database: bodies in protobuf, gray tips, old rows, and files that are hostile or damaged."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from raw import SHANGHAI, read, source
from writers.nt_database import COLUMNS, Element, body, database, group_row, json_tip, message, text, xml_tip

from cq.errors import InputError
from cq.formats import identify
from cq.formats._nt_elements import body as taken_apart
from cq.formats._nt_elements import only_text
from cq.formats._protobuf import fields
from cq.reading import ReadRequest
from cq.reading import read as merged

ID = "qq-nt-sqlite"
AT = 1_772_327_600
GROUP = {"c40027": 700000001, "c40021": "700000001"}
KUAN = {"c40020": "u_kuanAAAA", "c40033": 10086001, "c40090": "球场阿宽", "c40093": "阿宽"}
A, B = ("u_kuanAAAA", "10086001", "阿宽"), ("u_heBBBB", "10086002", "小禾")


def db(*rows: dict[str, Any], columns: dict[str, str] = COLUMNS, table: str = "group_msg_table") -> bytes:
    return database({table: (columns, rows)})


def said(n: int, *elements: Element, **more: Any) -> dict[str, Any]:
    return group_row(7_400_000_000_000_000_000 + n, n, AT + n, body(*elements), **{**GROUP, **KUAN, **more})


def one(*elements: Element, **more: Any) -> dict[str, Any]:
    found = read(db(said(1, *elements, **more)))
    assert not found.problems
    return found.rows[0]


def tip(*elements: Element) -> dict[str, Any]:
    return one(*elements, c40033=0, c40020="", c40090="", c40093="")


# --- rows --------------------------------------------------------------------------------------


def test_a_row_of_words() -> None:
    row = one(text("周六两点\n三号场"))
    assert (row["text"], row["kind"], row["sender_id"], row["sender_name"]) == (
        "周六两点\n三号场",
        "text",
        "10086001",
        "球场阿宽",
    )
    assert (row["group_id"], row["native_id"]) == ("700000001", "7400000000000000001")


@pytest.mark.parametrize(
    ("card", "more", "id_", "name"),
    [
        ("老友(10086009)", {"c40033": 0, "c40020": ""}, "10086009", "老友"),
        ("老友(10086009)", {"c40033": 10086009}, "10086009", "老友"),
        ("老友(12345)", {"c40033": 10086009}, "10086009", "老友(12345)"),  # a card of his own
        ("夜读<a@example.com>", {"c40033": None, "c40020": None}, "email:a@example.com", "夜读"),
        ("夜读<a@example.com>", {"c40033": 10086009}, "10086009", "夜读"),
        ("夜读<3", {"c40033": 10086009}, "10086009", "夜读<3"),
        ("夜<读>", {"c40033": 10086009}, "10086009", "夜<读>"),
        ("", {}, "10086001", "阿宽"),
        ("深夜", {"c40033": 0, "c40020": "u_x"}, "uid:u_x", "深夜"),
        ("", {"c40033": 80000000, "c40020": "", "c40093": "匿名"}, "anon:80000000", "匿名"),
    ],
)
def test_who_sent_it(card: str, more: dict[str, Any], id_: str, name: str) -> None:
    row = one(text("好"), c40090=card, **more)
    assert (row["sender_id"], row["sender_name"]) == (id_, name)


@pytest.mark.parametrize(
    ("elements", "kind", "words"),
    [
        ([{45002: 2, 45815: "[图片]"}], "image", "[图片]"),
        ([{45002: 2, 45815: "[动画表情]"}], "sticker", "[动画表情]"),
        ([text("看"), {45002: 2}, text("这个")], "text", "看这个"),
        ([text("看"), {45002: 6, 47601: 14, 47602: "/微笑"}], "text", "看"),
        ([{45002: 3, 45402: "场地.xlsx"}], "file", "场地.xlsx"),
        ([{45002: 4}], "voice", "[语音]"),
        ([{45002: 5}], "video", "[视频]"),
        ([{45002: 9, 48443: "新年快乐"}], "red_packet", "新年快乐"),
        ([{45002: 11, 45815: "[摸摸头]"}], "sticker", "[摸摸头]"),
        ([{45002: 14, 45101: "**粗体**"}], "text", "**粗体**"),
        ([{45002: 21}], "call", "[通话]"),
        ([{45002: 77, 55555: b"\x01"}], "other", "[其他消息]"),
        ([{45002: 10, 47901: '{"app":"com.tencent.structmsg","meta":{"news":{"title":"第三章","jumpUrl":"https://example.org/3"}}}'}], "link", "第三章"),
        ([{45002: 10, 47901: "{" * 5000}], "other", "[其他消息]"),
    ],
)  # fmt: skip
def test_kinds(elements: list[Element], kind: str, words: str) -> None:
    row = one(*elements)
    assert (row["kind"], row["text"]) == (kind, words)


def test_an_answer_finds_its_message_by_time_and_sender(tmp_path: Path) -> None:
    quoted = {
        45002: 7,
        47402: 1,
        47403: 10086001,
        47404: AT + 1,
        47423: [message({45002: 1, 45101: "周六"}), message({45002: 1, 45101: "两点"})],
    }
    path = tmp_path / "nt_msg.db"
    path.write_bytes(db(said(1, text("周六两点")), said(2, quoted, text("来"))))
    reading = merged(ReadRequest([str(path)], SHANGHAI))
    first, second = (row for batch in reading.log.batches() for row in batch.to_pylist())
    assert second["reply_to"] == first["message_id"]
    assert (second["text"], second["reply_quote"]) == ("来", "周六两点")
    reading.log.close()


# --- gray tips ---------------------------------------------------------------------------------


def test_names_in_a_tip_are_not_taken_for_its_words() -> None:
    row = tip(xml_tip(("u_x", "10086007", "我邀请小禾"), "邀请", B, "加入了群聊。"))
    assert (row["event"], row["event_actor"], row["event_target"]) == ("join", "10086007", ["10086002"])
    assert row["text"] == "我邀请小禾邀请小禾加入了群聊。"
    assert row["sender_id"] is None and row["kind"] == "system"


@pytest.mark.parametrize(
    ("parts", "event", "actor", "targets"),
    [
        ([A, "邀请", B, "加入了群聊。"], "join", "10086001", ["10086002"]),
        ([B, "加入了群聊。"], "join", None, ["10086002"]),
        ([B, "被管理员", A, "禁言10分钟"], "mute", "10086001", ["10086002"]),
    ],
)
def test_tips_in_xml(parts: list[Any], event: str, actor: str | None, targets: list[str]) -> None:
    row = tip(xml_tip(*parts))
    assert (row["event"], row["event_actor"], row["event_target"]) == (event, actor, targets)


def test_a_poke_in_json_with_a_suffix() -> None:
    who = [{"type": "qq", "uid": id_[0], "nm": id_[2]} for id_ in (A, B)]
    rows = [
        said(1, text("好")),
        said(2, json_tip(who[0], {"type": "nor", "txt": "拍了拍"}, who[1], {"type": "nor", "txt": "的肩膀"})),
    ]
    row = read(db(*rows)).rows[1]
    assert (row["kind"], row["event_actor"], row["event_target"], row["event_detail"]) == (
        "poke",
        "10086001",
        ["uid:u_heBBBB"],
        "的肩膀",
    )


def test_a_recall_names_author_and_actor() -> None:
    own = one({45002: 8, 47705: "u_kuanAAAA", 47713: "，手滑"})
    assert (own["kind"], own["event_actor"], own["event_target"]) == ("recall", "10086001", ["10086001"])
    assert own["text"] == "球场阿宽撤回了一条消息，手滑"
    other = one({45002: 8, 47705: "10086002"})
    assert (other["event_actor"], other["event_target"], other["sender_id"]) == (
        "10086002",
        ["10086001"],
        None,
    )


# --- tables ------------------------------------------------------------------------------------


def test_private_chats_are_chats_of_their_own() -> None:
    row = group_row(
        1, 1, AT, body(text("书在老地方")), c40030=10086001, c40021="u_kuanAAAA", c40033=10086001, c40013=0
    )
    found = read(db(row, row | {"40001": 2, "40033": 10086009, "40013": 1}, table="c2c_msg_table"))
    assert [g.chat_kind for g in found.groups.values()] == ["private"]
    assert found.column("group_id") == ["10086001", "10086001"]
    assert found.column("is_self") == [False, True]


def test_columns_that_a_version_lacks_are_not_missed() -> None:
    few = {
        name: kind for name, kind in COLUMNS.items() if name in ("40001", "40033", "40050", "40800", "40027")
    }
    row = {name: value for name, value in said(1, text("好")).items() if name in few}
    found = read(db(row, columns=few))
    assert [(r["sender_id"], r["text"]) for r in found.rows] == [("10086001", "好")]


def test_what_is_left_of_deleted_messages_is_counted() -> None:
    found = read(db(said(1, text("好")), group_row(2, 2, AT, None, **GROUP, c40011=1)))
    assert len(found.rows) == 1 and found.skipped == {"not_a_message": 1}


def test_a_row_without_a_time_is_a_problem() -> None:
    found = read(db(said(1, text("好"), c40050=0), said(2, text("嗯"))))
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.txt:1")]
    assert found.column("origin_record") == [2]


def test_views_and_virtual_tables_are_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    base = sqlite3.connect(path)
    base.execute("CREATE VIEW group_msg_table AS SELECT 1 AS [40001], 2 AS [40050]")
    base.execute("CREATE VIRTUAL TABLE c2c_msg_table USING fts5([40800])")
    base.commit()
    base.close()
    assert read(path.read_bytes(), ID).codes == ["no_records"]
    with pytest.raises(InputError):
        identify(source(path.read_bytes()))


def test_generated_columns_and_triggers_run_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(db(said(1, text("好"))))
    base = sqlite3.connect(path)
    base.execute("ALTER TABLE group_msg_table ADD COLUMN [40105] AS (abs(-9223372036854775808))")
    base.execute("CREATE TRIGGER t AFTER INSERT ON group_msg_table BEGIN DELETE FROM group_msg_table; END")
    base.commit()
    base.close()
    assert read(path.read_bytes(), ID).column("text") == ["好"]


def test_other_databases_stay_refused() -> None:
    for data, code in (
        (database({"MSG": ({"StrContent": "TEXT"}, [])}), "database_sqlite"),
        (b"SQLite header 3\0" + bytes(20) + b"QQ_NT DB" + bytes(1024), "database_encrypted"),
    ):
        with pytest.raises(InputError) as refused:
            identify(source(data))
        assert refused.value.code == code


def test_names_and_members_come_from_the_database_beside_it(tmp_path: Path) -> None:
    columns = dict.fromkeys(("60001", "1000", "1002", "20002", "64003", "64007", "64010", "64016"), "")
    member = {
        "60001": 700000001,
        "1000": "u_silent",
        "1002": 10086007,
        "20002": "安静",
        "64003": "",
        "64007": 1_600_000_000,
        "64010": 1,
        "64016": 0,
    }
    info = {
        "group_list": ({"60001": "INTEGER", "60007": "TEXT"}, [{"60001": 700000001, "60007": "周末羽毛球"}]),
        "group_member3": (
            columns,
            [member, member | {"1000": "u_gone", "1002": 10086008, "64016": 1}, member | {"60001": 99999}],
        ),
        "nt_uid_mapping_table": ({"48902": "TEXT", "1002": "INTEGER"}, [{"48902": "u_x", "1002": 10086004}]),
    }
    (tmp_path / "nt_msg.db").write_bytes(db(said(1, text("好"), c40033=0, c40020="u_x")))
    (tmp_path / "group_info.db").write_bytes(database(info))
    (tmp_path / "nt_msg.db-wal").write_bytes(bytes(100))
    reading = merged(ReadRequest([str(tmp_path)], SHANGHAI))
    (report,) = reading.sources
    (row,) = (row for batch in reading.log.batches() for row in batch.to_pylist())
    assert (row["sender_id"], row["group_name"]) == ("10086004", "周末羽毛球")
    assert (report.records.members, report.skipped_by["not_a_member"]) == (1, 1)
    assert "wal_not_read" in report.notice_counts
    reading.log.close()


# --- the table as JSON -------------------------------------------------------------------------


def test_a_dump_in_json_reads_like_the_database() -> None:
    rows = [
        said(1, text("周六两点")),
        said(2, {45002: 2, 45815: "[图片]"}),
        said(3, text("好"), c40033=0, c40020="u_x"),
    ]
    found = read(db(*rows))
    for encode in (lambda blob: base64.b64encode(blob).decode(), bytes.hex, lambda blob: f"X'{blob.hex()}'"):
        plain = [{k: encode(v) if isinstance(v, bytes) else v for k, v in row.items()} for row in rows]
        again = read(json.dumps(plain, ensure_ascii=False).encode())
        assert again.rows == found.rows
        assert not again.problems and not again.notices


def test_a_dump_that_lost_the_bodies_keeps_who_and_when() -> None:
    rows = [said(1, text("a")) | {"40800": lost} for lost in ("", None, "BLOB", "<已省略>")]
    found = read(json.dumps(rows, ensure_ascii=False).encode())
    assert found.column("sender_id") == ["10086001"] * 4
    assert set(found.column("kind")) == {"other"} and not found.problems
    assert [n.code for n in found.notices] == ["bad_body"]


# --- damage ------------------------------------------------------------------------------------


def many(n: int) -> bytes:
    return db(*(said(i, text(f"第{i}条消息，三号场")) for i in range(n)))


def test_a_file_that_breaks_off_keeps_what_is_there() -> None:
    data = many(3_000)
    found = read(data[: len(data) // 2])
    assert 1_000 < len(found.rows) < 2_000
    assert found.codes == ["unreadable"] and [n.code for n in found.notices] == ["damaged_database"]


def test_damage_in_the_middle_costs_what_is_there() -> None:
    data = bytearray(many(3_000))
    at = len(data) // 2 // 4096 * 4096
    data[at : at + 4096] = bytes(4096)
    found = read(bytes(data), ID)
    assert 2_900 < len(found.rows) < 3_000
    assert len(set(found.column("native_id"))) == len(found.rows)
    assert "unreadable" in found.codes


def test_a_damaged_body_keeps_its_row_and_is_said() -> None:
    raw = body(text("好"), text("的"))
    found = read(
        db(
            said(1, text("早")),
            group_row(8 * 10**18, 2, AT, raw[:-4], **GROUP, **KUAN),
            group_row(8 * 10**18 + 1, 3, AT, b"\xff" * 40, **GROUP, **KUAN),
        )
    )
    assert found.column("text")[:2] == ["早", "好"]
    assert [(n.code, n.where, n.detail) for n in found.notices] == [("bad_body", "x.txt:2", "2")]


def test_protobuf_survives_anything() -> None:
    dice = random.Random(7)
    for _ in range(3_000):
        fields(dice.randbytes(dice.randrange(200)))
        raw = bytearray(body(text("周六下午两点"), {45002: 2, 45815: "[图片]"}))
        for _ in range(3):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        taken_apart(bytes(raw))
    began = time.monotonic()
    for raw in (b"\x80" * 1_000_000, b"\x08\x01" * 500_000, b"\x0a\xff\xff\xff\xff\x0f" * 100_000):
        assert fields(raw)[1] is False
    assert time.monotonic() - began < 1


def test_the_short_way_to_words_agrees_with_the_long_one() -> None:
    dice = random.Random(8)
    for _ in range(2_000):
        raw = bytearray(body(text("".join(dice.choices("周六两点abc\n", k=dice.randrange(1, 200))))))
        if dice.random() < 0.7:
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        words = only_text(bytes(raw))
        if words is not None:
            (element,), _ = taken_apart(bytes(raw))
            assert element[45101][0] == words.encode()
            assert element[45002][0] == 1
