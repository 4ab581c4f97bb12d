"""Run an iterator a little ahead of its consumer, in a thread: two stages of a stream overlap.

numpy, Arrow and zstd let go of the interpreter while they work, so reading and merging (or settling
and writing) share two cores. Order, values and errors are those of the plain iterator.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

_T = TypeVar("_T")
_DEPTH = 2


class _End:
    """The last thing a worker sends: how its iterator ended."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterable[_T]) -> Iterator[_T]:
    """``items``, made in another thread, at most two ahead.

    If the consumer stops early, the worker stops at its next item and its iterator is closed.
    """
    ready: queue.Queue[_T | _End] = queue.Queue(_DEPTH)
    stopped = threading.Event()

    def send(thing: _T | _End) -> bool:
        while not stopped.is_set():
            try:
                ready.put(thing, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        error: BaseException | None = None
        source = iter(items)
        try:
            for item in source:
                if not send(item):
                    break
        except BaseException as caught:
            error = caught
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                close()
            send(_End(error))

    worker = threading.Thread(target=work, name="cq-ahead", daemon=True)
    worker.start()
    try:
        while True:
            thing = ready.get()
            if isinstance(thing, _End):
                if thing.error is not None:
                    raise thing.error
                return
            yield thing
    finally:
        stopped.set()
        worker.join()
