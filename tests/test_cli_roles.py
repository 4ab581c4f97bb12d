"""``cq roles``: which rows, which streams, which exit codes; the same rows in ``cq analyze``."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from rich.cells import cell_len

import cq as package
from cq.export.roles import COLUMNS
from cq.report.json import schema
from cq.result import ROLES
from exports import qq_txt

KEYS = [
    "member_id", "name", "official_role", "role", "scores", "certainty", "stability", "confidence", "turns",
    "active_days", "evidence", "also",
]  # fmt: skip
LABELS = {*ROLES, "ordinary", "not_enough_data"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def weeks(name: str = "周末骑行", weeks: int = 12) -> tuple[str, list[tuple[str, str, str]]]:
    """Twelve weeks in which one runs things, one asks, one disagrees, and one name is hostile."""
    records = []
    for week in range(weeks):
        day = f"2026-0{3 + week // 4}-{2 + 7 * (week % 4):02}"
        records += [
            (f"{day} 8:00:00", "阿宽(10086001)", f"@全体成员 通知：本周日早上七点桥头集合，第{week + 1}次骑行，报名接龙"),
            (f"{day} 8:03:00", "小禾(10086002)", "收到，我报名"),
            (f"{day} 9:10:00", "老周(10086003)", f"请问第{week}号路线的链条总是掉，该怎么调？急，求帮忙"),
            (f"{day} 9:12:00", "小禾(10086002)", "先看后拨的限位螺丝，再看张力，多半是后拨没调好，拧四分之一圈试试"),
            (f"{day} 9:15:00", "老周(10086003)", "谢谢，好了"),
            (f"{day} 20:00:00", "=1+1[red]\u202e(10086004)", "为什么不让发别的路线？我不同意这条群规，广告倒是没人管"),
            (f"{day} 20:02:00", "阿宽(10086001)", "群规是大家定的，欢迎下次一起改"),
            (f"{day} 20:03:00", "小禾(10086002)", "哈哈"),
        ]  # fmt: skip
    return name, records


@pytest.fixture
def riding(tmp_path: Path) -> Path:
    path = tmp_path / "riding.txt"
    path.write_bytes(qq_txt(weeks()))
    return path


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(
        "member_id,name,role,joined_at\n10086001,阿宽,owner,2025-01-01\n10086002,小禾,member,2025-01-01\n"
        "10086003,老周,member,2025-01-01\n10086004,怪,admin,2025-01-01\n10086005,石头,member,2025-01-01\n",
        encoding="utf-8",
    )
    return path


def members(result) -> list[dict]:  # type: ignore[no-untyped-def,type-arg]
    assert result.code == 0, result.err
    (group,) = json.loads(result.out)["groups"]
    found: list[dict] = group["members"]  # type: ignore[type-arg]
    return found


# -- JSON --------------------------------------------------------------------------------------------


def test_json_is_the_document_of_the_contract(cq, riding, roster):  # type: ignore[no-untyped-def]
    result = cq("roles", riding, "--roster", roster, "-f", "json")
    found = json.loads(result.out)
    jsonschema.validate(found, schema("roles"))
    assert list(found) == ["schema", "groups"] and found["schema"] == "cq.roles/1"
    rows = members(result)
    assert [list(row) for row in rows] == [KEYS] * len(rows)
    assert {row["member_id"] for row in rows} == {f"1008600{i}" for i in range(1, 6)}
    by_id = {row["member_id"]: row for row in rows}
    assert by_id["10086001"]["official_role"] == "owner" and by_id["10086005"]["turns"] == 0
    for row in rows:
        assert row["role"] in LABELS and list(row["scores"]) == list(ROLES)
        assert set(row["evidence"]) <= set(ROLES) and set(row["also"]) <= set(ROLES) - {row["role"]}
    assert "96 消息" in result.err, "the counting law goes to stderr"


def test_evidence_are_messages_of_the_member(cq, riding, roster):  # type: ignore[no-untyped-def]
    rows = members(cq("roles", riding, "--roster", roster, "-f", "json"))
    frame = package.read(riding)
    sender = dict(zip(frame["message_id"], frame["sender_id"], strict=True))
    told = [(row["member_id"], sender[m]) for row in rows for ids in row["evidence"].values() for m in ids]
    assert told and all(own == by for own, by in told)


def test_analyze_has_the_same_rows(cq, riding, roster):  # type: ignore[no-untyped-def]
    alone = members(cq("roles", riding, "--roster", roster, "-f", "json"))
    result = cq("analyze", riding, "--roster", roster, "-f", "json")
    found = json.loads(result.out)
    jsonschema.validate(found, schema("analysis"))
    assert found["groups"][0]["sections"]["roles"]["tables"]["members"] == alone


def test_the_python_interface_has_them_too(riding, roster):  # type: ignore[no-untyped-def]
    from cq.result import role_rows

    result = package.analyze(riding, roster=roster, sections=["roles"])
    rows = role_rows(result.groups[0].sections["roles"].tables["members"])
    assert {row.member_id for row in rows} >= {"10086001", "10086005"}


def test_a_window_that_was_asked_for_ends_what_is_looked_at(cq, riding):  # type: ignore[no-untyped-def]
    whole = json.loads(cq("roles", riding, "-f", "json").out)["groups"][0]["window"]
    early = json.loads(cq("roles", riding, "-f", "json", "--until", "2026-04-05").out)["groups"][0]["window"]
    assert early["end"] == "2026-04-06T00:00:00+08:00" < whole["end"] and whole["tz"] == "Asia/Shanghai"


def test_two_groups_are_two_entries(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "two.txt"
    path.write_bytes(qq_txt(weeks(), weeks("夜跑")))
    found = json.loads(cq("roles", path, "-f", "json").out)
    assert [g["group"]["name"] for g in found["groups"]] == ["周末骑行", "夜跑"]
    only = json.loads(cq("roles", path, "-f", "json", "--group", "夜跑").out)
    assert [g["group"]["name"] for g in only["groups"]] == ["夜跑"]


def test_an_alias_makes_one_person_of_two_ids(cq, riding, tmp_path):  # type: ignore[no-untyped-def]
    alias = tmp_path / "alias.csv"
    alias.write_text("member_id,person\n10086002,小禾\n10086003,小禾\n", encoding="utf-8")
    before = {row["member_id"]: row["turns"] for row in members(cq("roles", riding, "-f", "json"))}
    after = {row["member_id"]: row for row in members(cq("roles", riding, "--alias", alias, "-f", "json"))}
    assert "10086003" not in after and len(after) == len(before) - 1


# -- text and CSV ------------------------------------------------------------------------------------


def test_text_stays_within_80_columns_and_is_clean(cq, riding, roster):  # type: ignore[no-untyped-def]
    for lang in ("zh", "en"):
        for more in ((), ("-v",)):
            result = cq("roles", riding, "--roster", roster, "--lang", lang, *more)
            assert result.code == 0 and not CONTROL.search(result.out)
            assert max(map(cell_len, result.out.splitlines())) <= 80
            assert not re.search(r"\{\w+\}", result.out)
    assert "周末骑行" in result.out


def test_a_file_gets_the_same_text_and_stdout_nothing(cq, riding, tmp_path):  # type: ignore[no-untyped-def]
    out = tmp_path / "roles.txt"
    result = cq("roles", riding, "-o", out)
    assert result.code == 0 and result.out == "" and "周末骑行" in out.read_text(encoding="utf-8")


def test_csv_opens_in_a_spreadsheet(cq, riding, roster):  # type: ignore[no-untyped-def]
    result = cq("roles", riding, "--roster", roster, "-f", "csv")
    assert result.code == 0 and result.out.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(result.out.removeprefix("\ufeff")))
    assert head == list(COLUMNS) and len(rows) == 5
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    assert {c["role"] for c in cells} <= LABELS
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


@pytest.mark.skipif(sys.platform == "win32", reason="a pty is needed")
def test_a_terminal_gets_colour_unless_it_is_not_wanted(riding):  # type: ignore[no-untyped-def]
    plain = _in_a_terminal("roles", str(riding), "--no-color", "-q")
    coloured = _in_a_terminal("roles", str(riding), "-q")
    assert "\x1b[" not in plain and "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "周末骑行" in bare and max(map(cell_len, bare.splitlines())) <= 80


def _in_a_terminal(*arguments: str) -> str:
    import pty
    import select

    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "cq", *arguments], stdout=follower, stderr=follower, env=environment
    )
    os.close(follower)
    pieces = []
    while True:
        ready, _, _ = select.select([leader], [], [], 60)
        try:
            piece = os.read(leader, 65536) if ready else b""
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(leader)
    assert process.wait() == 0
    return b"".join(pieces).decode().replace("\r\n", "\n")


# -- exit codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-f", "xml"], 2),
        (["-f", "md"], 2),
        (["--tz", "Mars/Base"], 2),
        (["--group", "没有这个群"], 3),
        (["--since", "2030-01-01"], 3),
        (["--roster", "missing.csv"], 1),
        (["--alias", "missing.csv"], 1),
    ],
)
def test_wrong_calls_say_what_and_what_to_do(cq, riding, arguments, code):  # type: ignore[no-untyped-def]
    result = cq("roles", riding, *arguments)
    assert result.code == code and result.out == ""
    assert len(result.complaint) == 2 and "Traceback" not in result.err


def test_without_a_path_it_is_wrong_usage(cq):  # type: ignore[no-untyped-def]
    assert cq("roles").code == 2


def test_quiet_says_nothing_on_stderr(cq, riding):  # type: ignore[no-untyped-def]
    assert cq("roles", riding, "-q").err == ""


def test_schema_and_explain_know_the_roles(cq):  # type: ignore[no-untyped-def]
    assert json.loads(cq("schema", "roles").out)["title"] == "cq.roles/1"
    assert "组织者" in cq("explain", "organizer").out
    assert "公开提出不同意见" in cq("explain", "role.challenger").out


def test_the_same_twice_is_the_same(cq, riding, roster):  # type: ignore[no-untyped-def]
    first, second = (cq("roles", riding, "--roster", roster, "-f", "json").out for _ in range(2))
    assert first == second
