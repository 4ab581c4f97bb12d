"""Answers that say only when, and by whom, the quoted message was written.

A content carries that as ``at:<local time>:<sender>`` until the row's own time is known, which
completes a quotation without its year. What comes out, ``at:<epoch ms>:<sender>``, the store looks up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cq.formats._wechat_content import Content

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WRITTEN = re.compile(
    r"at:(?:(?:(\d{4})[-/])?(\d{1,2})[-/](\d{1,2}) )?(\d{1,2}):(\d{2})(?::(\d{2}))?:(?=\D)(.+)", re.DOTALL
)
_INSTANT = re.compile(r"at:\d{9,}:")
_LATER = timedelta(minutes=5)
"""Clocks may differ by so much: nobody quotes what will be written."""


def when_and_who(local_time: str, sender: str) -> str:
    """The reference to a message of ``sender`` at a local time, of which the year or the date may lack."""
    return f"at:{local_time}:{sender}"


def place_answers(
    contents: Mapping[int, Content], stamps: Sequence[int] | NDArray[np.int64], zone: ZoneInfo
) -> None:
    """Turn the local times in ``reply_to`` into UTC milliseconds, or null where there is no such time.

    ``stamps``: the times of the rows, UTC milliseconds.
    """
    for row, content in contents.items():
        if content.reply_to and content.reply_to.startswith("at:") and not _INSTANT.match(content.reply_to):
            content.reply_to = _placed(content.reply_to, int(stamps[row]), zone)


def _placed(reference: str, at_ms: int, zone: ZoneInfo) -> str | None:
    match = _WRITTEN.fullmatch(reference)
    if match is None:
        return None
    year, month, day, hour, minute, second, sender = match.groups()
    row = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    try:
        if month is None:
            at = row.replace(hour=int(hour), minute=int(minute), second=int(second or 0), microsecond=0)
            at = at - timedelta(days=1) if at > row + _LATER else at
        else:
            numbers = int(month), int(day), int(hour), int(minute), int(second or 0)
            at = datetime(int(year or row.year), *numbers, tzinfo=zone)
            if year is None and at > row + _LATER:
                at = datetime(row.year - 1, *numbers, tzinfo=zone)
    except ValueError:
        return None
    return f"at:{int(at.timestamp() * 1000)}:{sender}"
