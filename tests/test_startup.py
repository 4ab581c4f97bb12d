"""What a fresh interpreter loads: help, usage errors and a failed identification stay light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_HEAVY = ("pandas", "pyarrow", "numpy", "jieba", "rjieba", "xxhash", "ahocorasick_rs")
_PROBE = """
import sys
from cq import cli
cli.run({arguments!r})
print("LOADED", *sorted(m for m in {heavy!r} if m in sys.modules))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["analyze", "--help"],
        ["--version"],
        ["analyze"],
        ["analyze", "x.txt", "--no-such-option"],
        ["nonsense"],
        ["analyze", "{junk}"],
        ["identify", "{junk}"],
        ["messages", "missing.txt"],
        ["analyze", "{junk}", "--tz", "Mars/Base"],
    ],
)
def test_light_commands_load_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    junk = tmp_path / "prose.txt"
    junk.write_text("第一章 春天\n今天天气很好。\n" * 50, encoding="utf-8")
    filled = [a.format(junk=junk) for a in arguments]
    code = _PROBE.format(arguments=filled, heavy=_HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, cq; print(cq.__version__, [m for m in sys.modules if m.startswith('cq.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
