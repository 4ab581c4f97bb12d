"""Tables of messages: from the columns of a table to batches, and what spreadsheets have spoilt in them.

For formats that are tables, in CSV or in a workbook. Each says which column is what and what its
contents mean; times, ids, groups and the counting of doubts are here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.formats._assembly import assemble
from cq.formats._file_name import group_in
from cq.formats._json_values import identifier_column, timed
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._table import Rows
from cq.formats._wall_clock import Stamps
from cq.formats._wechat_content import Content
from cq.formats._wechat_names import chat_kind
from cq.model import Batch, Group, Problem, surrogate_group_id

_ACCOUNT = re.compile(r"[A-Za-z][\w-]{4,40}|\w[\w.-]{2,40}@[a-z.]{4,20}", re.ASCII)
_CELL_LIMIT = 32_767
_FORMULA_LOST = "#NAME?"
"""What a spreadsheet makes of ``=)``."""
_EXACT_DIGITS = 15
_LATEST = 4_102_444_800


def is_account(text: str) -> bool:
    """Whether this may be WeChat's id of a person: ``wxid_…``, an alias, ``…@openim``."""
    return _ACCOUNT.fullmatch(text) is not None


@dataclass(slots=True)
class Told:
    """The messages of some rows, column by column; see :func:`~cq.formats._assembly.assemble`.

    ``groups`` are the keys of the rows' groups, None where all rows are of one (key ``""``).
    """

    numbers: Sequence[int]
    stamps: NDArray[np.int64]
    people: Sequence[str | None]
    names: Sequence[str | None]
    texts: Sequence[str | None]
    contents: dict[int, Content]
    own: Sequence[bool | None] | None = None
    groups: Sequence[str] | None = None
    me: str = SELF
    columns: dict[str, Any] = field(default_factory=dict)


class Doubts:
    """What is doubtful in the used rows of one file, counted to the end."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._found: dict[str, tuple[str, int]] = {}

    def note(self, code: str, number: int, count: int = 1) -> None:
        """``count`` doubts of one kind, the first of them at ``number``."""
        if count:
            where, before = self._found.get(code, (f"{self._label}:{number}", 0))
            self._found[code] = where, before + count

    def notices(self) -> list[Problem]:
        """One notice per kind, at its first place, with the number of rows."""
        return [Problem(code, where, str(count)) for code, (where, count) in self._found.items()]

    def ids(self, values: list[str], numbers: Sequence[int]) -> pa.Array:
        """Message ids; null where a spreadsheet has rounded them (``7.43727E+18``, or zeros at the end)."""
        column, lost = identifier_column(values)
        if not any(v[_EXACT_DIGITS:].strip("0") for v in values):  # true of the first sound id
            spoilt = {i for i, v in enumerate(values) if len(v) > _EXACT_DIGITS}
            spoilt = spoilt if len(spoilt) > 1 else set()
            column = pa.array(
                [None if i in spoilt else v for i, v in enumerate(column.to_pylist())], pa.string()
            )
            lost = sorted({*lost, *spoilt})
        if lost:
            self.note("rounded_id", numbers[min(lost)], len(lost))
        return column

    def texts(self, values: list[str], numbers: Sequence[int]) -> list[str | None]:
        """Contents with LF line ends; cut ones are noted, and texts that a spreadsheet took for a formula."""
        if _FORMULA_LOST in values:
            self._note_all("formula_lost", [text == _FORMULA_LOST for text in values], numbers)
            values = ["" if text == _FORMULA_LOST else text for text in values]
        if _CELL_LIMIT in map(len, values):
            self._note_all("cell_cut", [len(text) == _CELL_LIMIT for text in values], numbers)
        return [_lines(text) if "\r" in text else text or None for text in values]

    def _note_all(self, code: str, doubtful: list[bool], numbers: Sequence[int]) -> None:
        self.note(code, numbers[doubtful.index(True)], sum(doubtful))


def _lines(text: str) -> str | None:
    return text.replace("\r\n", "\n").replace("\r", "\n") or None


class Timed(NamedTuple):
    """The rows whose time can be read."""

    numbers: Sequence[int]
    columns: dict[str, list[str]]
    stamps: NDArray[np.int64]


def timed_rows(
    rows: Rows,
    stamps: Stamps,
    shown: Sequence[str],
    label: str,
    problems: list[Problem],
    doubts: Doubts | None,
) -> Timed:
    """``rows`` with their times, a problem ``bad_time`` for each without; ``shown`` is what was there.

    ``doubts`` (None where the format never has seconds) count the times that have lost theirs.
    """
    numbers, columns = rows.numbers, dict(rows.columns)
    if doubts is not None and stamps.to_the_minute:
        first = next((i for i, text in enumerate(shown) if text.count(":") < 2), 0)
        doubts.note("seconds_lost", numbers[first], stamps.to_the_minute)
    if stamps.sound.all():
        return Timed(numbers, columns, stamps.utc)
    sound = np.flatnonzero(stamps.sound).tolist()
    problems += [
        Problem("bad_time", f"{label}:{numbers[i]}", repr(shown[i])[:60])
        for i in np.flatnonzero(~stamps.sound).tolist()
    ]
    columns = {name: [column[i] for i in sound] for name, column in columns.items()}
    return Timed([numbers[i] for i in sound], columns, stamps.utc[stamps.sound])


def epochs(values: Sequence[str]) -> Stamps:
    """Epoch seconds or milliseconds as UTC milliseconds."""
    try:
        whole = pa.array(values, pa.string()).cast(pa.int64()).to_numpy()
        if len(whole) and whole.min() > 0 and whole.max() < _LATEST:
            return Stamps(whole * 1000, np.ones(len(whole), np.bool_), 0)
    except (pa.ArrowException, UnicodeEncodeError):
        pass
    rows, _, stamps = timed(range(len(values)), range(len(values)), [v.strip() for v in values], "", [])
    utc, sound = np.zeros(len(values), np.int64), np.zeros(len(values), np.bool_)
    utc[list(rows)] = np.asarray(stamps, np.int64)
    sound[list(rows)] = True
    return Stamps(utc, sound, 0)


def group_of(source: Source) -> Callable[[str], Group]:
    """The group behind a key: a room's id, or, for the key ``""``, what the file's name says."""

    def of(key: str) -> Group:
        if key:
            return Group(key, None, "wechat", room_kind(key))
        named = group_in(source)
        return Group(
            named.id or surrogate_group_id(named.name), named.name, "wechat", room_kind(named.id or "")
        )

    return of


def room_kind(id_: str) -> Any:
    """Group or private chat by the id of the chat."""
    kind = chat_kind(None, id_)
    return "private" if kind == "unknown" and is_account(id_) else kind


def told_batches(
    source: Source,
    tables: Iterable[Rows],
    tell: Callable[[Rows, list[Problem]], Told],
    group: Callable[[str], Group],
    doubts: Doubts,
) -> Iterator[Batch]:
    """Batches of a whole table. ``tell`` says what its rows are, ``group`` what a key stands for."""
    groups: dict[str, Group] = {}
    empty = True
    for rows in tables:
        problems = list(rows.problems)
        doubts_before = [*rows.notices]
        headers = rows.headers
        if rows.numbers:
            told = tell(rows, problems)
            empty = empty and not problems and not len(told.numbers)
            for key, part in _by_group(told):
                new = key not in groups
                found = groups.setdefault(key, group(key) if new else groups.get(key))  # type: ignore[arg-type]
                yield Batch(_assembled(source.label, found, part), groups=(found,) if new else ())
        empty = empty and not problems
        yield Batch(problems=problems, notices=doubts_before, headers=headers, skipped=rows.skipped)
    missing = [Problem("no_records", source.label)] if empty else []
    yield Batch(problems=missing, notices=[*doubts.notices(), *source.notices()])


def _assembled(label: str, group: Group, told: Told) -> pa.RecordBatch:
    return assemble(
        label,
        group,
        numbers=told.numbers,
        stamps=told.stamps,
        people=told.people,
        names=told.names,
        texts=told.texts,
        contents=told.contents,
        own=told.own,
        me=told.me,
        **told.columns,
    )


def _by_group(told: Told) -> Iterator[tuple[str, Told]]:
    if not len(told.numbers):
        return
    keys = list(dict.fromkeys(told.groups)) if told.groups is not None else [""]
    if len(keys) == 1 or told.groups is None:
        yield keys[0], told
        return
    places: dict[str, list[int]] = {key: [] for key in keys}
    for i, key in enumerate(told.groups):
        places[key].append(i)
    for key, rows in places.items():
        yield key, _taken(told, rows)


def _taken(told: Told, rows: list[int]) -> Told:
    """Some rows of ``told``."""
    inverse = {row: i for i, row in enumerate(rows)}

    def of(values: Any) -> Any:
        return values.take(pa.array(rows)) if isinstance(values, pa.Array) else [values[i] for i in rows]

    return Told(
        of(told.numbers),
        told.stamps[rows],
        of(told.people),
        of(told.names),
        of(told.texts),
        {inverse[i]: content for i, content in told.contents.items() if i in inverse},
        None if told.own is None else of(told.own),
        None,
        told.me,
        {name: of(values) for name, values in told.columns.items()},
    )
