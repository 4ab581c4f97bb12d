"""Running ahead changes when things are made, never what comes out."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cq.ahead import ahead


def test_order_and_values_are_those_of_the_iterator() -> None:
    assert list(ahead(range(1000))) == list(range(1000))
    assert list(ahead([])) == []


def test_an_error_comes_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("here")

    found = []
    with pytest.raises(ValueError, match="here"):
        for item in ahead(broken()):
            found.append(item)  # noqa: PERF402 - the items before the error are the point
    assert found == [1]


def test_a_consumer_that_stops_early_ends_the_worker_and_closes_its_iterator() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            i = 0
            while True:
                yield i
                i += 1
        finally:
            closed.set()

    stream = ahead(endless())
    assert next(stream) == 0
    stream.close()  # type: ignore[attr-defined]
    assert closed.wait(5)
    assert not [t for t in threading.enumerate() if t.name == "cq-ahead"]
