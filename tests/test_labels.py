"""Labels files: what may stand in them, which messages are worth marking, and that nothing given is lost."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from cq import judging, labelling, sidefiles
from cq.errors import CqError
from exports import qq_txt

LOAN = "急用钱的朋友看过来，身份证加手机号即可，额度3-20w，当天下款，征信花也能做，加微 daikuan6688"
OFFER = "自家果园的沙糖桔今天发货，五斤装29.9包邮，要的在群里接龙"


def _file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def _read(path: Path) -> list[sidefiles.LabelRow]:
    return sidefiles.read_labels(path, judging.label_words())


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("广告", "ad"), ("AD", "ad"), ("1", "ad"), ("是", "ad"), ("Yes", "ad"),
        ("正常", "none"), ("不是", "none"), ("否", "none"), ("0", "none"), ("None", "none"), ("no", "none"),
        ("job", "job"), ("兼职招工", "job"), ("卖货", "product"), ("微商", "product"), ("VICE", "vice"),
        ("转发接力", "chain"),
    ],
)  # fmt: skip
def test_labels_in_either_language(tmp_path: Path, typed: str, label: str) -> None:
    assert _read(_file(tmp_path, f"内容,标注\n你好,{typed}\n", "gbk"))[0].label == label


def test_rows_without_a_label_are_no_labels(tmp_path: Path) -> None:
    path = _file(tmp_path, "message_id,text,suggestion,label\nm1,你好,疑似 卖货,\nm2,,,正常\n")
    assert [row.label for row in _read(path)] == [None, "none"]
    (only,) = judging.given_labels(path)
    assert (only.label, only.message_id, only.text) == ("none", "m2", None)


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("text,label\n你好,也许\n", "label_value", "也许"),
        ("text,label\n你好,1\n你好,0\n", "label_twice", "你好"),
        ("text,colour\n你好,1\n", "sidefile_column", "colour"),
        ("text\n你好\n", "sidefile_needs", "label"),
        ("label\n1\n", "sidefile_needs", "text"),
        ("text,label\n,1\n", "sidefile_row", "2"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, code: str, word: str) -> None:
    with pytest.raises(CqError) as caught:
        _read(_file(tmp_path, text))
    assert caught.value.code == code
    assert word in " ".join(caught.value.lines("zh"))


def test_a_bad_label_names_its_line_and_ends_with_1(cq, tmp_path):  # type: ignore[no-untyped-def]
    log = tmp_path / "log.txt"
    log.write_bytes(qq_txt(("群", [("2026-03-02 9:00:00", "甲(10086001)", LOAN)])))
    result = cq("ads", log, "--labels", _file(tmp_path, "text,label\na,1\nb,大概\n"))
    assert (result.code, result.out) == (1, "")
    assert "第 3 行" in result.err and "大概" in result.err


# -- picking -----------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A market of a hundred days: talk, offers, ads, and one spammer with many wordings."""
    said = []
    for day in range(28):
        date = f"2026-02-{day + 1:02d}"
        said += [
            (
                f"{date} 9:00:00",
                f"邻居{day % 9}(1008600{day % 9})",
                f"第{day}天，楼下的路灯修好了没有，谁去看一眼",
            ),
            (f"{date} 10:00:00", f"邻居{day % 9}(1008600{day % 9})", f"{OFFER}，第{day}批还剩{day + 3}箱"),
            (f"{date} 11:00:00", "生人(20086001)", f"招打字员第{day}期，日结，名额{day + 2}个，想做的私我"),
            (f"{date} 12:00:00", "生人(20086001)", LOAN),
        ]
    path = tmp_path / "log.txt"
    path.write_bytes(qq_txt(("老街市集", said)))
    return path


def _sheet(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_distinct_texts_spread_over_senders(cq, log, tmp_path):  # type: ignore[no-untyped-def]
    out = tmp_path / "labels.csv"
    result = cq("ads", "label", log, "-o", out, "--count", "20")
    assert (result.code, result.out) == (0, "")
    rows = _sheet(out)
    assert list(rows[0]) == ["message_id", "text", "suggestion", "label"]
    assert 10 <= len(rows) <= 20
    assert {row["label"] for row in rows} == {""}
    assert len({row["text"] for row in rows}) == len(rows)
    assert any("正常" in row["suggestion"] or "不是广告" in row["suggestion"] for row in rows)
    assert any("确认" in row["suggestion"] for row in rows)
    sender = {m["message_id"]: m["sender_id"] for m in map(json.loads, cq("messages", log).out.splitlines())}
    most = Counter(sender[row["message_id"]] for row in rows).most_common(1)[0][1]
    assert most <= 20 * labelling.PER_SENDER
    again = tmp_path / "again.csv"
    cq("ads", "label", log, "-o", again, "--count", "20")
    assert again.read_bytes() == out.read_bytes(), "the same call picks the same"


def test_an_existing_file_is_added_to_and_nothing_given_is_lost(cq, log, tmp_path):  # type: ignore[no-untyped-def]
    out = tmp_path / "labels.csv"
    cq("ads", "label", log, "-o", out, "--count", "5")
    rows = _sheet(out)
    rows[0]["label"], rows[1]["label"] = "正常", "兼职"
    with out.open("w", encoding="gbk", newline="") as stream:  # as a spreadsheet saves it
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    result = cq("ads", "label", log, "-o", out, "--count", "5")
    after = _sheet(out)
    assert [r["message_id"] for r in after[:5]] == [r["message_id"] for r in rows]
    assert [judging.label_words().get(r["label"]) for r in after[:3]] == ["none", "job", None]
    assert len({r["text"] for r in after}) == len(after) > 5
    assert "已标 2 条" in result.err
    out.write_text("text,label\n你好,也许\n", encoding="utf-8")
    assert cq("ads", "label", log, "-o", out).code == 1
    assert out.read_text(encoding="utf-8") == "text,label\n你好,也许\n"


def test_a_file_called_label_can_be_read(cq, log, tmp_path):  # type: ignore[no-untyped-def]
    (tmp_path / "cwd" / "label").write_bytes(log.read_bytes())
    assert cq("ads", "./label", "-f", "jsonl").out
    assert cq("ads", "label").code == 2


def test_labels_decide_in_ads_and_come_from_cq_toml(cq, log, tmp_path):  # type: ignore[no-untyped-def]
    def verdicts(*more: object) -> dict[str, tuple[str, str]]:
        found = map(json.loads, cq("ads", log, "--all", "-f", "jsonl", *more).out.splitlines())
        return {row["text"]: (row["verdict"], row["kind"]) for row in found}

    talk = "第3天，楼下的路灯修好了没有，谁去看一眼"
    assert verdicts()[LOAN][0] == "confirmed" and verdicts()[talk][0] == "none"
    labels = _file(tmp_path, f"内容,标注\n{LOAN},正常\n{talk},卖货\n")
    config = tmp_path / "cq.toml"
    config.write_text('labels = "labels.csv"\n', encoding="utf-8")
    for more in (("--labels", labels), ("--config", config)):
        found = verdicts(*more)
        assert (found[LOAN], found[talk]) == (("none", "none"), ("confirmed", "product"))


def test_cells_a_spreadsheet_would_take_for_formulas_come_back(cq, tmp_path):  # type: ignore[no-untyped-def]
    text = "=今天特价，九块九包邮，加微 abc12345，手慢无"
    path = tmp_path / "log.txt"
    path.write_bytes(qq_txt(("群", [("2026-03-02 9:00:00", "甲(10086001)", text)])))
    out = tmp_path / "labels.csv"
    cq("ads", "label", path, "-o", out)
    raw = out.read_text(encoding="utf-8-sig")
    assert "'=今天" in raw
    out.write_text(raw.replace(",\r\n", ",正常\r\n").replace(",\n", ",正常\n"), encoding="utf-8")
    (row,) = _read(out)
    assert (row.text, row.label) == (text, "none")
    labels = _file(tmp_path, f"text,label\n'{text},正常\n")
    assert cq("ads", path, "-f", "jsonl", "--labels", labels).out == ""
