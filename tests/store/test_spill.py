"""Logs larger than memory: the same rows, bounded keys, nothing left behind."""

from __future__ import annotations

import errno
import gc
import itertools
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from chats import LAW, ids, merge, rows, rows_of, said
from hypothesis import given
from hypothesis import strategies as st

from cq.errors import CqError
from cq.model import Batch, record_batch
from cq.store import spill
from cq.store.collector import Collector
from cq.store.spill import Spill, in_order

NUMBERS = pa.schema([("n", pa.int64())])


def batches(*pieces: list[int]) -> list[pa.RecordBatch]:
    return [pa.record_batch([pa.array(p, pa.int64())], schema=NUMBERS) for p in pieces]


def numbers(found: Iterator[pa.RecordBatch]) -> list[int]:
    return [n for batch in found for n in batch.column(0).to_pylist()]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files of the test go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def tiny(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No memory to keep rows in, and few rows put in order at once."""
    monkeypatch.setattr(spill, "KEEP_IN_MEMORY", 0)
    monkeypatch.setattr(spill, "BUCKET_ROWS", 3)
    return temporary


class TestSpill:
    @pytest.mark.parametrize("limit", [0, 20, 1 << 20])
    def test_gives_back_what_came(self, temporary: Path, limit: int) -> None:
        held = Spill(limit)
        came = batches([1, 2], [3], [], [4, 5, 6])
        for batch in came:
            held.append(batch)
        for _ in range(2):
            assert list(held.read()) == came
        assert bool(list(temporary.iterdir())) == (limit < 48)
        held.close()
        held.close()
        assert not list(temporary.iterdir())

    def test_nothing(self, temporary: Path) -> None:
        held = Spill(0)
        assert list(held.read()) == []
        held.close()

    def test_small_logs_touch_no_disk(self, temporary: Path) -> None:
        log = merge([said(i) for i in range(50, 0, -1)])
        assert len(rows(log)) == 50
        assert not list(temporary.iterdir())

    def test_a_full_disk(self, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class Full:
            def write_batch(self, batch: pa.RecordBatch) -> None:
                raise OSError(errno.ENOSPC, "no space")

            def close(self) -> None:
                raise OSError(errno.ENOSPC, "no space")

        monkeypatch.setattr(pa.ipc, "new_file", lambda *a, **k: Full())
        held = Spill(0)
        with pytest.raises(CqError) as failed:
            held.append(batches([1])[0])
        assert failed.value.code == "disk_full"
        held.close()
        assert not list(temporary.iterdir())


class TestInOrder:
    @LAW
    @given(st.data())
    def test_any_permutation_of_any_selection(self, data: st.DataObject) -> None:
        total = data.draw(st.integers(0, 20))
        kept = data.draw(st.lists(st.integers(0, max(total - 1, 0)), unique=True, max_size=total))
        cuts = sorted(data.draw(st.lists(st.integers(0, total), max_size=4)))
        edges = [0, *cuts, total]
        pieces = batches(*(list(range(a, b)) for a, b in itertools.pairwise(edges)))
        position = np.full(total, -1, np.int64)
        position[kept] = np.arange(len(kept))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(spill, "BUCKET_ROWS", data.draw(st.integers(1, 6)))
            patch.setattr(spill, "KEEP_IN_MEMORY", data.draw(st.sampled_from([0, 1 << 20])))
            assert numbers(in_order(lambda: pieces, position, NUMBERS)) == kept

    def test_what_is_in_order_is_handed_through(self, tiny: Path) -> None:
        pieces = batches([0, 1], [2, 3, 4])
        found = in_order(lambda: pieces, np.arange(5), NUMBERS)
        assert next(found) is pieces[0]
        assert not list(tiny.iterdir())

    def test_stopping_early_leaves_nothing(self, tiny: Path) -> None:
        found = in_order(lambda: batches(list(range(9))), np.arange(9)[::-1].copy(), NUMBERS)
        next(found)
        assert list(tiny.iterdir())
        found.close()
        assert not list(tiny.iterdir())

    def test_failing_input_leaves_nothing(self, tiny: Path) -> None:
        def failing() -> Iterator[pa.RecordBatch]:
            yield batches(list(range(9)))[0]
            raise RuntimeError

        with pytest.raises(RuntimeError):
            list(in_order(failing, np.arange(18)[::-1].copy(), NUMBERS))
        assert not list(tiny.iterdir())


SOURCES: tuple[list[dict[str, Any]], ...] = (
    [said(i // 2, text=str(i % 5), group_id="gh"[i % 2]) for i in range(20)],
    [said(12 - i // 2, text=str(i % 5), group_id="g", reply_to="1") for i in range(20)],
    [said(i, "b", "@a hi", group_id="gh"[i > 5], native_id=str(i)) for i in range(10)],
)


@pytest.mark.parametrize("keep", [0, 300, 3000])
@pytest.mark.parametrize("bucket", [1, 3, 7, 1000])
def test_limits_change_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, keep: int, bucket: int
) -> None:
    unlimited = rows(merge(*SOURCES))
    windowed = rows(merge(*SOURCES), since=said(4)["sent_at"], groups={"h"})
    monkeypatch.setattr(spill, "KEEP_IN_MEMORY", keep)
    monkeypatch.setattr(spill, "BUCKET_ROWS", bucket)
    log = merge(*([Batch(rows_of(s[i : i + 4], i + 1)) for i in range(0, len(s), 4)] for s in SOURCES))
    assert rows(log) == unlimited
    assert rows(log) == unlimited
    assert rows(log, since=said(4)["sent_at"], groups={"h"}) == windowed
    assert list(temporary.iterdir())
    log.close()
    assert not list(temporary.iterdir())


class TestCleaning:
    def test_two_readers_at_once(self, tiny: Path) -> None:
        log = merge(*SOURCES)
        expected = ids(log)
        pairs = list(zip(log.batches(), log.batches(), strict=True))
        assert [i for one, _ in pairs for i in one.column("message_id").to_pylist()] == expected
        assert all(one.equals(two) for one, two in pairs)
        log.close()
        assert not list(tiny.iterdir())

    def test_closing_a_collector_that_did_not_finish(self, tiny: Path) -> None:
        collector = Collector()
        collector.source("f", "test", False)
        collector.add(Batch(rows_of(SOURCES[0])))
        assert list(tiny.iterdir())
        collector.close()
        assert not list(tiny.iterdir())

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_an_exception_while_collecting(self, tiny: Path) -> None:
        def failing() -> Iterator[Any]:
            yield Batch(rows_of(SOURCES[0]))
            raise RuntimeError

        with pytest.raises(RuntimeError):
            merge(failing())
        gc.collect()
        assert not list(tiny.iterdir())

    def test_an_exception_while_reading(self, tiny: Path) -> None:
        log = merge(*SOURCES)
        with pytest.raises(ZeroDivisionError):
            for _ in log.batches():
                raise ZeroDivisionError
        gc.collect()
        log.close()
        assert not list(tiny.iterdir())


class TestMemory:
    """Sort keys cost at most about 32 bytes per message."""

    ROWS = 300_000
    PIECE = 50_000

    def batches(self, native: bool) -> Iterator[Batch]:
        for start in range(0, self.ROWS, self.PIECE):
            n = np.arange(start, start + self.PIECE)
            columns: dict[str, Any] = {
                "platform": "qq",
                "group_id": "g",
                "sent_at": pa.array(n * 7919 % self.ROWS * 1000, pa.timestamp("ms", "UTC")),
                "sender_id": pa.array((n % 300).astype(str)),
                "kind": "text",
                "text": pa.array(np.char.add("m", n.astype(str))),
                "origin_file": "f",
                "origin_record": n,
            }
            if native:
                columns["native_id"] = pa.array(n.astype(str))
            yield Batch(record_batch(columns, self.PIECE))

    @pytest.mark.parametrize("native", [False, True])
    def test_per_row(self, monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
        monkeypatch.setattr(spill, "KEEP_IN_MEMORY", 0)
        pieces = list(self.batches(native))
        tracemalloc.start()
        arrow = pa.total_allocated_bytes()
        try:
            log = merge(pieces, unique_ids=native)
            held = tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes() - arrow
            tracemalloc.reset_peak()
            assert sum(batch.num_rows for batch in log.batches()) == self.ROWS
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        log.close()
        assert held / self.ROWS <= 40
        assert peak / self.ROWS <= 90  # and once more as much while the rows are put in order
