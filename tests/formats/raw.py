"""What a format's reader yields for bytes that stand in a test, before any merging."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import golden
from cq.formats import Format, ReadOptions, Source, all_formats, identify
from cq.formats._map import ColumnMap, load
from cq.model import Group, Member, Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")


def format_of(id_: str) -> Format:
    """The format of that id."""
    return next(f for f in all_formats() if f.id == id_)


def source(data: bytes, name: str = "x.txt", block: int | None = None) -> Source:
    """Bytes as a source; ``block``: read in pieces of about that size."""
    made = Source(name, lambda: io.BytesIO(data), len(data))
    if block is not None:
        made.blocks = lambda size=0: Source.blocks(made, block)  # type: ignore[method-assign]
    return made


@dataclass
class Read:
    """Everything a reader has yielded."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    headers: int = 0
    member_records: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    segments: list[int] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def codes(self) -> list[str]:
        return [p.code for p in self.problems]

    @property
    def local_times(self) -> list[str]:
        """Wall-clock times in Shanghai, without the date's first two digits."""
        return [f"{row['sent_at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" for row in self.rows]


def read(
    data: bytes,
    id_: str | None = None,
    *,
    zone: ZoneInfo = SHANGHAI,
    name: str = "x.txt",
    block: int | None = None,
    **options: Any,
) -> Read:
    """Read ``data`` in the format ``id_``, else in the one that recognises it. ``options``: further ones of reading."""
    made = source(data, name, block)
    fmt = format_of(id_) if id_ else identify(made).format
    out = Read()
    if fmt.needs_map and "map" not in options:
        options["map"] = sample_map(fmt.id, data)
    for batch in fmt.read(made, ReadOptions(zone, **options)):
        if batch.messages is not None:
            batch.messages.validate(full=True)
            out.rows += [row | {"sent_at": _utc(row["sent_at"])} for row in batch.messages.to_pylist()]
            out.segments += [batch.segment] * batch.messages.num_rows
        out.problems += batch.problems
        out.notices += batch.notices
        out.groups |= {g.group_id: g for g in batch.groups}
        out.members |= {m.member_id: m for m in batch.members}
        out.headers += batch.headers
        out.member_records += batch.member_records
        out.skipped.update(batch.skipped)
    return out


def sample_map(id_: str, data: bytes) -> ColumnMap | None:
    """The map of the samples of ``id_`` whose names are in ``data``, else of any."""
    maps = [load(path) for path in sorted(golden.SAMPLES.glob(f"{id_}/*{golden.MAP}"))]
    text = source(data).peek.text
    fitting = [m for m in maps if all(c.split(".")[-1] in text for c in m.columns.used().values())]
    return next(iter([*fitting, *maps]), None)


def _utc(at: datetime) -> datetime:
    assert at.utcoffset() == timedelta(0)
    return at.replace(tzinfo=UTC)
