"""The model of acts: its file, its sums, what it must not see, and that it is built as it says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cq.conversation import _act_model
from cq.conversation._act_model import (
    CODE_BITS,
    LONGEST,
    SIZES,
    Model,
    Reading,
    codes_of,
    read,
    shipped,
    size_class,
    spelled,
    sums,
)
from cq.conversation._act_rules import bits
from cq.conversation._act_rules import shipped as rules
from cq.text.questions import is_question

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Path(_act_model.__file__).parent / "data" / "acts.bin"
BUILDING = ROOT / "benchmarks" / "acts"
DIALOGUE = ROOT.parent / "shared" / "data" / "cped" / "valid_split.csv"
TEXTS = ["群里禁止发广告", "Good morning", "", "求助！打印机连不上了", "哈哈哈哈哈", "啊" * 400]


def summed(texts: list[str], model: Model) -> np.ndarray:
    column = pa.array(texts, pa.large_string())
    words, asks = bits(column, rules()), is_question(column)
    return np.stack(sums(spelled(column, model), words, asks, rules().bits, model), axis=1)


def test_the_file_is_what_was_written() -> None:
    raw = SHIPPED.read_bytes()
    assert len(raw) <= 150_000
    assert shipped().to_bytes() == raw
    with pytest.raises(ValueError, match="no model"):
        Model.of(b"cqa0" + raw[4:])


def test_readings_are_those_of_the_rules() -> None:
    model = shipped()
    assert [(r.name, model.acts[r.act]) for r in model.readings] == [
        (name, one.act) for name, one in rules().readings.items()
    ]
    assert set(model.cues) == {*rules().words, "asks"}


def test_sums_are_those_of_a_plain_loop() -> None:
    model = shipped()
    place = {int(code): n for n, code in enumerate(model.codes)}
    column = pa.array(TEXTS, pa.large_string())
    codes, rows, sizes = codes_of(column)
    words, asks = bits(column, rules()), is_question(column)
    expected = model.sizes[size_class(sizes)].astype(np.int64)
    for code, row in zip(codes.tolist(), rows.tolist(), strict=True):
        if code in place:
            expected[row] += model.levels[place[code]]
    for n in range(len(TEXTS)):
        for name in rules().words:
            if int(words[n]) & rules().bit(name):
                expected[n] += model.cues[name]
        if asks[n]:
            expected[n] += model.cues["asks"]
    assert summed(TEXTS, model).tolist() == expected.tolist()


def test_sums_share_a_number_without_touching_each_other() -> None:
    codes, _, _ = codes_of(pa.array(["".join(chr(0x4E00 + n) for n in range(LONGEST + 50))]))
    known = np.unique(codes[codes > 0]).astype(np.uint32)
    levels = np.tile(np.array([127, -128, 127, -128, 5], np.int8), (len(known), 1))
    none = np.zeros((SIZES, 5), np.int8)
    model = Model(("a", "b", "c", "d", "e"), known, levels, {}, none, ())
    text = "".join(chr(0x4E00 + n) for n in range(LONGEST))
    total = summed([text], model)[0]
    assert total[0] == total[2] == 127 * (total[4] // 5)
    assert total[1] == total[3] == -128 * (total[4] // 5)
    assert total[4] // 5 > 1.9 * LONGEST
    assert known.max() < 1 << CODE_BITS


def test_spelling_does_not_matter() -> None:
    said = summed(
        ["群裡禁止發廣告，３次移出。", "群里禁止发广告 2次移出！", "@老王 群里禁止发广告；9次移出…"],
        shipped(),
    )
    assert said[0].tolist() == said[1].tolist() == said[2].tolist()


def test_a_text_without_letters_reads_like_nothing() -> None:
    model = replace(shipped(), readings=(Reading("like_help", 0, -30_000),))
    column = pa.array(["", "好"], pa.large_string())
    words, asks = np.zeros(2, np.uint64), np.zeros(2, np.bool_)
    found = read(spelled(column, model), words, asks, {"like_help": 1}, model)
    assert found.tolist() == [0, 1]


@pytest.mark.slow
@pytest.mark.skipif(not DIALOGUE.is_file(), reason="no labelled dialogue beside the repository: not rebuilt")
def test_the_model_is_built_byte_for_byte(tmp_path: Path) -> None:
    out = tmp_path / "acts.bin"
    subprocess.run(
        [sys.executable, str(BUILDING / "fit.py"), "--out", str(out)], check=True, capture_output=True
    )
    assert out.read_bytes() == SHIPPED.read_bytes()
