"""Tables and JSON lines of one's own, by a column map."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from raw import SHANGHAI, Read, read

from cq.errors import CqError, InputError, UsageError
from cq.formats._map import ColumnMap, load
from cq.reading import ReadRequest
from cq.reading import read as merged


def column_map(text: str, folder: Path) -> ColumnMap:
    path = folder / "x.map.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.fixture
def table(tmp_path: Path):  # type: ignore[no-untyped-def]
    def made(
        data: str | bytes, text: str, id_: str = "csv", zone: ZoneInfo = SHANGHAI, name: str = "x.csv"
    ) -> Read:
        raw = data.encode() if isinstance(data, str) else data
        return read(raw, id_, zone=zone, name=name, map=column_map(text, tmp_path))

    return made


# --- the map itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("[columns]\ntime = 't'\nsender_nam = 'x'\n", "map_unknown_key", "columns.sender_name"),
        ("[column]\ntime = 't'\n", "map_unknown_key", "columns"),
        ("[columns]\ntime = 't'\n[time]\nformt = '%Y'\n", "map_unknown_key", "time.format"),
        ("[columns]\ntext = 't'\n", "map_value", "time"),
        ("", "map_value", "columns"),
        ("[columns]\ntime = 5\n", "map_value", "time"),
        ("[columns]\ntime = 't'\n[time]\nunit = 'min'\n", "map_value", "min"),
        ("[columns]\ntime = 't'\n[time]\nzone = 'Mars'\n", "map_value", "Mars"),
        ("[columns]\ntime = 't'\n[kinds]\n'图' = 'imge'\n", "map_value", "image"),
        ("encoding = 'utf-9'\n[columns]\ntime = 't'\n", "map_value", "utf-9"),
        ("encoding = 'hex'\n[columns]\ntime = 't'\n", "map_value", "hex"),
        ("delimiter = ', '\n[columns]\ntime = 't'\n", "map_value", "delimiter"),
        ("[columns]\ntime = 't'\n[constants]\nplatform = ''\n", "map_value", "platform"),
        ("[columns\n", "map_unreadable", "line 1"),
    ],
)
def test_a_wrong_map_is_refused_in_one_line(text: str, code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CqError) as refused:
        column_map(text, tmp_path)
    assert refused.value.code == code
    for lang in ("zh", "en"):
        what, hint = refused.value.lines(lang)
        assert "\n" not in what + hint
    assert said in " ".join(refused.value.lines("en"))


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CqError) as refused:
        load(tmp_path / "none.toml")
    assert refused.value.code == "map_missing"


def test_the_columns_of_the_model_are_known_by_their_own_names(tmp_path: Path) -> None:
    found = column_map(
        "[columns]\nsent_at = 'a'\nsender_id = 'b'\ngroup_id = 'c'\nnative_id = 'd'\n", tmp_path
    )
    assert found.columns.used() == {"time": "a", "sender": "b", "group": "c", "id": "d"}


def test_a_map_goes_with_its_formats_and_these_with_a_map(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("t,m\n2026-03-01 20:00:00,好\n", encoding="utf-8")
    (tmp_path / "x.map.toml").write_text("[columns]\ntime = 't'\ntext = 'm'\n", encoding="utf-8")
    map_ = tmp_path / "x.map.toml"
    with pytest.raises(UsageError) as refused:
        merged(ReadRequest([str(path)], SHANGHAI, input_format="csv"))
    assert refused.value.code == "map_needed"
    for forced in (None, "qq-pc-txt"):
        with pytest.raises(UsageError) as refused:
            merged(ReadRequest([str(path)], SHANGHAI, input_format=forced, map=map_))
        assert refused.value.code == "map_unused"
    reading = merged(ReadRequest([str(tmp_path)], SHANGHAI, input_format="csv", map=map_))
    assert [(s.path, s.records.messages) for s in reading.sources] == [(str(path), 1)]
    reading.log.close()


@pytest.mark.parametrize(("id_", "data"), [("csv", "t,m\n1,a\n"), ("jsonl", '{"t": 1, "m": "a"}\n')])
def test_a_column_that_the_file_has_not(id_: str, data: str, table) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as refused:
        table(data, "[columns]\ntime = 't'\ntext = 'text'\n", id_)
    assert refused.value.code == "column_missing"
    assert "t, m" in str(refused.value)


# --- times -------------------------------------------------------------------------------------

WANTED = "2026-03-01 20:00:05"


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-03-01 20:00:05", ""),
        ("2026/3/1 20:00:05", ""),
        ("2026-03-01T12:00:05Z", ""),
        ("1772366405", ""),
        ("1772366405000", ""),
        ("1772366405.5", "unit = 's'"),
        ("1772366405999", "unit = 'ms'"),
        ("1772366405000000", "unit = 'us'"),
        ("1772366405000000000", "unit = 'ns'"),
        ("01.03.26 08:00:05 PM", "format = '%d.%m.%y %I:%M:%S %p'"),
        ("2026-03-01 12:00:05 +0000", "format = '%Y-%m-%d %H:%M:%S %z'"),
        ("2026-03-01 12:00:05", "zone = 'UTC'"),
        ("01/03/2026 21:00:05", "format = '%d/%m/%Y %H:%M:%S'\nzone = 'Asia/Tokyo'"),
    ],
)
def test_times_as_they_are_written(written: str, time: str, table) -> None:  # type: ignore[no-untyped-def]
    found = table(
        f"t,m\n{written},好\nnie,schlecht\n", f"[columns]\ntime = 't'\ntext = 'm'\n[time]\n{time}\n"
    )
    assert found.local_times == [WANTED]
    assert [(p.code, p.where) for p in found.problems] == [("bad_time", "x.csv:3")]


def test_mixed_times_are_read_each_as_it_is(table) -> None:  # type: ignore[no-untyped-def]
    found = table(f"t\n{WANTED}\n1772366405\n2026-03-01T20:00:05+08:00\n", "[columns]\ntime = 't'\n")
    assert found.local_times == [WANTED] * 3


def test_a_date_in_a_column_of_its_own(table) -> None:  # type: ignore[no-untyped-def]
    found = table("d,t\n2026-03-01,20:00:05\n", "[columns]\ndate = 'd'\ntime = 't'\n")
    assert found.local_times == [WANTED]


# --- what the columns mean ---------------------------------------------------------------------

ALL = "[columns]\ntime = 't'\nsender = 'i'\nsender_name = 'n'\ntext = 'm'\n"


def test_people_groups_and_answers(table) -> None:  # type: ignore[no-untyped-def]
    head = "t,g,gn,i,n,m,id,re,at,self\n"
    rows = f"{WANTED},g1,群一,u1,甲,早,m1,,,no\n{WANTED},g2,群二,u2,乙,好,m2,m1,u1 @u3,是\n{WANTED},,,,丙,嗯,m3,0,,\n"
    found = table(
        head + rows,
        ALL
        + "group = 'g'\ngroup_name = 'gn'\nid = 'id'\nreply_to = 're'\nmentions = 'at'\nis_self = 'self'\n"
        "[constants]\nplatform = 'forum'\ngroup = 'default'\nchat = 'group'\n",
    )
    assert {g.group_id: (g.group_name, g.platform, g.chat_kind) for g in found.groups.values()} == {
        "g1": ("群一", "forum", "group"), "g2": ("群二", "forum", "group"), "default": (None, "forum", "group"),
    }  # fmt: skip
    rows_by_id = {row["native_id"]: row for row in found.rows}
    assert [rows_by_id[m]["sender_id"] for m in ("m1", "m2", "m3")] == ["u1", "u2", "name:丙"]
    assert rows_by_id["m2"]["reply_to"] == "m1"
    assert rows_by_id["m3"]["reply_to"] is None
    assert [rows_by_id[m]["mentions"] for m in ("m1", "m2")] == [[], ["u1", "u3"]]
    assert [rows_by_id[m]["is_self"] for m in ("m1", "m2", "m3")] == [False, True, None]


def test_the_name_of_the_file_is_the_group_where_nothing_else_is(table) -> None:  # type: ignore[no-untyped-def]
    found = table(f"t\n{WANTED}\n", "[columns]\ntime = 't'\n", name="周末.csv")
    assert list(found.groups) == ["name:周末"]


def test_kinds_are_translated(table) -> None:  # type: ignore[no-untyped-def]
    rows = [
        ("图", ""),
        ("IMAGE", ""),
        ("语音消息", ""),
        ("通知", "甲邀请乙加入了群聊"),
        ("怪", "x"),
        ("", "[图片]"),
    ]
    data = "t,i,n,m,k\n" + "".join(f"{WANTED},u,甲,{text},{kind}\n" for kind, text in rows)
    found = table(
        data, ALL + "kind = 'k'\n[constants]\nplatform = 'qq'\n[kinds]\n'图' = 'image'\n'通知' = 'system'\n"
    )
    assert found.column("kind") == ["image", "image", "voice", "system", "other", "text"]
    assert found.rows[3]["event"] == "join"
    assert found.rows[3]["sender_id"] is None


def test_without_kinds_placeholders_and_rows_without_a_sender_speak(table) -> None:  # type: ignore[no-untyped-def]
    data = f"t,i,n,m\n{WANTED},u,甲,[图片]\n{WANTED},,,甲邀请乙加入了群聊\n{WANTED},u,甲,甲邀请乙加入了群聊\n"
    found = table(data, ALL + "[constants]\nplatform = 'qq'\n")
    assert found.column("kind") == ["image", "system", "text"]


def test_encoding_and_separator_may_be_said(table) -> None:  # type: ignore[no-untyped-def]
    data = f"t|i|n|m\n{WANTED}|u|é|h\u00fc\n".encode("latin-1")
    found = table(data, "encoding = 'latin-1'\ndelimiter = '|'\n" + ALL)
    assert (found.rows[0]["sender_name"], found.rows[0]["text"]) == ("é", "hü")
    data = f"t,i,n,m\n{WANTED},u,甲,團體\n".encode("big5")
    assert table(data, "encoding = 'big5'\n" + ALL).rows[0]["text"] == "團體"
    broken = f"t,i,n,m\n{WANTED},u,甲,好\n".encode() + b"\xff"
    found = table(broken, "encoding = 'utf-8'\n" + ALL)
    assert [n.code for n in found.notices] == ["undecodable_bytes"]


# --- JSON lines --------------------------------------------------------------------------------


def test_keys_inside_objects_and_damaged_lines(table) -> None:  # type: ignore[no-untyped-def]
    lines = [
        json.dumps({"t": 1772366405, "a.b": "literal", "u": {"id": 7, "name": "甲"}, "x": {"y": {"z": "好"}}, "at": ["乙 丙", "all"]}),
        "{broken", "[1]", "", "# note",
        json.dumps({"t": None, "u": 5, "x": "flat"}),
        json.dumps({"t": "2026-03-01 20:00:05", "u": {"id": "u2"}, "x": {"y": {"z": {"deep": [1]}}}}),
    ]  # fmt: skip
    text = "[columns]\ntime = 't'\nsender = 'u.id'\nsender_name = 'u.name'\ntext = 'x.y.z'\nmentions = 'at'\ncard_title = 'a.b'\n"
    found = table("\n".join(lines), text, "jsonl")
    assert found.column("sender_id") == ["7", "u2"]
    assert found.column("text") == ["好", '{"deep":[1]}']
    assert found.column("card_title") == ["literal", None]
    assert found.column("mentions") == [["乙 丙", "@all"], []]
    assert found.column("origin_record") == [1, 7]
    assert [(p.code, p.where) for p in found.problems] == [
        ("bad_json", "x.csv:2"), ("bad_row", "x.csv:3"), ("bad_time", "x.csv:6"),
    ]  # fmt: skip
    assert found.skipped == {"comment": 1}
