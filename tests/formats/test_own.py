"""What cq writes, cq reads back: the same rows with the same ids; what others did to the files is a problem."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw import SHANGHAI, Read, read

from cq import export
from cq.formats._source import Source
from cq.model import COLUMNS, BatchBuilder, Event, Kind, message_schema

WRITTEN = ("jsonl", "csv", "parquet")
each_form = pytest.mark.parametrize("form", WRITTEN)

ROW: dict[str, Any] = {
    "message_id": "0123456789abcdef01234567",
    "platform": "qq",
    "group_id": "10010",
    "group_name": "周末羽毛球",
    "sent_at": datetime(2026, 3, 2, 1, 2, 3, 456000, UTC),
    "sender_id": "10086001",
    "sender_name": "阿宽",
    "sender_title": "馆长",
    "kind": "text",
    "text": "早\n安",
    "url": None,
    "card_title": None,
    "reply_to": "fedcba987654321001234567",
    "reply_quote": "昨天",
    "mentions": ["10086002", "name:老 周", "@all"],
    "event": None,
    "event_actor": None,
    "event_target": [],
    "event_detail": None,
    "is_self": True,
    "recalled": None,
    "native_id": "7000000000000000001",
    "origin_file": "a.txt",
    "origin_record": 9,
}


def written(rows: list[dict[str, Any]], form: str) -> bytes:
    """Rows as cq writes them."""
    builder = BatchBuilder()
    for row in rows:
        builder.add(**row | {"sent_at": round(row["sent_at"].timestamp() * 1000)})
    stream = io.BytesIO()
    export.write([builder.take()], form, stream, SHANGHAI)
    return stream.getvalue()


def back(data: bytes, form: str, block: int | None = None) -> Read:
    return read(data, f"cq-{form}", block=block)


def as_csv_tells(row: dict[str, Any]) -> dict[str, Any]:
    """In CSV an empty text and none look alike."""
    return {name: None if value == "" else value for name, value in row.items()}


# --- round trips -------------------------------------------------------------------------------


@each_form
def test_every_column_comes_back(form: str) -> None:
    event = ROW | {
        "message_id": "0" * 24, "kind": "system", "event": "join", "event_actor": "name:甲", "is_self": False,
        "event_target": ["10086003", "name:[乙] 丙"], "event_detail": "invite", "recalled": True, "text": None,
        "sender_id": None, "sender_name": None, "mentions": [], "url": "https://example.com/?a=1&b=2",
    }  # fmt: skip
    found = back(written([ROW, event], form), form)
    assert found.rows == [ROW, event]
    assert found.problems == []
    assert {(g.group_id, g.group_name, g.platform) for g in found.groups.values()} == {
        ("10010", "周末羽毛球", "qq")
    }


_ODD = [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "'",
    '"',
    ",",
    ";",
    "[",
    "]",
    " ",
    "\u3000",
    "\xa0",
    "\u2028",
    "\ufeff",
    "中",
    "a",
    "1",
    "😀",
]
_texts = st.lists(st.sampled_from(_ODD), max_size=5).map("".join)
_some = st.none() | _texts
_lists = st.lists(_texts.filter(bool), max_size=3)
_rows = st.builds(
    dict,
    message_id=st.binary(min_size=12, max_size=12).map(bytes.hex),
    platform=st.sampled_from(["qq", "wechat", "telegram"]),
    group_id=_texts.filter(bool),
    group_name=_some,
    sent_at=st.datetimes(datetime(1971, 1, 1), datetime(2150, 1, 1)).map(
        lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    sender_id=_some,
    sender_name=_some,
    sender_title=_some,
    kind=st.sampled_from(Kind).map(str),
    text=_some,
    url=_some,
    card_title=_some,
    reply_to=_some,
    reply_quote=_some,
    mentions=_lists,
    event=st.none() | st.sampled_from(Event).map(str),
    event_actor=_some,
    event_target=_lists,
    event_detail=_some,
    is_self=st.none() | st.booleans(),
    recalled=st.none() | st.booleans(),
    native_id=_some,
    origin_file=_texts.filter(bool),
    origin_record=st.integers(0, 2**63 - 1),
)


@pytest.mark.parametrize("form", WRITTEN)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(_rows, min_size=1, max_size=4), block=st.sampled_from([7, 64, None]))
def test_any_rows_come_back(form: str, rows: list[dict[str, Any]], block: int | None) -> None:
    found = back(written(rows, form), form, block)
    assert found.problems == found.notices == []
    tell = as_csv_tells if form == "csv" else dict
    assert [tell(row) for row in found.rows] == [tell(row) for row in rows]


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''", "'", "a=1", "12"]
)
def test_cells_a_spreadsheet_would_run_are_escaped_and_come_back(text: str) -> None:
    data = written([ROW | {"text": text, "sender_name": text, "mentions": [text]}], "csv")
    cell = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))["text"]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    [row] = back(data, "csv").rows
    assert (row["text"], row["sender_name"], row["mentions"]) == (text, text, [text])


@pytest.mark.parametrize(
    "names",
    [["a b"], ["a", "b"], ["[a"], ["a b", "c"], ["@all"], ["name:老\u3000周", "x"], ["a\tb"], [], ['"', "'"]],
)
@each_form
def test_lists_with_blanks(form: str, names: list[str]) -> None:
    [row] = back(written([ROW | {"mentions": names, "event_target": names}], form), form).rows
    assert (row["mentions"], row["event_target"]) == (names, names)


# --- what other programs may do ----------------------------------------------------------------


def lines(*changes: dict[str, Any]) -> bytes:
    """JSON lines of the row with changes."""
    plain = json.loads(written([ROW], "jsonl"))
    return b"".join(msgspec.json.encode(plain | change) + b"\n" for change in changes)


def test_json_lines_may_be_filtered_reordered_and_enlarged() -> None:
    one, two = (
        json.loads(written([ROW], "jsonl")),
        json.loads(written([ROW | {"message_id": "1" * 24}], "jsonl")),
    )
    data = (
        json.dumps({"added": [1], **dict(reversed(two.items()))})
        + "\r\n\r\n  \n"
        + json.dumps(one, indent=None)
    )
    found = read(data.encode())
    assert found.column("message_id") == ["1" * 24, ROW["message_id"]]
    assert found.problems == []


def test_times_in_any_offset_and_none() -> None:
    found = back(
        lines(
            {"sent_at": "2026-03-02T01:02:03Z"},
            {"sent_at": "2026-03-02T09:02:03"},
            {"sent_at": "2026-03-01T20:02:03.5-05:00"},
        ),
        "jsonl",
    )
    assert [t - datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC) for t in found.column("sent_at")] == [
        timedelta(0), timedelta(0), timedelta(milliseconds=500),
    ]  # fmt: skip


WRONG: list[dict[str, Any]] = [
    {"text": 5}, {"text": ["a"]}, {"group_id": None}, {"group_id": ""}, {"group_id": 10010}, {"platform": None},
    {"kind": "TEXT"}, {"kind": None}, {"kind": []}, {"event": "joined"}, {"event": 1}, {"native_id": 7000000000000000001},
    {"mentions": "10086002"}, {"mentions": [1]}, {"mentions": {"a": 1}}, {"event_target": [None]},
    {"is_self": 1}, {"is_self": "true"}, {"recalled": 0}, {"recalled": []},
    {"origin_record": None}, {"origin_record": "9"}, {"origin_record": 9.5}, {"origin_record": True},
    {"origin_record": 2**63}, {"origin_file": None}, {"origin_file": ""},
    {"sent_at": None}, {"sent_at": 1772413323}, {"sent_at": "yesterday"}, {"sent_at": "9999-12-31T23:59:59Z"},
    {"sent_at": "0001-01-01T00:00:00+08:00"}, {"sent_at": ""},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: json.dumps(w)[:40])
def test_a_wrong_value_is_a_problem_of_its_row(wrong: dict[str, Any]) -> None:
    found = back(lines({}, wrong, {"text": "后"}), "jsonl")
    assert found.column("text") == ["早\n安", "后"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_row", "x.txt:2")]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"a"',
        b"# x",
        b"{}",
        b'{"a":1}',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_line_that_is_no_row_is_a_problem(line: bytes) -> None:
    found = back(lines({}) + line + b"\n" + lines({"text": "后"}), "jsonl")
    assert found.column("text") == ["早\n安", "后"]
    assert [p.where for p in found.problems] == ["x.txt:2"]


def test_an_empty_event_is_none() -> None:
    assert back(lines({"event": ""}), "jsonl").column("event") == [None]


def test_lines_are_counted_across_blocks() -> None:
    data = lines(*({"text": "x" * i} for i in range(20))) + b"{\n" + lines({}) + b"{"
    for block in (50, 1000, None):
        assert [p.where for p in back(data, "jsonl", block).problems] == ["x.txt:21", "x.txt:23"]


# --- CSV ---------------------------------------------------------------------------------------


def table(*changes: dict[str, str], head: tuple[str, ...] = COLUMNS) -> bytes:
    """CSV of the row with changed cells."""
    [cells] = csv.DictReader(io.StringIO(written([ROW], "csv").decode("utf-8-sig"), newline=""))
    stream = io.StringIO(newline="")
    out = csv.DictWriter(stream, head, extrasaction="ignore")
    out.writeheader()
    out.writerows(cells | change for change in changes)
    return stream.getvalue().encode()


def test_a_spreadsheet_may_save_it_again() -> None:
    data = table({"is_self": "TRUE", "recalled": "0"}).decode()
    for again in (data.encode("utf-8"), data.encode("gb18030"), data.replace("\r\n", "\n").encode()):
        [row] = read(again).rows
        assert row == ROW | {"recalled": False}


def test_columns_may_be_moved_and_added() -> None:
    head = ("备注", *reversed(COLUMNS))
    [row] = read(table({"备注": "多的一列"}, head=head)).rows
    assert row == ROW


@pytest.mark.parametrize(
    "wrong",
    [{"is_self": "yes"}, {"origin_record": ""}, {"origin_record": "九"}, {"sent_at": "2026/3/2 9:02"}, {"kind": ""},
     {"mentions": "[1]"}, {"mentions": '["a"'}, {"group_id": ""}],
    ids=str,
)  # fmt: skip
def test_a_wrong_cell_is_a_problem_of_its_row(wrong: dict[str, str]) -> None:
    found = back(table({}, wrong, {"text": "后"}), "csv")
    assert found.column("text") == ["早\n安", "后"]
    # The first row's text has a line break: the second begins at line 4.
    assert [(p.code, p.where) for p in found.problems] == [("bad_row", "x.txt:4")]


def test_rows_of_the_wrong_length_are_problems() -> None:
    data = table({"text": "a"}) + b"a,b\r\n\r\n" + table({"text": "b"}).split(b"\r\n", 1)[1]
    found = back(data, "csv")
    assert found.column("text") == ["a", "b"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_csv", "x.txt:3")]


def test_a_lost_quote_costs_its_own_row() -> None:
    rows = [{"text": f"第{i}句"} for i in range(40)]
    rows[3]["text"] = 'a "quoted", text'
    rows[30]["text"] = "一\n二"
    data = table(*rows)
    assert data.count(b'"a ""quoted"", text"') == 1
    for lost in (b'""quoted"", text",', b'"a ""quoted'):
        broken = data.replace(lost, lost.replace(b'"', b"", 1) if lost[:2] == b'"a' else lost[:-2] + b",")
        found = back(broken, "csv")
        assert len(found.rows) == 39
        assert found.codes == ["bad_csv"]
        assert found.problems[0].where == "x.txt:5"


def test_a_csv_that_breaks_off() -> None:
    data = table(*({"text": f"第{i}句\n二"} for i in range(10)))
    whole = len(back(data, "csv").rows)
    for cut in range(len(data) - 200, len(data)):
        found = back(data[:cut], "csv")
        assert len(found.rows) + bool(found.problems) in (whole, whole - 1)


# --- Parquet -----------------------------------------------------------------------------------


def parquet(rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> bytes:
    stream = io.BytesIO()
    wanted = schema or pa.schema([f.with_nullable(True) for f in message_schema()])
    pq.write_table(pa.Table.from_pylist(rows, wanted), stream)
    return stream.getvalue()


def test_wrong_rows_of_a_parquet_file_are_problems() -> None:
    wrong = [
        {"kind": "TEXT"}, {"kind": None}, {"event": "joined"}, {"platform": None}, {"group_id": ""}, {"group_id": None},
        {"origin_file": None}, {"origin_record": None}, {"sent_at": None}, {"sent_at": datetime(9999, 1, 1, tzinfo=UTC)},
    ]  # fmt: skip
    found = back(parquet([ROW, *(ROW | w for w in wrong), ROW | {"text": "后"}]), "parquet")
    assert found.column("text") == ["早\n安", "后"]
    assert [(p.code, p.where) for p in found.problems] == [("bad_row", f"x.txt:{i}") for i in range(2, 12)]


def test_another_tool_may_have_written_the_parquet_file() -> None:
    fields = {
        "sent_at": pa.timestamp("us", "Asia/Shanghai"),
        "origin_record": pa.int32(),
        "kind": pa.dictionary(pa.int8(), pa.string()),
    }
    schema = pa.schema(
        [
            pa.field("extra", pa.int8()),
            *(pa.field(f.name, fields.get(f.name, f.type)) for f in reversed(list(message_schema()))),
        ]
    )
    [row] = read(parquet([ROW], schema)).rows
    assert row == ROW
    large = pa.schema(
        [f if f.type != pa.string() else pa.field(f.name, pa.large_string()) for f in message_schema()]
    )
    assert read(parquet([ROW], large)).rows == [ROW]


@pytest.mark.parametrize(
    "schema",
    [
        pa.schema(
            [pa.field(f.name, pa.int64() if f.name == "mentions" else f.type) for f in message_schema()]
        ),
        pa.schema([f for f in message_schema() if f.name != "text"]),
    ],
    ids=["another type", "a column less"],
)
def test_a_parquet_file_of_another_shape_is_a_problem(schema: pa.Schema) -> None:
    found = back(parquet([ROW | {"mentions": None}], schema), "parquet")
    assert (found.rows, found.codes) == ([], ["bad_parquet"])


def test_a_parquet_file_in_a_zip_is_not_read_again_at_every_step(tmp_path) -> None:
    import zipfile

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.parquet", written([ROW] * 3, "parquet"))
    with zipfile.ZipFile(path) as archive:
        made = Source("a.zip!/a.parquet", lambda: archive.open("a.parquet"), 1)  # type: ignore[arg-type,return-value]
        with made.open_seekable() as stream:
            assert not isinstance(stream, zipfile.ZipExtFile)
            assert stream.read(4) == b"PAR1"
