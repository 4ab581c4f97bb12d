"""The sample exports are what their generators write, byte for byte."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "sample_exports"
sys.path.insert(0, str(HERE))

import make_quirks  # noqa: E402
import make_reading_club  # noqa: E402
import make_weekend_riders  # noqa: E402


@pytest.mark.parametrize("maker", [make_quirks, make_reading_club, make_weekend_riders])
def test_samples_are_current(maker, tmp_path: Path) -> None:
    maker.main(tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for path in written:
        name = path.relative_to(tmp_path)
        # Compared as a flag: a difference of megabytes must not be printed.
        same = (SAMPLES / name).read_bytes() == path.read_bytes()
        assert same, f"{name.as_posix()} is not what {maker.__name__}.py writes; run it again"


def test_every_qq_text_sample_has_a_generator(tmp_path: Path) -> None:
    make_quirks.main(tmp_path)
    make_reading_club.main(tmp_path)
    folder = "qq-pc-txt"
    written = {path.name for path in (tmp_path / folder).iterdir()}
    exports = {p.name for p in (SAMPLES / folder).iterdir() if not p.name.endswith(".golden.jsonl")}
    assert exports == written
