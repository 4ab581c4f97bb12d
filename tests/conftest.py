"""What tests of every room share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def court(tmp_path: Path) -> Path:
    """A small QQ export of one group; see ``exports.COURT``."""
    from exports import write_court

    return write_court(tmp_path)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in ("CQ_LANG", "CQ_DEBUG", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
