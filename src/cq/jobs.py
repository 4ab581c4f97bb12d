"""Pieces of work on several processors: the same pure function, in order, with the same results.

A function and its pieces go to fresh processes, which read no files and share nothing. What is asked of one
job, or is too small to be worth starting a process for, is done here. Nothing in it knows what the work is.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_AHEAD = 4
"""Pieces for each worker that wait or are done and not taken: never idle, and memory stays flat."""


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Jobs:
    """So many processes, started when first needed and ended with the block. One job starts none."""

    def __init__(self, count: int = 1) -> None:
        self.count = max(1, count)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Jobs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """``function`` of every piece, in order. It must be importable and depend on its piece alone.

        A worker that is killed costs time, not results: what it had not delivered is done here.
        """
        if self.count == 1:
            yield from map(function, pieces)
            return
        from concurrent.futures.process import BrokenProcessPool

        pool, waiting = self._started(), iter(pieces)
        sent: list[tuple[Piece, Future[Result]]] = []

        def send() -> None:
            for piece in waiting:
                sent.append((piece, pool.submit(function, piece)))
                if len(sent) >= self.count * _AHEAD:
                    return

        send()
        while sent:
            piece, future = sent.pop(0)
            try:
                yield future.result()
                send()
            except BrokenProcessPool:
                self._pool = None
                left: Sequence[Piece] = [piece, *(piece for piece, _ in sent), *waiting]
                yield from map(function, left)
                return

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context

            # Fresh processes: a forked one would inherit the threads of readers in the middle of their work.
            self._pool = ProcessPoolExecutor(self.count, get_context("spawn"), initializer=_quiet)
        return self._pool


def _quiet() -> None:
    """Ctrl-C is for whoever waits for the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


IN_PROCESS = Jobs(1)
