"""The command line as a user meets it: exit codes, streams, one line and one hint."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from exports import COURT, qq_txt

ESCAPES = re.compile(r"\x1b|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _process(*arguments: object, **more: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cq", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_analyze_prints_text_without_escapes(cq, court):  # type: ignore[no-untyped-def]
    result = cq("analyze", court)
    assert result.code == 0
    assert "周末羽毛球" in result.out
    assert not ESCAPES.search(result.out)
    assert result.err == ""


def test_analyze_json_is_the_contract_document(cq, court):  # type: ignore[no-untyped-def]
    result = cq("analyze", court, "--format", "json")
    document = json.loads(result.out)
    assert result.code == 0
    assert document["schema"] == "cq.analysis/1"
    assert document["previous"] is None
    assert document["portfolio"] is None
    assert document["sources"][0]["records"]["messages"] == 6
    group = document["groups"][0]
    assert group["group"] == {
        "id": "name:周末羽毛球",
        "name": "周末羽毛球",
        "platform": "qq",
        "chat_kind": "group",
    }
    assert set(group["sections"]) == {
        "health", "activity", "people", "questions", "ads", "roles", "circles", "network", "lifecycle", "size",
        "elements", "habits", "sharing", "onboarding",
    }  # fmt: skip
    # 5 human messages (the recall is none) by 3 people
    assert group["sections"]["activity"]["metrics"]["messages"]["value"] == 5
    assert group["sections"]["activity"]["metrics"]["speakers"]["value"] == 3
    assert "6 消息" in result.err


def test_window_is_relative_to_the_last_message_and_has_a_predecessor(cq, court):  # type: ignore[no-untyped-def]
    document = json.loads(cq("analyze", court, "--last", "7d", "-f", "json").out)
    # last message on 2026-03-10: the seven local days 4..10 March, before them 25 February..3 March
    assert document["window"] == {
        "start": "2026-03-04T00:00:00+08:00",
        "end": "2026-03-11T00:00:00+08:00",
        "tz": "Asia/Shanghai",
    }
    assert document["previous"] == {"start": "2026-02-25T00:00:00+08:00", "end": "2026-03-04T00:00:00+08:00"}
    messages = document["groups"][0]["sections"]["activity"]["metrics"]["messages"]
    # the log begins on 2 March, inside the window before: a part of it is no measure
    assert (messages["value"], messages["previous"]) == (2, None)
    document = json.loads(
        cq("analyze", court, "--since", "2026-03-03", "--until", "2026-03-03", "-f", "json").out
    )
    messages = document["groups"][0]["sections"]["activity"]["metrics"]["messages"]
    assert (messages["value"], messages["previous"]) == (1, 2)


def test_date_only_until_includes_that_day(cq, court):  # type: ignore[no-untyped-def]
    rows = cq("messages", court, "--since", "2026-03-03", "--until", "2026-03-09").out.splitlines()
    assert [json.loads(r)["sent_at"][:10] for r in rows] == ["2026-03-03", "2026-03-09"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["analyze", "missing.txt"], 3),
        (["analyze"], 2),
        (["analyze", "{court}", "--no-such-option"], 2),
        (["nonsense"], 2),
        (["analyze", "{court}", "--tz", "Mars/Base"], 2),
        (["analyze", "{court}", "--tz", "../../etc/passwd"], 2),
        (["analyze", "{court}", "--since", "2999-01-01"], 3),
        (["analyze", "{court}", "--since", "yesterday"], 2),
        (["analyze", "{court}", "--last", "0d"], 2),
        (["analyze", "{court}", "--last", "7d", "--since", "2026-03-01"], 2),
        (["analyze", "{court}", "--group", "没有这个群"], 3),
        (["analyze", "{court}", "--section", "weather"], 2),
        (["analyze", "{court}", "--lang", "fr"], 2),
        (["analyze", "{court}", "--fail-on", "panic"], 2),
        (["analyze", "{court}", "--format", "parquet"], 2),
        (["analyze", "{court}", "--input-format", "no-such"], 2),
        (["analyze", "{court}", "--roster", "missing.csv"], 1),
        (["analyze", "{court}", "--config", "missing.toml"], 1),
        (["messages", "{court}", "--format", "nope"], 2),
        (["messages", "{court}", "-o", "no/such/folder/file"], 1),
        (["explain", "no.such.code"], 2),
        (["schema", "weather"], 2),
        (["import", "{court}"], 2),
    ],
)
def test_mistakes_get_one_line_one_hint_and_their_exit_code(cq, court, arguments, code):  # type: ignore[no-untyped-def]
    result = cq(*(a.format(court=court) for a in arguments))
    assert result.code == code
    assert result.out == ""
    assert [line[:3] for line in result.complaint] == ["错误：", "提示："]
    assert "Traceback" not in result.err


JUNK = {
    "empty.txt": b"",
    "blank.txt": b" \r\n\r\n",
    "noise.bin": bytes(range(256)) * 40,
    "prose.txt": "第一章 春天\n今天天气很好。\n".encode() * 50,
    "other.json": b'{"a": [1, 2, 3]}',
    "table.csv": b"a,b\n1,2\n",
    "page.html": b"<html><body>hi</body></html>",
    "chat.sqlite": b"SQLite format 3\0" + b"\0" * 4096,
    "nt_msg.db": b"SQLite header 3\0" + b"QQ_NT DB" + b"\0" * 2000,
    "training.json": '[{"instruction": "你好", "output": "好"}]'.encode(),
    "deep.json": b"[" * 100_000,
}


@pytest.mark.parametrize("name", JUNK)
@pytest.mark.parametrize("command", ["analyze", "messages", "identify"])
def test_what_is_no_export_is_refused(cq, tmp_path, name, command):  # type: ignore[no-untyped-def]
    path = tmp_path / name
    path.write_bytes(JUNK[name])
    result = cq(command, path)
    assert (result.code, result.out) == (3, "")
    assert len(result.complaint) == 2
    english = cq(command, path, "--lang", "en")
    assert english.complaint[0].startswith("Error: ")
    assert english.complaint[1].startswith("Hint: ")


def test_databases_get_advice(cq, tmp_path):  # type: ignore[no-untyped-def]
    for name, word in (("nt_msg.db", "加密"), ("chat.sqlite", "SQLite"), ("training.json", "训练")):
        (tmp_path / name).write_bytes(JUNK[name])
        assert word in cq("identify", tmp_path / name).err


def test_folders_and_zips_skip_what_is_no_export(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "readme.md").write_text("# hello\n")
    (folder / "court.txt").write_bytes(court.read_bytes())
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.write(court, "inside/court-copy.txt")
        archive.writestr("picture.png", b"\x89PNG....")
    result = cq("messages", folder)
    assert result.code == 0
    assert len(result.out.splitlines()) == 6
    assert "2" in result.err.splitlines()[-1]
    empty = tmp_path / "nothing"
    empty.mkdir()
    assert cq("analyze", empty).code == 3
    (empty / "readme.md").write_text("# hello\n")
    assert cq("analyze", empty).code == 3


def test_output_file_is_whole_or_not_there(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    target = tmp_path / "out.json"
    assert cq("analyze", court, "-f", "json", "-o", target).out == ""
    assert json.loads(target.read_text(encoding="utf-8"))["schema"] == "cq.analysis/1"
    before = target.read_bytes()
    assert cq("messages", court, "--since", "2999-01-01", "-o", target).code == 3
    assert target.read_bytes() == before
    assert not list(tmp_path.glob(".out*"))


def test_quiet_says_nothing_on_stderr(cq, court):  # type: ignore[no-untyped-def]
    for command in ("analyze", "messages", "identify"):
        assert cq(command, court, "--quiet").err == ""
    assert cq("analyze", "missing.txt", "--quiet").complaint


def test_strict_stops_at_problems(cq, tmp_path):  # type: ignore[no-untyped-def]
    name, records = COURT
    damaged = tmp_path / "damaged.txt"
    damaged.write_bytes(qq_txt((name, [*records, ("2026-02-31 9:00:00", "阿宽(10086001)", "没有这一天")])))
    assert cq("messages", damaged).code == 0
    result = cq("messages", damaged, "--strict")
    assert (result.code, result.out) == (4, "")
    assert "bad_time" in result.err


def test_formats_of_messages_agree(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    rows = cq("messages", court).out
    for form in ("jsonl", "csv", "parquet"):
        target = tmp_path / f"messages.{form}"
        assert cq("messages", court, "-f", form, "-o", target).code == 0
        assert cq("messages", target).out == rows


def test_store_serves_every_command(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    store = tmp_path / "store"
    first = json.loads(cq("import", court, "--store", store, "-f", "json").out)
    assert (first["added"], first["total"]) == (6, 6)
    again = json.loads(cq("import", court, "--store", store, "-f", "json").out)
    assert (again["added"], again["known"], again["total"]) == (0, 6, 6)
    assert cq("messages", store).out == cq("messages", court).out
    direct, stored = (json.loads(cq("analyze", p, "-f", "json").out) for p in (court, store))
    assert direct["groups"] == stored["groups"]
    assert cq("identify", store).code == 0
    assert len(cq("messages", store, court).out.splitlines()) == 6


def test_roster_gives_denominators_and_silent_members(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    roster = tmp_path / "roster.csv"
    roster.write_bytes(
        "QQ号,昵称,身份\n10086001,阿宽,群主\n10086002,小禾,\n10086003,老周,\n10086009,默默,成员\n".encode(
            "gbk"
        )
    )
    document = json.loads(cq("analyze", court, "--roster", roster, "-f", "json").out)
    group = document["groups"][0]
    assert group["quality"]["member_basis"] == "roster"
    share = group["sections"]["activity"]["metrics"]["speaker_share"]
    assert (share["value"], share["n"]) == (0.75, 4)
    assert [r["member_id"] for r in group["sections"]["people"]["tables"]["silent"]] == ["10086009"]
    without = json.loads(cq("analyze", court, "-f", "json").out)["groups"][0]
    assert without["sections"]["activity"]["metrics"]["speaker_share"]["value"] is None


def test_roster_with_an_unknown_column_is_refused(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    roster = tmp_path / "roster.csv"
    roster.write_text("member_id,星座\n1,狮子\n", encoding="utf-8")
    result = cq("analyze", court, "--roster", roster)
    assert result.code == 1
    assert "星座" in result.complaint[0]


def test_alias_makes_one_person_of_two_ids(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    alias = tmp_path / "alias.csv"
    alias.write_text("member_id,person\n10086002,小禾\n10086003,小禾\n", encoding="utf-8")
    document = json.loads(cq("analyze", court, "--alias", alias, "-f", "json").out)
    assert document["groups"][0]["sections"]["activity"]["metrics"]["speakers"]["value"] == 2


def test_me_marks_own_messages(cq, court):  # type: ignore[no-untyped-def]
    rows = [json.loads(r) for r in cq("messages", court, "--me", "10086001").out.splitlines()]
    assert [r["is_self"] for r in rows if r["sender_id"] == "10086001"] == [True, True]


def test_config_is_read_and_its_mistakes_are_named(cq, court):  # type: ignore[no-untyped-def]
    Path("cq.toml").write_text('tz = "UTC"\nlang = "en"\n', encoding="utf-8")
    assert json.loads(cq("analyze", court, "-f", "json").out)["window"]["tz"] == "UTC"
    assert (
        json.loads(cq("analyze", court, "-f", "json", "--tz", "Asia/Taipei").out)["window"]["tz"]
        == "Asia/Taipei"
    )
    Path("cq.toml").write_text('zt = "UTC"\n', encoding="utf-8")
    result = cq("analyze", court)
    assert result.code == 1
    assert "tz" in result.complaint[1]


def test_init_writes_templates_that_work(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    folder = tmp_path / "new"
    assert cq("init", folder).code == 0
    assert {p.name for p in folder.iterdir()} == {"cq.toml", "roster.csv", "alias.csv", "labels.csv"}
    assert cq("init", folder).code == 1
    uncommented = re.sub(r"(?m)^# (\w+ = )", r"\1", (folder / "cq.toml").read_text(encoding="utf-8"))
    uncommented = re.sub(r"(?m)^# (\[+[\w.]+\]+)", r"\1", uncommented)
    (folder / "cq.toml").write_text(uncommented, encoding="utf-8")
    assert cq("analyze", court, "--config", folder / "cq.toml").code == 0


def test_explain_knows_every_metric_that_is_printed(cq, court):  # type: ignore[no-untyped-def]
    document = json.loads(cq("analyze", court, "-f", "json").out)
    known = {e["code"] for e in json.loads(cq("explain", "-f", "json").out)["codes"]}
    for name, section in document["groups"][0]["sections"].items():
        assert name in known
        assert {f"{name}.{code}" for code in section["metrics"]} <= known
    assert cq("explain", "stickiness").code == 0


def test_group_is_chosen_by_id_name_or_part(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "all.txt"
    path.write_bytes(qq_txt(COURT, ("读书会", [("2026-03-02 9:00:00", "阿宽(10086001)", "今天读什么")])))
    for wanted in ("name:读书会", "读书会", "读书"):
        rows = cq("messages", path, "--group", wanted).out.splitlines()
        assert [json.loads(r)["group_name"] for r in rows] == ["读书会"]
    assert len(json.loads(cq("analyze", path, "-f", "json").out)["groups"]) == 2
    assert cq("analyze", path, "--roster", tmp_path / "missing.csv").code == 1


def test_hostile_text_stays_text(cq, tmp_path):  # type: ignore[no-untyped-def]
    evil = "\x1b[31m红\x1b]0;title\x07 \u202egnp.exe =HYPERLINK(1) [red]x[/red] <script>谁知道？"
    path = tmp_path / "evil.txt"
    path.write_bytes(qq_txt((f"群{evil}", [("2026-03-02 9:00:00", f"名{evil}(10086001)", evil)])))
    for command in ("analyze", "identify"):
        result = cq(command, path)
        assert result.code == 0
        assert not ESCAPES.search(result.out + result.err)
        assert "\u202e" not in result.out
    assert json.loads(cq("messages", path).out)["text"] == evil
    missing = cq("analyze", "\x1b[31mno\nsuch")
    assert not ESCAPES.search(missing.err.replace("\n", ""))
    assert len(missing.complaint) == 2


def test_version_and_help(cq):  # type: ignore[no-untyped-def]
    assert re.fullmatch(r"cq \d+\.\d+\.\d+\n", cq("--version").out)
    assert "analyze" in cq("--help").out
    assert (
        "exports or a store" in cq("--lang", "en", "--help").out
        or "exports" in cq("analyze", "--lang", "en", "--help").out
    )


def test_stdin_gives_the_same_messages(court):  # type: ignore[no-untyped-def]
    piped = _process("messages", "-", "-q", input=court.read_bytes())
    direct = _process("messages", court, "-q")
    assert piped.returncode == direct.returncode == 0
    ids = [[json.loads(r)["message_id"] for r in p.stdout.splitlines()] for p in (piped, direct)]
    assert ids[0] == ids[1]


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_closed_pipe_ends_quietly(tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "long.txt"
    records = [("2026-03-02 9:00:00", "阿宽(10086001)", f"第 {i} 条" + "很长" * 50) for i in range(5000)]
    path.write_bytes(qq_txt(("群", records)))
    command = [sys.executable, "-m", "cq", "messages", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode in (141, -signal.SIGPIPE)
    assert b"Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_ends_quietly(tmp_path):  # type: ignore[no-untyped-def]
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "cq", "messages", str(fifo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with fifo.open("wb"):  # open succeeds once cq is reading
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            err = process.stderr.read()
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_full_disk_is_one_line(court):  # type: ignore[no-untyped-def]
    result = _process("messages", court, "-o", "/dev/full")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr.decode()
    assert len(result.stderr.decode().splitlines()) == 2


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_narrow_consoles_get_question_marks_not_tracebacks(court, encoding):  # type: ignore[no-untyped-def]
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    result = _process("analyze", court, env=env)
    assert result.returncode == 0
    assert result.stdout.decode(encoding)


@pytest.mark.parametrize(
    ("level", "severity", "code"),
    [("warning", "warning", 10), ("alert", "warning", 0), ("alert", "alert", 10)],
)
def test_fail_on_reaches_its_level(cq, court, monkeypatch, level, severity, code):  # type: ignore[no-untyped-def]
    """No analysis judges yet; the exit code must be right on the day one does."""
    import msgspec

    from cq import app
    from cq.section import Finding

    finding = Finding("test/finding", "finding", severity, 0.9, values={"share": 0.5})
    analyze = app.analyze

    def judging(*arguments, **more):  # type: ignore[no-untyped-def]
        result = analyze(*arguments, **more)
        group = result.groups[0]
        section = msgspec.structs.replace(group.sections["activity"], findings=[finding])
        group = msgspec.structs.replace(group, sections={**group.sections, "activity": section})
        return msgspec.structs.replace(result, groups=[group])

    monkeypatch.setattr(app, "analyze", judging)
    assert cq("analyze", court, "--fail-on", level).code == code
    assert cq("analyze", court).code == 0


@pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
def test_an_unbuffered_stdout_that_fills_up_is_an_error(tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "long.txt"
    path.write_bytes(
        qq_txt(("群", [("2026-03-02 9:00:00", "阿宽(10086001)", f"第 {i} 条") for i in range(3000)]))
    )
    command = f'ulimit -f 100; exec "{sys.executable}" -m cq messages "{path}" > "{tmp_path}/out.jsonl"'
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=env, timeout=60, check=False)
    assert done.returncode not in (0, None)
    assert b"Traceback" not in done.stderr


def test_a_group_without_messages_in_the_window_is_still_shown(cq, tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "all.txt"
    path.write_bytes(qq_txt(COURT, ("读书会", [("2026-01-02 9:00:00", "阿宽(10086001)", "今天读什么")])))
    document = json.loads(cq("analyze", path, "--last", "7d", "-f", "json").out)
    found = {
        g["group"]["name"]: g["sections"]["activity"]["metrics"]["messages"]["value"]
        for g in document["groups"]
    }
    assert found == {"周末羽毛球": 2, "读书会": None}
    assert cq("analyze", path, "--last", "7d").code == 0


def test_a_damaged_manifest_is_named(cq, court, tmp_path):  # type: ignore[no-untyped-def]
    store = tmp_path / "store"
    assert cq("import", court, "--store", store).code == 0
    (store / "manifest.json").write_text("{")
    for arguments in (["analyze", store], ["import", court, "--store", store]):
        result = cq(*arguments)
        assert result.code == 3
        assert "manifest" in result.err or "存档" in result.err
