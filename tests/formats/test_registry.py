"""Every format and every sample: what holds for one holds for all. Nothing here names a format of a tool.

A new format is tested by its file, its sample and ``make golden``.
"""

from __future__ import annotations

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from raw import SHANGHAI, Read, format_of, read, source

import golden
from cq import export
from cq.errors import InputError
from cq.formats import Format, Lack, ReadOptions, all_formats, file_source, identify
from cq.model import Event, Kind
from cq.reading import ReadRequest
from cq.reading import read as merged
from cq.store.collector import Collector
from exports import qq_txt

FORMATS = all_formats()
SAMPLES = list(golden.samples())
FILES = [sample for sample in SAMPLES if sample.is_file()]
MARKED = [sample for sample in FILES if golden.forced(sample) is None]
"""Samples that are one file, and those of them that are recognised without ``--input-format``."""
OWN = [f.id for f in FORMATS if f.id.startswith("cq-")]
DAY = date(2026, 2, 5)
"""``--date`` for damaged bytes, which have no file name: texts without dates need one."""
LARGE = 100_000
"""Bytes from which a sample gets fewer kinds of damage: the tests have to stay quick."""


def sample_id(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=sample_id)
each_file = pytest.mark.parametrize("sample", FILES, ids=sample_id)
each_marked = pytest.mark.parametrize("sample", MARKED, ids=sample_id)
each_format = pytest.mark.parametrize("fmt", FORMATS, ids=[f.id for f in FORMATS])


@cache
def own_file(id_: str) -> bytes:
    """Three messages as cq itself writes them: its own formats need no sample on disk."""
    records = [
        ("2026-03-02 9:00:00", "阿宽(10086001)", '=1+1，\r引号"和逗号,都有'),
        ("2026-03-02 9:01:10", "小禾(10086002)", "@阿宽 好"),
        ("2026-03-02 9:02:00", "系统消息(10000)", "阿宽撤回了一条消息"),
    ]
    made = source(qq_txt(("周末羽毛球", records)))
    collector = Collector()
    collector.source("x.txt", "qq-pc-txt", unique_ids=False)
    for batch in format_of("qq-pc-txt").read(made, ReadOptions(SHANGHAI)):
        collector.add(batch)
    log = collector.finish()
    stream = io.BytesIO()
    export.write(log.batches(), id_.removeprefix("cq-"), stream, SHANGHAI)
    log.close()
    return stream.getvalue()


# --- formats -----------------------------------------------------------------------------------


@each_format
def test_a_format_has_an_id_and_a_page(fmt: Format) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9.]+)+", fmt.id) or fmt.needs_map  # csv and jsonl are no tool's
    module = import_module(f"cq.formats.{fmt.id.replace('-', '_').replace('.', '_')}")
    assert module.FORMAT is fmt
    page = module.__doc__ or ""
    paragraphs = [p for p in page.split("\n\n") if p.strip()]
    assert len(paragraphs) >= 3, "what it is, how one gets it, what it looks like, what it lacks"
    for part in ("How (to get|one gets) it", "What it (looks like|lacks)"):
        assert re.search(part, page)
    assert fmt.platform in ("wechat", "qq", "wecom", "any")


@each_format
def test_a_format_has_a_sample(fmt: Format) -> None:
    assert fmt.id in OWN or any(sample.parent.name == fmt.id for sample in SAMPLES)


def test_every_sample_folder_is_that_of_a_format() -> None:
    folders = {p.name for p in golden.SAMPLES.iterdir() if p.is_dir()}
    assert folders <= {f.id for f in FORMATS}


# --- recognising -------------------------------------------------------------------------------


@each_file
def test_only_its_own_format_recognises_a_sample(sample: Path) -> None:
    peek = file_source(sample).peek
    own = [] if golden.forced(sample) else [sample.parent.name]
    assert [f.id for f in FORMATS if f.sniff(peek) is not None] == own


@pytest.mark.parametrize("id_", OWN)
def test_only_its_own_format_recognises_a_file_of_cq(id_: str) -> None:
    peek = source(own_file(id_)).peek
    assert [f.id for f in FORMATS if f.sniff(peek) is not None] == [id_]


@each_marked
def test_the_name_of_a_file_decides_nothing(sample: Path) -> None:
    assert identify(source(sample.read_bytes(), "-")).format.id == sample.parent.name


_LIGHT = """
import sys
from pathlib import Path
from cq.errors import InputError
from cq.formats import file_source, identify
for path in sys.argv[1:]:
    try:
        identify(file_source(Path(path)))
    except InputError as error:
        print(error.code)
    heavy = ("pandas", "pyarrow", "numpy", "jieba", "rjieba", "python_calamine", "sqlite3")
    print("LOADED", *sorted(m for m in heavy if m in sys.modules))
"""


def test_identification_loads_nothing_heavy(tmp_path: Path) -> None:
    own = []
    for id_ in OWN:
        own.append(tmp_path / id_)
        own[-1].write_bytes(own_file(id_))
    large = tmp_path / "large.txt"
    large.write_bytes("第一章 春天。今天天气很好。\n".encode() * 100_000)
    paths = [*FILES, *own, large, *look_alike_files(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", _LIGHT, *map(str, paths)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("LOADED")] == ["LOADED"] * len(paths)
    assert "unknown_format" in lines


# --- what no format is -------------------------------------------------------------------------


def _archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<xml/>")
    return stream.getvalue()


LOOK_ALIKES = {
    "discuz": (
        "Discuz! X 短消息记录(此消息记录为文本格式，不支持重新导入)\r\n\r\n"
        f"{'=' * 64}\r\n消息分组:短消息\r\n{'=' * 64}\r\n消息对象:user\r\n{'=' * 64}\r\n\r\n"
        "2021-03-05 9:00:00 user\r\nhello\r\n".encode(),
        "discuz_export",
    ),
    "sqlite": (b"SQLite format 3\0" + bytes(100), "database_sqlite"),
    "qq-nt": (b"SQLite header 3\0" + bytes(20) + b"QQ_NT DB" + bytes(1024), "database_encrypted"),
    "alpaca": (b'[{"instruction": "a", "input": "", "output": "b"}]', "training_data"),
    "alpaca-lines": (b'{"instruction": "a", "output": "b"}\n{"instruction": "a", "output": "b"}\n', "training_data"),
    "openai-lines": (b'{"messages": [{"role": "user", "content": "a"}]}\n' * 2, "training_data"),
    "openai": (b'[{"messages": [{"role": "user", "content": "a"}]}]', "training_data"),
    "sharegpt": (b'[{"id": "1", "conversations": [{"from": "human", "value": "a"}]}]', "training_data"),
    "html": ("\ufeff<!DOCTYPE html>\n<html><body>群聊</body></html>".encode(), "html_page"),
    "xhtml": (b"<?xml version='1.0'?>\n<!-- x -->\n<html xmlns='x'><head/></html>", "html_page"),
    "xml": (b"<?xml version='1.0'?><root/>", "unknown_format"),
    "csv": ("时间,发送者,内容\n2021-03-05 9:00,甲,你好\n".encode(), "unknown_format"),
    "csv-gbk": ("时间,发送者,内容\n2021-03-05 9:00,甲,你好\n".encode("gb18030"), "unknown_format"),
    "prose": ("第一章 春天\n今天天气很好。\n".encode() * 50, "unknown_format"),
    "log": (b"[2022-05-01 09:00:00] [INFO]: started\n" * 20, "unknown_format"),
    "whatsapp": ("2021/3/5 上午9:00 - 甲: 你好\n".encode() * 20, "other_program"),
    "whatsapp-ios": ("\u200e[05.03.21, 09:00:12] Anna: hi\n[05.03.21, 09:01:12] Ben: ho\nho\n".encode() * 9, "other_program"),
    "line": ("[LINE] 羽毛球的聊天记录\n保存日期：2021/03/05 09:00\n\n2021/03/05(五)\n09:00\t甲\t你好\n".encode(), "other_program"),
    "telegram": (b'{"name": "x", "type": "private_group", "id": 1, "messages": [{"id": 1, "type": "message", "date": "2021-03-05T09:00:00", "date_unixtime": "1614906000", "from": "a", "text": "b"}]}', "other_program"),
    "discord": (b'{"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": [{"id": "3", "timestamp": "2021-03-05T09:00:00+00:00", "content": "b"}]}', "other_program"),
    "slack": (b'[{"type": "message", "user": "U1", "text": "b", "ts": "1614906000.000100"}]', "other_program"),
    "json": (b'{"a": {"b": [1, 2, {"messages": []}]}}', "unknown_format"),
    "half-json": (b'{"messages": [{"text": "\\"' + b'\\"x' * 400_000, "unknown_format"),
    "deep-json": (b"[" * 400_000, "unknown_format"),
    "deep-object": (b'{"a":' * 200_000, "unknown_format"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "binary_file"),
    "jpeg": (b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(3_000_000), "binary_file"),
    "pdf": (b"%PDF-1.7\n" + "你好".encode() * 100, "binary_file"),
    "mp4": (b"\0\0\0\x18ftypmp42" + random.Random(2).randbytes(5000), "binary_file"),
    "parquet": (b"PAR1" + b"abc" * 50 + b"PAR1", "binary_file"),
    "workbook": (_archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), "unknown_workbook"),
    "document": (_archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "binary_file"),
    "blank": ("\ufeff \r\n\t\n".encode(), "blank_file"),
    "nulls": (bytes(5000), "blank_file"),
    "empty": (b"", "empty_file"),
}  # fmt: skip


def look_alike_files(folder: Path) -> list[Path]:
    paths = []
    for name, (data, _) in LOOK_ALIKES.items():
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths


@pytest.mark.parametrize(("data", "code"), LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_look_alikes_get_their_own_advice(data: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "thing.txt"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        merged(ReadRequest([str(path)], SHANGHAI))
    assert refused.value.code == code
    assert str(path) in str(refused.value)


@each_marked
def test_an_export_that_is_pasted_into_prose_is_none(sample: Path) -> None:
    data = "昨天的记录：".encode() + sample.read_bytes()[:2000].replace(b"=" * 64, b"=" * 10)
    with pytest.raises(InputError):
        identify(source(data))


# --- goldens -----------------------------------------------------------------------------------


@each_sample
def test_the_golden_agrees(sample: Path) -> None:
    path = golden.golden_path(sample)
    assert path.exists(), "run `make golden` and read what it says"
    wanted = path.read_text(encoding="utf-8").split("\n")
    found = golden.golden(sample).split("\n")
    assert json.loads(found[0]) == json.loads(wanted[0])
    assert found[1:] == wanted[1:]


def test_every_golden_has_a_sample_of_its_own() -> None:
    goldens = Counter(golden.golden_path(sample) for sample in SAMPLES)
    assert set(goldens) == set(golden.SAMPLES.glob(f"*/*{golden.SUFFIX}"))
    assert set(goldens.values()) == {1}


@each_sample
def test_rows_keep_the_contract(sample: Path) -> None:
    found = [json.loads(line) for line in golden.rows(sample, golden.forced(sample))]
    assert len({row["message_id"] for row in found}) == len(found)
    for row in found:
        assert re.fullmatch("[0-9a-f]{24}", row["message_id"])
        assert row["kind"] in set(Kind)
        assert row["event"] is None or row["event"] in set(Event)
        assert row["platform"] and row["group_id"] and row["origin_record"] >= 1
        assert "\r" not in (row["text"] or "") and "\0" not in (row["text"] or "")
        assert isinstance(row["mentions"], list) and isinstance(row["event_target"], list)
    order = [(row["group_id"], row["sent_at"]) for row in found]
    assert order == sorted(order)


@each_sample
def test_every_record_is_accounted_for(sample: Path) -> None:
    forced = golden.forced(sample)
    map_ = golden.map_of(sample) if forced else None
    reading = merged(ReadRequest([str(sample)], SHANGHAI, input_format=forced, map=map_))
    rows = sum(batch.num_rows for batch in reading.log.batches())
    groups = sum(span.rows for span in reading.log.spans)
    reading.log.close()
    assert sum(report.records.messages for report in reading.sources) == rows == groups
    for report in reading.sources:
        records = report.records
        assert records.balanced
        assert records.problems == sum(report.problem_counts.values())
        assert records.skipped == sum(report.skipped_by.values())
        assert report.format == sample.parent.name


@each_file
def test_a_sample_read_twice_is_read_once(sample: Path, tmp_path: Path) -> None:
    copy = tmp_path / sample.name
    copy.write_bytes(sample.read_bytes())
    forced = golden.forced(sample)
    map_ = golden.map_of(sample) if forced else None
    reading = merged(ReadRequest([str(sample), str(copy)], SHANGHAI, input_format=forced, map=map_))
    first, second = (s.records for s in reading.sources)
    reading.log.close()
    assert second.messages == 0
    assert second.skipped == first.skipped + first.messages
    assert first.seen == second.seen


# --- the same by every way in ------------------------------------------------------------------


def ids_of(path: str) -> list[str]:
    return [json.loads(line)["message_id"] for line in golden.rows(path)]


@each_marked
def test_every_way_in_gives_the_same_messages(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ids_of(str(sample))
    folder = tmp_path / "导出" / "深"
    folder.mkdir(parents=True)
    (folder / sample.name).write_bytes(sample.read_bytes())
    (folder / "说明.txt").write_text("这不是聊天记录", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "导出.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(sample, f"聊天/{sample.name}")
        archive.writestr("聊天/图片/1.png", b"\x89PNG\r\n\x1a\n")
    standard_input = io.TextIOWrapper(io.BytesIO(sample.read_bytes()))
    monkeypatch.setattr(sys, "stdin", standard_input)
    ways = [str(tmp_path / "导出"), str(tmp_path / "导出.zip"), str(folder / f"*{sample.suffix}")]
    for way in ways:
        assert ids_of(way) == wanted, way
    try:
        by_stdin = ids_of("-")
    except InputError as error:  # the date in the file's name completes times that lack it
        assert error.code in ("date_needed", "year_needed")
        return
    if Lack.GROUP_NAME in format_of(sample.parent.name).lacks:  # the file's name stands in for it
        assert len(by_stdin) == len(wanted)
    else:
        assert by_stdin == wanted


# --- damage ------------------------------------------------------------------------------------


def survives(data: bytes, id_: str) -> Read | None:
    """Read damaged bytes in a format; None where it says that it cannot."""
    try:
        return read(data, id_, date=DAY)
    except InputError:
        return None


def seen(found: Read) -> int:
    counted = len(found.rows) + found.member_records + found.headers
    return counted + len(found.problems) + found.skipped.total()


def damage_cases() -> list[tuple[str, str, bytes]]:
    cases = [(sample_id(s), s.parent.name, s.read_bytes()) for s in SAMPLES if s.is_file()]
    return [*cases, *((id_, id_, own_file(id_)) for id_ in OWN)]


each_case = pytest.mark.parametrize(
    ("id_", "data"), [c[1:] for c in damage_cases()], ids=[c[0] for c in damage_cases()]
)


def times(data: bytes, few: int, many: int) -> int:
    return few if len(data) > LARGE else many


@each_case
def test_a_truncated_file_never_raises(id_: str, data: bytes) -> None:
    whole = seen(read(data, id_, date=DAY))
    n = times(data, 4, 20)
    for i in range(n):
        found = survives(data[: len(data) * i // n + i % 3], id_)
        assert found is None or seen(found) <= whole + 1


@each_case
def test_a_damaged_byte_costs_a_record_and_not_the_count(id_: str, data: bytes) -> None:
    dice = random.Random(20260305)
    whole = read(data, id_, date=DAY)
    for _ in range(times(data, 4, 24)):
        at = dice.randrange(len(data))
        found = survives(data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :], id_)
        said = found is None or len(found.problems + found.notices) > len(whole.problems + whole.notices)
        assert said or seen(found) >= seen(whole) - 1


@each_case
def test_lost_and_foreign_blocks_never_raise(id_: str, data: bytes) -> None:
    dice = random.Random(20260306)
    for _ in range(times(data, 4, 12)):
        at = dice.randrange(len(data))
        survives(data[:at] + data[at + dice.randrange(1, 400) :], id_)
        survives(data[:at] + dice.randbytes(dice.randrange(1, 60)) + data[at:], id_)
        survives(data[:at] + bytes(dice.randrange(1, 600)) + data[at:], id_)


@each_case
def test_the_wrong_format_never_raises(id_: str, data: bytes) -> None:
    """``--input-format`` on a file that is something else."""
    for fmt in FORMATS:
        if fmt.id != id_:
            survives(data[:20_000], fmt.id)


@each_format
def test_odd_files_never_raise(fmt: Format) -> None:
    for data in (
        *(d for d, _ in LOOK_ALIKES.values()),
        b"\xff\xfe",
        b"{",
        b"[]",
        b'"',
        b"#",
        b"PAR1",
        b"\xef\xbb\xbf",
    ):
        survives(data, fmt.id)
