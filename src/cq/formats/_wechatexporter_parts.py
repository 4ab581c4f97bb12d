"""Which scripts belong to a page of WechatExporter: those that it names, else those where they usually lie.

Light: it is asked while files are identified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cq.formats._source import Source

_NAMED = re.compile(r"[\"'](?:\./)?((?:[^\"'<>:?*|\n/]{1,200}/){0,4}Data/msg-)(\d{1,6})\.js")
_MOST = 100_000


def scripts_of(page: Source) -> Sequence[Source]:
    """The scripts of a page, in the order of their numbers."""
    if not page.peek.start.startswith("<"):
        return []
    for stem in _stems(page):
        found = list(_numbered(page, stem))
        if found:
            return found
    return []


def _stems(page: Source) -> Iterator[str]:
    tail = page.peek.tail.decode("utf-8", "replace")
    yield from dict.fromkeys(m[1] for m in _NAMED.finditer(page.peek.text + tail))
    name = page.name.rsplit(".", 1)[0]
    yield from ("Files/Data/msg-", f"{name}_files/Data/msg-", f"{name}_files/msg-", "Data/msg-")


def _numbered(page: Source, stem: str) -> Iterator[Source]:
    for number in range(_MOST):
        found = page.beside(f"{stem}{number}.js")
        if found is not None:
            yield found
        elif number > 0:
            return
