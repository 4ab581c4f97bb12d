"""QQ NT's databases as SQLite files: opened for reading only, table by table, row after row.

A database is hostile input: only plain tables are read, nothing in the file can make SQLite run code, and
what is damaged costs the rows that cannot be reached. What a row says, :mod:`_nt_rows` knows.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cq.errors import InputError
from cq.formats._source import Source, unreadable

BATCH = 8_192
_BATCH_BYTES = 32 << 20
"""Rows, and bytes of their bodies, that are held at a time."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 64 << 20,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
}
_PRAGMAS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0", "temp_store=MEMORY")

Row = tuple[Any, ...]


class Table:
    """A plain table with the columns of ours that it has."""

    def __init__(self, base: sqlite3.Connection, name: str, columns: Sequence[str]) -> None:
        self.name = name
        self.columns = columns
        self._base = base
        quoted = ", ".join(f'"{column}"' for column in columns)
        self._query = f'SELECT rowid, {quoted} FROM "{name}"'

    def place(self, column: str) -> int | None:
        """Where that column stands in a row."""
        return self.columns.index(column) if column in self.columns else None

    def batches(self) -> Iterator[list[Row] | sqlite3.Error]:
        """The rows in the order of the table. Where it is damaged, the error; then what stands behind the
        damage, from the end backwards."""
        last = -(1 << 63)
        try:
            for rows in self._select("ORDER BY rowid"):
                last = rows[-1][0]
                yield [row[1:] for row in rows]
        except sqlite3.Error as error:
            yield error
            with contextlib.suppress(sqlite3.Error):
                for rows in self._select(f"WHERE rowid > {last} ORDER BY rowid DESC"):
                    yield [row[1:] for row in reversed(rows)]

    def _select(self, clause: str) -> Iterator[list[Row]]:
        """Rows with their place, by and by; those that come before an error are not lost with it.

        Places that do not go on are damage: a tree whose branches lead back would never end.
        """
        rows: list[Row] = []
        size, last, sign = 0, None, -1 if clause.endswith("DESC") else 1
        try:
            for row in self._base.execute(f"{self._query} {clause}"):
                if last is not None and (row[0] - last) * sign <= 0:
                    raise sqlite3.DatabaseError("rows out of order")
                last = row[0]
                rows.append(row)
                size += len(row[-1]) if isinstance(row[-1], bytes) else 0
                if len(rows) == BATCH or size > _BATCH_BYTES:
                    yield rows
                    rows, size = [], 0
        except sqlite3.Error:
            if rows:
                yield rows
            raise
        if rows:
            yield rows


class Database:
    """An open database; texts in its rows are still bytes. ``replaced`` counts those that were no UTF-8."""

    def __init__(self, base: sqlite3.Connection, path: Path) -> None:
        self._base = base
        self._path = path
        self.replaced = 0
        base.text_factory = bytes  # names repeat in every row: they are decoded once

    def text(self, value: Any) -> Any:
        """A text as a string; numbers and what is missing as they are."""
        if not isinstance(value, bytes):
            return value
        try:
            return value.decode()
        except UnicodeDecodeError:
            self.replaced += 1
            return value.decode("utf-8", "replace")

    def table(self, name: str, columns: Sequence[str]) -> Table | None:
        """The plain table of that name; never a view or a virtual table."""
        try:
            found = self._base.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = ?", (name,)
            ).fetchone()
            if found is None or b"virtual" in bytes(found[0] or b"")[:40].lower():
                return None
            here = {self.text(row[1]) for row in self._base.execute(f'PRAGMA table_info("{name}")')}
        except sqlite3.Error:
            return None
        wanted = [column for column in columns if column in here]
        return Table(self._base, name, wanted) if wanted else None

    def fault(self) -> str | None:
        """What SQLite finds wrong with the structure of the file, which it takes to be whole."""
        if (missing := _missing(self._path)) > 0:
            return f"{missing} bytes missing at the end"
        try:
            found = self._base.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            return str(error)
        said = str(self.text(found[0])) if found else "ok"
        return None if said == "ok" else said[:200]


@contextlib.contextmanager
def database(source: Source) -> Iterator[Database]:
    """The database of a file; one in a zip is copied to a private file first."""
    with contextlib.ExitStack() as stack:
        path = _path(source, stack)
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            base = stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True)))
            for limit, value in _LIMITS.items():
                base.setlimit(limit, value)
            for pragma in _PRAGMAS:
                base.execute(f"PRAGMA {pragma}")
            if _missing(path) > 0:  # else SQLite refuses a file that was cut off as a whole
                base.execute("PRAGMA writable_schema=ON")
            base.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            if not source.peek.head.startswith(b"SQLite format 3\0"):  # --input-format said so
                raise InputError("not_that_format", path=source.label) from error
            raise InputError("unreadable", path=source.label, reason=error) from error
        yield Database(base, path)


def _missing(path: Path) -> int:
    """Bytes that the file lacks by its own head: page size and number of pages, if they are up to date."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or head[24:28] != head[92:96]:
        return 0
    page = int.from_bytes(head[16:18]) or 1
    size = 65_536 if page == 1 else page
    return size * int.from_bytes(head[28:32]) - path.stat().st_size


def _path(source: Source, stack: contextlib.ExitStack) -> Path:
    with source.open() as stream:
        name = getattr(stream, "name", None)
        if isinstance(name, str) and hasattr(stream, "fileno") and Path(name).is_file():
            return Path(name)
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cq-")), "copy.db")
        try:
            with copy.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
        except Exception as error:
            raise unreadable(source.label, error) from error
    return copy
