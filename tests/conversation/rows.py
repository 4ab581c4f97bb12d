"""Small logs for the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from cq.conversation import Talk

START = 1_790_000_007_000
"""Not on a full minute."""
NAMES = (("Ada",), ("小贝", "Ben"), ("Cleo",), ("Dan",))
ADA, BEN, CLEO, DAN = range(4)
NOBODY = -1

Row = tuple[float, int, str | None]
"""Seconds since the start, sender (-1 for a system row), text."""


def log(
    rows: Sequence[Row],
    *,
    start: int = START,
    replies: Mapping[int, int] | None = None,
    mentions: Sequence[tuple[int, int]] = (),
    names: Sequence[Sequence[str]] = NAMES,
) -> Talk:
    """``replies``: row → row answered; ``mentions``: (row, person)."""
    reply_to = np.full(len(rows), -1, np.int64)
    for row, to in (replies or {}).items():
        reply_to[row] = to
    person = np.array([row[1] for row in rows], np.int32)
    return Talk(
        sent_at=np.array([start + int(row[0] * 1000) for row in rows], np.int64),
        person=person,
        human=person >= 0,
        text=pa.array([row[2] for row in rows], pa.string()),
        reply_to=reply_to,
        mention_row=np.array([row for row, _ in mentions], np.int64),
        mention_person=np.array([who for _, who in mentions], np.int32),
        names=names,
    )
