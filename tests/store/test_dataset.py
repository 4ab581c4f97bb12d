"""The Parquet store: imports add up, any tool reads it, and nothing half-done shows."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from chats import LAW, contents, ids, largest, merge, report, rows, rows_of, said, texts
from hypothesis import given
from hypothesis import strategies as st

from cq.errors import CqError, InputError
from cq.model import Batch, Group, Member
from cq.reading import ReadRequest, read
from cq.store import dataset, parts, spill, stored
from cq.store.dataset import ImportReport, StoredLog
from exports import qq_txt

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHAT = [said(i // 2, "ab"[i % 2], str(i % 3), group_id="gh"[i % 5 == 4]) for i in range(30)]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def add(store: Path, *sources: Any, name: str = "x", unique_ids: bool = False) -> ImportReport:
    return dataset.add(store, merge(*sources, unique_ids=unique_ids), [report(name)])


def files(store: Path) -> set[str]:
    """What is in a store folder, but the lock."""
    found = {p.relative_to(store).as_posix() for p in store.rglob("*") if p.is_file()}
    return found - {".lock"}


def named(store: Path) -> set[str]:
    """What the manifest of a store names, and itself."""
    manifest = dataset.load(store)
    return {p.path for p in manifest.parts} | {manifest.groups, manifest.members, "manifest.json"}


def clean(store: Path) -> bool:
    return files(store) == named(store)


class TestImport:
    def test_reads_back_as_it_was(self, store: Path) -> None:
        log = merge(CHAT)
        dataset.add(store, log, [report("x")])
        assert rows(StoredLog(store)) == rows(log)
        assert StoredLog(store).spans == log.spans
        assert clean(store)

    def test_twice_is_once(self, store: Path) -> None:
        first = add(store, CHAT)
        once = rows(StoredLog(store))
        parts_before = dataset.load(store).parts
        again = add(store, CHAT)
        assert rows(StoredLog(store)) == once
        assert dataset.load(store).parts == parts_before
        assert (first.read, first.added, first.known, first.total, first.groups) == (30, 30, 0, 30, 2)
        assert (again.read, again.added, again.known, again.total, again.groups) == (30, 0, 30, 30, 2)
        assert clean(store)

    def test_halves_make_the_whole(self, store: Path) -> None:
        add(store, CHAT[10:])
        report = add(store, CHAT[:20])
        assert sorted(ids(StoredLog(store))) == sorted(ids(merge(CHAT)))
        assert (report.added, report.known) == (10, 10)

    @LAW
    @given(
        st.lists(
            st.lists(
                st.builds(said, st.integers(0, 3), st.sampled_from("ab"), st.sampled_from("12")), max_size=6
            ),
            max_size=3,
        )
    )
    def test_imports_keep_the_largest_count_of_any(self, sources: list[Any]) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            for source in sources:
                dataset.add(Path(folder), merge(source), [report("x")])
            if sources:
                found = rows(StoredLog(Path(folder)))
                assert contents(found) == largest(*sources)
                assert {r["message_id"] for r in found} == set(ids(merge(*sources)))

    def test_second_part_is_read_in_time(self, store: Path) -> None:
        add(store, [said(i, text=f"old {i}") for i in (0, 4, 8)])
        add(store, [said(i, text=f"new {i}") for i in (2, 4, 6)])
        assert len(dataset.load(store).parts) == 2
        assert texts(StoredLog(store)) == ["old 0", "new 2", "old 4", "new 4", "new 6", "old 8"]

    def test_windows_and_groups(self, store: Path) -> None:
        add(store, CHAT[::2])
        add(store, CHAT[1::2])
        log, whole = StoredLog(store), rows(merge(CHAT[::2], CHAT[1::2]))
        assert rows(log) == whole
        for since in (None, -5, 0, 7, 14, 50):
            for until in (None, 0, 3, 15, 50):
                for groups in (None, {"g"}, {"h", "x"}, set()):
                    bounds = {
                        "since": None if since is None else said(since)["sent_at"],
                        "until": None if until is None else said(until)["sent_at"],
                        "groups": groups,
                    }
                    expected = [
                        r
                        for r in whole
                        if (since is None or r["at"] >= since)
                        and (until is None or r["at"] < until)
                        and (groups is None or r["group_id"] in groups)
                    ]
                    assert rows(log, **bounds) == expected

    def test_small_limits_change_nothing(self, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        expected = rows(merge(CHAT[::2], CHAT[1::2]))
        monkeypatch.setattr(spill, "KEEP_IN_MEMORY", 0)
        monkeypatch.setattr(spill, "BUCKET_ROWS", 4)
        monkeypatch.setattr(parts, "PIECE_ROWS", 3)
        monkeypatch.setattr(stored, "PIECE_ROWS", 5)
        add(store, CHAT[::2])
        add(store, CHAT[1::2])
        assert rows(StoredLog(store)) == expected

    def test_rows_are_written_in_large_pieces(self, store: Path) -> None:
        add(store, [Batch(rows_of([m], i + 1)) for i, m in enumerate(CHAT)])
        (part, _) = dataset.load(store).parts
        with pq.ParquetFile(store / part.path) as file:
            assert file.num_row_groups == 1

    def test_sources_are_remembered_once(self, store: Path) -> None:
        add(store, CHAT, name="one")
        add(store, CHAT, name="two")
        add(store, CHAT, name="one")
        assert [s.sha256 for s in dataset.load(store).sources] == ["one", "two"]

    def test_parts_know_their_rows_times_and_bytes(self, store: Path) -> None:
        import hashlib

        add(store, CHAT)
        for part in dataset.load(store).parts:
            mine = [m for m in CHAT if m["group_id"] == part.group_id]
            times = [m["sent_at"] for m in mine]
            assert (part.rows, part.first, part.last) == (len(mine), min(times), max(times))
            raw = (store / part.path).read_bytes()
            assert (part.bytes, part.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())

    def test_an_empty_log(self, store: Path) -> None:
        assert add(store).total == 0
        assert rows(StoredLog(store)) == []
        assert clean(store)
        add(store, CHAT)
        assert len(rows(StoredLog(store))) == 30

    def test_a_store_into_another(self, store: Path, tmp_path: Path) -> None:
        add(store, CHAT[:20])
        other = tmp_path / "other"
        add(other, CHAT[10:])
        dataset.add(other, StoredLog(store), [dataset.describe(store, StoredLog(store))])
        dataset.add(store, StoredLog(store), [])
        assert sorted(ids(StoredLog(other))) == sorted(ids(merge(CHAT)))
        assert len(ids(StoredLog(store))) == 20

    def test_many_groups(self, store: Path) -> None:
        many = [said(i, text=str(i), group_id=f"群/{i % 40}") for i in range(200)]
        add(store, many[:120])
        add(store, many)
        assert contents(rows(StoredLog(store))) == contents(many)
        assert len({p.path for p in dataset.load(store).parts}) == 80


class TestSlug:
    def test_readable_and_unique(self) -> None:
        odd = ["10086", "name:读书会", "name:", "a/b", "a-b", "../..", "A", "a", "x" * 300, "x" * 301, "con"]
        found = [parts.slug(id_) for id_ in odd]
        assert len({f.casefold() for f in found}) == len(odd)
        assert found[0].startswith("10086-")
        for name in found:
            assert name.isascii()
            assert len(name) < 60
            assert name.replace("-", "").isalnum()


class TestWhatElseIsKept:
    def test_groups(self, store: Path) -> None:
        add(
            store, [Batch(rows_of([said(0)]), groups=[Group("g", "G", "qq", "group", complete_members=True)])]
        )
        add(store, [Batch(rows_of([said(1), said(1, group_id="h")]), groups=[Group("g", None, "unknown")])])
        add(store, [Batch(rows_of([said(2)]), groups=[Group("g", "renamed", "qq")])])
        assert [s.group for s in StoredLog(store).spans] == [
            Group("g", "renamed", "qq", "group", complete_members=True),
            Group("h", None, "unknown"),
        ]

    def test_private_chats_stay_private(self, store: Path) -> None:
        add(store, [Batch(rows_of([said(0)]), groups=[Group("g", "G", "qq", "private")])])
        assert StoredLog(store).spans[0].group.chat_kind == "private"

    def test_members(self, store: Path) -> None:
        full = Member("g", "1", "Anna", "A", "owner", "chief", 1_000, 2_000)
        add(store, [Batch(rows_of([said(0)]), members=[full, Member("g", "2", "Ben")])])
        assert StoredLog(store).members == [full, Member("g", "2", "Ben")]
        add(store, [Batch(members=[Member("g", "1", "Anne"), Member("silent group", "3")])])
        assert StoredLog(store).members == [
            Member("g", "1", "Anne", "A", "owner", "chief", 1_000, 2_000),
            Member("g", "2", "Ben"),
            Member("silent group", "3"),
        ]

    def test_an_answer_to_a_stored_row(self, store: Path) -> None:
        add(store, [said(0, native_id="7")], unique_ids=True)
        add(store, [said(1, native_id="8", reply_to="7"), said(2, reply_to="9")], unique_ids=True)
        asked, answer, lost = rows(StoredLog(store))
        assert (answer["reply_to"], lost["reply_to"]) == (asked["message_id"], None)

    def test_a_name_borne_in_stored_rows(self, store: Path) -> None:
        add(store, [said(0, "1", sender_name="张三")])
        add(store, [Batch(rows_of([said(0, "3", group_id="h")]), members=[Member("g", "2", "沉默者")])])
        add(store, [said(1, "9", "@张三 @沉默者 在吗"), said(2, "9", "@张三 ", group_id="h")])
        assert [r["mentions"] for r in rows(StoredLog(store))] == [[], ["1", "2"], [], []]


class TestOtherTools:
    """Plain DuckDB, Polars or pandas can read it: files of one schema, ids as texts."""

    @pytest.fixture
    def filled(self, store: Path) -> Path:
        add(store, CHAT[:20])
        add(store, CHAT[10:])
        return store

    def test_pandas(self, filled: Path) -> None:
        frame = pd.read_parquet(filled / "messages")
        assert sorted(frame["message_id"]) == sorted(ids(StoredLog(filled)))
        assert str(frame["sent_at"].dtype) == "datetime64[ms, UTC]"

    def test_arrow(self, filled: Path) -> None:
        table = pyarrow.dataset.dataset(filled / "messages", partitioning="hive").to_table()
        assert sorted(table["message_id"].to_pylist()) == sorted(ids(StoredLog(filled)))
        assert set(table.column_names) == {*rows_of([]).schema.names, "group"}

    def test_polars(self, filled: Path) -> None:
        polars = pytest.importorskip("polars")
        frame = polars.scan_parquet(filled / "messages/**/*.parquet").collect()
        assert sorted(frame["message_id"]) == sorted(ids(StoredLog(filled)))

    def test_duckdb(self, filled: Path) -> None:
        duckdb = pytest.importorskip("duckdb")
        found = duckdb.sql(f"select message_id from '{filled}/messages/**/*.parquet'").fetchall()
        assert sorted(r[0] for r in found) == sorted(ids(StoredLog(filled)))

    def test_every_part_names_its_schema(self, filled: Path) -> None:
        for part in dataset.load(filled).parts:
            schema = pq.read_schema(filled / part.path)
            assert schema.metadata[b"cq.schema"] == b"cq.messages/1"
            assert schema.equals(rows_of([]).schema)

    def test_a_path_that_looks_like_a_partition(self, tmp_path: Path) -> None:
        store = tmp_path / "team=a" / "group=x"
        add(store, CHAT[:20])
        add(store, CHAT[10:])
        assert sorted(ids(StoredLog(store))) == sorted(ids(merge(CHAT)))


class TestReading:
    """Every command that takes exports takes a store too."""

    RECORDS = tuple(
        (f"2026-03-{d:02d} 9:0{m}:00", f"{'甲乙丙'[m % 3]}(1000{m % 3})", f"@乙 第{d}天 {m}")
        for d in range(1, 9)
        for m in range(4)
    )

    def write(self, folder: Path, name: str, records: Sequence[tuple[str, str, str]]) -> str:
        path = folder / name
        path.write_bytes(qq_txt(("读书会", list(records)), ("骑行队", list(records[:6]))))
        return str(path)

    def read(self, *paths: str | Path) -> Any:
        return read(ReadRequest([str(p) for p in paths], SHANGHAI)).log

    def imported(self, store: Path, *paths: str) -> Path:
        reading = read(ReadRequest(list(paths), SHANGHAI))
        dataset.add(store, reading.log, reading.sources)
        return store

    def test_a_store_reads_as_its_exports(self, store: Path, tmp_path: Path) -> None:
        first = self.write(tmp_path, "a.txt", self.RECORDS[:20])
        second = self.write(tmp_path, "b.txt", self.RECORDS[10:])
        direct = self.read(first, second)
        together = self.imported(store, first, second)
        assert rows(self.read(together)) == rows(direct)
        assert self.read(together).spans == direct.spans
        assert self.read(together).members == direct.members
        one_by_one = self.imported(self.imported(tmp_path / "other", first), second)
        assert rows(self.read(one_by_one)) == rows(direct)

    def test_a_store_and_an_export(self, store: Path, tmp_path: Path) -> None:
        first = self.write(tmp_path, "a.txt", self.RECORDS[:20])
        second = self.write(tmp_path, "b.txt", self.RECORDS[10:])
        self.imported(store, first)
        direct = self.read(first, second)
        for paths in ((store, second), (second, store), (store, first, second)):
            mixed = self.read(*paths)
            assert rows(mixed) == rows(direct)
            assert mixed.spans == direct.spans
        log = self.read(store, second)
        stored, export = log.tallies
        assert (stored.messages, stored.skipped["duplicate"]) == (26, 0)
        assert (export.messages, export.skipped["duplicate"]) == (18, 10)

    def test_two_stores(self, store: Path, tmp_path: Path) -> None:
        first = self.write(tmp_path, "a.txt", self.RECORDS[:20])
        second = self.write(tmp_path, "b.txt", self.RECORDS[10:])
        one, two = self.imported(store, first), self.imported(tmp_path / "two", second)
        assert sorted(ids(self.read(one, two))) == sorted(ids(self.read(first, second)))


class TestWhatIsNoStore:
    def test_a_folder_with_other_things_is_refused_and_untouched(self, store: Path) -> None:
        for path in ("notes.txt", "sub/deep.txt"):
            (store / path).parent.mkdir(parents=True, exist_ok=True)
            (store / path).write_text("mine")
        with pytest.raises(CqError) as refused:
            add(store, CHAT)
        assert (refused.value.code, refused.value.exit_code) == ("store_not_empty", 1)
        assert sorted(p.relative_to(store).as_posix() for p in store.rglob("*")) == [
            "notes.txt",
            "sub",
            "sub/deep.txt",
        ]

    @pytest.mark.parametrize("name", ["manifest.json", "messages/mine.txt", "messages/2024/a.parquet"])
    def test_names_that_only_look_like_a_store(self, store: Path, name: str) -> None:
        (store / name).parent.mkdir(parents=True)
        (store / name).write_text('{"name": "an extension"}')
        with pytest.raises(CqError) as refused:
            add(store, CHAT)
        assert refused.value.code == "store_not_empty"
        assert files(store) == {name}
        assert not (store / ".lock").exists()

    def test_an_empty_folder_will_do(self, store: Path) -> None:
        store.mkdir()
        (store / ".DS_Store").touch()
        add(store, CHAT)
        assert len(rows(StoredLog(store))) == 30

    def test_a_file_is_no_folder(self, store: Path) -> None:
        store.write_text("mine")
        with pytest.raises(CqError) as refused:
            add(store, CHAT)
        assert refused.value.code == "cannot_write"
        assert store.read_text() == "mine"

    def test_things_of_the_user_in_a_store_stay(self, store: Path) -> None:
        add(store, CHAT[:20])
        mine = ["README", "f" * 32 + ".parquet", "messages/notes.txt", "messages/group=x/notes.txt"]
        for path in mine:
            (store / path).parent.mkdir(exist_ok=True)
            (store / path).write_text("mine")
        add(store, CHAT)
        assert set(mine) < files(store)

    def test_another_import_makes_the_store_between_two_looks(
        self, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.mkdir()
        listed = Path.iterdir

        def committed_meanwhile(path: Path) -> Iterator[Path]:
            found = list(listed(path))
            monkeypatch.undo()
            add(store, CHAT[:20])
            return iter(found)

        monkeypatch.setattr(Path, "iterdir", committed_meanwhile)
        add(store, CHAT)
        assert len(rows(StoredLog(store))) == 30

    @pytest.mark.parametrize("path", ["", "-", "missing", "x\0y"])
    def test_is_store(self, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert not dataset.is_store(path)


class TestDamage:
    @pytest.fixture
    def filled(self, store: Path) -> Path:
        add(store, CHAT[:20])
        add(store, CHAT[10:])
        return store

    def unreadable(self, store: Path, action: Callable[[Path], Any], code: str = "store_unreadable") -> None:
        with pytest.raises(InputError) as failed:
            action(store)
        assert failed.value.code == code
        assert all(failed.value.lines(lang) for lang in ("zh", "en"))

    def test_a_version_from_the_future(self, filled: Path) -> None:
        manifest = json.loads((filled / "manifest.json").read_text())
        for future in (manifest | {"schema": "cq.store/2"}, {"schema": "cq.store/2", "parts": {"new": 1}}):
            (filled / "manifest.json").write_text(json.dumps(future, indent=1))
            before = files(filled)
            self.unreadable(filled, StoredLog, "store_version")
            self.unreadable(filled, lambda s: add(s, CHAT), "store_version")
            self.unreadable(filled, lambda s: read(ReadRequest([str(s)], SHANGHAI)), "store_version")
            assert files(filled) == before

    @pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
    def test_a_manifest_cut_off(self, filled: Path, keep: float) -> None:
        raw = (filled / "manifest.json").read_bytes()
        (filled / "manifest.json").write_bytes(raw[: int(len(raw) * keep)])
        before = files(filled)
        self.unreadable(filled, StoredLog)
        with pytest.raises(CqError):
            add(filled, CHAT)
        assert files(filled) == before

    @pytest.mark.parametrize("which", ["parts", "groups", "members"])
    @pytest.mark.parametrize("damage", ["cut", "empty", "missing", "noise", "foreign"])
    def test_a_damaged_file(self, filled: Path, which: str, damage: str) -> None:
        manifest = dataset.load(filled)
        path = filled / (manifest.parts[0].path if which == "parts" else getattr(manifest, which))
        raw = path.read_bytes()
        match damage:
            case "cut":
                path.write_bytes(raw[: len(raw) // 2])
            case "empty":
                path.write_bytes(b"")
            case "missing":
                path.unlink()
            case "noise":
                path.write_bytes(raw[:4] + bytes(b ^ 0x5A for b in raw[4:-4]) + raw[-4:])
            case "foreign":
                pq.write_table(pa.table({"x": [1]}), path)
        self.unreadable(filled, lambda s: rows(StoredLog(s)))
        self.unreadable(filled, lambda s: rows(StoredLog(s), since=said(3)["sent_at"]))
        before = files(filled)
        self.unreadable(filled, lambda s: add(s, CHAT, [said(99)]))
        assert files(filled) == before

    def test_noise_anywhere_is_no_traceback(self, filled: Path) -> None:
        path = filled / dataset.load(filled).parts[0].path
        raw = path.read_bytes()
        for at in range(0, len(raw), 97):
            path.write_bytes(raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :])
            try:
                rows(StoredLog(filled))
            except InputError as error:
                assert error.code == "store_unreadable"

    def test_tables_replaced_between_two_looks(self, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # The reader has the old manifest in hand when an import ends and removes the old tables.
        old = dataset.load(filled)
        add(filled, [said(99)])
        assert not (filled / str(old.groups)).exists()
        looks = iter([old])
        current = stored.load
        monkeypatch.setattr(stored, "load", lambda folder: next(looks, None) or current(folder))
        assert len(rows(StoredLog(filled))) == 31


class TestFullDisk:
    STEPS = ("rows", "part", "table", "publish", "manifest", "rename")

    def fail(self, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: object, **kwargs: object) -> Any:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        match step:
            case "rows":
                monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
            case "part":
                monkeypatch.setattr(parts, "_sync", full)
            case "table":
                monkeypatch.setattr(dataset, "write_table", full)
            case "publish":
                monkeypatch.setattr(parts, "sync_folder", full)
            case "manifest":
                monkeypatch.setattr(dataset, "_commit", full)
            case "rename":
                monkeypatch.setattr(dataset, "sync_folder", full)

    @pytest.mark.parametrize("step", STEPS)
    def test_leaves_the_old_state_and_no_remains(
        self, store: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        add(store, CHAT[:10])
        before, kept = files(store), rows(StoredLog(store))
        with monkeypatch.context() as patch:
            self.fail(step, patch)
            with pytest.raises(CqError) as failed:
                add(store, CHAT)
        assert failed.value.code == "disk_full"
        assert rows(StoredLog(store)) == kept
        assert files(store) == before
        add(store, CHAT)
        assert sorted(ids(StoredLog(store))) == sorted(ids(merge(CHAT)))

    @pytest.mark.parametrize("step", STEPS)
    def test_in_the_first_import(self, store: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        with monkeypatch.context() as patch:
            self.fail(step, patch)
            with pytest.raises(CqError):
                add(store, CHAT)
        assert [p.name for p in store.iterdir()] == [".lock"]
        assert not dataset.is_store(str(store))

    def test_after_the_commit_the_new_state_stands(
        self, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add(store, CHAT[:10])
        synced, seen = dataset.sync_folder, []

        def full_the_second_time(path: Path) -> None:
            seen.append(path)
            if len(seen) == 2:
                raise OSError(errno.ENOSPC, "no space")
            synced(path)

        with monkeypatch.context() as patch:
            patch.setattr(dataset, "sync_folder", full_the_second_time)
            with pytest.raises(CqError):
                add(store, CHAT)
        assert len(rows(StoredLog(store))) == 30
        assert clean(store)

    def test_interrupted(self, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add(store, CHAT[:10])
        before = files(store)

        def interrupt(*args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(parts.PartWriter, "close", interrupt)
            with pytest.raises(KeyboardInterrupt):
                add(store, CHAT)
        assert files(store) == before


def long_export(path: Path, start: int, count: int) -> None:
    """An export that does not compress to nothing."""
    import hashlib

    records = [
        (
            f"2026-03-{1 + i // 1440:02d} {i // 60 % 24}:{i % 60:02d}:00",
            f"甲({10000 + i % 7})",
            hashlib.sha256(str(i).encode()).hexdigest(),
        )
        for i in range(start, start + count)
    ]
    path.write_bytes(qq_txt(("读书会", records)))


def cq(*arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cq", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


class TestRealDisks:
    @pytest.fixture
    def export(self, tmp_path: Path) -> Path:
        path = tmp_path / "long.txt"
        long_export(path, 0, 9000)
        return path

    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / "disk"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("no right to mount a small disk")
        yield folder
        subprocess.run(["umount", folder], check=True)

    @pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
    def test_a_full_disk(self, small_disk: Path, export: Path, tmp_path: Path) -> None:
        store, little = small_disk / "store", tmp_path / "little.txt"
        long_export(little, 0, 20)
        assert cq("import", little, "--store", store).returncode == 0
        before, kept = files(store), rows(StoredLog(store))
        failed = cq("import", export, "--store", store, "--lang", "en")
        assert failed.returncode == 1
        assert "full" in failed.stderr
        assert len(failed.stderr.strip().splitlines()) == 2
        assert files(store) == before
        assert rows(StoredLog(store)) == kept

    @pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
    def test_a_limit_on_file_sizes(self, store: Path, export: Path) -> None:
        import resource

        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

        failed = cq("import", export, "--store", store, "--lang", "en", preexec_fn=limited)
        assert failed.returncode == 1
        assert len(failed.stderr.strip().splitlines()) == 2
        assert not files(store)


CRASH = """
import os, sys
from pathlib import Path
from cq.store import dataset, parts
step, chats, folder = sys.argv[1:]
sys.path.insert(0, chats)
from chats import merge, report
from test_dataset import CHAT


def die(*args, **kwargs):
    os._exit(9)


def die_at(count, function):
    calls = []
    def counted(*args, **kwargs):
        calls.append(1)
        return die() if len(calls) == count else function(*args, **kwargs)
    return counted


match step:
    case "in a file":
        parts.PartWriter.close = die
    case "between files":
        parts.PartWriter.close = die_at(2, parts.PartWriter.close)
    case "before the tables":
        dataset.write_table = die_at(2, dataset.write_table)
    case "publishing":
        Path.replace = die_at(2, Path.replace)
    case "before the commit":
        dataset._commit = die
    case "in the manifest":
        dataset.msgspec.json.format = lambda *args, **kwargs: b'{"schema": "cq.store/1"'
        Path.replace = die_at(3, Path.replace)
    case "after the commit":
        dataset._sweep = die_at(2, dataset._sweep)
dataset.add(Path(folder), merge(CHAT), [report("crashed")])
"""


class TestCrash:
    """The process dies at once: no exception handler runs."""

    STEPS = (
        "in a file",
        "between files",
        "before the tables",
        "publishing",
        "before the commit",
        "in the manifest",
        "after the commit",
    )

    @pytest.mark.parametrize("step", STEPS)
    def test_leaves_a_readable_state(self, store: Path, step: str) -> None:
        add(store, CHAT[:10])
        kept = rows(StoredLog(store))
        here = Path(__file__).parent
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
        died = subprocess.run(
            [sys.executable, "-c", CRASH, step, str(here), str(store)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert died.returncode == 9, died.stderr
        assert not clean(store)
        done = step == "after the commit"
        assert rows(StoredLog(store)) == (rows(merge(CHAT)) if done else kept)
        if step in ("in a file", "between files", "before the tables"):  # most of an import's time
            frame = pd.read_parquet(store / "messages")
            assert sorted(frame["message_id"]) == sorted(r["message_id"] for r in kept)
        again = add(store, CHAT)
        assert again.added == (0 if done else 20)
        assert sorted(ids(StoredLog(store))) == sorted(ids(merge(CHAT)))
        assert clean(store)

    def test_of_the_first_import(self, store: Path) -> None:
        group = store / f"messages/group={parts.slug('g')}"
        group.mkdir(parents=True)
        for left in (group / f".{'a' * 32}.part", group / f"{'a' * 32}.parquet"):
            left.write_bytes(b"PAR1")
        for left in (f"groups-{'b' * 32}.parquet", f"manifest.json.{'c' * 32}"):
            (store / left).write_bytes(b"")
        add(store, CHAT)
        assert clean(store)
        assert len(rows(StoredLog(store))) == 30


class TestConcurrency:
    def test_imports_at_once(self, store: Path, tmp_path: Path) -> None:
        exports = []
        for i in range(4):
            exports.append(tmp_path / f"{i}.txt")
            long_export(exports[-1], i * 500, 1000)
        commands = [[sys.executable, "-m", "cq", "import", str(e), "--store", str(store)] for e in exports]
        running = [
            subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for c in commands
        ]
        seen = 0
        while any(process.poll() is None for process in running):  # and somebody reads meanwhile
            if dataset.is_store(str(store)):
                seen = max(seen, len(rows(StoredLog(store))))
        assert [(p.wait(), p.communicate()[1]) for p in running] == [(0, "")] * 4
        direct = read(ReadRequest([str(e) for e in exports], SHANGHAI)).log
        assert sorted(ids(StoredLog(store))) == sorted(ids(direct))
        assert len(ids(direct)) == 2500 >= seen
        assert clean(store)

    def test_who_waits_too_long(self, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from filelock import FileLock

        add(store, CHAT)
        monkeypatch.setattr(dataset, "_LOCK_SECONDS", 0.05)
        with FileLock(store / ".lock"):
            script = (
                "import sys; from pathlib import Path; from chats import *; from cq.store import dataset;"
                "dataset._LOCK_SECONDS = 0.05; dataset.add(Path(sys.argv[1]), merge([said(0)]), [])"
            )
            environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
            locked = subprocess.run(
                [sys.executable, "-c", script, str(store)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        assert "is in use by another import" in locked.stderr
        assert clean(store)
