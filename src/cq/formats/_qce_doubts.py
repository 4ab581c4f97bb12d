"""Two doubts about QCE's records: a time that is the export's own, and an id that no message has.

Both are settled by what has been read so far; nothing is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.formats import ReadOptions
from cq.formats._qce_record import Message
from cq.formats._source import Source
from cq.formats._wall_clock import instant

_RUN_MS = 600_000
"""An export takes so long, at most, before it writes down its own time."""
_STAMPED = re.compile(r"_(\d{8})_(\d{6})\d{0,3}(?:_\d{1,3})?(?:_chunked_jsonl)?(?:\.jsonl?)?\Z")


class ExportTimes:
    """Records without a time get that of the export: late ones, though later ones are earlier.

    ``exported_at`` is known from the export, else from the name of its file or folder.
    """

    def __init__(self, source: Source, options: ReadOptions) -> None:
        self._from: int | None = None
        self._late: list[NDArray[np.int64]] = []
        self._highest = 0  # the sequence number of what was certainly sent before the export
        for part in source.label.replace("\\", "/").replace("!/", "/").split("/")[-3:]:
            if (match := _STAMPED.search(part)) and self._from is None:
                try:
                    at = datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S")
                except ValueError:
                    continue
                self._from = round(at.replace(tzinfo=options.zone).timestamp() * 1000) - _RUN_MS

    def tell(self, metadata: Any) -> None:
        """What ``metadata`` says."""
        values = metadata if isinstance(metadata, dict) else {}
        for name in ("exportTime", "exportedAt", "exportDate"):
            value = values.get(name)
            at = instant(value) if isinstance(value, str) else None
            if isinstance(value, int | float) and not isinstance(value, bool) and 1e11 < value < 1e14:
                at = round(value)
            if at is not None:
                self._from = at - _RUN_MS

    def look_at(self, rows: Sequence[Message], stamps: Any) -> None:
        """Take note of late records, and of the newest that is not."""
        if self._from is None:
            return
        late = np.asarray(stamps, np.int64) >= self._from
        sequence = _numbers([row.messageSeq if row.seq is None else row.seq for row in rows])
        if late.any():
            self._late.append(sequence[late & (sequence > 0)])
        if not late.all():
            self._highest = max(self._highest, int(sequence[~late].max()))

    def doubtful(self) -> int:
        """How many late records stand before ones that are not."""
        return sum(int((late < self._highest).sum()) for late in self._late)


def _numbers(values: list[Any]) -> NDArray[np.int64]:
    """Sequence numbers, at once where all are written alike."""
    try:
        return pa.array(values, pa.string()).cast(pa.int64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    except (pa.ArrowException, UnicodeEncodeError):
        return np.array([_number(value) for value in values], np.int64)


def _number(value: Any) -> int:
    """An id or sequence number as an int64, 0 if it is none."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdecimal() and len(value) < 20 else 0
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63 else 0


class Met:
    """The ids that have been read, eight bytes each: does a reply name one of them?"""

    def __init__(self) -> None:
        self._ids: list[NDArray[np.int64]] = []
        self._first: int | None = None
        self._last = 0

    def add(self, ids: pa.Array, stamps: Any) -> None:
        """A batch."""
        try:
            numbers = ids.drop_null().cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            numbers = np.array([_number(one) for one in ids.to_pylist()], np.int64)
        self._ids.append(np.sort(numbers))
        times = np.asarray(stamps, np.int64)
        self._first = min(int(times.min()), self._first or int(times.min()))
        self._last = max(int(times.max()), self._last)

    def reference(self, id_: str | None, at: int | None, sender: str | None) -> str | None:
        """What a reply answers: by its id, or ``at:<ms>:<sender>`` where the id cannot be right.

        It cannot if the time of the message answered lies within what has been read, and no message
        with that id was there. Where a file begins later, or runs backwards, the id may still come.
        """
        moment = f"at:{at}:{sender}" if at is not None and sender else None
        if id_ is None or moment is None or at is None:
            return id_ or moment
        inside = self._first is not None and self._first <= at <= self._last
        return moment if inside and not self._has(_number(id_)) else id_

    def _has(self, number: int) -> bool:
        for ids in reversed(self._ids):
            place = int(ids.searchsorted(number))
            if place < len(ids) and ids[place] == number:
                return True
        return False
